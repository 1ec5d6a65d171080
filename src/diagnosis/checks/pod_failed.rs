//! A pod has failed, and will not be started again.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::{Group, groups, served};
use crate::diagnosis::sight::Sight;
use crate::model::{Body, ConditionStatus, Evidence, EvidenceKind, Finding, Known, Lead, Severity, condition};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::Failed).into_iter().filter_map(|group| {
        let lead = group.lead;
        // A job that came to its end in spite of a failed try has done what it was for.
        if let Body::Job(job) = &group.top.1.body
            && condition(&job.conditions, "Complete").is_some_and(|c| c.status == ConditionStatus::True)
        {
            return None;
        }
        let why = match lead.exit {
            Some(exit) => format!(" · {}", exit.why()),
            None if lead.pod.reason.is_empty() => String::new(),
            None => format!(" · {}", lead.pod.reason),
        };
        let title = format!("{}{why}", group.phrase("have failed", "has failed"));
        let mut finding = group.finding(sight, remains(sight, &group), title);
        finding
            .depends
            .extend(group.faults.iter().filter_map(|f| Some(f.object.meta.owner.as_deref()?.uid)));
        finding.evidence.extend(lead.exit_evidence());
        if lead.exit.is_none() {
            let text = format!("{} {}", lead.pod.reason, lead.pod.message).trim().to_owned();
            let text = if text.is_empty() {
                "the pod's phase is Failed".to_owned()
            } else {
                text
            };
            let lead_to = Lead::Object(lead.object.reference(&Known::Pod.into()));
            finding
                .evidence
                .push(Evidence::new(EvidenceKind::Condition, text, lead.since).lead(lead_to));
        }
        finding.tail = lead.tail();
        Some(finding)
    });
    found.collect()
}

/// How bad a pod that is over is: where others have taken its place, it is only worth knowing.
pub(super) fn remains(sight: &Sight<'_>, group: &Group<'_, '_>) -> Severity {
    let replaced = match &group.top.1.body {
        Body::Workload(w) => served(w.kind, w.available, w.ready) >= w.desired,
        // It may be tried again.
        Body::Job(job) => job.active > 0,
        _ => false,
    };
    let old = group.since().age(sight.now) > 86_400;
    if replaced || old { Severity::Info } else { group.severity() }
}
