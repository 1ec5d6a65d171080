//! Stateful sets: pods with lasting names and claims, made and replaced in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::document::{clear, count, list, number, scaled, set, text};
use super::pods::{self, Named};
use super::revisions::{self, Revision};
use super::sight::{Pod, owned_pods};
use super::voice::Voice;
use super::{Task, document};
use crate::sim::store::{Key, Stored};
use crate::sim::world::{Propagation, Task as Due, World};

const VOICE: Voice = Voice {
    kind: "StatefulSet",
    api_version: "apps/v1",
    component: "statefulset-controller",
};
const HASH: &str = "controller-revision-hash";

/// Looks at a stateful set, its pods, claims and revisions.
pub fn look(world: &mut World, key: &Key) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    let doc = stored.value();
    let hint = Some(text(&doc["status"]["updateRevision"]).to_owned()).filter(|name| !name.is_empty());
    let update = revisions::current(world, &stored, &VOICE, &doc, hint);
    let told = text(&doc["status"]["currentRevision"]);
    let all = revisions::all(world, &stored);
    let current = all
        .into_iter()
        .find(|r| *r.stored.key.name == *told)
        .unwrap_or_else(|| update.clone());
    let set = Set {
        replicas: number(&doc["spec"]["replicas"], 1).max(0),
        start: number(&doc["spec"]["ordinals"]["start"], 0),
        parallel: doc["spec"]["podManagementPolicy"] == "Parallel",
        min_ready: number(&doc["spec"]["minReadySeconds"], 0),
        stored,
        doc,
        current,
        update,
    };
    if !set.stored.leaving {
        set.act(world);
    }
    set.tell(world);
}

struct Set {
    stored: Arc<Stored>,
    doc: Value,
    replicas: i64,
    start: i64,
    parallel: bool,
    min_ready: i64,
    /// The revision that pods had before the rollout.
    current: Revision,
    /// The revision that pods are to have.
    update: Revision,
}

impl Set {
    fn pods(&self, world: &World) -> BTreeMap<i64, Pod> {
        let pods = owned_pods(world, &self.stored.uid).into_iter();
        pods.filter_map(|pod| {
            let ordinal = pod.stored.key.name.rsplit_once('-')?.1.parse().ok()?;
            Some((ordinal, pod))
        })
        .collect()
    }

    fn wanted(&self) -> std::ops::Range<i64> {
        self.start..self.start + self.replicas
    }

    fn partition(&self) -> i64 {
        number(&self.doc["spec"]["updateStrategy"]["rollingUpdate"]["partition"], 0)
    }

    fn act(&self, world: &mut World) {
        let pods = self.pods(world);
        for ordinal in self.wanted() {
            match pods.get(&ordinal) {
                // A pod that has ended is replaced, as is one that has gone.
                Some(pod) if pod.ended() && !pod.stored.leaving => {
                    self.remove(world, &pod.stored.key);
                    return;
                }
                Some(pod) => {
                    let well = !pod.stored.leaving && pod.available(self.min_ready, world.now());
                    if !well && !self.parallel {
                        self.wake_when_available(world, pod);
                        return;
                    }
                }
                None => {
                    if !self.make(world, ordinal) || !self.parallel {
                        return;
                    }
                }
            }
        }
        let surplus: Vec<&Pod> = pods
            .iter()
            .rev()
            .filter(|(n, _)| !self.wanted().contains(n))
            .map(|(_, p)| p)
            .collect();
        for pod in &surplus {
            if !pod.stored.leaving {
                self.remove(world, &pod.stored.key);
            }
            if !self.parallel {
                return;
            }
        }
        if self.doc["spec"]["updateStrategy"]["type"] != "OnDelete" {
            self.replace(world, &pods);
        }
    }

    /// Replaces pods of the wrong revision, the highest number first, and waits for each to be well.
    fn replace(&self, world: &mut World, pods: &BTreeMap<i64, Pod>) {
        let most = &self.doc["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"];
        let mut room = scaled(most, self.replicas, document::Round::Up).unwrap_or(1).max(1);
        for (_, pod) in pods.iter().rev().filter(|(n, _)| **n >= self.partition()) {
            let well = !pod.stored.leaving && pod.available(self.min_ready, world.now());
            let old = pod.stored.label(HASH) != Some(&self.update.stored.key.name);
            if old && !pod.stored.leaving {
                self.remove(world, &pod.stored.key);
            }
            if old || !well {
                self.wake_when_available(world, pod);
                room -= 1;
            }
            if room == 0 {
                return;
            }
        }
    }

    fn wake_when_available(&self, world: &mut World, pod: &Pod) {
        if let Some(at) = pod.available_at(self.min_ready).filter(|at| *at > world.now()) {
            world.at(at, Due::Control(Task::StatefulSet(self.stored.key.clone())));
        }
    }

    /// Makes the pod of this number, and the claims that it has not got yet.
    fn make(&self, world: &mut World, ordinal: i64) -> bool {
        let name = format!("{}-{ordinal}", self.stored.key.name);
        let claims = self.claims(world, &name);
        let before = self.current.stored.key.name != self.update.stored.key.name && ordinal < self.partition().max(self.start);
        let revision = if before { &self.current } else { &self.update };
        let service = text(&self.doc["spec"]["serviceName"]).to_owned();
        let template = revision.template.clone();
        let made = pods::make(world, &self.stored, &VOICE, &template, Named::Exactly(name.clone()), |pod| {
            set(pod, &["metadata", "generateName"], json!(format!("{}-", self.stored.key.name)));
            pods::label(pod, "statefulset.kubernetes.io/pod-name", &name);
            pods::label(pod, "apps.kubernetes.io/pod-index", &ordinal.to_string());
            pods::label(pod, HASH, &revision.stored.key.name);
            set(pod, &["spec", "hostname"], json!(name));
            if !service.is_empty() {
                set(pod, &["spec", "subdomain"], json!(service));
            }
            let others = list(&pod["spec"]["volumes"])
                .iter()
                .filter(|v| !claims.iter().any(|c| v["name"] == *c.0));
            let own = claims
                .iter()
                .map(|(volume, claim)| json!({"name": volume, "persistentVolumeClaim": {"claimName": claim}}));
            let volumes: Vec<Value> = own.chain(others.cloned()).collect();
            if !volumes.is_empty() {
                set(pod, &["spec", "volumes"], json!(volumes));
            }
        });
        let of = format!("Pod {name} in StatefulSet {}", self.stored.key.name);
        match made {
            Ok(_) => VOICE.says(world, &self.stored, "SuccessfulCreate", format!("create {of} successful")),
            Err(error) => {
                VOICE.warns(world, &self.stored, "FailedCreate", format!("create {of} failed error: {error}"));
                let again = Due::Control(Task::StatefulSet(self.stored.key.clone()));
                world.after(jiff::SignedDuration::from_secs(20), again);
                return false;
            }
        }
        true
    }

    fn remove(&self, world: &mut World, pod: &Key) {
        world.delete(pod, None, Propagation::Background);
        let message = format!("delete Pod {} in StatefulSet {} successful", pod.name, self.stored.key.name);
        VOICE.says(world, &self.stored, "SuccessfulDelete", message);
    }

    /// The claims of a pod, by volume; those that are missing are made.
    fn claims(&self, world: &mut World, pod: &str) -> Vec<(String, String)> {
        let namespace = &*self.stored.key.namespace;
        let mut claims = Vec::new();
        for template in list(&self.doc["spec"]["volumeClaimTemplates"]) {
            let volume = text(&template["metadata"]["name"]).to_owned();
            let name = format!("{volume}-{pod}");
            if world.store.get("persistentvolumeclaims", namespace, &name).is_none() {
                let mut claim = template.clone();
                for (field, value) in [("name", name.as_str()), ("namespace", namespace)] {
                    set(&mut claim, &["metadata", field], json!(value));
                }
                clear(&mut claim, &["metadata", "creationTimestamp"]);
                if let Some(labels) = self.doc["spec"]["selector"]["matchLabels"].as_object() {
                    for (label, value) in labels {
                        set(&mut claim, &["metadata", "labels", label], value.clone());
                    }
                }
                set(&mut claim, &["metadata", "finalizers"], json!(["kubernetes.io/pvc-protection"]));
                set(&mut claim, &["status"], json!({"phase": "Pending"}));
                if claim["spec"]["volumeMode"].is_null() {
                    set(&mut claim, &["spec", "volumeMode"], json!("Filesystem"));
                }
                world.put("persistentvolumeclaims", claim);
                let of = format!("Claim {name} Pod {pod} in StatefulSet {}", self.stored.key.name);
                VOICE.says(world, &self.stored, "SuccessfulCreate", format!("create {of} success"));
            }
            claims.push((volume, name));
        }
        claims
    }

    fn tell(&self, world: &mut World) {
        let (now, pods) = (world.now(), self.pods(world));
        let (mut ready, mut available, mut current, mut updated) = (0, 0, 0, 0);
        let mut next: Option<Timestamp> = None;
        for pod in pods.values() {
            ready += i64::from(pod.ready);
            let well = pod.available(self.min_ready, now);
            available += i64::from(well);
            if let Some(at) = pod.available_at(self.min_ready).filter(|_| !well) {
                next = Some(next.map_or(at, |n| n.min(at)));
            }
            let revision = pod.stored.label(HASH);
            if !pod.stored.leaving {
                current += i64::from(revision == Some(&self.current.stored.key.name));
                updated += i64::from(revision == Some(&self.update.stored.key.name));
            }
        }
        let all = i64::try_from(pods.len()).unwrap_or(0);
        // The rollout is over when all have the new revision and are ready: then it is the current one.
        let over = updated == self.replicas && ready == self.replicas && all == self.replicas;
        let (current_name, current) = if over {
            (self.update.stored.key.name.to_string(), updated)
        } else {
            (self.current.stored.key.name.to_string(), current)
        };
        world.update(&self.stored.key, |o| {
            set(o, &["status", "replicas"], json!(all));
            count(o, &["status", "readyReplicas"], ready);
            count(o, &["status", "currentReplicas"], current);
            count(o, &["status", "updatedReplicas"], updated);
            set(o, &["status", "availableReplicas"], json!(available));
            set(o, &["status", "currentRevision"], json!(current_name));
            set(o, &["status", "updateRevision"], json!(&*self.update.stored.key.name));
            set(o, &["status", "collisionCount"], json!(0));
            let generation = number(&o["metadata"]["generation"], 0);
            count(o, &["status", "observedGeneration"], generation);
        });
        let in_use = [&*self.update.stored.key.name, &current_name];
        revisions::forget_old(world, &self.stored, &self.doc, &in_use);
        if let Some(at) = next {
            world.at(at, Due::Control(Task::StatefulSet(self.stored.key.clone())));
        }
    }
}
