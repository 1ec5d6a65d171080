//! What a pod refers to and cannot run without: config maps and secrets, as environment or as volumes.

use serde_json::Value;

use crate::sim::store::Key;
use crate::sim::world::World;

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn document(world: &World, shelf: &str, namespace: &str, name: &str) -> Option<Value> {
    world.store.find(&Key::new(shelf, namespace, name)).map(|stored| stored.value())
}

/// Why a container's environment cannot be made, in the kubelet's words.
pub fn environment(world: &World, namespace: &str, container: &Value) -> Result<(), String> {
    for from in elements(&container["envFrom"]) {
        for (field, shelf, word) in [("configMapRef", "configmaps", "configmap"), ("secretRef", "secrets", "secret")] {
            let source = &from[field];
            let Some(name) = source["name"].as_str() else { continue };
            if source["optional"] != true && world.store.find(&Key::new(shelf, namespace, name)).is_none() {
                return Err(format!("{word} \"{name}\" not found"));
            }
        }
    }
    for variable in elements(&container["env"]) {
        let kinds = [
            ("configMapKeyRef", "configmaps", "configmap", "ConfigMap"),
            ("secretKeyRef", "secrets", "secret", "Secret"),
        ];
        for (field, shelf, word, kind) in kinds {
            let source = &variable["valueFrom"][field];
            let (Some(name), Some(key)) = (source["name"].as_str(), source["key"].as_str()) else {
                continue;
            };
            if source["optional"] == true {
                continue;
            }
            let Some(found) = document(world, shelf, namespace, name) else {
                return Err(format!("{word} \"{name}\" not found"));
            };
            let has = ["data", "binaryData"].iter().any(|part| found[*part].get(key).is_some());
            if !has {
                return Err(format!("couldn't find key {key} in {kind} {namespace}/{name}"));
            }
        }
    }
    Ok(())
}

/// A volume that cannot be mounted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmounted {
    pub volume: String,
    pub why: String,
}

/// The first volume that cannot be mounted. Tokens of service accounts are always there: no controller has to
/// make them.
pub fn volumes(world: &World, namespace: &str, pod: &Value) -> Option<Unmounted> {
    elements(&pod["spec"]["volumes"]).find_map(|volume| {
        let name = volume["name"].as_str().unwrap_or_default();
        let (shelf, word, wanted) = if let Some(secret) = volume["secret"]["secretName"].as_str() {
            ("secrets", "secret", (secret, &volume["secret"]))
        } else if let Some(map) = volume["configMap"]["name"].as_str() {
            ("configmaps", "configmap", (map, &volume["configMap"]))
        } else {
            return None;
        };
        let (wanted, source) = wanted;
        let token = shelf == "secrets" && wanted.contains("-token-");
        if token || source["optional"] == true || world.store.find(&Key::new(shelf, namespace, wanted)).is_some() {
            return None;
        }
        Some(Unmounted {
            volume: name.to_owned(),
            why: format!("{word} \"{wanted}\" not found"),
        })
    })
}

/// The names of all volumes of a pod, as `[v default-token-pxb5f]`, without the one that is not mounted first.
pub fn unattached(pod: &Value) -> String {
    let names: Vec<&str> = elements(&pod["spec"]["volumes"]).filter_map(|v| v["name"].as_str()).collect();
    format!("[{}]", names.join(" "))
}
