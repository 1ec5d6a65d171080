//! Refusals in the words of Amazon's services.

use axum::body::Body;
use http::Response;
use serde_json::{Value, json};

use super::with_error_type;
use crate::sim::face::response;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    kind: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
        }
    }

    /// A parameter is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterException", message)
    }

    /// A parameter has the wrong type.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new(400, "SerializationException", message)
    }

    pub fn no_group() -> Self {
        Self::new(400, "ResourceNotFoundException", "The specified log group does not exist.")
    }

    pub fn no_stream() -> Self {
        Self::new(400, "ResourceNotFoundException", "The specified log stream does not exist.")
    }

    pub fn no_query() -> Self {
        Self::new(400, "ResourceNotFoundException", "The specified query does not exist.")
    }

    /// A query of Insights cannot be read.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "MalformedQueryException", message)
    }

    pub fn unknown_operation() -> Self {
        Self::new(400, "UnknownOperationException", "")
    }

    pub fn internal() -> Self {
        Self::new(500, "ServiceUnavailableException", "The service cannot complete the request.")
    }

    pub fn is_unknown_operation(&self) -> bool {
        self.kind == "UnknownOperationException"
    }

    /// How Amazon says what other servers say by an HTTP status.
    pub fn for_status(code: u16, reason: &str) -> Self {
        match code {
            401 => Self::new(
                400,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            403 => Self::new(
                400,
                "AccessDeniedException",
                format!("User is not authorized to perform this action: {reason}"),
            ),
            429 => Self::new(400, "ThrottlingException", "Rate exceeded"),
            410 => Self::invalid("The specified nextToken is expired."),
            500.. => Self::new(code, "ServiceUnavailableException", "The service cannot complete the request."),
            _ => Self::invalid(reason),
        }
    }

    /// The name of the exception.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What is said about it.
    pub fn body(&self) -> Value {
        let mut body = json!({"__type": self.kind});
        if !self.message.is_empty() {
            body["message"] = json!(self.message);
        }
        body
    }

    pub fn response(&self) -> Response<Body> {
        let reply = response(self.status, "application/x-amz-json-1.1", self.body().to_string());
        with_error_type(reply, self.kind)
    }
}
