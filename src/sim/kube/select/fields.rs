//! Field selectors: `status.phase!=Running,spec.nodeName=node-1`, by those fields that a server of the version
//! knows for the kind.

use super::super::kinds::Served;
use super::super::version::Version;
use super::pick::pick;
use crate::sim::store::Stored;

/// One rule: a field, and whether it must or must not have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    place: Place,
    value: String,
    wanted: bool,
}

/// Where the value of a field is found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Name,
    Namespace,
    /// The node that a pod is bound to.
    Node,
    /// A path in the stored document, and what stands for a missing value.
    Path(Vec<&'static str>, &'static str),
}

impl Rule {
    pub fn holds(&self, object: &Stored) -> bool {
        let value = self.value.as_str();
        let same = match &self.place {
            Place::Name => &*object.key.name == value,
            Place::Namespace => &*object.key.namespace == value,
            Place::Node => object.node.as_deref().unwrap_or_default() == value,
            Place::Path(path, missing) => pick(&object.json, path).as_deref().unwrap_or(missing) == value,
        };
        same == self.wanted
    }
}

/// Reads a selector for this kind.
///
/// # Errors
/// What is wrong with it, in a server's words.
pub fn parse(text: &str, kind: &Served, version: Version) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    for term in split(text) {
        let at = term.find(['=', '!']);
        let (key, rest) = at.map_or((term.as_str(), ""), |at| term.split_at(at));
        let (value, wanted) = if let Some(value) = rest.strip_prefix("!=") {
            (value, false)
        } else if let Some(value) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
            (value, true)
        } else {
            return Err(format!("invalid selector: '{text}'; can't understand '{term}'"));
        };
        let place = place(kind, version, key).ok_or_else(|| refusal(kind, version, key))?;
        rules.push(Rule {
            place,
            value: value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\"),
            wanted,
        });
    }
    Ok(rules)
}

/// At commas that are not escaped.
fn split(text: &str) -> Vec<String> {
    let (mut terms, mut escaped) = (vec![String::new()], false);
    for c in text.chars() {
        if c == ',' && !escaped {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    terms.retain(|term| !term.is_empty());
    terms
}

type Field = (&'static str, &'static [&'static str], &'static str);

const POD: &[Field] = &[
    ("spec.restartPolicy", &["spec", "restartPolicy"], ""),
    ("spec.schedulerName", &["spec", "schedulerName"], ""),
    ("spec.serviceAccountName", &["spec", "serviceAccountName"], ""),
    ("status.phase", &["status", "phase"], ""),
    ("status.podIP", &["status", "podIP"], ""),
    ("status.nominatedNodeName", &["status", "nominatedNodeName"], ""),
];
const POD_NEW: &[Field] = &[("spec.hostNetwork", &["spec", "hostNetwork"], "false")];
const EVENT: &[Field] = &[
    ("involvedObject.kind", &["involvedObject", "kind"], ""),
    ("involvedObject.namespace", &["involvedObject", "namespace"], ""),
    ("involvedObject.name", &["involvedObject", "name"], ""),
    ("involvedObject.uid", &["involvedObject", "uid"], ""),
    ("involvedObject.apiVersion", &["involvedObject", "apiVersion"], ""),
    ("involvedObject.resourceVersion", &["involvedObject", "resourceVersion"], ""),
    ("involvedObject.fieldPath", &["involvedObject", "fieldPath"], ""),
    ("reason", &["reason"], ""),
    ("reportingComponent", &["reportingComponent"], ""),
    ("source", &["source", "component"], ""),
    ("type", &["type"], ""),
];
const REGARDING: &[Field] = &[
    ("regarding.kind", &["involvedObject", "kind"], ""),
    ("regarding.namespace", &["involvedObject", "namespace"], ""),
    ("regarding.name", &["involvedObject", "name"], ""),
    ("regarding.uid", &["involvedObject", "uid"], ""),
    ("regarding.apiVersion", &["involvedObject", "apiVersion"], ""),
    ("regarding.resourceVersion", &["involvedObject", "resourceVersion"], ""),
    ("regarding.fieldPath", &["involvedObject", "fieldPath"], ""),
    ("reason", &["reason"], ""),
    ("reportingController", &["reportingComponent"], ""),
    ("type", &["type"], ""),
];
const NODE: &[Field] = &[("spec.unschedulable", &["spec", "unschedulable"], "false")];
const NAMESPACE: &[Field] = &[("status.phase", &["status", "phase"], "")];
const SECRET: &[Field] = &[("type", &["type"], "")];
const JOB: &[Field] = &[("status.successful", &["status", "succeeded"], "0")];
const REPLICAS: &[Field] = &[("status.replicas", &["status", "replicas"], "0")];
const SERVICE: &[Field] = &[("spec.clusterIP", &["spec", "clusterIP"], ""), ("spec.type", &["spec", "type"], "")];

/// The fields of a kind besides name and namespace. Empty: the kind has none of its own.
fn known(kind: &Served, version: Version) -> [&'static [Field]; 2] {
    let new = version == Version::V1_36;
    match (kind.group.as_str(), kind.resource.as_str()) {
        ("", "pods") => [POD, if new { POD_NEW } else { &[] }],
        ("", "events") => [EVENT, &[]],
        ("events.k8s.io", "events") => [REGARDING, &[]],
        ("", "nodes") => [NODE, &[]],
        ("", "namespaces") => [NAMESPACE, &[]],
        ("", "secrets") => [SECRET, &[]],
        ("batch", "jobs") => [JOB, &[]],
        ("", "replicationcontrollers") => [REPLICAS, &[]],
        ("apps", "replicasets") if new => [REPLICAS, &[]],
        ("", "services") if new => [SERVICE, &[]],
        _ => [&[], &[]],
    }
}

fn place(kind: &Served, version: Version, key: &str) -> Option<Place> {
    match key {
        "metadata.name" => return Some(Place::Name),
        // Nodes have no namespace, and their server knows it.
        "metadata.namespace" if kind.namespaced => return Some(Place::Namespace),
        "spec.nodeName" if kind.shelf == "pods" => return Some(Place::Node),
        _ => {}
    }
    let fields = known(kind, version);
    let found = fields.iter().copied().flatten().find(|(name, ..)| *name == key);
    found.map(|(_, path, missing)| Place::Path(path.to_vec(), missing))
}

fn refusal(kind: &Served, version: Version, key: &str) -> String {
    if known(kind, version)[0].is_empty() && !kind.is_custom() {
        format!("\"{key}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    } else {
        format!("field label not supported: {key}")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::sim::kube::kinds::{Catalog, builtin};
    use crate::sim::store::Store;

    fn kind(name: &str) -> std::sync::Arc<Served> {
        std::sync::Arc::clone(Catalog(builtin(Version::V1_20)).named(name).unwrap())
    }

    #[test]
    fn fields_select_and_unknown_ones_are_refused_in_a_servers_words() {
        let mut store = Store::new(1);
        let pod = store.put(
            "pods",
            json!({"metadata": {"namespace": "shop", "name": "a"}, "spec": {"nodeName": "n1"}, "status": {"phase": "Running"}}),
            Timestamp::UNIX_EPOCH,
        );
        let node = store.put("nodes", json!({"metadata": {"name": "n1"}, "spec": {}}), Timestamp::UNIX_EPOCH);
        for (name, object, selector, expected) in [
            ("pods", &pod, "metadata.name=a,metadata.namespace=shop", true),
            ("pods", &pod, "spec.nodeName==n1", true),
            ("pods", &pod, "status.phase!=Running", false),
            ("pods", &pod, "status.podIP=", true),
            ("nodes", &node, "spec.unschedulable=false", true),
            ("nodes", &node, "spec.unschedulable=true", false),
        ] {
            let rules = parse(selector, &kind(name), Version::V1_20).unwrap();
            assert_eq!(rules.iter().all(|r| r.holds(object)), expected, "{selector}");
        }
        for (name, selector, words) in [
            ("pods", "bogus=1", "field label not supported: bogus"),
            ("pods", "x", "invalid selector: 'x'; can't understand 'x'"),
            (
                "services",
                "spec.type=ClusterIP",
                "\"spec.type\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
            (
                "events.events.k8s.io",
                "involvedObject.kind=Pod",
                "field label not supported: involvedObject.kind",
            ),
        ] {
            assert_eq!(parse(selector, &kind(name), Version::V1_20).unwrap_err(), words);
        }
        assert!(parse("spec.type=ClusterIP", &kind("services"), Version::V1_36).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[metadata.name=!,\\\\ \\PC]{0,60}") {
            let _ = parse(&text, &kind("pods"), Version::V1_36);
        }
    }
}
