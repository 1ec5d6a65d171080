//! What every object has: its name, its marks, its owner, its conditions.

use serde_json::Value;

use super::page::{Fields, Page, Parts};
use super::read::{ago, at, list, map, number, one_line, scalar, text, when};
use crate::model::{Kind, Time};
use crate::ui::theme::Role;

/// Longest annotation shown; the YAML has all of it.
const ANNOTATION: usize = 120;

/// Name, kind, age, labels, annotations, owner, finalizers, deletion.
pub fn header(page: &mut Page, kind: &Kind, document: &Value, now: Time) {
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
    let held = if deleted.is_empty() { Role::Text } else { Role::Warning };
    fields.add("Finalizers", Parts::of(held, finalizers.join(", ")));
    let owners = list(meta, "/ownerReferences").iter().map(|owner| {
        let name = format!("{}/{}", text(owner, "/kind"), text(owner, "/name"));
        let role = if at(owner, "/controller") == &Value::Bool(true) {
            ""
        } else {
            " (owner, not controller)"
        };
        Parts::from(name).and(Role::Muted, role)
    });
    fields.lines("Controlled by", owners.collect());
    let labels = map(meta, "/labels").map(|(k, v)| Parts::from(format!("{k}={}", scalar(v))));
    fields.lines("Labels", labels.collect());
    let annotations = map(meta, "/annotations").map(|(key, value)| {
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

/// The conditions as a table: what is not as it should be stands out.
pub fn conditions(page: &mut Page, document: &Value, now: Time) {
    let rows: Vec<_> = list(document, "/status/conditions")
        .iter()
        .filter(|c| c.is_object())
        .map(|condition| {
            let name = text(condition, "/type");
            let status = match text(condition, "/status") {
                "" => text(condition, "/phase"),
                status => status,
            };
            // A few kinds keep the time of their last update only.
            let since = ["/lastTransitionTime", "/lastUpdateTime", "/lastProbeTime"]
                .iter()
                .map(|pointer| ago(condition, pointer, now))
                .find(|age| !age.is_empty());
            vec![
                name.into(),
                Parts::of(judge(name, status), status),
                Parts::of(Role::Muted, since.unwrap_or_default()),
                text(condition, "/reason").into(),
                one_line(text(condition, "/message"), 600).into(),
            ]
        })
        .collect();
    page.section("Conditions", |page| {
        page.table(&["TYPE", "STATUS", "SINCE", "REASON", "MESSAGE"], rows)
    });
}

/// Conditions for which `True` is bad news.
const BAD_NEWS: &[&str] = &[
    "Pressure",
    "Unavailable",
    "Fail",
    "Stalled",
    "Degraded",
    "Problem",
    "Deadlock",
    "DisruptionTarget",
    "Limited",
    "NonStructuralSchema",
    "Error",
    "Conflict",
];

fn judge(name: &str, status: &str) -> Role {
    let bad_news = BAD_NEWS.iter().any(|word| name.contains(word)) && !name.starts_with("No");
    match (status, bad_news) {
        ("True", false) | ("False", true) => Role::Ok,
        ("True", true) => Role::Bad,
        ("False", false) if matches!(name, "Suspended" | "Paused" | "Reconciling") => Role::Text,
        ("False" | "Unknown", _) => Role::Warning,
        _ => Role::Text,
    }
}
