//! Nodes that run short of memory, disk or process ids, and the evictions that follow.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::lifecycle::post;
use super::{Task, is_down, key, plan, taints, tell, tell_status};
use crate::model::Quantity;
use crate::sim::control::kubelet;
use crate::sim::physics;
use crate::sim::store::Stored;
use crate::sim::world::{Tone, World};

/// What a node can be short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pressure {
    Memory,
    Disk,
    Pid,
}

impl Pressure {
    pub const ALL: [Self; 3] = [Self::Memory, Self::Disk, Self::Pid];

    /// The type of its condition.
    pub fn condition(self) -> &'static str {
        match self {
            Self::Memory => "MemoryPressure",
            Self::Disk => "DiskPressure",
            Self::Pid => "PIDPressure",
        }
    }

    /// The condition's status, reason and message.
    pub fn state(self, short: bool) -> (&'static str, &'static str, &'static str) {
        match (self, short) {
            (Self::Memory, true) => ("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
            (Self::Memory, false) => ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            (Self::Disk, true) => ("True", "KubeletHasDiskPressure", "kubelet has disk pressure"),
            (Self::Disk, false) => ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            (Self::Pid, true) => ("True", "KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
            (Self::Pid, false) => ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        }
    }

    fn event(self, short: bool) -> &'static str {
        match (self, short) {
            (Self::Memory, true) => "NodeHasInsufficientMemory",
            (Self::Memory, false) => "NodeHasSufficientMemory",
            (Self::Disk, true) => "NodeHasDiskPressure",
            (Self::Disk, false) => "NodeHasNoDiskPressure",
            (Self::Pid, true) => "NodeHasInsufficientPID",
            (Self::Pid, false) => "NodeHasSufficientPID",
        }
    }

    fn taint(self) -> &'static str {
        match self {
            Self::Memory => "node.kubernetes.io/memory-pressure",
            Self::Disk => "node.kubernetes.io/disk-pressure",
            Self::Pid => "node.kubernetes.io/pid-pressure",
        }
    }

    /// What the kubelet calls the resource.
    fn resource(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "ephemeral-storage",
            Self::Pid => "pids",
        }
    }
}

/// How long the kubelet waits between two evictions.
const PAUSE: SignedDuration = SignedDuration::from_secs(35);

/// A node runs short of something; its kubelet says so, and evicts a pod now and then until [`relieve`].
pub fn pressure(world: &mut World, name: &str, of: Pressure) {
    let exists = world.store.find(&key(name)).is_some();
    if !exists || is_down(world, name) || !world.control.node.short.insert((Arc::from(name), of)) {
        return;
    }
    post(world, name);
    tell_status(world, name, of.event(true), "kubelet");
    taints::set(world, name, of.taint(), &["NoSchedule"]);
    plan(world, SignedDuration::from_secs(8), Task::Reclaim(Arc::from(name), of));
}

/// The shortage is over.
pub fn relieve(world: &mut World, name: &str, of: Pressure) {
    if !world.control.node.short.remove(&(Arc::from(name), of)) || is_down(world, name) {
        return;
    }
    post(world, name);
    tell_status(world, name, of.event(false), "kubelet");
    taints::set(world, name, of.taint(), &[]);
}

/// A pod is evicted: of the ones that use more than they asked for, the least important one that uses most.
pub fn reclaim(world: &mut World, name: &Arc<str>, of: Pressure) {
    if !world.control.node.short.contains(&(Arc::clone(name), of)) || is_down(world, name) {
        return;
    }
    let message = format!("Attempting to reclaim {}", of.resource());
    tell(world, name, Tone::Warning, "EvictionThresholdMet", message, "kubelet");
    let pods = world.store.pods_on(name);
    let chosen = pods.iter().filter_map(|pod| rank(world, pod)).max_by(|a, b| a.0.cmp(&b.0));
    if let Some((_, pod, why)) = chosen {
        let message = format!("The node was low on resource: {}. {why}", of.resource());
        kubelet::evict(world, &pod.key, &message);
    }
    plan(world, PAUSE, Task::Reclaim(Arc::clone(name), of));
}

/// How soon a pod is evicted (more than it asked for, less important, the excess), and what is said of it.
type Rank = ((bool, i64, i64), Arc<Stored>, String);

fn rank(world: &World, stored: &Arc<Stored>) -> Option<Rank> {
    let pod = stored.value();
    let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let priority = pod["spec"]["priority"].as_i64().unwrap_or(0);
    // Critical pods of the system stay.
    if over || stored.leaving || priority >= 2_000_000_000 {
        return None;
    }
    let used = i64::try_from(physics::usage(world, stored).memory_bytes).unwrap_or(i64::MAX);
    let containers = || pod["spec"]["containers"].as_array().into_iter().flatten();
    let asked = |c: &Value| {
        let text = c["resources"]["requests"]["memory"].as_str().unwrap_or_default();
        Quantity::parse(text).get().unwrap_or(0) / 1000
    };
    let asked_in_all: i64 = containers().map(asked).sum();
    let first = containers().next()?;
    let name = first["name"].as_str().unwrap_or_default();
    let request = first["resources"]["requests"]["memory"].as_str().unwrap_or("0");
    let why = format!(
        "Container {name} was using {}Ki, which exceeds its request of {request}. ",
        used / 1024
    );
    Some(((used > asked_in_all, -priority, used - asked_in_all), Arc::clone(stored), why))
}
