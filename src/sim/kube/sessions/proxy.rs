//! `proxy`: GET of what pods, services and kubelets serve over HTTP.

use ::http::Response;
use axum::body::Body;
use serde_json::{Value, json};

use super::http::{self, Behind};
use crate::sim::face::{json as json_reply, response, text};
use crate::sim::kube::{Kube, Status, Target};
use crate::sim::physics::{self, Answer, Usage};
use crate::sim::store::{Stored, seconds};
use crate::sim::world::World;

/// Answers a request through the proxy.
pub(super) fn answer(kube: &Kube, target: &Target) -> Result<Response<Body>, Status> {
    let world = kube.world.read();
    // `NAME`, `NAME:PORT`, `http:NAME:PORT`.
    let whole = target.name.as_deref().unwrap_or_default();
    let whole = whole.strip_prefix("http:").unwrap_or(whole);
    let (name, port) = whole.split_once(':').map_or((whole, None), |(name, port)| (name, Some(port)));
    let stored = world.store.get(&target.kind.shelf, target.place(), name).cloned();
    let stored = stored.ok_or_else(|| Status::not_found(&target.kind, name))?;
    let path = format!("/{}", target.rest.join("/"));
    if target.kind.kind == "Node" {
        return kubelet(&world, &stored, &path);
    }
    let (pod, port) = if target.kind.kind == "Service" {
        let document = stored.value();
        let ports = document["spec"]["ports"].as_array();
        let found = ports.into_iter().flatten().find(|p| match port {
            None => true,
            Some(wanted) => p["name"] == wanted || p["port"] == wanted.parse::<u64>().unwrap_or_default(),
        });
        let number = found.and_then(|p| p["port"].as_u64()).and_then(|p| u16::try_from(p).ok());
        let Behind::Pod(namespace, pod, port) = number.map_or(Behind::NoSuchPort, |port| http::behind(&world, &stored, port)) else {
            let message = format!("no endpoints available for service {whole:?}");
            return Err(Status::new(503, "ServiceUnavailable", message));
        };
        (world.store.get("pods", &namespace, &pod).cloned(), port)
    } else {
        let first = stored
            .value()
            .pointer("/spec/containers/0/ports/0/containerPort")
            .and_then(Value::as_u64);
        let port = port.map_or(first.and_then(|p| u16::try_from(p).ok()), |p| p.parse().ok());
        (Some(stored), port.unwrap_or(80))
    };
    match pod.and_then(|pod| http::answer(&world, &pod, port, &path)) {
        Some(answer) => Ok(told(answer)),
        None => {
            let message = format!("error trying to reach service: dial tcp: connect: connection refused (port {port})");
            Err(Status::new(503, "ServiceUnavailable", message))
        }
    }
}

fn told(answer: Answer) -> Response<Body> {
    let kind = match answer.body.chars().next() {
        Some('{' | '[') => "application/json; charset=utf-8",
        Some('<') => "text/html; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    response(answer.code, kind, answer.body)
}

/// What a kubelet answers: its health, and the usage of what runs there.
fn kubelet(world: &World, node: &Stored, path: &str) -> Result<Response<Body>, Status> {
    let ready = |c: &Value| c["type"] == "Ready" && c["status"] == "True";
    if !node.value()["status"]["conditions"].as_array().is_some_and(|c| c.iter().any(ready)) {
        let message = format!("error trying to reach service: dial tcp {}:10250: i/o timeout", node.key.name);
        return Err(Status::new(503, "ServiceUnavailable", message));
    }
    match path {
        "/healthz" => Ok(text(200, "ok")),
        "/stats/summary" => Ok(json_reply(200, &summary(world, node))),
        _ => Ok(text(404, "404 page not found\n")),
    }
}

fn measured(world: &World, usage: Usage) -> (Value, Value) {
    let time = seconds(world.now());
    (
        json!({"time": time, "usageNanoCores": usage.cpu_millis * 1_000_000}),
        json!({"time": time, "workingSetBytes": usage.memory_bytes}),
    )
}

/// The claims that a pod mounts, and how full they are.
fn volumes(world: &World, pod: &Stored, document: &Value) -> Vec<Value> {
    let namespace = &*pod.key.namespace;
    let all = document["spec"]["volumes"].as_array().into_iter().flatten();
    all.filter_map(|volume| {
        let claim = volume["persistentVolumeClaim"]["claimName"].as_str()?;
        let disk = physics::disk(world, namespace, claim)?;
        Some(json!({
            "name": volume["name"], "time": seconds(world.now()), "pvcRef": {"name": claim, "namespace": namespace},
            "capacityBytes": disk.capacity_bytes, "usedBytes": disk.used_bytes,
            "availableBytes": disk.capacity_bytes - disk.used_bytes, "inodes": disk.inodes, "inodesUsed": disk.inodes_used,
            "inodesFree": disk.inodes - disk.inodes_used,
        }))
    })
    .collect()
}

fn summary(world: &World, node: &Stored) -> Value {
    let mut pods = Vec::new();
    for pod in world.store.pods_on(&node.key.name) {
        let document = pod.value();
        if document["status"]["phase"] != "Running" {
            continue;
        }
        let (cpu, memory) = measured(world, physics::usage(world, &pod));
        // The model knows pods; the first container stands for all of them.
        let name = &document["spec"]["containers"][0]["name"];
        pods.push(json!({
            "podRef": {"name": &*pod.key.name, "namespace": &*pod.key.namespace, "uid": &*pod.uid},
            "startTime": document["status"]["startTime"], "cpu": cpu, "memory": memory,
            "containers": [{"name": name, "cpu": cpu, "memory": memory}], "volume": volumes(world, &pod, &document),
        }));
    }
    let (cpu, memory) = measured(world, physics::node_usage(world, &node.key.name));
    json!({"node": {"nodeName": &*node.key.name, "cpu": cpu, "memory": memory}, "pods": pods})
}
