//! The token of a pod's service account, where its containers look for it.

use serde_json::{Map, Value, json};

use super::each;

const PLACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// How the token comes into a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// From a secret of its service account: servers before 1.21.
    Secret,
    /// Asked for by the kubelet, and renewed.
    Projected,
}

impl Token {
    /// Adds the volume, and mounts it in every container that has nothing there, unless the pod wants none.
    /// `ending`: what makes the volume's name its own.
    pub fn mount(self, pod: &mut Value, ending: &str) {
        if pod["spec"]["automountServiceAccountToken"] == false {
            return;
        }
        let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else {
            return;
        };
        let (name, volume) = self.volume(ending);
        let mounted = |one: &Map<String, Value>| {
            let mounts = one.get("volumeMounts").and_then(Value::as_array);
            mounts.into_iter().flatten().any(|m| m["mountPath"] == PLACE)
        };
        for list in ["initContainers", "containers"] {
            for one in each(spec, list).filter(|one| !mounted(one)) {
                let mounts = one.entry("volumeMounts").or_insert_with(|| json!([]));
                if let Some(mounts) = mounts.as_array_mut() {
                    mounts.push(json!({"name": name, "readOnly": true, "mountPath": PLACE}));
                }
            }
        }
        let volumes = spec.entry("volumes").or_insert_with(|| json!([]));
        if let Some(volumes) = volumes.as_array_mut() {
            volumes.push(volume);
        }
    }

    fn volume(self, ending: &str) -> (String, Value) {
        match self {
            Self::Secret => {
                let name = format!("default-token-{ending}");
                let volume = json!({"name": name, "secret": {"secretName": name, "defaultMode": 420}});
                (name, volume)
            }
            Self::Projected => {
                let name = format!("kube-api-access-{ending}");
                let namespace = json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
                let sources = json!([
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                    {"downwardAPI": {"items": [namespace]}}
                ]);
                let volume = json!({"name": name, "projected": {"sources": sources, "defaultMode": 420}});
                (name, volume)
            }
        }
    }
}
