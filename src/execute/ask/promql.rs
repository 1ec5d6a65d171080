//! A query: its value now, and how it was.

use reqwest::Method;
use serde_json::Value;

use crate::action::ask::{Heard, Line};
use crate::config::Endpoint;
use crate::model::{Problem, ProblemKind, clean};
use crate::source::http::{Door, mark_of, read};

/// What is read of an answer (bytes).
const MOST: usize = 8 << 20;
/// Series that are kept.
const SERIES: usize = 200;
/// Points of the time before.
const POINTS: i64 = 60;

pub async fn ask(endpoint: Endpoint, query: &str, range: i64) -> Result<Heard, Problem> {
    let door = Door::new(endpoint);
    // Of now: that is the server's to say, whose clock may be another than this machine's.
    let value = send(&door, "/api/v1/query", &[("query", query)]).await?;
    let mut lines = Vec::new();
    let mut at = f64::NAN;
    let mut add = |metric: &Value, point: &Value| {
        at = at.max(point[0].as_f64().unwrap_or(f64::NAN));
        lines.push(line(metric, point));
    };
    match value["resultType"].as_str() {
        Some("vector") => {
            for one in value["result"].as_array().into_iter().flatten().take(SERIES) {
                add(&one["metric"], &one["value"]);
            }
        }
        Some("scalar") => add(&Value::Null, &value["result"]),
        _ => return Err(Problem::new(ProblemKind::Config, "the query has no value at one time")),
    }
    if range > 0 && at.is_finite() {
        let at = at as i64;
        let when = at.to_string();
        let step = (range / POINTS).max(1).to_string();
        let start = (at - range).to_string();
        let question = [("query", query), ("start", start.as_str()), ("end", &when), ("step", &step)];
        // The value now is an answer without it.
        if let Ok(before) = send(&door, "/api/v1/query_range", &question).await {
            for one in before["result"].as_array().into_iter().flatten() {
                let labels = labels(&one["metric"]);
                if let Some(line) = lines.iter_mut().find(|line| line.labels == labels) {
                    let points = one["values"].as_array().into_iter().flatten();
                    line.before = points.filter_map(|point| number(&point[1])).collect();
                }
            }
        }
    }
    Ok(Heard {
        series: Some(lines),
        ..Heard::default()
    })
}

async fn send(door: &Door, path: &str, query: &[(&str, &str)]) -> Result<Value, Problem> {
    let response = door.send(Method::GET, path, query, None).await?;
    let host = response.url().host_str().unwrap_or_default().to_owned();
    let (status, body) = read(response, MOST).await?;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if answer["status"] == "error" {
        let text = clean(answer["error"].as_str().unwrap_or_default()).into_owned();
        return Err(Problem::new(ProblemKind::Config, format!("{host}: {text}")));
    }
    if let Some(problem) = mark_of(status, &host) {
        return Err(problem);
    }
    match answer["status"] == "success" {
        true => Ok(answer["data"].clone()),
        false => Err(Problem::new(
            ProblemKind::BadAnswer,
            format!("what {host} answers is not what a Prometheus answers"),
        )),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_str()?.parse().ok()
}

fn line(metric: &Value, point: &Value) -> Line {
    Line {
        labels: labels(metric),
        value: number(&point[1]).unwrap_or(f64::NAN),
        // It is of the moment in which it was asked for.
        age: 0.0,
        before: Vec::new(),
    }
}

fn labels(metric: &Value) -> String {
    let pairs = metric.as_object().into_iter().flatten();
    let pairs: Vec<String> = pairs
        .map(|(key, value)| match key.as_str() {
            "__name__" => clean(value.as_str().unwrap_or_default()).into_owned(),
            _ => format!("{}={}", clean(key), clean(value.as_str().unwrap_or_default())),
        })
        .collect();
    pairs.join(" ")
}
