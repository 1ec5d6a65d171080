//! `qd runbook show`: what a page was understood as.

use crate::action::Class;
use crate::action::variables::Variable;
use crate::model::shorten;
use crate::runbook::command::{How, Reading};
use crate::runbook::library::Shelved;
use crate::runbook::lint::reading;
use crate::runbook::page::{Block, Goto, Runbook, Step, StepKind};
use crate::runbook::value::{Slot, Source};

/// A page, for eyes.
pub fn write(page: &Shelved, read_commands: &[String]) -> String {
    let book = &page.book;
    let mut text = format!("{}  {}\n", book.name, book.title);
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    if !book.description.is_empty() {
        line(format!("  {}", book.description));
    }
    let origin = match page.trust.may_run() {
        true if page.origin == crate::runbook::library::Place::BuiltIn => "  built in".to_owned(),
        true => format!("  {} ({})", page.origin, page.trust.word()),
        false => format!(
            "  {} ({}: no step of it runs before `qd runbook trust`)",
            page.origin,
            page.trust.word()
        ),
    };
    line(origin);
    let mut told = Vec::new();
    if !book.front.owner.is_empty() {
        told.push(format!("owner {}", book.front.owner));
    }
    if let Some(date) = book.front.reviewed {
        told.push(format!("reviewed {date}"));
    }
    if let Some(budget) = book.front.budget {
        told.push(format!("takes up to {} min", budget / 60));
    }
    if !book.front.environments.is_empty() {
        told.push(format!("for {}", book.front.environments.join(", ")));
    }
    if !told.is_empty() {
        line(format!("  {}", told.join(" · ")));
    }
    let slots = book.slots();
    if !slots.is_empty() {
        line("\nVariables".to_owned());
        slots.iter().for_each(|slot| line(format!("  {}", variable(slot))));
    }
    let mut phase = usize::MAX;
    for (nth, step) in book.steps.iter().enumerate() {
        if step.phase != phase {
            phase = step.phase;
            let title = book.phases.get(phase).map_or("", |phase| &phase.title);
            line(format!("\n{title}"));
        }
        told_step(book, nth, step, read_commands, &mut line);
    }
    if !book.front.escalate.is_empty() {
        line("\nEscalation".to_owned());
        for one in &book.front.escalate {
            line(format!("  after {} min: {} ({})", one.after / 60, one.to, one.via));
        }
    }
    if !page.flaws.is_empty() {
        line("\nFlaws (more with `qd runbook lint`)".to_owned());
        page.flaws.iter().for_each(|flaw| line(format!("  {flaw}")));
    }
    text
}

fn variable(slot: &Slot) -> String {
    let written: Vec<String> = slot
        .written
        .iter()
        .map(|variable| match variable {
            Variable::Named(name) => format!("${name}"),
            Variable::Blank(name) => format!("<{name}>"),
        })
        .collect();
    let declared = slot.declared.as_ref();
    let from = declared.and_then(|declared| declared.from.as_ref()).map(|source| match source {
        Source::Selection(field) => format!("the selected {field}"),
        Source::Environment(name) => format!("${name} of this process"),
        Source::Secret { name, .. } => format!("the secret {name}"),
        Source::Aws(query) => format!("AWS: {query}"),
        Source::Step(step) => format!("the step {step}"),
    });
    let role = slot.role.map(|role| match &slot.hint {
        Some(hint) => format!("a {} of {hint}", role.said()),
        None => format!("the {}", role.said()),
    });
    let what = match (slot.captured, from, role) {
        (true, ..) => "printed by a step".to_owned(),
        (false, Some(from), _) => from,
        (false, None, Some(role)) => role,
        (false, None, None) => "asked for".to_owned(),
    };
    let default = declared.and_then(|declared| declared.default.as_ref());
    let default = default.map(|default| format!(", else {default}")).unwrap_or_default();
    format!("{:20} {what}{default}", written.join(" "))
}

fn told_step(book: &Runbook, nth: usize, step: &Step, read_commands: &[String], line: &mut impl FnMut(String)) {
    let known = crate::runbook::lint::Known {
        read_commands,
        ..crate::runbook::lint::Known::default()
    };
    line(format!("  {:>2}  {}  (line {})", nth + 1, step.title, step.line));
    for callout in &step.callouts {
        line(format!(
            "        {}: {}",
            callout.alarm.word().to_uppercase(),
            shorten(&callout.text, 160)
        ));
    }
    let shown = match &step.block {
        Some(Block::Command(command)) => Some(command.text.clone()),
        Some(Block::PromQl { query, .. } | Block::Insights { query, .. }) => Some(query.clone()),
        Some(Block::Logs { pattern, .. }) => Some(pattern.clone()),
        Some(Block::Sql(text) | Block::Http(text)) => Some(text.clone()),
        None => None,
    };
    if let Some(shown) = &shown {
        shown.lines().for_each(|text| line(format!("        {text}")));
    }
    let what = match (&step.block, reading(book, step, &known)) {
        (None, _) => "by hand".to_owned(),
        (Some(Block::PromQl { .. }), _) => "a chart".to_owned(),
        (Some(Block::Logs { .. } | Block::Insights { .. }), _) => "a query of logs".to_owned(),
        (Some(Block::Sql(_)), Some(reading)) => format!("SQL, {}; by hand", harm(&reading)),
        (Some(Block::Http(_)), _) => "a request; by hand".to_owned(),
        (Some(Block::Command(_)), Some(reading)) => recognised(step, &reading),
        (Some(Block::Command(_) | Block::Sql(_)), None) => "a command".to_owned(),
    };
    let mut told = vec![what];
    if step.kind == StepKind::Wait {
        let until = step.until.as_ref().map_or("it is well", |until| until.text());
        told.push(format!("until {until}, at most {} min", step.timeout.unwrap_or(0) / 60));
    }
    if let Some(expect) = &step.expect {
        told.push(format!("expects {}", expect.text()));
    }
    if let Some(within) = step.within {
        told.push(format!("within {within} s"));
    }
    if let Some(name) = step.capture() {
        told.push(format!("kept as ${name}"));
    }
    if !step.environments.is_empty() {
        told.push(format!("only in {}", step.environments.join(", ")));
    }
    line(format!("        = {}", told.join(" · ")));
    for (task, done) in &step.tasks {
        line(format!("        [{}] {task}", if *done { 'x' } else { ' ' }));
    }
    for branch in &step.branches {
        let condition = branch
            .condition
            .as_ref()
            .map(|condition| format!(" if {}", condition.text()))
            .unwrap_or_default();
        let goto = match &branch.goto {
            Goto::Next => "the next step".to_owned(),
            Goto::Step(at) => book
                .steps
                .get(*at)
                .map_or_else(String::new, |step| format!("{} {}", at + 1, step.title)),
            Goto::Phase(at) => book.phases.get(*at).map_or_else(String::new, |phase| phase.title.clone()),
            Goto::Book(name) => format!("runbook {name}"),
            Goto::End => branch.text.trim().to_owned(),
            Goto::Nowhere(name) => format!("nowhere: {name} is not there"),
        };
        line(format!("        {}{condition} → {goto}", branch.label));
    }
}

fn recognised(step: &Step, reading: &Reading) -> String {
    let name = reading.names.first().map(|name| format!("{name}, ")).unwrap_or_default();
    let how = match reading.how {
        How::Native => "run by qd itself",
        How::Program => "run by the program",
        How::Shell => "run by a shell",
    };
    let asks = match (reading.class, step.kind) {
        (Class::R, _) => String::new(),
        _ => "; asks first".to_owned(),
    };
    let why = reading.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    let endless = if reading.endless { ", until it is stopped" } else { "" };
    format!("{name}{}, {how}{endless}{asks}{why}", harm(reading))
}

/// What it does to the world, in words.
fn harm(reading: &Reading) -> &'static str {
    match reading.class {
        Class::R => "reads",
        Class::T => "a session, leaves nothing behind",
        Class::W1 => "changes, and can be taken back",
        Class::W2 => "disrupts",
        Class::D => "MAY LOSE DATA",
        Class::X => "nobody can say what it does",
    }
}
