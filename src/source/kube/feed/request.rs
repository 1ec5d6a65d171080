//! One request of a feed: its URL, its answer as a stream of chunks, and what a failure means for it.

use std::time::Duration;

use futures::FutureExt;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::Body;
use tokio_util::bytes::Bytes;

use crate::model::{Problem, ProblemKind, Scope, ServedKind};
use crate::source::kube::problem;
use crate::source::kube::stream::SplitError;

/// How long a list may go without a byte, and a watch without an answer to its request.
pub const SILENCE: Duration = Duration::from_secs(30);

/// What is read of an answer that is not the one hoped for.
const LONGEST_REFUSAL: usize = 64 << 10;

/// A request that failed, and what to do next.
#[derive(Debug)]
pub struct Failure {
    pub problem: Problem,
    pub then: Then,
}

/// What a failure asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Try again, after this pause if the server named one.
    Retry(Option<Duration>),
    /// Try again, but not soon: it would cost much and change little.
    RetryLater,
    /// Only new credentials help.
    Login,
    /// Not allowed.
    Denied,
    /// The server does not have it (any more).
    Absent,
    /// The resource version is too old: list again.
    Gone,
}

impl Failure {
    /// A failure that a new try may mend.
    pub fn retry(problem: Problem) -> Self {
        let then = match problem.kind {
            ProblemKind::Login => Then::Login,
            ProblemKind::Denied => Then::Denied,
            _ => Then::Retry(None),
        };
        Self { problem, then }
    }

    /// An answer that takes longer than anyone waits.
    pub fn silent(verb: &str, resource: &str, patience: Duration) -> Self {
        let text = format!("no answer to {verb} {resource} for {} s", patience.as_secs());
        Self::retry(Problem::new(ProblemKind::TimedOut, text))
    }

    /// A body that cannot be taken apart. `begin` is its beginning, which may tell what it is.
    pub fn unreadable(error: SplitError, begin: &[u8], target: &Target) -> Self {
        Self::retry(match error {
            SplitError::NotJson => problem::of_answer(StatusCode::OK, begin, "list", &target.resource),
            error => Problem::new(ProblemKind::BadAnswer, error.to_string()),
        })
    }

    /// What an answer with this status says; also a `Status` that came with 200.
    pub fn of_answer(status: StatusCode, body: &[u8], verb: &str, target: &Target, pause: Option<Duration>) -> Self {
        let problem = problem::of_answer(status, body, verb, &target.resource);
        let then = match (status.as_u16(), problem.kind) {
            _ if problem::is_gone(status, body) => Then::Gone,
            (_, ProblemKind::Login) => Then::Login,
            (_, ProblemKind::Denied) => Then::Denied,
            (404 | 405, _) => Then::Absent,
            _ => Then::Retry(pause),
        };
        Self { problem, then }
    }
}

/// What a feed asks for: the path of a kind in a scope.
#[derive(Clone, Debug)]
pub struct Target {
    path: String,
    /// `secrets`, `deployments.apps`.
    pub resource: String,
    /// ` in namespace x`, ` in all namespaces`, or nothing for kinds outside namespaces.
    pub place: String,
}

impl Target {
    /// The place of a served kind in a scope.
    pub fn new(served: &ServedKind, scope: &Scope) -> Self {
        let (group, resource) = (served.kind.group(), served.kind.resource());
        let mut path = match group {
            "" => format!("/api/{}", encode(&served.version)),
            group => format!("/apis/{}/{}", encode(group), encode(&served.version)),
        };
        let place = match scope {
            Scope::Namespace(name) if served.namespaced => {
                path.push_str("/namespaces/");
                path.push_str(&encode(name));
                format!(" in namespace {name}")
            }
            Scope::All if served.namespaced => " in all namespaces".to_owned(),
            _ => String::new(),
        };
        path.push('/');
        path.push_str(&encode(resource));
        let resource = match group {
            "" => resource.to_owned(),
            group => format!("{resource}.{group}"),
        };
        Self { path, resource, place }
    }

    /// A place that is no kind of ours.
    pub fn at(path: String, resource: &str) -> Self {
        Self {
            path,
            resource: resource.to_owned(),
            place: String::new(),
        }
    }

    fn url(&self, query: &str) -> String {
        match query {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }
}

/// Percent-encodes what is not allowed in a path segment or query value: names come from the user, from
/// the server and from its `continue` tokens.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The body of a good answer, chunk by chunk.
pub struct Chunks(Body);

/// Sends a GET and waits for its answer.
///
/// # Errors
/// When there is no connection, no answer in time, or an answer other than success.
pub async fn open(client: &kube::Client, target: &Target, query: &str, accept: &str, verb: &str) -> Result<Chunks, Failure> {
    let request = Request::get(target.url(query)).header(header::ACCEPT, accept).body(Body::empty());
    let request = request.map_err(|_| Failure::retry(Problem::new(ProblemKind::Config, format!("{} is no usable path", target.path))))?;
    let answer = match tokio::time::timeout(SILENCE, client.send(request)).await {
        Err(_) => return Err(Failure::silent(verb, &target.resource, SILENCE)),
        Ok(Err(error)) => return Err(Failure::retry(problem::of(&error))),
        Ok(Ok(answer)) => answer,
    };
    let status = answer.status();
    let pause = answer
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.trim().parse().ok());
    let mut chunks = Chunks(answer.into_body());
    if status.is_success() {
        return Ok(chunks);
    }
    let mut said = Vec::new();
    // A refusal whose body does not come is a refusal all the same.
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(SILENCE, chunks.next()).await {
        said.extend_from_slice(&chunk);
        if said.len() > LONGEST_REFUSAL {
            break;
        }
    }
    Err(Failure::of_answer(status, &said, verb, target, pause.map(Duration::from_secs)))
}

impl Chunks {
    /// The next chunk; `None` at the end. Cancelling it loses nothing.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.0.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(Failure::retry(problem::of(&error))),
                // What is not data is trailers, which mean nothing here.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Ok(Some(data)),
                    Err(_) => continue,
                },
            }
        }
    }

    /// The next chunk if it has already arrived (`None`: not yet).
    pub fn at_hand(&mut self) -> Option<Result<Option<Bytes>, Failure>> {
        self.next().now_or_never()
    }
}
