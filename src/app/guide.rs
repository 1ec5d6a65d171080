//! For newcomers: which key is useful next. One sentence at a time, about what is in front of them, until the key
//! was used once. Only rows of [`COMMANDS`](super::COMMANDS) are named, so that no lesson speaks of a key that is not there.

use std::collections::BTreeSet;

use super::command::{Command, Row, row_of};
use super::view::View;
use super::{App, COMMANDS};
use crate::model::{Body, Health, Known};

/// Whether it is wanted, and what was learnt.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    on: bool,
    used: BTreeSet<Command>,
}

impl Guide {
    pub fn new(on: bool) -> Self {
        Self { on, used: BTreeSet::new() }
    }

    /// A command was used: nobody needs to be told of it any more.
    pub(super) fn did(&mut self, command: Command) {
        self.used.insert(command);
    }

    /// On, or off; on again it begins anew.
    pub(super) fn turn(&mut self) {
        *self = Self::new(!self.on);
    }
}

/// One thing to learn.
struct Lesson {
    command: Command,
    /// What the key does, after its name: "shows only …".
    says: &'static str,
    /// Whether it helps with what is in front.
    helps: fn(&App) -> bool,
}

/// In the order of an incident: to what helps first; then find it, look closer, read its log, go up to what owns it, look around.
const LESSONS: &[Lesson] = &[
    lesson(Command::Runbook, "opens the runbook that helps, at the right step", |app| {
        app.table().is_some_and(|table| table.selected_finding().is_some())
    }),
    lesson(Command::Faults, "shows only what is not as it should be", |app| {
        app.troubles(app.env()).next().is_some()
    }),
    lesson(
        Command::Describe,
        "says in words what is wrong with it, with its events",
        selected_is_ill,
    ),
    lesson(Command::Explain, "says why, and what changed before it began", selected_is_ill),
    lesson(
        Command::PreviousLogs,
        "reads its last words: the log of the run that ended",
        selected_restarted,
    ),
    lesson(Command::ObjectEvents, "shows what happened to it, in order", selected_is_ill),
    lesson(Command::Owner, "goes up to what made it: replica set, then deployment", |app| {
        app.object()
            .is_some_and(|(kind, _)| kind.is(Known::Pod) || kind.is(Known::ReplicaSet))
    }),
    lesson(Command::Logs, "reads its log as it is written", always),
    lesson(Command::NextPane, "goes to the other pane", |app| app.workspace.panes().len() > 1),
    lesson(Command::Search, "searches; n and N go from match to match", always),
    lesson(Command::Open, "walks down: to pods, to containers, to logs", |app| {
        app.table().is_some()
    }),
    lesson(Command::Filter, "narrows the rows: a word, !word, status:x, restarts>3", always),
    lesson(Command::Palette, "goes anywhere by name: deploy, events, nodes, ns …", always),
    lesson(Command::Environments, "shows all environments at once", |app| {
        app.connected.len() > 1
    }),
    lesson(Command::Help, "lists every key of this view", always),
];

const fn lesson(command: Command, says: &'static str, helps: fn(&App) -> bool) -> Lesson {
    Lesson { command, says, helps }
}

fn always(_: &App) -> bool {
    true
}

fn selected_is_ill(app: &App) -> bool {
    app.object()
        .is_some_and(|(_, object)| crate::model::health(object, app.now) >= Health::Warning)
}

fn selected_restarted(app: &App) -> bool {
    app.object()
        .is_some_and(|(_, object)| matches!(&object.body, Body::Pod(pod) if pod.restarts() > 0))
}

/// The key and the sentence to show now, if any. Nothing while something lies on top.
pub fn next(app: &App) -> Option<(String, &'static str)> {
    if !app.guide.on || app.overlay.is_some() {
        return None;
    }
    if matches!(app.view(), View::Book(_)) {
        return Some((
            "enter".to_owned(),
            "does what is next: runs the step, takes the answer under the cursor, goes on",
        ));
    }
    let row = |command: Command| -> Option<&'static Row> {
        COMMANDS
            .iter()
            .find(|row| row.command == command && row.place.covers(app.view()) && (row.available)(app))
    };
    let new = LESSONS.iter().filter(|lesson| !app.guide.used.contains(&lesson.command));
    let fits = new
        .filter(|lesson| (lesson.helps)(app))
        .find_map(|lesson| Some((row(lesson.command)?, lesson.says)));
    // Nothing new can be learnt here: the way back leads to where it can.
    let fits = fits.or_else(|| {
        let away = !matches!(app.view(), View::Table(_)) && app.guide.used.len() < LESSONS.len();
        Some((row_of(Command::Back).filter(|_| away)?, "goes back"))
    });
    let (row, says) = fits?;
    Some((app.keymap.labels(row).into_iter().next()?, says))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_is_about_a_key_that_is_there() {
        for lesson in LESSONS {
            assert!(
                COMMANDS.iter().any(|row| row.command == lesson.command && !row.keys.is_empty()),
                "{:?} has no key",
                lesson.command
            );
        }
    }

    #[test]
    fn it_says_nothing_unless_it_is_wanted_and_begins_anew_when_turned_on() {
        let mut guide = Guide::new(false);
        assert!(!guide.on);
        guide.did(Command::Help);
        guide.turn();
        assert!(guide.on && guide.used.is_empty());
        guide.turn();
        assert!(!guide.on);
    }
}
