//! Alerting rules over the world's series: which alerts are pending and which fire, since when.
//!
//! Nothing runs by itself: whoever asks brings the rules up to the world's time, step by step on a fixed grid, so
//! that the same world has the same alerts whenever they are asked for.

mod table;
mod template;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use promql_parser::parser::Expr;

use super::promql::{self, Data, Grid, Labels, NAME, Outcome};
use crate::sim::physics::series::{Series, SeriesId, labels};
use crate::sim::shared::SharedWorld;

pub use table::{GROUPS, Group, RUNBOOKS, Rule};

/// Between two evaluations, in milliseconds.
pub const INTERVAL: i64 = 15_000;

/// How far back the first evaluation begins, in milliseconds: longer than any rule holds back.
const HISTORY: i64 = 3_600_000;

/// How many steps are evaluated at once: what they need is copied out of the world meanwhile.
const STEPS: i64 = 40;

/// Whether an alert has held for long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Pending,
    Firing,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// One alert.
#[derive(Clone, Debug)]
pub struct Alert {
    pub rule: &'static Rule,
    /// With `alertname`, severity and team.
    pub labels: Labels,
    pub state: State,
    /// When its expression began to hold.
    pub active: Timestamp,
    /// When it began to fire.
    pub fired: Option<Timestamp>,
    /// When it was last evaluated.
    pub seen: Timestamp,
    pub value: f64,
}

impl Alert {
    /// The annotations, in the order of their names.
    pub fn annotations(&self) -> [(&'static str, String); 3] {
        let told = |text| template::expand(text, &self.labels, self.value);
        [
            ("description", told(self.rule.description)),
            ("runbook_url", format!("{RUNBOOKS}{}", self.rule.runbook)),
            ("summary", told(self.rule.summary)),
        ]
    }
}

/// Which platform the alerts are about.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where people reach this Prometheus: links in alerts begin so.
    pub url: String,
    /// Labels that every alert carries once it leaves for Alertmanager: cluster, environment.
    pub external: Vec<(String, String)>,
}

/// The rules of one world, and their alerts.
#[derive(Debug)]
pub struct Rules {
    world: Arc<SharedWorld>,
    pub site: Site,
    rules: Vec<(&'static Rule, Expr)>,
    state: Mutex<Memory>,
}

/// An alert by rule and labels.
type Which = (usize, Labels);

/// What is remembered between evaluations.
#[derive(Debug, Default)]
struct Memory {
    last: Option<i64>,
    active: BTreeMap<Which, Alert>,
    /// `ALERTS` and `ALERTS_FOR_STATE`.
    series: Series,
}

/// The alerts of this moment, locked.
pub struct Alerts<'a>(MutexGuard<'a, Memory>);

impl Alerts<'_> {
    /// All alerts, by rule and labels.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.0.active.values()
    }

    /// The alerts of one rule.
    pub fn of(&self, rule: &Rule) -> impl Iterator<Item = &Alert> {
        self.iter().filter(move |alert| std::ptr::eq(alert.rule, rule))
    }

    /// When the rules were last evaluated.
    pub fn evaluated(&self) -> Timestamp {
        self.0.last.map_or(Timestamp::UNIX_EPOCH, time)
    }

    /// The alerts as series, which PromQL can ask for.
    pub fn series(&self) -> &Series {
        &self.0.series
    }
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

impl Rules {
    /// The platform's rules over this world.
    pub fn new(world: Arc<SharedWorld>, site: Site) -> Arc<Self> {
        let rules = GROUPS.iter().flat_map(|group| group.rules);
        Arc::new(Self {
            world,
            site,
            rules: rules.filter_map(|rule| Some((rule, promql::parse(rule.expr).ok()?))).collect(),
            state: Mutex::default(),
        })
    }

    /// The alerts at the world's time.
    pub fn alerts(&self) -> Alerts<'_> {
        let mut memory = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.world.read().now().as_millisecond();
        let newest = now.div_euclid(INTERVAL) * INTERVAL;
        let mut last = memory.last.unwrap_or(newest - HISTORY - INTERVAL);
        while last < newest {
            let count = ((newest - last) / INTERVAL).min(STEPS);
            let grid = Grid {
                start: last + INTERVAL,
                step: INTERVAL,
                count: usize::try_from(count).unwrap_or(1),
            };
            self.evaluate(&mut memory, &grid);
            last = grid.end();
            memory.last = Some(last);
        }
        Alerts(memory)
    }

    /// Takes the alerts through these steps.
    fn evaluate(&self, memory: &mut Memory, grid: &Grid) {
        for (number, (rule, expr)) in self.rules.iter().enumerate() {
            let data = {
                let world = self.world.read();
                Data::fetch(expr, &[&world.physics.series], grid)
            };
            let outcome = data.and_then(|data| promql::over(expr, &data, grid));
            // A rule that cannot be evaluated says nothing: its alerts end.
            let lines = match outcome {
                Ok(Outcome::Vector(lines)) => lines,
                _ => Vec::new(),
            };
            let mut held: BTreeMap<Which, Vec<Option<f64>>> = BTreeMap::new();
            for line in lines {
                held.insert((number, of_alert(line.labels, rule)), line.values);
            }
            for which in memory.active.keys().filter(|(of, _)| *of == number) {
                held.entry(which.clone()).or_default();
            }
            for (which, values) in held {
                for (step, at) in grid.times().enumerate() {
                    memory.step(&which, rule, at, values.get(step).copied().flatten());
                }
            }
        }
    }
}

/// The labels of an alert of this rule over a series.
fn of_alert(mut labels: Labels, rule: &Rule) -> Labels {
    labels.remove(NAME);
    for (name, value) in [("alertname", rule.name), ("severity", rule.severity), ("team", rule.team)] {
        labels.insert(Arc::from(name), Arc::from(value));
    }
    labels
}

impl Memory {
    /// One evaluation of one alert: its value, or none where its expression does not hold.
    fn step(&mut self, which: &Which, rule: &'static Rule, at: i64, value: Option<f64>) {
        let Some(value) = value else {
            if let Some(alert) = self.active.remove(which) {
                self.tell(&alert.labels, alert.state, at, None);
                let since = self.since(&alert.labels);
                self.series.end(since, time(at));
            }
            return;
        };
        let now = time(at);
        let alert = self.active.entry(which.clone()).or_insert_with(|| Alert {
            rule,
            labels: which.1.clone(),
            state: State::Pending,
            active: now,
            fired: None,
            seen: now,
            value,
        });
        (alert.value, alert.seen) = (value, now);
        let before = alert.state;
        if alert.state == State::Pending && now.duration_since(alert.active) >= SignedDuration::from_secs(rule.hold) {
            alert.state = State::Firing;
            alert.fired = Some(now);
        }
        let alert = alert.clone();
        if before != alert.state && alert.active < now {
            self.tell(&alert.labels, before, at, None);
        }
        self.tell(&alert.labels, alert.state, at, Some(1.0));
        let since = self.since(&alert.labels);
        self.series.push(since, now, alert.active.as_second() as f64);
    }

    /// Writes to `ALERTS`; `None` ends the series.
    fn tell(&mut self, alert: &Labels, state: State, at: i64, value: Option<f64>) {
        let mut all = labels("ALERTS", &[("alertstate", state.word())]);
        all.extend(alert.iter().map(|(k, v)| (Arc::clone(k), Arc::clone(v))));
        let id = self.series.id(all);
        match value {
            Some(value) => self.series.push(id, time(at), value),
            None => self.series.end(id, time(at)),
        }
    }

    fn since(&mut self, alert: &Labels) -> SeriesId {
        let mut all = labels("ALERTS_FOR_STATE", &[]);
        all.extend(alert.iter().map(|(k, v)| (Arc::clone(k), Arc::clone(v))));
        self.series.id(all)
    }
}

#[cfg(test)]
mod tests;
