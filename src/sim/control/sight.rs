//! What controllers look at in a pod, read from its document without building the whole of it.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::selector::Selector;
use crate::sim::store::{Key, Stored};
use crate::sim::world::World;

/// The phase of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

/// The controller of an object, by the reference that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    pub kind: String,
    pub name: String,
    pub uid: String,
}

impl Controller {
    /// Where it lies, if it is one of the kinds that this room knows.
    pub fn key(&self, namespace: &str) -> Option<Key> {
        Some(Key::new(shelf_of(&self.kind)?, namespace, &self.name))
    }
}

/// The shelf of a kind of workload.
pub fn shelf_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Deployment" => "deployments",
        "ReplicaSet" => "replicasets",
        "StatefulSet" => "statefulsets",
        "DaemonSet" => "daemonsets",
        "Job" => "jobs",
        "CronJob" => "cronjobs",
        "Service" => "services",
        _ => return None,
    })
}

/// A pod as controllers see it.
#[derive(Clone, Debug)]
pub struct Pod {
    pub stored: Arc<Stored>,
    pub phase: Phase,
    /// Whether its condition `Ready` is true.
    pub ready: bool,
    /// When the condition `Ready` last changed.
    pub turned: Option<Timestamp>,
    pub created: Option<Timestamp>,
    /// When its kubelet took it.
    pub started: Option<Timestamp>,
    /// When its last container ended.
    pub finished: Option<Timestamp>,
    pub ip: Option<String>,
    pub hostname: Option<String>,
    /// The most restarts of a container, and of all together.
    pub most_restarts: i64,
    pub restarts: i64,
    /// `controller.kubernetes.io/pod-deletion-cost`.
    pub cost: i64,
    pub controller: Option<Controller>,
    /// The claims that its volumes name.
    pub claims: Vec<String>,
}

impl Pod {
    pub fn of(stored: &Arc<Stored>) -> Self {
        let raw: Raw<'_> = serde_json::from_slice(&stored.json).unwrap_or_default();
        let (meta, spec, status) = (
            raw.metadata.unwrap_or_default(),
            raw.spec.unwrap_or_default(),
            raw.status.unwrap_or_default(),
        );
        let ready = status.conditions.iter().flatten().find(|c| c.kind == "Ready");
        let restarts = || status.containers.iter().flatten().map(|c| c.restart_count);
        let ended = |c: &RawContainer<'_>| c.state.as_ref()?.terminated.as_ref()?.finished_at.as_deref()?.parse().ok();
        let controller = meta.owners.iter().flatten().find(|o| o.controller == Some(true));
        let cost = meta.annotations.as_ref().and_then(|a| a.cost.as_deref()?.parse().ok());
        Self {
            phase: match status.phase.as_deref() {
                Some("Running") => Phase::Running,
                Some("Succeeded") => Phase::Succeeded,
                Some("Failed") => Phase::Failed,
                Some("Unknown") => Phase::Unknown,
                _ => Phase::Pending,
            },
            ready: ready.is_some_and(|c| c.status == "True"),
            turned: ready.and_then(|c| c.since.as_deref()?.parse().ok()),
            created: meta.created.as_deref().and_then(|t| t.parse().ok()),
            started: status.start_time.as_deref().and_then(|t| t.parse().ok()),
            finished: status.containers.iter().flatten().filter_map(ended).max(),
            ip: status.pod_ip.filter(|ip| !ip.is_empty()).map(Cow::into_owned),
            hostname: spec.hostname.map(Cow::into_owned),
            most_restarts: restarts().max().unwrap_or(0),
            restarts: restarts().sum(),
            cost: cost.unwrap_or(0),
            controller: controller.map(|o| Controller {
                kind: o.kind.clone().into_owned(),
                name: o.name.clone().into_owned(),
                uid: o.uid.clone().into_owned(),
            }),
            claims: spec
                .volumes
                .iter()
                .flatten()
                .filter_map(|v| Some(v.claim.as_ref()?.name.clone().into_owned()))
                .collect(),
            stored: Arc::clone(stored),
        }
    }

    /// Whether it counts: it has not ended and is not asked to go.
    pub fn active(&self) -> bool {
        !self.stored.leaving && !self.ended()
    }

    pub fn ended(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    /// When it counts as available, if it is ready.
    pub fn available_at(&self, min_ready: i64) -> Option<Timestamp> {
        let since = self.turned.filter(|_| self.ready)?;
        Some(since + jiff::SignedDuration::from_secs(min_ready.max(0)))
    }

    pub fn available(&self, min_ready: i64, now: Timestamp) -> bool {
        match self.available_at(min_ready) {
            Some(at) => at <= now,
            None => self.ready && min_ready <= 0,
        }
    }

    /// Whether nothing that controllers look at differs.
    pub fn looks_like(&self, other: &Self) -> bool {
        (self.phase, self.ready, self.restarts, self.cost, self.stored.leaving)
            == (other.phase, other.ready, other.restarts, other.cost, other.stored.leaving)
            && self.stored.node == other.stored.node
            && self.ip == other.ip
            && self.turned == other.turned
            && self.controller == other.controller
            && self.stored.labels == other.stored.labels
    }
}

/// The pods that an object owns.
pub fn owned_pods(world: &World, uid: &str) -> Vec<Pod> {
    let owned = world.store.owned_by(uid);
    owned.iter().filter(|o| &*o.key.shelf == "pods").map(Pod::of).collect()
}

/// The pods of a namespace that a selector selects.
pub fn selected_pods(world: &World, namespace: &str, selector: &Selector) -> Vec<Pod> {
    let pods = world.store.list("pods", Some(namespace));
    pods.filter(|pod| selector.selects(pod)).map(Pod::of).collect()
}

/// The controller of any object.
pub fn controller_of(stored: &Stored) -> Option<Controller> {
    if stored.owners.is_empty() {
        return None;
    }
    let raw: Owned<'_> = serde_json::from_slice(&stored.json).unwrap_or_default();
    let owners = raw.metadata.unwrap_or_default().owners.unwrap_or_default();
    let owner = owners.into_iter().find(|o| o.controller == Some(true))?;
    Some(Controller {
        kind: owner.kind.into_owned(),
        name: owner.name.into_owned(),
        uid: owner.uid.into_owned(),
    })
}

/// The reference to an owner that controls what carries it.
pub fn reference(kind: &str, api_version: &str, owner: &Stored) -> Value {
    serde_json::json!({
        "apiVersion": api_version, "kind": kind, "name": &*owner.key.name, "uid": &*owner.uid, "controller": true, "blockOwnerDeletion": true,
    })
}

#[derive(Deserialize, Default)]
struct Raw<'a> {
    #[serde(borrow)]
    metadata: Option<RawMeta<'a>>,
    spec: Option<RawSpec<'a>>,
    status: Option<RawStatus<'a>>,
}

#[derive(Deserialize, Default)]
struct Owned<'a> {
    #[serde(borrow)]
    metadata: Option<RawMeta<'a>>,
}

#[derive(Deserialize, Default)]
struct RawMeta<'a> {
    #[serde(rename = "creationTimestamp", borrow)]
    created: Option<Cow<'a, str>>,
    annotations: Option<RawAnnotations<'a>>,
    #[serde(rename = "ownerReferences")]
    owners: Option<Vec<RawOwner<'a>>>,
}

#[derive(Deserialize, Default)]
struct RawAnnotations<'a> {
    #[serde(rename = "controller.kubernetes.io/pod-deletion-cost", borrow)]
    cost: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawOwner<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    name: Cow<'a, str>,
    uid: Cow<'a, str>,
    controller: Option<bool>,
}

#[derive(Deserialize, Default)]
struct RawSpec<'a> {
    #[serde(borrow)]
    hostname: Option<Cow<'a, str>>,
    volumes: Option<Vec<RawVolume<'a>>>,
}

#[derive(Deserialize, Default)]
struct RawVolume<'a> {
    #[serde(rename = "persistentVolumeClaim", borrow)]
    claim: Option<RawClaim<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawClaim<'a> {
    #[serde(rename = "claimName", borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawStatus<'a> {
    #[serde(borrow)]
    phase: Option<Cow<'a, str>>,
    #[serde(rename = "podIP")]
    pod_ip: Option<Cow<'a, str>>,
    start_time: Option<Cow<'a, str>>,
    conditions: Option<Vec<RawCondition<'a>>>,
    #[serde(rename = "containerStatuses")]
    containers: Option<Vec<RawContainer<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawCondition<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    status: Cow<'a, str>,
    #[serde(rename = "lastTransitionTime")]
    since: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawContainer<'a> {
    restart_count: i64,
    #[serde(borrow)]
    state: Option<RawState<'a>>,
}

#[derive(Deserialize, Default)]
struct RawState<'a> {
    #[serde(borrow)]
    terminated: Option<RawTerminated<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawTerminated<'a> {
    #[serde(borrow)]
    finished_at: Option<Cow<'a, str>>,
}
