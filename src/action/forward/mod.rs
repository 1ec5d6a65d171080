//! Port-forwards as values: what is asked for, and how it stands. `execute::forward` keeps them.

mod seen;
mod spec;

pub use seen::{ForwardId, ForwardSeen, ForwardState, Probed, Reached};
pub use spec::{ForwardPort, ForwardSpec, KINDS, Local, Remote};
