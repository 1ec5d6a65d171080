//! A node.

use serde_json::Value;

use super::header::conditions;
use super::page::{Fields, Page, Parts};
use super::read::{at, is_true, list, map, scalar, text};
use crate::model::{Quantity, Time};
use crate::ui::theme::Role;

/// Everything about a node that is not in its header.
pub fn node(page: &mut Page, document: &Value, now: Time) {
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
        let addresses = list(status, "/addresses")
            .iter()
            .map(|address| Parts::from(text(address, "/address")).and(Role::Muted, format!(" {}", text(address, "/type"))));
        fields.lines("Addresses", addresses.collect());
        let ranges: Vec<_> = list(spec, "/podCIDRs").iter().map(scalar).collect();
        fields.add(
            "Pod addresses",
            if ranges.is_empty() {
                text(spec, "/podCIDR").to_owned()
            } else {
                ranges.join(", ")
            },
        );
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
    conditions(page, document, now);
    let rows: Vec<_> = map(status, "/capacity")
        .map(|(name, capacity)| {
            let allocatable = at(status, "/allocatable").get(name).unwrap_or(&Value::Null);
            vec![
                name.as_str().into(),
                amount(name, capacity).into(),
                amount(name, allocatable).into(),
            ]
        })
        .collect();
    page.section("Resources", |page| page.table(&["RESOURCE", "CAPACITY", "ALLOCATABLE"], rows));
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
