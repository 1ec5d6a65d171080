//! The diagnosis of an environment, kept up to date at little cost.

use std::cmp::Ordering;

use super::checks::{CHECKS, NETWORK_HERE, NETWORK_RUNBOOK, listened};
use super::damp::Damper;
use super::fold::fold;
use super::index::Index;
use super::sight::Sight;
use super::{changes, words};
use crate::model::{Evidence, EvidenceKind, Finding, Lead, LogFrom, LogKey, TailKey, Time};
use crate::store::{EnvStore, Store};

/// What is wrong in one environment.
#[derive(Debug, Default)]
pub struct Diagnosis {
    index: Index,
    damper: Damper,
}

impl Diagnosis {
    /// Looks again. Costs what has changed since the last look, and what is ill.
    pub fn settle(&mut self, seen: &EnvStore, now: Time) {
        self.index.settle(seen, now);
        let findings = self.find(seen, now);
        self.damper.settle(findings, order, now);
    }

    /// What is wrong at this moment, without regard to what was shown before.
    pub(super) fn find(&self, seen: &EnvStore, now: Time) -> Vec<Finding> {
        let sight = Sight::new(seen, &self.index, now);
        let mut findings = fold(look(&sight));
        let past = changes::Past::of(&sight, &findings);
        for finding in &mut findings {
            last_words(finding, seen);
            finding.changes = past.before(&sight, finding);
        }
        findings
    }

    /// What is wrong, worst first.
    pub fn findings(&self) -> &[Finding] {
        self.damper.shown()
    }

    /// A look at the environment with what is known of it from before.
    pub fn sight<'a>(&'a self, seen: &'a EnvStore, now: Time) -> Sight<'a> {
        Sight::new(seen, &self.index, now)
    }

    /// The last words that are wanted and not there yet, of the worst findings first; a bounded number.
    /// What is listened to after a rollout comes last.
    pub fn wanted_tails(&self, seen: &EnvStore, now: Time) -> Vec<TailKey> {
        const MOST: usize = 20;
        let wanted = self.findings().iter().filter_map(|f| f.tail.clone());
        let listened = listened(&self.sight(seen, now)).into_iter().map(|listened| listened.tail);
        wanted
            .chain(listened)
            .filter(|key| seen.tails.get(key).is_none())
            .take(MOST)
            .collect()
    }
}

/// What every check says.
fn look(sight: &Sight<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in CHECKS {
        findings.extend((check.run)(sight).into_iter().map(|mut finding| {
            finding.id = check.id;
            // A check may know better for one of its findings.
            if finding.runbook.is_empty() {
                finding.runbook = check.runbook;
            }
            finding
        }));
    }
    findings
}

/// What is found by looking at all environments together.
pub fn across(store: &Store, now: Time) -> Option<Finding> {
    let mut finding = super::checks::across(store, now)?;
    finding.id = NETWORK_HERE;
    finding.runbook = NETWORK_RUNBOOK;
    Some(finding)
}

/// Within one severity the cause with more effects first, then the newest: it is what one was called for.
pub(super) fn order(a: &Finding, b: &Finding) -> Ordering {
    b.severity
        .cmp(&a.severity)
        .then_with(|| if a.id == b.id { Ordering::Equal } else { rank(a).cmp(&rank(b)) })
        .then(b.folded.len().cmp(&a.folded.len()))
        .then(b.since.cmp(&a.since))
        .then_with(|| (&a.object.namespace, &a.object.name).cmp(&(&b.object.namespace, &b.object.name)))
        .then(a.object.uid.cmp(&b.object.uid))
}

/// The place of a finding's check in the table of causes.
fn rank(finding: &Finding) -> usize {
    CHECKS.iter().position(|check| check.id == finding.id).unwrap_or(0)
}

/// What the dead container said last, where it was fetched.
fn last_words(finding: &mut Finding, seen: &EnvStore) {
    let Some(key) = &finding.tail else { return };
    let Some(Ok(lines)) = seen.tails.get(key) else { return };
    let Some(text) = words::telling(lines) else { return };
    let at = lines.iter().rev().map(|line| line.nanos).find(|nanos| *nanos > 0).unwrap_or(0);
    let log = LogKey {
        namespace: key.namespace.clone(),
        pod: key.pod.clone(),
        container: key.container.clone(),
        previous: key.previous,
        from: LogFrom::Tail(1000),
    };
    let evidence = Evidence::new(EvidenceKind::Log, text, Time(at / 1_000_000_000)).lead(Lead::Log(log));
    // After how it ended, before what the cluster said of it.
    let place = finding
        .evidence
        .iter()
        .position(|e| e.kind != EvidenceKind::Exit)
        .unwrap_or(finding.evidence.len());
    finding.evidence.insert(place, evidence);
}
