//! The contract of a feed: which requests it makes, and which facts it tells, whatever the server does.

mod live;
mod stub;

use serde_json::{Value, json};
use stub::Answer::{Breaks, Ends, Later, Open, Whole};
use stub::{Stage, bookmark, event, list, pod, show, status};

use crate::model::{Body, Cell, FeedFact, Kind, Known, Scope};

#[tokio::test]
async fn a_list_then_a_watch_and_a_version_too_old_lists_again_without_a_fuss() {
    let expired = event(
        "ERROR",
        &json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}),
    );
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, list("10", &[pod(1, 5), pod(2, 6)], "")),
            Open(vec![event("ADDED", &pod(3, 11)), event("DELETED", &pod(1, 12)), expired]),
            Whole(200, list("20", &[pod(2, 6), pod(3, 11)], "")),
            Whole(410, status(410, "too old")),
            Whole(200, list("30", &[pod(3, 11)], "")),
            Open(vec![event("MODIFIED", &pod(3, 31))]),
        ],
    )
    .await;
    stage.expect(&["begin", "put p1 p2", "listed 0", "live"]).await;
    assert_eq!(stage.asked().await, "/api/v1/pods?limit=500");
    let watch = stage.asked().await;
    assert!(
        watch.starts_with("/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=2"),
        "{watch}"
    );
    assert!(watch.ends_with("&resourceVersion=10"), "{watch}");
    // However the events fall into facts, they come before the new list.
    let mut before = Vec::new();
    loop {
        match stage.fact().await {
            FeedFact::Begin => break,
            fact => before.push(show(&fact)),
        }
    }
    before.sort();
    assert_eq!(before, ["gone 1", "put p3"]);
    stage
        .expect(&["put p2 p3", "listed 0", "begin", "put p3", "listed 0", "live", "put p3"])
        .await;
}

#[tokio::test]
async fn a_watch_cut_in_the_middle_goes_on_from_the_last_version_in_silence() {
    let half = event("ADDED", &pod(9, 99));
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, list("10", &[], "")),
            Breaks(vec![event("ADDED", &pod(1, 11)) + &half[..40]]),
            Ends(vec![event("ADDED", &pod(2, 12)), bookmark(15, json!({})) + &half[..40]]),
            Ends(vec![bookmark(16, Value::Null)]),
            Open(vec![event("ADDED", &pod(3, 17))]),
        ],
    )
    .await;
    stage.expect(&["begin", "listed 0", "live", "put p1", "put p2", "put p3"]).await;
    let mut versions = Vec::new();
    for _ in 0..5 {
        versions.push(stage.asked().await.rsplit('=').next().unwrap().to_owned());
    }
    assert_eq!(versions, ["500", "10", "11", "15", "16"]);
}

#[tokio::test]
async fn a_watch_that_cannot_be_reopened_is_trouble_until_it_can() {
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, list("10", &[pod(1, 5)], "")),
            Breaks(vec![event("ADDED", &pod(2, 11))]),
            Whole(500, status(500, "etcdserver: leader changed")),
            Whole(503, "upstream connect error".into()),
            Open(vec![event("ADDED", &pod(3, 12))]),
        ],
    )
    .await;
    stage
        .expect(&[
            "begin",
            "put p1",
            "listed 0",
            "live",
            "put p2",
            "retrying: server error",
            "retrying: server error",
            "live",
            "put p3",
        ])
        .await;
}

#[tokio::test]
async fn many_rows_come_as_a_first_page_and_one_full_list() {
    let all: Vec<_> = (0..1200).map(|n| pod(n, n)).collect();
    let mut full = all.clone();
    // Deleted between the two answers.
    full.remove(7);
    let text = list("30", &full, "");
    let pieces = text
        .as_bytes()
        .chunks(1000)
        .map(|c| String::from_utf8(c.to_vec()).unwrap())
        .collect();
    let mut stage = Stage::pods(20, vec![Whole(200, list("20", &all[..500], "tok/en=")), Ends(pieces), Open(vec![])]).await;
    let mut rows = std::collections::HashSet::new();
    let mut first = None;
    loop {
        match stage.fact().await {
            FeedFact::Put(objects) => {
                first.get_or_insert(objects.len());
                assert!(objects.len() < 600, "rows come in batches");
                rows.extend(objects.into_iter().map(|o| o.meta.uid));
            }
            FeedFact::Gone(uids) => uids.iter().for_each(|uid| assert!(rows.remove(uid))),
            FeedFact::Listed { unreadable } => break assert_eq!(unreadable, 0),
            other => assert_eq!(other, FeedFact::Begin),
        }
    }
    assert_eq!((first, rows.len()), (Some(500), 1199));
    assert_eq!(stage.asked().await, "/api/v1/pods?limit=500");
    assert_eq!(stage.asked().await, "/api/v1/pods?resourceVersion=0");
    assert!(stage.asked().await.ends_with("resourceVersion=30"));
}

#[tokio::test]
async fn pages_are_followed_where_the_server_insists_on_them() {
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, list("20", &[pod(1, 1)], "a")),
            Whole(200, list("21", &[pod(1, 1), pod(2, 1)], "b&c")),
            Whole(200, list("21", &[pod(3, 1)], "")),
        ],
    )
    .await;
    stage.expect(&["begin", "put p1", "put p1 p2", "put p3", "listed 0"]).await;
    for wanted in ["limit=500", "resourceVersion=0", "limit=500&continue=b%26c"] {
        assert_eq!(stage.asked().await, format!("/api/v1/pods?{wanted}"));
    }
}

#[tokio::test]
async fn what_is_denied_says_so_and_is_asked_again_with_a_new_connection() {
    let refused = r#"pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "solia""#;
    let mut stage = Stage::start(
        Known::Pod.into(),
        Scope::Namespace("solia".into()),
        20,
        vec![
            Whole(403, status(403, refused)),
            Whole(200, list("1", &[pod(1, 1)], "")),
            Open(vec![]),
        ],
    )
    .await;
    stage.expect(&["begin"]).await;
    let denied = show(&stage.fact().await);
    assert!(denied.starts_with("denied: may not list pods"), "{denied}");
    assert_eq!(stage.asked().await, "/api/v1/namespaces/solia/pods?limit=500");
    stage.republish();
    stage.expect(&["begin", "put p1", "listed 0", "live"]).await;
}

#[tokio::test]
async fn rows_stay_where_only_the_watch_is_denied() {
    let mut stage = Stage::pods(20, vec![Whole(200, list("1", &[pod(1, 1)], "")), Whole(403, status(403, "no"))]).await;
    stage.expect(&["begin", "put p1", "listed 0"]).await;
    let denied = show(&stage.fact().await);
    assert!(
        denied.starts_with("denied: may list but not watch pods in all namespaces: rows are as of "),
        "{denied}"
    );
}

#[tokio::test]
async fn a_server_that_starts_and_does_not_have_the_kind_yet_costs_no_row() {
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, list("10", &[pod(1, 1)], "")),
            Open(vec![event("ADDED", &pod(2, 11))]),
            Whole(404, "404 page not found\n".into()),
            Open(vec![event("ADDED", &pod(3, 12))]),
        ],
    )
    .await;
    stage.expect(&["begin", "put p1", "listed 0", "live", "put p2"]).await;
    // Neither its discovery nor its first answer knows pods.
    stage.serve_nothing();
    stage.republish_after_outage();
    stage.expect(&["retrying: not found", "live", "put p3"]).await;
}

#[tokio::test]
async fn refused_credentials_wait_for_a_login() {
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(401, status(401, "Unauthorized")),
            Whole(200, list("1", &[], "")),
            Open(vec![]),
        ],
    )
    .await;
    stage.expect(&["begin", "retrying: login needed"]).await;
    stage.withdraw();
    stage.republish();
    stage.expect(&["begin", "listed 0", "live"]).await;
}

#[tokio::test]
async fn a_kind_that_the_server_does_not_have_is_absent() {
    let mut stage = Stage::start(Known::Deployment.into(), Scope::All, 20, vec![]).await;
    stage.expect(&["absent"]).await;
    let mut stage = Stage::pods(20, vec![Whole(404, "404 page not found\n".into())]).await;
    stage.expect(&["begin", "absent"]).await;
}

#[tokio::test]
async fn answers_of_someone_else_are_one_sentence_and_do_not_loop() {
    let page = "<!DOCTYPE html>\n<html>Sign in</html>\n";
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, page.into()),
            Whole(200, list("1", &[], "")),
            Ends(vec![page.into()]),
            Ends(vec![page.into()]),
        ],
    )
    .await;
    stage
        .expect(&["begin", "retrying: bad answer", "begin", "listed 0", "live", "retrying: bad answer"])
        .await;
    for odd in ["{\"kind\":\"Pod\"}", "[]", "{\"kind\":\"PodList\",\"items\":[", ""] {
        let mut stage = Stage::pods(20, vec![Whole(200, odd.into())]).await;
        stage.expect(&["begin", "retrying: bad answer"]).await;
    }
    let mut stage = Stage::pods(
        20,
        vec![Whole(
            200,
            json!({"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": null}).to_string(),
        )],
    )
    .await;
    stage.expect(&["begin", "listed 0"]).await;
}

#[tokio::test]
async fn an_object_that_cannot_be_read_costs_one_row() {
    let list = list("1", &[pod(1, 1), json!({"metadata": {"name": {}}}), json!(7), pod(2, 1)], "");
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, list),
            Open(vec![event("ADDED", &json!([1])), event("ADDED", &pod(3, 4))]),
        ],
    )
    .await;
    stage.expect(&["begin", "put p1 p2", "listed 2", "live", "put p3"]).await;
}

#[tokio::test]
async fn a_server_that_asks_for_time_gets_it() {
    let mut stage = Stage::pods(20, vec![Later(429, 120)]).await;
    stage.expect(&["begin"]).await;
    let FeedFact::Trouble(crate::model::FeedTrouble::Retrying { problem, next }) = stage.fact().await else {
        panic!()
    };
    assert_eq!(problem.word(), "throttled");
    assert!(next.0 - super::now().0 > 100, "Retry-After is kept");
}

#[tokio::test]
async fn a_new_server_lists_within_the_watch() {
    let end = bookmark(12, json!({"k8s.io/initial-events-end": "true"}));
    let mut stage = Stage::pods(
        34,
        vec![
            Breaks(vec![
                event("ADDED", &pod(1, 3)) + &event("ADDED", &pod(2, 9)) + &end,
                event("MODIFIED", &pod(1, 13)),
            ]),
            Open(vec![event("DELETED", &pod(2, 14))]),
        ],
    )
    .await;
    stage.expect(&["begin", "put p1 p2", "listed 0", "live", "put p1", "gone 2"]).await;
    let asked = stage.asked().await;
    assert!(
        asked.contains("sendInitialEvents=true&resourceVersionMatch=NotOlderThan"),
        "{asked}"
    );
    assert!(stage.asked().await.ends_with("&resourceVersion=13"));
}

#[tokio::test]
async fn a_refused_streaming_list_is_an_ordinary_one() {
    for refusal in [
        Whole(422, status(422, "sendInitialEvents is forbidden")),
        Ends(vec![]),
        Ends(vec![event("ERROR", &json!({"code": 400}))]),
    ] {
        let mut stage = Stage::pods(35, vec![refusal, Whole(200, list("1", &[pod(1, 1)], "")), Open(vec![])]).await;
        let mut facts = Vec::new();
        while facts.last().is_none_or(|f| f != "live") {
            facts.push(show(&stage.fact().await));
        }
        facts.dedup();
        assert_eq!(facts, ["begin", "put p1", "listed 0", "live"]);
        stage.asked().await;
        assert_eq!(stage.asked().await, "/api/v1/pods?limit=500");
    }
}

#[tokio::test]
async fn a_custom_resource_comes_with_the_servers_columns_in_list_and_watch() {
    let columns = json!([{"name": "Name", "type": "string"}, {"name": "Size", "type": "integer"}]);
    let row = |n: u32| json!({"cells": [format!("w{n}"), n], "object": {"kind": "PartialObjectMetadata", "metadata": {"name": format!("w{n}"), "uid": format!("00000000-0000-0000-0000-{n:012x}"), "resourceVersion": n.to_string()}}});
    let table = |columns: &Value, rows: Vec<Value>| json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "5"}, "columnDefinitions": columns, "rows": rows});
    let events = vec![
        event("ADDED", &table(&columns, vec![row(6)])),
        event("BOOKMARK", &table(&Value::Null, vec![row(8)])),
        event("DELETED", &table(&Value::Null, vec![row(1)])),
    ];
    let mut stage = Stage::start(
        Kind::of("example.org", "widgets"),
        Scope::All,
        36,
        vec![
            Whole(200, table(&columns, vec![row(1), row(2)]).to_string()),
            Ends(events),
            Open(vec![]),
        ],
    )
    .await;
    stage.expect(&["begin"]).await;
    let FeedFact::Put(rows) = stage.fact().await else { panic!() };
    let Body::Cells(cells) = &rows[1].body else { panic!() };
    assert_eq!((cells.columns.0.len(), &cells.cells[0]), (1, &Cell::Number(2.0)));
    stage.expect(&["listed 0", "live"]).await;
    let (mut put, mut gone) = (0, 0);
    while (put, gone) != (1, 1) {
        match stage.fact().await {
            FeedFact::Put(objects) => put += objects.len(),
            FeedFact::Gone(uids) => gone += uids.len(),
            other => panic!("{other:?}"),
        }
    }
    let (path, accept) = stage.asked_with().await;
    assert!(
        path.starts_with("/apis/example.org/v1/widgets?") && accept.contains("as=Table"),
        "{path} {accept}"
    );
    stage.asked().await;
    assert!(stage.asked().await.ends_with("&resourceVersion=1"), "the version of the last event");
}

#[tokio::test]
async fn the_values_of_a_secret_are_never_asked_for() {
    let mut stage = Stage::start(Known::Secret.into(), Scope::All, 20, vec![]).await;
    let (_, accept) = stage.asked_with().await;
    assert!(accept.split(',').all(|form| form.contains("as=Table")), "{accept}");
}

#[tokio::test]
async fn a_server_without_tables_gives_names_and_ages() {
    let mut stage = Stage::start(
        Kind::of("example.org", "widgets"),
        Scope::All,
        20,
        vec![Whole(200, list("1", &[pod(1, 1)], "")), Open(vec![event("ADDED", &pod(2, 2))])],
    )
    .await;
    stage.expect(&["begin", "put p1", "listed 0", "live", "put p2"]).await;
}

#[tokio::test]
async fn a_silent_watch_is_reopened_when_the_link_was_lost_and_came_back() {
    let mut stage = Stage::pods(20, vec![Whole(200, list("10", &[], "")), Open(vec![event("ADDED", &pod(1, 11))])]).await;
    stage.expect(&["begin", "listed 0", "live", "put p1"]).await;
    stage.asked().await;
    stage.asked().await;
    // New credentials alone do not disturb a watch: what it tells next comes from the same request.
    stage.republish();
    stage.then(Open(vec![event("ADDED", &pod(2, 12))]));
    // The feed may see both changes as one; so each is repeated until it acted.
    let asked = loop {
        stage.withdraw();
        tokio::task::yield_now().await;
        stage.republish();
        if let Ok(asked) = tokio::time::timeout(std::time::Duration::from_millis(20), stage.asked()).await {
            break asked;
        }
    };
    assert!(asked.ends_with("&resourceVersion=11"), "{asked}");
    stage.expect(&["put p2"]).await;
}

#[tokio::test]
async fn a_watch_that_an_outage_silenced_is_reopened_and_one_under_new_credentials_is_not() {
    let mut stage = Stage::pods(
        20,
        vec![
            Whole(200, list("10", &[], "")),
            Open(vec![event("ADDED", &pod(1, 11))]),
            Open(vec![event("ADDED", &pod(2, 12))]),
        ],
    )
    .await;
    stage.expect(&["begin", "listed 0", "live", "put p1"]).await;
    stage.asked().await;
    stage.asked().await;
    stage.republish();
    let disturbed = tokio::time::timeout(std::time::Duration::from_millis(50), stage.asked()).await;
    assert!(disturbed.is_err(), "{disturbed:?}");
    stage.republish_after_outage();
    let asked = stage.asked().await;
    assert!(asked.ends_with("&resourceVersion=11"), "{asked}");
    // No trouble is told, and no second list: only what happened meanwhile.
    stage.expect(&["put p2"]).await;
}
