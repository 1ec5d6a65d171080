//! DELETE of one object, or of all that a selector selects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::refuse::{self, Cause};
use super::{Answer, Writing, options};
use crate::sim::kube::select::Selector;
use crate::sim::kube::{Served, Status};
use crate::sim::store::{Stored, seconds};
use crate::sim::world::{Deletion, Life, Propagation, World};

/// `DeleteOptions`.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    pub is_dry: bool,
    pub grace: Option<i64>,
    propagation: Option<Propagation>,
    uid: Option<String>,
    version: Option<String>,
}

impl Wishes {
    /// From the options' document, which may be null, and from the query.
    pub fn read(writing: &Writing<'_>, document: &Value) -> Result<Self, Status> {
        let query = |name: &str| writing.request.query(name);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let policy = text(&document["propagationPolicy"]).or_else(|| query("propagationPolicy").map(str::to_owned));
        let orphan = document["orphanDependents"]
            .as_bool()
            .or_else(|| query("orphanDependents").map(|v| v == "true"));
        let propagation = match (policy.as_deref(), orphan) {
            (Some("Orphan"), _) | (None, Some(true)) => Some(Propagation::Orphan),
            (Some("Foreground"), _) => Some(Propagation::Foreground),
            (Some("Background"), _) | (None, Some(false)) => Some(Propagation::Background),
            (None | Some(""), None) => None,
            (Some(other), _) => {
                let known = ["Foreground", "Background", "Orphan", "nil"];
                let cause = Cause::unsupported("propagationPolicy", format!("{other:?}"), &known);
                return Err(refuse::invalid("meta.k8s.io", "DeleteOptions", "", &[cause]));
            }
        };
        let seconds = query("gracePeriodSeconds").and_then(|s| s.parse().ok());
        let dry = document["dryRun"].as_array().is_some_and(|d| d.iter().any(|d| d == "All"));
        Ok(Self {
            is_dry: dry || writing.options.is_dry(),
            // Nobody waits longer than sixty years.
            grace: document["gracePeriodSeconds"].as_i64().or(seconds).map(|s| s.clamp(0, 1 << 31)),
            propagation,
            uid: text(&document["preconditions"]["uid"]),
            version: text(&document["preconditions"]["resourceVersion"]),
        })
    }

    /// What becomes of dependents, by default as the kind has it.
    pub fn propagation(&self, kind: &Served) -> Propagation {
        // For old times' sake the pods of jobs are left alone if nobody says otherwise.
        let default = if kind.kind == "Job" {
            Propagation::Orphan
        } else {
            Propagation::Background
        };
        self.propagation.unwrap_or(default)
    }
}

/// Whether the object is the one that the client means.
pub(super) fn preconditions(writing: &Writing<'_>, stored: &Stored, wishes: &Wishes) -> Result<(), Status> {
    if let Some(uid) = wishes.uid.as_deref().filter(|uid| **uid != *stored.uid) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            stored.uid
        );
        return Err(refuse::unmet(writing.kind, &stored.key.name, &why));
    }
    if let Some(version) = wishes.version.as_deref().filter(|v| **v != stored.rv.to_string()) {
        let why = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). The object might have been modified",
            stored.rv
        );
        return Err(refuse::unmet(writing.kind, &stored.key.name, &why));
    }
    Ok(())
}

fn wishes(writing: &Writing<'_>) -> Result<Wishes, Status> {
    let document = if writing.body.is_empty() {
        Value::Null
    } else {
        options::object(writing.request, "DeleteOptions", writing.body)?
    };
    Wishes::read(writing, &document)
}

pub(super) fn one(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    let wishes = wishes(writing)?;
    let Some(stored) = world.store.find(&writing.key()).cloned() else {
        return Err(Status::not_found(writing.kind, writing.name()));
    };
    preconditions(writing, &stored, &wishes)?;
    if writing.kind.kind == "Namespace" && matches!(writing.name(), "default" | "kube-system" | "kube-public") {
        let why = "this namespace may not be deleted";
        return Err(refuse::forbidden(writing.kind, writing.name(), why));
    }
    let left = delete(world, writing, &stored, &wishes);
    let returned = matches!(
        writing.kind.kind.as_str(),
        "Pod" | "PersistentVolume" | "PersistentVolumeClaim" | "Service" | "ServiceAccount" | "ResourceQuota"
    );
    match left {
        Some(object) => Ok(Answer::new(200, writing.told(&object))),
        None if returned => Ok(Answer::new(200, writing.told(&stored.value()))),
        None => {
            let mut details = json!({"name": writing.name(), "kind": writing.kind.resource, "uid": &*stored.uid});
            if !writing.kind.group.is_empty() {
                details["group"] = json!(writing.kind.group);
            }
            Ok(Answer::success(200, details))
        }
    }
}

pub(super) fn many(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    let wishes = wishes(writing)?;
    let selector = Selector::of(writing.request, writing.kind, writing.version)?;
    let all = world.store.list(&writing.kind.shelf, writing.target.namespace.as_deref());
    let chosen: Vec<Arc<Stored>> = all.filter(|stored| selector.matches(stored)).cloned().collect();
    let mut items = Vec::new();
    for stored in chosen {
        let left = delete(world, writing, &stored, &wishes);
        let mut item = writing.told(&left.unwrap_or_else(|| stored.value()));
        if let (false, Some(fields)) = (writing.kind.is_custom(), item.as_object_mut()) {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        items.push(item);
    }
    let (kind, version) = (format!("{}List", writing.kind.kind), writing.kind.api_version());
    let meta = json!({"resourceVersion": world.store.rv().to_string()});
    let list = json!({"kind": kind, "apiVersion": version, "metadata": meta, "items": items});
    Ok(Answer::new(200, list))
}

/// Deletes an object; what remains of it for now, if anything does.
fn delete(world: &mut World, writing: &Writing<'_>, stored: &Arc<Stored>, wishes: &Wishes) -> Option<Value> {
    if wishes.is_dry {
        return tried(world, stored, wishes);
    }
    if writing.kind.kind == "Namespace" && world.life() == Life::Alive {
        return Some(close(world, stored));
    }
    match world.delete(&stored.key, wishes.grace, wishes.propagation(writing.kind)) {
        Deletion::Gone | Deletion::NotThere => None,
        Deletion::Leaving => world.store.find(&stored.key).map(|left| left.value()),
    }
}

/// A namespace is emptied before it goes.
fn close(world: &mut World, stored: &Arc<Stored>) -> Value {
    let now = seconds(world.now());
    let closing = world.update(&stored.key, |namespace| {
        if let Some(meta) = namespace.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.entry("deletionTimestamp").or_insert_with(|| json!(now));
        }
        if let Some(namespace) = namespace.as_object_mut() {
            namespace.insert("status".to_owned(), json!({"phase": "Terminating"}));
        }
    });
    closing.map_or_else(|| stored.value(), |closing| closing.value())
}

/// What would remain of it.
fn tried(world: &World, stored: &Arc<Stored>, wishes: &Wishes) -> Option<Value> {
    let mut object = stored.value();
    let runs = &*stored.key.shelf == "pods"
        && stored.node.is_some()
        && !matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let own = object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    let grace = if runs { wishes.grace.unwrap_or(own).clamp(0, 1 << 31) } else { 0 };
    let held = object["metadata"]["finalizers"].as_array().is_some_and(|f| !f.is_empty());
    if grace == 0 && !held {
        return None;
    }
    let meta = object.get_mut("metadata")?.as_object_mut()?;
    let deadline = seconds(world.now() + jiff::SignedDuration::from_secs(grace));
    meta.entry("deletionTimestamp").or_insert_with(|| json!(deadline));
    meta.entry("deletionGracePeriodSeconds").or_insert_with(|| json!(grace));
    Some(object)
}
