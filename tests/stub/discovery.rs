//! Discovery documents: the plain ones of every server, and the aggregated ones of newer servers.

use serde_json::{Value, json};

use super::served::{Served, Version};

/// Whether metrics.k8s.io answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metrics {
    #[default]
    Served,
    /// Not installed: absent from discovery.
    Absent,
    /// Registered, and its server does not answer: named in discovery, 503 when asked.
    Broken,
}

/// Groups in the order that they are told, each with its versions in order.
fn groups(served: &[Served]) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for kind in served {
        match groups.iter_mut().find(|(name, _)| *name == kind.group) {
            Some((_, versions)) if versions.contains(&kind.version) => {}
            Some((_, versions)) => versions.push(kind.version),
            None => groups.push((kind.group, vec![kind.version])),
        }
    }
    groups
}

fn group_document(name: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v}))
        .collect();
    json!({"name": name, "preferredVersion": versions[0], "versions": versions})
}

/// `/api`, plain.
pub fn api_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]})
}

/// `/apis`, plain.
pub fn group_list(served: &[Served]) -> Value {
    let groups: Vec<Value> = groups(served)
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, vs)| group_document(name, vs))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/apps`.
pub fn group(served: &[Served], name: &str) -> Option<Value> {
    let (name, versions) = groups(served).into_iter().find(|(n, _)| *n == name && !n.is_empty())?;
    let mut document = group_document(name, &versions);
    document["kind"] = json!("APIGroup");
    document["apiVersion"] = json!("v1");
    Some(document)
}

/// `/apis/apps/v1`, `/api/v1`.
pub fn resource_list(served: &[Served], group: &str, version: &str) -> Option<Value> {
    let mut resources = Vec::new();
    for kind in served.iter().filter(|k| k.group == group && k.version == version) {
        let mut row = json!({
            "name": kind.resource, "singularName": "", "namespaced": kind.namespaced, "kind": kind.kind, "verbs": kind.verbs,
        });
        if !kind.short.is_empty() {
            row["shortNames"] = json!(kind.short);
        }
        resources.push(row);
        for (sub, answer) in kind.subresources {
            let answer = if answer.is_empty() { kind.kind } else { answer };
            let verbs: &[&str] = if *sub == "log" { &["get"] } else { &["get", "patch", "update"] };
            resources.push(json!({
                "name": format!("{}/{sub}", kind.resource), "singularName": "", "namespaced": kind.namespaced, "kind": answer, "verbs": verbs,
            }));
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

/// `/api` (the core group only) or `/apis` (all others), aggregated.
pub fn aggregated(served: &[Served], core: bool, metrics: Metrics) -> Value {
    let mut items = Vec::new();
    for (name, versions) in groups(served).into_iter().filter(|(name, _)| name.is_empty() == core) {
        let stale = name == "metrics.k8s.io" && metrics == Metrics::Broken;
        let versions: Vec<Value> = versions
            .iter()
            .map(|version| {
                let resources: Vec<Value> = served
                    .iter()
                    .filter(|k| k.group == name && k.version == *version && !stale)
                    .map(aggregated_resource)
                    .collect();
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
    let answer = |name: &str| json!({"group": "", "version": "", "kind": name});
    let subresources: Vec<Value> = kind
        .subresources
        .iter()
        .map(|(sub, name)| {
            let name = if name.is_empty() { kind.kind } else { name };
            json!({"subresource": sub, "responseKind": answer(name), "verbs": ["get", "patch", "update"]})
        })
        .collect();
    let mut row = json!({
        "resource": kind.resource, "responseKind": answer(kind.kind), "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.kind.to_lowercase(), "verbs": kind.verbs,
    });
    if !kind.short.is_empty() {
        row["shortNames"] = json!(kind.short);
    }
    if !subresources.is_empty() {
        row["subresources"] = json!(subresources);
    }
    row
}

/// `/version`.
pub fn version(version: Version) -> Value {
    let minor = version.minor();
    json!({
        "major": "1", "minor": minor.to_string(), "gitVersion": format!("v1.{minor}.2"), "gitCommit": "0", "gitTreeState": "clean",
        "buildDate": "2026-01-13T00:00:00Z", "goVersion": "go1.26.0", "compiler": "gc", "platform": "linux/amd64",
    })
}
