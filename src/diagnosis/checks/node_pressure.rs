//! A node that answers runs out of something, and throws pods out to get it back.

use crate::diagnosis::fault::Fault;
use crate::diagnosis::group::{condition_evidence, event_evidence, open};
use crate::diagnosis::sight::Sight;
use crate::model::{Body, Condition, ConditionStatus, Evidence, EvidenceKind, Finding, Known, Lead, Node, Object, Severity, Subject};

/// Conditions that should not hold, with what each means.
const PRESSURES: [(&str, &str); 4] = [
    ("MemoryPressure", "is short of memory"),
    ("DiskPressure", "is short of disk"),
    ("PIDPressure", "is short of process ids"),
    ("NetworkUnavailable", "has no network for its pods"),
];

/// Evictions that are older than this are not of now (seconds).
const LATELY: i64 = 3600;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    sight.each(Known::Node, |object| match &object.body {
        Body::Node(node) if node.ready == ConditionStatus::True => finding(sight, object, node),
        _ => None,
    })
}

fn finding<'a>(sight: &Sight<'a>, object: &'a Object, node: &'a Node) -> Option<Finding> {
    let mut words = Vec::new();
    let mut held: Vec<&Condition> = Vec::new();
    for (name, meaning) in PRESSURES {
        let holds = node
            .conditions
            .iter()
            .find(|c| &*c.name == name && c.status == ConditionStatus::True);
        if let Some(condition) = holds {
            words.push(meaning.to_owned());
            held.push(condition);
        }
    }
    if held.is_empty() {
        return None;
    }
    let evicted: Vec<_> = sight
        .faults()
        .iter()
        .filter(|f| f.fault == Fault::Evicted && *f.pod.node == *object.meta.name && f.since.age(sight.now) < LATELY)
        .collect();
    match evicted.len() {
        0 => {}
        1 => words.push("1 pod evicted".to_owned()),
        n => words.push(format!("{n} pods evicted")),
    }
    let since = held.iter().map(|c| c.since).filter(|t| t.is_known()).min().unwrap_or_default();
    let mut finding = Finding::new(Severity::Warning, Subject::of(Known::Node, object), words.join(" · ")).since(since);
    let conditions = held.iter().map(|c| condition_evidence(c, open(Known::Node, object)));
    finding.evidence.extend(conditions);
    finding.evidence.extend(usage(sight, object, node));
    if let Some(first) = evicted.iter().max_by_key(|f| f.since) {
        let text = format!("pod {} was evicted: {}", first.object.meta.name, first.pod.message.trim());
        let evidence = Evidence::new(EvidenceKind::Node, text, first.since).lead(open(Known::Pod, first.object));
        finding.evidence.push(evidence);
    }
    let told = sight.node_events(object).into_iter().find(|e| {
        let about = matches!(
            &*e.reason,
            "EvictionThresholdMet" | "FreeDiskSpaceFailed" | "ImageGCFailed" | "SystemOOM" | "OOMKilling"
        );
        about && e.last.age(sight.now) < LATELY
    });
    let lead = Lead::Events(object.reference(&Known::Node.into()));
    finding.evidence.extend(told.map(|event| event_evidence(event, lead)));
    Some(finding)
}

fn usage(sight: &Sight<'_>, object: &Object, node: &Node) -> Option<Evidence> {
    let sample = sight.seen.node_usage(&object.meta.name)?;
    let cpu = sample.total.cpu.percent_of(node.cpu)?;
    let memory = sample.total.memory.percent_of(node.memory)?;
    let text = format!("it uses {cpu} % of its cpu and {memory} % of its memory");
    Some(Evidence::new(EvidenceKind::Metric, text, sample.at).lead(open(Known::Node, object)))
}
