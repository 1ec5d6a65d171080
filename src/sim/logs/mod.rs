//! What containers wrote. Nothing is stored but the odd line that was really said (see [`Run::said`]): the rest
//! is computed from the run and the state that physics recorded, so that the same second always reads the same and
//! hours of history cost nothing.
//!
//! Each second of a run has lines of its own, made from the run's id and the second alone. Asking for a window is
//! asking its seconds one by one; a tail walks backwards through them.

mod backend;
mod database;
mod dice;
mod frontend;
mod jobs;
mod people;
mod program;
mod programs;
mod weather;
mod worker;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::world::{Run, World};
pub use database::lines as database_lines;
use dice::Dice;
use program::Program;
use weather::Sky;

/// One line, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    pub text: Bytes,
}

/// What a container wrote in one run, at or after `from` and before `to`, in order. What the world has not lived yet
/// is not written yet, whatever `to` says.
pub fn lines(world: &World, container: &str, run: &Run, from: Timestamp, to: Timestamp) -> Vec<Line> {
    let scribe = Scribe::new(world, container, run);
    scribe.between(from, to)
}

/// The last `n` lines of a run before `until`, in order, without making those before them.
pub fn tail(world: &World, container: &str, run: &Run, until: Timestamp, n: usize) -> Vec<Line> {
    let scribe = Scribe::new(world, container, run);
    let oldest = kept_from(run, until);
    let mut found: Vec<Line> = Vec::new();
    let mut to = until.min(world.now());
    let mut step = SignedDuration::from_secs(8);
    while found.len() < n && to > oldest {
        let from = (to - step).max(oldest);
        let mut earlier = scribe.between(from, to);
        earlier.append(&mut found);
        found = earlier;
        to = from;
        // Quiet programs write a line a minute: the steps grow.
        step = (step * 3).min(SignedDuration::from_hours(6));
    }
    found.split_off(found.len().saturating_sub(n))
}

/// From when on a kubelet still has the lines of a run: it keeps the last 10 MiB or so, which chatty programs fill
/// within hours.
pub fn kept_from(run: &Run, until: Timestamp) -> Timestamp {
    let kept = Program::of("", run).kept();
    run.started.max(until - kept)
}

/// Writes the lines of one run.
struct Scribe<'a> {
    run: &'a Run,
    program: Program,
    sky: Sky<'a>,
    now: Timestamp,
    seed: u64,
}

/// One second of a run, in the making.
struct Second<'a> {
    run: &'a Run,
    /// Whole seconds since 1970.
    at: i64,
    dice: Dice,
    lines: Vec<Line>,
}

impl Second<'_> {
    /// Writes a line at a time within the second that the dice choose.
    fn write(&mut self, text: String) -> Timestamp {
        let at = self.time();
        self.write_at(at, text);
        at
    }

    fn write_at(&mut self, at: Timestamp, text: String) {
        self.lines.push(Line { at, text: text.into() });
    }

    /// Some time within the second, in microseconds.
    fn time(&mut self) -> Timestamp {
        let micros = self.at.saturating_mul(1_000_000).saturating_add(self.dice.below(1_000_000) as i64);
        Timestamp::from_microsecond(micros).unwrap_or_default()
    }
}

impl<'a> Scribe<'a> {
    fn new(world: &'a World, container: &str, run: &'a Run) -> Self {
        Self {
            run,
            program: Program::of(container, run),
            sky: Sky::of(world, run),
            now: world.now(),
            seed: dice::hash(&run.id),
        }
    }

    fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Line> {
        let end = self.run.ended.as_ref().map(|e| e.at);
        let from = from.max(self.run.started);
        // A graceful goodbye bears the time of the end itself, so that a follower who was there before gets it.
        let to = to.min(self.now + SignedDuration::from_nanos(1));
        let mut lines = Vec::new();
        if from >= to {
            return lines;
        }
        let within = from..to;
        let regular = from..end.map_or(to, |end| end.min(to));
        if from < self.run.started + self.program.start_up() {
            let banner = self.program.banner(self.run).into_iter();
            lines.extend(banner.map(|(after, text)| Line {
                at: self.run.started + after,
                text: text.into(),
            }));
        }
        if regular.start < regular.end {
            self.seconds(regular.start, regular.end, &mut lines);
        }
        lines.retain(|line| regular.contains(&line.at));
        if let Some(ending) = &self.run.ended {
            let words = self.program.goodbye(self.run, ending).into_iter();
            lines.extend(words.map(|text| Line {
                at: ending.at,
                text: text.into(),
            }));
        }
        let said = self.run.said.iter();
        lines.extend(said.map(|(at, text)| Line {
            at: *at,
            text: text.clone(),
        }));
        lines.retain(|line| within.contains(&line.at));
        lines.sort_by_key(|line| line.at);
        lines
    }

    /// What the seconds of a window bring, besides start and end.
    fn seconds(&self, from: Timestamp, to: Timestamp, lines: &mut Vec<Line>) {
        if self.program.is_quiet() {
            return;
        }
        // A program that is starting does not do its work yet.
        let first = from.max(self.run.started + self.program.start_up()).as_second();
        let mut cursor = self.sky.cursor();
        for at in first..=to.as_second() {
            let mut second = Second {
                run: self.run,
                at,
                dice: Dice::new(self.seed, at),
                lines: Vec::new(),
            };
            self.program.second(&mut second, &mut cursor);
            second.lines.sort_by_key(|line| line.at);
            lines.append(&mut second.lines);
        }
    }
}
