//! What became of a plan: object by object, as a whole, and whether it helped.

use super::dialog::{Dialog, Failure};
use super::progress::Standing;
use super::{Done, MOST, editing};
use crate::action::Verb;
use crate::action::plan::{Plan, Written};
use crate::action::silence::SilenceAct;
use crate::action::stage::{End, Outcome};
use crate::action::verdict::{EffectWord, Watch};
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone};
use crate::model::{Demand, Problem};

/// How long (seconds) a verdict stays in the footer.
const VERDICT: i64 = 60;
/// The same of one that asks for something else to be done: it may come while one looks elsewhere.
const BAD_VERDICT: i64 = 300;
/// How long (seconds) the end of several changes does.
const CONCLUSION: i64 = 20;

/// One object is done, or not.
pub fn one(app: &mut App, draft: u64, nth: usize, outcome: Outcome) -> Vec<Effect> {
    let now = app.now;
    crate::app::books::deed(app, draft, &outcome);
    let Some(running) = app.deeds.running.iter_mut().find(|running| running.plan.draft.id == draft) else {
        return Vec::new();
    };
    running.done += 1;
    if let Some(standing) = running.standing.get_mut(nth) {
        *standing = Standing::Ended(outcome.end.clone(), outcome.said.clone());
    }
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
            if let Verb::Silence(_) = &plan.action.verb {
                let undo = if plan.inverse.is_ok() { " · u takes it back" } else { "" };
                let at = if all > 1 {
                    format!(" at {}", outcome.object.name)
                } else {
                    String::new()
                };
                app.flash(Tone::Info, format!("{title}{at}{said}{undo}"));
            } else if !plan.can_be_tried() {
                app.flash(Tone::Info, format!("{title}{said}"));
            } else if matches!(plan.action.verb, Verb::Drain(_)) {
                // Told as a whole, and object by object where one looks.
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
    // Of a program of this machine, what it wrote is read.
    let is_alone = plan.touched() == 1 && !matches!(plan.action.verb, Verb::Drain(_)) && !plan.is_local();
    if is_alone && app.overlay.is_none() {
        app.overlay = Some(Overlay::Plan(Box::new(Dialog::ended(plan, failure, problem))));
    }
}

/// Of a silence that was made, the inverse has its id: at several Alertmanagers those of all of them.
fn remember_silence(app: &mut App, plan: &Plan, nth: usize, now: crate::model::Time) {
    let draft = plan.draft.id;
    let running = app.deeds.running.iter().find(|running| running.plan.draft.id == draft);
    let made = running.and_then(|running| running.made.get(&nth)).cloned();
    let before = app.deeds.done.iter_mut().rev().find(|done| done.draft == draft);
    let (is_new, mut inverse) = match &before {
        Some(done) => (false, done.inverse.clone()),
        None => (true, plan.inverse.clone()),
    };
    if let (Ok(action), Some(made)) = (&mut inverse, made)
        && let Verb::Silence(silence) = &mut action.verb
        && let SilenceAct::Expire { ids } | SilenceAct::Extend { ids, .. } = &mut silence.act
    {
        if is_new {
            ids.clear();
        }
        ids.push(made);
    }
    if let Some(done) = before {
        done.inverse = inverse;
        return;
    }
    let Some(change) = plan.changes.get(nth) else { return };
    app.deeds.done.push_back(Done {
        draft,
        env: plan.draft.env,
        verb: plan.verb,
        object: change.object.clone(),
        inverse,
        at: now,
    });
    if app.deeds.done.len() > MOST {
        app.deeds.done.pop_front();
    }
}

fn remember(app: &mut App, plan: &Plan, nth: usize, now: crate::model::Time) {
    if let Verb::Silence(_) = plan.action.verb {
        return remember_silence(app, plan, nth, now);
    }
    let Some(change) = plan.changes.get(nth) else { return };
    // What is held is nothing that could be taken back, and another file is another deed. What a drain can take back is the cordon.
    if !plan.can_be_tried() || matches!(plan.action.verb, Verb::Drain(_)) && nth >= plan.leading() {
        return;
    }
    app.deeds.done.push_back(Done {
        draft: plan.draft.id,
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
    let mut running = app.deeds.running.remove(at);
    running.is_over = true;
    // What a silence hides is not waited for.
    let demand = Demand::Alerts(running.plan.draft.env);
    let asked_again = match running.plan.action.verb {
        Verb::Silence(_) => vec![Effect::Stop(demand.clone()), Effect::Start(demand)],
        _ => Vec::new(),
    };
    // What a long drain has moved gets its time from now on.
    app.deeds
        .watched
        .extend(running.watch.take().map(|watch| Watch { since: app.now, ..watch }));
    if running.plan.touched() > 1 || running.is_drain() {
        let is_back = matches!(running.plan.action.verb, Verb::Silence(_)) && running.failed < running.plan.touched();
        let undo = match is_back && running.plan.inverse.is_ok() {
            true => " · u takes it back",
            false => "",
        };
        let tone = if running.failed == 0 { Tone::Info } else { Tone::Problem };
        app.flash_for(CONCLUSION, tone, format!("{}: {}{undo}", running.plan.title, running.conclusion()));
        app.deeds.over = Some(running);
    }
    asked_again
}

/// Looks whether what was done has helped.
pub fn verdicts(app: &mut App) {
    let mut watched = std::mem::take(&mut app.deeds.watched);
    let mut said = Vec::new();
    watched.retain_mut(|watch| {
        let Some(seen) = app.store.env(watch.env) else { return false };
        let judgement = watch.judge(seen, app.judgements.findings(watch.env), app.now);
        let is_open = judgement.is_none();
        said.extend(judgement.map(|judgement| (watch.env, watch.object.clone(), judgement)));
        is_open
    });
    app.deeds.watched = watched;
    for (env, object, mut judgement) in said {
        // `u` takes back what was done last, and nothing else.
        let last = app.deeds.done.iter().rev().find(|done| done.env == env);
        let can_be_undone = last.is_some_and(|done| done.object == object && done.inverse.is_ok());
        if can_be_undone && matches!(judgement.effect, EffectWord::NoEffect | EffectWord::Worse) {
            judgement.text.push_str(" · u takes it back");
        }
        let (stays, tone) = match judgement.effect {
            EffectWord::Worked => (VERDICT, Tone::Info),
            EffectWord::NoEffect | EffectWord::Worse | EffectWord::Unseen => (BAD_VERDICT, Tone::Problem),
        };
        app.flash_for(stays, tone, judgement.text);
    }
}
