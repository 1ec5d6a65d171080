//! The server's way to say no: `Status` documents, worded as a real server words them.

use axum::body::Body;
use axum::http::{Response, header};
use serde_json::{Value, json};

use super::served::Served;

/// A refusal, before it is made a response or a watch event.
#[derive(Clone, Debug)]
pub struct Status {
    pub code: u16,
    pub reason: String,
    pub message: String,
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

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub fn not_found(kind: &Served, name: &str) -> Self {
        let mut status = Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.full_name()));
        status.details = json!({"name": name, "kind": kind.resource});
        status
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

    pub fn forbidden(kind: &Served, verb: &str, namespace: Option<&str>, name: Option<&str>) -> Self {
        let object = name.map(|n| format!(" \"{n}\"")).unwrap_or_default();
        let place = namespace.map_or("at the cluster scope".to_owned(), |ns| format!("in the namespace \"{ns}\""));
        let message = format!(
            "{}{object} is forbidden: User \"stub-user\" cannot {verb} resource \"{}\" in API group \"{}\" {place}",
            kind.full_name(),
            kind.resource,
            kind.group
        );
        let mut status = Self::new(403, "Forbidden", message);
        status.details = json!({"kind": kind.resource, "group": kind.group, "name": name});
        status
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn document(&self) -> Value {
        let mut document = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_null() {
            document["details"] = self.details.clone();
        }
        document
    }

    pub fn response(&self) -> Response<Body> {
        let mut response = json_response(self.code, &self.document());
        if self.code == 429 {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}

/// A JSON document as a response.
pub fn json_response(code: u16, document: &Value) -> Response<Body> {
    response(code, "application/json", document.to_string())
}

/// Any body as a response.
pub fn response(code: u16, content_type: &str, body: impl Into<Body>) -> Response<Body> {
    Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into())
        .unwrap()
}
