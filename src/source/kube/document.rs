//! The full object behind a row, kept true while a view has it open.
//!
//! One GET, then a watch on that one name. Where the watch is denied or not offered, the GET is repeated
//! instead. Cleaned of control characters and masked before it leaves this file.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::sync::mpsc;

use super::request::{self, Miss, encode, now};
use super::{Api, Apis, problem};
use crate::model::{Document, EnvId, Fact, ObjectRef, Problem, ProblemKind, Seen, clean, clean_lines};
use crate::redact::Mask;
use crate::source::Task;

/// How often the object is fetched again where it cannot be watched.
const POLL: Duration = Duration::from_secs(15);
/// Length of one watch. Load balancers drop idle connections, some after four minutes.
const WATCH_SECONDS: u64 = 210;
/// Pauses after trouble: from, to.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Longest line of a watch: one event, with its object.
const LONGEST_EVENT: usize = 16 << 20;

/// Tells about one object until the task is dropped.
pub fn spawn(env: EnvId, object: ObjectRef, apis: Apis, mask: &Mask, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(run(
        Teller {
            env,
            object,
            facts,
            mask: mask.clone(),
            last: None,
        },
        apis,
    ))
}

/// What is shown for the object: it, nothing, or why not.
type News = Result<Option<Arc<Document>>, Problem>;

struct Teller {
    env: EnvId,
    object: ObjectRef,
    facts: mpsc::Sender<Fact>,
    mask: Mask,
    last: Option<News>,
}

/// Nobody listens any more.
struct Closed;

/// Why following stopped.
enum Stop {
    Closed,
    /// Look again, now: the watch ended, or the version asked for is too old.
    Again,
    /// Cannot be watched: look again after a while.
    Poll,
    Trouble(Problem),
}

impl From<Closed> for Stop {
    fn from(Closed: Closed) -> Self {
        Self::Closed
    }
}

impl Teller {
    /// Tells what is new; the same twice is told once.
    async fn tell(&mut self, news: News) -> Result<(), Closed> {
        if self.last.as_ref() == Some(&news) {
            return Ok(());
        }
        self.last = Some(news.clone());
        let fact = Fact {
            env: self.env,
            at: now(),
            seen: Seen::Document(self.object.clone(), news),
        };
        self.facts.send(fact).await.map_err(|_| Closed)
    }

    async fn tell_object(&mut self, mut value: Value) -> Result<(), Closed> {
        clean_value(&mut value);
        self.mask.document(&mut value);
        self.tell(Ok(Some(Arc::new(Document { value })))).await
    }
}

async fn run(mut teller: Teller, mut apis: Apis) {
    let mut pause = PAUSE.0;
    loop {
        let Ok(api) = apis.wait_for(Option::is_some).await.map(|api| api.clone()) else {
            return;
        };
        let Some(api) = api else { continue };
        apis.mark_unchanged();
        let told = teller.last.clone();
        let stop = tokio::select! {
            stop = follow(&mut teller, &api) => stop,
            // Another connection (a login, a restart of the server): look again through that one.
            changed = apis.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        if told != teller.last && matches!(teller.last, Some(Ok(_))) {
            pause = PAUSE.0;
        }
        let wait = match stop {
            Stop::Closed => return,
            Stop::Again => Duration::from_millis(100),
            Stop::Poll => POLL,
            Stop::Trouble(problem) => {
                if teller.tell(Err(problem)).await.is_err() {
                    return;
                }
                let wait = pause;
                pause = (pause * 2).min(PAUSE.1);
                wait
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = teller.facts.closed() => return,
            changed = apis.changed() => if changed.is_err() { return },
        }
    }
}

/// Fetches the object and follows it, until something ends that.
async fn follow(teller: &mut Teller, api: &Api) -> Stop {
    match followed(teller, api).await {
        Ok(stop) | Err(stop) => stop,
    }
}

async fn followed(teller: &mut Teller, api: &Api) -> Result<Stop, Stop> {
    let object = teller.object.clone();
    let resource = object.kind.resource();
    let Some(served) = api.served.iter().find(|s| s.kind == object.kind) else {
        let text = format!("this server has no {}", full_resource(&object));
        return Err(Stop::Trouble(Problem::new(ProblemKind::NotFound, text)));
    };
    let list = request::collection(served, &object.namespace);
    let mut version = match request::get_json(&api.client, &format!("{list}/{}", encode(&object.name))).await {
        Ok(value) => {
            let version = version_of(&value);
            teller.tell_object(value).await?;
            version
        }
        Err(miss) if miss.status() == Some(StatusCode::NOT_FOUND) => {
            teller.tell(Ok(None)).await?;
            None
        }
        Err(miss) => return Err(Stop::Trouble(miss.problem("get", resource))),
    };
    if !served.watch {
        return Ok(Stop::Poll);
    }
    loop {
        let mut path = format!(
            "{list}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&fieldSelector=metadata.name%3D{}",
            encode(&object.name)
        );
        // Without a version the watch begins with what exists now: nothing is missed between GET and watch.
        if let Some(version) = &version {
            path.push_str("&resourceVersion=");
            path.push_str(&encode(version));
        }
        let limit = Duration::from_secs(WATCH_SECONDS + 30);
        let began = tokio::time::Instant::now();
        match tokio::time::timeout(limit, watch(teller, api, &path, &mut version)).await {
            Ok(Ok(())) | Err(_) => {}
            Ok(Err(stop)) => return Err(stop),
        }
        // A server that ends each watch at once must not be asked in a tight loop.
        if began.elapsed() < PAUSE.0 {
            return Ok(Stop::Poll);
        }
    }
}

/// One watch, to its end. Keeps `version` at what was last seen, so that the next one goes on from there.
async fn watch(teller: &mut Teller, api: &Api, path: &str, version: &mut Option<String>) -> Result<(), Stop> {
    let resource = teller.object.kind.resource().to_owned();
    let answer = match request::get(&api.client, path).await {
        Ok(answer) => answer,
        Err(Miss::Cut(problem)) => return Err(Stop::Trouble(problem)),
        Err(miss) => {
            return Err(match miss.status() {
                Some(StatusCode::GONE) => Stop::Again,
                Some(StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST) => {
                    Stop::Poll
                }
                _ => Stop::Trouble(miss.problem("watch", &resource)),
            });
        }
    };
    let status = answer.status();
    let mut body = answer.into_body();
    let mut buffer = Vec::new();
    while let Some(frame) = body.frame().await {
        // A watch that breaks is no trouble yet: the next GET tells whether the server is there.
        let Ok(frame) = frame else { return Err(Stop::Again) };
        let Ok(data) = frame.into_data() else { continue };
        for piece in data.split_inclusive(|b| *b == b'\n') {
            buffer.extend_from_slice(piece);
            if buffer.len() > LONGEST_EVENT {
                return Err(Stop::Poll);
            }
            if buffer.ends_with(b"\n") {
                let line = std::mem::take(&mut buffer);
                let Ok(event) = serde_json::from_slice::<Value>(&line) else {
                    return Err(Stop::Trouble(problem::of_answer(status, &line, "watch", &resource)));
                };
                apply(teller, event, version).await?;
            }
        }
    }
    Ok(())
}

/// One event of the watch.
async fn apply(teller: &mut Teller, mut event: Value, version: &mut Option<String>) -> Result<(), Stop> {
    let object = event.get_mut("object").map(Value::take).unwrap_or_default();
    let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind == "ERROR" {
        let code = object.get("code").and_then(Value::as_u64);
        if code == Some(410) {
            return Err(Stop::Again);
        }
        let status = code
            .and_then(|c| StatusCode::from_u16(c as u16).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = object.to_string();
        return Err(Stop::Trouble(problem::of_answer(
            status,
            body.as_bytes(),
            "watch",
            teller.object.kind.resource(),
        )));
    }
    if let Some(seen) = version_of(&object) {
        *version = Some(seen);
    }
    // Some servers ignore the field selector for kinds of their own.
    let ours = object.pointer("/metadata/name").and_then(Value::as_str) == Some(&*teller.object.name);
    match kind {
        "ADDED" | "MODIFIED" if ours => teller.tell_object(object).await?,
        "DELETED" if ours => teller.tell(Ok(None)).await?,
        _ => {}
    }
    Ok(())
}

fn version_of(object: &Value) -> Option<String> {
    let version = object.pointer("/metadata/resourceVersion")?.as_str()?;
    (!version.is_empty()).then(|| version.to_owned())
}

fn full_resource(object: &ObjectRef) -> String {
    match object.kind.group() {
        "" => object.kind.resource().to_owned(),
        group => format!("{}.{group}", object.kind.resource()),
    }
}

/// Makes every string of a document harmless to show; line breaks stay.
fn clean_value(value: &mut Value) {
    match value {
        Value::String(text) if text.bytes().all(|b| (0x20..0x7f).contains(&b)) => {}
        Value::String(text) => *text = clean_lines(text),
        Value::Array(items) => items.iter_mut().for_each(clean_value),
        Value::Object(map) => {
            if map.keys().any(|k| *clean(k) != **k) {
                *map = std::mem::take(map).into_iter().map(|(k, v)| (clean(&k).into_owned(), v)).collect();
            }
            map.values_mut().for_each(clean_value);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
