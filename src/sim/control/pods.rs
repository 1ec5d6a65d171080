//! How controllers make and remove pods.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{set, text};
use super::voice::Voice;
use super::{names, quota, sight};
use crate::sim::defaults::{self, Token};
use crate::sim::store::{Key, Stored};
use crate::sim::world::{Propagation, World};

/// How a new pod is named.
#[derive(Clone, Debug)]
pub enum Named {
    /// This, and five random letters.
    After(String),
    Exactly(String),
}

/// Makes a pod from a template, owned by this object. The change adds what the owner's kind adds. An error is
/// the API server's message.
pub fn make(
    world: &mut World,
    owner: &Stored,
    voice: &Voice,
    template: &Value,
    named: Named,
    change: impl FnOnce(&mut Value),
) -> Result<Arc<Stored>, String> {
    let namespace = Arc::clone(&owner.key.namespace);
    let mut meta = json!({"namespace": &*namespace, "ownerReferences": [sight::reference(voice.kind, voice.api_version, owner)]});
    for field in ["labels", "annotations"] {
        if template["metadata"][field].as_object().is_some_and(|fields| !fields.is_empty()) {
            meta[field] = template["metadata"][field].clone();
        }
    }
    let name = match named {
        Named::After(base) => {
            meta["generateName"] = json!(base);
            names::generated(world, "pods", &namespace, &base)
        }
        Named::Exactly(name) => name,
    };
    meta["name"] = json!(name);
    meta["generation"] = json!(1);
    let mut pod = json!({"metadata": meta, "spec": template["spec"].clone()});
    change(&mut pod);
    let ending = names::ending(world);
    if let Some(fields) = pod.as_object_mut() {
        defaults::pod(fields);
    }
    Token::Projected.mount(&mut pod, &ending);
    if world.store.get("namespaces", "", &namespace).is_some_and(|ns| ns.leaving) {
        return Err(format!(
            "pods \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated"
        ));
    }
    quota::admit_pod(world, &namespace, &name, &pod)?;
    Ok(world.put("pods", pod))
}

/// Makes a pod with a random ending, and tells of it in the usual words.
pub fn make_and_tell(
    world: &mut World,
    owner: &Stored,
    voice: &Voice,
    template: &Value,
    change: impl FnOnce(&mut Value),
) -> Result<Arc<Stored>, String> {
    let base = format!("{}-", owner.key.name);
    let made = make(world, owner, voice, template, Named::After(base), change);
    match &made {
        Ok(pod) => voice.says(world, owner, "SuccessfulCreate", format!("Created pod: {}", pod.key.name)),
        Err(message) => voice.warns(world, owner, "FailedCreate", format!("Error creating: {message}")),
    }
    made
}

/// Asks a pod to go, and tells of it.
pub fn remove_and_tell(world: &mut World, owner: &Stored, voice: &Voice, pod: &Key) {
    world.delete(pod, None, Propagation::Background);
    voice.says(world, owner, "SuccessfulDelete", format!("Deleted pod: {}", pod.name));
}

/// Whether two templates mean the same: what the API server would fill in does not count, nor does this label.
pub fn same_template(a: &Value, b: &Value, but_label: &str) -> bool {
    let plain = |template: &Value| {
        let mut template = template.clone();
        super::document::clear(&mut template, &["metadata", "labels", but_label]);
        super::document::clear(&mut template, &["metadata", "creationTimestamp"]);
        template
    };
    let (mut a, mut b) = (plain(a), plain(b));
    if a == b {
        return true;
    }
    for template in [&mut a, &mut b] {
        if let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) {
            defaults::pod_spec(spec);
        }
        drop_nothings(template);
    }
    a == b
}

/// Takes away fields that say nothing: null, and empty lists and objects.
fn drop_nothings(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(drop_nothings);
            fields.retain(|_, v| !(v.is_null() || v.as_array().is_some_and(Vec::is_empty) || v.as_object().is_some_and(|o| o.is_empty())));
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nothings),
        _ => {}
    }
}

/// Sets a label on a document.
pub fn label(document: &mut Value, name: &str, value: &str) {
    set(document, &["metadata", "labels", name], json!(value));
}

/// An annotation's text.
pub fn annotation<'a>(document: &'a Value, name: &str) -> &'a str {
    text(&document["metadata"]["annotations"][name])
}
