//! One request, sent once, and the whole answer to it.

use std::time::Duration;

use http::{Method, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;
use serde_json::Value;

use crate::model::{Problem, ProblemKind, clean};
use crate::source::kube::problem;

/// No answer to a write is larger than this (bytes).
const LARGEST: usize = 16 << 20;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    path: String,
    accept: &'static str,
    content: &'static str,
    body: Vec<u8>,
}

/// What the server answered: any status.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
    /// By which the server's own audit knows the request.
    pub audit_id: String,
    /// What the server warns of.
    pub warnings: Vec<String>,
}

impl Request {
    pub fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            accept: "application/json",
            content: "application/json",
            body: Vec::new(),
        }
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn json(mut self, value: &Value) -> Self {
        self.body = value.to_string().into_bytes();
        self
    }

    /// The same with a body of this sort.
    #[must_use]
    pub fn content(mut self, content: &'static str) -> Self {
        self.content = content;
        self
    }

    /// Sends it and reads the answer, within the deadline.
    ///
    /// # Errors
    /// No answer, or not all of it. Whether the request arrived is then not known.
    pub async fn send(&self, client: &kube::Client, deadline: Duration) -> Result<Answer, Problem> {
        let request = http::Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header(header::ACCEPT, self.accept)
            .header(header::CONTENT_TYPE, self.content)
            .body(Body::from(self.body.clone()))
            .map_err(|_| Problem::new(ProblemKind::Config, format!("{} is not a path", self.path)))?;
        let exchange = async {
            let response = client.send(request).await.map_err(|e| problem::of(&e))?;
            let (head, body) = response.into_parts();
            let text = |value: &http::HeaderValue| value.to_str().map(|text| clean(text).into_owned()).unwrap_or_default();
            let body = Limited::new(body, LARGEST)
                .collect()
                .await
                .map_err(|e| Problem::new(ProblemKind::Unreachable, format!("the answer broke off: {e}")))?;
            Ok(Answer {
                status: head.status,
                body: body.to_bytes().to_vec(),
                audit_id: head.headers.get("audit-id").map(text).unwrap_or_default(),
                warnings: head
                    .headers
                    .get_all(header::WARNING)
                    .iter()
                    .map(|value| warning(&text(value)))
                    .collect(),
            })
        };
        match tokio::time::timeout(deadline, exchange).await {
            Ok(answer) => answer,
            Err(_) => {
                let text = format!("no answer within {} s", deadline.as_secs());
                Err(Problem::new(ProblemKind::TimedOut, text))
            }
        }
    }
}

/// Sends a GET.
///
/// # Errors
/// No answer.
pub async fn read(client: &kube::Client, path: &str, accept: &'static str, deadline: Duration) -> Result<Answer, Problem> {
    let mut request = Request::new(Method::GET, path.to_owned());
    request.accept = accept;
    request.send(client, deadline).await
}

/// The text of `299 - "…"`.
fn warning(header: &str) -> String {
    let text = header.splitn(3, ' ').nth(2).unwrap_or(header);
    let text = text.strip_prefix('"').unwrap_or(text);
    text.strip_suffix('"').unwrap_or(text).replace("\\\"", "\"")
}

impl Answer {
    /// The document of an answer that is a success.
    ///
    /// # Errors
    /// The server refused, or did not send JSON.
    pub fn document(&self, resource: impl Fn() -> String, verb: &str) -> Result<Value, Problem> {
        if !self.status.is_success() {
            return Err(self.problem(&resource(), verb));
        }
        let garbage = || Problem::new(ProblemKind::BadAnswer, "the answer is not Kubernetes JSON");
        serde_json::from_slice(&self.body).map_err(|_| garbage())
    }

    /// What the server said against it. A webhook's refusal is told whole.
    pub fn problem(&self, resource: &str, verb: &str) -> Problem {
        problem::of_answer(self.status, &self.body, verb, resource)
    }

    /// Whether the object is no longer as the plan saw it: a test of the patch failed, or the uid is another.
    pub fn is_changed(&self) -> bool {
        let status: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let message = status["message"].as_str().unwrap_or_default();
        match self.status.as_u16() {
            409 => status["reason"] != "AlreadyExists",
            // The server says no more than this of a test that failed; a webhook or a validation says what is wrong.
            422 => message.contains("the server rejected our request due to an error in our request") || message.starts_with("testing "),
            _ => false,
        }
    }
}

impl Answer {
    /// Whether it is a Kubernetes object: a proxy may answer with a page of its own.
    pub fn is_kubernetes(&self) -> bool {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        value["kind"].is_string()
    }

    /// Whether it is admission that failed: the change itself would fail alike.
    pub fn is_admission(&self) -> bool {
        let body = String::from_utf8_lossy(&self.body);
        body.contains("admission webhook") || body.contains("failed calling webhook")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(code).unwrap(),
            body: body.as_bytes().to_vec(),
            audit_id: String::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_failed_test_is_told_from_an_invalid_object() {
        let test =
            r#"{"kind":"Status","message":"the server rejected our request due to an error in our request","reason":"Invalid","code":422}"#;
        assert!(answer(422, test).is_changed());
        let invalid = r#"{"kind":"Status","message":"Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1","reason":"Invalid","code":422}"#;
        assert!(!answer(422, invalid).is_changed());
        assert!(answer(409, r#"{"kind":"Status","reason":"Conflict"}"#).is_changed());
        assert!(!answer(409, r#"{"kind":"Status","reason":"AlreadyExists"}"#).is_changed());
    }

    #[test]
    fn a_warning_is_its_text() {
        assert_eq!(
            warning(r#"299 - "metadata.finalizers: prefer \"a/b\"""#),
            r#"metadata.finalizers: prefer "a/b""#
        );
    }
}
