//! What pods and the load balancer answer over HTTP.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::facts::Facts;
use super::model::Live;
use super::noise::{hash, mix, unit};
use super::{Role, Watched};
use crate::sim::store::{Stored, seconds};
use crate::sim::world::World;

/// What a container answers to a probe or a health check.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub code: u16,
    pub latency: SignedDuration,
    pub body: String,
}

impl Answer {
    fn new(code: u16, latency: f64, body: impl Into<String>) -> Self {
        Self {
            code,
            latency: SignedDuration::try_from_secs_f64(latency.clamp(0.0, 60.0)).unwrap_or_default(),
            body: body.into(),
        }
    }
}

/// What a pod answers to `GET path`, to a probe or through a forwarded port, provided that it runs.
pub fn answer(world: &World, pod: &Stored, path: &str) -> Answer {
    let path = path.split('?').next().unwrap_or_default();
    match world.physics.pods.get(&pod.uid) {
        Some(watched) => of(world, &watched.subject.facts, &watched.subject.live, path),
        // It started after the last sample.
        None => {
            let facts = Facts::read(world, pod);
            let mut live = Live {
                latency: 0.012,
                run: facts.running(),
                ..Live::default()
            };
            live.pool.open = 2.0;
            of(world, &facts, &live, path)
        }
    }
}

fn of(world: &World, facts: &Facts, live: &Live, path: &str) -> Answer {
    let now = world.now();
    let wobble = 0.7 + 0.6 * unit(hash(&facts.name) ^ mix(now.as_millisecond() as u64));
    let latency = (live.latency * 0.25 + live.lag).max(0.002) * wobble;
    match (facts.role, path) {
        (Role::Backend, "/health" | "/healthz" | "/ready") => backend(facts, live, now, latency),
        (Role::Frontend, "/api/health") => {
            let body = json!({"status": "ok", "version": facts.version(), "uptime": uptime(live, now), "timestamp": seconds(now)});
            Answer::new(200, latency, body.to_string())
        }
        (Role::Backend, "/") => Answer::new(
            200,
            latency,
            json!({"name": "solia-backend", "version": facts.version()}).to_string(),
        ),
        (Role::Backend, _) if path.starts_with("/api/") => Answer::new(
            401,
            latency,
            json!({"error": "Unauthorized", "message": "missing bearer token"}).to_string(),
        ),
        (Role::Backend, _) => Answer::new(404, latency, json!({"error": "Not Found", "path": path}).to_string()),
        (Role::Frontend, _) => Answer::new(
            200,
            live.latency.max(0.02) * wobble,
            "<!DOCTYPE html><html lang=\"en\"><head><title>Solia Invest</title></head><body><div id=\"__next\"></div></body></html>",
        ),
        (Role::Other, _) => Answer::new(200, 0.002 * wobble, "ok\n"),
    }
}

fn uptime(live: &Live, now: Timestamp) -> i64 {
    live.run.map_or(0, |since| now.duration_since(since).as_secs())
}

/// The backend's page of health: well as long as it has a connection to the database.
fn backend(facts: &Facts, live: &Live, now: Timestamp, latency: f64) -> Answer {
    let pool = &live.pool;
    let connected = pool.open >= 1.0;
    let waits = pool.waiting >= 1.0;
    let mut database: Value = json!({"status": if connected { "ok" } else { "error" }});
    if connected {
        let took = if waits {
            1_000.0 * live.latency.min(2.5)
        } else {
            2.0 + 4.0 * pool.used / pool.open
        };
        database["latencyMs"] = json!(took.round());
        database["pool"] = json!({"total": pool.open, "idle": (pool.open - pool.used).max(0.0), "waiting": pool.waiting});
    } else {
        database["error"] = json!("sorry, too many clients already");
    }
    let body = json!({
        "status": if connected { "ok" } else { "error" }, "version": facts.version(), "uptime": uptime(live, now),
        "timestamp": seconds(now), "checks": {"database": database, "cache": {"status": "ok", "latencyMs": 1}},
    });
    let latency = if waits { latency.max(live.latency.min(2.5)) } else { latency };
    Answer::new(if connected { 200 } else { 503 }, latency, body.to_string())
}

/// What the load balancer answers to `GET path` from the internet, as its ingress routes it.
pub fn front(world: &World, path: &str) -> Answer {
    let frontend = !(path.starts_with("/health") || (path.starts_with("/api/") && path != "/api/health"));
    let role = if frontend { Role::Frontend } else { Role::Backend };
    let targets: Vec<&Watched> = world
        .physics
        .pods
        .values()
        .filter(|w| w.subject.facts.role == role && w.subject.facts.ready && !w.subject.facts.leaving && w.subject.live.run.is_some())
        .collect();
    let turn = mix(world.now().as_millisecond() as u64);
    let chosen = targets.get((turn % targets.len().max(1) as u64) as usize);
    let Some(chosen) = chosen else {
        return Answer::new(503, 0.004, page(503, "Service Temporarily Unavailable"));
    };
    if chosen.subject.silent {
        return Answer::new(504, 10.0, page(504, "Gateway Time-out"));
    }
    let lost = chosen.subject.live.errors;
    if role == Role::Backend && lost > 0.05 && unit(turn ^ 0xe44) < lost * 0.5 {
        let latency = chosen.subject.live.latency.max(1.0);
        return Answer::new(
            503,
            latency,
            json!({"status": "error", "error": "timeout exceeded when trying to connect"}).to_string(),
        );
    }
    of(
        world,
        &chosen.subject.facts,
        &chosen.subject.live,
        path.split('?').next().unwrap_or_default(),
    )
}

/// The load balancer's own page.
fn page(code: u16, words: &str) -> String {
    format!(
        "<html>\r\n<head><title>{code} {words}</title></head>\r\n<body>\r\n<center><h1>{code} {words}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
}
