//! Alerts of a real Prometheus and Alertmanager (`QD_LIVE_PROMETHEUS`, `QD_LIVE_ALERTMANAGER`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use quarterdeck::config::{Config, Endpoint, Environment, Tier};
use quarterdeck::model::{AlertState, AlertsKnown, Demand, EnvId, Time};
use quarterdeck::source::Sources;
use quarterdeck::store::Store;
use tokio::sync::mpsc;

use super::Report;
use crate::journey::twin::TwinOptions;

fn servers() -> Option<(String, String, Report)> {
    let report = Report::of_this_test();
    let read = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    match read("QD_LIVE_PROMETHEUS").zip(read("QD_LIVE_ALERTMANAGER")) {
        Some((prometheus, alertmanager)) => Some((prometheus, alertmanager, report)),
        None => {
            println!("skipped: QD_LIVE_PROMETHEUS or QD_LIVE_ALERTMANAGER is not set");
            report.write("skipped");
            None
        }
    }
}

/// An alert with the labels of an object of Kubernetes is raised, and what the servers tell is put together.
#[test]
fn what_a_real_prometheus_and_alertmanager_tell_is_there_once() {
    let Some((prometheus, alertmanager, report)) = servers() else {
        return;
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let endpoint = |url: &str| Endpoint {
        url: url.to_owned(),
        ..Endpoint::default()
    };
    let config = Config {
        environments: vec![Environment {
            prometheus: Some(endpoint(&prometheus)),
            // The same one twice: two that tell the same.
            alertmanager: Some(endpoint(&alertmanager)),
            alertmanagers: vec![endpoint(&alertmanager)],
            ..Environment::default()
        }],
        ..Config::default()
    };
    let name = format!("QdLive{}", std::process::id());
    let raised = serde_json::json!([{
        "labels": {"alertname": name, "severity": "critical", "namespace": "solia", "pod": "backend-1"},
        "annotations": {"summary": "raised by a test", "runbook_url": "https://runbooks.example/x"},
    }]);
    runtime.block_on(async {
        let sent = reqwest::Client::new()
            .post(format!("{}/api/v2/alerts", alertmanager.trim_end_matches('/')))
            .header("content-type", "application/json")
            .body(raised.to_string())
            .send()
            .await
            .unwrap();
        assert!(sent.status().is_success(), "{}", sent.status());
        let mut store = Store::new(1);
        store.set_alerts(EnvId(0), config.environments[0].alerts_from());
        let (tell, mut facts) = mpsc::channel(16);
        let mut sources = Sources::new(Arc::new(config), tell);
        sources.start(Demand::Alerts(EnvId(0)));
        let deadline = Instant::now() + Duration::from_secs(40);
        let now = || Time(jiff::Timestamp::now().as_second());
        loop {
            let fact = tokio::time::timeout(Duration::from_secs(30), facts.recv()).await.unwrap().unwrap();
            store.apply(fact);
            let alerts = &store.env(EnvId(0)).unwrap().alerts;
            let raised: Vec<_> = alerts.all().iter().filter(|alert| *alert.name == *name).collect();
            let (down, targets) = alerts.down();
            if raised.len() == 1 && targets > 0 && alerts.known(now()) == AlertsKnown::Yes {
                let object = raised[0].object().unwrap();
                assert_eq!((&*object.namespace, &*object.name), ("solia", "backend-1"));
                assert_eq!(
                    (raised[0].state, &*raised[0].runbook),
                    (AlertState::Firing, "https://runbooks.example/x")
                );
                // The test bed scrapes a port on which nobody listens.
                assert!(down.iter().all(|target| !target.error.is_empty()), "{down:?}");
                println!("{} alerts, {} of {targets} targets down", alerts.all().len(), down.len());
                let dead: Vec<_> = alerts
                    .all()
                    .iter()
                    .filter(|alert| alert.label("job") == "dead" && &*alert.name == "TargetDown")
                    .collect();
                assert!(
                    dead.len() <= 1,
                    "each is there once, whatever labels were added on the way: {dead:?}"
                );
                assert!(dead.iter().all(|alert| !alert.expr.is_empty()), "{dead:?}");
                break;
            }
            assert!(Instant::now() < deadline, "{alerts:?}");
        }
    });
    report.write("passed");
}

/// A silence through the chain of changes, at a real Alertmanager: it hides the alert that a test raised, gets another end, and
/// is taken back.
#[test]
fn a_real_alertmanager_is_silenced_and_heard_again() {
    let Some((_, alertmanager, report)) = servers() else {
        return;
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let name = format!("QdLiveQuiet{}", std::process::id());
    let base = alertmanager.trim_end_matches('/').to_owned();
    let raised = serde_json::json!([{
        "labels": {"alertname": name, "severity": "critical", "namespace": "solia", "note": "two words"},
        "annotations": {"summary": "raised by a test"},
    }]);
    let client = reqwest::Client::new();
    let sent = runtime
        .block_on(
            client
                .post(format!("{base}/api/v2/alerts"))
                .header("content-type", "application/json")
                .body(raised.to_string())
                .send(),
        )
        .unwrap();
    assert!(sent.status().is_success(), "{}", sent.status());
    let silences = || -> Vec<serde_json::Value> {
        let got = runtime.block_on(async {
            let url = format!("{base}/api/v2/silences");
            client.get(url).send().await.unwrap().text().await.unwrap()
        });
        let all: Vec<serde_json::Value> = serde_json::from_str(&got).unwrap();
        let ours = |silence: &serde_json::Value| silence["matchers"].to_string().contains(&name);
        all.into_iter().filter(ours).collect()
    };
    let states = || {
        let mut states: Vec<String> = silences()
            .iter()
            .map(|s| s["status"]["state"].as_str().unwrap().to_owned())
            .collect();
        states.sort();
        states
    };
    let mut twin = TwinOptions::cloud(Vec::new())
        .tier(Tier::Open)
        .configured(|config| {
            config.environments[0].alertmanager = Some(Endpoint {
                url: alertmanager.clone(),
                ..Endpoint::default()
            });
        })
        .start();
    twin.type_text(":alerts\n");
    twin.wait_text(&[&name, "firing"]);
    twin.type_text(&format!("/{name}\n"));
    twin.press("g s");
    twin.wait_text(&["note=\"two words\""]);
    twin.type_text("a test is quiet\n");
    twin.wait_text(&["1 active alert is silenced for 30 minutes", "amtool silence add", "y do it"]);
    assert!(states().is_empty(), "looking sends nothing");
    twin.press("y");
    twin.wait_text(&["u takes it back", "silenced"]);
    let there = silences();
    assert_eq!(
        (there.len(), there[0]["comment"].as_str()),
        (1, Some("a test is quiet")),
        "{there:?}"
    );
    let ends = |silence: &serde_json::Value| silence["endsAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let minutes = (ends(&there[0]).as_second() - jiff::Timestamp::now().as_second()) / 60;
    assert!((28..=30).contains(&minutes), "{minutes}");
    // Another end, which a real server keeps under the same id.
    twin.type_text(":extend-silence 1h\n");
    twin.wait_text(&["it ends in 60 minutes", "y do it"]);
    twin.press("y");
    twin.wait_until("it is longer", |_, _| {
        let longest = silences().iter().filter(|s| s["status"]["state"] == "active").map(ends).max();
        longest.is_some_and(|end| end > ends(&there[0]))
    });
    twin.wait_text(&["u takes it back"]);
    twin.press("ctrl-d");
    twin.wait_text(&["END SILENCE", "1 silence ends now", "y do it"]);
    twin.press("y");
    twin.wait_until("none is active", |_, _| !states().contains(&"active".to_owned()));
    twin.wait_text(&["firing"]);
    assert!(twin.audit.open_intents().unwrap().is_empty(), "each intent has its outcome");
    report.write("passed");
}
