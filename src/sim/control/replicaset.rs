//! Replica sets: as many pods as asked for, made and removed.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::conditions::{self, Condition, Style};
use super::document::{count, number, set};
use super::selector::Selector;
use super::sight::{Pod, owned_pods};
use super::voice::Voice;
use super::{Task, pods, ranking};
use crate::sim::store::{Key, Stored};
use crate::sim::world::{Task as Due, World};

const VOICE: Voice = Voice {
    kind: "ReplicaSet",
    api_version: "apps/v1",
    component: "replicaset-controller",
};

/// The most pods that are made or removed in one go.
const BURST: usize = 500;

/// After this it tries again to make pods that it was not allowed to make.
const RETRY: SignedDuration = SignedDuration::from_secs(20);

/// Looks at a replica set and its pods.
pub fn look(world: &mut World, key: &Key) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    let set = stored.value();
    release(world, &stored, &set);
    let failure = if stored.leaving { None } else { manage(world, &stored, &set) };
    if failure.is_some() {
        world.after(RETRY, Due::Control(Task::ReplicaSet(key.clone())));
    }
    tell(world, &stored, &set, failure);
}

/// Lets go of pods whose labels it does not select any more.
fn release(world: &mut World, stored: &Stored, set: &Value) {
    let selector = Selector::of(&set["spec"]["selector"]);
    for pod in world.store.owned_by(&stored.uid) {
        if &*pod.key.shelf == "pods" && !pod.leaving && !selector.is_empty() && !selector.selects(&pod) {
            world.update(&pod.key, |o| {
                if let Some(owners) = o["metadata"]["ownerReferences"].as_array_mut() {
                    owners.retain(|owner| owner["uid"] != *stored.uid);
                }
            });
        }
    }
}

/// Makes what is missing and removes what is too much. Returns what went wrong.
fn manage(world: &mut World, stored: &Stored, set: &Value) -> Option<String> {
    let mut active: Vec<Pod> = owned_pods(world, &stored.uid).into_iter().filter(Pod::active).collect();
    let wanted = usize::try_from(number(&set["spec"]["replicas"], 1)).unwrap_or(0);
    if active.len() < wanted {
        let missing = (wanted - active.len()).min(BURST);
        for _ in 0..missing {
            if let Err(message) = pods::make_and_tell(world, stored, &VOICE, &set["spec"]["template"], |_| {}) {
                return Some(message);
            }
        }
    } else if active.len() > wanted {
        let surplus = (active.len() - wanted).min(BURST);
        if wanted > 0 {
            ranking::sort(world, stored, &mut active);
        }
        for pod in active.iter().take(surplus) {
            pods::remove_and_tell(world, stored, &VOICE, &pod.stored.key);
        }
    }
    None
}

fn tell(world: &mut World, stored: &Stored, set: &Value, failure: Option<String>) {
    let now = world.now();
    let pods = owned_pods(world, &stored.uid);
    let min_ready = number(&set["spec"]["minReadySeconds"], 0);
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    let (mut all, mut labeled, mut ready, mut available) = (0, 0, 0, 0);
    let mut next: Option<Timestamp> = None;
    for pod in pods.iter().filter(|p| p.active()) {
        all += 1;
        let wanted = labels.as_object().into_iter().flatten();
        labeled += i64::from(
            pod.stored
                .has_labels(wanted.map(|(k, v)| (k.as_str(), v.as_str().unwrap_or_default()))),
        );
        ready += i64::from(pod.ready);
        if pod.available(min_ready, now) {
            available += 1;
        } else if let Some(at) = pod.available_at(min_ready) {
            next = Some(next.map_or(at, |n| n.min(at)));
        }
    }
    world.update(&stored.key, |o| {
        set_status(o, [all, labeled, ready, available]);
        match failure {
            Some(message) => {
                let condition = Condition {
                    kind: "ReplicaFailure",
                    status: "True",
                    reason: "FailedCreate",
                    message,
                };
                conditions::put(o, Style::Plain, now, &condition);
            }
            None if conditions::find(o, "ReplicaFailure").is_some() => {
                conditions::remove(o, "ReplicaFailure");
                if o["status"]["conditions"].as_array().is_some_and(Vec::is_empty) {
                    super::document::clear(o, &["status", "conditions"]);
                }
            }
            None => {}
        }
    });
    if let Some(at) = next {
        world.at(at, Due::Control(Task::ReplicaSet(stored.key.clone())));
    }
}

fn set_status(o: &mut Value, [all, labeled, ready, available]: [i64; 4]) {
    set(o, &["status", "replicas"], json!(all));
    count(o, &["status", "fullyLabeledReplicas"], labeled);
    count(o, &["status", "readyReplicas"], ready);
    count(o, &["status", "availableReplicas"], available);
    let generation = number(&o["metadata"]["generation"], 0);
    count(o, &["status", "observedGeneration"], generation);
}
