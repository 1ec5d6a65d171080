//! Alertmanager: the alerts that fire, whom they reach, and silences.
//!
//! The alerts are those of the Prometheus of the same world; the rules bring them up to its time when somebody
//! asks. Silences live here, and take effect at once.

mod api;
mod matcher;
mod route;
mod silences;
mod told;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http::Response;
use jiff::Timestamp;
use serde_json::json;

use super::face::{self, Call, Desk, Face, Request};
use super::prometheus::rules::Rules;
use super::shared::SharedWorld;
use silences::Silences;

pub use silences::{Silence, Standing};

/// How many requests are remembered.
const REMEMBERED: usize = 2_000;

/// How large a posted silence may be.
const MOST_POSTED: usize = 1 << 20;

/// How many there were in this process.
static SERVERS: AtomicU64 = AtomicU64::new(0);

/// The Alertmanager of one world.
#[derive(Debug)]
pub struct Alertmanager {
    world: Arc<SharedWorld>,
    rules: Arc<Rules>,
    silences: Mutex<Silences>,
    desk: Arc<Desk>,
    started: Timestamp,
}

impl Alertmanager {
    /// A server for the alerts of these rules.
    pub fn new(world: Arc<SharedWorld>, rules: Arc<Rules>) -> Arc<Self> {
        let started = world.now() - jiff::SignedDuration::from_hours(163 * 24);
        Arc::new(Self {
            world,
            rules,
            silences: Mutex::new(Silences::of(SERVERS.fetch_add(1, Ordering::Relaxed))),
            desk: Desk::new(REMEMBERED),
            started,
        })
    }

    /// All silences that are remembered, the active ones first.
    pub fn silences(&self) -> Vec<Silence> {
        let now = self.now();
        self.with_silences(|silences| silences.all(now))
    }

    fn now(&self) -> Timestamp {
        self.world.read().now()
    }

    fn with_silences<T>(&self, what: impl FnOnce(&mut Silences) -> T) -> T {
        what(&mut self.silences.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Face for Alertmanager {
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    async fn answer(self: Arc<Self>, mut call: Call) -> Response<Body> {
        let body = match call.request.method.as_str() {
            "POST" | "PUT" => call.body(MOST_POSTED).await.unwrap_or_default(),
            _ => bytes::Bytes::new(),
        };
        // Whoever asks first waits until the rules have caught up with an hour: nobody else does.
        let request = call.request;
        let work = tokio::task::spawn_blocking(move || api::answer(&self, &request, &body));
        work.await.unwrap_or_else(|_| face::text(500, "the answer could not be made\n"))
    }

    fn refuse(&self, _request: &Request, code: u16, reason: &str) -> Response<Body> {
        face::json(
            code,
            &json!({"code": code, "message": format!("the server was told to answer {code} {reason}")}),
        )
    }
}

#[cfg(test)]
mod tests;
