//! Several environments fall silent at the same moment: then it is hardly they, but what lies between them and here.
//! Or all clusters that are asked are silent, while a public address of the same platform answers. Or all addresses inside
//! the network are, while one on the internet answers.

use crate::model::{
    Confidence, Evidence, EvidenceKind, Finding, Kind, Link, Probed, Problem, ProblemKind, Reach, Severity, Subject, Time, Uid,
};
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
        let alone = if all { beside_public(store, &lost, now) } else { None };
        return alone.or_else(|| inside(store, &lost, now));
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
        .chain(public(store, Time::NEVER, now).map(|(at, probed)| answered(at, probed)));
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
            .evidence([Evidence::new(EvidenceKind::Condition, &problem.text, since), answered(at, probed)]),
    )
}

/// An answer older than this says nothing of now (seconds).
const RECENT: i64 = 60;

/// What health probes told lately.
fn recent(store: &Store, now: Time) -> impl Iterator<Item = (Time, &Probed)> {
    let probes = store.iter().flat_map(|(_, env)| env.probes.all());
    let told = probes.filter_map(|probe| probe.last.as_ref());
    told.filter(move |(at, _)| at.age(now) <= RECENT)
        .map(|(at, probed)| (*at, &**probed))
}

/// What answered from the internet after that moment, and lately.
fn public(store: &Store, after: Time, now: Time) -> impl Iterator<Item = (Time, &Probed)> {
    recent(store, now).filter(move |(at, probed)| *at >= after && probed.reach == Reach::Public && probed.is_answered())
}

/// Everything inside the network is silent, several things at least, and the internet is there.
fn inside(store: &Store, lost: &[(Time, &Problem)], now: Time) -> Option<Finding> {
    let is_inside = |probed: &Probed| probed.reach == Reach::Private && probed.proxy.is_empty();
    if recent(store, now).any(|(_, probed)| is_inside(probed) && probed.is_answered()) {
        return None;
    }
    let mut silent: Vec<(Time, &Problem)> = recent(store, now)
        .filter(|(_, probed)| is_inside(probed) || probed.reach == Reach::Unresolved && probed.proxy.is_empty())
        .filter_map(|(at, probed)| Some((at, &probed.silence.as_ref()?.problem)))
        .filter(|(_, problem)| matches!(problem.kind, ProblemKind::Unreachable | ProblemKind::TimedOut))
        .collect();
    let (probes, clusters) = (silent.len(), lost.len());
    if probes == 0 || probes + clusters < 2 {
        return None;
    }
    let (at, probed) = public(store, Time::NEVER, now).next()?;
    silent.extend(lost);
    let title = format!(
        "{} addresses inside the network do not answer, and {} does · your side: VPN or DNS",
        probes + clusters,
        probed.url
    );
    let said = silent
        .iter()
        .map(|(at, problem)| Evidence::new(EvidenceKind::Condition, &problem.text, *at));
    Some(
        Finding::new(Severity::Warning, subject(), title)
            .since(lost.iter().map(|(since, _)| *since).min().unwrap_or_default())
            .confidence(Confidence::Medium)
            .evidence([answered(at, probed)])
            .evidence(said),
    )
}

fn answered(at: Time, probed: &Probed) -> Evidence {
    let status = probed.code.map_or_else(|| "a connection".to_owned(), |code| code.to_string());
    let text = format!("{} answers from the internet: {status}, {} ms", probed.url, probed.timings.total);
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
