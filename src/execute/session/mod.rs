//! Sessions in containers: programs, shells, attached terminals, debug containers, copies of files.
//!
//! ```text
//!   action::Ref ─► place::find ─► Inside ─┬─► captured::run      a program; what it wrote and how it ended
//!                                         ├─► terminal::run      a program at a terminal (any reader, any writer)
//!                                         │     └ here::run      … at the one this program was started in
//!                                         ├─► copy::fetch        files out of it
//!                                         └─► copy::send         files into it
//!   debug::add ─► debug::wait ─► Inside ─────► terminal::run (attach)
//! ```
//!
//! All of them take plain data and a client; who calls them holds a confirmed plan and writes the audit. A session is
//! opened over a WebSocket and is never opened a second time by itself: a program might run twice.
//!
//! What a program writes goes to the user's terminal as it is only in [`terminal`], which is the user's own session; what is
//! captured passes [`crate::model::clean_lines`] and [`crate::redact`] when it is read as text.

pub mod captured;
pub mod command;
pub mod copy;
pub mod debug;
pub mod ending;
mod hear;
pub mod here;
mod keep;
mod keys;
mod open;
pub mod place;
pub mod record;
mod reset;
pub mod terminal;

pub use keep::Kept;
pub use place::Inside;
pub use reset::RESET;

use std::time::Duration;

/// For the answer to one small question (a pod, a list of pods), and for a session to open.
const PATIENCE: Duration = Duration::from_secs(15);

/// A question to the server with its deadline.
async fn within<T>(what: &str, ask: impl Future<Output = kube::Result<T>>) -> Result<T, crate::model::Problem> {
    match tokio::time::timeout(PATIENCE, ask).await {
        Ok(answer) => answer.map_err(|error| crate::source::kube::problem::of(&error)),
        Err(_) => Err(crate::model::Problem::new(
            crate::model::ProblemKind::TimedOut,
            format!("{what}: no answer within {} s", PATIENCE.as_secs()),
        )),
    }
}
