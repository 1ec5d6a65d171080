//! Pod logs.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::stub::{Fault, Route};

const LOG: &str = "/api/v1/namespaces/shop/pods/a/log";

async fn text(stub: &Stub, query: &str) -> String {
    let reply = send(stub, &format!("{LOG}?{query}"), "*/*").await.unwrap();
    within(reply.text()).await.unwrap()
}

fn with_lines() -> Stub {
    let stub = with_three(Version::V1_20);
    for (age, line) in [(300, "one"), (200, "two"), (100, "three")] {
        stub.log_at(Timestamp::now() - SignedDuration::from_secs(age), "shop", "a", "app", line);
    }
    stub
}

#[tokio::test]
async fn lines_are_cut_and_stamped_as_asked() {
    let stub = with_lines();
    assert_eq!(text(&stub, "").await, "one\ntwo\nthree\n");
    assert_eq!(text(&stub, "tailLines=2").await, "two\nthree\n");
    assert_eq!(text(&stub, "sinceSeconds=250").await, "two\nthree\n");
    let since = (Timestamp::now() - SignedDuration::from_secs(150)).to_string();
    assert_eq!(text(&stub, &format!("sinceTime={since}")).await, "three\n");
    let stamped = text(&stub, "timestamps=true&tailLines=1").await;
    let (stamp, line) = stamped.split_once(' ').unwrap();
    assert_eq!((stamp.len(), line), ("2026-01-02T03:04:05.123456789Z".len(), "three\n"));
    assert!(stamp.parse::<Timestamp>().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_gets_new_lines_until_the_container_ends() {
    let stub = with_lines();
    let mut log = Lines::open(&stub, &format!("{LOG}?follow=true&tailLines=1&container=app"), "*/*").await;
    assert_eq!(log.next().await.as_deref(), Some("three"));
    stub.log("shop", "a", "app", "four");
    assert_eq!(log.next().await.as_deref(), Some("four"));
    stub.log("shop", "b", "app", "of another pod");
    let reader = tokio::spawn(async move { log.next().await });
    // Its followers are let go before a container starts again.
    tokio::task::block_in_place(|| stub.log_restart("shop", "a", "app"));
    assert_eq!(reader.await.unwrap(), None);
    assert_eq!(text(&stub, "previous=true&tailLines=1").await, "four\n");
    assert_eq!(text(&stub, "").await, "");
}

#[tokio::test]
async fn a_follower_is_let_go_when_the_pod_is_deleted_and_breaks_under_a_fault() {
    let stub = with_lines();
    let mut log = Lines::open(&stub, &format!("{LOG}?follow=true"), "*/*").await;
    for expected in ["one", "two", "three"] {
        assert_eq!(log.next().await.as_deref(), Some(expected));
    }
    stub.delete("pods", "shop", "a");
    assert_eq!(log.next().await, None);
    // The new pod of the same name has a log of its own.
    stub.put("pods", pod("a"));
    assert_eq!(text(&stub, "").await, "");
    stub.log("shop", "a", "app", "one");
    stub.log("shop", "a", "app", "two");
    stub.fault(Route::path(LOG), Fault::CutAfter(5));
    let mut log = Lines::open(&stub, &format!("{LOG}?follow=true"), "*/*").await;
    assert_eq!(log.next().await.as_deref(), Some("one"));
    assert!(log.try_next().await.is_err());
}

#[tokio::test]
async fn refusals_of_logs() {
    let stub = with_lines();
    let mut two = pod("two");
    two["spec"]["containers"] = serde_json::json!([{"name": "x"}, {"name": "y"}]);
    stub.put("pods", two);
    for (path, code, message) in [
        ("/api/v1/namespaces/shop/pods/none/log", 404, "pods \"none\" not found"),
        (
            "/api/v1/namespaces/shop/pods/a/log?container=nope",
            400,
            "container nope is not valid for pod a",
        ),
        (
            "/api/v1/namespaces/shop/pods/two/log",
            400,
            "a container name must be specified for pod two, choose one of: [x y]",
        ),
        (
            "/api/v1/namespaces/shop/pods/a/log?previous=true",
            400,
            "previous terminated container \"app\" in pod \"a\" not found",
        ),
    ] {
        let (got, status) = get(&stub, path).await;
        assert_eq!((got, status["message"].as_str()), (code, Some(message)));
    }
}
