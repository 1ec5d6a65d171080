//! How a change reads.

use super::moment::{Moment, NODE, Source};
use super::workload;
use crate::model::{Body, Change, ChangeKind, Known, Object, Subject, Uid, Workload, Write, WrittenPart, clean, condition, shorten};

/// Lines of a difference that are kept.
const LINES: usize = 12;

/// Keys of data that are named.
const KEYS: usize = 3;

/// A change, put into words.
pub fn change(moment: &Moment<'_>) -> Change {
    let change = |object: Subject, what: String, by: &str, details: Vec<Box<str>>| Change {
        at: moment.at,
        object,
        kind: moment.kind,
        what: shorten(&clean(&what), 300).into(),
        by: by.into(),
        details: details.into(),
    };
    match &moment.source {
        Source::Seen(seen) => (*seen).clone(),
        Source::Revision {
            deployment,
            new,
            old,
            undone,
            write,
            ..
        } => {
            let (mut what, details) = rollout(new, *old, *undone, workload(deployment));
            if moment.kind == ChangeKind::Existence {
                what.insert_str(0, "created, ");
            }
            let by = write.map_or("", |write| &*write.manager);
            change(Subject::of(Known::Deployment, deployment), what, by, details)
        }
        Source::Written { known, object, write } => {
            let cause = workload(object)
                .filter(|_| moment.kind == ChangeKind::Rollout)
                .and_then(|w| cause(&w.change_cause));
            change(
                Subject::of(*known, object),
                written(*known, object, write),
                &write.manager,
                cause.into_iter().collect(),
            )
        }
        Source::Told { known, object, event } => {
            let subject = match object {
                Some(object) => Subject::of(*known, object),
                None => Subject {
                    kind: (*known).into(),
                    namespace: "".into(),
                    name: (*event.object).into(),
                    uid: Uid(0),
                },
            };
            let what = match NODE.iter().find(|(reason, _)| **reason == *event.reason) {
                Some((_, words)) if *known == Known::Node => (*words).to_owned(),
                _ if &*event.reason == "SuccessfulRescale" => rescaled(&event.message, &event.object),
                _ => event.message.trim().to_owned(),
            };
            change(subject, what, &event.source, Vec::new())
        }
        Source::Joined(node) => change(Subject::of(Known::Node, node), "joined the cluster".into(), "", Vec::new()),
        Source::Ready(node, ready) => {
            let reason = match &node.body {
                Body::Node(body) => condition(&body.conditions, "Ready").map(|c| &*c.reason).unwrap_or_default(),
                _ => "",
            };
            let what = match (ready, reason) {
                (true, _) => "became ready again".to_owned(),
                (false, "") => "stopped being ready".to_owned(),
                (false, reason) => format!("stopped being ready: {reason}"),
            };
            change(Subject::of(Known::Node, node), what, "", Vec::new())
        }
    }
}

/// `revision 41 → 42: image v1.8.2 → v1.8.3`, and the lines of the difference.
fn rollout(new: &Workload, old: Option<&Workload>, undone: bool, deployment: Option<&Workload>) -> (String, Vec<Box<str>>) {
    let lines = old.map(|old| old.template.difference(&new.template)).unwrap_or_default();
    let steps = match (old, new.revision) {
        (Some(old), to) if old.revision > 0 && to > 0 => format!("revision {} → {to}", old.revision),
        (_, 0) => "a new revision".to_owned(),
        (_, to) => format!("revision {to}"),
    };
    let back = if undone { ", an earlier one again" } else { "" };
    let brief = match old {
        Some(_) if lines.is_empty() => ": the same template, pods made anew".to_owned(),
        Some(_) => format!(": {}", summary(&lines)),
        None => String::new(),
    };
    let written = [Some(new), deployment.filter(|w| w.revision == new.revision)];
    let cause = written.into_iter().flatten().find_map(|w| cause(&w.change_cause));
    let mut details: Vec<Box<str>> = lines.into_iter().take(LINES).collect();
    details.extend(cause);
    (format!("{steps}{back}{brief}"), details)
}

/// Why its author changed it, if the author said so.
fn cause(text: &str) -> Option<Box<str>> {
    let text = text.trim();
    (!text.is_empty()).then(|| format!("cause: {}", shorten(text, 160)).into())
}

/// The first thing that differs, an image before anything else, and how many others do.
fn summary(lines: &[Box<str>]) -> String {
    let image = lines.iter().find(|line| line.starts_with("~ image "));
    let Some(first) = image.or_else(|| lines.first()) else {
        return String::new();
    };
    match lines.len() {
        1 => brief(first),
        2 => format!("{} and 1 other", brief(first)),
        n => format!("{} and {} others", brief(first), n - 1),
    }
}

/// A line of a difference, without the container's name: `image v1.8.2 → v1.8.3`, `+ env STRIPE_KEY`.
fn brief(line: &str) -> String {
    let (sign, rest) = line.split_once(' ').unwrap_or(("", line));
    let sign = if sign == "~" { String::new() } else { format!("{sign} ") };
    let of_container = ["image ", "env ", "cpu ", "memory "].iter().any(|what| rest.starts_with(what));
    match rest.split_once(": ").filter(|_| of_container) {
        Some((head, value)) => {
            let what = head.rsplit_once(' ').map_or(head, |(what, _)| what);
            format!("{sign}{what} {value}")
        }
        None => format!("{sign}{rest}"),
    }
}

/// What somebody wrote. Who owns several parts of an object may have written any of them.
fn written(known: Known, object: &Object, write: &Write) -> String {
    let new = (write.at - object.meta.created).abs() <= 2;
    match (known, &object.body) {
        (Known::ConfigMap | Known::Secret, _) => {
            let verb = if new { "created" } else { "data was written" };
            match write.keys.len() {
                0 => verb.to_owned(),
                n if n <= KEYS => format!("{verb}: {}", write.keys.join(", ")),
                n => format!("{verb} ({n} keys)"),
            }
        }
        (_, Body::Autoscaler(scaler)) => {
            let verb = if new { "created" } else { "bounds or metrics were written" };
            format!("{verb}: {} to {} replicas", scaler.min, scaler.max)
        }
        _ if new => "created".to_owned(),
        (_, Body::Workload(w)) => {
            let spec = write.wrote(WrittenPart::Spec) || write.wrote(WrittenPart::Template);
            match (write.wrote(WrittenPart::Replicas), spec) {
                (true, false) => format!("scaled to {}", w.desired),
                _ if write.wrote(WrittenPart::Template) => "its template or other settings were written".to_owned(),
                _ => "its settings were written".to_owned(),
            }
        }
        _ => "its settings were written".to_owned(),
    }
}

/// `New size: 5; reason: cpu resource utilization above target` → `scaled to 5 by autoscaler web: cpu …`
fn rescaled(message: &str, scaler: &str) -> String {
    let parts = message
        .trim()
        .strip_prefix("New size: ")
        .and_then(|rest| rest.split_once("; reason: "));
    match parts {
        Some((size, reason)) => format!("scaled to {size} by autoscaler {scaler}: {reason}"),
        None => format!("autoscaler {scaler}: {}", message.trim()),
    }
}
