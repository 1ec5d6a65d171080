//! Files that outlive the program: the session, exports, the last copy. Each is written whole under another
//! name and then renamed, so that a crash leaves the old one; each is readable by its owner only.

pub mod audit;
mod evidence;
mod forwards;
pub mod runs;
mod tape;
mod trust;
mod walks;

pub use runs::Found;
pub use tape::Tape;
pub use walks::Walks;

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::app::session::Session;
use crate::model::{Problem, ProblemKind};

/// The directory of everything that must survive a restart.
#[derive(Clone, Debug)]
pub struct Ledger {
    directory: PathBuf,
}

impl Ledger {
    /// A ledger in the state directory. Nothing is created before something is written.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The last session. A file that cannot be read is as good as none: it must not keep anyone from starting.
    pub fn session(&self) -> Option<Session> {
        let text = fs::read_to_string(self.directory.join("session.toml")).ok()?;
        toml::from_str(&text).ok()
    }

    /// Remembers a session.
    ///
    /// # Errors
    /// When the state directory cannot be written.
    pub fn remember(&self, session: &Session) -> Result<(), Problem> {
        let text =
            toml::to_string(session).map_err(|e| Problem::new(ProblemKind::Server, format!("the session cannot be written: {e}")))?;
        self.write("session.toml", &text).map(drop)
    }

    /// Writes an export; never over another file.
    ///
    /// # Errors
    /// When the state directory cannot be written.
    pub fn export(&self, name: &str, text: &str) -> Result<PathBuf, Problem> {
        let free = (0..1000).map(|n| if n == 0 { name.to_owned() } else { format!("{n}-{name}") });
        for name in free {
            let relative = Path::new("exports").join(&name);
            if !self.directory.join(&relative).exists() {
                return self.write(&relative, text);
            }
        }
        Err(Problem::new(
            ProblemKind::Server,
            "a thousand exports of this name already stand there",
        ))
    }

    /// Held until it is dropped, by one process at a time.
    fn alone(&self, name: &str) -> Result<fs::File, Problem> {
        let path = self.directory.join(name);
        let held = private(DirBuilder::new().recursive(true))
            .create(&self.directory)
            .and_then(|()| create(&path))
            .and_then(|file| file.lock().map(|()| file));
        held.map_err(|error| Problem::new(ProblemKind::Server, format!("cannot lock {}: {error}", path.display())))
    }

    /// Keeps the last copy in a file, for terminals that do not take it.
    ///
    /// # Errors
    /// When the state directory cannot be written.
    pub fn clip(&self, text: &str) -> Result<PathBuf, Problem> {
        self.write("clip.txt", text)
    }

    fn write(&self, relative: impl AsRef<Path>, text: &str) -> Result<PathBuf, Problem> {
        let path = self.directory.join(relative);
        let problem = |error: io::Error| {
            Problem::new(ProblemKind::Server, format!("cannot write {}: {error}", path.display()))
                .hint("is the disk full, or the directory not yours?")
        };
        self.replace(&path, text).map_err(problem)?;
        Ok(path)
    }

    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        let directory = path.parent().unwrap_or(&self.directory);
        private(DirBuilder::new().recursive(true)).create(directory)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let draft = directory.join(format!(".{name}.{}", std::process::id()));
        let written = create(&draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        match written.and_then(|()| fs::rename(&draft, path)) {
            Ok(()) => Ok(()),
            Err(error) => {
                let _ = fs::remove_file(&draft);
                Err(error)
            }
        }
    }
}

#[cfg(unix)]
fn private(builder: &mut DirBuilder) -> &mut DirBuilder {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700)
}

#[cfg(not(unix))]
fn private(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder
}

fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::session::{Ended, SavedView};

    #[test]
    fn a_session_comes_back_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().join("state"));
        assert_eq!(ledger.session(), None);
        let session = Session {
            environment: "prod".into(),
            ended: Ended::Hangup,
            shared: true,
            pid: 7,
            views: vec![SavedView {
                environment: "prod".into(),
                resource: "pods".into(),
                filter: "status:x \"a b\"".into(),
                ..SavedView::default()
            }],
            focus: 0,
            recent_namespaces: vec!["solia".into()],
        };
        ledger.remember(&session).unwrap();
        assert_eq!(ledger.session(), Some(session));
        fs::write(directory.path().join("state/session.toml"), "not = [toml").unwrap();
        assert_eq!(ledger.session(), None, "a broken file is no session, and no reason not to start");
    }

    #[test]
    fn exports_never_overwrite_and_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().to_owned());
        let first = ledger.export("pods.txt", "a").unwrap();
        let second = ledger.export("pods.txt", "b").unwrap();
        assert_ne!(first, second);
        assert_eq!(
            (fs::read_to_string(&first).unwrap(), fs::read_to_string(second).unwrap()),
            ("a".into(), "b".into())
        );
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(first).unwrap().permissions()) & 0o777,
            0o600
        );
    }

    #[test]
    fn a_place_that_cannot_be_written_is_one_plain_sentence() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        fs::write(&file, "").unwrap();
        let problem = Ledger::new(file).clip("x").unwrap_err();
        assert!(problem.text.starts_with("cannot write "), "{problem}");
    }
}
