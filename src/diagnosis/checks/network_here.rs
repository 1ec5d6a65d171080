//! Several environments fall silent at the same moment: then it is hardly they, but what lies between them and here.
//! Or all clusters that are asked are silent, while a public address of the same platform answers.

use crate::model::{Confidence, Evidence, EvidenceKind, Finding, Kind, Link, Probed, Problem, ProblemKind, Severity, Subject, Time, Uid};
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
        return if all { beside_public(store, &lost, now) } else { None };
    }
    let moment = if together.len() == silent.len() {
        ", since the same moment"
    } else {
        ""
    };
    let title = format!(
        "{} of {} environments do not answer{moment} · your side: VPN or DNS",
        silent.len(),
        links.len()
    );
    let said = silent
        .iter()
        .map(|(since, problem)| Evidence::new(EvidenceKind::Condition, &problem.text, *since))
        .chain(public(store, Time::NEVER, now).map(|(at, probed)| answered(*at, probed)));
    Some(
        Finding::new(Severity::Critical, subject(), title)
            .since(together.first().or(silent.first()).map_or(Time::NEVER, |(since, _)| *since))
            .confidence(if all { Confidence::High } else { Confidence::Medium })
            .evidence(said),
    )
}

fn subject() -> Subject {
    Subject {
        kind: Kind::of("", "network"),
        namespace: "".into(),
        name: "here".into(),
        uid: Uid::of(ID),
    }
}

/// The one cluster that is asked is silent, and its platform answers the public: it may be the cluster's own trouble, but
/// a platform mostly goes down with it.
fn beside_public(store: &Store, lost: &[(Time, &Problem)], now: Time) -> Option<Finding> {
    let (since, problem) = *lost.first()?;
    let (at, probed) = public(store, since, now).next()?;
    let title = format!(
        "the cluster does not answer, and {} does · your side: VPN or DNS; or its API server alone",
        probed.url
    );
    Some(
        Finding::new(Severity::Warning, subject(), title)
            .since(since)
            .confidence(Confidence::Low)
            .evidence([Evidence::new(EvidenceKind::Condition, &problem.text, since), answered(*at, probed)]),
    )
}

/// An answer older than this says nothing of now (seconds).
const RECENT: i64 = 60;

/// What answered from the internet after that moment, and lately.
fn public(store: &Store, after: Time, now: Time) -> impl Iterator<Item = &(Time, Probed)> {
    let probes = store.iter().flat_map(|(_, env)| env.probes.values());
    probes.filter(move |(at, probed)| *at >= after && at.age(now) <= RECENT && probed.public && probed.answer.is_ok())
}

fn answered(at: Time, probed: &Probed) -> Evidence {
    let status = probed.answer.as_ref().map_or(0, |status| *status);
    let text = format!("{} answers from the internet: {status}, {} ms", probed.url, probed.millis);
    Evidence::new(EvidenceKind::Condition, text, at)
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
