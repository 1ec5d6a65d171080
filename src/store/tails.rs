//! The last words of containers that died.

use std::collections::VecDeque;

use crate::model::{LogLine, Problem, TailKey};

/// Tails that are kept, the newest of them.
const KEPT: usize = 200;

/// What was fetched of the logs of dead containers. A bounded number; the oldest goes first.
#[derive(Debug, Default)]
pub struct Tails {
    kept: VecDeque<(TailKey, Result<Vec<LogLine>, Problem>)>,
    /// Grows with every tail that comes.
    pub version: u64,
}

impl Tails {
    pub(super) fn keep(&mut self, key: TailKey, lines: Result<Vec<LogLine>, Problem>) {
        self.version += 1;
        self.kept.retain(|(other, _)| *other != key);
        self.kept.push_back((key, lines));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// What came of asking for this one. `None`: nothing yet. Whether the run was the node's current or its previous
    /// one when it was asked for makes no difference to what it said.
    pub fn get(&self, key: &TailKey) -> Option<&Result<Vec<LogLine>, Problem>> {
        let same = |other: &TailKey| (other.uid, &other.container, other.run) == (key.uid, &key.container, key.run);
        self.kept.iter().rev().find(|(other, _)| same(other)).map(|(_, lines)| lines)
    }

    /// All that is kept of a pod, oldest first.
    pub fn of(&self, uid: crate::model::Uid) -> impl Iterator<Item = (&TailKey, &[LogLine])> {
        self.kept
            .iter()
            .filter(move |(key, _)| key.uid == uid)
            .filter_map(|(key, lines)| Some((key, lines.as_deref().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Uid;

    fn key(run: u32, previous: bool) -> TailKey {
        TailKey {
            namespace: "solia".into(),
            pod: "backend".into(),
            uid: Uid(1),
            container: "app".into(),
            run,
            previous,
        }
    }

    #[test]
    fn what_a_run_said_last_is_kept_and_the_oldest_goes_first() {
        let mut tails = Tails::default();
        assert!(tails.get(&key(1, false)).is_none());
        tails.keep(key(1, false), Ok(Vec::new()));
        assert!(tails.get(&key(1, true)).is_some(), "the same run, now that another has begun");
        for run in 2..=KEPT as u32 + 1 {
            tails.keep(key(run, false), Ok(Vec::new()));
        }
        assert!(tails.get(&key(1, false)).is_none());
        assert_eq!(tails.of(Uid(1)).count(), KEPT);
    }
}
