//! What happens in a walk.

use serde::{Deserialize, Serialize};

use crate::model::Time;
use crate::runbook::condition::Truth;
use crate::runbook::value::{Bindings, Value};

/// Something that happened, when, and by whom: a line of the file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Seconds since 1970.
    pub at: Moment,
    /// `user@host`.
    pub by: String,
    #[serde(flatten)]
    pub event: Event,
}

/// A time as it is written: RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Time);

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_second(self.0.0) {
            Ok(time) => serializer.collect_str(&time),
            Err(_) => serializer.serialize_str(""),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(Time(time.as_second())))
    }
}

/// What happened. Steps are named by their ids, so that a page that was changed between two lines does not lead astray.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A page was chosen.
    Matched {
        book: String,
        /// The file of a page that is in no directory of the library.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// SHA-256 of its text.
        hash: String,
        environment: String,
        /// Why this page.
        reason: String,
    },
    /// Its variables have their values; from now on they stay.
    Bound {
        values: Bindings,
    },
    /// A variable got a value: typed, or printed by a step.
    Set {
        name: String,
        value: Value,
    },
    /// A step is in front; `alone`: without a key, since a proven query led here.
    Entered {
        step: String,
        alone: bool,
    },
    /// Its warning was read.
    Acknowledged {
        step: String,
    },
    /// A manual check was ticked, or not any more.
    Ticked {
        step: String,
        task: usize,
        done: bool,
    },
    /// What it runs, runs. `command` is the line with its values.
    Started {
        step: String,
        command: String,
    },
    /// A wait has looked, and the answer is another than before.
    Looked {
        step: String,
        truth: Seen3,
    },
    /// It is over.
    Ended {
        step: String,
        outcome: Outcome,
        /// Milliseconds that it took.
        ms: u64,
        /// What came, in a line.
        said: String,
    },
    /// Somebody chose an answer, by its place among the step's.
    Answered {
        step: String,
        branch: usize,
    },
    Skipped {
        step: String,
        reason: String,
    },
    /// To the step before.
    Back,
    Noted {
        text: String,
    },
    /// What a step showed was kept in a file.
    Kept {
        step: String,
        name: String,
    },
    /// Somebody takes over.
    Resumed,
    /// On with another page; the variables go along.
    HandedOver {
        book: String,
    },
    Escalated {
        to: String,
    },
    Stopped {
        reason: String,
    },
    Done,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Passed,
    Failed,
    TimedOut,
    NoData,
    /// Somebody stopped it.
    Stopped,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::NoData => "no data",
            Self::Stopped => "stopped",
        }
    }
}

/// The three answers of a condition, as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen3 {
    Yes,
    No,
    NoData,
}

impl From<Truth> for Seen3 {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::Yes,
            Truth::False => Self::No,
            Truth::Unknown => Self::NoData,
        }
    }
}
