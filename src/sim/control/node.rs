//! Nodes: leases and conditions, taints, and the eviction of pods from those that are lost.
//!
//! What happens to machines comes from outside: [`fail`], [`recover`], [`join`], [`pressure`], [`relieve`]. What
//! their kubelets and the controllers of a cluster make of it is done here.

mod lifecycle;
mod machine;
mod short;
mod taints;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use memchr::memmem;
use serde_json::{Value, json};

use super::Tasks;
use crate::sim::store::{Change, Key, seconds};
use crate::sim::world::{self, Note, Tone, World};

pub use lifecycle::never_posted;
pub use machine::{fail, is_down, join, recover};
pub use short::{Pressure, pressure, relieve};
pub use taints::tolerates;

/// What is to be done about the node of this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// It has appeared, or its spec has changed: its taints follow.
    Look(Arc<str>),
    /// Its kubelet renews the lease, and at times posts its status.
    Heartbeat(Arc<str>),
    /// Its kubelet has been silent for too long.
    Silent(Arc<str>),
    /// Its pods are put out, those that do not tolerate what it is tainted with.
    Taints(Arc<str>),
    /// It has just joined, and is ready now.
    Joined(Arc<str>),
    /// It is gone: so are its pods.
    Orphans(Arc<str>),
    /// A pod is evicted because of a shortage that goes on.
    Reclaim(Arc<str>, Pressure),
}

/// What it remembers besides objects.
#[derive(Debug, Default)]
pub struct State {
    /// Dead machines, and since when.
    down: BTreeMap<Arc<str>, Timestamp>,
    /// Since when a node has a taint that does not say so itself, by node and key.
    tainted: BTreeMap<(Arc<str>, String), Timestamp>,
    /// Pods that will be put out because of a taint, by uid: to tell when they no longer are.
    marked: BTreeMap<Arc<str>, Key>,
    /// What nodes are short of.
    short: BTreeSet<(Arc<str>, Pressure)>,
    /// Nodes that have been registered.
    known: BTreeSet<Arc<str>>,
    /// When a kubelet posts its status next.
    posts: BTreeMap<Arc<str>, Timestamp>,
}

/// How often leases are renewed. (Every 10 s in a real cluster. Nobody here judges nodes by them, and hours that
/// pass in a moment must be cheap.)
const RENEWAL: SignedDuration = SignedDuration::from_secs(100);
/// How often a status in which nothing is new is posted.
const POSTS: SignedDuration = SignedDuration::from_secs(300);
/// How long a silent kubelet is thought to be well.
const PATIENCE: SignedDuration = SignedDuration::from_secs(40);
/// How long pods stay bound to a node that is no more.
const QUARANTINE: SignedDuration = SignedDuration::from_secs(40);

fn plan(world: &mut World, delay: SignedDuration, task: Task) {
    world.after(delay, world::Task::Control(super::Task::Node(task)));
}

fn key(name: &str) -> Key {
    Key::new("nodes", "", name)
}

/// Tells an event about a node, by its kubelet or by a controller.
fn tell(world: &mut World, name: &str, tone: Tone, reason: &str, message: String, component: &str) {
    let Some(stored) = world.store.find(&key(name)).cloned() else {
        return;
    };
    let note = Note {
        tone,
        reason,
        message,
        component,
        host: (component == "kubelet" || component == "kube-proxy").then_some(name),
        field: None,
    };
    world.event(&stored, "Node", "v1", &note);
}

/// `Node ip-10-0-1-2 status is now: NodeReady`, with this reason.
fn tell_status(world: &mut World, name: &str, reason: &str, component: &str) {
    let message = format!("Node {name} status is now: {reason}");
    tell(world, name, Tone::Normal, reason, message, component);
}

/// Sets a condition of a node; a heartbeat comes from a kubelet only.
fn set_condition(node: &mut Value, kind: &str, state: (&str, &str, &str), beats: bool, now: Timestamp) {
    let (status, reason, message) = state;
    if !node["status"].is_object() {
        node["status"] = json!({});
    }
    if !node["status"]["conditions"].is_array() {
        node["status"]["conditions"] = json!([]);
    }
    let created = node["metadata"]["creationTimestamp"].clone();
    let Some(list) = node["status"]["conditions"].as_array_mut() else {
        return;
    };
    let before = list.iter().position(|c| c["type"] == *kind);
    let old = before.and_then(|at| list.get(at));
    let since = match old {
        Some(old) if old["status"] == *status => old["lastTransitionTime"].clone(),
        _ => json!(seconds(now)),
    };
    let beat = match old {
        Some(old) if !beats => old["lastHeartbeatTime"].clone(),
        None if !beats => created,
        _ => json!(seconds(now)),
    };
    let condition = json!({"type": kind, "status": status, "reason": reason, "message": message,
        "lastHeartbeatTime": beat, "lastTransitionTime": since});
    match before.and_then(|at| list.get_mut(at)) {
        Some(place) => *place = condition,
        None => list.push(condition),
    }
}

/// A part of a node's document, for comparing.
fn part<'a>(json: &'a [u8], from: &str, to: &str) -> &'a [u8] {
    let from = memmem::find(json, from.as_bytes()).unwrap_or(0);
    let to = memmem::rfind(json, to.as_bytes()).unwrap_or(json.len());
    json.get(from..to).unwrap_or_default()
}

/// What it has to look at because of a change.
pub fn on_change(world: &World, change: &Change, tasks: &mut Tasks) {
    let Some(object) = change.object() else { return };
    if &*object.key.shelf == "pods" {
        // A pod that is bound to a tainted node is looked at as if the taint were new.
        let bound = change.after.as_ref().and_then(|pod| pod.node.as_ref());
        let fresh = change.before.as_ref().is_none_or(|before| before.node.is_none());
        if let Some(node) = bound.filter(|node| fresh && taints::executes(world, node)) {
            tasks.push((SignedDuration::ZERO, super::Task::Node(Task::Taints(Arc::clone(node)))));
        }
        return;
    }
    if &*object.key.shelf != "nodes" {
        return;
    }
    let name = || Arc::clone(&object.key.name);
    let mut push = |delay, task| tasks.push((delay, super::Task::Node(task)));
    match (&change.before, &change.after) {
        (None, Some(_)) => {
            push(SignedDuration::ZERO, Task::Look(name()));
            // Kubelets do not beat in step.
            let bytes = object.key.name.bytes().fold(7_i64, |sum, b| (sum * 31 + i64::from(b)) % 30_000);
            push(SignedDuration::from_millis(bytes), Task::Heartbeat(name()));
        }
        (Some(before), Some(after)) => {
            let spec = |json| part(json, ",\"spec\":", ",\"status\":").to_vec();
            if spec(&before.json) != spec(&after.json) {
                push(SignedDuration::ZERO, Task::Look(name()));
                push(SignedDuration::ZERO, Task::Taints(name()));
            }
        }
        (_, None) => push(QUARANTINE, Task::Orphans(name())),
    }
}

/// It looks at everything.
pub fn on_everything(world: &World, tasks: &mut Tasks) {
    for node in world.store.list("nodes", None) {
        for task in [Task::Look, Task::Heartbeat, Task::Taints] {
            tasks.push((SignedDuration::ZERO, super::Task::Node(task(Arc::clone(&node.key.name)))));
        }
    }
}

/// It does it.
pub fn run(world: &mut World, task: Task) {
    match task {
        Task::Look(name) => lifecycle::look(world, &name),
        Task::Heartbeat(name) => lifecycle::heartbeat(world, &name),
        Task::Silent(name) => lifecycle::silent(world, &name),
        Task::Taints(name) => taints::execute(world, &name),
        Task::Joined(name) => machine::joined(world, &name),
        Task::Orphans(name) => lifecycle::orphans(world, &name),
        Task::Reclaim(name, of) => short::reclaim(world, &name, of),
    }
}
