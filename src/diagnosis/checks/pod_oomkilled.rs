//! A container needs more memory than its limit lets it have.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Evidence, EvidenceKind, Finding};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::OomKilled).into_iter().map(|group| {
        let lead = group.lead;
        let limit = lead.container.map(|c| c.memory_limit.memory()).filter(|limit| !limit.is_empty());
        let limit_words = match &limit {
            Some(limit) => format!(" · limit {limit}"),
            // Without a limit of its own it was the node that ran out.
            None => " · no limit, the node had no memory left".to_owned(),
        };
        let title = format!(
            "{}{limit_words}",
            group.phrase("were killed: out of memory", "was killed: out of memory")
        );
        let mut finding = group.finding(sight, group.severity(), title);
        finding.evidence.extend(lead.exit_evidence());
        finding.evidence.extend(lead.event_evidence(2));
        if let Some(container) = lead.container
            && let Some(sample) = sight.seen.pod_usage(&lead.object.meta.namespace, &lead.object.meta.name)
        {
            let own = sample
                .containers
                .iter()
                .find(|(name, _)| *name == container.name)
                .map(|(_, usage)| usage);
            let used = own.unwrap_or(&sample.total).memory;
            if let Some(percent) = used.percent_of(container.memory_limit) {
                let text = format!("container {} uses {} now, {percent} % of its limit", container.name, used.memory());
                finding.evidence.push(Evidence::new(EvidenceKind::Metric, text, sample.at));
            }
        }
        finding.tail = lead.tail();
        finding
    });
    found.collect()
}
