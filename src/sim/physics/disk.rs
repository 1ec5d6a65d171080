//! How full volumes are: what the kubelet that mounts one tells.

use super::noise::{hash, unit, wave};
use crate::model::Quantity;
use crate::sim::world::World;

/// How often retention and compaction come round (seconds).
const ROUND: i64 = 2 * 86_400;

/// A claim's volume: bytes and inodes, in use and in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    pub used_bytes: u64,
    pub capacity_bytes: u64,
    pub inodes_used: u64,
    pub inodes: u64,
}

/// The volume of a claim. `None`: there is no such claim, or it is not bound.
pub fn disk(world: &World, namespace: &str, claim: &str) -> Option<Disk> {
    let claim = world.store.get("persistentvolumeclaims", namespace, claim)?;
    let size = claim.value()["status"]["capacity"]["storage"].as_str().map(Quantity::parse)?;
    let size = u64::try_from(size.get()? / 1000).ok()?;
    // A file system keeps a part for itself, and has an inode for each 16 KiB.
    let capacity = size / 100 * 98;
    let seed = hash(&claim.uid);
    // Each is as full as it is wont to be, between a third and three fifths, and wanders as data comes and goes.
    let share = 0.35 + 0.25 * unit(seed) + 0.03 * wave(seed, world.now(), ROUND);
    let used = (capacity as f64 * share) as u64;
    Some(Disk {
        used_bytes: used,
        capacity_bytes: capacity,
        // Databases have few and large files.
        inodes_used: 11 + used / (256 << 10),
        inodes: size / (16 << 10),
    })
}
