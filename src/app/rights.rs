//! What the user may do with what is selected: asked before a key is pressed, so that it can say what it lacks.

use super::deeds::{Mode, draft};
use super::{App, Command};
use crate::action::Action;
use crate::action::guard::Lock;
use crate::action::plan::right::{self, Need};
use crate::model::{Demand, Link, ObjectRef, Right};

/// The commands that need rights, and which.
const NEEDS: [(Command, Need); 14] = [
    (Command::Scale, Need::Scale),
    (Command::SetImage, Need::Patch),
    (Command::Restart, Need::Patch),
    (Command::RollBack, Need::RollBack),
    (Command::PauseRollout, Need::Patch),
    (Command::ResumeRollout, Need::Patch),
    (Command::Delete, Need::Delete),
    (Command::Cordon, Need::Patch),
    (Command::Uncordon, Need::Patch),
    (Command::Trigger, Need::MakeJob),
    (Command::SuspendCron, Need::Patch),
    (Command::ResumeCron, Need::Patch),
    (Command::Shell, Need::Exec),
    (Command::Attach, Need::Attach),
];

/// The right that a command lacks for what is selected. `None`: none, as far as is known: what is not known yet does not stand in
/// the way.
pub fn missing(app: &App, command: Command) -> Option<Right> {
    let (_, need) = NEEDS.iter().find(|(with, _)| *with == command)?;
    if !is_own(app) {
        return None;
    }
    first_denied(app, right::rights(*need, &draft::selected(app)))
}

/// The right that an action lacks; see [`missing`].
pub fn denied(app: &App, action: &Action, objects: &[ObjectRef]) -> Option<Right> {
    if !is_own(app) {
        return None;
    }
    first_denied(app, right::needed(action, objects))
}

fn first_denied(app: &App, rights: Vec<Right>) -> Option<Right> {
    let seen = app.seen()?;
    rights.into_iter().find(|right| seen.rights.may(right) == Some(false))
}

/// Whether the connection's rights are those with which things are changed: not while somebody else reads.
fn is_own(app: &App) -> bool {
    let env = app.env();
    let reads_as_another = app.environment(env).is_some_and(|e| e.has_reader()) && *app.deeds.locks.of(env) == Lock::Locked;
    app.deeds.mode == Mode::Changing && !reads_as_another
}

/// What is to be asked, so that the keys of this view can say what they lack; empty once all of it was told.
pub fn demands(app: &App) -> Vec<Demand> {
    let env = app.env();
    let Some(seen) = app.seen().filter(|seen| matches!(seen.link, Link::Ready(_)) && is_own(app)) else {
        return Vec::new();
    };
    if app.table().is_none() {
        return Vec::new();
    }
    let objects = draft::selected(app);
    let rows = super::COMMANDS
        .iter()
        .filter(|row| row.place.covers(app.view()) && (row.available)(app));
    let mut questions: Vec<Right> = Vec::new();
    for row in rows {
        let Some((_, need)) = NEEDS.iter().find(|(command, _)| *command == row.command) else {
            continue;
        };
        for right in right::rights(*need, &objects) {
            let question = seen.rights.question(&right, app.now);
            questions.extend(question.filter(|question| !questions.contains(question)));
        }
    }
    let demand = |right: Right| Demand::Right(env, Box::new(right));
    questions.into_iter().map(demand).collect()
}
