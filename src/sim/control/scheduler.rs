//! The scheduler: pods that wait are placed on nodes with room for them.
//!
//! It keeps sums of what is asked of each node, and follows the store's history to keep them true, so that placing
//! a pod costs a look at each node and none at the pods that are there.

mod cluster;
mod demand;
mod events;
mod filter;
#[cfg(test)]
mod tests;

use crate::sim::defaults::qos_class;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Tasks, kubelet};
use crate::sim::store::{Change, Key};
use crate::sim::world::{self, Tone, World};

use cluster::Cluster;
use demand::Demand;

/// A pod that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    tries: u32,
    /// Not before, however much changes.
    patience: Timestamp,
    /// At last, even if nothing changes.
    again: Timestamp,
}

/// What it remembers besides objects.
#[derive(Debug, Default)]
pub struct State {
    cluster: Cluster,
    waiting: BTreeMap<Key, Waiting>,
}

/// A pod that cannot be placed is tried again after this time, whatever happens.
const AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// It takes this long until the scheduler sees a pod.
const SEES: SignedDuration = SignedDuration::from_millis(30);

/// What it has to look at because of a change.
pub fn on_change(world: &World, change: &Change, tasks: &mut Tasks) {
    let Some(object) = change.object() else { return };
    let waits = !world.control.scheduler.waiting.is_empty();
    let soon = match &*object.key.shelf {
        "pods" => match &change.after {
            Some(pod) => pod.node.is_none() && !pod.leaving && change.before.as_ref().is_none_or(|b| b.node.is_some()),
            None => waits,
        },
        // What a heartbeat writes is no news; the cluster's own reading tells.
        "nodes" | "persistentvolumeclaims" => waits,
        _ => false,
    };
    if soon {
        tasks.push((SEES, super::Task::Schedule));
    }
}

/// It looks at everything.
pub fn on_everything(_world: &World, tasks: &mut Tasks) {
    tasks.push((SEES, super::Task::Schedule));
}

/// It tries to place the pods that wait.
pub fn run(world: &mut World) {
    let now = world.now();
    let mut state = std::mem::take(&mut world.control.scheduler);
    let news = state.cluster.catch_up(&world.store);
    for key in news.gone {
        state.waiting.remove(&key);
    }
    for key in news.unplaced {
        let fresh = Waiting {
            tries: 0,
            patience: now,
            again: now,
        };
        state.waiting.entry(key).or_insert(fresh);
    }
    let due: Vec<Key> = state
        .waiting
        .iter()
        .filter(|(_, waiting)| waiting.again <= now || (news.moved && waiting.patience <= now))
        .map(|(key, _)| key.clone())
        .collect();
    for (key, demand) in ordered(world, due) {
        match place(world, &mut state.cluster, &key, &demand) {
            Placed::Gone | Placed::Bound => {
                state.waiting.remove(&key);
            }
            Placed::Not => {
                if let Some(waiting) = state.waiting.get_mut(&key) {
                    let wait = (1_i64 << waiting.tries.min(4)).min(10);
                    waiting.tries += 1;
                    waiting.patience = now + SignedDuration::from_secs(wait);
                    waiting.again = now + AGAIN;
                }
            }
        }
    }
    // Something has moved: those that tried a moment ago try when their patience has ended.
    if news.moved {
        for waiting in state.waiting.values_mut().filter(|w| w.patience > now) {
            waiting.again = waiting.again.min(waiting.patience);
        }
    }
    let next = state.waiting.values().map(|waiting| waiting.again).min();
    world.control.scheduler = state;
    if let Some(next) = next {
        world.after(next.duration_since(now), world::Task::Control(super::Task::Schedule));
    }
}

/// The pods with what they ask for: the important ones first, then the older ones.
fn ordered(world: &World, keys: Vec<Key>) -> Vec<(Key, Demand)> {
    let read = keys.into_iter().map(|key| {
        let demand = world.store.find(&key).map(|pod| Demand::of(pod)).unwrap_or_default();
        (key, demand)
    });
    let mut list: Vec<(Key, Demand)> = read.collect();
    list.sort_by(|(a_key, a), (b_key, b)| {
        let rank = |d: &Demand| (std::cmp::Reverse(d.priority), d.created.clone());
        rank(a).cmp(&rank(b)).then_with(|| a_key.cmp(b_key))
    });
    list
}

enum Placed {
    Bound,
    Not,
    /// It has gone, or waits no more.
    Gone,
}

fn place(world: &mut World, cluster: &mut Cluster, key: &Key, demand: &Demand) -> Placed {
    let Some(stored) = world.store.find(key).cloned() else {
        return Placed::Gone;
    };
    if stored.node.is_some() || stored.leaving {
        return Placed::Gone;
    }
    if demand.scheduler != "default-scheduler" {
        return Placed::Gone;
    }
    let manners = cluster.manners;
    let now = world.now();
    match filter::choose(world, cluster, &stored, demand) {
        Ok(node) => {
            demand::claim(world, &stored.key.namespace, demand, &node);
            let bound = world.update(key, |pod| {
                pod["spec"]["nodeName"] = json!(&*node);
                if !pod["status"].is_object() {
                    pod["status"] = json!({"phase": "Pending"});
                }
                if let Some(list) = conditions(pod) {
                    kubelet::set_condition(list, "PodScheduled", "True", None, now);
                }
            });
            let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
            events::tell(world, &stored, Tone::Normal, ("Scheduled", "Binding"), message);
            if let Some(bound) = bound {
                cluster.bind(&bound, demand);
            }
            Placed::Bound
        }
        Err(why) => {
            let message = why.message(manners);
            events::tell(world, &stored, Tone::Warning, ("FailedScheduling", "Scheduling"), message.clone());
            world.update(key, |pod| {
                if !pod["status"].is_object() {
                    pod["status"] = json!({"phase": "Pending"});
                }
                if pod["status"].get("qosClass").is_none() {
                    pod["status"]["qosClass"] = json!(qos_class(&pod["spec"]));
                }
                if let Some(list) = conditions(pod) {
                    let why = ("Unschedulable", Some(message));
                    kubelet::set_condition(list, "PodScheduled", "False", Some(why), now);
                }
            });
            Placed::Not
        }
    }
}

/// The conditions of a pod, made if need be.
fn conditions(pod: &mut serde_json::Value) -> Option<&mut Vec<serde_json::Value>> {
    if !pod["status"]["conditions"].is_array() {
        pod["status"]["conditions"] = json!([]);
    }
    pod["status"]["conditions"].as_array_mut()
}
