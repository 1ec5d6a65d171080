//! An init container fails, or does not come to an end: the others wait for it.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Severity, short_age};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for group in groups(sight, |fault| matches!(fault, Fault::InitFailing | Fault::InitWaiting)) {
        let lead = group.lead;
        let name = lead.container.map(|c| &*c.name).unwrap_or_default();
        if lead.fault == Fault::InitWaiting {
            let phrase = group.phrase("wait", "waits");
            let title = format!("{phrase} for init container {name} to end");
            let text = format!("init container {name} runs for {}", short_age(lead.since.age(sight.now)));
            let finding = group.finding(sight, Severity::Info, title);
            found.push(
                finding
                    .confidence(Confidence::Medium)
                    .evidence([Evidence::new(EvidenceKind::Condition, text, lead.since)]),
            );
            continue;
        }
        let why = lead.exit.map_or_else(String::new, |exit| format!(" · {}", exit.why()));
        let phrase = group.phrase("cannot start", "cannot start");
        let title = format!("{phrase}: init container {name} fails{why}");
        let mut finding = group.finding(sight, group.severity(), title);
        finding.evidence.extend(lead.exit_evidence());
        finding.evidence.extend(lead.event_evidence(1));
        finding.tail = lead.tail();
        found.push(finding);
    }
    found
}
