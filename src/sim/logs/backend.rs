//! What the backend writes: JSON lines as pino makes them; traces of errors that nobody caught, as Node.js prints them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::people;
use super::weather::Weather;
use super::{Second, program};
use crate::sim::store::nanos;
use crate::sim::world::Run;

/// Method, path, share, latency in terms of the median.
const ROUTES: [(&str, &str, f64, f64); 5] = [
    ("GET", "/api/portfolio", 0.36, 1.0),
    ("GET", "/api/quotes", 0.30, 0.6),
    ("GET", "/api/accounts", 0.18, 0.9),
    ("POST", "/api/orders", 0.09, 1.8),
    ("POST", "/api/login", 0.07, 2.1),
];

/// A line as pino writes it: level, time, process, message, then the rest.
pub(super) fn pino(run: &Run, at: Timestamp, level: &str, message: &str, rest: &Value) -> String {
    let time = at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let mut text = format!(
        r#"{{"level":"{level}","time":"{time}","pid":1,"hostname":"{}","version":"{}","msg":{}"#,
        run.place.pod,
        program::version(run),
        Value::from(message)
    );
    if let Some(fields) = rest.as_object() {
        for (name, value) in fields {
            text.push_str(&format!(",{}:{value}", Value::from(name.as_str())));
        }
    }
    text.push('}');
    text
}

/// A second of the backend's life.
pub(super) fn second(second: &mut Second<'_>, weather: &Weather) {
    let failing = weather.requests * (weather.errors + weather.rejected);
    let answered = (weather.requests - failing).max(0.0);
    // The request log is sampled: of many requests, a few a second.
    for _ in 0..second.dice.about(answered.min(2.2 + answered * 0.006)) {
        request(second, weather);
    }
    for _ in 0..second.dice.about(failing.min(3.0)) {
        failure(second, weather);
    }
    state(second, weather);
}

fn route(dice: &mut Dice) -> (&'static str, &'static str, f64) {
    let mut left = dice.unit();
    for (method, path, share, factor) in ROUTES {
        left -= share;
        if left <= 0.0 {
            return (method, path, factor);
        }
    }
    ("GET", "/api/portfolio", 1.0)
}

/// What all lines about a request say.
fn about(dice: &mut Dice, at: Timestamp, method: &str, path: &str, status: u16, latency: f64) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("method".into(), json!(method));
    fields.insert("path".into(), json!(path));
    fields.insert("status".into(), json!(status));
    fields.insert("latency".into(), json!(latency));
    fields.insert("requestId".into(), json!(dice.uuid()));
    fields.insert("traceId".into(), json!(format!("1-{:08x}-{}", at.as_second(), dice.hex(24))));
    fields.insert("remoteAddress".into(), json!(people::ip(dice)));
    fields
}

fn request(second: &mut Second<'_>, weather: &Weather) {
    let at = second.time();
    let run = second.run;
    let dice = &mut second.dice;
    let (method, path, factor) = route(dice);
    let latency = dice.latency(weather.latency * factor);
    let wrong = match path {
        "/api/orders" => (422, 0.03),
        "/api/login" => (401, 0.08),
        _ => (404, 0.004),
    };
    let status = if dice.chance(wrong.1) {
        wrong.0
    } else if method == "POST" && path == "/api/orders" {
        201
    } else {
        200
    };
    let path = match path {
        "/api/accounts" | "/api/portfolio" => format!("{path}/{}", people::account(dice)),
        "/api/quotes" => format!("{path}?symbols={}", dice.word(&["CW8.PA", "AIR.PA,MC.PA", "PUST.PA", "OR.PA"])),
        _ => path.to_owned(),
    };
    let mut fields = about(dice, at, method, &path, status, latency);
    let (level, message) = match status {
        401 => {
            fields.insert("user".into(), json!(people::email(dice)));
            fields.insert(
                "reason".into(),
                json!(dice.word(&["wrong password", "unknown user", "code expired"])),
            );
            ("warn", "login failed")
        }
        422 => {
            fields.insert(
                "reason".into(),
                json!(dice.word(&["insufficient funds", "market closed", "unknown symbol"])),
            );
            ("warn", "order rejected")
        }
        404 => ("warn", "not found"),
        _ if latency > 1000.0 => ("warn", "slow request"),
        200 if path == "/api/login" => {
            fields.insert("user".into(), json!(people::email(dice)));
            fields.insert("session".into(), json!(people::token(dice)));
            ("info", "logged in")
        }
        201 => {
            fields.insert("account".into(), json!(people::account(dice)));
            fields.insert("iban".into(), json!(people::iban(dice)));
            ("info", "order accepted")
        }
        _ => ("info", "request completed"),
    };
    second.write_at(at, pino(run, at, level, message, &Value::Object(fields)));
}

/// Type, message and the place that threw.
type Thrown = (&'static str, &'static str, &'static [&'static str]);

const POOL: Thrown = (
    "TimeoutError",
    "timeout acquiring a connection from the pool",
    &[
        "at Pool.acquire (/app/dist/db/pool.js:88:15)",
        "at async withClient (/app/dist/db/client.js:21:18)",
        "at async PortfolioRepository.find (/app/dist/portfolio/repository.js:47:16)",
        "at async handler (/app/dist/http/routes.js:112:20)",
    ],
);
const REFUSED: Thrown = (
    "DatabaseError",
    "sorry, too many clients already",
    &[
        "at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:283:98)",
        "at Socket.<anonymous> (/app/node_modules/pg-protocol/dist/index.js:11:42)",
        "at Socket.emit (node:events:519:28)",
        "at TCP.onStreamRead (node:internal/stream_base_commons:190:23)",
    ],
);
const UNDEFINED: Thrown = (
    "TypeError",
    "Cannot read properties of undefined (reading 'currency')",
    &[
        "at toStatement (/app/dist/statements/format.js:34:27)",
        "at Array.map (<anonymous>)",
        "at listStatements (/app/dist/statements/service.js:58:22)",
        "at async handler (/app/dist/http/routes.js:87:20)",
    ],
);
const UPSTREAM: Thrown = (
    "FetchError",
    "request to https://quotes.example.com/stream failed, reason: connect ETIMEDOUT 192.0.2.44:443",
    &[
        "at ClientRequest.<anonymous> (/app/node_modules/node-fetch/lib/index.js:1501:11)",
        "at ClientRequest.emit (node:events:519:28)",
        "at TLSSocket.socketErrorListener (node:_http_client:502:9)",
        "at process.processTicksAndRejections (node:internal/process/task_queues:90:21)",
    ],
);

fn failure(second: &mut Second<'_>, weather: &Weather) {
    let at = second.time();
    let run = second.run;
    let dice = &mut second.dice;
    let (method, path, factor) = route(dice);
    let share = weather.rejected / (weather.errors + weather.rejected).max(1e-9);
    let starved = weather.exhausted() || dice.chance(share);
    let ((kind, message, frames), status, latency) = if starved && weather.refused() && dice.chance(0.4) {
        (REFUSED, 503, dice.latency(0.02))
    } else if starved {
        (POOL, 503, 5000.0 + dice.unit() * 12.0)
    } else if dice.chance(0.7) {
        (UNDEFINED, 500, dice.latency(weather.latency * factor))
    } else {
        (UPSTREAM, 500, 3000.0 + dice.unit() * 40.0)
    };
    let latency = (latency * 10.0).round() / 10.0;
    let trace = frames.iter().map(|frame| format!("\n    {frame}")).collect::<String>();
    let mut fields = about(dice, at, method, path, status, latency);
    let mut error = json!({"type": kind, "message": message, "stack": format!("{kind}: {message}{trace}")});
    if kind == REFUSED.0 {
        error["severity"] = json!("FATAL");
        error["code"] = json!("53300");
    }
    fields.insert("err".into(), error);
    let raw = dice.chance(0.15);
    second.write_at(at, pino(run, at, "error", "request failed", &Value::Object(fields)));
    if raw {
        // An old handler prints what it catches as it is.
        let mut at = at;
        let head = std::iter::once(format!("{kind}: {message}"));
        for line in head.chain(frames.iter().map(|frame| format!("    {frame}"))) {
            at += jiff::SignedDuration::from_micros(3);
            second.write_at(at, line);
        }
    }
}

/// What the program says of its own state, every now and then.
fn state(second: &mut Second<'_>, weather: &Weather) {
    let run = second.run;
    let phase = (super::dice::hash(&run.id) % 30) as i64;
    let beat = (second.at + phase).rem_euclid(30);
    let pool = json!({"pool": {
        "max": weather.pool_max.round(), "open": weather.pool_open.round(), "used": weather.pool_used.round(),
        "idle": (weather.pool_open - weather.pool_used).max(0.0).round(), "waiting": weather.pool_waiting.round(),
    }});
    let memory = |dice: &mut Dice| {
        let wobble = 1.0 + 0.01 * dice.unit();
        json!({"heapUsedMiB": (weather.heap * wobble).round(), "rssMiB": (weather.resident * wobble).round()})
    };
    if weather.exhausted() && beat % 5 == 0 {
        let at = second.time();
        let message = format!(
            "connection pool exhausted: {}/{} in use, {} waiting",
            weather.pool_used.round(),
            weather.pool_max.round(),
            weather.pool_waiting.round()
        );
        second.write_at(at, pino(run, at, "warn", &message, &pool));
        if weather.refused() {
            let at = second.time();
            let fields = json!({"err": {"type": REFUSED.0, "message": REFUSED.1, "severity": "FATAL", "code": "53300"}, "retryIn": 1000});
            second.write_at(
                at,
                pino(run, at, "error", "connection pool: database refused a connection", &fields),
            );
        }
    } else if beat == 0 {
        let at = second.time();
        second.write_at(at, pino(run, at, "info", "connection pool", &pool));
    }
    if weather.resident > 410.0 && beat % 15 == 7 {
        let at = second.time();
        let fields = memory(&mut second.dice);
        second.write_at(at, pino(run, at, "warn", "memory pressure: heap is close to its limit", &fields));
    }
    if weather.resident > 440.0 && second.dice.chance(0.12) {
        collection(second, weather);
    }
    if weather.lag > 0.1 && beat % 10 == 3 {
        let at = second.time();
        let fields = json!({"lagMs": (weather.lag * 1000.0).round()});
        second.write_at(at, pino(run, at, "warn", "event loop delayed", &fields));
    }
    if second.dice.chance(0.004) {
        let at = second.time();
        let fields =
            json!({"key": format!("quotes:{}", second.dice.word(&["CW8.PA", "AIR.PA", "MC.PA"])), "took": second.dice.latency(0.2)});
        second.write_at(at, pino(run, at, "info", "cache refreshed", &fields));
    }
}

/// A collection of garbage that frees nothing, as V8 reports it.
fn collection(second: &mut Second<'_>, weather: &Weather) {
    let uptime = second.at.saturating_sub(second.run.started.as_second()).saturating_mul(1000);
    let heap = weather.heap;
    let dice = &mut second.dice;
    let text = format!(
        "[1:0x{}]  {uptime} ms: Mark-Compact {:.1} ({:.1}) -> {:.1} ({:.1}) MB, {:.2} / 0.00 ms  (average mu = 0.{}, current mu = 0.0{}) allocation failure; scavenge might not succeed",
        "7f2c44001000",
        heap,
        heap + 22.4,
        heap - 0.8,
        heap + 22.9,
        400.0 + dice.unit() * 700.0,
        100 + dice.below(150),
        dice.below(9),
    );
    second.write(text);
}

/// What it writes while it starts.
pub(super) fn banner(run: &Run) -> Vec<(i64, String)> {
    let line = |ms: i64, message: &str, rest: Value| {
        let at = run.started + jiff::SignedDuration::from_millis(ms);
        (ms, pino(run, at, "info", message, &rest))
    };
    vec![
        line(640, "starting backend", json!({"node": "v22.20.0", "env": "production"})),
        line(710, "loading configuration", json!({"source": "environment"})),
        line(4080, "connection pool ready", json!({"host": "postgres", "database": "solia"})),
        line(4190, "connected to redis", json!({"host": "redis", "tls": true})),
        line(4260, "listening", json!({"port": 4000})),
    ]
}

/// What it writes when it is asked to stop.
pub(super) fn goodbye(run: &Run, at: Timestamp) -> Vec<String> {
    vec![
        pino(run, at, "info", "SIGTERM received, draining", &json!({"at": nanos(at)})),
        pino(run, at, "info", "connection pool closed", &json!({})),
        pino(run, at, "info", "bye", &json!({})),
    ]
}
