//! Revisions: which replica set has the present template, and what number it bears.

use serde_json::{Value, json};

use super::{DESIRED, Deployment, HASH, HISTORY, MOST, REVISION, Set};
use crate::sim::control::document::{number, set};
use crate::sim::control::pods::{annotation, label, same_template};
use crate::sim::control::{conditions, names, sight};
use crate::sim::world::{Propagation, World};

/// Annotations of a deployment that its replica sets do not take over.
const OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MOST,
    "deprecated.deployment.rollback.to",
];

impl Deployment {
    /// The oldest replica set with the deployment's template.
    pub(super) fn find_newest(&self) -> Option<usize> {
        let template = &self.doc["spec"]["template"];
        self.sets
            .iter()
            .position(|s| same_template(&s.doc["spec"]["template"], template, HASH))
    }

    /// Gives the replica set of the present template, where there is one, the newest number; and writes that
    /// number on the deployment.
    pub(super) fn note_revision(&mut self, world: &mut World) {
        let Some(place) = self.newest else { return };
        let next = self.next_revision();
        let theirs = self.shared_annotations();
        let min_ready = number(&self.doc["spec"]["minReadySeconds"], 0);
        let bounds = (self.replicas(), self.replicas() + self.bounds().0);
        self.write_set(world, place, |o| {
            annotate(o, theirs, next);
            // Numbers of replicas are only written anew when it is scaled; a set without them gets them.
            if annotation(o, DESIRED).is_empty() {
                set(o, &["metadata", "annotations", DESIRED], json!(bounds.0.to_string()));
                set(o, &["metadata", "annotations", MOST], json!(bounds.1.to_string()));
            }
            if number(&o["spec"]["minReadySeconds"], 0) != min_ready {
                set(o, &["spec", "minReadySeconds"], json!(min_ready));
            }
        });
        let Some((revision, name)) = self.newest().map(|s| (s.revision(), s.stored.key.name.to_string())) else {
            return;
        };
        self.write(world, |o| {
            set(o, &["metadata", "annotations", REVISION], json!(revision.to_string()))
        });
        if conditions::find(&self.doc, "Progressing").is_none() && self.deadline().is_some() {
            self.progressing(world, "True", "FoundNewReplicaSet", format!("Found new replica set \"{name}\""));
        }
    }

    fn next_revision(&self) -> i64 {
        self.old().filter_map(|i| self.sets.get(i)).map(Set::revision).max().unwrap_or(0) + 1
    }

    fn shared_annotations(&self) -> Vec<(String, Value)> {
        let all = self.doc["metadata"]["annotations"].as_object().into_iter().flatten();
        all.filter(|(k, _)| !OWN.contains(&k.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    /// Finds the replica set of the present template, or makes it with as many pods as there is room for.
    pub(super) fn ensure_newest(&mut self, world: &mut World) {
        if self.newest.is_some() {
            self.note_revision(world);
            return;
        }
        let revision = self.next_revision();
        let replicas = self.room_for_new(0);
        let template = &self.doc["spec"]["template"];
        let hash = names::hash(template);
        let name = format!("{}-{hash}", self.stored.key.name);
        let mut template = template.clone();
        label(&mut template, HASH, &hash);
        let mut selector = self.doc["spec"]["selector"].clone();
        set(&mut selector, &["matchLabels", HASH], json!(hash));
        let mut object = json!({
            "metadata": {
                "namespace": &*self.stored.key.namespace, "name": name, "generation": 1, "labels": template["metadata"]["labels"],
                "ownerReferences": [sight::reference("Deployment", "apps/v1", &self.stored)],
            },
            "spec": {"replicas": replicas, "selector": selector, "template": template},
            "status": {"replicas": 0},
        });
        let min_ready = number(&self.doc["spec"]["minReadySeconds"], 0);
        if min_ready > 0 {
            object["spec"]["minReadySeconds"] = json!(min_ready);
        }
        annotate(&mut object, self.shared_annotations(), revision);
        set(
            &mut object,
            &["metadata", "annotations", DESIRED],
            json!(self.replicas().to_string()),
        );
        let most = self.replicas() + self.bounds().0;
        set(&mut object, &["metadata", "annotations", MOST], json!(most.to_string()));
        let stored = world.put("replicasets", object);
        self.sets.push(Set::new(stored));
        self.newest = Some(self.sets.len() - 1);
        if replicas > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            super::VOICE.says(world, &self.stored, "ScalingReplicaSet", message);
        }
        self.write(world, |o| {
            set(o, &["metadata", "annotations", REVISION], json!(revision.to_string()))
        });
        if self.deadline().is_some() {
            self.progressing(world, "True", "NewReplicaSetCreated", format!("Created new replica set \"{name}\""));
        }
    }

    /// How many pods the newest replica set may have, if it has so many now.
    pub(super) fn room_for_new(&self, now: i64) -> i64 {
        if !self.rolls() {
            return self.replicas();
        }
        let most = self.replicas() + self.bounds().0;
        let asked = self.asked();
        if asked >= most {
            return now;
        }
        now + (most - asked).min(self.replicas() - now)
    }

    /// Deletes the oldest replica sets without pods, beyond those that are kept to go back to.
    pub(super) fn forget_old(&mut self, world: &mut World) {
        let limit = usize::try_from(number(&self.doc["spec"]["revisionHistoryLimit"], 10)).unwrap_or(0);
        let mut idle: Vec<&Set> = self.old().filter_map(|i| self.sets.get(i)).filter(|s| !s.stored.leaving).collect();
        let surplus = idle.len().saturating_sub(limit);
        idle.sort_by_key(|s| s.revision());
        let gone: Vec<_> = idle
            .into_iter()
            .take(surplus)
            .filter(|s| s.replicas() == 0 && s.counted("replicas") == 0)
            .map(|s| s.stored.key.clone())
            .collect();
        for key in gone {
            world.delete(&key, None, Propagation::Background);
        }
    }
}

/// Writes the annotations that come from the deployment, and the number if it is a newer one.
fn annotate(o: &mut Value, theirs: Vec<(String, Value)>, revision: i64) {
    for (name, value) in theirs {
        set(o, &["metadata", "annotations", &name], value);
    }
    let before = annotation(o, REVISION).to_owned();
    let old: i64 = before.parse().unwrap_or(0);
    if old >= revision {
        return;
    }
    set(o, &["metadata", "annotations", REVISION], json!(revision.to_string()));
    if old > 0 {
        // The numbers that it bore before, the latest last.
        let history = annotation(o, HISTORY);
        let mut numbers: Vec<&str> = history.split(',').filter(|n| !n.is_empty()).collect();
        numbers.push(&before);
        let numbers = numbers.join(",");
        set(o, &["metadata", "annotations", HISTORY], json!(numbers));
    }
}
