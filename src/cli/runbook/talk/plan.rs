//! A plan that is asked about, in lines. What is typed goes into the dialog's fields, key by key.

use crossterm::event::{KeyCode, KeyEvent};

use crate::action::guard::{Ruling, Tried};
use crate::app::deeds::dialog::{Dialog, Field, Stage};
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Msg, update};
use crate::cli::runbook::check::escape;
use crate::config::Level;
use crate::ui::overlays::plan;
use crate::ui::widgets::Input;

/// As wide as the smallest screen.
const CELLS: usize = 76;

/// How far the dialog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The server is asked, or nobody could have read it yet.
    Looked,
    Asks,
    /// It only says why it is not done.
    Over,
}

pub fn state(dialog: &Dialog) -> State {
    match (&dialog.stage, &dialog.ruling) {
        (Stage::Failed(..), _) | (_, Some(Ruling::Refused(_))) => State::Over,
        (Stage::Planned(_), Some(Ruling::Ask(_))) if dialog.is_armed && dialog.tried != Tried::Pending => State::Asks,
        _ => State::Looked,
    }
}

/// The plan.
pub fn lines(app: &App, dialog: &Dialog) -> Vec<String> {
    plan::told(app, dialog, CELLS)
}

/// What is to be typed.
pub fn question(app: &App) -> String {
    let Some((Some(question), active)) = dialog(app).map(|dialog| (dialog.question(), dialog.active())) else {
        return ">".to_owned();
    };
    match (active, question.level()) {
        (Field::Reason, _) => format!("Unlocks for {} min. Why? Nothing leaves it:", app.config.guard.unlock / 60),
        (Field::Token, Level::Key) => "y does it, anything else leaves it:".to_owned(),
        (Field::Token, Level::Token | Level::Full) => format!("Type {} to do it, nothing leaves it:", question.token()),
    }
}

/// A sentence about what was typed is told once; what was typed wrongly is typed anew.
pub fn heard(app: &mut App) {
    if let Some(Overlay::Plan(dialog)) = &mut app.overlay {
        dialog.said = None;
        dialog.token = Input::new("");
    }
}

/// A line.
pub fn typed(app: &mut App, line: &str) -> Vec<Effect> {
    let is_key = dialog(app)
        .and_then(Dialog::question)
        .is_some_and(|question| question.level() == Level::Key);
    let active = dialog(app).map(Dialog::active);
    let line = line.trim();
    match active {
        Some(Field::Token) if is_key && line != "y" => update(app, escape()),
        Some(_) if line.is_empty() => update(app, escape()),
        Some(field) => {
            let mut effects = Vec::new();
            if field == Field::Reason
                && let Some(Overlay::Plan(dialog)) = &mut app.overlay
            {
                // A reason that was proposed is not added to.
                dialog.reason = Input::new("");
            }
            for c in line.chars() {
                effects.extend(press(app, KeyCode::Char(c)));
            }
            if !is_key || field == Field::Reason {
                effects.extend(press(app, KeyCode::Enter));
            }
            effects
        }
        None => Vec::new(),
    }
}

fn dialog(app: &App) -> Option<&Dialog> {
    match &app.overlay {
        Some(Overlay::Plan(dialog)) => Some(dialog),
        _ => None,
    }
}

fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    update(app, Msg::Key(KeyEvent::from(code)))
}
