//! Prometheus: what the world's series say, in PromQL, and the alerts that the platform's rules make of them.
//!
//! ```text
//!   Call ─► api ─┬─► promql: query, query_range          (series of the world, and ALERTS)
//!                ├─► catalog: labels, series, metadata, targets
//!                └─► rules: alerts, rules                 (read by the Alertmanager face as well)
//! ```

mod answer;
mod api;
mod catalog;
mod params;
pub mod promql;
pub mod rules;
mod told;

use std::sync::Arc;

use axum::body::Body;
use http::Response;

use super::face::{Call, Desk, Face, Request, json};
use super::shared::SharedWorld;
use rules::Rules;

/// How many requests are remembered.
const REMEMBERED: usize = 2_000;

/// How large a posted form may be.
const MOST_POSTED: usize = 1 << 20;

/// The Prometheus of one world.
#[derive(Debug)]
pub struct Prometheus {
    world: Arc<SharedWorld>,
    rules: Arc<Rules>,
    desk: Arc<Desk>,
    started: jiff::Timestamp,
}

impl Prometheus {
    /// A server over this world, with its rules.
    pub fn new(world: Arc<SharedWorld>, rules: Arc<Rules>) -> Arc<Self> {
        // It has been up for a while, so that nobody looks for a restart.
        let started = world.now() - jiff::SignedDuration::from_hours(163 * 24);
        Arc::new(Self {
            world,
            rules,
            desk: Desk::new(REMEMBERED),
            started,
        })
    }

    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }
}

impl Face for Prometheus {
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    async fn answer(self: Arc<Self>, mut call: Call) -> Response<Body> {
        if call.request.method == "POST" && call.request.content_type().starts_with("application/x-www-form-urlencoded") {
            let Ok(form) = call.body(MOST_POSTED).await else {
                return super::face::text(400, "http: request body too large\n");
            };
            // A form says what a query may say; both may be there.
            let form = String::from_utf8_lossy(&form);
            let posted = Request::of("POST", "/", &form, http::HeaderMap::new());
            call.request.query.splice(0..0, posted.query);
        }
        // Whoever asks first for alerts waits until the rules have caught up with an hour: nobody else does.
        let request = call.request;
        let work = tokio::task::spawn_blocking(move || api::answer(&self, &request));
        work.await
            .unwrap_or_else(|_| super::face::text(500, "the answer could not be made\n"))
    }

    fn refuse(&self, _request: &Request, code: u16, reason: &str) -> Response<Body> {
        let kind = match code {
            400 => "bad_data",
            422 => "execution",
            503 => "timeout",
            404 => "not_found",
            // What stands before it answers these, in plain text.
            401 | 403 | 429 | 502 | 504 => return super::face::text(code, format!("{reason}\n")),
            _ => "internal",
        };
        json(
            code,
            &serde_json::json!({"status": "error", "errorType": kind, "error": format!("the server was told to answer {code} {reason}")}),
        )
    }
}

#[cfg(test)]
mod tests;
