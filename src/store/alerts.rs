//! The alerts of an environment: of its Prometheus and its Alertmanagers, each once; whether they are known at all; and which
//! ones have come and gone since this program looks.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::model::{
    Alert, AlertState, AlertsFrom, AlertsKnown, AlertsTold, DownTarget, FailingRule, Problem, ProblemKind, Severity, SilenceTold, Time, Uid,
};

/// What was told longer ago says nothing of now (seconds): six rounds.
const STALE: i64 = 90;
/// Rules that were not evaluated for so long say nothing of now, either (seconds).
const UNEVALUATED: i64 = 300;
/// Alerts that are over and remembered.
const PAST: usize = 500;
/// Alerts of one name that are compared label by label.
const COMPARED: usize = 200;

/// All that is known of an environment's alerts.
#[derive(Debug, Default)]
pub struct Alerts {
    expected: Vec<AlertsFrom>,
    voices: BTreeMap<AlertsFrom, Voice>,
    merged: Vec<Alert>,
    /// Who an alert is that an Alertmanager tells of under more labels than its Prometheus does: either may be heard first, and
    /// what was opened by one name is found by the other.
    namesakes: HashMap<Uid, Uid>,
    /// How many there are, those that were too many to keep included.
    total: usize,
    past: VecDeque<PastAlert>,
    /// Grows with everything that is news.
    pub version: u64,
}

#[derive(Debug, Default)]
struct Voice {
    /// What it told last, and when.
    told: Option<(Time, Arc<AlertsTold>)>,
    /// Why it tells nothing now, and since when.
    trouble: Option<(Time, Problem)>,
}

/// An alert that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct PastAlert {
    pub uid: Uid,
    pub name: Box<str>,
    pub since: Time,
    /// When it was found to be over.
    pub until: Time,
}

/// A silence that is not over.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingSilence {
    pub silence: SilenceTold,
    /// The Alertmanagers that have it, by their numbers in the configuration.
    pub at: Vec<u16>,
    /// The alerts that it hides now.
    pub hides: Vec<Alert>,
}

impl StandingSilence {
    /// What tells it from the others.
    pub fn uid(&self) -> Uid {
        Uid::of(&format!("silence/{}", self.silence.id))
    }
}

/// How many alerts fire, by how bad they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCount {
    pub critical: usize,
    pub warning: usize,
    pub info: usize,
    pub pending: usize,
    pub suppressed: usize,
}

impl Alerts {
    /// Those who are asked.
    pub fn of(expected: Vec<AlertsFrom>) -> Self {
        Self {
            expected,
            ..Self::default()
        }
    }

    /// Whether anybody is asked.
    pub fn is_expected(&self) -> bool {
        !self.expected.is_empty()
    }

    pub(super) fn apply(&mut self, from: AlertsFrom, at: Time, news: Result<Arc<AlertsTold>, Problem>) {
        let voice = self.voices.entry(from).or_default();
        match news {
            Err(problem) => {
                let since = voice.trouble.as_ref().map_or(at, |(since, _)| *since);
                let is_same = voice.trouble.as_ref().is_some_and(|(_, before)| *before == problem);
                voice.trouble = Some((since, problem));
                self.version += u64::from(!is_same);
            }
            Ok(told) => {
                let is_back = voice.trouble.take().is_some();
                let before = voice.told.replace((at, told.clone()));
                let is_same = before.is_some_and(|(_, before)| is_same(&before, &told)) && !is_back;
                if !is_same {
                    self.version += 1;
                    self.merge(at);
                }
            }
        }
    }

    /// Puts together what all of them tell.
    fn merge(&mut self, at: Time) {
        let told = |from: &AlertsFrom| self.voices.get(from).and_then(|voice| voice.told.as_ref());
        let mut merged: Vec<Alert> = told(&AlertsFrom::Prometheus)
            .map(|(_, told)| told.alerts.clone())
            .unwrap_or_default();
        let mut total = told(&AlertsFrom::Prometheus).map_or(0, |(_, told)| told.total);
        let mut by_identity: HashMap<String, usize> = merged.iter().map(Alert::identity).zip(0..).collect();
        let mut by_name: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (at, alert) in merged.iter().enumerate() {
            by_name.entry(alert.name.clone()).or_default().push(at);
        }
        let mut namesakes = HashMap::new();
        let managers = self.voices.iter().filter(|(from, _)| **from != AlertsFrom::Prometheus);
        for (_, told) in managers.filter_map(|(_, voice)| voice.told.as_ref()) {
            total = total.max(told.total);
            for alert in &told.alerts {
                let found = by_identity.get(&alert.identity()).copied();
                // On its way a Prometheus adds labels of its own (external_labels).
                let within = || {
                    let same = by_name.get(&alert.name).filter(|same| same.len() <= COMPARED)?;
                    same.iter()
                        .copied()
                        .find(|at| merged.get(*at).is_some_and(|ours| has_labels_of(alert, ours)))
                };
                match found.or_else(within).and_then(|at| merged.get_mut(at)) {
                    Some(ours) => {
                        if found.is_none() {
                            namesakes.insert(uid(alert), uid(ours));
                        }
                        join(ours, alert);
                    }
                    None => {
                        by_identity.insert(alert.identity(), merged.len());
                        merged.push(alert.clone());
                    }
                }
            }
        }
        self.namesakes.extend(namesakes);
        self.remember(&merged, at);
        // As long as one of the two is told of, or remembered.
        let mut there: HashSet<Uid> = merged.iter().map(uid).collect();
        there.extend(self.past.iter().map(|past| past.uid));
        self.namesakes.retain(|theirs, ours| there.contains(theirs) || there.contains(ours));
        self.total = total.max(merged.len());
        self.merged = in_order(merged);
    }

    /// Remembers what fired and does no longer.
    fn remember(&mut self, merged: &[Alert], at: Time) {
        let fires = |alert: &&Alert| alert.state != AlertState::Pending;
        let now: HashSet<Uid> = merged.iter().filter(fires).map(|alert| self.chief(uid(alert))).collect();
        let over = self.merged.iter().filter(fires);
        let over: Vec<PastAlert> = over
            .map(|alert| (self.chief(uid(alert)), alert))
            .filter(|(uid, _)| !now.contains(uid))
            .map(|(uid, alert)| PastAlert {
                uid,
                name: alert.name.clone(),
                since: alert.since,
                until: at,
            })
            .collect();
        self.past.extend(over);
        while self.past.len() > PAST {
            self.past.pop_front();
        }
    }

    /// The alerts, the worst first; those of one name together.
    pub fn all(&self) -> &[Alert] {
        &self.merged
    }

    /// How many there are, those that were too many to keep included.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The alert of this identity, by whomever it is told.
    pub fn get(&self, wanted: Uid) -> Option<&Alert> {
        let wanted = self.chief(wanted);
        self.merged.iter().find(|alert| self.chief(uid(alert)) == wanted)
    }

    /// What an alert goes by where it has two names.
    fn chief(&self, uid: Uid) -> Uid {
        self.namesakes.get(&uid).copied().unwrap_or(uid)
    }

    /// When an alert of this identity fired before, since this program looks.
    pub fn past(&self, uid: Uid) -> impl DoubleEndedIterator<Item = &PastAlert> {
        let uid = self.chief(uid);
        self.past.iter().filter(move |past| past.uid == uid)
    }

    /// Rules that cannot be evaluated.
    pub fn failing(&self) -> &[FailingRule] {
        self.prometheus().map_or(&[], |told| &told.failing)
    }

    /// Targets that cannot be scraped, and how many there are in all.
    pub fn down(&self) -> (&[DownTarget], usize) {
        self.prometheus().map_or((&[], 0), |told| (&told.down, told.targets))
    }

    /// What the Prometheus told last, if it tells anything now.
    fn prometheus(&self) -> Option<&AlertsTold> {
        let voice = self.voices.get(&AlertsFrom::Prometheus)?;
        voice.told.as_ref().filter(|_| voice.trouble.is_none()).map(|(_, told)| &**told)
    }

    /// The alert that always fires does not: it should, by the rules, or it does not reach an Alertmanager that answers.
    pub fn watchdog_is_missing(&self) -> Option<&'static str> {
        let told = self.prometheus().filter(|told| told.has_watchdog)?;
        let Some(watchdog) = told.alerts.iter().find(|alert| alert.is_watchdog()) else {
            return Some("it does not fire in Prometheus");
        };
        let mut managers = self.voices.iter().filter(|(from, _)| **from != AlertsFrom::Prometheus);
        let is_heard = |voice: &Voice| {
            let told = voice.told.as_ref().filter(|_| voice.trouble.is_none());
            told.map(|(_, told)| told.alerts.iter().any(|alert| alert.name == watchdog.name))
        };
        let heard: Vec<bool> = managers.by_ref().filter_map(|(_, voice)| is_heard(voice)).collect();
        (!heard.is_empty() && !heard.contains(&true)).then_some("it fires in Prometheus and does not reach the Alertmanager")
    }

    /// An Alertmanager that does not answer while another source does: who was told of alerts is not known.
    pub fn silent_manager(&self) -> Option<(Time, &Problem)> {
        let managers = self.voices.iter().filter(|(from, _)| **from != AlertsFrom::Prometheus);
        let troubled = managers.filter_map(|(_, voice)| voice.trouble.as_ref());
        troubled.map(|(since, problem)| (*since, problem)).min_by_key(|(since, _)| *since)
    }

    /// Whether the alerts are known. An Alertmanager lets them go when the Prometheus that feeds it is silent: where there is
    /// one, it decides.
    pub fn known(&self, now: Time) -> AlertsKnown {
        let Some(decides) = self.expected.first() else {
            return AlertsKnown::Off;
        };
        if *decides == AlertsFrom::Prometheus {
            return self.voices.get(decides).map_or(AlertsKnown::Waiting, |voice| voice.known(now));
        }
        let all: Vec<AlertsKnown> = self
            .expected
            .iter()
            .filter_map(|from| self.voices.get(from))
            .map(|voice| voice.known(now))
            .collect();
        let waiting = if all.len() < self.expected.len() {
            AlertsKnown::Waiting
        } else {
            AlertsKnown::Off
        };
        match all.iter().find(|known| **known == AlertsKnown::Yes) {
            Some(_) => AlertsKnown::Yes,
            None if waiting == AlertsKnown::Waiting => AlertsKnown::Waiting,
            None => all.into_iter().next().unwrap_or(AlertsKnown::Waiting),
        }
    }

    /// The silences that are not over, each once, the first to end first, with what they hide now.
    pub fn silences(&self) -> Vec<StandingSilence> {
        let mut all: Vec<StandingSilence> = Vec::new();
        for (from, voice) in &self.voices {
            let (AlertsFrom::Alertmanager(number), Some((_, told))) = (from, &voice.told) else {
                continue;
            };
            for silence in told.silences.iter().flatten() {
                match all.iter_mut().find(|standing| standing.silence.id == silence.id) {
                    Some(standing) => standing.at.push(*number),
                    None => all.push(StandingSilence {
                        silence: silence.clone(),
                        at: vec![*number],
                        hides: Vec::new(),
                    }),
                }
            }
        }
        for alert in &self.merged {
            for id in &alert.silenced {
                if let Some(standing) = all.iter_mut().find(|standing| standing.silence.id == *id) {
                    standing.hides.push(alert.clone());
                }
            }
        }
        all.sort_by(|a, b| (a.silence.ends, &a.silence.id).cmp(&(b.silence.ends, &b.silence.id)));
        all
    }

    /// Whether any Alertmanager tells of its silences.
    pub fn tells_silences(&self) -> bool {
        let mut told = self.voices.values().filter_map(|voice| voice.told.as_ref());
        told.any(|(_, told)| told.silences.is_some())
    }

    /// How many fire. What always fires is not counted.
    pub fn count(&self) -> AlertCount {
        let mut count = AlertCount::default();
        for alert in self.merged.iter().filter(|alert| !alert.is_watchdog()) {
            let one = match (alert.state, alert.gravity()) {
                (AlertState::Suppressed, _) => &mut count.suppressed,
                (AlertState::Pending, _) => &mut count.pending,
                (AlertState::Firing, Severity::Critical) => &mut count.critical,
                (AlertState::Firing, Severity::Warning) => &mut count.warning,
                (AlertState::Firing, Severity::Info) => &mut count.info,
            };
            *one += 1;
        }
        count
    }

    /// When the oldest of those who are asked was heard last.
    pub fn heard(&self) -> Option<Time> {
        self.voices
            .values()
            .filter_map(|voice| voice.told.as_ref())
            .map(|(at, _)| *at)
            .min()
    }
}

impl Voice {
    fn known(&self, now: Time) -> AlertsKnown {
        let unknown = |since: Time, problem: Problem| AlertsKnown::Unknown { since, problem };
        match (&self.told, &self.trouble) {
            (told, Some((since, problem))) => unknown(told.as_ref().map_or(*since, |(at, _)| *at), problem.clone()),
            (None, None) => AlertsKnown::Waiting,
            (Some((at, _)), None) if at.age(now) > STALE => unknown(*at, Problem::new(ProblemKind::TimedOut, "no answer since then")),
            (Some((at, told)), None) if told.evaluated.is_known() && told.evaluated.age(*at) > UNEVALUATED => unknown(
                told.evaluated,
                Problem::new(ProblemKind::Server, "its rules were not evaluated since then"),
            ),
            (Some(_), None) => AlertsKnown::Yes,
        }
    }
}

/// Whether nothing is new but the time.
fn is_same(before: &AlertsTold, now: &AlertsTold) -> bool {
    let down = |told: &AlertsTold| {
        told.down
            .iter()
            .map(|target| (target.instance.clone(), target.error.clone()))
            .collect::<Vec<_>>()
    };
    before.alerts == now.alerts
        && before.total == now.total
        && before.silences == now.silences
        && before.targets == now.targets
        && before.has_watchdog == now.has_watchdog
        && before.failing.len() == now.failing.len()
        && down(before) == down(now)
        && (before.evaluated.age(now.evaluated) <= UNEVALUATED)
}

fn uid(alert: &Alert) -> Uid {
    Uid::of(&alert.identity())
}

/// Whether an alert has all labels of another one.
fn has_labels_of(alert: &Alert, other: &Alert) -> bool {
    other.labels.iter().all(|(name, value)| alert.label(name) == value)
}

/// The same alert, as an Alertmanager tells it.
fn join(ours: &mut Alert, managed: &Alert) {
    ours.is_routed = true;
    if managed.state == AlertState::Suppressed && ours.state == AlertState::Firing {
        ours.state = AlertState::Suppressed;
    }
    let add = |to: &mut Box<[Box<str>]>, more: &[Box<str>]| {
        let mut all = to.to_vec();
        all.extend(more.iter().filter(|id| !to.contains(id)).cloned());
        *to = all.into();
    };
    add(&mut ours.silenced, &managed.silenced);
    add(&mut ours.inhibited, &managed.inhibited);
    if ours.generator.is_empty() {
        ours.generator.clone_from(&managed.generator);
    }
    if ours.runbook.is_empty() {
        ours.runbook.clone_from(&managed.runbook);
    }
}

/// What fires before what does not yet, the worst first, those of one name together, the newest first.
fn in_order(mut alerts: Vec<Alert>) -> Vec<Alert> {
    let mut newest: HashMap<(AlertState, Box<str>), (Severity, Time)> = HashMap::new();
    for alert in &alerts {
        let entry = newest
            .entry((alert.state, alert.name.clone()))
            .or_insert((Severity::Info, Time(i64::MIN)));
        *entry = (entry.0.max(alert.gravity()), entry.1.max(alert.since));
    }
    alerts.sort_by_cached_key(|alert| {
        let group = newest
            .get(&(alert.state, alert.name.clone()))
            .copied()
            .unwrap_or((Severity::Info, Time::NEVER));
        let newest_first = |time: Time| std::cmp::Reverse(time);
        (
            std::cmp::Reverse((alert.state, group.0)),
            newest_first(group.1),
            alert.name.clone(),
            std::cmp::Reverse(alert.gravity()),
            newest_first(alert.since),
            alert.identity(),
        )
    });
    alerts
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_800_000_000);

    fn alert(name: &str, severity: &str, state: AlertState, ago: i64, more: &[(&str, &str)]) -> Alert {
        let mut labels: Vec<(Box<str>, Box<str>)> = more.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        labels.push(("alertname".into(), name.into()));
        labels.push(("severity".into(), severity.into()));
        labels.sort();
        Alert {
            name: name.into(),
            severity: severity.into(),
            state,
            since: NOW + -ago,
            labels: labels.into(),
            ..Alert::default()
        }
    }

    fn told(alerts: Vec<Alert>) -> Result<Arc<AlertsTold>, Problem> {
        Ok(Arc::new(AlertsTold {
            total: alerts.len(),
            alerts,
            evaluated: NOW,
            ..AlertsTold::default()
        }))
    }

    fn both() -> Alerts {
        Alerts::of(vec![
            AlertsFrom::Prometheus,
            AlertsFrom::Alertmanager(0),
            AlertsFrom::Alertmanager(1),
        ])
    }

    fn names(alerts: &Alerts) -> Vec<String> {
        alerts
            .all()
            .iter()
            .map(|alert| format!("{} {}", alert.name, alert.state.word()))
            .collect()
    }

    #[test]
    fn what_several_tell_is_there_once_with_what_each_of_them_knows() {
        use AlertState::{Firing, Pending, Suppressed};
        let mut alerts = both();
        alerts.apply(
            AlertsFrom::Prometheus,
            NOW,
            told(vec![
                alert("A", "critical", Firing, 60, &[("pod", "x")]),
                alert("A", "critical", Firing, 50, &[("pod", "y")]),
                alert("B", "warning", Pending, 10, &[]),
            ]),
        );
        // With a label that was added on the way, and once more in the other one.
        let mut silenced = alert("A", "critical", Suppressed, 60, &[("pod", "x"), ("cluster", "prod")]);
        silenced.silenced = ["s1".into()].into();
        alerts.apply(
            AlertsFrom::Alertmanager(0),
            NOW,
            told(vec![silenced.clone(), alert("C", "info", Firing, 5, &[])]),
        );
        alerts.apply(
            AlertsFrom::Alertmanager(1),
            NOW,
            told(vec![silenced, alert("C", "info", Firing, 5, &[])]),
        );
        assert_eq!(names(&alerts), ["A firing", "C firing", "B pending", "A suppressed"]);
        let last = &alerts.all()[3];
        assert_eq!((last.label("pod"), last.silenced.len(), last.is_routed), ("x", 1, true));
        let count = alerts.count();
        assert_eq!((count.critical, count.info, count.pending, count.suppressed), (1, 1, 1, 1));
    }

    #[test]
    fn a_prometheus_that_is_silent_makes_alerts_unknown_whatever_the_alertmanager_says() {
        let mut alerts = both();
        assert_eq!(alerts.known(NOW), AlertsKnown::Waiting);
        alerts.apply(AlertsFrom::Prometheus, NOW, told(vec![]));
        alerts.apply(AlertsFrom::Alertmanager(0), NOW, told(vec![]));
        assert_eq!(alerts.known(NOW + 30), AlertsKnown::Yes);
        let refused = || Problem::new(ProblemKind::Unreachable, "connection refused by p:9090");
        alerts.apply(AlertsFrom::Prometheus, NOW + 40, Err(refused()));
        alerts.apply(AlertsFrom::Prometheus, NOW + 60, Err(refused()));
        alerts.apply(AlertsFrom::Alertmanager(0), NOW + 60, told(vec![]));
        let AlertsKnown::Unknown { since, problem } = alerts.known(NOW + 61) else {
            panic!()
        };
        assert_eq!((since, problem), (NOW, refused()), "since it was heard last");
        alerts.apply(AlertsFrom::Prometheus, NOW + 70, told(vec![]));
        assert_eq!(alerts.known(NOW + 71), AlertsKnown::Yes);
        // It hangs: nothing more is told.
        assert!(matches!(alerts.known(NOW + 70 + 91), AlertsKnown::Unknown { since, .. } if since == NOW + 70));
        // It answers, and evaluates nothing any more.
        let still = AlertsTold {
            evaluated: NOW,
            ..AlertsTold::default()
        };
        alerts.apply(AlertsFrom::Prometheus, NOW + 400, Ok(Arc::new(still)));
        assert!(matches!(alerts.known(NOW + 400), AlertsKnown::Unknown { since, .. } if since == NOW));
    }

    #[test]
    fn without_a_prometheus_one_alertmanager_that_answers_is_enough() {
        let mut alerts = Alerts::of(vec![AlertsFrom::Alertmanager(0), AlertsFrom::Alertmanager(1)]);
        let refused = || Err(Problem::new(ProblemKind::Unreachable, "refused"));
        alerts.apply(AlertsFrom::Alertmanager(0), NOW, refused());
        assert_eq!(alerts.known(NOW), AlertsKnown::Waiting);
        alerts.apply(AlertsFrom::Alertmanager(1), NOW, told(vec![]));
        assert_eq!(alerts.known(NOW), AlertsKnown::Yes);
        assert!(alerts.silent_manager().is_some());
        alerts.apply(AlertsFrom::Alertmanager(1), NOW + 9, refused());
        assert!(matches!(alerts.known(NOW + 9), AlertsKnown::Unknown { .. }));
        assert_eq!(Alerts::default().known(NOW), AlertsKnown::Off);
    }

    #[test]
    fn what_came_and_went_is_remembered() {
        let mut alerts = both();
        let fires = || alert("A", "critical", AlertState::Firing, 60, &[]);
        alerts.apply(
            AlertsFrom::Prometheus,
            NOW,
            told(vec![fires(), alert("B", "warning", AlertState::Pending, 5, &[])]),
        );
        let uid = Uid::of(&fires().identity());
        assert!(alerts.get(uid).is_some() && alerts.past(uid).next().is_none());
        let version = alerts.version;
        alerts.apply(
            AlertsFrom::Prometheus,
            NOW + 10,
            told(vec![fires(), alert("B", "warning", AlertState::Pending, 5, &[])]),
        );
        assert_eq!(alerts.version, version, "nothing new");
        alerts.apply(AlertsFrom::Prometheus, NOW + 15, told(vec![]));
        let past: Vec<_> = alerts.past(uid).map(|past| (past.since, past.until)).collect();
        assert_eq!(past, [(NOW + -60, NOW + 15)]);
        assert_eq!(alerts.past.len(), 1, "what was only pending never fired");
    }

    #[test]
    fn an_alert_is_the_same_one_whoever_tells_of_it_first() {
        use AlertState::Firing;
        let ours = || alert("A", "critical", Firing, 60, &[("pod", "x")]);
        let theirs = || alert("A", "critical", Firing, 60, &[("pod", "x"), ("cluster", "prod")]);
        let mut alerts = both();
        // The Alertmanager answers first, and what is opened then goes by its labels.
        alerts.apply(AlertsFrom::Alertmanager(0), NOW, told(vec![theirs()]));
        let opened = uid(&theirs());
        alerts.apply(AlertsFrom::Prometheus, NOW + 1, told(vec![ours()]));
        assert_eq!(alerts.all().len(), 1);
        assert_eq!(
            alerts.get(opened).map(|alert| alert.label("cluster")),
            Some(""),
            "as the Prometheus tells it"
        );
        assert!(alerts.past(opened).next().is_none(), "it is not over");
        // It is over in Prometheus, and the Alertmanager keeps it a little longer.
        alerts.apply(AlertsFrom::Prometheus, NOW + 20, told(vec![]));
        assert!(alerts.get(uid(&ours())).is_some() && alerts.get(opened).is_some());
        assert!(alerts.past(uid(&ours())).next().is_none());
        alerts.apply(AlertsFrom::Alertmanager(0), NOW + 30, told(vec![]));
        assert!(alerts.get(opened).is_none());
        for uid in [opened, uid(&ours())] {
            assert_eq!(alerts.past(uid).count(), 1, "and it was one alert");
        }
    }

    #[test]
    fn the_watchdog_is_missed_where_it_should_fire_or_arrive() {
        let watchdog = || alert("Watchdog", "none", AlertState::Firing, 9_000, &[]);
        let of = |alerts: Vec<Alert>| {
            Ok(Arc::new(AlertsTold {
                alerts,
                has_watchdog: true,
                evaluated: NOW,
                ..AlertsTold::default()
            }))
        };
        let mut alerts = both();
        alerts.apply(AlertsFrom::Prometheus, NOW, of(vec![watchdog()]));
        assert_eq!(alerts.watchdog_is_missing(), None, "no Alertmanager has answered yet");
        alerts.apply(AlertsFrom::Alertmanager(0), NOW, told(vec![]));
        assert!(alerts.watchdog_is_missing().is_some_and(|why| why.contains("does not reach")));
        alerts.apply(AlertsFrom::Alertmanager(1), NOW, told(vec![watchdog()]));
        assert_eq!(alerts.watchdog_is_missing(), None);
        assert_eq!(alerts.count(), AlertCount::default());
        alerts.apply(AlertsFrom::Prometheus, NOW, of(vec![]));
        assert!(alerts.watchdog_is_missing().is_some_and(|why| why.contains("does not fire")));
    }
}
