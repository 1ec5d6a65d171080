//! Pods and the templates of pods.

use serde_json::{Map, Value, json};

use super::{each, or, within};

type Fields = Map<String, Value>;

/// A pod's template, and a pod.
pub fn pod_spec(spec: &mut Fields) {
    or(spec, "restartPolicy", "Always");
    or(spec, "terminationGracePeriodSeconds", 30);
    or(spec, "dnsPolicy", "ClusterFirst");
    or(spec, "securityContext", json!({}));
    or(spec, "schedulerName", "default-scheduler");
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        or(spec, "serviceAccount", account);
    } else if let Some(account) = spec.get("serviceAccount").cloned() {
        or(spec, "serviceAccountName", account);
    }
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        for one in each(spec, field) {
            container(one);
        }
    }
    for one in each(spec, "volumes") {
        volume(one);
    }
}

fn container(one: &mut Fields) {
    or(one, "resources", json!({}));
    or(one, "terminationMessagePath", "/dev/termination-log");
    or(one, "terminationMessagePolicy", "File");
    let image = one.get("image").and_then(Value::as_str).unwrap_or_default();
    let policy = if latest(image) { "Always" } else { "IfNotPresent" };
    or(one, "imagePullPolicy", policy);
    for port in each(one, "ports") {
        or(port, "protocol", "TCP");
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = one.get_mut(name).and_then(Value::as_object_mut) {
            for (field, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                or(probe, field, value);
            }
            http(probe);
        }
    }
    if let Some(lifecycle) = one.get_mut("lifecycle").and_then(Value::as_object_mut) {
        for hook in ["postStart", "preStop"] {
            if let Some(hook) = lifecycle.get_mut(hook).and_then(Value::as_object_mut) {
                http(hook);
            }
        }
    }
    for variable in each(one, "env") {
        let from = variable.get_mut("valueFrom").and_then(Value::as_object_mut);
        if let Some(field) = from.and_then(|f| f.get_mut("fieldRef")).and_then(Value::as_object_mut) {
            or(field, "apiVersion", "v1");
        }
    }
    for which in ["requests", "limits"] {
        let resources = one.get_mut("resources").and_then(|r| r.get_mut(which));
        for quantity in resources.and_then(Value::as_object_mut).into_iter().flat_map(|r| r.values_mut()) {
            if quantity.is_number() {
                *quantity = json!(quantity.to_string());
            }
        }
    }
}

fn http(handler: &mut Fields) {
    if let Some(get) = handler.get_mut("httpGet").and_then(Value::as_object_mut) {
        or(get, "path", "/");
        or(get, "scheme", "HTTP");
    }
}

fn volume(one: &mut Fields) {
    for source in ["secret", "configMap", "projected", "downwardAPI"] {
        if let Some(source) = one.get_mut(source).and_then(Value::as_object_mut) {
            or(source, "defaultMode", 420);
        }
    }
    if let Some(path) = one.get_mut("hostPath").and_then(Value::as_object_mut) {
        or(path, "type", "");
    }
    // A volume that says nothing is an empty directory.
    if one.keys().all(|k| k == "name") {
        or(one, "emptyDir", json!({}));
    }
}

/// Whether the image's tag is `latest`, or missing.
fn latest(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    !name.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// A pod, with what admission adds: service account, tolerations, priority; and its first status.
pub fn pod(object: &mut Fields) {
    let Some(spec) = within(object, "spec") else { return };
    pod_spec(spec);
    or(spec, "enableServiceLinks", true);
    or(spec, "serviceAccountName", "default");
    let account = spec.get("serviceAccountName").cloned().unwrap_or_default();
    or(spec, "serviceAccount", account);
    or(spec, "priority", 0);
    or(spec, "preemptionPolicy", "PreemptLowerPriority");
    for field in ["initContainers", "containers"] {
        for one in each(spec, field) {
            let Some(resources) = one.get_mut("resources").and_then(Value::as_object_mut) else {
                continue;
            };
            if let Some(limits) = resources
                .get("limits")
                .and_then(Value::as_object)
                .filter(|l| !l.is_empty())
                .cloned()
                && let Some(requests) = within(resources, "requests")
            {
                for (name, amount) in limits {
                    or(requests, &name, amount);
                }
            }
        }
    }
    tolerate(spec);
    let class = qos_class(&Value::Object(spec.clone()));
    if let Some(status) = within(object, "status") {
        or(status, "phase", "Pending");
        or(status, "qosClass", class);
    }
}

/// Five minutes on a node that is not ready or does not answer.
fn tolerate(spec: &mut Fields) {
    or(spec, "tolerations", json!([]));
    let Some(tolerations) = spec.get_mut("tolerations").and_then(Value::as_array_mut) else {
        return;
    };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |t: &Value| {
            let field = |name: &str| t[name].as_str().unwrap_or_default();
            (field("key") == key || field("key").is_empty()) && matches!(field("effect"), "" | "NoExecute")
        };
        if !tolerations.iter().any(covers) {
            tolerations.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
}

/// `Guaranteed`, `Burstable` or `BestEffort`, from a pod's spec.
pub fn qos_class(spec: &Value) -> &'static str {
    let lists = ["containers", "initContainers"];
    let containers: Vec<&Value> = lists.iter().flat_map(|list| spec[*list].as_array().into_iter().flatten()).collect();
    let amount = |c: &Value, which: &str, what: &str| c["resources"][which][what].as_str().map(str::to_owned);
    let amounts = || {
        containers
            .iter()
            .flat_map(|c| ["cpu", "memory"].map(|what| (amount(c, "requests", what), amount(c, "limits", what))))
    };
    if amounts().all(|(request, limit)| request.is_none() && limit.is_none()) {
        return "BestEffort";
    }
    if amounts().all(|(request, limit)| limit.is_some() && (request.is_none() || request == limit)) {
        return "Guaranteed";
    }
    "Burstable"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_a_version_are_always_pulled() {
        assert!(latest("nginx") && latest("ghcr.io:443/a/nginx") && latest("nginx:latest"));
        assert!(!latest("nginx:1.2") && !latest("ghcr.io/a/nginx@sha256:00"));
    }
}
