//! The platform over plain HTTP: its interfaces tell one story.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::face::{Fault, Route};
use quarterdeck::sim::platform::{Platform, Site, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;
use serde_json::{Value, json};

/// A platform whose time moves only when it is told to.
pub fn platform(scenario: &str) -> Platform {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let wanted = Wanted {
        pace: Pace::Steps,
        ..Wanted::new(scenario::load(scenario).unwrap())
    };
    Platform::start(wanted).unwrap()
}

fn production(platform: &Platform) -> &Site {
    platform.site(Environment::Production).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn get(url: &str) -> (u16, Value) {
    runtime().block_on(async {
        let answer = reqwest::get(url).await.unwrap();
        let code = answer.status().as_u16();
        (code, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    })
}

/// The first value of an instant query.
fn value(site: &Site, query: &str) -> f64 {
    let url = reqwest::Url::parse_with_params(&format!("{}/api/v1/query", site.place.prometheus), [("query", query)]).unwrap();
    let (code, answer) = get(url.as_str());
    assert_eq!(code, 200, "{answer}");
    answer["data"]["result"][0]["value"][1]
        .as_str()
        .unwrap_or_else(|| panic!("{query}: {answer}"))
        .parse()
        .unwrap()
}

const ERRORS: &str =
    r#"sum(rate(http_request_duration_seconds_count{status_code=~"5.."}[5m])) / sum(rate(http_request_duration_seconds_count[5m]))"#;

#[test]
fn charts_have_a_past_and_show_the_incident() {
    let platform = platform("pool-exhausted");
    let site = production(&platform);
    let end = site.world.now().as_second();
    let (code, answer) = get(&format!(
        "{}/api/v1/query_range?query=sum(rate(http_request_duration_seconds_count%5B5m%5D))&start={}&end={end}&step=60",
        site.place.prometheus,
        end - 2 * 3600
    ));
    assert_eq!(code, 200, "{answer}");
    let points = answer["data"]["result"][0]["values"].as_array().unwrap();
    assert!(points.len() >= 115, "two hours of minutes, not {}", points.len());
    assert!(value(site, ERRORS) > 0.02, "an exhausted pool shows as errors");
    let (code, alerts) = get(&format!("{}/api/v2/alerts", site.place.alertmanager));
    assert_eq!(code, 200);
    let names: Vec<&str> = alerts
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|a| a["labels"]["alertname"].as_str())
        .collect();
    assert!(names.contains(&"HighErrorRate"), "{names:?}");
}

#[test]
fn a_calm_platform_is_healthy_everywhere() {
    let platform = platform("calm");
    for site in &platform.sites {
        for path in ["/health", "/api/health"] {
            let (code, body) = get(&format!("{}{path}", site.place.health));
            assert_eq!((code, body["status"].as_str()), (200, Some("ok")), "{path}");
        }
        assert!(value(site, ERRORS) < 0.01);
        let (_, alerts) = get(&format!("{}/api/v2/alerts", site.place.alertmanager));
        let firing: Vec<&Value> = alerts
            .as_array()
            .unwrap()
            .iter()
            .filter(|a| a["labels"]["alertname"] != "Watchdog")
            .collect();
        assert!(firing.is_empty(), "{firing:?}");
    }
}

#[test]
fn cloudwatch_has_the_last_words_of_the_crashing_pods() {
    let platform = platform("bad-deploy");
    let site = production(&platform);
    let now = site.world.now().as_millisecond();
    let ask = |target: &str, body: Value| -> (u16, Value) {
        runtime().block_on(async {
            let answer = reqwest::Client::new()
                .post(&site.place.cloudwatch)
                .header("content-type", "application/x-amz-json-1.1")
                .header("x-amz-target", format!("Logs_20140328.{target}"))
                .body(body.to_string())
                .send()
                .await
                .unwrap();
            let code = answer.status().as_u16();
            (code, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
        })
    };
    let (code, groups) = ask(
        "DescribeLogGroups",
        json!({"logGroupNamePrefix": "/aws/containerinsights/solia-prod"}),
    );
    assert_eq!(code, 200, "{groups}");
    let group = groups["logGroups"][0]["logGroupName"].as_str().unwrap();
    // A page may be empty and yet not be the last: that is how this API is.
    let (mut token, mut found) = (Value::Null, None);
    while found.is_none() {
        let mut question = json!({"logGroupName": group, "startTime": now - 3_600_000, "filterPattern": "STRIPE_KEY"});
        if !token.is_null() {
            question["nextToken"] = token;
        }
        let (code, page) = ask("FilterLogEvents", question);
        assert_eq!(code, 200, "{page}");
        found = page["events"][0]["message"].as_str().map(str::to_owned);
        token = page["nextToken"].clone();
        assert!(found.is_some() || !token.is_null(), "no page has the last words");
    }
    let first = found.unwrap();
    assert!(first.contains("STRIPE_KEY is not set"), "{first}");
    let (code, refused) = ask("FilterLogEvents", json!({"logGroupName": "/nobody"}));
    assert_eq!((code, refused["__type"].as_str()), (400, Some("ResourceNotFoundException")));
}

#[test]
fn every_interface_misbehaves_on_demand_and_remembers_what_it_was_asked() {
    let platform = platform("calm");
    let site = production(&platform);
    let urls = [
        ("prometheus", format!("{}/api/v1/query?query=up", site.place.prometheus)),
        ("alertmanager", format!("{}/api/v2/alerts", site.place.alertmanager)),
        ("health", format!("{}/health", site.place.health)),
    ];
    for (name, url) in urls {
        let desk = &site.desks.iter().find(|(n, _)| *n == name).unwrap().1;
        let fault = desk.fault(Route::any(), Fault::Status(503, "ServiceUnavailable"));
        assert_eq!(get(&url).0, 503, "{name}");
        desk.lift(fault);
        desk.fault(Route::any().times(1), Fault::Garbage);
        assert_eq!(get(&url).1, Value::Null, "{name}: garbage is no JSON");
        assert_eq!(get(&url).0, 200, "{name}");
        assert_eq!(desk.requests().len(), 3, "{name}");
    }
}

#[test]
fn the_same_seed_is_the_same_world_and_another_is_not() {
    let pods = |seed: u64| -> Vec<String> {
        let wanted = Wanted {
            seed,
            ..Wanted::new(scenario::load("bad-deploy").unwrap())
        };
        let now = "2026-01-01T03:00:00Z".parse().unwrap();
        let mut world = quarterdeck::sim::platform::world(&wanted, Environment::Production, now);
        world.advance(now + SignedDuration::from_mins(20));
        world
            .store
            .list("pods", None)
            .map(|pod| String::from_utf8_lossy(&pod.json).into_owned())
            .collect()
    };
    assert_eq!(pods(1), pods(1));
    assert_ne!(pods(1), pods(2));
}

#[test]
fn stopping_breaks_every_connection_at_once() {
    let platform = platform("calm");
    let url = format!("{}/api/v1/query?query=up", production(&platform).place.prometheus);
    assert_eq!(get(&url).0, 200);
    let since = Instant::now();
    drop(platform);
    assert!(since.elapsed() < Duration::from_secs(5));
    assert!(runtime().block_on(reqwest::get(&url)).is_err());
}
