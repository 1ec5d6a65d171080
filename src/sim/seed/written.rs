//! Who wrote the objects that stand there from the beginning.

use jiff::Timestamp;
use serde_json::Value;

use crate::sim::managed::{self, Writer};
use crate::sim::store::seconds;

/// The kinds that say who wrote them: those that people and pipelines write. `None`: what the cluster makes itself.
fn kind(shelf: &str) -> Option<(&'static str, &'static str)> {
    Some(match shelf {
        "deployments" => ("Deployment", "apps/v1"),
        "statefulsets" => ("StatefulSet", "apps/v1"),
        "daemonsets" => ("DaemonSet", "apps/v1"),
        "cronjobs" => ("CronJob", "batch/v1"),
        "configmaps" => ("ConfigMap", "v1"),
        "secrets" => ("Secret", "v1"),
        "services" => ("Service", "v1"),
        "ingresses" => ("Ingress", "networking.k8s.io/v1"),
        "horizontalpodautoscalers" => ("HorizontalPodAutoscaler", "autoscaling/v2"),
        "poddisruptionbudgets" => ("PodDisruptionBudget", "policy/v1"),
        "nodes" => ("Node", "v1"),
        _ => return None,
    })
}

/// Who writes what is in this namespace: the pipeline its releases, a person the rest of the platform's own, the
/// provider the system.
fn manager(shelf: &str, namespace: &str) -> &'static str {
    match (shelf, namespace) {
        ("nodes", _) => "kubelet",
        ("deployments", "default") => "github-actions",
        (_, "default") => "kubectl-client-side-apply",
        (_, "kube-system") => "eks",
        _ => "helm",
    }
}

/// Enters who made an object, and when it was last written.
pub(super) fn record(shelf: &str, at: Timestamp, object: &mut Value) {
    let Some((kind, api_version)) = kind(shelf) else { return };
    // The status is its controller's.
    let status = object.as_object_mut().and_then(|fields| fields.remove("status"));
    let writer = Writer {
        manager: manager(shelf, object["metadata"]["namespace"].as_str().unwrap_or_default()),
        operation: "Update",
        api_version,
        sub: None,
        time: &seconds(at),
    };
    managed::record(kind, None, object, &writer);
    if let Some(status) = status {
        object["status"] = status;
    }
}
