//! Faults: the ways in which a server, a proxy or a network misbehaves.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{Stream, StreamExt as _};
use http::{HeaderValue, Response, header};

use super::{Face, Request, response};

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A refusal with this HTTP code and reason, worded by the face for what was asked.
    Status(u16, &'static str),
    /// 200 and this JSON.
    Body(&'static str),
    /// A refusal in these words, as a webhook's.
    Says(u16, &'static str),
    /// 429, with the time after which to ask again.
    Throttle(Duration),
    /// 401, as if the token had run out.
    ExpiredToken,
    /// 410: what was asked for is too old.
    Expired,
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

impl Fault {
    /// The HTTP status of those faults that refuse.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Status(code, _) | Self::Says(code, _) => Some(*code),
            Self::Throttle(_) => Some(429),
            Self::ExpiredToken => Some(401),
            Self::Expired => Some(410),
            _ => None,
        }
    }

    /// The answer of those faults that answer in the server's stead.
    pub(super) fn answer(&self, face: &impl Face, request: &Request) -> Option<Response<Body>> {
        match self {
            Self::Status(code, reason) => Some(after(face.refuse(request, *code, reason), *code, 1)),
            Self::Body(json) => Some(response(200, "application/json", *json)),
            Self::Says(code, message) => {
                let status = serde_json::json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "code": code});
                Some(response(*code, "application/json", status.to_string()))
            }
            Self::Throttle(time) => Some(after(face.refuse(request, 429, "TooManyRequests"), 429, time.as_secs().max(1))),
            Self::ExpiredToken => Some(face.refuse(request, 401, "Unauthorized")),
            Self::Expired => Some(face.refuse(request, 410, "Expired")),
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
        if !matches!(self, Self::CutAfter(_) | Self::Slow(_)) {
            return reply;
        }
        let (mut parts, body) = reply.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        let pieces = body.into_data_stream().filter_map(|piece| async move { piece.ok() }).boxed();
        let body = match self {
            Self::CutAfter(bytes) => Body::from_stream(cut(pieces, *bytes)),
            Self::Slow(pause) => Body::from_stream(slow(pieces, *pause)),
            _ => Body::from_stream(pieces.map(Ok::<_, std::io::Error>)),
        };
        Response::from_parts(parts, body)
    }
}

fn after(mut reply: Response<Body>, code: u16, seconds: u64) -> Response<Body> {
    if code == 429
        && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
    {
        reply.headers_mut().insert(header::RETRY_AFTER, value);
    }
    reply
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
