//! Server-side apply, in its simple form: what the client applies is merged as a strategic patch; what its manager
//! applied before and leaves out now goes; fields of others are taken by force only.

use serde_json::{Map, Value, json};

use super::change::{self, By};
use super::refuse::{self, Cause};
use super::{Answer, Writing, create, options, strategic};
use crate::sim::kube::Status;
use crate::sim::managed::strategy;
use crate::sim::world::World;

pub(super) fn apply(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    if writing.options.manager.is_empty() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(refuse::invalid("meta.k8s.io", "PatchOptions", "", &[cause]));
    }
    let wanted = options::yaml(writing.body).map_err(|why| Status::bad_request(format!("error decoding YAML: {why}")))?;
    if !wanted.is_object() || wanted["kind"].as_str().is_none() {
        return Err(Status::bad_request("invalid object type: Object 'Kind' is missing"));
    }
    options::of_kind(&wanted, writing.kind)?;
    if wanted["metadata"]
        .get("managedFields")
        .is_some_and(|m| m.as_array().is_some_and(|m| !m.is_empty()))
    {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    let mut wanted = wanted;
    match wanted.get_mut("metadata").and_then(Value::as_object_mut) {
        Some(meta) => {
            meta.entry("name").or_insert_with(|| json!(writing.name()));
        }
        None => wanted["metadata"] = json!({"name": writing.name()}),
    }
    let Some(stored) = world.store.find(&writing.key()).cloned() else {
        if writing.target.sub.is_some() {
            return Err(Status::not_found(writing.kind, writing.name()));
        }
        return create::from(world, writing, wanted, "Apply");
    };
    let before = stored.value();
    let mut object = writing.told(&before);
    conflicts(writing, &object, &wanted)?;
    if let Some(owned) = entry_of(&before, &writing.options.manager) {
        forget(&writing.kind.kind, &mut Vec::new(), &mut object, owned, &wanted);
    }
    strategic::merge(&writing.kind.kind, &mut object, &wanted).map_err(|unfit| Status::bad_request(unfit.0))?;
    change::commit(world, writing, &stored, object, By::Apply)
}

/// What this manager applied the last time.
fn entry_of<'a>(object: &'a Value, manager: &str) -> Option<&'a Map<String, Value>> {
    let entries = object["metadata"]["managedFields"].as_array()?;
    let own = entries.iter().find(|e| e["manager"] == manager && e["operation"] == "Apply")?;
    own["fieldsV1"].as_object()
}

/// Values that others manage and that this would change.
fn conflicts(writing: &Writing<'_>, object: &Value, wanted: &Value) -> Result<(), Status> {
    if writing.options.force {
        return Ok(());
    }
    let mut causes = Vec::new();
    for entry in object["metadata"]["managedFields"].as_array().into_iter().flatten() {
        let manager = entry["manager"].as_str().unwrap_or_default();
        let Some(owned) = entry["fieldsV1"].as_object().filter(|_| manager != writing.options.manager) else {
            continue;
        };
        let mut paths = Vec::new();
        clash(&mut String::new(), owned, object, wanted, &mut paths);
        let using = entry["apiVersion"].as_str().unwrap_or_default();
        let message = match entry["operation"].as_str() {
            Some("Apply") => format!("conflict with {manager:?}"),
            _ => format!("conflict with {manager:?} using {using}"),
        };
        causes.extend(paths.into_iter().map(|field| (message.clone(), field)));
    }
    if causes.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = causes.iter().map(|(message, field)| format!("{message}: {field}")).collect();
    let (count, s) = (causes.len(), if causes.len() == 1 { "" } else { "s" });
    let sep = if causes.len() == 1 { ": " } else { ":\n- " };
    let message = format!("Apply failed with {count} conflict{s}{sep}{}", told.join("\n- "));
    let causes: Vec<Value> = causes
        .iter()
        .map(|(message, field)| json!({"reason": "FieldManagerConflict", "message": message, "field": field}))
        .collect();
    Err(Status::new(409, "Conflict", message).with_details(json!({"causes": causes})))
}

/// The element of a keyed list that `k:{"name":"x"}` names.
fn element<'a>(list: &'a Value, key: &str) -> Option<&'a Value> {
    let id: Value = serde_json::from_str(key.strip_prefix("k:")?).ok()?;
    let is_it = |item: &&Value| id.as_object().into_iter().flatten().all(|(k, v)| item[k.as_str()] == *v);
    list.as_array()?.iter().find(is_it)
}

fn clash(path: &mut String, owned: &Map<String, Value>, have: &Value, wanted: &Value, paths: &mut Vec<String>) {
    let length = path.len();
    for (key, inner) in owned {
        let found = match key.strip_prefix("f:") {
            Some(field) => {
                path.push('.');
                path.push_str(field);
                wanted.get(field).map(|w| (w, &have[field]))
            }
            None => {
                path.push_str(key.strip_prefix("k:").map(|k| format!("[{k}]")).unwrap_or_default().as_str());
                element(wanted, key).zip(element(have, key))
            }
        };
        if let Some((wanted, have)) = found {
            match inner.as_object().filter(|i| !i.is_empty()) {
                Some(inner) => clash(path, inner, have, wanted, paths),
                None if !wanted.is_null() && wanted != have && !(wanted.is_object() || key == ".") => paths.push(path.clone()),
                None => {}
            }
        }
        path.truncate(length);
    }
}

/// Takes away what the manager applied before and does not name any more.
fn forget(kind: &str, path: &mut Vec<String>, object: &mut Value, owned: &Map<String, Value>, wanted: &Value) {
    for (key, inner) in owned {
        let inner = inner.as_object().filter(|i| !i.is_empty());
        if let Some(field) = key.strip_prefix("f:") {
            match (wanted.get(field), inner, object.get_mut(field)) {
                (None, None, Some(_)) => {
                    if let Some(object) = object.as_object_mut() {
                        object.remove(field);
                    }
                }
                (now, Some(inner), Some(have)) => {
                    path.push(field.to_owned());
                    forget(kind, path, have, inner, now.unwrap_or(&Value::Null));
                    path.pop();
                }
                _ => {}
            }
        } else if key.starts_with("k:") {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let strategy::Strategy::ByKey(_) = strategy::of(kind, &names) else {
                continue;
            };
            let gone = element(wanted, key).is_none();
            let id = element(object, key).cloned();
            let Some(items) = object.as_array_mut() else { continue };
            if gone && owned_wholly(inner) {
                items.retain(|item| Some(item) != id.as_ref());
            } else if let (Some(inner), Some(item)) = (inner, items.iter_mut().find(|item| Some(&**item) == id.as_ref())) {
                forget(kind, path, item, inner, element(wanted, key).unwrap_or(&Value::Null));
            }
        }
    }
}

/// Whether the manager made the element itself, not only some of its fields.
fn owned_wholly(fields: Option<&Map<String, Value>>) -> bool {
    fields.is_none_or(|fields| fields.contains_key("."))
}
