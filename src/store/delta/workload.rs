//! What changes of workloads.

use super::{Pair, step};
use crate::model::{Change, ChangeKind, CronJob, Known, Labels, Template, Workload, WrittenPart, short_images};

/// Who notes in annotations what it does: no change of its own.
const CONTROLLER: &str = "kube-controller-manager";

impl Pair<'_> {
    pub(super) fn workload(&self, old: &Workload, new: &Workload) -> Vec<Change> {
        // Replica sets change with the deployment that owns them, which says it better.
        if !matches!(self.kind, Known::Deployment | Known::StatefulSet | Known::DaemonSet) {
            return Vec::new();
        }
        let mut changes = Vec::new();
        changes.extend(self.rollout(old, new));
        // A daemon set wants as many as there are nodes: that is the nodes' change.
        if self.kind != Known::DaemonSet && old.desired != new.desired {
            let what = format!("replicas {} → {}", old.desired, new.desired);
            changes.push(self.written(ChangeKind::Scale, WrittenPart::Replicas, what));
        }
        if old.paused != new.paused {
            let what = if new.paused { "paused" } else { "resumed" };
            changes.push(self.written(ChangeKind::Other, WrittenPart::Spec, what));
        }
        if changes.is_empty() {
            changes.extend(self.marks());
        }
        changes
    }

    /// Another template went out, or the same once more.
    fn rollout(&self, old: &Workload, new: &Workload) -> Option<Change> {
        let lines = old.template.difference(&new.template);
        let what = if let Some(first) = lines.first() {
            let first = image(&old.template, &new.template).unwrap_or_else(|| sentence(first));
            let more = match lines.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let revision = self.revision(old, new).unwrap_or_default();
            format!("{revision}{first}{more}")
        } else if old.template.restarted != new.template.restarted {
            // Told by the mark and not by the revision, whose number rises a moment after every change of the template.
            "restarted".to_owned()
        } else {
            return None;
        };
        Some(Change {
            details: lines.into(),
            ..self.written(ChangeKind::Rollout, WrittenPart::Template, what)
        })
    }

    /// `revision 41 → 42: `, where it is known.
    fn revision(&self, old: &Workload, new: &Workload) -> Option<String> {
        let after = match new.revision {
            0 => return None,
            // The controller gives the number when it sees the new template, and it gives the next one.
            same if same == old.revision && self.kind == Known::Deployment && !new.paused => same + 1,
            after => after,
        };
        (old.revision > 0 && after > old.revision).then(|| format!("revision {} → {after}: ", old.revision))
    }

    /// Labels, annotations and settings that are not kept.
    fn marks(&self) -> Option<Change> {
        if self.old.meta.labels != self.new.meta.labels {
            return Some(Change {
                details: labels(&self.old.meta.labels, &self.new.meta.labels),
                ..self.written(ChangeKind::Other, WrittenPart::Labels, "labels changed")
            });
        }
        let news = self.new.meta.writes.iter().filter(|write| self.is_news(write));
        let newest = news.filter(|write| *write.manager != *CONTROLLER).max_by_key(|write| write.at)?;
        let what = match newest
            .parts
            .iter()
            .find(|p| !matches!(p, WrittenPart::Labels | WrittenPart::Annotations))
        {
            Some(_) => "other settings written",
            None => "annotations written",
        };
        Some(self.by(ChangeKind::Other, Some(newest), what))
    }

    pub(super) fn cron_job(&self, old: &CronJob, new: &CronJob) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut tell = |kind, what: String| changes.push(self.written(kind, WrittenPart::Spec, what));
        if old.images != new.images {
            let what = match (&*old.images, &*new.images) {
                ([old], [new]) => {
                    let (old, new) = short_images(old, new);
                    format!("image {old} → {new}")
                }
                _ => "other images".to_owned(),
            };
            tell(ChangeKind::Rollout, what);
        }
        if old.suspended != new.suspended {
            tell(ChangeKind::Other, if new.suspended { "suspended" } else { "resumed" }.to_owned());
        }
        if let Some(step) = step(&old.schedule, &new.schedule).or_else(|| step(&old.time_zone, &new.time_zone)) {
            tell(ChangeKind::Other, format!("schedule {step}"));
        }
        changes
    }
}

/// `image v1.8.2 → v1.8.3`, of the first container that has another one.
fn image(old: &Template, new: &Template) -> Option<String> {
    new.parts.iter().find_map(|part| {
        let before = old.parts.iter().find(|before| before.name == part.name)?;
        let (old, new) = short_images(&before.image, &part.image);
        (before.image != part.image).then(|| format!("image {old} → {new}"))
    })
}

/// A line of a difference as it is said within a sentence.
fn sentence(line: &str) -> String {
    match line.split_once(' ') {
        Some(("+", what)) => format!("new {what}"),
        Some(("-", what)) => format!("without {what}"),
        Some(("~", what)) => what.to_owned(),
        _ => line.to_owned(),
    }
}

fn labels(old: &Labels, new: &Labels) -> Box<[Box<str>]> {
    let mut lines: Vec<String> = Vec::new();
    for (key, value) in old.iter().filter(|(key, _)| new.get(key).is_none()) {
        lines.push(format!("- label {key}={value}"));
    }
    for (key, value) in new.iter() {
        match old.get(key) {
            None => lines.push(format!("+ label {key}={value}")),
            Some(before) if before != value => lines.push(format!("~ label {key}: {before} → {value}")),
            Some(_) => {}
        }
    }
    lines.into_iter().map(String::into_boxed_str).collect()
}
