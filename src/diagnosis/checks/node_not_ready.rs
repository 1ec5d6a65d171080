//! A node is silent: since when, when its pods will move by themselves, which will not, and whether they fit elsewhere.

use crate::diagnosis::group::event_evidence;
use crate::diagnosis::sight::Sight;
use crate::model::{
    ConditionStatus, Evidence, EvidenceKind, Finding, Known, Lead, Node, Object, Phase, Pod, Quantity, Severity, Subject, Time, condition,
    short_age,
};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut silent: Vec<(&Object, &Node)> = sight
        .all(Known::Node)
        .filter_map(|object| match &object.body {
            crate::model::Body::Node(node) if node.ready != ConditionStatus::True => Some((object, &**node)),
            _ => None,
        })
        // A node that is only joining is not silent yet.
        .filter(|(object, node)| {
            condition(&node.conditions, "Ready").is_some_and(|c| c.since.age(sight.now) > 0)
                && object.meta.created.age(sight.now) > super::super::PATIENCE
        })
        .collect();
    silent.sort_by(|a, b| a.0.meta.name.cmp(&b.0.meta.name));
    silent.into_iter().map(|(object, node)| finding(sight, object, node)).collect()
}

fn finding<'a>(sight: &Sight<'a>, object: &'a Object, node: &'a Node) -> Finding {
    let reference = object.reference(&Known::Node.into());
    let ready = condition(&node.conditions, "Ready");
    let since = ready.map_or(Time::NEVER, |c| c.since);
    let stands: Vec<(&Object, &Pod)> = pods(sight)
        .filter(|(_, pod)| *pod.node == *object.meta.name && !matches!(pod.phase, Phase::Succeeded | Phase::Failed))
        .collect();
    let fate = Fate::of(&stands, node.silent_since, sight.now);
    let word = match ready.map(|c| (c.status, &*c.reason)) {
        Some((ConditionStatus::Unknown, _)) => "is silent: its kubelet does not report",
        _ => "is not ready",
    };
    let pods_word = match stands.len() {
        0 => String::new(),
        1 => " · 1 pod".to_owned(),
        n => format!(" · {n} pods"),
    };
    let title = format!("{word}{pods_word}{}", fate.words(sight.now));
    let mut found = Finding::new(Severity::Critical, Subject::of(Known::Node, object), title)
        .since(since)
        .members(stands.iter().map(|(pod, _)| pod.meta.uid))
        .members(
            stands
                .iter()
                .filter_map(|(pod, _)| pod.meta.owner.as_deref())
                .filter(|owner| &*owner.kind == "ReplicaSet")
                .map(|owner| owner.uid),
        );
    if let Some(ready) = ready {
        let evidence = crate::diagnosis::group::condition_evidence(ready, Lead::Object(reference.clone()));
        found.evidence.push(evidence);
    }
    found.evidence.extend(
        fate.lines(sight.now)
            .into_iter()
            .map(|text| Evidence::new(EvidenceKind::Node, text, Time::NEVER)),
    );
    found.evidence.extend(room(sight, &stands));
    let events = sight.node_events(object);
    let told = events
        .iter()
        .find(|e| matches!(&*e.reason, "NodeNotReady" | "Rebooted" | "KernelDeadlock" | "Starting"));
    found
        .evidence
        .extend(told.map(|event| event_evidence(event, Lead::Events(reference))));
    found.evidence.extend(machine(node));
    found
}

fn pods<'a>(sight: &Sight<'a>) -> impl Iterator<Item = (&'a Object, &'a Pod)> + use<'a> {
    sight.all(Known::Pod).filter_map(|object| Some((object, object.body.pod()?)))
}

/// What sort of thing makes this pod.
fn owner(pod: &Object) -> Option<&str> {
    pod.meta.owner.as_deref().map(|owner| &*owner.kind)
}

/// What becomes of the pods of a silent node.
struct Fate {
    /// When the first and the last of those that will be given up are.
    moves: Option<(Time, Time)>,
    moving: usize,
    /// Being deleted already.
    leaving: usize,
    /// Of daemon sets, and the node's own.
    bound: usize,
    /// Given up, but not made anew: nothing owns them.
    bare: Vec<String>,
    /// Of stateful sets: not made anew before the node is back or gone.
    stateful: Vec<String>,
}

impl Fate {
    fn of(pods: &[(&Object, &Pod)], silent_since: Time, now: Time) -> Self {
        let mut fate = Self {
            moves: None,
            moving: 0,
            leaving: 0,
            bound: 0,
            bare: Vec::new(),
            stateful: Vec::new(),
        };
        for (object, pod) in pods {
            if object.meta.deleting.is_known() {
                fate.leaving += 1;
            }
            match (owner(object), pod.unready_tolerance) {
                (Some("DaemonSet" | "Node"), _) | (_, None) => fate.bound += 1,
                (Some("StatefulSet"), _) => fate.stateful.push(object.meta.name.to_string()),
                (None, _) => fate.bare.push(object.meta.name.to_string()),
                (Some(_), Some(seconds)) => {
                    fate.moving += 1;
                    if !silent_since.is_known() || object.meta.deleting.is_known() {
                        continue;
                    }
                    let at = silent_since + i64::from(seconds);
                    let (first, last) = fate.moves.unwrap_or((at, at));
                    fate.moves = Some((first.min(at), last.max(at)));
                }
            }
        }
        if fate.moves.is_some_and(|(_, last)| last < now) && fate.leaving >= fate.moving {
            fate.moves = None;
        }
        fate
    }

    /// For the title: `, moving by themselves at 03:17:40`.
    fn words(&self, now: Time) -> String {
        match self.moves {
            Some((first, _)) if first > now => format!(" · they move at {} (in {})", clock(first), precise(first - now)),
            Some(_) => " · they are being moved".to_owned(),
            None if self.leaving > 0 => format!(" · {} given up, to be made elsewhere", self.leaving),
            None => String::new(),
        }
    }

    fn lines(&self, now: Time) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some((first, last)) = self.moves {
            let pods = if self.moving == 1 {
                "1 pod moves".to_owned()
            } else {
                format!("{} pods move", self.moving)
            };
            let when = if first > now {
                format!("{} (in {})", clock(first), precise(first - now))
            } else {
                format!("{} ({} ago)", clock(first), short_age(first.age(now)))
            };
            let until = if last > first {
                format!(", the last at {}", clock(last))
            } else {
                String::new()
            };
            lines.push(format!("{pods} to other nodes by themselves, from {when}{until}"));
        }
        if self.leaving > 0 {
            lines.push(format!(
                "{} of its pods are given up; they stay Terminating until the node is back or its object is deleted",
                self.leaving
            ));
        }
        if !self.stateful.is_empty() {
            lines.push(format!(
                "of stateful sets, and not made anew while the node may still run them: {}",
                self.stateful.join(", ")
            ));
        }
        if !self.bare.is_empty() {
            lines.push(format!("owned by nothing, and so not made anew: {}", self.bare.join(", ")));
        }
        if self.bound > 0 {
            lines.push(format!("{} bound to it (daemon sets and the like) stay where they are", self.bound));
        }
        lines
    }
}

/// `03:17:40Z`
fn clock(at: Time) -> String {
    let day = at.0.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}Z", day / 3600, day / 60 % 60, day % 60)
}

/// `2m10s`: when something is about to happen, seconds count.
fn precise(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < 60 => format!("{s}s"),
        s if s < 3600 => format!("{}m{:02}s", s / 60, s % 60),
        s => format!("{}h{:02}m", s / 3600, s / 60 % 60),
    }
}

/// Whether the pods that wait, and those still to come, fit on the nodes that are left, as far as cpu, memory and
/// number go. Selectors, affinity and taints may forbid what would fit.
fn room(sight: &Sight<'_>, lost: &[(&Object, &Pod)]) -> Option<Evidence> {
    // Nothing was on it: then whoever waits does not wait for it.
    if lost.is_empty() {
        return None;
    }
    struct Space {
        cpu: i64,
        memory: i64,
        pods: i64,
    }
    let asks = |pod: &Pod| {
        let milli = |q: Quantity| q.get().unwrap_or(0);
        (milli(pod.total(|c| c.cpu_request)), milli(pod.total(|c| c.memory_request)))
    };
    let mut spaces: std::collections::HashMap<&str, Space> = sight
        .all(Known::Node)
        .filter_map(|object| match &object.body {
            crate::model::Body::Node(node)
                if node.ready == ConditionStatus::True
                    && !node.unschedulable
                    && !node.taints.iter().any(|t| t.ends_with(":NoSchedule")) =>
            {
                let space = Space {
                    cpu: node.cpu.get().unwrap_or(0),
                    memory: node.memory.get().unwrap_or(0),
                    pods: i64::from(node.pods),
                };
                Some((&*object.meta.name, space))
            }
            _ => None,
        })
        .collect();
    let mut waiting = Vec::new();
    for (object, pod) in pods(sight) {
        if matches!(pod.phase, Phase::Succeeded | Phase::Failed) {
            continue;
        }
        let (cpu, memory) = asks(pod);
        if let Some(space) = spaces.get_mut(&*pod.node) {
            space.cpu -= cpu;
            space.memory -= memory;
            space.pods -= 1;
        } else if pod.node.is_empty() && !object.meta.deleting.is_known() && owner(object) != Some("DaemonSet") {
            waiting.push((cpu, memory));
        }
    }
    let to_come = lost
        .iter()
        .filter(|(object, pod)| {
            let replaced = object.meta.deleting.is_known();
            !replaced && pod.unready_tolerance.is_some() && !matches!(owner(object), None | Some("DaemonSet" | "Node" | "StatefulSet"))
        })
        .map(|(_, pod)| asks(pod));
    waiting.extend(to_come);
    if waiting.is_empty() {
        return None;
    }
    // The largest first, each where most is left.
    waiting.sort_by(|a, b| b.cmp(a));
    let all = waiting.len();
    let fitting = waiting
        .into_iter()
        .filter(|(cpu, memory)| {
            let best = spaces
                .values_mut()
                .filter(|s| s.cpu >= *cpu && s.memory >= *memory && s.pods >= 1)
                .max_by_key(|s| (s.cpu, s.memory));
            let Some(space) = best else { return false };
            space.cpu -= cpu;
            space.memory -= memory;
            space.pods -= 1;
            true
        })
        .count();
    let text = if fitting == all {
        format!("the other nodes have room for all {all} pods that wait or will have to move (cpu, memory, number of pods)")
    } else {
        format!("the other nodes have room for {fitting} of the {all} pods that wait or will have to move (cpu, memory, number of pods)")
    };
    Some(Evidence::new(EvidenceKind::Node, text, Time::NEVER))
}

/// The machine behind it, with a line that asks its owner.
fn machine(node: &Node) -> Option<Evidence> {
    let rest = node.provider_id.strip_prefix("aws://")?;
    let mut parts = rest.trim_start_matches('/').rsplit('/');
    let (instance, zone) = (parts.next()?, parts.next());
    let known = instance
        .strip_prefix("i-")
        .is_some_and(|id| id.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !known {
        return None;
    }
    // `eu-west-3a` lies in `eu-west-3`.
    let region = zone
        .map(|zone| zone.trim_end_matches(|c: char| c.is_ascii_lowercase()))
        .filter(|region| region.contains('-') && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        .map_or_else(String::new, |region| format!(" --region {region}"));
    let line = format!("aws ec2 describe-instance-status --instance-ids {instance} --include-all-instances{region}");
    let evidence = Evidence::new(EvidenceKind::Node, format!("instance {instance}: {line}"), Time::NEVER);
    Some(evidence.lead(Lead::Command(line.into())))
}
