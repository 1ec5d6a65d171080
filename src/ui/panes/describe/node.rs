//! A node.

use serde_json::Value;

use super::condition::conditions;
use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::read::{at, is_true, joined, list, map, scalar, text, when};
use crate::model::{Container, Known, Phase, Pod, Quantity, Role as Part, Time};
use crate::ui::theme::Role;

/// Everything about a node that is not in its header.
pub fn node(page: &mut Page, document: &Value, around: &Neighbours<'_>, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Node", |page| {
        let mut fields = Fields::default();
        let roles: Vec<_> = map(document, "/metadata/labels")
            .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role.to_owned()),
                None if key == "kubernetes.io/role" => Some(scalar(value)),
                None => None,
            })
            .collect();
        fields.add("Roles", if roles.is_empty() { "none".to_owned() } else { roles.join(", ") });
        if is_true(spec, "/unschedulable") {
            fields.add("Scheduling", Parts::of(Role::Warning, "off (cordoned)"));
        }
        let taints = list(spec, "/taints").iter().map(|taint| {
            let value = match text(taint, "/value") {
                "" => String::new(),
                value => format!("={value}"),
            };
            Parts::of(Role::Warning, format!("{}{value}:{}", text(taint, "/key"), text(taint, "/effect")))
        });
        fields.lines("Taints", taints.collect());
        // The kubelet proves its life by a lease, which is another object; this time may be minutes old on a well node.
        let ready = list(status, "/conditions")
            .iter()
            .find(|c| text(c, "/type") == "Ready" && text(c, "/reason") != "NodeStatusNeverUpdated");
        fields.add("Last status", ready.map(|c| when(c, "/lastHeartbeatTime", now)).unwrap_or_default());
        let addresses = list(status, "/addresses")
            .iter()
            .map(|address| Parts::from(text(address, "/address")).and(Role::Muted, format!(" {}", text(address, "/type"))));
        fields.lines("Addresses", addresses.collect());
        let ranges = joined(spec, "/podCIDRs");
        let ranges = if ranges.is_empty() {
            text(spec, "/podCIDR").to_owned()
        } else {
            ranges
        };
        fields.add("Pod addresses", ranges);
        fields.add("Provider id", text(spec, "/providerID"));
        let info = at(status, "/nodeInfo");
        for (name, pointer) in [
            ("Kubelet", "/kubeletVersion"),
            ("Container runtime", "/containerRuntimeVersion"),
            ("Kernel", "/kernelVersion"),
            ("Operating system", "/osImage"),
            ("Architecture", "/architecture"),
            ("Machine id", "/machineID"),
            ("Boot id", "/bootID"),
        ] {
            fields.add(name, text(info, pointer));
        }
        let (images, volumes) = (list(status, "/images").len(), list(status, "/volumesAttached").len());
        if images > 0 {
            fields.add("Images", images.to_string());
        }
        if volumes > 0 {
            fields.add("Volumes attached", volumes.to_string());
        }
        page.fields(fields);
    });
    conditions(page, &Known::Node.into(), document, now);
    resources(page, status, around);
}

/// What the node has, what of it pods may have, and what those on it ask for and may take.
fn resources(page: &mut Page, status: &Value, around: &Neighbours<'_>) {
    let pods: Option<Vec<&Pod>> = around.pods.as_ref().map(|pods| {
        let pods = pods.iter().filter_map(|pod| pod.body.pod());
        // A pod that has ended has given back what it had.
        pods.filter(|pod| !matches!(pod.phase, Phase::Succeeded | Phase::Failed)).collect()
    });
    let rows: Vec<_> = map(status, "/capacity")
        .map(|(name, capacity)| {
            let allocatable = at(status, "/allocatable").get(name).unwrap_or(&Value::Null);
            let mut row: Vec<Parts> = vec![
                name.as_str().into(),
                amount(name, capacity).into(),
                amount(name, allocatable).into(),
            ];
            let room = Quantity::parse(&scalar(allocatable));
            if let Some(pods) = &pods {
                row.extend(taken(name, pods).into_iter().map(|taken| share(name, taken, room)));
            }
            row
        })
        .collect();
    let head: &[&str] = match &pods {
        Some(_) => &["RESOURCE", "CAPACITY", "ALLOCATABLE", "REQUESTED", "LIMITS"],
        None => &["RESOURCE", "CAPACITY", "ALLOCATABLE"],
    };
    page.section("Resources", |page| page.table(head, rows));
}

/// Requests and limits of all pods together, for the resources that are kept of a pod.
fn taken(name: &str, pods: &[&Pod]) -> Vec<Quantity> {
    let sum = |of: fn(&Container) -> Quantity| pods.iter().map(|pod| effective(pod, of)).fold(Quantity::NONE, Quantity::plus);
    match name {
        "cpu" => vec![sum(|c| c.cpu_request), sum(|c| c.cpu_limit)],
        "memory" => vec![sum(|c| c.memory_request), sum(|c| c.memory_limit)],
        "pods" => vec![Quantity::whole(i64::try_from(pods.len()).unwrap_or(i64::MAX))],
        _ => Vec::new(),
    }
}

/// What a pod asks for: its containers together, or its greediest init container, which runs before them, if that is more.
fn effective(pod: &Pod, of: fn(&Container) -> Quantity) -> Quantity {
    let init = pod.containers.iter().filter(|c| c.role == Part::Init).map(of).max();
    pod.total(of).max(init.unwrap_or_default())
}

/// `160m, 8%`
fn share(name: &str, taken: Quantity, room: Quantity) -> Parts {
    let taken = if taken == Quantity::NONE { Quantity::whole(0) } else { taken };
    let amount = match name {
        _ if taken == Quantity::whole(0) => "0".to_owned(),
        "memory" => taken.memory(),
        "cpu" => taken.cpu(),
        _ => taken.get().map(|n| (n / 1000).to_string()).unwrap_or_default(),
    };
    let percent = taken.percent_of(room).map_or_else(String::new, |percent| format!(", {percent}%"));
    Parts::from(amount).and(Role::Muted, percent)
}

/// Bytes in a unit that can be read; everything else as it is.
fn amount(name: &str, value: &Value) -> String {
    let text = scalar(value);
    let bytes = name == "memory" || name.contains("storage") || name.starts_with("hugepages");
    match Quantity::parse(&text) {
        quantity if bytes && quantity.get().is_some() => quantity.memory(),
        _ => text,
    }
}
