//! The kubelets: they start, probe, restart and stop the containers of the pods bound to their nodes.
//!
//! A look at a pod reads its status, does what is due, writes the status if it changed, and plans the next look
//! for the time when something is due again. A pod that runs well is not looked at, nor remembered.
//!
//! Physics and scenarios act on containers through [`set_health`], [`oom_kill`], [`end`] and [`evict`].

mod command;
mod ending;
mod ephemeral;
mod health;
mod image;
mod machine;
mod probe;
mod record;
mod refs;
mod scene;
mod starting;
mod status;
#[cfg(test)]
pub mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::SignedDuration;
use memchr::memmem;

use super::Tasks;
use crate::sim::store::{Change, Key, Stored};
use crate::sim::world::World;

pub use ending::{end, evict, kill_all, oom_kill};
pub use health::{Answer, Health, health, set_health};
pub use image::image_id;
pub use scene::{Manners, Presence, facts};
pub use status::set_condition;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// A pod is looked at.
    Look(Key),
    /// A pod of this uid has gone, and these containers of it were running.
    Gone(Arc<str>, Vec<String>),
}

/// What it remembers besides objects.
#[derive(Debug, Default)]
pub struct State {
    /// Pods with which something is going on, by uid.
    records: HashMap<Arc<str>, record::Record>,
    /// What was said about the health of containers, by the uid of their pod and their name.
    health: HashMap<Arc<str>, BTreeMap<Arc<str>, Health>>,
    /// Images by node.
    images: HashMap<Arc<str>, HashSet<String>>,
    facts: HashMap<Arc<str>, scene::Facts>,
}

/// Whether a pod's document says that nothing is to be done: it runs and is ready, has never restarted, and is
/// meant to run for ever; or it has ended. Looked for in the text, since reading thousands of pods takes time.
fn calm(pod: &Stored) -> bool {
    let has = |text: &str| memmem::find(&pod.json, text.as_bytes()).is_some();
    if has("\"phase\":\"Succeeded\"") || has("\"phase\":\"Failed\"") {
        return true;
    }
    let restarts = memmem::find_iter(&pod.json, b"\"restartCount\":");
    let mut restarted = restarts.map(|at| pod.json.get(at + 15..at + 17).unwrap_or_default());
    has("\"phase\":\"Running\"")
        && !has("\"ready\":false")
        && !has("\"restartPolicy\":\"Never\"")
        && !has("\"restartPolicy\":\"OnFailure\"")
        && restarted.all(|digits| matches!(digits, b"0," | b"0}"))
}

/// The containers that run, as the document of a pod says.
fn running(pod: &Stored) -> Vec<String> {
    if memmem::find(&pod.json, b"\"running\":{").is_none() {
        return Vec::new();
    }
    let status = pod.value()["status"].take();
    let lists = ["initContainerStatuses", "containerStatuses"].map(|list| status[list].as_array().cloned().unwrap_or_default());
    let running = lists.into_iter().flatten().filter(|c| c["state"]["running"].is_object());
    running.filter_map(|c| c["name"].as_str().map(str::to_owned)).collect()
}

/// The part of a pod's document that is its spec.
fn spec(pod: &Stored) -> &[u8] {
    let from = memmem::find(&pod.json, b",\"spec\":{").unwrap_or(0);
    let to = memmem::rfind(&pod.json, b",\"status\":{").unwrap_or(pod.json.len());
    pod.json.get(from..to).unwrap_or_default()
}

/// How long it takes until a kubelet hears of a change.
const HEARS: SignedDuration = SignedDuration::from_millis(150);

/// What it has to look at because of a change.
pub fn on_change(world: &World, change: &Change, tasks: &mut Tasks) {
    let Some(pod) = change.object().filter(|o| &*o.key.shelf == "pods") else {
        return;
    };
    let look = || super::Task::Kubelet(Task::Look(pod.key.clone()));
    let Some(after) = &change.after else {
        let gone = Task::Gone(Arc::clone(&pod.uid), running(pod));
        tasks.push((SignedDuration::ZERO, super::Task::Kubelet(gone)));
        return;
    };
    if after.node.is_none() {
        return;
    }
    match &change.before {
        // Put with a status: it has been running.
        None if calm(after) && !after.leaving => {}
        None => tasks.push((HEARS, look())),
        Some(before) if before.node.is_none() => tasks.push((HEARS, look())),
        Some(before) if after.leaving && !before.leaving => tasks.push((HEARS, look())),
        // A shorter grace, a finalizer less; or the kubelet's own last word.
        Some(_) if after.leaving => tasks.push((HEARS, look())),
        // A client has changed the spec (its image); what the kubelet writes is the status.
        Some(before) if world.control.kubelet.records.contains_key(&after.uid) || !calm(after) => {
            if spec(before) != spec(after) {
                tasks.push((HEARS, look()));
            }
        }
        Some(before) if before.json.len() != after.json.len() && spec(before) != spec(after) => tasks.push((HEARS, look())),
        Some(_) => {}
    }
}

/// It looks at everything.
pub fn on_everything(world: &World, tasks: &mut Tasks) {
    for pod in world.store.list("pods", None) {
        if pod.node.is_some() && (pod.leaving || !calm(pod) || world.control.kubelet.records.contains_key(&pod.uid)) {
            tasks.push((HEARS, super::Task::Kubelet(Task::Look(pod.key.clone()))));
        }
    }
}

/// It does it.
pub fn run(world: &mut World, task: Task) {
    match task {
        Task::Look(key) => machine::look(world, &key),
        Task::Gone(uid, running) => {
            ending::killed(world, &uid, &running);
            world.control.kubelet.records.remove(&uid);
            world.control.kubelet.health.remove(&uid);
        }
    }
}

/// A kubelet looks at a pod after a while.
pub fn look_after(world: &mut World, delay: SignedDuration, pod: &Key) {
    let task = super::Task::Kubelet(Task::Look(pod.clone()));
    world.after(delay, crate::sim::world::Task::Control(task));
}
