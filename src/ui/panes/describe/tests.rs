mod any;
mod around;
mod kinds;

use serde_json::{Value, json};

use super::*;
use crate::model::{Body, Event, Meta};
use crate::ui::theme::Role;

const NOW: Time = Time(1_795_406_481); // 2026-11-23T04:01:21Z

fn text(kind: Known, document: &Value, events: &[Object]) -> String {
    of(&kind.into(), document, events)
}

fn of(kind: &Kind, document: &Value, events: &[Object]) -> String {
    let events: Vec<&Object> = events.iter().collect();
    let lines = describe(kind, document, &Neighbours::default(), &events, NOW);
    lines.iter().map(StyledLine::text).collect::<Vec<_>>().join("\n")
}

fn event(reason: &str, warning: bool, count: u32, (first, last): (i64, i64), message: &str) -> Object {
    let event = Event {
        warning,
        reason: reason.into(),
        message: message.into(),
        count,
        first: NOW + -first,
        last: NOW + -last,
        source: "kubelet".into(),
        ..Event::default()
    };
    Object {
        meta: Meta::default(),
        body: Body::Event(Box::new(event)),
    }
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "backend-5f7-x2x9k", "namespace": "solia", "creationTimestamp": "2026-11-23T03:40:37Z",
            "labels": {"app": "backend", "tier": "api"},
            "annotations": {"note": "a ".repeat(100), "kubectl.kubernetes.io/last-applied-configuration": "{}"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "backend-5f7", "controller": true}],
        },
        "spec": {
            "nodeName": "node-1", "serviceAccountName": "backend", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "priority": 0,
            "initContainers": [{"name": "migrate", "image": "repo/migrate:1"}],
            "containers": [
                {
                    "name": "app", "image": "repo/backend:v2", "command": ["sh", "-c", "echo hello; exec app"],
                    "ports": [{"name": "http", "containerPort": 4000, "protocol": "TCP"}],
                    "resources": {"limits": {"cpu": "200m", "memory": "64Mi"}, "requests": {"cpu": "20m", "memory": "16Mi"}},
                    "livenessProbe": {"httpGet": {"path": "/health", "port": 4000, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3, "initialDelaySeconds": 5},
                    "readinessProbe": {"exec": {"command": ["cat", "/ready"]}, "periodSeconds": 3, "failureThreshold": 1},
                    "envFrom": [{"configMapRef": {"name": "backend-config"}}],
                    "env": [
                        {"name": "MODE", "value": "live"},
                        {"name": "DB_PASSWORD", "value": "••••••"},
                        {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "backend-secret", "key": "url", "optional": true}}},
                        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    ],
                    "volumeMounts": [{"name": "token", "mountPath": "/var/run/secrets", "readOnly": true}, {"name": "data", "mountPath": "/data", "subPath": "x"}],
                },
                {"name": "proxy", "image": "repo/proxy:1"},
            ],
            "volumes": [
                {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607}}, {"configMap": {"name": "kube-root-ca.crt"}}]}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "data-0"}},
                {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
            ],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}, {"operator": "Exists"}],
        },
        "status": {
            "phase": "Running", "podIP": "10.88.1.7", "hostIP": "10.88.0.1", "qosClass": "Burstable", "startTime": "2026-11-23T03:40:37Z",
            "conditions": [
                {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "containers with unready status: [app]", "lastTransitionTime": "2026-11-23T03:57:12Z"},
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-23T03:40:37Z"},
            ],
            "initContainerStatuses": [{"name": "migrate", "ready": true, "restartCount": 0,
                "state": {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": "2026-11-23T03:40:40Z", "finishedAt": "2026-11-23T03:40:52Z"}}}],
            "containerStatuses": [
                {"name": "app", "ready": false, "restartCount": 8,
                    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
                    "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": "2026-11-23T03:57:10Z", "finishedAt": "2026-11-23T03:57:12Z"}}},
                {"name": "proxy", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-11-23T03:40:53Z"}}},
            ],
        },
    })
}

#[test]
fn a_pod() {
    let events = [
        event("Scheduled", false, 1, (1200, 1200), "Successfully assigned solia/backend to node-1"),
        event("BackOff", true, 91, (1200, 45), "Back-off restarting failed container"),
    ];
    insta::assert_snapshot!(text(Known::Pod, &pod(), &events));
}

#[test]
fn what_is_wrong_stands_out_and_what_is_well_does_not() {
    let document = pod();
    let lines = describe(&Known::Pod.into(), &document, &Neighbours::default(), &[], NOW);
    let role_of = |words: &str| {
        let parts = lines.iter().flat_map(|line| &line.0);
        parts
            .filter(|(_, text)| text == words)
            .map(|(role, _)| *role)
            .next()
            .unwrap_or_else(|| panic!("{words} is missing"))
    };
    assert_eq!(role_of("Waiting: CrashLoopBackOff"), Role::Bad);
    assert_eq!(role_of("Killed: out of memory, limit 64Mi"), Role::Bad);
    assert_eq!(role_of("Ended well"), Role::Done);
    assert_eq!(role_of("no"), Role::Warning);
    assert_eq!(role_of("8"), Role::Warning);
}

#[test]
fn a_deployment() {
    let document = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "backend", "namespace": "solia", "creationTimestamp": "2026-11-20T03:40:37Z", "generation": 3,
            "annotations": {"deployment.kubernetes.io/revision": "2"}},
        "spec": {
            "replicas": 3, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "selector": {"matchLabels": {"app": "backend"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["api", "web"]}]},
            "template": {"metadata": {"labels": {"app": "backend"}}, "spec": {"containers": [{"name": "app", "image": "repo/backend:v2"}], "restartPolicy": "Always"}},
        },
        "status": {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "availableReplicas": 2, "unavailableReplicas": 1,
            "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": "2026-11-23T03:00:00Z",
                "message": "ReplicaSet \"backend-2\" has timed out progressing."}]},
    });
    insta::assert_snapshot!(text(Known::Deployment, &document, &[]));
}

#[test]
fn a_node() {
    let document = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "node-1", "creationTimestamp": "2026-11-23T03:40:09Z", "labels": {"node-role.kubernetes.io/worker": ""}},
        "spec": {"unschedulable": true, "podCIDR": "10.88.1.0/24", "providerID": "aws:///eu-west-3a/i-0abc",
            "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]},
        "status": {
            "addresses": [{"type": "InternalIP", "address": "10.88.0.1"}],
            "capacity": {"cpu": "2", "memory": "24684084Ki", "pods": "200"}, "allocatable": {"cpu": "1930m", "memory": "24479284Ki", "pods": "200"},
            "nodeInfo": {"kubeletVersion": "v1.20.2", "kernelVersion": "6.1.0", "osImage": "Debian GNU/Linux 12", "architecture": "amd64", "containerRuntimeVersion": "containerd://1.6.20"},
            "conditions": [
                {"type": "MemoryPressure", "status": "True", "reason": "KubeletHasInsufficientMemory", "message": "kubelet has insufficient memory", "lastTransitionTime": "2026-11-23T03:59:00Z"},
                {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status", "lastTransitionTime": "2026-11-23T03:40:19Z"},
            ],
        },
    });
    insta::assert_snapshot!(text(Known::Node, &document, &[]));
}

#[test]
fn a_secret_shows_keys_and_sizes_even_if_it_was_not_masked() {
    let mut document = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "backend-secret", "namespace": "solia", "creationTimestamp": "2026-11-23T03:40:37Z",
            "deletionTimestamp": "2026-11-23T04:00:37Z", "deletionGracePeriodSeconds": 0, "finalizers": ["solia.test/hold"]},
        "data": {"DATABASE_URL": "aHVudGVyMg==", "ca.crt": "QQ=="},
    });
    assert!(!text(Known::Secret, &document, &[]).contains("aHVudGVyMg"));
    crate::redact::mask_secret(&mut document);
    insta::assert_snapshot!(text(Known::Secret, &document, &[]));
}

#[test]
fn an_object_of_a_kind_that_nobody_knows() {
    let document = json!({
        "apiVersion": "solia.test/v1", "kind": "Widget",
        "metadata": {"name": "w", "namespace": "solia", "creationTimestamp": "2026-11-23T03:40:37Z"},
        "spec": {
            "maxUnavailable": 1, "enabled": true, "clusterIPs": ["10.0.0.1", "10.0.0.2"], "empty": {}, "none": [],
            "script": "line one\nline two\n",
            "rules": [{"host": "a.example", "paths": [{"path": "/", "port": 80}]}, {"weight": 2}],
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "matrix": [[1, 2], [3]],
        },
        "status": {"lastRun": "2026-11-23T03:59:21Z", "conditions": [{"type": "Degraded", "status": "True", "reason": "Broken"}]},
        "extra": "loose",
    });
    insta::assert_snapshot!(of(&Kind::of("solia.test", "widgets"), &document, &[]));
}

#[test]
fn a_cron_job_a_service_and_a_config_map() {
    let cron = json!({"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "cleanup", "namespace": "solia"},
        "spec": {"schedule": "*/2 * * * *", "timeZone": "Europe/Paris", "suspend": true, "concurrencyPolicy": "Forbid", "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
            "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "job", "image": "repo/job:1"}]}}}}},
        "status": {"lastScheduleTime": "2026-11-23T04:00:00Z"}});
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "backend", "namespace": "solia"},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.7", "selector": {"app": "backend"}, "sessionAffinity": "None",
            "ports": [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080, "protocol": "TCP"}, {"port": 443, "targetPort": 8443, "protocol": "TCP"}]},
        "status": {"loadBalancer": {}}});
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "backend", "namespace": "solia"},
        "data": {"LOG_LEVEL": "info", "app.toml": "a = 1\nb = 2\n"}, "binaryData": {"logo": "•••••• 7 bytes"}});
    insta::assert_snapshot!(
        [
            text(Known::CronJob, &cron, &[]),
            text(Known::Service, &service, &[]),
            text(Known::ConfigMap, &config, &[])
        ]
        .join("\n\n=====\n\n")
    );
}
