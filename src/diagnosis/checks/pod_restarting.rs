//! A container ended lately and runs again: why, and how often.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Confidence, Exit, Finding, Severity};

/// Restarts from which on it is more than an accident.
const OFTEN: u32 = 3;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::Restarting).into_iter().map(|group| {
        let lead = group.lead;
        let why = lead.exit.map_or_else(String::new, |exit| format!(" · {}", exit.why()));
        let restarts = group
            .faults
            .iter()
            .filter_map(|f| f.container)
            .map(|c| c.restarts)
            .max()
            .unwrap_or(0);
        let often = if restarts >= OFTEN {
            format!(" · {restarts} restarts")
        } else {
            String::new()
        };
        let title = format!("{}{why}{often}", group.phrase("were restarted", "was restarted"));
        // Once can be an accident; it is told, and it is no alarm. So is what goes down with its node.
        let together = group.faults.iter().any(|f| !f.exit.is_some_and(Exit::is_lost)) && group.faults.len() > 1;
        let severity = if restarts >= OFTEN || together {
            Severity::Warning
        } else {
            Severity::Info
        };
        let mut finding = group.finding(sight, severity, title).confidence(Confidence::Medium);
        finding.evidence.extend(lead.exit_evidence());
        finding.evidence.extend(lead.event_evidence(1));
        finding.tail = lead.tail();
        finding
    });
    found.collect()
}
