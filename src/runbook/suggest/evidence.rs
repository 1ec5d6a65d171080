//! Findings: the page that a check names, and the page that the evidence names.

use super::Hit;
use super::pattern::LogPattern;
use crate::model::{Evidence, EvidenceKind, Finding, Known, Lead};
use crate::runbook::page::{Runbook, Sign, Signs};
use crate::runbook::value::{Facts, Origin, Role};

/// Reasons that say more than that something ends again and again: they name their page.
const TELLING: [&str; 12] = [
    "OOMKilled",
    "ContainerCannotRun",
    "DeadlineExceeded",
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "Evicted",
    "Unschedulable",
    "FailedMount",
];

/// What a finding says for a page.
pub fn by_finding(book: &Runbook, finding: &Finding) -> Option<Hit> {
    let named = finding.runbook == &*book.name;
    let said = evidence(book, finding);
    let score = match (named, &said) {
        (true, None) => 70,
        (true, Some(_)) => 120,
        (false, Some((base, _))) => base + 50,
        (false, None) => return None,
    };
    let reason = match said {
        Some((_, text)) if !named => text,
        _ => format!("{} {}", finding.object.name, finding.title),
    };
    Some(Hit {
        score,
        reason,
        facts: facts(finding),
        at: None,
    })
}

/// The evidence that names a page, and what such a sign is worth by itself.
fn evidence(book: &Runbook, finding: &Finding) -> Option<(i32, String)> {
    let quote = |text: &str| crate::model::shorten(text, 60).into_owned();
    let logs = || finding.evidence.iter().filter(|evidence| evidence.kind == EvidenceKind::Log);
    let by_log = book.detects.iter().find_map(|detect| {
        let Sign::Logs { pattern, .. } = &detect.sign else {
            return None;
        };
        let pattern = LogPattern::read(pattern)?;
        let found = logs().find(|evidence| pattern.fits(&evidence.text))?;
        Some((40, format!("the log of {} says \"{}\"", finding.object.name, quote(&found.text))))
    });
    by_log.or_else(|| {
        let signs = book.front.matchers.iter().filter_map(|matcher| matcher.k8s.as_ref());
        signs.into_iter().find_map(|signs| sign(signs, finding)).map(|text| (70, text))
    })
}

fn sign(signs: &Signs, finding: &Finding) -> Option<String> {
    let has = |evidence: &&Evidence, word: &str| word_in(&evidence.text, word);
    let of = |kinds: &'static [EvidenceKind]| finding.evidence.iter().filter(move |evidence| kinds.contains(&evidence.kind));
    for code in &signs.exit_codes {
        let word = format!("exit {code}");
        let title = word_in(&finding.title, &word);
        if title || of(&[EvidenceKind::Exit]).any(|evidence| has(&evidence, &word) || evidence.text.contains(&format!("exit code {code}")))
        {
            return Some(format!("{} ends with {word}", finding.object.name));
        }
    }
    for reason in signs
        .terminated
        .iter()
        .chain(&signs.waiting)
        .filter(|reason| TELLING.contains(&reason.as_str()))
    {
        let kinds = &[EvidenceKind::Exit, EvidenceKind::Condition, EvidenceKind::Event];
        if of(kinds).any(|evidence| has(&evidence, reason)) {
            return Some(format!("{} shows {reason}", finding.object.name));
        }
    }
    None
}

/// Whether a word stands in a text as one.
fn word_in(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// What a finding fills in.
pub fn facts(finding: &Finding) -> Facts {
    let mut facts = Facts::default();
    facts.add(Role::Namespace, &*finding.object.namespace, Origin::Finding);
    if let Some(role) = Role::of(&finding.object.kind) {
        facts.add(role, &*finding.object.name, Origin::Finding);
    }
    // The dead container that the evidence is from: of a workload's finding it is the pod to look at.
    if let Some(tail) = &finding.tail {
        facts.add(Role::Namespace, &*tail.namespace, Origin::Finding);
        facts.add(Role::Pod, &*tail.pod, Origin::Finding);
        facts.add(Role::Container, &*tail.container, Origin::Finding);
    }
    // Of a node's finding it is the pod that wants it.
    for lead in finding.evidence.iter().filter_map(|evidence| evidence.lead.as_ref()) {
        if let Lead::Object(object) = lead
            && object.kind.is(Known::Pod)
        {
            facts.add(Role::Namespace, &*object.namespace, Origin::Finding);
            facts.add(Role::Pod, &*object.name, Origin::Finding);
        }
    }
    facts
}
