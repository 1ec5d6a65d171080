//! The last words of containers: of those that died, and of those that are listened to.

use std::collections::VecDeque;

use crate::model::{LogLine, Problem, TailKey};

/// Tails that are kept, the newest of them.
const KEPT: usize = 200;

/// What was fetched of the ends of logs. A bounded number; the oldest goes first.
#[derive(Debug, Default)]
pub struct Tails {
    kept: VecDeque<(TailKey, Result<Vec<LogLine>, Problem>)>,
    /// Grows with every tail that comes.
    pub version: u64,
}

impl Tails {
    pub(super) fn keep(&mut self, key: TailKey, lines: Result<Vec<LogLine>, Problem>) {
        self.version += 1;
        // A later look at a run that goes on takes the place of the one before.
        self.kept
            .retain(|(other, _)| *other != key && !(key.look > 0 && other.look > 0 && is_same_run(other, &key)));
        self.kept.push_back((key, lines));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// What came of asking for this one. `None`: nothing yet. Whether the run was the node's current or its previous
    /// one when it was asked for makes no difference to what it said.
    pub fn get(&self, key: &TailKey) -> Option<&Result<Vec<LogLine>, Problem>> {
        let same = |other: &TailKey| is_same_run(other, key) && other.look == key.look;
        self.kept.iter().rev().find(|(other, _)| same(other)).map(|(_, lines)| lines)
    }

    /// The newest look at a run that goes on, whichever it was.
    pub fn newest(&self, key: &TailKey) -> Option<&[LogLine]> {
        let same = |other: &TailKey| is_same_run(other, key) && other.look > 0;
        let (_, lines) = self.kept.iter().rev().find(|(other, _)| same(other))?;
        lines.as_deref().ok()
    }

    /// All that is kept of a pod's runs that are over, oldest first.
    pub fn of(&self, uid: crate::model::Uid) -> impl Iterator<Item = (&TailKey, &[LogLine])> {
        self.kept
            .iter()
            .filter(move |(key, _)| key.uid == uid && key.look == 0)
            .filter_map(|(key, lines)| Some((key, lines.as_deref().ok()?)))
    }
}

fn is_same_run(a: &TailKey, b: &TailKey) -> bool {
    (a.uid, &a.container, a.run) == (b.uid, &b.container, b.run)
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
            look: 0,
        }
    }

    #[test]
    fn of_a_run_that_goes_on_the_newest_look_is_kept_and_is_not_its_last_word() {
        let mut tails = Tails::default();
        let look = |look| TailKey { look, ..key(3, false) };
        tails.keep(look(1), Ok(Vec::new()));
        assert!(tails.get(&look(2)).is_none(), "to be asked for again");
        tails.keep(look(2), Err(Problem::new(crate::model::ProblemKind::Server, "no")));
        assert!(tails.get(&look(1)).is_none() && tails.newest(&look(3)).is_none());
        tails.keep(look(3), Ok(Vec::new()));
        assert!(tails.newest(&look(4)).is_some());
        assert!(tails.get(&key(3, false)).is_none() && tails.of(Uid(1)).next().is_none());
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
