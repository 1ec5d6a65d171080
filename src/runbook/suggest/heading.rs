//! Pages without front matter: a heading that is about what is found leads to what stands below it.

use super::evidence::facts;
use super::{Hit, Situation};
use crate::runbook::page::{Layer, Phase, Runbook};
use crate::runbook::value::Facts;

/// What such a heading is worth: less than any sign that somebody wrote down on purpose.
const WORTH: i32 = 30;

/// The heading that is about the first finding or alert that any is about.
pub fn by_heading(book: &Runbook, situation: &Situation<'_>) -> Option<Hit> {
    if book.layer != Layer::Page || !book.front.matchers.is_empty() {
        return None;
    }
    let found = situation
        .findings
        .iter()
        .filter(|finding| !finding.runbook.is_empty())
        .find_map(|finding| {
            let phase = about(book, &words(finding.runbook))?;
            Some((phase, facts(finding)))
        });
    let found = found.or_else(|| {
        let mut alerts = situation.alerts.iter();
        alerts.find_map(|alert| Some((about(book, &words(&spaced(alert.name)))?, Facts::default())))
    });
    let (phase, facts) = found?;
    Some(Hit {
        score: WORTH,
        reason: format!("it has a part \"{}\"", crate::model::shorten(&phase.title, 60)),
        facts,
        at: Some(phase.steps.start),
    })
}

/// The heading, with steps below it, that has all of these words, or longer ones that begin so.
fn about<'b>(book: &'b Runbook, wanted: &[String]) -> Option<&'b Phase> {
    let fits = |phase: &&Phase| {
        let title = words(&phase.title);
        wanted.iter().all(|word| title.iter().any(|other| other.starts_with(word.as_str())))
    };
    let with_steps = book.phases.iter().filter(|phase| !phase.steps.is_empty());
    // One word alone is in too many headings.
    let mut fitting = with_steps.filter(fits).filter(|_| wanted.len() > 1);
    let first = fitting.next()?;
    // The deepest of them is the closest.
    Some(fitting.chain([first]).max_by_key(|phase| phase.level).unwrap_or(first))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// `HighErrorRate` as three words.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            out.push(' ');
        }
        out.push(c);
    }
    out
}
