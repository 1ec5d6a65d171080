//! How values are written in a scenario file: times from the start, amounts of memory, environments.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::config::fault::HINT;
use crate::model::{clean, parse_duration};
use crate::sim::physics::amount;
use crate::sim::seed::Environment;

/// Seconds from the start of the cockpit: `"-9m"`, `"+2m"`, `"0s"`.
pub(super) fn from_start<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let (sign, rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.trim().trim_start_matches('+')),
    };
    match parse_duration(rest) {
        Some(seconds) => Ok(sign * seconds),
        None => Err(D::Error::custom(format!(
            "`{}` is not a time{HINT}from the start, as in \"-9m\" or \"+90s\"",
            clean(&text)
        ))),
    }
}

/// Seconds: `"90s"`, `"3m"`.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .ok_or_else(|| D::Error::custom(format!("`{}` is not a duration{HINT}as in \"90s\", \"3m\" or \"2h\"", clean(&text))))
}

/// Seconds, or nothing.
pub(super) fn maybe_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    seconds(deserializer).map(Some)
}

/// Bytes, as Kubernetes writes them: `"512Mi"`, `"3k"`.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    amount(&text).ok_or_else(|| D::Error::custom(format!("`{}` is not an amount{HINT}as in \"512Mi\"", clean(&text))))
}

/// Bytes, or nothing.
pub(super) fn maybe_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    bytes(deserializer).map(Some)
}

/// Where it happens.
pub(super) fn environment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Environment, D::Error> {
    let text = String::deserialize(deserializer)?;
    let all = [Environment::Development, Environment::Staging, Environment::Production];
    all.into_iter()
        .find(|e| e.name() == text)
        .ok_or_else(|| D::Error::unknown_variant(&text, &["development", "staging", "production"]))
}
