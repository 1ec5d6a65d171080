//! A fence as a step: what its language and its attributes say.

use super::lines::Typed;
use super::{Attributes, level};
use crate::config::nearest;
use crate::model::parse_duration;
use crate::runbook::command::Command;
use crate::runbook::condition::Condition;
use crate::runbook::flaw::{Flaw, Rule};
use crate::runbook::page::{Block, Chart, Detect, Sign, Step, StepKind};

/// A fence's language and attributes, and where it stands.
pub struct Typing<'a> {
    pub lang: &'a str,
    pub attributes: &'a Attributes,
    pub line: usize,
    /// Whether all rules of the format hold.
    pub oncall: bool,
}

/// Attributes that a block may have: the format's, and Runme's own.
const KNOWN: [&str; 41] = [
    "action",
    "background",
    "bind",
    "category",
    "closeTerminalOnSuccess",
    "confirm",
    "crit",
    "cwd",
    "env",
    "every",
    "evidence",
    "excludeFromRunAll",
    "expect",
    "for",
    "group",
    "id",
    "ignore",
    "interactive",
    "interpreter",
    "kind",
    "mimeType",
    "mimetype",
    "mode",
    "name",
    "promptEnv",
    "range",
    "redact",
    "rollback",
    "since",
    "skipPrompts",
    "tag",
    "terminalRows",
    "threshold",
    "timeout",
    "transform",
    "unit",
    "until",
    "view",
    "warn",
    "when",
    "within",
];

const KINDS: [&str; 7] = ["vars", "query", "action", "run", "wait", "detect", "expected"];

/// Languages whose fences are commands.
pub fn is_command(lang: &str) -> bool {
    matches!(lang, "sh" | "bash" | "shell" | "zsh" | "console")
}

impl Typing<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }

    fn kind(&self) -> &str {
        self.get("kind").unwrap_or_default()
    }

    /// Whether a block in a language of its own is run by us.
    pub fn is_runnable(&self) -> bool {
        match self.lang {
            "promql" | "logs" => true,
            "sql" | "insights" | "http" => !self.attributes.is_empty(),
            _ => matches!(self.kind(), "query" | "action" | "run" | "wait") && self.lang != "text",
        }
    }

    /// Looks for what attributes get wrong by themselves.
    pub fn check(&self, has_any: bool, flaws: &mut Vec<Flaw>) {
        if !has_any && !self.oncall {
            return;
        }
        let mut flaw = |rule: Rule, text: String| flaws.push(Flaw::new(self.line, rule, text));
        for (name, _) in self
            .attributes
            .iter()
            .filter(|(name, _)| !KNOWN.contains(name) && !name.starts_with("x-"))
        {
            let text = match nearest(name, &KNOWN) {
                Some(near) => format!("the attribute `{name}` is not known; did you mean {near}?"),
                None => format!("the attribute `{name}` is not known"),
            };
            flaw(Rule::KnownAttributes, text);
        }
        let kind = self.kind();
        if !kind.is_empty() && !KINDS.contains(&kind) {
            let text = match nearest(kind, &KINDS) {
                Some(near) => format!("`{kind}` is no kind of block; did you mean {near}?"),
                None => format!("`{kind}` is no kind of block: {}", KINDS.join(", ")),
            };
            flaw(Rule::Attributes, text);
        }
        if !self.oncall || self.attributes.fault.is_some() {
            return;
        }
        let shell = is_command(self.lang);
        let counts = shell || self.is_runnable() || !kind.is_empty();
        if counts && !shell && !self.attributes.is("ignore") {
            flaw(
                Rule::Ignored,
                format!(
                    "a block of {} says \"ignore\":\"true\", or Runme offers to run it",
                    or_text(self.lang)
                ),
            );
        }
        if counts && kind != "expected" && self.get("name").is_none() {
            flaw(Rule::Attributes, "a block has a name".to_owned());
        }
        if shell && matches!(kind, "action" | "run" | "vars" | "") && !self.attributes.is("excludeFromRunAll") && counts {
            flaw(
                Rule::Guarded,
                "what does more than look says \"excludeFromRunAll\":\"true\"".to_owned(),
            );
        }
        if kind == "action" && self.get("confirm").is_none() {
            flaw(Rule::Guarded, "an action says how it is confirmed: key, token or full".to_owned());
        }
        if kind == "vars" && self.get("promptEnv") != Some("always") {
            flaw(
                Rule::Attributes,
                "variables say \"promptEnv\":\"always\", or Runme goes on with old values".to_owned(),
            );
        }
        if kind == "wait" && (self.get("until").is_none() || self.get("timeout").is_none()) {
            flaw(Rule::Bounded, "a wait says until what, and has a timeout".to_owned());
        }
    }

    fn seconds(&self, name: &str, flaws: &mut Vec<Flaw>) -> Option<i64> {
        let text = self.get(name)?;
        let seconds = parse_duration(text).filter(|seconds| *seconds > 0);
        if seconds.is_none() {
            flaws.push(Flaw::new(
                self.line,
                Rule::Attributes,
                format!("`{name}` is a time, as in 30s, 10m or 2h: `{text}` is none"),
            ));
        }
        seconds
    }

    fn condition(&self, name: &str, flaws: &mut Vec<Flaw>) -> Option<Condition> {
        let text = self.get(name)?;
        match Condition::read(text) {
            Ok(condition) => Some(condition),
            Err(fault) => {
                flaws.push(Flaw::new(self.line, Rule::Conditions, format!("`{name}`: {fault}")));
                None
            }
        }
    }

    fn number(&self, name: &str, flaws: &mut Vec<Flaw>) -> Option<f64> {
        let text = self.get(name)?;
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            flaws.push(Flaw::new(
                self.line,
                Rule::Attributes,
                format!("`{name}` is a number: `{text}` is none"),
            ));
        }
        number
    }

    /// A step with what the attributes say; its kind is that of the attributes, or else this.
    fn step(&self, otherwise: StepKind, line: usize, flaws: &mut Vec<Flaw>) -> Step {
        let owned = |name: &str| self.get(name).map(str::to_owned);
        let confirm = self.get("confirm").and_then(|word| match level(word) {
            Ok(level) => level,
            Err(text) => {
                flaws.push(Flaw::new(self.line, Rule::Attributes, text));
                None
            }
        });
        Step {
            kind: match self.kind() {
                "query" => StepKind::Query,
                "action" => StepKind::Action,
                "run" => StepKind::Run,
                "wait" => StepKind::Wait,
                _ => otherwise,
            },
            name: owned("name"),
            action: owned("action"),
            view: owned("view"),
            expect: self.condition("expect", flaws),
            until: self.condition("until", flaws),
            when: self.condition("when", flaws),
            every: self.seconds("every", flaws),
            hold: self.seconds("for", flaws),
            timeout: self.seconds("timeout", flaws),
            within: self.seconds("within", flaws),
            environments: self.get("env").map(words).unwrap_or_default(),
            confirm,
            rollback: owned("rollback"),
            evidence: self.attributes.is("evidence"),
            background: self.attributes.is("background"),
            ..manual_step(line)
        }
    }
}

/// A step that a person does or judges.
pub fn manual_step(line: usize) -> Step {
    Step {
        id: String::new(),
        title: String::new(),
        phase: 0,
        line,
        text: Vec::new(),
        callouts: Vec::new(),
        kind: StepKind::Manual,
        block: None,
        name: None,
        action: None,
        view: None,
        expect: None,
        until: None,
        when: None,
        every: None,
        hold: None,
        timeout: None,
        within: None,
        environments: Vec::new(),
        confirm: None,
        rollback: None,
        evidence: false,
        background: false,
        expected: None,
        branches: Vec::new(),
        tasks: Vec::new(),
    }
}

/// The step of a command line.
pub fn command_step(typing: &Typing<'_>, typed: Typed, flaws: &mut Vec<Flaw>) -> Step {
    let command = Command::read(&typed.text, typed.line);
    // A line that says nothing of itself is what it is proven to be.
    let kind = match typing.attributes.is_empty() {
        false => StepKind::Run,
        true => match command.reading_filled(&[], &|_| None).class {
            crate::action::Class::R => StepKind::Query,
            crate::action::Class::X => StepKind::Run,
            _ => StepKind::Action,
        },
    };
    let mut step = typing.step(kind, typed.line, flaws);
    step.title = typed.comment.first().cloned().unwrap_or_else(|| {
        command
            .text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end_matches('\\')
            .trim()
            .to_owned()
    });
    step.text = typed.comment;
    step.block = Some(Block::Command(Box::new(command)));
    step
}

/// The step of a block in a language of its own.
pub fn block_step(typing: &Typing<'_>, body: &str, flaws: &mut Vec<Flaw>) -> Step {
    let mut step = typing.step(StepKind::Query, typing.line, flaws);
    let query = body.trim().to_owned();
    let seconds = |name: &str| typing.get(name).and_then(parse_duration).unwrap_or(0);
    let group = typing.get("group").unwrap_or_default().to_owned();
    step.block = Some(match typing.lang {
        "logs" => Block::Logs {
            pattern: query,
            group,
            since: seconds("since"),
        },
        "insights" => Block::Insights {
            query,
            group,
            since: seconds("since"),
        },
        "sql" => Block::Sql(query),
        "http" => match crate::runbook::command::of_fence(&query) {
            Some(line) => Block::Command(Box::new(Command::read(&line, typing.line))),
            None => Block::Http(query),
        },
        _ => Block::PromQl {
            query,
            chart: Chart {
                range: typing.seconds("range", flaws).unwrap_or(0),
                unit: typing.get("unit").unwrap_or_default().to_owned(),
                warn: typing.number("warn", flaws),
                crit: typing.number("crit", flaws),
            },
        },
    });
    step.title = format!("{} query", or_text(typing.lang));
    step
}

/// A detect block.
///
/// # Errors
///
/// What is wrong with it.
pub fn detect(typing: &Typing<'_>, name: String, body: &str) -> Result<Detect, String> {
    if name.is_empty() {
        return Err("a detect block has a name".to_owned());
    }
    let seconds = |name: &str, otherwise: i64| match typing.get(name) {
        None => Ok(otherwise),
        Some(text) => parse_duration(text).ok_or_else(|| format!("`{name}` is a time, as in 5m: `{text}` is none")),
    };
    let sign = match typing.lang {
        "promql" => Sign::PromQl(body.trim().to_owned()),
        "logs" => Sign::Logs {
            pattern: body.trim().to_owned(),
            group: typing.get("group").unwrap_or("*").to_owned(),
            since: seconds("since", 300)?,
            threshold: match typing.get("threshold") {
                None => 1,
                Some(text) => text.parse().map_err(|_| format!("`threshold` is a number: `{text}` is none"))?,
            },
        },
        other => return Err(format!("a detect block is promql or logs, not {}", or_text(other))),
    };
    let pairs = typing.get("bind").map(words).unwrap_or_default();
    let pair = |pair: &String| {
        let split = pair
            .split_once('=')
            .map(|(name, label)| (name.trim().to_owned(), label.trim().to_owned()));
        split.ok_or_else(|| format!("`bind` is written VAR=label: `{pair}` is not"))
    };
    Ok(Detect {
        name,
        line: typing.line,
        sign,
        bind: pairs.iter().map(pair).collect::<Result<_, _>>()?,
        hold: seconds("for", 0)?,
    })
}

fn words(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn or_text(lang: &str) -> &str {
    if lang.is_empty() { "text" } else { lang }
}
