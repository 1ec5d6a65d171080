//! `qd runbook run --check`: what of a page only reads, in its order, once, and whether it is as the page expects.

use std::fmt::Write as _;

use serde_json::json;

use super::Format;
use super::start::Start;
use crate::action::Class;
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Msg, books, update};
use crate::cli::FINDINGS;
use crate::model::{Problem, ProblemKind, clean, shorten};
use crate::runbook::page::{Block, Step, StepKind};
use crate::runbook::walk::{Entry, StepState};
use crate::runtime::lines::{Front, Turn};

/// Not everything could be seen.
const UNSEEN: u8 = 2;

/// How a step came out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Came {
    /// As the page expects; what came, in a line.
    Holds(String),
    /// Not so.
    Fails(String),
    /// Nothing is known, and why.
    Unknown(String),
    /// It was not run, and why.
    Left(String),
}

impl Came {
    fn word(&self) -> &'static str {
        match self {
            Self::Holds(_) => "holds",
            Self::Fails(_) => "FAILS",
            Self::Unknown(_) => "no data",
            Self::Left(_) => "not run",
        }
    }

    fn said(&self) -> &str {
        match self {
            Self::Holds(said) | Self::Fails(said) | Self::Unknown(said) | Self::Left(said) => said,
        }
    }
}

/// A check under way.
#[derive(Debug)]
pub struct Check {
    start: Start,
    format: Format,
    is_begun: bool,
    /// The step that runs.
    runs: bool,
    came: Vec<Came>,
    /// Why nothing could be checked at all.
    problem: Option<Problem>,
    /// The report, once it is over.
    pub report: String,
}

impl Check {
    pub fn new(start: Start, format: Format) -> Self {
        Self {
            start,
            format,
            is_begun: false,
            runs: false,
            came: Vec::new(),
            problem: None,
            report: String::new(),
        }
    }

    /// What it ended with.
    ///
    /// # Errors
    /// Nothing could be checked.
    pub fn ended(self) -> Result<String, Problem> {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(self.report),
        }
    }

    /// The next step: run, or left with a reason.
    fn next(&mut self, app: &mut App) -> Turn {
        let at = self.came.len();
        let step = app
            .books
            .walking
            .as_ref()
            .and_then(|walking| walking.page.book.steps.get(at))
            .cloned();
        let Some(step) = step else {
            return self.over(app);
        };
        books::enter(app, at);
        if let Some(why) = left(app, &step) {
            self.came.push(Came::Left(why));
            return Turn::Do(Vec::new());
        }
        app.flash = None;
        let effects = books::go(app);
        self.runs = true;
        Turn::Do(effects)
    }

    fn over(&mut self, app: &App) -> Turn {
        let count = |word: &str| self.came.iter().filter(|came| came.word() == word).count();
        let (holds, fails, unknown) = (count("holds"), count("FAILS"), count("no data"));
        let code = match (holds, fails, unknown) {
            (_, 1.., _) => FINDINGS,
            (_, _, 1..) | (0, 0, 0) => UNSEEN,
            _ => 0,
        };
        if let Some(walking) = &app.books.walking {
            let environment = app.environment(walking.env).map(|e| e.name.clone()).unwrap_or_default();
            let steps = &walking.page.book.steps;
            let progress = |step: &Step| walking.walk.progress(&step.id);
            self.report = match self.format {
                Format::Text => head(walking, &environment) + &text(steps, &self.came),
                Format::Json => {
                    let rows: Vec<_> = steps
                        .iter()
                        .zip(&self.came)
                        .map(|(step, came)| {
                            json!({
                                "step": step.id,
                                "title": step.title,
                                "line": step.line,
                                "kind": step.kind.word(),
                                "command": Some(progress(step).command).filter(|command| !command.is_empty()),
                                "expects": expects(step),
                                "result": came.word().to_lowercase(),
                                "said": came.said(),
                                "ms": Some(progress(step).ms).filter(|ms| *ms > 0),
                            })
                        })
                        .collect();
                    let values: serde_json::Map<_, _> = walking
                        .walk
                        .bindings
                        .iter()
                        .map(|(name, value)| (name.to_owned(), json!({"value": value.text, "from": value.origin.said()})))
                        .collect();
                    let report = json!({
                        "version": 1,
                        "runbook": &*walking.page.book.name,
                        "environment": environment,
                        "values": values,
                        "holds": holds,
                        "fails": fails,
                        "noData": unknown,
                        "notRun": count("not run"),
                        "steps": rows,
                    });
                    format!("{report:#}\n")
                }
            };
        }
        Turn::Over(code)
    }
}

impl Front for Check {
    fn wrote(&mut self, _: &App, _: &str, _: &Entry) {}

    fn turn(&mut self, app: &mut App) -> Turn {
        if !self.is_begun {
            if !self.start.is_ready(app) {
                return Turn::Wait;
            }
            self.is_begun = true;
            if let Err(problem) = self.start.check(app) {
                self.problem = Some(problem);
                return Turn::Over(UNSEEN);
            }
        }
        if !self.runs {
            return self.next(app);
        }
        // What only reads is never asked about; what is asked about is not done here.
        let asks = match &app.overlay {
            Some(Overlay::Plan(dialog)) => dialog.ruling.is_some() || dialog.plan().is_none() && dialog.is_armed,
            Some(_) => true,
            None => false,
        };
        if asks {
            return Turn::Do(update(app, escape()));
        }
        if app.overlay.is_some() || books::is_running(app) {
            return Turn::Wait;
        }
        self.runs = false;
        let came = came(app, self.came.len());
        self.came.push(came);
        Turn::Do(Vec::new())
    }

    fn line(&mut self, _: &mut App, _: Option<&str>) -> Vec<Effect> {
        Vec::new()
    }

    fn interrupt(&mut self, app: &mut App, _: bool) -> Vec<Effect> {
        // What is left is left.
        let steps = app.books.walking.as_ref().map_or(0, |walking| walking.page.book.steps.len());
        let effects = books::stop(app);
        self.runs = false;
        self.is_begun = true;
        while self.came.len() < steps {
            self.came.push(Came::Left("it was stopped before".to_owned()));
        }
        effects
    }
}

/// The key that leaves a dialog.
pub(super) fn escape() -> Msg {
    Msg::Key(crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Esc))
}

/// Why a step is not run.
fn left(app: &App, step: &Step) -> Option<String> {
    let walking = app.books.walking.as_ref()?;
    let seen = crate::runbook::condition::Seen::default();
    let variable = |name: &str| walking.walk.bindings.get(name);
    if let Some(when) = step
        .when
        .as_ref()
        .filter(|when| when.holds(&seen, &variable) == crate::runbook::condition::Truth::False)
    {
        return Some(format!("not needed: {}", when.text()));
    }
    match books::needs(app, step).map(|needs| needs.into_iter().next()) {
        None => return Some("for a person".to_owned()),
        Some(Some(books::Need::Values(names))) => {
            return Some(format!(
                "it needs {}: --var {}=…",
                names.join(", "),
                names.first().map_or("", |name| name)
            ));
        }
        Some(Some(books::Need::Person(_))) => return Some("for a person".to_owned()),
        Some(Some(books::Need::Elsewhere(words))) => return Some(format!("it is for {words}")),
        Some(Some(need @ (books::Need::Trust(_) | books::Need::Caution))) => return Some(need.said()),
        Some(None) if books::is_opened(app, step) => return Some("a person reads it, in the logs".to_owned()),
        Some(None) => {}
    }
    match books::class_of(app, step) {
        Some(Class::R) => None,
        Some(Class::X) | None => Some("nobody can say what it does".to_owned()),
        Some(Class::T) => Some("it opens a session".to_owned()),
        Some(Class::W1 | Class::W2 | Class::D) => Some("it changes something".to_owned()),
    }
}

/// What came of the step that ran.
fn came(app: &App, at: usize) -> Came {
    let found = app
        .books
        .walking
        .as_ref()
        .and_then(|walking| Some((walking, walking.page.book.steps.get(at)?)));
    let Some((walking, step)) = found else {
        return Came::Left("the page has no such step".to_owned());
    };
    let progress = walking.walk.progress(&step.id);
    let said = shorten(&clean(&progress.said), 120).into_owned();
    match progress.state {
        StepState::Passed => Came::Holds(said),
        StepState::Failed | StepState::TimedOut => Came::Fails(match (&step.expect, &step.until, step.kind) {
            (_, Some(until), StepKind::Wait) => format!("not yet: {} · {said}", until.text()),
            (Some(expect), ..) => format!("not as expected: {} · {said}", expect.text()),
            _ => said,
        }),
        StepState::NoData => Came::Unknown(said),
        // It did not begin: why, was said.
        _ => Came::Left(match &app.flash {
            Some(flash) => clean(&flash.text).into_owned(),
            None => "it would have to be confirmed".to_owned(),
        }),
    }
}

fn expects(step: &Step) -> Option<String> {
    let condition = match step.kind {
        StepKind::Wait => step.until.as_ref(),
        _ => step.expect.as_ref(),
    };
    match (condition, &step.block) {
        (Some(condition), _) => Some(condition.text().to_owned()),
        (None, Some(Block::Command(_))) => Some("exit == 0".to_owned()),
        (None, _) => None,
    }
}

/// What was checked, where, and with which values.
pub(super) fn head(walking: &books::Walking, environment: &str) -> String {
    let mut text = format!("{} in {environment}\n", walking.page.book.title);
    for (name, value) in walking.walk.bindings.iter() {
        let shown = clean(&value.text);
        let _ = writeln!(text, "     {name} = {} ({})", shorten(&shown, 80), value.origin.said());
    }
    text.push('\n');
    text
}

fn text(steps: &[Step], came: &[Came]) -> String {
    let width = steps.iter().map(|step| shorten(&step.title, 50).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (nth, (step, came)) in steps.iter().zip(came).enumerate() {
        let title = shorten(&step.title, 50);
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:>3}  {title:width$}  {:7}  {}", nth + 1, came.word(), came.said());
    }
    let count = |word: &str| came.iter().filter(|came| came.word() == word).count();
    let ran = came.len() - count("not run");
    let _ = writeln!(
        text,
        "{ran} of {} steps only read: {} hold, {} fail, {} without data; {} were not run",
        steps.len(),
        count("holds"),
        count("FAILS"),
        count("no data"),
        count("not run")
    );
    text
}

/// Nothing of it may run.
pub(super) fn untrusted(origin: &str) -> Problem {
    let problem = Problem::new(ProblemKind::Denied, format!("{origin} is not trusted: nothing of it runs"));
    problem.hint(format!("read it, then: qd runbook trust {origin}"))
}
