//! `scale`: the number of replicas, as an object of its own.

use serde_json::{Value, json};

use super::change::{self, By};
use super::patch::{self, Form};
use super::refuse::{self, Cause};
use super::{Answer, Writing, labels, options};
use crate::sim::kube::Status;
use crate::sim::store::Stored;
use crate::sim::world::World;

pub(super) fn get(world: &World, writing: &Writing<'_>) -> Result<Answer, Status> {
    let stored = world.store.find(&writing.key());
    let stored = stored.ok_or_else(|| Status::not_found(writing.kind, writing.name()))?;
    Ok(Answer::new(200, scale_of(stored)))
}

/// `autoscaling/v1`, as an object tells it.
fn scale_of(stored: &Stored) -> Value {
    let object = stored.value();
    of(&object)
}

fn of(object: &Value) -> Value {
    let mut meta = json!({});
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = object["metadata"].get(field) {
            meta[field] = value.clone();
        }
    }
    let replicas = object["spec"]["replicas"].as_i64().unwrap_or(0);
    let mut spec = json!({});
    // Zero is left out, as fields without a value are.
    if replicas != 0 {
        spec["replicas"] = json!(replicas);
    }
    let selector = &object["spec"]["selector"];
    // Replication controllers have the older, plain form.
    let plain = selector.is_object() && selector.get("matchLabels").is_none() && selector.get("matchExpressions").is_none();
    let selector = if plain {
        labels::text(&json!({"matchLabels": selector}))
    } else {
        labels::text(selector)
    };
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta, "spec": spec,
        "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector}})
}

pub(super) fn change(world: &mut World, writing: &Writing<'_>, verb: &str) -> Result<Answer, Status> {
    let Some(stored) = world.store.find(&writing.key()).cloned() else {
        return Err(Status::not_found(writing.kind, writing.name()));
    };
    let scale = if verb == "patch" {
        let form = Form::of(writing.request.content_type()).ok_or_else(refuse::unsupported_patch)?;
        let mut scale = scale_of(&stored);
        patch::patched(form, "Scale", &mut scale, writing.body)?;
        scale
    } else {
        options::object(writing.request, "Scale", writing.body)?
    };
    let name = scale["metadata"]["name"].as_str().unwrap_or_default();
    if name != writing.name() {
        let message = format!(
            "the name of the object ({name}) does not match the name on the URL ({})",
            writing.name()
        );
        return Err(Status::bad_request(message));
    }
    let asked = scale["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    if !asked.is_empty() && asked != stored.rv.to_string() {
        return Err(refuse::modified(writing.kind, writing.name()));
    }
    let uid = scale["metadata"]["uid"].as_str().unwrap_or_default();
    if !uid.is_empty() && *uid != *stored.uid {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            stored.uid
        );
        return Err(refuse::conflict(writing.kind, writing.name(), &why));
    }
    let replicas = match &scale["spec"]["replicas"] {
        Value::Null => 0,
        number => match number.as_i64().filter(|n| i32::try_from(*n).is_ok()) {
            Some(number) => number,
            None => {
                let message = format!(
                    "Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal {number} into Go struct field ScaleSpec.spec.replicas of type int32"
                );
                return Err(Status::bad_request(message));
            }
        },
    };
    if replicas < 0 {
        let cause = Cause::invalid("spec.replicas", replicas, "must be greater than or equal to 0");
        return Err(refuse::invalid("autoscaling", "Scale", writing.name(), &[cause]));
    }
    let mut object = writing.told(&stored.value());
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("replicas".to_owned(), json!(replicas));
    }
    let mut target = writing.target.clone();
    target.sub = None;
    let whole = Writing {
        target: &target,
        options: writing.options.clone(),
        ..*writing
    };
    let answer = change::commit(world, &whole, &stored, object, By::Patch)?;
    Ok(Answer::new(200, of(&answer.document)))
}
