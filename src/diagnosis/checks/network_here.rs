//! Several environments fall silent at the same moment: then it is hardly they, but what lies between them and here.
//!
//! Here also belongs, once addresses are probed: all private environments are silent while a public address answers.

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Kind, Link, Problem, ProblemKind, Severity, Subject, Time, Uid};
use crate::store::Store;

/// What it is called.
pub const ID: &str = "network-here";

/// Links that are lost within so many seconds are lost together: each finds out with its next heartbeat.
const TOGETHER: i64 = 60;

/// Looks at all environments at once.
pub fn across(store: &Store, now: Time) -> Option<Finding> {
    let links: Vec<&Link> = store.iter().map(|(_, env)| &env.link).filter(|link| **link != Link::Idle).collect();
    let mut lost: Vec<(Time, &Problem)> = links
        .iter()
        .filter_map(|link| silent(link))
        .filter(|(since, _)| *since <= now)
        .collect();
    lost.sort_by_key(|(since, _)| *since);
    let together = together(&lost);
    let all = lost.len() == links.len();
    let silent = if all { lost.as_slice() } else { together };
    if silent.len() < 2 {
        return None;
    }
    let moment = if together.len() == silent.len() {
        ", since the same moment"
    } else {
        ""
    };
    let subject = Subject {
        kind: Kind::of("", "network"),
        namespace: "".into(),
        name: "here".into(),
        uid: Uid::of(ID),
    };
    let title = format!(
        "{} of {} environments do not answer{moment} · your side: VPN or DNS",
        silent.len(),
        links.len()
    );
    let said = silent
        .iter()
        .map(|(since, problem)| Evidence::new(EvidenceKind::Condition, &problem.text, *since));
    Some(
        Finding::new(Severity::Critical, subject, title)
            .since(together.first().or(silent.first()).map_or(Time::NEVER, |(since, _)| *since))
            .confidence(if all { Confidence::High } else { Confidence::Medium })
            .evidence(said),
    )
}

/// Since when and why a link does not answer at all. One that refuses us does answer.
fn silent(link: &Link) -> Option<(Time, &Problem)> {
    match link {
        Link::Lost { since, problem, .. } if matches!(problem.kind, ProblemKind::Unreachable | ProblemKind::TimedOut) => {
            Some((*since, problem))
        }
        _ => None,
    }
}

/// The most that were lost together, the latest such moment; they are given in the order of time.
fn together<'s, 'p>(lost: &'s [(Time, &'p Problem)]) -> &'s [(Time, &'p Problem)] {
    let mut best: &[(Time, &Problem)] = &[];
    for (at, (since, _)) in lost.iter().enumerate() {
        let rest = lost.get(at..).unwrap_or_default();
        let until = rest.iter().take_while(|(other, _)| *other - *since <= TOGETHER).count();
        let run = rest.get(..until).unwrap_or_default();
        if run.len() >= best.len() {
            best = run;
        }
    }
    best
}
