//! WATCH: one JSON line per change, from a resource version on.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Shared;
use super::record::Request;
use super::select::Selector;
use super::serve::Streaming;
use super::served::{Served, Version};
use super::shape::Shape;
use super::status::{Status, response};
use super::world::{Change, Gone, World};

/// One open watch.
struct Watch {
    shared: Arc<Shared>,
    kind: Served,
    namespace: Option<String>,
    selector: Selector,
    shape: Shape,
    bookmarks: bool,
    /// Where in the history it stands, and the counters that it has seen.
    position: usize,
    seen_bookmarks: u64,
    seen_expirations: u64,
    told_headers: bool,
    queue: VecDeque<Value>,
    ended: bool,
    deadline: Option<Instant>,
    changes: tokio::sync::watch::Receiver<u64>,
}

/// Opens a watch, or refuses it.
pub fn watch(
    shared: &Arc<Shared>,
    kind: Served,
    namespace: Option<String>,
    shape: Shape,
    request: &Request,
) -> Result<Response<Body>, Status> {
    let mut watch = Watch {
        shared: Arc::clone(shared),
        kind,
        namespace,
        selector: Selector::parse(request.query("labelSelector"), request.query("fieldSelector"))?,
        shape,
        bookmarks: request.flag("allowWatchBookmarks"),
        position: 0,
        seen_bookmarks: 0,
        seen_expirations: 0,
        told_headers: false,
        queue: VecDeque::new(),
        ended: false,
        deadline: request
            .query("timeoutSeconds")
            .and_then(|s| s.parse().ok())
            .map(|s| Instant::now() + Duration::from_secs(s)),
        changes: shared.changes.subscribe(),
    };
    watch.begin(&shared.world(), request)?;
    let stream = futures::stream::unfold(watch, |mut watch| async move {
        watch.next().await.map(|line| (Ok::<_, Infallible>(line), watch))
    });
    let mut response = response(200, "application/json", Body::from_stream(stream));
    response.extensions_mut().insert(Streaming);
    Ok(response)
}

impl Watch {
    fn begin(&mut self, world: &World, request: &Request) -> Result<(), Status> {
        self.position = world.history.len();
        self.seen_bookmarks = world.bookmarks;
        self.seen_expirations = world.expirations;
        let matching = request.query("resourceVersionMatch");
        let streaming = request.flag("sendInitialEvents");
        match world.version {
            Version::V1_20 if matching.is_some() => {
                return Err(invalid(
                    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch",
                ));
            }
            Version::V1_36 if streaming && matching != Some("NotOlderThan") => {
                return Err(invalid(
                    "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                ));
            }
            Version::V1_36 if matching.is_some() && request.query("sendInitialEvents").is_none() => {
                return Err(invalid(
                    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                ));
            }
            _ => {}
        }
        let streaming = streaming && world.version == Version::V1_36;
        let asked = request.query("resourceVersion").unwrap_or_default();
        if streaming || asked.is_empty() || asked == "0" {
            for object in world.list(self.kind.shelf, self.namespace.as_deref()) {
                if self.selector.matches(&object) {
                    self.tell("ADDED", &object);
                }
            }
            if streaming && self.bookmarks {
                self.queue
                    .push_back(json!({"type": "BOOKMARK", "object": self.shape.bookmark(&self.kind, world.rv, true)}));
            }
            return Ok(());
        }
        let asked: u64 = asked
            .parse()
            .map_err(|_| Status::bad_request(format!("invalid resource version \"{asked}\"")))?;
        if asked < world.compacted {
            let status = Status::too_old(asked, world.compacted);
            match world.gone {
                Gone::Http => return Err(status),
                Gone::Event => self.fail(&status),
            }
        }
        self.position = world.history.partition_point(|change| change.rv <= asked);
        Ok(())
    }

    fn tell(&mut self, what: &str, object: &Value) {
        let object = self.shape.one(&self.kind, object, !self.told_headers);
        self.told_headers = true;
        self.queue.push_back(json!({"type": what, "object": object}));
    }

    fn fail(&mut self, status: &Status) {
        self.queue.push_back(json!({"type": "ERROR", "object": status.document()}));
        self.ended = true;
    }

    fn tell_change(&mut self, change: &Change) {
        let mine = |object: &Option<Arc<Value>>| object.clone().filter(|o| self.selector.matches(o));
        match (mine(&change.before), mine(&change.after)) {
            (None, Some(after)) => self.tell("ADDED", &after),
            (Some(_), Some(after)) => self.tell("MODIFIED", &after),
            (Some(before), None) => {
                // An object that left the selection is told as deleted, with the new resource version.
                let mut last = (*before).clone();
                last["metadata"]["resourceVersion"] = json!(change.rv.to_string());
                self.tell("DELETED", &last);
            }
            (None, None) => {}
        }
    }

    fn bookmark(&mut self, rv: u64) {
        if self.bookmarks {
            self.queue
                .push_back(json!({"type": "BOOKMARK", "object": self.shape.bookmark(&self.kind, rv, false)}));
        }
    }

    /// Puts what happened since the last look into the queue.
    fn look(&mut self) {
        let shared = Arc::clone(&self.shared);
        let world = shared.world();
        for change in &world.history[self.position..] {
            if change.shelf == self.kind.shelf && self.namespace.as_ref().is_none_or(|ns| *ns == change.namespace) {
                self.tell_change(change);
            }
        }
        self.position = world.history.len();
        if self.seen_bookmarks != world.bookmarks {
            self.seen_bookmarks = world.bookmarks;
            self.bookmark(world.rv);
        }
        if self.seen_expirations != world.expirations {
            self.fail(&Status::too_old(world.rv - 1, world.rv));
        }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(Bytes::from(format!("{event}\n")));
            }
            if self.ended {
                return None;
            }
            self.changes.borrow_and_update();
            self.look();
            if !self.queue.is_empty() {
                continue;
            }
            let deadline = self.deadline;
            let timeout = async move {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.changes.changed() => if changed.is_err() { return None },
                () = timeout => {
                    self.ended = true;
                    let rv = self.shared.world().rv;
                    self.bookmark(rv);
                }
            }
        }
    }
}

fn invalid(message: &str) -> Status {
    Status::new(422, "Invalid", format!("ListOptions.meta.k8s.io \"\" is invalid: {message}"))
}
