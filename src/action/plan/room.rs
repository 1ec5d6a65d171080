//! Whether nodes have room for more pods: by what is requested, as the scheduler counts it, and by places.
//!
//! Only that: affinities, spreads and volumes that are tied to a zone decide as well, and cannot be seen from here.

use super::crowd::Lodger;
use crate::model::{Body, ConditionStatus, Kind, Known, Quantity, Scope};
use crate::store::{EnvStore, Feed};

/// What a pod asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// Thousandths of a core.
    pub cpu: i64,
    /// Thousandths of a byte, as [`Quantity`] has them.
    pub memory: i64,
}

/// What is free on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub node: String,
    pub free: Ask,
    /// Pods that still fit.
    pub pods: i64,
}

impl Place {
    fn takes(&self, ask: Ask) -> bool {
        self.pods > 0 && self.free.cpu >= ask.cpu && self.free.memory >= ask.memory
    }

    fn take(&mut self, ask: Ask) {
        self.pods -= 1;
        self.free.cpu -= ask.cpu;
        self.free.memory -= ask.memory;
    }
}

/// Nodes that take new pods: ready, not cordoned, without a taint that keeps pods off, and not among `without`.
pub fn places(seen: &EnvStore, crowd: &[Lodger], without: &[&str]) -> Vec<Place> {
    let feed = seen.feeds_of(&Kind::Known(Known::Node), &[Scope::All]).into_iter().next();
    let rows = feed.into_iter().flat_map(Feed::rows);
    let places = rows.filter_map(|object| {
        let Body::Node(node) = &object.body else { return None };
        let name = &*object.meta.name;
        let keeps_off = |taint: &str| taint.ends_with(":NoSchedule") || taint.ends_with(":NoExecute");
        let is_open = node.ready == ConditionStatus::True && !node.unschedulable && !node.taints.iter().any(|taint| keeps_off(taint));
        if !is_open || without.contains(&name) {
            return None;
        }
        let mut place = Place {
            node: name.to_owned(),
            free: Ask {
                cpu: node.cpu.get().unwrap_or(0),
                memory: node.memory.get().unwrap_or(0),
            },
            pods: i64::from(node.pods),
        };
        crowd
            .iter()
            .filter(|pod| pod.node == name && !pod.is_over)
            .for_each(|pod| place.take(pod.ask));
        Some(place)
    });
    places.collect()
}

/// Puts pods on nodes, the largest first; tells which of them find no room, by their place in `asks`.
pub fn homeless(places: &mut [Place], asks: &[Ask]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..asks.len()).collect();
    let ask = |at: &usize| asks.get(*at).copied().unwrap_or_default();
    order.sort_by_key(|at| std::cmp::Reverse(ask(at)));
    let mut without: Vec<usize> = order
        .into_iter()
        .filter(|at| match places.iter_mut().find(|place| place.takes(ask(at))) {
            Some(place) => {
                place.take(ask(at));
                false
            }
            None => true,
        })
        .collect();
    without.sort_unstable();
    without
}

/// `cpu 1.2 and memory 3Gi`: what pods ask for together.
pub fn said(asks: &[Ask]) -> String {
    let sum = asks.iter().fold(Ask::default(), |sum, ask| Ask {
        cpu: sum.cpu + ask.cpu,
        memory: sum.memory + ask.memory,
    });
    amounts(sum)
}

/// `cpu 1.2, memory 3Gi`; what is not asked for is not told.
pub fn amounts(ask: Ask) -> String {
    let (cpu, memory) = (Quantity::milli(ask.cpu).cpu(), Quantity::milli(ask.memory).memory());
    match (ask.cpu, ask.memory) {
        (_, 0) => format!("cpu {cpu}"),
        (0, _) => format!("memory {memory}"),
        _ => format!("cpu {cpu}, memory {memory}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(cpu: i64, memory: i64, pods: i64) -> Place {
        let free = Ask { cpu, memory };
        Place {
            node: "n".into(),
            free,
            pods,
        }
    }

    #[test]
    fn what_finds_no_room_is_told_by_each_of_the_three_bounds() {
        let ask = |cpu, memory| Ask { cpu, memory };
        let table = [
            (vec![place(1000, 1000, 9)], vec![ask(500, 0), ask(600, 0)], vec![0]),
            (vec![place(1000, 1000, 9)], vec![ask(0, 1000), ask(0, 1)], vec![1]),
            (vec![place(1000, 1000, 1)], vec![ask(0, 0), ask(0, 0)], vec![1]),
            // The large one first, so that the small ones fill what is left.
            (vec![place(500, 0, 9), place(1000, 0, 9)], vec![ask(500, 0), ask(1000, 0)], vec![]),
            // A node that is overfull takes nothing.
            (vec![place(-100, 1000, 9)], vec![ask(0, 0)], vec![0]),
            (vec![], vec![ask(1, 1)], vec![0]),
        ];
        for (mut places, asks, expected) in table {
            let shown = format!("{places:?} {asks:?}");
            assert_eq!(homeless(&mut places, &asks), expected, "{shown}");
        }
    }
}
