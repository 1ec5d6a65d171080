//! Pods: above all the words under STATUS.

use serde_json::{Value, json};

use super::{body, object};
use crate::model::{Body, ConditionStatus, Known, Phase, Pod, Restart, Role, State, Time};

fn pod(value: &Value) -> Pod {
    match body(Known::Pod, value) {
        Body::Pod(pod) => *pod,
        other => panic!("{other:?}"),
    }
}

/// A pod with these statuses of one container `app` and init containers `i0`, `i1`.
fn with(phase: &str, init: Value, main: Value) -> Value {
    json!({
        "metadata": {"name": "web", "namespace": "solia"},
        "spec": {"initContainers": [{"name": "i0"}, {"name": "i1"}], "containers": [{"name": "app"}, {"name": "log"}]},
        "status": {"phase": phase, "initContainerStatuses": init, "containerStatuses": main},
    })
}

fn waiting(name: &str, reason: &str) -> Value {
    json!({"name": name, "state": {"waiting": {"reason": reason}}, "restartCount": 3})
}

fn ended(name: &str, reason: &str, code: i32, signal: i32) -> Value {
    json!({"name": name, "state": {"terminated": {"reason": reason, "exitCode": code, "signal": signal}}})
}

fn running(name: &str, ready: bool) -> Value {
    json!({"name": name, "ready": ready, "started": true, "state": {"running": {"startedAt": "2026-11-23T03:00:00Z"}}})
}

#[test]
fn the_status_of_a_pod_reads_as_kubectl_prints_it() {
    let done = || ended("i0", "Completed", 0, 0);
    let both = || json!([done(), ended("i1", "Completed", 0, 0)]);
    let idle = || json!([waiting("app", "PodInitializing"), waiting("log", "PodInitializing")]);
    let mut deleted = with("Running", both(), json!([running("app", true), running("log", true)]));
    deleted["metadata"]["deletionTimestamp"] = "2026-11-23T03:00:00Z".into();
    let mut lost = deleted.clone();
    lost["status"]["reason"] = "NodeLost".into();
    let mut deleted_done = deleted.clone();
    deleted_done["status"]["phase"] = "Succeeded".into();
    deleted_done["status"]["containerStatuses"] = json!([ended("app", "Completed", 0, 0)]);
    let mut evicted = with("Failed", json!(null), json!(null));
    evicted["status"]["reason"] = "Evicted".into();
    let mut gated = with("Pending", json!(null), json!(null));
    gated["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
    let mut sidecar = with(
        "Running",
        json!([running("i0", true), done()]),
        json!([running("app", true), running("log", true)]),
    );
    sidecar["spec"]["initContainers"][0]["restartPolicy"] = "Always".into();
    let mut starting = sidecar.clone();
    starting["status"]["initContainerStatuses"] = json!([running("i0", true), waiting("i1", "PodInitializing")]);
    starting["status"]["containerStatuses"] = idle();
    let mut slow_sidecar = sidecar.clone();
    slow_sidecar["status"]["initContainerStatuses"] = json!([{"name": "i0", "started": false, "state": {"running": {}}}]);
    let mut restarted = with(
        "Running",
        json!([done(), running("i1", false)]),
        json!([waiting("app", "CrashLoopBackOff"), running("log", true)]),
    );
    restarted["status"]["conditions"] = json!([{"type": "Initialized", "status": "True"}]);
    let mut half = with("Running", both(), json!([running("app", true), ended("log", "Completed", 0, 0)]));
    let half_unready = half.clone();
    half["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]);

    let table = [
        ("Pending", with("Pending", json!(null), json!(null))),
        (
            "Init:0/2",
            with(
                "Pending",
                json!([waiting("i0", "PodInitializing"), waiting("i1", "PodInitializing")]),
                idle(),
            ),
        ),
        (
            "Init:0/2",
            with("Pending", json!([running("i0", false), waiting("i1", "PodInitializing")]), idle()),
        ),
        ("Init:1/2", with("Pending", json!([done(), running("i1", false)]), idle())),
        (
            "Init:CrashLoopBackOff",
            with("Pending", json!([done(), waiting("i1", "CrashLoopBackOff")]), idle()),
        ),
        ("Init:Error", with("Pending", json!([ended("i0", "Error", 1, 0)]), idle())),
        ("Init:ExitCode:3", with("Pending", json!([ended("i0", "", 3, 0)]), idle())),
        ("Init:Signal:9", with("Pending", json!([ended("i0", "", 137, 9)]), idle())),
        ("PodInitializing", with("Pending", both(), idle())),
        (
            "ContainerCreating",
            with(
                "Pending",
                both(),
                json!([waiting("app", "ContainerCreating"), waiting("log", "ContainerCreating")]),
            ),
        ),
        (
            "ImagePullBackOff",
            with("Pending", both(), json!([waiting("app", "ImagePullBackOff"), running("log", true)])),
        ),
        // The first container that has something to say wins.
        (
            "CrashLoopBackOff",
            with(
                "Running",
                both(),
                json!([waiting("app", "CrashLoopBackOff"), waiting("log", "ErrImagePull")]),
            ),
        ),
        (
            "Running",
            with("Running", both(), json!([running("app", true), running("log", false)])),
        ),
        (
            "Error",
            with("Running", both(), json!([running("app", true), ended("log", "Error", 1, 0)])),
        ),
        ("ExitCode:7", with("Failed", both(), json!([ended("app", "", 7, 0)]))),
        ("Signal:15", with("Failed", both(), json!([ended("app", "", 143, 15)]))),
        ("OOMKilled", with("Failed", both(), json!([ended("app", "OOMKilled", 137, 0)]))),
        (
            "Completed",
            with(
                "Succeeded",
                both(),
                json!([ended("app", "Completed", 0, 0), ended("log", "Completed", 0, 0)]),
            ),
        ),
        ("Running", half),
        ("NotReady", half_unready),
        ("Terminating", deleted),
        ("Unknown", lost),
        ("Completed", deleted_done),
        ("Evicted", evicted),
        ("SchedulingGated", gated),
        ("Running", sidecar),
        ("Init:1/2", starting),
        ("Init:0/2", slow_sidecar),
        // Once a pod was initialized, its main containers tell, even while an init container runs again.
        ("CrashLoopBackOff", restarted),
    ];
    for (wanted, raw) in table {
        assert_eq!(&*pod(&raw).status, wanted, "{raw}");
    }
}

#[test]
fn a_pod_keeps_what_a_person_on_call_asks_about() {
    let raw = json!({
        "metadata": {"name": "web-1", "namespace": "solia", "uid": "00000000-0000-0000-0000-000000000007", "resourceVersion": "12",
            "creationTimestamp": "1970-01-01T00:01:40Z", "deletionTimestamp": "1970-01-01T00:05:00Z", "deletionGracePeriodSeconds": 30,
            "labels": {"app": "web"}, "annotations": {"huge": "x"}, "finalizers": ["a", "b"],
            "ownerReferences": [{"apiVersion": "v1", "kind": "Other", "name": "o", "uid": "1"}, {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "2", "controller": true}]},
        "spec": {"nodeName": "n1", "serviceAccountName": "sa", "readinessGates": [{"conditionType": "lb"}, {"conditionType": "dns"}],
            "initContainers": [{"name": "proxy", "restartPolicy": "Always", "image": "p:1"}],
            "containers": [{"name": "app", "image": "web:1", "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}],
                "resources": {"requests": {"cpu": "250m", "memory": "128Mi"}, "limits": {"memory": 1000}}, "readinessProbe": {"httpGet": {}}, "livenessProbe": null}],
            "ephemeralContainers": [{"name": "debug", "image": "busybox"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.7", "qosClass": "Burstable", "startTime": "1970-01-01T00:01:41Z",
            "conditions": [{"type": "lb", "status": "True"}, {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": format!("x{}", "y".repeat(5000)), "lastTransitionTime": "1970-01-01T00:02:00Z"}],
            "initContainerStatuses": [{"name": "proxy", "ready": true, "started": true, "restartCount": 1, "state": {"running": {"startedAt": "1970-01-01T00:01:42Z"}}}],
            "containerStatuses": [{"name": "app", "ready": false, "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off \u{1b}[31m"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "1970-01-01T00:03:00Z"}}}]},
    });
    let whole = object(Known::Pod, &raw);
    let meta = &whole.meta;
    assert_eq!((meta.created, meta.deleting, meta.grace), (Time(100), Time(270), 30));
    assert_eq!(meta.finalizers.iter().map(|f| &**f).collect::<Vec<_>>(), ["a", "b"]);
    let owner = meta.owner.as_ref().unwrap();
    assert_eq!((&*owner.group, &*owner.kind, &*owner.name), ("apps", "ReplicaSet", "web"));
    assert_eq!(meta.labels.get("app"), Some("web"));
    let pod = pod(&raw);
    assert_eq!(
        (pod.phase, pod.ready(), pod.restarts(), pod.gates),
        (Phase::Running, (1, 2), 5, (1, 2))
    );
    let roles: Vec<_> = pod.containers.iter().map(|c| (&*c.name, c.role)).collect();
    assert_eq!(roles, [("proxy", Role::Sidecar), ("app", Role::Main), ("debug", Role::Ephemeral)]);
    let app = &pod.containers[1];
    assert_eq!(
        (app.cpu_request.get(), app.memory_limit.get(), app.cpu_limit.get()),
        (Some(250), Some(1_000_000), None)
    );
    assert_eq!(app.ports.iter().map(|p| &**p).collect::<Vec<_>>(), ["http:8080/TCP", "53/UDP"]);
    assert!(app.probes.readiness && !app.probes.liveness);
    assert!(matches!(&app.state, State::Waiting { message, .. } if &**message == "back-off ␛[31m"));
    assert_eq!(pod.last_exit().unwrap().1.why(), "OOMKilled");
    assert!(pod.conditions[1].message.chars().count() <= 1024);
    assert_eq!(pod.conditions[1].status, ConditionStatus::False);
}

#[test]
fn the_schedulers_sentence_is_the_reason_of_a_pending_pod() {
    let mut raw = with("Pending", json!(null), json!(null));
    raw["status"]["conditions"] =
        json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes are available"}]);
    let pod = pod(&raw);
    assert_eq!((&*pod.reason, &*pod.message), ("Unschedulable", "0/2 nodes are available"));
}

#[test]
fn how_long_a_pod_stays_on_a_silent_node_is_what_the_cluster_reads_from_its_tolerations() {
    let stays = |tolerations: Value| {
        let raw = json!({"metadata": {"name": "web"}, "spec": {"tolerations": tolerations}});
        pod(&raw).unready_tolerance
    };
    let one = |key: &str, more: Value| {
        let mut one = json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": "NoExecute"});
        for (field, value) in more.as_object().unwrap() {
            one[field] = value.clone();
        }
        one
    };
    let for_seconds = |key, seconds: i64| one(key, json!({"tolerationSeconds": seconds}));
    let table = [
        (json!(null), Some(0)),
        (json!([for_seconds("not-ready", 300), for_seconds("unreachable", 300)]), Some(300)),
        (json!([for_seconds("not-ready", 300), for_seconds("unreachable", 30)]), Some(30)),
        (json!([for_seconds("not-ready", 300)]), Some(0)),
        (json!([for_seconds("not-ready", -5), for_seconds("unreachable", 300)]), Some(0)),
        (json!([one("not-ready", json!({})), one("unreachable", json!({}))]), None),
        (json!([one("not-ready", json!({})), for_seconds("unreachable", 60)]), Some(60)),
        (json!([{"operator": "Exists"}]), None),
        (json!([{"operator": "Exists", "effect": "NoSchedule"}]), Some(0)),
        (
            json!([{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 10}]),
            Some(10),
        ),
        (
            json!([
                one("not-ready", json!({"operator": null, "effect": null})),
                one("unreachable", json!({"operator": "Equal", "value": ""}))
            ]),
            None,
        ),
        (
            json!([
                one("not-ready", json!({})),
                one("unreachable", json!({"operator": "Equal", "value": "x"}))
            ]),
            Some(0),
        ),
    ];
    for (tolerations, want) in table {
        assert_eq!(stays(tolerations.clone()), want, "{tolerations}");
    }
}

#[test]
fn a_pod_says_how_it_restarts_and_which_claims_it_mounts() {
    let raw = json!({"metadata": {"name": "db"}, "spec": {"restartPolicy": "OnFailure", "volumes": [
        {"name": "a", "emptyDir": {}}, {"name": "b", "persistentVolumeClaim": {"claimName": "data-db-0"}}]}});
    let read = pod(&raw);
    assert_eq!((read.restart, read.claims.join(",")), (Restart::OnFailure, "data-db-0".to_owned()));
    for (policy, want) in [("Never", Restart::Never), ("Always", Restart::Always), ("", Restart::Always)] {
        let raw = json!({"metadata": {"name": "db"}, "spec": {"restartPolicy": policy, "volumes": null}});
        assert_eq!(pod(&raw).restart, want);
    }
}
