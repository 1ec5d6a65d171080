//! The scenario file: its schema, and reading it. Pure: text in, a scenario or one [`Problem`] out.

use std::path::Path;

use serde::Deserialize;

use super::{Action, Cause, Sign, words};
use crate::config::fault;
use crate::model::Problem;
use crate::sim::seed::Environment;

/// A scenario as its file tells it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scenario {
    /// What `--scenario` calls it.
    pub name: String,
    /// A few words.
    pub title: String,
    /// Where it happens; the other environments are calm.
    #[serde(default = "production", deserialize_with = "words::environment")]
    pub environment: Environment,
    /// One sentence without giving the cause away.
    pub summary: String,
    /// What happened, for whoever has solved it.
    #[serde(default)]
    pub story: String,
    /// Seconds that the world has been running when the cockpit opens, so that charts have a past.
    #[serde(default = "three_hours", deserialize_with = "words::seconds")]
    pub history: i64,
    #[serde(default, rename = "cause")]
    pub causes: Vec<Cause>,
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    #[serde(default, rename = "symptom")]
    pub symptoms: Vec<Symptom>,
    #[serde(default, rename = "cure")]
    pub cures: Vec<Remedy>,
    #[serde(default, rename = "mistake")]
    pub mistakes: Vec<Remedy>,
    /// A crowd of pods that changes all the time.
    pub load: Option<Load>,
}

fn production() -> Environment {
    Environment::Production
}

fn three_hours() -> i64 {
    3 * 3_600
}

/// What somebody did, or what happened to a machine.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Step {
    /// Seconds from the start of the cockpit; negative before it.
    #[serde(deserialize_with = "words::from_start")]
    pub at: i64,
    /// The field manager: `github-actions`, `kubectl-edit`; for machines who is to blame.
    pub by: String,
    pub action: Action,
}

/// What shows that something is wrong.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Symptom {
    /// As a person sees it.
    pub what: String,
    /// As it can be checked.
    pub sign: Sign,
}

/// An action that people take, and what comes of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Remedy {
    pub what: String,
    pub action: Action,
    pub outcome: Outcome,
    /// Seconds until the outcome shows.
    #[serde(deserialize_with = "words::seconds")]
    pub within: i64,
    /// For what only buys time: seconds after which the trouble is back.
    #[serde(default, deserialize_with = "words::maybe_seconds")]
    pub lasts: Option<i64>,
    /// How to do it with kubectl.
    pub command: String,
}

/// What comes of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The world is well, and stays so.
    Healed,
    /// The trouble is less for a while, and comes back.
    BoughtTime,
    /// More is wrong than before.
    Worse,
    /// The trouble goes on.
    Nothing,
}

/// A crowd of pods, for trying out how much the cockpit stands.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Load {
    pub pods: u32,
    pub nodes: u32,
    pub namespaces: u32,
    pub changes_per_second: u32,
}

/// Reads the text of a scenario file; `file` is for messages.
///
/// # Errors
/// What is wrong first, with its line and a hint.
pub fn parse(source: &str, file: &Path) -> Result<Scenario, Problem> {
    let scenario: Scenario = fault::read(source, file)?;
    validate(&scenario).map_err(|(header, nth, sentence, hint)| {
        let line = match nth {
            Some(nth) => fault::header_line(source, header, nth),
            None => fault::top_line(source, header),
        };
        fault::at(file, line, &sentence, hint)
    })?;
    Ok(scenario)
}

type Finding = (&'static str, Option<usize>, String, String);

/// What a file may say by its types but cannot mean.
fn validate(scenario: &Scenario) -> Result<(), Finding> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if scenario.name.is_empty() || !scenario.name.chars().all(good) {
        let sentence = format!("`{}` is not a name", crate::model::clean(&scenario.name));
        return Err(("name", None, sentence, "small letters, digits and dashes".into()));
    }
    if !(60..=43_200).contains(&scenario.history) {
        return Err(("history", None, "a history is between 1m and 12h long".into(), String::new()));
    }
    for (nth, step) in scenario.steps.iter().enumerate() {
        if step.at < -scenario.history {
            let hint = "say a longer `history`, or a later `at`".into();
            return Err(("[[step]]", Some(nth), "this step is before the history begins".into(), hint));
        }
    }
    for (nth, cure) in scenario.cures.iter().enumerate() {
        if cure.outcome != Outcome::Healed {
            let hint = "other outcomes belong to [[mistake]]".into();
            return Err(("[[cure]]", Some(nth), "a cure heals: outcome = \"healed\"".into(), hint));
        }
    }
    for (nth, mistake) in scenario.mistakes.iter().enumerate() {
        let time = mistake.outcome == Outcome::BoughtTime;
        if mistake.outcome == Outcome::Healed {
            return Err((
                "[[mistake]]",
                Some(nth),
                "what heals is no mistake".into(),
                "it belongs to [[cure]]".into(),
            ));
        }
        if time != mistake.lasts.is_some() {
            let sentence = if time {
                "for how long does it buy time?"
            } else {
                "`lasts` is for outcome = \"bought-time\""
            };
            return Err(("[[mistake]]", Some(nth), sentence.into(), "as in lasts = \"2h\"".into()));
        }
    }
    if let Some(load) = &scenario.load {
        let fits = (1..=50_000).contains(&load.pods)
            && (1..=1_000).contains(&load.nodes)
            && (1..=100).contains(&load.namespaces)
            && load.changes_per_second <= 1_000;
        if !fits {
            let hint = "at most 50000 pods, 1000 nodes, 100 namespaces and 1000 changes".into();
            return Err(("[load]", Some(0), "more than a world can hold".into(), hint));
        }
    }
    Ok(())
}
