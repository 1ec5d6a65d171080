//! The nodes and what is asked of them, kept true by following the store's history.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use memchr::memmem;
use serde_json::{Value, json};

use super::demand::{Amounts, Demand, amounts};
use crate::sim::control::kubelet::Manners;
use crate::sim::store::{Change, Key, Store, Stored};

/// A node, as far as placing goes.
#[derive(Debug, Default)]
pub struct Node {
    pub allocatable: Amounts,
    pub used: Amounts,
    /// `{"metadata": {"name", "labels"}, "spec": {"taints", "unschedulable"}}`
    pub document: Value,
    /// The node's conditions play no part: taints say the same.
    pub zone: String,
    /// How many pods of each owner are there.
    pub owners: HashMap<Arc<str>, u32>,
    pub host_ports: HashMap<i64, u32>,
    /// Whether there is an object of it; pods may be bound to a name that is none.
    pub exists: bool,
}

/// What a pod that is bound takes.
#[derive(Debug)]
struct Share {
    node: Arc<str>,
    amounts: Amounts,
    owner: Option<Arc<str>>,
    host_ports: Vec<i64>,
}

/// All nodes, and what their pods take.
#[derive(Debug, Default)]
pub struct Cluster {
    pub nodes: BTreeMap<Arc<str>, Node>,
    shares: HashMap<Arc<str>, Share>,
    told: u64,
    pub manners: Manners,
}

/// What has happened since the last time.
#[derive(Debug, Default)]
pub struct News {
    pub unplaced: Vec<Key>,
    pub gone: Vec<Key>,
    /// Whether a pod that had no place might have one now.
    pub moved: bool,
}

fn over(pod: &Stored) -> bool {
    let has = |text: &[u8]| memmem::find(&pod.json, text).is_some();
    has(b"\"phase\":\"Succeeded\"") || has(b"\"phase\":\"Failed\"")
}

impl Cluster {
    /// Reads what has happened.
    pub fn catch_up(&mut self, store: &Store) -> News {
        let mut news = News::default();
        match store
            .history
            .since(self.told)
            .map_err(|_| ())
            .and_then(|changes| if self.told == 0 { Err(()) } else { Ok(changes) })
        {
            Ok(changes) => {
                for change in changes {
                    self.follow(change, &mut news);
                }
            }
            Err(()) => self.read(store, &mut news),
        }
        self.told = store.rv();
        news
    }

    /// Reads everything anew.
    fn read(&mut self, store: &Store, news: &mut News) {
        self.nodes.clear();
        self.shares.clear();
        for node in store.list("nodes", None) {
            self.node(node);
        }
        for pod in store.list("pods", None) {
            match &pod.node {
                Some(_) if !over(pod) => self.hold(pod),
                None if !pod.leaving => news.unplaced.push(pod.key.clone()),
                _ => {}
            }
        }
        news.moved = true;
    }

    fn follow(&mut self, change: &Change, news: &mut News) {
        let Some(object) = change.object() else { return };
        match &*object.key.shelf {
            "pods" => match &change.after {
                Some(pod) if pod.node.is_some() => {
                    if over(pod) {
                        news.moved |= self.release(&pod.uid);
                    } else if !self.shares.contains_key(&pod.uid) {
                        self.hold(pod);
                    }
                    if change.before.as_ref().is_some_and(|before| before.node.is_none()) {
                        news.gone.push(pod.key.clone());
                    }
                }
                Some(pod) if pod.leaving => news.gone.push(pod.key.clone()),
                Some(pod) => news.unplaced.push(pod.key.clone()),
                None => {
                    news.moved |= self.release(&object.uid);
                    news.gone.push(object.key.clone());
                }
            },
            "nodes" => match &change.after {
                Some(node) => news.moved |= self.node(node),
                None => {
                    if let Some(node) = self.nodes.get_mut(&object.key.name) {
                        node.exists = false;
                    }
                    news.moved = true;
                }
            },
            "persistentvolumeclaims" => news.moved = true,
            _ => {}
        }
    }

    /// Reads a node; whether it is another place now than it was.
    fn node(&mut self, stored: &Stored) -> bool {
        let mut value = stored.value();
        let allocatable = Amounts::of(&value["status"]["allocatable"]);
        let version = value["status"]["nodeInfo"]["kubeletVersion"].as_str().unwrap_or_default();
        if !version.is_empty() {
            self.manners = Manners::of(version);
        }
        let labels = value["metadata"]["labels"].take();
        let zone = labels["topology.kubernetes.io/zone"].as_str().unwrap_or_default().to_owned();
        let document = json!({"metadata": {"name": &*stored.key.name, "labels": labels},
            "spec": {"taints": value["spec"]["taints"].take(), "unschedulable": value["spec"]["unschedulable"].take()}});
        let node = self.nodes.entry(Arc::clone(&stored.key.name)).or_default();
        let same = node.exists && node.allocatable == allocatable && node.document == document;
        (node.allocatable, node.document, node.zone, node.exists) = (allocatable, document, zone, true);
        !same
    }

    /// A pod has been bound just now.
    pub fn bind(&mut self, pod: &Stored, demand: &Demand) {
        if !self.shares.contains_key(&pod.uid) {
            self.share(pod, demand.amounts, demand.host_ports());
        }
    }

    fn hold(&mut self, pod: &Stored) {
        let demand = Demand::of(pod);
        self.share(pod, amounts(&demand.spec), demand.host_ports());
    }

    fn share(&mut self, pod: &Stored, amounts: Amounts, host_ports: Vec<i64>) {
        let Some(name) = pod.node.clone() else { return };
        let node = self.nodes.entry(Arc::clone(&name)).or_default();
        node.used.add(amounts);
        let owner = pod.owners.first().cloned();
        if let Some(owner) = &owner {
            *node.owners.entry(Arc::clone(owner)).or_default() += 1;
        }
        for port in &host_ports {
            *node.host_ports.entry(*port).or_default() += 1;
        }
        let share = Share {
            node: name,
            amounts,
            owner,
            host_ports,
        };
        self.shares.insert(Arc::clone(&pod.uid), share);
    }

    /// A pod takes nothing any more; whether it did.
    fn release(&mut self, uid: &Arc<str>) -> bool {
        let Some(share) = self.shares.remove(uid) else { return false };
        let Some(node) = self.nodes.get_mut(&share.node) else {
            return true;
        };
        node.used.take(share.amounts);
        if let Some(count) = share.owner.and_then(|owner| node.owners.get_mut(&owner)) {
            *count = count.saturating_sub(1);
        }
        for port in share.host_ports {
            if let Some(count) = node.host_ports.get_mut(&port) {
                *count = count.saturating_sub(1);
            }
        }
        true
    }
}
