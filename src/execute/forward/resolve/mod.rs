//! From what was asked for to a pod and its port.
//!
//! A service and a workload lead to the newest pod of theirs that is ready. A pod leads to itself; when it goes, its
//! controller's pods take its place, but for a stateful set's, which comes back under the same name.

mod answer;
mod choose;

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use self::answer::{Document, Owner, PodDoc, Pods, ServiceDoc, WorkloadDoc};
use self::choose::{Choice, pick};
use crate::action::forward::ForwardSpec;
use crate::model::{Known, Problem, ProblemKind};
use crate::source::kube::{Api, client, encode, problem};

/// How long the API server may take for one answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// So long what was found is believed without looking again.
const BELIEVED: Duration = Duration::from_millis(500);
/// So long it is not asked again after a failure: connections that come at once share the answer.
const SPARED: Duration = Duration::from_millis(400);

/// Where connections go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub pod: String,
    pub uid: String,
    /// A container's port for each port that was asked for.
    pub ports: Vec<u16>,
    /// What each of them is called here where nobody says otherwise: the service's number, or the container's.
    pub here: Vec<u16>,
    pub is_ready: bool,
    /// What there is to know about the choice.
    pub note: Option<String>,
}

/// Finds the pod of a forward, and remembers it.
#[derive(Debug)]
pub struct Resolver {
    state: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    found: Option<(Target, Instant)>,
    failed: Option<(Problem, Instant)>,
    /// Of a forward to a pod: who makes another one when it goes.
    heir: Option<Heir>,
}

/// Who takes the place of a pod that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Heir {
    /// Nobody, or a pod of the same name.
    Itself,
    Controller(Known, String),
}

/// Whether what is remembered is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What is remembered, however old; the caller looks again by [`Resolver::confirm`].
    Remembered,
    /// The cluster is asked.
    Again,
}

impl Resolver {
    pub fn new() -> Self {
        Self {
            state: Mutex::new(Remembered::default()),
        }
    }

    /// The pod to go to.
    ///
    /// # Errors
    /// [`ProblemKind::NotFound`] where there is no such object; [`ProblemKind::Config`] where it leads to no pod or has no such
    /// port; [`ProblemKind::Unreachable`] where no pod of it runs now; else what the API server said.
    pub async fn target(&self, api: &Api, spec: &ForwardSpec, look: Look) -> Result<Target, Problem> {
        let mut state = self.state.lock().await;
        if let (Look::Remembered, Some((target, _))) = (look, &state.found) {
            return Ok(target.clone());
        }
        if let Some((problem, at)) = &state.failed
            && at.elapsed() < SPARED
        {
            return Err(problem.clone());
        }
        match resolve(api, spec, &mut state.heir).await {
            Ok(target) => {
                state.found = Some((target.clone(), Instant::now()));
                state.failed = None;
                Ok(target)
            }
            Err(problem) => {
                state.found = None;
                state.failed = Some((problem.clone(), Instant::now()));
                Err(problem)
            }
        }
    }

    /// Whether a target that was remembered still is one. It is looked at again only when that is a while ago; `None`: it was not.
    pub async fn confirm(&self, api: &Api, spec: &ForwardSpec, target: &Target) -> Option<Verdict> {
        {
            let mut state = self.state.lock().await;
            match &mut state.found {
                Some((found, at)) if found == target && at.elapsed() < BELIEVED => return None,
                // Others believe it meanwhile: one looks for all.
                Some((found, at)) if found == target => *at = Instant::now(),
                _ => return Some(Verdict::Gone),
            }
        }
        Some(match pod(api, &spec.namespace, &target.pod).await {
            Ok(pod) if pod.metadata.uid == target.uid && !pod.is_over() => {
                if pod.is_ready() == target.is_ready {
                    return Some(Verdict::Holds);
                }
                self.forget(target).await;
                // One that is not ready any more is left where there may be another.
                match target.is_ready && spec.kind != Known::Pod {
                    true => Verdict::Gone,
                    false => Verdict::Holds,
                }
            }
            // Who may not look, or gets no answer, finds out by connecting.
            Err(problem) if problem.kind != ProblemKind::NotFound => Verdict::Holds,
            _ => {
                self.forget(target).await;
                Verdict::Gone
            }
        })
    }

    /// What is remembered led nowhere.
    pub async fn forget(&self, target: &Target) {
        let mut state = self.state.lock().await;
        if state.found.as_ref().is_some_and(|(found, _)| found == target) {
            state.found = None;
        }
    }
}

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    /// Its pod is gone, going, not ready any more, or another.
    Gone,
}

async fn resolve(api: &Api, spec: &ForwardSpec, heir: &mut Option<Heir>) -> Result<Target, Problem> {
    match spec.kind {
        Known::Pod => of_pod(api, spec, heir).await,
        Known::Service => {
            let service: ServiceDoc = object(api, spec, Known::Service, &spec.name).await?;
            let labels = service.labels().ok_or_else(|| {
                let text = format!("service {} selects no pods", spec.name);
                Problem::new(ProblemKind::Config, text).hint("forward to a pod, or to what its endpoints name")
            })?;
            target(spec, of_labels(api, spec, &labels).await?, Some(&service))
        }
        kind => target(spec, of_workload(api, spec, kind, &spec.name).await?, None),
    }
}

/// The pod itself; when it is gone, one of whoever made it.
async fn of_pod(api: &Api, spec: &ForwardSpec, heir: &mut Option<Heir>) -> Result<Target, Problem> {
    let gone = match pod(api, &spec.namespace, &spec.name).await {
        Ok(pod) => {
            if heir.is_none() {
                *heir = Some(heir_of(api, spec, pod.metadata.controller()).await);
            }
            match pod.is_over() {
                false => return target(spec, Choice::only(pod)?, None),
                true => Problem::new(ProblemKind::Unreachable, format!("pod {} has ended", spec.name)),
            }
        }
        Err(problem) => problem,
    };
    match heir {
        Some(Heir::Controller(kind, name)) => {
            let chosen = of_workload(api, spec, *kind, name).await?;
            let kind = kind.info().name.to_lowercase();
            let note = format!(
                "{} is gone; {} of {kind} {name} took its place",
                spec.name, chosen.pod.metadata.name
            );
            Ok(Target {
                note: Some(note),
                ..target(spec, chosen, None)?
            })
        }
        // It was there: another of its name may come.
        Some(Heir::Itself) if gone.kind == ProblemKind::NotFound => {
            Err(Problem::new(ProblemKind::Unreachable, format!("pod {} is gone", spec.name)).hint("waiting for another of its name"))
        }
        _ => Err(gone),
    }
}

/// Who makes another pod when this one goes: of a replica set its deployment, because the next one may be of another set.
async fn heir_of(api: &Api, spec: &ForwardSpec, owner: Option<&Owner>) -> Heir {
    let known = owner.and_then(|owner| Some((Known::find(owner.group(), &owner.resource())?, owner.name.clone())));
    match known {
        Some((Known::ReplicaSet, name)) => {
            let set: Result<WorkloadDoc, Problem> = object(api, spec, Known::ReplicaSet, &name).await;
            let above = set
                .ok()
                .and_then(|set| set.metadata.controller().map(|owner| (owner.kind.clone(), owner.name.clone())));
            match above {
                Some((kind, name)) if kind == "Deployment" => Heir::Controller(Known::Deployment, name),
                _ => Heir::Controller(Known::ReplicaSet, name),
            }
        }
        Some((kind @ (Known::DaemonSet | Known::Job), name)) => Heir::Controller(kind, name),
        _ => Heir::Itself,
    }
}

async fn of_workload(api: &Api, spec: &ForwardSpec, kind: Known, name: &str) -> Result<Choice, Problem> {
    let workload: WorkloadDoc = object(api, spec, kind, name).await?;
    let labels = workload.labels().ok_or_else(|| {
        let kind = kind.info().name.to_lowercase();
        Problem::new(ProblemKind::Config, format!("{kind} {name} selects no pods"))
    })?;
    of_labels(api, spec, &labels).await
}

/// The best pod with these labels.
async fn of_labels(api: &Api, spec: &ForwardSpec, labels: &str) -> Result<Choice, Problem> {
    let query = format!("?limit=500&labelSelector={}", encode(labels));
    let path = format!("/api/v1/namespaces/{}/pods{query}", spec.namespace);
    let pods: Pods = get(api, &path, "list", "pods").await?;
    let count = pods.items.len();
    pick(pods.items).ok_or_else(|| {
        let text = match count {
            0 => format!("{} has no pods", spec.object()),
            _ => format!("none of the {count} pods of {} runs", spec.object()),
        };
        Problem::new(ProblemKind::Unreachable, text)
    })
}

fn target(spec: &ForwardSpec, chosen: Choice, service: Option<&ServiceDoc>) -> Result<Target, Problem> {
    let (mut ports, mut here) = (Vec::new(), Vec::new());
    for port in &spec.ports {
        let (near, there) = match service {
            Some(service) => service.port(&port.remote, &chosen.pod)?,
            None => {
                let number = chosen.pod.port(&port.remote)?;
                (number, number)
            }
        };
        ports.push(there);
        here.push(near);
    }
    let note = (!chosen.is_ready).then(|| format!("{} is not ready", chosen.pod.metadata.name));
    Ok(Target {
        pod: chosen.pod.metadata.name,
        uid: chosen.pod.metadata.uid,
        ports,
        here,
        is_ready: chosen.is_ready,
        note,
    })
}

async fn pod(api: &Api, namespace: &str, name: &str) -> Result<PodDoc, Problem> {
    get(api, &format!("/api/v1/namespaces/{namespace}/pods/{name}"), "get", "pods").await
}

async fn object<T: Document>(api: &Api, spec: &ForwardSpec, kind: Known, name: &str) -> Result<T, Problem> {
    let info = kind.info();
    let root = match info.group {
        "" => "/api/v1".to_owned(),
        group => format!("/apis/{group}/v1"),
    };
    let path = format!("{root}/namespaces/{}/{}/{name}", spec.namespace, info.resource);
    get(api, &path, "get", info.resource).await
}

async fn get<T: Document>(api: &Api, path: &str, verb: &str, resource: &str) -> Result<T, Problem> {
    let answer = client::get(&api.client, path, "application/json", None, DEADLINE).await?;
    if !answer.status.is_success() {
        return Err(problem::of_answer(answer.status, &answer.body, verb, resource));
    }
    serde_json::from_slice(&answer.body).map_err(|_| problem::of_answer(answer.status, &[], verb, resource))
}

#[cfg(test)]
mod tests;
