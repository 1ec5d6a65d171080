//! The HTTP side of `qd config check`: one question for each sort of endpoint, and failures as plain sentences.

use std::time::Instant;

use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::check::Answer;
use crate::config::CloudWatch;
use crate::model::{Problem, ProblemKind, clean, shorten};
use crate::source::cloudwatch;
use crate::source::http::{Door, explain};

/// The most that is read of an answer, in bytes; the answers meant here have a few hundred.
const LONGEST: usize = 64 << 10;

/// What is asked of an endpoint.
pub(super) enum Question {
    /// Is it that service, and which version? And, where that is wanted, by which clock and from where?
    Service(Service, Door, bool),
    /// Does it take the credentials?
    CloudWatch(CloudWatch),
}

/// A service that says who it is.
#[derive(Clone, Copy)]
pub(super) enum Service {
    Prometheus,
    Alertmanager,
    Grafana,
}

/// Asks, and says what came back.
pub(super) async fn ask(question: Question) -> Answer {
    let started = Instant::now();
    let took = || format!("{} ms", started.elapsed().as_millis());
    match question {
        Question::Service(service, door, ready) => {
            let (version, ahead) = of_service(&door, service).await?;
            if !ready {
                return Ok(format!("{version}{}", took()));
            }
            let clock = super::ready::clock(ahead)
                .map_err(|problem| Problem::new(problem.kind, format!("{version}its clock is {}", problem.text)).hint(problem.hint))?;
            let clock = if ahead.is_some() { format!("clock {clock}") } else { clock };
            Ok(format!("{version}{}, {clock}, {}", took(), door.way()))
        }
        Question::CloudWatch(place) => {
            cloudwatch::check(&place).await?;
            Ok(format!("{}, {}", place.label(), took()))
        }
    }
}

/// By how many seconds its clock is ahead of ours, where it tells.
fn ahead(response: &Response) -> Option<i64> {
    let date = response.headers().get("date")?.to_str().ok()?;
    let there = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(there.timestamp().as_second() - jiff::Timestamp::now().as_second())
}

/// The version of a service, ready to be followed by the time it took, empty where it does not say; and its clock.
async fn of_service(door: &Door, service: Service) -> Result<(String, Option<i64>), Problem> {
    let get = async |path: &str| door.send(reqwest::Method::GET, path, &[], None).await;
    let (path, version) = match service {
        Service::Prometheus => ("/api/v1/status/buildinfo", "/data/version"),
        Service::Alertmanager => ("/api/v2/status", "/versionInfo/version"),
        Service::Grafana => ("/api/health", "/version"),
    };
    let response = get(path).await?;
    // What speaks PromQL without being Prometheus may not tell its build, but it says whether it is ready.
    if matches!(service, Service::Prometheus) && response.status() == StatusCode::NOT_FOUND {
        let response = get("/-/ready").await?;
        good(&response)?;
        return Ok((String::new(), ahead(&response)));
    }
    good(&response)?;
    let ahead = ahead(&response);
    let body = read(response).await?;
    let answer: Value = serde_json::from_slice(&body).map_err(|_| not_json(&body))?;
    if matches!(service, Service::Grafana) && answer.get("database").is_some_and(|state| state != "ok") {
        return Err(Problem::new(ProblemKind::Server, "its database is not ok"));
    }
    let version = answer
        .pointer(version)
        .and_then(Value::as_str)
        .map(|version| clean(shorten(version, 40).as_ref()).into_owned());
    let (first, known) = (version.as_deref().unwrap_or_default(), answer.is_object());
    match (first, known) {
        (_, false) => Err(not_json(&body)),
        ("", true) => Ok((String::new(), ahead)),
        (first, true) => Ok((format!("v{}, ", first.trim_start_matches('v')), ahead)),
    }
}

/// The body, up to a limit.
async fn read(mut response: Response) -> Result<Vec<u8>, Problem> {
    let url = response.url().to_string();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| explain(&error, &url))? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            return Err(Problem::new(ProblemKind::BadAnswer, "the answer does not end"));
        }
    }
    Ok(body)
}

fn good(response: &Response) -> Result<(), Problem> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let text = match response.headers().get("location").and_then(|to| to.to_str().ok()) {
        Some(to) if status.is_redirection() => format!("HTTP {}, a redirect to {to}", status.as_u16()),
        _ => format!(
            "HTTP {}{}",
            status.as_u16(),
            status.canonical_reason().map(|r| format!(" {r}")).unwrap_or_default()
        ),
    };
    Err(Problem::new(kind_of(status), text))
}

pub(super) fn kind_of(status: StatusCode) -> ProblemKind {
    match status.as_u16() {
        401 => ProblemKind::Login,
        403 => ProblemKind::Denied,
        404 => ProblemKind::NotFound,
        429 => ProblemKind::Throttled,
        500.. => ProblemKind::Server,
        _ => ProblemKind::BadAnswer,
    }
}

fn not_json(body: &[u8]) -> Problem {
    let what = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => "a web page instead of the API",
        _ => "not the JSON that this service answers",
    };
    Problem::new(ProblemKind::BadAnswer, what).hint("does the URL lead to the service itself?")
}
