//! Texts that many cells share: selectors, labels, containers, lists that are cut short.

use serde_json::{Value, json};

/// What stands where nothing is.
pub const NONE: &str = "<none>";

/// A text, or `<none>` for an empty one.
pub fn or_none(text: String) -> Value {
    json!(if text.is_empty() { NONE.to_owned() } else { text })
}

/// A text field, or this.
pub fn or(value: &Value, missing: &str) -> Value {
    json!(value.as_str().filter(|s| !s.is_empty()).unwrap_or(missing))
}

/// A text field, empty if it is missing.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A number, 0 if it is missing: servers leave zeroes out.
pub fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

/// The elements of an array, none if it is missing.
pub fn items(value: &Value) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
    value.as_array().map_or(&[] as &[Value], Vec::as_slice).iter()
}

/// How many entries a map or an array has.
pub fn count(value: &Value) -> usize {
    value.as_object().map_or_else(|| items(value).len(), serde_json::Map::len)
}

/// The names of some things, joined.
pub fn joined<'a>(values: impl Iterator<Item = &'a str>, by: &str) -> String {
    values.collect::<Vec<_>>().join(by)
}

/// `a=1,b=2`, or `<none>`.
pub fn labels(labels: &Value) -> Value {
    let pairs = labels.as_object().into_iter().flatten();
    let mut pairs: Vec<String> = pairs.map(|(k, v)| format!("{k}={}", text(v))).collect();
    pairs.sort_unstable();
    or_none(pairs.join(","))
}

/// A label selector: `app=web,tier in (a,b),!old`, or `<none>`.
pub fn selector(selector: &Value) -> Value {
    let exact = selector["matchLabels"].as_object().into_iter().flatten();
    let mut parts: Vec<(String, String)> = exact.map(|(k, v)| (k.clone(), format!("{k}={}", text(v)))).collect();
    for rule in items(&selector["matchExpressions"]) {
        let key = text(&rule["key"]);
        let mut values: Vec<&str> = items(&rule["values"]).map(text).collect();
        values.sort_unstable();
        let values = values.join(",");
        let part = match text(&rule["operator"]) {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        };
        parts.push((key.to_owned(), part));
    }
    parts.sort();
    or_none(joined(parts.iter().map(|(_, part)| part.as_str()), ","))
}

/// The names and the images of the containers of a pod template.
pub fn containers(template: &Value) -> [Value; 2] {
    ["name", "image"].map(|field| json!(joined(items(&template["spec"]["containers"]).map(|c| text(&c[field])), ",")))
}

/// At most three of a list, and how many more there are.
pub fn some(list: &[String], most: usize) -> String {
    let shown = joined(list.iter().take(most).map(String::as_str), ",");
    match list.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}
