//! Servers from 1.20 to 1.36: which versions of a kind are asked for, how the kinds are found, how pods are listed.

use std::collections::BTreeSet;

use quarterdeck::model::{Body, KNOWN, Kind, Known, Scope, Uid};

use super::twin_of;
use crate::stub::{Fault, Request, Route, Stub, Version};
use crate::twin::{live, names, uids};

/// The path of the last list or watch of a kind.
fn asked(stub: &Stub, resource: &str) -> String {
    let end = format!("/{resource}");
    let requests = stub.requests();
    let paths: BTreeSet<&str> = requests.iter().map(|r| r.path.as_str()).filter(|p| p.ends_with(&end)).collect();
    assert_eq!(paths.len(), 1, "{resource} in one version only: {paths:?}");
    paths.first().unwrap().to_string()
}

/// Follows every known kind on a seeded server, compares the rows, and returns the server.
fn every_kind(version: Version) -> Stub {
    let stub = Stub::start(version);
    stub.seed_platform();
    let (mut twin, _folder) = twin_of(&stub);
    let keys: Vec<_> = KNOWN.iter().map(|info| twin.feed(info.known, Scope::All)).collect();
    let custom = twin.feed(Kind::of("example.com", "widgets"), Scope::All);
    for key in keys.iter().chain([&custom]) {
        twin.wait_live(key);
        let held = match key.kind.group() {
            "example.com" => stub.list("widgets.example.com", None),
            _ => stub.list(key.kind.resource(), None),
        };
        let wanted: BTreeSet<Uid> = held.iter().map(|o| Uid::parse(o["metadata"]["uid"].as_str().unwrap())).collect();
        assert_eq!(uids(twin.rows(key)), wanted, "{key:?}");
        assert_eq!(twin.rows(key).unreadable, 0, "{key:?}");
        if let Some(known) = key.kind.known() {
            assert!(
                twin.rows(key).rows().all(|row| row.body.known().is_none_or(|k| k == known)),
                "{key:?}"
            );
        }
    }
    let events = twin.rows(&keys[Known::Event as usize]);
    let read = events
        .rows()
        .all(|row| matches!(&row.body, Body::Event(event) if event.last.is_known() && !event.reason.is_empty()));
    assert!(!events.is_empty() && read);
    stub
}

#[test]
fn a_server_of_1_36_is_asked_for_stable_versions() {
    let stub = every_kind(Version::V1_36);
    for (resource, path) in [
        ("cronjobs", "/apis/batch/v1/cronjobs"),
        ("poddisruptionbudgets", "/apis/policy/v1/poddisruptionbudgets"),
        ("horizontalpodautoscalers", "/apis/autoscaling/v2/horizontalpodautoscalers"),
        ("endpointslices", "/apis/discovery.k8s.io/v1/endpointslices"),
        ("ingresses", "/apis/networking.k8s.io/v1/ingresses"),
        ("events", "/api/v1/events"),
    ] {
        assert_eq!(asked(&stub, resource), path);
    }
    // Aggregated discovery: one request for each half, and none for a single group.
    assert_eq!(stub.count(|r| r.path == "/api"), 1);
    assert_eq!(stub.count(|r| r.path == "/apis"), 1);
    let single = |r: &Request| r.path == "/api/v1" || (r.path.starts_with("/apis/") && r.path.matches('/').count() <= 3);
    assert_eq!(stub.count(single), 0);
}

#[test]
fn a_server_of_1_20_is_asked_for_what_it_has() {
    let stub = every_kind(Version::V1_20);
    for (resource, path) in [
        ("cronjobs", "/apis/batch/v1beta1/cronjobs"),
        ("poddisruptionbudgets", "/apis/policy/v1beta1/poddisruptionbudgets"),
        ("endpointslices", "/apis/discovery.k8s.io/v1beta1/endpointslices"),
        ("ingresses", "/apis/networking.k8s.io/v1/ingresses"),
        ("events", "/api/v1/events"),
    ] {
        assert_eq!(asked(&stub, resource), path);
    }
    assert_eq!(
        stub.count(|r| r.path == "/apis/batch/v1beta1"),
        1,
        "found by discovery, not by a guess"
    );
    assert_eq!(stub.count(|r| r.flag("sendInitialEvents")), 0, "a server that old refuses it");
}

fn pods(request: &Request) -> bool {
    request.path == "/api/v1/pods"
}

#[test]
fn pods_come_as_a_streaming_list_where_the_server_can() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_pods(40);
    let (mut twin, _folder) = twin_of(&stub);
    let key = twin.feed(Known::Pod, Scope::All);
    twin.wait_live(&key);
    assert_eq!(twin.rows(&key).len(), 40);
    let requests: Vec<Request> = stub.requests().into_iter().filter(pods).collect();
    assert_eq!(requests.len(), 1, "list and watch in one");
    assert!(requests[0].is_watch() && requests[0].flag("sendInitialEvents") && requests[0].flag("allowWatchBookmarks"));
    assert_eq!(requests[0].query("resourceVersionMatch"), Some("NotOlderThan"));
    // The same request goes on as the watch.
    stub.delete("pods", "load-0", "load-00000");
    twin.wait_until("the pod is gone", |seen| seen.feed(&key).is_some_and(|feed| feed.len() == 39));
    assert_eq!(stub.count(pods), 1);
}

#[test]
fn a_refused_streaming_list_becomes_a_list_and_a_watch() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_pods(3);
    stub.fault(Route::resource("pods").watches().times(1), Fault::Status(400, "BadRequest"));
    let (mut twin, _folder) = twin_of(&stub);
    let key = twin.feed(Known::Pod, Scope::All);
    twin.wait_live(&key);
    assert_eq!(names(twin.rows(&key)), ["load-00000", "load-00001", "load-00002"]);
    stub.wait_for("the pods are watched", |stub| stub.open().iter().any(pods));
    let shape: Vec<_> = stub
        .requests()
        .into_iter()
        .filter(pods)
        .map(|r| (r.is_watch(), r.flag("sendInitialEvents")))
        .collect();
    assert_eq!(shape, [(true, true), (false, false), (true, false)]);
    stub.seed_pods(4);
    twin.wait_until("the new pod is there", |seen| {
        live(seen, &key) && seen.feed(&key).is_some_and(|feed| feed.len() == 4)
    });
}
