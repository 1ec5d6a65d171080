//! What the store knows around an object, beside the object itself.

use crate::model::{Object, VolumeUsage};

/// What is known around an object. What nobody watches is `None` or empty: nothing is said of it then.
#[derive(Debug, Default)]
pub struct Neighbours<'a> {
    /// The owners of the object's controller, the nearest first: kind and name.
    pub owners: Vec<(&'a str, &'a str)>,
    /// The pods that belong to it: a workload's own, those on a node, in a namespace, with a claim.
    pub pods: Option<Vec<&'a Object>>,
    /// The replica sets of a deployment.
    pub replica_sets: Option<Vec<&'a Object>>,
    /// The endpoint slices of a service.
    pub slices: Option<Vec<&'a Object>>,
    /// Workloads whose pods use a config map, a secret or a claim: those that are watched.
    pub users: Vec<&'a Object>,
    /// How full the volume of a claim is.
    pub volume: Option<&'a VolumeUsage>,
}
