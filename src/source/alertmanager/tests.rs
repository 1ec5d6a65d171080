//! Against small servers that behave as real ones do, and as they should not.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::*;
use crate::config::Endpoint;
use crate::model::{AlertState, ProblemKind};

/// A server that answers each path like this.
async fn server(answer: fn(&str) -> Response) -> Way {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(move |request: axum::extract::Request| async move { answer(request.uri().path()) });
    tokio::spawn(async move { axum::serve(listener, router).await });
    let url = format!("http://{address}/");
    Way::to(&Endpoint {
        url,
        ..Endpoint::default()
    })
}

const RULES: &str = r#"{"status":"success","data":{"groups":[{"name":"g","rules":[{"name":"A","health":"ok","lastEvaluation":"2026-11-28T03:00:00Z",
    "alerts":[{"labels":{"alertname":"A"},"state":"firing","activeAt":"2026-11-28T02:59:00Z"}]}]}]}}"#;

#[tokio::test]
async fn a_prometheus_and_several_alertmanagers_are_asked_each_by_itself() {
    let prometheus = server(|path| match path {
        "/api/v1/rules" => RULES.into_response(),
        _ => (StatusCode::NOT_FOUND, "404 page not found").into_response(),
    });
    let first = server(|_| r#"[{"labels":{"alertname":"A"},"status":{"state":"suppressed","silencedBy":["x"]}}]"#.into_response());
    let second = server(|_| (StatusCode::BAD_GATEWAY, "no").into_response());
    let (tell, mut facts) = mpsc::channel(4);
    let task = spawn(EnvId(3), Some(prometheus.await), vec![first.await, second.await], tell);
    let mut heard = std::collections::BTreeMap::new();
    while heard.len() < 3 {
        let fact = tokio::time::timeout(Duration::from_secs(20), facts.recv()).await.unwrap().unwrap();
        assert_eq!(fact.env, EnvId(3));
        let Seen::Alerts(from, told) = fact.seen else {
            panic!("{:?}", fact.seen)
        };
        heard.insert(from, told);
    }
    drop(task);
    let told = heard[&AlertsFrom::Prometheus].as_ref().unwrap();
    assert_eq!(
        (told.total, told.targets, told.evaluated),
        (1, 0, Time::parse("2026-11-28T03:00:00Z"))
    );
    let told = heard[&AlertsFrom::Alertmanager(0)].as_ref().unwrap();
    assert_eq!(told.alerts[0].state, AlertState::Suppressed);
    let problem = heard[&AlertsFrom::Alertmanager(1)].as_ref().unwrap_err();
    assert!(problem.text.ends_with("answers 502"), "{problem}");
}

#[tokio::test]
async fn what_is_no_data_is_said_in_a_sentence() {
    type Row = (fn(&str) -> Response, ProblemKind, &'static str);
    let table: [Row; 6] = [
        (
            |_| ([("content-type", "text/html")], "<html>Sign in").into_response(),
            ProblemKind::Login,
            "with a web page",
        ),
        (
            |_| (StatusCode::FOUND, [("location", "https://sso/")]).into_response(),
            ProblemKind::Login,
            "it wants a login",
        ),
        (|_| StatusCode::UNAUTHORIZED.into_response(), ProblemKind::Login, "(401)"),
        (
            |_| StatusCode::NOT_FOUND.into_response(),
            ProblemKind::NotFound,
            "has no /api/v1/rules",
        ),
        (|_| "".into_response(), ProblemKind::BadAnswer, "answers nothing"),
        (
            |_| {
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    r#"{"status":"error","errorType":"unavailable","error":"shutting down"}"#,
                )
                    .into_response()
            },
            ProblemKind::Server,
            "shutting down",
        ),
    ];
    for (answer, kind, text) in table {
        let problem = prometheus(&server(answer).await).await.unwrap_err();
        assert!(problem.kind == kind && problem.text.contains(text), "{problem:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_makes_no_alert_begin_in_the_future() {
    let way = server(|_| {
        let mut headers = HeaderMap::new();
        let date = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
        let date = jiff::fmt::rfc2822::to_string(&date.to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
        headers.insert("date", date.parse().unwrap());
        let since = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(9);
        (headers, format!(r#"[{{"labels":{{"alertname":"A"}},"startsAt":"{since}"}}]"#)).into_response()
    })
    .await;
    let told = alertmanager(&way).await.unwrap();
    assert!((595..=605).contains(&told.ahead), "{}", told.ahead);
    let age = told.alerts[0].since.age(now());
    assert!((55..=66).contains(&age), "{age}");
}
