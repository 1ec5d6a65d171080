//! How objects are told: whole, as metadata, or as table rows; in the version that was asked for. Whole objects of
//! kinds that look the same in all versions are told as they are stored, without parsing.

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::convert::{convert, is_converted};
use super::kinds::{Origin, Served};
use super::table;
use crate::sim::face::Request;
use crate::sim::store::Stored;

/// The encoding that the client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Whole,
    Metadata,
    Table(Include),
}

/// What a table row carries besides its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Include {
    Nothing,
    Metadata,
    Object,
}

/// Whether a table tells its columns: later events of a watch do not repeat them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    Told,
    Known,
}

/// The media types of an Accept header that ask for JSON, each with its `as=` and `v=` parameters.
pub fn accepted(request: &Request) -> Vec<(Option<String>, Option<String>)> {
    let accept = Some(request.accept()).filter(|a| !a.is_empty()).unwrap_or("*/*");
    let mut wanted = Vec::new();
    for item in accept.split(',') {
        let mut parts = item.split(';').map(str::trim);
        if !matches!(parts.next(), Some("application/json" | "*/*" | "application/*")) {
            continue;
        }
        let (mut kind, mut version) = (None, None);
        for part in parts {
            match part.split_once('=') {
                Some(("as", value)) => kind = Some(value.to_owned()),
                Some(("v", value)) => version = Some(value.to_owned()),
                _ => {}
            }
        }
        wanted.push((kind, version));
    }
    wanted
}

impl Shape {
    /// The first encoding of the Accept header that this server can give; `None` is a 406.
    pub fn negotiate(request: &Request, kind: &Served) -> Option<Self> {
        let include = match request.query("includeObject") {
            Some("None") => Include::Nothing,
            Some("Object") => Include::Object,
            _ => Include::Metadata,
        };
        // The metrics API is an aggregated server that knows no tables.
        let transforms = kind.origin != Origin::Metrics;
        accepted(request).iter().find_map(|(name, _)| match name.as_deref() {
            None => Some(Self::Whole),
            Some("Table") if transforms => Some(Self::Table(include)),
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") if transforms => Some(Self::Metadata),
            Some(_) => None,
        })
    }

    /// One object on its own: a GET, or the object of a watch event.
    pub fn one(self, kind: &Served, stored: &Stored, columns: Columns, now: Timestamp) -> Bytes {
        let mut text = Vec::with_capacity(stored.json.len() + 64);
        self.append_one(kind, stored, columns, now, &mut text);
        text.push(b'\n');
        Bytes::from(text)
    }

    /// The same appended to a text.
    pub fn append_one(self, kind: &Served, stored: &Stored, columns: Columns, now: Timestamp, text: &mut Vec<u8>) {
        match self {
            Self::Whole if !is_converted(kind) => {
                let (name, version) = (&kind.kind, kind.api_version());
                text.extend_from_slice(format!(r#"{{"kind":"{name}","apiVersion":"{version}","#).as_bytes());
                text.extend_from_slice(stored.json.get(1..).unwrap_or_default());
            }
            _ => write(text, &self.one_value(kind, &stored.value(), columns, now)),
        }
    }

    /// The same from a document (without kind and version).
    pub fn one_value(self, kind: &Served, object: &Value, columns: Columns, now: Timestamp) -> Value {
        match self {
            Self::Whole => whole(kind, object),
            Self::Metadata => metadata(object),
            Self::Table(include) => {
                let definitions = match columns {
                    Columns::Told => table::definitions(kind),
                    Columns::Known => Value::Null,
                };
                json!({
                    "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": object["metadata"]["resourceVersion"]},
                    "columnDefinitions": definitions, "rows": [row(kind, object, include, now)],
                })
            }
        }
    }

    /// One element of a list, appended to a text.
    pub fn item(self, kind: &Served, stored: &Stored, now: Timestamp, text: &mut Vec<u8>) {
        match self {
            // Items of built-in kinds come without kind and version; those of custom kinds have them.
            Self::Whole if kind.is_custom() => self.append_one(kind, stored, Columns::Known, now, text),
            Self::Whole if !is_converted(kind) => text.extend_from_slice(&stored.json),
            Self::Whole => write(text, &convert(kind, stored.value())),
            Self::Metadata => write(text, &metadata(&stored.value())),
            Self::Table(include) => write(text, &row(kind, &stored.value(), include, now)),
        }
    }

    /// A list up to its first element, and what follows its last one.
    pub fn frame(self, kind: &Served, meta: &Value) -> (String, &'static str) {
        match self {
            Self::Whole => {
                let (name, version) = (&kind.kind, kind.api_version());
                (
                    format!(r#"{{"kind":"{name}List","apiVersion":"{version}","metadata":{meta},"items":["#),
                    "]}\n",
                )
            }
            Self::Metadata => (
                format!(r#"{{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{meta},"items":["#),
                "]}\n",
            ),
            Self::Table(_) => {
                let columns = table::definitions(kind);
                (
                    format!(r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{meta},"columnDefinitions":{columns},"rows":["#),
                    "]}\n",
                )
            }
        }
    }

    /// The object of a bookmark: nothing but a resource version, in the shape of the kind.
    pub fn bookmark(self, kind: &Served, rv: u64, initial_events_end: bool, now: Timestamp) -> Value {
        let mut object = json!({"metadata": {"resourceVersion": rv.to_string(), "creationTimestamp": null}});
        if initial_events_end {
            object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        if kind.resource == "pods" {
            object["spec"] = json!({"containers": null});
            object["status"] = json!({});
        }
        self.one_value(kind, &object, Columns::Known, now)
    }
}

fn write(text: &mut Vec<u8>, value: &Value) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(text, value);
}

/// A document in the version of this kind, with kind and version written on it.
pub fn whole(kind: &Served, object: &Value) -> Value {
    let mut object = convert(kind, object.clone());
    if object.is_object() {
        object["apiVersion"] = json!(kind.api_version());
        object["kind"] = json!(kind.kind);
    }
    object
}

fn metadata(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

fn row(kind: &Served, object: &Value, include: Include, now: Timestamp) -> Value {
    let cells = table::cells(kind, object, now);
    let object_told = match include {
        Include::Nothing => Value::Null,
        Include::Metadata => metadata(object),
        Include::Object => whole(kind, object),
    };
    match table::conditions(kind, object) {
        Some(conditions) => json!({"cells": cells, "conditions": conditions, "object": object_told}),
        None => json!({"cells": cells, "object": object_told}),
    }
}
