//! The rules that look at one step after the other.

use std::collections::HashSet;

use super::Known;
use crate::action::Class;
use crate::config::nearest;
use crate::runbook::command::{self, REGISTRY, Reading};
use crate::runbook::flaw::{Flaw, Rule};
use crate::runbook::page::{Block, Goto, Runbook, Sign, Step, StepKind};
use crate::runbook::value::{Declared, Role};

/// So many wrong names of one page get a guess at what was meant.
const GUESSES: usize = 50;

/// Pages older than this are told (days).
const STALE: i32 = 90;

pub fn every_page(book: &Runbook, known: &Known<'_>, flaws: &mut Vec<Flaw>) {
    let mut flaw = |line: usize, rule: Rule, text: String| flaws.push(Flaw::new(line, rule, text));
    let mut guesses = 0;
    for step in &book.steps {
        for branch in &step.branches {
            if let (Goto::Book(name), Some(books)) = (&branch.goto, known.books)
                && !books.contains(&name.as_str())
            {
                guesses += 1;
                let near = if guesses < GUESSES { nearest(name, books) } else { None };
                let text = match near {
                    Some(near) => format!("there is no page {name}.md; did you mean {near}.md?"),
                    None => format!("there is no page {name}.md"),
                };
                flaw(branch.line, Rule::Linked, text);
            }
        }
        let conditions = [&step.expect, &step.until, &step.when];
        let conditions = conditions.into_iter().flatten().map(|condition| (step.line, condition));
        let of_branches = step
            .branches
            .iter()
            .filter_map(|branch| Some((branch.line, branch.condition.as_ref()?)));
        for (line, condition) in conditions.chain(of_branches) {
            for pattern in condition.bad_patterns() {
                flaw(line, Rule::Conditions, format!("`{pattern}` is no regular expression"));
            }
        }
        if let Some(Block::PromQl { query, .. }) = &step.block
            && let Err(fault) = promql(query)
        {
            flaw(step.line, Rule::PromQl, fault);
        }
    }
    for detect in &book.detects {
        if let Sign::PromQl(query) = &detect.sign
            && let Err(fault) = promql(query)
        {
            flaw(detect.line, Rule::PromQl, fault);
        }
    }
    for declared in &book.variables {
        if let Some(pattern) = &declared.pattern
            && regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().is_err()
        {
            flaw(
                declared.line,
                Rule::Front,
                format!("the pattern of {} is no regular expression", declared.name),
            );
        }
    }
}

/// Whether a query can be read, with something in its places.
fn promql(query: &str) -> Result<(), String> {
    let filled = crate::runbook::value::fill(query, &|_| Some("x"))?;
    promql_parser::parser::parse(&filled).map(drop).map_err(|error| {
        let first = error.lines().next().unwrap_or_default().to_owned();
        format!("the query cannot be read: {first}")
    })
}

/// A value that a line can be judged with, before anybody knows the real one.
pub fn sample(book: &Runbook) -> impl Fn(&crate::action::variables::Variable) -> Option<String> + '_ {
    move |variable| {
        let crate::action::variables::Variable::Named(name) = variable else {
            return None;
        };
        let declared: &Declared = book.variables.iter().find(|declared| declared.name == *name)?;
        declared.default.clone()
    }
}

/// What a step's block does, as far as it can be known.
pub fn reading(book: &Runbook, step: &Step, known: &Known<'_>) -> Option<Reading> {
    let of = |(class, names): (Class, &'static [&'static str])| Reading {
        class,
        how: command::How::Native,
        names: names.to_vec(),
        endless: false,
        why: None,
    };
    Some(match step.block.as_ref()? {
        Block::Command(command) => command.reading_filled(known.read_commands, &sample(book)),
        Block::PromQl { .. } => of((Class::R, &[])),
        Block::Logs { .. } | Block::Insights { .. } => of((Class::R, &["logs.query"])),
        Block::Sql(text) => of(command::sql(text)),
        Block::Http(_) => of((Class::X, &[])),
    })
}

pub fn oncall_page(book: &Runbook, known: &Known<'_>, flaws: &mut Vec<Flaw>) {
    let mut flaw = |line: usize, rule: Rule, text: String| flaws.push(Flaw::new(line, rule, text));
    if let (Some(today), Some(reviewed)) = (known.today, book.front.reviewed) {
        let days = (today - reviewed).get_days();
        if days > STALE {
            let text = format!("nobody has reviewed it for {days} days");
            flaw(book.front.reviewed_line, Rule::Reviewed, text);
        }
    } else if book.front.reviewed.is_none() {
        flaw(
            1,
            Rule::Reviewed,
            "`reviewed` is missing: nobody knows when it was read last".to_owned(),
        );
    }
    for (nth, step) in book.steps.iter().enumerate() {
        let section = book.section(nth).map(|phase| phase.title.to_lowercase()).unwrap_or_default();
        let changes = matches!(step.kind, StepKind::Action | StepKind::Run);
        if changes && !matches!(section.as_str(), "mitigation" | "rollback") {
            let text = format!("`{}` changes something, or may: that stands in Mitigation or Rollback", step.title);
            flaw(step.line, Rule::Placed, text);
        }
        let reading = reading(book, step, known);
        if let Some(reading) = &reading {
            let query = matches!(step.kind, StepKind::Query | StepKind::Wait);
            if query && reading.class > Class::R {
                let why = reading.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
                let text = format!("the query is not proven to read only: it will ask first{why}");
                flaw(step.line, Rule::Proven, text);
            }
            if let Some(action) = &step.action {
                registered(step.line, action, reading, &mut flaw);
            } else if step.kind == StepKind::Action {
                let text = match reading.names.first() {
                    Some(name) => format!("an action names itself: \"action\":\"{name}\""),
                    None => "it is no action of the registry: what it does cannot be planned".to_owned(),
                };
                flaw(step.line, Rule::Registered, text);
            }
            if step.kind == StepKind::Action
                && let Some(target) = &step.rollback
            {
                reversible(book, step, target, reading, known, &mut flaw);
            }
        }
        if step.kind == StepKind::Query && reading.as_ref().is_some_and(|reading| reading.endless) && !step.background {
            let text = "it goes on until it is stopped, so the step never ends".to_owned();
            flaw(step.line, Rule::Exits, text);
        }
    }
    for slot in book.slots() {
        let well_known = slot.role.is_some()
            && slot
                .written
                .iter()
                .all(|written| matches!(written, crate::action::variables::Variable::Named(_)));
        if slot.declared.is_none() && !slot.captured && !well_known {
            flaw(
                slot.line,
                Rule::Declared,
                format!("{} is declared nowhere: in the block of variables, or as a step's name", slot.name),
            );
        }
    }
    let mut all: HashSet<&str> = book.variables.iter().map(|one| one.name.as_str()).collect();
    all.extend(book.steps.iter().filter_map(|step| step.capture()));
    let roles = [
        Role::Environment,
        Role::Namespace,
        Role::Pod,
        Role::Container,
        Role::Deployment,
        Role::Service,
        Role::Node,
    ];
    all.extend(roles.map(Role::name));
    let declared = |name: &str| all.contains(name);
    for step in &book.steps {
        let conditions = [&step.expect, &step.until, &step.when];
        let conditions = conditions.into_iter().flatten().map(|condition| (step.line, condition));
        let of_branches = step
            .branches
            .iter()
            .filter_map(|branch| Some((branch.line, branch.condition.as_ref()?)));
        for (line, condition) in conditions.chain(of_branches) {
            for name in condition.variables().into_iter().filter(|name| !declared(name)) {
                flaw(
                    line,
                    Rule::Declared,
                    format!("the condition looks at {name}, which is declared nowhere"),
                );
            }
        }
    }
    for name in book.front.bind.iter().filter(|name| !declared(name)) {
        flaw(1, Rule::Declared, format!("`bind` names {name}, which is declared nowhere"));
    }
}

fn registered(line: usize, action: &str, reading: &Reading, flaw: &mut impl FnMut(usize, Rule, String)) {
    if !REGISTRY.contains(&action) {
        let text = match nearest(action, REGISTRY) {
            Some(near) => format!("`{action}` is not in the registry; did you mean {near}?"),
            None => format!("`{action}` is not in the registry"),
        };
        flaw(line, Rule::Registered, text);
    } else if !reading.names.contains(&action) {
        let is = match (reading.names.first(), &reading.why) {
            (Some(name), _) => format!("it is {name}"),
            (None, Some(why)) => why.clone(),
            (None, None) => "it is none of the registry".to_owned(),
        };
        flaw(line, Rule::Registered, format!("the text is not `{action}`: {is}"));
    }
}

fn reversible(book: &Runbook, step: &Step, target: &str, reading: &Reading, known: &Known<'_>, flaw: &mut impl FnMut(usize, Rule, String)) {
    let back = book.steps.iter().find(|other| other.name.as_deref() == Some(target));
    let Some(back) = back else {
        flaw(
            step.line,
            Rule::Reversible,
            format!("there is no block `{target}` that takes it back"),
        );
        return;
    };
    let takes_back = self::reading(book, back, known).is_some_and(|back| {
        let inverses = reading.names.first().map(|name| command::inverses(name)).unwrap_or_default();
        back.names.iter().any(|name| inverses.contains(name))
    });
    if !takes_back {
        flaw(
            step.line,
            Rule::Reversible,
            format!("`{target}` does something else than to take it back"),
        );
    }
}
