//! What could be seen, and what could not: without it, "nothing found" means nothing.

use std::time::Duration;

use crate::config::Environment;
use crate::diagnosis::{IN_FRONT, vitals};
use crate::model::{AlertsKnown, Kind, Known, Link, Namespaces, ProbeState, Probed, ProblemKind, Scope, Time, UsageKey};
use crate::store::{EnvStore, Feed, FeedState, SeriesState, UsageState, Watched};

/// The kinds without which nobody can say that all is well.
const NEEDED: &[Known] = &[
    Known::Pod,
    Known::Node,
    Known::Deployment,
    Known::ReplicaSet,
    Known::StatefulSet,
    Known::DaemonSet,
];

/// One source, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `kubernetes` for the connection, the plural resource for a kind, `metrics`, `health`, `prometheus`.
    pub id: String,
    pub freshness: Freshness,
    /// What there is to say about it; empty where another source says it.
    pub detail: String,
    /// Whether nothing can be told for sure without it.
    pub needed: bool,
}

/// How true what a source says is. The order is the order of doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// As of now.
    Live,
    /// It was seen, and may have changed since.
    Stale,
    /// There is no such thing here.
    Off,
    Denied,
    /// No answer, or none in time.
    Unreachable,
}

impl Freshness {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Off => "off",
            Self::Denied => "denied",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Source {
    fn new(id: impl Into<String>, (freshness, detail): (Freshness, String)) -> Self {
        Self {
            id: id.into(),
            freshness,
            detail,
            needed: false,
        }
    }

    fn needed(mut self, needed: bool) -> Self {
        self.needed = needed;
        self
    }

    /// Whether it told anything.
    pub fn was_seen(&self) -> bool {
        matches!(self.freshness, Freshness::Live | Freshness::Stale)
    }
}

/// All sources of an environment: the connection, each kind, each namespace that is not there, metrics.
pub fn of(environment: &Environment, seen: &EnvStore, timeout: Duration, now: Time) -> Vec<Source> {
    let late = format!("no answer within {} s", timeout.as_secs());
    let namespaces = environment.home();
    // One that has only health probes is seen by those.
    let clustered = environment.kubernetes.is_some() || environment.probes.is_empty();
    let mut all = vec![Source::new("kubernetes", link(seen, &late)).needed(clustered)];
    all.extend(IN_FRONT.iter().map(|known| {
        let scopes = if known.info().namespaced {
            namespaces.scopes()
        } else {
            vec![Scope::All]
        };
        let feeds = seen.feeds_of(&Kind::Known(*known), &scopes);
        Source::new(known.info().resource, kind(seen, &feeds, &late)).needed(clustered && NEEDED.contains(known))
    }));
    all.extend(absent_namespaces(&namespaces, seen));
    if matches!(seen.link, Link::Ready(_)) {
        all.push(Source::new("metrics", metrics(&namespaces, seen, &late)));
    }
    if !environment.probes.is_empty() {
        all.push(Source::new("health", health(seen)).needed(!clustered));
    }
    if environment.prometheus.is_some() {
        all.push(Source::new("prometheus", prometheus(seen, &late)));
    }
    if seen.alerts.is_expected() {
        all.push(Source::new("alerts", alerts(seen, now)).needed(false));
    }
    all
}

/// Alerts: none of them says something only where they are known.
fn alerts(seen: &EnvStore, now: Time) -> (Freshness, String) {
    match seen.alerts.known(now) {
        AlertsKnown::Off => (Freshness::Off, String::new()),
        AlertsKnown::Yes => (Freshness::Live, String::new()),
        AlertsKnown::Waiting => (Freshness::Unreachable, "no answer in time".to_owned()),
        AlertsKnown::Unknown { problem, .. } => (Freshness::Unreachable, problem.text.to_string()),
    }
}

/// What the diagnosis asks of a Prometheus, by the worst of its questions.
fn prometheus(seen: &EnvStore, late: &str) -> (Freshness, String) {
    let asked = vitals().filter_map(|key| seen.series.get(key));
    let each = asked.map(|told| match &told.state {
        SeriesState::Live => (Freshness::Live, String::new()),
        SeriesState::Asked => (Freshness::Unreachable, late.to_owned()),
        SeriesState::Retrying { problem, .. } | SeriesState::Refused(problem) => match problem.kind {
            ProblemKind::Denied | ProblemKind::Login => (Freshness::Denied, problem.to_string()),
            _ => (Freshness::Unreachable, problem.to_string()),
        },
    });
    each.max_by_key(|(freshness, _)| *freshness)
        .unwrap_or((Freshness::Unreachable, late.to_owned()))
}

/// Health probes, as far as they could be asked.
fn health(seen: &EnvStore) -> (Freshness, String) {
    let all = seen.probes.all();
    let unasked = |probe: &&Watched| probe.answer().is_none_or(|answer| answer.state() == ProbeState::Unknown);
    let unknown: Vec<&Watched> = all.iter().filter(unasked).collect();
    let why = |probe: &&Watched| probe.answer().map_or_else(|| "no answer in time".to_owned(), Probed::wrong);
    match unknown.first() {
        None => (Freshness::Live, String::new()),
        Some(first) if unknown.len() == all.len() => (Freshness::Unreachable, why(first)),
        Some(first) => (Freshness::Live, format!("{}: {}", first.place.name, why(first))),
    }
}

fn link(seen: &EnvStore, late: &str) -> (Freshness, String) {
    match &seen.link {
        Link::Idle => (Freshness::Off, "no cluster is configured".into()),
        Link::Connecting => (Freshness::Unreachable, late.to_owned()),
        Link::Ready(server) => {
            let parts = [("", &server.version), ("at ", &server.host), ("as ", &server.user)];
            let said = parts.iter().filter(|(_, part)| !part.is_empty());
            let said: Vec<String> = said.map(|(word, part)| format!("{word}{part}")).collect();
            (Freshness::Live, said.join(" "))
        }
        Link::Lost { problem, .. } if problem.kind == ProblemKind::Denied => (Freshness::Denied, problem.to_string()),
        Link::Lost { problem, .. } => (Freshness::Unreachable, problem.to_string()),
    }
}

/// A kind, by the worst of its feeds: one namespace that is not seen is enough.
fn kind(seen: &EnvStore, feeds: &[&Feed], late: &str) -> (Freshness, String) {
    let connected = matches!(seen.link, Link::Ready(_));
    let each = feeds.iter().map(|feed| match &feed.state {
        FeedState::Live if connected => (Freshness::Live, unreadable(feed)),
        FeedState::Retrying { problem, .. } | FeedState::Denied(problem) if feed.complete => (Freshness::Stale, problem.text.to_string()),
        _ if feed.complete => (Freshness::Stale, String::new()),
        _ if !connected => (Freshness::Unreachable, String::new()),
        FeedState::Denied(problem) => (Freshness::Denied, problem.text.to_string()),
        FeedState::Absent => (Freshness::Off, "the server does not have them".into()),
        FeedState::Retrying { problem, .. } => (Freshness::Unreachable, problem.text.to_string()),
        FeedState::Live | FeedState::Starting | FeedState::Listing => (Freshness::Unreachable, late.to_owned()),
    });
    let nothing = if seen.link == Link::Idle {
        Freshness::Off
    } else {
        Freshness::Unreachable
    };
    each.max_by_key(|(freshness, _)| *freshness).unwrap_or((nothing, String::new()))
}

fn unreadable(feed: &Feed) -> String {
    match feed.unreadable {
        0 => String::new(),
        1 => "1 object could not be read".into(),
        n => format!("{n} objects could not be read"),
    }
}

/// Namespaces that were asked for and do not exist, where the namespaces may be listed.
fn absent_namespaces(namespaces: &Namespaces, seen: &EnvStore) -> Vec<Source> {
    let listed = seen.feeds_of(&Known::Namespace.into(), &[Scope::All]);
    let (Namespaces::Some(names), true) = (namespaces, listed.iter().any(|feed| feed.complete)) else {
        return Vec::new();
    };
    let known = seen.namespace_names();
    let absent = names.iter().filter(|name| !known.contains(name));
    let row = |name| Source::new(format!("namespace {name}"), (Freshness::Off, "there is no such namespace".into()));
    absent.map(|name| row(name).needed(true)).collect()
}

fn metrics(namespaces: &Namespaces, seen: &EnvStore, late: &str) -> (Freshness, String) {
    let pods = namespaces.scopes().into_iter().map(UsageKey::Pods);
    let tables = pods.chain([UsageKey::Nodes]).filter_map(|key| seen.usage(&key));
    let each = tables.map(|table| match &table.state {
        UsageState::Known => (Freshness::Live, String::new()),
        UsageState::Waiting => (Freshness::Unreachable, late.to_owned()),
        UsageState::Missing(problem) => {
            let freshness = match problem.kind {
                ProblemKind::NotFound => Freshness::Off,
                ProblemKind::Denied => Freshness::Denied,
                _ => Freshness::Unreachable,
            };
            (freshness, problem.text.to_string())
        }
    });
    each.max_by_key(|(freshness, _)| *freshness)
        .unwrap_or((Freshness::Off, String::new()))
}
