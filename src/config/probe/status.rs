//! Which HTTP statuses mean "well": `200`, `[200, 204]`, `"2xx"`, `"200-299"`.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::config::fault::HINT;
use crate::model::clean;

/// Statuses that mean "well".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(Vec<(u16, u16)>);

impl Default for Statuses {
    fn default() -> Self {
        Self(vec![(200, 200)])
    }
}

impl Statuses {
    /// Whether this one is among them.
    pub fn holds(&self, status: u16) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let between = if at == 0 { "" } else { " or " };
            match first == last {
                true => write!(f, "{between}{first}")?,
                false => write!(f, "{between}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written).map(Self)
    }
}

/// One range, as it is written.
struct Range((u16, u16));

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = deserializer.deserialize_any(Written)?;
        all.first()
            .copied()
            .map(Range)
            .ok_or_else(|| D::Error::custom("an empty list of statuses"))
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Vec<(u16, u16)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an HTTP status, a range such as \"2xx\", or a list of them")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        match u16::try_from(number) {
            Ok(status @ 100..=599) => Ok(vec![(status, status)]),
            _ => Err(E::custom(format!("{number} is not an HTTP status{HINT}between 100 and 599"))),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let number = |text: &str| text.trim().parse::<u16>().ok().filter(|status| (100..600).contains(status));
        let class = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok());
        let range = match (class, text.split_once('-')) {
            (Some(class @ 1..=5), _) => Some((class * 100, class * 100 + 99)),
            (None, Some((first, last))) => number(first).zip(number(last)).filter(|(first, last)| first <= last),
            (None, None) => number(text).map(|status| (status, status)),
            _ => None,
        };
        let wrong = || {
            E::custom(format!(
                "`{}` is no range of statuses{HINT}as in \"2xx\" or \"200-299\"",
                clean(text)
            ))
        };
        range.map(|range| vec![range]).ok_or_else(wrong)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Range(range)) = list.next_element()? {
            all.push(range);
        }
        match all.is_empty() {
            true => Err(A::Error::custom(format!(
                "an empty list of statuses{HINT}leave the key out: 200 is meant"
            ))),
            false => Ok(all),
        }
    }
}
