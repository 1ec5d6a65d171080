//! What takes a change back: an action of its own, which is planned and asked for like any other.

use serde_json::Value;

use super::Step;
use crate::action::{Action, Cascade, DryRun, Given, Marks, Pair, Patch, PatchKind, Rollout, Scale, SetImage, Target, Verb, Word};
use crate::action::{Nodes, Ref};

/// The inverse of an action on one object, given what it changes.
///
/// # Errors
/// Why there is none.
pub fn of(action: &Action, current: Option<u64>, steps: &[Step]) -> Result<Action, &'static str> {
    let same = |verb: Verb| Action {
        place: action.place.clone(),
        verb,
    };
    match &action.verb {
        Verb::Scale(scale) => {
            let step = steps.first().ok_or("nothing changes")?;
            let before = step.old.as_ref().and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
            Ok(same(Verb::Scale(Scale {
                replicas: Given::Value(before.unwrap_or(0)),
                current_replicas: None,
                ..scale.clone()
            })))
        }
        Verb::Rollout { target, rollout } => {
            let rollout = match rollout {
                Rollout::Undo { .. } => Rollout::Undo {
                    to_revision: Some(Given::Value(current.ok_or("the server does not keep what runs now")?)),
                    dry_run: DryRun::None,
                },
                Rollout::Pause => Rollout::Resume,
                Rollout::Resume => Rollout::Pause,
                Rollout::Restart => return Err("the new pods are as the old ones: there is nothing to take back"),
                Rollout::Status { .. } | Rollout::History { .. } => return Err("nothing changes"),
            };
            let target = target.clone();
            Ok(same(Verb::Rollout { target, rollout }))
        }
        Verb::SetImage(set) => {
            let images = steps.iter().filter_map(|step| {
                let container = step.path.rsplit_once("].image")?.0.rsplit_once('[')?.1;
                Some((Word::from(container), Word::from(step.old.as_ref()?.as_str()?)))
            });
            let images: Vec<_> = images.collect();
            match images.len() == steps.len() && !images.is_empty() {
                true => Ok(same(Verb::SetImage(SetImage { images, ..set.clone() }))),
                false => Err("not everything that changes can be put back"),
            }
        }
        Verb::Label(marks) => Ok(same(Verb::Label(unmark(marks, steps, "metadata.labels")?))),
        Verb::Annotate(marks) => Ok(same(Verb::Annotate(unmark(marks, steps, "metadata.annotations")?))),
        Verb::Cordon { nodes, dry_run } => Ok(same(Verb::Uncordon {
            nodes: nodes.clone(),
            dry_run: *dry_run,
        })),
        Verb::Uncordon { nodes, dry_run } => Ok(same(Verb::Cordon {
            nodes: nodes.clone(),
            dry_run: *dry_run,
        })),
        Verb::Taint(taint) => match &taint.nodes {
            Nodes::Named(names) if names.len() == 1 => {
                let object = Ref::new(crate::model::Known::Node, names.first().cloned().unwrap_or_default());
                back(steps, object).map(same)
            }
            _ => Err("several nodes are not put back in one step"),
        },
        Verb::Patch(patch) => back(steps, patch.object.clone()).map(same),
        Verb::SetEnv(set) => match set.target.single() {
            Some(object) => back(steps, object.clone()).map(same),
            None => Err("several objects are not put back in one step"),
        },
        Verb::SetResources(set) => match set.target.single() {
            Some(object) => back(steps, object.clone()).map(same),
            None => Err("several objects are not put back in one step"),
        },
        Verb::Autoscale(autoscale) => {
            let name = autoscale.name.clone().unwrap_or_else(|| autoscale.object.name.clone());
            let mut delete = crate::action::Delete::of(Target::one(crate::model::Known::HorizontalPodAutoscaler, name));
            delete.wait = false;
            Ok(same(Verb::Delete(delete)))
        }
        Verb::CreateJob(create) => {
            let mut delete = crate::action::Delete::of(Target::one(crate::model::Known::Job, create.name.clone()));
            delete.cascade = Some(Cascade::Background);
            delete.wait = false;
            Ok(same(Verb::Delete(delete)))
        }
        Verb::Exec(_) | Verb::Attach(_) | Verb::Debug(_) => Err("it ends with the session"),
        Verb::PortForward(_) => Err("ctrl-d in the table of forwards ends it"),
        Verb::Cp(_) => Err("files are not put back"),
        Verb::Run(_) => Err("what it does is not known here"),
        Verb::Delete(_) => Err("a deletion cannot be taken back"),
        Verb::Evict(_) => Err("an eviction cannot be taken back"),
        _ => Err("it is not known how to take it back"),
    }
}

/// A JSON patch that puts back what was there, last change first.
pub(super) fn back(steps: &[Step], object: Ref) -> Result<Verb, &'static str> {
    let operations: Vec<Value> = steps
        .iter()
        .rev()
        .map(|step| match (&step.old, &step.new) {
            (None, _) => serde_json::json!({"op": "remove", "path": step.pointer}),
            (Some(old), Some(_)) => serde_json::json!({"op": "replace", "path": step.pointer, "value": old}),
            (Some(old), None) => serde_json::json!({"op": "add", "path": step.pointer, "value": old}),
        })
        .collect();
    match operations.is_empty() {
        true => Err("nothing changes"),
        false => Ok(Verb::Patch(Patch {
            object,
            kind: PatchKind::Json,
            patch: Word::from(Value::from(operations).to_string().as_str()),
            subresource: None,
            dry_run: DryRun::None,
        })),
    }
}

fn unmark(marks: &Marks, steps: &[Step], place: &str) -> Result<Marks, &'static str> {
    let mut pairs = Vec::new();
    let pair = |key: &str, old: Option<&Value>| match old.and_then(Value::as_str) {
        Some(value) => Pair::Set {
            name: key.into(),
            value: value.into(),
        },
        None => Pair::Remove { name: key.into() },
    };
    for step in steps {
        // The whole map may come or go.
        let whole = |value: &Option<Value>| value.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        if step.path == place {
            let (old, new) = (whole(&step.old), whole(&step.new));
            let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
            pairs.extend(keys.map(|key| pair(key, old.get(key))));
            continue;
        }
        let key = step
            .pointer
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .replace("~1", "/")
            .replace("~0", "~");
        pairs.push(pair(&key, step.old.as_ref()));
    }
    match pairs.is_empty() {
        true => Err("nothing changes"),
        false => Ok(Marks {
            pairs,
            overwrite: true,
            ..marks.clone()
        }),
    }
}
