//! A pod was deleted and does not go: a finalizer holds it, or its node does not say that it has stopped.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Evidence, EvidenceKind, Finding, Known, Lead, Severity, State, short_age};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::StuckTerminating).into_iter().map(|group| {
        let lead = group.lead;
        let meta = &lead.object.meta;
        let held: Vec<&str> = meta.finalizers.iter().map(|f| &**f).collect();
        let runs = lead.pod.containers.iter().any(|c| matches!(c.state, State::Running { .. }));
        let why = match (held.as_slice(), runs) {
            ([], true) => "its containers still run".to_owned(),
            ([], false) => "its node has not confirmed it".to_owned(),
            (held, _) => format!("held by finalizer {}", held.join(", ")),
        };
        let phrase = group.phrase("were deleted and do not go", "was deleted and does not go");
        let finding = group.finding(sight, Severity::Warning, format!("{phrase} · {why}"));
        let text = format!(
            "deletion was asked for {} ago, with {} s to stop; {why}",
            short_age(meta.deleting.age(sight.now)),
            meta.grace
        );
        let lead_to = Lead::Object(lead.object.reference(&Known::Pod.into()));
        finding.evidence([Evidence::new(EvidenceKind::Condition, text, meta.deleting).lead(lead_to)])
    });
    found.collect()
}
