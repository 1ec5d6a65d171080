//! How a forward stands, as its manager tells it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::ForwardSpec;
use crate::model::{Problem, Time};

/// One forward of this run of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForwardId(pub u32);

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardState {
    /// Its ports are being taken, its pod is being looked for.
    Starting,
    /// Connections are carried.
    Listening,
    /// It listens, and there is nothing to lead to: no pod, or no connection to the API server.
    Waiting { why: Problem, since: Time },
    /// It does not listen, and will not by itself.
    Failed(Problem),
}

/// A port that is listened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub local: SocketAddr,
    /// The port in the pod; none until it is known.
    pub remote: Option<u16>,
}

/// A forward as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardSeen {
    pub id: ForwardId,
    pub spec: Arc<ForwardSpec>,
    pub state: ForwardState,
    /// Empty until it listens.
    pub ports: Vec<Reached>,
    /// The pod that the last connection went to, or the next one will.
    pub pod: Option<Arc<str>>,
    /// How often it went over to another pod.
    pub moves: u32,
    /// What there is to know besides, as a sentence: that its pod was replaced, that it is not ready.
    pub note: Option<Arc<str>>,
    /// Connections that are open.
    pub open: u32,
    /// Connections so far.
    pub total: u64,
    /// Bytes that came from the pod.
    pub received: u64,
    /// Bytes that were sent to it.
    pub sent: u64,
    /// What went wrong last, and when.
    pub last_error: Option<(Time, Problem)>,
    /// When it was started.
    pub since: Time,
}

/// What came of looking whether the pod of a forward takes connections: for each of its ports how long it took, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    pub id: ForwardId,
    pub at: Time,
    pub ports: Vec<(u16, Result<Duration, Problem>)>,
}
