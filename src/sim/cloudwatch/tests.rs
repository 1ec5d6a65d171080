//! The log service, asked as its clients ask it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sim::clock::{Clock, Pace};
use crate::sim::face::{Fault, Route, Scheme, Server};
use crate::sim::seed;
use crate::sim::world::{Ending, Life, World};

const BACKEND: &str = "/solia/production/backend";
const ALL: &str = "/aws/containerinsights/solia-prod/application";

fn now() -> Timestamp {
    "2026-11-23T07:00:00Z".parse().unwrap()
}

fn cloud() -> Arc<CloudWatch> {
    let mut world = World::new(5, now() - SignedDuration::from_mins(30), Life::Still);
    seed::solia(&mut world, Environment::Production);
    world.advance(now());
    CloudWatch::new(
        Arc::new(SharedWorld::new(world, Arc::new(Clock::new(now(), Pace::Steps)))),
        Environment::Production,
    )
}

fn ask(cloud: &CloudWatch, operation: &str, input: Value) -> Value {
    cloud
        .operate(operation, &input)
        .unwrap_or_else(|refusal| panic!("{operation} {input}: {refusal:?}"))
}

/// All pages of a list.
fn pages(cloud: &CloudWatch, operation: &str, mut input: Value, list: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..500 {
        let output = ask(cloud, operation, input.clone());
        all.extend(output[list].as_array().unwrap().iter().cloned());
        match output["nextToken"].as_str() {
            Some(token) => input["nextToken"] = json!(token),
            None => return all,
        }
    }
    panic!("the pages do not end");
}

fn ms(minutes: i64) -> i64 {
    (now() - SignedDuration::from_mins(minutes)).as_millisecond()
}

#[test]
fn groups_and_streams_are_listed_page_by_page() {
    let cloud = cloud();
    let names = |list: &[Value], field: &str| list.iter().map(|v| v[field].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let whole = names(&pages(&cloud, "DescribeLogGroups", json!({}), "logGroups"), "logGroupName");
    assert!(whole.contains(&BACKEND.to_owned()) && whole.contains(&ALL.to_owned()));
    assert_eq!(
        names(
            &pages(&cloud, "DescribeLogGroups", json!({"limit": 2}), "logGroups"),
            "logGroupName"
        ),
        whole
    );
    let own = pages(
        &cloud,
        "DescribeLogGroups",
        json!({"logGroupNamePrefix": "/solia/production/"}),
        "logGroups",
    );
    assert!(own.len() >= 3 && own.len() < whole.len());
    let streams = pages(&cloud, "DescribeLogStreams", json!({"logGroupName": ALL}), "logStreams");
    let small = pages(&cloud, "DescribeLogStreams", json!({"logGroupName": ALL, "limit": 7}), "logStreams");
    assert_eq!(names(&streams, "logStreamName"), names(&small, "logStreamName"));
    assert!(
        streams
            .iter()
            .any(|s| s["logStreamName"].as_str().unwrap().contains("_default_backend-"))
    );
    let latest = ask(
        &cloud,
        "DescribeLogStreams",
        json!({"logGroupName": BACKEND, "orderBy": "LastEventTime", "descending": true}),
    );
    assert_eq!(latest["logStreams"].as_array().unwrap().len(), 5);
    assert!(latest["logStreams"][0]["lastEventTimestamp"].as_i64().unwrap() > ms(2));
}

#[test]
fn paging_tells_every_line_once() {
    let cloud = cloud();
    let window = json!({"logGroupName": BACKEND, "startTime": ms(10), "endTime": ms(5)});
    let whole = pages(&cloud, "FilterLogEvents", window.clone(), "events");
    assert!(whole.len() > 1000, "{}", whole.len());
    for limit in [1000, 333, 17] {
        let mut input = window.clone();
        input["limit"] = json!(limit);
        input["endTime"] = json!(if limit == 17 { ms(9) } else { ms(5) });
        let paged = pages(&cloud, "FilterLogEvents", input, "events");
        assert!(paged.iter().eq(whole.iter().take(paged.len())), "with {limit} a page");
        assert!(limit == 17 || paged.len() == whole.len());
    }
    let ids: BTreeSet<&str> = whole.iter().map(|e| e["eventId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), whole.len());
    assert!(ids.iter().all(|id| id.len() == 56));
    assert!(whole.windows(2).all(|w| w[0]["timestamp"].as_i64() <= w[1]["timestamp"].as_i64()));
}

#[test]
fn a_stream_is_read_forwards_and_backwards() {
    let cloud = cloud();
    let streams = ask(&cloud, "DescribeLogStreams", json!({"logGroupName": BACKEND}));
    let name = streams["logStreams"][0]["logStreamName"].as_str().unwrap();
    let window = json!({"logGroupName": BACKEND, "logStreamName": name, "startTime": ms(20), "endTime": ms(10)});
    let walk = |head: bool, token: &str| {
        let mut input = window.clone();
        input["limit"] = json!(100);
        input["startFromHead"] = json!(head);
        let mut all: Vec<Vec<Value>> = Vec::new();
        loop {
            let output = ask(&cloud, "GetLogEvents", input.clone());
            let events = output["events"].as_array().unwrap().clone();
            if events.is_empty() {
                assert_eq!(output[token], input["nextToken"], "at the end the token stays the same");
                return all;
            }
            all.push(events);
            input["nextToken"] = output[token].clone();
        }
    };
    let forwards: Vec<Value> = walk(true, "nextForwardToken").concat();
    let mut backwards = walk(false, "nextBackwardToken");
    backwards.reverse();
    assert!(forwards.len() > 1000);
    assert!(
        forwards == backwards.concat(),
        "{} and {}",
        forwards.len(),
        backwards.concat().len()
    );
}

#[test]
fn filters_find_lines_and_the_records_of_the_cluster_are_wrapped() {
    let cloud = cloud();
    let input = json!({"logGroupName": BACKEND, "startTime": ms(10), "filterPattern": "{ $.level = \"warn\" }"});
    let found = pages(&cloud, "FilterLogEvents", input, "events");
    assert!(!found.is_empty());
    for event in &found {
        let message: Value = serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
        assert_eq!(message["level"], "warn");
    }
    let input = json!({"logGroupName": ALL, "startTime": ms(3), "filterPattern": "{ $.kubernetes.namespace_name = \"kube-system\" }"});
    let found = pages(&cloud, "FilterLogEvents", input, "events");
    let record: Value = serde_json::from_str(found[0]["message"].as_str().unwrap()).unwrap();
    assert!(record["log"].is_string() && record["kubernetes"]["pod_name"].is_string() && record["kubernetes"]["host"].is_string());
}

#[test]
fn records_come_in_late_and_those_of_dead_pods_stay() {
    let cloud = cloud();
    let newest = pages(
        &cloud,
        "FilterLogEvents",
        json!({"logGroupName": BACKEND, "startTime": ms(1)}),
        "events",
    );
    let last = newest.last().unwrap()["timestamp"].as_i64().unwrap();
    assert!((2_000..6_000).contains(&(now().as_millisecond() - last)), "{last}");
    let pod = {
        let mut world = cloud.world.read();
        let pod = Arc::clone(
            world
                .store
                .list("pods", Some("default"))
                .find(|p| p.label("app") == Some("backend"))
                .unwrap(),
        );
        let at = now() - SignedDuration::from_mins(5);
        world.runs.last_mut(&pod.uid, "backend").unwrap().ended = Some(Ending {
            at,
            code: 137,
            reason: "OOMKilled",
        });
        world.store.remove(&pod.key, now());
        pod
    };
    let input = json!({"logGroupName": BACKEND, "startTime": ms(10), "logStreamNames": [&*pod.key.name]});
    let dead = pages(&cloud, "FilterLogEvents", input, "events");
    assert!(dead.len() > 300);
    assert!(dead.last().unwrap()["timestamp"].as_i64().unwrap() <= ms(5));
}

fn query(cloud: &CloudWatch, text: &str) -> Value {
    let input = json!({"logGroupName": BACKEND, "startTime": ms(10) / 1000, "endTime": ms(0) / 1000, "queryString": text});
    let id = ask(cloud, "StartQuery", input)["queryId"].clone();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let output = ask(cloud, "GetQueryResults", json!({"queryId": id}));
        if output["status"] == "Complete" {
            return output;
        }
        assert!(std::time::Instant::now() < deadline, "the query does not end");
        std::thread::yield_now();
    }
}

fn field<'a>(row: &'a Value, name: &str) -> Option<&'a str> {
    row.as_array()?.iter().find(|cell| cell["field"] == name)?["value"].as_str()
}

#[test]
fn insights_filters_sorts_counts_and_bins() {
    let cloud = cloud();
    let output = query(
        &cloud,
        "fields @timestamp, @message, status | filter level = \"warn\" and @message like /login|order/ | sort @timestamp desc | limit 5",
    );
    let rows = output["results"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert!(rows.windows(2).all(|w| field(&w[0], "@timestamp") >= field(&w[1], "@timestamp")));
    assert!(rows.iter().all(|row| matches!(field(row, "status"), Some("401" | "422"))));
    let output = query(&cloud, "stats count(*) as n, avg(latency) by bin(5m), method | sort n desc");
    let rows = output["results"].as_array().unwrap();
    assert!(rows.iter().any(|row| field(row, "method") == Some("GET")), "{rows:?}");
    let total: u64 = rows.iter().map(|row| field(row, "n").unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(total as f64, output["statistics"]["recordsMatched"].as_f64().unwrap());
    let refused = cloud.operate(
        "StartQuery",
        &json!({"logGroupName": BACKEND, "startTime": 1, "endTime": 2, "queryString": "explode @message"}),
    );
    assert!(format!("{refused:?}").contains("MalformedQueryException"));
}

#[test]
fn refusals_have_the_shape_of_amazons() {
    let cloud = cloud();
    for (operation, input, kind) in [
        ("FilterLogEvents", json!({"logGroupName": "/nobody"}), "ResourceNotFoundException"),
        (
            "FilterLogEvents",
            json!({"logGroupName": BACKEND, "filterPattern": "{ x }"}),
            "InvalidParameterException",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": BACKEND, "nextToken": "bm8"}),
            "InvalidParameterException",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": BACKEND, "limit": 0}),
            "InvalidParameterException",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": BACKEND, "startTime": "yesterday"}),
            "SerializationException",
        ),
        (
            "FilterLogEvents",
            json!({"logGroupName": BACKEND, "logStreamNames": ["nobody"]}),
            "ResourceNotFoundException",
        ),
        (
            "GetLogEvents",
            json!({"logGroupName": BACKEND, "logStreamName": "nobody"}),
            "ResourceNotFoundException",
        ),
        ("GetQueryResults", json!({"queryId": "nobody"}), "ResourceNotFoundException"),
        ("DeleteLogGroup", json!({}), "UnknownOperationException"),
    ] {
        let refusal = cloud.operate(operation, &input).unwrap_err();
        assert!(format!("{refusal:?}").contains(kind), "{operation} {input}: {refusal:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_is_refused_and_never_panics(
        operation in 0usize..7, field in 0usize..12, number in any::<i64>(), text in ".{0,20}", kind in 0usize..5,
    ) {
        thread_local!(static CLOUD: Arc<CloudWatch> = cloud());
        let operation = ["DescribeLogGroups", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "StartQuery", "GetQueryResults", "StopQuery"][operation];
        let field = ["logGroupName", "logStreamName", "nextToken", "limit", "startTime", "endTime", "filterPattern", "queryString",
            "logStreamNames", "orderBy", "queryId", "logStreamNamePrefix"][field];
        let value = match kind {
            0 => json!(number),
            1 => json!(text),
            2 => json!([text]),
            3 => json!({"a": null}),
            _ => json!(-1.5),
        };
        let mut input = json!({"logGroupName": BACKEND, "startTime": ms(1), "endTime": ms(0), "limit": 5});
        input[field] = value;
        CLOUD.with(|cloud| { let _ = cloud.operate(operation, &input); });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_served_over_http_with_faults_in_amazons_words() {
    let server = Server::start(cloud(), 0, Scheme::Http).await.unwrap();
    let client = reqwest::Client::new();
    let post = |target: &'static str, body: &'static str| {
        let request = client
            .post(server.url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1");
        request.body(body).send()
    };
    let reply = post("Logs_20140328.DescribeLogGroups", "{}").await.unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "application/x-amz-json-1.1");
    let unknown = post("Logs_20140328.PutRetentionPolicy", "{}").await.unwrap();
    assert_eq!(unknown.status(), 400);
    assert_eq!(unknown.headers()["x-amzn-errortype"], "UnknownOperationException");
    assert!(!server.face().desk().unknown().is_empty());
    let garbage = post("Logs_20140328.DescribeLogGroups", "[not json").await.unwrap();
    assert!(garbage.text().await.unwrap().contains("SerializationException"));
    server
        .face()
        .desk()
        .fault(Route::any(), Fault::Throttle(std::time::Duration::from_secs(1)));
    let throttled = post("Logs_20140328.DescribeLogGroups", "{}").await.unwrap();
    assert_eq!(throttled.status(), 400);
    assert!(throttled.text().await.unwrap().contains("ThrottlingException"));
    server.face().desk().lift_all();
    server.face().desk().fault(Route::any(), Fault::ExpiredToken);
    let expired = post("Logs_20140328.DescribeLogGroups", "{}").await.unwrap();
    assert!(expired.text().await.unwrap().contains("ExpiredTokenException"));
}
