//! PATCH: the four ways to say what is to change.

use serde_json::{Value, json};

use super::change::{self, By};
use super::refuse::{self, Cause};
use super::{Answer, Writing, apply, strategic};
use crate::sim::kube::Status;
use crate::sim::world::World;

/// How a patch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Strategic,
    Merge,
    Json,
    Apply,
}

impl Form {
    /// From the content type.
    pub fn of(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/strategic-merge-patch+json" => Some(Self::Strategic),
            "application/merge-patch+json" => Some(Self::Merge),
            "application/json-patch+json" => Some(Self::Json),
            "application/apply-patch+yaml" | "application/apply-patch+json" => Some(Self::Apply),
            _ => None,
        }
    }
}

pub(super) fn patch(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    if writing.target.name.is_none() {
        return Err(Status::method_not_allowed());
    }
    let form = Form::of(writing.request.content_type()).ok_or_else(refuse::unsupported_patch)?;
    // Only built-in kinds have types that say how their lists are merged.
    if form == Form::Strategic && writing.kind.is_custom() {
        return Err(refuse::unsupported_patch());
    }
    if form == Form::Apply {
        return apply::apply(world, writing);
    }
    let Some(stored) = world.store.find(&writing.key()).cloned() else {
        return Err(Status::not_found(writing.kind, writing.name()));
    };
    let mut object = writing.told(&stored.value());
    patched(form, &writing.kind.kind, &mut object, writing.body)?;
    change::commit(world, writing, &stored, object, By::Patch)
}

/// Applies a patch in this form to a document.
pub(super) fn patched(form: Form, kind: &str, object: &mut Value, body: &[u8]) -> Result<(), Status> {
    let patch: Value = serde_json::from_slice(body).map_err(|e| match e.classify() {
        serde_json::error::Category::Eof => Status::bad_request("unexpected EOF"),
        _ => Status::bad_request(e.to_string()),
    })?;
    match form {
        Form::Json => by_steps(object, &patch)?,
        Form::Merge | Form::Strategic if !patch.is_object() => {
            let message = "json: cannot unmarshal non-object into Go value of type map[string]interface {}";
            return Err(Status::bad_request(message));
        }
        Form::Merge => json_patch::merge(object, &patch),
        Form::Strategic | Form::Apply => {
            let merged = strategic::merge(kind, object, &patch);
            merged.map_err(|unfit| Status::new(500, "", unfit.0))?;
        }
    }
    if object["metadata"].is_object() {
        return Ok(());
    }
    let shown = format!("{:?}", strategic::in_go(&patch));
    let cause = Cause::invalid("patch", shown, "the patch leaves no metadata");
    Err(refuse::invalid("", "", "", &[cause]))
}

fn by_steps(object: &mut Value, patch: &Value) -> Result<(), Status> {
    if !patch.is_array() {
        let message = "json: cannot unmarshal object into Go value of type jsonpatch.Patch";
        return Err(Status::bad_request(message));
    }
    let steps: json_patch::Patch = serde_json::from_value(patch.clone()).map_err(|e| Status::bad_request(e.to_string()))?;
    // As the library of the real server has it: what is not there is null.
    let is_absent = |step: &json_patch::PatchOperation| match step {
        json_patch::PatchOperation::Test(test) => test.value.is_null() && object.pointer(test.path.as_str()).is_none(),
        _ => false,
    };
    // Tests that stand before any change are all of ours; those after one would need the changed document.
    let begin = steps
        .iter()
        .position(|step| !is_absent(step) && !matches!(step, json_patch::PatchOperation::Test(_)));
    let kept: Vec<json_patch::PatchOperation> = (0..)
        .zip(steps.0.iter())
        .filter(|(at, step)| begin.is_some_and(|begin| *at >= begin) || !is_absent(step))
        .map(|(_, step)| step.clone())
        .collect();
    let steps = json_patch::Patch(kept);
    // A test that fails and a place that is not there are told alike.
    json_patch::patch(object, &steps)
        .map_err(|_| Status::new(422, "Invalid", "the server rejected our request due to an error in our request").with_details(json!({})))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any JSON, with the words of patches among its keys.
    fn any_json() -> impl Strategy<Value = Value> {
        let key = prop_oneof![
            "[a-c$/~]{0,3}",
            Just("spec".to_owned()),
            Just("metadata".to_owned()),
            Just("containers".to_owned()),
            Just("env".to_owned()),
            Just("finalizers".to_owned()),
            Just("name".to_owned()),
            Just("$patch".to_owned()),
            Just("$retainKeys".to_owned()),
            Just("$setElementOrder/containers".to_owned()),
            Just("$deleteFromPrimitiveList/finalizers".to_owned()),
            Just("op".to_owned()),
            Just("path".to_owned()),
            Just("value".to_owned()),
            Just("from".to_owned()),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop_oneof![
                "[a-c]{0,2}",
                Just("delete".to_owned()),
                Just("replace".to_owned()),
                Just("/spec/0".to_owned()),
                Just("test".to_owned())
            ]
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key.clone(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_patch_in_any_form_breaks_anything(object in any_json(), patch in any_json()) {
            for form in [Form::Strategic, Form::Merge, Form::Json] {
                let mut after = object.clone();
                let _ = patched(form, "Pod", &mut after, patch.to_string().as_bytes());
            }
        }

        #[test]
        fn a_strategic_patch_that_repeats_the_object_changes_nothing(names in prop::collection::btree_set("[a-z]{1,4}", 1..5)) {
            let containers: Vec<Value> = names.iter().map(|n| json!({"name": n, "image": "x", "env": [{"name": n, "value": "1"}]})).collect();
            let object = json!({"metadata": {"name": "a"}, "spec": {"containers": containers}});
            let mut after = object.clone();
            patched(Form::Strategic, "Pod", &mut after, object.to_string().as_bytes()).unwrap();
            prop_assert_eq!(after, object);
        }
    }
}
