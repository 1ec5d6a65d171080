//! Which nodes a daemon fits: selector, affinity and taints; room does not matter.

use serde_json::Value;

use super::document::{list, text};
use crate::sim::store::Stored;

/// Whether a node is one for a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Runs,
    /// It lets no new one in; one that is there stays.
    Stays,
    Not,
}

/// Whether a node is one for pods with this specification.
pub fn fits(spec: &Value, node: &Stored) -> Fit {
    let selector = spec["nodeSelector"].as_object().into_iter().flatten();
    if !node.has_labels(selector.map(|(k, v)| (k.as_str(), text(v)))) {
        return Fit::Not;
    }
    let affinity = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
    if let Some(terms) = affinity.as_array()
        && !terms.iter().any(|term| chosen(term, node))
    {
        return Fit::Not;
    }
    let doc = node.value();
    let untolerated = |effect: &str| {
        let mut taints = list(&doc["spec"]["taints"]).iter().filter(|t| t["effect"] == effect);
        taints.any(|taint| !list(&spec["tolerations"]).iter().any(|t| tolerates(t, taint)))
    };
    if untolerated("NoExecute") {
        Fit::Not
    } else if untolerated("NoSchedule") {
        Fit::Stays
    } else {
        Fit::Runs
    }
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let effect = text(&toleration["effect"]);
    let key = text(&toleration["key"]);
    let exists = toleration["operator"] == "Exists";
    (effect.is_empty() || taint["effect"] == effect)
        && (key.is_empty() && exists || taint["key"] == key)
        && (exists || text(&toleration["value"]) == text(&taint["value"]))
}

/// Whether all expressions of a term hold.
fn chosen(term: &Value, node: &Stored) -> bool {
    let names = list(&term["matchFields"]).iter().all(|f| {
        let named = list(&f["values"]).iter().any(|v| text(v) == &*node.key.name);
        if f["operator"] == "NotIn" { !named } else { named }
    });
    names
        && list(&term["matchExpressions"]).iter().all(|e| {
            let value = node.label(text(&e["key"]));
            let among = list(&e["values"]).iter().any(|v| Some(text(v)) == value);
            let number = |v: Option<&str>| v.and_then(|v| v.parse::<i64>().ok());
            let bound = number(e["values"][0].as_str());
            match text(&e["operator"]) {
                "In" => among,
                "NotIn" => !among,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                "Gt" => number(value).zip(bound).is_some_and(|(v, b)| v > b),
                "Lt" => number(value).zip(bound).is_some_and(|(v, b)| v < b),
                _ => false,
            }
        })
}
