//! As much of OpenAPI v3 as clients need to learn that the server itself checks fields and tries without writing:
//! kubectl asks for it before it creates or applies anything.

use serde_json::{Map, Value, json};

use crate::sim::kube::kinds::{Catalog, Origin, Served};

/// `/openapi/v3`: where the documents are.
pub fn index(catalog: &Catalog) -> Value {
    let mut paths = Map::new();
    for (group, versions) in catalog.groups() {
        for version in versions {
            let path = if group.is_empty() {
                format!("api/{version}")
            } else {
                format!("apis/{group}/{version}")
            };
            let url = format!("/openapi/v3/{path}");
            paths.insert(path, json!({"serverRelativeURL": url}));
        }
    }
    json!({"paths": paths})
}

/// `/openapi/v3/apis/apps/v1`: the operations of a group's version. `None`: it is not served.
pub fn document(catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let own = |k: &&std::sync::Arc<Served>| k.group == group && k.version == version && k.origin != Origin::Metrics;
    let mut paths = Map::new();
    for kind in catalog.0.iter().filter(own) {
        let collection = kind.path(kind.namespaced.then_some("{namespace}"));
        let who = json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
        let operation = |verb: &str| json!({"x-kubernetes-action": verb, "x-kubernetes-group-version-kind": who, "parameters": parameters(), "responses": {}});
        if kind.origin == Origin::Review {
            paths.insert(collection, json!({"post": operation("post")}));
            continue;
        }
        let single = format!("{collection}/{{name}}");
        paths.insert(collection, json!({"post": operation("post")}));
        paths.insert(single, json!({"put": operation("put"), "patch": operation("patch")}));
    }
    if paths.is_empty() {
        return None;
    }
    let info = json!({"title": "Kubernetes", "version": "simulated"});
    Some(json!({"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}))
}

fn parameters() -> Value {
    let one = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    json!([one("dryRun"), one("fieldManager"), one("fieldValidation")])
}
