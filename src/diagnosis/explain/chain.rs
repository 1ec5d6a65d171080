//! From an object to the finding that it belongs to, and from there to what most likely brought it about.

use super::{Line, Meaning, well};
use crate::diagnosis::forensics::span;
use crate::diagnosis::sight::Sight;
use crate::model::{Change, ChangeKind, Confidence, Finding, Folded, Known, Lead, Object, ObjectRef, Severity, Subject, Uid};

/// Effects that are named one by one.
const EFFECTS: usize = 5;

/// A change so long before it began is named as the likely cause (seconds).
const NEAR: i64 = 3_600;

/// How an object belongs to a finding.
pub enum Part<'f> {
    /// The finding is about it.
    Subject(&'f Finding),
    /// What is wrong with it follows from the finding.
    Folded(&'f Finding, &'f Folded),
    /// It is one of those that the finding speaks of together.
    Member(&'f Finding),
}

impl<'f> Part<'f> {
    pub fn finding(&self) -> &'f Finding {
        match self {
            Self::Subject(finding) | Self::Folded(finding, _) | Self::Member(finding) => finding,
        }
    }
}

/// The finding that explains an object, the worst that is about itself first.
pub fn part<'f>(findings: &'f [Finding], object: &ObjectRef, found: Option<&Object>) -> Option<Part<'f>> {
    let about = |subject: &Subject| subject.kind == object.kind && subject.name == object.name && subject.namespace == object.namespace;
    if let Some(finding) = findings.iter().find(|f| about(&f.object)) {
        return Some(Part::Subject(finding));
    }
    let folded = findings
        .iter()
        .find_map(|f| Some((f, f.folded.iter().find(|folded| about(&folded.object))?)));
    if let Some((finding, folded)) = folded {
        return Some(Part::Folded(finding, folded));
    }
    let uid = found?.meta.uid;
    let member = findings.iter().find(|f| uid != Uid(0) && f.members.contains(&uid));
    member.map(Part::Member)
}

/// The lines from the symptom to the cause.
pub fn chain<'a>(sight: &Sight<'a>, findings: &[Finding], part: &Part<'_>, object: &ObjectRef, found: Option<&'a Object>) -> Vec<Line> {
    let finding = part.finding();
    let cause = Lead::Object(finding.object.reference());
    let of = subject(&finding.object);
    let mut lines = Vec::new();
    match part {
        Part::Subject(_) => {
            lines.push(Line::new(Meaning::Symptom, finding.title.clone()).at(finding.since).lead(cause));
            let others = findings.iter().filter(|f| !std::ptr::eq(*f, finding) && f.object == finding.object);
            lines.extend(others.map(|other| Line::new(Meaning::Symptom, other.title.clone()).at(other.since)));
        }
        Part::Folded(_, folded) => {
            lines.push(Line::new(Meaning::Symptom, folded.title.clone()).lead(Lead::Object(object.clone())));
            lines.extend(through(sight, finding, found));
            lines.push(
                Line::new(Meaning::Cause, format!("{of}: {}", finding.title))
                    .at(finding.since)
                    .lead(cause),
            );
        }
        Part::Member(_) => {
            if let Some(found) = found {
                lines.push(Line::new(Meaning::Symptom, well::state(found)).lead(Lead::Object(object.clone())));
            }
            lines.extend(through(sight, finding, found));
            lines.push(
                Line::new(Meaning::Cause, format!("{of}: {}", finding.title))
                    .at(finding.since)
                    .lead(cause),
            );
        }
    }
    if let Some(change) = finding.changes.first()
        && let Some(line) = began_after(finding, change)
    {
        lines.push(line);
    }
    if finding.confidence < Confidence::High {
        lines.push(Line::new(
            Meaning::Note,
            format!("of {} confidence: the cluster does not say so itself", finding.confidence.word()),
        ));
    }
    if matches!(part, Part::Subject(_)) {
        lines.extend(effects(finding));
    }
    lines
}

/// What leads from an object to what the finding is about, where that is not plain.
fn through<'a>(sight: &Sight<'a>, finding: &Finding, found: Option<&'a Object>) -> Option<Line> {
    let object = found?;
    let to = &finding.object;
    let of = subject(to);
    if let Some(pod) = object.body.pod() {
        let text = if to.kind.is(Known::Node) {
            format!("it runs on {of}")
        } else if sight.top(Known::Pod, object).1.meta.uid == to.uid {
            format!("it is a pod of {of}")
        } else if to.kind.is(Known::PersistentVolumeClaim) && pod.claims.contains(&to.name) {
            format!("it mounts {of}")
        } else {
            format!("it depends on {of}")
        };
        return Some(Line::new(Meaning::Step, text).lead(Lead::Object(to.reference())));
    }
    let text = match object.meta.owner.as_deref() {
        Some(owner) if owner.uid == to.uid => format!("it belongs to {of}"),
        _ if object.body.pod_selector().is_some() && to.kind.is(Known::Node) => format!("pods of it run on {of}"),
        _ if object.body.pod_selector().is_some() => format!("its pods are those of {of}"),
        _ => format!("it depends on {of}"),
    };
    Some(Line::new(Meaning::Step, text).lead(Lead::Object(to.reference())))
}

/// `it began 40s after: revision 41 → 42: image …`, if the change is of a sort and at a time that makes it likely.
fn began_after(finding: &Finding, change: &Change) -> Option<Line> {
    if !finding.since.is_known() || change.kind > ChangeKind::Node {
        return None;
    }
    let gap = finding.since - change.at;
    if gap > NEAR {
        return None;
    }
    let when = match gap {
        gap if gap > 0 => format!("it began {} after", span(gap)),
        _ => "it began with".to_owned(),
    };
    let whose = if change.object.uid == finding.object.uid {
        String::new()
    } else {
        format!("{}: ", subject(&change.object))
    };
    let by = if change.by.is_empty() {
        String::new()
    } else {
        format!(" (by {})", change.by)
    };
    let line = Line::new(Meaning::Likely, format!("{when} {whose}{}{by}", change.what)).at(change.at);
    Some(line.lead(Lead::Object(change.object.reference())))
}

fn effects(finding: &Finding) -> Vec<Line> {
    // What is told of the object itself is the same thing in other words, unless it has a number of its own.
    let tells = |folded: &&Folded| folded.object != finding.object || folded.measure.is_some();
    let others: Vec<&Folded> = finding.folded.iter().filter(tells).collect();
    let mut lines: Vec<Line> = others
        .iter()
        .take(EFFECTS)
        .map(|folded| {
            let text = match folded.object == finding.object {
                true => folded.title.clone(),
                false => format!("{}: {}", subject(&folded.object), folded.title),
            };
            Line::new(Meaning::Effect, text).lead(Lead::Object(folded.object.reference()))
        })
        .collect();
    if others.len() > EFFECTS {
        let more = others.len() - EFFECTS;
        lines.push(Line::new(Meaning::Effect, format!("and {more} more")));
    }
    lines
}

/// Of an object that is well: what around it is not.
pub fn around<'a>(sight: &Sight<'a>, findings: &[Finding], object: &ObjectRef, found: &'a Object) -> Vec<Line> {
    let note = |finding: &Finding, words: &str| {
        let text = format!(
            "{words} {} {}: {}",
            subject(&finding.object),
            finding.severity.word(),
            finding.title
        );
        Line::new(Meaning::Note, text).lead(Lead::Object(finding.object.reference()))
    };
    match object.kind.known() {
        Some(Known::Namespace) => findings
            .iter()
            .filter(|f| *f.object.namespace == *object.name && f.severity > Severity::Info)
            .take(EFFECTS)
            .map(|f| note(f, "in it:"))
            .collect(),
        Some(known) => {
            let top = sight.top_subject(known, found);
            let above = findings.iter().find(|f| f.object.uid == top.uid && top.uid != found.meta.uid);
            above.map(|f| note(f, "but it belongs to")).into_iter().collect()
        }
        None => Vec::new(),
    }
}

/// `deployment backend`, as a sentence speaks of it.
pub fn subject(subject: &Subject) -> String {
    let mut kind = String::new();
    for (n, c) in subject.kind_name().chars().enumerate() {
        // `ReplicaSet` reads as `replica set`.
        if c.is_uppercase() && n > 0 {
            kind.push(' ');
        }
        kind.extend(c.to_lowercase());
    }
    format!("{kind} {}", subject.name)
}
