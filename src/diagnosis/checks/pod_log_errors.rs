//! After a rollout the new pods are ready, and their logs are full of errors: Kubernetes sees nothing wrong with them.
//!
//! Logs cost the cluster something, so only the newest pods of what was rolled out lately are listened to, and only to
//! their last lines every two minutes.

use crate::diagnosis::group::served;
use crate::diagnosis::sight::{Sight, workload};
use crate::diagnosis::words::{self, Errors};
use crate::model::{
    Confidence, Evidence, EvidenceKind, Finding, Known, Lead, LogFrom, LogKey, Object, Role, Severity, Subject, TailKey, shorten,
};

/// A rollout is listened to for so long (seconds).
const LATELY: i64 = 3600;
/// Programs need a moment to start; what they say then is not yet how they go (seconds).
const SETTLED: i64 = 60;
/// Seconds from one look to the next.
const LOOK: i64 = 120;
/// Rollouts that are listened to at the same time, and pods of each.
const MOST: (usize, usize) = (4, 2);
/// So many errors are no accident, if they are so large a part of what is said (percent).
const ERRORS: (usize, usize) = (3, 10);

/// A pod of a new revision, whose log is looked at.
pub struct Listened<'a> {
    pub deployment: &'a Object,
    pub set: &'a Object,
    pub pod: &'a Object,
    pub tail: TailKey,
}

/// The pods that are listened to at this moment, those of the newest rollout first.
pub fn listened<'a>(sight: &Sight<'a>) -> Vec<Listened<'a>> {
    let mut sets: Vec<&Object> = sight
        .all(Known::ReplicaSet)
        .filter(|set| set.meta.created.age(sight.now) < LATELY && set.meta.created.is_known())
        .filter(|set| workload(set).is_some_and(|w| w.revision > 1 && w.ready > 0))
        .collect();
    sets.sort_by_key(|set| (std::cmp::Reverse(set.meta.created), set.meta.uid));
    let rolled = sets.into_iter().filter_map(|set| {
        let (known, deployment) = sight.owner(set)?;
        let newest = sight
            .revisions(deployment)
            .first()
            .is_some_and(|(newest, _)| newest.meta.uid == set.meta.uid);
        (known == Known::Deployment && newest).then_some((deployment, set))
    });
    rolled
        .take(MOST.0)
        .flat_map(|(deployment, set)| pods(sight, deployment, set))
        .collect()
}

fn pods<'a>(sight: &Sight<'a>, deployment: &'a Object, set: &'a Object) -> Vec<Listened<'a>> {
    let tail = |pod: &'a Object| {
        let body = pod.body.pod()?;
        let age = pod.meta.created.age(sight.now);
        let container = body.containers.iter().find(|c| c.role == Role::Main)?;
        (container.ready && age >= SETTLED && !pod.meta.deleting.is_known()).then(|| Listened {
            deployment,
            set,
            pod,
            tail: TailKey {
                namespace: pod.meta.namespace.clone(),
                pod: (*pod.meta.name).into(),
                uid: pod.meta.uid,
                container: container.name.clone(),
                run: container.restarts,
                previous: false,
                look: u32::try_from(1 + age / LOOK).unwrap_or(1),
            },
        })
    };
    sight.children(set).into_iter().filter_map(tail).take(MOST.1).collect()
}

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let listened = listened(sight);
    let mut findings = Vec::new();
    for group in listened.chunk_by(|a, b| a.set.meta.uid == b.set.meta.uid) {
        findings.extend(judge(sight, group));
    }
    findings
}

/// The pods of one rollout.
fn judge(sight: &Sight<'_>, group: &[Listened<'_>]) -> Option<Finding> {
    let heard = group
        .iter()
        .filter_map(|l| Some((l, words::errors(sight.seen.tails.newest(&l.tail)?))));
    let ill: Vec<(&Listened, Errors)> = heard
        .filter(|(_, errors)| errors.count >= ERRORS.0 && errors.count * 100 >= errors.of * ERRORS.1)
        .collect();
    let (lead, errors) = ill.iter().max_by_key(|(_, errors)| errors.count)?;
    let w = workload(lead.deployment)?;
    let (said, _) = errors.said.first()?;
    let (who, are) = if ill.len() == 1 {
        ("a new pod logs", "it is")
    } else {
        ("new pods log", "they are")
    };
    let title = format!(
        "{who} errors since the rollout of revision {}, ready as {are} · {}",
        w.revision,
        shorten(said, 100)
    );
    let quote = |(message, times): &(String, usize)| {
        let times = if *times > 1 { format!("{times}× ") } else { String::new() };
        let text = format!("{times}{}", shorten(message, 160));
        let log = LogKey {
            namespace: lead.tail.namespace.clone(),
            pod: lead.tail.pod.clone(),
            container: lead.tail.container.clone(),
            previous: false,
            from: LogFrom::Tail(1000),
        };
        Evidence::new(EvidenceKind::Log, text, errors.first).lead(Lead::Log(log))
    };
    let share = Evidence::new(
        EvidenceKind::Condition,
        format!(
            "{} of the last {} lines of pod {} are errors; {} of {} pods serve",
            errors.count,
            errors.of,
            lead.pod.meta.name,
            served(w.kind, w.available, w.ready),
            w.desired
        ),
        errors.first,
    );
    let finding = Finding::new(Severity::Warning, Subject::of(Known::Deployment, lead.deployment), title)
        .since(errors.first)
        .confidence(Confidence::Medium)
        .members(ill.iter().map(|(l, _)| l.pod.meta.uid))
        .members([lead.set.meta.uid])
        // What else is known to be wrong with it is why they are logged.
        .depends([lead.deployment.meta.uid])
        .evidence(errors.said.iter().take(3).map(quote).chain([share]));
    Some(finding)
}
