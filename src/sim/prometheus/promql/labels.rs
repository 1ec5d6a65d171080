//! Functions that change labels, and the labels of what is absent.

use std::sync::Arc;

use promql_parser::label::MatchOp;
use promql_parser::parser::{Expr, VectorSelector};
use regex::Regex;

use super::Fail;
use super::data::{Labels, Line, NAME, label, settle};

/// `label_replace(v, target, replacement, source, regex)`.
pub fn replace(mut lines: Vec<Line>, target: &str, replacement: &str, source: &str, regex: &str) -> Result<Vec<Line>, Fail> {
    let regex = Regex::new(&format!("^(?s:{regex})$"))
        .map_err(|_| Fail::Execution(format!("invalid regular expression in label_replace(): {regex}")))?;
    valid(target, "label_replace")?;
    for line in &mut lines {
        let value = line.labels.get(source).cloned().unwrap_or_default();
        let Some(found) = regex.captures(&value) else { continue };
        let mut new = String::new();
        found.expand(replacement, &mut new);
        set(&mut line.labels, target, &new);
    }
    settle(lines)
}

/// `label_join(v, target, separator, source…)`.
pub fn join(mut lines: Vec<Line>, target: &str, separator: &str, sources: &[String]) -> Result<Vec<Line>, Fail> {
    valid(target, "label_join")?;
    for line in &mut lines {
        let parts: Vec<&str> = sources
            .iter()
            .map(|source| line.labels.get(source.as_str()).map_or("", |v| v))
            .collect();
        let new = parts.join(separator);
        set(&mut line.labels, target, &new);
    }
    settle(lines)
}

fn set(labels: &mut Labels, name: &str, value: &str) {
    if value.is_empty() {
        labels.remove(name);
    } else {
        labels.insert(Arc::from(name), Arc::from(value));
    }
}

/// Whether this can be a label's name.
pub fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn valid(name: &str, function: &str) -> Result<(), Fail> {
    if is_name(name) {
        return Ok(());
    }
    Err(Fail::Execution(format!("invalid destination label name in {function}(): {name}")))
}

/// The labels that a selector pins down: those of its result, had it one.
pub fn of_absent(expr: &Expr) -> Labels {
    match expr {
        Expr::Paren(inner) => of_absent(&inner.expr),
        Expr::VectorSelector(selector) => pinned(selector),
        Expr::MatrixSelector(matrix) => pinned(&matrix.vs),
        _ => Labels::new(),
    }
}

fn pinned(selector: &VectorSelector) -> Labels {
    let matchers = &selector.matchers.matchers;
    matchers
        .iter()
        .filter(|m| m.name != NAME && m.op == MatchOp::Equal && !m.value.is_empty())
        .filter(|m| matchers.iter().filter(|other| other.name == m.name).count() == 1)
        .map(|m| label(&m.name, &m.value))
        .collect()
}
