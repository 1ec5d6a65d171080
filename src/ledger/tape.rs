//! Recordings of sessions: pages of the evidence that grow line by line, each with a bounded size.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Ledger;
use crate::model::{Problem, ProblemKind};

/// What one recording may take (bytes). What comes later is counted, not kept.
const MOST: u64 = 4 << 20;

/// A recording that is being written.
#[derive(Debug)]
pub struct Tape {
    file: fs::File,
    path: PathBuf,
    written: u64,
    missed: u64,
}

impl Ledger {
    /// Begins a recording of this name, with these first lines.
    ///
    /// # Errors
    /// The directory of the evidence cannot be written, or there is a recording of this name.
    pub fn tape(&self, name: &str, head: &str) -> Result<Tape, Problem> {
        let name = Path::new(name).file_name().unwrap_or_default();
        let path = self.directory.join(super::evidence::DIRECTORY).join(name);
        let begin = || -> io::Result<fs::File> {
            if let Some(directory) = path.parent() {
                super::private(DirBuilder::new().recursive(true)).create(directory)?;
            }
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path)?;
            file.write_all(head.as_bytes())?;
            file.sync_all()?;
            Ok(file)
        };
        let file = begin().map_err(|error| {
            let text = format!("the session cannot be recorded: cannot write {}: {error}", path.display());
            Problem::new(ProblemKind::Server, text).hint("without a recording no session is opened here")
        })?;
        self.make_room();
        Ok(Tape {
            file,
            path,
            written: head.len() as u64,
            missed: 0,
        })
    }
}

impl Tape {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it takes no more.
    pub fn is_full(&self) -> bool {
        self.written >= MOST
    }

    /// Adds a line, as far as there is room.
    ///
    /// # Errors
    /// It cannot be written any more.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        let bytes = text.len() as u64 + 1;
        if self.is_full() {
            self.missed += bytes;
            return Ok(());
        }
        self.written += bytes;
        self.file.write_all(format!("{text}\n").as_bytes())
    }

    /// Writes how it ended, whatever room there is.
    ///
    /// # Errors
    /// It cannot be written any more.
    pub fn end(mut self, text: &str) -> io::Result<()> {
        let missed = match self.missed {
            0 => String::new(),
            bytes => format!("\n({bytes} bytes more were shown and not kept: a recording is at most {MOST} bytes)"),
        };
        self.file.write_all(format!("```\n{missed}\n{text}\n").as_bytes())?;
        self.file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_private_bounded_and_of_a_name_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().to_owned());
        let mut tape = ledger.tape("session-a.md", "# head\n```\n").unwrap();
        assert!(ledger.tape("session-a.md", "").is_err(), "never over another");
        let path = tape.path().to_owned();
        let line = "x".repeat(1 << 20);
        for _ in 0..6 {
            tape.line(&line).unwrap();
        }
        assert!(tape.is_full());
        tape.end("over").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# head\n") && text.ends_with("over\n") && text.contains("were shown and not kept"));
        assert!((text.len() as u64) < MOST + (2 << 20));
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
            0o600
        );
        assert_eq!(ledger.evidence().unwrap().len(), 1, "it is a page of the evidence");
    }
}
