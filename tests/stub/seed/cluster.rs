//! Nodes, namespaces, volumes, the definition of the custom kind, and usage of the nodes.

use serde_json::{Value, json};

use super::super::Stub;
use super::super::clock::seconds_ago;
use super::{DAY, HOUR, MINUTE, condition, meta};

pub fn seed(stub: &Stub) {
    for namespace in ["default", "kube-system", "solia", "odd"] {
        stub.put("namespaces", json!({"metadata": meta(None, namespace, 200 * DAY, json!({"kubernetes.io/metadata.name": namespace})), "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}));
        stub.put(
            "serviceaccounts",
            json!({"metadata": meta(Some(namespace), "default", 200 * DAY, json!({}))}),
        );
    }
    stub.put("nodes", node("node-1", "control-plane", "True", "KubeletReady", 90 * DAY));
    stub.put("nodes", node("node-2", "worker", "True", "KubeletReady", 60 * DAY));
    stub.put("nodes", node("node-3", "worker", "Unknown", "NodeStatusUnknown", 12 * MINUTE));
    for (name, cpu, memory) in [("node-1", "412m", "2100Mi"), ("node-2", "1830m", "6900Mi")] {
        stub.put(
            "nodes.metrics.k8s.io",
            json!({"metadata": {"name": name}, "timestamp": seconds_ago(15), "window": "20s", "usage": {"cpu": cpu, "memory": memory}}),
        );
    }
    stub.put(
        "storageclasses",
        json!({"metadata": meta(None, "standard", 200 * DAY, json!({})), "provisioner": "example.com/disk"}),
    );
    stub.put(
        "persistentvolumes",
        json!({
            "metadata": meta(None, "pv-postgres-0", 150 * DAY, json!({})),
            "spec": {"capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "standard",
                     "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "solia", "name": "data-postgres-0"}},
            "status": {"phase": "Bound"},
        }),
    );
    widgets(stub);
}

fn node(name: &str, role: &str, ready: &str, reason: &str, since: i64) -> Value {
    let silent = ready == "Unknown";
    let message = if silent {
        "Kubelet stopped posting node status."
    } else {
        "kubelet is posting ready status"
    };
    let capacity = json!({"cpu": "2", "memory": "8Gi", "pods": "110", "ephemeral-storage": "80Gi"});
    let taints = if silent {
        json!([{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}])
    } else {
        Value::Null
    };
    let mut labels = json!({"kubernetes.io/hostname": name});
    labels[format!("node-role.kubernetes.io/{role}")] = json!("");
    json!({
        "metadata": meta(None, name, 200 * DAY, labels),
        "spec": {"podCIDR": "10.1.0.0/24", "taints": taints},
        "status": {
            "capacity": capacity, "allocatable": capacity,
            "addresses": [{"type": "InternalIP", "address": "10.0.0.11"}, {"type": "Hostname", "address": name}],
            "conditions": [
                condition("MemoryPressure", if silent { "Unknown" } else { "False" }, "KubeletHasSufficientMemory", "", since),
                condition("DiskPressure", if silent { "Unknown" } else { "False" }, "KubeletHasNoDiskPressure", "", since),
                condition("Ready", ready, reason, message, since),
            ],
            "nodeInfo": {"kubeletVersion": "v1.36.2", "osImage": "Debian GNU/Linux 13 (trixie)", "kernelVersion": "6.18.0", "containerRuntimeVersion": "containerd://2.1.0", "architecture": "amd64", "operatingSystem": "linux"},
        },
    })
}

/// The definition of the custom kind. A date column tells an age in words, and the date itself is in no other place
/// of the row: readers have to cope.
pub fn widget_definition() -> Value {
    let column =
        |name: &str, kind: &str, path: &str, priority: u8| json!({"name": name, "type": kind, "jsonPath": path, "priority": priority});
    json!({
        "metadata": meta(None, "widgets.example.com", 100 * DAY, json!({})),
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList", "shortNames": ["wd"]},
                 "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "additionalPrinterColumns": [
                    column("Size", "integer", ".spec.size", 0), column("Color", "string", ".spec.color", 0),
                    column("Ready", "boolean", ".status.ready", 0), column("Last Sync", "date", ".status.lastSync", 0),
                    column("Message", "string", ".status.message", 1), column("Age", "date", ".metadata.creationTimestamp", 0),
                 ]}]},
        "status": {"conditions": [condition("Established", "True", "InitialNamesAccepted", "", 100 * DAY)]},
    })
}

fn widgets(stub: &Stub) {
    for (name, size, color, ready, sync) in [("blue", 3, "blue", true, 5 * MINUTE), ("crimson", 12, "red", false, 30 * HOUR)] {
        stub.put(
            "widgets",
            json!({
                "metadata": meta(Some("solia"), name, 40 * DAY, json!({"app": "widgets"})),
                "spec": {"size": size, "color": color},
                "status": {"ready": ready, "lastSync": seconds_ago(sync), "message": if ready { "in sync" } else { "the far side refuses" }},
            }),
        );
    }
}
