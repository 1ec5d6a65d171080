//! Workloads, and the small kinds.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::{each, or, pod_spec, within};
use crate::sim::kube::Version;

type Fields = Map<String, Value>;

pub(super) fn apply(version: Version, kind: &str, object: &mut Fields) {
    match kind {
        "Deployment" => deployment(object),
        "ReplicaSet" => replica_set(object),
        "StatefulSet" => stateful_set(object),
        "DaemonSet" => daemon_set(object),
        "Job" => job(version, object),
        "CronJob" => cron_job(object),
        "HorizontalPodAutoscaler" => autoscaler(object),
        "PersistentVolumeClaim" => claim(object),
        "Namespace" => namespace(version, object),
        "Secret" => secret(object),
        _ => {}
    }
    if has_status(kind) {
        or(object, "status", json!({}));
    }
}

fn has_status(kind: &str) -> bool {
    matches!(
        kind,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "CronJob" | "HorizontalPodAutoscaler" | "PodDisruptionBudget"
    )
}

fn template(spec: &mut Fields) {
    let Some(template) = within(spec, "template") else { return };
    if let Some(meta) = within(template, "metadata") {
        // Servers write this; a client that compares templates sees it.
        meta.entry("creationTimestamp").or_insert(Value::Null);
    }
    if let Some(spec) = within(template, "spec") {
        pod_spec(spec);
    }
}

fn rolling(strategy: &mut Fields, defaults: &[(&str, Value)]) {
    or(strategy, "type", "RollingUpdate");
    if strategy.get("type").is_some_and(|t| t == "RollingUpdate")
        && let Some(rolling) = within(strategy, "rollingUpdate")
    {
        for (field, value) in defaults {
            or(rolling, field, value.clone());
        }
    }
}

fn deployment(object: &mut Fields) {
    let Some(spec) = within(object, "spec") else { return };
    or(spec, "replicas", 1);
    template(spec);
    if let Some(strategy) = within(spec, "strategy") {
        rolling(strategy, &[("maxUnavailable", json!("25%")), ("maxSurge", json!("25%"))]);
    }
    or(spec, "revisionHistoryLimit", 10);
    or(spec, "progressDeadlineSeconds", 600);
}

fn replica_set(object: &mut Fields) {
    let Some(spec) = within(object, "spec") else { return };
    or(spec, "replicas", 1);
    template(spec);
}

fn stateful_set(object: &mut Fields) {
    let Some(spec) = within(object, "spec") else { return };
    or(spec, "replicas", 1);
    or(spec, "podManagementPolicy", "OrderedReady");
    or(spec, "revisionHistoryLimit", 10);
    template(spec);
    if let Some(strategy) = within(spec, "updateStrategy") {
        rolling(strategy, &[("partition", json!(0))]);
    }
    for claim in each(spec, "volumeClaimTemplates") {
        if let Some(spec) = within(claim, "spec") {
            or(spec, "volumeMode", "Filesystem");
        }
        or(claim, "status", json!({"phase": "Pending"}));
    }
}

fn daemon_set(object: &mut Fields) {
    let Some(spec) = within(object, "spec") else { return };
    template(spec);
    or(spec, "revisionHistoryLimit", 10);
    if let Some(strategy) = within(spec, "updateStrategy") {
        rolling(strategy, &[("maxUnavailable", json!(1)), ("maxSurge", json!(0))]);
    }
}

fn job_spec(version: Version, spec: &mut Fields) {
    // A job without either number is done when one pod has succeeded.
    if spec.get("completions").is_none_or(Value::is_null) && spec.get("parallelism").is_none_or(Value::is_null) {
        or(spec, "completions", 1);
    }
    or(spec, "parallelism", 1);
    or(spec, "backoffLimit", 6);
    if version == Version::V1_36 {
        or(spec, "completionMode", "NonIndexed");
        or(spec, "suspend", false);
        or(spec, "podReplacementPolicy", "TerminatingOrFailed");
        or(spec, "manualSelector", false);
    }
    template(spec);
}

fn job(version: Version, object: &mut Fields) {
    if let Some(spec) = within(object, "spec") {
        job_spec(version, spec);
    }
}

/// The labels by which a new job finds its pods: they carry the job's uid.
pub fn own_labels(version: Version, object: &mut Value) {
    let (uid, name) = (object["metadata"]["uid"].clone(), object["metadata"]["name"].clone());
    let Some(object) = object.as_object_mut() else { return };
    let Some(spec) = within(object, "spec") else { return };
    if spec.get("manualSelector").is_some_and(|m| m == true) || spec.contains_key("selector") {
        return;
    }
    let old = [("controller-uid", uid.clone()), ("job-name", name.clone())];
    let new = [
        ("batch.kubernetes.io/controller-uid", uid.clone()),
        ("batch.kubernetes.io/job-name", name),
    ];
    let labels: Vec<(&str, Value)> = match version {
        Version::V1_20 => old.to_vec(),
        Version::V1_36 => new.into_iter().chain(old).collect(),
    };
    let key = labels.first().map_or("controller-uid", |(key, _)| *key);
    spec.insert("selector".to_owned(), json!({"matchLabels": {key: uid}}));
    let own = |meta: Option<&mut Fields>| {
        if let Some(own) = meta.and_then(|meta| within(meta, "labels")) {
            own.extend(labels.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        }
    };
    own(within(spec, "template").and_then(|t| within(t, "metadata")));
    if version == Version::V1_20 {
        own(within(object, "metadata"));
    }
}

fn cron_job(object: &mut Fields) {
    let Some(spec) = within(object, "spec") else { return };
    or(spec, "concurrencyPolicy", "Allow");
    or(spec, "suspend", false);
    or(spec, "successfulJobsHistoryLimit", 3);
    or(spec, "failedJobsHistoryLimit", 1);
    let Some(template_of_jobs) = within(spec, "jobTemplate") else {
        return;
    };
    if let Some(meta) = within(template_of_jobs, "metadata") {
        meta.entry("creationTimestamp").or_insert(Value::Null);
    }
    // The numbers are filled in when a job is made of it.
    if let Some(spec) = within(template_of_jobs, "spec") {
        template(spec);
    }
}

fn autoscaler(object: &mut Fields) {
    if let Some(spec) = within(object, "spec") {
        or(spec, "minReplicas", 1);
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        or(
            spec,
            "metrics",
            json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]),
        );
    }
    if let Some(status) = within(object, "status") {
        or(status, "desiredReplicas", 0);
        or(status, "currentMetrics", Value::Null);
        status.retain(|_, v| !v.is_null());
    }
}

fn claim(object: &mut Fields) {
    if let Some(spec) = within(object, "spec") {
        or(spec, "volumeMode", "Filesystem");
    }
    if let Some(status) = within(object, "status") {
        or(status, "phase", "Pending");
    }
    if let Some(meta) = within(object, "metadata") {
        or(meta, "finalizers", json!(["kubernetes.io/pvc-protection"]));
    }
}

fn namespace(version: Version, object: &mut Fields) {
    if version == Version::V1_36
        && let Some(meta) = within(object, "metadata")
    {
        let name = meta.get("name").cloned().unwrap_or_default();
        if let Some(labels) = within(meta, "labels") {
            labels.insert("kubernetes.io/metadata.name".to_owned(), name);
        }
    }
    if let Some(spec) = within(object, "spec") {
        or(spec, "finalizers", json!(["kubernetes"]));
    }
    if let Some(status) = within(object, "status") {
        or(status, "phase", "Active");
    }
}

/// What was written as text is kept in base64.
fn secret(object: &mut Fields) {
    or(object, "type", "Opaque");
    let Some(Value::Object(texts)) = object.remove("stringData") else {
        return;
    };
    if let Some(data) = within(object, "data") {
        for (key, text) in texts {
            let text = text.as_str().unwrap_or_default();
            let text = base64::engine::general_purpose::STANDARD.encode(text);
            data.insert(key, json!(text));
        }
    }
}
