//! What a pod's own HTTP server answers, from inside and through forwarded ports; and what is behind a service.

use serde_json::Value;

use crate::sim::physics::{self, Answer};
use crate::sim::store::Stored;
use crate::sim::world::World;

/// Whether a process of the pod listens on this port: a container that runs declares it.
pub fn listens(pod: &Stored, port: u16) -> bool {
    let document = pod.value();
    let runs = |name: &Value| {
        let statuses = document["status"]["containerStatuses"].as_array().into_iter().flatten();
        statuses
            .into_iter()
            .any(|s| s["name"] == *name && s["state"]["running"].is_object())
    };
    let containers = document["spec"]["containers"].as_array().into_iter().flatten();
    containers
        .into_iter()
        .any(|c| runs(&c["name"]) && c["ports"].as_array().into_iter().flatten().any(|p| p["containerPort"] == port))
}

/// The answer to `GET path`; `None` if nothing listens there.
pub fn answer(world: &World, pod: &Stored, port: u16, path: &str) -> Option<Answer> {
    listens(pod, port).then(|| physics::answer(world, pod, path))
}

/// What is behind a port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// A ready pod (namespace, name) and its port.
    Pod(String, String, u16),
    /// No endpoint is ready.
    Nobody,
    NoSuchPort,
}

/// The first ready pod behind a port of a service.
pub fn behind(world: &World, service: &Stored, port: u16) -> Behind {
    let document = service.value();
    let mut ports = document["spec"]["ports"].as_array().into_iter().flatten();
    let Some(found) = ports.find(|p| p["port"] == port) else {
        return Behind::NoSuchPort;
    };
    let Some(selector) = document["spec"]["selector"].as_object() else {
        return Behind::Nobody;
    };
    let wanted = || selector.iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap_or_default()));
    for pod in world.store.list("pods", Some(&service.key.namespace)) {
        if pod.leaving || !pod.has_labels(wanted()) {
            continue;
        }
        let document = pod.value();
        let ready = |c: &Value| c["type"] == "Ready" && c["status"] == "True";
        if !document["status"]["conditions"].as_array().is_some_and(|c| c.iter().any(ready)) {
            continue;
        }
        let target = match found["targetPort"].as_u64() {
            Some(number) => u16::try_from(number).ok(),
            None => named_port(&document, found["targetPort"].as_str().unwrap_or_default()),
        };
        return Behind::Pod(pod.key.namespace.to_string(), pod.key.name.to_string(), target.unwrap_or(port));
    }
    Behind::Nobody
}

fn named_port(pod: &Value, name: &str) -> Option<u16> {
    let containers = pod["spec"]["containers"].as_array()?;
    let mut ports = containers.iter().flat_map(|c| c["ports"].as_array().into_iter().flatten());
    let number = ports.find(|p| p["name"] == name)?["containerPort"].as_u64()?;
    u16::try_from(number).ok()
}
