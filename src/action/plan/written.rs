//! An object that somebody wrote: one that was edited, or one from a file.

use serde_json::{Map, Value, json};

use super::difference::{self, Step, between};
use crate::action::{Action, Patch, PatchKind, Ref, Verb, Word};
use crate::model::{Known, ObjectRef, Problem, ProblemKind, clean};
use crate::redact::mask_secret;

/// Lines longer than this (bytes) are nobody's to read or to type.
const LONGEST: usize = 2_000;

/// What stands in an editor's file, or in one that is applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// The object as it was shown, and as it was left.
    Edited { base: Value, document: Value },
    /// A manifest.
    Manifest(Value),
}

/// Fields that are the server's own: not shown, not compared, not sent.
const META: [&str; 6] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "uid",
    "selfLink",
];
/// The annotation in which kubectl keeps what it applied.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object without what is the server's or kubectl's own: what a person may write.
pub fn own(document: &Value) -> Value {
    let mut own = document.clone();
    if let Some(map) = own.as_object_mut() {
        map.remove("status");
    }
    if let Some(meta) = own.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.retain(|key, _| !META.contains(&key.as_str()));
        let empty = match meta.get_mut("annotations").and_then(Value::as_object_mut) {
            Some(notes) => notes.remove(APPLIED).is_some() && notes.is_empty(),
            None => false,
        };
        if empty {
            meta.remove("annotations");
        }
    }
    own
}

/// What an edit changes.
pub fn steps(base: &Value, document: &Value) -> Vec<Step> {
    between(base, &own(document))
}

/// The object as it is now with an edit's changes, and those changes that do not fit it any more.
pub fn onto(now: &Value, steps: &[Step]) -> (Value, Vec<String>) {
    let mut after = now.clone();
    let mut unfit = Vec::new();
    for step in steps {
        // Annotations that only hold what kubectl applied are not shown: there is a map, and one saw none.
        let is_there = now.pointer(&step.pointer).filter(|there| !hides_all(step, there));
        let named = step.names().iter().all(|(pointer, name)| now.pointer(pointer) == Some(name));
        if !named || is_there != step.old.as_ref() {
            let (_, new) = step.values();
            let is = is_there.map_or("(none)".to_owned(), |there| difference::shown(&step.path, Some(there)));
            unfit.push(clean(&format!("{}: {new} (it is {is} now)", step.path)).into_owned());
            continue;
        }
        put(&mut after, step, now);
    }
    (after, unfit)
}

fn hides_all(step: &Step, there: &Value) -> bool {
    step.pointer == "/metadata/annotations"
        && step.old.is_none()
        && there
            .as_object()
            .is_some_and(|notes| notes.len() == 1 && notes.contains_key(APPLIED))
}

fn put(document: &mut Value, step: &Step, now: &Value) {
    let Some((parent, key)) = step.pointer.rsplit_once('/') else {
        return;
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    let Some(map) = document.pointer_mut(parent).and_then(Value::as_object_mut) else {
        return;
    };
    let mut new = step.new.clone();
    // What was not shown stays.
    if step.pointer == "/metadata/annotations"
        && let Some(applied) = now.pointer(&step.pointer).and_then(|notes| notes.get(APPLIED))
    {
        new.get_or_insert_with(|| json!({}))[APPLIED] = applied.clone();
    }
    match new {
        Some(new) => map.insert(key, new),
        None => map.remove(&key),
    };
}

/// The object after an edit.
///
/// # Errors
/// It changed meanwhile where the edit changes it.
pub fn edited(now: &Value, base: &Value, document: &Value) -> Result<Value, Problem> {
    let (after, unfit) = onto(now, &steps(base, document));
    match unfit.as_slice() {
        [] => Ok(after),
        [one] => Err(conflict(format!("it changed meanwhile: {one}"))),
        [one, more @ ..] => Err(conflict(format!("it changed meanwhile: {one}, and {} more", more.len()))),
    }
}

fn conflict(text: String) -> Problem {
    Problem::new(ProblemKind::Server, text).hint("e opens your edit upon the object as it is now")
}

/// The object as the server says it would be, without what changes with every write.
pub fn merged(now: &Value, merged: &Value) -> Value {
    let mut after = merged.clone();
    let keep = |after: &mut Map<String, Value>, now: &Value, key: &str| {
        match now.get(key) {
            Some(value) => after.insert(key.to_owned(), value.clone()),
            None => after.remove(key),
        };
    };
    if let Some(map) = after.as_object_mut() {
        keep(map, now, "status");
        if let Some(meta) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            META.iter().for_each(|key| keep(meta, &now["metadata"], key));
        }
    }
    after
}

/// The line that makes these changes by hand. None: a secret would stand in it, or it would be too long.
pub fn line(action: &Action, object: &ObjectRef, before: &Value, after: &Value, steps: &[Step]) -> Option<Action> {
    let (mut masked_before, mut masked_after) = (before.clone(), after.clone());
    mask_secret(&mut masked_before);
    mask_secret(&mut masked_after);
    let is_open = |step: &Step| {
        before.pointer(&step.pointer) == masked_before.pointer(&step.pointer)
            && after.pointer(&step.pointer) == masked_after.pointer(&step.pointer)
    };
    if object.kind.is(Known::Secret) || !steps.iter().all(is_open) {
        return None;
    }
    let changes: Vec<Value> = difference::patch("", steps)
        .into_iter()
        .filter(|operation| operation["op"] != "test")
        .collect();
    let patch = Value::from(changes).to_string();
    (patch.len() <= LONGEST).then(|| Action {
        place: action.place.clone(),
        verb: Verb::Patch(Patch {
            object: Ref::new(&object.kind, &*object.name),
            kind: PatchKind::Json,
            patch: Word::from(patch),
            subresource: None,
            dry_run: crate::action::DryRun::None,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(image: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "uid": "d", "resourceVersion": "7", "annotations": {APPLIED: "{}"}},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "app", "image": image}]}}},
            "status": {"readyReplicas": 2}})
    }

    #[test]
    fn what_a_person_may_write_is_what_is_compared() {
        let base = own(&live("a:1"));
        assert_eq!(base["metadata"], json!({"name": "web"}));
        assert_eq!(base.get("status"), None);
        let mut left = base.clone();
        left["spec"]["template"]["spec"]["containers"][0]["image"] = json!("a:2");
        left["metadata"]["annotations"] = json!({"note": "x"});
        left["status"] = json!({"readyReplicas": 9});
        let changes = steps(&base, &left);
        let paths: Vec<&str> = changes.iter().map(|step| step.path.as_str()).collect();
        assert_eq!(paths, ["metadata.annotations", "spec.template.spec.containers[app].image"]);
        // A pod became ready meanwhile: that is nobody's edit.
        let mut now = live("a:1");
        now["status"]["readyReplicas"] = json!(1);
        now["metadata"]["resourceVersion"] = json!("8");
        let after = edited(&now, &base, &left).unwrap();
        assert_eq!(after["spec"]["template"]["spec"]["containers"][0]["image"], "a:2");
        assert_eq!(
            after["metadata"]["annotations"],
            json!({"note": "x", APPLIED: "{}"}),
            "what was not shown stays"
        );
        assert_eq!(after["status"], now["status"]);
    }

    #[test]
    fn what_changed_meanwhile_is_no_surprise() {
        let base = own(&live("a:1"));
        let mut left = base.clone();
        left["spec"]["template"]["spec"]["containers"][0]["image"] = json!("a:2");
        left["spec"]["replicas"] = json!(5);
        let (after, unfit) = onto(&live("a:9"), &steps(&base, &left));
        assert_eq!(after["spec"]["replicas"], 5, "what fits is there");
        assert_eq!(unfit, ["spec.template.spec.containers[app].image: a:2 (it is a:9 now)"]);
        let problem = edited(&live("a:9"), &base, &left).unwrap_err();
        assert!(problem.text.starts_with("it changed meanwhile: spec.template"), "{problem}");
        // The same place of another container is another place.
        let mut other = live("a:1");
        other["spec"]["template"]["spec"]["containers"][0]["name"] = json!("side");
        assert_eq!(onto(&other, &steps(&base, &left)).1.len(), 1);
    }

    #[test]
    fn a_line_by_hand_holds_no_secret() {
        let action = crate::action::kubectl::parse("kubectl -n solia edit deploy/web").unwrap();
        let object = ObjectRef {
            kind: Known::Deployment.into(),
            namespace: "solia".into(),
            name: "web".into(),
        };
        let by_hand =
            |before: &Value, after: &Value| line(&action, &object, before, after, &between(before, after)).map(|action| action.to_string());
        assert_eq!(
            by_hand(&live("a:1"), &live("a:2")).as_deref(),
            Some(
                r#"kubectl -n solia patch deployment/web --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"a:2"}]'"#
            )
        );
        let with = |value: &str| {
            let mut document = live("a:1");
            document["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "DB_PASSWORD", "value": value}]);
            document
        };
        assert_eq!(by_hand(&with("hunter2"), &with("hunter3")), None);
        assert_eq!(by_hand(&live("a:1"), &with("hunter3")), None);
    }
}
