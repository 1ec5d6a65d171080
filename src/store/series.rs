//! What a Prometheus told, by question; kept for a while after nobody asks, so that going back shows it at once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{Problem, SeriesAnswer, SeriesFact, SeriesKey, Time};

/// Answers that are kept although nobody asks any more.
const KEPT: usize = 200;

/// The answers of one environment.
#[derive(Debug, Default)]
pub struct SeriesBook {
    told: HashMap<SeriesKey, Told>,
    /// Grows with every fact.
    version: u64,
}

/// What is known of one question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub answer: Option<Arc<SeriesAnswer>>,
    /// When the answer came; never: none did.
    pub heard: Time,
    pub state: SeriesState,
    /// Nobody asks any more since then (by the book's version); 0: somebody does.
    left: u64,
}

/// How a question is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SeriesState {
    /// Nothing was heard since it is asked.
    #[default]
    Asked,
    Live,
    Retrying {
        since: Time,
        problem: Problem,
        next: Time,
    },
    Refused(Problem),
}

impl SeriesBook {
    /// What was told of a question, if it is asked or was.
    pub fn get(&self, key: &SeriesKey) -> Option<&Told> {
        self.told.get(key)
    }

    /// Grows with every fact: who has seen this version has seen all.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn expect(&mut self, key: &SeriesKey) {
        self.told.entry(key.clone()).or_default().left = 0;
    }

    pub(super) fn forget(&mut self, key: &SeriesKey) {
        self.version += 1;
        let version = self.version;
        match self.told.get_mut(key) {
            Some(told) if told.answer.is_some() => told.left = version,
            _ => {
                self.told.remove(key);
            }
        }
        let left = self.told.values().filter(|told| told.left > 0).count();
        if left > KEPT {
            let oldest = self.told.iter().filter(|(_, told)| told.left > 0).min_by_key(|(_, told)| told.left);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.told.remove(&key);
            }
        }
    }

    pub(super) fn apply(&mut self, at: Time, key: &SeriesKey, fact: SeriesFact) {
        // Late news of something that nobody asked for has no place.
        let Some(told) = self.told.get_mut(key) else { return };
        self.version += 1;
        match fact {
            SeriesFact::Told(answer) => {
                told.answer = Some(answer);
                told.heard = at;
                told.state = SeriesState::Live;
            }
            SeriesFact::Retrying { problem, next } => {
                let since = match (&told.state, told.heard.is_known()) {
                    (SeriesState::Retrying { since, .. }, _) => *since,
                    (_, true) => told.heard,
                    _ => at,
                };
                told.state = SeriesState::Retrying { since, problem, next };
            }
            SeriesFact::Refused(problem) => told.state = SeriesState::Refused(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProblemKind;

    fn key(n: usize) -> SeriesKey {
        SeriesKey::new([format!("up == {n}")], 300, 15)
    }

    #[test]
    fn trouble_leaves_the_answer_and_says_since_when_it_is_old() {
        let mut book = SeriesBook::default();
        book.apply(Time(1), &key(0), SeriesFact::Told(Arc::default()));
        assert!(book.get(&key(0)).is_none(), "nobody asked");
        book.expect(&key(0));
        book.apply(Time(5), &key(0), SeriesFact::Told(Arc::default()));
        let problem = Problem::new(ProblemKind::TimedOut, "no answer");
        for at in [20, 40] {
            let (problem, next) = (problem.clone(), Time(at + 30));
            book.apply(Time(at), &key(0), SeriesFact::Retrying { problem, next });
        }
        let told = book.get(&key(0)).unwrap();
        assert!(told.answer.is_some());
        assert!(
            matches!(
                told.state,
                SeriesState::Retrying {
                    since: Time(5),
                    next: Time(70),
                    ..
                }
            ),
            "{:?}",
            told.state
        );
        book.apply(Time(60), &key(0), SeriesFact::Told(Arc::default()));
        assert_eq!(book.get(&key(0)).unwrap().state, SeriesState::Live);
    }

    #[test]
    fn what_nobody_asks_any_more_is_kept_for_a_while_and_not_for_ever() {
        let mut book = SeriesBook::default();
        for n in 0..KEPT + 50 {
            book.expect(&key(n));
            book.apply(Time(1), &key(n), SeriesFact::Told(Arc::default()));
            book.forget(&key(n));
        }
        assert_eq!(book.told.len(), KEPT);
        assert!(book.get(&key(0)).is_none() && book.get(&key(KEPT + 49)).is_some());
        book.expect(&key(KEPT + 60));
        book.forget(&key(KEPT + 60));
        assert!(book.get(&key(KEPT + 60)).is_none(), "there was nothing to keep");
    }
}
