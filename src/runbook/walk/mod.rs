//! A walk through a page, as a state machine of plain values.
//!
//! ```text
//!  Matched → Bound → ( Ready → Running → Passed | Failed | TimedOut | NoData | Skipped | Answered )* → Done | Stopped | Escalated
//! ```
//!
//! Everything that happens is an [`Event`]; the state is what the events make of it and nothing else. The file of a run is its events,
//! one a line: reading them again gives the same state, after a crash or for the next shift. Nothing here runs anything: the walk says
//! what would be next, whoever runs it says what came of it.

mod event;
mod judge;
mod state;
mod timer;

#[cfg(test)]
mod tests;

pub use event::{Entry, Event, Moment, Outcome, Seen3};
pub use judge::{Follow, follow, judge, looked};
pub use state::{Note, Phase, Progress, Refused, StepState, Walk};
pub use timer::{Timer, budget_left, timers};
