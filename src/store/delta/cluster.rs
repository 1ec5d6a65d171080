//! What changes of nodes, autoscalers and disruption budgets.

use super::{Pair, step};
use crate::model::cluster::{Autoscaler, DisruptionBudget};
use crate::model::{Change, ChangeKind, ConditionStatus, Node, WrittenPart, condition};

/// Who follows the load.
const AUTOSCALER: &str = "horizontal-pod-autoscaler";

impl Pair<'_> {
    pub(super) fn node(&self, old: &Node, new: &Node) -> Vec<Change> {
        let mut changes = Vec::new();
        let is = |node: &Node| node.ready == ConditionStatus::True;
        if is(old) != is(new) {
            // The condition knows better than the watch when it turned.
            let since = condition(&new.conditions, "Ready").map(|ready| ready.since);
            let since = since.filter(|since| since.is_known() && *since <= self.at).unwrap_or(self.at);
            changes.push(self.seen(ChangeKind::Node, since, if is(new) { "ready" } else { "not ready" }));
        }
        if old.unschedulable != new.unschedulable {
            let what = if new.unschedulable { "cordoned" } else { "uncordoned" };
            changes.push(self.written(ChangeKind::Node, WrittenPart::Spec, what));
        }
        changes
    }

    pub(super) fn autoscaler(&self, old: &Autoscaler, new: &Autoscaler) -> Vec<Change> {
        let mut changes = Vec::new();
        let bounds = [("min", old.min, new.min), ("max", old.max, new.max)];
        if let Some(what) = bounds_in_words(bounds.map(|(name, old, new)| (name, old.to_string(), new.to_string()))) {
            changes.push(self.written(ChangeKind::Scale, WrittenPart::Spec, what));
        }
        // From nothing: it has only begun to decide.
        if old.desired != new.desired && old.desired > 0 {
            let what = format!("hpa scaled {} → {}", old.desired, new.desired);
            changes.push(Change {
                by: AUTOSCALER.into(),
                ..self.seen(ChangeKind::Scale, self.at, what)
            });
        }
        changes
    }

    pub(super) fn budget(&self, old: &DisruptionBudget, new: &DisruptionBudget) -> Vec<Change> {
        let bounds = [
            ("min available", old.min_available.to_string(), new.min_available.to_string()),
            ("max unavailable", old.max_unavailable.to_string(), new.max_unavailable.to_string()),
        ];
        let what = bounds_in_words(bounds);
        what.map(|what| self.written(ChangeKind::Other, WrittenPart::Spec, what))
            .into_iter()
            .collect()
    }
}

/// `min 2 → 3, max 5 → 10`; nothing where none differs.
fn bounds_in_words(bounds: [(&str, String, String); 2]) -> Option<String> {
    let steps = bounds
        .iter()
        .filter_map(|(name, old, new)| Some(format!("{name} {}", step(old, new)?)));
    let steps: Vec<_> = steps.collect();
    (!steps.is_empty()).then(|| steps.join(", "))
}
