//! Alerts of a real Prometheus and Alertmanager (`QD_LIVE_PROMETHEUS`, `QD_LIVE_ALERTMANAGER`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use quarterdeck::config::{Config, Endpoint, Environment};
use quarterdeck::model::{AlertState, AlertsKnown, Demand, EnvId, Time};
use quarterdeck::source::Sources;
use quarterdeck::store::Store;
use tokio::sync::mpsc;

use super::Report;

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
