//! Label selectors as objects carry them (`matchLabels`, `matchExpressions`).

use serde_json::Value;

use crate::sim::store::Stored;

/// Whether the labels of an object are selected. No selector selects nothing, an empty one everything.
pub fn select(selector: &Value, object: &Stored) -> bool {
    if !selector.is_object() {
        return false;
    }
    let mut labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut rules = selector["matchExpressions"].as_array().into_iter().flatten();
    labels.all(|(key, value)| object.label(key) == value.as_str()) && rules.all(|rule| holds(rule, object))
}

fn holds(rule: &Value, object: &Stored) -> bool {
    let label = object.label(rule["key"].as_str().unwrap_or_default());
    let named = |label: &str| rule["values"].as_array().into_iter().flatten().any(|v| v == label);
    match rule["operator"].as_str() {
        Some("In") => label.is_some_and(named),
        Some("NotIn") => !label.is_some_and(named),
        Some("Exists") => label.is_some(),
        Some("DoesNotExist") => label.is_none(),
        _ => false,
    }
}

/// A selector as text: `app=web,tier in (a,b)`.
pub fn text(selector: &Value) -> String {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut terms: Vec<String> = labels.map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    for rule in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = rule["key"].as_str().unwrap_or_default();
        let values: Vec<&str> = rule["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let values = values.join(",");
        terms.push(match rule["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}
