//! What each server version serves: groups, versions in the order the server prefers them, and kinds.
//!
//! The lists are those of real servers, less what nobody on call reads. Kinds that live in two groups
//! (events, ingresses) share one shelf of the store, as they do in a real cluster.

/// The server that the stub plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 1.20: plain discovery only, beta CronJobs, no streaming lists.
    V1_20,
    /// 1.36: aggregated discovery, streaming lists, everything in its stable version.
    V1_36,
}

/// One kind in one API version of one group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Served {
    pub group: &'static str,
    pub version: &'static str,
    /// Plural, as in URLs.
    pub resource: &'static str,
    pub kind: &'static str,
    pub short: &'static [&'static str],
    pub namespaced: bool,
    /// Shelf of the store: the same for all versions and homes of a kind.
    pub shelf: &'static str,
    pub verbs: &'static [&'static str],
    /// `pods/log` and the like, with the kind that they answer with.
    pub subresources: &'static [(&'static str, &'static str)],
}

const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list"];
const STATUS: &[(&str, &str)] = &[("status", "")];
const POD: &[(&str, &str)] = &[
    ("attach", "PodAttachOptions"),
    ("eviction", "Eviction"),
    ("exec", "PodExecOptions"),
    ("log", ""),
    ("portforward", "PodPortForwardOptions"),
    ("status", ""),
];

const fn row(
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    namespaced: bool,
) -> Served {
    Served {
        group,
        version,
        resource,
        kind,
        short,
        namespaced,
        shelf: resource,
        verbs: ALL,
        subresources: STATUS,
    }
}

const fn on(mut served: Served, shelf: &'static str) -> Served {
    served.shelf = shelf;
    served
}

const fn with(mut served: Served, subresources: &'static [(&'static str, &'static str)]) -> Served {
    served.subresources = subresources;
    served
}

const fn readable(mut served: Served) -> Served {
    served.verbs = READ;
    served.subresources = &[];
    served
}

const COMMON: &[Served] = &[
    row("", "v1", "configmaps", "ConfigMap", &["cm"], true),
    row("", "v1", "endpoints", "Endpoints", &["ep"], true),
    row("", "v1", "events", "Event", &["ev"], true),
    row("", "v1", "limitranges", "LimitRange", &["limits"], true),
    row("", "v1", "namespaces", "Namespace", &["ns"], false),
    row("", "v1", "nodes", "Node", &["no"], false),
    row("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", &["pvc"], true),
    row("", "v1", "persistentvolumes", "PersistentVolume", &["pv"], false),
    with(row("", "v1", "pods", "Pod", &["po"], true), POD),
    row("", "v1", "replicationcontrollers", "ReplicationController", &["rc"], true),
    row("", "v1", "resourcequotas", "ResourceQuota", &["quota"], true),
    row("", "v1", "secrets", "Secret", &[], true),
    row("", "v1", "serviceaccounts", "ServiceAccount", &["sa"], true),
    row("", "v1", "services", "Service", &["svc"], true),
    row("apps", "v1", "controllerrevisions", "ControllerRevision", &[], true),
    row("apps", "v1", "daemonsets", "DaemonSet", &["ds"], true),
    row("apps", "v1", "deployments", "Deployment", &["deploy"], true),
    row("apps", "v1", "replicasets", "ReplicaSet", &["rs"], true),
    row("apps", "v1", "statefulsets", "StatefulSet", &["sts"], true),
    row("events.k8s.io", "v1", "events", "Event", &["ev"], true),
];

const OLD: &[Served] = &[
    row("events.k8s.io", "v1beta1", "events", "Event", &["ev"], true),
    row(
        "autoscaling",
        "v1",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        true,
    ),
    row(
        "autoscaling",
        "v2beta1",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        true,
    ),
    row(
        "autoscaling",
        "v2beta2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        true,
    ),
    row("batch", "v1", "jobs", "Job", &[], true),
    row("batch", "v1beta1", "cronjobs", "CronJob", &["cj"], true),
    row("networking.k8s.io", "v1", "ingressclasses", "IngressClass", &[], false),
    row("networking.k8s.io", "v1", "ingresses", "Ingress", &["ing"], true),
    row("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", &["netpol"], true),
    row("networking.k8s.io", "v1beta1", "ingressclasses", "IngressClass", &[], false),
    row("networking.k8s.io", "v1beta1", "ingresses", "Ingress", &["ing"], true),
    row("extensions", "v1beta1", "ingresses", "Ingress", &["ing"], true),
    row("policy", "v1beta1", "poddisruptionbudgets", "PodDisruptionBudget", &["pdb"], true),
    row("policy", "v1beta1", "podsecuritypolicies", "PodSecurityPolicy", &["psp"], false),
];

const NEW: &[Served] = &[
    row(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        true,
    ),
    row(
        "autoscaling",
        "v1",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        true,
    ),
    row("batch", "v1", "cronjobs", "CronJob", &["cj"], true),
    row("batch", "v1", "jobs", "Job", &[], true),
    row("networking.k8s.io", "v1", "ingressclasses", "IngressClass", &[], false),
    row("networking.k8s.io", "v1", "ingresses", "Ingress", &["ing"], true),
    row("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", &["netpol"], true),
    row("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", &["pdb"], true),
];

const TAIL: &[Served] = &[
    row("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", &[], false),
    row("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", &[], true),
    row("rbac.authorization.k8s.io", "v1", "roles", "Role", &[], true),
    row("storage.k8s.io", "v1", "storageclasses", "StorageClass", &["sc"], false),
    row(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        &["crd", "crds"],
        false,
    ),
    row("coordination.k8s.io", "v1", "leases", "Lease", &[], true),
];

const SLICES_OLD: Served = row("discovery.k8s.io", "v1beta1", "endpointslices", "EndpointSlice", &[], true);
const SLICES_NEW: Served = row("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", &[], true);
const WIDGETS: Served = row("example.com", "v1", "widgets", "Widget", &["wd"], true);

const METRICS: &[Served] = &[
    readable(on(
        row("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", &[], false),
        "nodes.metrics.k8s.io",
    )),
    readable(on(
        row("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", &[], true),
        "pods.metrics.k8s.io",
    )),
];

impl Version {
    /// Everything that this server serves, a group's preferred version first.
    pub fn served(self) -> Vec<Served> {
        let (middle, slices) = match self {
            Self::V1_20 => (OLD, SLICES_OLD),
            Self::V1_36 => (NEW, SLICES_NEW),
        };
        [COMMON, middle, TAIL, &[slices, WIDGETS], METRICS].concat()
    }

    /// Minor version number.
    pub fn minor(self) -> u32 {
        match self {
            Self::V1_20 => 20,
            Self::V1_36 => 36,
        }
    }
}

impl Served {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, or `pods` for the core group.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }

    /// Path of the collection, of one namespace or of all.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace {
            Some(ns) if self.namespaced => format!("{root}/namespaces/{ns}/{}", self.resource),
            _ => format!("{root}/{}", self.resource),
        }
    }
}
