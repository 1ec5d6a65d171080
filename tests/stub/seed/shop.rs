//! Namespace `solia`: the platform's own workloads and what stands around them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::Stub;
use super::super::clock::seconds_ago;
use super::pods::{Doing, PodSeed};
use super::{DAY, HOUR, MINUTE, condition, meta, owned_by};

const NS: Option<&str> = Some("solia");

pub fn seed(stub: &Stub) {
    let backend = replica_set(stub, &deployment(stub, "backend", 3, 2), "backend", "6d9f7c5b8d", 3, 2, 7);
    let pods = [
        (
            "backend-deployment-6d9f7c5b8d-4xk2p",
            "node-1",
            Doing::CrashLoop {
                code: 1,
                reason: "Error",
                restarts: 17,
            },
        ),
        ("backend-deployment-6d9f7c5b8d-9qwzr", "node-2", Doing::Running),
        (
            "backend-deployment-6d9f7c5b8d-tm5hn",
            "node-2",
            Doing::Restarted {
                code: 137,
                reason: "OOMKilled",
                restarts: 3,
            },
        ),
    ];
    for (name, node, doing) in pods {
        pod(
            stub,
            PodSeed {
                node,
                doing,
                owner: Some(("apps/v1", "ReplicaSet", &backend)),
                ..PodSeed::new("solia", name, "backend")
            },
        );
    }
    let frontend = deployment(stub, "frontend", 2, 2);
    replica_set(stub, &frontend, "frontend", "5c7f4d9b6f", 0, 0, 1);
    let newer = replica_set(stub, &frontend, "frontend", "84d5b7c9f4", 2, 2, 2);
    for name in ["frontend-deployment-84d5b7c9f4-h7x2s", "frontend-deployment-84d5b7c9f4-zz9pl"] {
        pod(
            stub,
            PodSeed {
                owner: Some(("apps/v1", "ReplicaSet", &newer)),
                ..PodSeed::new("solia", name, "frontend")
            },
        );
    }
    let redis = replica_set(stub, &deployment(stub, "redis", 1, 1), "redis", "867cd9959c", 1, 1, 1);
    pod(
        stub,
        PodSeed {
            owner: Some(("apps/v1", "ReplicaSet", &redis)),
            ..PodSeed::new("solia", "redis-deployment-867cd9959c-4l924", "redis")
        },
    );
    postgres(stub);
    jobs(stub);
    around(stub);
    logs(stub);
}

/// Puts a pod, and its usage when it runs.
fn pod(stub: &Stub, seed: PodSeed<'_>) {
    stub.put("pods", seed.object());
    if matches!(seed.doing, Doing::Running | Doing::Restarted { .. }) {
        let usage = json!({"cpu": "48500000n", "memory": "97Mi"});
        let containers = json!([{"name": seed.app, "usage": usage}]);
        stub.put("pods.metrics.k8s.io", json!({"metadata": {"namespace": seed.namespace, "name": seed.name}, "timestamp": seconds_ago(12), "window": "15s", "containers": containers}));
    }
}

fn template(app: &str) -> Value {
    json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": app, "image": "registry.example/app:1.4.2"}]}})
}

fn deployment(stub: &Stub, app: &str, wanted: u32, ready: u32) -> Arc<Value> {
    let mut metadata = meta(NS, &format!("{app}-deployment"), 30 * DAY, json!({"app": app}));
    metadata["generation"] = json!(4);
    metadata["annotations"] = json!({"deployment.kubernetes.io/revision": "7"});
    let available = if ready < wanted {
        ("False", "MinimumReplicasUnavailable")
    } else {
        ("True", "MinimumReplicasAvailable")
    };
    stub.put(
        "deployments",
        json!({
            "metadata": metadata,
            "spec": {"replicas": wanted, "selector": {"matchLabels": {"app": app}}, "strategy": {"type": "RollingUpdate"}, "template": template(app)},
            "status": {"observedGeneration": 4, "replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": wanted - ready,
                       "conditions": [condition("Available", available.0, available.1, "", HOUR), condition("Progressing", "True", "NewReplicaSetAvailable", "", 3 * DAY)]},
        }),
    )
}

fn replica_set(stub: &Stub, owner: &Value, app: &str, hash: &str, wanted: u32, ready: u32, revision: u32) -> Arc<Value> {
    let mut metadata = meta(
        NS,
        &format!("{app}-deployment-{hash}"),
        3 * DAY,
        json!({"app": app, "pod-template-hash": hash}),
    );
    metadata["annotations"] = json!({"deployment.kubernetes.io/revision": revision.to_string()});
    owned_by(&mut metadata, "apps/v1", "Deployment", owner);
    stub.put(
        "replicasets",
        json!({
            "metadata": metadata, "spec": {"replicas": wanted, "selector": {"matchLabels": {"app": app, "pod-template-hash": hash}}, "template": template(app)},
            "status": {"replicas": wanted, "readyReplicas": ready, "availableReplicas": ready, "observedGeneration": 1},
        }),
    )
}

fn postgres(stub: &Stub) {
    let set = stub.put(
        "statefulsets",
        json!({
            "metadata": meta(NS, "postgres", 150 * DAY, json!({"app": "postgres"})),
            "spec": {"replicas": 1, "serviceName": "postgres", "selector": {"matchLabels": {"app": "postgres"}}, "template": template("postgres")},
            "status": {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "currentRevision": "postgres-6f", "updateRevision": "postgres-6f"},
        }),
    );
    pod(
        stub,
        PodSeed {
            age: 40 * DAY,
            owner: Some(("apps/v1", "StatefulSet", &set)),
            ..PodSeed::new("solia", "postgres-0", "postgres")
        },
    );
    stub.put(
        "persistentvolumeclaims",
        json!({
            "metadata": meta(NS, "data-postgres-0", 150 * DAY, json!({"app": "postgres"})),
            "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "pv-postgres-0", "storageClassName": "standard", "resources": {"requests": {"storage": "20Gi"}}},
            "status": {"phase": "Bound", "capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteOnce"]},
        }),
    );
    stub.put(
        "daemonsets",
        json!({
            "metadata": meta(Some("kube-system"), "log-shipper", 90 * DAY, json!({"app": "log-shipper"})),
            "spec": {"selector": {"matchLabels": {"app": "log-shipper"}}, "template": template("log-shipper")},
            "status": {"desiredNumberScheduled": 3, "currentNumberScheduled": 3, "numberReady": 2, "numberAvailable": 2, "numberUnavailable": 1, "updatedNumberScheduled": 3, "numberMisscheduled": 0},
        }),
    );
}

fn jobs(stub: &Stub) {
    let cron = stub.put(
        "cronjobs",
        json!({
            "metadata": meta(NS, "cleanup", 30 * DAY, json!({"app": "cleanup"})),
            "spec": {"schedule": "*/10 * * * *", "suspend": false, "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": {"template": template("cleanup")}}},
            "status": {"lastScheduleTime": seconds_ago(7 * MINUTE), "lastSuccessfulTime": seconds_ago(6 * MINUTE)},
        }),
    );
    let mut metadata = meta(NS, "cleanup-29371230", 7 * MINUTE, json!({"app": "cleanup"}));
    owned_by(&mut metadata, "batch/v1", "CronJob", &cron);
    let done = json!({"succeeded": 1, "startTime": seconds_ago(7 * MINUTE), "completionTime": seconds_ago(6 * MINUTE), "conditions": [condition("Complete", "True", "", "", 6 * MINUTE)]});
    let job = stub.put("jobs", json!({"metadata": metadata, "spec": {"completions": 1, "parallelism": 1, "backoffLimit": 6, "template": template("cleanup")}, "status": done}));
    pod(
        stub,
        PodSeed {
            age: 7 * MINUTE,
            doing: Doing::Completed,
            owner: Some(("batch/v1", "Job", &job)),
            ..PodSeed::new("solia", "cleanup-29371230-b8ds4", "cleanup")
        },
    );
    let failed = json!({"failed": 4, "startTime": seconds_ago(2 * DAY), "conditions": [condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit", 2 * DAY)]});
    stub.put("jobs", json!({"metadata": meta(NS, "db-migrate", 2 * DAY, json!({"app": "db-migrate"})), "spec": {"completions": 1, "parallelism": 1, "backoffLimit": 3, "template": template("db-migrate")}, "status": failed}));
    for (name, doing) in [("import-preview", Doing::NoImage), ("report-huge", Doing::Unschedulable)] {
        pod(
            stub,
            PodSeed {
                age: 25 * MINUTE,
                doing,
                image: "registry.example/preview:nope",
                ..PodSeed::new("solia", name, "tools")
            },
        );
    }
}

fn around(stub: &Stub) {
    for (name, port, kind) in [
        ("backend", 4000, "ClusterIP"),
        ("frontend", 80, "NodePort"),
        ("postgres", 5432, "ClusterIP"),
        ("redis", 6379, "ClusterIP"),
    ] {
        let service = stub.put(
            "services",
            json!({
                "metadata": meta(NS, name, 150 * DAY, json!({"app": name})),
                "spec": {"type": kind, "clusterIP": "10.96.14.7", "clusterIPs": ["10.96.14.7"], "selector": {"app": name}, "ports": [{"name": "main", "port": port, "targetPort": port, "protocol": "TCP"}]},
                "status": {"loadBalancer": {}},
            }),
        );
        let mut metadata = meta(NS, &format!("{name}-x7f2k"), 150 * DAY, json!({"kubernetes.io/service-name": name}));
        owned_by(&mut metadata, "v1", "Service", &service);
        let endpoint = |address: &str, ready: bool| json!({"addresses": [address], "conditions": {"ready": ready, "serving": ready, "terminating": false}, "nodeName": "node-1"});
        stub.put("endpointslices", json!({"metadata": metadata, "addressType": "IPv4", "endpoints": [endpoint("10.1.0.17", true), endpoint("10.1.0.18", name != "backend")], "ports": [{"name": "main", "port": port, "protocol": "TCP"}]}));
    }
    let backend = |port: &str| json!({"service": {"name": port, "port": {"number": 4000}}});
    stub.put(
        "ingresses",
        json!({
            "metadata": meta(NS, "solia", 150 * DAY, json!({})),
            "spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["solia.example"], "secretName": "tls"}],
                     "rules": [{"host": "solia.example", "http": {"paths": [{"path": "/api", "pathType": "Prefix", "backend": backend("backend")}, {"path": "/", "pathType": "Prefix", "backend": backend("frontend")}]}}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}},
        }),
    );
    let cpu = |part: &str| json!([{"type": "Resource", "resource": {"name": "cpu", part: {"type": "Utilization", "averageUtilization": if part == "target" { 80 } else { 93 }}}}]);
    stub.put(
        "horizontalpodautoscalers",
        json!({
            "metadata": meta(NS, "backend", 30 * DAY, json!({})),
            "spec": {"minReplicas": 2, "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "backend-deployment"}, "metrics": cpu("target")},
            "status": {"currentReplicas": 3, "desiredReplicas": 3, "currentMetrics": cpu("current"), "conditions": [condition("ScalingLimited", "True", "TooManyReplicas", "the desired replica count is more than the maximum replica count", HOUR)]},
        }),
    );
    stub.put(
        "poddisruptionbudgets",
        json!({
            "metadata": meta(NS, "backend", 30 * DAY, json!({})), "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "backend"}}},
            "status": {"currentHealthy": 2, "desiredHealthy": 2, "disruptionsAllowed": 0, "expectedPods": 3},
        }),
    );
    stub.put("networkpolicies", json!({"metadata": meta(NS, "backend-from-frontend", 30 * DAY, json!({})), "spec": {"podSelector": {"matchLabels": {"app": "backend"}}, "policyTypes": ["Ingress"], "ingress": [{}]}}));
    stub.put("configmaps", json!({"metadata": meta(NS, "backend-config", 30 * DAY, json!({})), "data": {"LOG_LEVEL": "info", "application.yaml": "server:\n  port: 4000\n"}}));
    // The value is `hunter2-is-secret`: tests look for it, and for its base64, where it must never be.
    stub.put("secrets", json!({"metadata": meta(NS, "backend-secret", 30 * DAY, json!({})), "type": "Opaque", "data": {"password": "aHVudGVyMi1pcy1zZWNyZXQ="}}));
}

fn logs(stub: &Stub) {
    let pod = "backend-deployment-6d9f7c5b8d-4xk2p";
    let line = |seconds: i64, text: &str| stub.log_at(Timestamp::now() - SignedDuration::from_secs(seconds), "solia", pod, "backend", text);
    line(330, r#"{"level":"info","msg":"starting","version":"1.4.2"}"#);
    line(320, r#"{"level":"error","msg":"connect postgres: connection refused"}"#);
    stub.log_restart("solia", pod, "backend");
    line(250, r#"{"level":"info","msg":"starting","version":"1.4.2"}"#);
    line(241, r#"{"level":"error","msg":"connect postgres: connection refused"}"#);
    line(240, "panic: no database");
}
