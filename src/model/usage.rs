//! What pods and nodes use now, as metrics.k8s.io tells.

use std::sync::Arc;

use super::{Quantity, Time};

/// CPU and memory in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub cpu: Quantity,
    pub memory: Quantity,
}

/// One sample of a pod (its containers) or a node (none).
#[derive(Clone, Debug, PartialEq)]
pub struct UsageSample {
    /// Empty for a node.
    pub namespace: Arc<str>,
    pub name: Box<str>,
    pub at: Time,
    pub total: Usage,
    /// By container name, where there is more than one.
    pub containers: Box<[(Arc<str>, Usage)]>,
}
