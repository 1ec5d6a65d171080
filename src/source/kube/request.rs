//! One GET, raw: what the open document and the log ask for, and how an answer that is not a success
//! reaches them.

use std::fmt::Write as _;
use std::time::Duration;

use ::kube::Client;
use ::kube::client::Body;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;

use super::problem;
use crate::model::{Problem, ProblemKind, ServedKind};

/// How long a server may take to begin an answer that is not a stream.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Largest object or error read into memory. etcd refuses objects above 1.5 MiB; as JSON with managed
/// fields one stays well below this.
const LARGEST: usize = 16 << 20;

/// Why there is nothing to read.
#[derive(Debug)]
pub enum Miss {
    /// No answer, or one that broke off.
    Cut(Problem),
    /// The server answered with an error.
    Refused { status: StatusCode, body: Vec<u8> },
}

impl Miss {
    /// The same as a problem, for a request of this verb and resource.
    pub fn problem(&self, verb: &str, resource: &str) -> Problem {
        match self {
            Self::Cut(problem) => problem.clone(),
            Self::Refused { status, body } => problem::of_answer(*status, body, verb, resource),
        }
    }

    /// The status code, if the server answered at all.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Cut(_) => None,
            Self::Refused { status, .. } => Some(*status),
        }
    }

    /// The sentence in the server's `Status`; empty where there is none.
    pub fn message(&self) -> String {
        let Self::Refused { body, .. } = self else { return String::new() };
        let status: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        status
            .get("message")
            .and_then(|m| m.as_str())
            .map_or_else(String::new, |m| crate::model::clean(m).into_owned())
    }
}

/// Sends a GET and hands back the answer once it is a success.
pub async fn get(client: &Client, path: &str) -> Result<Response<Body>, Miss> {
    let request = Request::get(path)
        .header(http::header::ACCEPT, "application/json, */*")
        .body(Body::empty())
        .map_err(|_| Miss::Cut(Problem::new(ProblemKind::Config, format!("not an address: {path}"))))?;
    let answer = client.send(request).await.map_err(|e| Miss::Cut(problem::of(&e)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body = read(answer.into_body()).await.unwrap_or_default();
    Err(Miss::Refused { status, body })
}

/// Sends a GET for one object and reads it whole.
pub async fn get_json(client: &Client, path: &str) -> Result<serde_json::Value, Miss> {
    let whole = async {
        let answer = get(client, path).await?;
        let status = answer.status();
        let body = read(answer.into_body()).await.map_err(Miss::Cut)?;
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(value),
            Err(_) => Err(Miss::Refused { status, body }),
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| {
        Err(Miss::Cut(Problem::new(
            ProblemKind::TimedOut,
            "the server did not answer within 30 s",
        )))
    })
}

async fn read(mut body: Body) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|e| problem::of(&e))?.into_data() {
            out.extend_from_slice(&data);
        }
        if out.len() > LARGEST {
            return Err(Problem::new(ProblemKind::BadAnswer, "the answer is larger than 16 MiB"));
        }
    }
    Ok(out)
}

/// Where the objects of a kind are: `/apis/apps/v1/namespaces/solia/deployments`.
pub fn collection(served: &ServedKind, namespace: &str) -> String {
    let (group, version, resource) = (served.kind.group(), &served.version, served.kind.resource());
    let mut path = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    if served.namespaced && !namespace.is_empty() {
        path.push_str("/namespaces/");
        path.push_str(&encode(namespace));
    }
    path.push('/');
    path.push_str(resource);
    path
}

/// A text as it may stand in a path or query.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// The clock, as facts carry it.
pub fn now() -> crate::model::Time {
    crate::model::Time(jiff::Timestamp::now().as_second())
}
