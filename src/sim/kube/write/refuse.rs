//! Refusals of writes, worded as a real server words them.

use serde_json::{Value, json};

use crate::sim::kube::Served;
use crate::sim::kube::Status;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `FieldValueInvalid`, `FieldValueRequired` …
    pub reason: &'static str,
    pub message: String,
    pub field: String,
}

impl Cause {
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        let colon = if detail.is_empty() { "" } else { ": " };
        Self {
            reason: "FieldValueRequired",
            message: format!("Required value{colon}{detail}"),
            field: field.into(),
        }
    }

    /// `shown`: the value as it is printed, with its quotation marks if it is a text.
    pub fn invalid(field: impl Into<String>, shown: impl std::fmt::Display, detail: impl std::fmt::Display) -> Self {
        Self {
            reason: "FieldValueInvalid",
            message: format!("Invalid value: {shown}: {detail}"),
            field: field.into(),
        }
    }

    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self {
            reason: "FieldValueForbidden",
            message: format!("Forbidden: {detail}"),
            field: field.into(),
        }
    }

    pub fn duplicate(field: impl Into<String>, shown: impl std::fmt::Display) -> Self {
        Self {
            reason: "FieldValueDuplicate",
            message: format!("Duplicate value: {shown}"),
            field: field.into(),
        }
    }

    pub fn unsupported(field: impl Into<String>, shown: impl std::fmt::Display, known: &[&str]) -> Self {
        let known: Vec<String> = known.iter().map(|k| format!("{k:?}")).collect();
        Self {
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: {shown}: supported values: {}", known.join(", ")),
            field: field.into(),
        }
    }
}

/// 422 with its causes.
pub fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Status {
    let full = if group.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}.{group}")
    };
    let told: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
    let told = match told.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    let mut status = Status::new(422, "Invalid", format!("{full} \"{name}\" is invalid: {told}"));
    let causes: Vec<Value> = causes
        .iter()
        .map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field}))
        .collect();
    let mut details = json!({"kind": kind, "causes": causes});
    for (field, value) in [("name", name), ("group", group)] {
        if !value.is_empty() {
            details[field] = json!(value);
        }
    }
    status.details = details;
    status
}

/// The names of an object in `details`.
fn details(kind: &Served, name: &str) -> Value {
    let mut details = json!({"name": name, "kind": kind.resource});
    if !kind.group.is_empty() {
        details["group"] = json!(kind.group);
    }
    details
}

pub fn already_exists(kind: &Served, name: &str) -> Status {
    let mut status = Status::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", kind.full_name()));
    status.details = details(kind, name);
    status
}

/// 409: somebody else was faster, or a precondition does not hold.
pub fn conflict(kind: &Served, name: &str, why: &str) -> Status {
    let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.full_name());
    let mut status = Status::new(409, "Conflict", message);
    status.details = details(kind, name);
    status
}

/// 409: a precondition of a deletion does not hold. Here a server says the kind where it otherwise says the resource.
pub fn unmet(kind: &Served, name: &str, why: &str) -> Status {
    let full = match kind.group.is_empty() {
        true => kind.kind.to_string(),
        false => format!("{}.{}", kind.kind, kind.group),
    };
    let message = format!("Operation cannot be fulfilled on {full} \"{name}\": {why}");
    let mut status = Status::new(409, "Conflict", message);
    status.details = details(kind, name);
    status.details["kind"] = json!(kind.kind);
    status
}

/// The usual conflict: of resource versions.
pub fn modified(kind: &Served, name: &str) -> Status {
    conflict(
        kind,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )
}

pub fn forbidden(kind: &Served, name: &str, why: &str) -> Status {
    let mut status = Status::new(403, "Forbidden", format!("{} \"{name}\" is forbidden: {why}", kind.full_name()));
    status.details = details(kind, name);
    status
}

pub fn unsupported_patch() -> Status {
    let mut status = Status::new(415, "UnsupportedMediaType", "415: Unsupported Media Type");
    status.details = json!({});
    status
}
