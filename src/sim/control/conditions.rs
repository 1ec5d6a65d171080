//! Conditions: what is true of an object, since when, and why.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::document::{list, set, text, time};
use crate::sim::store::seconds;

/// What a condition says.
#[derive(Clone, Debug)]
pub struct Condition<'a> {
    pub kind: &'a str,
    /// `True`, `False` or `Unknown`.
    pub status: &'a str,
    pub reason: &'a str,
    pub message: String,
}

/// Which times a condition bears besides that of its last transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    /// `lastUpdateTime`, as deployments have it.
    Updated,
    /// `lastProbeTime`, as jobs have it.
    Probed,
}

/// The condition of this kind.
pub fn find<'a>(document: &'a Value, kind: &str) -> Option<&'a Value> {
    list(&document["status"]["conditions"]).iter().find(|c| c["type"] == kind)
}

/// Whether the condition of this kind is true.
pub fn holds(document: &Value, kind: &str) -> bool {
    find(document, kind).is_some_and(|c| c["status"] == "True")
}

/// Writes a condition. The time of transition stays while the status does; nothing changes where status, reason
/// and message are the same.
pub fn put(document: &mut Value, style: Style, now: Timestamp, condition: &Condition<'_>) {
    let before = find(document, condition.kind);
    if let Some(before) = before
        && before["status"] == condition.status
        && text(&before["reason"]) == condition.reason
        && text(&before["message"]) == condition.message
    {
        return;
    }
    let since = before
        .filter(|before| before["status"] == condition.status)
        .and_then(|before| time(&before["lastTransitionTime"]))
        .unwrap_or(now);
    let mut new = json!({"type": condition.kind, "status": condition.status, "lastTransitionTime": seconds(since)});
    for (field, value) in [("reason", condition.reason), ("message", &condition.message)] {
        if !value.is_empty() || style == Style::Plain {
            new[field] = json!(value);
        }
    }
    match style {
        Style::Plain => {}
        Style::Updated => new["lastUpdateTime"] = json!(seconds(now)),
        Style::Probed => new["lastProbeTime"] = json!(seconds(now)),
    }
    let mut all = list(&document["status"]["conditions"]).to_vec();
    // Deployments and jobs put what changed last; the others keep their order.
    match (all.iter().position(|c| c["type"] == condition.kind), style) {
        (Some(place), Style::Plain) => {
            if let Some(slot) = all.get_mut(place) {
                *slot = new;
            }
        }
        (Some(place), _) => {
            all.remove(place);
            all.push(new);
        }
        (None, _) => all.push(new),
    }
    set(document, &["status", "conditions"], Value::Array(all));
}

/// Takes away the condition of this kind.
pub fn remove(document: &mut Value, kind: &str) {
    let Some(all) = document
        .get_mut("status")
        .and_then(|s| s.get_mut("conditions"))
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    all.retain(|c| c["type"] != kind);
}
