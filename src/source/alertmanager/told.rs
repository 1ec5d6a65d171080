//! What Prometheus and Alertmanager answer, read as alerts. Whatever is not there is empty; what is too much is counted.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::{
    Alert, AlertState, AlertsTold, DownTarget, FailingRule, How, Matcher, Problem, ProblemKind, SilenceTold, Time, clean, is_watchdog,
    shorten,
};
use crate::redact::mask_text;

/// Alerts of one source that are kept.
pub const MOST: usize = 2_000;
/// Failing rules and targets that are kept.
const FEW: usize = 200;

type Labels = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default)]
    status: String,
    data: Option<T>,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
struct Rules {
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    name: String,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    #[serde(default)]
    name: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    health: String,
    #[serde(default)]
    last_error: String,
    #[serde(default)]
    last_evaluation: String,
    #[serde(default)]
    alerts: Vec<Active>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    #[serde(default)]
    state: String,
    #[serde(default)]
    active_at: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    #[serde(default)]
    active_targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    scrape_url: String,
    #[serde(default)]
    health: String,
    #[serde(default)]
    last_error: String,
    #[serde(default)]
    last_scrape: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Managed {
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    #[serde(default)]
    starts_at: String,
    #[serde(default, rename = "generatorURL")]
    generator: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

/// Reads the rules of a Prometheus, and its targets where it told them.
///
/// # Errors
/// The answer is none of a Prometheus, or it says what is wrong.
pub fn prometheus(rules: &[u8], targets: Option<&[u8]>, host: &str) -> Result<AlertsTold, Problem> {
    let rules: Rules = data(rules, host)?;
    let mut told = AlertsTold::default();
    for group in rules.groups {
        for rule in group.rules {
            told.evaluated = told.evaluated.max(time(&rule.last_evaluation));
            told.has_watchdog |= is_watchdog(&rule.name);
            if rule.health == "err" || !rule.last_error.is_empty() {
                told.failing.push(FailingRule {
                    group: text(&group.name),
                    name: text(&rule.name),
                    error: text(&rule.last_error),
                    at: time(&rule.last_evaluation),
                });
            }
            for active in rule.alerts {
                let state = if active.state == "pending" {
                    AlertState::Pending
                } else {
                    AlertState::Firing
                };
                let mut alert = alert(active.labels, &active.annotations, state, &active.active_at);
                if alert.name.is_empty() {
                    alert.name = text(&rule.name);
                }
                alert.expr = text(&rule.query);
                alert.value = text(&active.value);
                told.alerts.push(alert);
            }
        }
    }
    told.failing.truncate(FEW);
    if let Some(targets) = targets {
        let targets: Targets = data(targets, host)?;
        told.targets = targets.active_targets.len();
        let down = targets.active_targets.into_iter().filter(|target| target.health == "down");
        told.down = down.map(down_target).take(FEW).collect();
    }
    Ok(limited(told))
}

/// Reads the alerts of an Alertmanager.
///
/// # Errors
/// The answer is none of an Alertmanager.
pub fn alertmanager(alerts: &[u8], host: &str) -> Result<AlertsTold, Problem> {
    let managed: Vec<Managed> = json(alerts, host)?;
    let one = |managed: Managed| {
        let status = managed.status.as_ref();
        let is_suppressed = status.is_some_and(|status| status.state == "suppressed");
        let state = if is_suppressed {
            AlertState::Suppressed
        } else {
            AlertState::Firing
        };
        let mut alert = alert(managed.labels, &managed.annotations, state, &managed.starts_at);
        alert.generator = text(&managed.generator);
        alert.is_routed = true;
        if let Some(status) = managed.status {
            alert.silenced = status.silenced_by.iter().map(|id| text(id)).collect();
            alert.inhibited = status.inhibited_by.iter().map(|id| text(id)).collect();
        }
        alert
    };
    let told = AlertsTold {
        alerts: managed.into_iter().map(one).collect(),
        ..AlertsTold::default()
    };
    Ok(limited(told))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Quiet {
    #[serde(default)]
    id: String,
    #[serde(default)]
    matchers: Vec<Label>,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    ends_at: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Label {
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    is_regex: bool,
    /// Alertmanager before 0.22 knows no negative ones.
    is_equal: Option<bool>,
}

/// Reads the silences of an Alertmanager that are not over. `None`: they are none.
pub fn silences(body: &[u8]) -> Option<Vec<SilenceTold>> {
    let all: Vec<Quiet> = serde_json::from_slice(body).ok()?;
    let matcher = |label: Label| Matcher {
        name: text(&label.name).into(),
        how: match (label.is_regex, label.is_equal.unwrap_or(true)) {
            (false, true) => How::Equal,
            (false, false) => How::Unequal,
            (true, true) => How::Fits,
            (true, false) => How::FitsNot,
        },
        value: text(&label.value).into(),
    };
    let one = |quiet: Quiet| {
        let state = quiet.status.map(|status| status.state).unwrap_or_default();
        (state != "expired" && !quiet.id.is_empty()).then(|| SilenceTold {
            id: text(&quiet.id),
            matchers: quiet.matchers.into_iter().map(matcher).collect(),
            author: text(&quiet.created_by),
            comment: text(&quiet.comment),
            starts: time(&quiet.starts_at),
            ends: time(&quiet.ends_at),
            is_pending: state == "pending",
        })
    };
    let mut all: Vec<SilenceTold> = all.into_iter().filter_map(one).collect();
    // Those that end first are looked for first.
    all.sort_by(|a, b| (a.ends, &a.id).cmp(&(b.ends, &b.id)));
    all.truncate(MOST);
    Some(all)
}

#[derive(Deserialize)]
struct Standing {
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct Cluster {
    #[serde(default)]
    peers: Vec<Peer>,
}

#[derive(Deserialize)]
struct Peer {
    #[serde(default)]
    name: String,
}

/// The names of all who keep silences together with an Alertmanager, itself included.
pub fn peers(status: &[u8]) -> Vec<Box<str>> {
    let standing: Option<Standing> = serde_json::from_slice(status).ok();
    let cluster = standing.and_then(|standing| standing.cluster);
    let names = cluster.into_iter().flat_map(|cluster| cluster.peers).map(|peer| text(&peer.name));
    let mut names: Vec<Box<str>> = names.filter(|name| !name.is_empty()).take(FEW).collect();
    names.sort();
    names
}

/// The worst are kept, the longest first.
fn limited(mut told: AlertsTold) -> AlertsTold {
    told.total = told.alerts.len();
    let order = |alert: &Alert| (std::cmp::Reverse((alert.state, alert.gravity())), alert.since);
    told.alerts.sort_by_cached_key(order);
    told.alerts.truncate(MOST);
    told
}

fn alert(labels: Labels, annotations: &Labels, state: AlertState, since: &str) -> Alert {
    let note = |names: &[&str]| {
        let found = names
            .iter()
            .find_map(|name| annotations.get(*name).filter(|text| !text.trim().is_empty()));
        found.map_or_else(Box::default, |found| text(found))
    };
    let summary = note(&["summary", "message", "description", "title"]);
    let description = note(&["description", "message"]);
    Alert {
        name: labels.get("alertname").map_or_else(Box::default, |name| text(name)),
        severity: labels.get("severity").map_or_else(Box::default, |word| text(word)),
        state,
        since: time(since),
        description: if description == summary { Box::default() } else { description },
        summary,
        runbook: note(&["runbook_url", "runbook"]),
        labels: labels.iter().map(|(name, value)| (text(name), text(value))).collect(),
        ..Alert::default()
    }
}

fn down_target(target: Target) -> DownTarget {
    let label = |name: &str| target.labels.get(name).map_or("", String::as_str);
    DownTarget {
        job: text(label("job")),
        instance: text(if label("instance").is_empty() {
            &target.scrape_url
        } else {
            label("instance")
        }),
        error: text(&target.last_error),
        at: time(&target.last_scrape),
        labels: target.labels.iter().map(|(name, value)| (text(name), text(value))).collect(),
    }
}

/// One line, harmless, without secrets.
fn text(text: &str) -> Box<str> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&clean(&mask_text(&line)), 1_000).into()
}

fn time(text: &str) -> Time {
    // Prometheus says "never" as the year 1.
    Some(Time::parse(text)).filter(|time| time.0 > 0).unwrap_or(Time::NEVER)
}

fn data<T: DeserializeOwned>(body: &[u8], host: &str) -> Result<T, Problem> {
    let envelope: Envelope<T> = json(body, host)?;
    match envelope.data {
        Some(data) if envelope.status != "error" => Ok(data),
        _ if !envelope.error.is_empty() => Err(Problem::new(ProblemKind::Server, format!("{host}: {}", envelope.error))),
        _ => Err(Problem::new(
            ProblemKind::BadAnswer,
            format!("{host} does not answer as a Prometheus does"),
        )),
    }
}

fn json<T: DeserializeOwned>(body: &[u8], host: &str) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let what = if body.is_empty() {
            "nothing".to_owned()
        } else {
            format!("something else than was asked ({error})")
        };
        Problem::new(ProblemKind::BadAnswer, format!("{host} answers {what}")).hint("is its URL that of a Prometheus or Alertmanager?")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Severity;

    #[test]
    fn rules_and_targets_of_a_prometheus_are_read() {
        let rules = json!({"status": "success", "data": {"groups": [{"name": "app", "rules": [
            {"name": "HighErrorRate", "query": "x > 1", "health": "ok", "lastEvaluation": "2026-11-28T18:10:55.295305484Z", "type": "alerting", "alerts": [
                {"labels": {"alertname": "HighErrorRate", "severity": "critical", "namespace": "solia"}, "state": "firing",
                 "annotations": {"summary": "7 % of\nrequests \u{1b}[31mfail", "description": "more", "runbook_url": "https://r/x"},
                 "activeAt": "2026-11-28T18:00:00.123Z", "value": "7.1e-02"},
                {"labels": {"alertname": "HighErrorRate", "severity": "warning"}, "state": "pending", "activeAt": "2026-11-28T18:01:00Z"}]},
            {"name": "Watchdog", "health": "err", "lastError": "many-to-many", "lastEvaluation": "0001-01-01T00:00:00Z", "alerts": []},
            {"name": "record:x", "type": "recording", "health": "ok"}]}]}});
        let targets = json!({"status": "success", "data": {"activeTargets": [
            {"labels": {"job": "a", "instance": "h:1"}, "health": "up"},
            {"labels": {"job": "dead"}, "scrapeUrl": "http://h:2/metrics", "health": "down", "lastError": "refused", "lastScrape": "2026-11-28T18:10:55Z"},
            {"health": "unknown"}]}});
        let told = prometheus(rules.to_string().as_bytes(), Some(targets.to_string().as_bytes()), "p").unwrap();
        assert_eq!((told.total, told.alerts.len(), told.targets, told.has_watchdog), (2, 2, 3, true));
        let first = &told.alerts[0];
        assert_eq!(
            (&*first.name, first.state, first.gravity()),
            ("HighErrorRate", AlertState::Firing, Severity::Critical)
        );
        assert_eq!(&*first.summary, "7 % of requests ␛[31mfail");
        assert_eq!(
            (&*first.description, &*first.runbook, &*first.expr, &*first.value),
            ("more", "https://r/x", "x > 1", "7.1e-02")
        );
        assert_eq!(first.since, Time::parse("2026-11-28T18:00:00Z"));
        assert_eq!(told.alerts[1].state, AlertState::Pending);
        assert_eq!(told.evaluated, Time::parse("2026-11-28T18:10:55Z"));
        assert_eq!(
            (&*told.failing[0].name, &*told.failing[0].error, told.failing[0].at),
            ("Watchdog", "many-to-many", Time::NEVER)
        );
        assert_eq!(
            (told.down.len(), &*told.down[0].instance, &*told.down[0].error),
            (1, "http://h:2/metrics", "refused")
        );
    }

    #[test]
    fn alerts_of_an_alertmanager_are_read() {
        let alerts = json!([
            {"labels": {"alertname": "A", "severity": "info"}, "status": {"state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": []},
             "startsAt": "2026-11-28T17:06:59.292Z", "generatorURL": "http://vm/graph", "annotations": {}},
            {"labels": {"alertname": "B", "password": "hunter22"}, "status": {"state": "active"}, "startsAt": "x"},
            {}]);
        let told = alertmanager(alerts.to_string().as_bytes(), "a").unwrap();
        assert_eq!((told.total, told.alerts.len()), (3, 3));
        let suppressed = told.alerts.iter().find(|alert| &*alert.name == "A").unwrap();
        assert_eq!(
            (suppressed.state, &*suppressed.silenced[0], suppressed.is_routed),
            (AlertState::Suppressed, "s1", true)
        );
        assert_eq!(
            told.alerts.last().map(|alert| &*alert.name),
            Some("A"),
            "what is suppressed comes last"
        );
    }

    #[test]
    fn silences_that_are_not_over_are_read_the_first_to_end_first() {
        let all = json!([
            {"id": "b", "status": {"state": "pending"}, "createdBy": "anna\u{1b}[2J", "comment": "the fix\nis out", "startsAt": "2026-11-28T03:00:00Z",
             "endsAt": "2026-11-28T05:00:00Z", "matchers": [{"name": "pod", "value": "x.*", "isRegex": true, "isEqual": false}]},
            {"id": "a", "status": {"state": "active"}, "endsAt": "2026-11-28T04:00:00Z", "matchers": [{"name": "alertname", "value": "A", "isRegex": false}]},
            {"id": "c", "status": {"state": "expired"}, "matchers": []},
            {}]);
        let told = silences(all.to_string().as_bytes()).unwrap();
        let shown: Vec<(&str, String, bool)> = told.iter().map(|one| (&*one.id, one.fits(), one.is_pending)).collect();
        assert_eq!(
            shown,
            [("a", "alertname=\"A\"".to_owned(), false), ("b", "pod!~\"x.*\"".to_owned(), true)]
        );
        assert_eq!((&*told[1].author, &*told[1].comment), ("anna␛[2J", "the fix is out"));
        assert_eq!(silences(b"<html>"), None);
        assert_eq!(silences(b"{}"), None);
    }

    #[test]
    fn who_keeps_silences_together_is_read() {
        let status =
            json!({"cluster": {"name": "01B", "status": "ready", "peers": [{"name": "01B", "address": "10.0.0.2:9094"}, {"name": "01A"}]}});
        assert_eq!(peers(status.to_string().as_bytes()).join(","), "01A,01B");
        assert!(peers(br#"{"cluster":{"status":"disabled","peers":[]}}"#).is_empty());
        assert!(peers(b"<html>").is_empty() && peers(b"{\"cluster\":null}").is_empty());
    }

    #[test]
    fn too_many_are_counted_and_the_worst_kept() {
        let one = |n: usize| json!({"labels": {"alertname": format!("A{n}"), "severity": if n == 49_999 { "critical" } else { "info" }}});
        let all: Vec<_> = (0..50_000).map(one).collect();
        let told = alertmanager(serde_json::Value::from(all).to_string().as_bytes(), "a").unwrap();
        assert_eq!((told.total, told.alerts.len(), &*told.alerts[0].name), (50_000, MOST, "A49999"));
    }

    #[test]
    fn what_is_no_answer_is_told_in_a_sentence() {
        let why = |body: &str| prometheus(body.as_bytes(), None, "prom:9090").unwrap_err().text.to_string();
        assert_eq!(why(""), "prom:9090 answers nothing");
        assert!(
            why("[1]").starts_with("prom:9090 answers something else than was asked"),
            "{}",
            why("[1]")
        );
        assert_eq!(why("{}"), "prom:9090 does not answer as a Prometheus does");
        assert_eq!(why(r#"{"status":"error","error":"query timed out"}"#), "prom:9090: query timed out");
        assert!(
            alertmanager(b"{\"status\":\"success\"}", "am")
                .unwrap_err()
                .text
                .starts_with("am answers something else")
        );
    }
}
