//! The cause before its effects: a finding that another one explains is told as part of it.

use crate::model::{Finding, Folded, Uid, UidMap};

/// Folds findings, given in the order of [`super::CHECKS`]: what comes earlier explains what comes later, where the
/// later one depends on an object that the earlier one is about.
pub fn fold(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut explained: UidMap<usize> = UidMap::default();
    for finding in findings {
        let depends = finding.depends.iter().filter(|uid| **uid != Uid(0));
        match depends.filter_map(|uid| explained.get(uid)).min().copied() {
            Some(cause) => {
                // What it is about is now part of the cause, so that its own effects end there as well.
                for uid in finding.members.iter().filter(|uid| **uid != Uid(0)) {
                    explained.entry(*uid).or_insert(cause);
                }
                if let Some(cause) = kept.get_mut(cause) {
                    absorb(cause, finding);
                }
            }
            None => {
                let at = kept.len();
                for uid in finding.members.iter().filter(|uid| **uid != Uid(0)) {
                    explained.entry(*uid).or_insert(at);
                }
                kept.push(finding);
            }
        }
    }
    kept
}

/// Makes an effect part of its cause.
fn absorb(cause: &mut Finding, effect: Finding) {
    cause.severity = cause.severity.max(effect.severity);
    cause.members.extend(effect.members);
    cause.members.sort();
    cause.members.dedup();
    if effect.since.is_known() && (!cause.since.is_known() || effect.since < cause.since) && effect.object.uid == cause.object.uid {
        cause.since = effect.since;
    }
    // The last words of a container say why, whichever finding brought them.
    if cause.tail.is_none() {
        cause.tail = effect.tail;
    }
    let folded = effect.folded;
    cause.folded.push(Folded {
        id: effect.id,
        object: effect.object,
        title: effect.title,
        measure: effect.measure,
    });
    cause.folded.extend(folded);
}
