//! A container ends again and again.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::Finding;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::CrashLoop).into_iter().map(|group| {
        let lead = group.lead;
        let why = lead.exit.map_or_else(String::new, |exit| format!(" · {}", exit.why()));
        let title = format!("{}{why}", group.phrase("crash", "crashes again and again"));
        let mut finding = group.finding(sight, group.severity(), title);
        finding.evidence.extend(lead.exit_evidence());
        // Without a run there is no exit: then the kubelet's sentence says why it cannot start.
        if lead.exit.is_none() {
            finding.evidence.extend(lead.waiting_evidence());
        }
        finding.evidence.extend(lead.event_evidence(2));
        finding.tail = lead.tail();
        finding
    });
    found.collect()
}
