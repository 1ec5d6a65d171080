//! Jobs: pods that run to their end, so many times, with a limit to failures.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::conditions::{self, Condition, Style};
use super::document::{clear, count, number, set, text, time};
use super::sight::{Phase, Pod, owned_pods};
use super::voice::Voice;
use super::{Task, pods};
use crate::sim::store::{Key, Stored, seconds};
use crate::sim::world::{Propagation, Task as Due, World};

const VOICE: Voice = Voice {
    kind: "Job",
    api_version: "batch/v1",
    component: "job-controller",
};

/// The wait after the first failure; it doubles with each further one.
const BACK_OFF: i64 = 10;
const MOST_BACK_OFF: i64 = 600;

/// Looks at a job and its pods.
pub fn look(world: &mut World, key: &Key) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    if stored.leaving {
        return;
    }
    let doc = complete(world, &stored);
    if finished(&doc).is_some() {
        forget(world, &stored, &doc);
        return;
    }
    let suspended = doc["spec"]["suspend"] == true;
    if doc["status"]["startTime"].is_null() && !suspended {
        let now = seconds(world.now());
        world.update(key, |o| set(o, &["status", "startTime"], json!(now)));
    }
    let pods = owned_pods(world, &stored.uid);
    let job = Job {
        started: time(&doc["status"]["startTime"]).unwrap_or(world.now()),
        tally: Tally::of(&pods),
        stored,
        doc,
    };
    match job.verdict(world.now()) {
        _ if suspended => job.suspend(world, &pods),
        Some(verdict) => job.finish(world, &verdict, &pods),
        None => {
            job.run(world, &pods);
            job.plan(world);
        }
    }
}

/// How a job ended: `Complete` or `Failed`.
pub fn finished(doc: &Value) -> Option<&'static str> {
    ["Complete", "Failed"].into_iter().find(|kind| conditions::holds(doc, kind))
}

/// The labels and the selector by which a job knows its pods, where nobody has given it any.
fn complete(world: &mut World, stored: &Arc<Stored>) -> Value {
    let doc = stored.value();
    if doc["spec"]["selector"]["matchLabels"].is_object() {
        return doc;
    }
    let written = world.update(&stored.key, |o| {
        let (uid, name) = (stored.uid.to_string(), stored.key.name.to_string());
        set(
            o,
            &["spec", "selector"],
            json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}),
        );
        for at in [&["spec", "template", "metadata", "labels"][..], &["metadata", "labels"][..]] {
            for (label, value) in [
                ("batch.kubernetes.io/controller-uid", &uid),
                ("batch.kubernetes.io/job-name", &name),
                ("controller-uid", &uid),
                ("job-name", &name),
            ] {
                let path: Vec<&str> = at.iter().copied().chain([label]).collect();
                set(o, &path, json!(value));
            }
        }
        for (field, value) in [
            ("parallelism", json!(1)),
            ("completions", json!(1)),
            ("backoffLimit", json!(6)),
            ("completionMode", json!("NonIndexed")),
            ("suspend", json!(false)),
        ] {
            // Without completions, but with parallelism: a work queue, which has no number of completions.
            let queue = field == "completions" && !o["spec"]["parallelism"].is_null() && o["spec"]["parallelism"] != 1;
            if o["spec"][field].is_null() && !queue {
                set(o, &["spec", field], value);
            }
        }
    });
    written.map_or(doc, |stored| stored.value())
}

/// After its time to live, a job that has ended goes.
fn forget(world: &mut World, stored: &Stored, doc: &Value) {
    let Some(ttl) = doc["spec"]["ttlSecondsAfterFinished"].as_i64() else {
        return;
    };
    let ended = ["Complete", "Failed"].into_iter().filter_map(|kind| conditions::find(doc, kind));
    let Some(at) = ended.filter_map(|c| time(&c["lastTransitionTime"])).next() else {
        return;
    };
    let at = at + SignedDuration::from_secs(ttl.max(0));
    if at <= world.now() {
        world.delete(&stored.key, None, Propagation::Background);
    } else {
        world.at(at, Due::Control(Task::Job(stored.key.clone())));
    }
}

/// What became of a job's pods.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    active: i64,
    ready: i64,
    succeeded: i64,
    failed: i64,
    /// Restarts in place count as failures as well.
    restarts: i64,
    last_failure: Option<Timestamp>,
}

impl Tally {
    fn of(pods: &[Pod]) -> Self {
        let mut tally = Self::default();
        for pod in pods {
            match pod.phase {
                Phase::Succeeded => tally.succeeded += 1,
                Phase::Failed => {
                    tally.failed += 1;
                    tally.last_failure = tally.last_failure.max(pod.finished.or(pod.turned).or(pod.created));
                }
                _ if pod.stored.leaving => tally.failed += 1,
                _ => {
                    tally.active += 1;
                    tally.ready += i64::from(pod.ready);
                    tally.restarts += pod.restarts;
                }
            }
        }
        tally
    }
}

struct Verdict {
    kind: &'static str,
    reason: &'static str,
    message: &'static str,
}

struct Job {
    stored: Arc<Stored>,
    doc: Value,
    started: Timestamp,
    tally: Tally,
}

impl Job {
    fn completions(&self) -> Option<i64> {
        self.doc["spec"]["completions"].as_i64()
    }

    fn deadline(&self) -> Option<Timestamp> {
        let seconds = self.doc["spec"]["activeDeadlineSeconds"].as_i64()?;
        Some(self.started + SignedDuration::from_secs(seconds))
    }

    fn verdict(&self, now: Timestamp) -> Option<Verdict> {
        let limit = number(&self.doc["spec"]["backoffLimit"], 6);
        let in_place = self.doc["spec"]["template"]["spec"]["restartPolicy"] == "OnFailure";
        let restarts_over = in_place && self.tally.restarts > 0 && self.tally.restarts >= limit;
        if self.tally.failed > limit || restarts_over {
            return Some(Verdict {
                kind: "Failed",
                reason: "BackoffLimitExceeded",
                message: "Job has reached the specified backoff limit",
            });
        }
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            return Some(Verdict {
                kind: "Failed",
                reason: "DeadlineExceeded",
                message: "Job was active longer than specified deadline",
            });
        }
        let done = match self.completions() {
            Some(wanted) => self.tally.succeeded >= wanted,
            // A work queue is done when one has succeeded and the others have ended.
            None => self.tally.succeeded > 0 && self.tally.active == 0,
        };
        done.then_some(Verdict {
            kind: "Complete",
            reason: "CompletionsReached",
            message: "Reached expected number of succeeded pods",
        })
    }

    fn finish(&self, world: &mut World, verdict: &Verdict, pods: &[Pod]) {
        let now = world.now();
        let complete = verdict.kind == "Complete";
        for pod in pods.iter().filter(|p| p.active()) {
            pods::remove_and_tell(world, &self.stored, &VOICE, &pod.stored.key);
        }
        // Those that were stopped have failed, unless the job had what it wanted.
        let failed = self.tally.failed + if complete { 0 } else { self.tally.active };
        world.update(&self.stored.key, |o| {
            self.write_counts(
                o,
                Tally {
                    active: 0,
                    ready: 0,
                    failed,
                    ..self.tally
                },
            );
            let first = if complete { "SuccessCriteriaMet" } else { "FailureTarget" };
            for kind in [first, verdict.kind] {
                let condition = Condition {
                    kind,
                    status: "True",
                    reason: verdict.reason,
                    message: verdict.message.to_owned(),
                };
                conditions::put(o, Style::Probed, now, &condition);
            }
            if complete {
                set(o, &["status", "completionTime"], json!(seconds(now)));
            }
        });
        if complete {
            VOICE.says(world, &self.stored, "Completed", "Job completed".to_owned());
        } else {
            VOICE.warns(world, &self.stored, verdict.reason, verdict.message.to_owned());
        }
    }

    fn run(&self, world: &mut World, pods: &[Pod]) {
        let parallel = number(&self.doc["spec"]["parallelism"], 1).max(0);
        let wanted = match self.completions() {
            Some(completions) => parallel.min((completions - self.tally.succeeded).max(0)),
            None if self.tally.succeeded > 0 => self.tally.active,
            None => parallel,
        };
        let surplus = usize::try_from(self.tally.active - wanted).unwrap_or(0);
        for pod in pods.iter().filter(|p| p.active()).take(surplus) {
            pods::remove_and_tell(world, &self.stored, &VOICE, &pod.stored.key);
        }
        let mut tally = self.tally;
        tally.active = tally.active.min(wanted);
        let mut missing = wanted - self.tally.active;
        if let Some(until) = self.waits_until().filter(|until| missing > 0 && *until > world.now()) {
            world.at(until, Due::Control(Task::Job(self.stored.key.clone())));
            missing = 0;
        }
        let mut template = self.doc["spec"]["template"].clone();
        clear(&mut template, &["metadata", "creationTimestamp"]);
        let indexed = self.doc["spec"]["completionMode"] == "Indexed";
        for index in self.free_indexes(pods).take(usize::try_from(missing).unwrap_or(0)) {
            let made = pods::make_and_tell(world, &self.stored, &VOICE, &template, |pod| {
                if indexed {
                    let name = "batch.kubernetes.io/job-completion-index";
                    set(pod, &["metadata", "annotations", name], json!(index.to_string()));
                    pods::label(pod, name, &index.to_string());
                    set(pod, &["spec", "hostname"], json!(format!("{}-{index}", self.stored.key.name)));
                }
            });
            if made.is_err() {
                world.after(SignedDuration::from_secs(20), Due::Control(Task::Job(self.stored.key.clone())));
                break;
            }
            tally.active += 1;
        }
        world.update(&self.stored.key, |o| self.write_counts(o, tally));
    }

    /// The numbers of pods that are neither there nor done.
    fn free_indexes(&self, pods: &[Pod]) -> impl Iterator<Item = i64> + use<> {
        let label = "batch.kubernetes.io/job-completion-index";
        let taken = pods.iter().filter(|p| p.active() || p.phase == Phase::Succeeded);
        let taken: Vec<i64> = taken.filter_map(|p| p.stored.label(label)?.parse().ok()).collect();
        (0..).filter(move |i| !taken.contains(i))
    }

    /// After failures the next try waits, longer each time.
    fn waits_until(&self) -> Option<Timestamp> {
        let last = self.tally.last_failure?;
        let doubled = u32::try_from(self.tally.failed - 1).unwrap_or(0).min(10);
        let wait = (BACK_OFF << doubled).min(MOST_BACK_OFF);
        Some(last + SignedDuration::from_secs(wait))
    }

    fn suspend(&self, world: &mut World, pods: &[Pod]) {
        let now = world.now();
        let before = conditions::holds(&self.doc, "Suspended");
        for pod in pods.iter().filter(|p| p.active()) {
            pods::remove_and_tell(world, &self.stored, &VOICE, &pod.stored.key);
        }
        world.update(&self.stored.key, |o| {
            self.write_counts(
                o,
                Tally {
                    active: 0,
                    ready: 0,
                    ..self.tally
                },
            );
            clear(o, &["status", "startTime"]);
            let condition = Condition {
                kind: "Suspended",
                status: "True",
                reason: "JobSuspended",
                message: "Job suspended".to_owned(),
            };
            conditions::put(o, Style::Probed, now, &condition);
        });
        if !before {
            VOICE.says(world, &self.stored, "Suspended", "Job suspended".to_owned());
        }
    }

    fn write_counts(&self, o: &mut Value, tally: Tally) {
        count(o, &["status", "active"], tally.active);
        set(o, &["status", "ready"], json!(tally.ready));
        count(o, &["status", "succeeded"], tally.succeeded);
        count(o, &["status", "failed"], tally.failed);
        set(o, &["status", "terminating"], json!(0));
        set(o, &["status", "uncountedTerminatedPods"], json!({}));
        if conditions::holds(o, "Suspended") && o["spec"]["suspend"] != true {
            let told = text(&o["status"]["startTime"]);
            let now = told.parse().unwrap_or_default();
            let condition = Condition {
                kind: "Suspended",
                status: "False",
                reason: "JobResumed",
                message: "Job resumed".to_owned(),
            };
            conditions::put(o, Style::Probed, now, &condition);
        }
    }

    fn plan(&self, world: &mut World) {
        if let Some(deadline) = self.deadline() {
            world.at(deadline, Due::Control(Task::Job(self.stored.key.clone())));
        }
    }
}
