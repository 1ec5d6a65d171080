//! A pod has failed, and will not be started again.

use super::job_failed::{Outcome, overtaken};
use crate::diagnosis::fault::{Fault, PodFault};
use crate::diagnosis::group::{Group, groups_of, served};
use crate::diagnosis::sight::Sight;
use crate::model::{Body, Evidence, EvidenceKind, Finding, Known, Lead, Severity};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let counts = |found: &PodFault| found.fault == Fault::Failed && !is_history(sight, found);
    let found = groups_of(sight, counts).into_iter().map(|group| {
        let lead = group.lead;
        let why = match lead.exit {
            Some(exit) => format!(" · {}", exit.why()),
            None if lead.pod.reason.is_empty() => String::new(),
            None => format!(" · {}", lead.pod.reason),
        };
        let title = format!("{}{why}", group.phrase("have failed", "has failed"));
        let mut finding = group.finding(sight, remains(sight, &group), title);
        let owners = group.faults.iter().filter_map(|f| f.object.meta.owner.as_deref());
        finding.depends.extend(owners.filter(|o| &*o.kind == "Job").map(|o| o.uid));
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
        finding
    });
    found.collect()
}

/// Whether a failed pod was but one try of a job that came to its end in spite of it, or is of a schedule that has run
/// well since.
fn is_history(sight: &Sight<'_>, found: &PodFault<'_>) -> bool {
    let Some((Known::Job, object)) = sight.owner(found.object) else {
        return false;
    };
    match Outcome::of(object) {
        Some(outcome) if outcome.failed.is_none() => true,
        Some(_) => overtaken(sight, object),
        None => false,
    }
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
