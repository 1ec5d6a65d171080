//! What pods and nodes use: what `kubectl top` shows and the autoscaler acts on.

use jiff::Timestamp;

use super::facts::Facts;
use super::model::{Live, MIB};
use super::noise::{hash, unit, wave};
use crate::sim::store::Stored;
use crate::sim::world::World;

/// What a pod uses now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Thousandths of a core.
    pub cpu_millis: u64,
    pub memory_bytes: u64,
}

impl Usage {
    fn new(cores: f64, bytes: f64) -> Self {
        Self {
            cpu_millis: (cores * 1_000.0).round() as u64,
            memory_bytes: bytes.round() as u64,
        }
    }

    pub(super) fn add(&mut self, live: &Live) {
        let more = Self::new(live.cpu, live.memory);
        self.cpu_millis += more.cpu_millis;
        self.memory_bytes += more.memory_bytes;
    }
}

/// Programs that every cluster has: the start of the pod's name, thousandths of a core, MiB.
const KNOWN: [(&str, f64, f64); 15] = [
    ("prometheus", 120.0, 860.0),
    ("alertmanager", 4.0, 38.0),
    ("grafana", 12.0, 150.0),
    ("kube-state-metrics", 6.0, 42.0),
    ("node-exporter", 5.0, 18.0),
    ("fluent-bit", 9.0, 48.0),
    ("coredns", 5.0, 28.0),
    ("aws-node", 6.0, 62.0),
    ("kube-proxy", 2.0, 26.0),
    ("ebs-csi", 5.0, 70.0),
    ("aws-load-balancer-controller", 5.0, 55.0),
    ("metrics-server", 6.0, 34.0),
    ("cluster-autoscaler", 4.0, 48.0),
    ("xray", 3.0, 30.0),
    ("external-secrets", 4.0, 60.0),
];

/// Cores and bytes of a pod that serves nobody just now.
pub fn at_rest(facts: &Facts, seed: u64, at: Timestamp) -> (f64, f64) {
    let (cores, bytes) = by_name(&facts.name, seed, at);
    let main = facts.main();
    let cores = cores.min(main.and_then(|c| c.limit_cpu).unwrap_or(f64::MAX) * 0.8);
    (cores, bytes.min(main.and_then(|c| c.limit_memory).unwrap_or(f64::MAX) * 0.72))
}

/// Cores and bytes that follow from a name alone.
fn by_name(name: &str, seed: u64, at: Timestamp) -> (f64, f64) {
    let own = seed ^ hash(name);
    let known = KNOWN.iter().find(|(start, ..)| name.starts_with(start));
    let (millis, mebibytes) = known.map_or_else(
        || match name.split('-').next() {
            Some("backend") => (12.0, 118.0),
            Some("frontend") => (8.0, 105.0),
            _ => (2.0 + 18.0 * unit(own), 16.0 + 90.0 * unit(own ^ 1)),
        },
        |(_, millis, mebibytes)| (*millis, *mebibytes),
    );
    let cpu = millis / 1_000.0 * (1.0 + 0.25 * wave(own, at, 300));
    (cpu, mebibytes * MIB * (1.0 + 0.04 * wave(own ^ 2, at, 1_800)))
}

/// What a pod uses now; a pod that the model does not know has a modest usage that follows from its name. One that
/// does not run uses nothing.
pub fn usage(world: &World, pod: &Stored) -> Usage {
    let physics = &world.physics;
    if let Some(watched) = physics.pods.get(&pod.uid) {
        return Usage::new(watched.subject.live.cpu, watched.subject.live.memory);
    }
    if pod.node.is_none() {
        return Usage::default();
    }
    // Running pods that no sample has seen yet, or that are too many to be sampled.
    let (cores, bytes) = by_name(&pod.key.name, physics.model.seed, world.now());
    Usage::new(cores, bytes)
}

/// What a node's daemons use.
pub(super) fn own_of_node(seed: u64, node: &str, at: Timestamp) -> Usage {
    let own = seed ^ hash(node);
    Usage::new(
        0.09 + 0.03 * (1.0 + wave(own, at, 600)),
        (640.0 + 60.0 * wave(own ^ 1, at, 3_600)) * MIB,
    )
}

/// What a node uses now: its own daemons, and its pods.
pub fn node_usage(world: &World, node: &str) -> Usage {
    let mut total = own_of_node(world.physics.model.seed, node, world.now());
    for pod in world.store.pods_on(node) {
        let usage = usage(world, &pod);
        total.cpu_millis += usage.cpu_millis;
        total.memory_bytes += usage.memory_bytes;
    }
    total
}
