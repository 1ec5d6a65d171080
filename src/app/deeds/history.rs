//! The rollout history, to choose from: keys move through the revisions, `enter` plans the roll-back to the one under the cursor.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{begin, draft};
use crate::action::plan::Origin;
use crate::action::plan::history::History;
use crate::action::{Action, DryRun, Given, Rollout};
use crate::app::keymap::Key;
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone};
use crate::model::{EnvId, ObjectRef, Problem};

/// The history that is looked at.
#[derive(Debug)]
pub struct Revisions {
    pub env: EnvId,
    pub object: ObjectRef,
    /// None: the server is asked.
    pub history: Option<Result<Box<History>, Problem>>,
    /// The revision under the cursor, counted from the newest.
    pub cursor: usize,
    /// A revision that was named.
    wanted: Option<u64>,
    /// Whether the difference has the whole box.
    pub whole: bool,
    /// Lines of the difference that are above it.
    pub scroll: u16,
    /// A sentence about what was pressed.
    pub said: Option<String>,
}

/// Opens the history of a workload; the cursor goes to a revision, where one is named.
pub fn open(app: &mut App, object: ObjectRef, wanted: Option<u64>) -> Vec<Effect> {
    let env = app.env();
    app.overlay = Some(Overlay::Revisions(Box::new(Revisions {
        env,
        object: object.clone(),
        history: None,
        cursor: 0,
        wanted,
        whole: false,
        scroll: 0,
        said: None,
    })));
    vec![Effect::ReadHistory { env, object }]
}

/// The server has told them.
pub fn told(app: &mut App, object: &ObjectRef, history: Result<Box<History>, Problem>) {
    let Some(Overlay::Revisions(shown)) = &mut app.overlay else {
        return;
    };
    if shown.object != *object {
        return;
    }
    if let Ok(history) = &history {
        // Read anew, the cursor stays on its revision.
        let held = shown.selected().map(|revision| revision.number);
        let at = held.or(shown.wanted).and_then(|number| history.find(number));
        shown.cursor = at.unwrap_or_else(|| history.start());
    }
    shown.history = Some(history);
}

impl Revisions {
    /// What is known of them.
    pub fn known(&self) -> Option<&History> {
        match &self.history {
            Some(Ok(history)) => Some(history),
            Some(Err(_)) | None => None,
        }
    }

    /// The revision under the cursor.
    pub fn selected(&self) -> Option<&crate::action::plan::rollback::Revision> {
        self.known()?.revisions.get(self.cursor)
    }

    /// The line that goes back to the one under the cursor.
    pub fn action(&self) -> Option<Action> {
        let to_revision = Some(Given::Value(self.selected()?.number));
        let undo = Rollout::Undo {
            to_revision,
            dry_run: DryRun::None,
        };
        draft::on(std::slice::from_ref(&self.object), draft::rollout(undo)).ok()
    }
}

/// A key while it is open.
pub fn key(app: &mut App, mut shown: Box<Revisions>, key: Key) -> Vec<Effect> {
    let ctrl = |c: char| key.code == KeyCode::Char(c) && key.modifiers == KeyModifiers::CONTROL;
    if matches!(key.code, KeyCode::Esc | KeyCode::Char('q')) || ctrl('c') {
        return Vec::new();
    }
    shown.said = None;
    let last = shown.known().map_or(0, |history| history.revisions.len().saturating_sub(1));
    let mut effects = Vec::new();
    match key.code {
        KeyCode::Enter => match (shown.selected(), shown.action()) {
            (Some(revision), _) if revision.is_current => {
                shown.said = Some(format!("revision {} is what runs: choose another", revision.number));
            }
            (Some(_), Some(action)) => return begin(app, action, vec![shown.object.clone()], Origin::Asked),
            _ => {}
        },
        KeyCode::Tab | KeyCode::Char('d') => {
            shown.whole = !shown.whole;
            shown.scroll = 0;
        }
        KeyCode::Char('c') => {
            if let Some(action) = shown.action() {
                effects.push(Effect::Copy(action.to_string()));
            }
        }
        KeyCode::Char('r') => {
            let (env, object) = (shown.env, shown.object.clone());
            app.flash(Tone::Info, "reading the revisions again");
            effects.push(Effect::ReadHistory { env, object });
        }
        KeyCode::PageDown => shown.scroll = shown.scroll.saturating_add(5),
        KeyCode::PageUp => shown.scroll = shown.scroll.saturating_sub(5),
        KeyCode::Down | KeyCode::Char('j') if shown.whole => shown.scroll = shown.scroll.saturating_add(1),
        KeyCode::Up | KeyCode::Char('k') if shown.whole => shown.scroll = shown.scroll.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => go(&mut shown, last, 1),
        KeyCode::Up | KeyCode::Char('k') => go(&mut shown, last, -1),
        KeyCode::Home | KeyCode::Char('g') => go(&mut shown, last, isize::MIN),
        KeyCode::End | KeyCode::Char('G') => go(&mut shown, last, isize::MAX),
        _ => {}
    }
    app.overlay = Some(Overlay::Revisions(shown));
    effects
}

fn go(shown: &mut Revisions, last: usize, by: isize) {
    shown.cursor = shown.cursor.saturating_add_signed(by).min(last);
    shown.scroll = 0;
}
