//! What became of a plan: object by object, as a whole, and whether it helped.

use super::dialog::{Dialog, Failure};
use super::{Done, MOST, editing};
use crate::action::plan::{Plan, Written};
use crate::action::stage::{End, Outcome};
use crate::action::verdict::EffectWord;
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone};
use crate::model::Problem;

/// How long (seconds) a verdict stays in the footer.
const VERDICT: i64 = 60;

/// One object is done, or not.
pub fn one(app: &mut App, draft: u64, nth: usize, outcome: Outcome) -> Vec<Effect> {
    let now = app.now;
    let Some(running) = app.deeds.running.iter_mut().find(|running| running.plan.draft.id == draft) else {
        return Vec::new();
    };
    running.done += 1;
    let (done, all) = (running.done, running.plan.touched());
    let title = running.plan.title.clone();
    let plan = running.plan.clone();
    let said = if outcome.said.is_empty() {
        String::new()
    } else {
        format!(" · {}", outcome.said)
    };
    let mut effects = Vec::new();
    match outcome.end {
        End::Done => {
            remember(app, &plan, nth, now);
            if is_edit(&plan) {
                effects = editing::forget(app);
            }
            if !plan.can_be_tried() {
                app.flash(Tone::Info, format!("{title}{said}"));
            } else if all == 1 {
                let undo = if plan.inverse.is_ok() { " · u takes it back" } else { "" };
                app.flash(Tone::Info, format!("{title}: {}{undo}{said}", plan.effect));
            } else {
                app.flash(Tone::Info, format!("{title}: {done} of {all}{said}"));
            }
        }
        End::NotDone(problem) => {
            running.failed += 1;
            running.watch = None;
            failed(app, &plan, &title, Failure::NotDone, problem);
        }
        End::Unknown(problem) => {
            running.failed += 1;
            failed(app, &plan, &title, Failure::NotKnown, problem);
        }
        End::Stopped => running.failed += 1,
    }
    effects
}

/// Whether somebody edited the object.
fn is_edit(plan: &Plan) -> bool {
    matches!(plan.draft.written.as_deref(), Some(Written::Edited { .. }))
}

/// It was not done, or nobody knows: why, and the line to do it by hand, stay until they were read.
fn failed(app: &mut App, plan: &Plan, title: &str, failure: Failure, problem: Problem) {
    app.line = Some(plan.told());
    let problem = match editing::file(app).filter(|_| is_edit(plan)) {
        Some(file) => problem.hint(format!(
            "your edit is kept in {}; e opens it upon the object as it is now",
            file.display()
        )),
        None => problem,
    };
    app.flash(Tone::Problem, format!("{title}: {problem}"));
    if plan.touched() == 1 && app.overlay.is_none() {
        app.overlay = Some(Overlay::Plan(Box::new(Dialog::ended(plan, failure, problem))));
    }
}

fn remember(app: &mut App, plan: &Plan, nth: usize, now: crate::model::Time) {
    let Some(change) = plan.changes.get(nth) else { return };
    app.deeds.done.push_back(Done {
        env: plan.draft.env,
        verb: plan.verb,
        object: change.object.clone(),
        inverse: plan.inverse.clone(),
        at: now,
    });
    if app.deeds.done.len() > MOST {
        app.deeds.done.pop_front();
    }
}

/// Nothing more comes of a plan.
pub fn all(app: &mut App, draft: u64) -> Vec<Effect> {
    let Some(at) = app.deeds.running.iter().position(|running| running.plan.draft.id == draft) else {
        return Vec::new();
    };
    let running = app.deeds.running.remove(at);
    app.deeds.watched.extend(running.watch);
    let (all, failed) = (running.plan.touched(), running.failed);
    if all > 1 {
        let tone = if failed == 0 { Tone::Info } else { Tone::Problem };
        let text = match failed {
            0 => format!("{}: all {all} done", running.plan.title),
            _ => format!("{}: {} done, {failed} not · :audit tells which", running.plan.title, all - failed),
        };
        app.flash(tone, text);
    }
    Vec::new()
}

/// Looks whether what was done has helped.
pub fn verdicts(app: &mut App) {
    let mut watched = std::mem::take(&mut app.deeds.watched);
    let mut said = Vec::new();
    watched.retain_mut(|watch| {
        let Some(seen) = app.store.env(watch.env) else { return false };
        let judgement = watch.judge(seen, app.judgements.findings(watch.env), app.now);
        let is_open = judgement.is_none();
        said.extend(judgement);
        is_open
    });
    app.deeds.watched = watched;
    for judgement in said {
        let tone = match judgement.effect {
            EffectWord::Worked => Tone::Info,
            EffectWord::NoEffect | EffectWord::Worse | EffectWord::Unseen => Tone::Problem,
        };
        app.flash_for(VERDICT, tone, judgement.text);
    }
}
