//! Servers that are slow, endless, garbled or frozen: each gives a sentence where it matters, and nothing else suffers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use quarterdeck::config::Kubernetes;
use quarterdeck::model::{EnvId, FeedFact, FeedKey, Known, Link, ProblemKind, Scope, Seen};
use quarterdeck::source::kube::{feed, link};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::twin_of;
use crate::stub::{Context, Fault, Route, Stub, Version, write_kubeconfig};
use crate::twin::{PATIENCE, live, names};

fn map(name: &str) -> serde_json::Value {
    json!({"metadata": {"namespace": "shop", "name": name}, "data": {"a": "1"}})
}

#[test]
fn garbage_is_called_by_its_name_and_other_feeds_live_on() {
    for (fault, sentence) in [
        (Fault::Garbage, "the server's answer is not Kubernetes JSON"),
        (Fault::Html, "the server answered HTML, not Kubernetes JSON"),
    ] {
        let stub = Stub::start(Version::V1_20);
        stub.seed_platform();
        let spoilt = stub.fault(Route::resource("pods"), fault);
        let (mut twin, _folder) = twin_of(&stub);
        let (bad, good) = (twin.feed(Known::Pod, Scope::All), twin.feed(Known::ConfigMap, Scope::All));
        let problem = twin.wait_trouble(&bad);
        assert_eq!((problem.kind, &*problem.text), (ProblemKind::BadAnswer, sentence));
        twin.wait_live(&good);
        stub.put("configmaps", map("later"));
        twin.wait_until("the other feed goes on", |seen| {
            seen.feed(&good).is_some_and(|feed| names(feed).contains(&"later".into()))
        });
        assert!(!live(twin.seen(), &bad));
        stub.lift(spoilt);
        twin.wait_live(&bad);
        assert_eq!(twin.rows(&bad).len(), stub.list("pods", None).len());
    }
}

#[test]
fn a_list_that_never_ends_is_given_up_and_other_feeds_live_on() {
    let stub = Stub::start(Version::V1_20);
    stub.seed_platform();
    stub.fault(Route::resource("services").lists(), Fault::EndlessList);
    let (mut twin, _folder) = twin_of(&stub);
    let good = twin.feed(Known::Pod, Scope::All);
    twin.wait_live(&good);
    let bad = twin.feed(Known::Service, Scope::All);
    twin.wait_until("rows of the endless list arrive", |seen| {
        seen.feed(&bad).is_some_and(|feed| feed.len() > 500)
    });
    stub.delete(
        "pods",
        "solia",
        names(twin.rows(&good)).iter().find(|n| n.starts_with("backend")).unwrap(),
    );
    let before = twin.rows(&good).len();
    twin.wait_until("the other feed goes on", |seen| {
        seen.feed(&good).is_some_and(|feed| feed.len() < before)
    });
    twin.wait_at_most(PATIENCE * 3, "the endless list is given up", |seen| {
        seen.feed(&bad)
            .is_some_and(|feed| format!("{:?}", feed.state).contains("the list of services does not end: given up after "))
    });
}

#[test]
fn a_slow_list_shows_its_rows_as_they_come() {
    let stub = Stub::start(Version::V1_20);
    stub.seed_platform();
    stub.fault(Route::resource("nodes").lists(), Fault::Slow(Duration::from_millis(20)));
    let (mut twin, _folder) = twin_of(&stub);
    let (slow, other) = (twin.feed(Known::Node, Scope::All), twin.feed(Known::Pod, Scope::All));
    twin.wait_live(&other);
    twin.wait_live(&slow);
    assert_eq!(names(twin.rows(&slow)), ["node-1", "node-2", "node-3"]);
}

/// A proxy between client and server that can be frozen: what it holds open then stays open, and carries nothing.
struct Proxy {
    address: std::net::SocketAddr,
    /// Connections made before this generation carry nothing any more; new ones are not answered while `FROZEN`.
    generation: Arc<AtomicUsize>,
    frozen: Arc<AtomicUsize>,
}

impl Proxy {
    async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            generation: Arc::default(),
            frozen: Arc::default(),
        };
        let (generation, frozen) = (proxy.generation.clone(), proxy.frozen.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let born = generation.load(Ordering::SeqCst);
                let upstream = TcpStream::connect(&server).await.unwrap();
                let ((read, write), (up_read, up_write)) = (client.into_split(), upstream.into_split());
                for (mut from, mut to) in [(read, up_write), (up_read, write)] {
                    let (generation, frozen) = (generation.clone(), frozen.clone());
                    tokio::spawn(async move {
                        let mut bytes = [0; 4096];
                        while let Ok(n @ 1..) = from.read(&mut bytes).await {
                            if generation.load(Ordering::SeqCst) != born || frozen.load(Ordering::SeqCst) != 0 {
                                std::future::pending::<()>().await;
                            }
                            if to.write_all(&bytes[..n]).await.is_err() {
                                return;
                            }
                        }
                    });
                }
            }
        });
        proxy
    }

    /// All that is open goes silent for good, and nothing new is answered until [`Proxy::thaw`].
    fn freeze(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.frozen.store(1, Ordering::SeqCst);
    }

    fn thaw(&self) {
        self.frozen.store(0, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_whose_connection_died_silently_goes_on_after_the_outage() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let stub = Stub::start(Version::V1_20);
    stub.put("configmaps", map("first"));
    let proxy = Proxy::before(stub.url.trim_start_matches("http://").to_owned()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let mut context = Context::of(&stub, "frozen", None);
    context.server = format!("http://{}", proxy.address);
    write_kubeconfig(&path, &[context]);
    let pace = link::Pace {
        beat: Duration::from_millis(50),
        deadline: Duration::from_millis(500),
        again: Duration::from_millis(20),
        pause: Duration::from_millis(50),
        longest: Duration::from_millis(100),
        ..link::Pace::default()
    };
    let settings = Kubernetes {
        kubeconfig: vec![path],
        ..Kubernetes::default()
    };
    let (tell, mut facts) = mpsc::channel(64);
    let link = link::spawn_at(pace, EnvId(0), settings, tell.clone());
    let key = FeedKey {
        kind: Known::ConfigMap.into(),
        scope: Scope::All,
    };
    let _feed = feed::spawn(EnvId(0), key, link.apis.clone(), tell);
    let mut until = async |what: &str, such: &dyn Fn(&Seen) -> bool| {
        let search = async { while !such(&facts.recv().await.unwrap().seen) {} };
        assert!(tokio::time::timeout(PATIENCE, search).await.is_ok(), "never saw {what}");
    };
    let put = |seen: &Seen, name: &str| matches!(seen, Seen::Feed(_, FeedFact::Put(rows)) if rows.iter().any(|r| &*r.meta.name == name));
    until("the first row", &|seen| put(seen, "first")).await;
    until("a live watch", &|seen| matches!(seen, Seen::Feed(_, FeedFact::Live))).await;
    proxy.freeze();
    stub.put("configmaps", map("meanwhile"));
    until(
        "the loss",
        &|seen| matches!(seen, Seen::Link(Link::Lost { problem, .. }) if problem.kind == ProblemKind::TimedOut),
    )
    .await;
    proxy.thaw();
    until("the row that came meanwhile", &|seen| put(seen, "meanwhile")).await;
    let lists = stub.count(|r| r.path == "/api/v1/configmaps" && !r.is_watch());
    assert_eq!(lists, 1, "the watch goes on where it was, without another list");
}
