//! The rows of the board: every probe of every environment, what is down first.

use super::{beats, millis};
use crate::model::{EnvId, ProbeState, Probed, Time, Uid, short_age};
use crate::store::{Store, Watched};
use crate::ui::panes::table::World;
use crate::ui::widgets::Beat;

/// Rounds that the board shows.
const CELLS: usize = 20;

/// A probe as the board shows it.
#[derive(Clone, Debug, Default)]
pub struct HealthRow {
    pub env: EnvId,
    pub number: u16,
    /// The environment's label.
    pub label: String,
    pub name: String,
    pub state: ProbeState,
    /// `down 6m`, `ok`, `stale 2m`, `asking`.
    pub word: String,
    pub code: Option<u16>,
    /// How long the last answer took: `41 ms`.
    pub latency: String,
    pub line: Vec<Beat>,
    pub last_ok: Time,
    /// Days until the certificate ends.
    pub days: Option<i64>,
    pub days_are_few: bool,
    /// What is not well.
    pub wrong: String,
    pub vantage: &'static str,
    pub url: String,
    /// When it was asked last.
    pub at: Time,
    pub flaps: usize,
}

impl HealthRow {
    /// What the row is recognised by.
    pub fn uid(&self) -> Uid {
        Uid::of(&format!("health/{}/{}", self.env.0, self.number))
    }
}

/// All rows: what is down, then what is not well, each in the order of the configuration.
pub fn rows(world: &World<'_>) -> Vec<HealthRow> {
    let mut rows: Vec<HealthRow> = Vec::new();
    for (env, seen) in world.store.iter() {
        let label = world.config.environments.get(usize::from(env.0)).map_or("", |e| e.shown());
        let probes = (0..).zip(seen.probes.all());
        rows.extend(probes.map(|(number, probe)| row(env, number, label, probe, world.now)));
    }
    rows.sort_by_key(|row| std::cmp::Reverse(concern(row.state)));
    rows
}

fn concern(state: ProbeState) -> u8 {
    match state {
        ProbeState::Down => 2,
        ProbeState::Warning => 1,
        ProbeState::Up | ProbeState::Unknown => 0,
    }
}

/// How fresh the board is: how many of the probes were asked as often as they should be, of how many.
pub fn asked(store: &Store, now: Time) -> (usize, usize) {
    let mut counts = (0, 0);
    for probe in store.iter().flat_map(|(_, seen)| seen.probes.all()) {
        counts.0 += usize::from(probe.last.is_some() && !probe.is_stale(now));
        counts.1 += 1;
    }
    counts
}

fn row(env: EnvId, number: u16, label: &str, probe: &Watched, now: Time) -> HealthRow {
    let answer = probe.answer();
    let state = probe.state(now);
    let days = answer.and_then(|answer| answer.certificate.as_ref()).filter(|c| c.until.is_known());
    let days = days.map(|certificate| certificate.days_left(now));
    HealthRow {
        env,
        number,
        label: label.to_owned(),
        name: probe.place.name.to_string(),
        state,
        word: word(probe, now),
        code: answer.and_then(|answer| answer.code),
        latency: answer
            .filter(|answer| answer.is_answered())
            .map_or_else(String::new, |answer| millis(answer.timings.total)),
        line: beats(probe, CELLS, now),
        last_ok: probe.last_ok,
        days,
        days_are_few: days.is_some_and(|days| days <= i64::from(probe.place.warning_days)),
        wrong: wrong(probe, answer, now),
        vantage: probe.place.vantage.words(),
        url: probe.place.url.to_string(),
        at: probe.last.as_ref().map_or(Time::NEVER, |(at, _)| *at),
        flaps: probe.flaps(),
    }
}

/// The state in a word, and since when where that matters.
pub fn word(probe: &Watched, now: Time) -> String {
    let state = probe.state(now);
    let since = || short_age(probe.since().age(now));
    match (&probe.last, state) {
        (None, _) => "asking".into(),
        (Some((at, _)), _) if probe.is_stale(now) => format!("stale {}", short_age(at.age(now))),
        (_, ProbeState::Up) => state.word().into(),
        (_, ProbeState::Down | ProbeState::Warning | ProbeState::Unknown) => format!("{} {}", state.word(), since()),
    }
}

/// What is to be said beside the state.
fn wrong(probe: &Watched, answer: Option<&Probed>, now: Time) -> String {
    let Some(answer) = answer else { return String::new() };
    let wrong = answer.wrong();
    // The state holds until enough answers speak against it: the line says what the last one said.
    match (probe.state(now), probe.wavers()) {
        (ProbeState::Down, Some(ProbeState::Up | ProbeState::Warning)) => "the last answer was good".into(),
        (ProbeState::Up, Some(ProbeState::Down)) => format!("once: {wrong}"),
        _ => wrong,
    }
}
