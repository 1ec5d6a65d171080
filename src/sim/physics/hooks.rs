//! Where the model touches pods and nodes: it asks their kubelets.

use std::sync::Arc;

use crate::sim::control::kubelet::{self, Health};
use crate::sim::control::node;
use crate::sim::store::Key;
use crate::sim::world::World;

/// A container used more memory than it may.
pub fn out_of_memory(world: &mut World, pod: &Key, container: &str) {
    kubelet::oom_kill(world, pod, container);
}

/// A container answers its probes differently from now on.
pub fn health(world: &mut World, pod: &Key, uid: &Arc<str>, container: &str, health: Health) {
    kubelet::set_health(world, pod, uid, container, health);
}

/// Whether the node's machine is dead, whatever its object says.
pub fn silent(world: &World, node: &str) -> bool {
    node::is_down(world, node)
}
