//! What a deployment says of itself: counts, and whether it is available and gets on.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Deployment, Set, observe};
use crate::sim::control::Task;
use crate::sim::control::conditions::{self, Condition, Style};
use crate::sim::control::document::{count, list, number, set, text, time};
use crate::sim::world::{Task as Due, World};

/// The counts of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    replicas: i64,
    updated: i64,
    ready: i64,
    available: i64,
    unavailable: i64,
}

impl Counts {
    /// As the document has them.
    fn told(doc: &Value) -> Self {
        let n = |field: &str| number(&doc["status"][field], 0);
        Self {
            replicas: n("replicas"),
            updated: n("updatedReplicas"),
            ready: n("readyReplicas"),
            available: n("availableReplicas"),
            unavailable: n("unavailableReplicas"),
        }
    }
}

impl Deployment {
    /// The time within which a rollout has to get on, if there is one.
    pub(super) fn deadline(&self) -> Option<SignedDuration> {
        let seconds = number(&self.doc["spec"]["progressDeadlineSeconds"], 600);
        (seconds < i64::from(i32::MAX)).then(|| SignedDuration::from_secs(seconds))
    }

    fn counts(&self) -> Counts {
        let available = self.total("availableReplicas");
        Counts {
            replicas: self.total("replicas"),
            updated: self.newest().map_or(0, |s| s.counted("replicas")),
            ready: self.total("readyReplicas"),
            available,
            unavailable: (self.asked() - available).max(0),
        }
    }

    /// Whether every pod is a new one and available.
    pub(super) fn complete(&self) -> bool {
        let (counts, wanted) = (self.counts(), self.replicas());
        counts.updated == wanted && counts.replicas == wanted && counts.available == wanted
    }

    /// Writes the status, and plans the end of the deadline.
    pub(super) fn tell(&mut self, world: &mut World) {
        let (before, counts, now) = (Counts::told(&self.doc), self.counts(), world.now());
        let available = counts.available >= self.replicas() - self.bounds().1;
        let progress = self.progress(before, counts, now);
        let failure = self.failure();
        self.write(world, |o| {
            count(o, &["status", "replicas"], counts.replicas);
            count(o, &["status", "updatedReplicas"], counts.updated);
            count(o, &["status", "readyReplicas"], counts.ready);
            count(o, &["status", "availableReplicas"], counts.available);
            count(o, &["status", "unavailableReplicas"], counts.unavailable);
            observe(o);
            let (status, reason, message) = if available {
                ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
            } else {
                (
                    "False",
                    "MinimumReplicasUnavailable",
                    "Deployment does not have minimum availability.",
                )
            };
            let condition = Condition {
                kind: "Available",
                status,
                reason,
                message: message.to_owned(),
            };
            conditions::put(o, Style::Updated, now, &condition);
            if let Some((condition, Touch::Again)) = &progress {
                touch(o, condition.kind);
            }
            if let Some((condition, _)) = &progress {
                conditions::put(o, Style::Updated, now, condition);
            }
            match failure {
                Some(message) => {
                    let condition = Condition {
                        kind: "ReplicaFailure",
                        status: "True",
                        reason: "FailedCreate",
                        message,
                    };
                    conditions::put(o, Style::Updated, now, &condition);
                }
                None => conditions::remove(o, "ReplicaFailure"),
            }
        });
        self.plan_deadline(world);
    }

    /// How the rollout goes, if there is something to say about it.
    fn progress(&self, before: Counts, counts: Counts, now: jiff::Timestamp) -> Option<(Condition<'static>, Touch)> {
        let deadline = self.deadline()?;
        let told = conditions::find(&self.doc, "Progressing");
        let reason = told.map_or("", |c| text(&c["reason"]));
        if counts.replicas == counts.updated && reason == "NewReplicaSetAvailable" {
            return None;
        }
        let name = self.newest().map(|s| format!("ReplicaSet \"{}\"", s.stored.key.name));
        let whose = name.unwrap_or_else(|| format!("Deployment \"{}\"", self.stored.key.name));
        let says = |status, reason, message| Condition {
            kind: "Progressing",
            status,
            reason,
            message,
        };
        if self.complete() {
            let message = format!("{whose} has successfully progressed.");
            return Some((says("True", "NewReplicaSetAvailable", message), Touch::IfChanged));
        }
        let old = |c: Counts| c.replicas - c.updated;
        let moved = counts.updated > before.updated
            || old(counts) < old(before)
            || counts.ready > before.ready
            || counts.available > before.available;
        if moved {
            let message = format!("{whose} is progressing.");
            return Some((says("True", "ReplicaSetUpdated", message), Touch::Again));
        }
        let paused = self.doc["spec"]["paused"] == true;
        if paused || matches!(reason, "" | "NewReplicaSetAvailable" | "ProgressDeadlineExceeded") {
            return None;
        }
        let since = told.and_then(|c| time(&c["lastUpdateTime"]))?;
        if now < since + deadline {
            return None;
        }
        let message = format!("{whose} has timed out progressing.");
        Some((says("False", "ProgressDeadlineExceeded", message), Touch::IfChanged))
    }

    fn failure(&self) -> Option<String> {
        let newest_first = self.newest().into_iter().chain(self.sets.iter().rev());
        newest_first
            .filter_map(|s: &Set| conditions::find(&s.doc, "ReplicaFailure"))
            .map(|c| text(&c["message"]).to_owned())
            .next()
    }

    fn plan_deadline(&self, world: &mut World) {
        let Some(deadline) = self.deadline() else { return };
        let Some(told) = conditions::find(&self.doc, "Progressing") else {
            return;
        };
        if self.doc["spec"]["paused"] == true
            || self.stored.leaving
            || matches!(text(&told["reason"]), "NewReplicaSetAvailable" | "ProgressDeadlineExceeded")
        {
            return;
        }
        if let Some(since) = time(&told["lastUpdateTime"]) {
            let task = Task::Deployment(self.stored.key.clone());
            world.at(since + deadline + SignedDuration::from_secs(1), Due::Control(task));
        }
    }
}

/// Whether a condition that says the same is said anew, for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    IfChanged,
    Again,
}

/// Lets a condition be written anew with its transition kept.
fn touch(o: &mut Value, kind: &str) {
    let mut all = list(&o["status"]["conditions"]).to_vec();
    for condition in all.iter_mut().filter(|c| c["type"] == kind) {
        set(condition, &["message"], json!(""));
    }
    set(o, &["status", "conditions"], Value::Array(all));
}
