//! Cron jobs: jobs by the clock.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::document::{clear, number, set, text, time};
use super::voice::Voice;
use super::{Task, conditions, job, sight};
use crate::model::schedule::Schedule;
use crate::sim::store::{Key, Stored, seconds};
use crate::sim::world::{Propagation, Task as Due, World};

const VOICE: Voice = Voice {
    kind: "CronJob",
    api_version: "batch/v1",
    component: "cronjob-controller",
};

/// One that missed more than so many times does not try to catch up with the oldest.
const MOST_MISSED: usize = 100;

/// Looks at a cron job and its jobs.
pub fn look(world: &mut World, key: &Key) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    if stored.leaving {
        return;
    }
    let doc = stored.value();
    sweep(world, &stored, &doc);
    let zone = zone(&doc);
    let schedule = match (Schedule::parse(text(&doc["spec"]["schedule"])), zone) {
        (Ok(schedule), Some(zone)) => (schedule, zone),
        (Err(why), _) => {
            let message = format!("unparseable schedule: {} : {}", text(&doc["spec"]["schedule"]), why.0);
            VOICE.warns(world, &stored, "UnparseableSchedule", message);
            return;
        }
        (_, None) => {
            let message = format!("unknown time zone {}", text(&doc["spec"]["timeZone"]));
            VOICE.warns(world, &stored, "UnknownTimeZone", message);
            return;
        }
    };
    if doc["spec"]["suspend"] != true {
        start_if_due(world, &stored, &doc, &schedule);
    }
    if let Some(next) = schedule.0.next(world.now(), &schedule.1) {
        world.at(next, Due::Control(Task::CronJob(key.clone())));
    }
}

fn zone(doc: &Value) -> Option<TimeZone> {
    match doc["spec"]["timeZone"].as_str() {
        Some(name) => TimeZone::get(name).ok(),
        None => Some(TimeZone::UTC),
    }
}

/// A job of the cron job.
struct Child {
    stored: Arc<Stored>,
    doc: Value,
}

fn children(world: &World, stored: &Stored) -> Vec<Child> {
    let owned = world.store.owned_by(&stored.uid).into_iter().filter(|o| &*o.key.shelf == "jobs");
    let mut jobs: Vec<Child> = owned
        .map(|stored| Child {
            doc: stored.value(),
            stored,
        })
        .collect();
    jobs.sort_by_key(|c| time(&c.doc["metadata"]["creationTimestamp"]));
    jobs
}

fn reference(job: &Stored) -> Value {
    json!({
        "kind": "Job", "apiVersion": "batch/v1", "namespace": &*job.key.namespace, "name": &*job.key.name, "uid": &*job.uid,
        "resourceVersion": job.rv.to_string(),
    })
}

/// Notes the jobs that have ended, and deletes those that are too old to be kept.
fn sweep(world: &mut World, stored: &Arc<Stored>, doc: &Value) {
    let jobs = children(world, stored);
    let listed = super::document::list(&doc["status"]["active"]);
    for child in jobs.iter().filter(|c| listed.iter().any(|a| a["uid"] == *c.stored.uid)) {
        if let Some(how) = job::finished(&child.doc) {
            let message = format!("Saw completed job: {}, condition: {how}", child.stored.key.name);
            VOICE.says(world, stored, "SawCompletedJob", message);
        }
    }
    let succeeded = jobs.iter().filter(|c| conditions::holds(&c.doc, "Complete"));
    let latest = succeeded.filter_map(|c| time(&c.doc["status"]["completionTime"])).max();
    let active: Vec<Value> = jobs
        .iter()
        .filter(|c| job::finished(&c.doc).is_none() && !c.stored.leaving)
        .map(|c| reference_kept(listed, &c.stored))
        .collect();
    world.update(&stored.key, |o| {
        if active.is_empty() {
            clear(o, &["status", "active"]);
        } else {
            set(o, &["status", "active"], json!(active));
        }
        if let Some(latest) = latest {
            let before = time(&o["status"]["lastSuccessfulTime"]);
            set(
                o,
                &["status", "lastSuccessfulTime"],
                json!(seconds(before.map_or(latest, |b| b.max(latest)))),
            );
        }
    });
    for (kind, limit) in [("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")] {
        let keep = number(&doc["spec"][limit], if kind == "Complete" { 3 } else { 1 });
        let ended: Vec<&Child> = jobs.iter().filter(|c| conditions::holds(&c.doc, kind)).collect();
        let surplus = ended.len().saturating_sub(usize::try_from(keep).unwrap_or(0));
        for child in ended.into_iter().take(surplus) {
            world.delete(&child.stored.key, None, Propagation::Background);
            let message = format!("Deleted job {}", child.stored.key.name);
            VOICE.says(world, stored, "SuccessfulDelete", message);
        }
    }
}

/// The reference that stands in the list already, as it stands there.
fn reference_kept(listed: &[Value], job: &Stored) -> Value {
    listed
        .iter()
        .find(|a| a["uid"] == *job.uid)
        .cloned()
        .unwrap_or_else(|| reference(job))
}

fn start_if_due(world: &mut World, stored: &Arc<Stored>, doc: &Value, (schedule, zone): &(Schedule, TimeZone)) {
    let now = world.now();
    let created = time(&doc["metadata"]["creationTimestamp"]).unwrap_or(now);
    let mut from = time(&doc["status"]["lastScheduleTime"]).unwrap_or(created);
    let patience = doc["spec"]["startingDeadlineSeconds"].as_i64().map(SignedDuration::from_secs);
    if let Some(patience) = patience {
        from = from.max(now - patience);
    }
    let Some(due) = last_due(schedule, zone, from, now) else { return };
    let name = format!("{}-{}", stored.key.name, due.as_second() / 60);
    if world.store.get("jobs", &stored.key.namespace, &name).is_some() {
        return;
    }
    let active: Vec<Child> = children(world, stored)
        .into_iter()
        .filter(|c| job::finished(&c.doc).is_none())
        .collect();
    match text(&doc["spec"]["concurrencyPolicy"]) {
        "Forbid" if !active.is_empty() => {
            let message = "Not starting job because prior execution is running and concurrency policy is Forbid".to_owned();
            VOICE.says(world, stored, "JobAlreadyActive", message);
            return;
        }
        "Replace" => {
            for child in &active {
                world.delete(&child.stored.key, None, Propagation::Background);
                VOICE.says(world, stored, "SuccessfulDelete", format!("Deleted job {}", child.stored.key.name));
            }
        }
        _ => {}
    }
    let template = &doc["spec"]["jobTemplate"];
    let mut spec = template["spec"].clone();
    clear(&mut spec, &["template", "metadata", "creationTimestamp"]);
    let mut job = json!({
        "metadata": {
            "namespace": &*stored.key.namespace, "name": name, "generation": 1,
            "ownerReferences": [sight::reference(VOICE.kind, VOICE.api_version, stored)],
        },
        "spec": spec,
    });
    for field in ["labels", "annotations"] {
        if template["metadata"][field].is_object() {
            set(&mut job, &["metadata", field], template["metadata"][field].clone());
        }
    }
    let stamp = "batch.kubernetes.io/cronjob-scheduled-timestamp";
    set(&mut job, &["metadata", "annotations", stamp], json!(seconds(due)));
    let job = world.put("jobs", job);
    VOICE.says(world, stored, "SuccessfulCreate", format!("Created job {name}"));
    world.update(&stored.key, |o| {
        let mut active = super::document::list(&o["status"]["active"]).to_vec();
        active.push(reference(&job));
        set(o, &["status", "active"], json!(active));
        set(o, &["status", "lastScheduleTime"], json!(seconds(due)));
    });
}

/// The latest time at which it was due after `from`; of those that were missed before, nothing is made up for.
fn last_due(schedule: &Schedule, zone: &TimeZone, from: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let mut due = None;
    let mut from = from;
    for missed in 0.. {
        let Some(next) = schedule.next(from, zone).filter(|next| *next <= now) else {
            break;
        };
        due = Some(next);
        from = if missed < MOST_MISSED {
            next
        } else {
            // Long asleep: only what is near still counts.
            next.max(now - SignedDuration::from_mins(100))
        };
    }
    due
}
