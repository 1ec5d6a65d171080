//! Workloads: how many pods are wanted and there, how they are replaced, what they are made from.

use serde_json::Value;

use super::condition::conditions;
use super::container::containers;
use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::pod::common;
use super::read::{at, date, is_true, list, map, number, one_line, pairs, plain, scalar, selector, span_at, text, when};
use super::rollout::{replica_sets, rollout};
use super::volume::volumes;
use crate::model::{Known, Time, short_age};
use crate::ui::theme::Role;

/// A deployment, replica set, stateful set or daemon set.
pub fn workload(page: &mut Page, kind: Known, document: &Value, around: &Neighbours<'_>, now: Time) {
    let spec = at(document, "/spec");
    page.section("Rollout", |page| {
        let mut fields = Fields::default();
        fields.add("State", rollout(kind, document));
        fields.add("Replicas", replicas(kind, document));
        fields.add("Pods", pods(around));
        fields.add(
            "Revision",
            at(document, "/metadata/annotations")
                .get("deployment.kubernetes.io/revision")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        );
        fields.add("Strategy", strategy(spec));
        fields.add("Selector", selector(spec, "/selector"));
        fields.add("Service", text(spec, "/serviceName"));
        fields.add("Pod order", text(spec, "/podManagementPolicy"));
        if number(spec, "/minReadySeconds").unwrap_or_default() > 0 {
            fields.add("Ready for at least", span_at(spec, "/minReadySeconds"));
        }
        fields.add("Gives up after", span_at(spec, "/progressDeadlineSeconds"));
        fields.add("Old revisions kept", plain(spec, "/revisionHistoryLimit"));
        let claims = list(spec, "/volumeClaimTemplates").iter().map(|claim| {
            let class = match text(claim, "/spec/storageClassName") {
                "" => "default class",
                class => class,
            };
            format!(
                "{}: {}, {class}",
                text(claim, "/metadata/name"),
                plain(claim, "/spec/resources/requests/storage")
            )
            .into()
        });
        fields.lines("Volume claims", claims.collect());
        page.fields(fields);
    });
    conditions(page, &kind.into(), document, now);
    replica_sets(page, document, around, now);
    template(page, at(spec, "/template"), now);
}

/// What kubectl prints as the status of its pods, and how many there are of each: `2 Running, 1 CrashLoopBackOff`;
/// empty where its pods are not watched.
pub fn pods(around: &Neighbours<'_>) -> Parts {
    let Some(pods) = &around.pods else { return Parts::default() };
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for status in pods.iter().filter_map(|pod| pod.body.pod()).map(|pod| &*pod.status) {
        *counts.entry(status).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let mut line = Parts::default();
    for (i, (status, n)) in counts.iter().enumerate() {
        let role = match *status {
            "Running" | "Succeeded" | "Completed" => Role::Text,
            "Pending" | "ContainerCreating" | "PodInitializing" | "Terminating" => Role::Busy,
            _ => Role::Warning,
        };
        let comma = if i == 0 { "" } else { ", " };
        line = line.and(Role::Text, comma).and(role, format!("{n} {status}"));
    }
    if counts.is_empty() { Parts::of(Role::Muted, "none") } else { line }
}

/// The line that says how many pods there are, of how many.
fn replicas(kind: Known, document: &Value) -> Parts {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    let count = |pointer| number(status, pointer).unwrap_or_default();
    let wanted = match kind {
        Known::DaemonSet => count("/desiredNumberScheduled"),
        _ => number(spec, "/replicas").unwrap_or(1),
    };
    let counts: &[(&str, &str)] = match kind {
        Known::DaemonSet => &[
            ("scheduled", "/currentNumberScheduled"),
            ("updated", "/updatedNumberScheduled"),
            ("ready", "/numberReady"),
            ("available", "/numberAvailable"),
            ("misplaced", "/numberMisscheduled"),
        ],
        Known::Deployment => &[
            ("present", "/replicas"),
            ("updated", "/updatedReplicas"),
            ("ready", "/readyReplicas"),
            ("available", "/availableReplicas"),
            ("unavailable", "/unavailableReplicas"),
        ],
        Known::StatefulSet => &[
            ("present", "/replicas"),
            ("updated", "/updatedReplicas"),
            ("ready", "/readyReplicas"),
        ],
        _ => &[
            ("present", "/replicas"),
            ("ready", "/readyReplicas"),
            ("available", "/availableReplicas"),
        ],
    };
    let mut line = Parts::from(format!("{wanted} wanted"));
    for (name, pointer) in counts {
        let n = count(pointer);
        let short = match *name {
            "unavailable" | "misplaced" => n > 0,
            _ => n < wanted,
        };
        line = line
            .and(Role::Muted, " · ")
            .and(if short { Role::Warning } else { Role::Text }, format!("{n} {name}"));
    }
    line
}

fn strategy(spec: &Value) -> String {
    let strategy = if at(spec, "/strategy").is_null() {
        at(spec, "/updateStrategy")
    } else {
        at(spec, "/strategy")
    };
    let mut words = text(strategy, "/type").to_owned();
    for (pointer, what) in [("/maxUnavailable", "unavailable"), ("/maxSurge", "in excess")] {
        let amount = plain(at(strategy, "/rollingUpdate"), pointer);
        if !amount.is_empty() {
            words.push_str(&format!(", at most {amount} {what}"));
        }
    }
    if let Some(partition) = number(strategy, "/rollingUpdate/partition").filter(|p| *p > 0) {
        words.push_str(&format!(", only ordinals from {partition} on"));
    }
    words
}

/// A job.
pub fn job(page: &mut Page, document: &Value, around: &Neighbours<'_>, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Run", |page| {
        let mut fields = Fields::default();
        let count = |pointer| number(status, pointer).unwrap_or_default();
        let wanted = number(spec, "/completions").map_or_else(|| "work queue".to_owned(), |n| format!("{n} wanted"));
        let failed = count("/failed");
        let line = Parts::from(format!(
            "{wanted} · {} active · {} succeeded · ",
            count("/active"),
            count("/succeeded")
        ));
        fields.add(
            "Runs",
            line.and(if failed > 0 { Role::Warning } else { Role::Text }, format!("{failed} failed")),
        );
        fields.add("Pods", pods(around));
        fields.add("In parallel", plain(spec, "/parallelism"));
        if text(spec, "/completionMode") == "Indexed" {
            fields.add("Mode", "indexed: each pod has a number of its own");
            fields.add("Completed numbers", text(status, "/completedIndexes"));
            fields.add("Failed numbers", Parts::of(Role::Warning, text(status, "/failedIndexes")));
        }
        let (start, end) = (
            Time::parse(text(status, "/startTime")),
            Time::parse(text(status, "/completionTime")),
        );
        fields.add("Started", date(start, now));
        fields.add("Completed", date(end, now));
        if start.is_known() && end.is_known() {
            fields.add("Took", short_age(end - start));
        }
        if is_true(spec, "/suspend") {
            fields.add("Suspended", Parts::of(Role::Warning, "yes"));
        }
        fields.add("Retries", plain(spec, "/backoffLimit"));
        fields.add("Deadline", span_at(spec, "/activeDeadlineSeconds"));
        fields.add("Deleted after end", span_at(spec, "/ttlSecondsAfterFinished"));
        fields.add("Selector", selector(spec, "/selector"));
        page.fields(fields);
    });
    conditions(page, &Known::Job.into(), document, now);
    template(page, at(spec, "/template"), now);
}

/// A cron job.
pub fn cron_job(page: &mut Page, document: &Value, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Schedule", |page| {
        let mut fields = Fields::default();
        let zone = match text(spec, "/timeZone") {
            "" => String::new(),
            zone => format!(" {zone}"),
        };
        fields.add("Schedule", Parts::from(text(spec, "/schedule")).and(Role::Muted, zone));
        if is_true(spec, "/suspend") {
            fields.add("Suspended", Parts::of(Role::Warning, "yes: it starts no jobs"));
        }
        fields.add("Last started", when(status, "/lastScheduleTime", now));
        fields.add("Last succeeded", when(status, "/lastSuccessfulTime", now));
        let active: Vec<_> = list(status, "/active").iter().map(|job| text(job, "/name")).collect();
        fields.add("Active jobs", if active.is_empty() { "none".to_owned() } else { active.join(", ") });
        let concurrency = text(spec, "/concurrencyPolicy");
        let meaning = match concurrency {
            "Allow" => ": the next may start beside it",
            "Forbid" => ": the next is left out",
            "Replace" => ": the next takes its place",
            _ => "",
        };
        fields.add("While one runs", Parts::from(concurrency).and(Role::Muted, meaning));
        fields.add("May start late by", span_at(spec, "/startingDeadlineSeconds"));
        let (well, badly) = (plain(spec, "/successfulJobsHistoryLimit"), plain(spec, "/failedJobsHistoryLimit"));
        if !well.is_empty() || !badly.is_empty() {
            fields.add("Jobs kept", format!("{well} succeeded, {badly} failed"));
        }
        fields.add("Retries", plain(spec, "/jobTemplate/spec/backoffLimit"));
        page.fields(fields);
    });
    conditions(page, &Known::CronJob.into(), document, now);
    template(page, at(spec, "/jobTemplate/spec/template"), now);
}

/// What the pods are made from.
fn template(page: &mut Page, template: &Value, now: Time) {
    let spec = at(template, "/spec");
    page.section("Pod template", |page| {
        let mut fields = Fields::default();
        fields.add("Labels", pairs(template, "/metadata/labels"));
        let annotations = map(template, "/metadata/annotations").map(|(key, value)| {
            let value = one_line(&scalar(value), 120);
            Parts::of(Role::Muted, format!("{key}: ")).and(Role::Text, value)
        });
        fields.lines("Annotations", annotations.collect());
        common(&mut fields, spec);
        page.fields(fields);
    });
    containers(page, spec, &Value::Null, now);
    volumes(page, spec);
}
