//! Sessions as kube's client opens them.

use futures::SinkExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, AttachParams, TerminalSize};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::sim::kube::Version;
use crate::sim::kube::write::tests::{Cluster, PODS};

async fn cluster(version: Version) -> (Cluster, Api<Pod>) {
    let cluster = Cluster::start(version).await;
    cluster.kube.world.change(|world| {
        world.put(
            "pods",
            json!({"metadata": {"namespace": "default", "name": "web"},
                "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 4000}]},
                    {"name": "dead", "image": "x"}]},
                "status": {"phase": "Running", "podIP": "10.0.0.9",
                    "containerStatuses": [{"name": "web", "state": {"running": {}}}, {"name": "dead", "state": {"waiting": {}}}]}}),
        )
    });
    let pods = Api::default_namespaced(cluster.client.clone());
    (cluster, pods)
}

fn to_web() -> AttachParams {
    AttachParams::default().container("web")
}

#[tokio::test]
async fn programs_run_and_tell_how_they_ended() {
    for version in [Version::V1_20, Version::V1_36] {
        let (_cluster, pods) = cluster(version).await;
        let mut session = pods
            .exec("web", ["sh", "-c", "hostname; echo oops >&2; exit 3"], &to_web())
            .await
            .unwrap();
        let (mut out, mut err) = (String::new(), String::new());
        session.stdout().unwrap().read_to_string(&mut out).await.unwrap();
        session.stderr().unwrap().read_to_string(&mut err).await.unwrap();
        let status = session.take_status().unwrap().await.unwrap();
        assert_eq!((out.as_str(), err.as_str()), ("web\n", "oops\n"), "{version:?}");
        assert_eq!(status.reason.as_deref(), Some("NonZeroExitCode"));
        assert_eq!(status.details.unwrap().causes.unwrap()[0].message.as_deref(), Some("3"));
        let mut session = pods.exec("web", ["nosuch"], &to_web()).await.unwrap();
        let status = session.take_status().unwrap().await.unwrap();
        assert!(
            status
                .message
                .unwrap()
                .contains("exec: \"nosuch\": executable file not found in $PATH")
        );
    }
}

#[tokio::test]
async fn input_reaches_programs_until_it_ends() {
    let (_cluster, pods) = cluster(Version::V1_36).await;
    let mut session = pods.exec("web", ["cat"], &to_web().stdin(true)).await.unwrap();
    let mut input = session.stdin().unwrap();
    input.write_all(b"hello\n").await.unwrap();
    input.shutdown().await.unwrap();
    drop(input);
    let mut out = String::new();
    session.stdout().unwrap().read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "hello\n");
    assert_eq!(session.take_status().unwrap().await.unwrap().status.as_deref(), Some("Success"));
}

#[tokio::test]
async fn a_shell_at_a_terminal_prompts_echoes_and_ends() {
    let (_cluster, pods) = cluster(Version::V1_36).await;
    let mut session = pods
        .exec("web", ["/bin/sh"], &AttachParams::interactive_tty().container("web"))
        .await
        .unwrap();
    session
        .terminal_size()
        .unwrap()
        .send(TerminalSize { height: 24, width: 80 })
        .await
        .unwrap();
    let mut input = session.stdin().unwrap();
    input.write_all(b"pwx\x7fd\rexit 4\r").await.unwrap();
    let mut out = String::new();
    session.stdout().unwrap().read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "/ $ pwx\u{8} \u{8}d\r\n/\r\n/ $ exit 4\r\n");
    let status = session.take_status().unwrap().await.unwrap();
    assert_eq!(status.details.unwrap().causes.unwrap()[0].message.as_deref(), Some("4"));
}

#[tokio::test]
async fn only_what_runs_can_be_entered_and_only_by_websocket() {
    let (cluster, pods) = cluster(Version::V1_36).await;
    for container in ["dead", "none"] {
        assert!(
            pods.exec("web", ["ls"], &AttachParams::default().container(container))
                .await
                .is_err()
        );
    }
    let (code, refused) = cluster.get(&format!("{PODS}/web/exec?command=ls&stdout=1&container=none")).await;
    assert_eq!(
        (code, &refused["message"]),
        (400, &json!("container none is not valid for pod web"))
    );
    let (code, refused) = cluster.get(&format!("{PODS}/web/exec?command=ls&stdout=1")).await;
    assert_eq!(
        (code, &refused["message"]),
        (
            400,
            &json!("a container name must be specified for pod web, choose one of: [web dead]")
        )
    );
    let spdy = http::Request::post(format!("{PODS}/web/exec?command=ls&stdout=1&container=web"))
        .header("connection", "Upgrade")
        .header("upgrade", "SPDY/3.1")
        .body(kube::client::Body::empty())
        .unwrap();
    let response = cluster.client.send(spdy).await.unwrap();
    assert_eq!(response.status(), 400);
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("WebSocket only"), "{body:?}");
}

#[tokio::test]
async fn forwarded_ports_lead_to_the_pods_own_http() {
    let (_cluster, pods) = cluster(Version::V1_36).await;
    let mut forward = pods.portforward("web", &[4000, 4001]).await.unwrap();
    let mut stream = forward.take_stream(4000).unwrap();
    let answer = async {
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let (mut text, mut piece) = (String::new(), [0; 1024]);
        while !text.contains("\r\n\r\nok") {
            let length = stream.read(&mut piece).await.unwrap();
            assert!(length > 0, "{text}");
            text.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
        text
    };
    assert!(answer.await.starts_with("HTTP/1.1 200 OK\r\n"));
    let failure = forward.take_error(4001).unwrap();
    let mut other = forward.take_stream(4001).unwrap();
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(failure.await.unwrap().contains("connect: connection refused"));
}

#[tokio::test]
async fn a_kubelet_tells_how_full_the_claims_of_its_pods_are() {
    let (cluster, _) = cluster(Version::V1_36).await;
    cluster.kube.world.change(|world| {
        world.put(
            "nodes",
            json!({"metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
        );
        world.put(
            "persistentvolumeclaims",
            json!({"metadata": {"namespace": "default", "name": "data-db-0"}, "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}}}),
        );
        world.put(
            "pods",
            json!({"metadata": {"namespace": "default", "name": "db"},
                "spec": {"nodeName": "n1", "containers": [{"name": "db", "image": "db:1"}],
                    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}, {"name": "tmp", "emptyDir": {}}]},
                "status": {"phase": "Running"}}),
        )
    });
    let request = ::http::Request::get("/api/v1/nodes/n1/proxy/stats/summary")
        .body(Vec::new())
        .unwrap();
    let summary: serde_json::Value = cluster.client.request(request).await.unwrap();
    let pods = summary["pods"].as_array().unwrap();
    let db = pods.iter().find(|pod| pod["podRef"]["name"] == "db").unwrap();
    let volumes = db["volume"].as_array().unwrap();
    assert_eq!((volumes.len(), &volumes[0]["pvcRef"]["name"]), (1, &json!("data-db-0")));
    let number = |field: &str| volumes[0][field].as_u64().unwrap();
    let percent = number("usedBytes") * 100 / number("capacityBytes");
    assert!((30..65).contains(&percent), "{percent}");
    assert!(number("capacityBytes") < 10 << 30 && number("inodesUsed") < number("inodes"));
}
