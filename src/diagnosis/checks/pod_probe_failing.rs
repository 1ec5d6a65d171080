//! A probe fails: the pod takes no traffic, or is restarted again and again.

use crate::diagnosis::fault::{Fault, PodFault, ProbeKind};
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, shorten};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| matches!(fault, Fault::Probe(_))).into_iter().map(|group| {
        let lead = group.lead;
        let kind = match lead.fault {
            Fault::Probe(kind) => kind,
            _ => ProbeKind::Readiness,
        };
        let (many, one) = match kind {
            ProbeKind::Readiness => ("are not ready", "is not ready"),
            ProbeKind::Liveness => ("are restarted by their liveness probe", "is restarted by its liveness probe"),
            ProbeKind::Startup => ("do not start in time", "does not start in time"),
        };
        let title = format!("{}{}", group.phrase(many, one), answer(lead, kind));
        let mut finding = group.finding(sight, group.severity(), title);
        if lead.events.is_empty() {
            // The server forgets events; that the container is not ready stays true.
            finding.confidence = Confidence::Medium;
            finding.evidence.extend(silent(lead, kind));
        }
        finding.evidence.extend(lead.event_evidence(1));
        finding.evidence.extend(lead.exit_evidence());
        finding.tail = lead.tail();
        finding
    });
    found.collect()
}

/// What the probe was answered, in a few words.
fn answer(fault: &PodFault<'_>, kind: ProbeKind) -> String {
    let Some(message) = fault.events.first().map(|event| &*event.message) else {
        return match fault.container {
            None if kind == ProbeKind::Readiness => " · a readiness gate is not satisfied".to_owned(),
            _ => String::new(),
        };
    };
    let said = message.split_once(':').map_or(message, |(_, said)| said).trim();
    let said = said
        .strip_prefix("HTTP probe failed with ")
        .unwrap_or(said)
        .replace("statuscode: ", "HTTP ");
    match said.as_str() {
        // A command that says nothing has only its exit code, which the kubelet does not tell.
        "" => format!(" · the {} command failed", kind.word()),
        said => format!(" · {}", shorten(said, 80)),
    }
}

fn silent(fault: &PodFault<'_>, kind: ProbeKind) -> Option<Evidence> {
    let text = match (fault.container, fault.pod.gates) {
        (None, (have, all)) => format!("readiness gates: {have} of {all} satisfied"),
        (Some(c), _) if c.probes.readiness || c.probes.startup || c.probes.liveness => {
            format!(
                "container {} runs and is not ready; what its {} probe was answered is no longer told",
                c.name,
                kind.word()
            )
        }
        (Some(c), _) => format!("container {} runs and is not ready, though it has no probe", c.name),
    };
    Some(Evidence::new(EvidenceKind::Condition, text, fault.since))
}
