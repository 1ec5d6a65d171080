//! Events as components report them: the older form with counts, the newer form with a series.

use serde_json::{Value, json};

use super::super::Stub;
use super::super::clock::seconds_ago;
use super::{DAY, HOUR, MINUTE, meta};

pub fn seed(stub: &Stub) {
    let crashing = "backend-deployment-6d9f7c5b8d-4xk2p";
    event(
        stub,
        "pods",
        crashing,
        "Warning",
        "BackOff",
        "Back-off restarting failed container",
        214,
        HOUR,
    );
    event(
        stub,
        "pods",
        crashing,
        "Normal",
        "Pulled",
        "Container image \"registry.example/app:1.4.2\" already present on machine",
        17,
        3 * DAY,
    );
    event(
        stub,
        "pods",
        crashing,
        "Warning",
        "Unhealthy",
        "Readiness probe failed: Get \"http://10.1.0.17:4000/health\": connection refused",
        9,
        2 * MINUTE,
    );
    event(
        stub,
        "deployments",
        "frontend-deployment",
        "Normal",
        "ScalingReplicaSet",
        "Scaled up replica set frontend-deployment-84d5b7c9f4 to 2",
        1,
        3 * DAY,
    );
    event(
        stub,
        "nodes",
        "node-3",
        "Normal",
        "NodeNotReady",
        "Node node-3 status is now: NodeNotReady",
        1,
        12 * MINUTE,
    );
    series(
        stub,
        "report-huge",
        "FailedScheduling",
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.",
    );
}

fn about(stub: &Stub, resource: &str, name: &str) -> Value {
    let namespace = if resource == "nodes" { "" } else { "solia" };
    let object = stub.get(resource, namespace, name).unwrap();
    let kind = stub.kind(resource);
    json!({"kind": kind.kind, "apiVersion": kind.api_version(), "namespace": namespace, "name": name, "uid": object["metadata"]["uid"]})
}

#[allow(clippy::too_many_arguments, reason = "the columns of a fixture")]
fn event(stub: &Stub, resource: &str, name: &str, kind: &str, reason: &str, message: &str, count: u32, age: i64) {
    let namespace = if resource == "nodes" { "default" } else { "solia" };
    stub.put(
        "events",
        json!({
            "metadata": meta(Some(namespace), &format!("{name}.{:x}", 0x18ea_0000 + stub.resource_version()), age, Value::Null),
            "involvedObject": about(stub, resource, name), "type": kind, "reason": reason, "message": message, "count": count,
            "firstTimestamp": seconds_ago(age), "lastTimestamp": seconds_ago((age / 60).min(30)), "eventTime": null,
            "source": {"component": "kubelet", "host": "node-1"}, "reportingComponent": "", "reportingInstance": "",
        }),
    );
}

/// The newer form: no first and last time, but an event time and a series.
fn series(stub: &Stub, pod: &str, reason: &str, message: &str) {
    stub.put(
        "events",
        json!({
            "metadata": meta(Some("solia"), &format!("{pod}.18eb0001"), 25 * MINUTE, Value::Null),
            "involvedObject": about(stub, "pods", pod), "type": "Warning", "reason": reason, "message": message, "action": "Scheduling",
            "eventTime": seconds_ago(25 * MINUTE).replace('Z', ".779482Z"), "series": {"count": 12, "lastObservedTime": seconds_ago(MINUTE).replace('Z', ".836180Z")},
            "firstTimestamp": null, "lastTimestamp": null, "source": {}, "reportingComponent": "default-scheduler", "reportingInstance": "scheduler-1",
        }),
    );
}
