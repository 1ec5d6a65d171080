//! How runs of containers ended, as far as it was seen: a container's status tells of the last one only.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::{Exit, Object, Uid};

/// Exits that are kept of one container.
const OF_ONE: usize = 20;

/// Exits that are kept in all.
const KEPT: usize = 2_000;

/// One run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// The pod.
    pub uid: Uid,
    pub container: Arc<str>,
    /// Which run: the number of restarts before it.
    pub run: u32,
    pub exit: Exit,
}

/// The exits that were seen, oldest first. A bounded number; the oldest goes first.
#[derive(Debug, Default)]
pub struct Exits {
    kept: VecDeque<Ended>,
}

impl Exits {
    pub(super) fn keep(&mut self, ended: Ended) {
        let same = |other: &Ended| other.uid == ended.uid && other.container == ended.container;
        let known = |other: &Ended| (other.exit.started, other.exit.finished) == (ended.exit.started, ended.exit.finished);
        if self.kept.iter().any(|other| same(other) && known(other)) {
            return;
        }
        if self.kept.iter().filter(|other| same(other)).count() >= OF_ONE
            && let Some(oldest) = self.kept.iter().position(same)
        {
            self.kept.remove(oldest);
        }
        self.kept.push_back(ended);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// What is known of a container's runs, oldest first.
    pub fn of<'a>(&'a self, uid: Uid, container: &'a str) -> impl Iterator<Item = &'a Ended> {
        self.kept
            .iter()
            .filter(move |ended| ended.uid == uid && &*ended.container == container)
    }
}

/// The runs that ended between a pod as it was and as it is. The one before is told as well: it is about to be
/// forgotten by the cluster.
pub(super) fn between(old: Option<&Object>, new: &Object) -> Vec<Ended> {
    let Some((old, pod)) = old.and_then(|old| Some((old.body.pod()?, new.body.pod()?))) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for container in &pod.containers {
        let Some((run, exit)) = container.ended() else { continue };
        let before = old.containers.iter().find(|c| c.name == container.name).and_then(|c| c.ended());
        if before.is_some_and(|(_, before)| (before.started, before.finished) == (exit.started, exit.finished)) {
            continue;
        }
        found.extend(before.into_iter().chain([(run, exit)]).map(|(run, exit)| Ended {
            uid: new.meta.uid,
            container: container.name.clone(),
            run,
            exit: exit.clone(),
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Container, Meta, Pod, State, Time};

    fn pod(restarts: u32, last: i64, state: State) -> Object {
        let container = Container {
            name: "app".into(),
            restarts,
            state,
            last: Some(Box::new(exit(last))),
            ..Container::default()
        };
        Object {
            meta: Meta {
                uid: Uid(1),
                ..Meta::default()
            },
            body: Body::Pod(Box::new(Pod {
                containers: [container].into(),
                ..Pod::default()
            })),
        }
    }

    fn exit(finished: i64) -> Exit {
        Exit {
            code: 1,
            started: Time(finished - 2),
            finished: Time(finished),
            ..Exit::default()
        }
    }

    fn running(since: i64) -> State {
        State::Running { since: Time(since) }
    }

    #[test]
    fn each_end_of_a_run_is_kept_once_and_the_one_before_it_is_not_lost() {
        let mut exits = Exits::default();
        let waiting = State::Waiting {
            reason: "CrashLoopBackOff".into(),
            message: "".into(),
        };
        let story = [
            pod(3, 100, running(110)),
            pod(3, 100, State::Terminated(Box::new(exit(120)))),
            pod(3, 120, waiting),
            pod(4, 120, running(160)),
            pod(4, 120, State::Terminated(Box::new(exit(170)))),
        ];
        for pair in story.windows(2) {
            for ended in between(Some(&pair[0]), &pair[1]) {
                exits.keep(ended);
            }
        }
        let runs: Vec<(u32, i64)> = exits.of(Uid(1), "app").map(|e| (e.run, e.exit.finished.0)).collect();
        assert_eq!(runs, [(2, 100), (3, 120), (4, 170)]);
        assert_eq!(exits.of(Uid(1), "proxy").count(), 0);
        assert!(
            between(None, &story[0]).is_empty(),
            "a pod that has just come tells of its last run itself"
        );
    }

    #[test]
    fn of_one_container_and_of_all_only_so_many_are_kept() {
        let mut exits = Exits::default();
        let ended = |uid: u128, n: i64| Ended {
            uid: Uid(uid),
            container: "app".into(),
            run: 0,
            exit: exit(n),
        };
        for n in 0..30 {
            exits.keep(ended(1, n));
        }
        let kept: Vec<i64> = exits.of(Uid(1), "app").map(|e| e.exit.finished.0).collect();
        assert_eq!((kept.len(), kept[0]), (OF_ONE, 10), "the newest stay");
        for uid in 2..KEPT as u128 + 2 {
            exits.keep(ended(uid, 1));
        }
        assert_eq!(exits.kept.len(), KEPT);
        assert_eq!(exits.of(Uid(1), "app").count(), 0);
    }
}
