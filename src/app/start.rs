//! What is opened at the start: the environment in the worst state, unless the user or the last session says otherwise.

use super::session::{Ended, Session};
use super::view::View;
use super::{App, Effect, Tone};
use crate::config::{Config, Environment};
use crate::model::{EnvId, Kind, Known, LogQuery, Namespaces, Time};
use crate::ui::panes::table::TableView;

/// How long the choice of the worst environment waits for all of them to answer (seconds).
const PATIENCE: i64 = 4;

/// What the command line and the last session say about the start.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// The environment to open first.
    pub env: EnvId,
    /// Whether the user named it: then it stays.
    pub named: bool,
    pub namespaces: Option<Namespaces>,
    /// Kind and, after a slash, the object's name (`deploy/backend`).
    pub resource: Option<(Kind, Option<String>)>,
    /// Logs to open instead of a table.
    pub logs: Option<LogQuery>,
    /// What `qd open` was given.
    pub what: Option<super::open::What>,
    /// The last session, as far as it could be read.
    pub session: Option<Session>,
    /// Whether it ended without the user leaving, and its process is gone.
    pub resumable: bool,
    pub pid: u32,
    /// Whether this program changes anything.
    pub mode: super::deeds::Mode,
    /// The account on this machine.
    pub user: String,
    /// Forwards that were open the last time, of the environments that are configured.
    pub forwards: Vec<crate::action::forward::ForwardSpec>,
    /// This machine's name.
    pub host: String,
    /// The runbooks; none: those that the program brings.
    pub library: Option<std::sync::Arc<crate::runbook::library::Library>>,
    /// What those take from the environment of this process.
    pub process: crate::runbook::value::Process,
    /// The page of the newest walk that is not over.
    pub open_walk: Option<String>,
    /// The machine's time zone; none: UTC.
    pub zone: Option<jiff::tz::TimeZone>,
}

impl Opening {
    /// Who it is, as a walk's file says it.
    pub(super) fn by(&self) -> String {
        match (self.user.as_str(), self.host.as_str()) {
            ("", _) => String::new(),
            (user, "") => user.to_owned(),
            (user, host) => format!("{user}@{host}"),
        }
    }

    pub(super) fn choice(&self, now: Time, explicit: bool) -> Choice {
        // Who came for something finds it in front, whatever is worse elsewhere.
        if self.named || !explicit || self.what.is_some() {
            Choice::Made
        } else {
            Choice::Open { until: now + PATIENCE }
        }
    }
}

/// Whether the environment in front is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The user chose, or it was chosen.
    Made,
    /// It may still change to the worst one, until then at the latest; the first key ends it.
    Open { until: Time },
}

/// The first table.
pub(super) fn first_view(config: &Config, opening: &Opening) -> TableView {
    let env = opening.env;
    let home = config
        .environments
        .get(usize::from(env.0))
        .map_or(Namespaces::All, Environment::home);
    let namespaces = opening.namespaces.clone().unwrap_or(home);
    let (kind, name) = opening.resource.clone().unwrap_or((Known::Pod.into(), None));
    let mut view = TableView::new(env, kind, namespaces);
    if let Some(name) = name {
        view.filter = format!("name:{name}");
    }
    view
}

/// Goes to the worst environment once all that were asked have answered, or time is up.
pub(super) fn choose(app: &mut App) -> Vec<Effect> {
    let Choice::Open { until } = app.choice else { return Vec::new() };
    let judged = |env: &EnvId| app.store.env(*env).is_some_and(crate::store::EnvStore::is_judged);
    if app.now < until && !app.connected.iter().all(judged) {
        return Vec::new();
    }
    app.choice = Choice::Made;
    let worst = app
        .connected
        .iter()
        .copied()
        .max_by_key(|env| (app.judgements().badness(*env), *env == app.env()));
    let Some(env) = worst else { return Vec::new() };
    let Some(name) = app.environment(env).map(|e| e.name.clone()) else {
        return Vec::new();
    };
    let why = match app.troubles(env).next() {
        Some(finding) => format!("{} {}", finding.object.name, finding.title),
        // Nothing to choose by: the one that was used last, or the first, stays.
        None => "nothing is wrong in what answers".to_owned(),
    };
    if env != app.env() {
        let home = app.home(env);
        app.workspace
            .replace_front(View::Table(Box::new(TableView::new(env, Known::Pod, home))));
    }
    app.flash(Tone::Info, format!("opened {name}: {why}"));
    Vec::new()
}

/// Whether a session is worth offering: it was cut off, and the process that wrote it is not running.
pub fn is_resumable(session: &Session, alive: impl Fn(u32) -> bool) -> bool {
    match session.ended {
        Ended::Quit => false,
        Ended::Hangup => !session.views.is_empty(),
        Ended::Open => !session.views.is_empty() && !alive(session.pid),
    }
}
