//! Stateful sets with their claims, daemon sets.

use super::*;

fn stateful(replicas: i64, image: &str) -> Value {
    json!({
        "metadata": {"namespace": NS, "name": "postgres", "generation": 1},
        "spec": {
            "replicas": replicas, "serviceName": "postgres", "selector": {"matchLabels": {"app": "postgres"}},
            "template": template("postgres", image),
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "gp3", "resources": {"requests": {"storage": "1Gi"}},
            }}],
        },
    })
}

#[test]
fn a_stateful_set_goes_in_order_and_its_claims_outlive_it() {
    let mut world = world(1);
    world.put(
        "storageclasses",
        json!({"metadata": {"name": "gp3"}, "provisioner": "ebs.csi.aws.com", "volumeBindingMode": "WaitForFirstConsumer"}),
    );
    world.put("statefulsets", stateful(3, "postgres:15"));
    pass_and(&mut world, 10, |world| {
        let pods = pods(world);
        let waiting = pods.iter().filter(|p| !ready(p)).count();
        assert!(waiting <= 1, "one after the other");
    });
    let names: Vec<String> = pods(&world)
        .iter()
        .map(|p| p["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["postgres-0", "postgres-1", "postgres-2"]);
    let claim = doc(&world, "persistentvolumeclaims", "data-postgres-1");
    assert_eq!(claim["status"]["phase"], "Bound");
    assert_eq!(
        pods(&world)[1]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"],
        "data-postgres-1"
    );
    assert_eq!(world.store.count("persistentvolumes"), 3);

    change(&mut world, "statefulsets", "postgres", |o| {
        o["spec"]["template"]["spec"]["containers"][0]["image"] = json!("postgres:16")
    });
    let mut replaced = Vec::new();
    pass_and(&mut world, 10, |world| {
        for pod in pods(world).iter().filter(|p| p["spec"]["containers"][0]["image"] == "postgres:16") {
            let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
            if !replaced.contains(&name) {
                replaced.push(name);
            }
        }
    });
    assert_eq!(replaced, ["postgres-2", "postgres-1", "postgres-0"], "the highest number first");
    let set = doc(&world, "statefulsets", "postgres");
    assert_eq!(set["status"]["currentRevision"], set["status"]["updateRevision"]);
    assert_eq!(world.store.count("controllerrevisions"), 2);

    change(&mut world, "statefulsets", "postgres", |o| o["spec"]["replicas"] = json!(1));
    pass(&mut world, 5);
    assert_eq!(pods(&world).len(), 1);
    assert_eq!(world.store.count("persistentvolumeclaims"), 3);
}

#[test]
fn a_claim_of_a_class_that_is_not_there_waits_and_says_why() {
    let mut world = world(2);
    world.put(
        "persistentvolumeclaims",
        json!({"metadata": {"namespace": NS, "name": "data"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "no-such-class", "resources": {"requests": {"storage": "5Gi"}}}}),
    );
    pass(&mut world, 20);
    assert_eq!(doc(&world, "persistentvolumeclaims", "data")["status"]["phase"], "Pending");
    assert_eq!(
        said(&world, "ProvisioningFailed"),
        ["storageclass.storage.k8s.io \"no-such-class\" not found"]
    );
}

fn node(world: &mut World, name: &str, taints: Value) {
    // A node that has just come; nobody keeps it alive here, and nobody needs to within the test's seconds.
    world.put(
        "nodes",
        json!({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}, "spec": {"taints": taints}}),
    );
}

#[test]
fn a_daemon_runs_once_on_each_node_that_lets_it() {
    let mut world = world(3);
    node(&mut world, "node-1", json!([]));
    node(
        &mut world,
        "node-2",
        json!([{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]),
    );
    node(
        &mut world,
        "node-3",
        json!([{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]),
    );
    world.put(
        "daemonsets",
        json!({
            "metadata": {"namespace": NS, "name": "agent", "generation": 1},
            "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template("agent", "agent:v1")},
        }),
    );
    world.advance(world.now() + SignedDuration::from_secs(1));
    assert_eq!(said(&world, "SuccessfulCreate").len(), 2);
    let status = doc(&world, "daemonsets", "agent")["status"].clone();
    assert_eq!(
        (&status["desiredNumberScheduled"], &status["numberMisscheduled"]),
        (&json!(2), &json!(0))
    );
    node(&mut world, "node-4", json!([]));
    world.advance(world.now() + SignedDuration::from_secs(1));
    assert_eq!(doc(&world, "daemonsets", "agent")["status"]["desiredNumberScheduled"], 3);
}
