//! Strategic merge patches: merge patches that know which lists are maps in disguise.
//!
//! Besides values, a patch carries directives: `$patch: replace|delete` in a map, `$retainKeys`,
//! `$deleteFromPrimitiveList/LIST` and `$setElementOrder/LIST`.

use serde_json::{Map, Value};

use crate::sim::managed::strategy::{self, Strategy};

const PATCH: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Why a patch cannot be applied, in the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(pub String);

/// Applies a patch to an object of a built-in kind.
pub fn merge(kind: &str, object: &mut Value, patch: &Value) -> Result<(), Unfit> {
    let (Some(object), Some(patch)) = (object.as_object_mut(), patch.as_object()) else {
        return Err(Unfit("the patch is no JSON object".to_owned()));
    };
    merge_map(kind, &mut Vec::new(), object, patch)
}

fn merge_map<'p>(kind: &str, path: &mut Vec<&'p str>, object: &mut Map<String, Value>, patch: &'p Map<String, Value>) -> Result<(), Unfit> {
    match patch.get(PATCH).map(|d| d.as_str().unwrap_or_default()) {
        None | Some("merge") => {}
        Some("replace") => {
            object.clear();
            object.extend(patch.iter().filter(|(k, _)| !is_directive(k)).map(|(k, v)| (k.clone(), bare(v))));
            return Ok(());
        }
        Some("delete") => {
            object.clear();
            return Ok(());
        }
        Some(other) => return Err(Unfit(format!("unknown patch type found in map: {other}"))),
    }
    if let Some(keys) = patch.get(RETAIN) {
        let Some(keys) = keys.as_array() else {
            return Err(Unfit("invalid format: $retainKeys must be a list of strings".to_owned()));
        };
        object.retain(|k, _| keys.iter().any(|wanted| wanted.as_str() == Some(k)));
    }
    for (key, value) in patch {
        if let Some(list) = key.strip_prefix(DELETE_FROM) {
            let gone = value.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(items) = object.get_mut(list).and_then(Value::as_array_mut) {
                items.retain(|item| !gone.contains(item));
            }
        }
    }
    for (key, value) in patch.iter().filter(|(k, _)| !is_directive(k)) {
        if value.is_null() {
            object.remove(key);
            continue;
        }
        path.push(key);
        let order = patch.get(&format!("{ORDER}{key}")).and_then(Value::as_array);
        let merged = merge_field(kind, path, object.get_mut(key), value, order);
        path.pop();
        if let Some(new) = merged? {
            object.insert(key.clone(), new);
        }
    }
    // An order may come without elements: a mere change of the order.
    for (key, order) in patch {
        let Some(list) = key.strip_prefix(ORDER).filter(|list| !patch.contains_key(*list)) else {
            continue;
        };
        path.push(list);
        if let (Some(items), Some(order)) = (object.get_mut(list).and_then(Value::as_array_mut), order.as_array()) {
            let before = items.clone();
            put_in_order(strategy::of(kind, path), items, &before, order);
        }
        path.pop();
    }
    Ok(())
}

/// Merges one field in place, or returns its new value.
fn merge_field<'p>(
    kind: &str,
    path: &mut Vec<&'p str>,
    before: Option<&mut Value>,
    patch: &'p Value,
    order: Option<&Vec<Value>>,
) -> Result<Option<Value>, Unfit> {
    match (before, patch) {
        (Some(Value::Object(before)), Value::Object(patch)) => {
            merge_map(kind, path, before, patch)?;
            Ok(None)
        }
        (Some(Value::Array(before)), Value::Array(patch)) => {
            merge_list(kind, path, before, patch, order)?;
            Ok(None)
        }
        (None, Value::Array(patch)) => {
            let mut items = Vec::new();
            merge_list(kind, path, &mut items, patch, order)?;
            Ok(Some(Value::Array(items)))
        }
        (None, Value::Object(patch)) => {
            let mut map = Map::new();
            merge_map(kind, path, &mut map, patch)?;
            Ok(Some(Value::Object(map)))
        }
        _ => Ok(Some(bare(patch))),
    }
}

fn merge_list<'p>(
    kind: &str,
    path: &mut Vec<&'p str>,
    items: &mut Vec<Value>,
    patch: &'p [Value],
    order: Option<&Vec<Value>>,
) -> Result<(), Unfit> {
    let strategy = strategy::of(kind, path);
    let before = items.clone();
    match strategy {
        Strategy::Replace => *items = patch.iter().filter(|item| item.get(PATCH).is_none()).map(bare).collect(),
        Strategy::Primitives => {
            for item in patch {
                if !items.contains(item) {
                    items.push(item.clone());
                }
            }
        }
        Strategy::ByKey(key) => {
            let whole = |item: &Value| item[PATCH] == "replace" && item.get(key).is_none();
            if patch.iter().any(whole) {
                *items = patch.iter().filter(|item| !whole(item)).map(bare).collect();
                return Ok(());
            }
            for item in patch {
                merge_item(kind, path, items, item, key)?;
            }
        }
    }
    if let Some(order) = order {
        put_in_order(strategy, items, &before, order);
    }
    Ok(())
}

fn merge_item<'p>(kind: &str, path: &mut Vec<&'p str>, items: &mut Vec<Value>, item: &'p Value, key: &str) -> Result<(), Unfit> {
    let Some(fields) = item.as_object() else {
        return Err(Unfit(format!("list element {item} is no map")));
    };
    let Some(id) = fields.get(key) else {
        return Err(Unfit(format!("map: {} does not contain declared merge key: {key}", in_go(item))));
    };
    let place = items.iter().position(|have| have.get(key) == Some(id));
    if fields.get(PATCH).is_some_and(|d| d == "delete") {
        items.retain(|have| have.get(key) != Some(id));
        return Ok(());
    }
    match place.and_then(|at| items.get_mut(at)).and_then(Value::as_object_mut) {
        Some(have) => merge_map(kind, path, have, fields),
        None => {
            let mut new = Map::new();
            merge_map(kind, path, &mut new, fields)?;
            items.push(Value::Object(new));
            Ok(())
        }
    }
}

/// Puts the elements that the order names into that order; the others keep their places among those that were
/// there before.
fn put_in_order(strategy: Strategy, items: &mut Vec<Value>, before: &[Value], order: &[Value]) {
    let id = |item: &Value| match strategy {
        Strategy::ByKey(key) => item.get(key).cloned(),
        Strategy::Primitives => Some(item.clone()),
        Strategy::Replace => None,
    };
    if strategy == Strategy::Replace {
        return;
    }
    let wanted: Vec<Value> = order.iter().filter_map(id).collect();
    let had: Vec<Option<Value>> = before.iter().map(id).collect();
    let rank = |list: &[Value], item: &Value| id(item).and_then(|i| list.iter().position(|w| *w == i));
    let (mut named, others): (Vec<Value>, Vec<Value>) = items.drain(..).partition(|item| rank(&wanted, item).is_some());
    named.sort_by_key(|item| rank(&wanted, item));
    let old = |item: &Value| {
        let id = id(item);
        had.iter().position(|had| *had == id)
    };
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    loop {
        let next = match (named.peek(), others.peek()) {
            (Some(a), Some(b)) => match (old(a), old(b)) {
                (Some(a), Some(b)) if b < a => others.next(),
                _ => named.next(),
            },
            (Some(_), None) => named.next(),
            (None, _) => others.next(),
        };
        match next {
            Some(item) => items.push(item),
            None => return,
        }
    }
}

fn is_directive(key: &str) -> bool {
    key == PATCH || key == RETAIN || key.starts_with(DELETE_FROM) || key.starts_with(ORDER)
}

/// Without directives and without fields that are to be removed.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields = map.iter().filter(|(k, v)| !is_directive(k) && !v.is_null());
            Value::Object(fields.map(|(k, v)| (k.clone(), bare(v))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().filter(|i| i.get(PATCH).is_none()).map(bare).collect()),
        plain => plain.clone(),
    }
}

/// A value as the server prints it into messages: `map[image:a]`.
pub fn in_go(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map.iter().map(|(k, v)| format!("{k}:{}", in_go(v))).collect();
            format!("map[{}]", fields.join(" "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(in_go).collect::<Vec<_>>().join(" ")),
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(object: Value, patch: Value) -> Value {
        let mut object = object;
        merge("Deployment", &mut object, &patch).unwrap();
        object
    }

    fn deployment() -> Value {
        json!({"metadata": {"finalizers": ["a", "b"], "labels": {"x": "1", "y": "2"}}, "spec": {"strategy": {"type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 1}}, "template": {"spec": {"containers": [
                {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "args": ["x", "y"]},
                {"name": "side", "image": "side:1"}]}}}})
    }

    #[test]
    fn containers_and_variables_are_met_by_name_and_other_lists_are_replaced() {
        let after = patched(
            deployment(),
            json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2", "args": ["z"],
                "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}, {"name": "A", "$patch": "delete"}]}]}}}}),
        );
        let containers = &after["spec"]["template"]["spec"]["containers"];
        assert_eq!(containers[0]["image"], "web:2");
        assert_eq!(containers[0]["args"], json!(["z"]));
        assert_eq!(
            containers[0]["env"],
            json!([{"name": "B", "value": "3"}, {"name": "C", "value": "4"}])
        );
        assert_eq!(containers[1]["image"], "side:1");
    }

    #[test]
    fn directives_delete_replace_retain_and_order() {
        let after = patched(
            deployment(),
            json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"], "labels": {"x": null}},
                "spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}, "template": {"spec": {
                "$setElementOrder/containers": [{"name": "new"}, {"name": "side"}, {"name": "web"}], "containers": [{"name": "new", "image": "n"}]}}}}),
        );
        assert_eq!(after["metadata"]["finalizers"], json!(["b", "c"]));
        assert_eq!(after["metadata"]["labels"], json!({"y": "2"}));
        assert_eq!(after["spec"]["strategy"], json!({"type": "Recreate"}));
        let names: Vec<&str> = after["spec"]["template"]["spec"]["containers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["new", "side", "web"]);
        let replaced = patched(
            deployment(),
            json!({"spec": {"template": {"spec": {"containers": [{"$patch": "replace"}, {"name": "only"}]}}}}),
        );
        assert_eq!(replaced["spec"]["template"]["spec"]["containers"], json!([{"name": "only"}]));
    }

    #[test]
    fn an_element_without_its_key_is_refused_as_a_server_words_it() {
        let mut object = deployment();
        let patch = json!({"spec": {"template": {"spec": {"containers": [{"image": "a"}]}}}});
        let refused = merge("Deployment", &mut object, &patch).unwrap_err();
        assert_eq!(refused.0, "map: map[image:a] does not contain declared merge key: name");
    }
}
