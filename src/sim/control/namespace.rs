//! Namespaces: what a new one begins with, and how one that is deleted takes its contents with it.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;

use super::Task;
use super::document::set;
use crate::sim::store::Key;
use crate::sim::world::{Propagation, Task as Due, World};

/// What is in every namespace from its beginning.
const ROOT_CA: &str = "kube-root-ca.crt";

/// Looks at a namespace.
pub fn look(world: &mut World, name: &Arc<str>) {
    let key = Key::new("namespaces", "", name);
    let Some(stored) = world.store.find(&key).cloned() else { return };
    if !stored.leaving {
        begin(world, &key, name);
        return;
    }
    let mut left = false;
    for shelf in world.store.shelves() {
        let keys: Vec<Key> = world.store.list(&shelf, Some(name)).map(|o| o.key.clone()).collect();
        for key in keys {
            // Events go with their namespace; they hold nothing up.
            if world.store.find(&key).is_some_and(|o| !o.leaving) {
                world.delete(&key, None, Propagation::Background);
            }
            left |= world.store.find(&key).is_some();
        }
    }
    if left {
        world.update(&key, |o| set(o, &["status", "phase"], json!("Terminating")));
        // Pods take their grace; whoever goes last calls again, and this is for those that hang.
        world.after(SignedDuration::from_secs(5), Due::Control(Task::Namespace(Arc::clone(name))));
        return;
    }
    let now = world.now();
    world.store.remove(&key, now);
}

fn begin(world: &mut World, key: &Key, name: &Arc<str>) {
    world.update(key, |o| {
        if o["spec"]["finalizers"].is_null() {
            set(o, &["spec", "finalizers"], json!(["kubernetes"]));
        }
        if o["status"]["phase"].is_null() {
            set(o, &["status", "phase"], json!("Active"));
        }
        set(o, &["metadata", "labels", "kubernetes.io/metadata.name"], json!(&**name));
    });
    if world.store.get("serviceaccounts", name, "default").is_none() {
        world.put("serviceaccounts", json!({"metadata": {"namespace": &**name, "name": "default"}}));
    }
    if world.store.get("configmaps", name, ROOT_CA).is_none() {
        // Every namespace has the same certificate; the first one that is there is copied.
        let known = world.store.list("configmaps", None).find(|c| &*c.key.name == ROOT_CA);
        let data = known.map_or(json!({"ca.crt": PLACEHOLDER}), |c| c.value()["data"].clone());
        let note = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
        world.put(
            "configmaps",
            json!({
                "metadata": {"namespace": &**name, "name": ROOT_CA, "annotations": {"kubernetes.io/description": note}},
                "data": data,
            }),
        );
    }
}

const PLACEHOLDER: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
