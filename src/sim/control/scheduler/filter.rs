//! Which nodes a pod may run on, which of them is best, and why none is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::cluster::{Cluster, Node};
use super::demand::{Demand, unbound};
use crate::sim::control::kubelet::Manners;
use crate::sim::control::node::tolerates;
use crate::sim::store::Stored;
use crate::sim::world::World;

/// Why a pod has no place: how many nodes there are, and how many of them for each reason are out of question.
#[derive(Debug, Default)]
pub struct Why {
    nodes: usize,
    reasons: BTreeMap<String, usize>,
    /// Nodes that would not do even if other pods left.
    hopeless: usize,
}

impl Why {
    /// As the scheduler says it: `0/6 nodes are available: 2 Insufficient cpu, 4 node(s) were unschedulable.`
    pub fn message(&self, manners: Manners) -> String {
        let mut reasons: Vec<String> = self.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        reasons.sort_unstable();
        if reasons.is_empty() {
            return "no nodes available to schedule pods".to_owned();
        }
        let all = self.nodes;
        let mut message = format!("0/{all} nodes are available: {}.", reasons.join(", "));
        if manners == Manners::Today {
            let mut rest = Vec::new();
            if self.hopeless > 0 {
                rest.push(format!("{} Preemption is not helpful for scheduling", self.hopeless));
            }
            if all > self.hopeless {
                rest.push(format!("{} No preemption victims found for incoming pod", all - self.hopeless));
            }
            message.push_str(&format!(" preemption: 0/{all} nodes are available: {}.", rest.join(", ")));
        }
        message
    }
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// How bad a node is for a pod: its like there, its like in the zone, the load.
type Rank = (u32, u32, i64);

/// The best node for a pod.
pub fn choose(world: &World, cluster: &Cluster, pod: &Stored, demand: &Demand) -> Result<Arc<str>, Why> {
    let nodes = || cluster.nodes.iter().filter(|(_, node)| node.exists);
    let mut why = Why {
        nodes: nodes().count(),
        ..Why::default()
    };
    if let Some(reason) = unbound(world, &pod.key.namespace, demand) {
        why.hopeless = why.nodes;
        why.reasons.insert(reason, why.nodes);
        return Err(why);
    }
    let spread = spread(world, cluster, pod, demand);
    let mut zones: BTreeMap<&str, u32> = BTreeMap::new();
    let like = |node: &Node| pod.owners.first().and_then(|o| node.owners.get(o)).copied().unwrap_or(0);
    for (_, node) in nodes() {
        *zones.entry(&node.zone).or_default() += like(node);
    }
    let mut best: Option<(Rank, &Arc<str>)> = None;
    for (name, node) in nodes() {
        match fits(world, pod, demand, name, node, cluster.manners, &spread) {
            Ok(()) => {
                // Few of its like there, then in its zone, then the least loaded: ties go by name.
                let load = load(node, demand);
                let rank = (like(node), zones.get(node.zone.as_str()).copied().unwrap_or(0), load);
                if best.as_ref().is_none_or(|(least, _)| rank < *least) {
                    best = Some((rank, name));
                }
            }
            Err(refusal) => {
                why.hopeless += usize::from(refusal.hopeless);
                for reason in refusal.reasons {
                    *why.reasons.entry(reason).or_default() += 1;
                }
            }
        }
    }
    best.map(|(_, name)| Arc::clone(name)).ok_or(why)
}

/// How full a node would be, in thousandths.
fn load(node: &Node, demand: &Demand) -> i64 {
    let share = |used: i64, all: i64| if all > 0 { used.saturating_mul(1000) / all } else { 1000 };
    let cpu = share(node.used.cpu + demand.amounts.cpu, node.allocatable.cpu);
    let memory = share(node.used.memory + demand.amounts.memory, node.allocatable.memory);
    // Pods that ask for nothing are spread all the same.
    (cpu + memory) / 2 + share(node.used.pods, node.allocatable.pods) / 10
}

struct Refusal {
    reasons: Vec<String>,
    hopeless: bool,
}

fn hopeless(reason: impl Into<String>) -> Refusal {
    Refusal {
        reasons: vec![reason.into()],
        hopeless: true,
    }
}

fn fits(
    world: &World,
    pod: &Stored,
    demand: &Demand,
    name: &Arc<str>,
    node: &Node,
    manners: Manners,
    spread: &[Constraint],
) -> Result<(), Refusal> {
    let spec = &node.document["spec"];
    let tolerated = |taint: &Value| elements(&demand.spec["tolerations"]).any(|t| tolerates(t, taint));
    if spec["unschedulable"] == true {
        let taint = serde_json::json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"});
        if !tolerated(&taint) {
            return Err(hopeless("node(s) were unschedulable"));
        }
    }
    let binding = |t: &&Value| matches!(t["effect"].as_str(), Some("NoSchedule" | "NoExecute"));
    if let Some(taint) = elements(&spec["taints"]).filter(binding).find(|t| !tolerated(t)) {
        let text = |field: &str| taint[field].as_str().unwrap_or_default();
        let (key, value) = (text("key"), text("value"));
        return Err(hopeless(match manners {
            Manners::Old => format!("node(s) had taint {{{key}: {value}}}, that the pod didn't tolerate"),
            Manners::Today => format!("node(s) had untolerated taint {{{key}: {value}}}"),
        }));
    }
    if !selected(demand, node) {
        return Err(hopeless(match manners {
            Manners::Old => "node(s) didn't match Pod's node affinity",
            Manners::Today => "node(s) didn't match Pod's node affinity/selector",
        }));
    }
    let taken = |port: &i64| node.host_ports.get(port).is_some_and(|count| *count > 0);
    if demand.host_ports().iter().any(taken) {
        return Err(Refusal {
            reasons: vec!["node(s) didn't have free ports for the requested pod ports".to_owned()],
            hopeless: false,
        });
    }
    resources(demand, node)?;
    for constraint in spread {
        if !constraint.allows(name, node) {
            return Err(Refusal {
                reasons: vec!["node(s) didn't match pod topology spread constraints".to_owned()],
                hopeless: false,
            });
        }
    }
    if !apart(world, pod, demand, name) {
        return Err(Refusal {
            reasons: vec!["node(s) didn't match pod anti-affinity rules".to_owned()],
            hopeless: false,
        });
    }
    Ok(())
}

fn resources(demand: &Demand, node: &Node) -> Result<(), Refusal> {
    let (asked, all, used) = (demand.amounts, node.allocatable, node.used);
    let mut reasons = Vec::new();
    if used.pods + 1 > all.pods {
        reasons.push("Too many pods".to_owned());
    }
    if asked.cpu > 0 && asked.cpu > all.cpu - used.cpu {
        reasons.push("Insufficient cpu".to_owned());
    }
    if asked.memory > 0 && asked.memory > all.memory - used.memory {
        reasons.push("Insufficient memory".to_owned());
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Refusal {
        // More than an empty node has: nobody's leaving would help.
        hopeless: asked.cpu > all.cpu || asked.memory > all.memory,
        reasons,
    })
}

/// Node selector and required node affinity.
fn selected(demand: &Demand, node: &Node) -> bool {
    let labels = &node.document["metadata"]["labels"];
    let selector = demand.spec["nodeSelector"].as_object().into_iter().flatten();
    if !selector.into_iter().all(|(key, value)| labels[key] == *value) {
        return false;
    }
    let required = &demand.spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    if !required.is_object() {
        return true;
    }
    elements(&required["nodeSelectorTerms"]).any(|term| {
        let expressions =
            elements(&term["matchExpressions"]).all(|e| expression(e, labels[e["key"].as_str().unwrap_or_default()].as_str()));
        let name = node.document["metadata"]["name"].as_str();
        expressions && elements(&term["matchFields"]).all(|e| expression(e, name))
    })
}

/// One requirement (`key`, `operator`, `values`) on the value that is there.
fn expression(requirement: &Value, value: Option<&str>) -> bool {
    let values = || elements(&requirement["values"]).filter_map(Value::as_str);
    let number = |text: Option<&str>| text.and_then(|t| t.parse::<i64>().ok());
    match requirement["operator"].as_str().unwrap_or_default() {
        "In" => value.is_some_and(|value| values().any(|v| v == value)),
        "NotIn" => value.is_none_or(|value| values().all(|v| v != value)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => number(value).zip(number(values().next())).is_some_and(|(a, b)| a > b),
        "Lt" => number(value).zip(number(values().next())).is_some_and(|(a, b)| a < b),
        _ => false,
    }
}

/// Whether a pod is one of those that a label selector means.
fn meant(selector: &Value, pod: &Stored) -> bool {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let labels = labels.into_iter().all(|(key, value)| pod.label(key) == value.as_str());
    labels && elements(&selector["matchExpressions"]).all(|e| expression(e, pod.label(e["key"].as_str().unwrap_or_default())))
}

/// Whether a pod's required anti-affinity lets it run beside the pods of a node. Other topologies than the node
/// itself are left to the spreading by owner.
fn apart(world: &World, pod: &Stored, demand: &Demand, node: &str) -> bool {
    let terms = &demand.spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let mut terms = elements(terms).filter(|t| t["topologyKey"] == "kubernetes.io/hostname").peekable();
    if terms.peek().is_none() {
        return true;
    }
    let there = world.store.pods_on(node);
    let mut others = there.iter().filter(|o| !o.leaving && o.key.namespace == pod.key.namespace);
    let terms: Vec<&Value> = terms.collect();
    !others.any(|other| terms.iter().any(|t| meant(&t["labelSelector"], other)))
}

/// A hard rule of spreading: how many pods that it means are in each domain.
struct Constraint {
    key: String,
    skew: u32,
    counts: BTreeMap<String, u32>,
}

impl Constraint {
    fn domain(key: &str, name: &str, node: &Node) -> Option<String> {
        let label = node.document["metadata"]["labels"][key].as_str().map(str::to_owned);
        label.or_else(|| (key == "kubernetes.io/hostname").then(|| name.to_owned()))
    }

    fn allows(&self, name: &str, node: &Node) -> bool {
        let Some(domain) = Self::domain(&self.key, name, node) else {
            return false;
        };
        let least = self.counts.values().copied().min().unwrap_or(0);
        self.counts.get(&domain).copied().unwrap_or(0) < least + self.skew
    }
}

fn spread(world: &World, cluster: &Cluster, pod: &Stored, demand: &Demand) -> Vec<Constraint> {
    let hard = elements(&demand.spec["topologySpreadConstraints"]).filter(|c| c["whenUnsatisfiable"] != "ScheduleAnyway");
    hard.map(|rule| {
        let key = rule["topologyKey"].as_str().unwrap_or_default().to_owned();
        let mut counts = BTreeMap::new();
        // Domains in which it could not run anyway do not count.
        for (name, node) in cluster.nodes.iter().filter(|(_, node)| node.exists && selected(demand, node)) {
            let Some(domain) = Constraint::domain(&key, name, node) else {
                continue;
            };
            let there = world.store.pods_on(name);
            let like = there.iter().filter(|o| !o.leaving && o.key.namespace == pod.key.namespace);
            let like = like.filter(|o| meant(&rule["labelSelector"], o)).count();
            *counts.entry(domain).or_default() += u32::try_from(like).unwrap_or(u32::MAX);
        }
        Constraint {
            key,
            skew: rule["maxSkew"].as_u64().and_then(|s| u32::try_from(s).ok()).unwrap_or(1),
            counts,
        }
    })
    .collect()
}
