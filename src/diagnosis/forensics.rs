//! Why a container was restarted: each run that is known, how and after how long it ended, what it said last, what
//! happened around it, and whether there is a pattern.

mod exit;
mod pattern;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Diagnosis;
use super::explain::{Line, Meaning};
use super::sight::Sight;
use super::words::telling;
use crate::model::{
    Container, Event, EvidenceKind, Exit, Known, Lead, LogFrom, LogKey, LogLine, Object, ObjectRef, Role, TailKey, Time, Uid, Usage,
};
use crate::store::EnvStore;
pub use exit::meaning;
pub use pattern::span;

/// Runs that are told of.
const RUNS: usize = 10;

/// Lines of the last words of the newest run that is over.
const WORDS: usize = 5;

/// What happens so long before or after a run may have to do with its end (seconds).
const AROUND: i64 = 600;

/// Events that are told.
const EVENTS: usize = 6;

/// What is known of a container's restarts.
#[derive(Clone, Debug, PartialEq)]
pub struct Forensics {
    pub pod: ObjectRef,
    pub container: Arc<str>,
    pub restarts: u32,
    /// Runs that are over, the newest first.
    pub runs: Vec<Run>,
    /// What they have in common, in sentences.
    pub pattern: Vec<String>,
    /// `97Mi of 128Mi (76 %)`; `None` where there are no metrics.
    pub memory: Option<String>,
    /// Probes that failed, and what its node said, the newest first.
    pub around: Vec<Line>,
    /// The run whose last words are wanted.
    pub tail: Option<TailKey>,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The number of restarts before it.
    pub number: u32,
    pub exit: Exit,
    /// How long it lasted (seconds), if that is known.
    pub life: Option<i64>,
    /// What it said last: the lines of the newest run, the most telling one of the others.
    pub words: Vec<Box<str>>,
}

/// The container of a pod that most needs an explanation, if one has ended in a way that wants it.
pub fn troubled(pod: &Object) -> Option<&Container> {
    let ended = |c: &&Container| {
        let (_, exit) = c.ended()?;
        (c.role != Role::Ephemeral && (c.restarts > 0 || exit.code != 0)).then_some((!c.ready, c.restarts))
    };
    let containers = pod.body.pod()?.containers.iter();
    containers
        .filter_map(|c| Some((ended(&c)?, c)))
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, c)| c)
}

/// Looks into the restarts of a container. `None`: there is no such pod or container (any more).
pub fn forensics(diagnosis: &Diagnosis, seen: &EnvStore, pod: &ObjectRef, container: &str, now: Time) -> Option<Forensics> {
    let object = seen.find(pod)?;
    let body = object.body.pod()?;
    let container = body.containers.iter().find(|c| &*c.name == container)?;
    let sight = diagnosis.sight(seen, now);
    let runs = runs(seen, object, container);
    let ends: Vec<&Exit> = runs.iter().map(|run| &run.exit).collect();
    let begun = if body.started.is_known() {
        body.started
    } else {
        object.meta.created
    };
    Some(Forensics {
        pattern: pattern::of(&ends, container.restarts, begun, now),
        memory: memory(seen, object, container),
        around: around(&sight, object, &body.node, container, &runs),
        tail: tail(object, container),
        pod: pod.clone(),
        container: container.name.clone(),
        restarts: container.restarts,
        runs,
    })
}

/// What is known of its runs: from its status, and from what was seen end.
fn runs(seen: &EnvStore, pod: &Object, container: &Container) -> Vec<Run> {
    let mut ends: Vec<(u32, &Exit)> = seen
        .exits
        .of(pod.meta.uid, &container.name)
        .map(|ended| (ended.run, &ended.exit))
        .collect();
    for (run, exit) in container
        .ended()
        .into_iter()
        .chain(container.last.as_deref().map(|last| (container.restarts.saturating_sub(1), last)))
    {
        if !ends
            .iter()
            .any(|(_, other)| (other.started, other.finished) == (exit.started, exit.finished))
        {
            ends.push((run, exit));
        }
    }
    ends.sort_by_key(|(run, exit)| std::cmp::Reverse((exit.finished, *run)));
    ends.truncate(RUNS);
    let tails: Vec<(&TailKey, &[LogLine])> = seen
        .tails
        .of(pod.meta.uid)
        .filter(|(key, _)| key.container == container.name)
        .collect();
    let runs = ends.into_iter().enumerate().map(|(n, (number, exit))| Run {
        number,
        life: (exit.started.is_known() && exit.finished >= exit.started).then(|| exit.finished - exit.started),
        words: words_of(&tails, number, exit, n == 0),
        exit: exit.clone(),
    });
    runs.collect()
}

/// What a run said last, where it was fetched. The times of the lines tell whose they are better than a count does.
fn words_of(tails: &[(&TailKey, &[LogLine])], number: u32, exit: &Exit, newest: bool) -> Vec<Box<str>> {
    let during = |line: &LogLine| {
        let at = Time(line.nanos / 1_000_000_000);
        at >= exit.started && at <= exit.finished + 5
    };
    let own = tails
        .iter()
        .rev()
        .find(|(key, lines)| match lines.iter().rev().find(|line| line.nanos > 0) {
            Some(line) => during(line),
            None => key.run == number,
        });
    let Some((_, lines)) = own else { return Vec::new() };
    if !newest {
        return telling(lines).into_iter().map(String::into_boxed_str).collect();
    }
    let said: Vec<&LogLine> = lines.iter().filter(|line| !line.text.trim().is_empty()).collect();
    said.iter()
        .skip(said.len().saturating_sub(WORDS))
        .map(|line| line.text.trim_end().into())
        .collect()
}

/// The newest run that is over, as its last words are asked for.
pub fn tail(pod: &Object, container: &Container) -> Option<TailKey> {
    let (run, _) = container.ended()?;
    Some(TailKey {
        namespace: pod.meta.namespace.clone(),
        pod: (*pod.meta.name).into(),
        uid: pod.meta.uid,
        container: container.name.clone(),
        run,
        previous: !matches!(container.state, crate::model::State::Terminated(_)),
        look: 0,
    })
}

/// What it uses now, of what it may.
fn memory(seen: &EnvStore, pod: &Object, container: &Container) -> Option<String> {
    let sample = seen.pod_usage(&pod.meta.namespace, &pod.meta.name)?;
    let own = sample.containers.iter().find(|(name, _)| *name == container.name);
    // With one container the sample of the pod is that of the container.
    let alone = sample.containers.is_empty() && pod.body.pod().is_some_and(|pod| pod.containers.len() == 1);
    let usage: &Usage = own.map(|(_, usage)| usage).or(alone.then_some(&sample.total))?;
    usage.memory.get()?;
    let used = usage.memory.memory();
    let limit = container.memory_limit;
    Some(match usage.memory.percent_of(limit) {
        Some(percent) => format!("{used} of {} ({percent} %)", limit.memory()),
        None => format!("{used}, without a limit"),
    })
}

/// What the kubelet says of a container around its end.
const OF_CONTAINER: &[&str] = &[
    "Unhealthy",
    "ProbeWarning",
    "Killing",
    "OOMKilling",
    "Failed",
    "FailedPostStartHook",
    "Evicted",
];

/// What is said of a node that ends containers.
const OF_NODE: &[&str] = &[
    "SystemOOM",
    "OOMKilling",
    "Rebooted",
    "NodeNotReady",
    "NodeHasInsufficientMemory",
    "NodeHasDiskPressure",
    "NodeHasInsufficientPID",
    "EvictionThresholdMet",
    "KernelDeadlock",
];

/// Failed probes and news of the node around the runs that are known.
fn around(sight: &Sight<'_>, pod: &Object, node: &str, container: &Container, runs: &[Run]) -> Vec<Line> {
    let begun = runs.iter().map(|run| run.exit.finished + -AROUND).min();
    let Some((first, newest)) = begun.zip(runs.first().map(|run| run.exit.finished)) else {
        return Vec::new();
    };
    // What is said of a probe now matters as well, if there was no end after it yet.
    let matters = |event: &Event| event.last >= first && event.first <= newest.max(sight.now) + AROUND;
    let mut told: Vec<(&Event, Lead)> = Vec::new();
    let lead = Lead::Events(pod.reference(&Known::Pod.into()));
    let own = sight.events(pod).into_iter();
    told.extend(
        own.filter(|event| OF_CONTAINER.contains(&&*event.reason) && event.container().is_none_or(|name| name == &*container.name))
            .map(|event| (event, lead.clone())),
    );
    if let Some((object, _)) = sight.node(node) {
        let lead = Lead::Events(object.reference(&Known::Node.into()));
        let of_node = sight.node_events(object).into_iter();
        told.extend(
            of_node
                .filter(|event| OF_NODE.contains(&&*event.reason))
                .map(|event| (event, lead.clone())),
        );
    }
    told.retain(|(event, _)| matters(event));
    told.sort_by_key(|(event, _)| std::cmp::Reverse(event.last));
    let mut said: Vec<(Uid, String)> = Vec::new();
    let mut lines = Vec::new();
    for (event, lead) in told {
        // One of each sort: the same probe is told once, its answers differ in little.
        let sort = (
            event.object_uid,
            format!("{} {}", event.reason, event.message.split(':').next().unwrap_or_default()),
        );
        if said.contains(&sort) || lines.len() >= EVENTS {
            continue;
        }
        said.push(sort);
        let evidence = super::group::event_evidence(event, lead);
        lines.push(Line {
            role: Meaning::Shown(EvidenceKind::Event),
            text: evidence.text.into(),
            at: evidence.at,
            lead: evidence.lead,
        });
    }
    lines
}

impl Forensics {
    /// The log of its newest run that is over.
    pub fn log(&self) -> Option<Lead> {
        let key = self.tail.as_ref()?;
        Some(Lead::Log(LogKey {
            namespace: key.namespace.clone(),
            pod: key.pod.clone(),
            container: key.container.clone(),
            previous: key.previous,
            from: LogFrom::Tail(1000),
        }))
    }
}

impl Run {
    /// `exit 1 after 2s: the program ended itself with an error`
    pub fn sentence(&self) -> String {
        let life = self.life.map_or_else(String::new, |life| format!(" after {}", span(life)));
        let message = match self.exit.message.trim() {
            "" => String::new(),
            message => format!(" · it left word: {message}"),
        };
        format!("{}{life}: {}{message}", self.exit.why(), meaning(&self.exit))
    }
}
