//! A Kubernetes API server for tests: in this process, over plain HTTP on loopback, on its own thread.
//!
//! It lists, watches and serves logs as a real server of its [`Version`] does, remembers every request, and
//! misbehaves on demand. It is no simulator: nothing in it happens by itself. A test puts objects in, and
//! asserts what the client made of them.
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
mod discovery;
mod fault;
mod kubeconfig;
mod list;
mod logs;
mod record;
mod seed;
mod select;
mod serve;
mod served;
mod shape;
mod status;
mod table;
mod watch;
mod world;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::oneshot;

pub use discovery::Metrics;
pub use fault::{Fault, Route};
pub use kubeconfig::{Context, write_kubeconfig};
pub use record::Request;
pub use served::Version;
pub use world::Gone;

use serve::Target;
use world::World;

/// How long [`Stub::wait_for`] waits before it fails the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the handle and the server's thread share.
pub struct Shared {
    world: Mutex<World>,
    faults: Mutex<Vec<(FaultId, Route, Fault)>>,
    requests: Mutex<Vec<Request>>,
    open: Mutex<BTreeMap<usize, Request>>,
    /// Told of each change of the world: open watches and followers listen.
    changes: tokio::sync::watch::Sender<u64>,
    /// Told of each request and each end of one: waiting tests listen.
    seen: (Mutex<u64>, Condvar),
}

/// Names a fault, to lift it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultId(usize);

/// A request that is being answered; dropped when its answer ends or its client leaves.
struct Opened {
    shared: Arc<Shared>,
    number: usize,
}

impl Drop for Opened {
    fn drop(&mut self) {
        lock(&self.shared.open).remove(&self.number);
        self.shared.tell_tests();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    fn opened(self: &Arc<Self>, request: Request) -> Opened {
        let number = {
            let mut requests = lock(&self.requests);
            requests.push(request.clone());
            requests.len()
        };
        lock(&self.open).insert(number, request);
        self.tell_tests();
        Opened {
            shared: Arc::clone(self),
            number,
        }
    }

    fn tell_tests(&self) {
        *lock(&self.seen.0) += 1;
        self.seen.1.notify_all();
    }

    fn faults_for(&self, request: &Request, target: Option<&Target>) -> Vec<Fault> {
        let mut faults = lock(&self.faults);
        faults
            .iter_mut()
            .filter_map(|(_, route, fault)| route.take(request, target).then(|| fault.clone()))
            .collect()
    }

    fn refuses(&self, request: &Request, target: Option<&Target>) -> bool {
        lock(&self.faults)
            .iter()
            .any(|(_, route, fault)| matches!(fault, Fault::Status(403, _)) && route.fits(request, target))
    }
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// A running API server. It ends when this is dropped.
pub struct Stub {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    port: u16,
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
}

impl Stub {
    /// Starts an empty server of this version on a free port.
    pub fn start(version: Version) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(version)),
            faults: Mutex::default(),
            requests: Mutex::default(),
            open: Mutex::default(),
            changes: tokio::sync::watch::Sender::new(0),
            seen: Default::default(),
        });
        let running = run(listener, Arc::clone(&shared));
        Self {
            url: format!("http://127.0.0.1:{port}"),
            port,
            shared,
            running: Mutex::new(Some(running)),
        }
    }

    /// Stops listening and breaks every connection. What it holds stays.
    pub fn go_down(&self) {
        if let Some(running) = lock(&self.running).take() {
            let _ = running.stop.send(());
            running.thread.join().unwrap();
        }
    }

    /// Listens again, on the same port.
    pub fn come_back(&self) {
        let deadline = Instant::now() + PATIENCE;
        let listener = loop {
            match TcpListener::bind(("127.0.0.1", self.port)) {
                Ok(listener) => break listener,
                Err(error) if Instant::now() > deadline => panic!("port {} is taken: {error}", self.port),
                Err(_) => std::thread::yield_now(),
            }
        };
        let mut running = lock(&self.running);
        assert!(running.is_none(), "the stub is up");
        *running = Some(run(listener, Arc::clone(&self.shared)));
    }

    /// Changes the world, and tells those that watch it.
    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.shared.world());
        self.shared.changes.send_modify(|n| *n += 1);
        result
    }

    /// Creates or replaces an object, named as in `pods`, `deployments`, `widgets.example.com` or
    /// `pods.metrics.k8s.io`; returns it with its uid, creation time and resource version.
    pub fn put(&self, resource: &str, object: Value) -> Arc<Value> {
        self.change(|world| {
            let kind = world.kind(resource);
            world.put(&kind, object)
        })
    }

    /// Changes an object that is there.
    pub fn update(&self, resource: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) -> Arc<Value> {
        let mut object = (*self
            .get(resource, namespace, name)
            .unwrap_or_else(|| panic!("no {resource} {namespace}/{name}")))
        .clone();
        change(&mut object);
        self.put(resource, object)
    }

    /// Deletes an object; whether it was there.
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) -> bool {
        self.change(|world| {
            let kind = world.kind(resource);
            world.delete(&kind, namespace, name)
        })
    }

    /// An object as it is held.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let world = self.shared.world();
        world.get(&world.kind(resource), namespace, name)
    }

    /// All objects of a kind, of one namespace or of all.
    pub fn list(&self, resource: &str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        let world = self.shared.world();
        world.list(world.kind(resource).shelf, namespace)
    }

    /// The last resource version given.
    pub fn resource_version(&self) -> u64 {
        self.shared.world().rv
    }

    /// Forgets the past: later watches from before now are refused as [`Gone`] says, continue tokens with 410.
    /// Watches that are open go on.
    pub fn compact(&self, gone: Gone) {
        self.change(|world| world.compact(gone));
    }

    /// Ends every open watch with an `ERROR` event 410.
    pub fn expire_open_watches(&self) {
        self.change(|world| world.expirations += 1);
    }

    /// Sends a bookmark to every open watch that allows them.
    pub fn bookmark(&self) {
        self.change(|world| world.bookmarks += 1);
    }

    /// Whether and how metrics.k8s.io is served.
    pub fn metrics(&self, metrics: Metrics) {
        self.change(|world| world.metrics = metrics);
    }

    /// Lets in this bearer token only (401 for all others), or everybody again.
    pub fn demand_token(&self, token: Option<&str>) {
        self.change(|world| world.token = token.map(str::to_owned));
    }

    /// A container writes a line, now.
    pub fn log(&self, namespace: &str, pod: &str, container: &str, line: impl AsRef<[u8]>) {
        self.log_at(Timestamp::now(), namespace, pod, container, line);
    }

    /// A container wrote a line at this time. Lines are told in the order of these calls.
    pub fn log_at(&self, time: Timestamp, namespace: &str, pod: &str, container: &str, line: impl AsRef<[u8]>) {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        self.change(|world| world.logs.entry(key).or_default().lines.push((time, line.as_ref().to_vec())));
    }

    /// A container ends: its followers are let go, and its lines become those of the run before.
    pub fn log_restart(&self, namespace: &str, pod: &str, container: &str) {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        self.change(|world| world.logs.entry(key.clone()).or_default().ended = true);
        let followed = |r: &Request| r.path.ends_with(&format!("/{pod}/log")) && r.query("container").is_none_or(|c| c == container);
        self.wait_for("the followers are gone", |stub| !stub.open().iter().any(followed));
        self.change(|world| {
            let log = world.logs.entry(key).or_default();
            log.previous = std::mem::take(&mut log.lines);
            log.ended = false;
        });
    }

    /// From now on, requests of this route fail so. Several faults may stand on one request.
    pub fn fault(&self, route: Route, fault: Fault) -> FaultId {
        let mut faults = lock(&self.shared.faults);
        let id = FaultId(faults.last().map_or(0, |(FaultId(n), ..)| n + 1));
        faults.push((id, route, fault));
        id
    }

    /// Ends a fault. Requests that hang already go on hanging.
    pub fn lift(&self, fault: FaultId) {
        lock(&self.shared.faults).retain(|(id, ..)| *id != fault);
    }

    /// Ends all faults.
    pub fn lift_all(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// How many requests so far are such.
    pub fn count(&self, such: impl Fn(&Request) -> bool) -> usize {
        lock(&self.shared.requests).iter().filter(|r| such(r)).count()
    }

    /// The watches and followed logs that are open now, and requests that hang.
    pub fn open(&self) -> Vec<Request> {
        lock(&self.shared.open).values().cloned().collect()
    }

    /// Waits until `such` holds; it is asked again at each request and each end of one. Fails the test after 20 s.
    /// Blocks: an async test that waits so needs `flavor = "multi_thread"`.
    pub fn wait_for(&self, what: &str, such: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let before = *lock(&self.shared.seen.0);
            if such(self) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = self
                .shared
                .seen
                .1
                .wait_timeout_while(lock(&self.shared.seen.0), left, |now| *now == before);
            let timed_out = wait.unwrap_or_else(PoisonError::into_inner).1.timed_out();
            assert!(!timed_out, "waited in vain until {what}; open: {:#?}", self.open());
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        if let Some(running) = lock(&self.running).take() {
            let _ = running.stop.send(());
            let _ = running.thread.join();
        }
    }
}

/// Serves until told to stop; the end of the runtime ends every connection.
fn run(listener: TcpListener, shared: Arc<Shared>) -> Running {
    listener.set_nonblocking(true).unwrap();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let app = axum::Router::new().fallback(serve::handle).with_state(shared);
            tokio::select! {
                served = axum::serve(listener, app).into_future() => served.unwrap(),
                _ = stopped => {}
            }
        });
    });
    Running { stop, thread }
}
