//! Faults, and the server that goes and comes back.

use std::time::Instant;

use serde_json::json;

use super::*;
use crate::stub::{Fault, Route};

#[tokio::test]
async fn refusals_are_worded_as_a_server_words_them_and_can_be_lifted() {
    let stub = with_three(Version::V1_20);
    let fault = stub.fault(Route::resource("pods").lists(), Fault::Status(403, "Forbidden"));
    let (code, status) = get(&stub, "/api/v1/namespaces/shop/pods").await;
    assert_eq!(code, 403);
    assert_eq!(
        status["message"],
        "pods is forbidden: User \"stub-user\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\""
    );
    assert_eq!(get(&stub, "/api/v1/namespaces/shop/pods/a").await.0, 200, "only lists are refused");
    assert_eq!(get(&stub, "/api/v1/services").await.0, 200);
    stub.lift(fault);
    assert_eq!(get(&stub, "/api/v1/pods").await.0, 200);
    stub.fault(Route::path("/api/v1/pods").times(2), Fault::Status(429, "TooManyRequests"));
    let reply = send(&stub, "/api/v1/pods", "application/json").await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), reply.headers()["retry-after"].to_str().unwrap()),
        (429, "1")
    );
    assert_eq!((get(&stub, "/api/v1/pods").await.0, get(&stub, "/api/v1/pods").await.0), (429, 200));
}

#[tokio::test]
async fn access_reviews_know_the_refusals() {
    let stub = Stub::start(Version::V1_36);
    stub.fault(Route::resource("secrets").lists(), Fault::Status(403, "Forbidden"));
    for (resource, verb, allowed) in [("secrets", "list", false), ("secrets", "get", true), ("pods", "list", true)] {
        let review = json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
            "spec": {"resourceAttributes": {"verb": verb, "group": "", "resource": resource, "namespace": "solia"}}});
        let url = format!("{}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", stub.url);
        let reply = within(reqwest::Client::new().post(url).body(review.to_string()).send())
            .await
            .unwrap();
        let reply: serde_json::Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
        assert_eq!(reply["status"]["allowed"], allowed, "{verb} {resource}");
    }
}

#[tokio::test]
async fn only_the_demanded_token_is_let_in() {
    let stub = with_three(Version::V1_20);
    stub.demand_token(Some("fresh"));
    assert_eq!(get(&stub, "/api/v1/pods").await.0, 401);
    let url = format!("{}/api/v1/pods", stub.url);
    let reply = within(reqwest::Client::new().get(url).bearer_auth("fresh").send()).await.unwrap();
    assert_eq!(reply.status(), 200);
    stub.demand_token(None);
    assert_eq!(get(&stub, "/api/v1/pods").await.0, 200);
}

#[tokio::test]
async fn bodies_come_as_html_or_garbage() {
    let stub = with_three(Version::V1_20);
    let html = stub.fault(Route::any(), Fault::Html);
    let reply = send(&stub, "/version", "application/json").await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), reply.headers()["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
    stub.lift(html);
    stub.fault(Route::any(), Fault::Garbage);
    let text = send(&stub, "/api/v1/pods", "application/json").await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_err());
    stub.lift_all();
    assert_eq!(get(&stub, "/api/v1/pods").await.1["kind"], "PodList");
}

#[tokio::test]
async fn a_watch_breaks_in_the_middle_of_an_object() {
    let stub = with_three(Version::V1_20);
    stub.fault(Route::resource("pods").watches(), Fault::CutAfter(400));
    let mut watch = Lines::open(&stub, "/api/v1/pods?watch=true&resourceVersion=0", "application/json").await;
    assert_eq!(watch.brief().await, "ADDED a");
    let end = loop {
        match watch.try_next().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(end.is_err(), "the end must look like a broken connection: {end:?}");
    assert!(!watch.rest.is_empty(), "the last object must have begun");
}

// Two threads: the client closes its connection while the test waits to see it closed.
#[tokio::test(flavor = "multi_thread")]
async fn hanging_delayed_and_slow_answers() {
    let stub = with_three(Version::V1_20);
    stub.fault(Route::path("/version"), Fault::Hang);
    let hanging = tokio::time::timeout(Duration::from_millis(100), send(&stub, "/version", "*/*")).await;
    assert!(hanging.is_err(), "nothing was to be answered");
    stub.wait_for("the impatient client is gone", |s| s.open().is_empty());
    stub.fault(Route::path("/api/v1/services"), Fault::Delay(Duration::from_millis(80)));
    let begun = Instant::now();
    assert_eq!(get(&stub, "/api/v1/services").await.0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(80));
    stub.fault(Route::resource("pods"), Fault::Slow(Duration::from_millis(20)));
    let begun = Instant::now();
    assert_eq!(names(&get(&stub, "/api/v1/pods").await.1), ["a", "b", "c"]);
    assert!(begun.elapsed() >= Duration::from_millis(40), "at least two pieces");
}

#[tokio::test]
async fn lists_without_an_end() {
    let stub = with_three(Version::V1_20);
    stub.fault(Route::resource("pods").lists(), Fault::EndlessList);
    let mut token = String::new();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..5 {
        let (_, page) = get(&stub, &format!("/api/v1/pods?limit=100&continue={token}")).await;
        seen.extend(names(&page).into_iter().map(str::to_owned));
        token = page["metadata"]["continue"].as_str().expect("always one more page").to_owned();
    }
    assert_eq!(seen.len(), 500);
    let mut reply = send(&stub, "/api/v1/pods", "application/json").await.unwrap();
    let mut bytes = 0;
    while bytes < 1 << 20 {
        bytes += within(reply.chunk()).await.unwrap().expect("always more").len();
    }
}

#[tokio::test]
async fn a_server_goes_and_comes_back_with_what_it_had() {
    let stub = with_three(Version::V1_36);
    let mut watch = Lines::open(&stub, "/api/v1/pods?watch=true&resourceVersion=0", "application/json").await;
    assert_eq!(watch.brief().await, "ADDED a");
    stub.wait_for("the watch is open", |s| s.open().len() == 1);
    stub.go_down();
    let end = loop {
        match watch.try_next().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(end.is_err(), "a broken connection: {end:?}");
    assert!(stub.open().is_empty());
    let refused = send(&stub, "/api/v1/pods", "*/*").await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    stub.put("pods", pod("d"));
    stub.come_back();
    assert_eq!(names(&get(&stub, "/api/v1/pods").await.1), ["a", "b", "c", "d"]);
    assert_eq!(stub.count(|r| r.is_watch()), 1);
}
