//! Somebody else's rules say that something is wrong: alerts that fire and are not silenced, those of one name together.

use std::collections::BTreeMap;

use crate::diagnosis::sight::Sight;
use crate::model::{Alert, AlertState, Confidence, Evidence, EvidenceKind, Finding, Kind, Lead, ObjectRef, Severity, Subject, Time, Uid};

/// Alerts of one name that are told one by one.
const FEW: usize = 5;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let fires = |alert: &&Alert| alert.state == AlertState::Firing && !alert.is_watchdog() && alert.gravity() > Severity::Info;
    let mut by_name: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
    for alert in sight.seen.alerts.all().iter().filter(fires) {
        by_name.entry(&alert.name).or_default().push(alert);
    }
    by_name.into_values().filter_map(|alerts| finding(sight, &alerts)).collect()
}

fn finding(sight: &Sight<'_>, alerts: &[&Alert]) -> Option<Finding> {
    let worst = alerts
        .iter()
        .max_by_key(|alert| (alert.gravity(), std::cmp::Reverse(alert.since)))?;
    let since = alerts
        .iter()
        .map(|alert| alert.since)
        .filter(|time| time.is_known())
        .min()
        .unwrap_or(Time::NEVER);
    let summary = if worst.summary.is_empty() {
        worst.details()
    } else {
        worst.summary.to_string()
    };
    let times = if alerts.len() > 1 {
        format!(" ×{}", alerts.len())
    } else {
        String::new()
    };
    // Of what they speak, as far as it is watched: its own findings explain them.
    let spoken: Vec<Uid> = alerts
        .iter()
        .filter_map(|alert| sight.seen.spoken(&alert.labels))
        .filter_map(|object| about(sight, &object))
        .collect();
    let evidence = alerts.iter().take(FEW).map(|alert| {
        let object = sight.seen.spoken(&alert.labels);
        let text = match &object {
            Some(object) => format!("{}: {}", named(object), alert.summary),
            None => format!("{} ({})", alert.summary, alert.details()),
        };
        let evidence = Evidence::new(EvidenceKind::Metric, text, alert.since);
        match object {
            Some(object) => evidence.lead(Lead::Object(object)),
            None => evidence,
        }
    });
    let subject = Subject {
        kind: Kind::of("", "alert"),
        namespace: "".into(),
        name: (*worst.name).into(),
        uid: Uid::of(&format!("alert/{}", worst.name)),
    };
    let mut finding = Finding::new(worst.gravity(), subject, format!("fires{times} · {summary}"))
        .since(since)
        .evidence(evidence)
        .depends(spoken);
    finding.confidence = Confidence::Medium;
    finding.runbook = page(worst).unwrap_or_default();
    Some(finding)
}

/// What alerts are about by a part of their names, and the page that helps: those of the usual collections of rules. The
/// first that fits.
const BY_NAME: [(&str, &str); 27] = [
    ("crashloop", "pod-crashloop"),
    ("imagepull", "image-pull-failure"),
    ("oom", "high-memory"),
    ("nodenotready", "node-not-ready"),
    ("nodeunreachable", "node-not-ready"),
    ("pressure", "node-pressure"),
    ("errorrate", "high-error-rate"),
    ("5xx", "high-error-rate"),
    ("latency", "high-latency"),
    ("slow", "high-latency"),
    ("databaseconnection", "database-connection"),
    ("connectionpool", "database-connection"),
    ("cachehit", "cache-hit-ratio-low"),
    ("replicasmismatch", "replicas-unavailable"),
    ("replicas", "replicas-unavailable"),
    ("podnotready", "replicas-unavailable"),
    ("hpa", "hpa-limited"),
    ("autoscaler", "hpa-limited"),
    ("jobfail", "job-failed"),
    ("persistentvolume", "pvc-full-or-pending"),
    ("quota", "quota-exhausted"),
    ("certificate", "certificate-expiring"),
    ("targetdown", "prometheus-or-alerting-down"),
    ("scrapedown", "prometheus-or-alerting-down"),
    ("prometheus", "prometheus-or-alerting-down"),
    ("alertmanager", "prometheus-or-alerting-down"),
    ("memory", "high-memory"),
];

/// The page of ours for an alert: the one that its `runbook_url` ends with, else the one for what its name says.
fn page(alert: &Alert) -> Option<&'static str> {
    let plain = |text: &str| -> String {
        let signs = text.chars().filter(char::is_ascii_alphanumeric);
        signs.map(|c| c.to_ascii_lowercase()).collect()
    };
    let last = alert.runbook.rsplit(['/', '#']).find(|part| !part.is_empty()).unwrap_or_default();
    let url = plain(last.split(['?', '.']).next().unwrap_or_default());
    let ours = super::CHECKS.iter().map(|check| check.runbook);
    let by_url = ours.into_iter().find(|page| !url.is_empty() && plain(page) == url);
    let name = plain(&alert.name);
    let of = |text: &str| BY_NAME.iter().find(|(part, _)| text.contains(part)).map(|(_, page)| *page);
    by_url.or_else(|| of(&name)).or_else(|| of(&url))
}

/// `Pod solia/backend-1`
fn named(object: &ObjectRef) -> String {
    let kind = object.kind.known().map_or("", |known| known.info().name);
    match &*object.namespace {
        "" => format!("{kind} {}", object.name),
        namespace => format!("{kind} {namespace}/{}", object.name),
    }
}

/// The object, where it is watched: the workload of a pod.
pub(super) fn about(sight: &Sight<'_>, object: &ObjectRef) -> Option<Uid> {
    let known = object.kind.known()?;
    let found = sight.seen.find(object)?;
    Some(sight.top_subject(known, found).uid)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::diagnosis::samples::line;
    use crate::diagnosis::world::{World, ago, bad_rollout};
    use crate::model::{Alert, AlertState, AlertsFrom, AlertsTold, EnvId, Seen};

    fn alert(name: &str, severity: &str, state: AlertState, labels: &[(&str, &str)]) -> Alert {
        let mut labels: Vec<(Box<str>, Box<str>)> = labels.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        labels.push(("alertname".into(), name.into()));
        labels.sort();
        Alert {
            name: name.into(),
            severity: severity.into(),
            state,
            since: ago(360),
            summary: "7 % of requests fail".into(),
            labels: labels.into(),
            ..Alert::default()
        }
    }

    fn tell(world: &mut World, alerts: Vec<Alert>) {
        world.store.set_alerts(EnvId(0), vec![AlertsFrom::Prometheus]);
        let told = AlertsTold {
            alerts,
            ..AlertsTold::default()
        };
        world.tell(ago(5), Seen::Alerts(AlertsFrom::Prometheus, Ok(Arc::new(told))));
        world.look();
    }

    #[test]
    fn an_alert_names_the_page_of_its_address_or_of_its_name() {
        for (name, url, expected) in [
            (
                "Anything",
                "https://docs.solia-invest.com/runbooks/high-latency",
                Some("high-latency"),
            ),
            ("Anything", "https://wiki/runbooks/High_Latency.md#steps", None),
            ("Anything", "https://wiki/runbooks#high-latency", Some("high-latency")),
            ("Anything", "https://wiki/runbooks/pod-crash-looping/", Some("pod-crashloop")),
            (
                "KubePodCrashLooping",
                "https://runbooks.prometheus-operator.dev/x",
                Some("pod-crashloop"),
            ),
            ("HighErrorRate", "", Some("high-error-rate")),
            ("OrdersStuck", "", None),
        ] {
            let alert = Alert {
                runbook: url.into(),
                ..alert(name, "critical", AlertState::Firing, &[])
            };
            assert_eq!(super::page(&alert), expected, "{name} {url}");
        }
        // The same page as the library suggests, for every alert of the simulated platform.
        let library = crate::runbook::library::Library::built_in();
        for rule in crate::sim::prometheus::rules::GROUPS.iter().flat_map(|group| group.rules) {
            let alert = Alert {
                runbook: format!("https://docs.solia-invest.com/runbooks/{}", rule.runbook).into(),
                ..alert(rule.name, "critical", AlertState::Firing, &[])
            };
            if alert.is_watchdog() {
                continue;
            }
            let page = super::page(&alert).unwrap_or("incident");
            assert!(library.get(page).is_some(), "{page} of {}", rule.name);
            assert_ne!(page, "incident", "{}", rule.name);
        }
        for (_, page) in super::BY_NAME {
            assert!(library.get(page).is_some(), "{page}");
        }
    }

    #[test]
    fn what_fires_is_told_once_for_each_name_and_what_is_silenced_or_pending_is_not() {
        use AlertState::{Firing, Pending, Suppressed};
        let mut world = World::new();
        tell(
            &mut world,
            vec![
                alert("HighErrorRate", "critical", Firing, &[("route", "/a")]),
                alert("HighErrorRate", "warning", Firing, &[("route", "/b")]),
                alert("Slow", "warning", Pending, &[]),
                alert("Old", "critical", Suppressed, &[]),
                alert("Watchdog", "none", Firing, &[]),
                alert("Info", "info", Firing, &[]),
            ],
        );
        let lines: Vec<String> = world.diagnosis.findings().iter().map(line).collect();
        assert_eq!(
            lines,
            ["critical alert-firing alert/HighErrorRate: fires ×2 · 7 % of requests fail"]
        );
        assert_eq!(world.diagnosis.findings()[0].since, ago(360));
    }

    #[test]
    fn an_alert_of_an_object_that_is_ill_follows_from_that() {
        let mut world = bad_rollout();
        let pod = world
            .seen()
            .feeds()
            .flat_map(|(_, feed)| feed.rows())
            .find(|row| row.meta.name.starts_with("backend-") && row.body.pod().is_some());
        let pod = pod.unwrap().meta.name.to_string();
        tell(
            &mut world,
            vec![alert(
                "PodCrashLooping",
                "critical",
                AlertState::Firing,
                &[("namespace", "solia"), ("pod", &pod)],
            )],
        );
        let findings = world.diagnosis.findings();
        assert!(
            findings.iter().all(|finding| finding.id != "alert-firing"),
            "{:?}",
            findings.iter().map(line).collect::<Vec<_>>()
        );
        assert!(
            findings
                .iter()
                .any(|finding| finding.folded.iter().any(|folded| folded.id == "alert-firing"))
        );
    }
}
