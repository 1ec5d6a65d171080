//! Where pods are placed, and what is said if they are not.

use serde_json::{Value, json};

use crate::sim::control::kubelet::tests::{get, pass, pod, world};
use crate::sim::store::Key;
use crate::sim::world::{Propagation, World};

fn asks(cpu: &str, memory: &str) -> Value {
    json!({"containers": [{"name": "app", "image": "web:v1", "resources": {"requests": {"cpu": cpu, "memory": memory}}}]})
}

fn node(world: &World, key: &Key) -> String {
    get(world, key)["spec"]["nodeName"].as_str().unwrap_or_default().to_owned()
}

fn refusal(world: &World, key: &Key) -> String {
    let pod = get(world, key);
    assert_eq!(pod["status"]["conditions"][0]["reason"], "Unschedulable", "{}", pod["status"]);
    pod["status"]["conditions"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn pods_spread_and_what_does_not_fit_waits_with_the_reasons() {
    let mut world = world(1);
    let keys: Vec<Key> = (0..4).map(|i| pod(&mut world, &format!("web-{i}"), asks("800m", "64Mi"))).collect();
    pass(&mut world, 1);
    for name in ["node-1", "node-2"] {
        assert_eq!(keys.iter().filter(|k| node(&world, k) == name).count(), 2);
    }
    let late = pod(&mut world, "late", asks("500m", "64Mi"));
    let huge = pod(&mut world, "huge", asks("64", "500Gi"));
    pass(&mut world, 1);
    assert_eq!(refusal(&world, &late), "0/2 nodes are available: 2 Insufficient cpu.");
    assert_eq!(
        refusal(&world, &huge),
        "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory."
    );
    world.update(&Key::new("nodes", "", "node-1"), |node| node["spec"]["unschedulable"] = json!(true));
    let taint = json!([{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]);
    world.update(&Key::new("nodes", "", "node-2"), |node| node["spec"]["taints"] = taint);
    pass(&mut world, 70);
    let wanted =
        "0/2 nodes are available: 1 node(s) had taint {dedicated: db}, that the pod didn't tolerate, 1 node(s) were unschedulable.";
    assert_eq!(refusal(&world, &late), wanted);
    let events = world.store.list("events", None).map(|e| e.value());
    let failed: Vec<Value> = events
        .filter(|e| e["reason"] == "FailedScheduling" && e["message"] == wanted)
        .collect();
    assert!(!failed.is_empty() && failed.iter().all(|e| e["action"] == "Scheduling" && e["source"] == json!({})));
    // Room is made: it is placed without anybody asking again.
    world.update(&Key::new("nodes", "", "node-1"), |node| node["spec"] = json!({}));
    let on_first = keys.iter().find(|k| node(&world, k) == "node-1").unwrap();
    world.delete(on_first, Some(0), Propagation::Background);
    pass(&mut world, 12);
    assert_eq!(node(&world, &late), "node-1");
    assert_eq!(node(&world, &huge), "");
}

#[test]
fn selectors_affinity_and_claims_are_heeded() {
    let mut world = world(2);
    let mut spec = asks("10m", "1Mi");
    spec["nodeSelector"] = json!({"topology.kubernetes.io/zone": "zone-2"});
    let zoned = pod(&mut world, "zoned", spec.clone());
    spec["nodeSelector"] = json!({"topology.kubernetes.io/zone": "zone-9"});
    let nowhere = pod(&mut world, "nowhere", spec);
    let mut daemon = asks("10m", "1Mi");
    let fields = json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}]);
    daemon["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": fields}}});
    let daemon = pod(&mut world, "daemon", daemon);
    let mut claims = asks("10m", "1Mi");
    claims["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    let claims = pod(&mut world, "claims", claims);
    pass(&mut world, 1);
    assert_eq!(node(&world, &zoned), "node-2");
    assert_eq!(node(&world, &daemon), "node-1");
    assert_eq!(
        refusal(&world, &nowhere),
        "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity."
    );
    assert_eq!(
        refusal(&world, &claims),
        "0/2 nodes are available: 2 persistentvolumeclaim \"data\" not found."
    );
    let claim = |phase: &str| json!({"metadata": {"namespace": "default", "name": "data"}, "spec": {}, "status": {"phase": phase}});
    world.put("persistentvolumeclaims", claim("Pending"));
    pass(&mut world, 12);
    assert_eq!(
        refusal(&world, &claims),
        "0/2 nodes are available: 2 pod has unbound immediate PersistentVolumeClaims."
    );
    world.put("persistentvolumeclaims", claim("Bound"));
    pass(&mut world, 12);
    assert!(!node(&world, &claims).is_empty());
}

#[test]
fn pods_that_shun_each_other_are_kept_apart() {
    let mut world = world(3);
    let mut spec = asks("10m", "1Mi");
    let term =
        json!([{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}]);
    spec["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}});
    let keys: Vec<Key> = (0..3).map(|i| pod(&mut world, &format!("db-{i}"), spec.clone())).collect();
    pass(&mut world, 1);
    let mut places: Vec<String> = keys.iter().map(|k| node(&world, k)).collect();
    places.sort_unstable();
    assert_eq!(places, ["", "node-1", "node-2"]);
}
