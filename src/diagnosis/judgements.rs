//! How every connected environment is: its counts and what is wrong in it, kept up to date at little cost.

use std::collections::{BTreeMap, BTreeSet};

use super::{Diagnosis, across};
use crate::model::{EnvId, Finding, Severity, Time};
use crate::store::{EnvStore, Store, Summary};

/// What is only a matter of time (a young pod grows into a fault) is looked at this often (seconds).
const AGAIN: i64 = 10;

/// The judgement of all environments.
#[derive(Debug, Default)]
pub struct Judgements {
    by_env: BTreeMap<EnvId, Judged>,
    /// What is wrong with all of them together: our own network.
    network: Option<Finding>,
    /// How much health probes had said when that was looked at.
    probed: u64,
    /// Grows whenever something was looked at again.
    pub version: u64,
}

/// The judgement of one environment, and of when it is.
#[derive(Debug, Default)]
struct Judged {
    version: u64,
    at: Time,
    summary: Summary,
    diagnosis: Diagnosis,
}

impl Judgements {
    /// Looks again at what has changed. Once a second is often enough, but the first look is wanted at once.
    pub fn settle(&mut self, store: &Store, connected: &BTreeSet<EnvId>, now: Time) {
        let before = self.version;
        for (env, seen) in store.iter() {
            let is_clustered = connected.contains(&env);
            if !is_clustered && seen.probes.all().is_empty() && !seen.alerts.is_expected() {
                continue;
            }
            let version = version(seen);
            let old = self.by_env.entry(env).or_default();
            let counts = [old.summary.pods, old.summary.nodes, old.summary.deployments];
            let unknown = is_clustered && counts.iter().any(Option::is_none);
            let due = old.at != now || unknown;
            let changed = old.version != version || old.at.age(now) >= AGAIN;
            if due && changed {
                old.version = version;
                old.at = now;
                old.summary = Summary::of(seen, now);
                old.diagnosis.settle(seen, now);
                self.version += 1;
            }
        }
        let probed = store.iter().map(|(_, env)| env.probes.version).sum();
        if self.version != before || probed != self.probed {
            self.probed = probed;
            self.network = across(store, now);
        }
    }

    /// The counts of an environment.
    pub fn summary(&self, env: EnvId) -> &Summary {
        static NOTHING: Summary = Summary {
            nodes: None,
            pods: None,
            deployments: None,
        };
        self.by_env.get(&env).map_or(&NOTHING, |judged| &judged.summary)
    }

    /// The diagnosis of an environment, once it was looked at.
    pub fn diagnosis(&self, env: EnvId) -> Option<&Diagnosis> {
        self.by_env.get(&env).map(|judged| &judged.diagnosis)
    }

    /// What is wrong in an environment, worst first; what is wrong here, on our side, before everything else.
    pub fn findings(&self, env: EnvId) -> impl Iterator<Item = &Finding> {
        let own = self.by_env.get(&env).into_iter().flat_map(|judged| judged.diagnosis.findings());
        self.network.iter().chain(own)
    }

    /// How many findings of an environment are critical, and how many are warnings: what environments are compared by.
    pub fn badness(&self, env: EnvId) -> (usize, usize) {
        let count = |severity| self.findings(env).filter(|f| f.severity == severity).count();
        (count(Severity::Critical), count(Severity::Warning))
    }
}

/// Grows with everything that a diagnosis depends on.
fn version(seen: &EnvStore) -> u64 {
    seen.feeds().map(|(_, feed)| feed.version).sum::<u64>()
        + seen.tails.version
        + seen.heard().0.unsigned_abs()
        + seen.probes.version
        + seen.alerts.version
        + super::vitals::version(seen)
}
