//! What each server version serves by itself: groups, versions in the order the server prefers them, and kinds.
//!
//! The lists are those of real servers, less what nobody on call reads. Kinds that live in two groups
//! (events, ingresses) share one shelf of the store, as they do in a real cluster.

use std::sync::Arc;

use super::super::version::Version;
use super::{Origin, Served, Sub};

/// One row of the lists below.
#[derive(Clone, Copy)]
struct Row {
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    scope: Scope,
    subresources: &'static [Sub],
    role: Role,
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Namespaced,
    Cluster,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Stored,
    Metrics,
    Review,
}

pub const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const READ: &[&str] = &["get", "list"];
const CREATE: &[&str] = &["create"];
const GET: &[&str] = &["get"];
const OPEN: &[&str] = &["create", "get"];
const CHANGE: &[&str] = &["get", "patch", "update"];
const UPDATE: &[&str] = &["update"];

const fn sub(name: &'static str, kind: &'static str, verbs: &'static [&'static str]) -> Sub {
    Sub {
        name,
        group: "",
        version: "",
        kind,
        verbs,
    }
}

const SCALE: Sub = Sub {
    name: "scale",
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs: CHANGE,
};

const NONE: &[Sub] = &[];
const STATUS: &[Sub] = &[sub("status", "", CHANGE)];
const SCALED: &[Sub] = &[SCALE, sub("status", "", CHANGE)];
const NAMESPACE: &[Sub] = &[sub("finalize", "", UPDATE), sub("status", "", CHANGE)];
const NODE: &[Sub] = &[sub("proxy", "NodeProxyOptions", OPEN), sub("status", "", CHANGE)];
const SERVICE: &[Sub] = &[sub("proxy", "ServiceProxyOptions", OPEN), sub("status", "", CHANGE)];
const fn pod(eviction: &'static str) -> [Sub; 8] {
    [
        sub("attach", "PodAttachOptions", OPEN),
        sub("binding", "Binding", CREATE),
        Sub {
            name: "eviction",
            group: "policy",
            version: eviction,
            kind: "Eviction",
            verbs: CREATE,
        },
        sub("exec", "PodExecOptions", OPEN),
        sub("log", "", GET),
        sub("portforward", "PodPortForwardOptions", OPEN),
        sub("proxy", "PodProxyOptions", OPEN),
        sub("status", "", CHANGE),
    ]
}
/// Old servers have no ephemeral containers unless somebody turned them on.
const POD_OLD: &[Sub] = &pod("v1beta1");
const POD_NEW: &[Sub] = &{
    let [attach, binding, eviction, rest @ ..] = pod("v1");
    let [exec, log, portforward, proxy, status] = rest;
    let ephemeral = sub("ephemeralcontainers", "", CHANGE);
    [attach, binding, ephemeral, eviction, exec, log, portforward, proxy, status]
};

const fn namespaced(
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    subresources: &'static [Sub],
) -> Row {
    Row {
        group,
        version,
        resource,
        kind,
        short,
        scope: Scope::Namespaced,
        subresources,
        role: Role::Stored,
    }
}

const fn cluster(
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    kind: &'static str,
    short: &'static [&'static str],
    subresources: &'static [Sub],
) -> Row {
    Row {
        scope: Scope::Cluster,
        ..namespaced(group, version, resource, kind, short, subresources)
    }
}

const fn role(row: Row, role: Role) -> Row {
    Row { role, ..row }
}

const CORE: &[Row] = &[
    namespaced("", "v1", "configmaps", "ConfigMap", &["cm"], NONE),
    namespaced("", "v1", "endpoints", "Endpoints", &["ep"], NONE),
    namespaced("", "v1", "events", "Event", &["ev"], NONE),
    namespaced("", "v1", "limitranges", "LimitRange", &["limits"], NONE),
    cluster("", "v1", "namespaces", "Namespace", &["ns"], NAMESPACE),
    cluster("", "v1", "nodes", "Node", &["no"], NODE),
    namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", &["pvc"], STATUS),
    cluster("", "v1", "persistentvolumes", "PersistentVolume", &["pv"], STATUS),
    namespaced("", "v1", "pods", "Pod", &["po"], POD_NEW),
    namespaced("", "v1", "replicationcontrollers", "ReplicationController", &["rc"], SCALED),
    namespaced("", "v1", "resourcequotas", "ResourceQuota", &["quota"], STATUS),
    namespaced("", "v1", "secrets", "Secret", &[], NONE),
    namespaced("", "v1", "serviceaccounts", "ServiceAccount", &["sa"], NONE),
    namespaced("", "v1", "services", "Service", &["svc"], SERVICE),
    namespaced("apps", "v1", "controllerrevisions", "ControllerRevision", &[], NONE),
    namespaced("apps", "v1", "daemonsets", "DaemonSet", &["ds"], STATUS),
    namespaced("apps", "v1", "deployments", "Deployment", &["deploy"], SCALED),
    namespaced("apps", "v1", "replicasets", "ReplicaSet", &["rs"], SCALED),
    namespaced("apps", "v1", "statefulsets", "StatefulSet", &["sts"], SCALED),
    namespaced("events.k8s.io", "v1", "events", "Event", &["ev"], NONE),
];

const fn scaler(version: &'static str) -> Row {
    namespaced(
        "autoscaling",
        version,
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &["hpa"],
        STATUS,
    )
}

const fn ingress(group: &'static str, version: &'static str) -> Row {
    namespaced(group, version, "ingresses", "Ingress", &["ing"], STATUS)
}

const OLD: &[Row] = &[
    namespaced("events.k8s.io", "v1beta1", "events", "Event", &["ev"], NONE),
    scaler("v1"),
    scaler("v2beta1"),
    scaler("v2beta2"),
    namespaced("batch", "v1", "jobs", "Job", &[], STATUS),
    namespaced("batch", "v1beta1", "cronjobs", "CronJob", &["cj"], STATUS),
    cluster("networking.k8s.io", "v1", "ingressclasses", "IngressClass", &[], NONE),
    ingress("networking.k8s.io", "v1"),
    namespaced("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", &["netpol"], NONE),
    cluster("networking.k8s.io", "v1beta1", "ingressclasses", "IngressClass", &[], NONE),
    ingress("networking.k8s.io", "v1beta1"),
    ingress("extensions", "v1beta1"),
    namespaced("policy", "v1beta1", "poddisruptionbudgets", "PodDisruptionBudget", &["pdb"], STATUS),
    cluster("policy", "v1beta1", "podsecuritypolicies", "PodSecurityPolicy", &["psp"], NONE),
];

const NEW: &[Row] = &[
    scaler("v2"),
    scaler("v1"),
    namespaced("batch", "v1", "cronjobs", "CronJob", &["cj"], STATUS),
    namespaced("batch", "v1", "jobs", "Job", &[], STATUS),
    cluster("networking.k8s.io", "v1", "ingressclasses", "IngressClass", &[], NONE),
    ingress("networking.k8s.io", "v1"),
    namespaced("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", &["netpol"], NONE),
    namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", &["pdb"], STATUS),
];

const RBAC: &str = "rbac.authorization.k8s.io";
const HOOKS: &str = "admissionregistration.k8s.io";

const TAIL: &[Row] = &[
    cluster(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", &[], NONE),
    cluster(RBAC, "v1", "clusterroles", "ClusterRole", &[], NONE),
    namespaced(RBAC, "v1", "rolebindings", "RoleBinding", &[], NONE),
    namespaced(RBAC, "v1", "roles", "Role", &[], NONE),
    cluster("storage.k8s.io", "v1", "storageclasses", "StorageClass", &["sc"], NONE),
    cluster(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        &["crd", "crds"],
        STATUS,
    ),
    cluster(
        HOOKS,
        "v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        &[],
        NONE,
    ),
    cluster(
        HOOKS,
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        &[],
        NONE,
    ),
    cluster("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", &["pc"], NONE),
    namespaced("coordination.k8s.io", "v1", "leases", "Lease", &[], NONE),
];

const REVIEWS: &[Row] = &[
    role(
        namespaced(
            "authorization.k8s.io",
            "v1",
            "localsubjectaccessreviews",
            "LocalSubjectAccessReview",
            &[],
            NONE,
        ),
        Role::Review,
    ),
    role(
        cluster(
            "authorization.k8s.io",
            "v1",
            "selfsubjectaccessreviews",
            "SelfSubjectAccessReview",
            &[],
            NONE,
        ),
        Role::Review,
    ),
    role(
        cluster(
            "authorization.k8s.io",
            "v1",
            "selfsubjectrulesreviews",
            "SelfSubjectRulesReview",
            &[],
            NONE,
        ),
        Role::Review,
    ),
    role(
        cluster(
            "authorization.k8s.io",
            "v1",
            "subjectaccessreviews",
            "SubjectAccessReview",
            &[],
            NONE,
        ),
        Role::Review,
    ),
];

const WHOAMI: Row = role(
    cluster("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", &[], NONE),
    Role::Review,
);

const METRICS: &[Row] = &[
    role(
        cluster("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", &[], NONE),
        Role::Metrics,
    ),
    role(
        namespaced("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", &[], NONE),
        Role::Metrics,
    ),
];

const fn slices(version: &'static str) -> Row {
    namespaced("discovery.k8s.io", version, "endpointslices", "EndpointSlice", &[], NONE)
}

/// The kinds of the server itself, a group's preferred version first.
pub fn served(version: Version) -> Vec<Arc<Served>> {
    let (middle, slices, reviews): (_, _, &[Row]) = match version {
        Version::V1_20 => (OLD, slices("v1beta1"), &[]),
        Version::V1_36 => (NEW, slices("v1"), &[WHOAMI]),
    };
    let all = [CORE, middle, TAIL, &[slices], REVIEWS, reviews];
    all.concat().iter().map(|row| Arc::new(row.served(version))).collect()
}

/// The kinds of the metrics server.
pub fn metrics(version: Version) -> Vec<Arc<Served>> {
    METRICS.iter().map(|row| Arc::new(row.served(version))).collect()
}

/// The kinds that `kubectl get all` shows.
const COMMON: &[&str] = &[
    "cronjobs",
    "daemonsets",
    "deployments",
    "horizontalpodautoscalers",
    "jobs",
    "pods",
    "replicasets",
    "replicationcontrollers",
    "services",
    "statefulsets",
];

impl Row {
    fn served(&self, version: Version) -> Served {
        let (verbs, shelf, origin) = match self.role {
            Role::Stored => (ALL, self.resource.to_owned(), Origin::Builtin),
            Role::Metrics => (READ, format!("{}.{}", self.resource, self.group), Origin::Metrics),
            Role::Review => (CREATE, String::new(), Origin::Review),
        };
        let category = match self.resource {
            "customresourcedefinitions" => Some("api-extensions"),
            name if COMMON.contains(&name) && self.role == Role::Stored => Some("all"),
            _ => None,
        };
        let subresources = match (version, self.resource) {
            (Version::V1_20, "pods") if self.role == Role::Stored => POD_OLD,
            _ => self.subresources,
        };
        Served {
            group: self.group.to_owned(),
            version: self.version.to_owned(),
            resource: self.resource.to_owned(),
            kind: self.kind.to_owned(),
            singular: self.kind.to_lowercase(),
            short: self.short.iter().map(|s| (*s).to_owned()).collect(),
            categories: category.map(str::to_owned).into_iter().collect(),
            namespaced: self.scope == Scope::Namespaced,
            shelf,
            verbs,
            subresources: subresources.to_vec(),
            origin,
            minor: version.minor(),
        }
    }
}
