//! Asks as the cockpit does, and waits for the answers: never longer than it was given.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::diagnosis::vitals;
use crate::model::{Demand, EnvId, Fact, FeedKey, Known, Link, Namespaces, Scope, Time, UsageKey};
use crate::source::Sources;
use crate::store::{EnvStore, Feed, FeedState, SeriesState, Store, UsageState};

/// Facts that may wait; when they are this many, the sources wait, too.
const FACTS: usize = 256;

/// The store, and the sources that tell it.
pub struct Gather {
    config: Arc<Config>,
    store: Store,
    news: mpsc::Receiver<Fact>,
    sources: Sources,
}

impl Gather {
    /// Nothing is asked for yet.
    pub fn new(config: Arc<Config>) -> Self {
        let (tell, news) = mpsc::channel(FACTS);
        let mut store = Store::new(config.environments.len());
        for (number, environment) in (0..).zip(&config.environments) {
            store.set_probes(EnvId(number), environment.probed());
            store.set_alerts(EnvId(number), environment.alerts_from());
        }
        Self {
            store,
            sources: Sources::new(config.clone(), tell),
            config,
            news,
        }
    }

    /// What is known so far.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Asks for one thing.
    pub fn ask(&mut self, demand: Demand) {
        self.store.expect(&demand);
        self.sources.start(demand);
    }

    /// Asks for kinds, in the namespaces that the environment is looked at in. Of one without a cluster nothing would
    /// ever be told.
    pub fn watch(&mut self, env: EnvId, kinds: &[Known]) {
        let Some(namespaces) = self.namespaces(env) else { return };
        for known in kinds {
            let scopes = if known.info().namespaced {
                namespaces.scopes()
            } else {
                vec![Scope::All]
            };
            for scope in scopes {
                let kind = (*known).into();
                self.ask(Demand::Feed(env, FeedKey { kind, scope }));
            }
        }
        // Nothing is wrong in a namespace that does not exist: whether it does has to be known.
        if namespaces != Namespaces::All {
            let (kind, scope) = (Known::Namespace.into(), Scope::All);
            self.ask(Demand::Feed(env, FeedKey { kind, scope }));
        }
    }

    /// Asks what pods and nodes use.
    pub fn measure(&mut self, env: EnvId) {
        let Some(namespaces) = self.namespaces(env) else { return };
        for scope in namespaces.scopes() {
            self.ask(Demand::Usage(env, UsageKey::Pods(scope)));
        }
        self.ask(Demand::Usage(env, UsageKey::Nodes));
    }

    /// Asks who tells of its alerts.
    pub fn alert(&mut self, env: EnvId) {
        self.ask(Demand::Alerts(env));
    }

    /// Asks the health probes of an environment.
    pub fn probe(&mut self, env: EnvId) {
        let probes = self.config.environments.get(usize::from(env.0)).map_or(0, |e| e.probes.len());
        let numbers = 0..u16::try_from(probes).unwrap_or(u16::MAX);
        numbers.for_each(|number| self.ask(Demand::Probe(env, number)));
    }

    /// Asks what the Prometheus of an environment tells of what is not well.
    pub fn vitals(&mut self, env: EnvId) {
        let environment = self.config.environments.get(usize::from(env.0));
        if environment.is_some_and(|e| e.prometheus.is_some()) {
            vitals().for_each(|key| self.ask(Demand::Series(env, key.clone())));
        }
    }

    fn namespaces(&self, env: EnvId) -> Option<Namespaces> {
        let environment = self.config.environments.get(usize::from(env.0))?;
        environment.kubernetes.as_ref().map(|_| environment.home())
    }

    /// Takes facts in until `such` holds, or the time is over.
    pub async fn until(&mut self, deadline: Instant, such: impl Fn(&Store) -> bool) {
        let mut batch = Vec::new();
        while !such(&self.store) {
            match timeout_at(deadline, self.news.recv_many(&mut batch, FACTS)).await {
                Ok(1..) => batch.drain(..).for_each(|fact| self.store.apply(fact)),
                Ok(0) | Err(_) => return,
            }
        }
    }
}

/// Whether nothing was asked: it has no cluster.
pub fn is_unasked(seen: &EnvStore) -> bool {
    seen.feeds().next().is_none()
}

/// Whether the server answers.
pub fn is_connected(seen: &EnvStore) -> bool {
    matches!(seen.link, Link::Ready(_))
}

/// Whether all that was asked of an environment was told, or will not be before `last`. A server that cannot be
/// reached is not waited for: whoever asks in a script can ask again.
pub fn is_settled(seen: &EnvStore, last: Time) -> bool {
    matches!(seen.link, Link::Lost { .. }) || seen.feeds().all(|(_, feed)| has_come(feed, last))
}

fn has_come(feed: &Feed, last: Time) -> bool {
    match &feed.state {
        FeedState::Live | FeedState::Denied(_) | FeedState::Absent => true,
        FeedState::Retrying { next, .. } => feed.complete || *next > last,
        FeedState::Starting | FeedState::Listing => false,
    }
}

/// Whether the metrics that were asked for came, or there are none.
pub fn is_measured(seen: &EnvStore) -> bool {
    let namespaced = seen.feeds().map(|(key, _)| UsageKey::Pods(key.scope.clone()));
    let mut tables = namespaced.chain([UsageKey::Nodes]).filter_map(|key| seen.usage(&key));
    !is_connected(seen) || tables.all(|table| table.state != UsageState::Waiting)
}

/// Whether the Prometheus has answered all that was asked of it, or does not answer.
pub fn is_told(seen: &EnvStore) -> bool {
    let mut asked = vitals().filter_map(|key| seen.series.get(key));
    asked.all(|told| told.state != SeriesState::Asked)
}
