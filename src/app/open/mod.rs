//! `qd open WHAT`: the cockpit on the alert, the question, the panels or the object that an address or a name means. `what` reads
//! it; here it is shown, at once or as soon as somebody has told of it.

pub mod what;

use super::{App, Tone, walk};
use crate::app::view::View;
use crate::model::{Alert, AlertsKnown, EnvId, Known, Namespaces, ObjectRef, Time, Uid};
use crate::ui::panes::alerts::page;
use crate::ui::panes::explain::ExplainPane;
use crate::ui::panes::metrics::{MetricsPane, Target};
use crate::ui::panes::page::{Live, PagePane};
use crate::ui::panes::table::{RowSource, TableView};
pub use what::{Aim, Range, What};

/// How long an alert is looked for (seconds): as long as an endpoint may take to answer, and a little more.
const PATIENCE: i64 = 15;
/// How long its object is waited for once the alert was told (seconds).
const OBJECT: i64 = 4;
/// How long what was found stays in the footer (seconds).
const SAID: i64 = 20;

/// An alert that was not told yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    name: String,
    labels: Vec<(String, String)>,
    /// Where it may be.
    envs: Vec<EnvId>,
    until: Time,
    /// When it was first told: what it speaks of may come a moment later.
    found: Option<Time>,
}

/// Shows what was asked for, as far as it can be shown at once.
pub(super) fn begin(app: &mut App, what: &What) {
    let env = what.env.unwrap_or_else(|| app.env());
    let table = |source: RowSource| View::Table(Box::new(TableView::of(env, source, Namespaces::All)));
    if let Some(remark) = &what.remark {
        app.flash_for(SAID, Tone::Problem, remark.clone());
    }
    let view = match &what.aim {
        Aim::Environment => return,
        Aim::Alerts => table(RowSource::Alerts),
        Aim::Silences => table(RowSource::Silences),
        Aim::Silence(id) => {
            app.workspace.replace_front(table(RowSource::Silences));
            let title = format!("silence in {}", app.environment(env).map_or("", |e| e.shown()));
            View::Page(Box::new(PagePane::live(env, title, Live::Silence(id.as_str().into()))))
        }
        Aim::Alert { name, labels } => {
            let mut view = TableView::of(env, RowSource::Alerts, Namespaces::All);
            view.filter = format!("name:{name}");
            app.workspace.replace_front(View::Table(Box::new(view)));
            app.workspace.follow_findings(false);
            let all = app.store.iter().filter(|(_, seen)| seen.alerts.is_expected()).map(|(env, _)| env);
            app.sought = Some(Sought {
                name: name.clone(),
                labels: labels.clone(),
                envs: what.env.map_or_else(|| all.collect(), |env| vec![env]),
                until: app.now + PATIENCE,
                found: None,
            });
            return;
        }
        Aim::Query { query, range } => {
            let mut pane = MetricsPane::ad_hoc(env, query, app.has_prometheus_at(env));
            pane.look(range.span, range.until, app.now);
            View::Metrics(Box::new(pane))
        }
        Aim::Board {
            uid,
            namespace,
            workload,
            pod,
            range,
        } => {
            let mut pane = MetricsPane::new(
                env,
                target(namespace, workload, pod),
                &app.config.panels,
                app.has_prometheus_at(env),
            );
            pane.look(range.span, range.until, app.now);
            let is_it = |path: &str| path.trim_start_matches('/').split(['/', '?']).nth(1) == Some(uid.as_str());
            let board = app.config.dashboards.iter().find(|dashboard| is_it(&dashboard.path));
            if let Some(board) = board.and_then(|dashboard| dashboard.boards.first()) {
                pane.to_board(board);
            }
            View::Metrics(Box::new(pane))
        }
        Aim::Object { namespace, kind, name } => {
            let namespaces = match namespace.as_str() {
                "" => Namespaces::All,
                one => Namespaces::one(one),
            };
            let mut view = TableView::new(env, kind.clone(), namespaces.clone());
            view.filter = format!("name:{name}");
            app.workspace.replace_front(View::Table(Box::new(view)));
            // Only where it can be one: a name alone may be in several namespaces.
            let is_whole = !namespace.is_empty() || kind.known().is_some_and(|known| !known.info().namespaced);
            if !is_whole || kind.known().is_none() {
                app.workspace.follow_findings(false);
                return;
            }
            let object = ObjectRef {
                kind: kind.clone(),
                namespace: namespace.as_str().into(),
                name: name.as_str().into(),
            };
            View::Explain(Box::new(ExplainPane::new(env, object, None)))
        }
    };
    app.workspace.follow_findings(false);
    match what.aim {
        Aim::Object { .. } | Aim::Silence(_) => app.workspace.push(view),
        _ => app.workspace.replace_front(view),
    }
}

/// What a dashboard's variables mean.
fn target(namespace: &str, workload: &str, pod: &str) -> Target {
    let object = |known: Known, name: &str| ObjectRef {
        kind: known.into(),
        namespace: namespace.into(),
        name: name.into(),
    };
    match (namespace, workload, pod) {
        ("", ..) => Target::Environment(Namespaces::All),
        (_, _, pod) if !pod.is_empty() => Target::Pod(object(Known::Pod, pod)),
        (_, workload, _) if !workload.is_empty() => Target::Workload(object(Known::Deployment, workload)),
        (namespace, ..) => Target::Environment(Namespaces::one(namespace)),
    }
}

/// Goes to the alert that is looked for as soon as it is told; says where it was looked for in vain.
pub(super) fn settle(app: &mut App) {
    let Some(sought) = app.sought.clone() else { return };
    let fits = |alert: &&Alert| *alert.name == *sought.name && sought.labels.iter().all(|(name, value)| alert.label(name) == value);
    // Alerts are in the order of concern: the first of the worst.
    let found = sought.envs.iter().filter_map(|env| {
        let seen = app.store.env(*env)?;
        Some((*env, seen.alerts.all().iter().find(fits)?))
    });
    let found = found.max_by_key(|(_, alert)| (alert.state, alert.gravity()));
    if let Some((env, alert)) = found {
        let seen = app.store.env(env);
        let object = seen.and_then(|seen| seen.spoken(&alert.labels));
        let first = sought.found.unwrap_or(app.now);
        let is_judged = seen.is_some_and(crate::store::EnvStore::is_judged) || !app.connected.contains(&env);
        if !is_judged && first.age(app.now) < OBJECT {
            if let Some(sought) = &mut app.sought {
                sought.found = Some(first);
            }
            return;
        }
        let alert = alert.clone();
        app.sought = None;
        show(app, env, &alert, object);
        return;
    }
    let known = |env: &EnvId| match app.store.env(*env).map(|seen| seen.alerts.known(app.now)) {
        Some(AlertsKnown::Waiting) => None,
        Some(AlertsKnown::Unknown { since, problem }) => Some(Some((*env, since, problem))),
        Some(AlertsKnown::Yes | AlertsKnown::Off) | None => Some(None),
    };
    let told: Vec<_> = sought.envs.iter().filter_map(known).collect();
    if told.len() < sought.envs.len() && app.now < sought.until {
        return;
    }
    app.sought = None;
    let names: Vec<&str> = sought.envs.iter().filter_map(|env| Some(app.environment(*env)?.shown())).collect();
    let silent = told.into_iter().flatten().next();
    let text = match (names.as_slice(), silent) {
        ([], _) => "nobody tells of alerts: `prometheus` or `alertmanager` in an environment's section does".to_owned(),
        (_, Some((env, _, problem))) => {
            let name = app.environment(env).map_or("", |e| e.shown());
            format!("whether {} fires is not known: {name}: {}", sought.name, problem.text)
        }
        (names, None) => format!("{} neither fires nor is pending in {}", sought.name, names.join(", ")),
    };
    app.flash_for(SAID, Tone::Problem, text);
    if let View::Table(table) = app.workspace.pane_mut().view_mut()
        && table.source == RowSource::Alerts
    {
        table.filter.clear();
    }
}

/// The alert beside what it speaks of; the list of alerts lies behind.
fn show(app: &mut App, env: EnvId, alert: &Alert, object: Option<ObjectRef>) {
    let uid = Uid::of(&alert.identity());
    let mut list = TableView::of(env, RowSource::Alerts, Namespaces::All);
    list.wanted = Some(alert.name.to_string());
    list.filter = format!("name:{}", alert.name);
    let state = crate::ui::panes::alerts::state(alert);
    let since = crate::model::short_age(alert.since.age(app.now));
    let name = app.environment(env).map_or("", |e| e.shown()).to_owned();
    let book = page::runbook(alert)
        .map(|book| format!(" · the runbook {book} helps: b opens it"))
        .unwrap_or_default();
    if super::has_cluster(&app.config, env) {
        app.connected.insert(env);
    }
    let whole = walk::alert_of(app, env, uid, &alert.name);
    app.workspace.replace_front(View::Table(Box::new(list)));
    match object.filter(|object| !object.kind.is(Known::Namespace)) {
        Some(object) => {
            app.workspace.push(View::Explain(Box::new(ExplainPane::new(env, object, None))));
            if app.size.0 >= WIDE {
                app.workspace.split(whole);
                app.workspace.focus = 0;
            }
        }
        None => app.workspace.push(whole),
    }
    app.workspace.follow_findings(false);
    app.flash_for(SAID, Tone::Info, format!("{} is {state} in {name} for {since}{book}", alert.name));
}

/// Cells from which on two panes stand side by side without hurting each other.
const WIDE: u16 = 110;

#[cfg(test)]
mod tests;
