//! The link against a small stub that can refuse, hang, grow, and go away; and, if asked, a real cluster.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::model::{Kind, Known};

/// What the stub does: an HTTP status, or one of these.
const HANG: u16 = 1;
const GROWN: u16 = 2;

struct Stub {
    address: std::net::SocketAddr,
    mode: Arc<AtomicU16>,
    server: JoinHandle<()>,
}

async fn serve(listener: TcpListener, mode: Arc<AtomicU16>) -> JoinHandle<()> {
    let handler = move |uri: Uri, headers: HeaderMap| {
        let mode = mode.clone();
        async move {
            let now = mode.load(Ordering::SeqCst);
            if now == HANG {
                std::future::pending::<()>().await;
            }
            if now >= 400 {
                return (
                    StatusCode::from_u16(now).unwrap(),
                    axum::Json(json!({"kind": "Status", "code": now})),
                )
                    .into_response();
            }
            if headers.get("authorization").is_some_and(|t| t == "Bearer old") {
                return (StatusCode::UNAUTHORIZED, axum::Json(json!({"kind": "Status", "code": 401}))).into_response();
            }
            let verbs = ["list", "watch"];
            let pod = json!({"name": "pods", "kind": "Pod", "namespaced": true, "verbs": verbs});
            let node = json!({"name": "nodes", "kind": "Node", "namespaced": false, "verbs": verbs});
            let resources = if now == GROWN { json!([pod, node]) } else { json!([pod]) };
            match uri.path() {
                "/version" => axum::Json(json!({"gitVersion": "v1.20.2", "major": "1", "minor": "20"})).into_response(),
                "/api" => axum::Json(json!({"kind": "APIVersions", "versions": ["v1"]})).into_response(),
                "/api/v1" => axum::Json(json!({"kind": "APIResourceList", "resources": resources})).into_response(),
                "/apis" => axum::Json(json!({"kind": "APIGroupList", "groups": []})).into_response(),
                _ => StatusCode::NOT_FOUND.into_response(),
            }
        }
    };
    tokio::spawn(async move {
        let _ = axum::serve(listener, axum::Router::new().fallback(handler)).await;
    })
}

impl Stub {
    async fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, mode) = (listener.local_addr().unwrap(), Arc::new(AtomicU16::new(200)));
        let server = serve(listener, mode.clone()).await;
        Self { address, mode, server }
    }

    fn set(&self, mode: u16) {
        self.mode.store(mode, Ordering::SeqCst);
    }

    /// A kubeconfig for this stub with this user.
    fn settings(&self, folder: &tempfile::TempDir, user: &str) -> Kubernetes {
        let path = folder.path().join("config");
        let text = format!(
            "current-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: 'http://{}'}}}}]\nusers: [{{name: u, user: {user}}}]\n",
            self.address
        );
        std::fs::write(&path, text).unwrap();
        Kubernetes {
            kubeconfig: vec![path],
            ..Kubernetes::default()
        }
    }
}

fn fast() -> Pace {
    Pace {
        beat: Duration::from_millis(30),
        deadline: Duration::from_millis(400),
        again: Duration::from_millis(20),
        pause: Duration::from_millis(30),
        longest: Duration::from_millis(60),
        login: Duration::from_millis(60),
        kinds: Duration::from_millis(50),
    }
}

struct Watcher(mpsc::Receiver<Fact>);

impl Watcher {
    /// The next fact that this accepts.
    async fn until<T>(&mut self, what: &str, accept: impl Fn(&Seen) -> Option<T>) -> T {
        let search = async {
            loop {
                let fact = self.0.recv().await.expect("the link ended");
                if let Some(found) = accept(&fact.seen) {
                    return found;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), search)
            .await
            .unwrap_or_else(|_| panic!("never saw {what}"))
    }

    async fn ready(&mut self) -> crate::model::Server {
        self.until("ready", |s| {
            if let Seen::Link(Link::Ready(server)) = s {
                Some(server.clone())
            } else {
                None
            }
        })
        .await
    }

    async fn kinds(&mut self) -> Vec<Kind> {
        let names = |s: &Seen| {
            if let Seen::Kinds(k) = s {
                Some(k.iter().map(|k| k.kind.clone()).collect())
            } else {
                None
            }
        };
        self.until("kinds", names).await
    }

    async fn lost(&mut self) -> Problem {
        self.until("lost", |s| {
            if let Seen::Link(Link::Lost { problem, .. }) = s {
                Some(problem.clone())
            } else {
                None
            }
        })
        .await
    }

    async fn beat(&mut self) {
        self.until("a beat", |s| matches!(s, Seen::Beat { .. }).then_some(())).await;
    }
}

fn start(settings: Kubernetes) -> (LinkHandle, Watcher) {
    let (facts, seen) = mpsc::channel(64);
    (spawn_at(fast(), EnvId(0), settings, facts), Watcher(seen))
}

fn outages(link: &LinkHandle) -> u64 {
    link.apis.borrow().as_ref().unwrap().outages
}

/// Waits until the feeds are told of so many outages.
async fn after_outages(link: &LinkHandle, wanted: u64) {
    let mut apis = link.apis.clone();
    let told = apis.wait_for(|api| api.as_ref().is_some_and(|api| api.outages == wanted));
    let told = tokio::time::timeout(Duration::from_secs(30), told).await;
    assert!(told.is_ok(), "{} outages, not {wanted}", outages(link));
}

#[tokio::test]
async fn it_connects_beats_and_notices_new_kinds() {
    let (stub, folder) = (Stub::start().await, tempfile::tempdir().unwrap());
    let (link, mut seen) = start(stub.settings(&folder, "{token: new}"));
    let server = seen.ready().await;
    assert_eq!(
        (&*server.version, &*server.host, &*server.user),
        ("v1.20.2", &*stub.address.to_string(), "u")
    );
    assert_eq!(seen.kinds().await, [Kind::Known(Known::Pod)]);
    seen.beat().await;
    assert_eq!(link.apis.borrow().as_ref().unwrap().minor, 20);
    stub.set(GROWN);
    assert_eq!(seen.kinds().await, [Kind::Known(Known::Pod), Kind::Known(Known::Node)]);
}

#[tokio::test]
async fn a_server_that_is_down_is_reported_with_its_address_and_found_again() {
    let (mut stub, folder) = (Stub::start().await, tempfile::tempdir().unwrap());
    let (link, mut seen) = start(stub.settings(&folder, "{token: new}"));
    seen.kinds().await;
    seen.beat().await;
    stub.set(500);
    let problem = seen.lost().await;
    assert_eq!(
        (problem.kind, problem.text.contains("(500)")),
        (ProblemKind::Server, true),
        "{problem}"
    );
    stub.server.abort();
    let refused = |s: &Seen| match s {
        Seen::Link(Link::Lost { problem, .. }) if problem.kind == ProblemKind::Unreachable => Some(problem.text.clone()),
        _ => None,
    };
    assert_eq!(
        &*seen.until("refused", refused).await,
        &format!("connection refused by {}", stub.address)
    );
    assert!(link.apis.borrow().is_some(), "feeds keep their connection while the server is away");
    stub.set(200);
    stub.server = serve(TcpListener::bind(stub.address).await.unwrap(), stub.mode.clone()).await;
    seen.ready().await;
    seen.beat().await;
    after_outages(&link, 1).await;
}

#[tokio::test]
async fn a_silent_network_is_felt() {
    let (stub, folder) = (Stub::start().await, tempfile::tempdir().unwrap());
    let (link, mut seen) = start(stub.settings(&folder, "{token: new}"));
    seen.kinds().await;
    seen.beat().await;
    stub.set(HANG);
    let problem = seen.lost().await;
    assert_eq!(
        (problem.kind, &*problem.text),
        (ProblemKind::TimedOut, &*format!("no answer from {} in time", stub.address))
    );
    assert_eq!(outages(&link), 0, "told when it is over");
    stub.set(200);
    seen.ready().await;
    after_outages(&link, 1).await;
}

#[tokio::test]
async fn refused_credentials_are_read_again_and_otherwise_wanted() {
    let (stub, folder) = (Stub::start().await, tempfile::tempdir().unwrap());
    // {"exp":1700000000} in the middle.
    let (link, mut seen) = start(stub.settings(&folder, "{token: e30.eyJleHAiOjE3MDAwMDAwMDB9.x}"));
    seen.ready().await;
    stub.set(401);
    let problem = seen.lost().await;
    assert_eq!(
        (problem.kind, &*problem.text, &*problem.hint),
        (ProblemKind::Login, "token expired 2023-11-14 22:13", ":login")
    );
    assert!(link.apis.borrow().is_none(), "asking again with refused credentials helps nobody");
    stub.settings(&folder, "{token: old}");
    stub.set(200);
    let text = |s: &Seen| match s {
        Seen::Link(Link::Lost { problem, .. }) if problem.text.contains("401") => Some(()),
        _ => None,
    };
    seen.until("the refusal of another token", text).await;
    // Somebody logs in elsewhere.
    stub.settings(&folder, "{token: new}");
    seen.ready().await;
    seen.kinds().await;
}

#[tokio::test]
async fn a_failing_plugin_is_quoted_and_a_reconnect_tries_at_once() {
    let (stub, folder) = (Stub::start().await, tempfile::tempdir().unwrap());
    let plugin = |script: &str| format!("{{exec: {{command: sh, args: ['-c', {script:?}]}}}}");
    let settings = stub.settings(&folder, &plugin("echo 'SSO session has expired' >&2; exit 1"));
    let (facts, seen) = mpsc::channel(64);
    let slow = Pace {
        login: Duration::from_secs(3600),
        ..fast()
    };
    let (link, mut seen) = (spawn_at(slow, EnvId(0), settings, facts), Watcher(seen));
    let problem = seen.lost().await;
    assert_eq!(
        (problem.kind, &*problem.text),
        (ProblemKind::Login, "exec plugin `sh`: SSO session has expired")
    );
    stub.settings(&folder, &plugin(r#"echo '{"kind":"ExecCredential","status":{"token":"new"}}'"#));
    link.reconnect();
    seen.ready().await;
}

#[tokio::test]
async fn credentials_that_end_soon_are_renewed_without_an_outage() {
    let (stub, folder) = (Stub::start().await, tempfile::tempdir().unwrap());
    // The first run's token ends in 30 s, the second's in an hour.
    let (soon, late) = (Duration::from_secs(30), Duration::from_secs(3600));
    let at = |d: Duration| (jiff::Timestamp::now() + d).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mark = folder.path().join("ran");
    let script = format!(
        "if [ -e {0} ]; then e={2}; else touch {0}; e={1}; fi; echo \"{{kind: ExecCredential, status: {{token: new, expirationTimestamp: '$e'}}}}\"",
        mark.display(),
        at(soon),
        at(late)
    );
    let user = format!("{{exec: {{command: sh, args: ['-c', {script:?}]}}}}");
    let (link, mut seen) = start(stub.settings(&folder, &user));
    let first = seen.ready().await.expires;
    let lost_or_ready = |s: &Seen| match s {
        Seen::Link(Link::Ready(server)) => Some(Ok(server.expires)),
        Seen::Link(Link::Lost { problem, .. }) => Some(Err(problem.clone())),
        _ => None,
    };
    let second = seen.until("the renewal", lost_or_ready).await.unwrap();
    assert!(second - first > 3000, "{first:?} {second:?}");
    seen.beat().await;
    assert_eq!(outages(&link), 0, "watches are left in peace");
}

#[tokio::test]
async fn a_missing_context_and_an_unused_link_end_calmly() {
    let (stub, folder) = (Stub::start().await, tempfile::tempdir().unwrap());
    let settings = Kubernetes {
        context: "d".into(),
        ..stub.settings(&folder, "{}")
    };
    let (link, mut seen) = start(settings);
    let problem = seen.lost().await;
    assert_eq!(problem.to_string(), "there is no context d (did you mean c?)");
    let mut apis = link.apis.clone();
    drop(link);
    let closed = async { while apis.changed().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), closed)
        .await
        .expect("the task goes on");
}

#[tokio::test]
async fn the_live_cluster_is_linked() {
    let Some(path) = std::env::var_os("QD_LIVE_KUBECONFIG") else {
        eprintln!("skipped: QD_LIVE_KUBECONFIG is not set");
        return;
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings = Kubernetes {
        kubeconfig: vec![PathBuf::from(path)],
        ..Kubernetes::default()
    };
    let (facts, seen) = mpsc::channel(64);
    let (link, mut seen) = (spawn(EnvId(0), settings, facts), Watcher(seen));
    let server = seen.ready().await;
    let kinds = seen.kinds().await;
    eprintln!("{server:?}, {} kinds", kinds.len());
    for known in &crate::model::KNOWN {
        assert!(kinds.contains(&Kind::Known(known.known)), "{}", known.name);
    }
    let api = link.apis.borrow().clone().expect("published");
    for kind in api.served.iter() {
        eprintln!(
            "{}/{} {} list={} watch={}",
            kind.kind.group(),
            kind.version,
            kind.kind.resource(),
            kind.list,
            kind.watch
        );
    }
    assert!(api.minor >= 20);
}
