//! Why an object is not well, or why it counts as well: the chain from what one sees to where it comes from.

mod chain;
#[cfg(test)]
mod tests;
mod unseen;
mod well;

use std::sync::Arc;

use super::Diagnosis;
use super::forensics::{Forensics, forensics, troubled};
use crate::model::{Change, EvidenceKind, Health, Known, Lead, ObjectRef, Severity, TailKey, Time, health};
use crate::store::EnvStore;
use chain::Part;

/// The explanation of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub object: ObjectRef,
    pub verdict: Verdict,
    /// Since when it is so; never, where nothing tells.
    pub since: Time,
    /// From the symptom to the cause; for what is well, why it counts as well.
    pub why: Vec<Line>,
    /// What shows it, the strongest first.
    pub evidence: Vec<Line>,
    /// What changed before it began, the likeliest first.
    pub changes: Vec<Change>,
    /// The runbook that helps, by its file's stem; empty: none.
    pub runbook: &'static str,
    /// What could not be looked at.
    pub unseen: Vec<Line>,
    /// The restarts of its container that most needs it, for pods.
    pub forensics: Option<Forensics>,
    /// The run whose last words belong to it.
    pub tail: Option<TailKey>,
}

/// How an object is, all in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A check has found it ill, or found what makes it ill.
    Ill(Severity),
    /// Not as it should be, but no check says why.
    Suspect,
    /// On its way.
    Busy,
    Well,
    /// Nothing is checked for its kind.
    Unjudged,
    /// It is not among what is known.
    Absent,
}

impl Verdict {
    /// The word that the screen uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ill(severity) => severity.word(),
            Self::Suspect => "not well",
            Self::Busy => "on its way",
            Self::Well => "well",
            Self::Unjudged => "not judged",
            Self::Absent => "not known",
        }
    }
}

/// One line of an explanation.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub role: Meaning,
    pub text: String,
    /// When; never, where nothing tells.
    pub at: Time,
    /// Where more can be seen.
    pub lead: Option<Lead>,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// What one sees.
    Symptom,
    /// How that leads to the cause.
    Step,
    /// Where it comes from.
    Cause,
    /// What most likely brought that about: it came just before.
    Likely,
    /// What else comes of it.
    Effect,
    /// What shows it.
    Shown(EvidenceKind),
    /// As it should be.
    Well,
    /// Worth knowing.
    Note,
}

impl Meaning {
    /// The word that the screen uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Symptom => "symptom",
            Self::Step => "through",
            Self::Cause => "cause",
            Self::Likely => "likely",
            Self::Effect => "effect",
            Self::Shown(kind) => kind.word(),
            Self::Well => "well",
            Self::Note => "note",
        }
    }
}

impl Line {
    pub fn new(role: Meaning, text: impl Into<String>) -> Self {
        Self {
            role,
            text: text.into(),
            at: Time::NEVER,
            lead: None,
        }
    }

    /// The same, of a moment.
    #[must_use]
    pub fn at(mut self, at: Time) -> Self {
        self.at = at;
        self
    }

    /// The same, leading somewhere.
    #[must_use]
    pub fn lead(mut self, lead: impl Into<Option<Lead>>) -> Self {
        self.lead = lead.into();
        self
    }
}

/// Explains an object.
pub fn explain(diagnosis: &Diagnosis, seen: &EnvStore, object: &ObjectRef, now: Time) -> Explanation {
    let sight = diagnosis.sight(seen, now);
    let found = seen.find(object);
    let part = chain::part(diagnosis.findings(), object, found);
    let mut told = Explanation {
        object: object.clone(),
        verdict: Verdict::Absent,
        since: Time::NEVER,
        why: Vec::new(),
        evidence: Vec::new(),
        changes: Vec::new(),
        runbook: "",
        unseen: unseen::unseen(seen, object, part.as_ref().map(Part::finding), now),
        forensics: None,
        tail: None,
    };
    match (part, found) {
        (Some(part), _) => {
            let finding = part.finding();
            told.verdict = Verdict::Ill(finding.severity);
            told.since = finding.since;
            told.why = chain::chain(&sight, diagnosis.findings(), &part, object, found);
            told.evidence = finding.evidence.iter().map(shown).collect();
            told.changes.clone_from(&finding.changes);
            told.runbook = finding.runbook;
            told.tail.clone_from(&finding.tail);
        }
        (None, Some(found)) => {
            let judged = health(found, now);
            told.verdict = match judged {
                _ if !well::is_judged(object.kind.known()) => Verdict::Unjudged,
                Health::Ok | Health::Done => Verdict::Well,
                Health::Busy => Verdict::Busy,
                Health::Warning | Health::Bad => Verdict::Suspect,
            };
            if told.verdict == Verdict::Unjudged {
                told.why.push(Line::new(Meaning::Note, "nothing is checked for this kind"));
            } else if told.verdict == Verdict::Suspect {
                let text = format!("{}; no check says why", well::state(found));
                told.why.push(Line::new(Meaning::Symptom, text));
            }
            told.why.extend(well::reasons(&sight, object, found));
            told.why.extend(chain::around(&sight, diagnosis.findings(), object, found));
        }
        (None, None) => told.why.push(absent(seen, object)),
    }
    if object.kind.is(Known::Pod)
        && let Some(container) = found.and_then(troubled)
    {
        told.forensics = forensics(diagnosis, seen, object, &container.name, now);
        told.tail = told.forensics.as_ref().and_then(|f| f.tail.clone()).or(told.tail);
    }
    told
}

/// A piece of evidence as a line.
fn shown(evidence: &crate::model::Evidence) -> Line {
    Line {
        role: Meaning::Shown(evidence.kind),
        text: evidence.text.to_string(),
        at: evidence.at,
        lead: evidence.lead.clone(),
    }
}

/// Of what is not there it can only be said whether it would be known.
fn absent(seen: &EnvStore, object: &ObjectRef) -> Line {
    let namespace: &Arc<str> = &object.namespace;
    let scope = seen.covering(&object.kind, namespace);
    let complete = seen.feeds_of(&object.kind, &[scope]).iter().any(|feed| feed.complete);
    let text = if complete {
        "there is no such object (any more)"
    } else {
        "its kind has not been listed here (yet)"
    };
    Line::new(Meaning::Note, text)
}
