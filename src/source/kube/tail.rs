//! The last words of a container whose run is over: one request, told once.
//!
//! The node keeps the log of the newest run that is over and of no older one, so the answer is worth having soon. A
//! crash of many pods asks for many at once; those of one environment take turns.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use tokio::sync::{Semaphore, mpsc};

use super::feed::pause::Backoff;
use super::log::Outcome;
use super::log::ask::meaning;
use super::request::{Miss, PATIENCE, encode, get, now};
use super::{Api, Apis};
use crate::model::{EnvId, Fact, LogFrom, LogKey, LogLine, Problem, ProblemKind, Seen, TailKey};
use crate::redact::{LineMask, Mask};
use crate::source::Task;
use crate::source::lines::{NO_LOG, Raw, Splitter};

/// Requests of one environment at the same time.
const AT_ONCE: usize = 4;
/// Lines that are asked for.
const LINES: u32 = 40;
/// Bytes that are asked for: lines may be long.
const BYTES: usize = 64 << 10;

/// The turns that the tails of one environment take.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Tells the last lines of a run, once, and ends.
pub fn spawn(env: EnvId, key: TailKey, apis: Apis, turns: Turns, mask: Mask, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(async move {
        let Some(lines) = fetch(&key, apis, &turns, &mask, &facts).await else {
            return;
        };
        let fact = Fact {
            env,
            at: now(),
            seen: Seen::Tail(key, lines),
        };
        // Nobody listens any more: then nobody misses it.
        let _ = facts.send(fact).await;
    })
}

/// Asks until there is an answer; `None`: there is nobody to tell it to, or no link to wait for.
async fn fetch(
    key: &TailKey,
    mut apis: Apis,
    turns: &Turns,
    mask: &Mask,
    facts: &mpsc::Sender<Fact>,
) -> Option<Result<Vec<LogLine>, Problem>> {
    let mut backoff = Backoff::default();
    loop {
        let api = apis.wait_for(Option::is_some).await.ok()?.clone();
        let Some(api) = api else { continue };
        apis.mark_unchanged();
        // The turn ends with the request: who waits for a server to get well must not hold up the others.
        let answer = {
            let _turn = turns.0.acquire().await.ok()?;
            tokio::time::timeout(PATIENCE, read(&api, key, mask)).await
        };
        if let Ok(Ok(told)) = answer {
            return Some(told);
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.next()) => {}
            () = facts.closed() => return None,
            changed = apis.changed() => changed.ok()?,
        }
    }
}

/// The server or the connection to it is at fault: asking again may help.
struct Again;

/// One request, from its first byte to its end.
async fn read(api: &Api, key: &TailKey, mask: &Mask) -> Result<Result<Vec<LogLine>, Problem>, Again> {
    let mut body = match get(&api.client, &path(key)).await {
        Ok(answer) => answer.into_body(),
        Err(miss) => return refusal(&miss, key).map(Err),
    };
    let mut splitter = Splitter::default();
    let mut mask = LineMask::with(mask);
    let mut lines = Vec::new();
    let mut lost = None;
    let mut size = 0;
    let mut take = |line: &[u8], cutting| {
        let raw = Raw::parse(line, cutting);
        let line = raw.read(&mut mask);
        if raw.nanos == 0 && raw.bytes().starts_with(NO_LOG) {
            lost = Some(Problem::new(ProblemKind::NotFound, &line.text).hint("the node has thrown this log away"));
        } else {
            lines.push(line);
        }
    };
    // A server that minds no limit is not read to its end.
    while size <= 2 * BYTES
        && let Some(frame) = body.frame().await
    {
        let data = frame.map_err(|_| Again)?.into_data().unwrap_or_default();
        size += data.len();
        splitter.push(&data, &mut take);
    }
    splitter.finish(&mut take);
    Ok(match lost {
        Some(problem) => Err(problem),
        None => Ok(lines),
    })
}

fn path(key: &TailKey) -> String {
    let previous = if key.previous { "&previous=true" } else { "" };
    format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&tailLines={LINES}&limitBytes={BYTES}&timestamps=true{previous}",
        encode(&key.namespace),
        encode(&key.pod),
        encode(&key.container)
    )
}

/// What a refusal means: a problem to be told, or asking again.
fn refusal(miss: &Miss, key: &TailKey) -> Result<Problem, Again> {
    let log = LogKey {
        namespace: key.namespace.clone(),
        pod: key.pod.clone(),
        container: key.container.clone(),
        previous: key.previous,
        from: LogFrom::Tail(LINES),
    };
    match meaning(miss, &log, &key.container) {
        Outcome::Gone => Ok(Problem::new(ProblemKind::NotFound, format!("there is no pod {}", key.pod))),
        // A new login brings a new connection, which is waited for.
        Outcome::Refused(problem) if problem.kind == ProblemKind::Login => Err(Again),
        Outcome::Refused(problem) | Outcome::Hopeless(problem) | Outcome::NotYet(problem) | Outcome::Lost(problem) => Ok(problem),
        Outcome::Trouble(problem) if miss.status().is_some_and(|status| status.as_u16() == 404) => Ok(problem),
        Outcome::Trouble(_) | Outcome::Broken(_) | Outcome::Complete | Outcome::Stalled => Err(Again),
    }
}

#[cfg(test)]
mod tests;
