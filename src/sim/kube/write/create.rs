//! POST of an object, and of a pod's binding to a node.

use serde_json::{Map, Value, json};

use super::refuse;
use super::{Answer, Writing, admission, defaults, options, typed, valid};
use crate::sim::kube::convert::convert_back;
use crate::sim::kube::{Served, Status, Version};
use crate::sim::managed::{self, Writer};
use crate::sim::store::{Key, seconds};
use crate::sim::world::{Life, World};

/// The letters of random suffixes: none that make words.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// What belongs to the server.
const OWN: &[&str] = &[
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
    "managedFields",
];

pub(super) fn create(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    if writing.target.name.is_some() {
        return Err(Status::method_not_allowed());
    }
    let object = options::object(writing.request, &writing.kind.kind, writing.body)?;
    options::of_kind(&object, writing.kind)?;
    from(world, writing, object, "Update")
}

/// Creates an object from what a client sent.
pub(super) fn from(world: &mut World, writing: &Writing<'_>, object: Value, operation: &str) -> Result<Answer, Status> {
    let kind = writing.kind;
    let mut object = object;
    settle(writing, &mut object)?;
    namespace_takes(
        world,
        kind,
        writing.target.place(),
        object["metadata"]["name"].as_str().unwrap_or_default(),
    )?;
    let typed = typed::read(&kind.kind, inward(kind, object)).map_err(|why| misfit(kind, &why))?;
    let warnings = writing.unknown_fields(&typed.unknown)?;
    let mut object = typed.object;
    name(world, writing, &mut object)?;
    defaults::apply(writing.version, &kind.kind, &mut object);
    if kind.kind == "Job" {
        defaults::own_labels(writing.version, &mut object);
    }
    admission::admit(world, writing, &mut object)?;
    if has_generation(writing.version, kind) {
        object["metadata"]["generation"] = json!(1);
    }
    let causes = valid::object(kind, &object);
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if !causes.is_empty() {
        return Err(refuse::invalid(&kind.group, &kind.kind, &name, &causes));
    }
    let key = Key::new(&kind.shelf, writing.target.place(), &name);
    if world.store.find(&key).is_some() {
        return Err(refuse::already_exists(kind, &name));
    }
    let (time, api_version) = (seconds(world.now()), kind.api_version());
    let writer = Writer {
        manager: &writing.options.writer,
        operation,
        api_version: &api_version,
        sub: None,
        time: &time,
    };
    managed::record(&kind.kind, None, &mut object, &writer);
    let object = if writing.options.is_dry() {
        object
    } else {
        world.put(&kind.shelf, object).value()
    };
    let mut answer = Answer::new(201, writing.told(&object));
    answer.warnings = warnings;
    Ok(answer)
}

/// From what a client says to what is stored: in the stored version, without kind and version.
pub(super) fn inward(kind: &Served, object: Value) -> Value {
    let mut object = convert_back(kind, object);
    if let Some(fields) = object.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

/// Puts the object where the path says, and takes away what is the server's.
fn settle(writing: &Writing<'_>, object: &mut Value) -> Result<(), Status> {
    let Some(fields) = object.as_object_mut() else {
        return Err(Status::bad_request("the object provided is no object"));
    };
    let meta = fields.entry("metadata").or_insert_with(|| json!({}));
    if meta.is_null() {
        *meta = json!({});
    }
    let Some(meta) = meta.as_object_mut() else {
        return Err(misfit(writing.kind, "metadata is no object"));
    };
    let namespace = writing.target.place();
    match meta.get("namespace").and_then(Value::as_str) {
        Some(own) if !own.is_empty() && own != namespace => {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        _ => {}
    }
    if meta.get("resourceVersion").and_then(Value::as_str).is_some_and(|rv| !rv.is_empty()) {
        return Err(Status::bad_request("resourceVersion should not be set on objects to be created"));
    }
    if namespace.is_empty() {
        meta.remove("namespace");
    } else {
        meta.insert("namespace".to_owned(), json!(namespace));
    }
    for field in OWN {
        meta.remove(*field);
    }
    let keeps_status = matches!(writing.kind.kind.as_str(), "Namespace" | "Node");
    if !keeps_status && writing.kind.subresource("status").is_some() {
        fields.remove("status");
    }
    Ok(())
}

/// Names a nameless object; gives it its uid and its birth.
fn name(world: &mut World, writing: &Writing<'_>, object: &mut Value) -> Result<(), Status> {
    let now = seconds(world.now());
    let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return Err(misfit(writing.kind, "metadata is no object"));
    };
    let text = |meta: &Map<String, Value>, field: &str| meta.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let prefix = text(meta, "generateName");
    if text(meta, "name").is_empty() && !prefix.is_empty() {
        let name = loop {
            let name = format!(
                "{}{}",
                prefix.chars().take(58).collect::<String>(),
                suffix(world, writing.options.is_dry())
            );
            if world.store.get(&writing.kind.shelf, writing.target.place(), &name).is_none() {
                break name;
            }
        };
        meta.insert("name".to_owned(), json!(name));
    }
    let uid = if writing.options.is_dry() {
        // Drawn from a copy: what is only tried must not change what comes.
        let mut chance = world.chance.clone();
        format!("{:08x}-0000-4000-a000-{:012x}", chance.u32(..), chance.u64(..) >> 16)
    } else {
        world.store.new_uid()
    };
    meta.insert("uid".to_owned(), json!(uid));
    meta.insert("creationTimestamp".to_owned(), json!(now));
    Ok(())
}

fn suffix(world: &mut World, dry: bool) -> String {
    let mut copy = world.chance.clone();
    let chance = if dry { &mut copy } else { &mut world.chance };
    let letter = |_| char::from(LETTERS.get(chance.usize(..LETTERS.len())).copied().unwrap_or(b'x'));
    (0..5).map(letter).collect()
}

/// The body does not fit the type.
pub(super) fn misfit(kind: &Served, why: &str) -> Status {
    Status::bad_request(format!(
        "{} in version {:?} cannot be handled as a {}: {why}",
        kind.kind, kind.version, kind.kind
    ))
}

/// Whether the kind counts the changes of its spec.
pub(super) fn has_generation(version: Version, kind: &Served) -> bool {
    match kind.resource.as_str() {
        "deployments"
        | "replicasets"
        | "statefulsets"
        | "daemonsets"
        | "poddisruptionbudgets"
        | "ingresses"
        | "networkpolicies"
        | "replicationcontrollers"
        | "customresourcedefinitions" => true,
        "jobs" | "cronjobs" | "pods" => version == Version::V1_36,
        _ => kind.is_custom(),
    }
}

/// A namespace must be there, and not be on its way out. A still world has no rules of its own.
fn namespace_takes(world: &World, kind: &Served, namespace: &str, name: &str) -> Result<(), Status> {
    if namespace.is_empty() || world.life() == Life::Still {
        return Ok(());
    }
    let Some(found) = world.store.get("namespaces", "", namespace) else {
        let message = format!("namespaces \"{namespace}\" not found");
        return Err(Status::new(404, "NotFound", message).with_details(json!({"name": namespace, "kind": "namespaces"})));
    };
    if found.leaving {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut status = refuse::forbidden(kind, name, &why);
        let message = format!("namespace {namespace} is being terminated");
        status.details["causes"] = json!([{"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}]);
        return Err(status);
    }
    Ok(())
}

/// A scheduler binds a pod to a node.
pub(super) fn bind(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    let binding = options::object(writing.request, "Binding", writing.body)?;
    let key = writing.key();
    let Some(pod) = world.store.find(&key).cloned() else {
        return Err(Status::not_found(writing.kind, writing.name()));
    };
    let node = binding["target"]["name"].as_str().unwrap_or_default();
    if node.is_empty() {
        let cause = refuse::Cause::required("target.name", "");
        return Err(refuse::invalid("", "Binding", writing.name(), &[cause]));
    }
    if let Some(have) = &pod.node {
        let why = format!("pod {} is already assigned to node {have:?}", writing.name());
        return Err(refuse::conflict(writing.kind, writing.name(), &why));
    }
    if !writing.options.is_dry() {
        let (node, now) = (node.to_owned(), seconds(world.now()));
        world.update(&key, |pod| {
            pod["spec"]["nodeName"] = json!(node);
            let scheduled = json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": now});
            let Some(status) = pod.get_mut("status").and_then(Value::as_object_mut) else {
                return;
            };
            let conditions = status.entry("conditions").or_insert_with(|| json!([]));
            if let Some(conditions) = conditions.as_array_mut() {
                conditions.retain(|c| c["type"] != "PodScheduled");
                conditions.push(scheduled);
            }
        });
    }
    Ok(Answer::success(201, Value::Null))
}
