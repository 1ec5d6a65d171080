//! The server's Table output: which columns a kind has, and what stands in them. This is what `kubectl get`
//! prints, and what shows kinds that a client does not know.
//!
//! Cells come from the stored document and the time; nothing else is asked. Which columns there are depends on
//! the version of the API, and for custom kinds on their definition.

pub mod age;
mod cluster;
mod custom;
mod network;
mod pod;
mod storage;
mod text;
mod workload;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::{Origin, Served};

/// The column definitions of a kind: an array of `{name, type, format, description, priority}`.
pub fn definitions(kind: &Served) -> Value {
    match &kind.origin {
        Origin::Custom(columns) => custom::definitions(columns),
        _ => known(kind).0.into_iter().map(definition).collect(),
    }
}

/// The cells of an object (as it is stored), in the order of the definitions. `now` is the world's time, for ages.
pub fn cells(kind: &Served, object: &Value, now: Timestamp) -> Vec<Value> {
    match &kind.origin {
        Origin::Custom(columns) => custom::cells(columns, object, now),
        _ => known(kind).1(object, Context { now, minor: kind.minor }),
    }
}

/// The conditions of a row: a pod that has come to its end says so. `None` for all others.
pub fn conditions(kind: &Served, object: &Value) -> Option<Value> {
    if kind.shelf != "pods" {
        return None;
    }
    let (reason, message) = match object["status"]["phase"].as_str()? {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
}

/// A column that is known beforehand: name, type, description, priority.
type Known = (&'static str, &'static str, &'static str, u8);

/// What cells are made from besides the object.
#[derive(Clone, Copy, Debug)]
struct Context {
    now: Timestamp,
    /// Of the API: 20 for 1.20.
    minor: u32,
}

/// Makes the cells of one object, as many as there are columns.
type Cells = fn(&Value, Context) -> Vec<Value>;

const CREATED: &str = "CreationTimestamp is a timestamp representing the server time when this object was created.";
const NAME: Known = ("Name", "string", "Name must be unique within a namespace.", 0);
const AGE: Known = ("Age", "string", CREATED, 0);
const CONTAINERS: Known = ("Containers", "string", "Names of each container in the template.", 1);
const IMAGES: Known = ("Images", "string", "Images referenced by each container in the template.", 1);

/// The columns of a kind of the server itself; one without columns of its own tells its name and when it was made.
fn known(kind: &Served) -> (Vec<Known>, Cells) {
    let (shelf, minor) = (kind.shelf.as_str(), kind.minor);
    pod::known(shelf, minor)
        .or_else(|| workload::known(shelf, minor))
        .or_else(|| network::known(shelf))
        .or_else(|| storage::known(shelf, minor))
        .or_else(|| cluster::known(shelf, minor))
        .unwrap_or_else(|| {
            let created = ("Created At", "date", CREATED, 0);
            (vec![NAME, created], |o, _| {
                vec![name(o), o["metadata"]["creationTimestamp"].clone()]
            })
        })
}

fn definition((name, kind, description, priority): Known) -> Value {
    let format = if name == "Name" { "name" } else { "" };
    json!({"name": name, "type": kind, "format": format, "description": description, "priority": priority})
}

fn name(object: &Value) -> Value {
    object["metadata"]["name"].clone()
}

fn age(object: &Value, now: Timestamp) -> Value {
    json!(age::since(&object["metadata"]["creationTimestamp"], now))
}

#[cfg(test)]
mod tests;
