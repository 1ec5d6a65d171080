//! The health of all environments: `rows` is the board (a table, environment × service), `answer` a probe's last answer
//! as a whole.

pub mod answer;
pub mod rows;

use crate::model::ProbeState;
use crate::model::Time;
use crate::store::Watched;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::{Beat, level};

/// Milliseconds that the highest bar stands for at least: a service that answers in no time has low bars.
const MOST: u32 = 100;

/// The sign and the colour of a state.
pub fn sign(state: ProbeState) -> (Glyph, Role) {
    match state {
        ProbeState::Up => (Glyph::Ok, Role::Ok),
        ProbeState::Warning => (Glyph::Warning, Role::Warning),
        ProbeState::Down => (Glyph::Bad, Role::Bad),
        ProbeState::Unknown => (Glyph::Unknown, Role::Muted),
    }
}

/// The last rounds of a probe as a line of bars.
pub fn beats(probe: &Watched, cells: usize, now: Time) -> Vec<Beat> {
    let line = probe.line(cells, now);
    let most = line.iter().flatten().map(|round| round.millis).max().unwrap_or(0).max(MOST);
    let beat = |round: &crate::store::Round| {
        let level = level(f64::from(round.millis), f64::from(most));
        match round.state {
            ProbeState::Up => Beat::Bar(level),
            ProbeState::Warning => Beat::High(level),
            ProbeState::Down => Beat::Failed,
            ProbeState::Unknown => Beat::Unknown,
        }
    };
    line.iter().map(|round| round.as_ref().map_or(Beat::Gap, beat)).collect()
}

/// `41 ms`, `1.2 s`
pub fn millis(millis: u32) -> String {
    match millis {
        ..1_000 => format!("{millis} ms"),
        1_000..10_000 => format!("{:.1} s", f64::from(millis) / 1_000.0),
        _ => format!("{} s", millis / 1_000),
    }
}
