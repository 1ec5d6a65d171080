//! One environment at one moment, as the checks look at it.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::fault::{PodFault, judge};
use super::index::{Index, feeds};
use super::marks::Marks;
use super::traffic::{Endpoints, Unserved};
use crate::model::{Body, ConditionStatus, Event, FeedKey, KNOWN, Known, Labels, Node, Object, Scope, Subject, Time, Uid, Workload};
use crate::store::{EnvStore, Feed, FeedState};

/// Objects of one kind by namespace and name.
type Names<'a> = HashMap<(&'a str, &'a str), &'a Object>;

/// What is known, with the ways to find it.
pub struct Sight<'a> {
    pub seen: &'a EnvStore,
    pub now: Time,
    index: &'a Index,
    feeds: [Vec<(&'a FeedKey, &'a Feed)>; KNOWN.len()],
    // What follows is worked out when it is first asked for, and then kept for the rest of the look.
    names: [OnceCell<Names<'a>>; KNOWN.len()],
    suspects: [OnceCell<Vec<&'a Object>>; KNOWN.len()],
    faults: OnceCell<Vec<PodFault<'a>>>,
    endpoints: OnceCell<Endpoints<'a>>,
    unserved: OnceCell<Vec<Unserved<'a>>>,
    bereft: OnceCell<HashSet<Uid>>,
}

impl<'a> Sight<'a> {
    /// A look at an environment. The index must have been brought up to date.
    pub fn new(seen: &'a EnvStore, index: &'a Index, now: Time) -> Self {
        Self {
            seen,
            now,
            index,
            feeds: KNOWN.each_ref().map(|info| feeds(seen, info.known)),
            names: [const { OnceCell::new() }; KNOWN.len()],
            suspects: [const { OnceCell::new() }; KNOWN.len()],
            faults: OnceCell::new(),
            endpoints: OnceCell::new(),
            unserved: OnceCell::new(),
            bereft: OnceCell::new(),
        }
    }

    /// What is watched of a kind.
    fn feeds(&self, known: Known) -> &[(&'a FeedKey, &'a Feed)] {
        self.feeds.get(known as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether anything is known of a kind: only then does an absent object mean something.
    pub fn knows(&self, known: Known) -> bool {
        !self.feeds(known).is_empty()
    }

    /// Whether the objects of a kind in this namespace are known.
    pub fn covers(&self, known: Known, namespace: &str) -> bool {
        self.feeds(known).iter().any(|(key, _)| match &key.scope {
            Scope::All => true,
            Scope::Namespace(name) => **name == *namespace,
        })
    }

    /// Whether what is known of a kind is what is so at this moment: no watch of it is broken.
    pub fn is_current(&self, known: Known) -> bool {
        self.knows(known) && self.feeds(known).iter().all(|(_, feed)| feed.state == FeedState::Live)
    }

    /// All objects of a kind, in no order; none where the kind is not known.
    pub fn all(&self, known: Known) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.feeds(known).to_vec().into_iter().flat_map(|(_, feed)| feed.rows())
    }

    /// Looks at each object of a kind; what is found comes by namespace and name.
    pub fn each<T>(&self, known: Known, look: impl Fn(&'a Object) -> Option<T>) -> Vec<T> {
        let mut found: Vec<(&Object, T)> = self.all(known).filter_map(|object| Some((object, look(object)?))).collect();
        found.sort_by_key(|(object, _)| place(object));
        found.into_iter().map(|(_, found)| found).collect()
    }

    /// The pods of a namespace that a selector selects, by name.
    pub fn selected(&self, namespace: &str, selector: &Labels) -> Vec<&'a Object> {
        self.pods(namespace, Marks::labels(selector), |pod| pod.meta.labels.selected_by(selector))
    }

    /// The pods of a namespace that mount a claim, by name.
    pub fn claiming(&self, claim: &Object) -> Vec<&'a Object> {
        let name = &*claim.meta.name;
        let mounts = |pod: &Object| pod.body.pod().is_some_and(|pod| pod.claims.iter().any(|c| **c == *name));
        self.pods(&claim.meta.namespace, Marks::claim(name), mounts)
    }

    /// The pods that an object owns, by name.
    pub fn children(&self, owner: &Object) -> Vec<&'a Object> {
        let uid = owner.meta.uid;
        let owned = |pod: &Object| pod.meta.owner.as_deref().is_some_and(|owner| owner.uid == uid);
        self.pods(&owner.meta.namespace, Marks::owner(uid), owned)
    }

    fn pods(&self, namespace: &str, marks: Marks, counts: impl Fn(&Object) -> bool) -> Vec<&'a Object> {
        let pods = self.index.pods(namespace, marks).filter_map(|uid| self.get(Known::Pod, uid));
        let mut found: Vec<&Object> = pods.filter(|pod| counts(pod)).collect();
        found.sort_by_key(|object| place(object));
        found
    }

    /// The objects of a kind that may be ill, by namespace and name.
    pub fn suspects(&self, known: Known) -> Vec<&'a Object> {
        let Some(kept) = self.suspects.get(known as usize) else {
            return Vec::new();
        };
        let find = || {
            let mut found: Vec<&Object> = self.index.suspects(known).filter_map(|uid| self.get(known, uid)).collect();
            found.sort_by_key(|object| place(object));
            found
        };
        kept.get_or_init(find).clone()
    }

    /// An object by its identity.
    pub fn get(&self, known: Known, uid: Uid) -> Option<&'a Object> {
        self.feeds(known).iter().find_map(|(_, feed)| feed.get(uid))
    }

    /// An object by its name; the namespace does not matter for what lives outside them.
    pub fn named(&self, known: Known, namespace: &str, name: &str) -> Option<&'a Object> {
        let namespaced = known.info().namespaced;
        let space = |namespace| if namespaced { namespace } else { "" };
        let names = self.names.get(known as usize)?.get_or_init(|| {
            let all = self.all(known);
            all.map(|object| ((space(&*object.meta.namespace), &*object.meta.name), object))
                .collect()
        });
        names.get(&(if namespaced { namespace } else { "" }, name)).copied()
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
        let mut found: Vec<(&Object, &Event)> = uids.filter_map(|uid| self.event(*uid)).collect();
        found.sort_by_key(|(object, event)| (std::cmp::Reverse(event.last), object.meta.uid));
        found.into_iter().map(|(_, event)| event).collect()
    }

    fn event(&self, uid: Uid) -> Option<(&'a Object, &'a Event)> {
        let object = self.get(Known::Event, uid)?;
        match &object.body {
            Body::Event(event) => Some((object, event)),
            _ => None,
        }
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
        found.sort_by_key(|(object, set)| std::cmp::Reverse((set.revision, object.meta.created, object.meta.uid)));
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
        let object = self.named(Known::Node, "", name)?;
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

    /// Whether some pods of this owner were lost with a silent node, so that new ones have to be placed elsewhere.
    pub fn is_bereft(&self, owner: Uid) -> bool {
        let lost = self.bereft.get_or_init(|| {
            let mut nodes = self.all(Known::Node).filter_map(|node| match &node.body {
                Body::Node(body) => Some(&**body),
                _ => None,
            });
            if nodes.all(|node| node.ready == ConditionStatus::True) {
                return HashSet::new();
            }
            let pods = self.all(Known::Pod);
            let lost = pods.filter(|object| object.body.pod().is_some_and(|pod| self.is_silent(&pod.node)));
            lost.filter_map(|object| Some(object.meta.owner.as_deref()?.uid)).collect()
        });
        lost.contains(&owner)
    }

    /// What the API server refused to make or to change: the events that say so, the last seen first.
    pub fn refused(&self) -> Vec<(&'a Object, &'a Event)> {
        let mut found: Vec<(&Object, &Event)> = self.index.refused().filter_map(|uid| self.event(uid)).collect();
        found.sort_by_key(|(object, event)| (std::cmp::Reverse(event.last), object.meta.uid));
        found
    }

    /// When a cron job should have started a job after the last time it did; `None`: its schedule cannot be read.
    pub fn due(&self, cron: Uid) -> Option<Time> {
        self.index.due(cron)
    }

    /// What takes traffic, by service.
    pub fn endpoints(&self) -> &Endpoints<'a> {
        self.endpoints.get_or_init(|| Endpoints::of(self))
    }

    /// The services that nothing answers for, by namespace and name.
    pub fn unserved(&self) -> &[Unserved<'a>] {
        self.unserved
            .get_or_init(|| self.each(Known::Service, |service| Unserved::of(self, service)))
    }

    /// What is wrong with pods, each pod once.
    pub fn faults(&self) -> &[PodFault<'a>] {
        self.faults
            .get_or_init(|| self.suspects(Known::Pod).into_iter().filter_map(|pod| judge(self, pod)).collect())
    }
}

/// Where an object stands in a list: by namespace and name, and always at the same place.
fn place(object: &Object) -> (&str, &str, Uid) {
    (&object.meta.namespace, &object.meta.name, object.meta.uid)
}

/// The body of a workload.
pub fn workload(object: &Object) -> Option<&Workload> {
    match &object.body {
        Body::Workload(workload) => Some(workload),
        _ => None,
    }
}
