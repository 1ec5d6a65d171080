//! The API over HTTP: what a real Alertmanager answered to the same requests.

use jiff::SignedDuration;
use serde_json::Value;

use super::*;
use crate::sim::clock::{Clock, Pace};
use crate::sim::face::{Scheme, Server};
use crate::sim::physics::series::labels;
use crate::sim::prometheus::rules::Site;
use crate::sim::world::{Life, World};

const NOW: i64 = 1_700_003_600;

/// A server over a world in which a node has been away for ten minutes.
async fn server() -> Server<Alertmanager> {
    let start = Timestamp::from_second(NOW - 600).unwrap();
    let mut world = World::new(1, start, Life::Still);
    for step in 0..=40 {
        let node = [("condition", "Ready"), ("status", "true"), ("node", "n1")];
        let id = world.physics.series.id(labels("kube_node_status_condition", &node));
        world.physics.series.push(id, start + SignedDuration::from_secs(step * 15), 0.0);
    }
    let now = Timestamp::from_second(NOW).unwrap();
    world.advance(now);
    let world = Arc::new(SharedWorld::new(world, Arc::new(Clock::new(now, Pace::Steps))));
    let site = Site {
        url: "https://prometheus.example.com".to_owned(),
        external: vec![("environment".to_owned(), "production".to_owned())],
    };
    let rules = Rules::new(Arc::clone(&world), site);
    Server::start(Alertmanager::new(world, rules), 0, Scheme::Http).await.unwrap()
}

async fn ask(server: &Server<Alertmanager>, method: &str, path: &str, body: Option<&str>) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = reqwest::Client::new().request(method, format!("{}{path}", server.url()));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_owned());
    }
    let response = request.send().await.unwrap();
    let code = response.status().as_u16();
    let text = response.text().await.unwrap();
    (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A silence for an hour from now, with these fields changed.
fn silence(changes: Value) -> String {
    let time = |seconds: i64| Timestamp::from_second(NOW + seconds).unwrap().to_string();
    let mut silence = json!({"matchers": [{"name": "alertname", "value": "Node.*", "isRegex": true}], "startsAt": time(0),
        "endsAt": time(3600), "createdBy": "a.martin", "comment": "known"});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(silence.as_object_mut().unwrap().remove(name)),
            value => silence[name] = value.clone(),
        }
    }
    silence.to_string()
}

async fn state(server: &Server<Alertmanager>) -> (String, usize) {
    let (_, alerts) = ask(server, "GET", "/api/v2/alerts?filter=alertname%3DNodeNotReady", None).await;
    let status = &alerts[0]["status"];
    (
        status["state"].as_str().unwrap().to_owned(),
        status["silencedBy"].as_array().unwrap().len(),
    )
}

#[tokio::test]
async fn what_fires_is_told_with_its_receivers() {
    let server = server().await;
    let (code, alerts) = ask(&server, "GET", "/api/v2/alerts", None).await;
    assert_eq!(code, 200);
    let node = alerts
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["labels"]["alertname"] == "NodeNotReady")
        .unwrap();
    assert_eq!(
        node["receivers"],
        json!([{"name": "email"}, {"name": "pagerduty"}, {"name": "slack-alerts"}])
    );
    assert_eq!(
        (node["labels"]["environment"].as_str(), node["labels"]["node"].as_str()),
        (Some("production"), Some("n1"))
    );
    assert_eq!(node["annotations"]["summary"], "Node n1 is not ready");
    assert!(
        node["generatorURL"]
            .as_str()
            .unwrap()
            .starts_with("https://prometheus.example.com/graph?g0.expr=kube_node")
    );
    // Its first sample was ten minutes ago; rules are evaluated every 15 s, and this one holds back for two minutes.
    assert_eq!(node["startsAt"], told::millis(Timestamp::from_second(NOW - 470).unwrap()));
    let count = |alerts: &Value| alerts.as_array().unwrap().len();
    let (_, groups) = ask(&server, "GET", "/api/v2/alerts/groups?receiver=pagerduty", None).await;
    assert_eq!((count(&groups), groups[0]["receiver"]["name"].as_str()), (1, Some("pagerduty")));
    assert_eq!(
        groups[0]["labels"],
        json!({"alertname": "NodeNotReady", "environment": "production"})
    );
    assert_eq!(count(&ask(&server, "GET", "/api/v2/alerts?active=false", None).await.1), 0);
    assert_eq!(
        ask(&server, "GET", "/api/v2/alerts?filter=nonsense", None).await,
        (400, json!("bad matcher format: nonsense"))
    );
    assert_eq!(ask(&server, "GET", "/-/healthy", None).await, (200, json!("OK")));
    assert_eq!(ask(&server, "GET", "/api/v2/receivers", None).await.1[2]["name"], "pagerduty");
    assert_eq!(ask(&server, "GET", "/api/v2/status", None).await.1["cluster"]["status"], "disabled");
}

#[tokio::test]
async fn silences_take_effect_and_end() {
    let server = server().await;
    assert_eq!(state(&server).await, ("active".to_owned(), 0));
    let (code, made) = ask(&server, "POST", "/api/v2/silences", Some(&silence(json!({})))).await;
    assert_eq!(code, 200);
    let id = made["silenceID"].as_str().unwrap().to_owned();
    assert_eq!(state(&server).await, ("suppressed".to_owned(), 1));
    let (_, one) = ask(&server, "GET", &format!("/api/v2/silence/{id}"), None).await;
    assert_eq!(
        (one["status"]["state"].as_str(), one["createdBy"].as_str()),
        (Some("active"), Some("a.martin"))
    );
    assert_eq!(
        one["matchers"][0],
        json!({"isEqual": true, "isRegex": true, "name": "alertname", "value": "Node.*"})
    );

    // A change makes another one, and the old one expires.
    let changed = silence(json!({"id": id, "comment": "still known"}));
    let (_, changed) = ask(&server, "POST", "/api/v2/silences", Some(&changed)).await;
    let new = changed["silenceID"].as_str().unwrap().to_owned();
    assert_ne!(new, id);
    assert_eq!(state(&server).await, ("suppressed".to_owned(), 1));
    let (_, all) = ask(&server, "GET", "/api/v2/silences", None).await;
    assert_eq!(
        (all[0]["id"].as_str(), all[1]["status"]["state"].as_str()),
        (Some(new.as_str()), Some("expired"))
    );

    assert_eq!(ask(&server, "DELETE", &format!("/api/v2/silence/{new}"), None).await.0, 200);
    assert_eq!(state(&server).await, ("active".to_owned(), 0));
    let nobody = "/api/v2/silence/11111111-1111-1111-1111-111111111111";
    assert_eq!(ask(&server, "GET", nobody, None).await.0, 404);
    assert_eq!(ask(&server, "DELETE", nobody, None).await.0, 404);
}

#[tokio::test]
async fn bad_silences_are_refused_in_alertmanagers_words() {
    let server = server().await;
    let matcher = |value: Value| json!({"matchers": [value]});
    for (body, code, expected) in [
        (
            silence(json!({"comment": null})),
            422,
            json!({"code": 602, "message": "comment in body is required"}),
        ),
        (
            silence(json!({"matchers": []})),
            422,
            json!({"code": 612, "message": "matchers in body should have at least 1 items"}),
        ),
        (
            silence(json!({"startsAt": null})),
            422,
            json!({"code": 602, "message": "startsAt in body is required"}),
        ),
        (
            silence(matcher(json!({"name": "a", "value": "b"}))),
            422,
            json!({"code": 602, "message": "matchers.0.isRegex in body is required"}),
        ),
        (
            silence(matcher(json!({"name": "a", "value": "", "isRegex": false}))),
            400,
            json!("silence invalid: at least one matcher must not match the empty string"),
        ),
        (
            silence(json!({"endsAt": "2020-01-01T00:00:00Z"})),
            400,
            json!("Failed to create silence: start time must be before end time"),
        ),
        (
            silence(json!({"id": "11111111-1111-1111-1111-111111111111"})),
            404,
            json!("silence not found"),
        ),
        (String::new(), 422, json!({"code": 602, "message": "silence in body is required"})),
    ] {
        assert_eq!(
            ask(&server, "POST", "/api/v2/silences", Some(&body)).await,
            (code, expected),
            "{body}"
        );
    }
    for body in ["nonsense", "[]", "1", r#"{"comment": 1}"#, r#"{"startsAt": "yesterday"}"#] {
        let (code, _) = ask(&server, "POST", "/api/v2/silences", Some(body)).await;
        assert!([400, 422].contains(&code), "{body}: {code}");
    }
    let (code, put) = ask(&server, "PUT", "/api/v2/silences", Some("{}")).await;
    assert_eq!(
        (code, put["message"].as_str()),
        (405, Some("method PUT is not allowed, but [GET,POST] are"))
    );
    assert_eq!(
        ask(&server, "GET", "/api/v2/nope", None).await,
        (404, json!({"code": 404, "message": "path /api/v2/nope was not found"}))
    );
    assert_eq!(
        ask(&server, "GET", "/api/v2/silence/abc", None).await,
        (
            422,
            json!({"code": 601, "message": "silenceID in path must be of type uuid: \"abc\""})
        )
    );
}
