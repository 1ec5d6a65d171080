//! Cron jobs with the jobs that they started last, and the migration of the last release.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::app::{image, version};
use super::builder::{Seeder, days, minutes, owner};
use super::names::suffix;
use super::pod::Plan;
use super::template::{Container, Template, labels, requests};
use crate::sim::store::{Stored, seconds};

/// A cron job of the platform.
struct Nightly {
    name: &'static str,
    schedule: &'static str,
    script: &'static str,
    /// Whether it is due in this minute.
    due: fn(Timestamp) -> bool,
    /// How many of its jobs are kept.
    keep: usize,
    /// Seconds that one takes.
    takes: i64,
    forbid: bool,
}

const NIGHTLY: [Nightly; 3] = [
    Nightly {
        name: "session-cleanup",
        schedule: "*/15 * * * *",
        script: "dist/jobs/session-cleanup.js",
        due: |at| civil(at).minute() % 15 == 0,
        keep: 3,
        takes: 8,
        forbid: true,
    },
    Nightly {
        name: "db-backup",
        schedule: "30 2 * * *",
        script: "dist/jobs/db-backup.js",
        due: |at| civil(at).hour() == 2 && civil(at).minute() == 30,
        keep: 3,
        takes: 412,
        forbid: true,
    },
    Nightly {
        name: "daily-report",
        schedule: "0 5 * * 1-5",
        script: "dist/jobs/daily-report.js",
        due: |at| civil(at).hour() == 5 && civil(at).minute() == 0 && !matches!(civil(at).weekday(), Weekday::Saturday | Weekday::Sunday),
        keep: 2,
        takes: 96,
        forbid: false,
    },
];

/// How long a container of one of the platform's jobs takes; `None` for any other.
pub fn takes(container: &Value) -> Option<SignedDuration> {
    let script = container["args"][1].as_str()?;
    if script == MIGRATION {
        return Some(SignedDuration::from_secs(MIGRATION_TAKES));
    }
    let nightly = NIGHTLY.iter().find(|nightly| nightly.script == script)?;
    Some(SignedDuration::from_secs(nightly.takes))
}

const MIGRATION: &str = "dist/migrate.js";
/// Seconds.
const MIGRATION_TAKES: i64 = 37;

fn civil(at: Timestamp) -> jiff::civil::DateTime {
    at.to_zoned(TimeZone::UTC).datetime()
}

/// The last minutes in which something was due, oldest first.
fn due_before(now: Timestamp, due: fn(Timestamp) -> bool, most: usize) -> Vec<Timestamp> {
    let this = Timestamp::from_second(now.as_second().div_euclid(60) * 60).unwrap_or(now);
    let week = 8 * 24 * 60;
    let minutes = (0..week).map(|back| this - SignedDuration::from_mins(back));
    let mut found: Vec<Timestamp> = minutes.filter(|at| due(*at)).take(most).collect();
    found.reverse();
    found
}

impl Seeder<'_> {
    /// Puts cron jobs and jobs.
    pub fn jobs(&mut self) {
        for nightly in &NIGHTLY {
            self.cron_job(nightly);
        }
        self.migration();
    }

    fn script(&self, name: &str, script: &str) -> Template {
        let container = Container::new(name, &image("backend", version(self.environment)))
            .args(&["node", script])
            .env("NODE_ENV", "production")
            .secret("DATABASE_URL", "backend-secrets")
            .secret("REDIS_URL", "backend-secrets")
            .requests("50m", "128Mi")
            .limits("", "256Mi");
        Template::new(json!({"app": name}), vec![container])
            .account("backend")
            .with("restartPolicy", json!("Never"))
            .with("imagePullSecrets", json!([{"name": "ghcr"}]))
    }

    fn cron_job(&mut self, nightly: &Nightly) {
        let template = self.script(nightly.name, nightly.script);
        let now = self.world.now();
        // One that would not be done yet is as if it had not begun: the platform starts at rest.
        let takes = SignedDuration::from_secs(nightly.takes + 10);
        let dues: Vec<Timestamp> = due_before(now, nightly.due, nightly.keep + 1);
        let done: Vec<Timestamp> = dues.iter().copied().filter(|at| *at + takes < now).collect();
        let kept: Vec<Timestamp> = done.iter().rev().take(nightly.keep).rev().copied().collect();
        let mut status = json!({});
        if let Some(last) = dues.last() {
            status["lastScheduleTime"] = json!(seconds(*last));
        }
        if let Some(last) = kept.last() {
            status["lastSuccessfulTime"] = json!(seconds(*last + SignedDuration::from_secs(nightly.takes + 6)));
        }
        let created = self.ago(days(188, 41));
        let cron = self.put(
            "cronjobs",
            created,
            json!({
                "metadata": {"name": nightly.name, "namespace": "default", "generation": 1, "labels": {"app": nightly.name}},
                "spec": {
                    "schedule": nightly.schedule, "suspend": false, "failedJobsHistoryLimit": 1, "successfulJobsHistoryLimit": nightly.keep,
                    "concurrencyPolicy": if nightly.forbid { "Forbid" } else { "Allow" },
                    "jobTemplate": {"metadata": {}, "spec": {"backoffLimit": 2, "template": template.value()}},
                },
                "status": status,
            }),
        );
        for at in kept {
            let name = format!("{}-{}", nightly.name, at.as_second() / 60);
            let note = json!({"batch.kubernetes.io/cronjob-scheduled-timestamp": seconds(at)});
            self.job(&name, at, SignedDuration::from_secs(nightly.takes), &template, Some(&cron), note);
        }
    }

    /// What the pipeline ran before it rolled out the last release.
    fn migration(&mut self) {
        let template = self.script("db-migrate", MIGRATION);
        let Some(first) = self.first_of_release() else { return };
        let name = format!("db-migrate-{}", version(self.environment).replace('.', "-"));
        let takes = SignedDuration::from_secs(MIGRATION_TAKES);
        self.job(&name, first - minutes(2), takes, &template, None, json!({}));
    }

    /// When the last release of the backend began.
    fn first_of_release(&self) -> Option<Timestamp> {
        let sets = self.world.store.list("replicasets", Some("default"));
        let backend = sets.filter(|set| set.label("app") == Some("backend"));
        let created = backend.filter_map(|set| set.value()["metadata"]["creationTimestamp"].as_str()?.parse::<Timestamp>().ok());
        created.max()
    }

    /// A job that has completed, and its pod.
    fn job(&mut self, name: &str, at: Timestamp, takes: SignedDuration, template: &Template, cron: Option<&Stored>, annotations: Value) {
        let uid = self.uid();
        let mut own = template.value().clone();
        let mut all = labels(template.value());
        for (key, value) in [("controller-uid", uid.as_str()), ("job-name", name)] {
            all[format!("batch.kubernetes.io/{key}")] = json!(value);
            all[key] = json!(value);
        }
        own["metadata"]["labels"] = all.clone();
        let began = at + SignedDuration::from_secs(1);
        let over = began + SignedDuration::from_secs(3) + takes;
        let completed = seconds(over + SignedDuration::from_secs(2));
        let mut meta =
            json!({"name": name, "namespace": "default", "uid": uid, "generation": 1, "labels": all, "annotations": annotations});
        if let Some(cron) = cron {
            meta["ownerReferences"] = owner("CronJob", "batch/v1", cron);
        }
        let condition = |kind: &str| {
            json!({"type": kind, "status": "True", "reason": "CompletionsReached", "lastProbeTime": completed, "lastTransitionTime": completed,
                "message": "Reached expected number of succeeded pods"})
        };
        let job = self.put(
            "jobs",
            began,
            json!({
                "metadata": meta,
                "spec": {
                    "backoffLimit": 2, "completionMode": "NonIndexed", "completions": 1, "manualSelector": false, "parallelism": 1,
                    "podReplacementPolicy": "TerminatingOrFailed", "suspend": false,
                    "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}, "template": own,
                },
                "status": {
                    "startTime": seconds(began), "completionTime": completed, "succeeded": 1, "ready": 0, "terminating": 0,
                    "uncountedTerminatedPods": {}, "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
                },
            }),
        );
        let (cpu, memory) = requests(&own);
        let node = self.choose(cpu, memory, &[], None);
        self.pod(&Plan {
            namespace: "default",
            name: format!("{name}-{}", suffix(&uid, 5)),
            generate_name: Some(format!("{name}-")),
            owners: owner("Job", "batch/v1", &job),
            template: &own,
            node,
            created: began,
            finished: Some(over),
            fell: None,
        });
    }
}
