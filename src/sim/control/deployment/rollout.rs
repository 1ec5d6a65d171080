//! The steps of a rollout: one at a time, each within the bounds.

use super::{Deployment, Set};
use crate::sim::control::sight::owned_pods;
use crate::sim::world::World;

impl Deployment {
    /// A step of a rolling update: more of the new, or less of the old, as far as the bounds allow.
    pub(super) fn roll(&mut self, world: &mut World) {
        self.ensure_newest(world);
        if self.size_newest(world) || self.shrink_old(world) {
            return;
        }
        if self.complete() {
            self.forget_old(world);
        }
    }

    /// A step of a replacement: first all old pods go, then the new ones come.
    pub(super) fn recreate(&mut self, world: &mut World) {
        self.note_revision(world);
        let old: Vec<usize> = self.old().collect();
        let mut scaled = false;
        for place in &old {
            if self.sets.get(*place).is_some_and(|s| s.replicas() > 0) {
                scaled |= self.resize(world, *place, 0);
            }
        }
        if scaled || old.iter().filter_map(|i| self.sets.get(*i)).any(|s| still_runs(world, s)) {
            return;
        }
        self.ensure_newest(world);
        if !self.size_newest(world) && self.complete() {
            self.forget_old(world);
        }
    }

    fn size_newest(&mut self, world: &mut World) -> bool {
        let Some(place) = self.newest else { return false };
        let (now, wanted) = (self.sets.get(place).map_or(0, Set::replicas), self.replicas());
        let size = if now > wanted { wanted } else { self.room_for_new(now) };
        size != now && self.resize(world, place, size)
    }

    /// Takes old pods away: first those that do not work, then as many as may be missing.
    fn shrink_old(&mut self, world: &mut World) -> bool {
        let old: Vec<usize> = self.old().filter(|i| self.sets.get(*i).is_some_and(|s| s.replicas() > 0)).collect();
        if old.is_empty() {
            return false;
        }
        let least = self.replicas() - self.bounds().1;
        let new_unavailable = self.newest().map_or(0, |s| s.replicas() - s.counted("availableReplicas"));
        let mut room = self.asked() - least - new_unavailable;
        if room <= 0 {
            return false;
        }
        let mut scaled = false;
        for place in &old {
            let Some((size, available)) = self.sets.get(*place).map(|s| (s.replicas(), s.counted("availableReplicas"))) else {
                continue;
            };
            let less = room.min(size - available);
            if less > 0 {
                scaled |= self.resize(world, *place, size - less);
                room -= less;
            }
        }
        // Those that work go only while enough of all work.
        let mut spare = self.total("availableReplicas") - least;
        for place in old {
            let Some(size) = self.sets.get(place).map(Set::replicas) else {
                continue;
            };
            let less = spare.min(size);
            if less > 0 {
                scaled |= self.resize(world, place, size - less);
                spare -= less;
            }
        }
        scaled
    }
}

fn still_runs(world: &World, set: &Set) -> bool {
    owned_pods(world, &set.stored.uid).iter().any(|pod| !pod.ended())
}
