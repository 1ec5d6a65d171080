//! A walk in plain lines: the page is told step by step, and a person types what keys do on the screen.
//!
//! ```text
//!   turn ─┬─ something runs ───────────────► wait
//!         ├─ a plan is asked about ─► plan ─► read a line ─► the dialog's keys
//!         └─ a person decides ──────► ask ──► read a line ─► words ─► the walker's keys
//!   wrote ─► told: what happened, once it is on the disk
//! ```
//!
//! What is typed goes the way of the keys, so that nothing is done here that the screen would not ask about.

mod plan;
mod told;
mod words;

use std::io::Write;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::start::Start;
use crate::app::overlay::Overlay;
use crate::app::{App, Command, Effect, Msg, books, update};
use crate::model::{Problem, ProblemKind, clean};
use crate::runbook::page::Step;
use crate::runbook::walk::{Entry, Phase};
use crate::runtime::lines::{Front, Turn};
use crate::ui::panes::book::plain;

/// The walk is left before its end, or is escalated: it can be gone on with.
pub const LEFT: u8 = 1;
/// It could not be walked.
const UNUSABLE: u8 = 2;

/// What a walk begins with.
#[derive(Debug)]
pub enum Begin {
    Page(Start),
    /// A walk that was left: its id.
    Resume(String),
}

/// A walk under way.
#[derive(Debug)]
pub struct Talk<'o, W: Write> {
    begin: Begin,
    is_begun: bool,
    out: &'o mut W,
    /// The id of the walk's file.
    id: String,
    /// What was asked last, so that nothing is asked twice.
    asked: Option<String>,
    /// The draft whose plan was told.
    planned: Option<u64>,
    /// Somebody wants to go; or there is nobody any more.
    leaves: bool,
    /// Why it could not be walked.
    problem: Option<Problem>,
}

impl<'o, W: Write> Talk<'o, W> {
    pub fn new(begin: Begin, out: &'o mut W) -> Self {
        Self {
            begin,
            is_begun: false,
            out,
            id: String::new(),
            asked: None,
            planned: None,
            leaves: false,
            problem: None,
        }
    }

    /// What it ended with.
    ///
    /// # Errors
    /// It could not be walked.
    pub fn ended(self) -> Result<(), Problem> {
        self.problem.map_or(Ok(()), Err)
    }

    /// A line. Whoever reads it may have gone away: then there is nobody to walk.
    fn say(&mut self, line: &str) {
        let told = clean(line);
        if writeln!(self.out, "{told}").is_err() {
            self.leaves = true;
        }
    }

    fn say_all(&mut self, lines: &[String]) {
        lines.iter().for_each(|line| self.say(line));
    }

    /// What is to be typed, once; the line stays open.
    fn ask(&mut self, question: String) -> Turn {
        if self.asked.as_ref() != Some(&question) {
            if write!(self.out, "{} ", clean(&question)).and_then(|()| self.out.flush()).is_err() {
                self.leaves = true;
            }
            self.asked = Some(question);
        }
        Turn::Read
    }

    fn begin(&mut self, app: &mut App) -> Turn {
        let effects = match &mut self.begin {
            Begin::Page(start) => {
                if !start.is_ready(app) {
                    return Turn::Wait;
                }
                start.walk(app)
            }
            Begin::Resume(id) => {
                let run = app.books.number();
                Ok(vec![Effect::FindWalk { run, id: Some(id.clone()) }])
            }
        };
        self.is_begun = true;
        match effects {
            Ok(effects) => Turn::Do(effects),
            Err(problem) => self.fail(problem),
        }
    }

    fn fail(&mut self, problem: Problem) -> Turn {
        self.problem = Some(problem);
        Turn::Over(UNUSABLE)
    }

    /// The walk is left: its file stays.
    fn leave(&mut self, app: &mut App) -> Turn {
        if app.overlay.is_some() {
            return Turn::Do(update(app, super::check::escape()));
        }
        // What is being changed ends first: the walk and the audit hear how.
        if app.deeds.is_running() {
            return Turn::Wait;
        }
        if books::is_running(app) {
            return Turn::Do(books::stop(app));
        }
        let step = app
            .books
            .walking
            .as_ref()
            .and_then(|walking| walking.step())
            .map(|step| step.title.clone());
        let at = step.map_or(String::new(), |step| format!(" at \"{step}\""));
        let id = self.id.clone();
        self.say("");
        self.say(&format!("left{at}: qd runbook resume {id} goes on with it"));
        Turn::Over(LEFT)
    }

    /// What was flashed is told.
    fn flashed(&mut self, app: &mut App) {
        if let Some(flash) = app.flash.take() {
            self.asked = None;
            self.say(&flash.text);
        }
    }

    /// A person decides: what is there is told, and asked.
    fn decide(&mut self, app: &App, at: usize, step: &Step) -> Turn {
        if self.asked.is_none() {
            let leads = plain::leads(app, at);
            let stand = plain::stand(app, at);
            if told::is_open(app, step) {
                self.say(&stand);
            }
            // Where it leads is told when that is what is asked.
            if words::wanted(app, step).is_none() {
                self.say_all(&leads);
            }
        }
        self.ask(words::question(app, step))
    }
}

impl<W: Write> Front for Talk<'_, W> {
    fn wrote(&mut self, app: &App, id: &str, entry: &Entry) {
        self.asked = None;
        id.clone_into(&mut self.id);
        let lines = told::lines(app, id, entry);
        self.say_all(&lines);
    }

    fn turn(&mut self, app: &mut App) -> Turn {
        if !self.is_begun {
            return self.begin(app);
        }
        let Some(walking) = &app.books.walking else {
            // What was to be gone on with cannot be; or it is still being looked for.
            return match app.flash.take() {
                Some(flash) => self.fail(Problem::new(ProblemKind::Config, flash.text)),
                None => Turn::Wait,
            };
        };
        if let Some(problem) = walking.broken.clone() {
            return self.fail(problem);
        }
        let (phase, at) = (walking.walk.phase.clone(), walking.at());
        let step = at.and_then(|at| Some((at, walking.page.book.steps.get(at)?.clone())));
        if self.leaves {
            return self.leave(app);
        }
        match &app.overlay {
            Some(Overlay::Plan(dialog)) => match plan::state(dialog) {
                plan::State::Looked => return Turn::Wait,
                plan::State::Asks => {
                    if self.planned.replace(dialog.draft.id) != Some(dialog.draft.id) {
                        let lines = plan::lines(app, dialog);
                        self.asked = None;
                        self.say("");
                        self.say_all(&lines);
                    }
                    if let Some(said) = dialog.said.clone() {
                        self.say(&said);
                        plan::heard(app);
                        self.asked = None;
                    }
                    let question = plan::question(app);
                    return self.ask(question);
                }
                plan::State::Over => {
                    let lines = plan::lines(app, dialog);
                    self.say_all(&lines);
                    return Turn::Do(update(app, super::check::escape()));
                }
            },
            // What runs shows how far it is; and nothing else is asked here.
            Some(Overlay::Progress { .. }) if books::is_running(app) => return Turn::Wait,
            Some(_) => return Turn::Do(update(app, super::check::escape())),
            None => {}
        }
        if books::is_running(app) {
            return Turn::Wait;
        }
        self.flashed(app);
        match (phase, step) {
            (Phase::Done | Phase::Stopped(_), _) | (_, None) => Turn::Over(0),
            (_, Some((at, step))) => self.decide(app, at, &step),
        }
    }

    fn line(&mut self, app: &mut App, line: Option<&str>) -> Vec<Effect> {
        self.asked = None;
        let Some(line) = line else {
            self.leaves = true;
            return Vec::new();
        };
        if matches!(app.overlay, Some(Overlay::Plan(_))) {
            return plan::typed(app, line);
        }
        let Some(step) = app.books.walking.as_ref().and_then(|walking| walking.step()).cloned() else {
            return Vec::new();
        };
        match words::read(app, &step, line) {
            words::Word::Key(command) => books::act(app, command),
            words::Word::Value(name, value) => books::put(app, &name, &value),
            words::Word::Skip(reason) => books::skip(app, &reason),
            words::Word::Note(text) => books::note(app, &text),
            words::Word::Step(name) => books::go_to(app, &name),
            words::Word::Contacts => {
                let lines = plain::contacts(app);
                self.say_all(&lines);
                Vec::new()
            }
            words::Word::Outline => {
                let lines = told::outline(app);
                self.say_all(&lines);
                Vec::new()
            }
            words::Word::Transcript => {
                let text = books::transcript(app);
                text.lines().for_each(|line| self.say(line));
                Vec::new()
            }
            words::Word::Help => {
                words::HELP.iter().for_each(|line| self.say(line));
                Vec::new()
            }
            words::Word::Picks(lines) => {
                self.say_all(&lines);
                Vec::new()
            }
            words::Word::Leave => {
                self.leaves = true;
                Vec::new()
            }
            words::Word::Unknown(why) => {
                self.say(&why);
                Vec::new()
            }
        }
    }

    fn interrupt(&mut self, app: &mut App, ends: bool) -> Vec<Effect> {
        self.asked = None;
        let ctrl_c = Msg::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        if ends {
            self.leaves = true;
            // Nothing more of a change is begun, and a program is asked to end.
            return match app.deeds.is_running() {
                true => update(app, ctrl_c),
                false => Vec::new(),
            };
        }
        if app.overlay.is_some() && !matches!(app.overlay, Some(Overlay::Progress { .. })) {
            self.say("");
            return update(app, super::check::escape());
        }
        if books::is_running(app) {
            // A change under way ends by itself: nothing more of it is begun.
            return update(app, ctrl_c);
        }
        self.leaves = true;
        Vec::new()
    }
}

/// A key that a word stands for.
const fn key(command: Command) -> words::Word {
    words::Word::Key(command)
}
