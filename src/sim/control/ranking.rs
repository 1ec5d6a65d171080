//! Which pods of a replica set go first when there are too many: those that would be missed least.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::sight::{Phase, Pod, controller_of, owned_pods};
use crate::sim::store::Stored;
use crate::sim::world::World;

/// Puts those that go first in front.
pub fn sort(world: &World, set: &Stored, pods: &mut [Pod]) {
    let crowd = crowd(world, set);
    let now = world.now();
    let rank = |pod: &Pod| pod.stored.node.as_ref().and_then(|n| crowd.get(n)).copied().unwrap_or(0);
    pods.sort_by(|a, b| compare(a, b, (rank(a), rank(b)), now));
}

/// How many pods of the same release train (all replica sets of the deployment) run on each node.
fn crowd(world: &World, set: &Stored) -> BTreeMap<Arc<str>, usize> {
    let family = match controller_of(set) {
        Some(owner) => world.store.owned_by(&owner.uid),
        None => world.store.find(&set.key).cloned().into_iter().collect(),
    };
    let mut crowd = BTreeMap::new();
    for pod in family.iter().flat_map(|set| owned_pods(world, &set.uid)) {
        if let Some(node) = pod.stored.node.clone().filter(|_| pod.active()) {
            *crowd.entry(node).or_insert(0) += 1;
        }
    }
    crowd
}

fn compare(a: &Pod, b: &Pod, crowd: (usize, usize), now: Timestamp) -> Ordering {
    let phase = |pod: &Pod| match pod.phase {
        Phase::Pending => 0,
        Phase::Unknown => 1,
        _ => 2,
    };
    (a.stored.node.is_some().cmp(&b.stored.node.is_some()))
        .then_with(|| phase(a).cmp(&phase(b)))
        .then_with(|| a.ready.cmp(&b.ready))
        .then_with(|| a.cost.cmp(&b.cost))
        .then_with(|| Reverse(crowd.0).cmp(&Reverse(crowd.1)))
        .then_with(|| {
            if a.ready && b.ready {
                younger(a, b, (a.turned, b.turned), now)
            } else {
                Ordering::Equal
            }
        })
        .then_with(|| Reverse(a.most_restarts).cmp(&Reverse(b.most_restarts)))
        .then_with(|| younger(a, b, (a.created, b.created), now))
        .then_with(|| a.stored.uid.cmp(&b.stored.uid))
}

/// The younger one goes first; ages of the same magnitude (power of two) count as equal, and the uid decides.
fn younger(a: &Pod, b: &Pod, times: (Option<Timestamp>, Option<Timestamp>), now: Timestamp) -> Ordering {
    let (Some(ta), Some(tb)) = times else {
        return times.0.is_some().cmp(&times.1.is_some());
    };
    if ta == tb {
        return Ordering::Equal;
    }
    let magnitude = |t: Timestamp| u64::try_from((now - t).get_seconds().max(0)).unwrap_or(0).checked_ilog2();
    magnitude(ta).cmp(&magnitude(tb)).then_with(|| a.stored.uid.cmp(&b.stored.uid))
}
