//! What follows from the state of the world: traffic, latency, errors, pool, cache, memory, sampled into series.
//!
//! Every 15 s of the world's time the model ([`model`]) lets that time pass for each pod that matters, and writes
//! what the usual exporters would tell: the applications (`http`), kube-state-metrics and cAdvisor (`kube_state`),
//! nodes and deployments (`fleet`), database, cache and load balancer (`backing`). What the model does to the world
//! (memory beyond a limit, a health that flips) it leaves to the kubelets ([`hooks`]).

mod answers;
mod backend;
mod backing;
mod disk;
mod facts;
mod fleet;
mod hooks;
mod http;
mod kube_state;
mod lane;
mod model;
pub mod noise;
pub mod series;
#[cfg(test)]
mod tests;
mod traffic;
mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::control::kubelet::{self, Health};
use super::seed::Environment;
use super::store::{Key, Stored};
use super::world::{Task, World};
pub use answers::{Answer, answer, front};
use backing::Backing;
pub use disk::{Disk, disk};
use facts::Facts;
pub use facts::{Role, amount};
use fleet::{Node, Told};
use http::Http;
use lane::Lane;
pub use model::{Front, Pool};
use model::{Live, Model, Subject};
use series::Series;
pub use usage::{Usage, node_usage, usage};

/// Between two samples.
pub const EVERY: SignedDuration = SignedDuration::from_secs(15);

/// The state of so many pods is not measured one by one.
const MANY_PODS: usize = 300;
const MANY_NODES: usize = 50;

/// State of the model, and the samples.
#[derive(Debug)]
pub struct Physics {
    /// Everything that is measured, by name and labels: what Prometheus tells.
    pub series: Series,
    model: Model,
    pods: BTreeMap<Arc<str>, Watched>,
    nodes: BTreeMap<Arc<str>, (u64, Node)>,
    told: BTreeMap<Key, (u64, Told)>,
    backing: Backing,
    /// Counts the samples, to find what was not seen in the last one.
    count: u64,
}

/// A pod that is measured.
#[derive(Debug)]
struct Watched {
    subject: Subject,
    seen: u64,
    state: Lane,
    container: Lane,
    application: Lane,
    http: Http,
    /// What its kubelet was told of its health in this run.
    health: (Option<Timestamp>, bool),
}

/// What the model does to the world.
enum Deed {
    OutOfMemory(Key, String),
    Health(Key, Arc<str>, String, Health),
}

/// The state of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Database {
    /// Whether it takes another connection.
    pub accepting: bool,
    pub connections: u32,
    /// `max_connections`.
    pub max: u32,
}

impl Physics {
    pub fn new(seed: u64) -> Self {
        Self {
            series: Series::default(),
            model: Model::new(seed),
            pods: BTreeMap::new(),
            nodes: BTreeMap::new(),
            told: BTreeMap::new(),
            backing: Backing::default(),
            count: 0,
        }
    }

    /// What users see, as of the last sample.
    pub fn seen_by_users(&self) -> Front {
        self.model.front
    }

    /// The pool of a pod, as of the last sample.
    pub fn pool(&self, pod: &Stored) -> Option<Pool> {
        Some(self.pods.get(&pod.uid)?.subject.live.pool)
    }

    /// Requests that wait for a connection, in all pods.
    pub fn waiting(&self) -> f64 {
        self.pods.values().map(|watched| watched.subject.live.pool.waiting).sum()
    }

    /// The share of its memory limit that each pod of the platform uses, by name, as of the last sample.
    pub fn memory(&self) -> impl Iterator<Item = (&str, f64)> {
        self.pods.values().filter_map(|watched| {
            let facts = &watched.subject.facts;
            let limit = facts.main()?.limit_memory.filter(|limit| *limit > 0.0)?;
            (facts.role != Role::Other).then_some((&*facts.name, watched.subject.live.memory / limit))
        })
    }

    /// Takes a sample of the world, which is without its physics meanwhile.
    fn sample(&mut self, world: &World, at: Timestamp) -> Vec<Deed> {
        self.count += 1;
        self.series.tick(at);
        let many = world.store.count("pods") >= MANY_PODS;
        for stored in world.store.list("pods", None) {
            if !many || Role::of(stored) != Role::Other {
                self.see(world, stored);
            }
        }
        let (seen, series) = (self.count, &mut self.series);
        self.pods.retain(|_, watched| {
            if watched.seen != seen {
                for lane in [&mut watched.state, &mut watched.container, &mut watched.application] {
                    lane.end(series, at);
                }
            }
            watched.seen == seen
        });
        let mut subjects: Vec<&mut Subject> = self.pods.values_mut().map(|watched| &mut watched.subject).collect();
        self.model.step(&mut subjects, at);
        for watched in self.pods.values_mut() {
            if !many {
                kube_state::write(&mut self.series, &mut watched.state, &watched.subject, at);
            }
            kube_state::write_cadvisor(&mut self.series, &mut watched.container, &watched.subject, at);
            http::write(&mut self.series, &mut watched.application, &mut watched.http, &watched.subject, at);
        }
        self.backing.write(&mut self.series, &self.model, at);
        if !many {
            self.fleet(world, at);
        }
        self.pods.values_mut().flat_map(Watched::deeds).collect()
    }

    fn see(&mut self, world: &World, stored: &Arc<Stored>) {
        let silent = stored.node.as_deref().is_some_and(|node| hooks::silent(world, node));
        let watched = self.pods.entry(Arc::clone(&stored.uid)).or_insert_with(|| Watched {
            subject: Subject {
                facts: Facts::read(world, stored),
                live: Live::default(),
                silent,
            },
            seen: 0,
            state: Lane::default(),
            container: Lane::default(),
            application: Lane::default(),
            http: Http::default(),
            health: (None, true),
        });
        watched.seen = self.count;
        watched.subject.silent = silent;
        if watched.subject.facts.rv != stored.rv {
            watched.subject.facts = Facts::read(world, stored);
        }
    }

    fn fleet(&mut self, world: &World, at: Timestamp) {
        if world.store.count("nodes") < MANY_NODES {
            for stored in world.store.list("nodes", None) {
                let name = &stored.key.name;
                let (seen, node) = self.nodes.entry(Arc::clone(name)).or_default();
                *seen = self.count;
                node.read(stored);
                let mut usage = usage::own_of_node(self.model.seed, name, at);
                for watched in self.pods.values().filter(|w| w.subject.facts.node.as_ref() == Some(name)) {
                    usage.add(&watched.subject.live);
                }
                node.write(&mut self.series, usage, hooks::silent(world, name), at);
            }
        }
        for shelf in ["deployments", "horizontalpodautoscalers"] {
            for stored in world.store.list(shelf, None) {
                let (seen, told) = self.told.entry(stored.key.clone()).or_default();
                *seen = self.count;
                told.write(&mut self.series, stored, at);
            }
        }
        let (count, series) = (self.count, &mut self.series);
        self.nodes.retain(|_, (seen, node)| {
            if *seen != count {
                node.end(series, at);
            }
            *seen == count
        });
        self.told.retain(|_, (seen, told)| {
            if *seen != count {
                told.end(series, at);
            }
            *seen == count
        });
    }
}

impl Watched {
    /// What has to happen to the pod.
    fn deeds(&mut self) -> Vec<Deed> {
        let (facts, live) = (&self.subject.facts, &self.subject.live);
        let (Some(main), Some(run)) = (facts.main(), live.run) else {
            return Vec::new();
        };
        if self.subject.silent {
            return Vec::new();
        }
        let key = || Key::new("pods", &facts.namespace, &facts.name);
        if main.limit_memory.is_some_and(|limit| live.memory > limit) {
            return vec![Deed::OutOfMemory(key(), main.name.clone())];
        }
        let well = facts.role != Role::Backend || live.pool.open >= 1.0;
        let before = self.health.0 != Some(run) || self.health.1;
        self.health = (Some(run), well);
        if well == before {
            return Vec::new();
        }
        // The page that tells it is asked by the liveness probe as well, where that is set so.
        let ill = kubelet::Answer::Status(503);
        let health = match (well, main.liveness_is_readiness) {
            (true, _) => Health::well(),
            (false, true) => Health::ill(ill),
            (false, false) => Health::unready(ill),
        };
        vec![Deed::Health(key(), Arc::clone(&facts.uid), main.name.clone(), health)]
    }
}

/// Begins to sample a world, which is this environment: the first sample is taken now.
pub fn begin(world: &mut World, site: Environment) {
    world.physics.model.site = site;
    world.after(SignedDuration::ZERO, Task::Sample);
}

/// Gives a world a past: samples of this long before now, in which all was as it is now. What the model would do to
/// the world it did not do, or the world would not be as it is.
pub fn remember(world: &mut World, past: SignedDuration) {
    let (now, mut at) = (world.now(), world.now() - past);
    let mut physics = std::mem::replace(&mut world.physics, Physics::new(0));
    while at < now {
        physics.sample(world, at);
        at += EVERY;
    }
    world.physics = physics;
}

/// Takes a sample, and plans the next one.
pub fn sample(world: &mut World) {
    let at = world.now();
    // The world is read while the model changes: they must be two.
    let mut physics = std::mem::replace(&mut world.physics, Physics::new(0));
    let deeds = physics.sample(world, at);
    world.physics = physics;
    for deed in deeds {
        match deed {
            Deed::OutOfMemory(pod, container) => hooks::out_of_memory(world, &pod, &container),
            Deed::Health(pod, uid, container, health) => hooks::health(world, &pod, &uid, &container, health),
        }
    }
    world.after(EVERY, Task::Sample);
}

/// The database, as of the last sample.
pub fn database(world: &World) -> Database {
    let model = &world.physics.model;
    let max = traffic::max_connections(model.site);
    let connections = (model.postgres.connections().round() as u32).min(max);
    Database {
        accepting: model.postgres.refused < 0.5 && connections < max,
        connections,
        max,
    }
}
