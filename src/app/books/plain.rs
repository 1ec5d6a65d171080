//! Walks for who has no screen: a page with values from the command line, and the step that is asked for.

use super::situation::{around, suggestions};
use super::walking::Pen;
use super::{Walking, facts, leave, start};
use crate::action::variables::Variable;
use crate::app::{App, Effect};
use crate::runbook::library::Shelved;
use crate::runbook::value::{Bindings, Facts, Origin, Role, checked};
use crate::runbook::walk::{Event, Outcome, StepState};

/// Begins a walk of a page. What is typed on the command line holds before all that is known; `process` gives the variables of
/// this process.
///
/// # Errors
/// A value is none, as a sentence.
pub fn walk(
    app: &mut App,
    page: Shelved,
    typed: &[(String, String)],
    process: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Effect>, String> {
    let (bindings, reason) = bound(app, &page, typed, process)?;
    let env = app.env();
    let mut effects = leave(app);
    effects.extend(start(app, env, page, (reason, bindings), None));
    Ok(effects)
}

/// The same to look once at what reads: nothing is followed, and nothing is written down.
///
/// # Errors
/// A value is none, as a sentence.
pub fn check(app: &mut App, page: Shelved, typed: &[(String, String)], process: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
    let (values, reason) = bound(app, &page, typed, process)?;
    let env = app.env();
    let environment = app.environment(env).map(|e| e.name.clone()).unwrap_or_default();
    let mut pen = Pen::new(app);
    let mut walking = Walking::new(app.books.number(), env, page);
    walking.is_check = true;
    let matched = Event::Matched {
        book: walking.page.book.name.to_string(),
        file: None,
        hash: walking.page.hash.clone(),
        environment,
        reason,
    };
    walking.write(matched, &mut pen);
    walking.write(Event::Bound { values }, &mut pen);
    app.books.walking = Some(Box::new(walking));
    super::show(app);
    Ok(())
}

/// Puts this step of a page that is checked in front.
pub fn enter(app: &mut App, at: usize) {
    let mut pen = Pen::new(app);
    let Some(walking) = app.books.walking.as_mut() else { return };
    let Some(step) = walking.page.book.steps.get(at).map(|step| step.id.clone()) else {
        return;
    };
    // Something that ran and cannot be heard of any more ends here.
    if let Some(running) = walking.walk.running().map(str::to_owned) {
        let said = "it did not end".to_owned();
        let outcome = Outcome::Stopped;
        let ended = Event::Ended {
            step: running,
            outcome,
            ms: 0,
            said,
        };
        walking.write(ended, &mut pen);
    }
    walking.write(
        Event::Entered {
            step: step.clone(),
            alone: false,
        },
        &mut pen,
    );
    // Nothing is changed: a warning of the page has nobody to be read by.
    if walking.walk.progress(&step).state == StepState::Ready {
        walking.write(Event::Acknowledged { step }, &mut pen);
    }
    debug_assert!(pen.effects.is_empty(), "a check writes nothing down");
}

/// The values that a walk begins with, and why this page.
fn bound(
    app: &mut App,
    page: &Shelved,
    typed: &[(String, String)],
    process: &dyn Fn(&str) -> Option<String>,
) -> Result<(Bindings, String), String> {
    // A page that is named by its file is not in the library.
    app.books.process.add(&page.book, process);
    let slots = page.book.slots();
    let mut given = Facts::default();
    let mut names_an_object = false;
    for (name, value) in typed {
        let name = Bindings::name_of(&Variable::Named(name.clone()));
        let Some(slot) = slots.iter().find(|slot| slot.name == name) else {
            return Err(format!("the page has no variable {name}"));
        };
        checked(slot, value)?;
        names_an_object |= matches!(
            slot.role,
            Some(Role::Pod | Role::Container | Role::Deployment | Role::Service | Role::Node)
        );
        given.name(name, value.clone(), Origin::Typed);
    }
    let library = app.books.library.clone();
    let all = suggestions(app, &library);
    let suggested = all.iter().find(|one| one.page.book.name == page.book.name);
    // Who names an object speaks of that one, and of no other that is in trouble.
    let (known, reason) = match suggested.filter(|_| !names_an_object) {
        Some(one) => (given.or(facts(app, one.facts.clone())), one.reason.clone()),
        None => (around(app, given), "it was asked for".to_owned()),
    };
    Ok((Bindings::begin(&page.book, &known, process), reason))
}
