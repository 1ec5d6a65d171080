//! The machines behind the nodes: which one is meant, and the group that replaces the lost ones.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{Effect, Task};
use crate::sim::control::node;
use crate::sim::physics::Role;
use crate::sim::physics::noise::hash;
use crate::sim::world::{self, World};

/// How often the group of machines counts its members.
pub const EVERY: SignedDuration = SignedDuration::from_secs(15);

/// What the group remembers.
#[derive(Debug, Default)]
pub struct Machines {
    known: BTreeSet<String>,
}

/// The node that is meant: a name, `busiest`, or `silent`.
pub fn find(world: &World, meant: &str) -> Option<String> {
    let mut all = world.store.list("nodes", None).map(|stored| stored.key.name.to_string());
    match meant {
        "silent" => all.find(|name| node::is_down(world, name)),
        "busiest" => {
            let crowd = |name: &String| {
                let pods = world.store.pods_on(name);
                let own = pods.iter().filter(|pod| Role::of(pod) == Role::Backend).count();
                (own, pods.len())
            };
            // Of equals the first by name.
            all.max_by(|a, b| crowd(a).cmp(&crowd(b)).then_with(|| b.cmp(a)))
        }
        name => all.find(|known| known == name),
    }
}

/// Has what was deleted replaced.
pub fn look(world: &mut World) {
    let now: BTreeSet<String> = world.store.list("nodes", None).map(|s| s.key.name.to_string()).collect();
    let after = world.scenario.causes().find_map(|cause| match cause.effect {
        Effect::ReplaceNode { after } => Some(SignedDuration::from_secs(after)),
        _ => None,
    });
    let lost: Vec<String> = world.scenario.machines.known.difference(&now).cloned().collect();
    if let Some(after) = after {
        for name in lost {
            let new = successor(&name, &now);
            world.after(after - EVERY, world::Task::Scenario(Task::Join(new)));
        }
    }
    world.scenario.machines.known = now;
    world.after(EVERY, world::Task::Scenario(Task::Machines));
}

/// A new machine joins.
pub fn join(world: &mut World, name: &str) {
    if find(world, name).is_none() {
        node::join(world, name);
    }
}

/// A name in the same subnet that nobody has: `ip-10-0-12-34…` becomes `ip-10-0-12-201…`.
fn successor(name: &str, taken: &BTreeSet<String>) -> String {
    let (address, domain) = name.split_once('.').map_or((name, String::new()), |(a, d)| (a, format!(".{d}")));
    let subnet = address.rsplit_once('-').map_or(address, |(subnet, _)| subnet);
    let names = (0..240).map(|n| format!("{subnet}-{}{domain}", 10 + (hash(name) + n) % 240));
    names
        .filter(|new| new != name)
        .find(|new| !taken.contains(new))
        .unwrap_or_else(|| format!("{name}-new"))
}
