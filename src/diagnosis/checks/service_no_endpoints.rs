//! A service has pods, or should have, and none of them takes traffic.

use crate::diagnosis::group::{open, served};
use crate::diagnosis::sight::{Sight, workload};
use crate::diagnosis::traffic::{Backing, Unready};
use crate::model::{Evidence, EvidenceKind, Finding, Known, Object, Severity, Subject};

/// Endpoints follow their pods after so long, at most (seconds).
pub(super) const SLOW: i64 = 30;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let unserved = sight.unserved().iter();
    let found = unserved.filter_map(|unserved| match &unserved.backing {
        Backing::Unready(unready) if unready.since.age(sight.now) > SLOW => Some(finding(sight, unserved.object, unready)),
        _ => None,
    });
    found.collect()
}

fn finding<'a>(sight: &Sight<'a>, object: &'a Object, unready: &Unready<'a>) -> Finding {
    let pods = match unready.pods.len() {
        0 => "its pods are not there".to_owned(),
        1 => "its only pod is not ready".to_owned(),
        n => format!("none of its {n} pods is ready"),
    };
    let slices = Evidence::new(EvidenceKind::Condition, "no endpoint of it takes traffic", unready.since);
    Finding::new(
        Severity::Critical,
        Subject::of(Known::Service, object),
        format!("has no ready endpoint · {pods}"),
    )
    .since(unready.since)
    .depends(unready.depends(sight))
    .evidence([slices.lead(open(Known::Service, object))])
    .evidence(behind(unready))
}

/// A pod that should answer, or what should have made one.
pub(super) fn behind(unready: &Unready<'_>) -> Option<Evidence> {
    if let Some(object) = unready.pods.first() {
        let pod = object.body.pod()?;
        let (ready, all) = pod.ready();
        let text = format!(
            "pod {} is {}, {ready} of {all} containers ready",
            object.meta.name,
            status(&pod.status)
        );
        let since = pod.condition("Ready").map_or(object.meta.created, |c| c.since);
        return Some(Evidence::new(EvidenceKind::Condition, text, since).lead(open(Known::Pod, object)));
    }
    let (known, object) = unready.workloads.first()?;
    let w = workload(object)?;
    let kind = known.info().name.to_lowercase();
    let text = format!(
        "{kind} {} has {} of {} pods at work",
        object.meta.name,
        served(*known, w.available, w.ready),
        w.desired
    );
    Some(Evidence::new(EvidenceKind::Condition, text, unready.since).lead(open(*known, object)))
}

fn status(status: &str) -> &str {
    if status.is_empty() { "not ready" } else { status }
}
