//! Matchers of silences and of filters: `alertname="X"`, `pod=~"backend-.*"`.

use regex::Regex;
use serde_json::{Value, json};

use super::super::prometheus::promql::Labels;

/// What a label has to be.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub name: String,
    pub value: String,
    pub equal: bool,
    /// The anchored pattern; `None` compares texts.
    regex: Option<Regex>,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value == other.value && self.equal == other.equal && self.is_regex() == other.is_regex()
    }
}

impl Matcher {
    /// A matcher of these parts; the error is that of the pattern.
    pub fn new(name: &str, value: &str, is_regex: bool, equal: bool) -> Result<Self, String> {
        let regex = match is_regex {
            true => Some(anchored(value)?),
            false => None,
        };
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
            equal,
            regex,
        })
    }

    /// Reads a filter: name, operator, value with or without quotes.
    pub fn read(text: &str) -> Result<Self, String> {
        let bad = || format!("bad matcher format: {text}");
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
            .ok_or_else(bad)?;
        let (name, rest) = text.split_at(end);
        let rest = rest.trim_start();
        let operators = [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
        let found = operators
            .into_iter()
            .find_map(|(op, regex, equal)| Some((rest.strip_prefix(op)?, regex, equal)));
        let (value, regex, equal) = found.filter(|_| !name.is_empty()).ok_or_else(bad)?;
        let value = value.trim();
        let value = match value.strip_prefix('"') {
            Some(quoted) => {
                let inside = quoted.strip_suffix('"').ok_or_else(bad)?;
                inside.replace("\\\"", "\"").replace("\\\\", "\\")
            }
            None => value.to_owned(),
        };
        Self::new(name, &value, regex, equal).map_err(|_| bad())
    }

    pub fn is_regex(&self) -> bool {
        self.regex.is_some()
    }

    /// Whether a label's value is such.
    pub fn fits(&self, value: &str) -> bool {
        let same = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => self.value == value,
        };
        same == self.equal
    }

    /// Whether these labels are such; one that is missing is an empty one.
    pub fn fits_labels(&self, labels: &Labels) -> bool {
        self.fits(labels.get(self.name.as_str()).map_or("", |v| v))
    }

    pub fn told(&self) -> Value {
        json!({"isEqual": self.equal, "isRegex": self.is_regex(), "name": self.name, "value": self.value})
    }
}

/// A pattern that has to match all of a text.
pub fn anchored(pattern: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?:{pattern})$")).map_err(|error| {
        // The last line says what; the others draw where.
        let text = error.to_string();
        let why = text.lines().last().unwrap_or_default();
        format!("error parsing regexp: {}: `{pattern}`", why.trim_start_matches("error: "))
    })
}
