//! Alerts, as a Prometheus or an Alertmanager tells them.

use std::sync::Arc;

use super::{Known, Matcher, ObjectRef, Problem, Severity, Time};

/// Who tells of alerts. An environment has one Prometheus at most, and any number of Alertmanagers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertsFrom {
    Prometheus,
    /// By its number in the configuration.
    Alertmanager(u16),
}

/// A round of what one of them tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertsTold {
    /// The worst of them, where there are too many to keep.
    pub alerts: Vec<Alert>,
    /// How many there are in all.
    pub total: usize,
    /// Rules that could not be evaluated (only a Prometheus tells).
    pub failing: Vec<FailingRule>,
    /// What could not be scraped (only a Prometheus tells).
    pub down: Vec<DownTarget>,
    /// How many targets there are.
    pub targets: usize,
    /// When its rules were evaluated last; never, where it does not say.
    pub evaluated: Time,
    /// Whether it has an alert that always fires, so that its absence means something.
    pub has_watchdog: bool,
    /// By how many seconds its clock is ahead of ours.
    pub ahead: i64,
    /// The silences that are not over (only an Alertmanager tells); `None`: it did not tell.
    pub silences: Option<Vec<SilenceTold>>,
    /// Who keeps silences together with this Alertmanager, itself included; empty: it is alone, or did not tell.
    pub peers: Vec<Box<str>>,
}

/// A silence, as an Alertmanager tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SilenceTold {
    pub id: Box<str>,
    /// All of them have to fit.
    pub matchers: Vec<Matcher>,
    pub author: Box<str>,
    /// Why it is there.
    pub comment: Box<str>,
    pub starts: Time,
    pub ends: Time,
    /// It has not begun.
    pub is_pending: bool,
}

impl SilenceTold {
    /// `alertname="HighLatency", pod=~"backend.*"`
    pub fn fits(&self) -> String {
        self.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// One alert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alert {
    pub name: Box<str>,
    pub state: AlertState,
    /// The word of its `severity` label; empty: it has none.
    pub severity: Box<str>,
    /// Since when it has been pending or firing.
    pub since: Time,
    /// `alertname` and `severity` included.
    pub labels: AlertLabels,
    /// What it says of itself: the summary, else the description or message.
    pub summary: Box<str>,
    /// The description, where there is one besides the summary.
    pub description: Box<str>,
    pub runbook: Box<str>,
    /// Where Prometheus shows its expression.
    pub generator: Box<str>,
    /// Its expression, where a Prometheus told it.
    pub expr: Box<str>,
    /// The value that it fires at, as it was written.
    pub value: Box<str>,
    /// The ids of the silences that cover it.
    pub silenced: Box<[Box<str>]>,
    /// The fingerprints of the alerts that inhibit it.
    pub inhibited: Box<[Box<str>]>,
    /// Whether an Alertmanager has it: then somebody can have been told.
    pub is_routed: bool,
}

/// What state an alert is in. The order is the order of concern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Silenced or inhibited.
    Suppressed,
    /// Its condition holds, and not yet for long enough.
    Pending,
    #[default]
    Firing,
}

impl AlertState {
    /// The word that the screen and the report use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Suppressed => "suppressed",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// A rule that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingRule {
    pub group: Box<str>,
    pub name: Box<str>,
    pub error: Box<str>,
    pub at: Time,
}

/// A target that could not be scraped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownTarget {
    pub job: Box<str>,
    pub instance: Box<str>,
    pub error: Box<str>,
    /// When that was tried last.
    pub at: Time,
    pub labels: AlertLabels,
}

/// Names and values, sorted by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertLabels(Box<[(Box<str>, Box<str>)]>);

impl From<Vec<(Box<str>, Box<str>)>> for AlertLabels {
    fn from(mut labels: Vec<(Box<str>, Box<str>)>) -> Self {
        labels.sort();
        Self(labels.into())
    }
}

impl FromIterator<(Box<str>, Box<str>)> for AlertLabels {
    fn from_iter<T: IntoIterator<Item = (Box<str>, Box<str>)>>(labels: T) -> Self {
        labels.into_iter().collect::<Vec<_>>().into()
    }
}

impl AlertLabels {
    /// The value of a label; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let at = self.0.binary_search_by(|(label, _)| (**label).cmp(name));
        at.ok().and_then(|at| self.0.get(at)).map_or("", |(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The object that they speak of: the nearest one first. What an exporter says of somebody else wins over
    /// its own pod (`exported_pod`).
    pub fn object(&self) -> Option<ObjectRef> {
        const BY_LABEL: [(&str, Known); 11] = [
            ("pod", Known::Pod),
            ("deployment", Known::Deployment),
            ("statefulset", Known::StatefulSet),
            ("daemonset", Known::DaemonSet),
            ("cronjob", Known::CronJob),
            ("job_name", Known::Job),
            ("replicaset", Known::ReplicaSet),
            ("persistentvolumeclaim", Known::PersistentVolumeClaim),
            ("horizontalpodautoscaler", Known::HorizontalPodAutoscaler),
            ("ingress", Known::Ingress),
            ("node", Known::Node),
        ];
        let told = |label: &str| {
            let exported = self.get(&format!("exported_{label}"));
            if exported.is_empty() { self.get(label) } else { exported }.to_owned()
        };
        let namespace = told("namespace");
        let by_label = BY_LABEL.iter().find_map(|(label, known)| {
            let name = told(label);
            let is_whole = !name.is_empty() && (!known.info().namespaced || !namespace.is_empty());
            is_whole.then_some((*known, name))
        });
        let (known, name) = by_label.or_else(|| (!namespace.is_empty()).then(|| (Known::Namespace, namespace.clone())))?;
        let is_within = known.info().namespaced;
        Some(ObjectRef {
            kind: known.into(),
            namespace: if is_within { namespace.as_str().into() } else { Arc::from("") },
            name: name.into(),
        })
    }
}

impl Alert {
    /// The value of a label; empty where it has none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name)
    }

    /// How bad it is, by the usual words of its label.
    pub fn gravity(&self) -> Severity {
        match self.severity.to_ascii_lowercase().as_str() {
            "critical" | "crit" | "page" | "pager" | "fatal" | "emergency" | "high" | "p1" | "sev1" | "error" => Severity::Critical,
            "info" | "informational" | "information" | "none" | "low" | "debug" | "p4" | "p5" => Severity::Info,
            _ => Severity::Warning,
        }
    }

    /// An alert that always fires, to show that alerts arrive.
    pub fn is_watchdog(&self) -> bool {
        is_watchdog(&self.name)
    }

    /// The object that it speaks of, by its labels alone.
    pub fn object(&self) -> Option<ObjectRef> {
        self.labels.object()
    }

    /// Its labels without those that stand in columns of their own: `job=api, instance=10.0.0.1:80`.
    pub fn details(&self) -> String {
        let usual = |name: &str| matches!(name, "alertname" | "severity" | "prometheus");
        let shown = self.labels.iter().filter(|(name, _)| !usual(name));
        shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
    }

    /// What tells it from every other alert of an environment.
    pub fn identity(&self) -> String {
        let all = self.labels.iter().map(|(name, value)| format!("{name}\u{1}{value}"));
        all.collect::<Vec<_>>().join("\u{2}")
    }
}

/// Whether an alert of this name is one that always fires.
pub fn is_watchdog(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "watchdog" | "deadmansswitch" | "deadmanssnitch" | "deadman"
    )
}

/// Whether the alerts of an environment are known.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertsKnown {
    /// Nothing is configured that would tell.
    Off,
    /// Nothing has been told yet.
    Waiting,
    Yes,
    /// Since when nobody can say, and why.
    Unknown {
        since: Time,
        problem: Problem,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn alert(labels: &[(&str, &str)]) -> Alert {
        let mut labels: Vec<(Box<str>, Box<str>)> = labels.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        labels.sort();
        Alert {
            labels: labels.into(),
            ..Alert::default()
        }
    }

    #[test]
    fn labels_lead_to_the_object() {
        type Row<'a> = (&'a [(&'a str, &'a str)], Option<(Known, &'a str, &'a str)>);
        let table: [Row; 7] = [
            (
                &[("namespace", "solia"), ("pod", "backend-1"), ("node", "n1")],
                Some((Known::Pod, "solia", "backend-1")),
            ),
            // kube-state-metrics speaks of others; its own pod stands in the plain labels.
            (
                &[
                    ("namespace", "monitoring"),
                    ("pod", "ksm-0"),
                    ("exported_namespace", "solia"),
                    ("exported_pod", "backend-1"),
                ],
                Some((Known::Pod, "solia", "backend-1")),
            ),
            (
                &[("namespace", "solia"), ("deployment", "backend")],
                Some((Known::Deployment, "solia", "backend")),
            ),
            (&[("node", "n1")], Some((Known::Node, "", "n1"))),
            // `job` is what is scraped, not a job of Kubernetes.
            (&[("namespace", "solia"), ("job", "backend")], Some((Known::Namespace, "", "solia"))),
            (&[("pod", "backend-1")], None),
            (&[("instance", "10.0.0.1:80")], None),
        ];
        for (labels, expected) in table {
            let object = alert(labels).object();
            let object = object.as_ref().map(|o| (o.kind.known().unwrap(), &*o.namespace, &*o.name));
            assert_eq!(object, expected, "{labels:?}");
        }
    }

    #[test]
    fn words_of_severity_are_understood() {
        let gravity = |word: &str| {
            Alert {
                severity: word.into(),
                ..Alert::default()
            }
            .gravity()
        };
        assert_eq!([gravity("critical"), gravity("PAGE"), gravity("sev1")], [Severity::Critical; 3]);
        assert_eq!([gravity("warning"), gravity(""), gravity("ticket")], [Severity::Warning; 3]);
        assert_eq!([gravity("info"), gravity("none")], [Severity::Info; 2]);
    }
}
