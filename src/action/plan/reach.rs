//! One line about what a plan reaches, and of which of its objects it is said.

use std::borrow::Cow;

use super::Weight;
use crate::model::clean;

/// One line about what is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The objects of which it is said, where a plan has several; none: it is said of the whole.
    pub of: Vec<String>,
    pub text: String,
    pub weight: Weight,
}

impl Reach {
    /// What is said of the whole.
    pub fn new(weight: Weight, text: impl Into<String>) -> Self {
        Self {
            of: Vec::new(),
            text: text.into(),
            weight,
        }
    }

    /// As it is read: of many objects the first and how many more, or all of them.
    pub fn told(&self, all: bool) -> Cow<'_, str> {
        let names = match self.of.as_slice() {
            [] => return Cow::Borrowed(&self.text),
            [one] => one.clone(),
            many if all => many.join(", "),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        Cow::Owned(format!("{names}: {}", self.text))
    }
}

/// Adds what is said of one of several objects. What is said of others already stands there once: of two hundred pods nobody reads
/// two hundred lines that differ by a name.
pub(super) fn add(lines: &mut Vec<Reach>, name: &str, weight: Weight, text: impl Into<String>) {
    let text = text.into();
    let alike = |line: &&mut Reach| !line.of.is_empty() && line.weight == weight && line.text == text;
    let name = clean(name).into_owned();
    match lines.iter_mut().find(alike) {
        Some(line) => line.of.push(name),
        None => lines.push(Reach {
            of: vec![name],
            text,
            weight,
        }),
    }
}
