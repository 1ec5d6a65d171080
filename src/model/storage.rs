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

/// How full a claim's volume is, as the kubelet that mounts it says.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeUsage {
    pub namespace: Arc<str>,
    pub claim: Arc<str>,
    pub used: Quantity,
    pub capacity: Quantity,
    /// Inodes in use, in percent, where the kubelet counts them.
    pub inodes: Option<u32>,
    pub at: super::Time,
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
