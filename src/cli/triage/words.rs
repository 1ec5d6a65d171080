//! The words that text and Markdown share.

use std::fmt::Write as _;

use super::account::Account;
use super::sources::{Freshness, Source};
use crate::model::{AlertState, AlertsKnown, Finding, Probed, Severity, Subject, Time, short_age};
use crate::store::Watched;

/// How much evidence a person is told; the JSON has all of it.
pub const EVIDENCE: usize = 3;

/// How long a line of evidence may be.
pub const WIDTH: usize = 200;

/// `Deployment default/backend-deployment`
pub fn object(subject: &Subject) -> String {
    match &*subject.namespace {
        "" => format!("{} {}", subject.kind_name(), subject.name),
        namespace => format!("{} {namespace}/{}", subject.kind_name(), subject.name),
    }
}

/// `since 01:57Z (6m)`; empty where it is not known.
pub fn since(at: Time, now: Time) -> String {
    match at.is_known() {
        true => format!("since {} ({})", moment(at, now), short_age(at.age(now))),
        false => String::new(),
    }
}

/// `01:57Z`; with its day where that is not within the last 24 hours.
pub fn moment(at: Time, now: Time) -> String {
    // `2026-11-23T01:57:00Z`
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or(("", &text));
    let minutes = time.get(..5).unwrap_or(time);
    match at.age(now) < 86_400 {
        true => format!("{minutes}Z"),
        false => format!("{day} {minutes}Z"),
    }
}

/// What most likely led to it: `01:55Z revision 41 → 42: image v1.8.2 → v1.8.3, by github-actions`.
pub fn likeliest_change(finding: &Finding, now: Time) -> Option<String> {
    let change = finding.changes.first()?;
    let mut text = moment(change.at, now);
    if change.object != finding.object {
        let _ = write!(text, " {}:", object(&change.object));
    }
    let _ = write!(text, " {}", change.what);
    if !change.by.is_empty() {
        let _ = write!(text, ", by {}", change.by);
    }
    Some(text)
}

/// What could not be seen, one line for each way and reason: `denied: secrets · may not list secrets`.
pub fn unseen(account: &Account) -> Vec<String> {
    // What the server does not have is nobody's trouble, unless nothing can be told without it; and what is said by the
    // connection is not said again for each kind.
    let worth = |s: &&Source| s.freshness != Freshness::Live && (s.freshness != Freshness::Off || s.needed) && !s.detail.is_empty();
    let mut groups: Vec<(Freshness, Vec<&Source>)> = Vec::new();
    for source in account.sources.iter().filter(worth) {
        match groups.iter_mut().find(|(freshness, _)| *freshness == source.freshness) {
            Some((_, group)) => group.push(source),
            None => groups.push((source.freshness, vec![source])),
        }
    }
    let lines = groups.into_iter().map(|(freshness, group)| {
        let names: Vec<&str> = group.iter().map(|source| source.id.as_str()).collect();
        let detail = group.first().map_or("", |source| &source.detail);
        let more = match group.iter().all(|source| source.detail == detail) {
            true => "",
            false => ", …",
        };
        format!("{}: {} · {detail}{more}", freshness.word(), names.join(", "))
    });
    lines.collect()
}

/// Why nothing at all is known, where it is so: the connection's own sentence.
pub fn silence(account: &Account) -> Option<&str> {
    let nothing = account.findings.is_empty() && !account.sources.iter().any(Source::was_seen);
    let link = account.sources.first().filter(|_| nothing)?;
    Some(&link.detail)
}

/// How many of each severity: `1 critical, 2 warnings`; else whether that is good news.
pub fn verdict(account: &Account) -> String {
    let count = |severity| account.findings.iter().filter(|f| f.severity == severity).count();
    let plural = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let counts: Vec<String> = [
        plural(count(Severity::Critical), "critical", "critical"),
        plural(count(Severity::Warning), "warning", "warnings"),
        plural(count(Severity::Info), "worth knowing", "worth knowing"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (counts.is_empty(), account.is_ill() || account.is_known()) {
        (true, true) => "all is well".to_owned(),
        (true, false) => "not enough was seen to tell".to_owned(),
        (false, true) => counts.join(", "),
        (false, false) => format!("{}; not enough was seen to tell more", counts.join(", ")),
    }
}

/// How the services answer: `health: backend ok 200 41 ms, frontend down (the status is 503, expected 200)`.
pub fn health(account: &Account) -> Option<String> {
    let one = |probe: &Watched| {
        let (name, state) = (&probe.place.name, probe.state(account.at));
        let answer = probe.answer();
        let code = answer
            .and_then(|answer| answer.code)
            .map_or_else(String::new, |code| format!(" {code}"));
        match answer.map(Probed::wrong).filter(|wrong| !wrong.is_empty()) {
            Some(wrong) => format!("{name} {} ({})", state.word(), crate::model::shorten(&wrong, WIDTH)),
            None => format!(
                "{name} {}{code} {} ms",
                state.word(),
                answer.map_or(0, |answer| answer.timings.total)
            ),
        }
    };
    let told: Vec<String> = account.health.iter().filter(|probe| probe.last.is_some()).map(one).collect();
    (!told.is_empty()).then(|| format!("health: {}", told.join(", ")))
}

/// How many alerts fire, or that nobody knows; nothing where nobody is asked: `alerts: 1 critical, 2 pending`.
pub fn alerts(account: &Account) -> Option<String> {
    use crate::ui::panes::alerts as pane;
    match &account.alerts_known {
        AlertsKnown::Off => None,
        AlertsKnown::Waiting => Some("alerts: no answer in time".to_owned()),
        unknown @ AlertsKnown::Unknown { .. } => pane::unknown(unknown, account.at),
        AlertsKnown::Yes => {
            let names = |state: AlertState| {
                let mut names: Vec<&str> = Vec::new();
                for alert in account
                    .alerts
                    .iter()
                    .map(|spoken| &spoken.alert)
                    .filter(|alert| alert.state == state && !alert.is_watchdog())
                {
                    if !names.contains(&&*alert.name) {
                        names.push(&alert.name);
                    }
                }
                names
            };
            let part = |state: AlertState| {
                let names = names(state);
                let more = names.len().saturating_sub(EVIDENCE);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let names = names.into_iter().take(EVIDENCE).collect::<Vec<_>>().join(", ");
                (!names.is_empty()).then(|| format!("{} {names}{more}", state.word()))
            };
            let parts: Vec<String> = [AlertState::Firing, AlertState::Pending, AlertState::Suppressed]
                .into_iter()
                .filter_map(part)
                .collect();
            let parts = if parts.is_empty() { "none".to_owned() } else { parts.join(" · ") };
            Some(format!("alerts: {parts}"))
        }
    }
}

/// What was looked at: `nodes 2/3 ready, pods 22/24 well, deployments 4/5 available`.
pub fn looked_at(account: &Account) -> String {
    let summary = &account.summary;
    let parts = [
        ("nodes", summary.nodes, "ready"),
        ("pods", summary.pods, "well"),
        ("deployments", summary.deployments, "available"),
    ];
    let known = parts
        .iter()
        .filter_map(|(noun, counts, word)| counts.map(|(good, all)| format!("{noun} {good}/{all} {word}")));
    known.collect::<Vec<_>>().join(", ")
}

/// The verdict, and what it stands on.
pub fn counts(account: &Account) -> String {
    match looked_at(account) {
        empty if empty.is_empty() => verdict(account),
        looked_at => format!("{} · {looked_at}", verdict(account)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_as_short_as_they_can_be_without_being_mistaken() {
        let now = Time::parse("2026-11-23T02:03:00Z");
        assert_eq!(since(Time::parse("2026-11-23T01:57:30Z"), now), "since 01:57Z (5m)");
        assert_eq!(since(Time::parse("2026-11-20T01:57:00Z"), now), "since 2026-11-20 01:57Z (3d)");
        assert_eq!(since(Time::NEVER, now), "");
    }
}
