//! Taints that controllers set, and pods that are put out because they do not tolerate one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use memchr::memmem;
use serde_json::{Value, json};

use super::{Task, key, plan};
use crate::sim::store::{Stored, seconds};
use crate::sim::world::{Note, Propagation, Tone, World};

pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Whether a node has a taint of this key.
pub fn has(node: &Value, taint: &str) -> bool {
    list(node).any(|t| t["key"] == *taint)
}

fn list(node: &Value) -> impl Iterator<Item = &Value> {
    node["spec"]["taints"].as_array().into_iter().flatten()
}

/// Gives a node the taint of this key with these effects, or takes it away.
pub fn set(world: &mut World, name: &str, taint: &str, effects: &[&str]) {
    let now = seconds(world.now());
    world.update(&key(name), |node| {
        let mut all: Vec<Value> = list(node).filter(|t| t["key"] != *taint).cloned().collect();
        all.extend(
            effects
                .iter()
                .map(|effect| json!({"key": taint, "effect": effect, "timeAdded": now})),
        );
        if !node["spec"].is_object() {
            node["spec"] = json!({});
        }
        if all.is_empty() {
            if let Some(spec) = node["spec"].as_object_mut() {
                spec.remove("taints");
            }
        } else {
            node["spec"]["taints"] = json!(all);
        }
    });
}

/// Whether a node has a taint that puts pods out.
pub fn executes(world: &World, name: &str) -> bool {
    let node = world.store.find(&key(name));
    node.is_some_and(|node| memmem::find(&node.json, b"\"effect\":\"NoExecute\"").is_some())
}

/// Whether a toleration (of a pod) is one of a taint.
pub fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let effect = toleration["effect"].as_str().unwrap_or_default();
    if !effect.is_empty() && taint["effect"] != *effect {
        return false;
    }
    let own = toleration["key"].as_str().unwrap_or_default();
    if toleration["operator"] == "Exists" {
        return own.is_empty() || taint["key"] == *own;
    }
    let value = |of: &Value| of["value"].as_str().unwrap_or_default().to_owned();
    taint["key"] == *own && value(toleration) == value(taint)
}

/// When a pod is put out because of a taint; `None`: never.
fn leaves(pod: &Value, taint: &Value, since: Timestamp) -> Option<Timestamp> {
    let tolerations = || {
        let all = pod["spec"]["tolerations"].as_array().into_iter().flatten();
        all.filter(|t| tolerates(t, taint))
    };
    if tolerations().next().is_none() {
        return Some(since);
    }
    // The shortest time counts; one without a time stays.
    let seconds = tolerations().filter_map(|t| t["tolerationSeconds"].as_i64()).min()?;
    Some(since + SignedDuration::from_secs(seconds.max(0)))
}

fn tell(world: &mut World, pod: &Stored, message: String) {
    let note = Note {
        tone: Tone::Normal,
        reason: "TaintManagerEviction",
        message,
        component: "taint-controller",
        host: None,
        field: None,
    };
    world.event(pod, "Pod", "v1", &note);
}

/// Puts out the pods whose time has come, and plans the rest.
pub fn execute(world: &mut World, name: &Arc<str>) {
    let Some(node) = world.store.find(&key(name)).map(|node| node.value()) else {
        return;
    };
    let now = world.now();
    let mut taints = Vec::new();
    for taint in list(&node).filter(|t| t["effect"] == "NoExecute") {
        let text = taint["key"].as_str().unwrap_or_default().to_owned();
        let said = taint["timeAdded"].as_str().and_then(|at| at.parse().ok());
        let first = world.control.node.tainted.entry((Arc::clone(name), text));
        let since = *first.or_insert(now);
        taints.push((taint.clone(), said.unwrap_or(since)));
    }
    let state = &mut world.control.node;
    state
        .tainted
        .retain(|(node, text), _| node != name || taints.iter().any(|(taint, _)| taint["key"] == **text));
    if taints.is_empty() && state.marked.is_empty() {
        return;
    }
    let mut next: Option<Timestamp> = None;
    for stored in world.store.pods_on(name) {
        if stored.leaving {
            continue;
        }
        let at = if taints.is_empty() {
            None
        } else {
            let pod = stored.value();
            if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
                continue;
            }
            taints.iter().filter_map(|(taint, since)| leaves(&pod, taint, *since)).min()
        };
        let title = format!("{}/{}", stored.key.namespace, stored.key.name);
        match at {
            Some(at) if at <= now => {
                world.control.node.marked.remove(&stored.uid);
                tell(world, &stored, format!("Marking for deletion Pod {title}"));
                world.delete(&stored.key, None, Propagation::Background);
            }
            Some(at) => {
                world.control.node.marked.insert(Arc::clone(&stored.uid), stored.key.clone());
                next = Some(next.map_or(at, |next| next.min(at)));
            }
            None => {
                if world.control.node.marked.remove(&stored.uid).is_some() {
                    tell(world, &stored, format!("Cancelling deletion of Pod {title}"));
                }
            }
        }
    }
    if let Some(next) = next {
        plan(world, next.duration_since(now), Task::Taints(Arc::clone(name)));
    }
}
