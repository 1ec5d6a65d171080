//! Filter patterns: words and phrases that a message has or has not, or conditions on the fields of a JSON message.

mod read;

#[cfg(test)]
mod tests;

use regex::Regex;
use serde_json::Value;

use read::{Reader, words};

/// A filter pattern.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Everything fits.
    All,
    Words {
        /// All of these.
        all: Vec<Word>,
        /// One of these, if there are any.
        any: Vec<Word>,
        /// None of these.
        none: Vec<Word>,
    },
    Fields(Condition),
}

/// What a message is searched for.
#[derive(Clone, Debug)]
pub(super) enum Word {
    Plain(String),
    Regex(Regex),
}

/// A condition on fields.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Compare(Vec<Step>, Operator, Operand),
    /// `IS TRUE`, `IS FALSE`, `IS NULL`.
    Is(Vec<Step>, Value),
    /// `NOT EXISTS`, `EXISTS`.
    Exists(Vec<Step>, bool),
}

/// A step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Number(usize),
    /// `[*]`
    Every,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    More,
    MoreEqual,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Number(f64),
    /// A text, in which `*` stands for anything.
    Text(String),
    Regex(Regex),
}

impl Word {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Plain(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(message),
        }
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > 1024 {
            return Err("it is longer than 1024 characters".to_owned());
        }
        if text.is_empty() {
            return Ok(Self::All);
        }
        if let Some(inner) = text.strip_prefix('{') {
            let inner = inner.strip_suffix('}').ok_or("a closing } is missing")?;
            let mut reader = Reader { rest: inner };
            let condition = reader.either(0)?;
            reader.skip();
            if !reader.rest.is_empty() {
                return Err(format!("unexpected `{}`", reader.rest));
            }
            return Ok(Self::Fields(condition));
        }
        if text.starts_with('[') {
            return Err("patterns of columns are not known here".to_owned());
        }
        words(text)
    }

    /// Whether a message fits.
    pub fn fits(&self, message: &str) -> bool {
        match self {
            Self::All => true,
            Self::Words { all, any, none } => {
                all.iter().all(|word| word.is_in(message))
                    && (any.is_empty() || !all.is_empty() || any.iter().any(|word| word.is_in(message)))
                    && !none.iter().any(|word| word.is_in(message))
            }
            Self::Fields(condition) => {
                message.trim_start().starts_with('{')
                    && serde_json::from_str::<Value>(message).is_ok_and(|document| condition.holds(&document))
            }
        }
    }
}

impl Condition {
    fn holds(&self, document: &Value) -> bool {
        match self {
            Self::And(list) => list.iter().all(|c| c.holds(document)),
            Self::Or(list) => list.iter().any(|c| c.holds(document)),
            Self::Compare(path, operator, operand) => found(document, path).into_iter().any(|value| compare(value, *operator, operand)),
            Self::Is(path, wanted) => found(document, path).into_iter().any(|value| value == wanted),
            Self::Exists(path, wanted) => found(document, path).is_empty() != *wanted,
        }
    }
}

fn found<'a>(document: &'a Value, path: &[Step]) -> Vec<&'a Value> {
    let mut values = vec![document];
    for step in path {
        values = values
            .into_iter()
            .flat_map(|value| match step {
                Step::Name(name) => value.get(name.as_str()).into_iter().collect::<Vec<_>>(),
                Step::Number(n) => value.get(*n).into_iter().collect(),
                Step::Every => value.as_array().into_iter().flatten().collect(),
            })
            .collect();
    }
    values
}

fn compare(value: &Value, operator: Operator, operand: &Operand) -> bool {
    let equal = |fits: bool| match operator {
        Operator::Equal => fits,
        Operator::NotEqual => !fits,
        _ => false,
    };
    match operand {
        Operand::Number(wanted) => {
            let Some(number) = value.as_f64() else {
                // A number may also be meant as a text.
                return value.as_str().is_some_and(|text| equal(text == wanted.to_string()));
            };
            match operator {
                Operator::Equal => number == *wanted,
                Operator::NotEqual => number != *wanted,
                Operator::Less => number < *wanted,
                Operator::LessEqual => number <= *wanted,
                Operator::More => number > *wanted,
                Operator::MoreEqual => number >= *wanted,
            }
        }
        Operand::Text(wanted) => match value {
            Value::String(text) => equal(glob(wanted, text)),
            Value::Number(number) => equal(glob(wanted, &number.to_string())),
            Value::Bool(flag) => equal(glob(wanted, &flag.to_string())),
            _ => false,
        },
        Operand::Regex(regex) => value.as_str().is_some_and(|text| equal(regex.is_match(text))),
    }
}

/// Whether a text fits a pattern in which `*` stands for anything.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    while let Some((part, after)) = rest.split_once('*') {
        match text.find(part) {
            Some(at) => text = text.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
        rest = after;
    }
    text.ends_with(rest)
}
