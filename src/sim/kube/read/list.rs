//! GET of a collection: pages, versions, selectors, and the list that never ends.
//!
//! Under the world's lock only references are taken; the text is spliced from stored bytes outside of it, in
//! chunks, as fast as the client reads.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use http::Response;
use jiff::Timestamp;
use serde_json::json;

use super::super::kinds::{Origin, Served};
use super::super::select::Selector;
use super::super::shape::Shape;
use super::super::{Kube, Status, Target};
use super::metrics;
use super::moment::Moment;
use super::token::Token;
use crate::sim::face::{Request, response};
use crate::sim::store::{Store, Stored};
use crate::sim::world::World;

/// Size of the chunks in which a long list is told (bytes).
pub const CHUNK: usize = 256 << 10;

/// A number of the query; a server calls what is none by the name of its own parser.
pub fn number(request: &Request, name: &str) -> Result<Option<i64>, Status> {
    let Some(text) = request.query(name).filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    let number = text.parse();
    number
        .map(Some)
        .map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")))
}

/// One page, or all of it.
pub fn list(kube: &Arc<Kube>, target: &Target, shape: Shape, request: &Request) -> Result<Response<Body>, Status> {
    let kind = &target.kind;
    let selector = Selector::of(request, kind, kube.version)?;
    let limit = number(request, "limit")?.and_then(|l| usize::try_from(l).ok()).filter(|l| *l > 0);
    let moment = Moment::read(request)?;
    let token = request.query("continue").filter(|token| !token.is_empty());
    let token = token.map(Token::read).transpose()?;
    let namespace = target.namespace.as_deref();
    let (rv, mut items) = {
        let world = kube.world.read();
        let current = world.store.rv();
        moment.is_reached(current)?;
        match (&token, moment) {
            (Some(token), _) => {
                let past = past(kube, &world, kind, namespace, token.rv);
                (token.rv, past.map_err(|()| Status::token_too_old())?)
            }
            (None, Moment::Exact(rv)) => {
                let message = "The resourceVersion for the provided list is too old.";
                let past = past(kube, &world, kind, namespace, rv);
                (rv, past.map_err(|()| Status::new(410, "Expired", message))?)
            }
            (None, _) => (current, present(&world, kind, namespace)),
        }
    };
    if !selector.is_empty() {
        items.retain(|object| selector.matches(object));
    }
    if let Some(token) = &token {
        let from = items.partition_point(|object| !token.is_before(&object.key));
        items.drain(..from);
    }
    let mut meta = json!({"resourceVersion": rv.to_string()});
    if kind.origin == Origin::Metrics {
        meta = json!({});
    }
    // From its cache (resourceVersion=0) a server tells everything, whatever the limit.
    let limit = limit.filter(|_| moment != Moment::Any).filter(|limit| *limit < items.len());
    if let Some(limit) = limit {
        let left = items.len() - limit;
        items.truncate(limit);
        if let Some(last) = items.last() {
            meta["continue"] = json!(Token::after(&last.key, rv).write());
        }
        // With a selector a server does not count what it has not looked at.
        if selector.is_empty() {
            meta["remainingItemCount"] = json!(left);
        }
    }
    let (head, tail) = shape.frame(kind, &meta);
    Ok(told(Told {
        kind: Arc::clone(kind),
        shape,
        items: items.into_iter(),
        now: kube.world.now(),
        head: Some(head),
        tail: Some(tail),
        first: true,
    }))
}

fn present(world: &World, kind: &Served, namespace: Option<&str>) -> Vec<Arc<Stored>> {
    if kind.origin == Origin::Metrics {
        return metrics::all(world, kind, namespace);
    }
    world.store.list(&kind.shelf, namespace).cloned().collect()
}

/// A collection as it was at this version. `Err`: it is forgotten.
fn past(kube: &Kube, world: &World, kind: &Served, namespace: Option<&str>, rv: u64) -> Result<Vec<Arc<Stored>>, ()> {
    if rv < kube.floor() {
        return Err(());
    }
    at(&world.store, &kind.shelf, namespace, rv)
}

fn at(store: &Store, shelf: &str, namespace: Option<&str>, rv: u64) -> Result<Vec<Arc<Stored>>, ()> {
    // What the first change afterwards found is what was there.
    let mut before = BTreeMap::new();
    for change in store.history.since(rv).map_err(|_| ())? {
        let Some(object) = change.object() else { continue };
        if &*object.key.shelf == shelf && namespace.is_none_or(|ns| ns == &*object.key.namespace) {
            before
                .entry((Arc::clone(&object.key.namespace), Arc::clone(&object.key.name)))
                .or_insert_with(|| change.before.clone());
        }
    }
    if before.is_empty() {
        return Ok(store.list(shelf, namespace).cloned().collect());
    }
    for object in store.list(shelf, namespace) {
        before
            .entry((Arc::clone(&object.key.namespace), Arc::clone(&object.key.name)))
            .or_insert_with(|| Some(Arc::clone(object)));
    }
    Ok(before.into_values().flatten().collect())
}

/// A list that is being told.
struct Told {
    kind: Arc<Served>,
    shape: Shape,
    items: std::vec::IntoIter<Arc<Stored>>,
    now: Timestamp,
    head: Option<String>,
    tail: Option<&'static str>,
    first: bool,
}

impl Iterator for Told {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.tail?;
        let mut text = self.head.take().map(String::into_bytes).unwrap_or_default();
        while text.len() < CHUNK {
            match self.items.next() {
                Some(item) => {
                    if text.capacity() - text.len() < item.json.len() + 128 {
                        text.reserve(CHUNK + item.json.len());
                    }
                    if !std::mem::take(&mut self.first) {
                        text.push(b',');
                    }
                    self.shape.item(&self.kind, &item, self.now, &mut text);
                }
                None => {
                    text.extend_from_slice(self.tail.take().unwrap_or_default().as_bytes());
                    break;
                }
            }
        }
        Some(Bytes::from(text))
    }
}

fn told(mut told: Told) -> Response<Body> {
    let first = told.next().unwrap_or_default();
    if told.tail.is_none() {
        return response(200, "application/json", first);
    }
    let chunks = std::iter::once(first).chain(told).map(Ok::<_, Infallible>);
    response(200, "application/json", Body::from_stream(futures::stream::iter(chunks)))
}

/// A list that never ends: pages that always promise another one, or, without a limit, one body of endless items.
pub fn endless(kube: &Arc<Kube>, target: &Target, shape: Shape, request: &Request) -> Result<Response<Body>, Status> {
    let kind = Arc::clone(&target.kind);
    let (rv, template) = {
        let world = kube.world.read();
        let first = world.store.list(&kind.shelf, None).next().cloned();
        (world.store.rv(), first)
    };
    let template = template.map_or_else(|| json!({"metadata": {"namespace": "default"}}), |first| first.value());
    let now = kube.world.now();
    let copy = {
        let kind = Arc::clone(&kind);
        move |number: usize| {
            let mut object = template.clone();
            object["metadata"]["name"] = json!(format!("endless-{number}"));
            object["metadata"]["uid"] = json!(format!("e4d1e550-5eed-4000-8000-{number:012x}"));
            object["metadata"]["resourceVersion"] = json!(rv.to_string());
            let stored = Stored::new(crate::sim::store::Key::of(&kind.shelf, &object), rv, &object);
            let mut text = Vec::new();
            shape.item(&kind, &stored, now, &mut text);
            String::from_utf8_lossy(&text).into_owned()
        }
    };
    let limit = number(request, "limit")?.and_then(|l| usize::try_from(l).ok()).filter(|l| *l > 0);
    if let Some(limit) = limit {
        let from = request.query("continue").and_then(|token| token.parse::<usize>().ok()).unwrap_or(0);
        let page: Vec<String> = (from..from.saturating_add(limit.min(10_000))).map(copy).collect();
        let meta = json!({"resourceVersion": rv.to_string(), "continue": (from + page.len()).to_string()});
        let (head, tail) = shape.frame(&kind, &meta);
        return Ok(response(200, "application/json", format!("{head}{}{tail}", page.join(","))));
    }
    let (head, _) = shape.frame(&kind, &json!({"resourceVersion": rv.to_string()}));
    let chunks = std::iter::once(head).chain((0..).map(move |number| {
        let comma = if number == 0 { "" } else { "," };
        format!("{comma}{}", copy(number))
    }));
    let stream = futures::stream::iter(chunks.map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk))));
    Ok(response(200, "application/json", Body::from_stream(stream)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_as_it_was() {
        let mut store = Store::new(1);
        let now = Timestamp::UNIX_EPOCH;
        let pod = |name: &str, phase: &str| json!({"metadata": {"namespace": "shop", "name": name}, "status": {"phase": phase}});
        let a = store.put("pods", pod("a", "Pending"), now);
        let b = store.put("pods", pod("b", "Running"), now);
        let then = store.rv();
        store.put("pods", pod("a", "Running"), now);
        store.remove(&b.key, now);
        store.put("pods", pod("c", "Running"), now);
        store.put("services", json!({"metadata": {"namespace": "shop", "name": "a"}}), now);
        let told = at(&store, "pods", Some("shop"), then).unwrap();
        let names: Vec<&str> = told.iter().map(|o| &*o.key.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(told[0].rv, a.rv);
        assert!(at(&store, "pods", Some("other"), then).unwrap().is_empty());
        store.compact();
        assert!(at(&store, "pods", None, then).is_err());
    }
}
