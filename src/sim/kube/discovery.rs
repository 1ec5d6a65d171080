//! Paths that name no resource: version, health, and the discovery documents, the plain ones of every server and
//! the aggregated ones of newer servers.

use axum::body::Body;
use http::Response;
use serde_json::{Value, json};

use super::kinds::{Catalog, Served};
use super::shape::accepted;
use super::status::Status;
use super::version::Version;
use super::write::openapi;
use super::{Kube, Metrics};
use crate::sim::face::{Request, json as json_reply, response, text};

/// Answers a request for a path that names no resource.
pub fn answer(kube: &Kube, catalog: &Catalog, request: &Request) -> Result<Response<Body>, Status> {
    let segments = request.segments();
    let known = document(kube, catalog, request, &segments);
    let reading = matches!(request.method.as_str(), "GET" | "HEAD");
    match known {
        Some(_) if !reading => {
            kube.unknown(request);
            Err(Status::method_not_allowed())
        }
        Some(reply) => reply,
        None => {
            kube.unknown(request);
            // What is below a group that is served is refused as a Status, all else in plain text.
            let below = match segments.as_slice() {
                ["api", _, ..] => true,
                ["apis", group, _, ..] => catalog.0.iter().any(|kind| kind.group == *group),
                _ => false,
            };
            if below {
                return Err(Status::unknown_path());
            }
            Ok(text(404, "404 page not found\n"))
        }
    }
}

fn document(kube: &Kube, catalog: &Catalog, request: &Request, segments: &[&str]) -> Option<Result<Response<Body>, Status>> {
    let document = match segments {
        ["version"] => version(kube.version),
        ["livez" | "readyz" | "healthz", ..] => return Some(Ok(text(200, "ok"))),
        ["api" | "apis"] if kube.version == Version::V1_36 && wants_aggregated(request) => {
            let document = aggregated(catalog, segments == ["api"], kube.metrics());
            let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return Some(Ok(response(200, media, document.to_string())));
        }
        ["api"] => json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
        }),
        ["apis"] => group_list(catalog),
        ["apis", "metrics.k8s.io", _] if kube.metrics() == Metrics::Broken => return Some(Err(Status::unavailable())),
        ["apis", group] => group_alone(catalog, group)?,
        ["openapi", "v3"] => openapi::index(catalog),
        ["openapi", "v3", "api", version] => openapi::document(catalog, "", version)?,
        ["openapi", "v3", "apis", group, version] => openapi::document(catalog, group, version)?,
        ["api", version] => resource_list(kube.version, catalog, "", version)?,
        ["apis", group, version] => resource_list(kube.version, catalog, group, version)?,
        _ => return None,
    };
    Some(Ok(json_reply(200, &document)))
}

fn wants_aggregated(request: &Request) -> bool {
    accepted(request)
        .first()
        .is_some_and(|(kind, v)| kind.as_deref() == Some("APIGroupDiscoveryList") && v.as_deref() == Some("v2"))
}

fn group_document(name: &str, versions: &[&str]) -> Value {
    let told: Vec<Value> = versions
        .iter()
        .map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v}))
        .collect();
    json!({"name": name, "preferredVersion": told.first(), "versions": told})
}

fn group_list(catalog: &Catalog) -> Value {
    let groups: Vec<Value> = catalog
        .groups()
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, versions)| group_document(name, versions))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn group_alone(catalog: &Catalog, name: &str) -> Option<Value> {
    let (name, versions) = catalog.groups().into_iter().find(|(n, _)| *n == name && !n.is_empty())?;
    let mut document = group_document(name, &versions);
    document["kind"] = json!("APIGroup");
    document["apiVersion"] = json!("v1");
    Some(document)
}

fn resource_list(server: Version, catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let mut resources = Vec::new();
    for kind in catalog.0.iter().filter(|k| k.group == group && k.version == version) {
        // Older servers leave the singular name of their own kinds empty.
        let singular = if server == Version::V1_20 && !kind.is_custom() {
            ""
        } else {
            &kind.singular
        };
        let mut row = json!({
            "name": kind.resource, "singularName": singular, "namespaced": kind.namespaced, "kind": kind.kind, "verbs": kind.verbs,
        });
        decorate(&mut row, kind);
        resources.push(row);
        for sub in &kind.subresources {
            let answer = if sub.kind.is_empty() { &kind.kind } else { sub.kind };
            let mut row = json!({
                "name": format!("{}/{}", kind.resource, sub.name), "singularName": "", "namespaced": kind.namespaced,
                "kind": answer, "verbs": sub.verbs,
            });
            if !sub.group.is_empty() {
                row["group"] = json!(sub.group);
                row["version"] = json!(sub.version);
            }
            resources.push(row);
        }
    }
    let group_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    (!resources.is_empty())
        .then(|| json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}))
}

fn decorate(row: &mut Value, kind: &Served) {
    if !kind.short.is_empty() {
        row["shortNames"] = json!(kind.short);
    }
    if !kind.categories.is_empty() {
        row["categories"] = json!(kind.categories);
    }
}

/// `/api` (the core group only) or `/apis` (all others), aggregated.
fn aggregated(catalog: &Catalog, core: bool, metrics: Metrics) -> Value {
    let mut items = Vec::new();
    for (name, versions) in catalog.groups().into_iter().filter(|(name, _)| name.is_empty() == core) {
        let stale = name == "metrics.k8s.io" && metrics == Metrics::Broken;
        let versions: Vec<Value> = versions
            .iter()
            .map(|version| {
                let kinds = catalog.0.iter().filter(|k| k.group == name && k.version == *version && !stale);
                let resources: Vec<Value> = kinds.map(|kind| aggregated_resource(kind)).collect();
                let freshness = if stale { "Stale" } else { "Current" };
                json!({"version": version, "resources": resources, "freshness": freshness})
            })
            .collect();
        let metadata = if name.is_empty() {
            json!({"creationTimestamp": null})
        } else {
            json!({"name": name, "creationTimestamp": null})
        };
        items.push(json!({"metadata": metadata, "versions": versions}));
    }
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn aggregated_resource(kind: &Served) -> Value {
    let subresources: Vec<Value> = kind
        .subresources
        .iter()
        .map(|sub| {
            let name = if sub.kind.is_empty() { &kind.kind } else { sub.kind };
            let answer = json!({"group": sub.group, "version": sub.version, "kind": name});
            json!({"subresource": sub.name, "responseKind": answer, "verbs": sub.verbs})
        })
        .collect();
    let mut row = json!({
        "resource": kind.resource, "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular, "verbs": kind.verbs,
    });
    decorate(&mut row, kind);
    if !subresources.is_empty() {
        row["subresources"] = json!(subresources);
    }
    row
}

fn version(version: Version) -> Value {
    let minor = version.minor();
    json!({
        "major": "1", "minor": minor.to_string(), "gitVersion": format!("v1.{minor}.2"), "gitCommit": "0", "gitTreeState": "clean",
        "buildDate": "2026-01-13T00:00:00Z", "goVersion": "go1.26.0", "compiler": "gc", "platform": "linux/amd64",
    })
}
