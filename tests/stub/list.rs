//! GET of a collection: pages, resource versions, selectors, and the list that never ends.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::record::Request;
use super::select::Selector;
use super::served::Served;
use super::shape::Shape;
use super::status::{Status, json_response, response};
use super::world::{Snapshot, World};

/// One page, or all of it.
pub fn list(world: &mut World, kind: &Served, namespace: Option<&str>, shape: Shape, request: &Request) -> Result<Response<Body>, Status> {
    let selector = Selector::parse(request.query("labelSelector"), request.query("fieldSelector"))?;
    let limit = request.query("limit").and_then(|l| l.parse::<usize>().ok()).filter(|l| *l > 0);
    let asked = request.query("resourceVersion").unwrap_or_default();
    if let Some(status) = newer_than_now(world, asked) {
        return Err(status);
    }
    let (rv, items, from) = match request.query("continue").filter(|token| !token.is_empty()) {
        Some(token) => {
            let (rv, from) = read_token(token).ok_or_else(|| Status::bad_request("continue key is not valid"))?;
            let snapshot = world.snapshots.get(&rv).ok_or_else(Status::token_too_old)?;
            (rv, snapshot.items.clone(), from)
        }
        None => {
            let mut items = world.list(kind.shelf, namespace);
            items.retain(|object| selector.matches(object));
            (world.rv, items, 0)
        }
    };
    // From its cache (resourceVersion=0) a server tells everything, whatever the limit.
    let size = limit.filter(|_| asked != "0").unwrap_or(items.len());
    let until = (from + size).min(items.len());
    let mut meta = json!({"resourceVersion": rv.to_string()});
    if until < items.len() {
        meta["continue"] = json!(URL_SAFE_NO_PAD.encode(format!("{rv}/{until}")));
        meta["remainingItemCount"] = json!(items.len() - until);
        world.snapshots.entry(rv).or_insert_with(|| Snapshot { rv, items: items.clone() });
    }
    let page = items.get(from..until).unwrap_or_default();
    Ok(json_response(200, &shape.list(kind, page.iter().map(Arc::as_ref), meta)))
}

fn newer_than_now(world: &World, asked: &str) -> Option<Status> {
    let asked = asked.parse::<u64>().ok().filter(|rv| *rv > world.rv)?;
    let message = format!("Timeout: Too large resource version: {asked}, current: {}", world.rv);
    Some(Status::new(504, "Timeout", message))
}

fn read_token(token: &str) -> Option<(u64, usize)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (rv, from) = text.split_once('/')?;
    Some((rv.parse().ok()?, from.parse().ok()?))
}

/// A list that never ends: pages that always promise another one, or, without a limit, one body of endless items.
pub fn endless(world: &World, kind: &Served, shape: Shape, request: &Request) -> Response<Body> {
    let template = world
        .list(kind.shelf, None)
        .first()
        .cloned()
        .unwrap_or_else(|| Arc::new(json!({"metadata": {"namespace": "default"}})));
    let rv = world.rv;
    let copy = move |number: usize| {
        let mut object = (*template).clone();
        object["metadata"]["name"] = json!(format!("endless-{number}"));
        object["metadata"]["uid"] = json!(format!("e4d1e550-5eed-4000-8000-{number:012x}"));
        object["metadata"]["resourceVersion"] = json!(rv.to_string());
        object
    };
    if let Some(limit) = request.query("limit").and_then(|l| l.parse::<usize>().ok()).filter(|l| *l > 0) {
        let from = request.query("continue").and_then(|token| token.parse::<usize>().ok()).unwrap_or(0);
        let page: Vec<Value> = (from..from + limit).map(copy).collect();
        let meta = json!({"resourceVersion": rv.to_string(), "continue": (from + limit).to_string()});
        return json_response(200, &shape.list(kind, page.iter(), meta));
    }
    let head = format!(
        r#"{{"kind":"{}List","apiVersion":"{}","metadata":{{"resourceVersion":"{rv}"}},"items":["#,
        kind.kind,
        kind.api_version()
    );
    let chunks = std::iter::once(head).chain((0..).map(move |number| {
        let comma = if number == 0 { "" } else { "," };
        format!("{comma}{}", copy(number))
    }));
    let stream = futures::stream::iter(chunks.map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk))));
    response(200, "application/json", Body::from_stream(stream))
}
