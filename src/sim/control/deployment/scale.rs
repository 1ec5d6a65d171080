//! The sizes of replica sets.

use serde_json::json;

use super::{DESIRED, Deployment, MOST, Set, VOICE};
use crate::sim::control::document::{bump_generation, set};
use crate::sim::control::pods::annotation;
use crate::sim::world::World;

impl Deployment {
    /// Whether the number of replicas has changed since its replica sets were sized.
    pub(super) fn was_scaled(&self) -> bool {
        let wanted = self.replicas();
        self.sets.iter().filter(|s| s.replicas() > 0).any(|s| {
            let desired: Option<i64> = annotation(&s.doc, DESIRED).parse().ok();
            desired.is_some_and(|desired| desired != wanted)
        })
    }

    /// Sizes a replica set, and tells of it. Returns whether its size changed.
    pub(super) fn resize(&mut self, world: &mut World, place: usize, size: i64) -> bool {
        let Some(before) = self.sets.get(place).map(Set::replicas) else {
            return false;
        };
        let (desired, most) = (self.replicas(), self.replicas() + self.bounds().0);
        self.write_set(world, place, |o| {
            set(o, &["metadata", "annotations", DESIRED], json!(desired.to_string()));
            set(o, &["metadata", "annotations", MOST], json!(most.to_string()));
            if before != size {
                set(o, &["spec", "replicas"], json!(size));
                bump_generation(o);
            }
        });
        if before == size {
            return false;
        }
        let name = self.sets.get(place).map(|s| s.stored.key.name.to_string()).unwrap_or_default();
        let direction = if before < size { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {name} from {before} to {size}");
        VOICE.says(world, &self.stored, "ScalingReplicaSet", message);
        true
    }

    /// Follows a change of the number of replicas: a single replica set takes it; several share it, each in
    /// proportion to its size, so that a rollout that hangs does not get worse.
    pub(super) fn scale(&mut self, world: &mut World) {
        let wanted = self.replicas();
        let active: Vec<usize> = (0..self.sets.len())
            .filter(|i| self.sets.get(*i).is_some_and(|s| s.replicas() > 0))
            .collect();
        let single = match active.as_slice() {
            [] => self.newest.or(self.sets.len().checked_sub(1)),
            [one] => Some(*one),
            _ => None,
        };
        if let Some(place) = single {
            self.resize(world, place, wanted);
            return;
        }
        let saturated = self.newest().is_some_and(|s| {
            s.replicas() == wanted && annotation(&s.doc, DESIRED).parse() == Ok(wanted) && s.counted("availableReplicas") == wanted
        });
        if saturated {
            let newest = self.newest;
            for place in active.into_iter().filter(|i| Some(*i) != newest) {
                self.resize(world, place, 0);
            }
            return;
        }
        if self.rolls() {
            self.share(world, active);
        }
    }

    fn share(&mut self, world: &mut World, mut active: Vec<usize>) {
        let allowed = if self.replicas() > 0 {
            self.replicas() + self.bounds().0
        } else {
            0
        };
        let to_add = allowed - self.asked();
        // The largest first; of the same size, the newest when growing, the oldest when shrinking.
        let size = |i: &usize| self.sets.get(*i).map_or(0, Set::replicas);
        let age = |i: &usize| i64::try_from(*i).unwrap_or(0) * if to_add > 0 { -1 } else { 1 };
        active.sort_by_key(|i| (-size(i), age(i)));
        let mut added = 0;
        let mut sizes = Vec::new();
        for place in active {
            let Some(set) = self.sets.get(place) else { continue };
            let share = if to_add == 0 { 0 } else { self.proportion(set, to_add, added) };
            added += share;
            sizes.push((place, set.replicas() + share));
        }
        if let Some(first) = sizes.first_mut() {
            first.1 = (first.1 + to_add - added).max(0);
        }
        for (place, size) in sizes {
            self.resize(world, place, size);
        }
    }

    fn proportion(&self, set: &Set, to_add: i64, added: i64) -> i64 {
        let now = set.replicas();
        if now == 0 || to_add == added {
            return 0;
        }
        let share = if self.replicas() == 0 {
            -now
        } else {
            let most = self.replicas() + self.bounds().0;
            let before: i64 = annotation(&set.doc, MOST).parse().ok().filter(|n| *n > 0).unwrap_or(most);
            (now as f64 * most as f64 / before as f64).round() as i64 - now
        };
        let left = to_add - added;
        if to_add > 0 { share.min(left) } else { share.max(left) }
    }
}
