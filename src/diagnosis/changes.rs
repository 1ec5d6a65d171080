//! What changed before it began, the likeliest cause first.
//!
//! Two sources tell of the same past: what the watches saw change since they stand, and what the cluster still
//! remembers of the time before (revisions, who last wrote what, events, the ages of nodes). Where both speak of one
//! thing, it is told once.

mod moment;
mod scene;
#[cfg(test)]
mod tests;
mod words;

use super::sight::{Sight, workload};
use crate::model::{Change, ChangeKind, Finding, Known, Subject, Time, Uid};
use moment::{Moment, Source};
use scene::{Relation, Scene};

/// How far back a cause may lie (seconds).
const BEFORE: i64 = 86_400;

/// Clocks differ: what is written so long after it began may have been before (seconds).
const SKEW: i64 = 60;

/// The revision whose pods fail may be this much younger than the trouble: it is what fails now (seconds).
const LATE: i64 = 600;

/// Two reports within this time are of one thing (seconds).
const SAME: i64 = 60;

/// Changes that are told of one finding.
const TOLD: usize = 5;

/// Changes that are put into words, of which the best are told.
const WORDED: usize = 20;

/// After so long half of the suspicion is left (seconds).
const HALF: f64 = 900.0;

/// What is not worth telling: something far away, or long before.
const LEAST: f64 = 0.08;

/// Everything that changed in an environment in the time that matters to some findings.
pub struct Past<'a> {
    moments: Vec<Moment<'a>>,
}

impl<'a> Past<'a> {
    /// Looks through the environment once, for all of these findings.
    pub fn of(sight: &Sight<'a>, findings: &[Finding]) -> Self {
        let onsets = findings.iter().map(|finding| onset(sight, finding));
        let moments = match onsets.min() {
            Some(first) => moment::all(sight, first + -BEFORE),
            None => Vec::new(),
        };
        Self { moments }
    }

    /// The changes that may have led to one of them.
    pub fn before(&self, sight: &Sight<'a>, finding: &Finding) -> Vec<Change> {
        let onset = onset(sight, finding);
        let scene = Scene::of(sight, finding);
        let mut found: Vec<(f64, &Moment<'_>)> = self
            .moments
            .iter()
            .filter(|moment| {
                let late = if moment.made().is_some_and(|uid| finding.members.contains(&uid)) {
                    LATE
                } else {
                    SKEW
                };
                moment.at >= onset + -BEFORE && moment.at <= onset + late
            })
            .filter_map(|moment| {
                let score = weight(moment) * reach(scene.relation(sight, moment)?) * closeness(moment.at, onset);
                (score >= LEAST).then_some((score, moment))
            })
            .collect();
        found.sort_by(|(a, first), (b, second)| b.total_cmp(a).then(second.at.cmp(&first.at)));
        let mut told: Vec<(Change, bool)> = Vec::new();
        for (_, moment) in found.into_iter().take(WORDED) {
            let change = words::change(moment);
            let revision = matches!(moment.source, Source::Revision { .. });
            match told
                .iter_mut()
                .find(|(other, other_revision)| same(other, &change) && !(revision && *other_revision))
            {
                Some((other, other_revision)) => {
                    merge(other, change);
                    *other_revision |= revision;
                }
                None => told.push((change, revision)),
            }
        }
        // That the node stopped being ready is the trouble itself, not what led to it.
        let own = |change: &Change| change.object.kind == finding.object.kind && change.object.name == finding.object.name;
        told.retain(|(change, _)| !(change.kind == ChangeKind::Node && own(change) && (change.at - onset).abs() <= SAME));
        told.truncate(TOLD);
        told.into_iter().map(|(change, _)| change).collect()
    }
}

/// Since when it is so. Where nothing tells, it may be the newest revision's doing; else it may have begun just now.
fn onset(sight: &Sight<'_>, finding: &Finding) -> Time {
    if finding.since.is_known() {
        return finding.since;
    }
    let deployment = sight.get(Known::Deployment, finding.object.uid);
    let newest = deployment.and_then(|object| {
        let (set, _) = sight.revisions(object).into_iter().next()?;
        Some(set.meta.created).filter(|at| at.is_known())
    });
    newest.unwrap_or(sight.now)
}

/// How suspicious this sort of change is.
fn weight(moment: &Moment<'_>) -> f64 {
    match moment.kind {
        // Pods that were only made anew have the same flaws as before.
        ChangeKind::Rollout if moment.is_restart() => 0.5,
        ChangeKind::Rollout => 1.0,
        ChangeKind::Config => 0.8,
        ChangeKind::Node => 0.7,
        // A new node breaks little; on a young cluster all of them are new.
        ChangeKind::Existence if matches!(moment.source, Source::Joined(_)) => 0.15,
        ChangeKind::Scale | ChangeKind::Existence => 0.5,
        ChangeKind::Other => 0.2,
    }
}

/// How much it has to do with what is not well.
fn reach(relation: Relation) -> f64 {
    match relation {
        Relation::Itself => 1.0,
        Relation::Used => 0.8,
        Relation::Aimed | Relation::Beneath => 0.5,
        Relation::Namespace => 0.2,
        Relation::Cluster => 0.15,
    }
}

/// What happened just before is suspected most.
fn closeness(at: Time, onset: Time) -> f64 {
    let gap = (onset - at).max(0) as f64;
    1.0 / (1.0 + gap / HALF)
}

/// Whether both tell of one thing.
fn same(a: &Change, b: &Change) -> bool {
    let subject = |s: &Subject| (s.kind.clone(), s.namespace.clone(), s.name.clone());
    let one = a.object.uid == b.object.uid && a.object.uid != Uid(0) || subject(&a.object) == subject(&b.object);
    let kinds = a.kind == b.kind || a.kind == ChangeKind::Other || b.kind == ChangeKind::Other;
    one && kinds && (a.at - b.at).abs() <= SAME
}

/// Keeps what says more of two reports of one thing.
fn merge(kept: &mut Change, other: Change) {
    let says_more = (other.details.len(), kept.kind) > (kept.details.len(), other.kind);
    let by = if kept.by.is_empty() { other.by.clone() } else { kept.by.clone() };
    if says_more {
        *kept = other;
    }
    if kept.by.is_empty() {
        kept.by = by;
    }
}
