//! Daemon sets: one pod on each node that it fits.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{Round, count, number, scaled, set, text};
use super::pods;
use super::revisions;
use super::sight::{Phase, Pod, owned_pods};
use super::voice::Voice;
use super::{Task, fitting};
use crate::sim::store::{Key, Stored};
use crate::sim::world::{Task as Due, World};

const VOICE: Voice = Voice {
    kind: "DaemonSet",
    api_version: "apps/v1",
    component: "daemonset-controller",
};
const HASH: &str = "controller-revision-hash";

/// What the pods of a daemon set put up with, besides what their template says.
const TOLERATED: [(&str, &str); 7] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ("node.kubernetes.io/network-unavailable", "NoSchedule"),
];

/// Looks at a daemon set, its pods and the nodes.
pub fn look(world: &mut World, key: &Key) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    let doc = stored.value();
    let pods = owned_pods(world, &stored.uid);
    let hint = pods
        .iter()
        .find_map(|p| p.stored.label(HASH))
        .map(|hash| format!("{}-{hash}", key.name));
    let revision = revisions::current(world, &stored, &VOICE, &doc, hint);
    let set = Set {
        hash: revisions::hash(&stored, &revision.stored.key.name).to_owned(),
        min_ready: number(&doc["spec"]["minReadySeconds"], 0),
        stored,
        doc,
    };
    if !set.stored.leaving {
        set.manage(world, pods);
        set.replace(world);
    }
    set.tell(world);
}

struct Set {
    stored: Arc<Stored>,
    doc: Value,
    /// Of the present template.
    hash: String,
    min_ready: i64,
}

impl Set {
    /// Nodes that want a pod (and whether they would let one in anew).
    fn nodes(&self, world: &World) -> BTreeMap<Arc<str>, fitting::Fit> {
        let mut spec = self.doc["spec"]["template"]["spec"].clone();
        tolerate(&mut spec);
        let nodes = world.store.list("nodes", None);
        nodes.map(|node| (Arc::clone(&node.key.name), fitting::fits(&spec, node))).collect()
    }

    fn by_node(pods: Vec<Pod>) -> BTreeMap<Arc<str>, Vec<Pod>> {
        let mut by_node: BTreeMap<Arc<str>, Vec<Pod>> = BTreeMap::new();
        for pod in pods {
            if let Some(node) = target(&pod) {
                by_node.entry(node).or_default().push(pod);
            }
        }
        by_node
    }

    fn manage(&self, world: &mut World, pods: Vec<Pod>) {
        let by_node = Self::by_node(pods);
        let nodes = self.nodes(world);
        for (node, fit) in &nodes {
            let here = by_node.get(node).map_or(&[][..], Vec::as_slice);
            for pod in here.iter().filter(|p| p.ended() && !p.stored.leaving) {
                let message = format!(
                    "Found failed daemon pod {}/{} on node {node}, will try to kill it",
                    pod.stored.key.namespace, pod.stored.key.name
                );
                if pod.phase == Phase::Failed {
                    VOICE.warns(world, &self.stored, "FailedDaemonPod", message);
                }
                pods::remove_and_tell(world, &self.stored, &VOICE, &pod.stored.key);
            }
            let mut running: Vec<&Pod> = here.iter().filter(|p| !p.ended()).collect();
            match fit {
                fitting::Fit::Runs if running.is_empty() => self.make(world, node),
                fitting::Fit::Runs => {
                    // Of several, the oldest stays.
                    running.sort_by_key(|p| p.created);
                    for pod in running.iter().skip(1).filter(|p| p.active()) {
                        pods::remove_and_tell(world, &self.stored, &VOICE, &pod.stored.key);
                    }
                }
                fitting::Fit::Stays => {}
                fitting::Fit::Not => {
                    for pod in running.iter().filter(|p| p.active()) {
                        pods::remove_and_tell(world, &self.stored, &VOICE, &pod.stored.key);
                    }
                }
            }
        }
    }

    fn make(&self, world: &mut World, node: &str) {
        let template = self.doc["spec"]["template"].clone();
        let generation = number(&self.doc["metadata"]["generation"], 1);
        let made = pods::make_and_tell(world, &self.stored, &VOICE, &template, |pod| {
            pods::label(pod, HASH, &self.hash);
            pods::label(pod, "pod-template-generation", &generation.to_string());
            tolerate(&mut pod["spec"]);
            let field = json!({"key": "metadata.name", "operator": "In", "values": [node]});
            set(
                pod,
                &["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"],
                json!({"nodeSelectorTerms": [{"matchFields": [field]}]}),
            );
        });
        if made.is_err() {
            let again = Due::Control(Task::DaemonSet(self.stored.key.clone()));
            world.after(jiff::SignedDuration::from_secs(20), again);
        }
    }

    /// Replaces pods of older templates, as many at a time as may be missing.
    fn replace(&self, world: &mut World) {
        let how = &self.doc["spec"]["updateStrategy"];
        if how["type"] == "OnDelete" {
            return;
        }
        let wanted = self.nodes(world).values().filter(|fit| **fit == fitting::Fit::Runs).count();
        let wanted = i64::try_from(wanted).unwrap_or(0);
        let most = scaled(&how["rollingUpdate"]["maxUnavailable"], wanted, Round::Up)
            .unwrap_or(1)
            .max(1);
        let now = world.now();
        let pods = owned_pods(world, &self.stored.uid);
        let well = |pod: &&Pod| pod.active() && pod.available(self.min_ready, now);
        let mut room = most - (wanted - i64::try_from(pods.iter().filter(well).count()).unwrap_or(0));
        for pod in pods.iter().filter(|p| p.active() && p.stored.label(HASH) != Some(&self.hash)) {
            // One that does not work anyway costs nothing.
            let costs = i64::from(well(&pod));
            if costs > room {
                continue;
            }
            room -= costs;
            pods::remove_and_tell(world, &self.stored, &VOICE, &pod.stored.key);
        }
    }

    fn tell(&self, world: &mut World) {
        let now = world.now();
        let by_node = Self::by_node(owned_pods(world, &self.stored.uid));
        let (mut desired, mut current, mut astray, mut ready, mut available, mut updated) = (0, 0, 0, 0, 0, 0);
        let mut next = None;
        for (node, fit) in self.nodes(world) {
            let here = by_node
                .get(&node)
                .and_then(|pods| pods.iter().filter(|p| !p.ended()).min_by_key(|p| p.created));
            if fit != fitting::Fit::Runs {
                astray += i64::from(here.is_some());
                continue;
            }
            desired += 1;
            let Some(pod) = here else { continue };
            current += 1;
            ready += i64::from(pod.ready);
            updated += i64::from(pod.stored.label(HASH) == Some(&self.hash));
            if pod.available(self.min_ready, now) {
                available += 1;
            } else if let Some(at) = pod.available_at(self.min_ready) {
                next = Some(next.map_or(at, |n: jiff::Timestamp| n.min(at)));
            }
        }
        world.update(&self.stored.key, |o| {
            for (field, n) in [
                ("currentNumberScheduled", current),
                ("numberMisscheduled", astray),
                ("desiredNumberScheduled", desired),
                ("numberReady", ready),
            ] {
                set(o, &["status", field], json!(n));
            }
            for (field, n) in [
                ("updatedNumberScheduled", updated),
                ("numberAvailable", available),
                ("numberUnavailable", desired - available),
                ("observedGeneration", number(&o["metadata"]["generation"], 0)),
            ] {
                count(o, &["status", field], n);
            }
        });
        revisions::forget_old(world, &self.stored, &self.doc, &[&self.hash]);
        if let Some(at) = next {
            world.at(at, Due::Control(Task::DaemonSet(self.stored.key.clone())));
        }
    }
}

/// The node that a pod is on, or is to be on.
fn target(pod: &Pod) -> Option<Arc<str>> {
    if let Some(node) = &pod.stored.node {
        return Some(Arc::clone(node));
    }
    let doc = pod.stored.value();
    let terms = &doc["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
    let name = text(&terms[0]["matchFields"][0]["values"][0]);
    (!name.is_empty()).then(|| Arc::from(name))
}

/// Adds what daemons put up with.
fn tolerate(spec: &mut Value) {
    if !spec["tolerations"].is_array() {
        set(spec, &["tolerations"], json!([]));
    }
    let host = spec["hostNetwork"] == true;
    let Some(tolerations) = spec.get_mut("tolerations").and_then(Value::as_array_mut) else {
        return;
    };
    for (key, effect) in TOLERATED {
        let there = tolerations
            .iter()
            .any(|t| t["key"] == key && t["effect"] == effect && t["operator"] == "Exists");
        if !there && (host || key != "node.kubernetes.io/network-unavailable") {
            tolerations.push(json!({"key": key, "operator": "Exists", "effect": effect}));
        }
    }
}
