//! Endpoint slices: the same as endpoints, in pieces, with the conditions of each.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{bump_generation, set};
use super::endpoints::{Backend, target};
use super::{names, sight};
use crate::sim::store::{Key, Stored};
use crate::sim::world::{Propagation, World};

/// The most endpoints of one slice.
const MOST: usize = 100;

/// Writes the slices of a service.
pub(super) fn write(world: &mut World, service: &Stored, doc: &Value, all: &[Backend]) {
    let owned = world.store.owned_by(&service.uid).into_iter();
    let mut there: Vec<Arc<Stored>> = owned.filter(|o| &*o.key.shelf == "endpointslices").collect();
    there.sort_by_key(|s| s.rv);
    there.sort_by(|a, b| a.key.cmp(&b.key));
    let mut pieces: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
    // Pods with the same ports stand together; a service without pods has one empty slice.
    let mut rest: Vec<&Backend> = all.iter().collect();
    while let Some(first) = rest.first() {
        let ports = first.ports.clone();
        let (same, others): (Vec<&Backend>, Vec<&Backend>) = rest.iter().partition(|b| b.ports == ports);
        for piece in same.chunks(MOST) {
            pieces.push((piece.iter().map(|b| endpoint(world, b)).collect(), ports.clone()));
        }
        rest = others;
    }
    if pieces.is_empty() {
        pieces.push((Vec::new(), Vec::new()));
    }
    let surplus = there.split_off(pieces.len().min(there.len()));
    for slice in surplus {
        world.delete(&slice.key, None, Propagation::Background);
    }
    let labels = labels(service, doc);
    for (i, (endpoints, ports)) in pieces.into_iter().enumerate() {
        let change = |o: &mut Value| {
            set(o, &["addressType"], json!("IPv4"));
            set(o, &["metadata", "labels"], labels.clone());
            if o["endpoints"] != json!(endpoints) || o["ports"] != json!(ports) {
                set(o, &["endpoints"], json!(endpoints));
                set(o, &["ports"], json!(ports));
                bump_generation(o);
            }
        };
        if let Some(slice) = there.get(i) {
            world.update(&slice.key, change);
            continue;
        }
        let base = format!("{}-", service.key.name);
        let name = names::generated(world, "endpointslices", &service.key.namespace, &base);
        let mut object = json!({"metadata": {
            "namespace": &*service.key.namespace, "name": name, "generateName": base,
            "ownerReferences": [sight::reference("Service", "v1", service)],
        }});
        change(&mut object);
        set(&mut object, &["metadata", "generation"], json!(1));
        world.put("endpointslices", object);
    }
}

fn labels(service: &Stored, doc: &Value) -> Value {
    let mut labels = doc["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    for (label, value) in [
        ("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"),
        ("kubernetes.io/service-name", &*service.key.name),
    ] {
        labels.insert(label.to_owned(), json!(value));
    }
    if doc["spec"]["clusterIP"] == "None" {
        labels.insert("service.kubernetes.io/headless".to_owned(), json!(""));
    }
    Value::Object(labels)
}

fn endpoint(world: &World, backend: &Backend) -> Value {
    let pod = &backend.pod;
    let mut endpoint = json!({
        "addresses": [backend.ip],
        "conditions": {"ready": backend.ready, "serving": pod.ready, "terminating": pod.stored.leaving},
        "targetRef": target(pod),
    });
    if let Some(hostname) = &backend.hostname {
        endpoint["hostname"] = json!(hostname);
    }
    if let Some(node) = &pod.stored.node {
        endpoint["nodeName"] = json!(&**node);
        let node = world.store.find(&Key::new("nodes", "", node));
        if let Some(zone) = node.and_then(|n| n.label("topology.kubernetes.io/zone")) {
            endpoint["zone"] = json!(zone);
        }
    }
    endpoint
}
