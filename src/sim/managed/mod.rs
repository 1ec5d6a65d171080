//! `metadata.managedFields`: who changed which fields, and when. Clients, pipelines and controllers enter it alike.

pub mod strategy;

use serde_json::{Map, Value, json};

use strategy::Strategy;

/// The metadata that belongs to people rather than to the server.
const META: &[&str] = &["labels", "annotations", "finalizers", "ownerReferences", "generateName"];

/// Who writes, how and when.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    pub manager: &'a str,
    /// `Update` or `Apply`.
    pub operation: &'a str,
    pub api_version: &'a str,
    /// `status`, `scale`; none for the object itself.
    pub sub: Option<&'a str>,
    /// RFC 3339.
    pub time: &'a str,
}

/// Enters what this writer changed from `before` to `after`. Nothing changed: nothing is entered.
pub fn record(kind: &str, before: Option<&Value>, after: &mut Value, writer: &Writer<'_>) {
    let fields = touched(kind, before.unwrap_or(&Value::Null), after);
    let mut entries = before
        .and_then(|b| b["metadata"]["managedFields"].as_array().cloned())
        .unwrap_or_default();
    if !fields.is_empty() {
        enter(&mut entries, writer, fields);
    }
    let Some(meta) = after.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    if entries.is_empty() {
        meta.remove("managedFields");
    } else {
        meta.insert("managedFields".to_owned(), Value::Array(entries));
    }
}

fn enter(entries: &mut Vec<Value>, writer: &Writer<'_>, fields: Map<String, Value>) {
    let same = |entry: &&mut Value| {
        entry["manager"] == writer.manager
            && entry["operation"] == writer.operation
            && entry["apiVersion"] == writer.api_version
            && entry["subresource"].as_str() == writer.sub
    };
    if let Some(entry) = entries.iter_mut().find(same).and_then(Value::as_object_mut) {
        entry.insert("time".to_owned(), json!(writer.time));
        let slot = entry.entry("fieldsV1").or_insert_with(|| json!({}));
        if let Some(slot) = slot.as_object_mut() {
            join(slot, fields);
        }
        return;
    }
    let mut entry = json!({
        "manager": writer.manager, "operation": writer.operation, "apiVersion": writer.api_version, "time": writer.time,
        "fieldsType": "FieldsV1", "fieldsV1": fields,
    });
    if let Some(sub) = writer.sub {
        entry["subresource"] = json!(sub);
    }
    entries.push(entry);
}

fn join(into: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(have)), Value::Object(more)) => join(have, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// The fields that differ, as a tree of `f:field` and `k:{"name":"x"}`.
fn touched(kind: &str, before: &Value, after: &Value) -> Map<String, Value> {
    let mut tree = Map::new();
    for (field, value) in after.as_object().into_iter().flatten() {
        if matches!(field.as_str(), "kind" | "apiVersion") {
            continue;
        }
        if field == "metadata" {
            let mut meta = Map::new();
            for field in META {
                differ(
                    kind,
                    &mut vec!["metadata", field],
                    &before["metadata"][*field],
                    &value[*field],
                    &mut meta,
                );
            }
            if !meta.is_empty() {
                tree.insert("f:metadata".to_owned(), Value::Object(meta));
            }
            continue;
        }
        differ(kind, &mut vec![field.as_str()], &before[field.as_str()], value, &mut tree);
    }
    tree
}

/// Puts the field at the end of the path into the tree if it differs.
fn differ<'a>(kind: &str, path: &mut Vec<&'a str>, before: &Value, after: &'a Value, tree: &mut Map<String, Value>) {
    if before == after || after.is_null() {
        return;
    }
    let name = format!("f:{}", path.last().copied().unwrap_or_default());
    let fields = match (after, strategy::of(kind, path)) {
        (Value::Object(map), _) => {
            let mut fields = Map::new();
            for (key, value) in map {
                path.push(key);
                differ(kind, path, &before[key.as_str()], value, &mut fields);
                path.pop();
            }
            if before.is_null() && !map.is_empty() {
                fields.insert(".".to_owned(), json!({}));
            }
            fields
        }
        (Value::Array(items), Strategy::ByKey(key)) => {
            let mut fields = Map::new();
            if before.is_null() {
                fields.insert(".".to_owned(), json!({}));
            }
            for item in items {
                let id = &item[key];
                let had = before
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find(|b| b[key] == *id)
                    .unwrap_or(&Value::Null);
                let mut own = Map::new();
                for (field, value) in item.as_object().into_iter().flatten() {
                    path.push(field);
                    differ(kind, path, &had[field.as_str()], value, &mut own);
                    path.pop();
                }
                if own.is_empty() {
                    continue;
                }
                if had.is_null() {
                    own.insert(".".to_owned(), json!({}));
                }
                fields.insert(format!("k:{}", id_of(key, item)), Value::Object(own));
            }
            fields
        }
        _ => Map::new(),
    };
    tree.insert(name, Value::Object(fields));
}

/// `{"name":"x"}`; ports are named by their protocol as well.
fn id_of(key: &str, item: &Value) -> Value {
    let mut id = json!({key: item[key]});
    if matches!(key, "containerPort" | "port") && !item["protocol"].is_null() {
        id["protocol"] = item["protocol"].clone();
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_writer_has_one_entry_with_what_it_touched() {
        let writer = |manager| Writer {
            manager,
            operation: "Update",
            api_version: "apps/v1",
            sub: None,
            time: "2026-01-01T00:00:00Z",
        };
        let mut first = json!({"metadata": {"name": "web"}, "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "x"}]}}}});
        record("Deployment", None, &mut first, &writer("me"));
        let mut second = first.clone();
        second["spec"]["template"]["spec"]["containers"][0]["image"] = json!("y");
        record("Deployment", Some(&first), &mut second, &writer("you"));
        let entries = second["metadata"]["managedFields"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            entries[1]["fieldsV1"],
            json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {"f:image": {}}}}}}})
        );
        let mut third = second.clone();
        record("Deployment", Some(&second), &mut third, &writer("nobody"));
        assert_eq!(third, second, "who changes nothing is not entered");
    }
}
