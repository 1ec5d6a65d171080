//! Pod templates: what two revisions are compared by.

use serde_json::{Value, json};

use super::body;
use crate::model::{Body, Known, Template, Time};

fn template(raw: &Value) -> Template {
    for known in [Known::ReplicaSet, Known::StatefulSet, Known::DaemonSet, Known::Deployment] {
        let whole = json!({"metadata": {"name": "x"}, "spec": {"template": raw}});
        match body(known, &whole) {
            Body::Workload(w) if known == Known::Deployment => return w.template,
            Body::Workload(w) => assert!(!w.template.parts.is_empty()),
            other => panic!("{other:?}"),
        }
    }
    panic!("no template")
}

fn backend() -> Value {
    json!({
        "metadata": {"labels": {"app": "backend", "pod-template-hash": "abc"}, "annotations": {"kubectl.kubernetes.io/restartedAt": "1970-01-01T00:01:00Z", "note": "a"}},
        "spec": {
            "serviceAccountName": "backend", "serviceAccount": "backend", "nodeSelector": {"pool": "apps"}, "imagePullSecrets": [{"name": "registry"}],
            "securityContext": {}, "affinity": {"podAntiAffinity": {"x": [1, 2]}},
            "initContainers": [{"name": "migrate", "image": "ghcr.io/solia/migrate:1", "command": ["migrate"], "env": null}],
            "containers": [{
                "name": "backend", "image": "ghcr.io/solia/backend:v1.8.2", "args": ["serve"],
                "env": [
                    {"name": "LOG", "value": "debug"}, {"name": "LOG", "value": "info"},
                    {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
                    {"name": "FLAG", "valueFrom": {"configMapKeyRef": {"name": "flags", "key": "x"}}},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                "envFrom": [{"configMapRef": {"name": "common"}}, {"prefix": "S_", "secretRef": {"name": "stripe"}}],
                "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"memory": "2Gi", "ephemeral-storage": "1Gi"}},
                "livenessProbe": {"httpGet": {"path": "/live"}}, "readinessProbe": {"httpGet": {"path": "/ready"}},
                "ports": [{"containerPort": 8080}]}],
            "volumes": [
                {"name": "files", "configMap": {"name": "files"}}, {"name": "tls", "secret": {"secretName": "tls"}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
                {"name": "all", "projected": {"sources": [{"configMap": {"name": "ca"}}, {"secret": {"name": "token"}}, {"serviceAccountToken": {"path": "t"}}]}},
                {"name": "tmp", "emptyDir": {}}]
        }
    })
}

#[test]
fn a_template_holds_what_a_person_asks_about_and_no_value_of_a_variable() {
    let read = template(&backend());
    let names = |names: &[std::sync::Arc<str>]| names.join(" ");
    assert_eq!(names(&read.config_maps), "ca common files flags");
    assert_eq!(
        names(&read.secrets),
        "db stripe tls token",
        "what images are pulled with is not among them"
    );
    assert_eq!((names(&read.claims), &*read.service_account), ("data".to_owned(), "backend"));
    assert_eq!(read.restarted, Time(60));
    let parts: Vec<_> = read.parts.iter().map(|p| (&*p.name, p.init, &*p.image)).collect();
    assert_eq!(
        parts,
        [
            ("migrate", true, "ghcr.io/solia/migrate:1"),
            ("backend", false, "ghcr.io/solia/backend:v1.8.2")
        ]
    );
    let backend = &read.parts[1];
    let env: Vec<_> = backend.env.iter().map(|(name, _)| &**name).collect();
    assert_eq!(env, ["DB", "FLAG", "LOG", "NODE"]);
    assert_eq!(
        (backend.cpu.request.get(), backend.cpu.limit.get(), backend.memory.limit.memory()),
        (Some(250), None, "2Gi".to_owned())
    );
    assert!(!format!("{read:?}").contains("info"));
    let none = json!({"metadata": {"name": "x"}, "spec": {"template": {"spec": null}}});
    assert!(matches!(body(Known::Deployment, &none), Body::Workload(w) if w.template == Template::default()));
}

#[test]
fn every_change_of_a_template_is_told_as_what_it_is() {
    let container = "/spec/containers/0";
    let other = "~ other settings of the pod";
    let table: [(&str, Value, &[&str]); 27] = [
        (
            "/image",
            json!("ghcr.io/solia/backend:v1.8.3"),
            &["~ image backend: v1.8.2 → v1.8.3"],
        ),
        ("/env/1/value", json!("warn"), &["~ env backend: LOG has another value"]),
        // The server takes the last one.
        ("/env/0/value", json!("warn"), &[]),
        (
            "/env/2/valueFrom/secretKeyRef/key",
            json!("other"),
            &["~ env backend: DB has another value"],
        ),
        (
            "/env/2/valueFrom/secretKeyRef/name",
            json!("db2"),
            &["~ env backend: DB has another value", "- secret db", "+ secret db2"],
        ),
        (
            "/env/4/valueFrom/fieldRef/fieldPath",
            json!("x"),
            &["~ env backend: NODE has another value"],
        ),
        (
            "/envFrom/0/configMapRef/name",
            json!("c2"),
            &["- config map common", "+ config map c2"],
        ),
        ("/envFrom/1/prefix", json!("T_"), &[other]),
        ("/resources/requests/cpu", json!("500m"), &["~ cpu request backend: 250m → 500m"]),
        ("/resources/limits/memory", json!("3Gi"), &["~ memory limit backend: 2Gi → 3Gi"]),
        ("/resources/limits/ephemeral-storage", json!("2Gi"), &[other]),
        ("/args", json!(["serve", "--fast"]), &["~ command backend"]),
        ("/readinessProbe/httpGet/path", json!("/live"), &["~ probes backend"]),
        ("/ports/0/containerPort", json!(8081), &[other]),
        (
            "S/volumes/0/configMap/name",
            json!("f2"),
            &["- config map files", "+ config map f2"],
        ),
        ("S/volumes/1/secret/secretName", json!("t2"), &["- secret tls", "+ secret t2"]),
        (
            "S/volumes/2/persistentVolumeClaim/claimName",
            json!("d2"),
            &["- volume claim data", "+ volume claim d2"],
        ),
        (
            "S/volumes/3/projected/sources/1/secret/name",
            json!("t2"),
            &["- secret token", "+ secret t2"],
        ),
        ("S/volumes/3/projected/sources/2/serviceAccountToken/path", json!("u"), &[other]),
        ("S/volumes/4/name", json!("cache"), &[other]),
        ("S/serviceAccountName", json!("b2"), &["~ service account: backend → b2"]),
        ("S/imagePullSecrets/0/name", json!("r2"), &[other]),
        ("S/affinity/podAntiAffinity/x", json!([2, 1]), &[other]),
        ("S/nodeSelector/pool", json!("data"), &[other]),
        ("M/labels/app", json!("b2"), &[other]),
        ("M/labels/pod-template-hash", json!("def"), &[]),
        ("M/annotations/note", json!("b"), &[other]),
    ];
    let before = template(&backend());
    for (path, value, lines) in table {
        let path = match (path.strip_prefix('S'), path.strip_prefix('M')) {
            (Some(path), _) => format!("/spec{path}"),
            (_, Some(path)) => format!("/metadata{path}"),
            _ => format!("{container}{path}"),
        };
        let mut raw = backend();
        *raw.pointer_mut(&path).unwrap_or_else(|| panic!("{path}")) = value;
        let told = before.difference(&template(&raw));
        assert_eq!(told.iter().map(|l| &**l).collect::<Vec<_>>(), lines, "{path}");
    }
    let mut restarted = backend();
    restarted["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = json!("1970-01-01T00:02:00Z");
    let restarted = template(&restarted);
    assert_eq!((restarted.rest, restarted.restarted), (before.rest, Time(120)));
}

#[test]
fn two_variables_of_the_same_value_do_not_look_alike() {
    let raw = json!({"spec": {"containers": [{"name": "a", "env": [{"name": "A", "value": "x"}, {"name": "B", "value": "x"}]}]}});
    let read = template(&raw);
    assert_ne!(read.parts[0].env[0].1, read.parts[0].env[1].1);
}

#[test]
fn why_a_workload_was_changed_is_read_without_the_secrets_in_it() {
    let raw =
        json!({"metadata": {"name": "x", "annotations": {"kubernetes.io/change-cause": "kubectl set env deploy/x password=hunter2"}}});
    for known in [Known::Deployment, Known::ReplicaSet] {
        let Body::Workload(w) = body(known, &raw) else { panic!() };
        assert!(w.change_cause.starts_with("kubectl set env") && !w.change_cause.contains("hunter2"));
    }
}
