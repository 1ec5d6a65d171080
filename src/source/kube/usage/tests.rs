use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::*;
use crate::model::VolumeUsage;

/// A connection to a server with these kinds and answers; everything else is refused.
async fn connection(served: Vec<ServedKind>, answers: Vec<(&'static str, u16, Value)>) -> watch::Sender<Option<Api>> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let handler = move |uri: Uri| {
        let answer = answers.iter().find(|(path, ..)| *path == uri.path()).cloned();
        async move {
            match answer {
                Some((_, status, body)) => (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            }
        }
    };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
    let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
    config.default_retry = false;
    let client = kube::client::ClientBuilder::try_from(config).unwrap().build();
    let api = Api {
        writer: client.clone(),
        client,
        served: std::sync::Arc::new(served),
        minor: 20,
        outages: 0,
    };
    watch::channel(Some(api)).0
}

/// What is told first of this usage.
async fn ask(
    served: Vec<ServedKind>,
    key: UsageKey,
    fallback: Fallback,
    answers: Vec<(&'static str, u16, Value)>,
) -> Result<Vec<UsageSample>, Problem> {
    let apis = connection(served, answers).await;
    let (tell, mut facts) = mpsc::channel(4);
    let _task = spawn(EnvId(0), key.clone(), apis.subscribe(), fallback, tell);
    let fact = tokio::time::timeout(Duration::from_secs(20), facts.recv())
        .await
        .expect("a fact in time")
        .unwrap();
    match fact.seen {
        Seen::Usage(seen, answer) if seen == key => answer,
        other => panic!("{other:?}"),
    }
}

fn metrics() -> Vec<ServedKind> {
    let kind = |resource: &str, namespaced| ServedKind {
        kind: Kind::of("metrics.k8s.io", resource),
        version: "v1beta1".into(),
        name: resource.into(),
        short: Vec::new(),
        namespaced,
        list: true,
        watch: false,
    };
    vec![kind("pods", true), kind("nodes", false)]
}

#[tokio::test]
async fn pods_and_nodes_are_sampled_through_the_metrics_api() {
    let pods = json!({"kind": "PodMetricsList", "metadata": {}, "items": [
        {"metadata": {"name": "web", "namespace": "solia"}, "timestamp": "1970-01-01T00:01:00Z", "window": "30s",
            "containers": [{"name": "app", "usage": {"cpu": "1500000n", "memory": "2Mi"}}, {"name": "log", "usage": {"cpu": "1m", "memory": "1Mi"}}]},
        {"metadata": {"name": "one", "namespace": "solia"}, "containers": [{"name": "app", "usage": {"cpu": "0"}}]}]});
    let answers = vec![("/apis/metrics.k8s.io/v1beta1/namespaces/solia/pods", 200, pods)];
    let samples = ask(metrics(), UsageKey::Pods(Scope::Namespace("solia".into())), Fallback::None, answers)
        .await
        .unwrap();
    assert_eq!(
        (samples[0].total.cpu.get(), samples[0].total.memory.memory(), samples[0].at.0),
        (Some(3), "3Mi".to_owned(), 60)
    );
    assert_eq!((samples[0].containers.len(), samples[1].containers.len()), (2, 0));
    assert_eq!((samples[1].total.cpu.get(), samples[1].total.memory.get()), (Some(0), None));
    let nodes = json!({"kind": "NodeMetricsList", "items": [{"metadata": {"name": "n1"}, "usage": {"cpu": "250m", "memory": "1Gi"}}]});
    let samples = ask(
        metrics(),
        UsageKey::Nodes,
        Fallback::None,
        vec![("/apis/metrics.k8s.io/v1beta1/nodes", 200, nodes)],
    )
    .await
    .unwrap();
    assert_eq!((&*samples[0].name, samples[0].total.cpu.get()), ("n1", Some(250)));
}

#[tokio::test]
async fn a_cluster_without_metrics_says_what_to_install() {
    let problem = ask(Vec::new(), UsageKey::Nodes, Fallback::None, Vec::new()).await.unwrap_err();
    assert_eq!((problem.kind, &*problem.hint), (ProblemKind::NotFound, "install metrics-server"));
    let down = json!({"kind": "Status", "code": 503, "message": "the server is currently unable to handle the request"});
    let problem = ask(
        metrics(),
        UsageKey::Nodes,
        Fallback::Kubelet,
        vec![("/apis/metrics.k8s.io/v1beta1/nodes", 503, down)],
    )
    .await
    .unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Server);
}

#[tokio::test]
async fn the_kubelets_answer_where_they_may_and_one_that_is_down_hides_no_other() {
    let nodes = json!({"kind": "NodeList", "items": [{"metadata": {"name": "n1"}}, {"metadata": {"name": "n2"}}]});
    let part = |cpu: u64, memory: u64| json!({"name": "app", "cpu": {"time": "1970-01-01T00:02:00Z", "usageNanoCores": cpu}, "memory": {"workingSetBytes": memory}});
    let summary = json!({"node": {"nodeName": "n1", "cpu": {"usageNanoCores": 250_000_000}, "memory": {"workingSetBytes": 1 << 30}},
        "pods": [{"podRef": {"name": "web", "namespace": "solia"}, "containers": [part(1_000_000, 1 << 20), part(2_000_000, 1 << 20)]}, {"podRef": {"name": "other", "namespace": "kube-system"}, "containers": null}]});
    let answers = || {
        vec![
            ("/api/v1/nodes", 200, nodes.clone()),
            ("/api/v1/nodes/n1/proxy/stats/summary", 200, summary.clone()),
            ("/api/v1/nodes/n2/proxy/stats/summary", 502, json!({})),
        ]
    };
    let samples = ask(
        Vec::new(),
        UsageKey::Pods(Scope::Namespace("solia".into())),
        Fallback::Kubelet,
        answers(),
    )
    .await
    .unwrap();
    assert_eq!(samples.len(), 1);
    assert_eq!(
        (samples[0].total.cpu.get(), samples[0].total.memory.memory(), samples[0].at.0),
        (Some(3), "2Mi".to_owned(), 120)
    );
    let samples = ask(Vec::new(), UsageKey::Nodes, Fallback::Kubelet, answers()).await.unwrap();
    assert_eq!((&*samples[0].name, samples[0].total.cpu.get()), ("n1", Some(250)));
    let denied = vec![
        ("/api/v1/nodes", 200, nodes),
        ("/api/v1/nodes/n1/proxy/stats/summary", 403, json!({})),
    ];
    let problem = ask(Vec::new(), UsageKey::Nodes, Fallback::Kubelet, denied).await.unwrap_err();
    assert!(matches!(problem.kind, ProblemKind::Denied | ProblemKind::NotFound), "{problem:?}");
}

/// What is told first of the volumes.
async fn ask_volumes(fallback: Fallback, answers: Vec<(&'static str, u16, Value)>) -> Result<Vec<VolumeUsage>, Problem> {
    let apis = connection(Vec::new(), answers).await;
    let (tell, mut facts) = mpsc::channel(4);
    let _task = volumes::spawn(EnvId(0), apis.subscribe(), fallback, tell);
    let fact = tokio::time::timeout(Duration::from_secs(20), facts.recv())
        .await
        .expect("a fact in time");
    match fact.unwrap().seen {
        Seen::Volumes(answer) => answer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn volumes_are_as_full_as_the_newest_summary_says() {
    let nodes =
        json!({"kind": "NodeList", "items": [{"metadata": {"name": "n1"}}, {"metadata": {"name": "n2"}}, {"metadata": {"name": "n3"}}]});
    let volume = |claim: &str, used: u64, time: &str| {
        json!({"name": "data", "time": time, "usedBytes": used, "capacityBytes": 1000,
        "inodes": 200, "inodesUsed": 50, "pvcRef": {"name": claim, "namespace": "solia"}})
    };
    let old = json!({"pods": [{"podRef": {"name": "web"}, "volume": [volume("shared", 900, "1970-01-01T00:01:00Z"), {"name": "token", "usedBytes": 1}]}]});
    let new = json!({"pods": [{"volume": [volume("shared", 500, "1970-01-01T00:02:00Z")]}, {"volume": null},
        {"volume": [{"pvcRef": {"name": "bare", "namespace": "solia"}}]}]});
    let usage = ask_volumes(
        Fallback::Kubelet,
        vec![
            ("/api/v1/nodes", 200, nodes),
            ("/api/v1/nodes/n1/proxy/stats/summary", 200, new),
            ("/api/v1/nodes/n2/proxy/stats/summary", 200, old),
            ("/api/v1/nodes/n3/proxy/stats/summary", 502, json!({})),
        ],
    )
    .await
    .unwrap();
    let told: Vec<_> = usage
        .iter()
        .map(|u| (&*u.claim, u.used.percent_of(u.capacity), u.inodes, u.at.0))
        .collect();
    assert_eq!(told, [("bare", None, None, 0), ("shared", Some(50), Some(25), 120)]);
    assert!(usage.iter().all(|u| &*u.namespace == "solia"));
}

#[tokio::test]
async fn a_cluster_without_claims_has_no_volumes_and_that_is_no_failure() {
    let nodes = json!({"kind": "NodeList", "items": [{"metadata": {"name": "n1"}}, {"metadata": {"name": "n2"}}]});
    let answers = vec![
        ("/api/v1/nodes", 200, nodes),
        ("/api/v1/nodes/n1/proxy/stats/summary", 200, json!({"pods": []})),
        ("/api/v1/nodes/n2/proxy/stats/summary", 502, json!({})),
    ];
    assert_eq!(ask_volumes(Fallback::Kubelet, answers).await, Ok(Vec::new()));
}

#[tokio::test]
async fn kubelets_that_may_not_be_asked_are_not_asked() {
    let problem = ask_volumes(Fallback::None, Vec::new()).await.unwrap_err();
    assert_eq!((problem.kind, &*problem.hint), (ProblemKind::Denied, "kubelet_metrics = true"));
    let denied = json!({"kind": "Status", "code": 403, "message": "no"});
    let problem = ask_volumes(Fallback::Kubelet, vec![("/api/v1/nodes", 403, denied)])
        .await
        .unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Denied);
}
