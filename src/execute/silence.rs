//! Silences at Alertmanagers: what they hide is asked before; each request is sent once, and one without an answer is looked
//! for, never sent again.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::write::Run;
use crate::action::plan::silence::{Request, Silencing, check, short, told};
use crate::action::plan::{Around, Draft, Found};
use crate::action::silence::{Ends, Hush, Silence, SilenceAct};
use crate::action::stage::{End, News};
use crate::config::Endpoint;
use crate::model::{Problem, ProblemKind, Time, clean, shorten};
use crate::source::alertmanager::{self, Way};
use crate::source::kube::request;

/// A clock that differs by less (seconds) needs no correction.
const SKEW: i64 = 5;
/// The largest answer to a request that is read (bytes).
const LARGEST: usize = 64 << 10;

/// Asks each Alertmanager what the plan of a draft needs.
pub async fn prepare(draft: &Draft, silence: &Silence, managers: &[Endpoint]) -> Result<Found, Problem> {
    if managers.is_empty() {
        return Err(none());
    }
    if let SilenceAct::Add(hush) = &silence.act {
        check(hush)?;
    }
    let asked = draft
        .objects
        .iter()
        .zip(managers)
        .map(|(object, endpoint)| async move { (object.clone(), ask(&Way::to(endpoint), &silence.act).await) });
    Ok(Found {
        objects: futures::future::join_all(asked).await,
        history: Vec::new(),
        merged: None,
        rights: Vec::new(),
        here: None,
        around: Around::default(),
        at: request::now(),
    })
}

fn none() -> Problem {
    Problem::new(ProblemKind::Config, "this environment has no Alertmanager").hint("`alertmanager` in its section names one")
}

async fn ask(way: &Way, act: &SilenceAct) -> Result<Value, Problem> {
    let read = |body: &[u8]| -> Result<Value, Problem> {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        match value.is_array() {
            true => Ok(value),
            false => Err(Problem::new(
                ProblemKind::BadAnswer,
                format!("{} does not answer as an Alertmanager does", way.host()),
            )),
        }
    };
    match act {
        SilenceAct::Add(hush) => {
            let filters: Vec<String> = hush
                .matchers
                .iter()
                .map(|m| format!("&filter={}", request::encode(&m.to_string())))
                .collect();
            let path = format!("/api/v2/alerts?active=true&silenced=false&inhibited=true{}", filters.concat());
            let answer = way.get(&path).await?;
            // Several that keep their silences together are told once. Who does not say is told by itself.
            let status = way.get("/api/v2/status").await.ok();
            let peers = status.map(|answer| alertmanager::peers(&answer.body)).unwrap_or_default();
            Ok(json!({"ahead": answer.ahead, "alerts": read(&answer.body)?, "peers": peers}))
        }
        SilenceAct::Extend { .. } | SilenceAct::Expire { .. } => {
            let answer = way.get("/api/v2/silences").await?;
            Ok(json!({"ahead": answer.ahead, "silences": read(&answer.body)?}))
        }
    }
}

/// Sends it once; gives how it ended, and a sentence.
pub async fn send(run: &Run, nth: usize, silencing: &Silencing) -> (End, String) {
    let env = usize::from(run.confirmed.plan().draft.env.0);
    let endpoint = run.managers.get(env).and_then(|managers| managers.get(silencing.manager));
    let Some(endpoint) = endpoint else {
        return (End::NotDone(none()), String::new());
    };
    let way = Way::to(endpoint);
    match &silencing.request {
        Request::Post { id, starts, ends, hush } => {
            let now = request::now() + if silencing.ahead.abs() >= SKEW { silencing.ahead } else { 0 };
            let until = match ends {
                Ends::In(minutes) => now + i64::from(*minutes) * 60,
                Ends::At(time) => *time,
            };
            let body = json!({
                "id": id, "matchers": matchers(hush), "startsAt": starts.clone().unwrap_or_else(|| now.to_string()),
                "endsAt": until.to_string(), "createdBy": hush.author, "comment": hush.comment,
            });
            let answer = exchange(&way, Method::POST, "/api/v2/silences", Some(&body), run.patience).await;
            let made = match answer {
                Ok(answer) => answer["silenceID"].as_str().map(str::to_owned).ok_or_else(|| {
                    let text = format!("{} does not tell the silence's id", way.host());
                    Failed::Unknown(Problem::new(ProblemKind::BadAnswer, text))
                }),
                Err(failed) => Err(failed),
            };
            let made = match made {
                Err(Failed::Unknown(problem)) => look_for(&way, hush, until).await.ok_or(Failed::Unknown(problem)),
                made => made,
            };
            match made {
                Ok(made) => {
                    let said = format!("silence {} until {until}", short(&made));
                    let draft = run.confirmed.plan().draft.id;
                    let _ = run.tell.send(News::Made { draft, nth, name: made }).await;
                    (End::Done, said)
                }
                Err(failed) => (failed.end(), String::new()),
            }
        }
        Request::Expire { id } => {
            let path = format!("/api/v2/silence/{}", request::encode(id));
            match exchange(&way, Method::DELETE, &path, None, run.patience).await {
                Ok(_) => (End::Done, format!("silence {} has ended", short(id))),
                // Another one that belongs to the same cluster may have been told before.
                Err(failed) => match state(&way, id).await.as_deref() {
                    Some("expired") => (End::Done, format!("silence {} had ended already", short(id))),
                    _ => (failed.end(), String::new()),
                },
            }
        }
    }
}

fn matchers(hush: &Hush) -> Value {
    let told = hush.matchers.iter().map(|matcher| {
        json!({"name": matcher.name, "value": matcher.value, "isRegex": matcher.how.is_regex(), "isEqual": matcher.how.is_positive()})
    });
    told.collect()
}

/// How a request failed.
enum Failed {
    /// It was refused.
    Refused(Problem),
    /// It may have been taken.
    Unknown(Problem),
}

impl Failed {
    fn end(self) -> End {
        match self {
            Self::Refused(problem) => End::NotDone(problem),
            Self::Unknown(problem) => {
                let text = format!("it was sent, and whether it was done is not known: {}", problem.text);
                End::Unknown(Problem::new(problem.kind, text).hint("look at the alerts: they say which silences cover them"))
            }
        }
    }
}

/// One request and its answer, within the deadline.
async fn exchange(way: &Way, method: Method, path: &str, body: Option<&Value>, patience: Duration) -> Result<Value, Failed> {
    let sent = async {
        let body = body.map(|body| body.to_string().into_bytes());
        let mut response = way
            .door()
            .send(method, path, &[], body)
            .await
            .map_err(|problem| match problem.kind {
                // Nobody took it.
                ProblemKind::Config | ProblemKind::Tls => Failed::Refused(problem),
                _ if problem.text.contains("refused") => Failed::Refused(problem),
                _ => Failed::Unknown(problem),
            })?;
        let status = response.status();
        let mut text = Vec::new();
        while text.len() < LARGEST
            && let Ok(Some(piece)) = response.chunk().await
        {
            text.extend_from_slice(&piece);
        }
        Ok((status, text))
    };
    let late = || {
        let text = format!("{} gave no answer within {} s", way.host(), patience.as_secs());
        Failed::Unknown(Problem::new(ProblemKind::TimedOut, text))
    };
    let (status, text) = tokio::time::timeout(patience, sent).await.unwrap_or_else(|_| Err(late()))?;
    let value: Value = serde_json::from_slice(&text).unwrap_or_default();
    if status.is_success() && !text.starts_with(b"<") {
        return Ok(value);
    }
    let said = match &value {
        Value::String(said) => said.clone(),
        value => value["message"].as_str().map(str::to_owned).unwrap_or_default(),
    };
    let said = shorten(&clean(&said), 300).into_owned();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let told = |kind| Problem::new(kind, format!("{} answers {}{said}", way.host(), status.as_u16()));
    Err(match status {
        StatusCode::UNAUTHORIZED => Failed::Refused(told(ProblemKind::Login)),
        StatusCode::FORBIDDEN => Failed::Refused(told(ProblemKind::Denied)),
        // A gateway's word says nothing of what stands behind it; nor does a page.
        StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Failed::Unknown(told(ProblemKind::Server))
        }
        status if status.is_success() || status.is_redirection() => Failed::Unknown(told(ProblemKind::Login)),
        _ => Failed::Refused(told(ProblemKind::Server)),
    })
}

/// The silence that was sent and not answered, if it is there.
async fn look_for(way: &Way, hush: &Hush, until: Time) -> Option<String> {
    let answer = way.get("/api/v2/silences").await.ok()?;
    let all: Vec<Value> = serde_json::from_slice(&answer.body).ok()?;
    let is_it = |silence: &&Value| {
        let there = told(silence);
        let is_same = there.is_some_and(|there| there.comment == hush.comment && there.author == hush.author && same(&there, hush));
        let ends = Time::parse(silence["endsAt"].as_str().unwrap_or_default());
        is_same && silence["status"]["state"] != "expired" && ends.0.abs_diff(until.0) <= 1
    };
    all.iter().find(is_it)?["id"].as_str().map(str::to_owned)
}

/// Whether they fit the same, whatever the order.
fn same(there: &Hush, hush: &Hush) -> bool {
    there.matchers.len() == hush.matchers.len() && hush.matchers.iter().all(|matcher| there.matchers.contains(matcher))
}

async fn state(way: &Way, id: &str) -> Option<String> {
    let answer = way.get(&format!("/api/v2/silence/{}", request::encode(id))).await.ok()?;
    let silence: Value = serde_json::from_slice(&answer.body).ok()?;
    silence["status"]["state"].as_str().map(str::to_owned)
}
