//! The walks of this process: which file each is written to.

use std::collections::HashMap;

use super::Ledger;
use super::runs::{Found, Run};
use crate::model::{Problem, ProblemKind};
use crate::runbook::walk::{Entry, Event, Walk};

/// The files that are written to.
#[derive(Debug)]
pub struct Walks {
    ledger: Ledger,
    open: HashMap<u64, Run>,
}

impl Walks {
    pub fn new(ledger: Ledger) -> Self {
        Self {
            ledger,
            open: HashMap::new(),
        }
    }

    /// Writes what happened in the walk of this number, and waits until it is on the disk. The first line begins a file.
    ///
    /// # Errors
    /// When it cannot be written: then the walk does not go on.
    pub fn write(&mut self, number: u64, entry: &Entry) -> Result<(), Problem> {
        if !self.open.contains_key(&number) {
            // What comes late of a walk that was left is not the beginning of another.
            if !matches!(entry.event, Event::Matched { .. }) {
                return Ok(());
            }
            let run = self.ledger.begin_run(jiff::Timestamp::now())?;
            self.take(number, run);
        }
        match self.open.get_mut(&number) {
            Some(run) => run.write(entry),
            None => Ok(()),
        }
    }

    /// The id of the file of this walk.
    pub fn id(&self, number: u64) -> Option<&str> {
        self.open.get(&number).map(|run| run.id.as_str())
    }

    /// One walk is walked at a time: the one before is left, and others may go on with it.
    fn take(&mut self, number: u64, run: Run) {
        self.open.clear();
        self.open.insert(number, run);
    }

    /// Finds a walk that is not over: the one of this id, else the newest that no other process walks. It goes on in its file,
    /// under this number. Also how many others there are.
    ///
    /// # Errors
    /// There is none, another process walks it, or it cannot be written.
    pub fn find(&mut self, number: u64, wanted: Option<&str>) -> Result<(Walk, usize), Problem> {
        let found = self.ledger.open_runs();
        let mine: Vec<&str> = self.open.values().map(|run| run.id.as_str()).collect();
        let is_free = |found: &&Found| !found.is_walked || mine.contains(&found.id.as_str());
        let id = match wanted {
            Some(id) => self.ledger.run(id)?.id,
            None => match (found.iter().find(is_free), found.first()) {
                (Some(newest), _) | (None, Some(newest)) => newest.id.clone(),
                (None, None) => {
                    return Err(Problem::new(
                        ProblemKind::NotFound,
                        "no walk is open: b on what is wrong begins one",
                    ));
                }
            },
        };
        let others = found.iter().filter(|other| other.id != id).count();
        self.open.retain(|_, run| run.id != id);
        let (run, found) = self.ledger.resume_run(&id)?;
        if found.walk.phase.is_over() {
            let text = format!("the walk of {} is over", found.walk.book);
            return Err(Problem::new(ProblemKind::Config, text).hint("`:resume-walk` goes on with the newest that is open"));
        }
        self.take(number, run);
        Ok((found.walk, others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;
    use crate::runbook::walk::Moment;

    fn matched(book: &str) -> Entry {
        Entry {
            at: Moment(Time(1_795_834_800)),
            by: "anna@bastion".into(),
            event: Event::Matched {
                book: book.into(),
                file: None,
                hash: "x".into(),
                environment: "prod".into(),
                reason: "r".into(),
            },
        }
    }

    #[test]
    fn a_walk_is_walked_by_one_at_a_time_and_free_when_it_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().to_owned());
        let (mut anna, mut ben) = (Walks::new(ledger.clone()), Walks::new(ledger));
        anna.write(1, &matched("first")).unwrap();
        let id = anna.id(1).unwrap().to_owned();
        let refused = ben.find(1, Some(&id)).unwrap_err();
        assert_eq!(&*refused.text, "the walk of first is walked in another qd now, by anna@bastion");
        assert!(ben.find(1, None).is_err(), "nor is it the newest that is free");
        // Whoever begins another has left it.
        anna.write(2, &matched("second")).unwrap();
        let (walk, others) = ben.find(1, None).unwrap();
        assert_eq!((walk.book.as_str(), others), ("first", 1));
        assert!(anna.find(3, Some(&id)).is_err());
        drop(ben);
        assert_eq!(anna.find(3, Some(&id)).unwrap().0.book, "first");
    }
}
