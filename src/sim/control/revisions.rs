//! Controller revisions: the templates that a stateful set or a daemon set has had, so that it can go back.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{clear, number, set};
use super::pods::same_template;
use super::voice::Voice;
use super::{names, sight};
use crate::sim::store::Stored;
use crate::sim::world::{Propagation, World};

/// A revision.
#[derive(Clone, Debug)]
pub struct Revision {
    pub stored: Arc<Stored>,
    pub number: i64,
    pub template: Value,
}

/// All revisions of an object, the oldest first.
pub fn all(world: &World, owner: &Stored) -> Vec<Revision> {
    let owned = world.store.owned_by(&owner.uid).into_iter();
    let mut all: Vec<Revision> = owned
        .filter(|o| &*o.key.shelf == "controllerrevisions")
        .map(|stored| {
            let doc = stored.value();
            let mut template = doc["data"]["spec"]["template"].clone();
            clear(&mut template, &["$patch"]);
            Revision {
                number: number(&doc["revision"], 0),
                template,
                stored,
            }
        })
        .collect();
    all.sort_by_key(|r| r.number);
    all
}

/// The revision of the present template: found, or made. `hint` is the name that a new one gets where there is
/// none yet, so that an object that was put in running keeps its pods.
pub fn current(world: &mut World, owner: &Stored, voice: &Voice, doc: &Value, hint: Option<String>) -> Revision {
    let template = &doc["spec"]["template"];
    let all = all(world, owner);
    let newest = all.last().map_or(0, |r| r.number);
    if let Some(found) = all.iter().rev().find(|r| same_template(&r.template, template, "")) {
        let mut found = found.clone();
        if found.number < newest {
            found.number = newest + 1;
            world.update(&found.stored.key, |o| set(o, &["revision"], json!(newest + 1)));
        }
        return found;
    }
    let prefix = format!("{}-", owner.key.name);
    let name = hint
        .filter(|_| all.is_empty())
        .unwrap_or_else(|| format!("{prefix}{}", names::hash(template)));
    let hash = name.strip_prefix(&prefix).unwrap_or(&name).to_owned();
    let mut data = template.clone();
    set(&mut data, &["$patch"], json!("replace"));
    let mut object = json!({
        "metadata": {
            "namespace": &*owner.key.namespace, "name": name, "labels": template["metadata"]["labels"],
            "ownerReferences": [sight::reference(voice.kind, voice.api_version, owner)],
        },
        "data": {"spec": {"template": data}},
        "revision": newest + 1,
    });
    if let Some(annotations) = doc["metadata"]["annotations"].as_object().filter(|a| !a.is_empty()) {
        object["metadata"]["annotations"] = json!(annotations);
    }
    set(&mut object, &["metadata", "labels", "controller-revision-hash"], json!(hash));
    Revision {
        stored: world.put("controllerrevisions", object),
        number: newest + 1,
        template: template.clone(),
    }
}

/// The part of a revision's name after its owner's.
pub fn hash<'a>(owner: &Stored, revision: &'a str) -> &'a str {
    let rest = revision.strip_prefix(&*owner.key.name).and_then(|rest| rest.strip_prefix('-'));
    rest.unwrap_or(revision)
}

/// Deletes the oldest revisions beyond the limit, but none in use.
pub fn forget_old(world: &mut World, owner: &Stored, doc: &Value, in_use: &[&str]) {
    let limit = usize::try_from(number(&doc["spec"]["revisionHistoryLimit"], 10)).unwrap_or(0);
    let idle: Vec<Revision> = all(world, owner)
        .into_iter()
        .filter(|r| {
            !in_use
                .iter()
                .any(|name| **name == *r.stored.key.name || **name == *hash(owner, &r.stored.key.name))
        })
        .collect();
    let surplus = idle.len().saturating_sub(limit);
    for revision in idle.iter().take(surplus) {
        world.delete(&revision.stored.key, None, Propagation::Background);
    }
}
