//! From a request to its answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::discovery::{self, Metrics};
use super::fault::Fault;
use super::record::Request;
use super::served::{Served, Version};
use super::shape::{Shape, accepted};
use super::status::{Status, json_response, response};
use super::{Shared, list, logs, watch};

/// Marks a response whose body goes on for as long as the client listens.
#[derive(Clone, Copy)]
pub struct Streaming;

/// A resource that a path names.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: Served,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub sub: Option<String>,
}

impl Target {
    /// What `path` names among what is served.
    pub fn read(served: &[Served], path: &str) -> Option<Self> {
        let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
        let (group, version) = match *parts.first()? {
            "api" if parts.len() > 2 => ("", parts[1]),
            "apis" if parts.len() > 3 => (parts[1], parts[2]),
            _ => return None,
        };
        parts.drain(..if group.is_empty() { 2 } else { 3 });
        let mut namespace = None;
        if parts.len() > 2 && parts[0] == "namespaces" && !matches!(parts[2], "status" | "finalize") {
            namespace = Some(parts[1].to_owned());
            parts.drain(..2);
        }
        let kind = served
            .iter()
            .find(|k| k.group == group && k.version == version && k.resource == parts[0])?;
        let part = |i: usize| parts.get(i).map(|p| (*p).to_owned());
        Some(Self {
            kind: *kind,
            namespace,
            name: part(1),
            sub: part(2),
        })
    }

    /// The verb of the server's access rules.
    pub fn verb(&self, request: &Request) -> &'static str {
        match (request.method.as_str(), &self.name) {
            ("GET", _) if request.is_watch() => "watch",
            ("GET", Some(_)) => "get",
            ("GET", None) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            _ => "delete",
        }
    }
}

/// The only handler.
pub async fn handle(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let request = Request::read(&parts);
    let guard = shared.opened(request.clone());
    let served = shared.world().served();
    let target = Target::read(&served, &request.path);
    let demanded = shared.world().token.clone();
    if demanded.is_some() && request.token() != demanded.as_deref() {
        return Status::unauthorized().response();
    }
    let faults = shared.faults_for(&request, target.as_ref());
    for fault in &faults {
        match fault {
            Fault::Hang => std::future::pending::<()>().await,
            Fault::Delay(time) => tokio::time::sleep(*time).await,
            _ => {}
        }
    }
    let mut reply = match faults.iter().find_map(|f| f.answer(&request, target.as_ref())) {
        Some(reply) => reply,
        None => {
            let posted = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
            let endless = faults.contains(&Fault::EndlessList);
            answer(&shared, &served, &request, target, &posted, endless).unwrap_or_else(|status| status.response())
        }
    };
    for fault in faults.iter().filter(|f| f.spoils()) {
        reply = fault.spoil(reply);
    }
    if reply.extensions().get::<Streaming>().is_none() {
        return reply;
    }
    // The request stays in the list of open ones until its body ends or its client goes.
    reply.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |piece| {
            let _held = &guard;
            piece
        }))
    })
}

fn answer(
    shared: &Arc<Shared>,
    served: &[Served],
    request: &Request,
    target: Option<Target>,
    posted: &[u8],
    endless: bool,
) -> Result<Response<Body>, Status> {
    if request.method == "POST" && request.path.starts_with("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") {
        return access_review(shared, served, posted);
    }
    let Some(target) = target else {
        return general(shared, served, request);
    };
    if request.method != "GET" {
        return Err(Status::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        ));
    }
    let Target {
        kind,
        namespace,
        name,
        sub,
    } = target;
    if kind.group == "metrics.k8s.io" && shared.world().metrics == Metrics::Broken {
        return Err(Status::new(
            503,
            "ServiceUnavailable",
            "the server is currently unable to handle the request",
        ));
    }
    if let (Some(name), Some("log"), "pods") = (&name, sub.as_deref(), kind.resource) {
        return logs::log(shared, &kind, namespace.as_deref().unwrap_or_default(), name, request);
    }
    let shape = Shape::negotiate(&request.headers, request.query("includeObject"), &kind).ok_or_else(|| {
        Status::new(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
        )
    })?;
    if let Some(name) = name {
        let object = shared.world().get(&kind, namespace.as_deref().unwrap_or_default(), &name);
        let object = object.ok_or_else(|| Status::not_found(&kind, &name))?;
        return Ok(json_response(200, &shape.one(&kind, &object, true)));
    }
    if request.is_watch() {
        if !kind.verbs.contains(&"watch") {
            return Err(Status::new(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            ));
        }
        return watch::watch(shared, kind, namespace, shape, request);
    }
    let mut world = shared.world();
    if endless {
        return Ok(list::endless(&world, &kind, shape, request));
    }
    list::list(&mut world, &kind, namespace.as_deref(), shape, request)
}

/// Paths that name no resource: version, health, discovery.
fn general(shared: &Arc<Shared>, served: &[Served], request: &Request) -> Result<Response<Body>, Status> {
    let (version, metrics) = {
        let world = shared.world();
        (world.version, world.metrics)
    };
    let aggregated = version == Version::V1_36
        && accepted(&request.headers)
            .first()
            .is_some_and(|(kind, v)| kind.as_deref() == Some("APIGroupDiscoveryList") && v.as_deref() == Some("v2"));
    let parts: Vec<&str> = request.path.split('/').filter(|p| !p.is_empty()).collect();
    let document = match parts.as_slice() {
        ["version"] => Some(discovery::version(version)),
        ["livez" | "readyz" | "healthz"] => return Ok(response(200, "text/plain", "ok")),
        ["api" | "apis"] if aggregated => {
            let document = discovery::aggregated(served, parts[0] == "api", metrics);
            let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return Ok(response(200, media, document.to_string()));
        }
        ["api"] => Some(discovery::api_versions()),
        ["apis"] => Some(discovery::group_list(served)),
        ["apis", "metrics.k8s.io", _] if metrics == Metrics::Broken => {
            return Err(Status::new(
                503,
                "ServiceUnavailable",
                "the server is currently unable to handle the request",
            ));
        }
        ["apis", group] => discovery::group(served, group),
        ["api", version] => discovery::resource_list(served, "", version),
        ["apis", group, version] => discovery::resource_list(served, group, version),
        _ => None,
    };
    match document {
        Some(document) => Ok(json_response(200, &document)),
        // A group that is not served is refused in plain text, a resource as a Status.
        None if parts.len() > 3 => Err(Status::new(404, "NotFound", "the server could not find the requested resource")),
        None => Ok(response(404, "text/plain; charset=utf-8", "404 page not found\n")),
    }
}

/// Allowed, unless a 403 fault stands on what is asked about.
fn access_review(shared: &Arc<Shared>, served: &[Served], posted: &[u8]) -> Result<Response<Body>, Status> {
    let mut review: Value = serde_json::from_slice(posted).map_err(|e| Status::bad_request(e.to_string()))?;
    let attributes = review["spec"]["resourceAttributes"].clone();
    let text = |field: &str| attributes[field].as_str().unwrap_or_default().to_owned();
    let kind = served.iter().find(|k| k.group == text("group") && k.resource == text("resource"));
    let allowed = kind.is_some_and(|kind| {
        let (namespace, verb) = (Some(text("namespace")).filter(|ns| !ns.is_empty()), text("verb"));
        let mut path = kind.path(namespace.as_deref());
        if verb == "get" {
            path.push_str("/any");
        }
        let query = if verb == "watch" {
            vec![("watch".to_owned(), "true".to_owned())]
        } else {
            Vec::new()
        };
        let probe = Request {
            method: "GET".to_owned(),
            path,
            query,
            headers: Default::default(),
            at: std::time::Instant::now(),
        };
        let target = Target::read(served, &probe.path);
        !shared.refuses(&probe, target.as_ref())
    });
    review["status"] = json!({"allowed": allowed});
    Ok(json_response(201, &review))
}
