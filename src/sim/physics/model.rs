//! The model: what one sample's time does to pods, database and cache. Queueing theory of the simplest sort: a pod
//! serves as fast as its cores and its pool of connections let it, and what it cannot serve waits, then fails.

use super::backend::{self, Offer};
use super::facts::{Facts, Role};
use super::noise::{hash, mix, unit, wave};
use super::traffic::{demand, max_connections};
use crate::sim::seed::Environment;
use jiff::Timestamp;

/// Seconds between two samples.
pub const STEP: f64 = 15.0;

pub const MIB: f64 = 1_048_576.0;

/// Connections that PostgreSQL keeps for superusers, and those of workers, exporters, backups and the RDS agent.
const RESERVED: f64 = 3.0;
const OTHERS: f64 = 11.0;

/// What a pod does now, and what it has done since its container started.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The run that the counters belong to.
    pub run: Option<Timestamp>,
    /// Requests a second that reach it, and the share of them that fails (5xx).
    pub requests: f64,
    pub errors: f64,
    /// Median latency in seconds.
    pub latency: f64,
    /// Cores.
    pub cpu: f64,
    /// Bytes, of which the leak.
    pub memory: f64,
    pub leaked: f64,
    /// Delay of the event loop in seconds.
    pub lag: f64,
    pub pool: Pool,
    /// Counters since the run began.
    pub cpu_seconds: f64,
    pub throttled: f64,
    pub periods: f64,
    pub received: f64,
    pub sent: f64,
}

/// A pod's pool of database connections.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pool {
    pub max: f64,
    /// Open connections, and those in use.
    pub open: f64,
    pub used: f64,
    /// Requests that wait for one.
    pub waiting: f64,
    /// Connections that it wants and the database refuses.
    pub refused: f64,
}

/// The database now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Postgres {
    pub max: f64,
    pub active: f64,
    pub idle: f64,
    /// Refused a second.
    pub refused: f64,
    /// Queries a second, and how much slower than usual they are (1 = usual).
    pub queries: f64,
    pub slowness: f64,
}

impl Postgres {
    pub fn connections(&self) -> f64 {
        self.active + self.idle + OTHERS
    }
}

/// What users see.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Front {
    /// Requests a second.
    pub requests: f64,
    /// The share of 5xx, from 0 to 1.
    pub errors: f64,
    /// Median latency in seconds of what is answered.
    pub latency: f64,
}

/// All that moves.
#[derive(Debug)]
pub struct Model {
    pub seed: u64,
    pub site: Environment,
    pub front: Front,
    pub postgres: Postgres,
    pub cache: Cache,
}

/// Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cache {
    pub hits: f64,
    pub misses: f64,
    pub memory: f64,
    pub clients: f64,
    pub commands: f64,
    pub evicted: f64,
}

/// A pod that the model moves.
#[derive(Debug)]
pub struct Subject {
    pub facts: Facts,
    pub live: Live,
    /// Whether its node tells nothing any more.
    pub silent: bool,
}

impl Subject {
    /// Whether the load balancer sends it requests: it is ready as far as the cluster knows.
    fn serves(&self) -> bool {
        self.facts.ready && !self.facts.leaving && self.facts.phase == "Running"
    }

    fn works(&self) -> bool {
        self.facts.running().is_some() && !self.silent
    }
}

impl Model {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            site: Environment::Production,
            front: Front::default(),
            postgres: Postgres::default(),
            cache: Cache::default(),
        }
    }

    /// Lets a sample's time pass for all pods.
    pub fn step(&mut self, subjects: &mut [&mut Subject], at: Timestamp) {
        for subject in subjects.iter_mut() {
            subject.begin();
        }
        let wanted = demand(self.site, self.seed, at);
        self.postgres.max = f64::from(max_connections(self.site));
        self.share_connections(subjects, wanted, at);
        self.backends(subjects, wanted, at);
        self.frontends(subjects, wanted, at);
        for subject in subjects.iter_mut() {
            subject.pass(self.seed, at);
        }
        self.cache(subjects, wanted, at);
    }

    /// Who gets which of the database's connections. Where there are too few, connections that come back are taken
    /// by whoever asks first: in a few minutes everybody has a share of what is wanted.
    fn share_connections(&mut self, subjects: &mut [&mut Subject], wanted: f64, at: Timestamp) {
        let serving = subjects.iter().filter(|s| s.facts.role == Role::Backend && s.serves()).count();
        let each = wanted / (serving.max(1) as f64);
        let mut backends: Vec<&mut Subject> = Vec::new();
        for subject in subjects.iter_mut().filter(|s| s.facts.role == Role::Backend) {
            let max = subject.facts.pool_max;
            subject.live.pool = match subject.facts.running() {
                Some(_) => Pool { max, ..subject.live.pool },
                None => Pool { max, ..Pool::default() },
            };
            if subject.facts.running().is_some() {
                backends.push(subject);
            }
        }
        let slowness = self.postgres.slowness.max(1.0);
        let wants: Vec<f64> = backends.iter().map(|s| s.wanted_connections(each, slowness, at)).collect();
        let usable = (self.postgres.max - RESERVED - OTHERS).max(0.0);
        let scarcity = (usable / wants.iter().sum::<f64>().max(1.0)).min(1.0);
        let mut left = usable;
        for (subject, wants) in backends.iter_mut().zip(&wants) {
            let (has, share) = (subject.live.pool.open, wants * scarcity);
            // Those that have more than their share lose it slowly.
            let keeps = if has > share && scarcity < 1.0 {
                has + (share - has) * 0.2
            } else {
                has.min(*wants)
            };
            subject.live.pool.open = keeps.round().min(left).max(0.0);
            left -= subject.live.pool.open;
        }
        let lacking = |subject: &Subject, wants: f64| (wants * scarcity - subject.live.pool.open).max(0.0);
        let asked: f64 = backends.iter().zip(&wants).map(|(s, wants)| lacking(s, *wants)).sum();
        let granted = (left / asked.max(1.0)).min(1.0);
        for (subject, wants) in backends.iter_mut().zip(&wants) {
            let gets = (lacking(subject, *wants) * granted).round().min(left).max(0.0);
            left -= gets;
            subject.live.pool.open += gets;
            subject.live.pool.refused = (wants - subject.live.pool.open).max(0.0);
        }
    }

    fn backends(&mut self, subjects: &mut [&mut Subject], wanted: f64, at: Timestamp) {
        let serving: Vec<usize> = (0..subjects.len())
            .filter(|i| subjects.get(*i).is_some_and(|s| s.facts.role == Role::Backend && s.serves()))
            .collect();
        let each = wanted / (serving.len().max(1) as f64);
        let storm: f64 = subjects.iter().map(|s| s.live.pool.refused).sum();
        let open: f64 = subjects.iter().map(|s| s.live.pool.open).sum();
        let (mut failed, mut spent, mut active, mut queries) = (0.0, 0.0, 0.0, 0.0);
        for i in &serving {
            let Some(subject) = subjects.get_mut(*i) else { continue };
            if !subject.works() {
                // The load balancer has not noticed yet.
                failed += each;
                continue;
            }
            let uptime = subject.facts.running().map_or(0.0, |since| at.duration_since(since).as_secs_f64());
            let offer = Offer {
                requests: each,
                uptime,
                slowness: self.postgres.slowness.max(1.0),
                // Every connection that is refused is asked for again and again, by all pods.
                refused: storm / (storm + open).max(1.0),
            };
            backend::serve(subject, offer);
            failed += each * subject.live.errors;
            spent += each * (1.0 - subject.live.errors) * subject.live.latency;
            active += subject.live.pool.used;
            queries += each * (1.0 - subject.live.errors) * 2.4;
        }
        if serving.is_empty() {
            failed = wanted;
        }
        let usable = self.postgres.max - RESERVED - OTHERS;
        self.postgres.active = active;
        self.postgres.idle = (open - active).max(0.0);
        self.postgres.refused = storm;
        self.postgres.queries = queries;
        // Many queries at once are in each other's way.
        let crowded = 1.0 + 0.6 * (active / usable.max(1.0)).powi(4);
        self.postgres.slowness = 0.5 * self.postgres.slowness.max(1.0) + 0.5 * crowded;
        let errors = (failed / wanted.max(0.001)).clamp(0.0, 1.0);
        let answered = wanted * (1.0 - errors);
        self.front = Front {
            requests: wanted,
            errors,
            latency: if answered > 0.01 { spent / answered } else { 0.0 },
        };
    }

    fn frontends(&mut self, subjects: &mut [&mut Subject], wanted: f64, at: Timestamp) {
        let pages = wanted * 0.35;
        let serving = subjects.iter().filter(|s| s.facts.role == Role::Frontend && s.serves()).count();
        let each = pages / (serving.max(1) as f64);
        for subject in subjects
            .iter_mut()
            .filter(|s| s.facts.role == Role::Frontend && s.serves() && s.works())
        {
            let cores = backend::cores(&subject.facts);
            let load = (each * 0.0035 / cores.max(0.05)).min(1.0);
            let own = 0.045 * (1.0 + 0.4 * load.powi(4) / (1.05 - load));
            subject.live.requests = each;
            // Half of the pages are made from the backend's answers, and have something to show without them.
            subject.live.errors = (0.0002 + self.front.errors * 0.45).min(1.0);
            subject.live.latency = own + 0.6 * self.front.latency.min(5.0);
            subject.live.cpu = (0.02 + each * 0.0035).min(cores);
            subject.live.lag = 0.004 + 0.01 * load.powi(4);
            let wander = wave(self.seed ^ hash(&subject.facts.name), at, 900);
            subject.live.memory = (140.0 + each * 0.35 + 9.0 * wander) * MIB;
        }
    }

    fn cache(&mut self, subjects: &[&mut Subject], wanted: f64, at: Timestamp) {
        let users: Vec<&&mut Subject> = subjects.iter().filter(|s| s.facts.role == Role::Backend && s.works()).collect();
        let reads = if users.is_empty() {
            0.0
        } else {
            wanted * (1.0 - self.front.errors) * 2.1
        };
        // Pods that have just started ask for what their siblings have cached: the cache itself stays warm.
        let ratio = 0.945 + 0.012 * wave(self.seed ^ 0xcac4e, at, 1_200);
        self.cache.hits += (reads * ratio * STEP).round();
        self.cache.misses += (reads * (1.0 - ratio) * STEP).round();
        self.cache.commands += (reads * 1.2 * STEP).round();
        self.cache.memory = ((900.0 + 60.0 * wave(self.seed ^ 0xcac4f, at, 5_400)) * MIB).round();
        self.cache.clients = users.len() as f64 * 4.0 + 3.0;
    }
}

impl Subject {
    /// The connections that its pool would open if it could: what it needs at its busiest moments; idle ones go slowly.
    fn wanted_connections(&self, each: f64, slowness: f64, at: Timestamp) -> f64 {
        let load = if self.facts.ready && !self.facts.leaving { each } else { 0.0 };
        let uptime = self.facts.running().map_or(0.0, |since| at.duration_since(since).as_secs_f64());
        let need = load * backend::hold(&self.facts.effects, uptime) * slowness;
        let pool = &self.live.pool;
        (need * 1.6 + 2.0).max(pool.open * 0.93).min(pool.max).ceil()
    }

    /// A sample begins. What a container did in an earlier run is over.
    fn begin(&mut self) {
        let run = self.facts.running();
        if run != self.live.run {
            let pool = Pool {
                max: self.facts.pool_max,
                ..Pool::default()
            };
            self.live = Live {
                run,
                pool,
                ..Live::default()
            };
        }
        self.live.requests = 0.0;
        self.live.errors = 0.0;
        self.live.pool.used = 0.0;
        self.live.pool.waiting = 0.0;
    }

    /// What time does to every pod: counters grow; those without requests idle.
    fn pass(&mut self, seed: u64, at: Timestamp) {
        let live = &mut self.live;
        if live.run.is_none() {
            live.cpu = 0.0;
            live.memory = 0.0;
            return;
        }
        if live.requests == 0.0 {
            let idle = super::usage::at_rest(&self.facts, seed, at);
            live.cpu = idle.0;
            live.memory = idle.1 + live.leaked;
            live.latency = 0.012;
            live.lag = 0.004;
        }
        let jitter = 0.06 * (unit(seed ^ hash(&self.facts.name) ^ mix(at.as_second() as u64)) - 0.5);
        let cores = backend::cores(&self.facts);
        live.cpu = (live.cpu * (1.0 + jitter)).min(cores);
        live.cpu_seconds += live.cpu * STEP;
        live.periods += STEP * 10.0;
        let use_of_limit = live.cpu / cores.max(0.001);
        live.throttled += STEP * 10.0 * (use_of_limit - 0.7).max(0.0) * 0.8;
        live.received += live.requests * 1_400.0 * STEP;
        live.sent += live.requests * 6_800.0 * STEP;
    }
}
