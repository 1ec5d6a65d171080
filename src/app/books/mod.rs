//! Runbooks on the screen: the page that helps is opened, and walked.
//!
//! ```text
//!   `b` ─► situation ─► suggestions ─► begin ─► arrive ─┬─► ask (reads once)  ─► heard ─┐
//!                                         ▲             ├─► a deed (plan, guard, hands) ┤─► ended ─► follow
//!                                         └─────────────┴── a person's answer ◄─────────┘
//! ```
//!
//! Every step of it is an [`Event`], which is written to the disk in the same turn in which it changes the state: what is on the
//! screen is what a resumed walk shows. Nothing here runs anything.

mod keys;
mod open;
mod pick;
mod plain;
mod run;
mod situation;
mod standing;
mod told;
mod transcript;
mod walking;

pub use keys::{act, go_to, note, put, skip};
pub use open::is_opened;
pub use pick::{demands, picks, set_offers};
pub use plain::{check, enter, walk};
pub use run::{Need, class_of, go, hint, line_of, need, needs};
pub use situation::{facts, offers};
pub use told::{clock, deed, heard, number, settle, unwritten, wrote};
pub use transcript::transcript;
pub use walking::{Asked, Shown, Walking};

use std::sync::{Arc, LazyLock};

use super::view::View;
use super::{App, Effect, Tone};
use crate::model::EnvId;
use crate::redact::Mask;
use crate::runbook::library::{Library, Shelved};
use crate::runbook::suggest::best;
use crate::runbook::value::{Bindings, Facts, Origin, Process};
use crate::runbook::walk::{Event, Outcome, Walk};
use crate::ui::panes::book::BookPane;
use walking::Pen;

/// The pages that the program brings: read once.
static BUILT_IN: LazyLock<Arc<Library>> = LazyLock::new(|| Arc::new(Library::built_in()));

/// All of it.
#[derive(Debug)]
pub struct Books {
    pub library: Arc<Library>,
    /// The page that is walked.
    pub walking: Option<Box<Walking>>,
    /// What pages take from the environment of this process.
    pub process: Process,
    /// `user@host`: who walks.
    by: String,
    mask: Mask,
    next: u64,
}

impl Books {
    pub fn new(user: &str, secrets: &[String]) -> Self {
        Self {
            library: BUILT_IN.clone(),
            walking: None,
            process: Process::default(),
            by: if user.is_empty() { "?".to_owned() } else { user.to_owned() },
            mask: Mask::new(secrets),
            next: 1,
        }
    }

    /// A number that no other walk or question of this program has.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

/// A walk of an earlier time, found on the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumed {
    /// The number that the app gives its file.
    pub run: u64,
    pub walk: Walk,
    /// How many others are not over.
    pub others: usize,
}

/// `b`: the page that helps with what is selected; where several lie close, a choice.
pub fn open(app: &mut App) -> Vec<Effect> {
    if let Some(env) = standing::elsewhere(app) {
        let name = app.environment(env).map(|e| e.shown().to_owned()).unwrap_or_default();
        app.flash(Tone::Info, format!("this is of {name}: enter goes there, and b opens its runbook"));
        return Vec::new();
    }
    let library = app.books.library.clone();
    let suggestions = situation::suggestions(app, &library);
    match best(&suggestions) {
        [] => {
            if app.books.walking.as_ref().is_some_and(|walking| !walking.walk.phase.is_over()) {
                show(app);
                return Vec::new();
            }
            app.flash(Tone::Info, "no runbook is about what is selected: these are all");
            super::update::ask_line(app, "runbook ");
            Vec::new()
        }
        [one] => {
            let (page, reason, facts, at) = (one.page.clone(), one.reason.clone(), one.facts.clone(), one.at);
            let facts = situation::facts(app, facts);
            begin(app, page, reason, facts, at)
        }
        _ => {
            super::update::ask_line(app, "runbook ");
            Vec::new()
        }
    }
}

/// The page of this name, for what is selected.
pub fn open_named(app: &mut App, name: &str) -> Vec<Effect> {
    let library = app.books.library.clone();
    let Some(page) = library.get(name) else {
        app.flash(Tone::Problem, format!("there is no runbook {name}"));
        return Vec::new();
    };
    let suggestions = situation::suggestions(app, &library);
    let suggested = suggestions.iter().find(|one| one.page.book.name == page.book.name);
    let (reason, facts, at) = match suggested {
        Some(one) => (one.reason.clone(), one.facts.clone(), one.at),
        None => ("it was asked for".to_owned(), Facts::default(), None),
    };
    let facts = situation::facts(app, facts);
    begin(app, page.clone(), reason, facts, at)
}

/// Begins a walk, or goes back to the one that is under way with the same page and the same values.
fn begin(app: &mut App, page: Shelved, reason: String, facts: Facts, at: Option<usize>) -> Vec<Effect> {
    let env = app.env();
    let bindings = Bindings::begin(&page.book, &facts, &|name| app.books.process.get(name));
    if let Some(walking) = &app.books.walking
        && !walking.walk.phase.is_over()
        && walking.env == env
        && walking.page.book.name == page.book.name
        && bindings
            .iter()
            .all(|(name, value)| walking.walk.bindings.get(name) == Some(&value.text))
    {
        show(app);
        return Vec::new();
    }
    let mut effects = leave(app);
    effects.extend(start(app, env, page, (reason, bindings), at));
    effects
}

/// A new walk with these values, at this step or the first.
fn start(app: &mut App, env: EnvId, page: Shelved, (reason, bindings): (String, Bindings), at: Option<usize>) -> Vec<Effect> {
    let run = app.books.number();
    let environment = app.environment(env).map(|e| e.name.clone()).unwrap_or_default();
    let mut pen = Pen::new(app);
    let mut walking = Walking::new(run, env, page);
    let book = walking.page.book.clone();
    walking.write(
        Event::Matched {
            book: book.name.to_string(),
            file: file(app, &walking.page),
            hash: walking.page.hash.clone(),
            environment,
            reason,
        },
        &mut pen,
    );
    walking.write(Event::Bound { values: bindings }, &mut pen);
    if let Some(first) = at.and_then(|at| book.steps.get(at)).or(book.steps.first()) {
        let step = first.id.clone();
        walking.write(Event::Entered { step, alone: false }, &mut pen);
    }
    app.books.walking = Some(Box::new(walking));
    show(app);
    let mut effects = pen.effects;
    effects.extend(run::arrive(app));
    effects
}

/// The file of a page that nobody would find by its name.
fn file(app: &App, page: &Shelved) -> Option<String> {
    let crate::runbook::library::Place::File(path) = &page.origin else {
        return None;
    };
    let known = app
        .books
        .library
        .get(&page.book.name)
        .is_some_and(|other| other.origin == page.origin);
    (!known).then(|| path.display().to_string())
}

/// What runs of the walk that is left is no longer waited for; its file stays, so that it can be resumed.
fn leave(app: &mut App) -> Vec<Effect> {
    let Some(mut walking) = app.books.walking.take() else {
        return Vec::new();
    };
    let mut pen = Pen::new(app);
    walking.stop(&mut pen);
    if !walking.walk.phase.is_over() {
        app.flash(
            Tone::Info,
            format!("the walk of {} is left open: :resume-walk goes on with it", walking.page.book.title),
        );
    }
    pen.effects
}

/// Goes on with a walk of an earlier time.
pub fn resume(app: &mut App, resumed: Resumed) -> Vec<Effect> {
    let Resumed { run, walk, others } = resumed;
    let library = app.books.library.clone();
    let Some(page) = library.get(&walk.book) else {
        let text = match &walk.file {
            Some(file) => format!("the walk is of the file {file}, which is no page of the library: it cannot be gone on with here"),
            None => format!("the runbook {} of the walk is not here any more", walk.book),
        };
        app.flash(Tone::Problem, text);
        return Vec::new();
    };
    let number = app.config.environments.iter().position(|e| e.name == walk.environment);
    let Some(env) = number.and_then(|number| u16::try_from(number).ok()).map(EnvId) else {
        app.flash(
            Tone::Problem,
            format!("the walk is of {}, which is not configured here", walk.environment),
        );
        return Vec::new();
    };
    let changed = page.hash != walk.hash;
    let mut effects = leave(app);
    let mut pen = Pen::new(app);
    let mut walking = Walking::new(run, env, page.clone());
    walking.walk = walk;
    walking.write(Event::Resumed, &mut pen);
    // Whatever ran when it was cut off: nobody heard how it ended.
    if let Some(step) = walking.walk.running().map(str::to_owned) {
        let said = "it was cut off while this ran: how it ended is not known".to_owned();
        let outcome = Outcome::Stopped;
        walking.write(
            Event::Ended {
                step,
                outcome,
                ms: 0,
                said,
            },
            &mut pen,
        );
    }
    app.books.walking = Some(Box::new(walking));
    if super::has_cluster(&app.config, env) {
        app.connected.insert(env);
    }
    show(app);
    let more = match others {
        0 => String::new(),
        1 => "; 1 other is open".to_owned(),
        n => format!("; {n} others are open"),
    };
    match changed {
        true => app.flash(
            Tone::Problem,
            format!("the page was changed since the walk began: read it again{more}"),
        ),
        false => app.flash(Tone::Info, format!("on with the walk where it was left{more}")),
    }
    effects.extend(pen.effects);
    effects
}

/// Brings the walk in front.
pub fn show(app: &mut App) {
    let Some(walking) = &app.books.walking else {
        app.flash(Tone::Info, "no runbook is open: b on what is wrong opens one");
        return;
    };
    let env = walking.env;
    if matches!(app.workspace.front().view(), View::Book(pane) if pane.env == env) {
        app.workspace.leave_strip();
        return;
    }
    app.workspace.push(View::Book(Box::new(BookPane::new(env))));
}

/// Whether something of the walk runs now.
pub fn is_running(app: &App) -> bool {
    app.books.walking.as_ref().is_some_and(|walking| walking.asked.is_some())
}

/// Ends what runs, if something does.
pub fn stop(app: &mut App) -> Vec<Effect> {
    let Some(mut walking) = app.books.walking.take() else {
        return Vec::new();
    };
    let mut pen = Pen::new(app);
    walking.stop(&mut pen);
    app.books.walking = Some(walking);
    pen.effects
}

/// The values that a page hands over to another.
fn carried(walk: &Walk) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in walk.bindings.iter() {
        if value.origin != Origin::Default {
            facts.name(name, value.text.clone(), value.origin.clone());
        }
    }
    facts
}

/// Whether a walk is under way.
pub fn is_open(app: &App) -> bool {
    app.books.walking.as_ref().is_some_and(|walking| !walking.walk.phase.is_over())
}

/// The line of the step in front, to be copied; of one without, what it showed.
pub fn current_line(app: &App) -> String {
    let Some(walking) = &app.books.walking else { return String::new() };
    walking.step().map(|step| line_of(app, step)).unwrap_or_default()
}

/// What `:step ` offers.
pub fn step_offers(app: &App) -> Vec<(String, super::palette::Offer)> {
    let steps = app.books.walking.iter().flat_map(|walking| &walking.page.book.steps);
    let offer = |step: &crate::runbook::page::Step| {
        let line = format!("step {}", step.id);
        let about = step.title.clone();
        (step.id.clone(), super::palette::Offer { line, about })
    };
    steps.map(offer).collect()
}
