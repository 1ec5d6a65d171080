//! What a person types at a step, and what it means.

use super::key;
use crate::app::books::{self, Need};
use crate::app::{App, Command};
use crate::runbook::page::Step;
use crate::runbook::walk::StepState;

/// What can be typed.
pub const HELP: &[&str] = &[
    "  (nothing)      what is next: run it, take the answer that is offered, go on",
    "  1 … 9          that answer; the beginning of its words does, too",
    "  b              back to the step before",
    "  r              run it again",
    "  x              tick the next check",
    "  e              keep what it showed as evidence",
    "  > REASON       go on without it",
    "  + TEXT         note something",
    "  set NAME VALUE give a variable a value",
    "  step NAME      to a step of the page",
    "  o              the steps, and what became of them",
    "  t              the transcript, as a page",
    "  !              whom to call, and the values (nothing is sent)",
    "  q              leave: qd runbook resume goes on later",
    "  where a value is asked for, what is typed is the value, nothing says what there is;",
    "  with : before it, it is one of these",
];

/// What was typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    Key(Command),
    Value(String, String),
    Skip(String),
    Note(String),
    Step(String),
    Contacts,
    Outline,
    Transcript,
    Help,
    /// What there is to choose from, instead of a value.
    Picks(Vec<String>),
    Leave,
    Unknown(String),
}

/// The value that the step in front wants first.
pub fn wanted(app: &App, step: &Step) -> Option<String> {
    let walking = app.books.walking.as_ref()?;
    let is_ready = walking.walk.progress(&step.id).state == StepState::Ready;
    match books::needs(app, step)?.into_iter().next() {
        Some(Need::Values(names)) if is_ready => names.into_iter().next(),
        _ => None,
    }
}

/// So many things to choose from are told.
const PICKS: usize = 20;

/// What a variable could be.
fn picks(app: &App, name: &str) -> Vec<String> {
    let Some(walking) = &app.books.walking else { return Vec::new() };
    let slots = walking.page.book.slots();
    let slot = slots.iter().find(|slot| slot.name == name);
    let all = slot.map(|slot| books::picks(app, slot)).unwrap_or_default();
    let more = all.len().saturating_sub(PICKS);
    let mut lines: Vec<String> = all
        .into_iter()
        .take(PICKS)
        .map(|(name, about)| format!("  {name}  {about}"))
        .collect();
    match (lines.is_empty(), more) {
        (true, _) => lines.push(format!("  {name} is not known here: type it")),
        (false, 0) => {}
        (false, more) => lines.push(format!("  and {more} more")),
    }
    lines
}

/// What is asked.
pub fn question(app: &App, step: &Step) -> String {
    let Some(walking) = &app.books.walking else { return ">".to_owned() };
    if let Some(name) = wanted(app, step) {
        return format!("{name} =");
    }
    if step.branches.is_empty() {
        return ">".to_owned();
    }
    let last = step.branches.len();
    match walking.is_judged() {
        true => format!("1-{last}, or nothing for {}:", walking.cursor + 1),
        false => ">".to_owned(),
    }
}

/// What a line means at this step.
pub fn read(app: &App, step: &Step, line: &str) -> Word {
    let line = line.trim();
    if let Some(name) = wanted(app, step) {
        return match (line.strip_prefix(':'), line) {
            (Some(line), _) => word(step, line.trim()),
            (None, "") => Word::Picks(picks(app, &name)),
            (None, "?") => Word::Help,
            (None, value) => Word::Value(name, value.to_owned()),
        };
    }
    word(step, line)
}

fn word(step: &Step, line: &str) -> Word {
    let rest = |sign: &str| line.strip_prefix(sign).map(str::trim);
    match line {
        "" => return key(Command::Open),
        "b" => return key(Command::StepBack),
        "r" => return key(Command::StepAgain),
        "x" => return key(Command::StepTick),
        "e" => return key(Command::StepKeep),
        "o" => return Word::Outline,
        "t" => return Word::Transcript,
        "!" => return Word::Contacts,
        "?" | "help" => return Word::Help,
        "q" | "quit" => return Word::Leave,
        _ => {}
    }
    if let Some(reason) = rest(">") {
        return match reason {
            "" => Word::Unknown("why? > REASON".to_owned()),
            reason => Word::Skip(reason.to_owned()),
        };
    }
    if let Some(text) = rest("+") {
        return Word::Note(text.to_owned());
    }
    if let Some((name, value)) = rest("set ").and_then(|rest| rest.split_once(char::is_whitespace)) {
        return Word::Value(name.to_owned(), value.trim().to_owned());
    }
    if let Some(name) = rest("step ") {
        return Word::Step(name.to_owned());
    }
    if let Ok(nth) = line.parse::<u8>() {
        return key(Command::StepAnswer(nth));
    }
    by_its_words(step, line)
}

/// The answer that begins with what was typed, where only one does.
fn by_its_words(step: &Step, line: &str) -> Word {
    let typed = line.to_lowercase();
    let fits: Vec<usize> = (0..step.branches.len())
        .filter(|nth| {
            step.branches
                .get(*nth)
                .is_some_and(|branch| branch.label.to_lowercase().starts_with(&typed))
        })
        .collect();
    match fits.as_slice() {
        [one] => key(Command::StepAnswer(u8::try_from(one + 1).unwrap_or(u8::MAX))),
        [] => Word::Unknown(format!("{line}: ? says what can be typed")),
        _ => Word::Unknown(format!("{line} begins more than one answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step() -> Step {
        let page = "---\ntitle: X\noncall:\n  version: 1\n---\n\n# X\n\n## Diagnosis\n\n### Well?\n\n- **Yes** → done\n- **No** → done\n- **Not yet** → done\n\n";
        crate::runbook::parse("x", page).0.steps.remove(0)
    }

    #[test]
    fn words_are_the_walkers_keys() {
        let step = step();
        for (line, expected) in [
            ("", key(Command::Open)),
            ("2", key(Command::StepAnswer(2))),
            ("y", key(Command::StepAnswer(1))),
            ("not", key(Command::StepAnswer(3))),
            ("n", Word::Unknown("n begins more than one answer".into())),
            ("maybe", Word::Unknown("maybe: ? says what can be typed".into())),
            ("> it is dead", Word::Skip("it is dead".into())),
            (">", Word::Unknown("why? > REASON".into())),
            ("+ seen it", Word::Note("seen it".into())),
            ("set POD web-1", Word::Value("POD".into(), "web-1".into())),
            ("step look", Word::Step("look".into())),
            ("b", key(Command::StepBack)),
            ("?", Word::Help),
            ("q", Word::Leave),
        ] {
            assert_eq!(word(&step, line), expected, "{line:?}");
        }
    }
}
