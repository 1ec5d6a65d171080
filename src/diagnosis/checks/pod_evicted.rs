//! A node threw a pod out.

use super::pod_failed::remains;
use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Evidence, EvidenceKind, Finding, Known, Lead, shorten};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::Evicted).into_iter().map(|group| {
        let lead = group.lead;
        let said = match lead.pod.message.trim() {
            "" => String::new(),
            message => format!(" · {}", shorten(message, 120)),
        };
        let phrase = group.phrase("were evicted", "was evicted");
        let severity = remains(sight, &group);
        let mut finding = group.finding(sight, severity, format!("{phrase}{said}"));
        // What the node lacked is why.
        let nodes = group.faults.iter().filter_map(|f| sight.node(&f.pod.node));
        finding.depends.extend(nodes.map(|(node, _)| node.meta.uid));
        let text = format!("{}: {}", lead.pod.reason, lead.pod.message.trim());
        let lead_to = Lead::Object(lead.object.reference(&Known::Pod.into()));
        finding
            .evidence([Evidence::new(EvidenceKind::Condition, text, lead.since).lead(lead_to)])
            .evidence(lead.event_evidence(1))
    });
    found.collect()
}
