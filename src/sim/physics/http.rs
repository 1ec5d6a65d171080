//! What the applications tell of themselves (prom-client): requests, latencies, event loop, heap, pool.

use std::sync::Arc;

use jiff::Timestamp;

use super::facts::Role;
use super::lane::Lane;
use super::model::{MIB, STEP, Subject};
use super::series::{Labels, Series, labels};

/// Upper bounds of the histogram's buckets, in seconds.
const BOUNDS: [(&str, f64); 11] = [
    ("0.005", 0.005),
    ("0.01", 0.01),
    ("0.025", 0.025),
    ("0.05", 0.05),
    ("0.1", 0.1),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("1", 1.0),
    ("2.5", 2.5),
    ("5", 5.0),
    ("10", 10.0),
];

/// A route: method, path, its share of the requests, its latency in terms of the median, its usual client error with
/// the share that gets it.
struct Route(&'static str, &'static str, f64, f64, &'static str, f64);

const BACKEND: [Route; 5] = [
    Route("GET", "/api/portfolio", 0.36, 1.0, "404", 0.004),
    Route("GET", "/api/quotes", 0.30, 0.6, "400", 0.002),
    Route("GET", "/api/accounts", 0.18, 0.9, "404", 0.003),
    Route("POST", "/api/orders", 0.09, 1.8, "422", 0.03),
    Route("POST", "/api/login", 0.07, 2.1, "401", 0.08),
];

const FRONTEND: [Route; 4] = [
    Route("GET", "/", 0.42, 0.9, "404", 0.01),
    Route("GET", "/portfolio", 0.33, 1.3, "404", 0.002),
    Route("GET", "/login", 0.15, 0.7, "400", 0.001),
    Route("GET", "/orders", 0.10, 1.2, "404", 0.002),
];

/// The codes of a route, in the order in which they are counted: well, the client's fault, ours, the pool's.
const CODES: usize = 4;

/// Requests of one route and code since the container started.
#[derive(Clone, Debug, Default)]
struct Cell {
    count: f64,
    sum: f64,
    buckets: [f64; BOUNDS.len()],
}

/// A pod's counters of requests.
#[derive(Debug, Default)]
pub struct Http {
    run: Option<Timestamp>,
    cells: Vec<Cell>,
}

/// How latencies spread around their median: a log-logistic curve; the 95th percentile is 2.5 medians.
const SPREAD: f64 = 3.2;

impl Cell {
    fn add(&mut self, requests: f64, median: f64) {
        if requests <= 0.0 {
            return;
        }
        self.count += requests;
        self.sum += requests * median * 1.18;
        let middle = median.max(1e-4).ln();
        for (bucket, (_, bound)) in self.buckets.iter_mut().zip(BOUNDS) {
            *bucket += requests / (1.0 + (SPREAD * (middle - bound.ln())).exp());
        }
    }
}

impl Http {
    fn count(&mut self, subject: &Subject, routes: &[Route]) {
        let live = &subject.live;
        if self.run != live.run || self.cells.len() != routes.len() * CODES {
            self.run = live.run;
            self.cells = vec![Cell::default(); routes.len() * CODES];
        }
        let pool = live.pool.waiting > 1.0;
        for (cells, Route(_, _, share, factor, _, wrong)) in self.cells.chunks_mut(CODES).zip(routes) {
            let requests = live.requests * STEP * share;
            let failed = requests * live.errors;
            let answered = requests - failed;
            let parts = [
                (answered * (1.0 - wrong), live.latency * factor),
                (answered * wrong, live.latency * 0.35),
                (if pool { 0.0 } else { failed }, live.latency * factor),
                (if pool { failed } else { 0.0 }, 5.0),
            ];
            for (cell, (requests, median)) in cells.iter_mut().zip(parts) {
                cell.add(requests, median);
            }
        }
    }
}

/// Writes a sample of what a pod of ours tells of itself; `None` counters while it does not run.
pub fn write(series: &mut Series, lane: &mut Lane, http: &mut Http, subject: &Subject, at: Timestamp) {
    let routes: &[Route] = match subject.facts.role {
        Role::Backend => &BACKEND,
        Role::Frontend => &FRONTEND,
        Role::Other => return,
    };
    lane.rewind();
    let target = Target(subject);
    let works = subject.live.run.is_some() && !subject.silent;
    let known = !subject.facts.ip.is_empty();
    lane.put(series, at, known.then_some(f64::from(u8::from(works))), || target.labels("up", &[]));
    if !works {
        // The rest ends where it stands.
        lane.rest_ends(series, at);
        return;
    }
    http.count(subject, routes);
    requests(series, lane, http, routes, &target, at);
    process(series, lane, subject, &target, at);
    if subject.facts.role == Role::Backend {
        pool(series, lane, subject, &target, at);
    }
}

/// A pod as Prometheus scrapes it.
struct Target<'a>(&'a Subject);

impl Target<'_> {
    /// The labels that Prometheus puts on everything that it reads from a pod, and these.
    fn labels(&self, name: &str, more: &[(&str, &str)]) -> Labels {
        let facts = &self.0.facts;
        let job = facts.role.job();
        let port = if facts.role == Role::Backend { 4000 } else { 3000 };
        let instance = format!("{}:{port}", facts.ip);
        let mut pairs = vec![
            ("job", job),
            ("service", job),
            ("namespace", &*facts.namespace),
            ("pod", &*facts.name),
            ("container", facts.main().map_or("", |c| c.name.as_str())),
            ("instance", &instance),
        ];
        pairs.extend_from_slice(more);
        labels(name, &pairs)
    }
}

fn requests(series: &mut Series, lane: &mut Lane, http: &Http, routes: &[Route], target: &Target<'_>, at: Timestamp) {
    for (n, cell) in http.cells.iter().enumerate() {
        let Some(Route(method, path, _, _, wrong, _)) = routes.get(n / CODES) else {
            continue;
        };
        let code = match n % CODES {
            0 => "200",
            1 => wrong,
            2 => "500",
            _ => "503",
        };
        let with = |name: &str, le: Option<&str>| {
            let own = [("method", *method), ("route", *path), ("status_code", code)];
            let mut all = target.labels(name, &own);
            if let Some(le) = le {
                all.insert(Arc::from("le"), Arc::from(le));
            }
            all
        };
        // A counter is there once there is something to count.
        let there = cell.count >= 1.0;
        for (value, (bound, _)) in cell.buckets.iter().zip(BOUNDS) {
            lane.put(series, at, there.then(|| value.floor()), || {
                with("http_request_duration_seconds_bucket", Some(bound))
            });
        }
        let count = there.then(|| cell.count.floor());
        lane.put(series, at, count, || with("http_request_duration_seconds_bucket", Some("+Inf")));
        lane.put(series, at, count, || with("http_request_duration_seconds_count", None));
        lane.put(series, at, there.then_some(cell.sum), || {
            with("http_request_duration_seconds_sum", None)
        });
    }
}

fn process(series: &mut Series, lane: &mut Lane, subject: &Subject, target: &Target<'_>, at: Timestamp) {
    let live = &subject.live;
    let started = live.run.map_or(0.0, |t| t.as_second() as f64);
    let heap = (live.memory - 60.0 * MIB).max(20.0 * MIB);
    for (name, value) in [
        ("process_cpu_seconds_total", live.cpu_seconds),
        ("process_resident_memory_bytes", (live.memory * 0.97).round()),
        ("process_start_time_seconds", started),
        ("process_open_fds", 32.0 + live.pool.open + (live.requests * 0.4).round()),
        ("nodejs_eventloop_lag_seconds", live.lag),
        ("nodejs_eventloop_lag_p99_seconds", live.lag * 3.1),
        ("nodejs_heap_size_total_bytes", (heap * 1.12).round()),
        ("nodejs_heap_size_used_bytes", heap.round()),
        ("nodejs_active_handles_total", 14.0 + live.pool.open + (live.requests * 0.3).round()),
    ] {
        lane.put(series, at, Some(value), || target.labels(name, &[]));
    }
    let old = (heap * 0.62 + live.leaked * 0.36).min(heap);
    for (space, value) in [("old", old), ("new", (heap - old).min(24.0 * MIB))] {
        lane.put(series, at, Some(value.round()), || {
            target.labels("nodejs_heap_space_size_used_bytes", &[("space", space)])
        });
    }
    let version = subject.facts.version();
    lane.put(series, at, Some(1.0), || target.labels("app_info", &[("version", version)]));
}

fn pool(series: &mut Series, lane: &mut Lane, subject: &Subject, target: &Target<'_>, at: Timestamp) {
    let pool = &subject.live.pool;
    for (name, value) in [
        ("db_pool_max_connections", pool.max),
        ("db_pool_total_connections", pool.open),
        ("db_pool_used_connections", pool.used),
        ("db_pool_idle_connections", (pool.open - pool.used).max(0.0)),
        ("db_pool_waiting_requests", pool.waiting),
        // The names of the usual exporter for node-postgres.
        ("pg_pool_max", pool.max),
        ("pg_pool_active_connections", pool.used),
        ("pg_pool_waiting_connections", pool.waiting),
    ] {
        lane.put(series, at, Some(value), || target.labels(name, &[]));
    }
}
