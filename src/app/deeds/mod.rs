//! What is being done to the world: from the wish to the verdict.
//!
//! ```text
//!   key, palette ─► draft ─► Dialog: asking ─► planned (dry run, ruling) ─► answered ─► Running ─► Watch ─► verdict
//! ```
//!
//! Nothing here sends anything: a step outside is an [`Effect`], and what came of it a [`News`].

pub mod dialog;
pub mod draft;
pub mod editing;
pub mod history;
mod outcome;
mod text;

use std::collections::VecDeque;

use super::overlay::Overlay;
use super::view::View;
use super::{App, Effect, Tone};
use crate::action::guard::{Circumstances, Confirmed, Locks, Ruling, Tried, rule};
use crate::action::plan::{self, Draft, Found, Origin, Plan, Sight, Written};
use crate::action::stage::{Dropped, Identity, News, Why};
use crate::action::verdict::Watch;
use crate::action::{Action, Class};
use crate::model::{EnvId, Link, ObjectRef, Problem, Time};
use crate::ui::panes::page::PagePane;
use dialog::{Dialog, Failure, Stage};

/// Plans older than this (seconds) are made anew while they are looked at.
const FRESH: i64 = 60;
/// The same thing done to the same object again within so many seconds is asked for in full.
const AGAIN: i64 = 120;
/// Changes that can be taken back are remembered up to this many.
const MOST: usize = 50;

/// Whether this program changes anything at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Changing,
    /// `--read-only`: the hands do not exist.
    ReadOnly,
}

/// All that is under way, and what was done.
#[derive(Debug)]
pub struct Deeds {
    pub mode: Mode,
    pub locks: Locks,
    /// The account on this machine, for policies.
    pub user: String,
    /// The machine's time zone, for freezes.
    pub zone: jiff::tz::TimeZone,
    next: u64,
    /// Carried out, not ended.
    running: Vec<Running>,
    /// Done; whether it helped is not known yet.
    watched: Vec<Watch>,
    /// Done here, oldest first.
    done: VecDeque<Done>,
    /// What is edited, or was and is kept.
    editing: Option<Box<editing::Editing>>,
    /// A line whose file is being read.
    applying: Option<Box<Action>>,
}

/// A plan on its way.
#[derive(Debug)]
struct Running {
    plan: Plan,
    /// What is wrong with it now, to be compared later.
    watch: Option<Watch>,
    done: usize,
    failed: usize,
}

/// A change that was made.
#[derive(Clone, Debug)]
struct Done {
    env: EnvId,
    verb: &'static str,
    object: ObjectRef,
    inverse: Result<Action, &'static str>,
    at: Time,
}

impl Deeds {
    /// Nothing was done yet.
    pub fn new(locks: Locks, mode: Mode, user: String, zone: jiff::tz::TimeZone) -> Self {
        Self {
            mode,
            locks,
            user,
            zone,
            next: 1,
            running: Vec::new(),
            watched: Vec::new(),
            done: VecDeque::new(),
            editing: None,
            applying: None,
        }
    }

    /// A number for a draft.
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Whether something is under way in an environment.
    pub fn is_busy(&self, env: EnvId) -> bool {
        self.running.iter().any(|running| running.plan.draft.env == env) || self.watched.iter().any(|watch| watch.env == env)
    }

    /// Whether something is being carried out now.
    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// What is under way, in a few words; none: nothing is.
    pub fn under_way(&self) -> Option<String> {
        let running = self.running.iter().map(|running| (running.done, running.plan.touched()));
        match (running.reduce(|a, b| (a.0 + b.0, a.1 + b.1)), self.watched.as_slice()) {
            (Some((done, all)), _) => Some(format!("{done} of {all} done")),
            (None, [one]) => Some(format!("watching {}", one.object.name)),
            (None, []) => None,
            (None, many) => Some(format!("watching {} changes", many.len())),
        }
    }

    fn was_done(&self, plan: &Plan, now: Time) -> bool {
        self.done.iter().any(|done| {
            done.env == plan.draft.env
                && done.verb == plan.verb
                && done.at.age(now) < AGAIN
                && plan.changes.iter().any(|change| change.object == done.object)
        })
    }
}

/// Begins something: asks the server for what a plan needs, and shows the dialog.
pub fn begin(app: &mut App, action: Action, objects: Vec<ObjectRef>, origin: Origin) -> Vec<Effect> {
    begin_written(app, action, objects, None, origin)
}

/// The same with what somebody wrote: an edit, a file.
pub fn begin_written(app: &mut App, action: Action, objects: Vec<ObjectRef>, written: Option<Box<Written>>, origin: Origin) -> Vec<Effect> {
    let env = app.env();
    if app.deeds.mode == Mode::ReadOnly {
        let line = action.to_string();
        app.flash(
            Tone::Problem,
            format!("read-only: nothing is changed from here; :copy-line takes {line}"),
        );
        app.line = Some(line);
        return Vec::new();
    }
    let id = app.deeds.number();
    let draft = Draft {
        id,
        env,
        action,
        objects,
        written,
        origin,
        at: app.now,
    };
    let reason = app.deeds.locks.of(env).reason().to_owned();
    let reason = if reason.is_empty() { suggested(app, &draft) } else { reason };
    app.overlay = Some(Overlay::Plan(Box::new(Dialog::new(draft.clone(), &reason))));
    vec![Effect::Prepare(Box::new(draft))]
}

/// Why one would change something now: what is wrong with it, else the worst that is wrong.
fn suggested(app: &App, draft: &Draft) -> String {
    let uids = draft
        .objects
        .iter()
        .filter_map(|object| Some(app.store.env(draft.env)?.find(object)?.meta.uid));
    let uids: Vec<_> = uids.collect();
    let about = |finding: &&crate::model::Finding| {
        draft.objects.contains(&finding.object.reference()) || finding.members.iter().any(|member| uids.contains(member))
    };
    let reason = app.troubles(draft.env).find(about).or_else(|| app.troubles(draft.env).next());
    reason.map_or_else(String::new, |finding| {
        format!(
            "{}/{}: {}",
            finding.object.kind_name().to_lowercase(),
            finding.object.name,
            finding.title
        )
    })
}

/// Takes in what the executor tells.
pub fn news(app: &mut App, news: News) -> Vec<Effect> {
    match news {
        News::Found { draft, found } => found_out(app, draft, found),
        News::Tried { draft, tried } => {
            if let Some(Overlay::Plan(dialog)) = &mut app.overlay
                && dialog.draft.id == draft
            {
                dialog.tried = tried;
            }
            judge(app)
        }
        News::History { object, history } => {
            history::told(app, &object, history);
            Vec::new()
        }
        News::Document { object, document } => editing::read(app, &object, document),
        News::Done { draft, nth, outcome } => outcome::one(app, draft, nth, outcome),
        News::Ended { draft } => outcome::all(app, draft),
        News::Output { title, text } => {
            let page = PagePane::new(app.env(), title, Ok(text));
            app.workspace.open_beside(View::Page(Box::new(page)));
            Vec::new()
        }
        News::Unrecorded(problem) => {
            app.flash(Tone::Problem, problem.to_string());
            Vec::new()
        }
        News::Open(open) => {
            if let Some((when, line)) = open.first() {
                let more = if open.len() > 1 {
                    format!(" and {} more", open.len() - 1)
                } else {
                    String::new()
                };
                app.flash(
                    Tone::Problem,
                    format!("how a change of {when} ended is not known{more}: {line} · qd audit lists it"),
                );
            }
            Vec::new()
        }
    }
}

/// The server has told what a plan needs.
fn found_out(app: &mut App, id: u64, found: Result<Found, Problem>) -> Vec<Effect> {
    let Some(Overlay::Plan(dialog)) = &app.overlay else {
        return Vec::new();
    };
    if dialog.draft.id != id {
        return Vec::new();
    }
    let draft = dialog.draft.clone();
    let Some(seen) = app.store.env(draft.env) else { return Vec::new() };
    let sight = Sight {
        seen,
        read_commands: &app.config.guard.read_commands,
        now: app.now,
    };
    let made = found.and_then(|found| plan::make(draft, found, sight));
    let Some(Overlay::Plan(dialog)) = &mut app.overlay else {
        return Vec::new();
    };
    match made {
        Ok(plan) => {
            let before = dialog.plan().map(|plan| (plan.effect.clone(), plan.digest()));
            let is_other = before.as_ref().is_some_and(|(effect, _)| *effect != plan.effect);
            if is_other {
                dialog.token.clear();
                dialog.said = Some("it changed meanwhile: read it again".into());
            }
            dialog.tried = Tried::Pending;
            dialog.stage = Stage::Planned(Box::new(plan.clone()));
            dialog.ruling = None;
            let mut effects = vec![Effect::Rehearse(Box::new(plan))];
            if before.is_none() || is_other {
                dialog.is_armed = false;
                effects.push(Effect::Arm(id));
            }
            effects.extend(judge(app));
            effects
        }
        Err(problem) => {
            dialog.stage = Stage::Failed(Failure::NoPlan, problem);
            // Nothing can be done by a key that comes too soon: the line may be copied at once.
            dialog.is_armed = true;
            Vec::new()
        }
    }
}

/// What the guard says now.
pub(super) fn judge(app: &mut App) -> Vec<Effect> {
    let Some(Overlay::Plan(dialog)) = &app.overlay else {
        return Vec::new();
    };
    let Some(plan) = dialog.plan().cloned() else { return Vec::new() };
    let env = plan.draft.env;
    let Some(environment) = app.environment(env) else {
        return Vec::new();
    };
    let server = app.store.env(env).map(|seen| &seen.link);
    let server = match server {
        Some(Link::Ready(server)) => server.host.to_string(),
        _ => String::new(),
    };
    let ruling = rule(
        &plan,
        &Circumstances {
            config: &app.config,
            environment,
            user: &app.deeds.user,
            server: &server,
            lock: app.deeds.locks.of(env),
            zone: &app.deeds.zone,
            now: app.now,
            // To take it back is not to do it again.
            again: plan.draft.origin == Origin::Asked && app.deeds.was_done(&plan, app.now),
            tried: &dialog.tried,
        },
    );
    let free = Confirmed::free(&plan, &ruling, app.now);
    let refused = match &ruling {
        Ruling::Refused(problem) => Some(problem.clone()),
        Ruling::Ask(_) | Ruling::Free => None,
    };
    let Some(Overlay::Plan(dialog)) = &mut app.overlay else {
        return Vec::new();
    };
    let told = matches!(dialog.ruling, Some(Ruling::Refused(_)));
    dialog.ruling = Some(ruling);
    if let Some(problem) = refused.filter(|_| !told) {
        return vec![drop_it(app, plan, Why::Refused(problem))];
    }
    match free.filter(|confirmed| confirmed.plan().class <= Class::T) {
        Some(confirmed) => {
            app.overlay = None;
            carry_out(app, confirmed)
        }
        None => Vec::new(),
    }
}

/// Writes down that a plan is not carried out.
pub(super) fn drop_it(app: &App, plan: Plan, why: Why) -> Effect {
    let identity = identity(app, plan.draft.env);
    Effect::Drop(Box::new(Dropped {
        plan: Box::new(plan),
        identity,
        why,
    }))
}

/// Sends a confirmed plan on its way.
pub(super) fn carry_out(app: &mut App, confirmed: Confirmed) -> Vec<Effect> {
    let plan = confirmed.plan().clone();
    let env = plan.draft.env;
    if !confirmed.reason().is_empty() {
        app.deeds.locks.unlock(env, confirmed.reason(), &app.config.guard, app.now);
    }
    let watch = app
        .store
        .env(env)
        .and_then(|seen| crate::action::verdict::watch(&plan, seen, app.judgements.findings(env), app.now));
    let identity = identity(app, env);
    app.flash(Tone::Info, format!("{} …", plan.title));
    app.deeds.running.push(Running {
        plan,
        watch,
        done: 0,
        failed: 0,
    });
    vec![Effect::CarryOut {
        confirmed: Box::new(confirmed),
        identity,
    }]
}

/// Where changes are made and as whom.
fn identity(app: &App, env: EnvId) -> Identity {
    let user = match app.store.env(env).map(|seen| &seen.link) {
        Some(Link::Ready(server)) => server.user.to_string(),
        _ => String::new(),
    };
    let environment = app.environment(env);
    Identity {
        environment: environment.map(|e| e.name.clone()).unwrap_or_default(),
        context: environment.and_then(|e| e.context()).unwrap_or_default().to_owned(),
        user,
    }
}

/// Takes back what was done last in the environment in front, if that can be taken back.
pub fn undo(app: &mut App) -> Vec<Effect> {
    let env = app.env();
    let Some(last) = app.deeds.done.iter().rev().find(|done| done.env == env).cloned() else {
        app.flash(Tone::Info, "nothing was changed here yet");
        return Vec::new();
    };
    match last.inverse {
        Ok(action) => begin(app, action, vec![last.object], Origin::Undo),
        Err(why) => {
            app.flash(Tone::Info, format!("{} {}: {why}", last.verb, last.object.label()));
            Vec::new()
        }
    }
}

/// What time brings: locks, plans that grow old, verdicts.
pub fn settle(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    let busy: Vec<EnvId> = app.connected.iter().copied().filter(|env| app.deeds.is_busy(*env)).collect();
    for env in app.deeds.locks.settle(&app.config.guard, app.now, |env| busy.contains(&env)) {
        let label = app.environment(env).map(|e| e.shown().to_owned()).unwrap_or_default();
        app.flash(Tone::Info, format!("{label} is locked again"));
    }
    if let Some(Overlay::Plan(dialog)) = &mut app.overlay
        && let Some(plan) = dialog.plan()
        && plan.made.age(app.now) >= FRESH
        && dialog.asked.age(app.now) >= FRESH
    {
        dialog.asked = app.now;
        effects.push(Effect::Prepare(Box::new(dialog.draft.clone())));
    }
    outcome::verdicts(app);
    effects
}
