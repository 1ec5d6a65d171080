//! From a request to its answer.

use axum::body::Body;
use http::Response;
use serde_json::{Value, json};

use super::promql::{self, Data, Fail};
use super::{Prometheus, answer, catalog, params, told};
use crate::sim::face::{self, Request};

/// A result, told in the envelope of the API.
fn success(data: &str) -> Response<Body> {
    face::response(200, "application/json", format!(r#"{{"status":"success","data":{data}}}"#))
}

/// Answers any request.
pub fn answer(server: &Prometheus, request: &Request) -> Response<Body> {
    let segments = request.segments();
    let known: &[&str] = match segments.as_slice() {
        ["api", "v1", "query" | "query_range" | "series" | "labels"] => &["GET", "POST"],
        [
            "api",
            "v1",
            "metadata" | "alerts" | "rules" | "targets" | "alertmanagers" | "format_query",
        ]
        | ["api", "v1", "label", _, "values"]
        | ["api", "v1", "status", "buildinfo" | "runtimeinfo" | "flags" | "tsdb"] => &["GET"],
        ["-", "healthy" | "ready"] | [] => &["GET", "HEAD"],
        _ => {
            server.desk.unknown_route(format!("{} {}", request.method, request.path));
            return face::text(404, "404 page not found\n");
        }
    };
    if !known.contains(&request.method.as_str()) {
        server.desk.unknown_route(format!("{} {}", request.method, request.path));
        return face::text(405, "Method Not Allowed\n");
    }
    // Results of queries can be large: they are written as text at once.
    let text = match segments.as_slice() {
        ["api", "v1", "query"] => Some(query(server, request)),
        ["api", "v1", "query_range"] => Some(query_range(server, request)),
        _ => None,
    };
    if let Some(text) = text {
        return text.map_or_else(|fail| answer::refusal(&fail), |data| success(&format!("{{{data}}}")));
    }
    let result = match segments.as_slice() {
        ["-", "healthy"] => return face::text(200, "Prometheus Server is Healthy.\n"),
        ["-", "ready"] => return face::text(200, "Prometheus Server is Ready.\n"),
        [] => {
            return face::response(
                200,
                "text/html; charset=utf-8",
                "<!doctype html><title>Prometheus</title><p>This server is simulated: its API is at /api/v1.",
            );
        }
        ["api", "v1", "series"] => catalog::series(server, request),
        ["api", "v1", "labels"] => catalog::labels(server, request),
        ["api", "v1", "label", name, "values"] => catalog::values(server, request, name),
        ["api", "v1", "metadata"] => Ok(catalog::metadata(server, request)),
        ["api", "v1", "targets"] => Ok(catalog::targets(server, request)),
        ["api", "v1", "alerts"] => Ok(told::alerts(server)),
        ["api", "v1", "rules"] => Ok(told::rules(server, request)),
        ["api", "v1", "format_query"] => promql::parse(request.query("query").unwrap_or_default())
            .map(|expr| json!(expr.prettify()))
            .map_err(in_query),
        _ => Ok(status(server, &segments)),
    };
    match result {
        Ok(data) => success(&data.to_string()),
        Err(fail) => answer::refusal(&fail),
    }
}

/// Errors of parsing name the parameter.
fn in_query(fail: Fail) -> Fail {
    match fail {
        Fail::Bad(why) => Fail::Bad(format!("invalid parameter \"query\": {why}")),
        other => other,
    }
}

fn query(server: &Prometheus, request: &Request) -> Result<String, Fail> {
    let time = params::instant(request, server.now())?;
    let expr = promql::parse(request.query("query").unwrap_or_default()).map_err(in_query)?;
    let grid = promql::Grid {
        start: time,
        step: 1,
        count: 1,
    };
    let data = server.fetch(&expr, &grid)?;
    let outcome = promql::at(&expr, &data, time)?;
    Ok(answer::instant(&outcome, time))
}

fn query_range(server: &Prometheus, request: &Request) -> Result<String, Fail> {
    let grid = params::grid(request)?;
    let expr = promql::parse(request.query("query").unwrap_or_default()).map_err(in_query)?;
    let data = server.fetch(&expr, &grid)?;
    let outcome = promql::over(&expr, &data, &grid)?;
    Ok(answer::range(&outcome, &grid))
}

impl Prometheus {
    /// The world's time, in milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.world.read().now().as_millisecond()
    }

    fn fetch(&self, expr: &promql_parser::parser::Expr, grid: &promql::Grid) -> Result<Data, Fail> {
        let alerts = self.rules.alerts();
        let world = self.world.read();
        Data::fetch(expr, &[&world.physics.series, alerts.series()], grid)
    }
}

fn status(server: &Prometheus, segments: &[&str]) -> Value {
    match segments.last().copied() {
        Some("buildinfo") => json!({
            "version": "3.7.3", "revision": "0a41f0000c705c69ab8e0f9a723fc73e39ed62b7", "branch": "HEAD",
            "buildUser": "root@prometheus", "buildDate": "20251030-07:26:10", "goVersion": "go1.25.3",
        }),
        Some("runtimeinfo") => json!({
            "startTime": server.started.to_string(), "CWD": "/prometheus", "reloadConfigSuccess": true,
            "lastConfigTime": server.started.to_string(), "corruptionCount": 0, "goroutineCount": 61, "GOMAXPROCS": 2,
            "GOMEMLIMIT": 9_223_372_036_854_775_807_i64, "GOGC": "75", "GODEBUG": "", "storageRetention": "15d",
        }),
        Some("tsdb") => {
            let world = server.world.read();
            let series = world.physics.series.named(None).count();
            json!({"headStats": {"numSeries": series, "numLabelPairs": 0, "chunkCount": series, "minTime": 0, "maxTime": world.now().as_millisecond()}})
        }
        Some("alertmanagers") => json!({
            "activeAlertmanagers": [{"url": "http://alertmanager.monitoring:9093/api/v2/alerts"}], "droppedAlertmanagers": [],
        }),
        _ => json!({}),
    }
}
