//! What a client needs to find the platform: a kubeconfig and a configuration of `qd`.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{ADMIN_TOKEN, Guide, Place, VIEWER_TOKEN};
use crate::sim::seed::Environment;

/// The names by which the world knows its environments.
pub(super) const fn context(environment: Environment) -> &'static str {
    match environment {
        Environment::Development => "solia-dev",
        Environment::Staging => "solia-staging",
        Environment::Production => "solia-prod",
    }
}

/// A kubeconfig with a context for each environment, production in front, and one that may only read production.
pub(super) fn kubeconfig(places: &[Place], authority: &str) -> String {
    let authority = STANDARD.encode(authority);
    let named = |name: &str, part: &str, value: Value| json!({"name": name, part: value});
    let cluster = |place: &Place| {
        let cluster = json!({"server": place.kubernetes, "certificate-authority-data": authority});
        named(context(place.environment), "cluster", cluster)
    };
    let leads = |name: &str, cluster: &str, user: &str| {
        let context = json!({"cluster": cluster, "user": user, "namespace": "default"});
        named(name, "context", context)
    };
    let mut contexts: Vec<Value> = places
        .iter()
        .map(|place| context(place.environment))
        .map(|name| leads(name, name, "solia-admin"))
        .collect();
    contexts.push(leads("solia-prod-readonly", "solia-prod", "solia-viewer"));
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context(Environment::Production),
        "clusters": places.iter().map(cluster).collect::<Vec<_>>(),
        "users": [
            named("solia-admin", "user", json!({"token": ADMIN_TOKEN})),
            named("solia-viewer", "user", json!({"token": VIEWER_TOKEN})),
        ],
        "contexts": contexts,
    });
    // JSON is YAML, too.
    format!("{config:#}\n")
}

/// A configuration of `qd` that leads to every interface of every environment.
pub(super) fn configuration(places: &[Place], kubeconfig: &Path, guide: Guide) -> String {
    let mut text = String::from("# Leads to a simulated platform. It holds while the simulator runs.\n");
    // The first is opened where no other is in a worse state.
    for place in places.iter().rev() {
        let (name, label) = match place.environment {
            Environment::Development => ("development", "dev"),
            Environment::Staging => ("staging", "stg"),
            Environment::Production => ("production", "prod"),
        };
        let quoted = |text: &str| Value::from(text).to_string();
        let file = quoted(&kubeconfig.to_string_lossy());
        let context = context(place.environment);
        let _ = write!(
            text,
            r#"
[[environment]]
name = "{name}"
label = "{label}"
tier = "{name}"
kubernetes = {{ kubeconfig = [{file}], context = "{context}", namespaces = ["default"]{read_only} }}
identity = {{ cluster = "{context}" }}
prometheus = "{prometheus}"
alertmanager = "{alertmanager}"

[environment.cloudwatch]
region = "eu-west-3"
endpoint_url = "{cloudwatch}"
groups = ["/solia/{name}/*", "/aws/containerinsights/{context}/*"]
pods = "/aws/containerinsights/{context}/application"

[[environment.probe]]
name = "backend"
url = "{health}/health"
json = '$.status == "ok"'

[[environment.probe]]
name = "frontend"
url = "{health}/api/health"
"#,
            read_only = match place.environment {
                Environment::Production => ", read_only_context = \"solia-prod-readonly\"",
                Environment::Development | Environment::Staging => "",
            },
            prometheus = place.prometheus,
            alertmanager = place.alertmanager,
            cloudwatch = place.cloudwatch,
            health = place.health,
        );
    }
    if guide == Guide::Shown {
        text.push_str("\n[ui]\nguide = true\n");
    }
    text
}
