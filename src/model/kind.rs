//! Kinds of objects: the twenty-one that quarterdeck knows by heart, and every other that a server has.

use std::sync::Arc;

/// A kind with columns of our own. The order is the one the palette offers them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Known {
    Pod,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    Service,
    EndpointSlice,
    Ingress,
    ConfigMap,
    Secret,
    PersistentVolumeClaim,
    PersistentVolume,
    Node,
    Namespace,
    HorizontalPodAutoscaler,
    PodDisruptionBudget,
    NetworkPolicy,
    ServiceAccount,
    Event,
}

/// The fixed facts about a [`Known`] kind: API group, plural resource, kubectl's short names.
#[derive(Debug)]
pub struct KnownInfo {
    pub known: Known,
    /// API group, empty for the core group. The version is the server's choice, never ours.
    pub group: &'static str,
    /// Plural, as in URLs.
    pub resource: &'static str,
    /// `Pod`, as in manifests.
    pub name: &'static str,
    /// What kubectl also accepts, and k9s users type.
    pub short: &'static [&'static str],
    pub namespaced: bool,
}

const fn info(
    known: Known,
    group: &'static str,
    resource: &'static str,
    name: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
) -> KnownInfo {
    KnownInfo {
        known,
        group,
        resource,
        name,
        short,
        namespaced,
    }
}

/// All known kinds, in the order of [`Known`].
pub const KNOWN: [KnownInfo; 21] = [
    info(Known::Pod, "", "pods", "Pod", &["po", "pod"], true),
    info(
        Known::Deployment,
        "apps",
        "deployments",
        "Deployment",
        &["deploy", "dp", "deployment"],
        true,
    ),
    info(Known::ReplicaSet, "apps", "replicasets", "ReplicaSet", &["rs", "replicaset"], true),
    info(
        Known::StatefulSet,
        "apps",
        "statefulsets",
        "StatefulSet",
        &["sts", "statefulset"],
        true,
    ),
    info(Known::DaemonSet, "apps", "daemonsets", "DaemonSet", &["ds", "daemonset"], true),
    info(Known::Job, "batch", "jobs", "Job", &["job", "jo"], true),
    info(Known::CronJob, "batch", "cronjobs", "CronJob", &["cj", "cronjob"], true),
    info(Known::Service, "", "services", "Service", &["svc", "service"], true),
    info(
        Known::EndpointSlice,
        "discovery.k8s.io",
        "endpointslices",
        "EndpointSlice",
        &["eps", "endpointslice"],
        true,
    ),
    info(
        Known::Ingress,
        "networking.k8s.io",
        "ingresses",
        "Ingress",
        &["ing", "ingress"],
        true,
    ),
    info(Known::ConfigMap, "", "configmaps", "ConfigMap", &["cm", "configmap"], true),
    info(Known::Secret, "", "secrets", "Secret", &["sec", "secret"], true),
    info(
        Known::PersistentVolumeClaim,
        "",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        &["pvc"],
        true,
    ),
    info(Known::PersistentVolume, "", "persistentvolumes", "PersistentVolume", &["pv"], false),
    info(Known::Node, "", "nodes", "Node", &["no", "node"], false),
    info(Known::Namespace, "", "namespaces", "Namespace", &["ns", "namespace"], false),
    info(
        Known::HorizontalPodAutoscaler,
        "autoscaling",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        true,
    ),
    info(
        Known::PodDisruptionBudget,
        "policy",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        &["pdb"],
        true,
    ),
    info(
        Known::NetworkPolicy,
        "networking.k8s.io",
        "networkpolicies",
        "NetworkPolicy",
        &["netpol", "np"],
        true,
    ),
    info(
        Known::ServiceAccount,
        "",
        "serviceaccounts",
        "ServiceAccount",
        &["sa", "serviceaccount"],
        true,
    ),
    info(Known::Event, "", "events", "Event", &["ev", "event"], true),
];

impl Known {
    /// The fixed facts about this kind.
    pub fn info(self) -> &'static KnownInfo {
        &KNOWN[self as usize]
    }

    /// The known kind with this API group and resource. Events and ingresses answer to their
    /// second home too (`events.k8s.io`, `extensions`), so that a CRD table never shows them twice.
    pub fn find(group: &str, resource: &str) -> Option<Self> {
        KNOWN.iter().find(|k| k.resource == resource && k.group == group).map(|k| k.known)
    }

    /// The known kind of an owner reference or event (`apps/v1`'s `ReplicaSet` → `ReplicaSet`).
    pub fn of_kind(name: &str) -> Option<Self> {
        KNOWN.iter().find(|k| k.name == name).map(|k| k.known)
    }
}

/// A kind of object on a server, without its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One that we have columns for.
    Known(Known),
    /// Any other: shown with the server's own columns.
    Other(Arc<GroupResource>),
}

/// The server's name of a kind we do not know: `certificates.cert-manager.io`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupResource {
    pub group: Box<str>,
    pub resource: Box<str>,
}

impl Kind {
    /// The kind with this API group and plural resource.
    pub fn of(group: &str, resource: &str) -> Self {
        match Known::find(group, resource) {
            Some(known) => Self::Known(known),
            None => Self::Other(Arc::new(GroupResource {
                group: group.into(),
                resource: resource.into(),
            })),
        }
    }

    /// API group, empty for core.
    pub fn group(&self) -> &str {
        match self {
            Self::Known(k) => k.info().group,
            Self::Other(gr) => &gr.group,
        }
    }

    /// Plural resource name, as shown in titles and typed in the palette.
    pub fn resource(&self) -> &str {
        match self {
            Self::Known(k) => k.info().resource,
            Self::Other(gr) => &gr.resource,
        }
    }

    /// The known kind, if it is one.
    pub fn known(&self) -> Option<Known> {
        match self {
            Self::Known(k) => Some(*k),
            Self::Other(_) => None,
        }
    }

    /// Whether it is this known kind.
    pub fn is(&self, known: Known) -> bool {
        self.known() == Some(known)
    }
}

impl From<Known> for Kind {
    fn from(known: Known) -> Self {
        Self::Known(known)
    }
}

/// A kind as one server serves it: what discovery told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedKind {
    pub kind: Kind,
    /// The version the server prefers for this group, among those that have the resource.
    pub version: Box<str>,
    /// `Deployment`, `Certificate`.
    pub name: Box<str>,
    pub short: Vec<Box<str>>,
    pub namespaced: bool,
    /// Whether it can be listed / watched; what cannot be listed is not offered.
    pub list: bool,
    pub watch: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_known_kinds_is_in_order_and_names_are_unique() {
        let mut names = std::collections::HashMap::new();
        for (i, k) in KNOWN.iter().enumerate() {
            assert_eq!(k.known as usize, i, "{}", k.name);
            for name in k.short.iter().chain([&k.resource]) {
                assert_eq!(names.insert(*name, k.name), None, "{name} stands for two kinds");
            }
            assert_eq!(Kind::of(k.group, k.resource), Kind::Known(k.known));
        }
    }
}
