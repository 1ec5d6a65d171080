//! A workload has fewer pods at work than it should, and no pod says why.

use crate::diagnosis::PATIENCE;
use crate::diagnosis::group::{condition_evidence, event_evidence, holds, served};
use crate::diagnosis::sight::{Sight, workload};
use crate::model::{Condition, ConditionStatus, Confidence, Finding, Known, Lead, Object, Severity, Subject, Time, Workload};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for known in [Known::Deployment, Known::StatefulSet, Known::DaemonSet, Known::ReplicaSet] {
        let suspects = sight.suspects(known).into_iter();
        // A replica set of a deployment is the deployment's.
        let own = suspects.filter(|object| known != Known::ReplicaSet || object.meta.owner.is_none());
        found.extend(own.filter_map(|object| finding(sight, known, object, workload(object)?)));
    }
    found
}

fn finding<'a>(sight: &Sight<'a>, known: Known, object: &'a Object, w: &'a Workload) -> Option<Finding> {
    let have = served(known, w.available, w.ready);
    if have >= w.desired || object.meta.deleting.is_known() {
        return None;
    }
    let unavailable = holds(&w.conditions, "Available", ConditionStatus::False);
    let events = sight.events(object);
    let refused = events.iter().find(|e| &*e.reason == "FailedCreate" && e.last.age(sight.now) < 3600);
    // Only a deployment says since when. For the others there is the event, or their own age.
    let since = unavailable
        .map(|c| c.since)
        .or(refused.map(|e| e.first))
        .filter(|t| t.is_known())
        .unwrap_or(Time::NEVER);
    let begun = if since.is_known() { since } else { object.meta.created };
    if begun.age(sight.now) < PATIENCE {
        return None;
    }
    let severity = if have == 0 { Severity::Critical } else { Severity::Warning };
    let why = refused.map_or_else(String::new, |e| format!(" · {}", crate::model::shorten(e.message.trim(), 120)));
    let title = format!("{have} of {} pods are available{why}", w.desired);
    let reference = object.reference(&known.into());
    let conditions: Vec<&Condition> = unavailable.into_iter().collect();
    let mut finding = Finding::new(severity, Subject::of(known, object), title)
        .since(since)
        .confidence(if refused.is_some() { Confidence::High } else { Confidence::Medium })
        .evidence(refused.map(|event| event_evidence(event, Lead::Events(reference.clone()))))
        .evidence(conditions.iter().map(|c| condition_evidence(c, Lead::Object(reference.clone()))));
    finding.depends = vec![object.meta.uid];
    finding.depends.extend(sight.revisions(object).iter().map(|(set, _)| set.meta.uid));
    // A daemon set lacks its pods on nodes that are silent.
    let silent: Vec<_> = sight.all(Known::Node).filter(|node| sight.is_silent(&node.meta.name)).collect();
    let lacking = usize::try_from(w.desired - have).unwrap_or(usize::MAX);
    if known == Known::DaemonSet && lacking <= silent.len() {
        finding.depends.extend(silent.iter().map(|node| node.meta.uid));
    }
    Some(finding)
}
