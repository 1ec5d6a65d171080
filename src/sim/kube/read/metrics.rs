//! What the metrics server tells: usage of pods and nodes, computed when asked for, never stored.
//!
//! A still world has no physics; there, usage is what was put on the shelves of these kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::kinds::Served;
use crate::model::Quantity;
use crate::sim::physics::{self, Usage};
use crate::sim::store::{Key, Stored, seconds};
use crate::sim::world::{Life, World};

/// Seconds between two samples.
const WINDOW: i64 = 15;

/// What a node uses besides its pods.
const SYSTEM: Usage = Usage {
    cpu_millis: 140,
    memory_bytes: 620 << 20,
};

/// The usage of everything of this kind.
pub fn all(world: &World, kind: &Served, namespace: Option<&str>) -> Vec<Arc<Stored>> {
    if world.life() == Life::Still {
        return world.store.list(&kind.shelf, namespace).cloned().collect();
    }
    if kind.namespaced {
        let pods = world.store.list("pods", namespace);
        return pods.filter_map(|pod| of_pod(world, kind, pod)).collect();
    }
    let nodes = world.store.list("nodes", None);
    nodes.filter_map(|node| of_node(world, kind, node)).collect()
}

/// The usage of one object.
pub fn one(world: &World, kind: &Served, namespace: &str, name: &str) -> Option<Arc<Stored>> {
    if world.life() == Life::Still {
        return world.store.get(&kind.shelf, namespace, name).cloned();
    }
    if kind.namespaced {
        return of_pod(world, kind, world.store.get("pods", namespace, name)?);
    }
    of_node(world, kind, world.store.get("nodes", "", name)?)
}

/// A pod's usage by container. `None`: it does not run, or its node tells nothing.
fn of_pod(world: &World, kind: &Served, pod: &Arc<Stored>) -> Option<Arc<Stored>> {
    let node = pod.node.as_ref()?;
    if !world.store.get("nodes", "", node).is_none_or(|node| answers(&node.value())) {
        return None;
    }
    let document = pod.value();
    let statuses = document["status"]["containerStatuses"].as_array()?;
    let running: Vec<&str> = statuses
        .iter()
        .filter(|status| status["state"]["running"].is_object())
        .filter_map(|status| status["name"].as_str())
        .collect();
    if running.is_empty() || running.len() < statuses.len() {
        return None;
    }
    let usage = physics::usage(world, pod);
    let weights: BTreeMap<&str, u64> = document["spec"]["containers"]
        .as_array()?
        .iter()
        .filter_map(|container| Some((container["name"].as_str()?, weight(container))))
        .collect();
    let total: u64 = running.iter().filter_map(|name| weights.get(name)).sum::<u64>().max(1);
    let containers: Vec<Value> = running
        .iter()
        .map(|name| {
            let part = weights.get(name).copied().unwrap_or(0);
            let share = |whole: u64| u64::try_from(u128::from(whole) * u128::from(part) / u128::from(total)).unwrap_or(u64::MAX);
            let cpu = share(usage.cpu_millis.saturating_mul(1_000_000));
            json!({"name": name, "usage": quantities(cpu, share(usage.memory_bytes))})
        })
        .collect();
    let labels = document["metadata"].get("labels").cloned();
    let mut object = frame(world, &pod.key, labels);
    object["containers"] = json!(containers);
    Some(stored(kind, pod, &object))
}

/// How much of its pod's usage a container is good for: its share of the requests.
fn weight(container: &Value) -> u64 {
    let request = container["resources"]["requests"]["memory"].as_str();
    let request = request.and_then(|text| Quantity::parse(text).get());
    request.and_then(|amount| u64::try_from(amount).ok()).unwrap_or(0).max(1)
}

fn of_node(world: &World, kind: &Served, node: &Arc<Stored>) -> Option<Arc<Stored>> {
    let document = node.value();
    if !answers(&document) {
        return None;
    }
    let mut total = SYSTEM;
    for pod in world.store.pods_on(&node.key.name) {
        let usage = physics::usage(world, &pod);
        total.cpu_millis += usage.cpu_millis;
        total.memory_bytes += usage.memory_bytes;
    }
    let mut object = frame(world, &node.key, document["metadata"].get("labels").cloned());
    object["usage"] = quantities(total.cpu_millis.saturating_mul(1_000_000), total.memory_bytes);
    Some(stored(kind, node, &object))
}

/// Whether a node's kubelet can be asked.
fn answers(node: &Value) -> bool {
    let conditions = node["status"]["conditions"].as_array().into_iter().flatten();
    let mut ready = conditions.filter(|c| c["type"] == "Ready");
    ready.all(|c| c["status"] != "Unknown")
}

fn quantities(cpu_nanos: u64, memory_bytes: u64) -> Value {
    json!({"cpu": format!("{cpu_nanos}n"), "memory": format!("{}Ki", memory_bytes >> 10)})
}

fn frame(world: &World, key: &Key, labels: Option<Value>) -> Value {
    let now = world.now();
    let sampled = now - jiff::SignedDuration::from_secs(now.as_second().rem_euclid(WINDOW));
    let mut metadata = json!({"name": &*key.name, "creationTimestamp": seconds(now)});
    if !key.namespace.is_empty() {
        metadata["namespace"] = json!(&*key.namespace);
    }
    if let Some(labels) = labels {
        metadata["labels"] = labels;
    }
    json!({"metadata": metadata, "timestamp": seconds(sampled), "window": format!("{WINDOW}s")})
}

fn stored(kind: &Served, of: &Stored, object: &Value) -> Arc<Stored> {
    Arc::new(Stored::new(Key::new(&kind.shelf, &of.key.namespace, &of.key.name), of.rv, object))
}
