//! From what was typed to the terms of a filter. Nothing is an error: what is not understood is searched
//! as plain text and said, and what is unfinished is left out.

use super::column::{self, ColumnTest, Operator};
use super::pattern::{Fuzzy, Pattern, Word};
use super::{Sense, Term, Test};
use crate::model::Selector;
use crate::ui::panes::table::ColumnRef;

/// The terms of a filter, and what could not be understood.
pub(super) fn terms(text: &str, columns: &[ColumnRef]) -> (Vec<Term>, Vec<String>) {
    let mut terms = Vec::new();
    let mut problems = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut sense = Sense::Keep;
        while let Some(after) = rest.strip_prefix('!') {
            sense = if sense == Sense::Keep { Sense::Drop } else { Sense::Keep };
            rest = after;
        }
        let test;
        (test, rest) = term(rest, columns, &mut problems);
        terms.extend(test.map(|test| Term { sense, test }));
        rest = rest.trim_start();
    }
    (terms, problems)
}

/// One term from the start of the text (none where it is unfinished), and what follows it.
fn term<'t>(text: &'t str, columns: &[ColumnRef], problems: &mut Vec<String>) -> (Option<Test>, &'t str) {
    if let Some(after) = flag(text, "-l") {
        let quoted = after.trim_start().strip_prefix('"').map(|t| t.split_once('"').unwrap_or((t, "")));
        let (inner, following) = quoted.map_or((after, None), |(inner, following)| (inner, Some(following)));
        let (selector, rest, problem) = Selector::parse(inner);
        problems.extend(problem);
        return ((!selector.is_empty()).then_some(Test::Labels(selector)), following.unwrap_or(rest));
    }
    if let Some(after) = flag(text, "-f") {
        let (word, rest) = split_word(after.trim_start());
        return (Fuzzy::any(unquote(word).0).map(Test::Fuzzy), rest);
    }
    let (word, rest) = split_word(text);
    (test(word, columns, problems), rest)
}

/// What follows a flag, where the text starts with it.
fn flag<'t>(text: &'t str, flag: &str) -> Option<&'t str> {
    text.strip_prefix(flag)
        .filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// A word and what follows it. Spaces between quotes are part of a word that starts with a quote, or of
/// what stands after an operator (`reason:"Failed to"`).
fn split_word(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut before = None;
    for (at, c) in text.char_indices() {
        match c {
            '"' if quoted => quoted = false,
            '"' if matches!(before, None | Some(':' | '=' | '<' | '>')) => quoted = true,
            c if c.is_whitespace() && !quoted => return text.split_at(at),
            _ => {}
        }
        before = Some(c);
    }
    (text, "")
}

/// The text between quotes, and whether there were any.
fn unquote(text: &str) -> (&str, bool) {
    match text.strip_prefix('"') {
        Some(inner) => (inner.strip_suffix('"').unwrap_or(inner), true),
        None => (text, false),
    }
}

fn test(word: &str, columns: &[ColumnRef], problems: &mut Vec<String>) -> Option<Test> {
    let (inner, quoted) = unquote(word);
    if inner.is_empty() {
        return None;
    }
    if quoted {
        return Some(Test::Word(Word::literal(inner)));
    }
    if let Some((name, operator, operand)) = Operator::split(word) {
        match column::find(name, columns) {
            Ok(column) => return column_test(column, operator, operand, problems),
            Err(problem) => problems.push(problem),
        }
    }
    let (word, problem) = Word::parse(word);
    problems.extend(problem);
    Some(Test::Word(word))
}

fn column_test(column: &ColumnRef, operator: Operator, operand: &str, problems: &mut Vec<String>) -> Option<Test> {
    let (text, quoted) = unquote(operand);
    if text.is_empty() {
        return None;
    }
    let pattern = if quoted || operator != Operator::Has {
        Pattern::literal(text)
    } else {
        let (pattern, problem) = Pattern::parse(text);
        problems.extend(problem);
        pattern
    };
    match ColumnTest::new(column.clone(), operator, text, pattern) {
        Ok(test) => Some(Test::Column(test)),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}
