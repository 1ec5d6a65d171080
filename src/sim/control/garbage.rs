//! Garbage: what belonged to something that has gone goes after it.

use crate::sim::world::{Propagation, World};

/// Looks for what an object of this uid owned.
pub fn look(world: &mut World, uid: &str) {
    for owned in world.store.owned_by(uid) {
        if owned.owners.len() > 1 {
            // Somebody else owns it as well: it stays with them.
            world.update(&owned.key, |o| {
                if let Some(owners) = o["metadata"]["ownerReferences"].as_array_mut() {
                    owners.retain(|owner| owner["uid"] != *uid);
                }
            });
        } else if !owned.leaving {
            world.delete(&owned.key, None, Propagation::Background);
        }
    }
}
