//! The stub's memory: objects by shelf, one resource version counter, and the history that watches read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use super::discovery::Metrics;
use super::logs::Log;
use super::served::{Served, Version};

/// Shelf, namespace (empty for cluster-wide kinds), name: the order of a real server's lists.
pub type Key = (&'static str, String, String);

/// One change of one object.
#[derive(Clone)]
pub struct Change {
    pub rv: u64,
    pub shelf: &'static str,
    pub namespace: String,
    /// The object before and after; a created one has no before, a deleted one no after.
    pub before: Option<Arc<Value>>,
    pub after: Option<Arc<Value>>,
}

/// How a forgotten resource version is refused to a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// 200, then one `ERROR` event (what API servers do).
    Event,
    /// HTTP 410 (what some aggregated API servers and proxies do).
    Http,
}

/// A list as it was when its first page was given, for the pages after it.
pub struct Snapshot {
    pub rv: u64,
    pub items: Vec<Arc<Value>>,
}

pub struct World {
    pub version: Version,
    pub metrics: Metrics,
    /// The last resource version given.
    pub rv: u64,
    /// Watches from before this one are refused, in this manner.
    pub compacted: u64,
    pub gone: Gone,
    pub objects: BTreeMap<Key, Arc<Value>>,
    pub history: Vec<Change>,
    pub snapshots: HashMap<u64, Snapshot>,
    pub logs: HashMap<(String, String, String), Log>,
    /// Counts `Stub::bookmark` and `Stub::expire_open_watches`; open watches compare.
    pub bookmarks: u64,
    pub expirations: u64,
    /// The only token that is let in, if any is demanded.
    pub token: Option<String>,
    uids: u64,
}

impl World {
    pub fn new(version: Version) -> Self {
        Self {
            version,
            metrics: Metrics::Served,
            rv: 1000,
            compacted: 1000,
            gone: Gone::Event,
            objects: BTreeMap::new(),
            history: Vec::new(),
            snapshots: HashMap::new(),
            logs: HashMap::new(),
            bookmarks: 0,
            expirations: 0,
            token: None,
            uids: 0,
        }
    }

    /// All that is served now.
    pub fn served(&self) -> Vec<Served> {
        let mut served = self.version.served();
        if self.metrics == Metrics::Absent {
            served.retain(|k| k.group != "metrics.k8s.io");
        }
        served
    }

    /// The kind named `pods`, `deployments`, `widgets.example.com`, `pods.metrics.k8s.io`.
    pub fn kind(&self, name: &str) -> Served {
        let served = self.version.served();
        let found = served
            .iter()
            .find(|k| k.full_name() == name)
            .or_else(|| served.iter().find(|k| k.resource == name));
        *found.unwrap_or_else(|| panic!("the stub serves nothing named {name}"))
    }

    /// Creates or replaces an object. Its uid and creation time stay those of the object that it replaces.
    pub fn put(&mut self, kind: &Served, mut object: Value) -> Arc<Value> {
        let meta = object["metadata"].as_object_mut().expect("metadata");
        let name = meta["name"].as_str().expect("metadata.name").to_owned();
        let namespace = match (kind.namespaced, meta.get("namespace").and_then(Value::as_str)) {
            (true, ns) => ns.unwrap_or("default").to_owned(),
            (false, _) => String::new(),
        };
        let key = (kind.shelf, namespace.clone(), name);
        let before = self.objects.get(&key).cloned();
        self.rv += 1;
        if kind.namespaced {
            meta.insert("namespace".into(), json!(namespace));
        }
        meta.insert("resourceVersion".into(), json!(self.rv.to_string()));
        match &before {
            Some(before) => {
                for field in ["uid", "creationTimestamp"] {
                    meta.insert(field.into(), before["metadata"][field].clone());
                }
            }
            None => {
                self.uids += 1;
                let uid = format!("{:08x}-5eed-4000-8000-{:012x}", self.uids, self.rv);
                meta.entry("uid").or_insert_with(|| json!(uid));
                meta.entry("creationTimestamp")
                    .or_insert_with(|| json!(super::clock::seconds_ago(0)));
            }
        }
        let after = Arc::new(object);
        self.objects.insert(key, Arc::clone(&after));
        self.history.push(Change {
            rv: self.rv,
            shelf: kind.shelf,
            namespace,
            before,
            after: Some(Arc::clone(&after)),
        });
        after
    }

    /// Takes an object away; whether it was there.
    pub fn delete(&mut self, kind: &Served, namespace: &str, name: &str) -> bool {
        let namespace = if kind.namespaced { namespace } else { "" };
        let Some(before) = self.objects.remove(&(kind.shelf, namespace.to_owned(), name.to_owned())) else {
            return false;
        };
        self.rv += 1;
        // The last state is told with the resource version of the deletion.
        let mut last = (*before).clone();
        last["metadata"]["resourceVersion"] = json!(self.rv.to_string());
        self.history.push(Change {
            rv: self.rv,
            shelf: kind.shelf,
            namespace: namespace.to_owned(),
            before: Some(Arc::new(last)),
            after: None,
        });
        true
    }

    pub fn get(&self, kind: &Served, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let namespace = if kind.namespaced { namespace } else { "" };
        self.objects.get(&(kind.shelf, namespace.to_owned(), name.to_owned())).cloned()
    }

    /// The objects of a shelf, of one namespace or of all, in the server's order.
    pub fn list(&self, shelf: &'static str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        let from = (shelf, namespace.unwrap_or_default().to_owned(), String::new());
        self.objects
            .range(from..)
            .take_while(|((s, ns, _), _)| *s == shelf && namespace.is_none_or(|wanted| wanted == ns))
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }

    /// Forgets the past: watches from before now, and continue tokens, are refused.
    pub fn compact(&mut self, gone: Gone) {
        self.rv += 1;
        self.compacted = self.rv;
        self.gone = gone;
        self.snapshots.clear();
    }
}
