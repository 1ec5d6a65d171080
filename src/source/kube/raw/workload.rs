//! Deployments, replica sets, stateful sets and daemon sets.

use serde::Deserialize;

use super::fields::{Count, Flag, List, Maybe, Text};
use super::managed::ManagedFields;
use super::meta::{Item, RawCondition, RawMeta, RawSelector, conditions};
use super::strings::Strings;
use super::template::RawTemplate;
use crate::model::{Body, Known, Workload};

pub type Deployment<'a> = Item<'a, Spec<'a>, Status<'a>, ManagedFields<'a>>;
pub type ReplicaSet<'a> = Item<'a, Spec<'a>, Status<'a>>;
pub type StatefulSet<'a> = Item<'a, Spec<'a>, Status<'a>, ManagedFields<'a>>;
pub type DaemonSet<'a> = Item<'a, Spec<'a>, DaemonStatus<'a>, ManagedFields<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spec<'a> {
    pub replicas: Count,
    pub paused: Flag,
    #[serde(borrow)]
    pub selector: Maybe<RawSelector<'a>>,
    pub template: Maybe<RawTemplate<'a>>,
    pub strategy: Maybe<Strategy<'a>>,
    pub update_strategy: Maybe<Strategy<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Strategy<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status<'a> {
    pub observed_generation: Option<i64>,
    pub replicas: Count,
    pub updated_replicas: Count,
    pub ready_replicas: Count,
    pub available_replicas: Count,
    #[serde(borrow)]
    pub conditions: List<RawCondition<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DaemonStatus<'a> {
    pub observed_generation: Option<i64>,
    pub desired_number_scheduled: Count,
    pub current_number_scheduled: Count,
    pub updated_number_scheduled: Count,
    pub number_ready: Count,
    pub number_available: Count,
    #[serde(borrow)]
    pub conditions: List<RawCondition<'a>>,
}

pub fn deployment(raw: &Deployment<'_>, strings: &mut Strings) -> Body {
    replicated(Known::Deployment, raw, strings)
}

pub fn replica_set(raw: &ReplicaSet<'_>, strings: &mut Strings) -> Body {
    replicated(Known::ReplicaSet, raw, strings)
}

pub fn stateful_set(raw: &StatefulSet<'_>, strings: &mut Strings) -> Body {
    replicated(Known::StatefulSet, raw, strings)
}

fn replicated<F>(kind: Known, raw: &Item<'_, Spec<'_>, Status<'_>, F>, strings: &mut Strings) -> Body {
    let (spec, status) = (&*raw.spec, &*raw.status);
    let current = status.replicas.get();
    let ready = status.ready_replicas.get();
    Body::Workload(Box::new(Workload {
        kind,
        desired: spec.replicas.or(1),
        current,
        // All pods of a replica set are of its one template.
        updated: if kind == Known::ReplicaSet {
            current
        } else {
            status.updated_replicas.get()
        },
        ready,
        available: match kind {
            // Servers before 1.22 do not count available pods of a stateful set.
            Known::StatefulSet => status.available_replicas.or(ready),
            _ => status.available_replicas.get(),
        },
        paused: spec.paused.yes(),
        conditions: conditions(&status.conditions, strings),
        ..shared(kind, &raw.metadata, spec, status.observed_generation, strings)
    }))
}

pub fn daemon_set(raw: &DaemonSet<'_>, strings: &mut Strings) -> Body {
    let status = &*raw.status;
    Body::Workload(Box::new(Workload {
        desired: status.desired_number_scheduled.get(),
        current: status.current_number_scheduled.get(),
        updated: status.updated_number_scheduled.get(),
        ready: status.number_ready.get(),
        available: status.number_available.get(),
        conditions: conditions(&status.conditions, strings),
        ..shared(Known::DaemonSet, &raw.metadata, &raw.spec, status.observed_generation, strings)
    }))
}

/// What all four have in the same place.
fn shared<F>(kind: Known, meta: &RawMeta<'_, F>, spec: &Spec<'_>, observed: Option<i64>, strings: &mut Strings) -> Workload {
    Workload {
        kind,
        desired: 0,
        current: 0,
        updated: 0,
        ready: 0,
        available: 0,
        paused: false,
        observed: observed.unwrap_or(0) >= meta.generation.unwrap_or(0),
        selector: spec.selector.labels(),
        images: spec.template.images(strings),
        revision: meta.annotations.revision.parse().unwrap_or(0),
        strategy: spec.strategy.kind.or(&spec.update_strategy.kind).clean(),
        change_cause: meta.annotations.change_cause.message(),
        template: spec.template.read(strings),
        node_selector: spec.template.node_selector(),
        conditions: Box::default(),
    }
}
