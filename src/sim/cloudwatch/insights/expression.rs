//! Conditions of `filter`.

use regex::Regex;

use super::Entry;

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    /// `field like /…/`, `field =~ "…"`, `field like "…"`.
    Like(String, Regex),
    Compare(String, Comparison, String),
    In(String, Vec<String>),
    Present(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    More,
    MoreEqual,
}

impl Expression {
    pub fn holds(&self, entry: &Entry) -> bool {
        match self {
            Self::And(a, b) => a.holds(entry) && b.holds(entry),
            Self::Or(a, b) => a.holds(entry) || b.holds(entry),
            Self::Not(inner) => !inner.holds(entry),
            Self::Like(field, regex) => entry.field(field).is_some_and(|value| regex.is_match(&value)),
            Self::Compare(field, comparison, wanted) => {
                let Some(value) = entry.field(field) else {
                    return *comparison == Comparison::NotEqual;
                };
                let ordering = match (super::number(Some(&value)), super::number(Some(wanted))) {
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    _ => value.as_str().cmp(wanted),
                };
                match comparison {
                    Comparison::Equal => ordering.is_eq(),
                    Comparison::NotEqual => ordering.is_ne(),
                    Comparison::Less => ordering.is_lt(),
                    Comparison::LessEqual => ordering.is_le(),
                    Comparison::More => ordering.is_gt(),
                    Comparison::MoreEqual => ordering.is_ge(),
                }
            }
            Self::In(field, list) => entry.field(field).is_some_and(|value| list.contains(&value)),
            Self::Present(field) => entry.field(field).is_some(),
        }
    }
}
