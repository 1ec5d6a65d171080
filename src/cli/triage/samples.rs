//! Accounts to test with: one with everything in it, one of a server that is not there.

use std::sync::Arc;

use super::account::Account;
use super::sources::{Freshness, Source};
use crate::model::{
    Alert, AlertState, AlertsKnown, Change, ChangeKind, Confidence, Evidence, EvidenceKind, Finding, Known, ProbePlace, Probed, Severity,
    Subject, Time, Uid, Unmet,
};
use crate::store::{Probes, Spoken, Summary, Watched};

fn at(text: &str) -> Time {
    Time::parse(&format!("2026-11-23T{text}Z"))
}

fn subject(kind: Known, namespace: &str, name: &str, uid: Uid) -> Subject {
    Subject {
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
        uid,
    }
}

fn source(id: &str, freshness: Freshness, detail: &str, needed: bool) -> Source {
    Source {
        id: id.into(),
        freshness,
        detail: detail.into(),
        needed,
    }
}

fn finding(id: &'static str, severity: Severity, object: Subject, title: &str, runbook: &'static str) -> Finding {
    let mut finding = Finding::new(severity, object, title);
    (finding.id, finding.runbook) = (id, runbook);
    finding
}

/// One that fires for a pod, and one that is pending.
fn alerts() -> Vec<Spoken> {
    let alert = |name: &str, severity: &str, state: AlertState, labels: &[(&str, &str)]| Alert {
        name: name.into(),
        severity: severity.into(),
        state,
        since: at("02:01:00"),
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        summary: "it restarts".into(),
        runbook: "https://runbooks.example/crashloop".into(),
        ..Alert::default()
    };
    let labels = [
        ("alertname", "PodCrashLooping"),
        ("namespace", "default"),
        ("pod", "backend-1"),
        ("severity", "critical"),
    ];
    let pending = [("alertname", "HighLatency"), ("severity", "warning")];
    let all = [
        alert("PodCrashLooping", "critical", AlertState::Firing, &labels),
        alert("HighLatency", "warning", AlertState::Pending, &pending),
    ];
    let spoken = |alert: Alert| Spoken {
        object: alert.object(),
        alert,
    };
    all.map(spoken).into()
}

/// Two services, one of which does not answer as it should.
fn health() -> Vec<Watched> {
    let place = |name: &str, url: &str| ProbePlace {
        name: name.into(),
        url: url.into(),
        every: 15,
        ..ProbePlace::default()
    };
    let places = vec![
        place("backend", "https://solia-invest.com/health"),
        place("frontend", "https://solia-invest.com/api/health"),
    ];
    let mut probes = Probes::of(places);
    let mut answer = Probed {
        code: Some(503),
        failed: vec![Unmet {
            what: "the status".into(),
            expected: "200".into(),
            actual: "503 Service Unavailable".into(),
        }],
        ..Probed::default()
    };
    answer.timings.total = 1200;
    probes.apply(0, at("02:02:50"), Arc::new(answer));
    let mut answer = Probed {
        code: Some(200),
        ..Probed::default()
    };
    answer.timings.total = 41;
    probes.apply(1, at("02:02:51"), Arc::new(answer));
    probes.all().to_vec()
}

/// Production at three minutes past two, with one finding of each severity.
pub fn ill() -> Account {
    let backend = subject(
        Known::Deployment,
        "default",
        "backend-deployment",
        Uid::parse("6f0c1c3e-0f4b-4b52-9a0f-3f1d2c4b5a69"),
    );
    let change = Change {
        at: at("01:54:10"),
        object: backend.clone(),
        kind: ChangeKind::Rollout,
        what: "revision 41 → 42: image v1.8.2 → v1.8.3".into(),
        by: "github-actions".into(),
        details: Box::default(),
    };
    let title = "rollout of revision 42 stuck · 2 new pods crash · exit 1 · 4 of 5 serve";
    let mut rollout = finding("rollout-stuck", Severity::Critical, backend, title, "bad-deployment")
        .since(at("01:57:00"))
        .evidence([
            Evidence::new(
                EvidenceKind::Exit,
                "container backend ended: exit 1 after 2s, 5 restarts",
                at("02:01:30"),
            ),
            Evidence::new(EvidenceKind::Log, "STRIPE_KEY is not set", at("02:01:30")),
            Evidence::new(
                EvidenceKind::Event,
                "BackOff: Back-off restarting failed container (×20)",
                at("02:02:00"),
            ),
            Evidence::new(EvidenceKind::Condition, "Progressing: no (ProgressDeadlineExceeded)", Time::NEVER),
        ]);
    rollout.changes.push(change.clone());
    let node = subject(Known::Node, "", "solia-node-2", Uid(0xff));
    let cordoned = finding("node-pressure", Severity::Warning, node, "has little memory left", "node-pressure")
        .since(Time::parse("2026-11-20T01:00:00Z"))
        .confidence(Confidence::Medium)
        .evidence([
            Evidence::new(EvidenceKind::Metric, "uses 15.2Gi of 16Gi", at("02:02:40")),
            Evidence::new(EvidenceKind::Node, "24 pods are on it", Time::NEVER),
        ]);
    let pod = subject(Known::Pod, "default", "worker-`x`", Uid(0));
    let once = finding("pod-restarting", Severity::Info, pod, "was restarted · SIGTERM", "").confidence(Confidence::Low);
    Account {
        environment: "production".into(),
        place: "namespace default".into(),
        at: at("02:03:00"),
        why: Some("the worst of production, staging: 2 pods CrashLoopBackOff".into()),
        sources: vec![
            source("kubernetes", Freshness::Live, "v1.33.4 at api.example.org as anna", true),
            source("pods", Freshness::Live, "", true),
            source("events", Freshness::Stale, "may list but not watch events", false),
            source("secrets", Freshness::Denied, "may not list secrets in namespace default", false),
            source("endpointslices", Freshness::Denied, "may not list endpointslices", false),
            source("jobs", Freshness::Unreachable, "no answer within 10 s", false),
            source("metrics", Freshness::Off, "this cluster serves no metrics.k8s.io", false),
        ],
        findings: vec![rollout, cordoned, once],
        changes: vec![change],
        summary: Summary {
            nodes: Some((2, 3)),
            pods: Some((3, 5)),
            deployments: Some((1, 2)),
        },
        health: health(),
        alerts: alerts(),
        alerts_known: AlertsKnown::Yes,
    }
}

/// A server that nobody answers at.
pub fn unseen() -> Account {
    let refused = "connection refused by localhost:1 (is the server up?)";
    Account {
        environment: "dev".into(),
        place: "all namespaces".into(),
        why: None,
        sources: vec![
            source("kubernetes", Freshness::Unreachable, refused, true),
            source("pods", Freshness::Unreachable, "", true),
        ],
        findings: Vec::new(),
        changes: Vec::new(),
        summary: Summary::default(),
        health: Vec::new(),
        alerts: Vec::new(),
        alerts_known: AlertsKnown::Off,
        ..ill()
    }
}
