//! The dialog of a plan: what it shows, and what keys do in it. `enter` alone never changes anything.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{carry_out, drop_it, editing};
use crate::action::guard::{Answer, Question, Ruling, Tried};
use crate::action::plan::{Draft, Plan};
use crate::action::stage::Why;
use crate::app::keymap::Key;
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone};
use crate::config::Level;
use crate::model::{Problem, Time};
use crate::ui::widgets::Input;

/// So many wrong answers close the dialog.
const WRONG: u8 = 5;

/// A plan that is looked at.
#[derive(Debug)]
pub struct Dialog {
    pub draft: Draft,
    pub stage: Stage,
    pub tried: Tried,
    pub ruling: Option<Ruling>,
    /// Why the environment is unlocked.
    pub reason: Input,
    /// What confirms it.
    pub token: Input,
    /// The field that was gone to; none: where one begins.
    pub field: Option<Field>,
    /// Whether the reason speaks of the very objects, so that one need not read it first.
    pub is_proposed: bool,
    /// How often a wrong answer was given.
    pub wrong: u8,
    /// Whether keys count yet: not before one could see the dialog.
    pub is_armed: bool,
    /// Whether every line of the difference is shown.
    pub whole: bool,
    pub scroll: u16,
    /// A sentence about what was typed.
    pub said: Option<String>,
    /// When the server was asked last.
    pub asked: Time,
}

/// How far it is.
#[derive(Debug)]
pub enum Stage {
    /// The server is asked.
    Asking,
    Planned(Box<Plan>),
    /// There is no plan; or it was carried out, and did not end well. The title says which.
    Failed(Failure, Problem),
}

/// What a dialog without a plan says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    NoPlan,
    NotDone,
    /// It was sent, and nobody knows.
    NotKnown,
    /// The server would refuse it: that was known before.
    NotAllowed,
}

impl Failure {
    /// The title.
    pub fn title(self) -> &'static str {
        match self {
            Self::NoPlan => "NO PLAN",
            Self::NotDone => "NOT DONE",
            Self::NotKnown => "NOT KNOWN",
            Self::NotAllowed => "NOT ALLOWED",
        }
    }
}

/// Which field takes the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Reason,
    Token,
}

impl Dialog {
    /// A dialog that waits for its plan.
    pub fn new(draft: Draft, reason: &str) -> Self {
        Self {
            asked: draft.at,
            draft,
            stage: Stage::Asking,
            tried: Tried::Pending,
            ruling: None,
            reason: Input::new(reason),
            token: Input::new(""),
            field: None,
            is_proposed: false,
            wrong: 0,
            is_armed: false,
            whole: false,
            scroll: 0,
            said: None,
        }
    }

    /// One that says why there is no plan.
    pub fn failed(draft: Draft, failure: Failure, problem: Problem) -> Self {
        let mut dialog = Self::new(draft, "");
        dialog.stage = Stage::Failed(failure, problem);
        dialog.is_armed = true;
        dialog
    }

    /// What became of a plan that was carried out, where that wants to be read in peace.
    pub fn ended(plan: &Plan, failure: Failure, problem: Problem) -> Self {
        // The line with what the plan has found out.
        let draft = Draft {
            action: plan.action.clone(),
            ..plan.draft.clone()
        };
        Self::failed(draft, failure, problem)
    }

    pub fn plan(&self) -> Option<&Plan> {
        match &self.stage {
            Stage::Planned(plan) => Some(plan),
            Stage::Asking | Stage::Failed(..) => None,
        }
    }

    /// The question, where one is asked.
    pub fn question(&self) -> Option<&Question> {
        match &self.ruling {
            Some(Ruling::Ask(question)) => Some(question),
            Some(Ruling::Free | Ruling::Refused(_)) | None => None,
        }
    }

    /// The field that takes the letters: a reason only where one is asked for.
    pub fn active(&self) -> Field {
        match self.question() {
            Some(question) if question.unlocks() => self.field.unwrap_or(match question.level() {
                // Where one letter is the answer, the first letter of a reason must not be it.
                Level::Key => Field::Reason,
                Level::Token | Level::Full if self.is_proposed => Field::Token,
                Level::Token | Level::Full => Field::Reason,
            }),
            _ => Field::Token,
        }
    }

    /// The line that does the same by hand.
    pub fn line(&self) -> String {
        self.plan().map_or_else(|| self.draft.action.to_string(), Plan::line)
    }
}

/// A key in the dialog.
pub fn key(app: &mut App, mut dialog: Box<Dialog>, key: Key) -> Vec<Effect> {
    let ctrl = |c: char| key.code == KeyCode::Char(c) && key.modifiers == KeyModifiers::CONTROL;
    if key.code == KeyCode::Esc || ctrl('c') {
        return close(app, &dialog);
    }
    if ctrl('y') {
        let line = dialog.line();
        app.overlay = Some(Overlay::Plan(dialog));
        return vec![Effect::Copy(line)];
    }
    match key.code {
        KeyCode::Tab => {
            dialog.whole = !dialog.whole;
            dialog.scroll = 0;
        }
        KeyCode::PageDown => dialog.scroll = dialog.scroll.saturating_add(5),
        KeyCode::PageUp => dialog.scroll = dialog.scroll.saturating_sub(5),
        // Typed before anybody could read it.
        _ if !dialog.is_armed => {}
        _ => match dialog.question().cloned() {
            Some(question) => return answer(app, dialog, &question, key),
            None if matches!(key.code, KeyCode::Char('e')) && editing::is_kept(app, &dialog.draft) => {
                app.overlay = Some(Overlay::Plan(dialog));
                return editing::again(app);
            }
            None if matches!(key.code, KeyCode::Char('c')) => {
                let line = dialog.line();
                app.overlay = Some(Overlay::Plan(dialog));
                return vec![Effect::Copy(line)];
            }
            // What can be planned instead.
            None if matches!(key.code, KeyCode::Char('f')) => {
                if let Some(offer) = dialog.plan().and_then(|plan| plan.offer.clone()) {
                    let (objects, origin) = (dialog.draft.objects.clone(), dialog.draft.origin);
                    return super::begin(app, *offer.action, objects, origin);
                }
            }
            None if matches!(key.code, KeyCode::Enter | KeyCode::Char('q' | 'n')) => return close(app, &dialog),
            None => {}
        },
    }
    app.overlay = Some(Overlay::Plan(dialog));
    Vec::new()
}

/// Closes it; a plan that was shown is told to the audit.
fn close(app: &mut App, dialog: &Dialog) -> Vec<Effect> {
    // Of what was carried out that would be no truth.
    if !matches!(dialog.stage, Stage::Failed(..)) {
        app.flash(Tone::Info, "nothing was changed");
    }
    let mut effects = Vec::new();
    let taken_badly = matches!(dialog.stage, Stage::Failed(..)) || matches!(dialog.ruling, Some(Ruling::Refused(_)));
    if editing::is_kept(app, &dialog.draft) {
        match editing::file(app).filter(|_| taken_badly) {
            Some(file) => app.flash(Tone::Info, format!("your edit is kept in {}; e opens it again", file.display())),
            None => effects = editing::forget(app),
        }
    }
    let cancelled = dialog.plan().filter(|_| !matches!(dialog.ruling, Some(Ruling::Refused(_))));
    effects.extend(cancelled.map(|plan| drop_it(app, plan.clone(), Why::Cancelled)));
    effects
}

fn answer(app: &mut App, mut dialog: Box<Dialog>, question: &Question, key: Key) -> Vec<Effect> {
    let event = KeyEvent::new(key.code, key.modifiers);
    dialog.said = None;
    match (dialog.active(), key.code) {
        (Field::Reason, KeyCode::Enter | KeyCode::Down) => match dialog.reason.text().trim().is_empty() {
            true => dialog.said = Some("a reason, please: it goes into the audit".into()),
            false => dialog.field = Some(Field::Token),
        },
        (Field::Reason, _) => {
            dialog.reason.key(event);
        }
        (Field::Token, KeyCode::Up) if question.unlocks() => dialog.field = Some(Field::Reason),
        (Field::Token, _) if question.level() == Level::Key => match key.code {
            KeyCode::Char('n' | 'q') => return close(app, &dialog),
            KeyCode::Char('y') => return done(app, dialog, question, &Answer::Key('y')),
            _ => dialog.said = Some("y does it, esc leaves it".into()),
        },
        (Field::Token, KeyCode::Enter) if dialog.token.text().is_empty() => {
            dialog.said = Some(format!("to do it, type {}", question.token()))
        }
        (Field::Token, KeyCode::Enter) => {
            let typed = dialog.token.text().to_owned();
            return done(app, dialog, question, &Answer::Typed(&typed));
        }
        (Field::Token, _) => {
            dialog.token.key(event);
        }
    }
    app.overlay = Some(Overlay::Plan(dialog));
    Vec::new()
}

/// Something was answered: if it is the answer, and the server has had its say, it is done.
fn done(app: &mut App, mut dialog: Box<Dialog>, question: &Question, answer: &Answer<'_>) -> Vec<Effect> {
    if dialog.tried == Tried::Pending {
        dialog.said = Some("the server is still checking it: a moment".into());
        app.overlay = Some(Overlay::Plan(dialog));
        return Vec::new();
    }
    let Some(plan) = dialog.plan().cloned() else { return Vec::new() };
    let reason = dialog.reason.text().to_owned();
    if let Some(confirmed) = question.confirm(&plan, answer, &reason, app.now) {
        return carry_out(app, confirmed);
    }
    if question.unlocks() && reason.trim().is_empty() {
        dialog.said = Some("a reason, please: it goes into the audit".into());
        dialog.field = Some(Field::Reason);
        app.overlay = Some(Overlay::Plan(dialog));
        return Vec::new();
    }
    dialog.wrong += 1;
    if dialog.wrong >= WRONG {
        let effect = drop_it(app, plan, Why::Cancelled);
        app.flash(Tone::Problem, "five wrong answers: nothing was changed");
        return vec![effect];
    }
    dialog.said = Some(format!("that is not it: {}", question.token()));
    app.overlay = Some(Overlay::Plan(dialog));
    Vec::new()
}

/// Pasted text: it may be a reason, never an answer.
pub fn paste(dialog: &mut Dialog, text: &str) {
    match dialog.active() {
        Field::Reason => dialog.reason.paste(text),
        Field::Token => dialog.said = Some("pasting does not confirm: type it".into()),
    }
}
