//! What may not change once an object is there.

use serde_json::{Value, json};

use super::super::refuse::Cause;
use super::meta::quoted;
use crate::sim::kube::Version;

pub(super) fn check(version: Version, kind: &str, before: &Value, after: &Value, causes: &mut Vec<Cause>) {
    for field in ["uid", "creationTimestamp", "generateName"] {
        let (old, new) = (&before["metadata"][field], &after["metadata"][field]);
        if old != new && field != "generateName" {
            let shown = quoted(new.as_str().unwrap_or_default());
            causes.push(Cause::invalid(format!("metadata.{field}"), shown, "field is immutable"));
        }
    }
    let (old, new) = (&before["spec"], &after["spec"]);
    match kind {
        "Pod" => pod(version, old, new, causes),
        "Deployment" | "ReplicaSet" | "DaemonSet" => same("spec.selector", &old["selector"], &new["selector"], causes),
        "StatefulSet" => stateful_set(version, old, new, causes),
        "Job" => {
            same("spec.selector", &old["selector"], &new["selector"], causes);
            same("spec.template", &old["template"], &new["template"], causes);
            same("spec.completions", &old["completions"], &new["completions"], causes);
        }
        "Service" => {
            let (had, has) = (
                old["clusterIP"].as_str().unwrap_or_default(),
                new["clusterIP"].as_str().unwrap_or_default(),
            );
            if !had.is_empty() && had != has && new["type"] != "ExternalName" {
                let shown = if has.is_empty() { quoted("") } else { quoted(has) };
                let field = if has.is_empty() { "spec.clusterIP" } else { "spec.clusterIPs[0]" };
                causes.push(Cause::invalid(field, shown, "field is immutable"));
            }
        }
        "PersistentVolumeClaim" => {
            let but = |spec: &Value| {
                let mut spec = spec.clone();
                if let Some(spec) = spec.as_object_mut() {
                    spec.remove("resources");
                    spec.remove("volumeName");
                }
                spec
            };
            if but(old) != but(new) {
                let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
                causes.push(Cause::forbidden("spec", why));
            }
        }
        "ConfigMap" | "Secret" => {
            if before["immutable"] == true && (before["data"] != after["data"] || after["immutable"] != true) {
                causes.push(Cause::forbidden("data", "field is immutable when `immutable` is set"));
            }
            same("type", &before["type"], &after["type"], causes);
        }
        _ => {}
    }
}

fn same(field: &str, before: &Value, after: &Value, causes: &mut Vec<Cause>) {
    if before != after {
        causes.push(Cause::invalid(field, after, "field is immutable"));
    }
}

fn pod(version: Version, old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    let but = |spec: &Value| {
        let mut spec = spec.clone();
        for list in ["containers", "initContainers"] {
            for one in spec[list].as_array_mut().into_iter().flatten() {
                if let Some(one) = one.as_object_mut() {
                    one.insert("image".to_owned(), json!(""));
                }
            }
        }
        if let Some(spec) = spec.as_object_mut() {
            for field in [
                "activeDeadlineSeconds",
                "terminationGracePeriodSeconds",
                "tolerations",
                "ephemeralContainers",
            ] {
                spec.remove(field);
            }
        }
        spec
    };
    if but(old) != but(new) {
        let why = match version {
            Version::V1_20 => {
                "pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to existing tolerations)"
            }
            Version::V1_36 => {
                "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
            }
        };
        causes.push(Cause::forbidden("spec", why));
    }
    let kept = |t: &Value| new["tolerations"].as_array().is_some_and(|all| all.contains(t));
    if !old["tolerations"].as_array().into_iter().flatten().all(kept) {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        causes.push(Cause::forbidden("spec.tolerations", why));
    }
}

fn stateful_set(version: Version, old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    let but = |spec: &Value| {
        let mut spec = spec.clone();
        if let Some(spec) = spec.as_object_mut() {
            for field in [
                "replicas",
                "ordinals",
                "template",
                "updateStrategy",
                "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
                "revisionHistoryLimit",
            ] {
                spec.remove(field);
            }
        }
        spec
    };
    if but(old) != but(new) {
        let why = match version {
            Version::V1_20 => {
                "updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' are forbidden"
            }
            Version::V1_36 => {
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
            }
        };
        causes.push(Cause::forbidden("spec", why));
    }
}
