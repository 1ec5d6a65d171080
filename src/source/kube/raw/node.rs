//! Nodes and namespaces.

use serde::Deserialize;

use super::fields::{Amount, Count, Flag, List, Maybe, Present, Text, When};
use super::managed::ManagedFields;
use super::meta::{Item, RawCondition, conditions};
use super::strings::Strings;
use crate::model::{self, Body, Condition, Time, clean, cluster, condition};

pub type Node<'a> = Item<'a, Spec<'a>, Status<'a>, ManagedFields<'a>>;
pub type Namespace<'a> = Item<'a, Present, NamespaceStatus<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NamespaceStatus<'a> {
    #[serde(borrow)]
    pub phase: Text<'a>,
}

pub fn namespace(raw: &Namespace<'_>, _: &mut Strings) -> Body {
    Body::Namespace(cluster::Namespace {
        phase: raw.status.phase.clean(),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spec<'a> {
    #[serde(borrow, rename = "providerID")]
    pub provider_id: Text<'a>,
    pub unschedulable: Flag,
    pub taints: List<Taint<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Taint<'a> {
    #[serde(borrow)]
    pub key: Text<'a>,
    pub value: Text<'a>,
    pub effect: Text<'a>,
    /// Of `NoExecute` taints only: when the pods' patience began to run.
    pub time_added: When,
}

/// The taints of a node that has gone silent: pods are put out that do not tolerate them, or no longer.
pub const SILENT: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// Since when a node's pods are being counted out; never, while it is well.
fn silent_since(taints: &[Taint<'_>], conditions: &[Condition]) -> Time {
    let silent = || taints.iter().filter(|t| &*t.effect == "NoExecute" && SILENT.contains(&&*t.key));
    let added = silent().map(|t| t.time_added.0).filter(|t| t.is_known()).min();
    added.unwrap_or_else(|| match condition(conditions, "Ready") {
        Some(ready) if silent().next().is_some() => ready.since,
        _ => Time::NEVER,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status<'a> {
    pub capacity: Maybe<Amounts>,
    pub allocatable: Maybe<Amounts>,
    #[serde(borrow)]
    pub conditions: List<RawCondition<'a>>,
    pub addresses: List<Address<'a>>,
    pub node_info: Maybe<Info<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Amounts {
    pub cpu: Amount,
    pub memory: Amount,
    pub pods: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    pub address: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Info<'a> {
    #[serde(borrow)]
    pub kubelet_version: Text<'a>,
    pub os_image: Text<'a>,
    pub kernel_version: Text<'a>,
    pub container_runtime_version: Text<'a>,
}

pub fn node(raw: &Node<'_>, strings: &mut Strings) -> Body {
    let (spec, status, labels) = (&*raw.spec, &*raw.status, &raw.metadata.labels);
    let conditions = conditions(&status.conditions, strings);
    let mut roles: Vec<&str> = labels
        .iter()
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None if key == "kubernetes.io/role" => Some(value),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    let label = |new: &str, old: &str| match labels.get(new) {
        "" => labels.get(old),
        value => value,
    };
    let address = |kind: &str| {
        status
            .addresses
            .iter()
            .find(|a| &*a.kind == kind)
            .map(|a| a.address.clean())
            .unwrap_or_default()
    };
    let taint = |t: &Taint| {
        let text = match &*t.value {
            "" => format!("{}:{}", &*t.key, &*t.effect),
            value => format!("{}={value}:{}", &*t.key, &*t.effect),
        };
        clean(&text).into()
    };
    // What pods can have; a node that has not yet said so has only its capacity.
    let amounts = if status.allocatable.cpu.0.get().is_some() {
        &status.allocatable
    } else {
        &status.capacity
    };
    Body::Node(Box::new(model::Node {
        ready: condition(&conditions, "Ready").map(|c| c.status).unwrap_or_default(),
        unschedulable: spec.unschedulable.yes(),
        silent_since: silent_since(&spec.taints, &conditions),
        conditions,
        roles: roles.join(",").into(),
        version: strings.get(&status.node_info.kubelet_version),
        taints: spec.taints.iter().map(taint).collect(),
        cpu: amounts.cpu.0,
        memory: amounts.memory.0,
        pods: amounts.pods.get(),
        internal_ip: address("InternalIP"),
        external_ip: address("ExternalIP"),
        os_image: strings.get(&status.node_info.os_image),
        kernel: strings.get(&status.node_info.kernel_version),
        runtime: strings.get(&status.node_info.container_runtime_version),
        instance_type: strings.get(label("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")),
        zone: strings.get(label("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")),
        provider_id: spec.provider_id.clean(),
    }))
}
