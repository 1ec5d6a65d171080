//! Alerts in the cockpit, over the simulated platform: what fires, what it speaks of, and what is said while nobody knows.

use quarterdeck::app::view::View;
use quarterdeck::config::{CloudWatch, Endpoint};
use quarterdeck::model::Known;
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::face::{Fault, Route};
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;

use super::twin::TwinOptions;

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        url: url.to_owned(),
        ..Endpoint::default()
    }
}

#[test]
fn alerts_are_listed_lead_to_their_object_and_are_unknown_while_prometheus_is_silent() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let wanted = Wanted {
        pace: Pace::Times(1.0),
        ..Wanted::new(scenario::load("bad-deploy").unwrap())
    };
    let platform = Platform::start(wanted).unwrap();
    let directory = tempfile::tempdir().unwrap();
    platform.write(directory.path(), Guide::Hidden).unwrap();
    let site = platform.site(Environment::Production).unwrap();
    let kubeconfig = directory.path().join("kubeconfig");
    let mut twin = TwinOptions::platform(&kubeconfig, "solia-prod", CloudWatch::default())
        .alerting(endpoint(&site.place.prometheus), endpoint(&site.place.alertmanager))
        .namespace("default")
        .size(120, 40)
        .start();
    twin.wait_text(&["alerts ", " warning"]);
    twin.type_text(":alerts\n");
    let screen = twin.wait_text(&["PodCrashLooping", "firing", "Pod default/backend-deployment-", " ago "]);
    assert!(!screen.contains("unknown since"), "{screen}");

    // What is worst comes first, and the alert that always fires is no alarm.
    let row = |name: &str| screen.lines().position(|line| line.contains(name));
    assert!(row("PodCrashLooping") < row("Watchdog"), "{screen}");

    // The alert as a whole, and the pod that it speaks of.
    twin.type_text("/PodCrashLooping\n");
    twin.press("g d");
    twin.wait_text(&[
        "alert PodCrashLooping in",
        "expression",
        "runbook",
        "Labels",
        "alertname = PodCrashLooping",
    ]);
    twin.press("esc");
    twin.wait_until("the list is there again", |app, _| matches!(app.view(), View::Table(_)));
    twin.press("enter");
    twin.wait_until("the pod is described", |app, _| match app.view() {
        View::Text(text) => text.object.kind.is(Known::Pod) && text.object.name.starts_with("backend-deployment-"),
        _ => false,
    });
    twin.press("esc");

    // A login page instead of a Prometheus: the Alertmanager still answers, and nobody believes that nothing fires.
    let (_, desk) = site.desks.iter().find(|(name, _)| *name == "prometheus").unwrap();
    let fault = desk.fault(Route::any(), Fault::Html);
    let screen = twin.wait_text(&["alerts unknown since ", "with a web page, not with data"]);
    assert!(!screen.contains("alerts 0"), "{screen}");
    desk.lift(fault);
    twin.wait_until("they are known again", |_, screen| !screen.contains("unknown since"));
}
