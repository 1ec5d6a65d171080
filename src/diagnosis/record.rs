//! What the flight recorder writes of a finding: all that will vanish (events, last words, revisions) in one page of
//! Markdown that reads well later, and elsewhere.

use std::fmt::Write as _;

use super::Diagnosis;
use super::sight::workload;
use crate::model::{Event, Finding, Known, LogLine, Time};
use crate::store::EnvStore;

/// Events that are written down, the newest of them.
const EVENTS: usize = 50;

/// The page about a finding. `yaml` is its object as it is now (masked), where it could be had.
pub fn record(diagnosis: &Diagnosis, seen: &EnvStore, finding: &Finding, environment: &str, yaml: Option<&str>, now: Time) -> String {
    let mut page = String::new();
    let object = &finding.object;
    let place = match &*object.namespace {
        "" => object.name.to_string(),
        namespace => format!("{namespace}/{}", object.name),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(page, "# {} {place}: {}\n", object.kind_name(), finding.title);
    let _ = writeln!(page, "- environment: {environment}");
    let _ = writeln!(
        page,
        "- check: {} ({}, confidence {})",
        finding.id,
        finding.severity.word(),
        finding.confidence.word()
    );
    let _ = writeln!(page, "- since: {}", moment(finding.since));
    let _ = writeln!(page, "- recorded: {}", moment(now));
    if !finding.runbook.is_empty() {
        let _ = writeln!(page, "- runbook: {}", finding.runbook);
    }
    section(
        &mut page,
        "Evidence",
        finding
            .evidence
            .iter()
            .map(|e| format!("- {} {}: {}", moment(e.at), e.kind.word(), e.text)),
    );
    section(
        &mut page,
        "What follows from it",
        finding
            .folded
            .iter()
            .map(|f| format!("- {} {}: {} ({})", f.object.kind_name(), f.object.name, f.title, f.id)),
    );
    let changes = finding.changes.iter().flat_map(|change| {
        let by = if change.by.is_empty() {
            String::new()
        } else {
            format!(" by {}", change.by)
        };
        let head = format!(
            "- {} {} {}: {}{by}",
            moment(change.at),
            change.object.kind_name(),
            change.object.name,
            change.what
        );
        std::iter::once(head).chain(change.details.iter().map(|line| format!("  - `{line}`")))
    });
    section(&mut page, "Changed before", changes);
    let sight = diagnosis.sight(seen, now);
    let revisions = sight
        .named(Known::Deployment, &object.namespace, &object.name)
        .map(|deployment| sight.revisions(deployment));
    let revisions = revisions.filter(|_| object.kind.is(Known::Deployment)).unwrap_or_default();
    let rows = revisions.iter().filter_map(|(set, w)| {
        let images: Vec<&str> = workload(set)?.images.iter().map(|image| &**image).collect();
        let cause = if w.change_cause.is_empty() {
            String::new()
        } else {
            format!(" · {}", w.change_cause)
        };
        Some(format!(
            "- revision {} made {}: {} · {} of {} ready{cause}",
            w.revision,
            moment(set.meta.created),
            images.join(", "),
            w.ready,
            w.desired
        ))
    });
    section(&mut page, "Revisions", rows);
    let words = finding.members.iter().flat_map(|uid| seen.tails.of(*uid)).map(|(key, lines)| {
        let lines: Vec<String> = lines.iter().map(line).collect();
        format!(
            "Container {} of pod {}, run {}:\n\n```text\n{}\n```\n",
            key.container,
            key.pod,
            key.run,
            lines.join("\n")
        )
    });
    section(&mut page, "Last words", words);
    section(&mut page, "Events", events(&sight, finding).into_iter().map(told));
    if let Some(yaml) = yaml {
        let _ = write!(page, "\n## Object\n\n```yaml\n{}\n```\n", yaml.trim_end());
    }
    page
}

fn section(page: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        let _ = write!(page, "\n## {title}\n\n{}\n", lines.join("\n"));
    }
}

/// Events about everything that belongs to the finding, the newest first.
fn events<'a>(sight: &super::Sight<'a>, finding: &Finding) -> Vec<&'a Event> {
    let mut found: Vec<&Event> = finding.members.iter().flat_map(|uid| sight.events_about(*uid)).collect();
    found.sort_by_key(|event| std::cmp::Reverse(event.last));
    found.truncate(EVENTS);
    found
}

fn told(event: &Event) -> String {
    let times = if event.count > 1 {
        format!(" (×{})", event.count)
    } else {
        String::new()
    };
    format!(
        "- {} {} {} {}: {}{times}",
        moment(event.last),
        event.kind,
        event.object,
        event.reason,
        event.message.trim()
    )
}

fn line(line: &LogLine) -> String {
    if line.nanos > 0 {
        format!("{} {}", moment(Time(line.nanos / 1_000_000_000)), line.text)
    } else {
        line.text.to_string()
    }
}

/// `2026-11-28T01:57:03Z`, or a dash where nothing tells.
fn moment(at: Time) -> String {
    match jiff::Timestamp::from_second(at.0) {
        Ok(time) if at.is_known() => time.to_string(),
        _ => "-".into(),
    }
}
