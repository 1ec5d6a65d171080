//! Workloads: how many pods are wanted and there, how they are replaced, what they are made from.

use serde_json::Value;

use super::container::containers;
use super::header::conditions;
use super::page::{Fields, Page, Parts};
use super::pod::common;
use super::read::{at, date, list, map, number, pairs, plain, selector, text, when, with_unit};
use super::volume::volumes;
use crate::model::{Time, short_age};
use crate::ui::theme::Role;

/// A deployment, replica set, stateful set or daemon set.
pub fn workload(page: &mut Page, document: &Value, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Rollout", |page| {
        let mut fields = Fields::default();
        fields.add("Replicas", replicas(document));
        if let (Some(generation), Some(seen)) = (number(document, "/metadata/generation"), number(status, "/observedGeneration"))
            && seen < generation
        {
            fields.add("Controller", Parts::of(Role::Busy, "has not seen the newest specification yet"));
        }
        if at(spec, "/paused") == &Value::Bool(true) {
            fields.add(
                "Paused",
                Parts::of(Role::Warning, "yes: changes of the template are not rolled out"),
            );
        }
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
            fields.add("Ready for at least", with_unit(spec, "/minReadySeconds", "s"));
        }
        fields.add("Gives up after", with_unit(spec, "/progressDeadlineSeconds", "s"));
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
    conditions(page, document, now);
    template(page, at(spec, "/template"), now);
}

/// The line that says how many pods there are, of how many.
fn replicas(document: &Value) -> Parts {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    let count = |pointer| number(status, pointer).unwrap_or_default();
    let daemon = text(document, "/kind") == "DaemonSet";
    let wanted = if daemon {
        count("/desiredNumberScheduled")
    } else {
        number(spec, "/replicas").unwrap_or(1)
    };
    let counts: &[(&str, &str)] = match text(document, "/kind") {
        "DaemonSet" => &[
            ("scheduled", "/currentNumberScheduled"),
            ("updated", "/updatedNumberScheduled"),
            ("ready", "/numberReady"),
            ("available", "/numberAvailable"),
            ("misplaced", "/numberMisscheduled"),
        ],
        "Deployment" => &[
            ("present", "/replicas"),
            ("updated", "/updatedReplicas"),
            ("ready", "/readyReplicas"),
            ("available", "/availableReplicas"),
            ("unavailable", "/unavailableReplicas"),
        ],
        "StatefulSet" => &[
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
pub fn job(page: &mut Page, document: &Value, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Run", |page| {
        let mut fields = Fields::default();
        let count = |pointer| number(status, pointer).unwrap_or_default();
        let wanted = number(spec, "/completions").map_or_else(|| "work queue".to_owned(), |n| format!("{n} wanted"));
        let failed = count("/failed");
        let pods = Parts::from(format!(
            "{wanted} · {} active · {} succeeded · ",
            count("/active"),
            count("/succeeded")
        ));
        fields.add(
            "Pods",
            pods.and(if failed > 0 { Role::Warning } else { Role::Text }, format!("{failed} failed")),
        );
        fields.add("In parallel", plain(spec, "/parallelism"));
        let (start, end) = (
            Time::parse(text(status, "/startTime")),
            Time::parse(text(status, "/completionTime")),
        );
        fields.add("Started", date(start, now));
        fields.add("Completed", date(end, now));
        if start.is_known() && end.is_known() {
            fields.add("Took", short_age(end - start));
        }
        if at(spec, "/suspend") == &Value::Bool(true) {
            fields.add("Suspended", Parts::of(Role::Warning, "yes"));
        }
        fields.add("Retries", plain(spec, "/backoffLimit"));
        fields.add("Deadline", with_unit(spec, "/activeDeadlineSeconds", "s"));
        fields.add("Deleted after end", with_unit(spec, "/ttlSecondsAfterFinished", "s"));
        fields.add("Selector", selector(spec, "/selector"));
        page.fields(fields);
    });
    conditions(page, document, now);
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
        if at(spec, "/suspend") == &Value::Bool(true) {
            fields.add("Suspended", Parts::of(Role::Warning, "yes"));
        }
        fields.add("Last started", when(status, "/lastScheduleTime", now));
        fields.add("Last succeeded", when(status, "/lastSuccessfulTime", now));
        let active: Vec<_> = list(status, "/active").iter().map(|job| text(job, "/name")).collect();
        fields.add("Active jobs", if active.is_empty() { "none".to_owned() } else { active.join(", ") });
        fields.add("While one runs", text(spec, "/concurrencyPolicy"));
        fields.add("May start late by", with_unit(spec, "/startingDeadlineSeconds", "s"));
        let (well, badly) = (plain(spec, "/successfulJobsHistoryLimit"), plain(spec, "/failedJobsHistoryLimit"));
        if !well.is_empty() || !badly.is_empty() {
            fields.add("Jobs kept", format!("{well} succeeded, {badly} failed"));
        }
        fields.add("Retries", plain(spec, "/jobTemplate/spec/backoffLimit"));
        page.fields(fields);
    });
    conditions(page, document, now);
    template(page, at(spec, "/jobTemplate/spec/template"), now);
}

/// What the pods are made from.
fn template(page: &mut Page, template: &Value, now: Time) {
    let spec = at(template, "/spec");
    page.section("Pod template", |page| {
        let mut fields = Fields::default();
        fields.add("Labels", pairs(template, "/metadata/labels"));
        let annotations = map(template, "/metadata/annotations").map(|(key, value)| {
            let value = super::read::one_line(&super::read::scalar(value), 120);
            Parts::of(Role::Muted, format!("{key}: ")).and(Role::Text, value)
        });
        fields.lines("Annotations", annotations.collect());
        common(&mut fields, spec);
        page.fields(fields);
    });
    containers(page, spec, &Value::Null, now);
    volumes(page, spec);
}
