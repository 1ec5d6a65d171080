//! What becomes of pods when their node does.

use serde_json::{Value, json};

use super::{Pressure, fail, join, key, pressure, recover, relieve};
use crate::sim::control::kubelet::tests::{get, pass, pod, world};
use crate::sim::world::World;

fn condition(document: &Value, kind: &str) -> Value {
    let all = document["status"]["conditions"].as_array().into_iter().flatten();
    all.into_iter().find(|c| c["type"] == *kind).cloned().unwrap_or_default()
}

fn spec() -> Value {
    let toleration = |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
    json!({"nodeSelector": {"kubernetes.io/hostname": "node-1"}, "containers": [{"name": "app", "image": "web:v1"}],
        "tolerations": [toleration("node.kubernetes.io/not-ready"), toleration("node.kubernetes.io/unreachable")]})
}

fn told(world: &World, reason: &str) -> Vec<String> {
    let all = world
        .store
        .list("events", None)
        .map(|e| e.value())
        .filter(|e| e["reason"] == *reason);
    all.map(|e| e["message"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_lost_node_is_noticed_and_its_pods_leave_after_their_time() {
    let mut world = world(1);
    let web = pod(&mut world, "web", spec());
    pass(&mut world, 20);
    fail(&mut world, "node-1");
    pass(&mut world, 39);
    assert_eq!(condition(&get(&world, &key("node-1")), "Ready")["status"], "True");
    pass(&mut world, 2);
    let node = get(&world, &key("node-1"));
    let state = condition(&node, "Ready");
    assert_eq!(
        (&state["status"], &state["message"]),
        (&json!("Unknown"), &json!("Kubelet stopped posting node status."))
    );
    assert_eq!(node["spec"]["taints"].as_array().unwrap().len(), 2);
    assert_eq!(condition(&get(&world, &web), "Ready")["status"], "False");
    assert_eq!(told(&world, "NodeNotReady").len(), 2);
    pass(&mut world, 290);
    assert!(get(&world, &web)["metadata"]["deletionTimestamp"].is_null());
    pass(&mut world, 15);
    assert!(get(&world, &web)["metadata"]["deletionTimestamp"].is_string());
    pass(&mut world, 600);
    assert!(world.store.find(&web).is_some(), "nobody confirms that it has stopped");
    recover(&mut world, "node-1");
    pass(&mut world, 40);
    assert!(world.store.find(&web).is_none());
    let node = get(&world, &key("node-1"));
    assert_eq!(condition(&node, "Ready")["status"], "True");
    assert!(node["spec"].get("taints").is_none());
}

#[test]
fn a_node_that_is_back_in_time_keeps_its_pods() {
    let mut world = world(2);
    let web = pod(&mut world, "web", spec());
    pass(&mut world, 20);
    fail(&mut world, "node-1");
    pass(&mut world, 100);
    recover(&mut world, "node-1");
    pass(&mut world, 15);
    let pod = get(&world, &web);
    assert_eq!(condition(&pod, "Ready")["status"], "True");
    let container = &pod["status"]["containerStatuses"][0];
    assert_eq!(container["restartCount"], 1);
    let end = &container["lastState"]["terminated"];
    assert_eq!((&end["exitCode"], &end["reason"]), (&json!(255), &json!("Unknown")));
    assert_eq!(told(&world, "TaintManagerEviction"), ["Cancelling deletion of Pod default/web"]);
    pass(&mut world, 600);
    assert!(get(&world, &web)["metadata"]["deletionTimestamp"].is_null());
}

#[test]
fn a_node_joins_and_one_that_is_deleted_takes_its_pods_along() {
    let mut world = world(3);
    join(&mut world, "node-3");
    pass(&mut world, 5);
    assert_eq!(condition(&get(&world, &key("node-3")), "Ready")["status"], "False");
    pass(&mut world, 40);
    let node = get(&world, &key("node-3"));
    assert_eq!(condition(&node, "Ready")["status"], "True");
    assert_eq!(told(&world, "NodeReady"), ["Node node-3 status is now: NodeReady"]);
    let web = pod(&mut world, "web", spec());
    pass(&mut world, 20);
    let now = world.now();
    world.store.remove(&key("node-1"), now);
    pass(&mut world, 30);
    assert!(world.store.find(&web).is_some());
    pass(&mut world, 15);
    assert!(world.store.find(&web).is_none());
}

#[test]
fn a_node_short_of_memory_says_so_and_evicts_until_it_is_relieved() {
    let mut world = world(4);
    let web = pod(&mut world, "web", spec());
    pass(&mut world, 20);
    pressure(&mut world, "node-1", Pressure::Memory);
    pass(&mut world, 20);
    assert_eq!(condition(&get(&world, &key("node-1")), "MemoryPressure")["status"], "True");
    assert_eq!(get(&world, &web)["status"]["reason"], "Evicted");
    let mut taints = get(&world, &key("node-1"))["spec"]["taints"].take();
    assert_eq!(taints[0]["key"].take(), "node.kubernetes.io/memory-pressure");
    relieve(&mut world, "node-1", Pressure::Memory);
    assert_eq!(condition(&get(&world, &key("node-1")), "MemoryPressure")["status"], "False");
}

#[test]
fn heartbeats_are_few_and_leases_fresh() {
    let mut world = world(5);
    let from = world.store.rv();
    pass(&mut world, 3600);
    let lease = world.store.get("leases", "kube-node-lease", "node-1").unwrap().value();
    let renewed: jiff::Timestamp = lease["spec"]["renewTime"].as_str().unwrap().parse().unwrap();
    assert!(world.now().duration_since(renewed).as_secs() <= 100);
    let beat = condition(&get(&world, &key("node-1")), "Ready")["lastHeartbeatTime"].take();
    let beat: jiff::Timestamp = beat.as_str().unwrap().parse().unwrap();
    assert!(world.now().duration_since(beat).as_secs() <= 400);
    let changes = world.store.history.since(from).unwrap().count();
    assert!(changes < 120, "{changes} writes in an hour of two nodes");
}
