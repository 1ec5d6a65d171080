//! The documents of discovery, read: aggregated (v2 and v2beta1 look alike here) and plain.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::discovery::Group;
use crate::model::{Kind, ServedKind, clean};

#[derive(Deserialize)]
struct Aggregated {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    items: Vec<AggregatedGroup>,
}

#[derive(Deserialize)]
struct AggregatedGroup {
    #[serde(default)]
    metadata: Named,
    #[serde(default)]
    versions: Vec<AggregatedVersion>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct AggregatedVersion {
    version: String,
    #[serde(default)]
    resources: Vec<AggregatedResource>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregatedResource {
    resource: String,
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
}

#[derive(Default, Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

/// Groups with their kinds, of an aggregated answer; `None` where it is not one.
pub(super) fn aggregated(body: &[u8]) -> Option<Vec<Group>> {
    let list = parse::<Aggregated>(body).filter(|l| l.kind == "APIGroupDiscoveryList")?;
    let group = |g: AggregatedGroup| {
        let name = clean(&g.metadata.name).into_owned();
        let versions = g.versions.into_iter().map(|v| {
            let version = clean(&v.version).into_owned();
            let silent = v.freshness == "Stale" && v.resources.is_empty();
            let kinds = v.resources.into_iter().map(|r| {
                let kind = r.response_kind.unwrap_or_default().kind;
                served(&name, &version, &r.resource, &kind, &r.short_names, r.scope != "Cluster", &r.verbs)
            });
            let kinds = kinds.collect();
            (version, (!silent).then_some(kinds))
        });
        let versions = versions.collect();
        Group { name, versions }
    };
    Some(list.items.into_iter().map(group).collect())
}

/// Names and versions (the favourite first) of the groups behind `/api` or `/apis`; `None` where
/// the answer is something else.
pub(super) fn groups(path: &str, body: &[u8]) -> Option<Vec<(String, Vec<String>)>> {
    #[derive(Deserialize)]
    struct Core {
        versions: Vec<String>,
    }
    #[derive(Deserialize)]
    struct List {
        groups: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct One {
        name: String,
        versions: Vec<Version>,
        #[serde(default)]
        preferred_version: Option<Version>,
    }
    #[derive(Deserialize, PartialEq)]
    struct Version {
        version: String,
    }
    if path == "/api" {
        return Some(vec![(String::new(), parse::<Core>(body)?.versions)]);
    }
    let list = parse::<List>(body)?;
    let order = |one: One| {
        let mut versions: Vec<String> = one.preferred_version.into_iter().chain(one.versions).map(|v| v.version).collect();
        let mut seen = Vec::new();
        versions.retain(|v| {
            !v.is_empty() && !seen.contains(v) && {
                seen.push(v.clone());
                true
            }
        });
        (one.name, versions)
    };
    Some(list.groups.into_iter().map(order).collect())
}

/// The kinds of a plain `APIResourceList`, without subresources.
pub(super) fn resources(group: &str, version: &str, body: &[u8]) -> Option<Vec<ServedKind>> {
    #[derive(Deserialize)]
    struct List {
        resources: Vec<One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct One {
        name: String,
        #[serde(default)]
        kind: String,
        #[serde(default)]
        namespaced: bool,
        #[serde(default)]
        verbs: Vec<String>,
        #[serde(default)]
        short_names: Vec<String>,
    }
    let list = parse::<List>(body)?;
    let whole = list.resources.into_iter().filter(|r| !r.name.contains('/'));
    let kinds = whole.map(|r| served(group, version, &r.name, &r.kind, &r.short_names, r.namespaced, &r.verbs));
    Some(kinds.collect())
}

fn served(group: &str, version: &str, resource: &str, kind: &str, short: &[String], namespaced: bool, verbs: &[String]) -> ServedKind {
    let can = |verb: &str| verbs.iter().any(|v| v == verb);
    ServedKind {
        kind: Kind::of(&clean(group), &clean(resource)),
        version: clean(version).into(),
        name: clean(kind).into(),
        short: short.iter().map(|s| clean(s).into()).collect(),
        namespaced,
        list: can("list"),
        watch: can("watch"),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}
