//! What is wrong, since when, and why: from the store to findings, the cause before its effects.
//!
//! ```text
//!  store ──► Index (who may be ill, which events speak of whom; kept from one look to the next)
//!              └──► Sight (one environment at one moment) ──► CHECKS ──► fold ──► damp ──► findings
//! ```
//!
//! Everything here is a pure function of the store and of `now`. A check says only what the store shows: where a kind
//! is not watched, or not allowed to be, it says nothing.
//!
//! # How to add a check
//!
//! 1. A file in `checks/`: `pub(super) fn check(sight: &Sight) -> Vec<Finding>`. It looks at [`Sight`], which hands out
//!    the objects that may be ill, the events about an object, owners, nodes and the faults of pods. It returns
//!    [`Finding::new`] with evidence (the strongest first), the objects that are part of it (`members`) and the
//!    objects whose own findings would explain it (`depends`).
//! 2. A row in [`CHECKS`], at its place among causes and effects: what an earlier row finds explains what a later
//!    row finds about the same objects.
//! 3. If it judges what a Prometheus tells: a question with its threshold in `vitals.rs`, asked of the environment in front.
//! 4. If it needs a kind that no other check needs: the row says so, and the kind is watched from then on.
//! 5. A table test beside it, a scenario or a live object that shows it, and its runbook's name in the row.

mod changes;
mod checks;
mod damp;
mod due;
mod explain;
mod fault;
mod fold;
mod forensics;
mod group;
mod index;
mod judgements;
mod marks;
mod record;
mod refusal;
mod sight;
mod state;
mod traffic;
mod vitals;
mod words;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod world;

pub use checks::{CHECKS, Check, ELSEWHERE, IN_FRONT, NETWORK_HERE};
pub use explain::{Explanation, Line, Meaning, Verdict, explain};
pub use fault::{Fault, ProbeKind};
pub use forensics::{Forensics, Run, forensics, span};
pub use judgements::Judgements;
pub use record::record;
pub use sight::Sight;
pub use state::{Diagnosis, across};
pub use vitals::vitals;
pub use words::telling;

use crate::model::{Confidence, Evidence, Finding, Severity, Subject, Time};

/// How long a thing may be on its way before it counts as stuck (seconds).
pub const PATIENCE: i64 = 120;

impl Finding {
    /// A finding without its evidence. Its id and runbook come from the row of its check.
    pub fn new(severity: Severity, object: Subject, title: impl Into<String>) -> Self {
        Self {
            id: "",
            severity,
            confidence: Confidence::High,
            members: vec![object.uid],
            object,
            title: title.into(),
            since: Time::NEVER,
            evidence: Vec::new(),
            runbook: "",
            depends: Vec::new(),
            folded: Vec::new(),
            tail: None,
            changes: Vec::new(),
            measure: None,
        }
    }

    /// How bad it is by a number of its own, the more the worse.
    #[must_use]
    pub fn measured(mut self, measure: f64) -> Self {
        self.measure = Some(measure);
        self
    }

    /// Since when, as far as that is known.
    #[must_use]
    pub fn since(mut self, since: Time) -> Self {
        self.since = since;
        self
    }

    /// How sure it is.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// More evidence, after what is there.
    #[must_use]
    pub fn evidence(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// More objects that are part of it.
    #[must_use]
    pub fn members(mut self, members: impl IntoIterator<Item = crate::model::Uid>) -> Self {
        self.members.extend(members);
        self
    }

    /// Objects whose own findings would explain it.
    #[must_use]
    pub fn depends(mut self, depends: impl IntoIterator<Item = crate::model::Uid>) -> Self {
        self.depends.extend(depends);
        self
    }
}
