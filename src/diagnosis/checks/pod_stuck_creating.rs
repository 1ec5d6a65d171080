//! A pod has its node, and its containers cannot be made: a volume, the network, or the sandbox is missing.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, shorten};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::StuckCreating).into_iter().map(|group| {
        let lead = group.lead;
        let phrase = group.phrase("do not start", "does not start");
        let why = lead
            .telling_event()
            .map_or_else(String::new, |event| format!(" · {}", why(&event.reason, &event.message)));
        let mut finding = group.finding(sight, group.severity(), format!("{phrase}{why}"));
        finding.evidence.extend(lead.event_evidence(3));
        if lead.events.is_empty() {
            finding.confidence = Confidence::Medium;
            let text = format!("it is on node {} and has no containers yet; no event says why", lead.pod.node);
            finding.evidence.push(Evidence::new(EvidenceKind::Condition, text, lead.since));
        }
        finding
    });
    found.collect()
}

/// The kubelet's sentence without what it repeats.
fn why(reason: &str, message: &str) -> String {
    let what = match reason {
        "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" => "volume",
        "FailedCreatePodSandBox" | "FailedPodSandBoxStatus" => "sandbox",
        "NetworkNotReady" => "network",
        _ => "container",
    };
    // `MountVolume.SetUp failed for volume "v" : secret "x" not found` ends with what matters; so do most.
    let said = message.rsplit(" : ").next().unwrap_or(message).trim();
    format!("{what}: {}", shorten(said, 120))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_kubelets_sentence_is_what_matters() {
        let message = r#"MountVolume.SetUp failed for volume "v" : secret "does-not-exist" not found"#;
        assert_eq!(why("FailedMount", message), r#"volume: secret "does-not-exist" not found"#);
        assert_eq!(
            why("NetworkNotReady", "cni config uninitialized"),
            "network: cni config uninitialized"
        );
    }
}
