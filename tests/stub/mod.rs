//! A Kubernetes API server for tests: the simulator's own, over plain HTTP on loopback, before a world in which
//! nothing happens by itself. A test puts objects in, and asserts what the client made of them.
//!
//! It lists, watches and serves logs as a real server of its [`Version`] does, remembers every request, and
//! misbehaves on demand.
//!
//! ```text
//! let stub = Stub::start(Version::V1_36);
//! stub.seed_platform();
//! stub.kubeconfig(&path, &[("solia", Some("solia"))]);
//! let fault = stub.fault(Route::resource("pods").watches(), Fault::CutAfter(100));
//! stub.lift(fault);
//! stub.wait_for("the pods are watched again", |s| s.open().iter().any(|r| r.path == "/api/v1/pods"));
//! ```
#![allow(dead_code, reason = "an interface for tests, which do not all use all of it")]

mod clock;
mod contract;
mod kubeconfig;
mod logs;
mod seed;

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quarterdeck::sim::clock::{Clock, Pace};
use quarterdeck::sim::face::{Desk, FaultId, Scheme, Server};
use quarterdeck::sim::kube::{Doors, Identity, Kube, Rights, Served};
use quarterdeck::sim::shared::SharedWorld;
use quarterdeck::sim::store::Key;
use quarterdeck::sim::world::{Life, World};
use serde_json::{Value, json};

pub use kubeconfig::{Context, write_kubeconfig};
pub use quarterdeck::sim::face::{Fault, Request, Route};
pub use quarterdeck::sim::kube::{Gone, Metrics, Version};

/// How long [`Stub::wait_for`] waits before it fails the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many requests are remembered.
const REMEMBERED: usize = 100_000;

/// A running API server. It ends when this is dropped.
pub struct Stub {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    world: Arc<SharedWorld>,
    kube: Arc<Kube>,
    server: Arc<Server<Kube>>,
    /// The server's own threads: a test may block its own.
    runtime: Option<tokio::runtime::Runtime>,
}

/// Whoever comes is this user, who may do everything.
fn everybody() -> Arc<Identity> {
    Arc::new(Identity::new("stub-user", &[], Rights::Admin))
}

impl Stub {
    /// Starts an empty server of this version on a free port.
    pub fn start(version: Version) -> Self {
        let now = Timestamp::now();
        let clock = Arc::new(Clock::new(now, Pace::Times(1.0)));
        let world = Arc::new(SharedWorld::new(World::new(1, now, Life::Still), clock));
        let doors = Doors {
            anyone: Some(everybody()),
            ..Doors::default()
        };
        let kube = Kube::with_desk(Arc::clone(&world), version, doors, Desk::new(REMEMBERED));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let face = Arc::clone(&kube);
        let server = wait(&runtime, async move { Server::start(face, 0, Scheme::Http).await.unwrap() });
        let stub = Self {
            url: server.url(),
            world,
            kube,
            server: Arc::new(server),
            runtime: Some(runtime),
        };
        stub.put("customresourcedefinitions", seed::widget_definition());
        stub
    }

    fn runtime(&self) -> &tokio::runtime::Runtime {
        self.runtime.as_ref().expect("it runs until it is dropped")
    }

    /// Stops listening and breaks every connection. What it holds stays.
    pub fn go_down(&self) {
        let server = Arc::clone(&self.server);
        wait(self.runtime(), async move { server.go_down().await });
    }

    /// Listens again, on the same port.
    pub fn come_back(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let server = Arc::clone(&self.server);
            match wait(self.runtime(), async move { server.come_back().await }) {
                Ok(()) => return,
                Err(error) if Instant::now() > deadline => panic!("{error}"),
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    /// The kind that is named so.
    fn kind(&self, resource: &str) -> Arc<Served> {
        let catalog = self.kube.catalog();
        let found = catalog.named(resource).cloned();
        found.unwrap_or_else(|| panic!("the stub serves nothing named {resource}"))
    }

    fn key(&self, resource: &str, namespace: &str, name: &str) -> Key {
        let kind = self.kind(resource);
        Key::new(&kind.shelf, if kind.namespaced { namespace } else { "" }, name)
    }

    /// Creates or replaces an object, named as in `pods`, `deployments`, `widgets.example.com` or
    /// `pods.metrics.k8s.io`; returns it with its uid, creation time and resource version.
    pub fn put(&self, resource: &str, mut object: Value) -> Arc<Value> {
        let kind = self.kind(resource);
        if kind.namespaced && object["metadata"]["namespace"].is_null() {
            object["metadata"]["namespace"] = json!("default");
        }
        Arc::new(self.world.change(|world| world.put(&kind.shelf, object)).value())
    }

    /// Changes an object that is there.
    pub fn update(&self, resource: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) -> Arc<Value> {
        let object = self.get(resource, namespace, name);
        let mut object = (*object.unwrap_or_else(|| panic!("no {resource} {namespace}/{name}"))).clone();
        change(&mut object);
        self.put(resource, object)
    }

    /// Deletes an object; whether it was there.
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) -> bool {
        let key = self.key(resource, namespace, name);
        self.world.change(|world| world.store.remove(&key, world.now()).is_some())
    }

    /// An object as it is held.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let key = self.key(resource, namespace, name);
        self.world.read().store.find(&key).map(|stored| Arc::new(stored.value()))
    }

    /// All objects of a kind, of one namespace or of all.
    pub fn list(&self, resource: &str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        let kind = self.kind(resource);
        let world = self.world.read();
        world.store.list(&kind.shelf, namespace).map(|o| Arc::new(o.value())).collect()
    }

    /// The last resource version given.
    pub fn resource_version(&self) -> u64 {
        self.world.read().store.rv()
    }

    /// Forgets the past: later watches from before now are refused as [`Gone`] says, continue tokens with 410.
    /// Watches that are open go on.
    pub fn compact(&self, gone: Gone) {
        self.kube.compact(gone);
    }

    /// Ends every open watch with an `ERROR` event 410.
    pub fn expire_open_watches(&self) {
        self.kube.expire_open_watches();
    }

    /// Sends a bookmark to every open watch that allows them.
    pub fn bookmark(&self) {
        self.kube.bookmark();
    }

    /// Whether and how metrics.k8s.io is served.
    pub fn metrics(&self, metrics: Metrics) {
        self.kube.set_metrics(metrics);
    }

    /// Lets in this bearer token only (401 for all others), or everybody again.
    pub fn demand_token(&self, token: Option<&str>) {
        let mut doors = Doors::default();
        match token {
            Some(token) => doors.tokens.extend([(token.to_owned(), everybody())]),
            None => doors.anyone = Some(everybody()),
        }
        self.kube.set_doors(doors);
    }

    fn desk(&self) -> &Desk {
        use quarterdeck::sim::face::Face as _;
        self.kube.desk()
    }

    /// From now on, requests of this route fail so. Several faults may stand on one request.
    pub fn fault(&self, route: Route, fault: Fault) -> FaultId {
        self.desk().fault(route, fault)
    }

    /// Ends a fault. Requests that hang already go on hanging.
    pub fn lift(&self, fault: FaultId) {
        self.desk().lift(fault);
    }

    /// Ends all faults.
    pub fn lift_all(&self) {
        self.desk().lift_all();
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.desk().requests()
    }

    /// How many requests so far are such.
    pub fn count(&self, such: impl Fn(&Request) -> bool) -> usize {
        self.desk().count(such)
    }

    /// The watches and followed logs that are open now, and requests that hang.
    pub fn open(&self) -> Vec<Request> {
        self.desk().open()
    }

    /// Waits until `such` holds; it is asked again at each request and each end of one. Fails the test after 20 s.
    /// Blocks: an async test that waits so needs `flavor = "multi_thread"`.
    pub fn wait_for(&self, what: &str, such: impl Fn(&Self) -> bool) {
        let held = self.desk().wait_for(PATIENCE, |_| such(self));
        assert!(held, "waited in vain until {what}; open: {:#?}", self.open());
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            let server = Arc::clone(&self.server);
            wait(&runtime, async move { server.go_down().await });
            runtime.shutdown_background();
        }
    }
}

/// Lets the runtime do something and waits for it, whether or not the caller is itself a task.
fn wait<T: Send + 'static>(runtime: &tokio::runtime::Runtime, work: impl Future<Output = T> + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    runtime.spawn(async move {
        let _ = done.send(work.await);
    });
    result.recv().expect("the runtime runs")
}
