//! What the API server refused to make, and whose wish it was: of quotas and webhooks there is no other trace.

use std::collections::BTreeSet;

use super::PATIENCE;
use super::group::{condition_evidence, event_evidence, holds, open, served};
use super::sight::{Sight, workload};
use crate::model::{Body, ConditionStatus, Event, Evidence, EvidenceKind, Finding, Known, Lead, Object, Severity, Time, Uid, condition};

/// How the server begins when a quota does not allow it.
pub const QUOTA: &str = "exceeded quota: ";

/// How it begins when a webhook that it has to ask does not answer.
pub const WEBHOOK: &str = "failed calling webhook \"";

/// What was refused longer ago than this is over (seconds): controllers try again more often.
const RECENT: i64 = 3600;

/// The same, where nothing but the event tells (seconds).
const RECENT_ALONE: i64 = 5 * PATIENCE;

/// Whether an event tells of such a refusal.
pub fn tells(event: &Event) -> bool {
    event.warning && (event.message.contains(WEBHOOK) || event.message.contains(QUOTA))
}

/// One thing that was refused, and is still missing.
pub struct Refusal<'a> {
    /// Who wanted it, where that can be looked at.
    pub owner: Option<(Known, &'a Object)>,
    pub namespace: &'a str,
    pub message: &'a str,
    /// Whether it was a pod.
    pub pods: bool,
    pub since: Time,
    pub last: Time,
    pub evidence: Evidence,
}

/// What was refused with these words, the newest first.
pub fn refusals<'a>(sight: &Sight<'a>, words: &str) -> Vec<Refusal<'a>> {
    let mut found: Vec<Refusal> = sight
        .refused()
        .into_iter()
        .filter(|(_, event)| event.message.contains(words) && event.last.age(sight.now) < RECENT)
        .filter_map(|(object, event)| told(sight, object, event))
        .collect();
    for known in [Known::Deployment, Known::ReplicaSet] {
        for object in sight.suspects(known) {
            let failure = workload(object).and_then(|w| holds(&w.conditions, "ReplicaFailure", ConditionStatus::True));
            let Some(failure) = failure.filter(|c| c.message.contains(words)) else {
                continue;
            };
            if lacks(sight, object, failure.since) {
                found.push(Refusal {
                    owner: Some((known, object)),
                    namespace: &object.meta.namespace,
                    message: &failure.message,
                    pods: true,
                    since: failure.since,
                    last: failure.since,
                    evidence: condition_evidence(failure, open(known, object)),
                });
            }
        }
    }
    found.sort_by_key(|refusal| std::cmp::Reverse(refusal.last));
    found
}

fn told<'a>(sight: &Sight<'a>, object: &'a Object, event: &'a Event) -> Option<Refusal<'a>> {
    let known = Known::of_kind(&event.kind).filter(|known| sight.knows(*known));
    let owner = match known {
        Some(known) => Some((known, sight.get(known, event.object_uid)?)),
        None => None,
    };
    let missing = match owner {
        Some((_, owner)) => lacks(sight, owner, event.last),
        None => event.last.age(sight.now) < RECENT_ALONE,
    };
    missing.then(|| Refusal {
        owner,
        namespace: &object.meta.namespace,
        message: &event.message,
        pods: &*event.reason == "FailedCreate" && owner.is_none_or(|(known, _)| known != Known::CronJob),
        since: event.first,
        last: event.last,
        evidence: match owner {
            Some((known, owner)) => event_evidence(event, Lead::Events(owner.reference(&known.into()))),
            None => event_evidence(event, open(Known::Event, object)),
        },
    })
}

/// Whether an object still lacks what it was refused.
fn lacks(sight: &Sight<'_>, object: &Object, last: Time) -> bool {
    if object.meta.deleting.is_known() {
        return false;
    }
    match &object.body {
        Body::Workload(w) => w.current < w.desired || (w.kind == Known::Deployment && w.updated < w.desired),
        Body::Job(job) => {
            let over = ["Complete", "Failed"]
                .iter()
                .any(|name| condition(&job.conditions, name).is_some_and(|c| c.status == ConditionStatus::True));
            !over && !job.suspended && (job.active == 0 || last.age(sight.now) < RECENT_ALONE)
        }
        Body::CronJob(cron) => !cron.suspended && last > cron.last_scheduled,
        _ => last.age(sight.now) < RECENT_ALONE,
    }
}

impl<'a> Refusal<'a> {
    /// Its owner and what stands above: what is wrong with them is this.
    fn members(&self, sight: &Sight<'a>) -> Vec<Uid> {
        let Some((known, owner)) = self.owner else { return Vec::new() };
        let (_, top) = sight.top(known, owner);
        vec![owner.meta.uid, top.meta.uid, sight.top_subject(known, owner).uid]
    }
}

/// Adds to a finding what these refusals, the newest first, say of it.
pub fn tell<'a>(sight: &Sight<'a>, finding: Finding, refusals: &[Refusal<'a>]) -> Finding {
    const MOST: usize = 3;
    let since = refusals.iter().map(|r| r.since).filter(|t| t.is_known()).min().unwrap_or_default();
    let members: BTreeSet<Uid> = refusals.iter().flat_map(|r| r.members(sight)).collect();
    let mut seen = BTreeSet::new();
    let of_owners = refusals.iter().filter(|r| match r.owner {
        Some((known, owner)) => seen.insert(sight.top_subject(known, owner).uid),
        None => true,
    });
    let evidence: Vec<Evidence> = of_owners.take(MOST).map(|r| r.evidence.clone()).collect();
    let counts = refusals.iter().filter_map(|r| short(sight, r));
    let mut counted: Vec<Evidence> = Vec::new();
    for count in counts {
        if counted.len() < MOST && !counted.iter().any(|c| c.text == count.text) {
            counted.push(count);
        }
    }
    finding.since(since).members(members).evidence(evidence).evidence(counted)
}

/// How many pods the top of the owners has, of how many.
fn short<'a>(sight: &Sight<'a>, refusal: &Refusal<'a>) -> Option<Evidence> {
    let (known, owner) = refusal.owner?;
    let (known, top) = sight.top(known, owner);
    let w = workload(top)?;
    let text = format!(
        "{} {} has {} of {} pods at work",
        known.info().name.to_lowercase(),
        top.meta.name,
        served(known, w.available, w.ready),
        w.desired
    );
    Some(Evidence::new(EvidenceKind::Condition, text, refusal.last).lead(open(known, top)))
}

/// How bad it is: somebody is served by nothing any more, or the rest still serves.
pub fn severity<'a>(sight: &Sight<'a>, refusals: &[Refusal<'a>]) -> Severity {
    let idle = |refusal: &Refusal<'a>| {
        let top = refusal.owner.map(|(known, owner)| sight.top(known, owner).1);
        top.and_then(workload)
            .is_some_and(|w| w.desired > 0 && served(w.kind, w.available, w.ready) == 0)
    };
    if refusals.iter().any(idle) {
        Severity::Critical
    } else {
        Severity::Warning
    }
}
