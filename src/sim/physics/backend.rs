//! How a backend pod serves its share of the requests.

use super::facts::Facts;
use super::model::{MIB, STEP, Subject};
use super::noise::{hash, unit};
use crate::sim::scenario::Effects;

/// Core seconds of one request.
const COST: f64 = 0.0093;
/// Seconds that a request holds a database connection.
const HOLD: f64 = 0.055;
/// Median latency of a request that waits for nothing, in seconds.
const LATENCY: f64 = 0.042;
/// The share of requests that need the database (the rest is answered from the cache).
const WITH_DATABASE: f64 = 0.8;
/// The pool gives up waiting for a connection after so many seconds.
const PATIENCE: f64 = 5.0;

/// What comes to a pod in one sample's time.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// A second.
    pub requests: f64,
    /// Seconds since the container started.
    pub uptime: f64,
    /// How much slower than usual the database is.
    pub slowness: f64,
    /// The share of all attempts to connect that the database refuses.
    pub refused: f64,
}

/// Seconds that a request holds a connection, the release's own habits included.
pub fn hold(effects: &Effects, uptime: f64) -> f64 {
    let ramp = (uptime / effects.hold_ramp.max(1.0)).min(1.0);
    HOLD + effects.hold * ramp
}

/// The cores that a pod may use: Node.js uses little more than one.
pub fn cores(facts: &Facts) -> f64 {
    let main = facts.main();
    let limit = main.and_then(|c| c.limit_cpu);
    limit.unwrap_or(1.2).min(1.2)
}

/// Serves: sets latency, errors, pool, CPU and memory.
pub fn serve(subject: &mut Subject, offer: Offer) {
    let effects = &subject.facts.effects;
    let live = &mut subject.live;
    let cores = cores(&subject.facts);
    let slow = effects.slow.max(1.0);
    // The core: waiting grows towards full use; beyond it requests are lost.
    let load = offer.requests * COST * slow.sqrt() / cores.max(0.01);
    let queue = 0.35 * load.min(1.0).powi(4) / (1.05 - load.min(1.0));
    let overload = (load - 1.0).max(0.0);
    let lost_to_core = (0.05 * ((load - 0.8).max(0.0) / 0.15).powi(2)).min(0.12) + overload / load.max(1.0);
    // The pool: so many connections carry so many requests a second.
    let hold = hold(effects, offer.uptime) * offer.slowness;
    let wanting = offer.requests * WITH_DATABASE;
    let need = wanting * hold;
    let open = live.pool.open;
    let lost_to_pool = if open < 1.0 {
        1.0
    } else {
        (1.0 - open / need.max(open)).clamp(0.0, 1.0)
    };
    live.pool.used = need.min(open).round();
    let strain = (need / open.max(1.0)).min(1.0);
    let wait = if lost_to_pool > 0.0 {
        PATIENCE * (0.15 + 0.85 * lost_to_pool.sqrt())
    } else {
        hold * strain.powi(8) / (1.03 - strain)
    };
    live.pool.waiting = if open < 1.0 {
        wanting * PATIENCE
    } else {
        (wanting * wait.min(PATIENCE) * strain.powi(4)).floor().min(400.0)
    };
    let kept = (1.0 - lost_to_core).max(0.0) * (1.0 - WITH_DATABASE * lost_to_pool) * (1.0 - 0.7 * offer.refused) * (1.0 - 0.0003);
    live.requests = offer.requests;
    live.errors = (1.0 - kept).clamp(0.0, 1.0);
    live.latency =
        LATENCY * slow * (1.0 + queue) + (hold - HOLD).max(0.0) * 0.8 + wait * 0.7 + offer.refused * 2.0 + overload.min(2.0) * 1.5;
    live.lag = 0.004 + 0.02 * queue + 0.4 * overload.min(2.0);
    live.cpu = (0.025 + offer.requests * COST * slow.sqrt()).min(cores);
    // Not every pod gets the same requests: one fills faster than another.
    let luck = 0.75 + 0.5 * unit(hash(&subject.facts.name) ^ 0x1eac);
    live.leaked = (live.leaked + offer.requests * effects.leak_per_request * luck * STEP).min(effects.leak_plateau);
    let heap = 165.0 + offer.requests * 0.55;
    live.memory = heap * MIB + live.leaked + live.pool.waiting * 0.05 * MIB;
}
