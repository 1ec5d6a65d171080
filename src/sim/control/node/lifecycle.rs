//! What kubelets and the node controller write: leases, statuses, and what silence leads to.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::{PATIENCE, POSTS, Pressure, RENEWAL, Task, is_down, key, plan, set_condition, taints, tell, tell_status};
use crate::sim::control::kubelet::{self, Presence};
use crate::sim::store::{Key, micros};
use crate::sim::world::{Note, Tone, World};

/// How long a node that has never been heard of may take to start.
const START: SignedDuration = SignedDuration::from_secs(60);

/// Whether a kubelet belongs to the node object.
fn has_kubelet(world: &mut World, name: &str) -> bool {
    kubelet::facts(world, name).is_some_and(|facts| facts.kubelet == Presence::Present)
}

/// A node has appeared, or its spec has changed.
pub fn look(world: &mut World, name: &Arc<str>) {
    let Some(stored) = world.store.find(&key(name)).cloned() else {
        return;
    };
    let node = stored.value();
    if world.control.node.known.insert(Arc::clone(name)) {
        // Nodes that were there when the world began registered long ago.
        let born = node["metadata"]["creationTimestamp"].as_str().and_then(|at| at.parse().ok());
        let fresh = born.is_none_or(|born| world.now().duration_since(born) < PATIENCE);
        if fresh {
            let message = format!("Node {name} event: Registered Node {name} in Controller");
            tell(world, name, Tone::Normal, "RegisteredNode", message, "node-controller");
        }
        if !has_kubelet(world, name) {
            plan(world, START, Task::Silent(Arc::clone(name)));
        }
    }
    let cordoned = node["spec"]["unschedulable"] == true;
    let tainted = taints::has(&node, taints::UNSCHEDULABLE);
    if cordoned != tainted {
        let effects: &[&str] = if cordoned { &["NoSchedule"] } else { &[] };
        taints::set(world, name, taints::UNSCHEDULABLE, effects);
        if has_kubelet(world, name) && !is_down(world, name) {
            let reason = if cordoned { "NodeNotSchedulable" } else { "NodeSchedulable" };
            tell_status(world, name, reason, "kubelet");
        }
    }
}

/// The kubelet renews its lease.
pub fn renew(world: &mut World, name: &str) {
    let lease = Key::new("leases", "kube-node-lease", name);
    let renewed = micros(world.now());
    if world.store.find(&lease).is_some() {
        world.update(&lease, |lease| {
            if lease["spec"].is_object() {
                lease["spec"]["renewTime"] = json!(renewed);
            }
        });
        return;
    }
    let Some(node) = world.store.find(&key(name)).cloned() else {
        return;
    };
    let owner = json!({"apiVersion": "v1", "kind": "Node", "name": name, "uid": &*node.uid});
    world.put(
        "leases",
        json!({"metadata": {"name": name, "namespace": "kube-node-lease", "ownerReferences": [owner]},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed}}),
    );
}

/// The kubelet posts its status: it is ready, short of what it is short of.
pub fn post(world: &mut World, name: &str) {
    let now = world.now();
    let short: Vec<(Pressure, bool)> = Pressure::ALL
        .map(|of| (of, world.control.node.short.contains(&(Arc::from(name), of))))
        .to_vec();
    world.update(&key(name), |node| {
        for (of, is_short) in short {
            set_condition(node, of.condition(), of.state(is_short), true, now);
        }
        set_condition(
            node,
            "Ready",
            ("True", "KubeletReady", "kubelet is posting ready status"),
            true,
            now,
        );
    });
    world.control.node.posts.insert(Arc::from(name), now + POSTS);
}

/// The kubelet is alive.
pub fn heartbeat(world: &mut World, name: &Arc<str>) {
    if is_down(world, name) || !has_kubelet(world, name) {
        return;
    }
    renew(world, name);
    let now = world.now();
    match world.control.node.posts.get(name).copied() {
        Some(next) if next <= now => {
            // One that has just joined posts what it is by itself.
            let joining = world
                .store
                .find(&key(name))
                .is_some_and(|n| taints::has(&n.value(), taints::NOT_READY));
            if !joining {
                post(world, name);
            }
        }
        Some(_) => {}
        None => {
            let ahead = world.chance.i64(0..POSTS.as_secs());
            world
                .control
                .node
                .posts
                .insert(Arc::clone(name), now + SignedDuration::from_secs(ahead));
        }
    }
    plan(world, RENEWAL, Task::Heartbeat(Arc::clone(name)));
}

/// What a node without a kubelet comes to: nobody has ever posted its status.
pub fn never_posted(node: &serde_json::Value) -> bool {
    node["status"]["nodeInfo"]["kubeletVersion"].as_str().unwrap_or_default().is_empty()
}

/// The kubelet has been silent for too long: nobody knows how the node is.
pub fn silent(world: &mut World, name: &Arc<str>) {
    let Some(stored) = world.store.find(&key(name)).cloned() else {
        return;
    };
    let node = stored.value();
    let never = never_posted(&node);
    if !never && !is_down(world, name) {
        return;
    }
    let now = world.now();
    let (reason, message) = if never {
        ("NodeStatusNeverUpdated", "Kubelet never posted node status.")
    } else {
        ("NodeStatusUnknown", "Kubelet stopped posting node status.")
    };
    world.update(&key(name), |node| {
        for kind in ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] {
            set_condition(node, kind, ("Unknown", reason, message), false, now);
        }
    });
    if !never {
        tell_status(world, name, "NodeNotReady", "node-controller");
    }
    taints::set(world, name, taints::UNREACHABLE, &["NoSchedule", "NoExecute"]);
    for pod in world.store.pods_on(name) {
        unready(world, &pod.key);
    }
}

/// The pods of a node of which nobody knows are not ready.
fn unready(world: &mut World, pod: &Key) {
    let now = world.now();
    let mut was_ready = false;
    let after = world.update(pod, |pod| {
        let Some(list) = pod["status"]["conditions"].as_array_mut() else {
            return;
        };
        if list.iter().any(|c| c["type"] == "Ready" && c["status"] == "True") {
            was_ready = true;
            kubelet::set_condition(list, "Ready", "False", None, now);
        }
    });
    if let Some(stored) = after.filter(|_| was_ready) {
        let note = Note {
            tone: Tone::Warning,
            reason: "NodeNotReady",
            message: "Node is not ready".to_owned(),
            component: "node-controller",
            host: None,
            field: None,
        };
        world.event(&stored, "Pod", "v1", &note);
    }
}

/// The node is gone: its pods are taken away, since nobody will ever say that they have stopped.
pub fn orphans(world: &mut World, name: &Arc<str>) {
    if world.store.find(&key(name)).is_some() {
        return;
    }
    let state = &mut world.control.node;
    state.known.remove(name);
    state.down.remove(name);
    state.posts.remove(name);
    state.short.retain(|(node, _)| node != name);
    let now = world.now();
    for pod in world.store.pods_on(name) {
        world.store.remove(&pod.key, now);
    }
}
