//! Pod logs: what containers wrote, and the `/log` subresource that tells it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Shared;
use super::clock::nanos;
use super::record::Request;
use super::serve::Streaming;
use super::served::Served;
use super::status::{Status, response};
use super::world::World;

/// The lines of one container: of its present run, and of the run before.
#[derive(Clone, Default)]
pub struct Log {
    pub lines: Vec<(Timestamp, Vec<u8>)>,
    pub previous: Vec<(Timestamp, Vec<u8>)>,
    /// Whether the container ended: followers are let go.
    pub ended: bool,
}

/// GET of `/log`.
pub fn log(shared: &Arc<Shared>, kind: &Served, namespace: &str, pod: &str, request: &Request) -> Result<Response<Body>, Status> {
    let world = shared.world();
    let object = world.get(kind, namespace, pod).ok_or_else(|| Status::not_found(kind, pod))?;
    let container = container(&object, pod, request.query("container"))?;
    let key = (namespace.to_owned(), pod.to_owned(), container.clone());
    let log = world.logs.get(&key).cloned().unwrap_or_default();
    let stamps = request.flag("timestamps");
    let lines = if request.flag("previous") {
        if log.previous.is_empty() {
            return Err(Status::bad_request(format!(
                "previous terminated container \"{container}\" in pod \"{pod}\" not found"
            )));
        }
        log.previous
    } else {
        log.lines.clone()
    };
    let first = tell(&cut(&lines, request)?, stamps);
    if !request.flag("follow") || request.flag("previous") {
        return Ok(response(200, "text/plain", first));
    }
    let changes = shared.changes.subscribe();
    let (shared, position) = (Arc::clone(shared), log.lines.len());
    let follower = Follower {
        key,
        uid: object["metadata"]["uid"].clone(),
        kind: *kind,
        position,
    };
    let stream = futures::stream::unfold((follower, Some(first), shared), move |(mut follower, first, shared)| {
        let mut changes = changes.clone();
        async move {
            if let Some(first) = first.filter(|f| !f.is_empty()) {
                return Some((Ok::<_, Infallible>(Bytes::from(first)), (follower, None, shared)));
            }
            loop {
                changes.borrow_and_update();
                let next = follower.more(&shared.world(), stamps);
                match next {
                    Next::Lines(lines) => return Some((Ok(Bytes::from(lines)), (follower, None, shared))),
                    Next::End => return None,
                    Next::Wait => {}
                }
                if changes.changed().await.is_err() {
                    return None;
                }
            }
        }
    });
    let mut response = response(200, "text/plain", Body::from_stream(stream));
    response.extensions_mut().insert(Streaming);
    Ok(response)
}

struct Follower {
    key: (String, String, String),
    uid: Value,
    kind: Served,
    position: usize,
}

enum Next {
    Lines(Vec<u8>),
    Wait,
    End,
}

impl Follower {
    fn more(&mut self, world: &World, stamps: bool) -> Next {
        let empty = Log::default();
        let log = world.logs.get(&self.key).unwrap_or(&empty);
        // A container that started again has a new, shorter log; its follower was let go before.
        let fresh = log.lines.get(self.position..).unwrap_or_default();
        if !fresh.is_empty() {
            self.position = log.lines.len();
            return Next::Lines(tell(fresh, stamps));
        }
        let alive = world
            .get(&self.kind, &self.key.0, &self.key.1)
            .is_some_and(|pod| pod["metadata"]["uid"] == self.uid);
        if log.ended || !alive { Next::End } else { Next::Wait }
    }
}

/// The container asked for, or the only one.
fn container(object: &Value, pod: &str, asked: Option<&str>) -> Result<String, Status> {
    let names = |field: &str| -> Vec<String> {
        let list = object["spec"][field].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|c| c["name"].as_str().map(str::to_owned)).collect()
    };
    let main = names("containers");
    match asked {
        Some(name) if main.iter().chain(&names("initContainers")).any(|n| n == name) => Ok(name.to_owned()),
        Some(name) => Err(Status::bad_request(format!("container {name} is not valid for pod {pod}"))),
        None if main.len() == 1 => Ok(main[0].clone()),
        None => {
            let message = format!(
                "a container name must be specified for pod {pod}, choose one of: [{}]",
                main.join(" ")
            );
            Err(Status::bad_request(message))
        }
    }
}

/// The lines that `sinceTime`, `sinceSeconds` and `tailLines` leave.
fn cut(lines: &[(Timestamp, Vec<u8>)], request: &Request) -> Result<Vec<(Timestamp, Vec<u8>)>, Status> {
    let since = match (
        request.query("sinceTime"),
        request.query("sinceSeconds").and_then(|s| s.parse().ok()),
    ) {
        (Some(time), _) => Some(time.parse::<Timestamp>().map_err(|e| Status::bad_request(e.to_string()))?),
        (None, Some(seconds)) => Some(Timestamp::now() - SignedDuration::from_secs(seconds)),
        (None, None) => None,
    };
    let mut lines: Vec<_> = lines
        .iter()
        .filter(|(time, _)| since.is_none_or(|since| *time >= since))
        .cloned()
        .collect();
    if let Some(tail) = request.query("tailLines").and_then(|t| t.parse::<usize>().ok()) {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    Ok(lines)
}

fn tell(lines: &[(Timestamp, Vec<u8>)], stamps: bool) -> Vec<u8> {
    let mut text = Vec::new();
    for (time, line) in lines {
        if stamps {
            text.extend_from_slice(nanos(*time).as_bytes());
            text.push(b' ');
        }
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}
