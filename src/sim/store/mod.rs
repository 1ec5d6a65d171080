//! Objects as a cluster keeps them: JSON documents by shelf, namespace and name, one counter of versions, and
//! the history that watches read. It knows nothing of kinds: a shelf is a name (`pods`, `widgets.example.com`).
//!
//! A document is held as compact JSON *without* `kind` and `apiVersion`: those depend on the version in which it
//! is told, and are put before it without parsing.

mod history;
mod stored;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use history::{Change, Compacted, History};
pub use stored::{Key, Stored};

/// RFC 3339 in whole seconds, as objects carry it.
pub fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// RFC 3339 in microseconds, as leases and newer events carry it.
pub fn micros(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// RFC 3339 in nanoseconds, as log lines carry it.
pub fn nanos(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

type Names = BTreeMap<(Arc<str>, Arc<str>), Arc<Stored>>;

/// All objects, and their past.
#[derive(Debug)]
pub struct Store {
    shelves: HashMap<Arc<str>, Names>,
    by_owner: HashMap<Arc<str>, BTreeSet<Key>>,
    by_node: HashMap<Arc<str>, BTreeSet<Key>>,
    pub history: History,
    rv: u64,
    chance: fastrand::Rng,
}

impl Store {
    /// An empty store; the seed decides its uids.
    pub fn new(seed: u64) -> Self {
        Self {
            shelves: HashMap::new(),
            by_owner: HashMap::new(),
            by_node: HashMap::new(),
            history: History::new(1000),
            rv: 1000,
            chance: fastrand::Rng::with_seed(seed ^ 0x5eed_0bec),
        }
    }

    /// The last resource version given.
    pub fn rv(&self) -> u64 {
        self.rv
    }

    pub fn get(&self, shelf: &str, namespace: &str, name: &str) -> Option<&Arc<Stored>> {
        // A BTreeMap of pairs cannot be asked by borrowed pairs; short names make two allocations cheap.
        self.shelves.get(shelf)?.get(&(Arc::from(namespace), Arc::from(name)))
    }

    pub fn find(&self, key: &Key) -> Option<&Arc<Stored>> {
        self.shelves
            .get(&key.shelf)?
            .get(&(Arc::clone(&key.namespace), Arc::clone(&key.name)))
    }

    /// The objects of a shelf, of one namespace or of all, by namespace and name.
    pub fn list<'a>(&'a self, shelf: &str, namespace: Option<&str>) -> impl Iterator<Item = &'a Arc<Stored>> + use<'a> {
        let wanted: Option<Arc<str>> = namespace.map(Arc::from);
        let from = Bound::Included((wanted.clone().unwrap_or_else(|| Arc::from("")), Arc::from("")));
        let names = self.shelves.get(shelf);
        names.into_iter().flat_map(move |names| {
            let wanted = wanted.clone();
            names
                .range((from.clone(), Bound::Unbounded))
                .take_while(move |((ns, _), _)| wanted.as_ref().is_none_or(|w| w == ns))
                .map(|(_, stored)| stored)
        })
    }

    /// The names of all shelves, in order.
    pub fn shelves(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = self.shelves.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// How many objects a shelf holds.
    pub fn count(&self, shelf: &str) -> usize {
        self.shelves.get(shelf).map_or(0, BTreeMap::len)
    }

    /// The objects whose `ownerReferences` name this uid, by key.
    pub fn owned_by(&self, uid: &str) -> Vec<Arc<Stored>> {
        self.indexed(self.by_owner.get(uid))
    }

    /// The pods bound to a node.
    pub fn pods_on(&self, node: &str) -> Vec<Arc<Stored>> {
        self.indexed(self.by_node.get(node))
    }

    fn indexed(&self, keys: Option<&BTreeSet<Key>>) -> Vec<Arc<Stored>> {
        keys.into_iter().flatten().filter_map(|key| self.find(key).cloned()).collect()
    }

    /// Creates or replaces an object. It needs `metadata.name`; `metadata.namespace` makes it namespaced. Uid and
    /// creation time stay those of the object that it replaces; a new one gets them unless it brings them along.
    /// A document without a name is kept under the empty one.
    pub fn put(&mut self, shelf: &str, mut object: Value, now: Timestamp) -> Arc<Stored> {
        let key = Key::of(shelf, &object);
        let before = self.find(&key).cloned();
        self.rv += 1;
        let rv = self.rv;
        let uid = match &before {
            Some(before) => before.uid.to_string(),
            None => object["metadata"]["uid"].as_str().map_or_else(|| self.new_uid(), str::to_owned),
        };
        if let Some(fields) = object.as_object_mut() {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        let created = match &before {
            Some(before) => Some(before.created.to_string()),
            None => object["metadata"]["creationTimestamp"].as_str().map(str::to_owned),
        };
        let meta = &mut object["metadata"];
        meta["uid"] = json!(uid);
        meta["resourceVersion"] = json!(rv.to_string());
        meta["creationTimestamp"] = json!(created.unwrap_or_else(|| seconds(now)));
        let stored = Arc::new(Stored::new(key, rv, &object));
        self.index(before.as_ref(), Some(&stored));
        self.shelves.entry(Arc::clone(&stored.key.shelf)).or_default().insert(
            (Arc::clone(&stored.key.namespace), Arc::clone(&stored.key.name)),
            Arc::clone(&stored),
        );
        self.history.push(Change {
            rv,
            at: now,
            before,
            after: Some(Arc::clone(&stored)),
        });
        stored
    }

    /// Changes an object. A change that changes nothing writes nothing, as in a real cluster. `None`: it is not there.
    pub fn update(&mut self, key: &Key, now: Timestamp, change: impl FnOnce(&mut Value)) -> Option<Arc<Stored>> {
        let stored = self.find(key).cloned()?;
        let mut after = stored.value();
        change(&mut after);
        // Written the same way, the same document is the same text.
        if after.to_string().as_bytes() == &*stored.json {
            return Some(stored);
        }
        Some(self.put(&key.shelf, after, now))
    }

    /// Takes an object away, whatever its finalizers say. Returns its last state, which bears the version of the
    /// deletion.
    pub fn remove(&mut self, key: &Key, now: Timestamp) -> Option<Arc<Stored>> {
        let place = (Arc::clone(&key.namespace), Arc::clone(&key.name));
        let before = self.shelves.get_mut(&key.shelf)?.remove(&place)?;
        self.index(Some(&before), None);
        self.rv += 1;
        let mut object = before.value();
        object["metadata"]["resourceVersion"] = json!(self.rv.to_string());
        let last = Arc::new(Stored::new(key.clone(), self.rv, &object));
        self.history.push(Change {
            rv: self.rv,
            at: now,
            before: Some(Arc::clone(&last)),
            after: None,
        });
        Some(last)
    }

    /// Gives the next version to nothing, as a cluster's counter moves by things that no client sees. Returns it.
    pub fn pass_version(&mut self) -> u64 {
        self.rv += 1;
        self.rv
    }

    /// Forgets the past: watches from before now are refused.
    pub fn compact(&mut self) {
        self.rv += 1;
        self.history.forget(self.rv);
    }

    fn index(&mut self, before: Option<&Arc<Stored>>, after: Option<&Arc<Stored>>) {
        for (map, ids) in [
            (&mut self.by_owner, (before.map(|s| &s.owners[..]), after.map(|s| &s.owners[..]))),
            (
                &mut self.by_node,
                (before.map(|s| s.node.as_slice()), after.map(|s| s.node.as_slice())),
            ),
        ] {
            if ids.0 == ids.1 {
                continue;
            }
            for (id, stored) in ids.0.into_iter().flatten().zip(before.into_iter().cycle()) {
                if let Some(set) = map.get_mut(id) {
                    set.remove(&stored.key);
                }
            }
            for (id, stored) in ids.1.into_iter().flatten().zip(after.into_iter().cycle()) {
                map.entry(Arc::clone(id)).or_default().insert(stored.key.clone());
            }
        }
    }

    /// A random (version 4) uid, the same for the same seed.
    pub fn new_uid(&mut self) -> String {
        let (a, b) = (self.chance.u64(..), self.chance.u64(..));
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, owner: &str) -> Value {
        json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"namespace": "default", "name": name,
            "labels": {"app": "web"}, "ownerReferences": [{"uid": owner, "kind": "ReplicaSet", "name": "web"}]},
            "spec": {"nodeName": "node-1"}})
    }

    #[test]
    fn an_object_keeps_its_uid_and_its_birth_and_gets_new_versions() {
        let mut store = Store::new(1);
        let first = store.put("pods", pod("a", "u1"), Timestamp::UNIX_EPOCH);
        let later = Timestamp::from_second(100).unwrap();
        let key = first.key.clone();
        let second = store.update(&key, later, |o| o["status"] = json!({"phase": "Running"})).unwrap();
        assert_eq!(first.uid, second.uid);
        assert_eq!(second.value()["metadata"]["creationTimestamp"], "1970-01-01T00:00:00Z");
        assert!(second.rv > first.rv);
        assert!(second.value().get("kind").is_none());
        let same = store.update(&key, later, |o| o["status"] = json!({"phase": "Running"})).unwrap();
        assert_eq!(same.rv, second.rv, "a change that changes nothing writes nothing");
    }

    #[test]
    fn owners_and_nodes_are_found_until_the_object_goes() {
        let mut store = Store::new(1);
        let now = Timestamp::UNIX_EPOCH;
        let a = store.put("pods", pod("a", "u1"), now);
        store.put("pods", pod("b", "u2"), now);
        assert_eq!(store.owned_by("u1").len(), 1);
        assert_eq!(store.pods_on("node-1").len(), 2);
        store.update(&a.key, now, |o| o["metadata"]["ownerReferences"] = json!([]));
        assert!(store.owned_by("u1").is_empty());
        store.remove(&a.key, now);
        assert_eq!(store.pods_on("node-1").len(), 1);
        assert_eq!(store.list("pods", Some("default")).count(), 1);
        assert_eq!(store.list("pods", Some("other")).count(), 0);
    }

    #[test]
    fn the_history_tells_what_happened_since_and_says_when_it_is_forgotten() {
        let mut store = Store::new(1);
        let now = Timestamp::UNIX_EPOCH;
        let a = store.put("pods", pod("a", "u1"), now);
        let b = store.put("pods", pod("b", "u1"), now);
        store.remove(&a.key, now);
        let since: Vec<u64> = store.history.since(a.rv).unwrap().map(|c| c.rv).collect();
        assert_eq!(since, [b.rv, store.rv()]);
        store.compact();
        assert!(store.history.since(a.rv).is_err());
        assert_eq!(store.history.since(store.rv()).unwrap().count(), 0);
    }

    #[test]
    fn the_same_seed_gives_the_same_uids() {
        assert_eq!(Store::new(7).new_uid(), Store::new(7).new_uid());
        assert_ne!(Store::new(7).new_uid(), Store::new(8).new_uid());
    }
}
