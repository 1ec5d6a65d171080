//! A change of a workload does not come through: its new pods fail, or nothing can be made, while the old ones serve.

use crate::diagnosis::PATIENCE;
use crate::diagnosis::fault::{Fault, PodFault};
use crate::diagnosis::group::{condition_evidence, event_evidence, holds, served};
use crate::diagnosis::sight::{Sight, workload};
use crate::model::{ConditionStatus, Evidence, Finding, Known, Lead, Object, Severity, Subject, Uid, Workload};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = sight
        .suspects(Known::Deployment)
        .into_iter()
        .filter_map(|object| deployment(sight, object, workload(object)?))
        .collect();
    for known in [Known::StatefulSet, Known::DaemonSet] {
        let sets = sight.suspects(known).into_iter();
        found.extend(sets.filter_map(|object| rolling_set(sight, known, object, workload(object)?)));
    }
    found
}

fn deployment<'a>(sight: &Sight<'a>, object: &'a Object, w: &'a Workload) -> Option<Finding> {
    if object.meta.deleting.is_known() {
        return None;
    }
    let revisions = sight.revisions(object);
    let newest = revisions.first().filter(|(_, set)| set.revision == w.revision || w.revision == 0);
    // With one revision there is nothing that it could be stuck in the middle of.
    let older_serve = revisions.iter().skip(1).any(|(_, set)| set.current > 0 || set.ready > 0);
    let unfinished = w.updated < w.desired || older_serve || !w.observed;
    let deadline = holds(&w.conditions, "Progressing", ConditionStatus::False);
    let refused = holds(&w.conditions, "ReplicaFailure", ConditionStatus::True);
    let failing: Vec<&PodFault> = match newest {
        Some((set, _)) if older_serve => of_set(sight, set.meta.uid),
        _ => Vec::new(),
    };
    if !(deadline.is_some() || refused.is_some() || (unfinished && !failing.is_empty())) {
        return None;
    }
    // The deadline of a rollout that was overtaken by something else (a lost node) is not this.
    if deadline.is_some() && refused.is_none() && failing.is_empty() && !unfinished {
        return None;
    }
    let begun = newest.map(|(set, _)| set.meta.created);
    let since = failing
        .iter()
        .map(|f| f.since)
        .chain(refused.map(|c| c.since))
        .filter(|t| t.is_known())
        .min()
        .or(begun)
        .or(deadline.map(|c| c.since))
        .unwrap_or_default();
    // New pods may stumble at first; it counts when they go on failing.
    if deadline.is_none() && refused.is_none() && since.age(sight.now) < PATIENCE / 4 {
        return None;
    }
    let what = match (failing.first(), refused) {
        (Some(fault), _) => format!(" · {}", new_pods(&failing, fault)),
        (None, Some(refused)) => format!(" · no pod can be made: {}", crate::model::shorten(refused.message.trim(), 120)),
        (None, None) => " · it has made no progress within its deadline".to_owned(),
    };
    let mut finding = Finding::new(
        severity(w),
        Subject::of(Known::Deployment, object),
        format!("rollout{} stuck{what} · {}", revision(w), serving(w)),
    )
    .since(since)
    .members(newest.map(|(set, _)| set.meta.uid))
    .members(failing.iter().map(|f| f.object.meta.uid));
    finding.depends = finding.members.clone();
    let lead = Lead::Object(object.reference(&Known::Deployment.into()));
    tell(&mut finding, &failing);
    finding.evidence.extend(
        [refused, deadline]
            .into_iter()
            .flatten()
            .map(|c| condition_evidence(c, lead.clone())),
    );
    if let Some((set, _)) = newest {
        finding.evidence.extend(not_made(sight, set, Known::ReplicaSet));
    }
    Some(finding)
}

/// A stateful or daemon set: its pods are replaced one after the other, and one that fails stops the rest.
fn rolling_set<'a>(sight: &Sight<'a>, known: Known, object: &'a Object, w: &'a Workload) -> Option<Finding> {
    if object.meta.deleting.is_known() || w.updated >= w.desired || w.updated == 0 && served(known, w.available, w.ready) == 0 {
        return None;
    }
    let failing = of_set(sight, object.meta.uid);
    let since = failing.iter().map(|f| f.since).filter(|t| t.is_known()).min()?;
    if since.age(sight.now) < PATIENCE / 4 {
        return None;
    }
    let fault = failing.first()?;
    let title = format!("rollout stuck · {} · {}", new_pods(&failing, fault), serving(w));
    let mut finding = Finding::new(severity(w), Subject::of(known, object), title)
        .since(since)
        .members(failing.iter().map(|f| f.object.meta.uid));
    finding.depends = finding.members.clone();
    tell(&mut finding, &failing);
    finding.evidence.extend(not_made(sight, object, known));
    Some(finding)
}

/// The faults of pods that this set owns.
fn of_set<'s, 'a>(sight: &'s Sight<'a>, set: Uid) -> Vec<&'s PodFault<'a>> {
    let owned = |fault: &&PodFault| fault.object.meta.owner.as_deref().is_some_and(|owner| owner.uid == set);
    let counts = |fault: &&PodFault| !matches!(fault.fault, Fault::StuckTerminating | Fault::InitWaiting);
    let mut found: Vec<&PodFault> = sight.faults().iter().filter(owned).filter(counts).collect();
    found.sort_by_key(|f| (f.fault, f.since));
    found
}

fn tell(finding: &mut Finding, failing: &[&PodFault<'_>]) {
    let Some(lead) = failing.first() else { return };
    finding.evidence.extend(lead.exit_evidence());
    if lead.exit.is_none() {
        finding.evidence.extend(lead.waiting_evidence());
    }
    finding.evidence.extend(lead.event_evidence(2));
    finding.tail = failing.iter().find_map(|f| f.tail());
}

/// Events that say that a pod could not be made.
fn not_made(sight: &Sight<'_>, owner: &Object, known: Known) -> Option<Evidence> {
    let events = sight.events(owner);
    let event = events.iter().find(|e| &*e.reason == "FailedCreate")?;
    Some(event_evidence(event, Lead::Events(owner.reference(&known.into()))))
}

/// `2 new pods crash · exit 1`
fn new_pods(failing: &[&PodFault<'_>], lead: &PodFault<'_>) -> String {
    let same = failing.iter().filter(|f| f.fault == lead.fault).count();
    let verb = match (lead.fault, same) {
        (Fault::CrashLoop | Fault::Restarting, 1) => "crashes",
        (Fault::CrashLoop | Fault::Restarting, _) => "crash",
        (Fault::OomKilled, 1) => "runs out of memory",
        (Fault::OomKilled, _) => "run out of memory",
        (Fault::ImagePull, 1) => "gets no image",
        (Fault::ImagePull, _) => "get no image",
        (Fault::Unschedulable, 1) => "finds no node",
        (Fault::Unschedulable, _) => "find no node",
        (Fault::ConfigError, 1) => "lacks its configuration",
        (Fault::ConfigError, _) => "lack their configuration",
        (Fault::Probe(_), 1) => "does not become ready",
        (Fault::Probe(_), _) => "do not become ready",
        (_, 1) => "does not start",
        (_, _) => "do not start",
    };
    let noun = if same == 1 { "new pod" } else { "new pods" };
    let why = match (lead.fault, lead.exit) {
        (Fault::CrashLoop | Fault::InitFailing | Fault::Restarting, Some(exit)) => format!(" · {}", exit.why()),
        _ => String::new(),
    };
    format!("{same} {noun} {verb}{why}")
}

fn revision(w: &Workload) -> String {
    if w.revision > 0 {
        format!(" of revision {}", w.revision)
    } else {
        String::new()
    }
}

fn serving(w: &Workload) -> String {
    format!("{} of {} serve", served(w.kind, w.available, w.ready), w.desired)
}

fn severity(w: &Workload) -> Severity {
    if served(w.kind, w.available, w.ready) < w.desired {
        Severity::Critical
    } else {
        Severity::Warning
    }
}
