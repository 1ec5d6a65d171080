//! Claims and volumes: a claim is bound to a volume that fits, or one is provisioned for it by its class.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Task;
use super::document::{list, set, text};
use super::sight::Pod;
use super::voice::Voice;
use crate::model::Quantity;
use crate::sim::store::{Key, Stored};
use crate::sim::world::{Propagation, Task as Due, World};

const BINDER: Voice = Voice {
    kind: "PersistentVolumeClaim",
    api_version: "v1",
    component: "persistentvolume-controller",
};

/// How long a provisioner takes.
const PROVISIONING: SignedDuration = SignedDuration::from_secs(3);

/// How often a claim that waits is looked at, as the real binder does.
const AGAIN: SignedDuration = SignedDuration::from_secs(15);

const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
const PROTECTION: &str = "kubernetes.io/pvc-protection";

/// Looks at a claim.
pub fn look(world: &mut World, key: &Key) {
    let Some(claim) = world.store.find(key).cloned() else { return };
    let doc = claim.value();
    if claim.leaving {
        let_go(world, &claim, &doc);
        return;
    }
    if doc["status"]["phase"] == "Bound" {
        return;
    }
    if doc["status"]["phase"].is_null() {
        world.update(key, |o| set(o, &["status", "phase"], json!("Pending")));
    }
    if let Some(volume) = suitable(world, &claim, &doc) {
        bind(world, &claim, &doc, &volume);
        return;
    }
    wait_or_provision(world, &claim, &doc);
}

/// The class that a claim names, or else the default one.
fn class_of(world: &World, doc: &Value) -> Option<String> {
    if let Some(named) = doc["spec"]["storageClassName"].as_str() {
        return Some(named.to_owned());
    }
    let classes = world.store.list("storageclasses", None);
    let mut default = classes.filter(|c| c.value()["metadata"]["annotations"][DEFAULT_CLASS] == "true");
    default.next().map(|c| c.key.name.to_string())
}

fn size(doc: &Value) -> Option<i64> {
    Quantity::parse(text(&doc["spec"]["resources"]["requests"]["storage"])).get()
}

/// A volume that is free, or meant for this claim, and large enough: the smallest of them.
fn suitable(world: &World, claim: &Stored, doc: &Value) -> Option<Arc<Stored>> {
    let class = class_of(world, doc).unwrap_or_default();
    let wanted = text(&doc["spec"]["volumeName"]);
    let fits = |volume: &Value| {
        let reference = &volume["spec"]["claimRef"];
        let reserved = reference["name"] == *claim.key.name && reference["namespace"] == *claim.key.namespace;
        let free = reference.is_null() || reserved && (reference["uid"].is_null() || reference["uid"] == *claim.uid);
        let modes = list(&doc["spec"]["accessModes"])
            .iter()
            .all(|m| list(&volume["spec"]["accessModes"]).contains(m));
        free && modes
            && text(&volume["spec"]["storageClassName"]) == class
            && Quantity::parse(text(&volume["spec"]["capacity"]["storage"])).get() >= size(doc)
    };
    world
        .store
        .list("persistentvolumes", None)
        .filter(|v| !v.leaving && (wanted.is_empty() || *v.key.name == *wanted))
        .map(|v| (v, v.value()))
        .filter(|(_, volume)| fits(volume))
        .min_by_key(|(_, volume)| Quantity::parse(text(&volume["spec"]["capacity"]["storage"])))
        .map(|(v, _)| Arc::clone(v))
}

fn bind(world: &mut World, claim: &Stored, doc: &Value, volume: &Stored) {
    let reference = json!({
        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": &*claim.key.namespace, "name": &*claim.key.name,
        "uid": &*claim.uid, "resourceVersion": claim.rv.to_string(),
    });
    world.update(&volume.key, |o| {
        if o["spec"]["claimRef"]["uid"].is_null() {
            set(o, &["spec", "claimRef"], reference);
            set(
                o,
                &["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"],
                json!("yes"),
            );
        }
        set(o, &["status", "phase"], json!("Bound"));
    });
    let capacity = volume.value()["spec"]["capacity"].clone();
    let modes = doc["spec"]["accessModes"].clone();
    world.update(&claim.key, |o| {
        set(o, &["spec", "volumeName"], json!(&*volume.key.name));
        for annotation in ["pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller"] {
            set(o, &["metadata", "annotations", annotation], json!("yes"));
        }
        set(
            o,
            &["status"],
            json!({"phase": "Bound", "accessModes": modes, "capacity": capacity}),
        );
    });
}

fn wait_or_provision(world: &mut World, claim: &Arc<Stored>, doc: &Value) {
    let again = Due::Control(Task::Claim(claim.key.clone()));
    let class = class_of(world, doc).unwrap_or_default();
    if class.is_empty() {
        let message = "no persistent volumes available for this claim and no storage class is set".to_owned();
        BINDER.says(world, claim, "FailedBinding", message);
        world.after(AGAIN, again);
        return;
    }
    let Some(found) = world.store.get("storageclasses", "", &class).map(|c| c.value()) else {
        let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
        BINDER.warns(world, claim, "ProvisioningFailed", message);
        world.after(AGAIN, again);
        return;
    };
    let provisioner = text(&found["provisioner"]).to_owned();
    if provisioner.is_empty() || provisioner == "kubernetes.io/no-provisioner" {
        world.after(AGAIN, again);
        return;
    }
    let waits = found["volumeBindingMode"] == "WaitForFirstConsumer";
    let consumer = consumer(world, claim);
    if waits && consumer.is_none() {
        let message = "waiting for first consumer to be created before binding".to_owned();
        BINDER.says(world, claim, "WaitForFirstConsumer", message);
        world.after(AGAIN, again);
        return;
    }
    let asked = "volume.kubernetes.io/storage-provisioner";
    let voice = Voice {
        component: PROVISIONER,
        ..BINDER
    };
    if text(&doc["metadata"]["annotations"][asked]).is_empty() {
        world.update(&claim.key, |o| {
            for annotation in [asked, "volume.beta.kubernetes.io/storage-provisioner"] {
                set(o, &["metadata", "annotations", annotation], json!(provisioner));
            }
            if doc["spec"]["storageClassName"].is_null() {
                set(o, &["spec", "storageClassName"], json!(class));
            }
            if let Some(node) = consumer.as_ref().and_then(|p| p.stored.node.as_ref()) {
                set(
                    o,
                    &["metadata", "annotations", "volume.kubernetes.io/selected-node"],
                    json!(&**node),
                );
            }
        });
        let message = format!(
            "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
        );
        BINDER.says(world, claim, "ExternalProvisioning", message);
        let message = format!(
            "External provisioner is provisioning volume for claim \"{}/{}\"",
            claim.key.namespace, claim.key.name
        );
        voice.says(world, claim, "Provisioning", message);
        world.after(PROVISIONING, again);
        return;
    }
    // The change of the claim itself calls before the provisioner is done.
    let now = world.now();
    let since = *world.control.provisioning.entry(claim.key.clone()).or_insert(now);
    if now < since + PROVISIONING {
        world.after(PROVISIONING, again);
        return;
    }
    world.control.provisioning.remove(&claim.key);
    provision(world, claim, doc, &class, &found);
    let message = format!("Successfully provisioned volume pvc-{}", claim.uid);
    voice.says(world, claim, "ProvisioningSucceeded", message);
    look(world, &claim.key);
}

const PROVISIONER: &str = "ebs.csi.aws.com_ebs-csi-controller";

fn provision(world: &mut World, claim: &Stored, doc: &Value, class: &str, found: &Value) {
    let provisioner = text(&found["provisioner"]);
    let handle = format!(
        "vol-0{}",
        claim.uid.chars().filter(char::is_ascii_hexdigit).take(16).collect::<String>()
    );
    let policy = found["reclaimPolicy"].as_str().unwrap_or("Delete");
    let mode = doc["spec"]["volumeMode"].as_str().unwrap_or("Filesystem");
    world.put(
        "persistentvolumes",
        json!({
            "metadata": {
                "name": format!("pvc-{}", claim.uid),
                "annotations": {"pv.kubernetes.io/provisioned-by": provisioner},
                "finalizers": ["kubernetes.io/pv-protection"],
            },
            "spec": {
                "accessModes": doc["spec"]["accessModes"], "capacity": {"storage": doc["spec"]["resources"]["requests"]["storage"]},
                "claimRef": {
                    "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": &*claim.key.namespace, "name": &*claim.key.name,
                    "uid": &*claim.uid, "resourceVersion": claim.rv.to_string(),
                },
                "csi": {"driver": provisioner, "fsType": "ext4", "volumeHandle": handle},
                "persistentVolumeReclaimPolicy": policy, "storageClassName": class, "volumeMode": mode,
            },
            "status": {"phase": "Available"},
        }),
    );
}

/// A pod that uses the claim and has not ended.
fn consumer(world: &World, claim: &Stored) -> Option<Pod> {
    let pods = world.store.list("pods", Some(&claim.key.namespace)).map(Pod::of);
    pods.into_iter()
        .find(|pod| !pod.ended() && pod.claims.iter().any(|name| **name == *claim.key.name))
}

/// A claim that is deleted goes when no pod uses it; its volume is released, or goes as well.
fn let_go(world: &mut World, claim: &Stored, doc: &Value) {
    if consumer(world, claim).is_some() {
        world.after(AGAIN, Due::Control(Task::Claim(claim.key.clone())));
        return;
    }
    let others: Vec<Value> = list(&doc["metadata"]["finalizers"])
        .iter()
        .filter(|f| **f != PROTECTION)
        .cloned()
        .collect();
    if !others.is_empty() {
        world.update(&claim.key, |o| set(o, &["metadata", "finalizers"], json!(others)));
        return;
    }
    let now = world.now();
    world.store.remove(&claim.key, now);
}

/// A claim has gone: what becomes of its volume.
pub fn release(world: &mut World, volume: &Key) {
    let Some(stored) = world.store.find(volume).cloned() else { return };
    let doc = stored.value();
    let reference = &doc["spec"]["claimRef"];
    let claim = Key::new("persistentvolumeclaims", text(&reference["namespace"]), text(&reference["name"]));
    let held = world.store.find(&claim).is_some_and(|c| reference["uid"] == *c.uid);
    if held {
        return;
    }
    if stored.leaving || doc["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
        world.update(volume, |o| super::document::clear(o, &["metadata", "finalizers"]));
        world.delete(volume, None, Propagation::Background);
    } else if !reference["uid"].is_null() {
        world.update(volume, |o| set(o, &["status", "phase"], json!("Released")));
    } else if doc["status"]["phase"].is_null() {
        world.update(volume, |o| set(o, &["status", "phase"], json!("Available")));
    }
}
