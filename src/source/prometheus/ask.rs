//! One question to a Prometheus.

use std::sync::atomic::Ordering;

use prometheus_http_query::Client;
use reqwest::{Method, Response, StatusCode};

use super::{Server, now, told};
use crate::model::{Names, Problem, ProblemKind, SeriesAnswer, SeriesKey, Time, clean};
use crate::source::http::{causes, explain, mark_of, read};

/// The most that is read of an answer.
const MOST: usize = 32 << 20;
/// Names of metrics that are kept for completion.
const MOST_NAMES: usize = 20_000;
/// The end of a question lies on a multiple of its step, or of this (seconds): the lines stand still from round to
/// round, and the newest point is never much older than now.
const FINE: u32 = 60;

/// Asks each alternative, from the one that was answered last, until one has series. None has: an answer without.
pub(super) async fn series(server: &Server, key: &SeriesKey, start: &mut usize) -> Result<SeriesAnswer, Problem> {
    let count = key.queries.len();
    let mut empty = SeriesAnswer::default();
    for n in 0..count {
        let at = (*start + n) % count;
        let Some(query) = key.queries.get(at) else { break };
        let mut answer = range(server, key, query).await?;
        if !answer.series.is_empty() {
            *start = at;
            answer.query = u16::try_from(at).unwrap_or(u16::MAX);
            return Ok(answer);
        }
        empty = answer;
    }
    *start = 0;
    Ok(empty)
}

async fn range(server: &Server, key: &SeriesKey, query: &str) -> Result<SeriesAnswer, Problem> {
    let (client, headers) = server.door.client().await?;
    let url = server.door.url();
    let client = Client::from(client, url).map_err(|_| Problem::new(ProblemKind::Config, format!("`{url}` is not a URL")))?;
    let skew = server.skew();
    let grid = i64::from(key.step.min(FINE));
    let end = (now().0 + skew - i64::from(key.shift)).div_euclid(grid) * grid;
    let points = (key.span / key.step).min(told::MOST_POINTS);
    let from = end - i64::from(points) * i64::from(key.step);
    let patience = server.door.patience();
    let door = &server.door;
    let mut question = client
        .query_range(query, from, end, key.step.into())
        .timeout(i64::try_from(patience.as_millis()).unwrap_or(i64::MAX));
    for (name, value) in &headers {
        question = question.header(name.clone(), value.clone());
    }
    let asked = async {
        let response = if door.is_signed() {
            let [from, end, step] = [from, end, key.step.into()].map(|number: i64| number.to_string());
            let form = [("query", query), ("start", &from), ("end", &end), ("step", &step)];
            door.form("/api/v1/query_range", &form).await?
        } else {
            question.post_raw().await.map_err(|error| unsent(&error, url))?
        };
        remember_clock(server, &response);
        read(response, MOST).await
    };
    let (status, body) = match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer?,
        Err(_) => {
            return Err(Problem::new(
                ProblemKind::TimedOut,
                format!("no answer from {} in {} s", host(url), patience.as_secs()),
            ));
        }
    };
    if status == StatusCode::UNAUTHORIZED {
        server.door.forget().await;
    }
    let grid = told::Grid {
        from,
        step: key.step,
        points: points as usize + 1,
    };
    match told::matrix(&body, grid) {
        Ok(Ok(mut answer)) if status.is_success() => {
            // Told in our time: a clock that goes wrong there must not shift the picture here.
            answer.from = Time(from - skew);
            answer.skew = skew;
            Ok(answer)
        }
        Ok(Err(refusal)) => Err(refused(&refusal, status, url)),
        _ => Err(mark_of(status, &host(url)).unwrap_or_else(|| garbage(url))),
    }
}

/// Names of metrics and labels.
pub(super) async fn names(server: &Server) -> Result<Names, Problem> {
    let metrics = list(server, "/api/v1/label/__name__/values").await?;
    let labels = list(server, "/api/v1/labels").await?;
    Ok(Names { metrics, labels })
}

async fn list(server: &Server, path: &str) -> Result<Vec<Box<str>>, Problem> {
    let limit = MOST_NAMES.to_string();
    let response = server.door.send(Method::GET, path, &[("limit", &limit)], None).await?;
    remember_clock(server, &response);
    let url = server.door.url();
    let (status, body) = read(response, MOST).await?;
    if let Some(problem) = mark_of(status, &host(url)) {
        return Err(problem);
    }
    let names = told::names(&body).ok_or_else(|| garbage(url))?;
    Ok(names.into_iter().take(MOST_NAMES).collect())
}

/// What Prometheus says is wrong with a question, as a sentence that begins with the place.
fn refused(refusal: &told::Refusal, status: StatusCode, url: &str) -> Problem {
    let text = refusal.error.trim_start_matches("invalid parameter \"query\": ").trim();
    let text = clean(&text.replacen("parse error: ", "", 1)).into_owned();
    let kind = match (refusal.kind.as_str(), status.as_u16()) {
        (_, 401) => ProblemKind::Login,
        (_, 403) => ProblemKind::Denied,
        (_, 429) => ProblemKind::Throttled,
        ("timeout" | "canceled", _) => return Problem::new(ProblemKind::Server, format!("{} gave up on the question: {text}", host(url))),
        ("bad_data" | "execution", _) => return Problem::new(ProblemKind::Config, text),
        _ => ProblemKind::Server,
    };
    Problem::new(kind, format!("{}: {text}", host(url)))
}

fn garbage(url: &str) -> Problem {
    Problem::new(
        ProblemKind::BadAnswer,
        format!("what {} answers is not what a Prometheus answers", host(url)),
    )
    .hint("its URL may be that of something else, or lack a path")
}

fn host(url: &str) -> String {
    let parsed = reqwest::Url::parse(url).ok();
    parsed
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| url.to_owned())
}

/// What the library hides: the request's own error.
fn unsent(error: &prometheus_http_query::Error, url: &str) -> Problem {
    let inner = causes(error).find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    match inner {
        Some(error) => explain(error, url),
        None => Problem::new(ProblemKind::Unreachable, format!("{}: {error}", host(url))),
    }
}

/// What time it is there, by the header that every server sends.
fn remember_clock(server: &Server, response: &Response) {
    let date = response.headers().get("date").and_then(|date| date.to_str().ok());
    let there = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    if let Some(there) = there {
        let skew = there.timestamp().as_second() - now().0;
        server.skew.store(skew, Ordering::Relaxed);
    }
}
