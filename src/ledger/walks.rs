//! The walks of this process: which file each is written to.

use std::collections::HashMap;

use super::Ledger;
use super::runs::Run;
use crate::model::{Problem, ProblemKind};
use crate::runbook::walk::{Entry, Walk};

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
        let run = match self.open.entry(number) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(none) => none.insert(self.ledger.begin_run(jiff::Timestamp::now())?),
        };
        run.write(entry)
    }

    /// Finds the newest walk that is not over; it goes on in its file, under this number. Also how many others there are.
    ///
    /// # Errors
    /// There is none, or it cannot be written.
    pub fn find(&mut self, number: u64) -> Result<(Walk, usize), Problem> {
        let found = self.ledger.open_runs();
        let Some(newest) = found.first() else {
            return Err(Problem::new(
                ProblemKind::NotFound,
                "no walk is open: b on what is wrong begins one",
            ));
        };
        let id = newest.id.clone();
        let others = found.len() - 1;
        self.open.retain(|_, run| run.id != id);
        let (run, found) = self.ledger.resume_run(&id)?;
        self.open.insert(number, run);
        Ok((found.walk, others))
    }
}
