//! Panels of a Prometheus in the cockpit: they move with what happens, and a server that never answers holds up nothing.

use quarterdeck::app::App;
use quarterdeck::app::view::View;
use quarterdeck::config::CloudWatch;
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;

use super::twin::{Twin, TwinOptions};
use crate::stub::{Stub, Version};

/// The platform in a scenario, and the cockpit over its production.
fn production(scenario: &str) -> (Platform, tempfile::TempDir, Twin) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let wanted = Wanted {
        pace: Pace::Times(1.0),
        ..Wanted::new(scenario::load(scenario).unwrap())
    };
    let platform = Platform::start(wanted).unwrap();
    let directory = tempfile::tempdir().unwrap();
    platform.write(directory.path(), Guide::Hidden).unwrap();
    let prometheus = platform.site(Environment::Production).unwrap().place.prometheus.clone();
    let kubeconfig = directory.path().join("kubeconfig");
    let twin = TwinOptions::platform(&kubeconfig, "solia-prod", CloudWatch::default())
        .prometheus(&prometheus)
        .namespace("default")
        .start();
    (platform, directory, twin)
}

/// The newest value of a series on the screen.
fn newest(app: &App, panel: &str, series: &str) -> Option<f64> {
    let View::Metrics(pane) = app.view() else { return None };
    let content = pane.content(&app.store);
    let mut rows = content.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    rows.rfind(|row| row.get(1) == Some(&panel) && row.get(2) == Some(&series))?
        .last()?
        .parse()
        .ok()
}

#[test]
fn the_pool_is_full_in_its_scenario_and_well_in_a_calm_one() {
    let (_platform, _directory, mut twin) = production("pool-exhausted");
    twin.resize(200, 60);
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text(":all-metrics\n");
    twin.wait_text(&["Requests", "Latency", "Connection pool", "waiting"]);
    twin.wait_until("requests wait for a connection", |app, _| {
        newest(app, "Connection pool", "waiting").is_some_and(|n| n > 10.0)
    });
    twin.wait_until("the pools are nearly used up", |app, _| {
        let value = |series| newest(app, "Connection pool", series);
        value("used").zip(value("max")).is_some_and(|(used, max)| used >= max * 0.8)
    });
    twin.wait_until("the latency is told", |app, _| {
        newest(app, "Latency", "p95").is_some_and(|n| n > 0.5)
    });

    let (_platform, _directory, mut calm) = production("calm");
    calm.resize(200, 60);
    calm.wait_text(&["backend-deployment", " live "]);
    calm.type_text(":all-metrics\n");
    calm.wait_until("nobody waits for a connection", |app, _| {
        newest(app, "Connection pool", "waiting").is_some_and(|n| n < 1.0)
    });
    calm.wait_until("the latency is told", |app, _| {
        newest(app, "Latency", "p95").is_some_and(|n| n < 0.5)
    });
}

#[test]
fn more_pods_are_advised_against_where_the_database_has_no_connections_left() {
    let (_platform, _directory, mut twin) = production("pool-exhausted");
    twin.wait_text(&["backend-deployment", " live "]);
    twin.wait_until("it is known what is wrong", |app, _| {
        app.findings(app.env()).any(|finding| finding.id == "db-pool-exhausted")
    });
    twin.type_text(":kubectl -n default scale deploy/backend-deployment --replicas=8\n");
    twin.wait_text(&["SCALE deployment/backend-deployment", "each new pod"]);
    twin.press("esc");
    // Fewer are none the worse for it.
    twin.type_text(":kubectl -n default scale deploy/backend-deployment --replicas=4\n");
    let screen = twin.wait_text(&["SCALE deployment/backend-deployment", "the server would take it"]);
    assert!(!screen.contains("each new pod"), "{screen}");
}

#[test]
fn a_pod_has_its_own_panels_and_one_of_them_is_opened_large() {
    let (_platform, _directory, mut twin) = production("calm");
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text("/backend-deployment\n");
    twin.press("g");
    let pod = twin.selected();
    twin.press("m");
    twin.wait_text(&[&format!("metrics {pod}"), "Requests", "/s"]);
    twin.press("enter");
    twin.wait_text(&["Requests · now", "min ", "· mean "]);
    twin.press("left left");
    twin.wait_text(&["Requests · at "]);
    twin.press("w");
    twin.wait_text(&["dotted: a day before"]);
    twin.press("7");
    twin.wait_text(&["last 6h"]);
    twin.press("esc");
    twin.wait_gone("Requests · now");
}

#[test]
fn a_question_of_ones_own_is_completed_asked_and_refused_with_its_place() {
    let (_platform, _directory, mut twin) = production("calm");
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text(":promql sum(pg_pool_w");
    twin.wait_text(&["pg_pool_waiting_connections", "metric"]);
    twin.press("tab");
    twin.type_text(")\n");
    twin.wait_text(&["promql", "sum(pg_pool_waiting_connections) · now", "min 0 "]);
    twin.type_text(":promql sum(up\n");
    twin.wait_text(&["1:7: unclosed left parenthesis", "│      ^"]);
    twin.type_text(":promql nothing_of_that_name\n");
    twin.wait_text(&["no series: looked for nothing_of_that_name"]);
}

#[test]
fn a_prometheus_that_never_answers_holds_up_nothing_else() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    // It takes connections, and that is all.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut twin = TwinOptions::of(&stub).prometheus(&url).namespace("solia").start();
    twin.wait_text(&["backend-deployment", " live "]);
    twin.press("v");
    twin.type_text(":all-metrics\n");
    twin.wait_text(&["asking …", "Requests"]);
    // The table beside it is as live as ever, and keys act at once.
    twin.press("tab");
    twin.type_text(":pod\n");
    let screen = twin.wait_text(&["postgres-0", " live ", "asking …"]);
    assert!(screen.contains("metrics"), "{screen}");
    twin.type_text("/postgres\n");
    twin.wait_until("the filter acts", |app, _| {
        app.table().is_some_and(|table| table.order().len() == 1)
    });
    drop(listener);
}
