//! What a person does in a walk.

use super::pick::named;
use super::run::{Need, go, needs};
use super::situation::about;
use super::told::{below, take};
use super::walking::Pen;
use super::{Walking, stop};
use crate::app::view::View;
use crate::app::{App, Command, Effect, Tone};
use crate::runbook::value::{Facts, Origin, Slot, Value, checked};
use crate::runbook::walk::{Event, StepState};

/// A key of the walker.
pub fn act(app: &mut App, command: Command) -> Vec<Effect> {
    if let (Command::Open, View::Book(pane)) = (command, app.view())
        && let Some(at) = pane.outline
    {
        let id = app
            .books
            .walking
            .as_ref()
            .and_then(|walking| walking.page.book.steps.get(at))
            .map(|step| step.id.clone());
        if let View::Book(pane) = app.workspace.pane_mut().view_mut() {
            pane.outline = None;
        }
        return id.map(|id| go_to(app, &id)).unwrap_or_default();
    }
    match command {
        Command::Open => enter(app),
        Command::StepAnswer(nth) => answer(app, usize::from(nth.saturating_sub(1))),
        Command::StepBack => written(app, Event::Back),
        Command::StepSkip => line(app, "skip "),
        Command::StepNote => line(app, "note "),
        Command::StepTick => tick(app),
        Command::StepAgain => again(app),
        Command::StepKeep => keep(app),
        Command::Outline => {
            let at = app.books.walking.as_ref().and_then(|walking| walking.at()).unwrap_or(0);
            if let View::Book(pane) = app.workspace.pane_mut().view_mut() {
                pane.outline = match pane.outline {
                    Some(_) => None,
                    None => Some(at),
                };
            }
            Vec::new()
        }
        Command::Contacts => {
            if let View::Book(pane) = app.workspace.pane_mut().view_mut() {
                pane.contacts = !pane.contacts;
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn line(app: &mut App, text: &str) -> Vec<Effect> {
    crate::app::update::ask_line(app, text);
    Vec::new()
}

fn walking(app: &App) -> Option<&Walking> {
    app.books.walking.as_deref()
}

/// `enter`: read the warning, fill in what is missing, run, choose, go on: whatever is next.
fn enter(app: &mut App) -> Vec<Effect> {
    let Some(walking) = walking(app) else { return Vec::new() };
    if walking.walk.phase.is_over() {
        app.flash(Tone::Info, "the walk is over; esc leaves it");
        return Vec::new();
    }
    if walking.asked.is_some() {
        app.flash(Tone::Info, "it runs; ctrl-c stops it");
        return Vec::new();
    }
    let Some(step) = walking.step().cloned() else { return Vec::new() };
    let progress = walking.walk.progress(&step.id);
    let needs = needs(app, &step);
    if progress.state == StepState::Ready
        && let Some(needs) = needs
    {
        match needs.into_iter().next() {
            None => return go(app),
            Some(Need::Caution) => return written(app, Event::Acknowledged { step: step.id }),
            Some(Need::Values(names)) => {
                let name = names.into_iter().next().unwrap_or_default();
                return line(app, &format!("set {name} "));
            }
            Some(need @ (Need::Trust(_) | Need::Elsewhere(_))) => {
                app.flash(Tone::Problem, need.said());
                return Vec::new();
            }
            // A person has done it, and answers.
            Some(Need::Person(_)) => {}
        }
    }
    if !step.branches.is_empty() {
        let cursor = walking.cursor;
        return answer(app, cursor);
    }
    let open = (0..step.tasks.len())
        .filter(|nth| !ticked(&progress.ticked, &step.tasks, *nth))
        .count();
    if open > 0 {
        app.flash(
            Tone::Info,
            format!("{open} checks are open: space ticks the next, > skips them with a reason"),
        );
        return Vec::new();
    }
    if matches!(progress.state, StepState::Failed | StepState::NoData | StepState::TimedOut) {
        let state = progress.state.word();
        app.flash(Tone::Info, format!("{state}: r runs it again, > goes on with a reason"));
        return Vec::new();
    }
    let mut pen = Pen::new(app);
    below(app, &mut pen, false)
}

fn ticked(ticked: &std::collections::BTreeMap<usize, bool>, tasks: &[(String, bool)], nth: usize) -> bool {
    ticked
        .get(&nth)
        .copied()
        .unwrap_or_else(|| tasks.get(nth).is_some_and(|(_, done)| *done))
}

/// An answer, by its place.
fn answer(app: &mut App, nth: usize) -> Vec<Effect> {
    let Some(walking) = walking(app) else { return Vec::new() };
    let Some(step) = walking.step() else { return Vec::new() };
    if nth >= step.branches.len() {
        app.flash(Tone::Info, format!("there is no answer {}", nth + 1));
        return Vec::new();
    }
    if !walking.is_judged() {
        let state = walking.walk.progress(&step.id).state;
        let by_hand = needs(app, step).is_some_and(|needs| matches!(needs.first(), Some(Need::Person(_))));
        if state == StepState::Running || !by_hand {
            app.flash(Tone::Info, "run it first with enter, or skip it with >");
            return Vec::new();
        }
    }
    take(app, nth, false)
}

fn tick(app: &mut App) -> Vec<Effect> {
    let Some(walking) = walking(app) else { return Vec::new() };
    let Some(step) = walking.step() else { return Vec::new() };
    let progress = walking.walk.progress(&step.id);
    let next = (0..step.tasks.len()).find(|nth| !ticked(&progress.ticked, &step.tasks, *nth));
    let step = step.id.clone();
    match next {
        Some(task) => written(app, Event::Ticked { step, task, done: true }),
        None => {
            app.flash(Tone::Info, "nothing is left to be ticked");
            Vec::new()
        }
    }
}

/// Runs the step once more.
fn again(app: &mut App) -> Vec<Effect> {
    let Some(walking) = walking(app) else { return Vec::new() };
    if walking.asked.is_some() {
        app.flash(Tone::Info, "it runs; ctrl-c stops it");
        return Vec::new();
    }
    let Some(step) = walking.step().cloned() else { return Vec::new() };
    match needs(app, &step).map(|needs| needs.into_iter().next()) {
        Some(None) => go(app),
        Some(Some(Need::Caution)) => enter(app),
        Some(Some(Need::Values(_))) => enter(app),
        Some(Some(need)) => {
            app.flash(Tone::Info, need.said());
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Keeps what is looked at with the step in front: its output, or what another view shows.
fn keep(app: &mut App) -> Vec<Effect> {
    let Some(walking) = walking(app) else {
        app.flash(Tone::Info, "no runbook is open: ctrl-s saves what is looked at");
        return Vec::new();
    };
    let (book, started) = (walking.page.book.name.clone(), walking.walk.started);
    let Some(step) = walking.step().map(|step| step.id.clone()) else {
        return Vec::new();
    };
    let (title, text) = match app.view() {
        View::Book(_) => (step.clone(), walking.output().map(|shown| shown.text.clone()).unwrap_or_default()),
        _ => crate::app::update::shown(app),
    };
    if text.trim().is_empty() {
        app.flash(Tone::Info, "nothing was shown that could be kept");
        return Vec::new();
    }
    let title = crate::runbook::slug(&title);
    let name = format!("walk-{}-{book}-{}-{title}.md", started.0, app.now.0);
    let text = format!("# {title}\n\n```\n{}\n```\n", app.books.mask.text(&text));
    let mut pen = Pen::new(app);
    if let Some(walking) = app.books.walking.as_mut()
        && walking.write(Event::Kept { step, name: name.clone() }, &mut pen)
    {
        pen.effects.push(Effect::Record { name, text });
        app.flash(Tone::Info, "kept as evidence of the walk (:evidence)");
    }
    pen.effects
}

/// `:skip REASON`.
pub fn skip(app: &mut App, reason: &str) -> Vec<Effect> {
    let mut effects = stop(app);
    let mut pen = Pen::new(app);
    if reason.trim().is_empty() {
        app.flash(Tone::Problem, "why is it skipped? :skip REASON");
        return effects;
    }
    let Some(step) = walking(app).and_then(|walking| walking.walk.at.clone()) else {
        return effects;
    };
    let reason = app.books.mask.text(reason.trim()).into_owned();
    if let Some(walking) = app.books.walking.as_mut() {
        walking.write(Event::Skipped { step, reason }, &mut pen);
    }
    effects.extend(below(app, &mut pen, false));
    effects
}

/// `:note TEXT`.
pub fn note(app: &mut App, text: &str) -> Vec<Effect> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let text = app.books.mask.text(text.trim()).into_owned();
    written(app, Event::Noted { text })
}

/// `:set NAME VALUE`. What belongs to the object that is named goes along, where nothing better than the page's default was known:
/// who picks another pod does not mean the deployment of the first.
pub fn put(app: &mut App, name: &str, text: &str) -> Vec<Effect> {
    let Some(walking) = walking(app) else {
        app.flash(Tone::Info, "no runbook is open");
        return Vec::new();
    };
    let slots = walking.page.book.slots();
    let slot = slots.iter().find(|slot| slot.name == name);
    let good = match slot {
        Some(slot) => checked(slot, text),
        None => Err(format!("the page has no variable {name}")),
    };
    if let Err(why) = good {
        app.flash(Tone::Problem, why);
        return Vec::new();
    }
    let mut facts = Facts::default();
    if let Some(object) = slot.and_then(|slot| named(app, slot, text)) {
        about(app, &object, &mut facts);
    }
    let typed = Value {
        text: text.to_owned(),
        origin: Origin::Typed,
    };
    let mut values = vec![(name.to_owned(), typed)];
    let is_weak = |slot: &&Slot| {
        let known = walking.walk.bindings.value(&slot.name);
        slot.name != name && !slot.is_secret() && known.is_none_or(|value| value.origin == Origin::Default)
    };
    for slot in slots.iter().filter(is_weak) {
        let value = facts.of(slot).filter(|value| checked(slot, &value.text).is_ok());
        values.extend(value.map(|value| (slot.name.clone(), value)));
    }
    let mut pen = Pen::new(app);
    if let Some(walking) = app.books.walking.as_mut() {
        for (name, value) in values {
            walking.write(Event::Set { name, value }, &mut pen);
        }
    }
    let mut effects = pen.effects;
    effects.extend(super::run::arrive(app));
    effects
}

/// `:step NAME`: to a step of the page, by its id or name.
pub fn go_to(app: &mut App, name: &str) -> Vec<Effect> {
    let Some(walking) = walking(app) else { return Vec::new() };
    let Some(step) = walking.page.book.find(name).and_then(|at| walking.page.book.steps.get(at)) else {
        app.flash(Tone::Problem, format!("the page has no step {name}"));
        return Vec::new();
    };
    let step = step.id.clone();
    let mut effects = written(app, Event::Entered { step, alone: false });
    effects.extend(super::run::arrive(app));
    effects
}

/// An event that a key makes; says why where it does not fit.
fn written(app: &mut App, event: Event) -> Vec<Effect> {
    let mut pen = Pen::new(app);
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let is_back = event == Event::Back;
    if !walking.write(event, &mut pen) {
        let why = match (&walking.broken, walking.asked.is_some(), is_back) {
            (Some(problem), ..) => problem.to_string(),
            (None, true, _) => "a step runs: ctrl-c stops it".to_owned(),
            (None, false, true) => "there is no step before".to_owned(),
            (None, false, false) => "that does not fit here".to_owned(),
        };
        app.flash(Tone::Info, why);
    }
    pen.effects
}
