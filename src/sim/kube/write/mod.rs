//! What changes the world through the API: create, update, patch, delete, and the subresources that do.
//!
//! ```text
//!   body ─► options ─► convert (to the stored version) ─► typed ─► defaults ─► admission ─► valid ─► managed ─► store
//!                 └── patch: strategic · merge · JSON · apply                                             (not when dry)
//! ```

mod admission;
mod apply;
mod change;
mod create;
pub mod defaults;
mod delete;
mod evict;
mod labels;
pub mod openapi;
mod options;
mod patch;
mod refuse;
mod review;
mod scale;
mod strategic;
mod typed;
mod valid;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use super::kinds::Origin;
use super::{Identity, Kube, Served, Status, Target, Version};
use crate::sim::face::{self, Call, Request};
use crate::sim::store::Key;
use crate::sim::world::World;
use options::{Options, Unknown};

/// The largest body that is taken, as a real server does.
const MOST: usize = 3 << 20;

/// What is asked, and how.
struct Writing<'a> {
    version: Version,
    kind: &'a Served,
    target: &'a Target,
    request: &'a Request,
    options: Options,
    body: &'a [u8],
}

/// An answer that is no refusal.
#[derive(Debug)]
struct Answer {
    code: u16,
    document: Value,
    warnings: Vec<String>,
}

impl Answer {
    fn new(code: u16, document: Value) -> Self {
        Self {
            code,
            document,
            warnings: Vec::new(),
        }
    }

    /// `Status` of success. `details` may be null.
    fn success(code: u16, details: Value) -> Self {
        let mut document = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"});
        if !details.is_null() {
            document["details"] = details;
        }
        if code != 200 {
            document["code"] = json!(code);
        }
        Self::new(code, document)
    }

    fn response(self) -> Response<Body> {
        let mut response = face::json(self.code, &self.document);
        for warning in self.warnings {
            if let Ok(value) = HeaderValue::from_str(&format!("299 - {warning:?}")) {
                response.headers_mut().append(header::WARNING, value);
            }
        }
        response
    }
}

impl Writing<'_> {
    fn name(&self) -> &str {
        self.target.name.as_deref().unwrap_or_default()
    }

    fn key(&self) -> Key {
        Key::new(&self.kind.shelf, self.target.place(), self.name())
    }

    /// A stored document in the version in which the client speaks.
    fn told(&self, object: &Value) -> Value {
        super::shape::whole(self.kind, object)
    }

    /// Fields that the kind does not have, as the client wants them to be treated.
    fn unknown_fields(&self, unknown: &[String]) -> Result<Vec<String>, Status> {
        // The older server does not look.
        if unknown.is_empty() || self.version == Version::V1_20 {
            return Ok(Vec::new());
        }
        match self.options.unknown {
            Unknown::Ignored => Ok(Vec::new()),
            Unknown::Warned => Ok(unknown.iter().map(|path| format!("unknown field {path:?}")).collect()),
            Unknown::Refused => {
                let fields: Vec<String> = unknown.iter().map(|path| format!("unknown field {path:?}")).collect();
                let (kind, version) = (&self.kind.kind, &self.kind.version);
                Err(Status::bad_request(format!(
                    "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {}",
                    fields.join(", ")
                )))
            }
        }
    }
}

/// Answers a request that may change something, or that reads `scale`. The caller has authorised it and knows that
/// the resource has the verb.
///
/// # Errors
/// A refusal.
pub async fn write(kube: &Arc<Kube>, identity: &Identity, target: &Target, mut call: Call) -> Result<Response<Body>, Status> {
    let body: Bytes = call
        .body(MOST)
        .await
        .map_err(|_| Status::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {MOST}")))?;
    if target.kind.origin == Origin::Review {
        return review::answer(kube, identity, target, &call.request, &body).map(Answer::response);
    }
    let verb = target.verb(&call.request);
    let options = match verb {
        "create" => "CreateOptions",
        "update" => "UpdateOptions",
        "patch" => "PatchOptions",
        _ => "DeleteOptions",
    };
    let writing = Writing {
        version: kube.version,
        kind: &target.kind,
        target,
        request: &call.request,
        options: Options::read(&call.request, options)?,
        body: &body,
    };
    let answer = kube.world.change(|world| answer(world, &writing, verb))?;
    Ok(answer.response())
}

fn answer(world: &mut World, writing: &Writing<'_>, verb: &str) -> Result<Answer, Status> {
    match (writing.target.sub.as_deref(), verb) {
        (Some("scale"), "get") => scale::get(world, writing),
        (Some("scale"), "update" | "patch") => scale::change(world, writing, verb),
        (Some("eviction"), "create") => evict::evict(world, writing),
        (Some("binding"), "create") => create::bind(world, writing),
        (None, "create") => create::create(world, writing),
        (None | Some("status" | "finalize" | "ephemeralcontainers"), "update") => change::replace(world, writing),
        (None | Some("status" | "ephemeralcontainers"), "patch") => patch::patch(world, writing),
        (None, "delete") => delete::one(world, writing),
        (None, "deletecollection") => delete::many(world, writing),
        _ => Err(Status::method_not_allowed()),
    }
}

#[cfg(test)]
pub(super) mod tests;
