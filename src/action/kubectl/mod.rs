//! kubectl's command line, both ways: [`parse`] reads one into an [`Action`], `Display` of an [`Action`] prints it.
//!
//! Verbs, flags and their letters are those of kubectl 1.32 (`kubectl VERB --help`); how flags are spelled is the rule of the
//! library that kubectl reads them with (pflag). What kubectl has and we do not do is known by name, so that the
//! sentence says which of the two it is: not done here, or not there at all.

mod fault;
mod flags;
mod print;
mod target;
mod unsupported;
mod verbs;
mod words;

#[cfg(test)]
mod tests;

pub use fault::Fault;
pub(super) use words::{Spanned, is_blank, split};

use super::{Action, Place, Scope};
use crate::config::nearest;
use flags::{Args, GLOBAL, Takes};
use verbs::{ROWS, Row};

/// Reads a line that begins with `kubectl` or `k`.
///
/// # Errors
///
/// Whatever is no single kubectl command that we do: what is wrong, where, and what to write instead. Such a line may still
/// mean something to a shell.
pub fn parse(line: &str) -> Result<Action, Fault> {
    action(split(line)?, line.trim_end().len())
}

/// Reads the words of a line; something that is missing would stand at `end`.
pub(super) fn action(words: Vec<Spanned>, end: usize) -> Result<Action, Fault> {
    let mut words = words.into_iter();
    let Some(program) = words.next() else {
        return Err(Fault::new(end..end, "there is no command").hint("as in kubectl get pods"));
    };
    if !matches!(program.word.plain(), Some("kubectl" | "k")) {
        let fault = Fault::new(program.span, format!("`{}` is not kubectl", program.word.said()));
        return Err(fault.hint("qd reads kubectl's commands alone, as in kubectl get pods"));
    }
    let (row, words) = verb(words, end)?;
    let args = Args::read(row.name, row.flags, words, end)?;
    if !row.command {
        args.no_command()?;
    }
    for flag in ["namespace", "context"] {
        if let Some(empty) = args.last(flag).filter(|value| value.word.is_empty()) {
            return Err(Fault::new(empty.span.clone(), format!("`--{flag}` cannot be empty")).hint("leave it out for the one in front"));
        }
    }
    if let Some(namespace) = args.last("namespace") {
        target::checked(&namespace.word, &namespace.span, "namespace")?;
    }
    let scope = match (args.word("namespace"), args.has("all-namespaces") && args.on("all-namespaces")?) {
        (_, true) => Scope::All,
        (Some(name), false) => Scope::Namespace(name),
        (None, false) => Scope::Current,
    };
    let context = args.word("context");
    let verb = (row.read)(&args)?;
    Ok(Action {
        place: Place { context, scope },
        verb,
    })
}

/// Finds the verb, of one word or two, between the flags; and the words that are not it.
fn verb(mut words: impl Iterator<Item = Spanned>, end: usize) -> Result<(&'static Row, Vec<Spanned>), Fault> {
    let mut others = Vec::new();
    let mut first: Option<&'static str> = None;
    while let Some(spanned) = words.next() {
        let start = spanned.word.start();
        if spanned.is_flag()? {
            let name = start.trim_start_matches('-');
            let name = if start.starts_with("--") {
                name.split('=').next().unwrap_or(name)
            } else {
                name.get(..1).unwrap_or(name)
            };
            if let Some(hint) = unsupported::global(name) {
                return Err(Fault::new(
                    spanned.span,
                    format!("`{}` is a flag of kubectl that qd does not do", said(start, name)),
                )
                .hint(hint));
            }
            // The value of `-n` and `--context` may be the next word.
            let takes_next = |flag: &flags::Flag| {
                flag.takes == Takes::Value && (start == format!("--{}", flag.long) || flag.short.is_some_and(|s| start == format!("-{s}")))
            };
            let takes_next = GLOBAL.iter().any(takes_next) && spanned.word.plain().is_some();
            others.push(spanned);
            if takes_next {
                others.extend(words.next());
            }
            continue;
        }
        let said = spanned.word.said();
        let row = match first {
            None => {
                let known: Vec<&'static str> = ROWS.iter().map(|row| row.name.split(' ').next().unwrap_or(row.name)).collect();
                let Some(name) = known.iter().find(|name| **name == said) else {
                    return Err(no_verb(&said, &known, spanned));
                };
                first = Some(name);
                ROWS.iter().find(|row| row.name == *name)
            }
            Some(first) => {
                let seconds: Vec<&'static str> = ROWS
                    .iter()
                    .filter_map(|row| row.name.strip_prefix(first)?.strip_prefix(' '))
                    .collect();
                let row = ROWS
                    .iter()
                    .find(|row| row.name.strip_prefix(first).and_then(|rest| rest.strip_prefix(' ')) == Some(verbs::second(&said)));
                if row.is_none() {
                    return Err(no_second(first, &said, &seconds, spanned));
                }
                row
            }
        };
        if let Some(row) = row {
            others.extend(words);
            return Ok((row, others));
        }
    }
    match first {
        None => Err(Fault::new(end..end, "there is no verb").hint("as in kubectl get pods")),
        Some(first) => {
            let seconds: Vec<&str> = ROWS
                .iter()
                .filter_map(|row| row.name.strip_prefix(first)?.strip_prefix(' '))
                .collect();
            Err(Fault::new(end..end, format!("`{first}` needs a second word")).hint(format!("one of {}", seconds.join(", "))))
        }
    }
}

fn said(start: &str, name: &str) -> String {
    format!("{}{name}", if start.starts_with("--") { "--" } else { "-" })
}

fn no_verb(said: &str, known: &[&str], spanned: Spanned) -> Fault {
    if let Some(hint) = unsupported::verb(said) {
        return Fault::new(spanned.span, format!("`{said}` is a verb of kubectl that qd does not do")).hint(hint);
    }
    let hint = match nearest(said, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => String::new(),
    };
    Fault::new(spanned.span, format!("kubectl has no verb `{said}`")).hint(hint)
}

fn no_second(first: &str, said: &str, seconds: &[&str], spanned: Spanned) -> Fault {
    if unsupported::second(first, said) {
        return Fault::new(spanned.span, format!("`{first} {said}` is a verb of kubectl that qd does not do")).hint(unsupported::SHELL);
    }
    let hint = match nearest(said, seconds) {
        Some(near) => format!("did you mean `{first} {near}`?"),
        None => format!("one of {}", seconds.join(", ")),
    };
    Fault::new(spanned.span, format!("`{first}` has no `{said}`")).hint(hint)
}
