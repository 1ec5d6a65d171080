//! Port-forwards: ports of this machine that lead to a pod, and go on leading there when the pod is another one.
//!
//! ```text
//!   ForwardSpec ─► Forwards::start ─► a task for each forward
//!                                      ├─ listeners (loopback, unless the spec says more)
//!                                      ├─ Resolver: the spec's object → a pod and its port; asked when a connection comes
//!                                      └─ for each connection a Tunnel: one WebSocket to the API server
//! ```
//!
//! In the cockpit a [`Keeper`] has them: what was confirmed is opened, written into the audit, told of, and ended with the program.
//!
//! Nothing is asked of the cluster while no connection comes: which pod it is, is found out when one does, kept, and looked
//! at again while the next one connects, or when something failed. Only a forward whose pod is gone, or not ready, asks by
//! itself, with growing pauses, until there is one that is.

mod connection;
mod keeper;
mod manager;
mod probe;
mod resolve;
mod status;
mod task;
mod tunnel;

pub use crate::action::forward::{ForwardId, ForwardPort, ForwardSeen, ForwardSpec, ForwardState, Local, Reached, Remote};
pub use keeper::{Keeper, account};
pub use manager::{Forwards, MOST};
pub use probe::ProbeForwards;
