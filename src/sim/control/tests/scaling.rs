//! Sizes: which pods go, autoscalers, budgets, quotas, endpoints.

use super::*;
use crate::sim::control::hpa;
use crate::sim::physics::Usage;

#[test]
fn pods_that_would_be_missed_least_go_first() {
    let mut world = world(1);
    world.put("deployments", deployment("backend", 4, "backend:v1"));
    pass(&mut world, 4);
    let all: Vec<Key> = world.store.list("pods", Some(NS)).map(|p| p.key.clone()).collect();
    // One waits for a node, one is not ready, one is marked as cheap; the last one works.
    world.update(&all[0], |o| o["status"]["phase"] = json!("Unknown"));
    world.update(&all[1], |o| o["status"]["conditions"][0]["status"] = json!("False"));
    world.update(&all[2], |o| {
        o["metadata"]["annotations"] = json!({"controller.kubernetes.io/pod-deletion-cost": "-5"})
    });
    for left in [3, 2, 1] {
        change(&mut world, "deployments", "backend", |o| o["spec"]["replicas"] = json!(left));
        pass(&mut world, 2);
        let there: Vec<Key> = world.store.list("pods", Some(NS)).map(|p| p.key.clone()).collect();
        assert_eq!(there, all[4 - left..], "{left} left");
    }
}

fn autoscaler() -> Value {
    json!({
        "metadata": {"namespace": NS, "name": "backend", "generation": 1},
        "spec": {
            "minReplicas": 2, "maxReplicas": 6, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "backend"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}],
        },
    })
}

/// A world in which the pods of `backend` use so much, and its autoscaler looks every 15 s.
fn scale_for(world: &mut World, secs: i64, cpu_millis: u64) {
    for _ in 0..secs / 15 {
        pass(world, 15);
        let usage = Usage {
            cpu_millis,
            memory_bytes: 1 << 20,
        };
        hpa::look_with(world, &key("horizontalpodautoscalers", "backend"), &|_, _| usage);
    }
    pass(world, 2);
}

#[test]
fn an_autoscaler_grows_at_once_and_waits_before_it_shrinks() {
    let mut world = world(2);
    world.put("deployments", deployment("backend", 2, "backend:v1"));
    pass(&mut world, 30);
    world.put("horizontalpodautoscalers", autoscaler());
    // It does not look by itself: the test says what pods use.
    let never = world.now() + SignedDuration::from_hours(24);
    world
        .control
        .hpa
        .entry(key("horizontalpodautoscalers", "backend"))
        .or_default()
        .looked(never);
    let replicas = |world: &World| doc(world, "deployments", "backend")["spec"]["replicas"].as_i64().unwrap();
    // Half of what they ask for is the target: nothing to do.
    scale_for(&mut world, 30, 50);
    assert_eq!(replicas(&world), 2);
    scale_for(&mut world, 60, 100);
    assert!(replicas(&world) >= 4, "twice the target: {}", replicas(&world));
    scale_for(&mut world, 60, 100);
    assert_eq!(replicas(&world), 6);
    let h = doc(&world, "horizontalpodautoscalers", "backend");
    assert_eq!(condition(&h, "ScalingLimited"), ("True".into(), "TooManyReplicas".into()));
    assert_eq!(h["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"], 100);
    assert!(
        said(&world, "SuccessfulRescale")
            .contains(&"New size: 4; reason: cpu resource utilization (percentage of request) above target".to_owned())
    );
    scale_for(&mut world, 240, 5);
    assert_eq!(replicas(&world), 6, "it waits for five minutes");
    assert_eq!(
        condition(&doc(&world, "horizontalpodautoscalers", "backend"), "AbleToScale").1,
        "ScaleDownStabilized"
    );
    scale_for(&mut world, 120, 5);
    assert_eq!(replicas(&world), 2);
    assert_eq!(
        condition(&doc(&world, "horizontalpodautoscalers", "backend"), "ScalingLimited").1,
        "TooFewReplicas"
    );
}

#[test]
fn a_budget_counts_what_may_be_missing() {
    let mut world = world(3);
    world.put("deployments", deployment("backend", 3, "backend:v1"));
    let selector = json!({"matchLabels": {"app": "backend"}});
    for (name, bound, value) in [("least", "minAvailable", json!(2)), ("share", "maxUnavailable", json!("50%"))] {
        world.put(
            "poddisruptionbudgets",
            json!({"metadata": {"namespace": NS, "name": name}, "spec": {bound: value, "selector": selector}}),
        );
    }
    pass(&mut world, 5);
    for (name, desired, allowed) in [("least", 2, 1), ("share", 1, 2)] {
        let status = &doc(&world, "poddisruptionbudgets", name)["status"];
        assert_eq!((&status["currentHealthy"], &status["expectedPods"]), (&json!(3), &json!(3)));
        assert_eq!(
            (&status["desiredHealthy"], &status["disruptionsAllowed"]),
            (&json!(desired), &json!(allowed)),
            "{name}"
        );
    }
    let one = world.store.list("pods", Some(NS)).next().unwrap().key.clone();
    world.update(&one, |o| o["status"]["conditions"][0]["status"] = json!("False"));
    pass(&mut world, 1);
    let budget = doc(&world, "poddisruptionbudgets", "least");
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
    assert_eq!(condition(&budget, "DisruptionAllowed"), ("False".into(), "InsufficientPods".into()));
}

#[test]
fn a_quota_stops_new_pods_and_says_why() {
    let mut world = world(4);
    world.put(
        "resourcequotas",
        json!({"metadata": {"namespace": NS, "name": "quota"}, "spec": {"hard": {"pods": "2", "requests.cpu": "1"}}}),
    );
    world.put("deployments", deployment("backend", 3, "backend:v1"));
    pass(&mut world, 4);
    assert_eq!(pods(&world).len(), 2);
    let d = doc(&world, "deployments", "backend");
    assert_eq!(condition(&d, "ReplicaFailure"), ("True".into(), "FailedCreate".into()));
    let said = said(&world, "FailedCreate");
    assert!(
        said[0].ends_with("is forbidden: exceeded quota: quota, requested: pods=1, used: pods=2, limited: pods=2"),
        "{said:?}"
    );
    assert_eq!(
        doc(&world, "resourcequotas", "quota")["status"]["used"],
        json!({"pods": "2", "requests.cpu": "200m"})
    );
    change(&mut world, "resourcequotas", "quota", |o| o["spec"]["hard"]["pods"] = json!("5"));
    pass(&mut world, 30);
    assert_eq!(
        doc(&world, "deployments", "backend")["status"]["availableReplicas"],
        3,
        "it tries again"
    );
}

#[test]
fn endpoints_follow_the_pods_behind_a_service() {
    let mut world = world(5);
    let mut d = deployment("backend", 2, "backend:v1");
    d["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([{"name": "http", "containerPort": 4000}]);
    world.put("deployments", d);
    let port = json!({"name": "web", "port": 80, "targetPort": "http"});
    world.put(
        "services",
        json!({"metadata": {"namespace": NS, "name": "backend"}, "spec": {"selector": {"app": "backend"}, "ports": [port]}}),
    );
    pass(&mut world, 5);
    let subsets = doc(&world, "endpoints", "backend")["subsets"].clone();
    assert_eq!(subsets[0]["ports"], json!([{"name": "web", "port": 4000, "protocol": "TCP"}]));
    assert_eq!(subsets[0]["addresses"].as_array().unwrap().len(), 2);
    let one = world.store.list("pods", Some(NS)).next().unwrap().key.clone();
    world.update(&one, |o| o["status"]["conditions"][0]["status"] = json!("False"));
    pass(&mut world, 1);
    let subsets = doc(&world, "endpoints", "backend")["subsets"].clone();
    assert_eq!(subsets[0]["notReadyAddresses"][0]["targetRef"]["name"], *one.name);
    let slices: Vec<Value> = world.store.list("endpointslices", Some(NS)).map(|s| s.value()).collect();
    assert_eq!(slices.len(), 1);
    let ready = slices[0]["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["conditions"]["ready"] == true);
    assert_eq!(ready.count(), 1);
    let service = key("services", "backend");
    world.delete(&service, None, crate::sim::world::Propagation::Background);
    pass(&mut world, 1);
    assert_eq!((world.store.count("endpoints"), world.store.count("endpointslices")), (0, 0));
}
