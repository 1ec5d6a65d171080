//! An autoscaler cannot do what it is for: it knows no metrics, cannot scale, or may not go higher.

use crate::diagnosis::PATIENCE;
use crate::diagnosis::group::{condition_evidence, holds, open};
use crate::diagnosis::sight::{Sight, workload};
use crate::model::cluster::Autoscaler;
use crate::model::{
    Body, Condition, ConditionStatus, Confidence, Evidence, EvidenceKind, Finding, Known, Object, Quantity, Severity, Subject, Time, Uid,
    shorten,
};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    sight.each(Known::HorizontalPodAutoscaler, |object| match &object.body {
        // A young one has not looked around yet.
        Body::Autoscaler(hpa) if !object.meta.deleting.is_known() && object.meta.created.age(sight.now) >= PATIENCE => {
            blind(sight, object, hpa)
                .or_else(|| stuck(sight, object, hpa))
                .or_else(|| at_maximum(object, hpa))
        }
        _ => None,
    })
}

fn finding(object: &Object, title: String, condition: Option<&Condition>) -> Finding {
    let known = Known::HorizontalPodAutoscaler;
    Finding::new(Severity::Warning, Subject::of(known, object), title)
        .since(condition.map_or(Time::NEVER, |c| c.since))
        .evidence(condition.map(|c| condition_evidence(c, open(known, object))))
}

/// It has no metrics to go by.
fn blind(sight: &Sight<'_>, object: &Object, hpa: &Autoscaler) -> Option<Finding> {
    let inactive = holds(&hpa.conditions, "ScalingActive", ConditionStatus::False)?;
    // Scaled to 0 by hand, it rests. And a metric that fails once comes back.
    if &*inactive.reason == "ScalingDisabled" || inactive.since.age(sight.now) < PATIENCE / 2 {
        return None;
    }
    let title = format!("cannot scale: it has no metrics · {}", said(inactive));
    let target = target(sight, object, hpa);
    let idle = target.filter(|(_, w)| w.desired > 0 && w.ready == 0).map(|(uid, _)| uid);
    // Pods that are not ready are not measured.
    Some(finding(object, title, Some(inactive)).depends(idle))
}

/// It cannot scale its target.
fn stuck(sight: &Sight<'_>, object: &Object, hpa: &Autoscaler) -> Option<Finding> {
    let unable = holds(&hpa.conditions, "AbleToScale", ConditionStatus::False)?;
    // It waits a while after each change, on purpose.
    if unable.reason.starts_with("Backoff") || unable.since.age(sight.now) < PATIENCE / 2 {
        return None;
    }
    Some(finding(
        object,
        format!("cannot scale {} · {}", hpa.target, said(unable)),
        Some(unable),
    ))
}

/// It would go higher, and may not.
fn at_maximum(object: &Object, hpa: &Autoscaler) -> Option<Finding> {
    // One that may not go anywhere is a fixed number, and somebody's will.
    if hpa.max <= hpa.min || hpa.current < hpa.max || hpa.desired < hpa.max {
        return None;
    }
    let limited = holds(&hpa.conditions, "ScalingLimited", ConditionStatus::True).filter(|c| &*c.reason == "TooManyReplicas");
    let above: Vec<&str> = hpa.metrics.iter().map(|m| &**m).filter(|m| is_above(m)).collect();
    if limited.is_none() && above.is_empty() {
        return None;
    }
    let shown = if above.is_empty() {
        hpa.metrics.iter().map(|m| &**m).collect()
    } else {
        above
    };
    let metrics = if shown.is_empty() {
        String::new()
    } else {
        format!(" · {}", shown.join(", "))
    };
    let found = finding(object, format!("at its maximum of {}{metrics}", hpa.max), limited);
    let known = Known::HorizontalPodAutoscaler;
    let text = format!("{} has {} replicas, of at most {}{metrics}", hpa.target, hpa.current, hpa.max);
    let metric = Evidence::new(EvidenceKind::Metric, text, Time::NEVER).lead(open(known, object));
    Some(
        found
            .evidence([metric])
            .confidence(if limited.is_some() { Confidence::High } else { Confidence::Medium }),
    )
}

fn said(c: &Condition) -> String {
    match c.message.trim() {
        "" => c.reason.to_string(),
        message => shorten(message, 120).into_owned(),
    }
}

/// What it scales: its identity and how it is.
fn target<'a>(sight: &Sight<'a>, object: &Object, hpa: &Autoscaler) -> Option<(Uid, &'a crate::model::Workload)> {
    let (kind, name) = hpa.target.split_once('/')?;
    let target = sight.named(Known::of_kind(kind)?, &object.meta.namespace, name)?;
    Some((target.meta.uid, workload(target)?))
}

/// Whether a metric is above what it aims at: `cpu 93%/80%`.
fn is_above(metric: &str) -> bool {
    let values = metric.rsplit_once(' ').and_then(|(_, values)| values.split_once('/'));
    let number = |text: &str| Quantity::parse(text.trim_end_matches('%')).get();
    values.is_some_and(|(now, aim)| number(now).zip(number(aim)).is_some_and(|(now, aim)| now > aim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_above_its_aim_or_not_known_to_be() {
        for (metric, above) in [
            ("cpu 93%/80%", true),
            ("cpu 80%/80%", false),
            ("app:cpu 7%/80%", false),
            ("requests 1500m/1", true),
            ("memory 1Gi/900Mi", true),
            ("cpu ?/80%", false),
            ("", false),
        ] {
            assert_eq!(is_above(metric), above, "{metric}");
        }
    }
}
