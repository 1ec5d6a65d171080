//! Reading: one object, a list, a watch, a log, and what the metrics server computes.

mod list;
mod log;
mod metrics;
mod moment;
mod token;
mod watch;
mod written;

use std::sync::Arc;

use axum::body::Body;
use http::Response;

use super::kinds::Origin;
use super::shape::{Columns, Shape};
use super::{Kube, Status, Target};
use crate::sim::face::{Call, response};
use moment::Moment;

/// Answers GET. The caller has authorised it and knows that the resource has the verb.
///
/// # Errors
/// A refusal.
pub fn read(kube: &Arc<Kube>, target: &Target, call: &Call) -> Result<Response<Body>, Status> {
    if target.sub.as_deref() == Some("log") {
        return log::log(kube, target, &call.request);
    }
    let shape = Shape::negotiate(&call.request, &target.kind).ok_or_else(Status::not_acceptable)?;
    match &target.name {
        Some(name) => one(kube, target, name, shape, call),
        None if call.request.is_watch() => watch::watch(kube, target, shape, &call.request),
        None if call.is_endless() => list::endless(kube, target, shape, &call.request),
        None => list::list(kube, target, shape, &call.request),
    }
}

fn one(kube: &Arc<Kube>, target: &Target, name: &str, shape: Shape, call: &Call) -> Result<Response<Body>, Status> {
    let found = {
        let world = kube.world.read();
        Moment::read(&call.request)?.is_reached(world.store.rv())?;
        if target.kind.origin == Origin::Metrics {
            metrics::one(&world, &target.kind, target.place(), name)
        } else {
            world.store.get(&target.kind.shelf, target.place(), name).cloned()
        }
    };
    let stored = found.ok_or_else(|| Status::not_found(&target.kind, name))?;
    let text = shape.one(&target.kind, &stored, Columns::Told, kube.world.now());
    Ok(response(200, "application/json", text))
}
