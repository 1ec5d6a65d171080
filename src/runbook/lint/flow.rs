//! The rules that follow where steps lead.

use super::Known;
use super::rules::reading;
use crate::action::Class;
use crate::runbook::flaw::{Flaw, Rule};
use crate::runbook::page::{Goto, On, Runbook, StepKind};

/// Where «Pass» leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Step(usize),
    /// To the contacts.
    Escalation,
    Out,
}

pub fn follow(book: &Runbook, known: &Known<'_>, flaws: &mut Vec<Flaw>) {
    let mut flaw = |line: usize, rule: Rule, text: String| flaws.push(Flaw::new(line, rule, text));
    let section = |nth: usize| book.section(nth).map(|phase| phase.title.to_lowercase()).unwrap_or_default();
    let classes: Vec<Option<Class>> = book
        .steps
        .iter()
        .map(|step| Some(step).filter(|step| matches!(step.kind, StepKind::Action | StepKind::Run)))
        .map(|step| reading(book, step?, known).map(|reading| reading.class))
        .collect();
    for (nth, step) in book.steps.iter().enumerate() {
        // Into what may lose data nobody slides: neither by «Pass» nor by mere order.
        if let Way::Step(next) = pass(book, nth)
            && classes.get(next).copied().flatten().is_some_and(|class| class == Class::D)
        {
            let to = book.steps.get(next).map_or("", |step| &step.title);
            flaw(
                step.line,
                Rule::NoSlide,
                format!("`{to}` may lose data and is reached without an answer: a person has to choose it"),
            );
        }
        let section = section(nth);
        if classes.get(nth).copied().flatten().is_some_and(|class| class >= Class::W1) && section != "rollback" && !verified(book, nth) {
            flaw(
                step.line,
                Rule::Verified,
                format!("after `{}` nothing looks whether it helped", step.title),
            );
        }
        let last = book
            .section(nth)
            .is_some_and(|phase| phase.title.eq_ignore_ascii_case("diagnosis") && phase.steps.end == nth + 1);
        if last && step.branches.is_empty() {
            flaw(
                step.line,
                Rule::Exits,
                format!("`{}` is the last step of the diagnosis and leads nowhere", step.title),
            );
        }
        let taken: Vec<&str> = step.branches.iter().map(|branch| branch.label.as_str()).collect();
        if step.kind == StepKind::Wait && !taken.is_empty() && !step.branches.iter().any(|branch| branch.on == On::Timeout) {
            flaw(
                step.line,
                Rule::Exits,
                format!("`{}` does not say where a timeout leads", step.title),
            );
        }
    }
    endless(book, &mut flaw);
}

/// Where a step leads when nobody answers anything.
fn pass(book: &Runbook, step: usize) -> Way {
    let Some(found) = book.steps.get(step) else { return Way::Out };
    let below = || book.after(step).map_or(Way::Out, Way::Step);
    let way = |goto: &Goto| match goto {
        Goto::Next => below(),
        Goto::Step(step) => Way::Step(*step),
        Goto::Phase(phase) => match book.phases.get(*phase) {
            Some(phase) if phase.title.eq_ignore_ascii_case("escalation") => Way::Escalation,
            _ => Way::Out,
        },
        Goto::Book(_) | Goto::End | Goto::Nowhere(_) => Way::Out,
    };
    match found.branches.iter().find(|branch| branch.on == On::Pass) {
        Some(branch) => way(&branch.goto),
        None if found.branches.is_empty() => below(),
        None => Way::Out,
    }
}

/// Whether what comes after a step looks at what became of it: on the way of «Pass», and behind a question where an answer leads there.
fn verified(book: &Runbook, from: usize) -> bool {
    let mut seen = vec![false; book.steps.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        match pass(book, at) {
            Way::Escalation => return true,
            Way::Step(next) => open.extend(unseen(&mut seen, next)),
            Way::Out if at != from => {
                let Some(step) = book.steps.get(at).filter(|step| step.kind == StepKind::Manual) else {
                    continue;
                };
                for branch in &step.branches {
                    match branch.goto {
                        Goto::Step(next) => open.extend(unseen(&mut seen, next)),
                        Goto::Next => open.extend(book.after(at).and_then(|next| unseen(&mut seen, next))),
                        _ => {}
                    }
                }
            }
            Way::Out => {}
        }
        let looks = |at: &usize| {
            let step = book
                .steps
                .get(*at)
                .is_some_and(|step| matches!(step.kind, StepKind::Query | StepKind::Wait));
            step && book
                .section(*at)
                .is_some_and(|phase| phase.title.eq_ignore_ascii_case("verification"))
        };
        if open.iter().any(looks) {
            return true;
        }
    }
    false
}

/// The step, where nobody came by it yet.
fn unseen(seen: &mut [bool], step: usize) -> Option<usize> {
    let mark = seen.get_mut(step)?;
    (!std::mem::replace(mark, true)).then_some(step)
}

/// Circles that nobody leaves: along «Pass», without a step that can lead elsewhere.
fn endless(book: &Runbook, flaw: &mut impl FnMut(usize, Rule, String)) {
    // 0: not seen, otherwise the number of the walk that saw it.
    let mut seen = vec![0_usize; book.steps.len()];
    for start in 0..book.steps.len() {
        let mut at = start;
        loop {
            match seen.get_mut(at) {
                Some(mark @ 0) => *mark = start + 1,
                Some(mark) if *mark == start + 1 => {
                    if let Some(step) = book.steps.get(at)
                        && !leaves(book, at)
                    {
                        flaw(
                            step.line,
                            Rule::Exits,
                            format!("from `{}` the page leads in a circle that nobody leaves", step.title),
                        );
                    }
                    break;
                }
                _ => break,
            }
            match pass(book, at) {
                Way::Step(next) => at = next,
                Way::Escalation | Way::Out => break,
            }
        }
    }
}

/// Whether any step of the circle that this one is in leads out of it.
fn leaves(book: &Runbook, start: usize) -> bool {
    let mut at = start;
    for _ in 0..=book.steps.len() {
        let Some(step) = book.steps.get(at) else { return true };
        if step.branches.iter().any(|branch| branch.on != On::Pass) {
            return true;
        }
        match pass(book, at) {
            Way::Step(next) if next == start => return false,
            Way::Step(next) => at = next,
            Way::Escalation | Way::Out => return true,
        }
    }
    true
}
