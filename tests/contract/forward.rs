//! Port-forwards through a server whose pods come and go: real connections from this machine, and what is told of them.

use std::io;
use std::time::Duration;

use quarterdeck::action::{Verb, kubectl};
use quarterdeck::config::Kubernetes;
use quarterdeck::execute::forward::{ForwardId, ForwardSeen, ForwardSpec, ForwardState, Forwards};
use quarterdeck::model::EnvId;
use quarterdeck::source::kube::link::{self, LinkHandle, Pace};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::stub::{Fault, Route, Stub, Version};

/// How long is waited for what should come soon.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, a connection to it, and forwards over that.
struct Stage {
    stub: Stub,
    forwards: Forwards,
    link: LinkHandle,
    _folder: tempfile::TempDir,
    runtime: Runtime,
}

impl Stage {
    fn new(version: Version) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let stub = Stub::start(version);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        stub.kubeconfig(&path, &[("stub", None)]);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let settings = Kubernetes {
            kubeconfig: vec![path],
            ..Kubernetes::default()
        };
        let pace = Pace {
            beat: Duration::from_millis(200),
            again: Duration::from_millis(50),
            pause: Duration::from_millis(100),
            longest: Duration::from_millis(500),
            ..Pace::default()
        };
        let (tell, mut facts) = mpsc::channel(64);
        let link = {
            let _inside = runtime.enter();
            link::spawn_at(pace, EnvId(0), settings, tell)
        };
        runtime.spawn(async move { while facts.recv().await.is_some() {} });
        Self {
            stub,
            forwards: Forwards::new(),
            link,
            _folder: folder,
            runtime,
        }
    }

    /// A service and a deployment `web`, without pods.
    fn web(version: Version) -> Self {
        let stage = Self::new(version);
        let selector = json!({"app": "web"});
        stage.stub.put(
            "services",
            json!({"metadata": {"namespace": "shop", "name": "web"},
                "spec": {"clusterIP": "10.0.0.1", "selector": selector, "ports": [{"name": "main", "port": 80, "targetPort": "http"}]}}),
        );
        stage.stub.put(
            "deployments",
            json!({"metadata": {"namespace": "shop", "name": "web"}, "spec": {"selector": {"matchLabels": selector}}}),
        );
        stage.stub.put(
            "replicasets",
            json!({"metadata": {"namespace": "shop", "name": "web-1", "ownerReferences": [
                    {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d", "controller": true}]},
                "spec": {"selector": {"matchLabels": {"app": "web", "hash": "1"}}}}),
        );
        stage
    }

    /// A pod of `web`, as old as that.
    fn pod(&self, name: &str, minutes_old: i64, ready: bool) {
        let created = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes_old);
        self.stub
            .put("pods", pod(name, &created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), ready));
    }

    fn gone(&self, name: &str) {
        assert!(self.stub.delete("pods", "shop", name), "{name} was there");
    }

    fn start(&mut self, line: &str) -> ForwardId {
        let _inside = self.runtime.enter();
        self.forwards.start(spec(line), self.link.apis.clone()).unwrap()
    }

    fn seen(&self, id: ForwardId) -> ForwardSeen {
        self.forwards.get(id).unwrap()
    }

    #[track_caller]
    fn until(&self, id: ForwardId, what: &str, holds: impl Fn(&ForwardSeen) -> bool) -> ForwardSeen {
        let deadline = Instant::now() + PATIENCE;
        let mut changes = self.forwards.changes();
        loop {
            let seen = self.seen(id);
            if holds(&seen) {
                return seen;
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}: {seen:#?}");
            // Numbers ring no bell.
            let _ = self
                .runtime
                .block_on(async { tokio::time::timeout(Duration::from_millis(20), changes.changed()).await });
        }
    }

    #[track_caller]
    fn listening(&self, id: ForwardId) -> ForwardSeen {
        self.until(id, "it listens", |seen| seen.state == ForwardState::Listening)
    }

    /// Asks for a page over a connection of its own.
    fn page(&self, seen: &ForwardSeen, port: usize) -> io::Result<String> {
        let address = seen.ports[port].local;
        self.runtime.block_on(async move {
            let exchange = async {
                let mut stream = TcpStream::connect(address).await?;
                stream
                    .write_all(b"GET /health HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n")
                    .await?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await?;
                Ok(answer)
            };
            tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time")
        })
    }

    #[track_caller]
    fn well(&self, seen: &ForwardSeen, port: usize) {
        let answer = self.page(seen, port).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }

    fn forwarded_to(&self, pod: &str) -> usize {
        let path = format!("/api/v1/namespaces/shop/pods/{pod}/portforward");
        self.stub.count(|request| request.path == path)
    }
}

fn spec(line: &str) -> ForwardSpec {
    let action = kubectl::parse(&format!("kubectl port-forward {line}")).unwrap();
    let Verb::PortForward(forward) = &action.verb else {
        panic!("{line}")
    };
    ForwardSpec::of(forward, "stub", "shop").unwrap()
}

fn pod(name: &str, created: &str, ready: bool) -> Value {
    json!({"metadata": {"namespace": "shop", "name": name, "creationTimestamp": created, "labels": {"app": "web", "hash": "1"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "r", "controller": true}]},
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "web:1", "ports": [{"name": "http", "containerPort": 4000}]}]},
        "status": {"phase": "Running", "podIP": "10.0.0.9",
            "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
            "containerStatuses": [{"name": "web", "ready": ready, "state": {"running": {}}}]}})
}

fn waits(seen: &ForwardSeen) -> bool {
    matches!(seen.state, ForwardState::Waiting { .. })
}

fn carries(version: Version) {
    let mut stage = Stage::web(version);
    stage.pod("web-old", 30, true);
    stage.pod("web-new", 5, true);
    stage.pod("web-crashing", 1, false);
    let by_service = stage.start("svc/web :main");
    let by_workload = stage.start("deploy/web :http");
    let by_pod = stage.start("web-old :4000");
    for (id, pod) in [(by_service, "web-new"), (by_workload, "web-new"), (by_pod, "web-old")] {
        let seen = stage.listening(id);
        assert_eq!(seen.pod.as_deref(), Some(pod));
        assert_eq!(seen.ports[0].remote, Some(4000));
        assert!(seen.ports[0].local.ip().is_loopback());
        stage.well(&seen, 0);
        stage.well(&seen, 0);
        let after = stage.until(id, "both have ended", |seen| seen.open == 0 && seen.total == 2);
        assert!(after.sent > 100 && after.received > 100, "{after:?}");
        assert_eq!(after.last_error, None);
    }
    assert_eq!((stage.forwarded_to("web-new"), stage.forwarded_to("web-old")), (4, 2));
    let lists = stage.stub.count(|request| request.path == "/api/v1/namespaces/shop/pods");
    assert_eq!(
        lists, 2,
        "one look for each of the two that select pods, however many connections come"
    );
    let last = stage.forwards.stop(by_pod).unwrap();
    assert_eq!(last.total, 2);
    stage.runtime.block_on(async {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(last.ports[0].local).await.is_ok() {
            assert!(Instant::now() < deadline, "it still listens");
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn several_forwards_carry_http_by_service_workload_and_pod() {
    carries(Version::V1_36);
}

#[test]
fn through_an_old_server_as_well() {
    carries(Version::V1_20);
}

#[test]
fn the_next_connection_goes_to_the_pod_that_took_the_place_of_the_one_that_went() {
    let mut stage = Stage::web(Version::V1_36);
    stage.pod("web-a", 5, true);
    let service = stage.start("svc/web :80");
    let named = stage.start("pod/web-a :http");
    for id in [service, named] {
        let seen = stage.listening(id);
        stage.well(&seen, 0);
    }
    stage.pod("web-b", 1, true);
    stage.gone("web-a");
    for id in [service, named] {
        let seen = stage.seen(id);
        stage.well(&seen, 0);
        let after = stage.seen(id);
        assert_eq!((after.pod.as_deref(), after.moves), (Some("web-b"), 1), "{after:?}");
    }
    let note = stage.seen(named).note.unwrap();
    assert_eq!(&*note, "web-a is gone; web-b of deployment web took its place");
}

#[test]
fn a_pod_on_its_way_out_gets_no_new_connections() {
    let mut stage = Stage::web(Version::V1_36);
    stage.pod("web-a", 1, true);
    let id = stage.start("deploy/web :http");
    let seen = stage.listening(id);
    stage.well(&seen, 0);
    stage.pod("web-b", 5, true);
    stage.stub.update("pods", "shop", "web-a", |pod| {
        pod["metadata"]["deletionTimestamp"] = json!("2026-11-28T10:00:00Z");
    });
    let deadline = Instant::now() + PATIENCE;
    while stage.seen(id).pod.as_deref() != Some("web-b") {
        assert!(Instant::now() < deadline, "it stays with the pod that goes");
        stage.well(&seen, 0);
    }
}

#[test]
fn without_a_pod_it_says_so_and_goes_on_by_itself_when_one_comes() {
    let mut stage = Stage::web(Version::V1_36);
    let id = stage.start("svc/web :80");
    let seen = stage.until(id, "it waits", waits);
    let ForwardState::Waiting { why, .. } = &seen.state else {
        panic!("{seen:?}")
    };
    assert_eq!(&*why.text, "service/web has no pods");
    stage.pod("web-a", 1, true);
    let seen = stage.listening(id);
    stage.well(&seen, 0);
    stage.gone("web-a");
    // A client that comes now waits a little for the next pod, too.
    let address = seen.ports[0].local;
    let client = stage.runtime.spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").await.unwrap();
        // It has said all, and hears the answer nevertheless.
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    });
    stage.until(id, "the loss is told", waits);
    stage.pod("web-b", 0, true);
    let answer = stage.runtime.block_on(client).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(stage.seen(id).pod.as_deref(), Some("web-b"));
}

#[test]
fn it_survives_the_server_going_away() {
    let mut stage = Stage::web(Version::V1_36);
    stage.pod("web-a", 1, true);
    let id = stage.start("svc/web :80");
    let seen = stage.listening(id);
    let address = seen.ports[0].local;
    let mut open = stage.runtime.block_on(TcpStream::connect(address)).unwrap();
    stage.until(id, "it is open", |seen| seen.open == 1);
    stage.stub.wait_for("the pod is reached", |stub| {
        stub.open().iter().any(|r| r.path.ends_with("/portforward"))
    });
    stage.stub.go_down();
    let left = stage.runtime.block_on(async {
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, open.read_to_end(&mut rest)).await
    });
    let left = left.expect("a connection that leads nowhere ends");
    assert!(matches!(left, Err(_) | Ok(0)), "{left:?}");
    let cut = stage.until(id, "it waits", waits);
    assert!(cut.last_error.is_some());
    stage.stub.come_back();
    let seen = stage.listening(id);
    assert_eq!(seen.ports[0].local, address, "the port stays the same");
    stage.well(&seen, 0);
}

#[test]
fn what_the_pod_does_not_take_is_closed_and_told() {
    let mut stage = Stage::web(Version::V1_36);
    stage.pod("web-a", 1, true);
    let id = stage.start("web-a :5000 :4000");
    let seen = stage.listening(id);
    let broken = stage.page(&seen, 0);
    assert_eq!(broken.map_err(|e| e.kind()), Err(io::ErrorKind::ConnectionReset));
    let seen = stage.until(id, "it is told", |seen| seen.last_error.is_some());
    let (_, problem) = seen.last_error.clone().unwrap();
    assert_eq!(&*problem.text, "connection refused: nothing listens on port 5000 in pod web-a");
    stage.well(&seen, 1);
    let probed = stage.runtime.block_on(stage.forwards.probe(id).unwrap());
    assert_eq!(
        probed.iter().map(|(port, result)| (*port, result.is_ok())).collect::<Vec<_>>(),
        [(5000, false), (4000, true)]
    );
}

#[test]
fn what_cannot_be_is_told_in_a_sentence() {
    let mut stage = Stage::web(Version::V1_36);
    stage.pod("web-a", 1, true);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let number = taken.local_addr().unwrap().port();
    let here = format!("port {number} of this machine is taken: something listens on 127.0.0.1:{number}");
    for (line, said) in [
        (format!("svc/web {number}:80"), here.as_str()),
        ("svc/web :81".into(), "service web has no port 81"),
        ("svc/nothing :80".into(), "services \"nothing\" not found"),
        ("web-a :https".into(), "pod web-a has no port https"),
    ] {
        let id = stage.start(&line);
        let seen = stage.until(id, "it has failed", |seen| matches!(seen.state, ForwardState::Failed(_)));
        let ForwardState::Failed(problem) = &seen.state else {
            panic!("{seen:?}")
        };
        assert_eq!(&*problem.text, said, "{line}");
    }
    let first = stage.start("svc/web :80");
    let local = stage.listening(first).ports[0].local;
    let again = stage
        .forwards
        .start(spec(&format!("web-a {}:4000", local.port())), stage.link.apis.clone());
    assert_eq!(
        &*again.unwrap_err().text,
        format!("port {} of this machine is taken by the forward to service/web", local.port())
    );
}

#[test]
fn a_right_that_is_missing_is_told_once_a_client_comes() {
    let mut stage = Stage::web(Version::V1_36);
    stage.pod("web-a", 1, true);
    stage.stub.fault(
        Route::path("/api/v1/namespaces/shop/pods/web-a/portforward"),
        Fault::Status(403, "Forbidden"),
    );
    let id = stage.start("svc/web :80");
    let seen = stage.listening(id);
    assert!(stage.page(&seen, 0).is_err());
    let seen = stage.until(id, "it is told", |seen| seen.last_error.is_some());
    let (_, problem) = seen.last_error.unwrap();
    assert_eq!(problem.word(), "denied", "{problem}");
    assert_eq!(stage.forwarded_to("web-a"), 1, "what is not allowed is not tried again");
}
