//! What is read: which run, which container, from when on.

use super::board::Showing;
use super::density::Density;
use super::names::Names;
use super::turn::Leaf;
use super::{LogView, exactly};
use crate::model::{Known, LogFrom, Namespaces, Object, ObjectRef, Pick};
use crate::store::{EnvStore, Store, streams};

impl LogView {
    /// The run before the last restart, and back.
    pub fn toggle_previous(&mut self) {
        self.query.previous = !self.query.previous;
        self.restart();
    }

    /// Reads again from elsewhere.
    pub fn start_from(&mut self, from: LogFrom) {
        self.query.from = from;
        self.restart();
    }

    /// Reads more from the server: ten times as far back, then all that there is. What is searched for stays.
    pub fn read_further_back(&mut self) -> bool {
        self.query.from = match self.query.from {
            LogFrom::Tail(lines) if lines < 10_000 => LogFrom::Tail(10_000),
            LogFrom::Tail(lines) if lines < 100_000 => LogFrom::Tail(100_000),
            LogFrom::Since(seconds) if seconds < 86_400 => LogFrom::Since(seconds.saturating_mul(10)),
            LogFrom::Tail(_) | LogFrom::Since(_) => LogFrom::Start,
            LogFrom::Start => return false,
        };
        self.restart();
        true
    }

    pub(super) fn restart(&mut self) {
        self.picker = streams::Picker::new(&self.query);
        self.anew |= std::mem::take(&mut self.stopped);
        self.begin_anew();
    }

    /// What is read stands in another book now: forgets where it was in the one before.
    pub(super) fn begin_anew(&mut self) {
        self.follow_end();
        self.leaf = Leaf::default();
        self.top = 0;
        self.held = None;
        self.marks.clear();
        self.names = Names::default();
        self.density = Density::default();
        if self.board.take().is_some_and(|board| board.showing != Showing::List) {
            self.filter = self.scan(&self.filter_text.clone());
        }
        for scan in [&mut self.search, &mut self.filter].into_iter().flatten() {
            *scan = scan.again();
        }
    }

    /// Stops reading. `false`: it was stopped already.
    pub fn stop(&mut self) -> bool {
        !std::mem::replace(&mut self.stopped, true)
    }

    /// The pod that is read, where it is one.
    pub fn pod(&self) -> Option<ObjectRef> {
        let (namespace, name) = self.query.single_pod()?;
        Some(ObjectRef {
            kind: Known::Pod.into(),
            namespace: namespace.into(),
            name: name.clone(),
        })
    }

    /// The workload that is read, where it is one of one namespace.
    pub fn owner(&self) -> Option<ObjectRef> {
        let (Namespaces::Some(names), [Pick::Owner(kind, name)]) = (&self.query.namespaces, self.query.picks.as_slice()) else {
            return None;
        };
        let [namespace] = names.as_slice() else { return None };
        Some(ObjectRef {
            kind: (*kind).into(),
            namespace: namespace.clone(),
            name: name.clone(),
        })
    }

    /// The container that is read, where it is one.
    pub fn container(&self) -> Option<&str> {
        match self.query.containers.as_slice() {
            [one] => Some(one.trim_start_matches('^').trim_end_matches('$')),
            _ => None,
        }
    }

    /// The names of the containers that are or could be read.
    pub fn containers(&self, seen: &EnvStore) -> Vec<String> {
        let Some(pod) = self.pod() else { return Vec::new() };
        let names = |object: &Object| {
            object
                .body
                .pod()
                .map(|pod| pod.containers.iter().map(|c| c.name.to_string()).collect())
                .unwrap_or_default()
        };
        seen.find(&pod).map(names).unwrap_or_default()
    }

    /// The next container of the pod; after the last one all of them.
    pub fn next_container(&mut self, store: &Store) {
        let Some(names) = store.env(self.env).map(|seen| self.containers(seen)) else {
            return;
        };
        if names.len() < 2 {
            return;
        }
        let at = self.container().and_then(|one| names.iter().position(|name| name == one));
        match names.get(at.map_or(0, |at| at + 1)) {
            Some(name) => self.choose_container(&name.clone()),
            None => {
                self.query.containers.clear();
                self.restart();
            }
        }
    }

    /// This container alone.
    pub fn choose_container(&mut self, name: &str) {
        self.query.containers = vec![exactly(name)];
        self.restart();
    }
}
