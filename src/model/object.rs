//! An object as the store keeps it: the few fields that a screen or a check needs, nothing else.
//!
//! A pod as the API sends it is 5–10 kB; what follows keeps some hundred bytes of it. The conversion
//! happens in `source/kube`, while parsing; the full object is fetched again when it is opened.

use std::sync::Arc;

use super::{Cells, Event, Known, Namespaces, Node, Pod, Time, Uid, Workload, Write, cluster, network, storage};

/// One object of any kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub meta: Meta,
    pub body: Body,
}

/// What every object has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    pub uid: Uid,
    /// Empty for kinds that live outside namespaces. Shared between the objects of a namespace.
    pub namespace: Arc<str>,
    pub name: Box<str>,
    pub created: Time,
    /// When deletion was asked for (with its grace period still to run), else never.
    pub deleting: Time,
    /// The owner that is its controller, else the first owner.
    pub owner: Option<Box<Owner>>,
    pub labels: Labels,
    /// How long the deletion may take, as it was asked for (seconds).
    pub grace: u32,
    /// Finalizers that hold a deletion back, by name.
    pub finalizers: Box<[Arc<str>]>,
    /// Who last wrote what, for the kinds whose changes matter; empty for the others (pods, events …).
    pub writes: Box<[Write]>,
}

/// A reference to an owning object in the same namespace (or to a cluster-wide one).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// API group, without its version.
    pub group: Box<str>,
    /// `ReplicaSet`.
    pub kind: Box<str>,
    pub name: Box<str>,
    pub uid: Uid,
}

/// What differs between kinds. Boxed, so that a table of ten thousand rows is not as wide as its widest kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Pod(Box<Pod>),
    /// Deployments, replica sets, stateful sets and daemon sets: they differ in their kind only.
    Workload(Box<Workload>),
    Job(Box<super::Job>),
    CronJob(Box<super::CronJob>),
    Service(Box<network::Service>),
    EndpointSlice(Box<network::EndpointSlice>),
    Ingress(Box<network::Ingress>),
    NetworkPolicy(Box<network::NetworkPolicy>),
    Claim(Box<storage::Claim>),
    Volume(Box<storage::Volume>),
    Node(Box<Node>),
    Namespace(cluster::Namespace),
    Autoscaler(Box<cluster::Autoscaler>),
    DisruptionBudget(Box<cluster::DisruptionBudget>),
    ServiceAccount(cluster::ServiceAccount),
    Event(Box<Event>),
    /// The server's own printer columns: config maps, secrets and every kind we do not know.
    Cells(Cells),
}

/// Labels in one allocation (`key=value` lines, sorted by key): objects are many, labels are small
/// and are only ever searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Box<str>);

impl Labels {
    /// Packs labels; keys and values are the API's (printable ASCII, no newline or `=` in a key).
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let mut text = String::with_capacity(pairs.iter().map(|(k, v)| k.len() + v.len() + 2).sum());
        for (key, value) in pairs {
            text.push_str(key);
            text.push('=');
            text.extend(value.chars().filter(|c| !c.is_control()));
            text.push('\n');
        }
        Self(text.into())
    }

    /// The pairs, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().filter_map(|line| line.split_once('='))
    }

    /// The value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every pair of `selector` is among these; an empty selector selects nothing, as for a Service.
    pub fn selected_by(&self, selector: &Self) -> bool {
        !selector.is_empty() && selector.iter().all(|(k, v)| self.get(k) == Some(v))
    }
}

/// Where an object is: kind, namespace and name, and the uid once it is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectRef {
    pub kind: super::Kind,
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl ObjectRef {
    /// `deployments/backend` or `deployments/solia/backend`, short enough for a title.
    pub fn label(&self) -> String {
        match &*self.namespace {
            "" => format!("{}/{}", self.kind.resource(), self.name),
            namespace => format!("{}/{namespace}/{}", self.kind.resource(), self.name),
        }
    }

    /// The namespaces a view needs to show this object's neighbours.
    pub fn namespaces(&self) -> Namespaces {
        match &*self.namespace {
            "" => Namespaces::All,
            namespace => Namespaces::one(namespace),
        }
    }
}

impl Object {
    /// Its reference, given the kind of the table that it is in.
    pub fn reference(&self, kind: &super::Kind) -> ObjectRef {
        ObjectRef {
            kind: kind.clone(),
            namespace: self.meta.namespace.clone(),
            name: (*self.meta.name).into(),
        }
    }
}

impl Body {
    /// The pod, if it is one.
    pub fn pod(&self) -> Option<&Pod> {
        match self {
            Self::Pod(pod) => Some(pod),
            _ => None,
        }
    }

    /// The labels that a workload, job or service selects pods by; empty where there are none.
    pub fn pod_selector(&self) -> Option<&Labels> {
        match self {
            Self::Workload(w) => Some(&w.selector),
            Self::Job(j) => Some(&j.selector),
            Self::Service(s) => Some(&s.selector),
            Self::DisruptionBudget(b) => Some(&b.selector),
            _ => None,
        }
    }

    /// The known kind of this body, where the body tells.
    pub fn known(&self) -> Option<Known> {
        Some(match self {
            Self::Pod(_) => Known::Pod,
            Self::Workload(w) => w.kind,
            Self::Job(_) => Known::Job,
            Self::CronJob(_) => Known::CronJob,
            Self::Service(_) => Known::Service,
            Self::EndpointSlice(_) => Known::EndpointSlice,
            Self::Ingress(_) => Known::Ingress,
            Self::NetworkPolicy(_) => Known::NetworkPolicy,
            Self::Claim(_) => Known::PersistentVolumeClaim,
            Self::Volume(_) => Known::PersistentVolume,
            Self::Node(_) => Known::Node,
            Self::Namespace(_) => Known::Namespace,
            Self::Autoscaler(_) => Known::HorizontalPodAutoscaler,
            Self::DisruptionBudget(_) => Known::PodDisruptionBudget,
            Self::ServiceAccount(_) => Known::ServiceAccount,
            Self::Event(_) => Known::Event,
            Self::Cells(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_select_as_a_service_does() {
        let labels = Labels::new([("tier", "web"), ("app", "backend")]);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("app", "backend"), ("tier", "web")]);
        assert!(labels.selected_by(&Labels::new([("app", "backend")])));
        assert!(!labels.selected_by(&Labels::new([("app", "back")])));
        assert!(!labels.selected_by(&Labels::default()), "an empty selector selects nothing");
    }
}
