//! Endpoints and endpoint slices: where the pods behind a service can be reached.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::document::{list, set, text};
use super::selector::Selector;
use super::sight::{Pod, selected_pods};
use super::slices;
use crate::sim::store::{Key, seconds};
use crate::sim::world::World;

/// One pod behind a service.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    pub ip: String,
    pub pod: Pod,
    pub ready: bool,
    /// The ports that the service reaches on this pod.
    pub ports: Vec<Value>,
    /// Its own host name, where it stands under this service's domain.
    pub hostname: Option<String>,
}

/// Looks at a service and the pods that it selects.
pub fn look(world: &mut World, key: &Key) {
    let own = Key::new("endpoints", &key.namespace, &key.name);
    let Some(service) = world.store.find(key).cloned() else {
        let now = world.now();
        world.store.remove(&own, now);
        return;
    };
    let doc = service.value();
    let selector = Selector::of_service(&doc["spec"]["selector"]);
    if selector.is_empty() || doc["spec"]["type"] == "ExternalName" {
        return;
    }
    let all = backends(world, &doc, &selector);
    write(world, &own, &doc, &all);
    slices::write(world, &service, &doc, &all);
}

fn backends(world: &World, service: &Value, selector: &Selector) -> Vec<Backend> {
    let namespace = text(&service["metadata"]["namespace"]);
    let always = service["spec"]["publishNotReadyAddresses"] == true;
    let ports = list(&service["spec"]["ports"]);
    let named = ports.iter().any(|p| p["targetPort"].is_string());
    let headless = service["spec"]["clusterIP"] == "None";
    let mut all: Vec<Backend> = selected_pods(world, namespace, selector)
        .into_iter()
        .filter(|pod| !pod.ended())
        .filter_map(|pod| {
            let doc = if named { pod.stored.value() } else { Value::Null };
            Some(Backend {
                ip: pod.ip.clone()?,
                ready: (pod.ready || always) && !pod.stored.leaving,
                ports: ports.iter().filter_map(|port| resolve(port, &doc)).collect(),
                hostname: pod.hostname.clone().filter(|_| headless),
                pod,
            })
        })
        .collect();
    all.sort_by_key(|b| (b.ip.parse::<IpAddr>().ok(), b.pod.stored.uid.clone()));
    all
}

/// A port of the service on a pod: one that is named on the pod's containers may be missing there.
fn resolve(port: &Value, pod: &Value) -> Option<Value> {
    let number = match &port["targetPort"] {
        Value::Number(n) => n.as_i64()?,
        Value::String(name) => {
            let containers = list(&pod["spec"]["containers"]).iter();
            let mut ports = containers.flat_map(|c| list(&c["ports"]));
            ports.find(|p| text(&p["name"]) == name)?["containerPort"].as_i64()?
        }
        _ => port["port"].as_i64()?,
    };
    let protocol = port["protocol"].as_str().unwrap_or("TCP");
    let mut told = json!({"port": number, "protocol": protocol});
    for field in ["name", "appProtocol"] {
        if port[field].as_str().is_some_and(|n| !n.is_empty()) {
            told[field] = port[field].clone();
        }
    }
    Some(told)
}

pub(super) fn target(pod: &Pod) -> Value {
    json!({
        "kind": "Pod", "namespace": &*pod.stored.key.namespace, "name": &*pod.stored.key.name, "uid": &*pod.stored.uid,
    })
}

/// Addresses that are ready, those that are not, and the ports that they have in common.
type Group<'a> = (Vec<Value>, Vec<Value>, &'a [Value]);

fn write(world: &mut World, key: &Key, service: &Value, all: &[Backend]) {
    // Pods with the same ports stand together.
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for backend in all.iter().filter(|b| !b.pod.stored.leaving && !b.ports.is_empty()) {
        let mut address = json!({"ip": backend.ip, "targetRef": target(&backend.pod)});
        if let Some(node) = &backend.pod.stored.node {
            address["nodeName"] = json!(&**node);
        }
        if let Some(hostname) = &backend.hostname {
            address["hostname"] = json!(hostname);
        }
        let group = groups
            .entry(json!(backend.ports).to_string())
            .or_insert((Vec::new(), Vec::new(), &backend.ports));
        if backend.ready {
            group.0.push(address)
        } else {
            group.1.push(address)
        }
    }
    let subsets: Vec<Value> = groups
        .into_values()
        .map(|(ready, not_ready, ports)| {
            let mut subset = json!({"ports": ports});
            if !ready.is_empty() {
                subset["addresses"] = json!(ready);
            }
            if !not_ready.is_empty() {
                subset["notReadyAddresses"] = json!(not_ready);
            }
            subset
        })
        .collect();
    let mut labels = service["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    labels.insert("endpoints.kubernetes.io/managed-by".to_owned(), json!("endpoint-controller"));
    if service["spec"]["clusterIP"] == "None" {
        labels.insert("service.kubernetes.io/headless".to_owned(), json!(""));
    }
    let now = seconds(world.now());
    let trigger = "endpoints.kubernetes.io/last-change-trigger-time";
    let change = |o: &mut Value| {
        let before = if o["subsets"].is_null() { json!([]) } else { o["subsets"].clone() };
        if before != json!(subsets) {
            set(o, &["metadata", "annotations", trigger], json!(now));
            set(o, &["subsets"], json!(subsets));
        }
        set(o, &["metadata", "labels"], Value::Object(labels));
        if subsets.is_empty() {
            super::document::clear(o, &["subsets"]);
        }
    };
    if world.store.find(key).is_some() {
        world.update(key, change);
        return;
    }
    let mut object = json!({"metadata": {"namespace": &*key.namespace, "name": &*key.name}});
    change(&mut object);
    set(&mut object, &["metadata", "annotations", trigger], json!(now));
    world.put("endpoints", object);
}
