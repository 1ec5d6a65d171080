//! Questions about oneself: may I, what may I, who am I.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{Answer, options, refuse};
use crate::sim::face::Request;
use crate::sim::kube::access::{Ask, Identity, Rights};
use crate::sim::kube::kinds::{Origin, Served};
use crate::sim::kube::{Kube, Status, Target};

pub(super) fn answer(kube: &Arc<Kube>, identity: &Identity, target: &Target, request: &Request, body: &Bytes) -> Result<Answer, Status> {
    let kind = &*target.kind;
    let mut review = if body.is_empty() {
        json!({})
    } else {
        options::object(request, &kind.kind, body)?
    };
    options::of_kind(&review, kind)?;
    let spec = review.get("spec").cloned().unwrap_or_else(|| json!({}));
    let (spec, status) = match kind.kind.as_str() {
        "SelfSubjectAccessReview" => {
            let status = access(kube, identity, &spec)?;
            (spec, status)
        }
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            // Of others nothing is known here.
            let status = if spec["user"] == *identity.user {
                access(kube, identity, &spec)?
            } else {
                json!({"allowed": false})
            };
            (spec, status)
        }
        "SelfSubjectRulesReview" => (json!({}), rules(kube, identity, spec["namespace"].as_str().unwrap_or_default())),
        _ => {
            let status = json!({"userInfo": {"username": identity.user, "groups": identity.groups}});
            (Value::Null, status)
        }
    };
    if !review["metadata"].is_object() {
        review["metadata"] = json!({"creationTimestamp": null});
    }
    let mut document = json!({"kind": kind.kind, "apiVersion": kind.api_version(), "metadata": review["metadata"], "status": status});
    if !spec.is_null() {
        document["spec"] = spec;
    }
    Ok(Answer::new(201, document))
}

fn access(kube: &Arc<Kube>, identity: &Identity, spec: &Value) -> Result<Value, Status> {
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    if resource.is_object() == path.is_object() {
        let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let cause = refuse::Cause::invalid("spec.resourceAttributes", "\"null\"", why);
        return Err(refuse::invalid("authorization.k8s.io", "", "", &[cause]));
    }
    if path.is_object() {
        let reads = path["verb"].as_str().is_some_and(|v| matches!(v, "get" | "head"));
        return Ok(verdict(identity.rights == Rights::Admin || reads));
    }
    let text = |field: &str| resource[field].as_str().unwrap_or_default();
    let some = |field: &str| resource[field].as_str().filter(|t| !t.is_empty());
    let (name, sub) = match text("resource").split_once('/') {
        Some((name, sub)) => (name, Some(sub)),
        None => (text("resource"), some("subresource")),
    };
    let ask = Ask {
        verb: text("verb"),
        group: text("group"),
        resource: name,
        subresource: sub,
        namespace: some("namespace"),
        name: some("name"),
    };
    Ok(verdict(kube.allowed(identity, &ask)))
}

fn verdict(allowed: bool) -> Value {
    if allowed {
        json!({"allowed": true, "reason": "RBAC: allowed by ClusterRoleBinding"})
    } else {
        json!({"allowed": false})
    }
}

const PATHS: &[&str] = &[
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
];

/// What somebody may do in a namespace: for `auth can-i --list`.
fn rules(kube: &Arc<Kube>, identity: &Identity, namespace: &str) -> Value {
    let oneself = json!({"verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]});
    let paths = json!({"verbs": ["get"], "nonResourceURLs": PATHS});
    if identity.rights == Rights::Admin {
        return json!({"incomplete": false,
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, oneself],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}, paths]});
    }
    let catalog = kube.catalog();
    let namespace = Some(namespace).filter(|ns| !ns.is_empty());
    let mut told: Vec<Value> = Vec::new();
    for (group, _) in catalog.groups() {
        let mut rows: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
        let own = |k: &&Arc<Served>| k.group == group && k.origin != Origin::Review;
        for kind in catalog.0.iter().filter(own) {
            let subs = kind.subresources.iter().map(|sub| (Some(sub.name), sub.verbs));
            for (sub, verbs) in std::iter::once((None, kind.verbs)).chain(subs) {
                let ask = |verb| Ask {
                    verb,
                    group,
                    resource: &kind.resource,
                    subresource: sub,
                    namespace,
                    name: None,
                };
                let may: Vec<&str> = verbs.iter().copied().filter(|verb| kube.allowed(identity, &ask(verb))).collect();
                let name = sub.map_or_else(|| kind.resource.clone(), |sub| format!("{}/{sub}", kind.resource));
                match rows.iter_mut().find(|(verbs, _)| *verbs == may) {
                    _ if may.is_empty() => {}
                    Some((_, names)) if names.contains(&name) => {}
                    Some((_, names)) => names.push(name),
                    None => rows.push((may, vec![name])),
                }
            }
        }
        told.extend(
            rows.into_iter()
                .map(|(verbs, names)| json!({"verbs": verbs, "apiGroups": [group], "resources": names})),
        );
    }
    told.push(oneself);
    json!({"incomplete": false, "resourceRules": told, "nonResourceRules": [paths]})
}
