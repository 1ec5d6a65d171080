//! No node takes a pod: which refused, and why.

use std::collections::BTreeMap;

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::groups;
use crate::diagnosis::sight::Sight;
use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Known, Lead, Uid};

/// Refusals in our words, which more than one place needs.
const NOT_READY: &str = "not ready";
const NO_MATCH: &str = "node selector or affinity does not match";

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = groups(sight, |fault| fault == Fault::Unschedulable).into_iter().map(|group| {
        let lead = group.lead;
        // The condition holds the newest answer; the event an older one, but counted.
        let message = match &*lead.pod.message {
            "" => lead.events.first().map(|e| &*e.message).unwrap_or_default(),
            message => message,
        };
        let why = refusals(message);
        let phrase = group.phrase("find no node", "finds no node");
        let words = if why.is_empty() {
            String::new()
        } else {
            format!(" · {}", why.join(", "))
        };
        let mut finding = group.finding(sight, group.severity(), format!("{phrase}{words}"));
        // A dead node's pods come back as others of the same replica set.
        let owners = group.faults.iter().filter_map(|f| Some(f.object.meta.owner.as_deref()?.uid));
        finding.depends.extend(owners.filter(|owner| sight.is_bereft(*owner)));
        // A daemon set's pod may run on one node only: where that is silent, the node explains it.
        if waits_for_silent(&why) {
            finding.depends.extend(silent_nodes(sight));
        }
        if message.is_empty() {
            finding.confidence = Confidence::Medium;
            let text = "no scheduler has said anything of it";
            finding.evidence.push(Evidence::new(EvidenceKind::Condition, text, lead.since));
        } else {
            let object = Lead::Object(lead.object.reference(&Known::Pod.into()));
            finding
                .evidence
                .push(Evidence::new(EvidenceKind::Condition, format!("scheduler: {message}"), lead.since).lead(object));
        }
        finding.evidence.extend(wants(lead));
        finding.evidence.extend(lead.event_evidence(1));
        finding
    });
    found.collect()
}

/// Whether the only nodes that the pod may run on at all do not report.
fn waits_for_silent(refusals: &[String]) -> bool {
    let reason = |refusal: &str| refusal.split_once("× ").map_or(String::new(), |(_, reason)| reason.to_owned());
    let reasons: Vec<String> = refusals.iter().map(|refusal| reason(refusal)).collect();
    reasons.iter().any(|r| r == NOT_READY) && reasons.iter().all(|r| r == NOT_READY || r == NO_MATCH)
}

fn silent_nodes(sight: &Sight<'_>) -> Vec<Uid> {
    let nodes = sight.all(Known::Node).filter(|node| sight.is_silent(&node.meta.name));
    nodes.map(|node| node.meta.uid).collect()
}

/// What the pod asks for, since that is what was refused.
fn wants(fault: &crate::diagnosis::fault::PodFault<'_>) -> Option<Evidence> {
    let cpu = fault.pod.total(|c| c.cpu_request).cpu();
    let memory = fault.pod.total(|c| c.memory_request).memory();
    let text = match (cpu.as_str(), memory.as_str()) {
        ("", "") => return None,
        (cpu, "") => format!("it asks for {cpu} cpu"),
        ("", memory) => format!("it asks for {memory} memory"),
        (cpu, memory) => format!("it asks for {cpu} cpu and {memory} memory"),
    };
    Some(Evidence::new(EvidenceKind::Condition, text, fault.since))
}

/// The refusals in the scheduler's sentence, the commonest first: `0/3 nodes are available: 2 Insufficient cpu, 1
/// node(s) had taint {…}, that the pod didn't tolerate.` gives `2 Insufficient cpu`, `1 taint not tolerated`.
pub fn refusals(message: &str) -> Vec<String> {
    let Some((_, list)) = message.split_once("nodes are available") else {
        return Vec::new();
    };
    let list = list.trim_start_matches([':', ' ']);
    // What follows is about preemption.
    let list = list.split("preemption:").next().unwrap_or(list);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for part in pieces(list) {
        let part = part.trim().trim_end_matches('.');
        let (count, reason) = match part.split_once(' ') {
            Some((count, reason)) if count.bytes().all(|b| b.is_ascii_digit()) && !count.is_empty() => (count.parse().unwrap_or(1), reason),
            _ => continue,
        };
        *counts.entry(plain(reason)).or_default() += count;
    }
    let mut found: Vec<(String, u32)> = counts.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    found.into_iter().map(|(reason, count)| format!("{count}× {reason}")).collect()
}

/// The parts of a list with commas, where commas also stand inside braces and sentences: a part begins with a number.
fn pieces(list: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in list.split(", ") {
        let begins = piece.trim_start().starts_with(|c: char| c.is_ascii_digit());
        match parts.last_mut() {
            Some(last) if !begins => {
                last.push_str(", ");
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

fn plain(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches([',', '.']).trim_start_matches("node(s) ");
    if let Some(resource) = reason.strip_prefix("Insufficient ") {
        return format!("too little {resource}");
    }
    if reason.contains("taint") {
        let key = reason
            .split_once('{')
            .and_then(|(_, rest)| rest.split_once([':', '}', '=']))
            .map(|(key, _)| key.trim());
        return match key {
            Some("node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable") => NOT_READY.into(),
            Some("node.kubernetes.io/unschedulable") => "cordoned".into(),
            Some(key) if !key.is_empty() => format!("taint {key} not tolerated"),
            _ => "taint not tolerated".into(),
        };
    }
    match reason {
        "were unschedulable" => "cordoned".into(),
        "didn't match node selector" | "didn't match Pod's node affinity/selector" | "didn't match Pod's node affinity" => NO_MATCH.into(),
        "didn't match pod affinity/anti-affinity"
        | "didn't match pod anti-affinity rules"
        | "didn't satisfy existing pods anti-affinity rules" => "pod (anti-)affinity does not match".into(),
        "had volume node affinity conflict" => "its volume is in another zone".into(),
        "didn't match pod topology spread constraints" => "topology spread does not allow it".into(),
        "Too many pods" => "too many pods".into(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedulers_sentence_is_taken_apart() {
        for (message, words) in [
            (
                "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory.",
                vec!["2× too little cpu", "2× too little memory"],
            ),
            (
                "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate, 1 node(s) were unschedulable.",
                vec!["1× cordoned", "1× not ready", "1× too little cpu"],
            ),
            (
                "0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}, 3 Insufficient memory. preemption: 0/4 nodes are available: 4 No preemption victims found for incoming pod.",
                vec!["3× too little memory", "1× taint dedicated not tolerated"],
            ),
            ("persistentvolumeclaim \"data\" not found", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(refusals(message), words, "{message}");
        }
    }

    #[test]
    fn a_pod_whose_only_node_is_silent_waits_for_it() {
        let waits = |message: &str| waits_for_silent(&refusals(message));
        let node = "1 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate";
        assert!(waits(&format!(
            "0/3 nodes are available: {node}, 2 node(s) didn't match Pod's node affinity."
        )));
        assert!(!waits(&format!("0/3 nodes are available: {node}, 2 Insufficient cpu.")));
        assert!(!waits("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity."));
        assert!(!waits(""));
    }
}
