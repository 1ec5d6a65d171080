//! Reads the fields of a request, in the types that the API says.

use jiff::Timestamp;
use serde_json::Value;

use super::fault::Refusal;

/// The fields of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a>(pub &'a Value);

impl<'a> Wish<'a> {
    /// A text, if it is given.
    pub fn text(self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match &self.0[name] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            _ => Err(Refusal::serialization(format!("{name} is no string"))),
        }
    }

    /// A list of texts; empty if it is not given.
    pub fn texts(self, name: &str) -> Result<Vec<&'a str>, Refusal> {
        let wrong = || Refusal::serialization(format!("{name} is no list of strings"));
        match &self.0[name] {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) => list.iter().map(|text| text.as_str().ok_or_else(wrong)).collect(),
            _ => Err(wrong()),
        }
    }

    pub fn number(self, name: &str) -> Result<Option<i64>, Refusal> {
        match &self.0[name] {
            Value::Null => Ok(None),
            value => match value.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(Refusal::serialization(format!("{name} is no integer"))),
            },
        }
    }

    pub fn flag(self, name: &str) -> Result<bool, Refusal> {
        match &self.0[name] {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(*flag),
            _ => Err(Refusal::serialization(format!("{name} is no boolean"))),
        }
    }

    /// How many results at most; `default` is also the most that may be asked for.
    pub fn limit(self, name: &str, default: usize) -> Result<usize, Refusal> {
        match self.number(name)? {
            None => Ok(default),
            Some(n) => match usize::try_from(n) {
                Ok(n) if (1..=default).contains(&n) => Ok(n),
                _ => Err(Refusal::invalid(format!(
                    "1 validation error detected: Value '{n}' at '{name}' failed to satisfy constraint: \
                     Member must have value between 1 and {default}"
                ))),
            },
        }
    }

    /// A time in milliseconds since 1970. Times beyond what can be told apart are as good as the last one.
    pub fn time(self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        match self.number(name)? {
            None => Ok(None),
            Some(ms) if ms < 0 => Err(Refusal::invalid(format!("{name} must not be negative"))),
            Some(ms) => Ok(Some(Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX))),
        }
    }

    /// The name of a group, told as a name or as an ARN.
    pub fn group(self) -> Result<&'a str, Refusal> {
        let name = match self.text("logGroupName")? {
            Some(name) => Some(name),
            None => self.text("logGroupIdentifier")?.map(group_of),
        };
        name.filter(|name| !name.is_empty()).ok_or_else(|| {
            Refusal::invalid("1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: Member must not be null")
        })
    }
}

/// The name in an ARN, or the name itself.
pub(super) fn group_of(identifier: &str) -> &str {
    let name = identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name);
    name.trim_end_matches(":*")
}
