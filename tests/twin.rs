//! The program without its screen: the real sources, told into the real store, for tests that ask what the store
//! comes to know of a server.
#![allow(dead_code, reason = "an interface for tests, which do not all use all of it")]

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::config::{Config, Environment, Kubernetes};
use quarterdeck::model::{
    Demand, EnvId, Fact, FeedKey, Kind, Link, LogFrom, LogKey, LogQuery, Object, ObjectRef, Problem, Scope, Time, Uid,
};
use quarterdeck::source::Sources;
use quarterdeck::store::{Book, EnvStore, Feed, FeedState, Store};
use quarterdeck::ui::panes::log::LogView;
use ratatui::layout::Rect;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long a twin waits for what should come soon.
pub const PATIENCE: Duration = Duration::from_secs(60);

const ENV: EnvId = EnvId(0);

/// Sources and store of one environment. Facts are taken in while the test waits for something.
pub struct Twin {
    store: Store,
    facts: mpsc::Receiver<Fact>,
    sources: Sources,
    logs: Vec<LogKey>,
    /// A log view that is open, and what was asked for on its behalf.
    view: Option<LogView>,
    asked: HashSet<Demand>,
    /// Last, so that it outlives what runs on it.
    runtime: tokio::runtime::Runtime,
}

impl Twin {
    /// A twin that follows the current context of this kubeconfig, and is asked for nothing yet.
    pub fn of(kubeconfig: &Path) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let environment = Environment {
            name: "twin".into(),
            kubernetes: Some(Kubernetes {
                kubeconfig: vec![kubeconfig.to_owned()],
                ..Kubernetes::default()
            }),
            ..Environment::default()
        };
        let config = Config {
            environments: vec![environment],
            ..Config::default()
        };
        let (tell, facts) = mpsc::channel(256);
        Self {
            store: Store::new(1),
            facts,
            sources: Sources::new(Arc::new(config), tell),
            logs: Vec::new(),
            view: None,
            asked: HashSet::new(),
            runtime,
        }
    }

    /// Asks for something, as the app does.
    pub fn ask(&mut self, demand: Demand) {
        let _inside = self.runtime.enter();
        self.store.expect(&demand);
        self.sources.start(demand);
    }

    /// Asks for a feed.
    pub fn feed(&mut self, kind: impl Into<Kind>, scope: Scope) -> FeedKey {
        let key = FeedKey { kind: kind.into(), scope };
        self.ask(Demand::Feed(ENV, key.clone()));
        key
    }

    /// Asks for an object as a whole.
    pub fn document(&mut self, kind: impl Into<Kind>, namespace: &str, name: &str) -> ObjectRef {
        let object = ObjectRef {
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        };
        self.ask(Demand::Document(ENV, object.clone()));
        object
    }

    /// Asks for the log of a pod's only container.
    pub fn log(&mut self, namespace: &str, pod: &str, previous: bool, from: LogFrom) -> LogKey {
        let key = LogKey {
            namespace: namespace.into(),
            pod: pod.into(),
            container: "".into(),
            previous,
            from,
        };
        self.logs.push(key.clone());
        self.ask(Demand::Log(ENV, key.clone().into()));
        key
    }

    /// Opens a log view of what a query means; its streams are found and read while the test waits.
    pub fn open(&mut self, query: LogQuery) {
        self.view = Some(LogView::new(ENV, query, Time(jiff::Timestamp::now().as_second())));
        self.attend();
    }

    /// Does something to the open view, as a key would.
    pub fn view<T>(&mut self, with: impl FnOnce(&mut LogView, &Store) -> T) -> T {
        let view = self.view.as_mut().expect("a view is open");
        let result = with(view, &self.store);
        self.attend();
        result
    }

    /// What the open view reads.
    pub fn book(&self) -> &Book {
        self.view.as_ref().unwrap().book(&self.store).unwrap()
    }

    /// Waits until the open view's book is such.
    pub fn wait_book(&mut self, what: &str, such: impl Fn(&Book) -> bool) {
        let query = self.view.as_ref().unwrap().query.clone();
        self.wait_at_most(PATIENCE * 3, what, |seen| seen.book(&query).is_some_and(&such));
    }

    /// What the app does for an open log view after each message.
    fn attend(&mut self) {
        let Some(mut view) = self.view.take() else { return };
        view.attach(&mut self.store, |_| false);
        for demand in view.demands(self.store.env(ENV)) {
            if self.asked.insert(demand.clone()) {
                self.ask(demand);
            }
        }
        view.settle(&self.store, Rect::new(0, 0, 120, 40));
        while view.is_busy() {
            view.settle(&self.store, Rect::new(0, 0, 120, 40));
        }
        self.view = Some(view);
    }

    /// What is known now.
    pub fn seen(&self) -> &EnvStore {
        self.store.env(ENV).unwrap()
    }

    /// A feed that was asked for.
    pub fn rows(&self, key: &FeedKey) -> &Feed {
        self.seen().feed(key).unwrap()
    }

    /// Takes facts in until `such` holds; whether it came to hold in time.
    pub fn comes(&mut self, time: Duration, such: impl Fn(&EnvStore) -> bool) -> bool {
        let deadline = Instant::now() + time;
        loop {
            while let Ok(fact) = self.facts.try_recv() {
                self.store.apply(fact);
            }
            self.attend();
            if such(self.seen()) {
                return true;
            }
            // The timer belongs to the runtime: it must be made inside.
            let next = self
                .runtime
                .block_on(async { tokio::time::timeout_at(deadline, self.facts.recv()).await });
            match next {
                Ok(fact) => self.store.apply(fact.expect("the sources run")),
                Err(_) => return false,
            }
        }
    }

    /// Takes facts in until `such` holds.
    pub fn wait_until(&mut self, what: &str, such: impl Fn(&EnvStore) -> bool) {
        self.wait_at_most(PATIENCE, what, such);
    }

    /// The same with another deadline.
    pub fn wait_at_most(&mut self, time: Duration, what: &str, such: impl Fn(&EnvStore) -> bool) {
        if self.comes(time, such) {
            return;
        }
        let feeds: Vec<_> = self.seen().feeds().map(|(key, feed)| (key, &feed.state, feed.len())).collect();
        let logs: Vec<_> = self
            .logs
            .iter()
            .map(|key| {
                (
                    key,
                    self.seen()
                        .log(&key.clone().into())
                        .map(|log| (&log.sources()[0].state, log.lines().count())),
                )
            })
            .collect();
        panic!(
            "waited in vain until {what}; link: {:?}; feeds: {feeds:#?}; logs: {logs:#?}",
            self.seen().link
        );
    }

    /// Waits until a feed is live.
    pub fn wait_live(&mut self, key: &FeedKey) {
        self.wait_until(&format!("{} are live", key.kind.resource()), |seen| live(seen, key));
    }

    /// Waits until a feed is refused; how it is said.
    pub fn wait_denied(&mut self, key: &FeedKey) -> Problem {
        let denied = |seen: &EnvStore| match seen.feed(key).map(|feed| &feed.state) {
            Some(FeedState::Denied(problem)) => Some(problem.clone()),
            _ => None,
        };
        self.wait_until(&format!("{} are denied", key.kind.resource()), |seen| denied(seen).is_some());
        denied(self.seen()).unwrap()
    }

    /// Waits until a feed is in trouble; what the trouble is.
    pub fn wait_trouble(&mut self, key: &FeedKey) -> Problem {
        let trouble = |seen: &EnvStore| match seen.feed(key).map(|feed| &feed.state) {
            Some(FeedState::Retrying { problem, .. }) => Some(problem.clone()),
            _ => None,
        };
        self.wait_until(&format!("{} are in trouble", key.kind.resource()), |seen| trouble(seen).is_some());
        trouble(self.seen()).unwrap()
    }

    /// The last answer for an object, if one came.
    pub fn object(&self, key: &ObjectRef) -> Option<String> {
        match self.seen().document(key) {
            Some(Ok(Some(document))) => Some(document.value.to_string()),
            _ => None,
        }
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        // Tasks are let go of inside their runtime.
        let _inside = self.runtime.enter();
        let (tell, _) = mpsc::channel(1);
        self.sources = Sources::new(Arc::new(Config::default()), tell);
    }
}

/// Whether a feed is live.
pub fn live(seen: &EnvStore, key: &FeedKey) -> bool {
    seen.feed(key).is_some_and(|feed| feed.state == FeedState::Live)
}

/// Whether the link stands.
pub fn ready(seen: &EnvStore) -> bool {
    matches!(seen.link, Link::Ready(_))
}

/// The identities of a feed's rows.
pub fn uids(feed: &Feed) -> BTreeSet<Uid> {
    feed.rows().map(|row| row.meta.uid).collect()
}

/// The names of a feed's rows, sorted; a row that is there twice is named twice.
pub fn names(feed: &Feed) -> Vec<String> {
    let mut names: Vec<String> = feed.rows().map(|row: &Object| row.meta.name.to_string()).collect();
    names.sort();
    names
}
