//! What can be done to the world, as a value: nothing here does it.
//!
//! kubectl is the language of it. A line that somebody typed, or that a runbook holds, is read into an [`Action`]
//! ([`kubectl::parse`]); an action that a key asked for is shown as the line ([`Action`]'s `Display`), to be read, copied and
//! audited. The two agree: reading what was printed gives the same action.
//!
//! ```text
//!   a runbook's line ─┐                             ┌─► the line, to read and to copy
//!   a typed line ─────┼─► Action { place, verb } ───┼─► its class: read, transient, change …
//!   a key ────────────┘      of Words               └─► plan ─► guard ─► (the question) ─► Confirmed ─► `execute`
//! ```
//!
//! No shell ever reads a line: what a shell would do more than put words together (pipes, redirections, `$( )`) is a
//! [`kubectl::Fault`]. What is still to be filled in (`<pod-name>`, `$POD`) stays a part of its [`Word`] until a value is bound to it,
//! and a bound value is never read again: one with spaces or a `;` is a part of that one word. See [`variables`].
//!
//! | I have … | it goes to |
//! |---|---|
//! | a new verb | a variant of [`Verb`]; its reading in `kubectl/verbs`, its printing in `kubectl/print.rs`, its arm in `class.rs` |
//! | a flag of a verb | its field; its row in the verb's table of flags; out of `kubectl/unsupported.rs` |
//! | a reason why something is dangerous | `class.rs` |

mod class;
mod given;
mod target;
mod verb;
mod word;

pub mod ask;
pub mod forward;
pub mod guard;
pub mod kubectl;
pub mod plan;
pub mod silence;
pub mod stage;
pub mod variables;
pub mod verdict;

pub use class::{Class, READ_COMMANDS};
pub use given::{Given, Span};
pub use target::{KindName, Nodes, Place, Ref, Scope, Selection, Target, Which};
pub use verb::{
    Action, Apply, Attach, Autoscale, CanI, Cascade, Containers, Copy, CopyPath, CreateJob, Debug, Delete, Describe, Drain, DryRun, Edit,
    Effect, EnvEdit, Events, Evict, Exec, Get, LocalPort, Logs, LogsOf, Manifest, Marks, Output, Pair, Patch, PatchKind, Port, PortForward,
    Question, Rollout, Run, Scale, SetEnv, SetImage, SetResources, Taint, TaintChange, Top, TopOf, TopSort, Verb,
};
pub use word::{Piece, Word};
