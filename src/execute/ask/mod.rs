//! Answers questions that read once: a reading line of kubectl, an address, a query. There with `--read-only`, too: nothing
//! here sends more than a GET (and a query, which a Prometheus takes as one).
//!
//! ```text
//!   Ask ──► kubectl: table, documents, log, rollout ─┐
//!       ├─► fetch                                    ├─► Heard: harmless, masked, bounded
//!       └─► promql                                   ┘
//! ```

mod fetch;
mod jsonpath;
mod log;
mod object;
mod promql;
mod rollout;
mod table;

use std::time::{Duration, Instant};

use serde_json::Value;

use super::session::Kept;
use super::{Looker, path, prepare};
use crate::action::ask::{Ask, Heard};
use crate::action::stage::News;
use crate::action::{Action, KindName, Output, Rollout, Scope, Verb, Word};
use crate::config::Endpoint;
use crate::model::{Kind, Problem, ProblemKind};
use crate::source::kube::{Api, Apis, request};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a rollout is waited for where nobody says.
const ROLLOUT: Duration = Duration::from_secs(60);

/// Stops a question: nothing is told of it then.
#[derive(Debug)]
pub struct Asking(tokio::task::AbortHandle);

impl Asking {
    pub fn stop(&self) {
        self.0.abort();
    }
}

impl Looker {
    /// Asks, and tells what came under this number. `apis` is the cluster, `prometheus` the one of the environment.
    pub fn ask(&self, number: u64, ask: Ask, apis: Option<Apis>, prometheus: Option<Endpoint>) -> Asking {
        let tell = self.tell.clone();
        let task = tokio::spawn(async move {
            let start = Instant::now();
            let mut heard = answer(ask, apis, prometheus).await;
            if let Ok(heard) = &mut heard {
                heard.milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            }
            let heard = heard.map(Box::new);
            let _ = tell.send(News::Heard { number, heard }).await;
        });
        Asking(task.abort_handle())
    }
}

/// Asks, and waits for the answer.
///
/// # Errors
/// Why there is none.
pub async fn answer(ask: Ask, apis: Option<Apis>, prometheus: Option<Endpoint>) -> Result<Heard, Problem> {
    match ask {
        Ask::Fetch(what) => fetch::fetch(&what).await,
        Ask::PromQl { query, range } => {
            let none = || Problem::new(ProblemKind::Config, "this environment has no Prometheus").hint("prometheus = {url = …}");
            promql::ask(prometheus.ok_or_else(none)?, &query, range).await
        }
        Ask::Kubectl { action, namespace } => {
            let none = || Problem::new(ProblemKind::Config, "this environment has no cluster");
            let api = prepare::connected(apis.ok_or_else(none)?).await?;
            kubectl(&api, &action, &namespace).await
        }
    }
}

async fn kubectl(api: &Api, action: &Action, usual: &str) -> Result<Heard, Problem> {
    let namespace = match &action.place.scope {
        Scope::Namespace(word) => text(word)?,
        Scope::Current => usual.to_owned(),
        Scope::All => String::new(),
    };
    match &action.verb {
        Verb::Get(get) => match &get.output {
            None | Some(Output::Wide) => table::get(api, get, &namespace).await,
            Some(_) => object::get(api, get, &namespace).await,
        },
        Verb::Describe(describe) => object::describe(api, &describe.target, &namespace).await,
        Verb::Events(events) => table::events(api, events, &namespace).await,
        Verb::Top(top) => table::top(api, top, &namespace).await,
        Verb::Logs(logs) => log::read(api, logs, &namespace).await,
        Verb::Rollout {
            target,
            rollout: Rollout::Status { watch, timeout, .. },
        } => {
            let time = timeout.as_ref().and_then(|given| given.value()).map_or(ROLLOUT, |span| span.0);
            rollout::status(api, target, &namespace, watch.then_some(time)).await
        }
        Verb::Rollout {
            target,
            rollout: Rollout::History { .. },
        } => rollout::history(api, target, &namespace).await,
        other => Err(not_here(&format!("kubectl {}", crate::action::plan::word(other)))),
    }
}

/// It is understood, and nobody here does it.
fn not_here(what: &str) -> Problem {
    Problem::new(ProblemKind::Config, format!("{what} is understood, and not done from here")).hint("the line can be copied")
}

/// A word that is filled in.
fn text(word: &Word) -> Result<String, Problem> {
    let open = || Problem::new(ProblemKind::Config, "the line still has places to be filled in");
    word.plain().map(str::to_owned).ok_or_else(open)
}

/// The kind that a name means on this server.
fn kind(api: &Api, name: &KindName) -> Result<Kind, Problem> {
    let word = match name {
        KindName::Known(known) => return Ok(Kind::Known(*known)),
        KindName::Other(word) => text(word)?,
    };
    let found = api.served.iter().find(|served| {
        let resource = served.kind.resource();
        resource == word
            || format!("{resource}.{}", served.kind.group()) == word
            || served.name.eq_ignore_ascii_case(&word)
            || served.short.iter().any(|short| **short == *word)
    });
    let none = || Problem::new(ProblemKind::NotFound, format!("this server has no {word}"));
    found.map(|served| served.kind.clone()).ok_or_else(none)
}

/// The path of a kind in a namespace (empty: all), with what narrows it.
fn collection(api: &Api, kind: &Kind, namespace: &str, which: &[(&str, &str)]) -> Result<String, Problem> {
    let mut path = path::collection(api, kind, namespace)?;
    let mut sign = '?';
    for (name, value) in which.iter().filter(|(_, value)| !value.is_empty()) {
        path.push_str(&format!("{sign}{name}={}", request::encode(value)));
        sign = '&';
    }
    Ok(path)
}

/// Bytes as a text to show: harmless, masked, bounded.
fn shown(bytes: &[u8]) -> String {
    let mut kept = Kept::default();
    kept.add(bytes);
    kept.text()
}

/// A document without control sequences and secrets.
fn harmless(mut document: Value) -> Value {
    each(&mut document);
    crate::redact::Mask::default().document(&mut document);
    document
}

fn each(value: &mut Value) {
    match value {
        Value::String(text) => {
            let clean = crate::model::clean_lines(text);
            if clean != *text {
                *text = clean;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(each),
        Value::Object(map) => map.values_mut().for_each(each),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a program that ended well wrote.
fn well(stdout: String) -> Heard {
    Heard {
        exit: Some(0),
        stdout,
        ..Heard::default()
    }
}

/// What kubectl says where the server said no: an answer, too.
fn refused(problem: &Problem) -> Result<Heard, Problem> {
    match problem.kind {
        ProblemKind::NotFound => Ok(Heard {
            exit: Some(1),
            stderr: problem.text.to_string(),
            ..Heard::default()
        }),
        _ => Err(problem.clone()),
    }
}
