//! The server's way to say no: `Status` documents, worded as a real server words them.

use axum::body::Body;
use http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use super::access::{Ask, Identity};
use super::kinds::Served;
use crate::sim::face;

/// A refusal, before it is made a response or a watch event.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub code: u16,
    pub reason: String,
    pub message: String,
    /// Null, or an object.
    pub details: Value,
}

impl Status {
    pub fn new(code: u16, reason: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            message: message.into(),
            details: Value::Null,
        }
    }

    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// No such object.
    pub fn not_found(kind: &Served, name: &str) -> Self {
        let mut details = json!({"name": name, "kind": kind.resource});
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.full_name())).with_details(details)
    }

    /// No such resource: a path that nobody serves.
    pub fn unknown_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource").with_details(json!({}))
    }

    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).with_details(json!({}))
    }

    /// The body of the request is in a format that is not taken.
    pub fn unsupported_media(taken: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            taken.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    pub fn not_acceptable() -> Self {
        let message =
            "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";
        Self::new(406, "NotAcceptable", message)
    }

    /// What a watch from a forgotten resource version is told.
    pub fn too_old(asked: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// What an expired continue token is told.
    pub fn token_too_old() -> Self {
        Self::new(
            410,
            "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
        )
    }

    /// A resource version that is not there yet.
    pub fn too_large(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        Self::new(504, "Timeout", message).with_details(json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}], "retryAfterSeconds": 1,
        }))
    }

    /// Who may not do what.
    pub fn forbidden(identity: &Identity, ask: &Ask<'_>) -> Self {
        let full = if ask.group.is_empty() {
            ask.resource.to_owned()
        } else {
            format!("{}.{}", ask.resource, ask.group)
        };
        let object = ask.name.map(|n| format!(" \"{n}\"")).unwrap_or_default();
        let place = ask
            .namespace
            .map_or("at the cluster scope".to_owned(), |ns| format!("in the namespace \"{ns}\""));
        let resource = match ask.subresource {
            Some(sub) => format!("{}/{sub}", ask.resource),
            None => ask.resource.to_owned(),
        };
        let message = format!(
            "{full}{object} is forbidden: User \"{}\" cannot {} resource \"{resource}\" in API group \"{}\" {place}",
            identity.user, ask.verb, ask.group
        );
        let mut details = json!({"kind": ask.resource});
        if !ask.group.is_empty() {
            details["group"] = json!(ask.group);
        }
        if let Some(name) = ask.name {
            details["name"] = json!(name);
        }
        Self::new(403, "Forbidden", message).with_details(details)
    }

    /// The same for a path that names no resource.
    pub fn forbidden_path(identity: &Identity, path: &str) -> Self {
        let message = format!("forbidden: User \"{}\" cannot get path \"{path}\"", identity.user);
        Self::new(403, "Forbidden", message).with_details(json!({}))
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn unavailable() -> Self {
        Self::new(503, "ServiceUnavailable", "the server is currently unable to handle the request")
    }

    pub fn document(&self) -> Value {
        let mut document = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        // An error that the server has no name for has no reason.
        if !self.reason.is_empty() {
            document["reason"] = json!(self.reason);
        }
        if !self.details.is_null() {
            document["details"] = self.details.clone();
        }
        document
    }

    pub fn response(&self) -> Response<Body> {
        let mut response = face::json(self.code, &self.document());
        let seconds = self.details["retryAfterSeconds"].as_u64().filter(|s| *s > 0);
        if let Some(value) = seconds.and_then(|s| HeaderValue::from_str(&s.to_string()).ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}
