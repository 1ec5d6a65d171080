//! How objects go: pods with grace, others at once, unless a finalizer holds them.

use serde_json::json;

use super::{Life, World};
use crate::sim::store::{Key, seconds};

/// What becomes of the objects that it owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// The garbage collector takes them afterwards.
    #[default]
    Background,
    /// It goes after them. (Here it goes first, and they at once afterwards: nobody sees the difference.)
    Foreground,
    /// They stay, owned by nobody.
    Orphan,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    Gone,
    /// It is marked, and goes when its kubelet or its finalizers let it.
    Leaving,
    NotThere,
}

impl World {
    /// Deletes an object. `grace`: seconds for a pod, by default its own `terminationGracePeriodSeconds`.
    pub fn delete(&mut self, key: &Key, grace: Option<i64>, propagation: Propagation) -> Deletion {
        let Some(stored) = self.store.find(key).cloned() else {
            return Deletion::NotThere;
        };
        let object = stored.value();
        if propagation == Propagation::Orphan {
            for owned in self.store.owned_by(&stored.uid) {
                self.update(&owned.key, |o| {
                    if let Some(owners) = o["metadata"]["ownerReferences"].as_array_mut() {
                        owners.retain(|owner| owner["uid"] != *stored.uid);
                    }
                });
            }
        }
        let holds = |finalizers: &serde_json::Value| finalizers.as_array().is_some_and(|f| !f.is_empty());
        // A namespace is held by its contents: its finalizers stand in its specification.
        let full = &*key.shelf == "namespaces" && self.life == Life::Alive && holds(&object["spec"]["finalizers"]);
        let held = full || holds(&object["metadata"]["finalizers"]);
        // A pod that runs is stopped by its kubelet, which takes it away afterwards.
        let own = object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
        let phase = object["status"]["phase"].as_str().unwrap_or_default();
        let runs = &*key.shelf == "pods" && stored.node.is_some() && !matches!(phase, "Succeeded" | "Failed") && self.life == Life::Alive;
        let grace = if runs { grace.unwrap_or(own).clamp(0, 1 << 31) } else { 0 };
        if !held && grace == 0 {
            self.store.remove(key, self.now);
            return Deletion::Gone;
        }
        let deadline = seconds(self.now + jiff::SignedDuration::from_secs(grace));
        self.update(key, |o| {
            let meta = &mut o["metadata"];
            let sooner = meta["deletionTimestamp"].as_str().is_none_or(|before| *deadline < *before);
            if sooner {
                meta["deletionTimestamp"] = json!(deadline);
                meta["deletionGracePeriodSeconds"] = json!(grace);
            }
        });
        Deletion::Leaving
    }
}
