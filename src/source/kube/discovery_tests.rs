//! Discovery against a small stub of an API server, old and new.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::*;

const DEADLINE: Duration = Duration::from_secs(20);

/// A server that answers these documents; every other path is a 503.
struct Stub {
    client: kube::Client,
    asked: Arc<AtomicU32>,
    unchanged: Arc<AtomicU32>,
}

async fn stub(documents: impl IntoIterator<Item = (&'static str, Value)>, aggregated: bool) -> Stub {
    let documents: Arc<BTreeMap<_, _>> = Arc::new(documents.into_iter().collect());
    let (asked, unchanged) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (count, same) = (asked.clone(), unchanged.clone());
    let handler = move |uri: Uri, headers: HeaderMap| {
        let (documents, count, same) = (documents.clone(), count.clone(), same.clone());
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            if aggregated && headers.get("if-none-match").is_some_and(|t| t == "\"v1\"") {
                same.fetch_add(1, Ordering::SeqCst);
                return StatusCode::NOT_MODIFIED.into_response();
            }
            match documents.get(uri.path()) {
                Some(document) if aggregated => ([("etag", "\"v1\"")], axum::Json(document.clone())).into_response(),
                Some(document) => axum::Json(document.clone()).into_response(),
                None => (StatusCode::SERVICE_UNAVAILABLE, "service unavailable").into_response(),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
    config.default_retry = false;
    let client = kube::Client::try_from(config).unwrap();
    Stub { client, asked, unchanged }
}

fn plain(resources: &[(&str, &str)]) -> Value {
    let all = ["get", "list", "watch"];
    let one =
        |(name, kind): &(&str, &str)| json!({"name": name, "kind": kind, "namespaced": *name != "nodes", "verbs": all, "shortNames": []});
    json!({"kind": "APIResourceList", "resources": resources.iter().map(one).collect::<Vec<_>>()})
}

fn names(kinds: &[ServedKind]) -> Vec<String> {
    kinds
        .iter()
        .map(|k| format!("{}/{}/{}", k.kind.group(), k.version, k.kind.resource()))
        .collect()
}

#[tokio::test]
async fn an_old_server_is_asked_group_by_group() {
    let version = |group: &str, v: &str| json!({"groupVersion": format!("{group}/{v}"), "version": v});
    let group = |name: &str, versions: &[&str], preferred: &str| json!({"name": name, "versions": versions.iter().map(|v| version(name, v)).collect::<Vec<_>>(), "preferredVersion": version(name, preferred)});
    let mut core = plain(&[("pods", "Pod"), ("pods/log", "Pod"), ("nodes", "Node"), ("events", "Event")]);
    core["resources"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "bindings", "kind": "Binding", "namespaced": true, "verbs": ["create"]}));
    let stub = stub(
        [
            ("/api", json!({"kind": "APIVersions", "versions": ["v1"]})),
            ("/api/v1", core),
            (
                "/apis",
                json!({"kind": "APIGroupList", "groups": [
                    group("batch", &["v1beta1", "v1"], "v1"),
                    group("extensions", &["v1beta1"], "v1beta1"),
                    group("networking.k8s.io", &["v1"], "v1"),
                    group("events.k8s.io", &["v1"], "v1"),
                    group("metrics.k8s.io", &["v1beta1"], "v1beta1"),
                ]}),
            ),
            ("/apis/batch/v1", plain(&[("jobs", "Job")])),
            ("/apis/batch/v1beta1", plain(&[("cronjobs", "CronJob"), ("jobs", "Job")])),
            ("/apis/extensions/v1beta1", plain(&[("ingresses", "Ingress")])),
            ("/apis/networking.k8s.io/v1", plain(&[("ingresses", "Ingress")])),
            ("/apis/events.k8s.io/v1", plain(&[("events", "Event")])),
        ],
        false,
    )
    .await;
    let mut discoverer = Discoverer::default();
    let kinds = discoverer.discover(&stub.client, DEADLINE).await.unwrap();
    let wanted = [
        "/v1/pods",
        "/v1/nodes",
        "/v1/events",
        "batch/v1/jobs",
        "batch/v1beta1/cronjobs",
        "networking.k8s.io/v1/ingresses",
    ];
    assert_eq!(
        names(&kinds),
        wanted,
        "no subresources, nothing twice, metrics.k8s.io is down and hides nobody"
    );
    assert!(!kinds[1].namespaced && kinds[0].watch);
}

fn modern(metrics: Value) -> [(&'static str, Value); 2] {
    let resource = |name: &str, kind: &str, scope: &str, verbs: &[&str]| {
        json!({"resource": name, "responseKind": {"group": "", "version": "v1", "kind": kind}, "scope": scope,
               "verbs": verbs, "shortNames": ["x"], "subresources": [{"subresource": "status"}]})
    };
    let all = ["list", "watch", "get"];
    let core = json!({"version": "v1", "freshness": "Current", "resources": [
        resource("pods", "Pod", "Namespaced", &all), resource("nodes", "Node", "Cluster", &all), resource("bindings", "Binding", "Namespaced", &["create"])]});
    let apps = json!({"version": "v1", "freshness": "Current", "resources": [resource("deployments", "Deployment", "Namespaced", &all)]});
    let scaling = |v: &str| json!({"version": v, "freshness": "Current", "resources": [resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", "Namespaced", &all)]});
    let list = |items: Value| json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items});
    [
        ("/api", list(json!([{"metadata": {}, "versions": [core]}]))),
        (
            "/apis",
            list(json!([
                {"metadata": {"name": "apps"}, "versions": [apps]},
                {"metadata": {"name": "autoscaling"}, "versions": [scaling("v2"), scaling("v1")]},
                {"metadata": {"name": "metrics.k8s.io"}, "versions": [metrics]},
            ])),
        ),
    ]
}

const MODERN: [&str; 4] = [
    "/v1/pods",
    "/v1/nodes",
    "apps/v1/deployments",
    "autoscaling/v2/horizontalpodautoscalers",
];

#[tokio::test]
async fn a_modern_server_tells_everything_at_once_and_again_only_what_changed() {
    let whole = json!({"version": "v1beta1", "freshness": "Current", "resources": []});
    let stub = stub(modern(whole), true).await;
    let mut discoverer = Discoverer::default();
    let kinds = discoverer.discover(&stub.client, DEADLINE).await.unwrap();
    assert_eq!(names(&kinds), MODERN);
    assert_eq!((&*kinds[0].name, kinds[0].namespaced, kinds[1].namespaced), ("Pod", true, false));
    assert_eq!(discoverer.discover(&stub.client, DEADLINE).await.unwrap(), kinds);
    assert_eq!((stub.asked.load(Ordering::SeqCst), stub.unchanged.load(Ordering::SeqCst)), (4, 2));
}

#[tokio::test]
async fn a_group_whose_server_is_down_keeps_what_it_had() {
    let up = json!({"version": "v1beta1", "freshness": "Current", "resources": [{"resource": "pods", "scope": "Namespaced", "verbs": ["list"]}]});
    let down = json!({"version": "v1beta1", "freshness": "Stale", "resources": []});
    let (healthy, broken) = (stub(modern(up), true).await, stub(modern(down), false).await);
    let mut discoverer = Discoverer::default();
    let before = discoverer.discover(&healthy.client, DEADLINE).await.unwrap();
    assert_eq!(names(&before).last().map(String::as_str), Some("metrics.k8s.io/v1beta1/pods"));
    assert_eq!(discoverer.discover(&broken.client, DEADLINE).await.unwrap(), before);
}

#[tokio::test]
async fn an_empty_aggregated_answer_falls_back_and_html_is_a_problem() {
    let empty = json!({"kind": "APIGroupDiscoveryList", "items": []});
    let stub = stub(
        [
            ("/api", empty.clone()),
            ("/apis", empty),
            ("/version", json!({"major": "1", "minor": "20+", "gitVersion": "v1.20.2"})),
        ],
        false,
    )
    .await;
    let problem = Discoverer::default().discover(&stub.client, DEADLINE).await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::BadAnswer);
    let version = version(&stub.client, DEADLINE).await.unwrap();
    assert_eq!((&*version.git, version.minor), ("v1.20.2", 20));
}
