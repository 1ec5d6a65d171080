//! What happens to machines: they die, come back, join.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::lifecycle::{post, renew};
use super::{PATIENCE, Task, key, plan, taints, tell, tell_status};
use crate::sim::control::kubelet;
use crate::sim::store::seconds;
use crate::sim::world::{Tone, World};

/// How long a new machine needs until its network is there and it is ready.
const JOINING: SignedDuration = SignedDuration::from_secs(38);

/// The machine dies: its kubelet is silent and its containers are gone. The cluster notices after 40 s.
pub fn fail(world: &mut World, name: &str) {
    if is_down(world, name) {
        return;
    }
    let now = world.now();
    world.control.node.down.insert(Arc::from(name), now);
    plan(world, PATIENCE, Task::Silent(Arc::from(name)));
}

/// The machine is back: its kubelet posts again, and starts what belongs there.
pub fn recover(world: &mut World, name: &str) {
    let Some(died) = world.control.node.down.remove(name) else { return };
    if world.store.find(&key(name)).is_none() {
        return;
    }
    tell(world, name, Tone::Normal, "Starting", "Starting kubelet.".to_owned(), "kubelet");
    for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
        tell_status(world, name, reason, "kubelet");
    }
    let enforced = "Updated Node Allocatable limit across pods".to_owned();
    tell(world, name, Tone::Normal, "NodeAllocatableEnforced", enforced, "kubelet");
    renew(world, name);
    post(world, name);
    tell_status(world, name, "NodeReady", "kubelet");
    taints::set(world, name, taints::UNREACHABLE, &[]);
    taints::set(world, name, taints::NOT_READY, &[]);
    kubelet::kill_all(world, name, died);
    for pod in world.store.pods_on(name) {
        kubelet::look_after(world, SignedDuration::from_millis(500), &pod.key);
    }
    plan(world, SignedDuration::ZERO, Task::Heartbeat(Arc::from(name)));
}

/// Whether a machine is dead just now, whatever its node object says.
pub fn is_down(world: &World, name: &str) -> bool {
    world.control.node.down.contains_key(name)
}

/// A new machine joins, made like the first node that there is. Nothing if a node has this name already, or
/// there is none to be like.
pub fn join(world: &mut World, name: &str) {
    if world.store.find(&key(name)).is_some() {
        return;
    }
    let Some(model) = world.store.list("nodes", None).next().map(|node| node.value()) else {
        return;
    };
    let old = model["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let number = world.store.count("nodes") + 200;
    // `ip-10-0-12-99.eu-west-3.compute.internal` says its address itself; others get one beside their model's.
    let stem = name.split('.').next().unwrap_or(name);
    let told = stem.strip_prefix("ip-").map(|ip| ip.replace('-', "."));
    let told = told.filter(|ip| ip.parse::<std::net::Ipv4Addr>().is_ok());
    let mut labels = model["metadata"]["labels"].clone();
    if labels["kubernetes.io/hostname"].is_string() {
        labels["kubernetes.io/hostname"] = json!(name);
    }
    let mut addresses = model["status"]["addresses"].clone();
    for address in addresses.as_array_mut().into_iter().flatten() {
        let ip = address["address"].as_str().unwrap_or_default().to_owned();
        address["address"] = if ip == old {
            json!(name)
        } else if address["type"] == "InternalIP" {
            let range = ip.rfind('.').and_then(|at| ip.get(..at)).unwrap_or("10.0.0");
            json!(told.clone().unwrap_or_else(|| format!("{range}.{}", number % 250)))
        } else {
            json!(name)
        };
    }
    let now = seconds(world.now());
    let starting = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "False", "reason": reason, "message": message, "lastHeartbeatTime": now, "lastTransitionTime": now});
    let conditions = json!([
        starting(
            "MemoryPressure",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available"
        ),
        starting("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        starting("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        starting(
            "Ready",
            "KubeletNotReady",
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
        ),
    ]);
    let status = &model["status"];
    let taint = |effect: &str| json!({"key": taints::NOT_READY, "effect": effect, "timeAdded": now});
    let mut document = json!({
        "metadata": {"name": name, "labels": labels, "annotations": {"node.alpha.kubernetes.io/ttl": "0",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true"}},
        "spec": {"taints": [taint("NoSchedule"), taint("NoExecute")]},
        "status": {"addresses": addresses, "allocatable": status["allocatable"], "capacity": status["capacity"], "conditions": conditions,
            "daemonEndpoints": status["daemonEndpoints"], "nodeInfo": status["nodeInfo"]},
    });
    if let Some(provider) = model["spec"]["providerID"].as_str() {
        let zone = provider.rfind('/').and_then(|at| provider.get(..at)).unwrap_or("aws://");
        document["spec"]["providerID"] = Value::from(format!("{zone}/i-0{:016x}", world.chance.u64(..)));
    }
    world.put("nodes", document);
    tell(world, name, Tone::Normal, "Starting", "Starting kubelet.".to_owned(), "kubelet");
    for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
        tell_status(world, name, reason, "kubelet");
    }
    let enforced = "Updated Node Allocatable limit across pods".to_owned();
    tell(world, name, Tone::Normal, "NodeAllocatableEnforced", enforced, "kubelet");
    plan(world, JOINING, Task::Joined(Arc::from(name)));
}

/// Its network is there: it is ready.
pub fn joined(world: &mut World, name: &str) {
    if is_down(world, name) || world.store.find(&key(name)).is_none() {
        return;
    }
    post(world, name);
    tell_status(world, name, "NodeReady", "kubelet");
    taints::set(world, name, taints::NOT_READY, &[]);
}
