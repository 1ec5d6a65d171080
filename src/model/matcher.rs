//! What a label of an alert has to be for a silence to cover it.

use std::fmt::{self, Display};

use super::AlertLabels;

/// What a label has to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Matcher {
    pub name: String,
    pub how: How,
    pub value: String,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    Equal,
    Unequal,
    /// As a whole, by a regular expression.
    Fits,
    FitsNot,
}

impl How {
    /// Those of two signs before those of one.
    const ALL: [Self; 4] = [Self::Fits, Self::FitsNot, Self::Unequal, Self::Equal];

    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Fits => "=~",
            Self::FitsNot => "!~",
        }
    }

    pub fn is_regex(self) -> bool {
        matches!(self, Self::Fits | Self::FitsNot)
    }

    pub fn is_positive(self) -> bool {
        matches!(self, Self::Equal | Self::Fits)
    }
}

impl Matcher {
    pub fn equal(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            how: How::Equal,
            value: value.to_owned(),
        }
    }

    /// Reads `pod=backend-1`, `service=~"back.*"`, `team!=web`. `None`: it is none.
    pub fn read(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let (name, rest) = text.split_at_checked(end)?;
        let begins = name.chars().next()?;
        if begins.is_ascii_digit() {
            return None;
        }
        let how = How::ALL.into_iter().find(|how| rest.starts_with(how.sign()))?;
        let value = rest.strip_prefix(how.sign())?;
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"')?.replace("\\\"", "\""),
            None => value.to_owned(),
        };
        Some(Self {
            name: name.to_owned(),
            how,
            value,
        })
    }

    /// Whether it says nothing: it would fit an alert without the label, or any.
    pub fn is_idle(&self) -> bool {
        match self.how {
            How::Equal => self.value.is_empty(),
            How::Fits => matches!(self.value.as_str(), "" | ".*" | ".+" | "(.*)" | "(.+)"),
            How::Unequal | How::FitsNot => true,
        }
    }

    /// Whether an alert's labels are such, as far as that can be told here.
    pub fn fits(&self, labels: &AlertLabels) -> bool {
        let value = labels.get(&self.name);
        let is_same = match self.how {
            How::Equal | How::Unequal => value == self.value,
            How::Fits | How::FitsNot => regex::Regex::new(&format!("^(?:{})$", self.value)).is_ok_and(|regex| regex.is_match(value)),
        };
        is_same == self.how.is_positive()
    }
}

/// `pod="backend-1"`, as Alertmanager writes it.
impl Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}\"{}\"", self.name, self.how.sign(), self.value.replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> AlertLabels {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn matchers_are_read_and_compared_as_an_alertmanager_does() {
        let of = labels(&[("alertname", "A"), ("pod", "backend-1"), ("note", "two words")]);
        for (text, told, fits) in [
            ("alertname=A", "alertname=\"A\"", true),
            ("pod=~backend-.*", "pod=~\"backend-.*\"", true),
            ("pod=~backend", "pod=~\"backend\"", false),
            ("pod!=x", "pod!=\"x\"", true),
            ("pod!~back.*", "pod!~\"back.*\"", false),
            ("note=\"two words\"", "note=\"two words\"", true),
            ("none=", "none=\"\"", true),
        ] {
            let matcher = Matcher::read(text).unwrap();
            assert_eq!((matcher.to_string().as_str(), matcher.fits(&of)), (told, fits), "{text}");
            assert_eq!(Matcher::read(told).as_ref(), Some(&matcher));
        }
        for text in ["", "word", "=x", "1a=x", "it's=", "a=\"open"] {
            assert_eq!(Matcher::read(text), None, "{text}");
        }
        let idle = |text: &str| Matcher::read(text).unwrap().is_idle();
        assert!(idle("a=") && idle("a=~.*") && idle("a!=b") && !idle("a=b") && !idle("a=~b.*"));
    }
}
