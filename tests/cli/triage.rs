//! `qd triage` against the simulated platform, whose time stands still meanwhile.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use quarterdeck::sim::face::{Fault, Route};
use quarterdeck::sim::platform::{Guide, Platform};
use quarterdeck::sim::seed::Environment;
use serde_json::Value;

use super::Run;
use crate::sim::platform::platform;

/// A platform, and a home with the configuration that leads to it.
struct Stage {
    platform: Platform,
    home: tempfile::TempDir,
    config: PathBuf,
}

fn stage(scenario: &str) -> Stage {
    let platform = platform(scenario);
    let home = tempfile::tempdir().unwrap();
    let config = platform.write(home.path(), Guide::Hidden).unwrap();
    Stage { platform, home, config }
}

fn triage(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut all = vec!["triage"];
    all.extend(arguments);
    Run::new(home, &all).output(home)
}

impl Stage {
    fn triage(&self, more: &[&str]) -> (i32, String, String) {
        let mut arguments = vec!["--config", self.config.to_str().unwrap()];
        arguments.extend(more);
        triage(self.home.path(), &arguments)
    }

    /// The exit code and the objects of `-o json`.
    fn reports(&self, more: &[&str]) -> (i32, Vec<Value>) {
        let (code, out, err) = self.triage(&[more, &["-o", "json"]].concat());
        assert_eq!(err, "");
        (code, out.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn production(&self) -> (i32, Value) {
        let (code, mut reports) = self.reports(&["--env", "production"]);
        (code, reports.remove(0))
    }

    /// Lets production's API server misbehave.
    fn fault(&self, route: Route, fault: Fault) {
        let site = self.platform.site(Environment::Production).unwrap();
        let (_, desk) = site.desks.iter().find(|(name, _)| *name == "kubernetes").unwrap();
        desk.fault(route, fault);
    }
}

fn findings(report: &Value) -> Vec<(&str, &str)> {
    let all = report["findings"].as_array().unwrap().iter();
    all.map(|f| (f["id"].as_str().unwrap(), f["object"]["name"].as_str().unwrap()))
        .collect()
}

fn source<'a>(report: &'a Value, id: &str) -> (&'a str, &'a str) {
    let row = report["sources"].as_array().unwrap().iter().find(|row| row["id"] == id);
    let row = row.unwrap_or_else(|| panic!("no source {id} in {report:#}"));
    (row["freshness"].as_str().unwrap(), row["detail"].as_str().unwrap())
}

#[test]
fn a_release_that_crashes_is_the_first_thing_that_is_told_of_the_worst_environment() {
    let stage = stage("bad-deploy");
    let (code, reports) = stage.reports(&[]);
    assert_eq!((code, reports.len()), (1, 1));
    let report = &reports[0];
    assert_eq!(
        (report["version"].as_u64(), report["environment"].as_str()),
        (Some(1), Some("production"))
    );
    assert_eq!(findings(report)[0], ("rollout-stuck", "backend-deployment"), "{report:#}");
    let first = &report["findings"][0];
    assert_eq!(first["object"]["kind"], "Deployment");
    assert_eq!(first["object"]["uid"].as_str().map(str::len), Some(36));
    assert_eq!(first["runbook"], "bad-deployment");
    assert_eq!(first["evidence"][0]["kind"], "exit", "{first:#}");
    assert_eq!(source(report, "pods").0, "live");
    let (code, text, err) = stage.triage(&[]);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(text.contains("the worst of production, staging, development: "), "{text}");
    let headline = text
        .lines()
        .find(|line| line.starts_with("critical") || line.starts_with("warning"));
    assert!(
        headline.is_some_and(|line| line.contains("Deployment default/backend-deployment: rollout")),
        "{text}"
    );
    assert!(text.lines().last().is_some_and(|line| line.contains("nodes 6/6 ready")), "{text}");
    let (code, markdown, _) = stage.triage(&["--env", "production", "-o", "md"]);
    assert_eq!(code, 1);
    assert!(markdown.starts_with("### `production`: 1 "), "{markdown}");
    assert!(markdown.contains("`Deployment default/backend-deployment: rollout"), "{markdown}");
}

#[test]
fn a_quiet_shift_has_no_findings_in_any_environment() {
    let stage = stage("calm");
    let (code, reports) = stage.reports(&["-A", "--env", "production", "--env", "stg", "--env", "development", "--env", "prod"]);
    let names: Vec<_> = reports.iter().map(|report| report["environment"].as_str().unwrap()).collect();
    assert_eq!(names, ["production", "staging", "development"], "each once, by whatever name");
    for report in &reports {
        assert_eq!(findings(report), [], "{report:#}");
        assert_eq!(source(report, "metrics"), ("live", ""), "{report:#}");
    }
    assert_eq!(code, 0);
    let (code, text, _) = stage.triage(&[]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("nothing is wrong in what answers\n") && text.contains("\nall is well · "),
        "{text}"
    );
}

#[test]
fn the_cause_comes_first() {
    for (scenario, causes) in [
        ("bad-image", &["rollout-stuck", "pod-image-pull"][..]),
        ("node-down", &["node-not-ready"]),
        ("memory-leak", &["pod-oomkilled", "memory-near-limit"]),
    ] {
        let stage = stage(scenario);
        let (mut code, mut report) = stage.production();
        // How fast memory fills depends on the hour. Within half of one somebody is killed.
        for _ in 0..10 {
            if code == 0 {
                stage.platform.step(SignedDuration::from_mins(3));
                (code, report) = stage.production();
            }
        }
        let first = findings(&report).first().map(|(id, _)| *id);
        assert!(code == 1 && first.is_some_and(|id| causes.contains(&id)), "{scenario}: {report:#}");
    }
}

#[test]
fn a_database_without_connections_is_the_root_cause_after_its_rollout() {
    let stage = stage("pool-exhausted");
    let (mut code, mut report) = stage.production();
    // The rules of a platform that has just begun take a moment.
    for _ in 0..5 {
        if source(&report, "alerts").0 != "live" {
            (code, report) = stage.production();
        }
    }
    let first = &report["findings"][0];
    assert_eq!(code, 1);
    assert_eq!(
        (
            first["id"].as_str(),
            first["severity"].as_str(),
            first["object"]["name"].as_str(),
            first["runbook"].as_str()
        ),
        (
            Some("db-pool-exhausted"),
            Some("critical"),
            Some("backend-deployment"),
            Some("database-connection")
        ),
        "{report:#}"
    );
    let said: Vec<&str> = first["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["text"].as_str())
        .collect();
    assert!(
        said.iter().any(|text| text.contains("of the connections that the database has")),
        "{said:?}"
    );
    // What follows from it is part of it, and what was rolled out before stands beside it.
    let backend = |id: &str| {
        findings(&report)
            .iter()
            .any(|(other, object)| *other == id && object.contains("backend"))
    };
    assert!(
        !backend("pod-log-errors") && !backend("latency-high") && !backend("error-rate-high"),
        "{report:#}"
    );
    let changes = report["changes"].as_array().unwrap();
    assert!(
        changes.iter().any(|change| change["what"].as_str().unwrap().contains("v1.8.4")),
        "{report:#}"
    );
    assert_eq!(source(&report, "prometheus").0, "live");
    let speaks_of = |name: &str| {
        let alerts = report["alerts"].as_array().unwrap().iter().filter(|alert| alert["name"] == name);
        let objects = alerts.map(|alert| format!("{} {}", alert["state"], alert["object"]["kind"]).replace('"', ""));
        objects.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(speaks_of("DatabasePoolExhausted"), ["firing Pod"], "{report:#}");
    assert_eq!(speaks_of("HighErrorRate"), ["firing Deployment"], "{report:#}");
}

#[test]
fn a_server_that_is_not_there_is_told_in_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let kubeconfig = home.path().join("kubeconfig");
    let text = format!(
        "clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{port}'}}}}]\n\
         contexts: [{{name: gone, context: {{cluster: c, user: ''}}}}]\ncurrent-context: gone\n"
    );
    std::fs::write(&kubeconfig, text).unwrap();
    let arguments = ["--kubeconfig", kubeconfig.to_str().unwrap()];
    let (code, out, err) = triage(home.path(), &arguments);
    assert_eq!((code, err.as_str(), out.lines().count()), (2, "", 1), "{out}");
    assert!(out.starts_with("gone cannot be seen: connection refused by 127.0.0.1:"), "{out}");
    let (code, out, _) = triage(home.path(), &[&arguments[..], &["-o", "json"]].concat());
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, source(&report, "kubernetes").0), (2, "unreachable"));
    assert_eq!(source(&report, "pods").0, "unreachable");
}

#[test]
fn what_may_not_be_seen_is_told_and_without_nodes_nobody_says_that_all_is_well() {
    let stage = stage("calm");
    let kubeconfig = stage.home.path().join("kubeconfig");
    let viewer = ["--kubeconfig", kubeconfig.to_str().unwrap(), "--context", "solia-prod-readonly"];
    let (code, out, err) = triage(stage.home.path(), &viewer);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("\ndenied: secrets · may not list secrets"), "{out}");
    stage.fault(Route::resource("nodes"), Fault::Status(403, "Forbidden"));
    let (code, report) = stage.production();
    assert_eq!((code, findings(&report)), (2, vec![]));
    let (freshness, detail) = source(&report, "nodes");
    assert_eq!(freshness, "denied");
    assert!(detail.starts_with("may not list nodes"), "{detail}");
    let (_, text, _) = stage.triage(&["--env", "production"]);
    assert!(text.contains("\nnot enough was seen to tell · pods "), "{text}");
}

#[test]
fn what_does_not_come_in_time_is_told() {
    let stage = stage("calm");
    stage.fault(Route::resource("pods"), Fault::Hang);
    let (code, reports) = stage.reports(&["--env", "production", "--timeout", "2"]);
    assert_eq!((code, source(&reports[0], "pods")), (2, ("unreachable", "no answer within 2 s")));
    assert_eq!(source(&reports[0], "nodes").0, "live");
}

#[test]
fn a_name_that_nobody_has_is_a_mistake_and_no_health() {
    let stage = stage("calm");
    let (code, out, err) = stage.triage(&["--env", "prodution"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(err, "qd: unknown environment `prodution`\nhint: did you mean `production`?\n");
    let (code, out, _) = stage.triage(&["--env", "production", "-n", "defualt"]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("\noff: namespace defualt · there is no such namespace\n"), "{out}");
}
