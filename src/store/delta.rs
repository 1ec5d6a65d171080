//! What is other between an object as it was and as it is: the changes that a watch sees happen.
//!
//! Told is what a person changes or what takes capacity away. What the cluster does by itself all the time (pods,
//! replica sets, jobs, endpoints) is not: it would bury the rest.

mod cluster;
mod data;
mod network;
mod workload;

use crate::model::{Body, Change, ChangeKind, Kind, Known, Object, Subject, Time, Write, WrittenPart};

/// What changed of this object; `old` is how it was, `None` if it has just come.
pub(super) fn between(kind: &Kind, old: Option<&Object>, new: &Object, at: Time) -> Vec<Change> {
    let Kind::Known(known) = kind else { return Vec::new() };
    match old {
        None => came(*known, new, at).into_iter().collect(),
        // A list repeats what the watch has told.
        Some(old) if old == new => Vec::new(),
        Some(old) => Pair {
            kind: *known,
            old,
            new,
            at,
        }
        .changes(),
    }
}

/// An object went.
pub(super) fn gone(kind: &Kind, old: &Object, at: Time) -> Option<Change> {
    let Kind::Known(known) = kind else { return None };
    let (_, what) = words(*known)?;
    Some(existence(*known, old, what, at))
}

/// What is said of an object of this kind that came, and of one that went; `None`: nothing.
fn words(kind: Known) -> Option<(&'static str, &'static str)> {
    match kind {
        Known::Node => Some(("joined", "left")),
        Known::Deployment
        | Known::StatefulSet
        | Known::DaemonSet
        | Known::ConfigMap
        | Known::Secret
        | Known::Service
        | Known::Ingress
        | Known::HorizontalPodAutoscaler
        | Known::PodDisruptionBudget
        | Known::PersistentVolumeClaim
        | Known::Namespace => Some(("created", "deleted")),
        _ => None,
    }
}

fn came(kind: Known, new: &Object, at: Time) -> Option<Change> {
    let (what, _) = words(kind)?;
    let created = new.meta.created;
    let mut change = existence(kind, new, what, if created.is_known() && created <= at { created } else { at });
    // Whoever wrote first made it.
    let maker = new.meta.writes.iter().min_by_key(|write| write.at);
    change.by = maker.map(|write| (*write.manager).into()).unwrap_or_default();
    Some(change)
}

fn existence(kind: Known, object: &Object, what: &str, at: Time) -> Change {
    Change {
        at,
        object: Subject::of(kind, object),
        kind: ChangeKind::Existence,
        what: what.into(),
        by: Box::default(),
        details: Box::default(),
    }
}

/// An object before and after.
struct Pair<'a> {
    kind: Known,
    old: &'a Object,
    new: &'a Object,
    /// When the news came.
    at: Time,
}

impl Pair<'_> {
    fn changes(&self) -> Vec<Change> {
        match (&self.old.body, &self.new.body) {
            (Body::Workload(old), Body::Workload(new)) => self.workload(old, new),
            (Body::CronJob(old), Body::CronJob(new)) => self.cron_job(old, new),
            (Body::Node(old), Body::Node(new)) => self.node(old, new),
            (Body::Autoscaler(old), Body::Autoscaler(new)) => self.autoscaler(old, new),
            (Body::DisruptionBudget(old), Body::DisruptionBudget(new)) => self.budget(old, new),
            (Body::Service(old), Body::Service(new)) => self.service(old, new),
            (Body::Ingress(old), Body::Ingress(new)) => self.ingress(old, new),
            (Body::Cells(_), Body::Cells(_)) if matches!(self.kind, Known::ConfigMap | Known::Secret) => self.data(),
            _ => Vec::new(),
        }
    }

    /// The newest write of a part, if it is news: the object as it was did not have it.
    fn write(&self, part: WrittenPart) -> Option<&Write> {
        let newest = self.new.meta.writes.iter().filter(|write| write.wrote(part));
        let newest = newest.max_by_key(|write| (write.at, self.is_news(write)))?;
        self.is_news(newest).then_some(newest)
    }

    fn is_news(&self, write: &Write) -> bool {
        !self.old.meta.writes.contains(write)
    }

    /// A change of a part: who wrote it did it, as far as the object tells.
    fn written(&self, kind: ChangeKind, part: WrittenPart, what: impl Into<Box<str>>) -> Change {
        self.by(kind, self.write(part), what)
    }

    /// A change that this write made. It happened when the write did, unless that is older than what was known before,
    /// or a clock is wrong.
    fn by(&self, kind: ChangeKind, write: Option<&Write>, what: impl Into<Box<str>>) -> Change {
        let before = |write: &Write| {
            let same = self.old.meta.writes.iter().filter(|old| old.parts.iter().any(|p| write.wrote(*p)));
            same.map(|old| old.at).max().unwrap_or(Time::NEVER)
        };
        let written = write.filter(|write| write.at > before(write) && write.at <= self.at);
        Change {
            by: write.map(|write| (*write.manager).into()).unwrap_or_default(),
            ..self.seen(kind, written.map_or(self.at, |write| write.at), what)
        }
    }

    /// A change that nobody wrote: the cluster found it out.
    fn seen(&self, kind: ChangeKind, at: Time, what: impl Into<Box<str>>) -> Change {
        Change {
            at,
            object: Subject::of(self.kind, self.new),
            kind,
            what: what.into(),
            by: Box::default(),
            details: Box::default(),
        }
    }
}

/// `2 → 3`, or nothing where they are equal; what is empty is `none`.
fn step(old: &str, new: &str) -> Option<String> {
    let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    (old != new).then(|| format!("{} → {}", or_none(old), or_none(new)))
}

#[cfg(test)]
mod tests;
