//! WATCH: one JSON line per change, from a resource version on.
//!
//! A watch reads the store's history from where it stands. Under the world's lock it only takes references; what it
//! tells is spliced from stored bytes.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::Response;
use serde_json::Value;
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::super::kinds::Served;
use super::super::select::Selector;
use super::super::shape::{Columns, Shape};
use super::super::version::Version;
use super::super::{Gone, Kube, Status, Target, lock};
use super::list::{CHUNK, number};
use super::moment::{invalid_option, version};
use crate::sim::face::{Request, Streaming, response};
use crate::sim::store::{Change, Compacted, Stored};

/// How often a quiet watch is sent a bookmark, as real servers do.
const BOOKMARKS: Duration = Duration::from_secs(60);

/// How long a watch may last that sets no end itself (servers choose 30 to 60 minutes).
const LONGEST: Duration = Duration::from_secs(45 * 60);

/// One open watch.
struct Watch {
    kube: Arc<Kube>,
    kind: Arc<Served>,
    namespace: Option<String>,
    selector: Selector,
    shape: Shape,
    bookmarks: bool,
    /// What there was at the beginning, still to be told.
    initial: std::vec::IntoIter<Arc<Stored>>,
    /// The bookmark that ends a streaming list is still to be told.
    ends_initial: bool,
    /// The version up to which it has told everything.
    position: u64,
    seen_bookmarks: u64,
    seen_expirations: u64,
    columns: Columns,
    text: Vec<u8>,
    ended: bool,
    deadline: Instant,
    next_bookmark: Instant,
    bell: Receiver<u64>,
}

/// Opens a watch, or refuses it.
pub fn watch(kube: &Arc<Kube>, target: &Target, shape: Shape, request: &Request) -> Result<Response<Body>, Status> {
    let selector = Selector::of(request, &target.kind, kube.version)?;
    let seconds = number(request, "timeoutSeconds")?
        .and_then(|s| u64::try_from(s).ok())
        .filter(|s| *s > 0);
    let now = Instant::now();
    let mut watch = Watch {
        kube: Arc::clone(kube),
        kind: Arc::clone(&target.kind),
        namespace: target.namespace.clone(),
        selector,
        shape,
        bookmarks: request.flag("allowWatchBookmarks"),
        initial: Vec::new().into_iter(),
        ends_initial: false,
        position: 0,
        seen_bookmarks: kube.bookmarks.load(Ordering::Relaxed),
        seen_expirations: kube.expirations.load(Ordering::Relaxed),
        columns: Columns::Told,
        text: Vec::new(),
        ended: false,
        deadline: now + seconds.map_or(LONGEST, Duration::from_secs).min(LONGEST * 100),
        next_bookmark: now + BOOKMARKS,
        bell: kube.world.listen(),
    };
    watch.begin(request)?;
    let stream = futures::stream::unfold(watch, |mut watch| async move {
        watch.next().await.map(|lines| (Ok::<_, Infallible>(lines), watch))
    });
    let mut response = response(200, "application/json", Body::from_stream(stream));
    response.extensions_mut().insert(Streaming);
    Ok(response)
}

/// What the options ask for at the beginning.
#[derive(Clone, Copy, PartialEq)]
enum Initially {
    /// All there is, then the changes.
    Everything,
    /// The same, with a bookmark at the end of what there was.
    Streamed,
    /// The changes after the version that is named.
    Changes,
    /// The changes from now on.
    Nothing,
}

fn initially(kube: &Kube, request: &Request) -> Result<Initially, Status> {
    let matching = request.query("resourceVersionMatch").filter(|m| !m.is_empty());
    let streaming = request.query("sendInitialEvents").filter(|s| !s.is_empty());
    let forbidden = |why: &str| {
        Err(invalid_option(
            "resourceVersionMatch",
            "FieldValueForbidden",
            &format!("Forbidden: {why}"),
        ))
    };
    let asked = request.query("resourceVersion").unwrap_or_default();
    let from_nowhere = asked.is_empty() || asked == "0";
    match (kube.version, streaming) {
        (Version::V1_20, _) if matching.is_some() => forbidden("resourceVersionMatch is forbidden for watch"),
        (Version::V1_36, Some(_)) if matching != Some("NotOlderThan") => {
            forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        }
        (Version::V1_36, None) if matching.is_some() => {
            forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        }
        (Version::V1_36, Some("true" | "1")) => Ok(Initially::Streamed),
        (Version::V1_36, Some(_)) if from_nowhere => Ok(Initially::Nothing),
        _ if from_nowhere => Ok(Initially::Everything),
        _ => Ok(Initially::Changes),
    }
}

impl Watch {
    fn begin(&mut self, request: &Request) -> Result<(), Status> {
        let initially = initially(&self.kube, request)?;
        let asked = request.query("resourceVersion").unwrap_or_default();
        let asked = if asked.is_empty() { 0 } else { version(asked)? };
        let kube = Arc::clone(&self.kube);
        let world = kube.world.read();
        let current = world.store.rv();
        match initially {
            Initially::Changes => {
                let oldest = self.kube.floor().max(world.store.history.oldest());
                if asked < oldest {
                    let status = Status::too_old(asked, oldest);
                    if *lock(&self.kube.gone) == Gone::Http {
                        return Err(status);
                    }
                    self.fail(&status);
                }
                self.position = asked;
            }
            Initially::Nothing => self.position = current,
            Initially::Everything | Initially::Streamed => {
                if asked > current {
                    return Err(Status::too_large(asked, current));
                }
                let namespace = self.namespace.as_deref();
                let all: Vec<_> = world.store.list(&self.kind.shelf, namespace).cloned().collect();
                self.initial = all.into_iter();
                self.ends_initial = initially == Initially::Streamed && self.bookmarks;
                self.position = current;
            }
        }
        Ok(())
    }

    fn tell(&mut self, what: &str, object: &Stored) {
        self.text.extend_from_slice(br#"{"type":""#);
        self.text.extend_from_slice(what.as_bytes());
        self.text.extend_from_slice(br#"","object":"#);
        let now = self.kube.world.now();
        self.shape.append_one(&self.kind, object, self.columns, now, &mut self.text);
        self.text.extend_from_slice(b"}\n");
        self.columns = Columns::Known;
    }

    fn tell_document(&mut self, what: &str, object: &Value) {
        let line = format!("{{\"type\":\"{what}\",\"object\":{object}}}\n");
        self.text.extend_from_slice(line.as_bytes());
    }

    fn fail(&mut self, status: &Status) {
        self.tell_document("ERROR", &status.document());
        self.ended = true;
    }

    fn tell_change(&mut self, change: &Change) {
        let mine = |object: &Option<Arc<Stored>>| object.clone().filter(|o| self.selector.matches(o));
        match (mine(&change.before), mine(&change.after)) {
            (None, Some(after)) => self.tell("ADDED", &after),
            (Some(_), Some(after)) => self.tell("MODIFIED", &after),
            (Some(before), None) if before.rv == change.rv => self.tell("DELETED", &before),
            (Some(before), None) => {
                // An object that left the selection is told as deleted, as it was, with the new resource version.
                let mut last = before.value();
                if last["metadata"].is_object() {
                    last["metadata"]["resourceVersion"] = Value::String(change.rv.to_string());
                }
                let (kind, columns, now) = (Arc::clone(&self.kind), self.columns, self.kube.world.now());
                let told = self.shape.one_value(&kind, &last, columns, now);
                self.columns = Columns::Known;
                self.tell_document("DELETED", &told);
            }
            (None, None) => {}
        }
    }

    fn bookmark(&mut self, rv: u64, initial_events_end: bool) {
        if self.bookmarks {
            let document = self.shape.bookmark(&self.kind, rv, initial_events_end, self.kube.world.now());
            self.tell_document("BOOKMARK", &document);
            self.next_bookmark = Instant::now() + BOOKMARKS;
        }
    }

    /// The next of what there was at the beginning, up to a chunk.
    fn tell_initial(&mut self) {
        while self.text.len() < CHUNK {
            let Some(object) = self.initial.next() else { break };
            if self.selector.matches(&object) {
                self.tell("ADDED", &object);
            }
        }
        if self.initial.len() == 0 && std::mem::take(&mut self.ends_initial) {
            self.bookmark(self.position, true);
        }
    }

    /// Tells what happened since the last look.
    fn look(&mut self) {
        let (changes, current): (Result<Vec<Change>, Compacted>, u64) = {
            let world = self.kube.world.read();
            let since = world.store.history.since(self.position);
            let mine = |change: &&Change| {
                change.object().is_some_and(|object| {
                    *object.key.shelf == *self.kind.shelf && self.namespace.as_ref().is_none_or(|ns| **ns == *object.key.namespace)
                })
            };
            (since.map(|since| since.filter(mine).cloned().collect()), world.store.rv())
        };
        match changes {
            Ok(changes) => {
                for change in &changes {
                    self.tell_change(change);
                }
            }
            // It was too slow.
            Err(Compacted { oldest }) => return self.fail(&Status::too_old(self.position, oldest)),
        }
        self.position = self.position.max(current);
        let (bookmarks, expirations) = (
            self.kube.bookmarks.load(Ordering::Relaxed),
            self.kube.expirations.load(Ordering::Relaxed),
        );
        if std::mem::replace(&mut self.seen_bookmarks, bookmarks) != bookmarks {
            self.bookmark(self.position, false);
        }
        if std::mem::replace(&mut self.seen_expirations, expirations) != expirations {
            self.fail(&Status::too_old(self.position.saturating_sub(1), self.position));
        }
    }

    /// The next lines; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.initial.len() > 0 || self.ends_initial {
                self.tell_initial();
            }
            if !self.text.is_empty() {
                return Some(Bytes::from(std::mem::take(&mut self.text)));
            }
            if self.ended {
                return None;
            }
            self.bell.borrow_and_update();
            self.look();
            if !self.text.is_empty() || self.ended {
                continue;
            }
            tokio::select! {
                rung = self.bell.changed() => if rung.is_err() { return None },
                () = tokio::time::sleep_until(self.deadline) => {
                    self.ended = true;
                    self.bookmark(self.position, false);
                }
                () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks => self.bookmark(self.position, false),
            }
        }
    }
}
