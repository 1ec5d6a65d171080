//! Answers.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

/// Marks a response (as an extension) whose body goes on for as long as the client listens: its request counts
/// as open until the body ends.
#[derive(Clone, Copy, Debug)]
pub struct Streaming;

/// Any body as a response. A code that is none is told as 500.
pub fn response(code: u16, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A JSON document as a response.
pub fn json(code: u16, document: &Value) -> Response<Body> {
    response(code, "application/json", document.to_string())
}

/// Plain text as a response.
pub fn text(code: u16, text: impl Into<Body>) -> Response<Body> {
    response(code, "text/plain; charset=utf-8", text)
}
