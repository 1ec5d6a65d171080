//! `[guard]`, `[[policy]]` and `[[freeze]]`: how careful to be, and when.
//!
//! Kept for: actions. They are read and checked now, so that a typo is found on a quiet day.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::words;

/// How long an unlock lasts and what counts as harmless.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guard {
    /// Seconds that a guarded environment stays unlocked.
    #[serde(deserialize_with = "words::seconds")]
    pub unlock: u32,
    /// Seconds without a key after which it locks again.
    #[serde(deserialize_with = "words::seconds")]
    pub idle: u32,
    /// Seconds after which a session in a guarded environment ends by itself.
    #[serde(deserialize_with = "words::seconds")]
    pub lease: u32,
    /// The most objects that one action may touch; absent: no limit.
    pub max_objects: Option<u32>,
    /// Programs that may be run in a container as reading, besides the built-in ones.
    #[serde(deserialize_with = "words::words")]
    pub read_commands: Vec<String>,
    /// Guarded environments in which shell commands are not refused outright.
    #[serde(deserialize_with = "words::words")]
    pub allow_shell: Vec<String>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            unlock: 60 * 60,
            idle: 20 * 60,
            lease: 30 * 60,
            max_objects: None,
            read_commands: Vec::new(),
            allow_shell: Vec::new(),
        }
    }
}

/// What is asked for some actions in some environments.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Names, labels or aliases; empty: all.
    #[serde(default, deserialize_with = "words::words")]
    pub environments: Vec<String>,
    /// Names of actions (`delete`, `scale`); empty: all.
    #[serde(default, deserialize_with = "words::words")]
    pub actions: Vec<String>,
    pub rule: Rule,
    /// With [`Rule::Confirm`]: the least that is asked; absent: what the tier asks.
    #[serde(default)]
    pub level: Option<Level>,
    /// Users it holds for; empty: everyone.
    #[serde(default, deserialize_with = "words::words")]
    pub who: Vec<String>,
    /// Shown with the refusal or the question.
    #[serde(default)]
    pub reason: String,
}

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Refused.
    Deny,
    /// Asked, at least as the level says.
    Confirm,
}

/// How much a confirmation asks of the hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// One key on a dialog.
    Key,
    /// The label and the number of the effect line.
    Token,
    /// The label and the object's name.
    Full,
}

/// What a plugin does to the world; never less than a reversible change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Class {
    /// A reversible change.
    W1,
    /// Disruptive, or many objects.
    W2,
    /// Data.
    D,
    /// Not known.
    #[default]
    X,
}

/// A time in which changes are not wanted: `from` and `until`, or `weekly`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Freeze {
    pub name: String,
    /// Names, labels or aliases; empty: all.
    #[serde(deserialize_with = "words::words")]
    pub environments: Vec<String>,
    /// First moment, as a TOML date-time; without an offset it is in `time_zone`.
    pub from: Option<toml::value::Datetime>,
    /// First moment after it.
    pub until: Option<toml::value::Datetime>,
    /// Every week: `"Fri 16:00 - Mon 08:00"`.
    pub weekly: Option<Weekly>,
    /// IANA name; empty: the machine's.
    pub time_zone: String,
    /// Shown with the refusal.
    pub reason: String,
}

/// A part of the week. A day counts from Monday = 0, a time in minutes from midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekly {
    pub from_day: u8,
    pub from_minute: u16,
    pub until_day: u8,
    pub until_minute: u16,
}

impl Weekly {
    /// Reads `Fri 16:00 - Mon 08:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once(" - ")?;
        let (from_day, from_minute) = moment(from)?;
        let (until_day, until_minute) = moment(until)?;
        Some(Self {
            from_day,
            from_minute,
            until_day,
            until_minute,
        })
    }
}

fn moment(text: &str) -> Option<(u8, u16)> {
    let (day, time) = text.trim().split_once(' ')?;
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let day = days.iter().position(|name| *name == day)?;
    let (hour, minute) = time.trim().split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (hour < 24 && minute < 60).then_some((u8::try_from(day).ok()?, hour * 60 + minute))
}

impl<'de> Deserialize<'de> for Weekly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let text = crate::model::clean(&text);
            D::Error::custom(format!(
                "`{text}` is not a part of the week{}as in \"Fri 16:00 - Mon 08:00\"",
                crate::config::fault::HINT
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_week_is_read_as_written() {
        let weekend = Weekly {
            from_day: 4,
            from_minute: 960,
            until_day: 0,
            until_minute: 480,
        };
        assert_eq!(Weekly::parse("Fri 16:00 - Mon 08:00"), Some(weekend));
        for text in [
            "",
            "Fri - Mon",
            "Fri 24:00 - Mon 08:00",
            "fri 16:00 - mon 8:00",
            "Fri 16:60 - Mon 08:00",
        ] {
            assert_eq!(Weekly::parse(text), None, "{text}");
        }
    }
}
