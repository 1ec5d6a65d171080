//! Writes as clients make them: over HTTP, through kube's client.

mod deeds;
mod patches;
mod refusals;

use std::sync::Arc;

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sim::clock::{Clock, Pace};
use crate::sim::face::{Scheme, Server};
use crate::sim::kube::{Doors, Identity, Kube, Version};
use crate::sim::shared::SharedWorld;
use crate::sim::world::{Life, World};

pub const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
pub const PODS: &str = "/api/v1/namespaces/default/pods";

/// A cluster whose world stands still, and a client.
pub struct Cluster {
    pub kube: Arc<Kube>,
    pub client: kube::Client,
    _server: Server<Kube>,
}

impl Cluster {
    pub async fn start(version: Version) -> Self {
        Self::with(version, Life::Still, "admin").await
    }

    pub async fn with(version: Version, life: Life, token: &str) -> Self {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let world = World::new(1, start, life);
        let world = Arc::new(SharedWorld::new(world, Arc::new(Clock::new(start, Pace::Steps))));
        world.change(|world| {
            world.put(
                "namespaces",
                json!({"metadata": {"name": "default"}, "status": {"phase": "Active"}}),
            )
        });
        let doors = Doors::default().with("admin", Identity::admin()).with("viewer", Identity::viewer());
        let kube = Kube::new(world, version, doors);
        let server = Server::start(Arc::clone(&kube), 0, Scheme::Http).await.unwrap();
        let mut config = kube::Config::new(server.url().parse().unwrap());
        // A refusal with 429 is an answer here.
        config.default_retry = false;
        config.auth_info.token = Some(token.to_owned().into());
        let client = kube::Client::try_from(config).unwrap();
        Self {
            kube,
            client,
            _server: server,
        }
    }

    /// Sends a request; its status code and its document.
    pub async fn ask(&self, method: &str, path: &str, content_type: &str, body: impl Into<Bytes>) -> (u16, Value) {
        let body: Bytes = body.into();
        let mut request = http::Request::builder().method(method).uri(path);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let request = request.body(kube::client::Body::from(body.to_vec())).unwrap();
        let response = self.client.send(request).await.unwrap();
        let code = response.status().as_u16();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        (
            code,
            serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))),
        )
    }

    pub async fn post(&self, path: &str, object: &Value) -> (u16, Value) {
        self.ask("POST", path, "application/json", object.to_string()).await
    }

    pub async fn merge(&self, path: &str, patch: &Value) -> (u16, Value) {
        self.ask("PATCH", path, "application/merge-patch+json", patch.to_string()).await
    }

    pub async fn strategic(&self, path: &str, patch: &Value) -> (u16, Value) {
        self.ask("PATCH", path, "application/strategic-merge-patch+json", patch.to_string())
            .await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, "", "").await
    }

    /// The last resource version that the world has given.
    pub fn version(&self) -> u64 {
        self.kube.world.read().store.rv()
    }
}

pub fn deployment(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}]}}}})
}

pub fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web"}]}})
}
