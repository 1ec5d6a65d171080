//! `[runbooks]`, `[contacts]`, `[redact]` and `[[plugin]]`: what a team brings of its own.
//!
//! Kept for the parts of the program named below. They are read and checked now, so that a typo is found on a quiet day.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Class, words};

/// Where runbooks are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Runbooks {
    /// Directories with Markdown pages, besides the built-in ones.
    #[serde(deserialize_with = "words::path_list")]
    pub directories: Vec<PathBuf>,
    /// Directories whose runbooks run without being trusted one by one.
    #[serde(deserialize_with = "words::path_list")]
    pub trusted: Vec<PathBuf>,
    /// Prometheus rule files, so that alert names in runbooks can be checked.
    #[serde(deserialize_with = "words::path_list")]
    pub rules: Vec<PathBuf>,
    /// The team's deployment script; absent: the deployment steps are hidden.
    pub deploy: Option<PathBuf>,
}

/// How to reach somebody. Kept for: runbooks (escalation).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// `mailto:`, `tel:`, `slack:`, `pagerduty:` or `https:` addresses, the best first.
    #[serde(deserialize_with = "words::one_or_many")]
    pub via: Vec<String>,
    /// When, and what to say.
    #[serde(default)]
    pub note: String,
}

/// What is masked besides the built-in patterns. Kept for: logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redact {
    /// Regular expressions of secrets: masked always.
    #[serde(deserialize_with = "words::patterns")]
    pub secrets: Vec<String>,
    /// Regular expressions of identifiers: masked while the screen is shared.
    #[serde(deserialize_with = "words::patterns")]
    pub identifiers: Vec<String>,
    /// Guarded environments whose logs may be printed unmasked on request.
    #[serde(deserialize_with = "words::words")]
    pub allow_unmasked: Vec<String>,
}

/// How logs are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logs {
    /// Bytes that one log view keeps in memory; what is older goes, and is counted.
    #[serde(deserialize_with = "words::bytes")]
    pub memory: usize,
}

impl Default for Logs {
    fn default() -> Self {
        Self { memory: 256 << 20 }
    }
}

/// A command of the team's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    #[serde(deserialize_with = "words::word")]
    pub name: String,
    /// Its argv. `$NAME`, `$NAMESPACE`, `$CONTEXT` … reach it as environment variables, not as pasted text.
    #[serde(deserialize_with = "words::command_line")]
    pub command: Vec<String>,
    /// What it does to the world; unless named it counts as not known.
    #[serde(default)]
    pub class: Class,
    /// Kinds on which it is offered; empty: all.
    #[serde(default, deserialize_with = "words::words")]
    pub kinds: Vec<String>,
    /// Environments in which it is offered; empty: all.
    #[serde(default, deserialize_with = "words::words")]
    pub environments: Vec<String>,
    /// Keys, as in `[keys]`; empty: only through the palette.
    #[serde(default, deserialize_with = "words::one_or_many")]
    pub key: Vec<String>,
    /// One line for the help.
    #[serde(default)]
    pub description: String,
    /// Whether it gets the terminal; else its output is shown when it has ended.
    #[serde(default)]
    pub terminal: bool,
}
