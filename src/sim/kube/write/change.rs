//! PUT, and what every change of an object that is there goes through.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Answer, Writing, admission, create, defaults, options, refuse, typed, valid};
use crate::sim::kube::Status;
use crate::sim::managed::{self, Writer};
use crate::sim::store::{Stored, seconds};
use crate::sim::world::World;

/// How a change came about, where that makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Put,
    Patch,
    Apply,
}

/// Metadata that no client changes.
const OWN: &[&str] = &[
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
    "selfLink",
];

pub(super) fn replace(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    if writing.target.name.is_none() {
        return Err(Status::method_not_allowed());
    }
    let object = options::object(writing.request, &writing.kind.kind, writing.body)?;
    options::of_kind(&object, writing.kind)?;
    named_alike(writing, &object)?;
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let Some(stored) = world.store.find(&writing.key()).cloned() else {
        // The precondition fails before the absence is noticed.
        return Err(match uid.as_str() {
            "" => Status::not_found(writing.kind, writing.name()),
            uid => uid_conflict(writing, uid, ""),
        });
    };
    if !uid.is_empty() && *uid != *stored.uid {
        return Err(uid_conflict(writing, &uid, &stored.uid));
    }
    let unversioned = object["metadata"]["resourceVersion"].as_str().is_none_or(str::is_empty);
    if writing.kind.is_custom() && unversioned {
        let cause = refuse::Cause::invalid("metadata.resourceVersion", "0", "must be specified for an update");
        return Err(refuse::invalid(&writing.kind.group, &writing.kind.kind, writing.name(), &[cause]));
    }
    commit(world, writing, &stored, object, By::Put)
}

fn uid_conflict(writing: &Writing<'_>, given: &str, have: &str) -> Status {
    let place = match writing.target.place() {
        "" => String::new(),
        namespace => format!("{namespace}/"),
    };
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: /{}/{place}{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {given}, UID in object meta: {have}",
        writing.kind.resource,
        writing.name()
    );
    refuse::conflict(writing.kind, writing.name(), &why)
}

/// The object in the body must be the one that the path names.
fn named_alike(writing: &Writing<'_>, object: &Value) -> Result<(), Status> {
    let (name, wanted) = (object["metadata"]["name"].as_str().unwrap_or_default(), writing.name());
    if name.is_empty() {
        return Err(Status::bad_request(format!(
            "name must be provided: the name of the object (\"\") does not match the name on the URL ({wanted})"
        )));
    }
    if name != wanted {
        let message = format!("the name of the object ({name}) does not match the name on the URL ({wanted})");
        return Err(Status::bad_request(message));
    }
    let (namespace, wanted) = (object["metadata"]["namespace"].as_str().unwrap_or_default(), writing.target.place());
    if !namespace.is_empty() && namespace != wanted {
        let message = format!("the namespace of the object ({namespace}) does not match the namespace on the request ({wanted})");
        return Err(Status::bad_request(message));
    }
    Ok(())
}

/// Makes a stored object into what a client wants it to be, if nothing speaks against it.
pub(super) fn commit(world: &mut World, writing: &Writing<'_>, stored: &Arc<Stored>, object: Value, by: By) -> Result<Answer, Status> {
    let kind = writing.kind;
    named_alike(writing, &object)?;
    let asked = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !asked.is_empty() && asked != stored.rv.to_string() {
        return Err(refuse::modified(kind, writing.name()));
    }
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
    if writing.target.sub.as_deref() == Some("ephemeralcontainers") && !uid.is_empty() && *uid != *stored.uid {
        let cause = refuse::Cause::invalid("metadata.uid", uid, "field is immutable");
        return Err(refuse::invalid(&kind.group, &kind.kind, writing.name(), &[cause]));
    }
    let typed = typed::read(&kind.kind, create::inward(kind, object)).map_err(|why| create::misfit(kind, &why))?;
    let warnings = writing.unknown_fields(&typed.unknown)?;
    let before = stored.value();
    let mut after = typed.object;
    keep(writing, &before, &mut after);
    defaults::apply(writing.version, &kind.kind, &mut after);
    if kind.kind == "Service" {
        admission::addresses(world, writing.version, &mut after);
    }
    let causes = match writing.target.sub.as_deref() {
        Some("status" | "ephemeralcontainers") => Vec::new(),
        _ => valid::change(writing.version, kind, &before, &after),
    };
    if !causes.is_empty() {
        return Err(refuse::invalid(&kind.group, &kind.kind, writing.name(), &causes));
    }
    count(writing, &before, &mut after);
    let (time, api_version) = (seconds(world.now()), kind.api_version());
    let writer = Writer {
        manager: &writing.options.writer,
        operation: if by == By::Apply { "Apply" } else { "Update" },
        api_version: &api_version,
        sub: writing.target.sub.as_deref().filter(|sub| *sub == "status"),
        time: &time,
    };
    managed::record(&kind.kind, Some(&before), &mut after, &writer);
    let mut answer = Answer::new(200, Value::Null);
    answer.warnings = warnings;
    answer.document = writing.told(&store(world, writing, stored, &before, after));
    Ok(answer)
}

/// Writes the change, unless it is none or only tried. What waited for its last finalizer goes.
fn store(world: &mut World, writing: &Writing<'_>, stored: &Arc<Stored>, before: &Value, after: Value) -> Value {
    if writing.options.is_dry() || *before == after {
        return after;
    }
    let released = stored.leaving && after["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
    let graceful = after["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) > 0;
    let emptied = writing.kind.kind != "Namespace" || after["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty);
    let after = world.put(&writing.kind.shelf, after).value();
    if released && !graceful && emptied {
        world.store.remove(&stored.key, world.now());
    }
    after
}

/// Puts back what this request may not change.
fn keep(writing: &Writing<'_>, before: &Value, after: &mut Value) {
    let Some(fields) = after.as_object_mut() else { return };
    let part = |from: &Value, name: &str| from.get(name).cloned();
    let restore = |fields: &mut Map<String, Value>, name: &str| match part(before, name) {
        Some(value) => {
            fields.insert(name.to_owned(), value);
        }
        None => {
            fields.remove(name);
        }
    };
    match writing.target.sub.as_deref() {
        Some("status") => {
            let names: Vec<String> = fields
                .keys()
                .chain(before.as_object().into_iter().flatten().map(|(k, _)| k))
                .cloned()
                .collect();
            for name in names.iter().filter(|n| !matches!(n.as_str(), "status" | "metadata")) {
                restore(fields, name);
            }
        }
        Some("ephemeralcontainers") => {
            let added = fields.get("spec").map(|spec| spec["ephemeralContainers"].clone());
            restore(fields, "spec");
            restore(fields, "status");
            if let (Some(added @ Value::Array(_)), Some(spec)) = (added, fields.get_mut("spec").and_then(Value::as_object_mut)) {
                spec.insert("ephemeralContainers".to_owned(), added);
            }
        }
        sub if writing.kind.subresource("status").is_some() => {
            restore(fields, "status");
            // A debug container is added through a door of its own.
            let ephemeral = before["spec"].get("ephemeralContainers").cloned();
            if let (None, "Pod", Some(spec)) = (sub, &*writing.kind.kind, fields.get_mut("spec").and_then(Value::as_object_mut)) {
                match ephemeral {
                    Some(list) => spec.insert("ephemeralContainers".to_owned(), list),
                    None => spec.remove("ephemeralContainers"),
                };
            }
        }
        _ => {}
    }
    let namespace = writing.target.place();
    let Some(meta) = fields.entry("metadata").or_insert_with(|| json!({})).as_object_mut() else {
        return;
    };
    for field in OWN {
        match before["metadata"].get(*field) {
            Some(value) => {
                meta.insert((*field).to_owned(), value.clone());
            }
            None => {
                meta.remove(*field);
            }
        }
    }
    meta.remove("managedFields");
    if meta.get("uid").and_then(Value::as_str).is_none_or(str::is_empty) {
        meta.insert("uid".to_owned(), before["metadata"]["uid"].clone());
    }
    meta.insert("name".to_owned(), json!(writing.name()));
    if !namespace.is_empty() {
        meta.insert("namespace".to_owned(), json!(namespace));
    }
}

/// A change of what is wanted is a new generation.
fn count(writing: &Writing<'_>, before: &Value, after: &mut Value) {
    if writing.target.sub.is_some() || !create::has_generation(writing.version, writing.kind) {
        return;
    }
    let wanted = |object: &Value| {
        let mut object = object.clone();
        if let Some(fields) = object.as_object_mut() {
            fields.remove("metadata");
            fields.remove("status");
        }
        object
    };
    // The controller of deployments copies annotations: they count as well.
    let notes = writing.kind.kind == "Deployment" && before["metadata"]["annotations"] != after["metadata"]["annotations"];
    if (notes || wanted(before) != wanted(after))
        && let Some(meta) = after.get_mut("metadata").and_then(Value::as_object_mut)
    {
        let generation = before["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
        meta.insert("generation".to_owned(), json!(generation));
    }
}
