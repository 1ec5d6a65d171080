//! How one object is told: whole, as metadata, or as a table row; in the version that was asked for.

use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

use super::served::Served;
use super::table;

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

/// The media types of an Accept header that ask for JSON, each with its `as=` parameter.
pub fn accepted(headers: &HeaderMap) -> Vec<(Option<String>, Option<String>)> {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("*/*");
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
    pub fn negotiate(headers: &HeaderMap, include: Option<&str>, kind: &Served) -> Option<Self> {
        let include = match include {
            Some("None") => Include::Nothing,
            Some("Object") => Include::Object,
            _ => Include::Metadata,
        };
        // The metrics API is an aggregated server that knows no tables.
        let transforms = kind.group != "metrics.k8s.io";
        accepted(headers).iter().find_map(|(name, _)| match name.as_deref() {
            None => Some(Self::Whole),
            Some("Table") if transforms => Some(Self::Table(include)),
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") if transforms => Some(Self::Metadata),
            Some(_) => None,
        })
    }

    /// One object on its own: a GET, or the object of a watch event. `headers` is for tables: whether the
    /// column definitions are told again.
    pub fn one(self, kind: &Served, object: &Value, headers: bool) -> Value {
        match self {
            Self::Whole => whole(kind, object),
            Self::Metadata => metadata(object),
            Self::Table(include) => {
                let rv = &object["metadata"]["resourceVersion"];
                table::table(kind, [object].into_iter(), include, json!({"resourceVersion": rv}), headers)
            }
        }
    }

    /// A list of objects.
    pub fn list<'a>(self, kind: &Served, objects: impl Iterator<Item = &'a Value>, meta: Value) -> Value {
        match self {
            Self::Whole => {
                let items: Vec<Value> = objects.map(|object| item(kind, object)).collect();
                json!({"kind": format!("{}List", kind.kind), "apiVersion": kind.api_version(), "metadata": meta, "items": items})
            }
            Self::Metadata => {
                let items: Vec<Value> = objects.map(metadata).collect();
                json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "items": items})
            }
            Self::Table(include) => table::table(kind, objects, include, meta, true),
        }
    }

    /// The object of a bookmark: nothing but a resource version, in the shape of the kind.
    pub fn bookmark(self, kind: &Served, rv: u64, initial_events_end: bool) -> Value {
        let mut object = json!({"metadata": {"resourceVersion": rv.to_string(), "creationTimestamp": null}});
        if initial_events_end {
            object["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        if kind.resource == "pods" {
            object["spec"] = json!({"containers": null});
            object["status"] = json!({});
        }
        self.one(kind, &object, false)
    }
}

/// A copy with kind and version written on it, converted where the versions of a kind differ.
pub fn whole(kind: &Served, object: &Value) -> Value {
    let mut object = convert(kind, object);
    object["apiVersion"] = json!(kind.api_version());
    object["kind"] = json!(kind.kind);
    object
}

/// List items of built-in kinds come without kind and version; those of custom kinds have them.
fn item(kind: &Served, object: &Value) -> Value {
    let mut object = whole(kind, object);
    if !matches!(kind.group, "example.com" | "metrics.k8s.io")
        && let Some(fields) = object.as_object_mut()
    {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    object
}

pub fn metadata(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// The conversions that a reader can tell: events in their second home, autoscalers in version 1.
/// Objects are put in the shape of core events and of autoscaling/v2; the other kinds look the same in all
/// versions that are served here.
fn convert(kind: &Served, object: &Value) -> Value {
    let mut object = object.clone();
    let Some(fields) = object.as_object_mut() else { return object };
    match (kind.group, kind.version, kind.resource) {
        ("events.k8s.io", _, _) => {
            let names = [
                ("involvedObject", "regarding"),
                ("message", "note"),
                ("source", "deprecatedSource"),
                ("firstTimestamp", "deprecatedFirstTimestamp"),
                ("lastTimestamp", "deprecatedLastTimestamp"),
                ("count", "deprecatedCount"),
                ("reportingComponent", "reportingController"),
            ];
            for (old, new) in names {
                if let Some(value) = fields.remove(old) {
                    fields.insert(new.to_owned(), value);
                }
            }
        }
        ("autoscaling", "v1", _) => {
            let target = object.pointer("/spec/metrics/0/resource/target/averageUtilization").cloned();
            let current = object
                .pointer("/status/currentMetrics/0/resource/current/averageUtilization")
                .cloned();
            for (part, list, field, value) in [
                ("spec", "metrics", "targetCPUUtilizationPercentage", target),
                ("status", "currentMetrics", "currentCPUUtilizationPercentage", current),
            ] {
                let Some(part) = object[part].as_object_mut() else { continue };
                part.remove(list);
                part.remove("conditions");
                part.extend(value.map(|v| (field.to_owned(), v)));
            }
        }
        _ => {}
    }
    object
}
