//! What pods and nodes use: `metrics.k8s.io`, asked again every half minute, because it cannot be
//! watched. Where the cluster has none, the kubelets' own summaries, if the configuration allows it. How full volumes
//! are is told by these alone.

mod kubelet;
mod samples;
pub mod volumes;

use std::time::Duration;

use tokio::sync::mpsc;

use self::samples::Shape;
use super::feed::request::{Failure, SILENCE, Target, Then, open};
use super::feed::{now, unreadable_body};
use super::stream::ListSplitter;
use super::{Api, Apis};
use crate::model::{EnvId, Fact, Kind, Problem, ProblemKind, Scope, Seen, ServedKind, UsageKey, UsageSample};
use crate::source::Task;

/// metrics-server has a new value every 15 s at best; half of them say what a person needs.
const PERIOD: Duration = Duration::from_secs(30);

/// The kubelets are asked one by one, so less often.
const KUBELET_PERIOD: Duration = Duration::from_secs(60);

/// After a refusal.
const ASK_AGAIN: Duration = Duration::from_secs(300);

/// No cluster has so many pods.
const MOST: usize = 500_000;

/// What to do where the cluster serves no metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Say so.
    None,
    /// Read the kubelets' summaries through `nodes/proxy`, a right that is close to `exec`.
    Kubelet,
}

/// Starts telling usage. It ends when the task is dropped.
pub fn spawn(env: EnvId, key: UsageKey, apis: Apis, fallback: Fallback, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(run(env, key, apis, fallback, facts))
}

async fn run(env: EnvId, key: UsageKey, mut apis: Apis, fallback: Fallback, facts: mpsc::Sender<Fact>) {
    loop {
        let api = match apis.wait_for(Option::is_some).await.map(|api| api.clone()) {
            Ok(Some(api)) => api,
            Ok(None) => continue,
            Err(_) => return,
        };
        let kind = Kind::of("metrics.k8s.io", if key == UsageKey::Nodes { "nodes" } else { "pods" });
        let served = api.served.iter().find(|s| s.kind == kind);
        let (answer, again) = match (served, fallback) {
            (Some(served), _) => (metrics(&api, served, &key).await, Some(PERIOD)),
            (None, Fallback::Kubelet) => (kubelet::usage(&api, &key).await, Some(KUBELET_PERIOD)),
            (None, Fallback::None) => (Err(none()), None),
        };
        let again = match &answer {
            Err(Failure { then: Then::Denied, .. }) => Some(ASK_AGAIN),
            _ => again,
        };
        let fact = Fact {
            env,
            at: now(),
            seen: Seen::Usage(key.clone(), answer.map_err(|failure| failure.problem)),
        };
        if facts.send(fact).await.is_err() {
            return;
        }
        // A new connection is asked at once only where something was wrong or missing: it is not news otherwise.
        match again {
            None => {
                if apis.changed().await.is_err() {
                    return;
                }
            }
            Some(ASK_AGAIN) => {
                let _ = tokio::time::timeout(ASK_AGAIN, apis.changed()).await;
            }
            Some(pause) => tokio::time::sleep(pause).await,
        }
    }
}

fn none() -> Failure {
    Failure {
        problem: Problem::new(ProblemKind::NotFound, "this cluster serves no metrics.k8s.io").hint("install metrics-server"),
        then: Then::Absent,
    }
}

async fn metrics(api: &Api, served: &ServedKind, key: &UsageKey) -> Result<Vec<UsageSample>, Failure> {
    let scope = match key {
        UsageKey::Pods(scope) => scope,
        UsageKey::Nodes => &Scope::All,
    };
    let target = Target::new(served, scope);
    let mut samples = Vec::new();
    let mut shape = Shape::default();
    each_item(api, &target, |bytes| samples.extend(shape.sample(bytes))).await?;
    Ok(samples)
}

/// Lists, and hands out each element while the answer arrives.
async fn each_item(api: &Api, target: &Target, mut each: impl FnMut(&[u8])) -> Result<(), Failure> {
    let mut chunks = open(&api.client, target, "", "application/json", "list").await?;
    let mut list = ListSplitter::default();
    let mut count = 0;
    loop {
        let chunk = match tokio::time::timeout(SILENCE, chunks.next()).await {
            Ok(next) => next?,
            Err(_) => return Err(Failure::silent("list", &target.resource, SILENCE)),
        };
        let Some(chunk) = chunk else { break };
        let split = list.feed(&chunk, |_, bytes| {
            count += 1;
            each(bytes);
        });
        split.map_err(|e| Failure::unreadable(e, &chunk, target))?;
        if count > MOST {
            return Err(Failure::retry(Problem::new(
                ProblemKind::BadAnswer,
                format!("the list of {} does not end", target.resource),
            )));
        }
    }
    let (array, envelope) = (list.array(), list.finish().map_err(|e| Failure::unreadable(e, b"", target))?);
    unreadable_body(array, &envelope, target)
}

#[cfg(test)]
mod tests;
