//! Faults: the ways in which a server, a proxy or a network misbehaves.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use futures::{Stream, StreamExt as _};

use super::record::Request;
use super::serve::Target;
use super::status::{Status, response};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A refusal with this HTTP code and reason; 403 is worded for the resource that was asked for.
    Status(u16, &'static str),
    /// 200 with a login page instead of JSON.
    Html,
    /// The connection is taken and nothing ever answered.
    Hang,
    /// The answer begins only after this time.
    Delay(Duration),
    /// The connection breaks after so many bytes of the body.
    CutAfter(usize),
    /// 200 and JSON's media type, with a body that is not JSON.
    Garbage,
    /// The body comes in pieces of 256 bytes, with this pause between them.
    Slow(Duration),
    /// A list that never ends: always one more page, or one endless body.
    EndlessList,
}

/// Which requests go wrong.
#[derive(Clone, Debug, Default)]
pub struct Route {
    prefix: String,
    resource: Option<String>,
    method: Option<String>,
    only: Only,
    left: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Only {
    #[default]
    Any,
    Watches,
    Lists,
}

impl Route {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path begins so.
    pub fn path(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..Self::default()
        }
    }

    /// Requests for a resource, by its plural, in any group, version and namespace.
    pub fn resource(plural: &str) -> Self {
        Self {
            resource: Some(plural.to_owned()),
            ..Self::default()
        }
    }

    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Watches only.
    pub fn watches(mut self) -> Self {
        self.only = Only::Watches;
        self
    }

    /// Lists only: collections that are not watched.
    pub fn lists(mut self) -> Self {
        self.only = Only::Lists;
        self
    }

    /// The first `n` requests that match; the fault is spent after them.
    pub fn times(mut self, n: usize) -> Self {
        self.left = Some(n);
        self
    }

    /// Whether it is about this request. Counts, when the number of times is limited.
    pub(super) fn take(&mut self, request: &Request, target: Option<&Target>) -> bool {
        let hit = self.left != Some(0) && self.fits(request, target);
        if hit && let Some(left) = &mut self.left {
            *left -= 1;
        }
        hit
    }

    pub(super) fn fits(&self, request: &Request, target: Option<&Target>) -> bool {
        request.path.starts_with(&self.prefix)
            && self.method.as_ref().is_none_or(|m| *m == request.method)
            && self.resource.as_ref().is_none_or(|r| target.is_some_and(|t| t.kind.resource == r))
            && match self.only {
                Only::Any => true,
                Only::Watches => request.is_watch(),
                Only::Lists => !request.is_watch() && target.is_some_and(|t| t.name.is_none()),
            }
    }
}

impl Fault {
    /// The answer of those faults that answer in the server's stead.
    pub(super) fn answer(&self, request: &Request, target: Option<&Target>) -> Option<Response<Body>> {
        match self {
            Self::Status(403, _) => {
                let status = match target {
                    Some(t) => Status::forbidden(&t.kind, t.verb(request), t.namespace.as_deref(), t.name.as_deref()),
                    None => {
                        let message = format!("forbidden: User \"stub-user\" cannot get path \"{}\"", request.path);
                        Status::new(403, "Forbidden", message)
                    }
                };
                Some(status.response())
            }
            Self::Status(401, _) => Some(Status::unauthorized().response()),
            Self::Status(code, reason) => Some(Status::new(*code, reason, phrase(*code, reason)).response()),
            Self::Html => Some(response(
                200,
                "text/html; charset=utf-8",
                "<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>\n",
            )),
            Self::Garbage => Some(response(
                200,
                "application/json",
                "\u{0}\u{1b}[2J{\"kind\": \"PodList\", \"items\": [[[\n",
            )),
            _ => None,
        }
    }

    /// The body as it arrives under those faults that spoil the body.
    pub(super) fn spoil(&self, reply: Response<Body>) -> Response<Body> {
        let (parts, body) = reply.into_parts();
        let pieces = body.into_data_stream().filter_map(|piece| async move { piece.ok() }).boxed();
        let body = match self {
            Self::CutAfter(bytes) => Body::from_stream(cut(pieces, *bytes)),
            Self::Slow(pause) => Body::from_stream(slow(pieces, *pause)),
            _ => Body::from_stream(pieces.map(Ok::<_, std::io::Error>)),
        };
        Response::from_parts(parts, body)
    }

    pub(super) fn spoils(&self) -> bool {
        matches!(self, Self::CutAfter(_) | Self::Slow(_))
    }
}

fn phrase(code: u16, reason: &str) -> String {
    match code {
        429 => "Too many requests, please try again later.".to_owned(),
        500 => "Internal error occurred: etcdserver: request timed out".to_owned(),
        503 => "the server is currently unable to handle the request".to_owned(),
        _ => format!("the stub was told to answer {code} {reason}"),
    }
}

fn cut(pieces: impl Stream<Item = Bytes> + Unpin + Send, bytes: usize) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    futures::stream::unfold((pieces, Some(bytes)), |(mut pieces, left)| async move {
        let left = left?;
        let piece = if left > 0 { pieces.next().await } else { None };
        match piece {
            Some(mut piece) => {
                piece.truncate(left);
                let left = left - piece.len();
                Some((Ok(piece), (pieces, Some(left))))
            }
            None => {
                // The bytes before the break must be on their way before the connection goes.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Some((Err(std::io::ErrorKind::ConnectionReset.into()), (pieces, None)))
            }
        }
    })
}

fn slow(pieces: impl Stream<Item = Bytes> + Unpin + Send, pause: Duration) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    futures::stream::unfold((pieces, Bytes::new()), move |(mut pieces, mut rest)| async move {
        while rest.is_empty() {
            rest = pieces.next().await?;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(rest.len().min(256));
        Some((Ok(piece), (pieces, rest)))
    })
}
