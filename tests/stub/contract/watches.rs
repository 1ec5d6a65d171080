//! Watches.

use futures::TryStreamExt as _;
use kube::api::{Api, WatchEvent, WatchParams};
use kube::{Client, Config};
use serde_json::{Value, json};

use super::*;
use crate::stub::Gone;

const PODS: &str = "/api/v1/pods?watch=true";

#[tokio::test]
async fn a_watch_tells_every_change_from_its_resource_version_on() {
    let stub = with_three(Version::V1_20);
    let from = stub.resource_version();
    stub.put("pods", pod("d"));
    let mut watch = Lines::open(&stub, &format!("{PODS}&resourceVersion={from}"), "application/json").await;
    assert_eq!(watch.brief().await, "ADDED d");
    stub.update("pods", "shop", "d", |pod| pod["status"]["phase"] = json!("Failed"));
    let (kind, object) = watch.event().await;
    assert_eq!(
        (kind.as_str(), object["status"]["phase"].as_str(), object["kind"].as_str()),
        ("MODIFIED", Some("Failed"), Some("Pod"))
    );
    stub.put("services", json!({"metadata": {"namespace": "shop", "name": "not-a-pod"}}));
    stub.delete("pods", "shop", "d");
    let (kind, object) = watch.event().await;
    assert_eq!(kind, "DELETED");
    assert_eq!(object["metadata"]["resourceVersion"], stub.resource_version().to_string());
}

#[tokio::test]
async fn a_watch_from_nowhere_begins_with_all_there_is() {
    let stub = with_three(Version::V1_20);
    let mut watch = Lines::open(&stub, "/api/v1/namespaces/shop/pods?watch=1&resourceVersion=0", "application/json").await;
    for expected in ["ADDED a", "ADDED b", "ADDED c"] {
        assert_eq!(watch.brief().await, expected);
    }
}

#[tokio::test]
async fn leaving_a_selection_is_a_deletion_and_entering_it_a_creation() {
    let stub = with_three(Version::V1_20);
    let path = format!("{PODS}&labelSelector=app%3Da&resourceVersion={}", stub.resource_version());
    let mut watch = Lines::open(&stub, &path, "application/json").await;
    stub.update("pods", "shop", "a", |pod| pod["metadata"]["labels"]["app"] = json!("z"));
    assert_eq!(watch.brief().await, "DELETED a");
    stub.update("pods", "shop", "b", |pod| pod["metadata"]["labels"]["app"] = json!("a"));
    assert_eq!(watch.brief().await, "ADDED b");
}

#[tokio::test]
async fn the_past_is_gone_in_either_manner() {
    let stub = with_three(Version::V1_20);
    // Resource version 1 is before all that any server remembers.
    let mut watch = Lines::open(&stub, &format!("{PODS}&resourceVersion=1"), "application/json").await;
    let (kind, status) = watch.event().await;
    assert_eq!(
        (kind.as_str(), status["code"].as_u64(), status["reason"].as_str()),
        ("ERROR", Some(410), Some("Expired"))
    );
    assert_eq!(watch.next().await, None);
    let before = stub.resource_version();
    stub.compact(Gone::Http);
    let (code, status) = get(&stub, &format!("{PODS}&resourceVersion={before}")).await;
    assert_eq!((code, status["reason"].as_str()), (410, Some("Expired")));
    let mut fresh = Lines::open(
        &stub,
        &format!("{PODS}&resourceVersion={}", stub.resource_version()),
        "application/json",
    )
    .await;
    stub.put("pods", pod("d"));
    assert_eq!(fresh.brief().await, "ADDED d");
}

#[tokio::test]
async fn open_watches_can_be_expired() {
    let stub = with_three(Version::V1_36);
    let mut watch = Lines::open(
        &stub,
        &format!("{PODS}&resourceVersion={}", stub.resource_version()),
        "application/json",
    )
    .await;
    stub.expire_open_watches();
    assert_eq!(watch.event().await.1["code"], 410);
    assert_eq!(watch.next().await, None);
    stub.wait_for("the watch is closed", |s| s.open().is_empty());
}

#[tokio::test]
async fn bookmarks_and_the_timeout_end_a_quiet_watch() {
    let stub = with_three(Version::V1_20);
    let rv = stub.resource_version();
    let path = format!("{PODS}&resourceVersion={rv}&allowWatchBookmarks=true&timeoutSeconds=1");
    let mut watch = Lines::open(&stub, &path, "application/json").await;
    stub.put("services", json!({"metadata": {"namespace": "shop", "name": "web"}}));
    stub.bookmark();
    for _ in ["asked for", "before the end"] {
        let (kind, object) = watch.event().await;
        assert_eq!(
            (kind.as_str(), object["metadata"]["resourceVersion"].as_str()),
            ("BOOKMARK", Some((rv + 1).to_string().as_str()))
        );
    }
    assert_eq!(watch.next().await, None);
}

#[tokio::test]
async fn streaming_lists_are_the_newer_server_s_only() {
    let query = format!("{PODS}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=");
    let old = with_three(Version::V1_20);
    let (code, status) = get(&old, &query).await;
    assert_eq!((code, status["reason"].as_str()), (422, Some("Invalid")));
    let new = with_three(Version::V1_36);
    let mut watch = Lines::open(&new, &query, "application/json").await;
    for expected in ["ADDED a", "ADDED b", "ADDED c"] {
        assert_eq!(watch.brief().await, expected);
    }
    let (kind, object) = watch.event().await;
    assert_eq!(
        (
            kind.as_str(),
            object["metadata"]["annotations"]["k8s.io/initial-events-end"].as_str()
        ),
        ("BOOKMARK", Some("true"))
    );
    assert_eq!(object["metadata"]["resourceVersion"], new.resource_version().to_string());
    new.put("pods", pod("d"));
    assert_eq!(watch.brief().await, "ADDED d");
}

#[tokio::test]
async fn a_watched_table_tells_its_columns_once() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    let path = format!(
        "/apis/example.com/v1/widgets?watch=true&allowWatchBookmarks=true&resourceVersion={}",
        stub.resource_version()
    );
    let mut watch = Lines::open(&stub, &path, TABLE).await;
    stub.update("widgets", "solia", "blue", |w| w["spec"]["size"] = json!(4));
    let (_, table) = watch.event().await;
    assert_eq!(
        (table["kind"].as_str(), table["columnDefinitions"][1]["name"].as_str()),
        (Some("Table"), Some("Size"))
    );
    assert_eq!(table["rows"][0]["cells"][1], 4);
    stub.delete("widgets", "solia", "blue");
    let (kind, table) = watch.event().await;
    assert_eq!((kind.as_str(), &table["columnDefinitions"]), ("DELETED", &Value::Null));
    assert_eq!(table["rows"][0]["object"]["metadata"]["name"], "blue");
    stub.bookmark();
    let (kind, table) = watch.event().await;
    assert_eq!(
        (kind.as_str(), table["metadata"]["resourceVersion"].as_str()),
        ("BOOKMARK", Some(stub.resource_version().to_string().as_str()))
    );
}

#[tokio::test]
async fn a_real_client_watches() {
    let stub = with_three(Version::V1_36);
    let client = Client::try_from(Config::new(stub.url.parse().unwrap())).unwrap();
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(client, "shop");
    let mut events = Box::pin(
        pods.watch(&WatchParams::default(), &stub.resource_version().to_string())
            .await
            .unwrap(),
    );
    stub.put("pods", pod("d"));
    let event = within(events.try_next()).await.unwrap().unwrap();
    assert!(
        matches!(&event, WatchEvent::Added(pod) if pod.metadata.name.as_deref() == Some("d")),
        "{event:?}"
    );
    stub.bookmark();
    let event = within(events.try_next()).await.unwrap().unwrap();
    assert!(matches!(event, WatchEvent::Bookmark(_)), "{event:?}");
}
