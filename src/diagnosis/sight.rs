//! One environment at one moment, as the checks look at it.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::fault::{PodFault, judge};
use super::index::{Index, feeds};
use crate::model::{Body, ConditionStatus, Event, Known, Node, Object, Subject, Time, Uid, Workload};
use crate::store::{EnvStore, Feed};

/// What is known, with the ways to find it.
pub struct Sight<'a> {
    pub seen: &'a EnvStore,
    pub now: Time,
    index: &'a Index,
    feeds: HashMap<Known, Vec<&'a Feed>>,
    nodes: HashMap<&'a str, &'a Object>,
    deployments: HashMap<(&'a str, &'a str), &'a Object>,
    faults: OnceCell<Vec<PodFault<'a>>>,
}

impl<'a> Sight<'a> {
    /// A look at an environment. The index must have been brought up to date.
    pub fn new(seen: &'a EnvStore, index: &'a Index, now: Time) -> Self {
        let kinds: HashSet<Known> = seen.feeds().filter_map(|(key, _)| key.kind.known()).collect();
        let feeds = kinds
            .into_iter()
            .map(|known| (known, feeds(seen, known).into_iter().map(|(_, feed)| feed).collect()))
            .collect();
        let mut sight = Self {
            seen,
            now,
            index,
            feeds,
            nodes: HashMap::new(),
            deployments: HashMap::new(),
            faults: OnceCell::new(),
        };
        sight.nodes = sight.all(Known::Node).map(|node| (&*node.meta.name, node)).collect();
        sight.deployments = sight
            .all(Known::Deployment)
            .map(|d| ((&*d.meta.namespace, &*d.meta.name), d))
            .collect();
        sight
    }

    /// Whether anything is known of a kind: only then does an absent object mean something.
    pub fn knows(&self, known: Known) -> bool {
        self.feeds.get(&known).is_some_and(|feeds| !feeds.is_empty())
    }

    /// All objects of a kind, in no order; none where the kind is not known.
    pub fn all(&self, known: Known) -> impl Iterator<Item = &'a Object> + use<'a> {
        let feeds: Vec<&'a Feed> = self.feeds.get(&known).cloned().unwrap_or_default();
        feeds.into_iter().flat_map(Feed::rows)
    }

    /// The objects of a kind that may be ill, by namespace and name.
    pub fn suspects(&self, known: Known) -> Vec<&'a Object> {
        let mut found: Vec<&Object> = self.index.suspects(known).filter_map(|uid| self.get(known, uid)).collect();
        found.sort_by(|a, b| (&a.meta.namespace, &a.meta.name).cmp(&(&b.meta.namespace, &b.meta.name)));
        found
    }

    /// An object by its identity.
    pub fn get(&self, known: Known, uid: Uid) -> Option<&'a Object> {
        self.feeds.get(&known)?.iter().find_map(|feed| feed.get(uid))
    }

    /// An object by its name.
    pub fn named(&self, known: Known, namespace: &str, name: &str) -> Option<&'a Object> {
        match known {
            Known::Node => self.nodes.get(name).copied(),
            Known::Deployment => self.deployments.get(&(namespace, name)).copied(),
            _ => self
                .all(known)
                .find(|object| *object.meta.name == *name && *object.meta.namespace == *namespace),
        }
    }

    /// Events about an object, the last seen first.
    pub fn events(&self, about: &Object) -> Vec<&'a Event> {
        self.events_of(&[about.meta.uid])
    }

    /// Events about whatever has this identity, the last seen first.
    pub fn events_about(&self, uid: Uid) -> Vec<&'a Event> {
        self.events_of(&[uid])
    }

    /// Events about a node: the kubelet reports them under its name, the controllers under its uid.
    pub fn node_events(&self, node: &Object) -> Vec<&'a Event> {
        self.events_of(&[node.meta.uid, Uid::parse(&node.meta.name)])
    }

    fn events_of(&self, about: &[Uid]) -> Vec<&'a Event> {
        let uids = about.iter().flat_map(|uid| self.index.events(*uid));
        let mut found: Vec<&Event> = uids
            .filter_map(|uid| match &self.get(Known::Event, *uid)?.body {
                Body::Event(event) => Some(&**event),
                _ => None,
            })
            .collect();
        found.sort_by_key(|event| std::cmp::Reverse(event.last));
        found
    }

    /// The replica sets of a deployment, the newest revision first.
    pub fn revisions(&self, deployment: &Object) -> Vec<(&'a Object, &'a Workload)> {
        let sets = self.index.revisions(deployment.meta.uid).iter();
        let mut found: Vec<_> = sets
            .filter_map(|uid| {
                let object = self.get(Known::ReplicaSet, *uid)?;
                Some((object, workload(object)?))
            })
            .collect();
        found.sort_by_key(|(object, set)| std::cmp::Reverse((set.revision, object.meta.created)));
        found
    }

    /// The object that owns this one, where its kind is watched.
    pub fn owner(&self, object: &Object) -> Option<(Known, &'a Object)> {
        let owner = object.meta.owner.as_deref()?;
        let known = Known::of_kind(&owner.kind)?;
        if let Some(found) = self.get(known, owner.uid) {
            return Some((known, found));
        }
        // Where replica sets are not watched, their name still tells whose they are: `NAME-HASH`.
        if known == Known::ReplicaSet && !self.knows(known) {
            let (name, _) = owner.name.rsplit_once('-')?;
            return Some((Known::Deployment, self.named(Known::Deployment, &object.meta.namespace, name)?));
        }
        None
    }

    /// What stands at the top of the owners: the deployment of a pod. The object itself, where nothing owns it.
    pub fn top(&self, known: Known, object: &'a Object) -> (Known, &'a Object) {
        let mut top = (known, object);
        // Owners cannot form a ring on a sane server; four steps are more than any real chain has.
        for _ in 0..4 {
            match self.owner(top.1) {
                Some(owner) => top = owner,
                None => break,
            }
        }
        top
    }

    /// What stands at the top, told without needing to know more of it than an owner reference says.
    pub fn top_subject(&self, known: Known, object: &'a Object) -> Subject {
        let (known, top) = self.top(known, object);
        match top.meta.owner.as_deref() {
            Some(owner) if &*owner.kind != "Node" => match Known::of_kind(&owner.kind) {
                Some(kind) => Subject {
                    kind: kind.into(),
                    namespace: top.meta.namespace.clone(),
                    name: (*owner.name).into(),
                    uid: owner.uid,
                },
                None => Subject::of(known, top),
            },
            _ => Subject::of(known, top),
        }
    }

    /// The node of this name, if nodes are watched and it is there.
    pub fn node(&self, name: &str) -> Option<(&'a Object, &'a Node)> {
        let object = self.nodes.get(name)?;
        match &object.body {
            Body::Node(node) => Some((object, node)),
            _ => None,
        }
    }

    /// Whether a node of this name is known to be silent, or gone: what its pods last said no longer holds.
    pub fn is_silent(&self, name: &str) -> bool {
        if name.is_empty() || !self.knows(Known::Node) {
            return false;
        }
        self.node(name).is_none_or(|(_, node)| node.ready != ConditionStatus::True)
    }

    /// What is wrong with pods, each pod once.
    pub fn faults(&self) -> &[PodFault<'a>] {
        self.faults
            .get_or_init(|| self.suspects(Known::Pod).into_iter().filter_map(|pod| judge(self, pod)).collect())
    }
}

/// The body of a workload.
pub fn workload(object: &Object) -> Option<&Workload> {
    match &object.body {
        Body::Workload(workload) => Some(workload),
        _ => None,
    }
}
