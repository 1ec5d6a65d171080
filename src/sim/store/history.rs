//! What happened, in order, as far back as there is room for.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;

use super::Stored;

/// The most that is remembered. A real cluster forgets after five minutes; this much lasts longer at a
/// platform's usual rate of changes, and keeps the busiest world small.
const MOST_CHANGES: usize = 20_000;
const MOST_BYTES: usize = 48 << 20;

/// One write: creation (no before), change, or deletion (no after; before bears the version of the deletion).
#[derive(Clone, Debug)]
pub struct Change {
    pub rv: u64,
    pub at: Timestamp,
    pub before: Option<Arc<Stored>>,
    pub after: Option<Arc<Stored>>,
}

impl Change {
    /// The object after the change, or as it was when it was deleted.
    pub fn object(&self) -> Option<&Arc<Stored>> {
        self.after.as_ref().or(self.before.as_ref())
    }

    fn bytes(&self) -> usize {
        self.object().map_or(0, |o| o.json.len() + 400)
    }
}

/// The asked version is older than what is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Watches may begin here or later.
    pub oldest: u64,
}

/// A bounded list of changes.
#[derive(Debug)]
pub struct History {
    changes: VecDeque<Change>,
    bytes: usize,
    oldest: u64,
}

impl History {
    pub(super) fn new(oldest: u64) -> Self {
        Self {
            changes: VecDeque::new(),
            bytes: 0,
            oldest,
        }
    }

    pub(super) fn push(&mut self, change: Change) {
        self.bytes += change.bytes();
        self.changes.push_back(change);
        while self.changes.len() > MOST_CHANGES || self.bytes > MOST_BYTES {
            let Some(gone) = self.changes.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(gone.bytes());
            self.oldest = gone.rv;
        }
    }

    pub(super) fn forget(&mut self, until: u64) {
        self.changes.clear();
        self.bytes = 0;
        self.oldest = until;
    }

    /// The changes after this version, in order.
    pub fn since(&self, rv: u64) -> Result<impl Iterator<Item = &Change>, Compacted> {
        if rv < self.oldest {
            return Err(Compacted { oldest: self.oldest });
        }
        let from = self.changes.partition_point(|change| change.rv <= rv);
        Ok(self.changes.range(from..))
    }

    /// Watches may begin at this version or later.
    pub fn oldest(&self) -> u64 {
        self.oldest
    }
}
