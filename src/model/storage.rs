//! Volumes and the claims on them.

use std::sync::Arc;

use super::Quantity;

/// A persistent volume claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    /// `Pending`, `Bound`, `Lost`.
    pub phase: Box<str>,
    pub volume: Box<str>,
    /// Bound size, else the size asked for.
    pub capacity: Quantity,
    /// `RWO`, `ROX`, `RWX`, as kubectl abbreviates.
    pub modes: Box<str>,
    pub class: Arc<str>,
}

/// A persistent volume.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volume {
    /// `Available`, `Bound`, `Released`, `Failed`.
    pub phase: Box<str>,
    pub capacity: Quantity,
    pub modes: Box<str>,
    pub reclaim: Box<str>,
    /// `namespace/name` of the claim.
    pub claim: Box<str>,
    pub class: Arc<str>,
    pub reason: Box<str>,
}
