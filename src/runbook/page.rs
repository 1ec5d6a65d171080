//! A runbook as a value: what the walker, the lint and the lists read.

use super::command::Command;
use super::condition::Condition;
use super::value::Declared;
use crate::config::Level;

/// One page.
#[derive(Clone, Debug, Default)]
pub struct Runbook {
    /// The stem of its file: what findings, links and `qd runbook show` call it.
    pub name: Box<str>,
    pub title: String,
    /// One line, for lists.
    pub description: String,
    pub layer: Layer,
    pub front: Front,
    /// Headings, in the order of the page.
    pub phases: Vec<Phase>,
    /// In the order of the page. Everything that names a step names its place in here.
    pub steps: Vec<Step>,
    /// What tells that this page is the right one.
    pub detects: Vec<Detect>,
    /// What has to be known before it can be walked.
    pub variables: Vec<Declared>,
    /// The table of the section Escalation, its head first: when, who, how.
    pub contacts: Vec<Vec<String>>,
}

/// How much of the format a page uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layer {
    /// Any Markdown page: each command line is a step.
    #[default]
    Page,
    /// A page with decisions or attributes: each block is a step.
    Guided,
}

/// What stands before the page, between two `---`.
#[derive(Clone, Debug, Default)]
pub struct Front {
    pub owner: String,
    /// When somebody last read it through.
    pub reviewed: Option<jiff::civil::Date>,
    /// The line of `reviewed`.
    pub reviewed_line: usize,
    /// Variables that have to come from what was selected.
    pub bind: Vec<String>,
    /// Environments that it is for, by name, label, alias or tier; empty: all.
    pub environments: Vec<String>,
    /// The floor for every question.
    pub confirm: Option<Level>,
    /// How long all of it should take, in seconds.
    pub budget: Option<i64>,
    pub matchers: Vec<Matcher>,
    pub escalate: Vec<Escalate>,
    /// Whether there is an `oncall` section: then all rules of the format hold.
    pub is_oncall: bool,
}

/// Whom to call, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalate {
    /// Seconds after the start.
    pub after: i64,
    pub to: String,
    /// `mailto:…`, `tel:…`, `pagerduty:P1`, `slack:#channel`.
    pub via: String,
}

/// Signs of which all have to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matcher {
    pub line: usize,
    pub k8s: Option<Signs>,
    pub alert: Option<AlertSigns>,
    pub health: Option<HealthSigns>,
    /// The name of a detect block.
    pub block: Option<String>,
}

/// What a Kubernetes object shows. What is empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    pub kind: String,
    /// With `*`.
    pub namespace: String,
    pub labels: Vec<(String, String)>,
    pub waiting: Vec<String>,
    pub terminated: Vec<String>,
    pub exit_codes: Vec<i32>,
    /// At least so many restarts within so many seconds.
    pub restarts: Option<(u32, i64)>,
    pub phase: Vec<String>,
    /// `Type=Status[:Reason]`.
    pub condition: String,
    /// Reasons, with `*`.
    pub event: Vec<String>,
    /// Seconds.
    pub hold: i64,
}

/// What an alert is called. What is empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertSigns {
    /// Names, with `*`.
    pub names: Vec<String>,
    pub labels: Vec<(String, String)>,
    pub severity: Vec<String>,
}

/// A health check that does not pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthSigns {
    pub target: String,
    pub path: String,
    /// The status that it should have.
    pub not: u16,
    pub hold: i64,
}

/// A block of the section Detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detect {
    pub name: String,
    pub line: usize,
    pub sign: Sign,
    /// Variables, and the labels of the series that fill them.
    pub bind: Vec<(String, String)>,
    /// How long it has to hold, in seconds.
    pub hold: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    PromQl(String),
    Logs {
        /// As CloudWatch reads it.
        pattern: String,
        /// With `*`.
        group: String,
        /// Seconds.
        since: i64,
        /// At least so many lines.
        threshold: u32,
    },
}

/// A heading that is no step by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// GitHub's slug.
    pub id: String,
    pub title: String,
    pub level: u8,
    pub line: usize,
    pub text: Vec<String>,
    pub callouts: Vec<Callout>,
    /// The heading of the first or second level that it stands below, itself included, of `phases`: the format's section.
    pub section: Option<usize>,
    /// The steps below it, up to the next heading of its level or a higher one.
    pub steps: std::ops::Range<usize>,
}

/// A coloured box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callout {
    pub alarm: Alarm,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    Note,
    Tip,
    Important,
    Warning,
    /// Has to be acknowledged before the step is offered.
    Caution,
}

impl Alarm {
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Tip => "tip",
            Self::Important => "important",
            Self::Warning => "warning",
            Self::Caution => "caution",
        }
    }
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The slug of its heading; where a heading has several steps, with `~2`, `~3` …
    pub id: String,
    pub title: String,
    /// The heading that it stands below, of `phases`.
    pub phase: usize,
    pub line: usize,
    pub text: Vec<String>,
    pub callouts: Vec<Callout>,
    pub kind: StepKind,
    pub block: Option<Block>,
    /// The block's name; one in capitals is also the variable that takes what it prints.
    pub name: Option<String>,
    /// The name in the registry that the page gives it.
    pub action: Option<String>,
    pub view: Option<String>,
    pub expect: Option<Condition>,
    pub until: Option<Condition>,
    pub when: Option<Condition>,
    /// Seconds between two looks.
    pub every: Option<i64>,
    /// How long `until` has to hold, in seconds.
    pub hold: Option<i64>,
    pub timeout: Option<i64>,
    /// How long it should take, in seconds.
    pub within: Option<i64>,
    /// Environments that it is for; with `!` those that it is not for. Empty: all.
    pub environments: Vec<String>,
    pub confirm: Option<Level>,
    /// The name of the block that takes it back.
    pub rollback: Option<String>,
    pub evidence: bool,
    pub background: bool,
    pub expected: Option<Expected>,
    pub branches: Vec<Branch>,
    /// Manual checks, and whether the page has them ticked.
    pub tasks: Vec<(String, bool)>,
}

/// What sort of step it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Looks.
    Query,
    /// Looks until something holds.
    Wait,
    /// Changes something that can be planned.
    Action,
    /// Runs what could not be read.
    Run,
    /// Done or judged by a person.
    #[default]
    Manual,
}

impl StepKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Wait => "wait",
            Self::Action => "action",
            Self::Run => "run",
            Self::Manual => "manual",
        }
    }
}

/// What a step runs.
#[derive(Clone, Debug)]
pub enum Block {
    Command(Box<Command>),
    PromQl {
        query: String,
        chart: Chart,
    },
    Logs {
        pattern: String,
        group: String,
        since: i64,
    },
    /// CloudWatch Logs Insights.
    Insights {
        query: String,
        group: String,
        since: i64,
    },
    Sql(String),
    Http(String),
}

/// How a query is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// Seconds; 0: not said.
    pub range: i64,
    pub unit: String,
    pub warn: Option<f64>,
    pub crit: Option<f64>,
}

/// What a step should print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub text: String,
    pub mode: ExpectedMode,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpectedMode {
    /// Shown beside what came.
    #[default]
    Shape,
    Contains,
    Regex,
}

/// One way out of a step.
#[derive(Clone, Debug)]
pub struct Branch {
    pub line: usize,
    pub label: String,
    pub on: On,
    pub condition: Option<Condition>,
    /// What the page says between the label and the arrow.
    pub note: String,
    pub goto: Goto,
    /// What the page says after the arrow.
    pub text: String,
}

/// What takes a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Pass,
    Fail,
    Timeout,
    /// A person, perhaps with a condition that says which answer it will be.
    Answer,
}

/// Where a branch leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goto {
    /// To the step below.
    Next,
    Step(usize),
    /// To a section without steps: its text is shown. Escalation is one.
    Phase(usize),
    /// To another runbook, by its name; the variables go along.
    Book(String),
    /// Out.
    End,
    /// Nowhere: the page has no such heading.
    Nowhere(String),
}

impl Runbook {
    /// The step of this id, block name or heading.
    pub fn find(&self, name: &str) -> Option<usize> {
        let is = |step: &Step| step.id == name || step.name.as_deref() == Some(name);
        self.steps.iter().position(is)
    }

    /// The step that an anchor of the page leads to: its own, or the first below its heading.
    pub fn at_anchor(&self, anchor: &str) -> Option<usize> {
        self.find(anchor).or_else(|| {
            let phase = self.phases.iter().find(|phase| phase.id == anchor)?;
            Some(phase.steps.start).filter(|_| !phase.steps.is_empty())
        })
    }

    /// The section that a step stands in: its heading of the second level, as the format names them.
    pub fn section(&self, step: usize) -> Option<&Phase> {
        let phase = self.phases.get(self.steps.get(step)?.phase)?;
        self.phases.get(phase.section?)
    }

    /// The section of this name.
    pub fn phase(&self, title: &str) -> Option<usize> {
        self.phases.iter().position(|phase| phase.title.eq_ignore_ascii_case(title))
    }

    /// Where a step leads that has no decision for it: to the step below.
    pub fn after(&self, step: usize) -> Option<usize> {
        (step + 1 < self.steps.len()).then_some(step + 1)
    }

    /// Whether a page is for an environment: by the words that it goes by.
    pub fn is_for(words: &[String], environment: &crate::config::Environment) -> bool {
        let tier = environment.tier;
        let fits = |word: &str| {
            environment.goes_by(word)
                || match tier {
                    crate::config::Tier::Open => matches!(word, "dev" | "development" | "open"),
                    crate::config::Tier::Confirm => matches!(word, "staging" | "stg" | "confirm"),
                    crate::config::Tier::Guarded => matches!(word, "prod" | "production" | "guarded"),
                }
        };
        let (not, only): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('!'));
        not.iter().all(|word| !fits(word.trim_start_matches('!'))) && (only.is_empty() || only.iter().any(|word| fits(word)))
    }
}

impl Step {
    /// The variable that takes what it prints.
    pub fn capture(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| super::value::is_capture(name))
    }

    /// The command line, where it has one.
    pub fn command(&self) -> Option<&Command> {
        match &self.block {
            Some(Block::Command(command)) => Some(command),
            _ => None,
        }
    }

    /// Whether a person has to acknowledge a warning first.
    pub fn is_cautioned(&self) -> bool {
        self.callouts.iter().any(|callout| callout.alarm == Alarm::Caution)
    }
}
