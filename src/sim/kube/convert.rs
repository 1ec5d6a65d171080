//! The conversions that a reader can tell: events in their second home, autoscalers in their other versions.
//! Objects are stored in the shape of core events and of autoscaling/v2; other kinds look the same in all versions
//! that are served here.

use serde_json::{Map, Value, json};

use super::kinds::Served;

/// Whether this kind in this version looks different from what is stored.
pub fn is_converted(kind: &Served) -> bool {
    matches!(
        (&*kind.group, &*kind.version, &*kind.resource),
        ("events.k8s.io", _, _) | ("autoscaling", "v1" | "v2beta1", _) | ("networking.k8s.io" | "extensions", "v1beta1", "ingresses")
    )
}

const EVENT: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// From the stored shape to that of the version.
pub fn convert(kind: &Served, mut object: Value) -> Value {
    match (&*kind.group, &*kind.version, &*kind.resource) {
        ("events.k8s.io", _, _) => rename(&mut object, EVENT.iter().map(|(old, new)| (*old, *new))),
        ("autoscaling", "v1", _) => scaler_to_v1(&mut object),
        ("autoscaling", "v2beta1", _) => scaler_to_v2beta1(&mut object),
        (_, "v1beta1", "ingresses") => ingress_to_beta(&mut object),
        _ => {}
    }
    object
}

/// From the shape of the version to the stored one; what a client wrote in a shape of its own stays as it is.
pub fn convert_back(kind: &Served, mut object: Value) -> Value {
    match (&*kind.group, &*kind.version, &*kind.resource) {
        ("events.k8s.io", _, _) => rename(&mut object, EVENT.iter().map(|(old, new)| (*new, *old))),
        ("autoscaling", "v1", _) => scaler_from_v1(&mut object),
        ("autoscaling", "v2beta1", _) => scaler_from_v2beta1(&mut object),
        (_, "v1beta1", "ingresses") => ingress_from_beta(&mut object),
        _ => {}
    }
    object
}

fn rename<'a>(object: &mut Value, names: impl Iterator<Item = (&'a str, &'a str)>) {
    let Some(fields) = object.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = fields.remove(from) {
            fields.insert(to.to_owned(), value);
        }
    }
}

/// Takes a field of a part of the object out.
fn take(object: &mut Value, part: &str, field: &str) -> Option<Value> {
    object.get_mut(part)?.as_object_mut()?.remove(field)
}

fn fields<'a>(object: &'a mut Value, part: &str) -> Option<&'a mut Map<String, Value>> {
    object.get_mut(part)?.as_object_mut()
}

fn is_cpu(metric: &Value) -> bool {
    metric["type"] == "Resource" && metric["resource"]["name"] == "cpu"
}

/// Version 1 knows the processor's utilization only; the rest goes into annotations.
fn scaler_to_v1(object: &mut Value) {
    let mut notes = Vec::new();
    for (part, list, field, at, note) in [
        (
            "spec",
            "metrics",
            "targetCPUUtilizationPercentage",
            "/resource/target/averageUtilization",
            "metrics",
        ),
        (
            "status",
            "currentMetrics",
            "currentCPUUtilizationPercentage",
            "/resource/current/averageUtilization",
            "current-metrics",
        ),
    ] {
        let metrics = take(object, part, list).and_then(|m| if let Value::Array(m) = m { Some(m) } else { None });
        let (cpu, other): (Vec<Value>, Vec<Value>) = metrics.unwrap_or_default().into_iter().partition(is_cpu);
        let value = cpu.first().and_then(|m| m.pointer(at)).cloned();
        if let (Some(fields), Some(value)) = (fields(object, part), value) {
            fields.insert(field.to_owned(), value);
        }
        if !other.is_empty() {
            notes.push((note, Value::Array(other)));
        }
    }
    if let Some(conditions) = take(object, "status", "conditions") {
        notes.push(("conditions", conditions));
    }
    let behavior = take(object, "spec", "behavior");
    notes.extend(behavior.map(|b| ("behavior", b)));
    if let (Some(meta), false) = (fields(object, "metadata"), notes.is_empty()) {
        let annotations = meta.entry("annotations").or_insert_with(|| json!({}));
        for (name, value) in notes {
            if let Some(annotations) = annotations.as_object_mut() {
                annotations.insert(format!("autoscaling.alpha.kubernetes.io/{name}"), json!(value.to_string()));
            }
        }
    }
}

fn scaler_from_v1(object: &mut Value) {
    let target = take(object, "spec", "targetCPUUtilizationPercentage");
    let mut metrics = Vec::new();
    if let Some(target) = target {
        metrics.push(
            json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}}),
        );
    }
    let mut note = |name: &str| {
        let annotations = object.get_mut("metadata")?.get_mut("annotations")?.as_object_mut()?;
        let text = annotations.remove(&format!("autoscaling.alpha.kubernetes.io/{name}"))?;
        serde_json::from_str::<Value>(text.as_str()?).ok()
    };
    let (more, conditions, behavior) = (note("metrics"), note("conditions"), note("behavior"));
    let current_others = note("current-metrics");
    if let Some(Value::Array(more)) = more {
        metrics.extend(more);
    }
    let mut current = Vec::new();
    if let Some(value) = take(object, "status", "currentCPUUtilizationPercentage") {
        current.push(json!({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": value}}}));
    }
    if let Some(Value::Array(more)) = current_others {
        current.extend(more);
    }
    if let Some(spec) = fields(object, "spec") {
        if !metrics.is_empty() {
            spec.insert("metrics".to_owned(), Value::Array(metrics));
        }
        spec.extend(behavior.map(|b| ("behavior".to_owned(), b)));
    }
    if let Some(status) = fields(object, "status") {
        if !current.is_empty() {
            status.insert("currentMetrics".to_owned(), Value::Array(current));
        }
        status.extend(conditions.map(|c| ("conditions".to_owned(), c)));
    }
}

/// In v2beta1 a resource metric has its target beside its name.
fn scaler_to_v2beta1(object: &mut Value) {
    let _ = take(object, "spec", "behavior");
    for (part, list, inner, names) in [
        ("spec", "metrics", "target", ["targetAverageUtilization", "targetAverageValue"]),
        (
            "status",
            "currentMetrics",
            "current",
            ["currentAverageUtilization", "currentAverageValue"],
        ),
    ] {
        let metrics = object.get_mut(part).and_then(|p| p.get_mut(list)).and_then(Value::as_array_mut);
        for metric in metrics.into_iter().flatten() {
            let Some(resource) = metric.get_mut("resource").and_then(Value::as_object_mut) else {
                continue;
            };
            let Some(values) = resource.remove(inner) else { continue };
            for (field, name) in ["averageUtilization", "averageValue"].into_iter().zip(names) {
                if let Some(value) = values.get(field) {
                    resource.insert(name.to_owned(), value.clone());
                }
            }
        }
    }
}

fn scaler_from_v2beta1(object: &mut Value) {
    for (part, list, inner, names) in [
        ("spec", "metrics", "target", ["targetAverageUtilization", "targetAverageValue"]),
        (
            "status",
            "currentMetrics",
            "current",
            ["currentAverageUtilization", "currentAverageValue"],
        ),
    ] {
        let metrics = object.get_mut(part).and_then(|p| p.get_mut(list)).and_then(Value::as_array_mut);
        for metric in metrics.into_iter().flatten() {
            let Some(resource) = metric.get_mut("resource").and_then(Value::as_object_mut) else {
                continue;
            };
            let [utilization, value] = names.map(|name| resource.remove(name));
            let mut told = json!({});
            if inner == "target" {
                told["type"] = json!(if utilization.is_some() { "Utilization" } else { "AverageValue" });
            }
            for (field, value) in [("averageUtilization", utilization), ("averageValue", value)] {
                if let Some(value) = value {
                    told[field] = value;
                }
            }
            resource.insert(inner.to_owned(), told);
        }
    }
}

/// Every backend of an ingress, with the name of the field that holds it.
fn each_backend(object: &mut Value, default: (&str, &str), change: impl Fn(Value) -> Value) {
    let Some(spec) = fields(object, "spec") else { return };
    if let Some(backend) = spec.remove(default.0) {
        spec.insert(default.1.to_owned(), change(backend));
    }
    let rules = spec.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten();
    for rule in rules {
        let paths = rule.pointer_mut("/http/paths").and_then(Value::as_array_mut);
        for path in paths.into_iter().flatten() {
            if let Some(backend) = path.get_mut("backend") {
                *backend = change(backend.take());
            }
        }
    }
}

fn ingress_to_beta(object: &mut Value) {
    each_backend(object, ("defaultBackend", "backend"), |mut backend| {
        let Some(service) = backend.get_mut("service").map(Value::take) else {
            return backend;
        };
        let port = &service["port"];
        let port = port.get("number").or_else(|| port.get("name")).cloned();
        json!({"serviceName": service["name"], "servicePort": port})
    });
}

fn ingress_from_beta(object: &mut Value) {
    each_backend(object, ("backend", "defaultBackend"), |backend| {
        if backend.get("serviceName").is_none() {
            return backend;
        }
        let port = &backend["servicePort"];
        let port = if port.is_string() {
            json!({"name": port})
        } else {
            json!({"number": port})
        };
        json!({"service": {"name": backend["serviceName"], "port": port}})
    });
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{Catalog, builtin};
    use super::super::version::Version;
    use super::*;

    #[test]
    fn what_is_told_in_another_version_comes_back_as_it_was() {
        let catalog = Catalog(builtin(Version::V1_20));
        let metric = |kind: &str, value: Value| json!({"type": "Resource", "resource": {"name": kind, "target": {"type": "Utilization", "averageUtilization": value}}});
        let current =
            |kind: &str, value: u8| json!({"type": "Resource", "resource": {"name": kind, "current": {"averageUtilization": value}}});
        let scaler = json!({
            "metadata": {"name": "web", "annotations": {}},
            "spec": {"minReplicas": 2, "metrics": [metric("cpu", json!(80)), metric("memory", json!(70))]},
            "status": {"currentMetrics": [current("cpu", 41), current("memory", 50)], "conditions": [{"type": "AbleToScale"}]},
        });
        let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
        let ingress = json!({"metadata": {"name": "web"}, "spec": {"defaultBackend": {"service": {"name": "x", "port": {"name": "http"}}},
            "rules": [{"host": "a", "http": {"paths": [{"path": "/", "backend": backend}]}}]}});
        let event = json!({"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod"}, "message": "m", "count": 3, "source": {"component": "kubelet"}});
        for (group, version, resource, object, path, told) in [
            (
                "autoscaling",
                "v1",
                "horizontalpodautoscalers",
                &scaler,
                "/spec/targetCPUUtilizationPercentage",
                json!(80),
            ),
            (
                "autoscaling",
                "v2beta1",
                "horizontalpodautoscalers",
                &scaler,
                "/status/currentMetrics/1/resource/currentAverageUtilization",
                json!(50),
            ),
            (
                "extensions",
                "v1beta1",
                "ingresses",
                &ingress,
                "/spec/backend/servicePort",
                json!("http"),
            ),
            (
                "networking.k8s.io",
                "v1beta1",
                "ingresses",
                &ingress,
                "/spec/rules/0/http/paths/0/backend/serviceName",
                json!("web"),
            ),
            ("events.k8s.io", "v1", "events", &event, "/regarding/kind", json!("Pod")),
        ] {
            let kind = catalog.find(group, version, resource).unwrap();
            let other = convert(kind, object.clone());
            assert_eq!(other.pointer(path), Some(&told), "{group}/{version}");
            assert_eq!(convert_back(kind, other), *object, "{group}/{version}");
            // What a client sends in a shape of its own does not break it.
            for odd in [
                json!(null),
                json!([]),
                json!({"spec": 3, "status": "x", "metadata": []}),
                json!({"spec": {"metrics": [1], "rules": {}}}),
            ] {
                convert_back(kind, convert(kind, odd));
            }
        }
    }
}
