//! The simulated platform: a deterministic world, and on loopback the APIs that production serves.
//!
//! ```text
//!   seed ──► World ◄── scenario (what goes wrong, what cures it)        PURE: no clock, no socket
//!            │  store      objects as JSON, resource versions, history (what etcd is to a cluster)
//!            │  defaults   what an API server fills into pods
//!            │  managed    who wrote which field, and when
//!            │  control    deployments → replica sets → pods, scheduler, kubelets, HPA, jobs, endpoints …
//!            │  physics    traffic, latency, errors, pool, cache, memory: sampled into series
//!            │  logs       what a container wrote, computed when asked for
//!            ▼
//!   SharedWorld (a lock, a bell for changes) ◄── clock (fast, slow, step by step)
//!            ▼
//!   face  kube · prometheus · alertmanager · cloudwatch · health       IO: listeners, TLS, records, faults
//!            ▼
//!   platform  three environments with their ports, kubeconfig and qd.toml: what `qd demo` and `qd sim` start
//! ```
//!
//! A [`world::World`] changes in two ways only: a face writes to its store as a client asked, or
//! [`world::World::advance`] lets time pass, in which controllers and physics act. The same seed, scenario and
//! times of advancing give the same world, byte for byte.
//!
//! The past is told, not lived through: the seed tells what happened to objects in the weeks before, physics samples
//! some hours back for the charts, logs are computed for any second; controllers act from shortly before the first
//! step of the scenario. So a platform is up in a moment.
//!
//! The rest of the program does not know this room: it is reached over HTTP like any other platform.

pub mod control;
pub mod defaults;
pub mod logs;
pub mod managed;
pub mod physics;
pub mod scenario;
pub mod seed;
pub mod store;
pub mod world;

#[allow(clippy::disallowed_methods)]
pub mod alertmanager;
#[allow(clippy::disallowed_methods)]
pub mod clock;
#[allow(clippy::disallowed_methods)]
pub mod cloudwatch;
#[allow(clippy::disallowed_methods)]
pub mod face;
#[allow(clippy::disallowed_methods)]
pub mod health;
#[allow(clippy::disallowed_methods)]
pub mod kube;
#[allow(clippy::disallowed_methods)]
pub mod platform;
#[allow(clippy::disallowed_methods)]
pub mod prometheus;
#[allow(clippy::disallowed_methods)]
pub mod shared;
