//! Walks through runbooks: `runs/ID.jsonl`, one event a line, on the disk before the next is done.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Ledger;
use crate::model::{Problem, ProblemKind};
use crate::runbook::walk::{Entry, Walk};

/// The file of a walk that goes on. While it is held, no other process walks it: it is locked, and the system lets go of the
/// lock however this process ends.
#[derive(Debug)]
pub struct Run {
    pub id: String,
    path: PathBuf,
    file: File,
}

/// A walk that was found on the disk.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: String,
    pub walk: Walk,
    /// Lines that could not be read: of a file that was cut off, or edited.
    pub unread: usize,
    /// Whether some process walks it now.
    pub is_walked: bool,
}

/// Larger files are not read: a walk is some hundred lines.
const MOST: u64 = 64 << 20;

impl Ledger {
    /// A new walk's file. Its name sorts by time.
    ///
    /// # Errors
    /// When the state directory cannot be written.
    pub fn begin_run(&self, now: jiff::Timestamp) -> Result<Run, Problem> {
        let id = id(now);
        let path = self.runs().join(format!("{id}.jsonl"));
        let made = super::private(fs::DirBuilder::new().recursive(true))
            .create(self.runs())
            .and_then(|()| open(&path, true));
        match made.and_then(|file| file.lock().map(|()| file)) {
            Ok(file) => Ok(Run { id, path, file }),
            Err(error) => Err(unwritten(&path, &error)),
        }
    }

    /// Goes on with a walk.
    ///
    /// # Errors
    /// There is none of this id, another process walks it, or it cannot be written.
    pub fn resume_run(&self, id: &str) -> Result<(Run, Found), Problem> {
        let found = self.run(id)?;
        let path = self.runs().join(format!("{}.jsonl", found.id));
        let mut file = open(&path, false).map_err(|error| unwritten(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(walked(&found)),
            Err(fs::TryLockError::Error(error)) => return Err(unwritten(&path, &error)),
        }
        // What was written until the lock was ours counts, too.
        let found = self.read_run(&found.id)?;
        if found.unread > 0 {
            // Whatever was cut off ends here, so that the next line is one.
            file.write_all(b"\n").map_err(|error| unwritten(&path, &error))?;
        }
        let id = found.id.clone();
        Ok((Run { id, path, file }, found))
    }

    /// The walk of an id, or of the beginning of one.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub fn run(&self, id: &str) -> Result<Found, Problem> {
        let ids = self.run_ids();
        let fitting: Vec<&String> = ids.iter().filter(|found| found.starts_with(&id.to_uppercase())).collect();
        match fitting.as_slice() {
            [one] => self.read_run(one),
            [] => Err(Problem::new(ProblemKind::Config, format!("there is no walk {id}"))
                .hint("`:resume-walk` goes on with the newest that is open")),
            _ => Err(Problem::new(ProblemKind::Config, format!("several walks begin with {id}")).hint("write more of it")),
        }
    }

    /// The walks that are not over, the newest first.
    pub fn open_runs(&self) -> Vec<Found> {
        let mut all = self.all_runs();
        all.retain(|found| !found.walk.phase.is_over());
        all
    }

    /// The last walks, over or not, the newest first.
    pub fn all_runs(&self) -> Vec<Found> {
        let mut ids = self.run_ids();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let read = ids.iter().take(200).filter_map(|id| self.read_run(id).ok());
        read.filter(|found| !found.walk.book.is_empty()).collect()
    }

    fn runs(&self) -> PathBuf {
        self.directory.join("runs")
    }

    fn run_ids(&self) -> Vec<String> {
        let entries = fs::read_dir(self.runs()).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".jsonl")?.to_owned()))
            .collect()
    }

    fn read_run(&self, id: &str) -> Result<Found, Problem> {
        let path = self.runs().join(format!("{id}.jsonl"));
        let unread = |error: io::Error| Problem::new(ProblemKind::Server, format!("cannot read {}: {error}", path.display()));
        let meta = fs::metadata(&path).map_err(unread)?;
        if meta.len() > MOST {
            return Err(Problem::new(
                ProblemKind::Config,
                format!("{} is no walk: it is too large", path.display()),
            ));
        }
        let text = String::from_utf8_lossy(&fs::read(&path).map_err(unread)?).into_owned();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let read: Vec<Option<Entry>> = lines.map(|line| serde_json::from_str(line).ok()).collect();
        let unread = read.iter().filter(|entry| entry.is_none()).count();
        Ok(Found {
            id: id.to_owned(),
            walk: Walk::replay(read.iter().flatten()),
            unread,
            is_walked: is_held(&path),
        })
    }
}

impl Run {
    /// Writes an event, and waits until it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written: then the walk does not go on.
    pub fn write(&mut self, entry: &Entry) -> Result<(), Problem> {
        let line = serde_json::to_string(entry).map_err(|error| Problem::new(ProblemKind::Server, error.to_string()))?;
        let written = self
            .file
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| unwritten(&self.path, &error))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether a process holds it. Where that cannot be told, it is taken to be free: who goes on with it is told then.
fn is_held(path: &Path) -> bool {
    let file = File::open(path);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

fn walked(found: &Found) -> Problem {
    let who = found.walk.people.last().map(|who| format!(", by {who}")).unwrap_or_default();
    let text = format!("the walk of {} is walked in another qd now{who}", found.walk.book);
    Problem::new(ProblemKind::Denied, text).hint("it is free when that program has left it")
}

fn unwritten(path: &Path, error: &io::Error) -> Problem {
    Problem::new(ProblemKind::Server, format!("cannot write {}: {error}", path.display()))
        .hint("a walk is written down at each step; is the disk full?")
}

/// A ULID: 48 bits of milliseconds, 80 of chance, in Crockford's letters.
fn id(now: jiff::Timestamp) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let milliseconds = u128::try_from(now.as_millisecond()).unwrap_or(0) & ((1 << 48) - 1);
    let value = milliseconds << 80 | (u128::from(fastrand::u64(..)) << 16 | u128::from(fastrand::u16(..)));
    let letter = |nth: u32| {
        let at = usize::try_from(value >> (5 * nth) & 31).unwrap_or(0);
        char::from(LETTERS.get(at).copied().unwrap_or(b'0'))
    };
    (0..26).rev().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;
    use crate::runbook::value::Bindings;
    use crate::runbook::walk::{Event, Moment, Phase};

    fn entry(event: Event) -> Entry {
        Entry {
            at: Moment(Time(1_795_834_800)),
            by: "anna@bastion".into(),
            event,
        }
    }

    #[test]
    fn a_walk_is_found_again_also_where_its_last_line_was_cut_off() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().to_owned());
        let mut run = ledger.begin_run("2026-11-28T02:00:00Z".parse().unwrap()).unwrap();
        let matched = Event::Matched {
            file: None,
            book: "pod-crashloop".into(),
            hash: "x".into(),
            environment: "prod".into(),
            reason: "r".into(),
        };
        run.write(&entry(matched)).unwrap();
        run.write(&entry(Event::Bound {
            values: Bindings::default(),
        }))
        .unwrap();
        let step = "look".to_owned();
        run.write(&entry(Event::Entered { step, alone: false })).unwrap();
        run.file.write_all(b"{\"at\":\"2026-11").unwrap();
        let refused = ledger.resume_run(&run.id).unwrap_err();
        assert_eq!(
            &*refused.text,
            "the walk of pod-crashloop is walked in another qd now, by anna@bastion"
        );
        assert!(ledger.open_runs()[0].is_walked, "and that is told");
        let id = run.id.clone();
        drop(run);
        assert!(!ledger.open_runs()[0].is_walked);
        let (mut again, found) = ledger.resume_run(&id[..12]).unwrap();
        assert_eq!((found.walk.at.as_deref(), found.unread), (Some("look"), 1));
        again.write(&entry(Event::Done)).unwrap();
        let found = ledger.run(&id).unwrap();
        assert_eq!((&found.walk.phase, found.unread), (&Phase::Done, 1));
        assert_eq!(ledger.open_runs().len(), 0, "one that is over does not go on");
        assert!(ledger.run("ZZZ").is_err());
    }

    #[test]
    fn ids_sort_by_time() {
        let at = |text: &str| id(text.parse().unwrap());
        let ids = [at("2026-11-28T02:00:00Z"), at("2026-11-28T02:00:01Z"), at("2027-01-01T00:00:00Z")];
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 26), "{ids:?}");
    }
}
