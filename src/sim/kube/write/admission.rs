//! What a cluster adds to new objects, or why it does not take them: limit ranges, quotas, addresses, the volume
//! with a service account's token.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Writing, defaults, refuse};
use crate::model::Quantity;
use crate::sim::defaults::Token;
use crate::sim::kube::{Status, Version};
use crate::sim::world::{Life, World};

pub(super) fn admit(world: &mut World, writing: &Writing<'_>, object: &mut Value) -> Result<(), Status> {
    match writing.kind.kind.as_str() {
        "Service" => addresses(world, writing.version, object),
        "Pod" => {
            limits(world, writing.target.place(), object);
            if world.life() == Life::Alive {
                token(writing.version, object);
            }
        }
        _ => {}
    }
    quota(world, writing, object)
}

/// Requests and limits of containers that state none, from the namespace's limit ranges.
fn limits(world: &World, namespace: &str, pod: &mut Value) {
    let ranges: Vec<Value> = world.store.list("limitranges", Some(namespace)).map(|r| r.value()).collect();
    let all = ranges.iter().flat_map(|r| r["spec"]["limits"].as_array().into_iter().flatten());
    let ours: Vec<&Value> = all.filter(|l| l["type"] == "Container").collect();
    if ours.is_empty() {
        return;
    }
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    for list in ["initContainers", "containers"] {
        for one in defaults::each(spec, list) {
            let Some(resources) = defaults::within(one, "resources") else {
                continue;
            };
            for limit in &ours {
                for (field, default) in [("limits", "default"), ("requests", "defaultRequest")] {
                    let Some(amounts) = limit[default].as_object().filter(|a| !a.is_empty()) else {
                        continue;
                    };
                    if let Some(own) = defaults::within(resources, field) {
                        for (name, amount) in amounts {
                            defaults::or(own, name, amount.clone());
                        }
                    }
                }
            }
        }
    }
    let class = defaults::qos_class(&pod["spec"]);
    if let Some(status) = pod.get_mut("status").and_then(Value::as_object_mut) {
        status.insert("qosClass".to_owned(), json!(class));
    }
}

/// Every container finds the token of its service account.
fn token(version: Version, pod: &mut Value) {
    let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
    let ending: String = uid.chars().filter(char::is_ascii_alphanumeric).take(5).collect();
    let token = match version {
        Version::V1_20 => Token::Secret,
        Version::V1_36 => Token::Projected,
    };
    token.mount(pod, &ending);
}

/// A free number that follows from the name.
fn free(name: &str, count: u64, taken: impl Fn(u64) -> bool) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let first = hash % count;
    (0..count).map(|step| (first + step) % count).find(|n| !taken(*n)).unwrap_or(first)
}

/// Gives a service its address and its node ports, where it needs and has none.
pub(super) fn addresses(world: &World, version: Version, service: &mut Value) {
    let name = format!("{}/{}", service["metadata"]["namespace"], service["metadata"]["name"]);
    let kind = service["spec"]["type"].as_str().unwrap_or_default().to_owned();
    let Some(spec) = service.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    if kind == "ExternalName" {
        for field in ["clusterIP", "clusterIPs"] {
            spec.remove(field);
        }
        return;
    }
    let others: Vec<Value> = world.store.list("services", None).map(|s| s.value()["spec"].clone()).collect();
    if spec.get("clusterIP").and_then(Value::as_str).is_none_or(str::is_empty) {
        // 10.100.0.0/16; its first addresses belong to the cluster itself.
        let address = |n: u64| format!("10.100.{}.{}", n / 254, n % 254 + 1);
        let number = free(&name, 65_024 - 254, |n| others.iter().any(|s| s["clusterIP"] == *address(n + 254)));
        spec.insert("clusterIP".to_owned(), json!(address(number + 254)));
    }
    let own = spec.get("clusterIP").cloned().unwrap_or_default();
    spec.insert("clusterIPs".to_owned(), json!([own]));
    if version == Version::V1_20 {
        for field in ["ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"] {
            spec.remove(field);
        }
    }
    if !matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        return;
    }
    let used = |n: u64| {
        let ports = others.iter().flat_map(|s| s["ports"].as_array().into_iter().flatten());
        ports.map(|p| &p["nodePort"]).any(|p| *p == 30_000 + n)
    };
    let mut given: Vec<u64> = Vec::new();
    for port in defaults::each(spec, "ports") {
        if port.get("nodePort").and_then(Value::as_u64).unwrap_or(0) == 0 {
            let number = free(&name, 2_768, |n| used(n) || given.contains(&n));
            given.push(number);
            port.insert("nodePort".to_owned(), json!(30_000 + number));
        }
    }
}

/// How much of what a quota limits an object would use: by the names that quotas use.
fn usage(kind: &str, resource: &str, group: &str, object: &Value) -> BTreeMap<String, i64> {
    let mut usage = BTreeMap::new();
    let full = if group.is_empty() {
        resource.to_owned()
    } else {
        format!("{resource}.{group}")
    };
    usage.insert(format!("count/{full}"), 1000);
    match kind {
        "Pod" => {
            usage.insert("pods".to_owned(), 1000);
            for one in object["spec"]["containers"].as_array().into_iter().flatten() {
                for which in ["requests", "limits"] {
                    for (name, amount) in one["resources"][which].as_object().into_iter().flatten() {
                        let amount = amount.as_str().and_then(|a| Quantity::parse(a).get()).unwrap_or(0);
                        let names = match which {
                            "requests" => vec![format!("requests.{name}"), name.clone()],
                            _ => vec![format!("limits.{name}")],
                        };
                        for name in names {
                            *usage.entry(name).or_default() += amount;
                        }
                    }
                }
            }
        }
        "Service" | "ConfigMap" | "Secret" | "PersistentVolumeClaim" | "ResourceQuota" => {
            usage.insert(resource.to_owned(), 1000);
        }
        _ => {}
    }
    usage
}

/// A namespace's quotas must have room for the object.
fn quota(world: &World, writing: &Writing<'_>, object: &Value) -> Result<(), Status> {
    let namespace = writing.target.place();
    if namespace.is_empty() {
        return Ok(());
    }
    let kind = writing.kind;
    let wanted = usage(&kind.kind, &kind.resource, &kind.group, object);
    for quota in world.store.list("resourcequotas", Some(namespace)) {
        let document = quota.value();
        let hard = document["spec"]["hard"].as_object().cloned().unwrap_or_default();
        let touched: Vec<&String> = hard.keys().filter(|name| wanted.contains_key(*name)).collect();
        if touched.is_empty() {
            continue;
        }
        let mut used: BTreeMap<String, i64> = BTreeMap::new();
        for other in world.store.list(&kind.shelf, Some(namespace)) {
            let other = other.value();
            if matches!(other["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
                continue;
            }
            for (name, amount) in usage(&kind.kind, &kind.resource, &kind.group, &other) {
                *used.entry(name).or_default() += amount;
            }
        }
        let amount = |name: &str| {
            hard.get(name)
                .and_then(Value::as_str)
                .and_then(|a| Quantity::parse(a).get())
                .unwrap_or(i64::MAX)
        };
        let over: Vec<&&String> = touched
            .iter()
            .filter(|name| {
                used.get(**name)
                    .copied()
                    .unwrap_or(0)
                    .saturating_add(wanted.get(**name).copied().unwrap_or(0))
                    > amount(name)
            })
            .collect();
        if over.is_empty() {
            continue;
        }
        let told = |amounts: &dyn Fn(&str) -> String| -> String {
            let pairs: Vec<String> = over.iter().map(|name| format!("{name}={}", amounts(name))).collect();
            pairs.join(",")
        };
        let print = |amounts: &BTreeMap<String, i64>, name: &str| printed(name, amounts.get(name).copied().unwrap_or(0));
        let why = format!(
            "exceeded quota: {}, requested: {}, used: {}, limited: {}",
            quota.key.name,
            told(&|name| print(&wanted, name)),
            told(&|name| print(&used, name)),
            told(&|name| hard.get(name).and_then(Value::as_str).unwrap_or_default().to_owned())
        );
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        return Err(refuse::forbidden(kind, name, &why));
    }
    Ok(())
}

/// An amount in thousandths, as quotas print it.
fn printed(name: &str, thousandths: i64) -> String {
    let whole = thousandths / 1000;
    if name.ends_with("memory") || name.ends_with("storage") {
        let units = [("Gi", 1_i64 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
        let unit = units.iter().find(|(_, size)| whole > 0 && whole % size == 0);
        return unit.map_or_else(|| whole.to_string(), |(unit, size)| format!("{}{unit}", whole / size));
    }
    if thousandths % 1000 == 0 {
        return whole.to_string();
    }
    format!("{thousandths}m")
}
