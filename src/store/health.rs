//! What health probes told over time: how a service is, since when, when it was last well, and the last rounds.
//!
//! One bad answer among good ones is no outage: a state holds until so many answers in a row speak against it. That
//! nothing could be asked is a state of its own, and a hole in the history stays a hole.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::{Body, Known, Object, ProbePlace, ProbeState, Probed, Time};
use crate::store::EnvStore;

/// Rounds that are remembered of each probe: an hour, at four a minute.
const ROUNDS: usize = 240;

/// A round as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    pub at: Time,
    pub state: ProbeState,
    /// How long the answer took, in milliseconds.
    pub millis: u32,
}

/// The probes of one environment.
#[derive(Debug, Default)]
pub struct Probes {
    all: Vec<Watched>,
    /// Grows with every round.
    pub version: u64,
}

/// One probe and what it told.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    pub place: ProbePlace,
    /// The last round.
    pub last: Option<(Time, Arc<Probed>)>,
    /// When it was last well (or well, but slow).
    pub last_ok: Time,
    /// How it is, as far as enough answers in a row say so.
    state: ProbeState,
    /// Since when.
    since: Time,
    /// A state that was seen, but not often enough yet: which, how often, from when on.
    next: Option<(ProbeState, u8, Time)>,
    rounds: VecDeque<Round>,
}

/// An environment's health in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HealthCount {
    pub up: usize,
    pub warning: usize,
    pub down: usize,
    pub unknown: usize,
}

impl HealthCount {
    /// All probes.
    pub fn all(self) -> usize {
        self.up + self.warning + self.down + self.unknown
    }

    /// The worst of them that is known; unknown where nothing is.
    pub fn worst(self) -> ProbeState {
        match self {
            Self { down: 1.., .. } => ProbeState::Down,
            Self { warning: 1.., .. } => ProbeState::Warning,
            Self { unknown: 1.., .. } => ProbeState::Unknown,
            _ => ProbeState::Up,
        }
    }
}

impl Probes {
    /// The probes that are configured, by their numbers. What is known of them is forgotten.
    pub fn of(places: Vec<ProbePlace>) -> Self {
        let watched = |place| Watched {
            place,
            ..Watched::default()
        };
        Self {
            all: places.into_iter().map(watched).collect(),
            version: 0,
        }
    }

    /// All of them, in the order of the configuration.
    pub fn all(&self) -> &[Watched] {
        &self.all
    }

    /// The probe of a number.
    pub fn get(&self, number: u16) -> Option<&Watched> {
        self.all.get(usize::from(number))
    }

    /// How they are, counted.
    pub fn count(&self, now: Time) -> HealthCount {
        let mut count = HealthCount::default();
        for probe in &self.all {
            *match probe.state(now) {
                ProbeState::Up => &mut count.up,
                ProbeState::Warning => &mut count.warning,
                ProbeState::Down => &mut count.down,
                ProbeState::Unknown => &mut count.unknown,
            } += 1;
        }
        count
    }

    /// Takes a round in.
    pub fn apply(&mut self, number: u16, at: Time, probed: Arc<Probed>) {
        if let Some(probe) = self.all.get_mut(usize::from(number)) {
            self.version += 1;
            probe.apply(at, probed);
        }
    }
}

impl Watched {
    fn apply(&mut self, at: Time, probed: Arc<Probed>) {
        let state = probed.state();
        if matches!(state, ProbeState::Up | ProbeState::Warning) {
            self.last_ok = at;
        }
        self.rounds.push_back(Round {
            at,
            state,
            millis: probed.timings.total,
        });
        if self.rounds.len() > ROUNDS {
            self.rounds.pop_front();
        }
        // The first answer is all there is to go by; so is the first after a hole in which anything may have happened.
        let is_first = self.last.as_ref().is_none_or(|(before, _)| at - *before > self.silence());
        self.last = Some((at, probed));
        if state == self.state && !is_first {
            self.next = None;
            return;
        }
        let (seen, first) = match self.next {
            Some((next, seen, first)) if next == state => (seen.saturating_add(1), first),
            _ => (1, at),
        };
        if is_first || seen >= self.place.after {
            if state != self.state || !self.since.is_known() {
                self.since = first;
            }
            self.state = state;
            self.next = None;
        } else {
            self.next = Some((state, seen, first));
        }
    }

    /// So long after a round the next must have come (seconds).
    fn silence(&self) -> i64 {
        i64::from(self.place.every) * 2 + i64::from(self.place.patience) + 5
    }

    /// Whether what is known is too old to say how it is now.
    pub fn is_stale(&self, now: Time) -> bool {
        self.last.as_ref().is_some_and(|(at, _)| at.age(now) > self.silence())
    }

    /// How the service is: what enough answers in a row say, as long as they are fresh.
    pub fn state(&self, now: Time) -> ProbeState {
        if self.is_stale(now) { ProbeState::Unknown } else { self.state }
    }

    /// Since when it is so.
    pub fn since(&self) -> Time {
        self.since
    }

    /// What the last answers say against the state: a flap, or a change on its way.
    pub fn wavers(&self) -> Option<ProbeState> {
        self.next.map(|(state, _, _)| state)
    }

    /// The last round's answer.
    pub fn answer(&self) -> Option<&Probed> {
        self.last.as_ref().map(|(_, probed)| &**probed)
    }

    /// All rounds that are remembered, oldest first.
    pub fn rounds(&self) -> impl DoubleEndedIterator<Item = &Round> {
        self.rounds.iter()
    }

    /// The last so many rounds as they stand in a line, oldest first: `None` where there should be one and is none.
    pub fn line(&self, cells: usize, now: Time) -> Vec<Option<Round>> {
        let every = i64::from(self.place.every.max(1));
        let mut line = VecDeque::with_capacity(cells);
        let mut next = now;
        for round in self.rounds.iter().rev() {
            // Rounds are late by a tenth, and by as long as an answer takes; one and a half intervals without one are a
            // hole. Times are whole seconds, which is much for a short interval.
            let missing = (((next - round.at - 2).max(0) + every / 2) / every - 1).max(0);
            let missing = usize::try_from(missing).unwrap_or(0).min(cells.saturating_sub(line.len()));
            (0..missing).for_each(|_| line.push_front(None));
            if line.len() >= cells {
                break;
            }
            line.push_front(Some(*round));
            next = round.at;
        }
        while line.len() < cells {
            line.push_front(None);
        }
        line.into()
    }

    /// How many times it went down or came back in what is remembered, answer by answer.
    pub fn flaps(&self) -> usize {
        let down: Vec<bool> = self
            .rounds
            .iter()
            .filter(|round| round.state != ProbeState::Unknown)
            .map(|round| round.state == ProbeState::Down)
            .collect();
        down.windows(2).filter(|pair| pair.first() != pair.last()).count()
    }
}

impl EnvStore {
    /// The workload behind a probe: the one that the configuration names, else the only one that is called as it is
    /// (`backend`, `backend-deployment`).
    pub fn probed_workload(&self, place: &ProbePlace) -> Option<(Known, &Object)> {
        let (namespace, name) = match place.workload.as_deref() {
            Some(named) => named
                .split_once('/')
                .map_or((None, named), |(namespace, name)| (Some(namespace), name)),
            None => (None, &*place.name),
        };
        let mut found: Vec<(bool, Known, &Object)> = Vec::new();
        for known in [Known::Deployment, Known::StatefulSet, Known::DaemonSet] {
            let feeds = self.feeds().filter(|(key, _)| key.kind.is(known));
            for object in feeds.flat_map(|(_, feed)| feed.rows()) {
                let exact = *object.meta.name == *name;
                let alike = place.workload.is_none()
                    && object
                        .meta
                        .name
                        .strip_prefix(name)
                        .is_some_and(|rest| matches!(rest, "-deployment" | "-deploy" | "-statefulset" | "-sts" | "-app" | "-service"));
                let here = namespace.is_none_or(|namespace| *object.meta.namespace == *namespace);
                let is_workload = matches!(object.body, Body::Workload(_));
                let twice = found.iter().any(|(_, _, other)| other.meta.uid == object.meta.uid);
                if here && is_workload && (exact || alike) && !twice {
                    found.push((exact, known, object));
                }
            }
        }
        if found.iter().any(|(exact, _, _)| *exact) {
            found.retain(|(exact, _, _)| *exact);
        }
        match found.as_slice() {
            [(_, known, object)] => Some((*known, object)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Blame, Problem, ProblemKind, Silence, Timings};

    fn place() -> ProbePlace {
        ProbePlace {
            name: "backend".into(),
            every: 10,
            patience: 5,
            after: 2,
            ..ProbePlace::default()
        }
    }

    fn probed(state: ProbeState) -> Arc<Probed> {
        let silence = |blame| {
            Some(Silence {
                problem: Problem::new(ProblemKind::Unreachable, "no"),
                blame,
            })
        };
        Arc::new(Probed {
            silence: match state {
                ProbeState::Down => silence(Blame::There),
                ProbeState::Unknown => silence(Blame::Here),
                ProbeState::Up | ProbeState::Warning => None,
            },
            warnings: if state == ProbeState::Warning {
                vec!["slow".into()]
            } else {
                Vec::new()
            },
            timings: Timings {
                total: 7,
                ..Timings::default()
            },
            ..Probed::default()
        })
    }

    /// A probe that told these, ten seconds apart from 1000 on: u up, d down, w warning, ? unknown, a dot nothing.
    fn told(states: &str) -> Watched {
        let mut probes = Probes::of(vec![place()]);
        for (at, sign) in (0..).zip(states.chars()) {
            let state = match sign {
                'u' => ProbeState::Up,
                'd' => ProbeState::Down,
                'w' => ProbeState::Warning,
                '?' => ProbeState::Unknown,
                _ => continue,
            };
            probes.apply(0, Time(1000 + at * 10), probed(state));
        }
        probes.all.remove(0)
    }

    #[test]
    fn a_state_changes_only_after_so_many_answers_in_a_row() {
        for (states, state, since) in [
            ("", ProbeState::Unknown, 0),
            ("u", ProbeState::Up, 1000),
            ("d", ProbeState::Down, 1000),
            ("uud", ProbeState::Up, 1000),
            ("uudd", ProbeState::Down, 1020),
            ("uddd", ProbeState::Down, 1010),
            ("ududu", ProbeState::Up, 1000),
            ("uuddu", ProbeState::Down, 1020),
            ("uudduu", ProbeState::Up, 1040),
            ("uu?", ProbeState::Up, 1000),
            ("uu??", ProbeState::Unknown, 1020),
            ("uuw", ProbeState::Up, 1000),
            ("uud?dd", ProbeState::Down, 1040),
        ] {
            let probe = told(states);
            let now = Time(1000 + states.len() as i64 * 10);
            assert_eq!((probe.state(now), probe.since()), (state, Time(since)), "{states}");
        }
        assert_eq!(told("uud").wavers(), Some(ProbeState::Down));
        assert_eq!(told("ududu").flaps(), 4);
    }

    #[test]
    fn what_is_old_says_nothing_and_after_a_hole_the_first_answer_counts() {
        let probe = told("uu");
        assert_eq!(probe.state(Time(1035)), ProbeState::Up);
        assert_eq!(probe.state(Time(1041)), ProbeState::Unknown, "two rounds and an answer are missing");
        assert!(probe.is_stale(Time(1041)));
        let probe = told("uu.....d");
        assert_eq!((probe.state(Time(1070)), probe.since()), (ProbeState::Down, Time(1070)));
        assert_eq!(probe.last_ok, Time(1010));
    }

    #[test]
    fn holes_in_the_history_are_holes_in_the_line() {
        let line = |states: &str, cells, now| -> String {
            let sign = |round: &Option<Round>| match round.map(|round| round.state) {
                None => '.',
                Some(ProbeState::Up) => 'u',
                Some(ProbeState::Down) => 'd',
                Some(ProbeState::Warning) => 'w',
                Some(ProbeState::Unknown) => '?',
            };
            told(states).line(cells, Time(now)).iter().map(sign).collect()
        };
        assert_eq!(line("uud", 6, 1025), "...uud");
        assert_eq!(line("uuddu", 3, 1045), "ddu");
        assert_eq!(line("uu..du", 8, 1055), "..uu..du");
        assert_eq!(line("uu", 6, 1050), ".uu...", "nothing came since");
        assert_eq!(line("", 3, 1000), "...");
    }

    #[test]
    fn the_worst_of_an_environment_is_what_is_known_of_it() {
        let now = Time(1000);
        let mut probes = Probes::of(vec![place(), place(), place()]);
        assert_eq!((probes.count(now).worst(), probes.count(now).all()), (ProbeState::Unknown, 3));
        probes.apply(0, now, probed(ProbeState::Up));
        probes.apply(1, now, probed(ProbeState::Warning));
        assert_eq!(probes.count(now).worst(), ProbeState::Warning);
        probes.apply(2, now, probed(ProbeState::Down));
        assert_eq!(
            probes.count(now),
            HealthCount {
                up: 1,
                warning: 1,
                down: 1,
                unknown: 0
            }
        );
        probes.apply(9, now, probed(ProbeState::Down));
        assert_eq!(probes.version, 3, "one that is not configured");
    }
}
