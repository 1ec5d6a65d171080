use serde_json::{Value, json};

use super::*;
use crate::action::forward::Remote;

fn doc(name: &str, age: u32, phase: &str, ready: bool) -> PodDoc {
    let value = json!({
        "metadata": {"name": name, "uid": name, "creationTimestamp": format!("2026-11-28T10:{:02}:00Z", 59 - age)},
        "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 4000}, {"containerPort": 9090}]}]},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]},
    });
    serde_json::from_value(value).unwrap()
}

fn going(mut pod: PodDoc) -> PodDoc {
    pod.metadata.deletion_timestamp = Some("2026-11-28T10:59:00Z".into());
    pod
}

#[test]
fn the_newest_ready_pod_is_taken() {
    for (pods, chosen) in [
        (
            vec![doc("old", 30, "Running", true), doc("new", 5, "Running", true)],
            Some(("new", true)),
        ),
        (
            vec![doc("old", 30, "Running", true), doc("crashing", 1, "Running", false)],
            Some(("old", true)),
        ),
        (
            vec![going(doc("going", 1, "Running", true)), doc("old", 30, "Running", true)],
            Some(("old", true)),
        ),
        (
            vec![doc("a", 5, "Running", false), doc("pending", 1, "Pending", false)],
            Some(("a", false)),
        ),
        (vec![doc("b", 5, "Running", true), doc("a", 5, "Running", true)], Some(("a", true))),
        (vec![doc("done", 1, "Succeeded", false), going(doc("x", 1, "Running", true))], None),
        (vec![], None),
    ] {
        let picked = pick(pods).map(|choice| (choice.pod.metadata.name, choice.is_ready));
        assert_eq!(picked.as_ref().map(|(name, ready)| (name.as_str(), *ready)), chosen);
    }
}

fn service(cluster_ip: &str, ports: Value) -> ServiceDoc {
    serde_json::from_value(json!({
        "metadata": {"name": "backend"},
        "spec": {"clusterIP": cluster_ip, "selector": {"app": "backend", "tier": "api"}, "ports": ports},
    }))
    .unwrap()
}

#[test]
fn a_services_port_leads_where_the_service_says() {
    let ports = json!([
        {"name": "web", "port": 80, "targetPort": "http"},
        {"name": "admin", "port": 81, "targetPort": 9090},
        {"name": "plain", "port": 82},
        {"name": "lost", "port": 83, "targetPort": "nowhere"},
    ]);
    let pod = doc("backend-1", 1, "Running", true);
    let of = |ip: &str, remote: &str| {
        let remote: Remote = remote.parse().unwrap();
        service(ip, ports.clone()).port(&remote, &pod).map_err(|p| p.to_string())
    };
    assert_eq!(of("10.0.0.1", "80"), Ok((80, 4000)));
    assert_eq!(of("10.0.0.1", "web"), Ok((80, 4000)));
    assert_eq!(of("10.0.0.1", "admin"), Ok((81, 9090)));
    assert_eq!(of("10.0.0.1", "82"), Ok((82, 82)));
    assert_eq!(of("None", "admin"), Ok((81, 81)), "a headless service has no ports of its own");
    assert_eq!(
        of("10.0.0.1", "4000"),
        Err("service backend has no port 4000 (there is 80 (web), 81 (admin), 82 (plain), 83 (lost))".into())
    );
    assert_eq!(
        of("10.0.0.1", "83"),
        Err("pod backend-1 has no port nowhere (there is http)".into())
    );
}

#[test]
fn a_pods_port_is_any_number_or_a_name_that_it_gives() {
    let pod = doc("web", 1, "Running", true);
    let of = |remote: &str| pod.port(&remote.parse().unwrap()).map_err(|p| p.to_string());
    assert_eq!(of("http"), Ok(4000));
    assert_eq!(of("5432"), Ok(5432));
    assert_eq!(of("https"), Err("pod web has no port https (there is http)".into()));
}

#[test]
fn selectors_are_asked_for_as_the_server_reads_them() {
    assert_eq!(service("x", json!([])).labels().as_deref(), Some("app=backend,tier=api"));
    let nothing: ServiceDoc = serde_json::from_value(json!({"spec": {"selector": null}})).unwrap();
    assert_eq!(nothing.labels(), None);
    let workload = |selector: Value| serde_json::from_value::<WorkloadDoc>(json!({"spec": {"selector": selector}})).unwrap();
    let all = json!({"matchLabels": {"app": "x"}, "matchExpressions": [
        {"key": "env", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"},
        {"key": "tier", "operator": "NotIn", "values": ["db"]}, {"key": "team", "operator": "Exists"}]});
    assert_eq!(
        workload(all).labels().as_deref(),
        Some("app=x,env in (a,b),!old,tier notin (db),team")
    );
    let unknown = json!({"matchLabels": {"app": "x"}, "matchExpressions": [{"key": "n", "operator": "Gt", "values": ["1"]}]});
    assert_eq!(workload(unknown).labels(), None, "what is not understood must not select too much");
}
