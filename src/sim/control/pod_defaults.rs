//! What the API server fills in where a pod or a template leaves it out.

use serde_json::{Value, json};

use super::document::{set, text};

fn default(at: &mut Value, field: &str, value: Value) {
    if let Some(fields) = at.as_object_mut() {
        let slot = fields.entry(field).or_insert(Value::Null);
        if slot.is_null() {
            *slot = value;
        }
    }
}

/// Fills in the specification of a template or a pod.
pub fn spec(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    default(spec, "restartPolicy", json!("Always"));
    default(spec, "dnsPolicy", json!("ClusterFirst"));
    default(spec, "schedulerName", json!("default-scheduler"));
    default(spec, "securityContext", json!({}));
    default(spec, "terminationGracePeriodSeconds", json!(30));
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            self::container(container);
        }
    }
    for volume in spec.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        for source in ["configMap", "secret", "projected"] {
            if let Some(source) = volume.get_mut(source) {
                default(source, "defaultMode", json!(420));
            }
        }
    }
}

fn container(container: &mut Value) {
    let image = text(&container["image"]);
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    let policy = match tag {
        None | Some("latest") if !image.contains('@') => "Always",
        _ => "IfNotPresent",
    };
    default(container, "imagePullPolicy", json!(policy));
    default(container, "resources", json!({}));
    default(container, "terminationMessagePath", json!("/dev/termination-log"));
    default(container, "terminationMessagePolicy", json!("File"));
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        default(port, "protocol", json!("TCP"));
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).filter(|p| p.is_object()) {
            for (field, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                default(probe, field, json!(value));
            }
            if let Some(get) = probe.get_mut("httpGet") {
                default(get, "path", json!("/"));
                default(get, "scheme", json!("HTTP"));
            }
        }
    }
    // A limit without a request is also the request.
    let limits = container["resources"]["limits"].as_object().cloned().unwrap_or_default();
    for (name, amount) in limits {
        if container["resources"]["requests"][&name].is_null() {
            set(container, &["resources", "requests", &name], amount);
        }
    }
}

/// Fills in a new pod, as defaults and admission do: service account, its token, tolerations, priority, status.
pub fn admit(pod: &mut Value, token: &str) {
    self::spec(&mut pod["spec"]);
    let Some(spec) = pod.get_mut("spec").filter(|s| s.is_object()) else {
        return;
    };
    default(spec, "serviceAccountName", json!("default"));
    let account = spec["serviceAccountName"].clone();
    default(spec, "serviceAccount", account);
    default(spec, "enableServiceLinks", json!(true));
    default(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    default(spec, "priority", json!(0));
    if !spec["tolerations"].is_array() {
        spec["tolerations"] = json!([]);
    }
    if let Some(tolerations) = spec["tolerations"].as_array_mut() {
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let covered = tolerations.iter().any(|t| {
                (t["key"] == key || t["key"].is_null() && t["operator"] == "Exists")
                    && (t["effect"] == "NoExecute" || t["effect"].is_null())
            });
            if !covered {
                tolerations.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
            }
        }
    }
    if spec["automountServiceAccountToken"] != json!(false) {
        mount_token(spec, token);
    }
    let class = quality(spec);
    if pod["status"]["phase"].is_null() {
        set(pod, &["status", "phase"], json!("Pending"));
    }
    if pod["status"]["qosClass"].is_null() {
        set(pod, &["status", "qosClass"], json!(class));
    }
}

const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

fn mount_token(spec: &mut Value, ending: &str) {
    let name = format!("kube-api-access-{ending}");
    let mut mounted = false;
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if !container["volumeMounts"].is_array() {
                set(container, &["volumeMounts"], json!([]));
            }
            if let Some(mounts) = container.get_mut("volumeMounts").and_then(Value::as_array_mut)
                && !mounts.iter().any(|m| m["mountPath"] == TOKEN_PATH)
            {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": TOKEN_PATH}));
                mounted = true;
            }
        }
    }
    if !mounted {
        return;
    }
    if !spec["volumes"].is_array() {
        set(spec, &["volumes"], json!([]));
    }
    if let Some(volumes) = spec.get_mut("volumes").and_then(Value::as_array_mut) {
        volumes.push(json!({"name": name, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ]}}));
    }
}

/// The quality of service that follows from requests and limits.
pub fn quality(spec: &Value) -> &'static str {
    let containers = || {
        ["initContainers", "containers"]
            .into_iter()
            .flat_map(|list| super::document::list(&spec[list]))
            .map(|c| &c["resources"])
    };
    let states = |part: &str, name: &str| containers().any(|r| !r[part][name].is_null());
    if !["cpu", "memory"]
        .iter()
        .any(|name| states("requests", name) || states("limits", name))
    {
        return "BestEffort";
    }
    let guaranteed = containers().all(|r| {
        ["cpu", "memory"]
            .iter()
            .all(|name| !r["limits"][name].is_null() && (r["requests"][name].is_null() || r["requests"][name] == r["limits"][name]))
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}
