//! What is printed is compared with what a real server (1.20) printed of the same objects at the same time.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::kinds::{Catalog, Customs, builtin};
use super::super::version::Version;
use super::*;
use crate::sim::store::Store;

const REAL: &str = include_str!("real.json");

/// All kinds of a version, and those of this definition.
fn catalog(version: Version, definition: Value) -> Catalog {
    let mut store = Store::new(1);
    store.put("customresourcedefinitions", definition, Timestamp::UNIX_EPOCH);
    let mut kinds = builtin(version);
    kinds.extend_from_slice(Customs::default().of(&store));
    Catalog(kinds)
}

fn by_shelf<'a>(catalog: &'a Catalog, shelf: &str) -> &'a Arc<Served> {
    catalog.0.iter().find(|kind| kind.shelf == shelf).unwrap()
}

fn names(kind: &Served) -> Vec<String> {
    let heads = definitions(kind);
    heads
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn cells_are_those_of_a_real_server() {
    let real: Map<String, Value> = serde_json::from_str(REAL).unwrap();
    let catalog = catalog(Version::V1_20, real["customresourcedefinitions"]["rows"][0]["object"].clone());
    let mut wrong = Vec::new();
    for (shelf, table) in &real {
        let kind = by_shelf(&catalog, shelf);
        let heads = definitions(kind);
        let heads = heads.as_array().unwrap().iter();
        let heads: Value = heads.map(|c| json!([c["name"], c["type"], c["format"], c["priority"]])).collect();
        if heads != table["columns"] {
            wrong.push(format!("{shelf}: {heads}\n  real: {}", table["columns"]));
        }
        let now: Timestamp = table["now"].as_str().unwrap().parse().unwrap();
        for row in table["rows"].as_array().unwrap() {
            let cells = Value::Array(cells(kind, &row["object"], now));
            if cells != row["cells"] {
                wrong.push(format!("{shelf}: {cells}\n  real: {}", row["cells"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn newer_servers_tell_more() {
    let catalog = catalog(Version::V1_36, json!({"metadata": {"name": "none"}}));
    let at: Timestamp = "2026-01-01T10:00:00Z".parse().unwrap();
    assert_eq!(
        names(by_shelf(&catalog, "jobs"))[..4],
        ["Name", "Status", "Completions", "Duration"].map(str::to_owned)
    );
    assert_eq!(names(by_shelf(&catalog, "cronjobs"))[2], "Timezone");
    let pod = json!({"metadata": {"name": "p", "creationTimestamp": "2026-01-01T09:00:00Z"}, "spec": {"containers": [{}]}, "status": {
        "phase": "Running", "containerStatuses": [{"restartCount": 3, "ready": true, "state": {"running": {}},
            "lastState": {"terminated": {"finishedAt": "2026-01-01T09:55:00Z"}}}]}});
    let row = cells(by_shelf(&catalog, "pods"), &pod, at);
    assert_eq!(row[1..5], [json!("1/1"), json!("Running"), json!("3 (5m ago)"), json!("60m")]);
    let scaler = json!({"metadata": {"name": "h"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 4,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}]}, "status": {}});
    assert_eq!(
        cells(by_shelf(&catalog, "horizontalpodautoscalers"), &scaler, at)[2],
        "cpu: <unknown>/80%"
    );
    assert_eq!(definitions(by_shelf(&catalog, "pods")).as_array().unwrap().len(), row.len());
}

#[test]
fn the_status_of_a_pod_tells_the_worst_that_is_known() {
    let catalog = catalog(Version::V1_36, json!({"metadata": {"name": "none"}}));
    let kind = by_shelf(&catalog, "pods");
    let word = |status: Value, leaving: bool| {
        let mut pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}, {"name": "b"}],
            "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]}, "status": status});
        if leaving {
            pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T09:00:00Z");
        }
        let row = cells(kind, &pod, Timestamp::UNIX_EPOCH);
        format!("{} {}", row[2].as_str().unwrap(), row[1].as_str().unwrap())
    };
    let init = |state: Value| json!({"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": state}]});
    let both = |a: Value, b: Value| {
        json!({"phase": "Running", "containerStatuses": [
            {"state": a, "ready": a["running"].is_object()}, {"state": b, "ready": b["running"].is_object()}]})
    };
    let running = json!({"running": {}});
    for (status, leaving, expected) in [
        (json!({"phase": "Pending"}), false, "Pending 0/3"),
        (init(json!({"running": {}})), false, "Init:0/2 0/3"),
        (
            init(json!({"terminated": {"exitCode": 2, "reason": "Error"}})),
            false,
            "Init:Error 0/3",
        ),
        (init(json!({"terminated": {"exitCode": 2}})), false, "Init:ExitCode:2 0/3"),
        (
            init(json!({"terminated": {"signal": 9, "exitCode": 137}})),
            false,
            "Init:Signal:9 0/3",
        ),
        (
            init(json!({"waiting": {"reason": "CrashLoopBackOff"}})),
            false,
            "Init:CrashLoopBackOff 0/3",
        ),
        (both(running.clone(), running.clone()), false, "Running 2/3"),
        (
            both(running.clone(), json!({"waiting": {"reason": "ImagePullBackOff"}})),
            false,
            "ImagePullBackOff 1/3",
        ),
        (
            both(running.clone(), json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})),
            false,
            "OOMKilled 1/3",
        ),
        (
            both(running.clone(), json!({"terminated": {"exitCode": 0, "reason": "Completed"}})),
            false,
            "NotReady 1/3",
        ),
        (both(running.clone(), running), true, "Terminating 2/3"),
        (json!({"phase": "Failed", "reason": "Evicted"}), true, "Evicted 0/3"),
        (json!({"phase": "Running", "reason": "NodeLost"}), true, "Unknown 0/3"),
    ] {
        assert_eq!(word(status.clone(), leaving), expected, "{status}");
    }
}

#[test]
fn custom_columns_are_found_by_their_paths() {
    let column = |kind: &str, path: &str| json!({"name": "C", "type": kind, "jsonPath": path});
    let object = json!({"metadata": {"name": "blue", "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"a.b/c": "dotted"}},
        "spec": {"size": 3, "tags": ["x", "y"], "ready": true, "ports": {"http": 80}},
        "status": {"conditions": [{"type": "Synced", "status": "False"}, {"type": "Ready", "status": "True"}]}});
    for (kind, path, expected) in [
        ("integer", ".spec.size", json!(3)),
        ("string", ".spec.size", json!("3")),
        ("integer", ".spec.tags[0]", Value::Null),
        ("string", ".spec.tags[-1]", json!("y")),
        ("string", ".spec.tags", json!("[\"x\",\"y\"]")),
        ("boolean", ".spec.ready", json!(true)),
        ("string", ".status.conditions[?(@.type==\"Ready\")].status", json!("True")),
        ("string", ".status.conditions[*].type", json!("Synced")),
        ("string", ".metadata.labels.a\\.b/c", json!("dotted")),
        ("string", ".metadata.labels['a.b/c']", json!("dotted")),
        ("date", ".metadata.creationTimestamp", json!("24h")),
        ("date", ".spec.tags[0]", json!("<invalid>")),
        ("string", ".spec.nothing.there", Value::Null),
        ("string", ".spec[", Value::Null),
    ] {
        let definition = json!({"metadata": {"name": "widgets.example.com"}, "spec": {"group": "example.com",
            "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{"name": "v1", "served": true, "additionalPrinterColumns": [column(kind, path)]}]}});
        let catalog = catalog(Version::V1_36, definition);
        let row = cells(
            by_shelf(&catalog, "widgets.example.com"),
            &object,
            "2026-01-02T00:00:00Z".parse().unwrap(),
        );
        assert_eq!(row, [json!("blue"), expected], "{path}");
    }
}
