//! The server's Table output: rows for kinds that a client does not know.

use serde_json::{Value, json};

use super::clock::human_age;
use super::served::Served;
use super::shape::{Include, metadata, whole};

/// Columns as (name, type, format, priority), and how a cell is made.
type Column = (&'static str, &'static str, &'static str, u8, fn(&Value) -> Value);

const NAME: Column = ("Name", "string", "name", 0, |o| o["metadata"]["name"].clone());
const AGE: Column = ("Age", "string", "", 0, age);

fn age(object: &Value) -> Value {
    json!(human_age(object["metadata"]["creationTimestamp"].as_str()))
}

const PLAIN: &[Column] = &[NAME, AGE];

/// A custom kind's own printer columns. A date column tells an age in words, and the date itself is in
/// no other place of the row: readers have to cope.
const WIDGET: &[Column] = &[
    NAME,
    ("Size", "integer", "", 0, |o| o["spec"]["size"].clone()),
    ("Color", "string", "", 0, |o| o["spec"]["color"].clone()),
    ("Ready", "boolean", "", 0, |o| o["status"]["ready"].clone()),
    ("Last Sync", "date", "", 0, |o| json!(human_age(o["status"]["lastSync"].as_str()))),
    ("Message", "string", "", 1, |o| o["status"]["message"].clone()),
    ("Age", "date", "", 0, age),
];

const POD: &[Column] = &[
    NAME,
    ("Ready", "string", "", 0, |o| {
        let statuses = o["status"]["containerStatuses"].as_array();
        let ready = statuses.map_or(0, |s| s.iter().filter(|c| c["ready"] == true).count());
        json!(format!("{ready}/{}", o["spec"]["containers"].as_array().map_or(0, Vec::len)))
    }),
    ("Status", "string", "", 0, |o| {
        let waiting = o.pointer("/status/containerStatuses/0/state/waiting/reason");
        waiting.unwrap_or(&o["status"]["phase"]).clone()
    }),
    ("Restarts", "integer", "", 0, |o| {
        let statuses = o["status"]["containerStatuses"].as_array();
        json!(statuses.map_or(0, |s| s.iter().filter_map(|c| c["restartCount"].as_u64()).sum::<u64>()))
    }),
    AGE,
    ("IP", "string", "", 1, |o| o["status"]["podIP"].clone()),
    ("Node", "string", "", 1, |o| o["spec"]["nodeName"].clone()),
];

/// A Table of these objects.
pub fn table<'a>(kind: &Served, objects: impl Iterator<Item = &'a Value>, include: Include, meta: Value, headers: bool) -> Value {
    let columns = match kind.resource {
        "pods" => POD,
        "widgets" => WIDGET,
        _ => PLAIN,
    };
    let definitions: Vec<Value> = columns
        .iter()
        .map(|(name, kind, format, priority, _)| {
            json!({"name": name, "type": kind, "format": format, "description": format!("The {name} of it."), "priority": priority})
        })
        .collect();
    let rows: Vec<Value> = objects
        .map(|object| {
            let cells: Vec<Value> = columns.iter().map(|(.., cell)| cell(object)).collect();
            match include {
                Include::Nothing => json!({"cells": cells}),
                Include::Metadata => json!({"cells": cells, "object": metadata(object)}),
                Include::Object => json!({"cells": cells, "object": whole(kind, object)}),
            }
        })
        .collect();
    // Later events of a watch do not repeat the columns.
    let definitions = if headers { json!(definitions) } else { Value::Null };
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "columnDefinitions": definitions, "rows": rows})
}
