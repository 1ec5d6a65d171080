//! `qd config check` against servers on this machine: one that is well, one that is not, one that never answers.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;

use super::Run;
use crate::stub::{Stub, Version};

/// A server with one path for each way to answer.
fn server() -> SocketAddr {
    let routes = Router::new()
        .route(
            "/api/v1/status/buildinfo",
            get(|| async { r#"{"status":"success","data":{"version":"3.5.0"}}"# }),
        )
        .route("/other/-/ready", get(|| async { "ready" }))
        .route("/api/v2/status", get(|| async { "<html>Sign in</html>" }))
        .route("/api/health", get(|| async { (StatusCode::UNAUTHORIZED, "who?") }))
        .route("/well", get(|| async { "{}" }))
        .route("/ill", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/silent", get(std::future::pending::<()>));
    serve(routes)
}

/// Serves them until the test process ends.
fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
    });
    address
}

/// A port on which nobody listens.
fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn check(home: &Path, config: &str, more: &[&str]) -> (i32, Vec<String>, String) {
    within("1", home, config, more)
}

/// So many seconds are waited for each answer.
fn within(seconds: &str, home: &Path, config: &str, more: &[&str]) -> (i32, Vec<String>, String) {
    let file = home.join("qd.toml");
    std::fs::write(&file, config).unwrap();
    let mut arguments = vec!["config", "check", "--config", file.to_str().unwrap(), "--timeout", seconds];
    arguments.extend(more);
    let (code, out, err) = Run::new(home, &arguments).output(home);
    // How long it took is the only part that differs from run to run.
    let took = regex::Regex::new(r"\d+ ms").unwrap();
    (code, out.lines().map(|line| took.replace(line, "N ms").into_owned()).collect(), err)
}

#[test]
fn each_endpoint_has_its_line_and_one_failure_is_enough() {
    let home = tempfile::tempdir().unwrap();
    let (up, down) = (server(), closed());
    let mut config = format!(
        "[[environment]]\nname = \"lab\"\nprometheus = \"http://{up}/\"\nalertmanager = \"http://{up}\"\n\
         grafana = \"http://{up}\"\ncloudwatch = {{ endpoint_url = \"http://{up}\" }}\n"
    );
    for (name, url) in [
        ("well", format!("http://{up}/well")),
        ("ill", format!("http://{up}/ill")),
        ("silent", format!("http://{up}/silent")),
        ("closed", format!("http://{down}/")),
        ("plain", format!("https://{up}/well")),
        ("unknown", "http://nowhere.invalid/".to_owned()),
    ] {
        write!(config, "[[environment.probe]]\nname = \"{name}\"\nurl = \"{url}\"\n").unwrap();
    }
    write!(config, "[[environment]]\nname = \"other\"\nprometheus = \"http://{up}/other\"\n").unwrap();
    let (code, lines, err) = check(home.path(), &config, &[]);
    assert_eq!((code, err.as_str()), (1, ""));
    let expected = [
        "lab    prometheus     ok            v3.5.0, N ms".to_owned(),
        "lab    alertmanager   bad answer    a web page instead of the API (does the URL lead to the service itself?)".into(),
        "lab    grafana        login needed  HTTP 401 Unauthorized".into(),
        "lab    cloudwatch     bad answer    something answered that is not CloudWatch (is it a proxy, a login page or another service?)"
            .into(),
        "lab    probe well     ok            200, N ms".into(),
        "lab    probe ill      server error  the status is 503 Service Unavailable, expected 200, N ms".into(),
        "lab    probe silent   timed out     no answer in 1 s".into(),
        format!("lab    probe closed   refused       connection refused by {down}"),
        format!("lab    probe plain    tls error     {up} does not speak TLS (is it http?)"),
        "lab    probe unknown  not resolved  no such host: nowhere.invalid (check the name, the VPN and the resolver)".into(),
        "other  prometheus     ok            N ms".into(),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn all_well_is_exit_code_zero_also_for_one_environment_of_two() {
    let home = tempfile::tempdir().unwrap();
    let (up, down) = (server(), closed());
    let config = format!(
        "[[environment]]\nname = \"good\"\nlabel = \"g\"\nprometheus = \"http://{up}\"\n\
         [[environment]]\nname = \"bad\"\nprometheus = \"http://{down}\"\n"
    );
    let line = "good  prometheus  ok  v3.5.0, N ms".to_owned();
    assert_eq!(check(home.path(), &config, &["--env", "g"]), (0, vec![line], String::new()));
    assert_eq!(check(home.path(), &config, &[]).0, 1);
}

#[test]
fn each_identity_is_checked_and_another_cluster_is_said() {
    let stub = Stub::start(Version::V1_36);
    let home = tempfile::tempdir().unwrap();
    stub.kubeconfig(&home.path().join("kubeconfig"), &[("solia-prod", None), ("reading", None)]);
    let config = |identity: &str| {
        format!(
            "[[environment]]\nname = \"prod\"\nkubernetes = {{ kubeconfig = \"kubeconfig\", context = \"solia-prod\", read_only_context = \"reading\" }}\n\
             {identity}"
        )
    };
    let (code, lines, err) = check(home.path(), &config(""), &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("prod  kubernetes          ok  v1.36") && lines[0].ends_with(", as solia-prod"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("prod  kubernetes, locked  ok  v1.36") && lines[1].ends_with(", as reading"),
        "{lines:?}"
    );

    let (code, lines, _) = check(home.path(), &config("identity = { cluster = \"solia-prod\" }\n"), &[]);
    assert_eq!(code, 1);
    assert!(lines[0].contains("  ok "), "{lines:?}");
    assert_eq!(
        lines[1],
        "prod  kubernetes, locked  misconfigured  the cluster is reading, not the solia-prod that the configuration names \
         (it is treated as production, and nothing is changed in it)"
    );
    let (code, lines, _) = check(home.path(), &config("identity = { account = \"123456789012\" }\n"), &[]);
    assert_eq!(code, 0);
    assert!(
        lines[0].ends_with(", the account is not told by the kubeconfig: changes are asked one level higher"),
        "{lines:?}"
    );

    let (code, out, _) = Run::new(
        home.path(),
        &["config", "check", "--kubeconfig", "kubeconfig", "--context", "reading"],
    )
    .inside(home.path())
    .output(home.path());
    assert_eq!(code, 0, "{out}");
    assert!(out.contains(", as reading, not configured: guarded"), "{out}");
}

/// The simulated platform has two identities of production, one of which may not do what some steps of the pages need.
#[test]
fn ready_tells_of_credentials_clocks_places_and_the_rights_of_every_step() {
    let home = tempfile::tempdir().unwrap();
    let wanted = Wanted {
        pace: Pace::Times(1.0),
        ..Wanted::new(scenario::load("calm").unwrap())
    };
    let platform = Platform::start(wanted).unwrap();
    platform.write(home.path(), Guide::Hidden).unwrap();
    let ready = |environment: &str| {
        let config = std::fs::read_to_string(home.path().join("qd.toml")).unwrap();
        within("20", home.path(), &config, &["--ready", "--env", environment])
    };
    let (code, lines, err) = ready("prod");
    assert_eq!((code, err.as_str()), (1, ""), "{lines:#?}");
    let has = |lines: &[String], parts: &[&str]| lines.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    for parts in [
        ["kubernetes  ", "ok", "as solia-admin"],
        ["kubernetes, locked", "ok", "as solia-viewer"],
        ["prometheus", "ok", "clock as ours, from here"],
        ["alertmanager", "ok", "clock as ours, from here"],
        ["probe backend", "ok", "from here"],
        ["credentials", "ok", "solia-admin: its token does not say when it ends"],
        ["clock", "ok", "as ours"],
        [
            "rights, locked",
            "denied",
            "may not create pods/exec in default: database-connection step 1",
        ],
        ["rights, locked", "denied", "may not list secrets in default:"],
    ] {
        assert!(has(&lines, &parts), "{parts:?} is not in {lines:#?}");
    }
    // The one who writes may do every step; there are some of nearly every page.
    let rights = lines.iter().find(|line| line.contains(" rights  ")).unwrap();
    let counts: Vec<usize> = rights.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert!(
        matches!(counts[..], [allowed, all, pages] if allowed == all && all > 20 && pages > 15),
        "{rights}"
    );
    assert!(!has(&lines, &["rights  ", "denied"]), "{lines:#?}");
    // Nobody is locked out of staging, so all of it is well.
    let (code, lines, _) = ready("stg");
    assert_eq!(code, 0, "{lines:#?}");
}

#[test]
fn ready_tells_of_a_clock_that_differs() {
    let home = tempfile::tempdir().unwrap();
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
    let later = jiff::fmt::rfc2822::to_string(&later.to_zoned(jiff::tz::TimeZone::UTC))
        .unwrap()
        .replace("+0000", "GMT");
    let info = r#"{"status":"success","data":{"version":"3.5.0"}}"#;
    let up = serve(Router::new().route("/api/v1/status/buildinfo", get(move || async move { ([("date", later)], info) })));
    let config = format!("[[environment]]\nname = \"lab\"\nprometheus = \"http://{up}\"\n");
    let (code, lines, _) = within("20", home.path(), &config, &["--ready"]);
    assert_eq!(code, 1, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("ahead of ours")), "{lines:?}");
    // Without it nobody asks.
    assert_eq!(check(home.path(), &config, &[]).0, 0);
}
