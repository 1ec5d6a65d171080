//! Whether the world is well, and what shows that it is not.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::cause::belongs;
use crate::sim::world::World;

/// A kill for want of memory is news for so long.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// Something that can be seen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sign {
    /// A container of this workload crashes again and again.
    CrashLoop(String),
    /// A container of this workload was killed for want of memory lately.
    OomKills(String),
    /// An image of this workload cannot be pulled.
    PullFails(String),
    /// Pods for which no node has room.
    PodsPending,
    /// A node that is not ready.
    NodeNotReady,
    /// The share of requests that fail, from 0 to 1.
    ErrorsAbove(f64),
    ErrorsBelow(f64),
    /// Requests that wait for a database connection.
    WaitingAbove(f64),
    /// More pods than this.
    PodsAbove(usize),
}

/// Whether this can be seen just now.
pub fn shows(world: &World, sign: &Sign) -> bool {
    let front = world.physics.seen_by_users();
    match sign {
        Sign::CrashLoop(workload) => any_container(world, workload, |status, _| {
            waits(status, "CrashLoopBackOff") || status["restartCount"].as_u64() >= Some(2)
        }),
        Sign::OomKills(workload) => any_container(world, workload, killed_lately),
        Sign::PullFails(workload) => any_container(world, workload, |status, _| pull_fails(status)),
        Sign::PodsPending => pods(world).any(|pod| unschedulable(&pod)),
        Sign::NodeNotReady => !silent_nodes(world).is_empty(),
        Sign::ErrorsAbove(share) => front.errors > *share,
        Sign::ErrorsBelow(share) => front.errors < *share,
        Sign::WaitingAbove(requests) => world.physics.waiting() > *requests,
        Sign::PodsAbove(count) => world.store.count("pods") > *count,
    }
}

/// Whether nothing is wrong; see [`troubles`].
pub fn well(world: &World) -> bool {
    troubles(world).is_empty()
}

/// What is not well, one line each; the crowds of a busy world (`load-…`) do not count.
pub fn troubles(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for stored in world
        .store
        .list("deployments", None)
        .filter(|d| !d.key.namespace.starts_with("load-"))
    {
        let deployment = stored.value();
        let (spec, status) = (&deployment["spec"], &deployment["status"]);
        let wanted = spec["replicas"].as_u64().unwrap_or(1);
        let count = |field: &str| status[field].as_u64().unwrap_or(0);
        if [count("replicas"), count("updatedReplicas"), count("availableReplicas")] != [wanted; 3] {
            all.push(format!(
                "{}: {} of {wanted} available, {} up to date, {} in all",
                stored.key.name,
                count("availableReplicas"),
                count("updatedReplicas"),
                count("replicas")
            ));
        }
    }
    for pod in pods(world) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        if unschedulable(&pod) {
            all.push(format!("{name}: no node has room for it"));
        }
        for status in statuses(&pod) {
            if waits(status, "CrashLoopBackOff") {
                all.push(format!("{name}: crashes again and again"));
            }
            if pull_fails(status) {
                all.push(format!("{name}: its image cannot be pulled"));
            }
            if killed_lately(status, world.now()) {
                all.push(format!("{name}: killed for want of memory"));
            }
        }
    }
    all.extend(silent_nodes(world).into_iter().map(|name| format!("{name}: not ready")));
    let front = world.physics.seen_by_users();
    if front.errors >= 0.01 {
        all.push(format!("{:.1} % of all requests fail", front.errors * 100.0));
    }
    let waiting = world.physics.waiting();
    if waiting >= 1.0 {
        all.push(format!("{waiting} requests wait for a database connection"));
    }
    for (pod, share) in world.physics.memory() {
        if share > 0.92 {
            all.push(format!("{pod}: {:.0} % of its memory used", share * 100.0));
        }
    }
    all
}

/// The pods that count.
fn pods(world: &World) -> impl Iterator<Item = Value> {
    let all = world.store.list("pods", None).filter(|pod| !pod.key.namespace.starts_with("load-"));
    all.map(|pod| pod.value())
}

fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    pod["status"]["containerStatuses"].as_array().into_iter().flatten()
}

fn any_container(world: &World, workload: &str, test: impl Fn(&Value, Timestamp) -> bool) -> bool {
    pods(world).any(|pod| belongs(&pod, workload) && statuses(&pod).any(|status| test(status, world.now())))
}

fn waits(status: &Value, reason: &str) -> bool {
    status["state"]["waiting"]["reason"] == reason
}

fn pull_fails(status: &Value) -> bool {
    waits(status, "ErrImagePull") || waits(status, "ImagePullBackOff")
}

fn killed_lately(status: &Value, now: Timestamp) -> bool {
    ["state", "lastState"].into_iter().any(|state| {
        let ended = &status[state]["terminated"];
        let at = ended["finishedAt"].as_str().and_then(|t| t.parse::<Timestamp>().ok());
        ended["reason"] == "OOMKilled" && at.is_some_and(|at| now.duration_since(at) < RECENT)
    })
}

fn unschedulable(pod: &Value) -> bool {
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    pod["metadata"]["deletionTimestamp"].is_null() && conditions.any(|c| c["type"] == "PodScheduled" && c["status"] == "False")
}

fn silent_nodes(world: &World) -> Vec<String> {
    let nodes = world.store.list("nodes", None).filter(|stored| {
        let node = stored.value();
        let mut conditions = node["status"]["conditions"].as_array().into_iter().flatten();
        !conditions.any(|c| c["type"] == "Ready" && c["status"] == "True")
    });
    nodes.map(|stored| stored.key.name.to_string()).collect()
}
