//! What is being done to the world: from the wish to the verdict.
//!
//! ```text
//!   key, palette ─► draft ─► Dialog: asking ─► planned (dry run, ruling) ─► answered ─► Running ─► Watch ─► verdict
//! ```
//!
//! Nothing here sends anything: a step outside is an [`Effect`], and what came of it a [`News`].

mod caution;
pub mod copies;
pub mod dialog;
pub mod draft;
pub mod editing;
pub mod history;
mod outcome;
pub mod progress;
mod text;

use std::collections::{BTreeMap, VecDeque};

use super::overlay::Overlay;
use super::view::View;
use super::{App, Effect, Tone, rights};
use crate::action::guard::{Circumstances, Confirmed, Lock, Locks, Ruling, Tried, rule};
use crate::action::plan::{self, Draft, Found, Origin, Plan, Sight, Written};
use crate::action::stage::{Dropped, Identity, News, Unfinished, Why};
use crate::action::verdict::Watch;
use crate::action::{Action, Class};
use crate::config::{Environment, Who};
use crate::model::{Demand, EnvId, FeedKey, Link, ObjectRef, Problem, ProblemKind, Quantity, Server, Time};
use crate::ui::panes::page::PagePane;
use dialog::{Dialog, Failure, Stage};
use progress::Standing;

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
    /// Whom environments were unlocked for: host and user.
    unlocked: BTreeMap<EnvId, (Box<str>, Box<str>)>,
    /// As whom environments are read that have an identity for reading.
    assumed: BTreeMap<EnvId, Who>,
    next: u64,
    /// Carried out, not ended.
    running: Vec<Running>,
    /// The last one of several changes that has ended: it can still be looked at.
    over: Option<Running>,
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
pub struct Running {
    pub plan: Plan,
    /// What is wrong with it now, to be compared later.
    watch: Option<Watch>,
    done: usize,
    pub failed: usize,
    /// Of a copy: bytes so far.
    passed: Option<u64>,
    /// What was made and has a name that was not known before: by the change's number.
    made: BTreeMap<usize, String>,
    /// How far each of its changes is.
    standing: Vec<Standing>,
    /// When it was begun.
    since: Time,
    pub is_over: bool,
}

/// A change that was made.
#[derive(Clone, Debug)]
struct Done {
    draft: u64,
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
            unlocked: BTreeMap::new(),
            assumed: BTreeMap::new(),
            next: 1,
            running: Vec::new(),
            over: None,
            watched: Vec::new(),
            done: VecDeque::new(),
            editing: None,
            applying: None,
        }
    }

    /// A number for a draft.
    pub(in crate::app) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Whether something is under way in an environment.
    pub fn is_busy(&self, env: EnvId) -> bool {
        self.running.iter().any(|running| running.plan.draft.env == env) || self.watched.iter().any(|watch| watch.env == env)
    }

    /// What was done here in an environment, oldest first: when, what, and to which object.
    pub fn done(&self, env: EnvId) -> impl Iterator<Item = (Time, &'static str, &ObjectRef)> {
        let here = self.done.iter().filter(move |done| done.env == env);
        here.map(|done| (done.at, done.verb, &done.object))
    }

    /// Whether something is being carried out now.
    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// What runs with several changes, the newest first, else the last that ended.
    pub fn several(&self) -> Option<&Running> {
        let running = self.running.iter().rev().find(|running| running.plan.touched() > 1);
        running.or(self.over.as_ref())
    }

    /// The one of this draft.
    pub fn run_of(&self, draft: u64) -> Option<&Running> {
        self.running.iter().chain(&self.over).find(|running| running.plan.draft.id == draft)
    }

    /// All that are under way.
    pub fn runs(&self) -> impl Iterator<Item = &Running> {
        self.running.iter()
    }

    /// What is under way, in a few words; none: nothing is.
    pub fn under_way(&self) -> Option<String> {
        let running = self.running.iter().map(|running| (running.done, running.plan.touched()));
        if let [one] = self.running.as_slice()
            && !one.plan.can_be_tried()
        {
            let passed = one
                .passed
                .map(|bytes| Quantity::whole(i64::try_from(bytes).unwrap_or(i64::MAX)).memory());
            return Some(match passed {
                Some(passed) => format!("{} {passed}", one.plan.verb),
                None => format!("{} runs", one.plan.verb),
            });
        }
        match (running.reduce(|a, b| (a.0 + b.0, a.1 + b.1)), self.watched.as_slice()) {
            (Some((done, all)), _) => Some(format!("{done} of {all} done")),
            (None, [one]) => Some(format!("watching {}", one.object.name)),
            (None, []) => None,
            (None, many) => Some(format!("watching {} changes", many.len())),
        }
    }

    fn was_done(&self, plan: &Plan, now: Time) -> bool {
        // One silence says nothing of the next, though both are at the same Alertmanager.
        !matches!(plan.action.verb, crate::action::Verb::Silence(_))
            && self.done.iter().any(|done| {
                done.env == plan.draft.env
                    && done.verb == plan.verb
                    && done.at.age(now) < AGAIN
                    && (plan.changes.iter().any(|change| change.object == done.object) || plan.draft.objects.contains(&done.object))
            })
    }
}

/// Begins something: asks the server for what a plan needs, and shows the dialog.
pub fn begin(app: &mut App, action: Action, objects: Vec<ObjectRef>, origin: Origin) -> Vec<Effect> {
    begin_written(app, action, objects, None, origin)
}

/// The same with what somebody wrote: an edit, a file.
pub fn begin_written(app: &mut App, action: Action, objects: Vec<ObjectRef>, written: Option<Box<Written>>, origin: Origin) -> Vec<Effect> {
    let draft = Draft {
        id: app.deeds.number(),
        env: app.env(),
        action,
        objects,
        written,
        origin,
        least: None,
        floor: None,
        at: app.now,
    };
    start(app, draft)
}

/// The same in this environment; it counts at least as `least`.
pub fn begin_in(app: &mut App, env: EnvId, action: Action, objects: Vec<ObjectRef>, origin: Origin, least: Option<Class>) -> Vec<Effect> {
    let draft = Draft {
        id: app.deeds.number(),
        env,
        action,
        objects,
        written: None,
        origin,
        least,
        floor: None,
        at: app.now,
    };
    start(app, draft)
}

/// The same of a draft that was made elsewhere.
pub fn begin_draft(app: &mut App, draft: Draft) -> Vec<Effect> {
    start(app, draft)
}

fn start(app: &mut App, draft: Draft) -> Vec<Effect> {
    let (id, env) = (draft.id, draft.env);
    if app.deeds.mode == Mode::ReadOnly {
        let line = draft.action.to_string();
        app.flash(
            Tone::Problem,
            format!("read-only: nothing is changed from here; :copy-line takes {line}"),
        );
        app.line = Some(line);
        return Vec::new();
    }
    if let Some(mismatch) = app.mismatch(env) {
        let problem = Problem::new(ProblemKind::Denied, mismatch.to_string());
        let problem = problem.hint("nothing is changed in it; is the context the right one?");
        return not_allowed(app, draft, problem);
    }
    if let Some(right) = rights::denied(app, &draft.action, &draft.objects) {
        return lacks(app, draft, &right);
    }
    let reason = app.deeds.locks.of(env).reason().to_owned();
    let (reason, is_proposed) = if reason.is_empty() {
        suggested(app, &draft)
    } else {
        (reason, false)
    };
    let mut dialog = Dialog::new(draft.clone(), &reason);
    dialog.is_proposed = is_proposed;
    app.overlay = Some(Overlay::Plan(Box::new(dialog)));
    if let crate::action::Verb::Run(_) = &draft.action.verb {
        // Nobody has to be asked for it.
        let nothing = Found {
            objects: Vec::new(),
            history: Vec::new(),
            rights: Vec::new(),
            merged: None,
            here: None,
            around: plan::Around::default(),
            at: app.now,
        };
        return found_out(app, id, Ok(nothing));
    }
    if super::has_cluster(&app.config, env) {
        app.connected.insert(env);
    }
    vec![Effect::Prepare(Box::new(draft))]
}

/// It is known that the server would refuse it: no plan is made, and the server is asked again, because rights are given.
fn lacks(app: &mut App, draft: Draft, right: &crate::model::Right) -> Vec<Effect> {
    let server = acting(app, draft.env);
    let who = if server.user.is_empty() { "you" } else { &server.user };
    let text = format!("{} needs {right}, which {who} may not", plan::word(&draft.action.verb));
    let problem = Problem::new(ProblemKind::Denied, text).hint("the line can be copied for somebody who may");
    app.store.doubt(draft.env, right);
    not_allowed(app, draft, problem)
}

/// It is refused before anything is asked.
fn not_allowed(app: &mut App, draft: Draft, problem: Problem) -> Vec<Effect> {
    app.line = Some(draft.action.to_string());
    let effect = drop_draft(app, draft.clone(), Why::Refused(problem.clone()));
    app.overlay = Some(Overlay::Plan(Box::new(Dialog::failed(draft, Failure::NotAllowed, problem))));
    vec![effect]
}

/// Why one would change something now: what is wrong with it, else the worst that is wrong. And whether it is about it.
fn suggested(app: &App, draft: &Draft) -> (String, bool) {
    let uids = draft
        .objects
        .iter()
        .filter_map(|object| Some(app.store.env(draft.env)?.find(object)?.meta.uid));
    let uids: Vec<_> = uids.collect();
    let about = |finding: &&crate::model::Finding| {
        draft.objects.contains(&finding.object.reference()) || finding.members.iter().any(|member| uids.contains(member))
    };
    let own = app.troubles(draft.env).find(about);
    let reason = own.or_else(|| app.troubles(draft.env).next()).map(|finding| {
        format!(
            "{}/{}: {}",
            finding.object.kind_name().to_lowercase(),
            finding.object.name,
            finding.title
        )
    });
    (reason.unwrap_or_default(), own.is_some())
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
        News::Forwards(_) | News::Probed(_) => super::forwards::news(app, news),
        News::Passed { draft, bytes } => {
            if let Some(running) = app.deeds.running.iter_mut().find(|running| running.plan.draft.id == draft) {
                running.passed = Some(bytes);
            }
            Vec::new()
        }
        News::Made { draft, nth, name } => {
            if let Some(running) = app.deeds.running.iter_mut().find(|running| running.plan.draft.id == draft) {
                running.made.insert(nth, name);
            }
            Vec::new()
        }
        News::Going { draft, nth, phase } => {
            let running = app.deeds.running.iter_mut().find(|running| running.plan.draft.id == draft);
            if let Some(standing) = running.and_then(|running| running.standing.get_mut(nth)) {
                *standing = Standing::Going(phase);
            }
            Vec::new()
        }
        News::History { object, history } => {
            history::told(app, &object, history);
            Vec::new()
        }
        News::Document { object, document } => editing::read(app, &object, document),
        News::Done { draft, nth, outcome } => outcome::one(app, draft, nth, outcome),
        News::Ended { draft } => outcome::all(app, draft),
        News::Output(output) => {
            if !super::books::wrote(app, &output) {
                let page = PagePane::new(app.env(), output.title, Ok(output.text));
                app.workspace.open_beside(View::Page(Box::new(page)));
            }
            Vec::new()
        }
        News::Heard { number, heard } => super::books::heard(app, number, heard),
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
    let found = match (found, app.hands(draft.env)) {
        // Why there is none is known better here.
        (Err(problem), Some(Link::Lost { problem: why, .. })) if problem.kind == ProblemKind::Unreachable => Err(why.clone()),
        (found, _) => found,
    };
    let Some(seen) = app.store.env(draft.env) else { return Vec::new() };
    let sight = Sight {
        seen,
        environment: app.environment(draft.env).map_or("", |environment| &environment.name),
        read_commands: &app.config.guard.read_commands,
        now: app.now,
    };
    let (seen, env) = (sight.seen, draft.env);
    let made = found.and_then(|found| plan::make(draft, found, sight)).map(|mut plan| {
        plan.notes.extend(caution::of(&plan, seen, app.findings(env)));
        plan
    });
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
            dialog.stage = Stage::Planned(Box::new(plan.clone()));
            dialog.ruling = None;
            let mut effects = Vec::new();
            if plan.can_be_tried() {
                dialog.tried = Tried::Pending;
                effects.push(Effect::Rehearse(Box::new(plan)));
            } else {
                dialog.tried = Tried::Accepted(Vec::new());
            }
            if before.is_none() || is_other {
                dialog.is_armed = false;
                effects.push(Effect::Arm(id));
            }
            effects.extend(judge(app));
            effects
        }
        Err(problem) => {
            let draft = dialog.draft.clone();
            dialog.stage = Stage::Failed(Failure::NoPlan, problem.clone());
            // Nothing can be done by a key that comes too soon: the line may be copied at once.
            dialog.is_armed = true;
            vec![drop_draft(app, draft, Why::Failed(problem))]
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
    let server = acting(app, env);
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
    dropped(app, plan.draft.env, Unfinished::Plan(Box::new(plan)), why)
}

/// The same of what has no plan.
fn drop_draft(app: &App, draft: Draft, why: Why) -> Effect {
    dropped(app, draft.env, Unfinished::Draft(Box::new(draft)), why)
}

fn dropped(app: &App, env: EnvId, what: Unfinished, why: Why) -> Effect {
    let identity = identity(app, env);
    Effect::Drop(Box::new(Dropped { what, identity, why }))
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
        // What is held changes nothing by itself.
        .filter(|_| plan.can_be_tried())
        .and_then(|seen| crate::action::verdict::watch(&plan, seen, app.judgements.findings(env), app.now));
    let identity = identity(app, env);
    app.flash(Tone::Info, format!("{} …", plan.title));
    if progress::is_shown_at_once(&plan) {
        let draft = plan.draft.id;
        app.overlay = Some(Overlay::Progress { draft, scroll: 0 });
    }
    app.deeds.running.push(Running {
        standing: vec![Standing::Queued; plan.touched()],
        plan,
        watch,
        done: 0,
        failed: 0,
        passed: None,
        made: BTreeMap::new(),
        since: app.now,
        is_over: false,
    });
    vec![Effect::CarryOut {
        confirmed: Box::new(confirmed),
        identity,
    }]
}

/// The server that changes go to, and as whom; nothing of it is known before it is connected.
fn acting(app: &App, env: EnvId) -> Server {
    match app.hands(env) {
        Some(Link::Ready(server)) => server.clone(),
        Some(Link::Idle | Link::Connecting | Link::Lost { .. }) | None => Server::default(),
    }
}

/// The connections for changes that are needed: where another identity reads, from the first plan until it is locked again.
pub(super) fn hands(app: &App) -> Vec<Demand> {
    let planned = match &app.overlay {
        Some(Overlay::Plan(dialog)) => Some(dialog.draft.env),
        _ => None,
    };
    let is_needed = |env: &EnvId| {
        let has_own = app.environment(*env).is_some_and(Environment::has_reader);
        has_own
            && app.deeds.mode == Mode::Changing
            && (planned == Some(*env) || *app.deeds.locks.of(*env) != Lock::Locked || app.deeds.is_busy(*env))
    };
    app.connected.iter().copied().filter(is_needed).map(Demand::Hands).collect()
}

/// What is watched so that it can be said whether changes helped, wherever the user has gone meanwhile.
pub(super) fn watches(app: &App) -> Vec<Demand> {
    let running = app.deeds.running.iter().filter_map(|running| running.watch.as_ref());
    let demand = |watch: &Watch| {
        let seen = app.store.env(watch.env)?;
        let scope = seen.covering(&watch.object.kind, &watch.object.namespace);
        let kind = watch.object.kind.clone();
        Some(Demand::Feed(watch.env, FeedKey { kind, scope }))
    };
    running.chain(&app.deeds.watched).filter_map(demand).collect()
}

/// An unlock outlives an outage, but not another user or another server at the other end.
fn lock_for_others(app: &mut App, env: EnvId) {
    let server = acting(app, env);
    if !matches!(app.deeds.locks.of(env), Lock::Unlocked { .. }) {
        app.deeds.unlocked.remove(&env);
    } else if !server.host.is_empty() {
        let now = (server.host, server.user);
        let before = app.deeds.unlocked.entry(env).or_insert_with(|| now.clone());
        if *before != now {
            app.deeds.locks.lock(env);
            app.flash(Tone::Problem, format!("now as {} on {}: locked again", now.1, now.0));
        }
    }
}

/// As whom environments are read: as whoever changes things while they are unlocked and that connection stands.
fn assume(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    for env in app.connected.clone() {
        if !app.environment(env).is_some_and(Environment::has_reader) {
            continue;
        }
        let before = app.deeds.assumed.get(&env).copied().unwrap_or_default();
        let wanted = match app.deeds.locks.of(env) {
            Lock::Locked => Who::Reader,
            Lock::Open | Lock::Unlocked { .. } if matches!(app.hands(env), Some(Link::Ready(_))) => Who::Writer,
            // What reads goes on until there is somebody to follow it.
            Lock::Open | Lock::Unlocked { .. } => before,
        };
        if wanted != before {
            app.deeds.assumed.insert(env, wanted);
            effects.push(Effect::Assume(env, wanted));
        }
    }
    effects
}

/// Where changes are made and as whom.
fn identity(app: &App, env: EnvId) -> Identity {
    let user = acting(app, env).user.to_string();
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
        Ok(action) => {
            let objects = match action.verb {
                crate::action::Verb::Silence(_) => super::silences::managers(app, env),
                _ => vec![last.object],
            };
            begin(app, action, objects, Origin::Undo)
        }
        Err(why) => {
            app.flash(Tone::Info, format!("{} {}: {why}", last.verb, last.object.label()));
            Vec::new()
        }
    }
}

/// What time brings: locks, plans that grow old, verdicts.
pub fn settle(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    for env in app.connected.clone() {
        lock_for_others(app, env);
        let Some(tier) = app.environment(env).map(|environment| environment.tier) else {
            continue;
        };
        let mismatch = app.mismatch(env);
        let has_turned = app.deeds.locks.trust(env, tier, mismatch.is_none());
        if let (true, Some(mismatch)) = (has_turned, mismatch) {
            app.flash(
                Tone::Problem,
                format!("{mismatch}: it is treated as production, and nothing is changed in it"),
            );
        }
    }
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
    effects.extend(assume(app));
    effects
}
