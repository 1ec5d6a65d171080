//! What a container is configured with is not there.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Finding, State};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::ConfigError).into_iter().map(|group| {
        let lead = group.lead;
        let missing = match lead.container.map(|c| &c.state) {
            Some(State::Waiting { message, .. }) if !message.trim().is_empty() => format!(" · {}", message.trim()),
            _ => String::new(),
        };
        let phrase = group.phrase("lack their configuration", "lacks its configuration");
        let mut finding = group.finding(sight, group.severity(), format!("{phrase}{missing}"));
        finding.evidence.extend(lead.waiting_evidence());
        finding.evidence.extend(lead.event_evidence(1));
        finding
    });
    found.collect()
}
