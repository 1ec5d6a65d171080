//! Kubeconfig files that lead to stubs.

use std::path::Path;

use serde_json::{Value, json};

use super::Stub;

/// One context of a kubeconfig: its own cluster and its own user.
#[derive(Clone, Debug)]
pub struct Context {
    pub name: String,
    pub server: String,
    pub namespace: Option<String>,
    /// The `user` of the context's user entry: a token, an exec plugin.
    pub user: Value,
}

impl Context {
    /// A context for `stub` with a token.
    pub fn of(stub: &Stub, name: &str, namespace: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            server: stub.url.clone(),
            namespace: namespace.map(str::to_owned),
            user: json!({"token": "stub-token"}),
        }
    }

    /// The same with another user, for example `{"exec": {…}}`.
    pub fn user(mut self, user: Value) -> Self {
        self.user = user;
        self
    }
}

/// Writes a kubeconfig with these contexts; the first is the current one.
pub fn write_kubeconfig(path: &Path, contexts: &[Context]) {
    let named = |part: &str, make: &dyn Fn(&Context) -> Value| -> Vec<Value> {
        contexts.iter().map(|c| json!({"name": c.name, part: make(c)})).collect()
    };
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": contexts.first().map(|c| c.name.as_str()).unwrap_or_default(),
        "clusters": named("cluster", &|c| json!({"server": c.server})),
        "users": named("user", &|c| c.user.clone()),
        "contexts": named("context", &|c| {
            let mut context = json!({"cluster": c.name, "user": c.name});
            if let Some(namespace) = &c.namespace {
                context["namespace"] = json!(namespace);
            }
            context
        }),
    });
    // JSON is YAML too.
    std::fs::write(path, serde_json::to_string_pretty(&config).unwrap()).unwrap();
}

impl Stub {
    /// Writes a kubeconfig whose contexts, each with a namespace or none, all lead here; the first is the current one.
    pub fn kubeconfig(&self, path: &Path, contexts: &[(&str, Option<&str>)]) {
        let contexts: Vec<Context> = contexts.iter().map(|(name, ns)| Context::of(self, name, *ns)).collect();
        write_kubeconfig(path, &contexts);
    }
}
