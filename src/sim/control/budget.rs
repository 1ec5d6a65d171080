//! Pod disruption budgets: how many pods may be missing on purpose.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::conditions::{self, Condition, Style};
use super::document::{Round, number, scaled, set};
use super::selector::Selector;
use super::sight::{Pod, controller_of, selected_pods};
use crate::sim::store::Key;
use crate::sim::world::World;

/// Looks at a budget and the pods that it guards.
pub fn look(world: &mut World, key: &Key) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    let doc = stored.value();
    let selector = Selector::of(&doc["spec"]["selector"]);
    let pods: Vec<Pod> = selected_pods(world, &key.namespace, &selector)
        .into_iter()
        .filter(|p| !p.ended())
        .collect();
    let healthy = pods.iter().filter(|p| p.ready && !p.stored.leaving).count();
    let healthy = i64::try_from(healthy).unwrap_or(0);
    let (expected, desired) = bounds(world, &doc, &pods);
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let now = world.now();
    world.update(key, |o| {
        for (field, n) in [
            ("currentHealthy", healthy),
            ("desiredHealthy", desired),
            ("disruptionsAllowed", allowed),
            ("expectedPods", expected),
            ("observedGeneration", number(&o["metadata"]["generation"], 1)),
        ] {
            set(o, &["status", field], json!(n));
        }
        let generation = number(&o["metadata"]["generation"], 1);
        let (status, reason) = if allowed > 0 {
            ("True", "SufficientPods")
        } else {
            ("False", "InsufficientPods")
        };
        let condition = Condition {
            kind: "DisruptionAllowed",
            status,
            reason,
            message: String::new(),
        };
        conditions::put(o, Style::Plain, now, &condition);
        if let Some(all) = o["status"]["conditions"].as_array_mut() {
            for condition in all {
                condition["observedGeneration"] = json!(generation);
            }
        }
    });
}

/// How many pods there should be, and how many of them have to be healthy.
fn bounds(world: &World, doc: &Value, pods: &[Pod]) -> (i64, i64) {
    let spec = &doc["spec"];
    if let Some(least) = spec["minAvailable"].as_i64() {
        return (i64::try_from(pods.len()).unwrap_or(0), least);
    }
    let expected = expected(world, pods);
    if let Some(missing) = scaled(&spec["maxUnavailable"], expected, Round::Up) {
        return (expected, (expected - missing).max(0));
    }
    (expected, scaled(&spec["minAvailable"], expected, Round::Up).unwrap_or(0))
}

/// What the controllers of the pods are asked for.
fn expected(world: &World, pods: &[Pod]) -> i64 {
    let mut asked: BTreeMap<Key, i64> = BTreeMap::new();
    let mut alone = 0;
    for pod in pods {
        let controller = pod.controller.as_ref().and_then(|c| c.key(&pod.stored.key.namespace));
        let Some(controller) = controller.and_then(|key| world.store.find(&key)) else {
            alone += 1;
            continue;
        };
        let above = controller_of(controller).and_then(|c| c.key(&controller.key.namespace));
        let top = above.and_then(|key| world.store.find(&key)).unwrap_or(controller);
        if !asked.contains_key(&top.key) {
            asked.insert(top.key.clone(), number(&top.value()["spec"]["replicas"], 1));
        }
    }
    asked.values().sum::<i64>() + alone
}
