//! The Kubernetes API of a simulated cluster: every answer is rendered from the world, none is canned.
//!
//! ```text
//!   Call ─► who (Doors) ─► what (Target in Catalog) ─► may they (access) ─┬─► read: get · list · watch · log · metrics
//!                                                                        ├─► write: create · update · patch · delete · subresources
//!                                                                        └─► sessions: exec · portforward
//! ```

pub mod access;
pub mod convert;
mod discovery;
pub mod kinds;
pub mod protobuf;
pub mod read;
pub mod select;
pub mod sessions;
pub mod shape;
pub mod status;
pub mod table;
mod target;
#[cfg(test)]
mod tests;
pub mod version;
pub mod write;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::body::Body;
use http::{HeaderMap, Response};

pub use access::{Ask, Doors, Identity, Rights};
pub use kinds::{Catalog, Served};
pub use status::Status;
pub use target::Target;
pub use version::Version;

use super::face::{Call, Desk, Face, Request, Subject};
use super::shared::SharedWorld;

/// How many requests are remembered, unless a test wants more.
const REMEMBERED: usize = 2_000;

/// Whether metrics.k8s.io answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metrics {
    #[default]
    Served,
    /// Not installed: absent from discovery.
    Absent,
    /// Registered, and its server does not answer: named in discovery, 503 when asked.
    Broken,
}

/// How a forgotten resource version is refused to a watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gone {
    /// 200, then one `ERROR` event (what API servers do).
    #[default]
    Event,
    /// HTTP 410 (what some aggregated API servers and proxies do).
    Http,
}

/// The API server of one world.
#[derive(Debug)]
pub struct Kube {
    pub world: Arc<SharedWorld>,
    pub version: Version,
    desk: Arc<Desk>,
    builtin: Vec<Arc<Served>>,
    metrics_kinds: Vec<Arc<Served>>,
    customs: Mutex<kinds::Customs>,
    doors: RwLock<Doors>,
    metrics: Mutex<Metrics>,
    gone: Mutex<Gone>,
    /// The past before this version is forgotten, besides what the store has forgotten itself.
    floor: AtomicU64,
    /// How often a bookmark was asked of every watch, and every watch was made to expire.
    bookmarks: AtomicU64,
    expirations: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kube {
    /// The API of this world for those whom the doors let in.
    pub fn new(world: Arc<SharedWorld>, version: Version, doors: Doors) -> Arc<Self> {
        Self::with_desk(world, version, doors, Desk::new(REMEMBERED))
    }

    /// The same, with a desk of one's own.
    pub fn with_desk(world: Arc<SharedWorld>, version: Version, doors: Doors, desk: Arc<Desk>) -> Arc<Self> {
        Arc::new(Self {
            world,
            version,
            desk,
            builtin: kinds::builtin(version),
            metrics_kinds: kinds::metrics(version),
            customs: Mutex::default(),
            doors: RwLock::new(doors),
            metrics: Mutex::default(),
            gone: Mutex::default(),
            floor: AtomicU64::new(0),
            bookmarks: AtomicU64::new(0),
            expirations: AtomicU64::new(0),
        })
    }

    /// All that is served now. It takes the world's lock for a moment.
    pub fn catalog(&self) -> Catalog {
        let mut all = self.builtin.clone();
        {
            let world = self.world.read();
            all.extend_from_slice(lock(&self.customs).of(&world.store));
        }
        if self.metrics() != Metrics::Absent {
            all.extend_from_slice(&self.metrics_kinds);
        }
        Catalog(all)
    }

    /// Whether and how metrics.k8s.io is served.
    pub fn metrics(&self) -> Metrics {
        *lock(&self.metrics)
    }

    pub fn set_metrics(&self, metrics: Metrics) {
        *lock(&self.metrics) = metrics;
    }

    /// Lets in others from now on.
    pub fn set_doors(&self, doors: Doors) {
        *self.doors.write().unwrap_or_else(PoisonError::into_inner) = doors;
    }

    /// Who shows this token. `None`: nobody that is known (401).
    pub fn who(&self, token: Option<&str>) -> Option<Arc<Identity>> {
        self.doors.read().unwrap_or_else(PoisonError::into_inner).who(token)
    }

    /// Whether somebody may do something: the rules say so, and no fault forbids it. Access reviews ask the same.
    pub fn allowed(&self, identity: &Identity, ask: &Ask<'_>) -> bool {
        access::allowed(identity, ask) && !self.is_forbidden_by_fault(ask)
    }

    fn is_forbidden_by_fault(&self, ask: &Ask<'_>) -> bool {
        if !self.desk.is_faulty() {
            return false;
        }
        let catalog = self.catalog();
        let Some(kind) = catalog.preferred(ask.group, ask.resource) else {
            return false;
        };
        let collection = matches!(ask.verb, "list" | "watch" | "create" | "deletecollection");
        let mut path = kind.path(ask.namespace);
        for part in [(!collection).then(|| ask.name.unwrap_or("any")), ask.subresource]
            .into_iter()
            .flatten()
        {
            path.push('/');
            path.push_str(part);
        }
        let method = match ask.verb {
            "create" => "POST",
            "update" => "PUT",
            "patch" => "PATCH",
            "delete" | "deletecollection" => "DELETE",
            _ => "GET",
        };
        let query = if ask.verb == "watch" { "watch=true" } else { "" };
        let probe = Request::of(method, &path, query, HeaderMap::new());
        let subject = Subject {
            resource: Some(kind.resource.clone()),
            single: !collection,
        };
        self.desk.forbids(&probe, &subject)
    }

    /// Forgets the past: watches from before now are refused in this manner, continue tokens with 410. Watches that
    /// are open go on.
    pub fn compact(&self, gone: Gone) {
        *lock(&self.gone) = gone;
        let floor = self.world.change(|world| world.store.pass_version());
        self.floor.store(floor, Ordering::Relaxed);
    }

    /// Versions before this one are refused.
    fn floor(&self) -> u64 {
        self.floor.load(Ordering::Relaxed)
    }

    /// Sends a bookmark to every open watch that allows them.
    pub fn bookmark(&self) {
        self.bookmarks.fetch_add(1, Ordering::Relaxed);
        self.world.ring();
    }

    /// Ends every open watch with an `ERROR` event 410.
    pub fn expire_open_watches(&self) {
        self.expirations.fetch_add(1, Ordering::Relaxed);
        self.world.ring();
    }

    /// Notes a request that names nothing that is served.
    fn unknown(&self, request: &Request) {
        self.desk.unknown_route(format!("{} {}", request.method, request.path));
    }

    async fn reply(self: Arc<Self>, call: Call) -> Result<Response<Body>, Status> {
        let identity = self.who(call.request.token()).ok_or_else(Status::unauthorized)?;
        let catalog = self.catalog();
        let segments = call.request.segments();
        let Some(target) = Target::read(&catalog, &segments) else {
            return discovery::answer(&self, &catalog, &call.request);
        };
        let ask = target.ask(&call.request);
        if !self.allowed(&identity, &ask) {
            return Err(Status::forbidden(&identity, &ask));
        }
        let verbs = match &target.sub {
            None => target.kind.verbs,
            Some(sub) => target.kind.subresource(sub).map_or(&[][..], |sub| sub.verbs),
        };
        // Nothing is changed in all namespaces at once; a new object is posted to its collection, others by name.
        let everywhere = target.kind.namespaced && target.namespace.is_none() && !matches!(ask.verb, "list" | "watch");
        let misplaced = match (&target.name, &target.sub) {
            (None, _) => matches!(ask.verb, "update" | "patch"),
            (Some(_), None) => ask.verb == "create",
            (Some(_), Some(_)) => false,
        };
        if !verbs.contains(&ask.verb) || everywhere || misplaced {
            self.unknown(&call.request);
            return Err(Status::method_not_allowed());
        }
        if target.kind.origin == kinds::Origin::Metrics && self.metrics() == Metrics::Broken {
            return Err(Status::unavailable());
        }
        match (target.sub.as_deref(), ask.verb) {
            (Some("exec" | "attach" | "portforward" | "proxy"), _) => sessions::open(&self, &identity, &target, call).await,
            (None | Some("log" | "status"), "get" | "list" | "watch") => read::read(&self, &target, &call),
            _ => write::write(&self, &identity, &target, call).await,
        }
    }
}

impl Face for Kube {
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    async fn answer(self: Arc<Self>, call: Call) -> Response<Body> {
        let request = &call.request;
        let route = format!("{} {} as {:?}", request.method, request.path, request.content_type());
        let desk = Arc::clone(&self.desk);
        self.reply(call).await.unwrap_or_else(|status| {
            if status.code == 415 {
                desk.unknown_route(route);
            }
            status.response()
        })
    }

    fn subject(&self, request: &Request) -> Subject {
        match Target::read(&self.catalog(), &request.segments()) {
            Some(target) => Subject {
                resource: Some(target.kind.resource.clone()),
                single: target.name.is_some(),
            },
            None => Subject::default(),
        }
    }

    fn refuse(&self, request: &Request, code: u16, reason: &str) -> Response<Body> {
        let status = match code {
            401 => Status::unauthorized(),
            403 => {
                let who = self.who(request.token());
                let anonymous = Identity::new("system:anonymous", &["system:unauthenticated"], Rights::Viewer);
                let identity = who.as_deref().unwrap_or(&anonymous);
                match Target::read(&self.catalog(), &request.segments()) {
                    Some(target) => Status::forbidden(identity, &target.ask(request)),
                    None => Status::forbidden_path(identity, &request.path),
                }
            }
            410 => Status::token_too_old(),
            429 => Status::new(429, reason, "Too many requests, please try again later."),
            500 => Status::new(500, reason, "Internal error occurred: etcdserver: request timed out"),
            503 => Status::new(503, reason, "the server is currently unable to handle the request"),
            _ => Status::new(code, reason, format!("the server was told to answer {code} {reason}")),
        };
        status.response()
    }
}
