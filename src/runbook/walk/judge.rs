//! What came of a step, and where that leads.

use super::event::Outcome;
use super::state::Walk;
use crate::action::Class;
use crate::model::Time;
use crate::runbook::condition::{Seen, Truth};
use crate::runbook::page::{Block, ExpectedMode, On, Runbook, Step, StepKind};
use crate::runbook::value::Bindings;

/// Whether what a step showed is what it should be.
pub fn judge(step: &Step, seen: &Seen, bindings: &Bindings) -> Outcome {
    let variable = |name: &str| bindings.get(name);
    let truth = match (&step.expect, &step.block) {
        (Some(expect), _) => expect.holds(seen, &variable),
        (None, Some(Block::PromQl { .. })) => match seen.series {
            Some(series) if series.count > 0 => Truth::True,
            _ => Truth::Unknown,
        },
        (None, _) => match seen.exit {
            Some(0) => Truth::True,
            Some(_) => Truth::False,
            None => Truth::Unknown,
        },
    };
    match truth {
        Truth::True if !as_expected(step, seen) => Outcome::Failed,
        Truth::True => Outcome::Passed,
        Truth::False => Outcome::Failed,
        Truth::Unknown => Outcome::NoData,
    }
}

/// Whether the output is the one that the page shows. A shape is for eyes.
fn as_expected(step: &Step, seen: &Seen) -> bool {
    let Some(expected) = &step.expected else { return true };
    let found = seen.stdout.as_deref().unwrap_or_default();
    match expected.mode {
        ExpectedMode::Shape => true,
        ExpectedMode::Contains => {
            // `...` is any text.
            let mut rest = found;
            expected.text.split("...").all(|part| match rest.find(part.trim()) {
                Some(at) => {
                    rest = rest.get(at + part.trim().len()..).unwrap_or_default();
                    true
                }
                None => false,
            })
        }
        ExpectedMode::Regex => {
            let built = regex::RegexBuilder::new(&expected.text).size_limit(1 << 20).build();
            built.is_ok_and(|pattern| pattern.is_match(found))
        }
    }
}

/// What to do with a step that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// This branch, without a key: a proven query, and its condition holds.
    Alone(usize),
    /// A person decides; this branch is under the cursor.
    Offer(usize),
    /// A person decides; nothing tells what.
    Ask,
    /// There is no decision: on with the step below, at a key.
    Below,
}

/// Where a step leads. `class` is what its command was, with its values, when it ran.
pub fn follow(book: &Runbook, step: usize, outcome: Outcome, seen: &Seen, bindings: &Bindings, class: Class) -> Follow {
    let Some(found) = book.steps.get(step) else { return Follow::Ask };
    if found.branches.is_empty() {
        return Follow::Below;
    }
    let variable = |name: &str| bindings.get(name);
    let may = found.kind == StepKind::Query && class == Class::R;
    // Conditions first: the first that holds. Where one before it cannot be told, nobody knows whether it comes first.
    let mut doubt = false;
    for (nth, branch) in found.branches.iter().enumerate() {
        match branch.condition.as_ref().map(|condition| condition.holds(seen, &variable)) {
            Some(Truth::True) if may && !doubt => return Follow::Alone(nth),
            Some(Truth::True) => return Follow::Offer(nth),
            Some(Truth::Unknown) => doubt = true,
            Some(Truth::False) | None => {}
        }
    }
    if let Some(named) = Walk::named(book, step, outcome) {
        // «Pass» and «Fail» follow by themselves only where the page says what passing is.
        return if may && found.expect.is_some() {
            Follow::Alone(named)
        } else {
            Follow::Offer(named)
        };
    }
    // The one answer without a condition, where all conditions are false, is what is left.
    let rest: Vec<usize> = (0..found.branches.len())
        .filter(|nth| {
            found
                .branches
                .get(*nth)
                .is_some_and(|branch| branch.condition.is_none() && branch.on == On::Answer)
        })
        .collect();
    let conditional = found.branches.iter().any(|branch| branch.condition.is_some());
    match rest.as_slice() {
        [one] if conditional && !doubt && outcome != Outcome::NoData => Follow::Offer(*one),
        _ => Follow::Ask,
    }
}

/// Whether a wait is over after a look: it holds for as long as it should, or its time is up.
pub fn looked(step: &Step, started: Time, holds_since: Option<Time>, truth: Truth, now: Time) -> Option<Outcome> {
    let held = match (truth, holds_since) {
        (Truth::True, Some(since)) => Some(since.age(now)),
        (Truth::True, None) => Some(0),
        _ => None,
    };
    if held.is_some_and(|held| held >= step.hold.unwrap_or(0)) {
        return Some(Outcome::Passed);
    }
    let up = step.timeout.is_some_and(|timeout| started.age(now) >= timeout);
    up.then_some(Outcome::TimedOut)
}
