//! What the internet sees of an environment: the pages by which load balancers and people check its health.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::Response;

use crate::sim::face::{Call, Desk, Face, json, response};
use crate::sim::physics;
use crate::sim::shared::SharedWorld;

/// A load balancer gives up after so long; tests and people should not wait for more than they need.
const LONGEST: Duration = Duration::from_secs(10);

/// The front door of one environment.
#[derive(Debug)]
pub struct Health {
    desk: Arc<Desk>,
    world: Arc<SharedWorld>,
}

impl Health {
    pub fn new(world: Arc<SharedWorld>) -> Arc<Self> {
        Arc::new(Self {
            desk: Desk::new(2_000),
            world,
        })
    }
}

impl Face for Health {
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    async fn answer(self: Arc<Self>, call: Call) -> Response<Body> {
        let request = &call.request;
        let known = matches!(request.path.as_str(), "/health" | "/api/health");
        if !known {
            self.desk.unknown_route(format!("{} {}", request.method, request.path));
            return json(404, &serde_json::json!({"error": "Not Found", "path": request.path}));
        }
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            self.desk.unknown_route(format!("{} {}", request.method, request.path));
            let mut reply = json(405, &serde_json::json!({"error": "Method Not Allowed"}));
            reply
                .headers_mut()
                .insert(http::header::ALLOW, http::HeaderValue::from_static("GET, HEAD"));
            return reply;
        }
        let answer = {
            let world = self.world.read();
            physics::front(&world, &request.path)
        };
        let wait = Duration::try_from(answer.latency).unwrap_or_default();
        tokio::time::sleep(wait.min(LONGEST)).await;
        let kind = if answer.body.trim_start().starts_with('{') {
            "application/json; charset=utf-8"
        } else {
            "text/html"
        };
        response(
            answer.code,
            kind,
            if request.method == "HEAD" { String::new() } else { answer.body },
        )
    }
}

#[cfg(test)]
mod tests;
