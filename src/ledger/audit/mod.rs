//! The audit: what was done to the world, by whom, and what became of it. Append-only, one file a day, one event a line.
//!
//! Each line carries the hash of the one before it, also over midnight, so that nothing can be changed or taken out
//! unnoticed (`qd audit verify`). A lock is held from reading the last line to having written the next, so that several
//! `qd` may write. A line is on the disk before [`Audit::append`] returns. Where the directory cannot be written, lines go
//! to a place of refuge, a chain of its own, and are put into the right one as soon as that can be written again.

mod chain;
mod event;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

pub use chain::{Flaw, ORIGIN, Placed};
pub use event::{Actor, AuditEvent, AuditKind, AuditOutcome, Deed};

use super::private;
use crate::model::{Problem, ProblemKind};

/// The files of the audit, and who writes into them.
#[derive(Clone, Debug)]
pub struct Audit {
    directory: PathBuf,
    refuge: Option<PathBuf>,
    actor: Actor,
}

/// A line that is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub id: String,
    /// Why it went to the place of refuge, where it did.
    pub elsewhere: Option<String>,
}

impl Audit {
    /// An audit in this directory; where it cannot be written, in the other. Nothing is created before something is written.
    pub fn new(directory: PathBuf, refuge: Option<PathBuf>, actor: Actor) -> Self {
        Self { directory, refuge, actor }
    }

    /// The account on this machine that it names.
    pub fn user(&self) -> &str {
        &self.actor.user
    }

    /// The audit of the user of this process, below the state directory.
    pub fn of_process(state: &Path) -> Self {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|path| !path.is_empty());
        let refuge = runtime.map(|path| PathBuf::from(path).join("quarterdeck").join("audit"));
        Self::new(state.join("audit"), refuge, Actor::of_process())
    }

    /// Writes a line, and returns when it is on the disk.
    ///
    /// # Errors
    /// When neither directory can be written: then what it tells of must not happen.
    pub fn append(&self, kind: AuditKind, deed: Deed, now: jiff::Timestamp) -> Result<Receipt, Problem> {
        let event = AuditEvent {
            specversion: "1.0".into(),
            id: format!("{}-{:016x}", now.as_millisecond(), fastrand::u64(..)),
            source: self.actor.source(),
            kind,
            time: now,
            prev: String::new(),
            refugeprev: None,
            data: deed,
        };
        let id = event.id.clone();
        let first = match self.rescue().and_then(|()| write(&self.directory, [event.clone()])) {
            Ok(()) => return Ok(Receipt { id, elsewhere: None }),
            Err(error) => error,
        };
        let why = format!("cannot write {}: {first}", self.directory.display());
        let problem = |text: String| {
            Problem::new(ProblemKind::Server, text)
                .hint("without an audit nothing is changed: is the disk full, or the directory not yours?")
        };
        let Some(refuge) = &self.refuge else { return Err(problem(why)) };
        match write(refuge, [event]) {
            Ok(()) => Ok(Receipt { id, elsewhere: Some(why) }),
            Err(second) => Err(problem(format!("{why}; nor {}: {second}", refuge.display()))),
        }
    }

    /// Puts what lies in the place of refuge where it belongs.
    fn rescue(&self) -> io::Result<()> {
        let Some(refuge) = self.refuge.as_deref().filter(|path| path.exists()) else {
            return Ok(());
        };
        let files = chain::files(refuge)?;
        if files.is_empty() {
            return Ok(());
        }
        let _lock = lock(refuge)?;
        let there: std::collections::HashSet<String> = events(&self.directory)?.map(|event| event.id).collect();
        let lost = events(refuge)?
            // One that was put there before a crash is not put there again.
            .filter(|event| !there.contains(&event.id))
            .map(|event| AuditEvent {
                refugeprev: Some(event.prev.clone()),
                ..event
            });
        write(&self.directory, lost)?;
        for file in files {
            fs::remove_file(file)?;
        }
        Ok(())
    }

    /// All lines, oldest first; those that are still in the place of refuge last.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self) -> Result<Vec<Placed>, Problem> {
        let mut all = chain::read(&self.directory)?;
        if let Some(refuge) = &self.refuge {
            all.extend(chain::read(refuge)?);
        }
        Ok(all)
    }

    /// Writes down that nobody will ever know how an intent ended: the program that wrote it ended first.
    ///
    /// # Errors
    /// As [`Audit::append`].
    pub fn close(&self, intent: &AuditEvent, now: jiff::Timestamp) -> Result<Receipt, Problem> {
        let deed = Deed {
            intent: Some(intent.id.clone()),
            outcome: Some(AuditOutcome::Unknown),
            said: "the program ended before there was an outcome".into(),
            ..intent.data.clone()
        };
        self.append(AuditKind::Outcome, deed, now)
    }

    /// Whose lines it writes.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Intents without an outcome: what became of them is not known.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn open_intents(&self) -> Result<Vec<AuditEvent>, Problem> {
        let mut open: Vec<AuditEvent> = Vec::new();
        for event in self.read()?.into_iter().filter_map(|placed| placed.event.ok()) {
            match event.kind {
                AuditKind::Intended => open.push(event),
                AuditKind::Outcome => open.retain(|intent| event.data.intent.as_deref() != Some(&*intent.id)),
                AuditKind::Dropped | AuditKind::Unredacted => {}
            }
        }
        Ok(open)
    }
}

/// The events of a directory that can be read.
fn events(directory: &Path) -> io::Result<impl Iterator<Item = AuditEvent>> {
    let placed = chain::read(directory).map_err(|problem| io::Error::other(problem.text.to_string()))?;
    Ok(placed.into_iter().filter_map(|placed| placed.event.ok()))
}

/// Held for as long as the file is open, by one process at a time.
fn lock(directory: &Path) -> io::Result<File> {
    private(DirBuilder::new().recursive(true)).create(directory)?;
    let file = options().open(directory.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes events after the last line, in one piece: all of them are on the disk afterwards, or none.
fn write(directory: &Path, events: impl IntoIterator<Item = AuditEvent>) -> io::Result<()> {
    let mut events = events.into_iter().peekable();
    let Some(first) = events.peek() else { return Ok(()) };
    let today = directory.join(format!("{}.jsonl", first.time.strftime("%Y-%m-%d")));
    let _lock = lock(directory)?;
    // Of a clock that was put back nothing is believed: the chain goes on where it ended.
    let files = chain::files(directory)?;
    let path = files.last().filter(|last| **last > today).cloned().unwrap_or(today);
    let mut prev = ORIGIN.to_owned();
    // The newest file may be one that a crash left empty.
    for file in files.iter().rev() {
        if let Some(tail) = chain::tail(&mut File::open(file)?)? {
            prev = chain::hash(&tail.line);
            break;
        }
    }
    let is_new = !path.exists();
    let mut file = options().open(&path)?;
    let end = chain::tail(&mut file)?;
    let length = end.as_ref().map_or(0, |tail| tail.length);
    let mut bytes = Vec::new();
    if end.is_some_and(|tail| !tail.is_whole) {
        bytes.push(b'\n');
    }
    for event in events {
        let line = serde_json::to_vec(&AuditEvent { prev, ..event }).map_err(io::Error::other)?;
        prev = chain::hash(&line);
        bytes.extend(line);
        bytes.push(b'\n');
    }
    file.seek(SeekFrom::Start(length))?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_data());
    if let Err(error) = written {
        // Half a line must not stand there: it could not be told from one that a crash cut off.
        let _ = file.set_len(length);
        return Err(error);
    }
    // What was written is read back: some file systems only pretend.
    file.seek(SeekFrom::Start(length))?;
    let mut back = Vec::new();
    file.read_to_end(&mut back)?;
    if back != bytes {
        return Err(io::Error::other("what was written is not what is there"));
    }
    if is_new {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
