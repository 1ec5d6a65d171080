//! A disruption budget allows no eviction: a node that is to be emptied stays as it is.

use crate::diagnosis::PATIENCE;
use crate::diagnosis::group::open;
use crate::diagnosis::sight::Sight;
use crate::diagnosis::traffic::chain;
use crate::model::cluster::DisruptionBudget;
use crate::model::{
    Body, ConditionStatus, Confidence, Evidence, EvidenceKind, Finding, Known, Object, Phase, Pod, Severity, Subject, Time, Uid,
};

const BUDGET: Known = Known::PodDisruptionBudget;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    sight.each(BUDGET, |object| match &object.body {
        Body::DisruptionBudget(budget) if budget.allowed == 0 && budget.expected > 0 && !object.meta.deleting.is_known() => {
            finding(sight, object, budget)
        }
        _ => None,
    })
}

/// A pod that a budget protects.
type Guarded<'a> = (&'a Object, &'a Pod);

fn finding(sight: &Sight<'_>, object: &Object, budget: &DisruptionBudget) -> Option<Finding> {
    let namespace = &object.meta.namespace;
    if !sight.covers(Known::Pod, namespace) {
        return None;
    }
    let pods = sight.selected(namespace, &budget.selector).into_iter();
    let pods: Vec<Guarded> = pods
        .filter_map(|object| Some((object, object.body.pod()?)))
        .filter(|(_, pod)| !matches!(pod.phase, Phase::Succeeded | Phase::Failed))
        .collect();
    let drained = drained(sight, &pods);
    let ill = budget.healthy < budget.desired;
    let never = !ill && budget.desired >= budget.expected;
    let since = unready_since(&pods);
    let (severity, title) = match drained.as_slice() {
        [] if ill && since.is_known() && since.age(sight.now) > PATIENCE / 2 => {
            (Severity::Warning, format!("allows no eviction · {}", healthy(budget)))
        }
        [] if never => (Severity::Info, format!("allows no eviction, ever: {}", rule(budget))),
        [] => return None,
        [node] => (
            Severity::Warning,
            format!("holds up the drain of node {} · {}", node.meta.name, why(budget, never)),
        ),
        [node, rest @ ..] => {
            let title = format!(
                "holds up the drain of node {} and {} more · {}",
                node.meta.name,
                rest.len(),
                why(budget, never)
            );
            (Severity::Warning, title)
        }
    };
    let text = format!(
        "{}: {} pods, {} of them healthy, {} have to stay",
        rule(budget),
        budget.expected,
        budget.healthy,
        budget.desired
    );
    let own = Evidence::new(EvidenceKind::Condition, text, Time::NEVER).lead(open(BUDGET, object));
    let mut finding = Finding::new(severity, Subject::of(BUDGET, object), title).evidence([own]);
    for node in &drained {
        let here = pods.iter().filter(|(_, pod)| *pod.node == *node.meta.name).count();
        let text = format!("node {} is cordoned, and runs {here} of its pods", node.meta.name);
        finding
            .evidence
            .push(Evidence::new(EvidenceKind::Node, text, Time::NEVER).lead(open(Known::Node, node)));
    }
    if !drained.is_empty() {
        // A cordoned node is not always meant to be emptied.
        finding.confidence = Confidence::Medium;
    }
    // One pod that is ill already may be all that the budget allows for.
    if budget.healthy < budget.expected {
        finding.since = since;
        finding.depends = causes(sight, &pods);
        finding.evidence.extend(lame(&pods));
    }
    Some(finding)
}

/// Cordoned nodes that run pods of the budget, by name.
fn drained<'a>(sight: &Sight<'a>, pods: &[Guarded<'a>]) -> Vec<&'a Object> {
    let nodes = pods.iter().filter_map(|(_, pod)| sight.node(&pod.node));
    let mut found: Vec<&Object> = nodes.filter(|(_, node)| node.unschedulable).map(|(object, _)| object).collect();
    found.sort_by(|a, b| a.meta.name.cmp(&b.meta.name));
    found.dedup_by_key(|node| node.meta.uid);
    found
}

fn why(budget: &DisruptionBudget, never: bool) -> String {
    if never { rule(budget) } else { healthy(budget) }
}

fn healthy(budget: &DisruptionBudget) -> String {
    format!("{} healthy, {} have to stay", budget.healthy, budget.desired)
}

/// `minAvailable 2 of 2`
fn rule(budget: &DisruptionBudget) -> String {
    match (&*budget.min_available, &*budget.max_unavailable) {
        ("", "") => format!("{} of {} have to stay", budget.desired, budget.expected),
        ("", most) => format!("maxUnavailable {most} of {}", budget.expected),
        (least, _) => format!("minAvailable {least} of {}", budget.expected),
    }
}

fn is_unready(pod: &Pod) -> bool {
    pod.condition("Ready").is_none_or(|c| c.status != ConditionStatus::True)
}

/// Since when the first of its pods is not ready.
fn unready_since(pods: &[Guarded<'_>]) -> Time {
    let unready = pods.iter().filter(|(_, pod)| is_unready(pod));
    let since = unready.map(|(object, pod)| pod.condition("Ready").map_or(object.meta.created, |c| c.since));
    since.filter(|since| since.is_known()).min().unwrap_or_default()
}

/// Whatever may say why there are too few healthy pods.
fn causes<'a>(sight: &Sight<'a>, pods: &[Guarded<'a>]) -> Vec<Uid> {
    let mut found: Vec<Uid> = pods.iter().flat_map(|(pod, _)| chain(sight, Known::Pod, pod)).collect();
    found.sort();
    found.dedup();
    found
}

fn lame(pods: &[Guarded<'_>]) -> Option<Evidence> {
    let (object, pod) = pods.iter().find(|(_, pod)| is_unready(pod))?;
    let since = pod.condition("Ready").map_or(Time::NEVER, |c| c.since);
    let text = format!("pod {} is not ready", object.meta.name);
    Some(Evidence::new(EvidenceKind::Condition, text, since).lead(open(Known::Pod, object)))
}
