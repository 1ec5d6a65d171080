//! Which sources must run for the screen to be true: computed from what is shown, never switched by hand.

use std::collections::{HashMap, HashSet};

use super::overlay::Overlay;
use super::palette;
use super::view::View;
use super::{App, Effect};
use crate::diagnosis::{ELSEWHERE, IN_FRONT, vitals};
use crate::model::{Demand, EnvId, FeedKey, Known, LogQuery, Namespaces, Scope, Time};
use crate::store::{EnvStore, signals};
use crate::ui::panes::log::LogView;

/// A feed that nobody looks at any more runs on for so long (seconds): going back is then instant.
const LINGER: i64 = 60;

/// What was asked of the sources so far.
#[derive(Debug, Default)]
pub struct Demands {
    running: HashMap<Demand, Use>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Needed,
    /// Not needed since then.
    Idle(Time),
}

/// Compares what is needed with what runs.
pub(super) fn settle(app: &mut App) -> Vec<Effect> {
    open_books(app);
    let needed = needed(app);
    let now = app.now;
    let behind = behind(app);
    let mut effects = Vec::new();
    app.demands.running.retain(|demand, state| {
        if needed.contains(demand) {
            *state = Use::Needed;
            return true;
        }
        let since = match *state {
            Use::Idle(since) => since,
            Use::Needed => now,
        };
        *state = Use::Idle(since);
        let is_kept = match demand {
            // Lists are dear to get and cheap to keep.
            Demand::Feed(..) | Demand::Usage(..) | Demand::LogGroups(..) => true,
            // So is a login.
            Demand::Hands(_) => true,
            // Logs are the other way round: only for who looks something up in between.
            Demand::Log(..) => behind.contains(demand),
            _ => false,
        };
        let keep = is_kept && since.age(now) < LINGER;
        if !keep {
            effects.push(Effect::Stop(demand.clone()));
        }
        keep
    });
    for effect in &effects {
        if let Effect::Stop(demand) = effect {
            app.store.forget(demand);
            app.workspace.left(demand);
        }
    }
    close_books(app);
    for demand in needed {
        if !app.demands.running.contains_key(&demand) {
            app.store.expect(&demand);
            app.demands.running.insert(demand.clone(), Use::Needed);
            effects.push(Effect::Start(demand));
        }
    }
    effects
}

/// Each log on the screen has a book, with the streams in it that it means now.
fn open_books(app: &mut App) {
    for pane in app.workspace.panes_mut() {
        if let View::Log(log) = pane.view_mut() {
            let env = log.env;
            let running = &app.demands.running;
            log.attach(&mut app.store, |stream| running.contains_key(&Demand::Log(env, stream.clone())));
        }
    }
}

/// The logs that going back leads to.
fn logs_behind(app: &App) -> impl Iterator<Item = &LogView> {
    let views = app.workspace.panes().iter().flat_map(|pane| pane.behind());
    views.filter_map(|view| match view {
        View::Log(log) => Some(&**log),
        _ => None,
    })
}

/// What they read.
fn behind(app: &App) -> HashSet<Demand> {
    logs_behind(app).flat_map(|log| log.demands(app.store.env(log.env))).collect()
}

/// Closes the books that nobody looks at. One that going back leads to stays for as long as it is complete: all of its
/// streams are being read, or none of them will be.
fn close_books(app: &mut App) {
    let mut read: HashSet<(EnvId, LogQuery)> = HashSet::new();
    for view in app.workspace.panes().iter().map(super::view::Pane::view) {
        if let View::Log(log) = view {
            read.insert((log.env, log.query.clone()));
        }
    }
    for log in logs_behind(app) {
        let demands = log.demands(app.store.env(log.env));
        let mut streams = demands.iter().filter(|demand| matches!(demand, Demand::Log(..)));
        if streams.all(|demand| app.demands.running.contains_key(demand)) {
            read.insert((log.env, log.query.clone()));
        }
    }
    app.store.close_books(|env, query| read.contains(&(env, query.clone())));
}

fn needed(app: &App) -> HashSet<Demand> {
    let mut needed = HashSet::new();
    for env in &app.connected {
        needed.insert(Demand::Link(*env));
        needed.extend(watchlist(app, *env));
    }
    needed.extend(app.recorder.demands());
    let looked_at = match &app.overlay {
        Some(Overlay::Progress { draft, .. }) => app.deeds.run_of(*draft),
        _ => None,
    };
    for running in app.deeds.runs().chain(looked_at) {
        needed.extend(app.store.env(running.env()).map(|seen| running.demands(seen)).unwrap_or_default());
    }
    needed.extend(probes(app).chain(alerts(app)));
    needed.extend(listed_groups(app));
    needed.extend(super::rights::demands(app));
    needed.extend(super::deeds::hands(app));
    needed.extend(super::deeds::watches(app));
    needed.extend(metric_names(app));
    needed.extend(signals(app));
    for view in app.workspace.panes().iter().map(super::view::Pane::view) {
        let env = view.env();
        let alone = match view {
            View::Log(log) => !log.query.asks_cluster(),
            View::Insights(_) | View::Metrics(_) => true,
            _ => false,
        };
        if !app.connected.contains(&env) && !alone {
            continue;
        }
        match view {
            View::Table(table) => {
                if let Some(seen) = app.store.env(env) {
                    needed.extend(table.demands(seen));
                }
            }
            View::Text(text) => needed.extend(text.demands(app.store.env(env))),
            View::Page(page) => needed.extend(page.demands(|env| app.home(env), &app.world())),
            View::Overview(_) => {}
            View::Book(_) => needed.extend(super::books::demands(app)),
            View::Insights(pane) => needed.extend(pane.demands(app.store.env(env))),
            View::Log(log) => needed.extend(log.demands(app.store.env(env))),
            View::Explain(pane) => needed.extend(pane.demands(app.store.env(env))),
            View::Metrics(pane) => needed.extend(pane.demands()),
        }
    }
    needed
}

/// Which metrics there are, while a question to the Prometheus is typed.
fn metric_names(app: &App) -> Option<Demand> {
    let Some(Overlay::Palette { input, .. }) = &app.overlay else {
        return None;
    };
    let known = app.seen().is_some_and(|seen| matches!(seen.series_names, Some(Ok(_))));
    (palette::asks_prometheus(input.text()) && !known).then(|| Demand::SeriesNames(app.env()))
}

/// Which log groups there are, while a line is typed that may name some.
fn listed_groups(app: &App) -> Vec<Demand> {
    let Some(Overlay::Palette { input, .. }) = &app.overlay else {
        return Vec::new();
    };
    let places = app.seen().map_or(0, |seen| seen.clouds.len());
    let named = (0..).take(places).filter(|_| palette::names_log_groups(input.text()));
    named.map(|number| Demand::LogGroups(app.env(), number)).collect()
}

/// The health of every environment, looked at or not: a service that is down is not only news where somebody looks.
fn probes(app: &App) -> impl Iterator<Item = Demand> {
    app.store.iter().flat_map(|(env, seen)| {
        let numbers = 0..u16::try_from(seen.probes.all().len()).unwrap_or(u16::MAX);
        numbers.map(move |number| Demand::Probe(env, number))
    })
}

/// The alerts of every environment, looked at or not.
fn alerts(app: &App) -> impl Iterator<Item = Demand> {
    let told = app.store.iter().filter(|(_, seen)| seen.alerts.is_expected());
    told.map(|(env, _)| Demand::Alerts(env))
}

/// What the tiles of the overview show of every environment's Prometheus, while it is looked at.
fn signals(app: &App) -> Vec<Demand> {
    let mut views = app.workspace.panes().iter().map(super::view::Pane::view);
    if !views.any(|view| matches!(view, View::Overview(_))) {
        return Vec::new();
    }
    let told = app
        .store
        .iter()
        .filter(|(env, _)| app.environment(*env).is_some_and(|e| e.prometheus.is_some()));
    told.flat_map(|(env, _)| signals::questions().map(move |key| Demand::Series(env, key.clone())))
        .collect()
}

/// What is watched of every connected environment, looked at or not: enough to say how it is. Of the one in front, all
/// that the diagnosis reads.
fn watchlist(app: &App, env: EnvId) -> Vec<Demand> {
    let feed = |known: Known, scope: Scope| Demand::Feed(env, FeedKey { kind: known.into(), scope });
    let mut demands = vec![feed(Known::Node, Scope::All), feed(Known::Namespace, Scope::All)];
    let namespaces = app.home(env);
    let front = env == app.env();
    // The rows that somebody waits for come first; what explains them may come a moment later.
    let kinds = if front && app.store.env(env).is_some_and(EnvStore::is_judged) {
        IN_FRONT
    } else {
        ELSEWHERE
    };
    if front {
        let wanted = app.diagnosis(env).zip(app.store.env(env));
        let tails = wanted
            .map(|(diagnosis, seen)| diagnosis.wanted_tails(seen, app.now))
            .unwrap_or_default();
        demands.extend(tails.into_iter().map(|tail| Demand::Tail(env, tail)));
        let settings = app.environment(env).and_then(|e| e.kubernetes.as_ref());
        if settings.is_some_and(|settings| settings.kubelet_metrics) {
            demands.push(Demand::Volumes(env));
        }
        if app.environment(env).is_some_and(|e| e.prometheus.is_some()) {
            demands.extend(vitals().map(|key| Demand::Series(env, key.clone())));
        }
    }
    for known in kinds.iter().copied().filter(|known| known.info().namespaced) {
        match &namespaces {
            Namespaces::All => demands.push(feed(known, Scope::All)),
            Namespaces::Some(names) => {
                let covering = |name: &std::sync::Arc<str>| app.store.env(env).map(|seen| seen.covering(&known.into(), name));
                demands.extend(names.iter().filter_map(covering).map(|scope| feed(known, scope)));
            }
        }
    }
    demands
}
