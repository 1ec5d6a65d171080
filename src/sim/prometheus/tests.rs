//! The API over HTTP.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::*;
use crate::sim::clock::{Clock, Pace};
use crate::sim::face::{Scheme, Server};
use crate::sim::physics::series::labels;
use crate::sim::prometheus::rules::Site;
use crate::sim::world::{Life, World};

const NOW: i64 = 1_700_003_600;

/// A server over a world in which one of two backends has been down for ten minutes.
async fn server() -> Server<Prometheus> {
    let start = Timestamp::from_second(NOW - 3600).unwrap();
    let mut world = World::new(1, start, Life::Still);
    for step in 0..=240 {
        let at = start + SignedDuration::from_secs(step * 15);
        for (instance, value) in [("a:1", 1.0), ("b:1", f64::from(u8::from(step < 200)))] {
            let id = world.physics.series.id(labels("up", &[("job", "backend"), ("instance", instance)]));
            world.physics.series.push(id, at, value);
        }
        let id = world.physics.series.id(labels("http_requests_total", &[("job", "backend")]));
        world.physics.series.push(id, at, step as f64 * 30.0);
    }
    let now = Timestamp::from_second(NOW).unwrap();
    world.advance(now);
    let world = Arc::new(SharedWorld::new(world, Arc::new(Clock::new(now, Pace::Steps))));
    let site = Site {
        url: "https://prometheus.example.com".to_owned(),
        external: Vec::new(),
    };
    let rules = Rules::new(Arc::clone(&world), site);
    Server::start(Prometheus::new(world, rules), 0, Scheme::Http).await.unwrap()
}

async fn get(server: &Server<Prometheus>, path: &str) -> (u16, Value) {
    let response = reqwest::get(format!("{}{path}", server.url())).await.unwrap();
    let code = response.status().as_u16();
    let text = response.text().await.unwrap();
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (code, value)
}

#[tokio::test]
async fn queries_are_answered() {
    let server = server().await;
    let (code, answer) = get(&server, "/api/v1/query?query=sum(rate(http_requests_total[5m]))").await;
    assert_eq!((code, answer["status"].as_str()), (200, Some("success")));
    assert_eq!(answer["data"]["resultType"], "vector");
    assert_eq!(answer["data"]["result"][0]["value"], serde_json::json!([NOW, "2"]));

    let path = format!("/api/v1/query_range?query=up&start={}&end={NOW}&step=5m", NOW - 3600);
    let (_, answer) = get(&server, &path).await;
    let series = answer["data"]["result"].as_array().unwrap();
    assert_eq!((series.len(), series[1]["values"].as_array().unwrap().len()), (2, 13));
    assert_eq!(series[1]["values"][12], serde_json::json!([NOW, "0"]));

    let form = reqwest::Client::new()
        .post(format!("{}/api/v1/query", server.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("query=count%28up+%3D%3D+1%29")
        .send()
        .await
        .unwrap();
    let answer: Value = serde_json::from_str(&form.text().await.unwrap()).unwrap();
    assert_eq!(answer["data"]["result"][0]["value"][1], "1");
    let (_, answer) = get(
        &server,
        "/api/v1/query?query=ALERTS%7Balertstate%3D%22firing%22,alertname%3D%22ScrapeDown%22%7D",
    )
    .await;
    assert_eq!(answer["data"]["result"][0]["metric"]["instance"], "b:1");
}

#[tokio::test]
async fn wrong_questions_are_refused_as_prometheus_refuses_them() {
    let server = server().await;
    for (path, code, kind, words) in [
        (
            "query?query=sum(up",
            400,
            "bad_data",
            "invalid parameter \"query\": 1:7: parse error: unclosed left parenthesis",
        ),
        (
            "query?query=up&time=abc",
            400,
            "bad_data",
            "cannot parse \"abc\" to a valid timestamp",
        ),
        ("query?query=up*on(job)up", 422, "execution", "many-to-many matching not allowed"),
        (
            "query_range?query=up",
            400,
            "bad_data",
            "invalid parameter \"start\": cannot parse \"\" to a valid timestamp",
        ),
        (
            "query_range?query=up&start=1&end=0&step=1",
            400,
            "bad_data",
            "end timestamp must not be before start time",
        ),
        (
            "query_range?query=up&start=1&end=2&step=0",
            400,
            "bad_data",
            "zero or negative query resolution step widths",
        ),
        (
            "query_range?query=up&start=1&end=100000&step=1",
            400,
            "bad_data",
            "exceeded maximum resolution of 11,000 points per timeseries",
        ),
        (
            "query_range?query=up[5m]&start=1&end=9&step=1",
            400,
            "bad_data",
            "invalid expression type \"range vector\" for range query",
        ),
        (
            "query_range?query=up&start=-1e18&end=1e18&step=1",
            400,
            "bad_data",
            "to a valid timestamp",
        ),
        ("series", 400, "bad_data", "no match[] parameter provided"),
        ("label/a-b/values", 400, "bad_data", "invalid label name: \"a-b\""),
    ] {
        let (got, answer) = get(&server, &format!("/api/v1/{path}")).await;
        assert_eq!((got, answer["errorType"].as_str()), (code, Some(kind)), "{path}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{path}: {answer}");
    }
    assert_eq!(
        get(&server, "/api/v1/nope").await,
        (404, Value::String("404 page not found\n".to_owned()))
    );
    let put = reqwest::Client::new()
        .put(format!("{}/api/v1/query", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(put.status().as_u16(), 405);
    assert_eq!(server.face().desk().unknown().len(), 2);
}

#[tokio::test]
async fn what_there_is_to_ask_for_is_told() {
    let server = server().await;
    let data = |(code, answer): (u16, Value)| {
        assert_eq!(code, 200, "{answer}");
        answer["data"].clone()
    };
    let labels = data(get(&server, "/api/v1/labels").await);
    assert!(labels.as_array().unwrap().iter().any(|l| l == "instance"));
    assert_eq!(
        data(get(&server, "/api/v1/label/instance/values?match[]=up").await),
        serde_json::json!(["a:1", "b:1"])
    );
    assert_eq!(
        data(get(&server, "/api/v1/series?match[]=up%7Binstance%3D%22a:1%22%7D").await)
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        data(get(&server, "/api/v1/series?match[]=up&end=1600000000").await),
        serde_json::json!([])
    );
    assert_eq!(
        data(get(&server, "/api/v1/metadata").await)["http_requests_total"][0]["type"],
        "counter"
    );
    let targets = data(get(&server, "/api/v1/targets").await);
    assert_eq!(
        (
            targets["activeTargets"][0]["health"].as_str(),
            targets["activeTargets"][1]["health"].as_str()
        ),
        (Some("up"), Some("down"))
    );
    let alerts = data(get(&server, "/api/v1/alerts").await);
    let down = alerts["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["labels"]["alertname"] == "ScrapeDown")
        .unwrap();
    assert_eq!((down["state"].as_str(), down["value"].as_str()), (Some("firing"), Some("0e+00")));
    let rules = data(get(&server, "/api/v1/rules?rule_name[]=ScrapeDown").await);
    let rule = &rules["groups"][0]["rules"][0];
    assert_eq!(
        (rule["state"].as_str(), rule["duration"].as_i64(), rule["type"].as_str()),
        (Some("firing"), Some(180), Some("alerting"))
    );
    assert!(data(get(&server, "/api/v1/status/buildinfo").await)["version"].is_string());
    assert_eq!(get(&server, "/-/ready").await.0, 200);
}
