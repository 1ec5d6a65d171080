//! What every object has: its name, its marks, its owners.

use serde_json::Value;

use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::read::{at, is_true, list, map, number, one_line, scalar, text, when};
use crate::model::{Kind, Time};
use crate::ui::theme::Role;

/// Longest annotation shown; the YAML has all of it.
const ANNOTATION: usize = 120;

/// Annotations that are told in words elsewhere on the page.
const TOLD: &[&str] = &[
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "autoscaling.alpha.kubernetes.io/metrics",
];

/// Name, kind, age, labels, annotations, owners, finalizers, deletion.
pub fn header(page: &mut Page, kind: &Kind, document: &Value, around: &Neighbours<'_>, now: Time) {
    let meta = at(document, "/metadata");
    let mut fields = Fields::default();
    fields.add("Name", Parts::of(Role::Accent, text(meta, "/name")));
    fields.add("Namespace", text(meta, "/namespace"));
    let name = match text(document, "/kind") {
        "" => kind.resource(),
        name => name,
    };
    fields.add(
        "Kind",
        Parts::from(name).and(Role::Muted, format!(" {}", text(document, "/apiVersion"))),
    );
    fields.add("Created", when(meta, "/creationTimestamp", now));
    let deleted = when(meta, "/deletionTimestamp", now);
    if !deleted.is_empty() {
        let grace = number(meta, "/deletionGracePeriodSeconds").map_or_else(String::new, |s| format!(", grace {s} s"));
        fields.add("Deletion", Parts::of(Role::Warning, format!("due {deleted}{grace}")));
    }
    let finalizers: Vec<_> = list(meta, "/finalizers").iter().map(scalar).collect();
    if !finalizers.is_empty() {
        let (role, note) = if deleted.is_empty() {
            (Role::Text, "")
        } else {
            (Role::Warning, " (the deletion waits for them)")
        };
        fields.add("Finalizers", Parts::of(role, finalizers.join(", ")).and(Role::Muted, note));
    }
    fields.lines("Controlled by", owners(meta, around));
    let labels = map(meta, "/labels").map(|(k, v)| Parts::from(format!("{k}={}", scalar(v))));
    fields.lines("Labels", labels.collect());
    let annotations = map(meta, "/annotations").filter(|(key, _)| !TOLD.contains(&key.as_str()));
    let annotations = annotations.map(|(key, value)| {
        let value = if key == "kubectl.kubernetes.io/last-applied-configuration" {
            "(the object as applied; see the YAML)".to_owned()
        } else {
            one_line(&scalar(value), ANNOTATION)
        };
        Parts::of(Role::Muted, format!("{key}: ")).and(Role::Text, value)
    });
    fields.lines("Annotations", annotations.collect());
    page.fields(fields);
}

/// The owners; after the controller those above it, as far as they are known: `ReplicaSet/b-5f7 → Deployment/b`.
fn owners(meta: &Value, around: &Neighbours<'_>) -> Vec<Parts> {
    let owners = list(meta, "/ownerReferences").iter().map(|owner| {
        let line = Parts::from(format!("{}/{}", text(owner, "/kind"), text(owner, "/name")));
        if !is_true(owner, "/controller") {
            return line.and(Role::Muted, " (owner, not controller)");
        }
        around.owners.iter().fold(line, |line, (kind, name)| {
            line.and(Role::Muted, " → ").and(Role::Text, format!("{kind}/{name}"))
        })
    });
    owners.collect()
}
