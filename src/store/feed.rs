//! The rows of one list-and-watch.

use std::collections::VecDeque;

use super::exits::Ended;
use super::{delta, exits};
use crate::model::{Change, FeedFact, FeedTrouble, Kind, Object, Problem, Time, Uid, UidMap};

type Rows = UidMap<(Object, u32)>;

/// Changes of rows that are remembered by identity, so that whoever judges them need not look at all.
const JOURNAL: usize = 8_192;

/// What is known of a kind within a scope.
#[derive(Debug, Default)]
pub struct Feed {
    rows: Rows,
    /// Which list a row was last seen in; see [`FeedFact`].
    generation: u32,
    /// Grows with every change; views compare it to know whether they must look again.
    pub version: u64,
    pub state: FeedState,
    /// When news last came, of any sort.
    pub heard: Time,
    /// Whether one list has been complete: before that, an absent row means nothing.
    pub complete: bool,
    /// Objects of the last list that could not be read.
    pub unreadable: u32,
    /// Rows that came, changed or went, oldest first, and how many such there were before them.
    journal: VecDeque<Uid>,
    forgotten: u64,
}

/// What came out of a piece of news.
#[derive(Debug, Default)]
pub(super) struct Gleaned {
    pub changes: Vec<Change>,
    pub exits: Vec<Ended>,
}

/// How a feed is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FeedState {
    /// Waiting for the connection or the first rows.
    #[default]
    Starting,
    /// A list is under way.
    Listing,
    /// The watch tells everything.
    Live,
    /// Not up to date since then; being tried again.
    Retrying {
        since: Time,
        problem: Problem,
        next: Time,
    },
    Denied(Problem),
    /// The server does not serve the kind.
    Absent,
}

impl Feed {
    /// A feed whose count of changes goes on after that of one before it: who followed that one notices.
    pub(super) fn after(changed: u64) -> Self {
        Self {
            forgotten: changed,
            ..Self::default()
        }
    }

    /// Takes news in; what they say has changed or ended comes back.
    pub(super) fn apply(&mut self, kind: &Kind, at: Time, fact: FeedFact) -> Gleaned {
        self.heard = at;
        self.version += 1;
        let mut gleaned = Gleaned::default();
        match fact {
            FeedFact::Begin => {
                self.generation = self.generation.wrapping_add(1);
                // A list that repairs a broken watch is still trouble until it is complete.
                if !matches!(self.state, FeedState::Retrying { .. }) {
                    self.state = if self.complete { self.state.clone() } else { FeedState::Listing };
                }
            }
            FeedFact::Put(objects) => {
                self.rows.reserve(objects.len());
                for object in objects {
                    let uid = object.meta.uid;
                    self.note(uid);
                    // Before the first list is complete everything is new, and nothing has changed.
                    if self.complete {
                        gleaned.changes.extend(delta::between(kind, self.get(uid), &object, at));
                    }
                    // The end of a run is one, also if it was missed and a new list told of it.
                    gleaned.exits.extend(exits::between(self.get(uid), &object));
                    self.rows.insert(uid, (object, self.generation));
                }
            }
            FeedFact::Gone(uids) => {
                for uid in uids {
                    self.note(uid);
                    if let Some((object, _)) = self.rows.remove(&uid) {
                        gleaned.changes.extend(delta::gone(kind, &object, at));
                    }
                }
            }
            FeedFact::Listed { unreadable } => {
                let generation = self.generation;
                let left: Vec<Uid> = self
                    .rows
                    .iter()
                    .filter(|(_, (_, seen))| *seen != generation)
                    .map(|(uid, _)| *uid)
                    .collect();
                for uid in left {
                    self.note(uid);
                    if let Some((object, _)) = self.rows.remove(&uid) {
                        gleaned.changes.extend(delta::gone(kind, &object, at));
                    }
                }
                self.unreadable = unreadable;
                self.complete = true;
                self.state = FeedState::Live;
            }
            FeedFact::Live => {
                if self.complete {
                    self.state = FeedState::Live;
                }
            }
            FeedFact::Trouble(FeedTrouble::Retrying { problem, next }) => {
                let since = match self.state {
                    FeedState::Retrying { since, .. } => since,
                    _ => at,
                };
                self.state = FeedState::Retrying { since, problem, next };
            }
            FeedFact::Trouble(FeedTrouble::Denied(problem)) => self.state = FeedState::Denied(problem),
            FeedFact::Trouble(FeedTrouble::Absent) => {
                for uid in self.rows.keys().copied().collect::<Vec<_>>() {
                    self.note(uid);
                }
                self.rows.clear();
                self.state = FeedState::Absent;
            }
        }
        gleaned
    }

    fn note(&mut self, uid: Uid) {
        if self.journal.len() >= JOURNAL {
            self.journal.pop_front();
            self.forgotten += 1;
        }
        self.journal.push_back(uid);
    }

    /// How many changes of rows there were so far.
    pub fn changed(&self) -> u64 {
        self.forgotten + self.journal.len() as u64
    }

    /// The rows that changed since there were so many changes; `None` where not all of them are remembered.
    pub fn changed_since(&self, changed: u64) -> Option<impl Iterator<Item = Uid>> {
        let skip = usize::try_from(changed.checked_sub(self.forgotten)?).ok()?;
        (skip <= self.journal.len()).then(|| self.journal.iter().skip(skip).copied())
    }

    /// The objects, in no order.
    pub fn rows(&self) -> impl Iterator<Item = &Object> {
        self.rows.values().map(|(object, _)| object)
    }

    /// The object with this identity.
    pub fn get(&self, uid: Uid) -> Option<&Object> {
        self.rows.get(&uid).map(|(object, _)| object)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Cells, Meta, ProblemKind};

    fn object(uid: u128, name: &str) -> Object {
        Object {
            meta: Meta {
                uid: Uid(uid),
                name: name.into(),
                ..Meta::default()
            },
            body: Body::Cells(Cells::default()),
        }
    }

    fn names(feed: &Feed) -> Vec<String> {
        let mut names: Vec<_> = feed.rows().map(|o| o.meta.name.to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_list_is_a_transaction_old_rows_stay_until_it_is_complete() {
        let mut feed = Feed::default();
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(1), FeedFact::Begin);
        assert_eq!(feed.state, FeedState::Listing);
        feed.apply(
            &Kind::Known(crate::model::Known::Pod),
            Time(1),
            FeedFact::Put(vec![object(1, "a"), object(2, "b")]),
        );
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(1), FeedFact::Listed { unreadable: 0 });
        assert_eq!((feed.state.clone(), names(&feed)), (FeedState::Live, vec!["a".into(), "b".into()]));

        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(2), FeedFact::Begin);
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(2), FeedFact::Put(vec![object(3, "b")]));
        assert_eq!(names(&feed), ["a", "b", "b"], "nothing vanishes while the list is under way");
        assert_eq!(feed.state, FeedState::Live, "a re-list is no trouble");
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(2), FeedFact::Listed { unreadable: 0 });
        assert_eq!(
            names(&feed),
            ["b"],
            "what the new list did not name is gone; a recreated name is a new object"
        );
        assert!(feed.get(Uid(3)).is_some() && feed.get(Uid(2)).is_none());
    }

    #[test]
    fn trouble_remembers_since_when_and_keeps_the_rows() {
        let mut feed = Feed::default();
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(1), FeedFact::Begin);
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(1), FeedFact::Put(vec![object(1, "a")]));
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(1), FeedFact::Listed { unreadable: 0 });
        let problem = Problem::new(ProblemKind::Unreachable, "cut");
        for at in [5, 9] {
            let trouble = FeedTrouble::Retrying {
                problem: problem.clone(),
                next: Time(at + 2),
            };
            feed.apply(&Kind::Known(crate::model::Known::Pod), Time(at), FeedFact::Trouble(trouble));
        }
        assert_eq!(
            feed.state,
            FeedState::Retrying {
                since: Time(5),
                problem,
                next: Time(11)
            }
        );
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(12), FeedFact::Begin);
        assert!(
            matches!(feed.state, FeedState::Retrying { .. }),
            "stale until the repair is complete"
        );
        assert_eq!(names(&feed), ["a"]);
        feed.apply(&Kind::Known(crate::model::Known::Pod), Time(12), FeedFact::Listed { unreadable: 0 });
        assert_eq!(feed.state, FeedState::Live);
        assert!(feed.is_empty());
    }
}
