//! Sessions with containers: exec, attach and port-forward over WebSocket, and the HTTP proxy.

mod exec;
mod forward;
mod http;
mod proxy;
pub mod shell;
mod socket;
mod terminal;

use std::sync::Arc;

use ::http::Response;
use axum::body::Body;

use super::{Identity, Kube, Status, Target};
use crate::sim::face::Call;

/// Opens a session (`exec`, `attach`, `portforward`, `proxy`). The caller has authorised it.
///
/// # Errors
/// A refusal.
pub async fn open(kube: &Arc<Kube>, _identity: &Identity, target: &Target, mut call: Call) -> Result<Response<Body>, Status> {
    match target.sub.as_deref() {
        Some("exec" | "attach") => exec::open(kube, target, &mut call),
        Some("portforward") => forward::open(kube, target, &mut call),
        _ => proxy::answer(kube, target),
    }
}

#[cfg(test)]
mod tests;
