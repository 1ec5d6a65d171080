//! Resource quotas: what a namespace uses, and what it may not make any more.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::document::{list, set, text};
use super::sight::Pod;
use crate::model::Quantity;
use crate::sim::store::Key;
use crate::sim::world::World;

/// Counts or amounts by name, in thousandths.
type Amounts = BTreeMap<String, i64>;

/// Looks at the quotas of a namespace.
pub fn look(world: &mut World, namespace: &str) {
    let keys: Vec<Key> = world.store.list("resourcequotas", Some(namespace)).map(|q| q.key.clone()).collect();
    for key in keys {
        let Some(quota) = world.store.find(&key).map(|q| q.value()) else {
            continue;
        };
        let used = used(world, namespace, &quota["spec"]["hard"]);
        let used: Value = used
            .into_iter()
            .map(|(name, n)| (name.clone(), json!(tell(&name, n))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        world.update(&key, |o| {
            let hard = o["spec"]["hard"].clone();
            set(o, &["status"], json!({"hard": hard, "used": used}));
        });
    }
}

/// Whether this pod may be made. An error is the API server's message.
pub fn admit_pod(world: &mut World, namespace: &str, name: &str, pod: &Value) -> Result<(), String> {
    let quotas: Vec<Value> = world.store.list("resourcequotas", Some(namespace)).map(|q| q.value()).collect();
    for quota in quotas {
        let hard = &quota["spec"]["hard"];
        let wanted = demand(pod, hard);
        let used = used(world, namespace, hard);
        let limit = |name: &String| Quantity::parse(text(&hard[name])).get().unwrap_or(i64::MAX);
        let over: Vec<&String> = wanted
            .iter()
            .filter(|(name, n)| **n > 0 && used.get(*name).unwrap_or(&0) + **n > limit(name))
            .map(|(name, _)| name)
            .collect();
        if over.is_empty() {
            continue;
        }
        let words = |amounts: &dyn Fn(&String) -> i64| {
            let words: Vec<String> = over.iter().map(|n| format!("{n}={}", tell(n, amounts(n)))).collect();
            words.join(",")
        };
        return Err(format!(
            "pods \"{name}\" is forbidden: exceeded quota: {}, requested: {}, used: {}, limited: {}",
            text(&quota["metadata"]["name"]),
            words(&|n| wanted.get(n).copied().unwrap_or(0)),
            words(&|n| used.get(n).copied().unwrap_or(0)),
            words(&|n| limit(n)),
        ));
    }
    Ok(())
}

/// What a namespace uses of each thing that is limited.
fn used(world: &World, namespace: &str, hard: &Value) -> Amounts {
    let mut used: Amounts = hard.as_object().into_iter().flatten().map(|(name, _)| (name.clone(), 0)).collect();
    let amounts = used.keys().any(|name| resource(name).is_some());
    if amounts || used.contains_key("pods") {
        for pod in world.store.list("pods", Some(namespace)) {
            if Pod::of(pod).ended() {
                continue;
            }
            for (name, n) in demand(&if amounts { pod.value() } else { Value::Null }, hard) {
                *used.entry(name).or_insert(0) += n;
            }
        }
    }
    for (name, n) in &mut used {
        let shelf = name.strip_prefix("count/").unwrap_or(name);
        let counted = matches!(
            shelf,
            "configmaps" | "secrets" | "services" | "persistentvolumeclaims" | "replicationcontrollers" | "resourcequotas"
        );
        if counted || name.starts_with("count/") {
            let shelf = shelf.split_once('.').map_or(shelf, |(shelf, _)| shelf);
            *n = 1000 * i64::try_from(world.store.list(shelf, Some(namespace)).count()).unwrap_or(0);
        }
    }
    used
}

/// What a pod needs of what is limited.
fn demand(pod: &Value, hard: &Value) -> Amounts {
    let names = hard.as_object().into_iter().flatten().map(|(name, _)| name);
    names
        .filter_map(|name| {
            if name == "pods" || name == "count/pods" {
                return Some((name.clone(), 1000));
            }
            let (part, what) = resource(name)?;
            let containers = list(&pod["spec"]["containers"]).iter();
            let sum = containers.fold(Quantity::NONE, |sum, c| {
                sum.plus(Quantity::parse(text(&c["resources"][part][what])))
            });
            Some((name.clone(), sum.get().unwrap_or(0)))
        })
        .collect()
}

/// Where a pod states what this limits.
fn resource(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "cpu" | "requests.cpu" => ("requests", "cpu"),
        "memory" | "requests.memory" => ("requests", "memory"),
        "limits.cpu" => ("limits", "cpu"),
        "limits.memory" => ("limits", "memory"),
        _ => return None,
    })
}

/// An amount as quotas write it: in the largest unit that leaves it whole.
fn tell(name: &str, milli: i64) -> String {
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let whole = milli / 1000;
    if name.ends_with("memory") && whole > 0 {
        for (unit, size) in [("Gi", 1_i64 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
            if whole % size == 0 {
                return format!("{}{unit}", whole / size);
            }
        }
    }
    whole.to_string()
}
