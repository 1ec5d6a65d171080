//! A node takes no new pods because somebody said so, while pods find no node.

use super::pod_unschedulable::refusals;
use crate::diagnosis::fault::{Fault, PodFault};
use crate::diagnosis::group::open;
use crate::diagnosis::sight::Sight;
use crate::model::{Body, ConditionStatus, Evidence, EvidenceKind, Finding, Known, Object, Severity, Subject, Time, Write, WrittenPart};

/// Components that write nodes without having decided anything.
const MACHINERY: [&str; 4] = ["kubelet", "kube-controller-manager", "cloud-controller-manager", "kube-scheduler"];

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let waiting: Vec<&PodFault> = sight
        .faults()
        .iter()
        .filter(|f| f.fault == Fault::Unschedulable && wants_it(f))
        .collect();
    let Some(first) = waiting.first() else { return Vec::new() };
    sight.each(Known::Node, |object| match &object.body {
        // A silent one would not help if it were open.
        Body::Node(node) if node.unschedulable && node.ready == ConditionStatus::True => Some(finding(object, first, waiting.len())),
        _ => None,
    })
}

fn finding(object: &Object, first: &PodFault<'_>, waiting: usize) -> Finding {
    let by = by_whom(object);
    let who = by.map_or_else(String::new, |write| format!(" by {}", write.manager));
    let wait = match waiting {
        1 => "1 pod waits for a node".to_owned(),
        n => format!("{n} pods wait for a node"),
    };
    let at = by.map_or(Time::NEVER, |write| write.at);
    let told = Evidence::new(EvidenceKind::Node, format!("it takes no new pods: cordoned{who}"), at);
    let said = format!("pod {} is told: {}", first.object.meta.name, message(first));
    let said = Evidence::new(EvidenceKind::Condition, said, first.since);
    Finding::new(
        Severity::Warning,
        Subject::of(Known::Node, object),
        format!("cordoned{who} · {wait}"),
    )
    .since(at)
    .evidence([told.lead(open(Known::Node, object)), said.lead(open(Known::Pod, first.object))])
}

fn message<'a>(fault: &PodFault<'a>) -> &'a str {
    match &*fault.pod.message {
        "" => fault.events.first().map(|event| &*event.message).unwrap_or_default(),
        message => message,
    }
}

/// Whether a cordoned node is among those that refused a pod.
fn wants_it(fault: &PodFault<'_>) -> bool {
    let message = message(fault);
    refusals(message).iter().any(|refusal| refusal.ends_with("cordoned")) || message.contains("node.kubernetes.io/unschedulable")
}

/// Who wrote the node's specification last, the machinery aside.
fn by_whom(object: &Object) -> Option<&Write> {
    let writes = object.meta.writes.iter().filter(|write| write.wrote(WrittenPart::Spec));
    let people = writes.filter(|write| !MACHINERY.contains(&&*write.manager));
    people.max_by_key(|write| write.at)
}
