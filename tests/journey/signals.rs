//! All environments at once: how their services answer, the overview with alerts and signals, one workload side by side; and the
//! cockpit opened on an alert.

use quarterdeck::app::open::what;
use quarterdeck::app::view::View;
use quarterdeck::config::{CloudWatch, Endpoint, Kubernetes, Probe};
use quarterdeck::model::Time;
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;

use super::twin::{Twin, TwinOptions};

fn endpoint(url: &str) -> Option<Endpoint> {
    Some(Endpoint {
        url: url.to_owned(),
        ..Endpoint::default()
    })
}

/// The cockpit over production, where a release crashes, over staging, and over one of which nothing answers.
pub fn three(prepare: impl FnOnce(TwinOptions) -> TwinOptions) -> (Platform, tempfile::TempDir, Twin) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let wanted = Wanted {
        pace: Pace::Times(1.0),
        ..Wanted::new(scenario::load("bad-deploy").unwrap())
    };
    let platform = Platform::start(wanted).unwrap();
    let directory = tempfile::tempdir().unwrap();
    platform.write(directory.path(), Guide::Hidden).unwrap();
    let kubeconfig = directory.path().join("kubeconfig");
    let place = |environment| platform.site(environment).unwrap().place.clone();
    let (prod, staging) = (place(Environment::Production), place(Environment::Staging));
    // A port that nobody listens at: it was free a moment ago, and whoever gets it is no Prometheus.
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let options = TwinOptions::platform(&kubeconfig, "solia-prod", CloudWatch::default())
        .explicit()
        .namespace("default")
        .size(160, 44)
        .configured(|config| {
            config.panels = quarterdeck::config::panels(&[]).unwrap();
            let probe = |name: &str, url: String| Probe {
                name: name.into(),
                url,
                ..Probe::default()
            };
            let first = &mut config.environments[0];
            (first.name, first.label) = ("production".into(), "prod".into());
            first.prometheus = endpoint(&prod.prometheus);
            first.alertmanager = endpoint(&prod.alertmanager);
            first.probes = vec![
                probe("backend", format!("{}/health", prod.health)),
                probe("frontend", format!("{}/api/health", prod.health)),
            ];
            let mut second = first.clone();
            (second.name, second.label) = ("staging".into(), "stg".into());
            second.kubernetes = Some(Kubernetes {
                kubeconfig: vec![kubeconfig.clone()],
                context: "solia-staging".into(),
                ..Kubernetes::default()
            });
            second.prometheus = endpoint(&staging.prometheus);
            second.alertmanager = endpoint(&staging.alertmanager);
            second.probes = vec![probe("backend", format!("{}/health", staging.health))];
            let mut third = second.clone();
            (third.name, third.label) = ("laboratory".into(), "lab".into());
            third.kubernetes = None;
            third.prometheus = endpoint(&gone);
            third.alertmanager = None;
            third.probes = vec![probe("backend", format!("{gone}/health"))];
            config.environments.extend([second, third]);
        });
    let twin = prepare(options).start();
    (platform, directory, twin)
}

#[test]
fn the_health_of_all_environments_is_on_one_board_and_each_answer_behind_it() {
    let (_platform, _directory, mut twin) = three(|options| options);
    twin.wait_text(&["backend-deployment"]);
    twin.type_text(":health\n");
    twin.wait_text(&["health · all environments (4)", "prod", "stg", "lab", "200"]);
    twin.wait_until("what does not answer is down, with its reason", |_, screen| {
        screen
            .lines()
            .any(|line| line.contains("lab") && line.contains("connection refused"))
    });
    // What is down comes first.
    twin.press("g enter");
    twin.wait_text(&["health of backend in lab", "connection refused by 127.0.0.1"]);
}

#[test]
fn the_overview_has_alerts_and_signals_of_each_environment_and_leads_to_the_evidence() {
    let (_platform, _directory, mut twin) = three(|options| options);
    twin.wait_text(&["backend-deployment"]);
    twin.type_text(":overview\n");
    twin.wait_text(&[
        "overview · 3 environments",
        "PROD",
        "STG",
        "LAB",
        "req/s",
        "5xx",
        "p95",
        "pool",
        "deployed",
    ]);
    twin.wait_until(
        "alerts are unknown where the Prometheus is gone, and counted elsewhere",
        |_, screen| screen.contains("alerts unknown since") && screen.contains("signals unknown for") && screen.contains(" warning"),
    );
    // The cursor is on what is worst: one key, and its evidence is there.
    twin.press("enter");
    twin.wait_until("the evidence", |app, _| matches!(app.view(), View::Explain(_) | View::Page(_)));
}

#[test]
fn a_workload_stands_side_by_side_in_the_environments_that_have_it() {
    let (_platform, _directory, mut twin) = three(|options| options);
    twin.wait_text(&["backend-deployment"]);
    twin.type_text(":deploy\n");
    twin.wait_text(&["deployments", "backend-deployment", " live "]);
    twin.type_text("/backend\n");
    twin.press("g");
    twin.wait_until("it is under the cursor", |app, _| {
        app.object().is_some_and(|(_, object)| &*object.meta.name == "backend-deployment")
    });
    twin.type_text(":compare\n");
    twin.wait_text(&["backend-deployment in 2 environments", "prod", "stg", "image", "v1.8.3"]);
    // What differs is marked; how much it does is told by the Prometheus of each of them.
    let told = |screen: &str, row: &str| {
        let line = screen
            .lines()
            .find_map(|line| line.split_once(row).map(|(_, cells)| cells.to_owned()));
        line.map(|cells| cells.matches(|c: char| c.is_ascii_digit()).count())
            .unwrap_or_default()
    };
    twin.wait_until("the rates of both of them", |_, screen| {
        ["Requests ", "Latency ", "CPU of limit ", "Memory of limit "]
            .iter()
            .all(|row| told(screen, row) >= 2)
    });
    twin.wait_text(&["seen", "~ image", "  Requests"]);
}

#[test]
fn the_cockpit_opens_on_the_alert_that_somebody_sent() {
    let (_platform, _directory, mut twin) =
        three(|options| options.opened(|config| what::read("PodCrashLooping", &config.environments, None, Time(1_800_000_000)).unwrap()));
    twin.wait_text(&[
        "explain pods/default/backend-deployment-",
        "alert PodCrashLooping in prod",
        "expression",
    ]);
    twin.wait_text(&["PodCrashLooping is firing in prod", "the runbook pod-crashloop helps"]);
    // The list of alerts lies behind.
    twin.press("[");
    twin.wait_until("the list", |app, _| matches!(app.view(), View::Table(_)));
}
