//! What puts objects into the world: it keeps the times, the places and the addresses that are given away.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Environment, written};
use crate::sim::store::{Stored, seconds};
use crate::sim::world::World;

/// A node, and what is left of it.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub name: String,
    pub ip: String,
    pub zone: &'static str,
    /// Thousandths of a core that nobody has asked for.
    pub cpu: i64,
    /// MiB that nobody has asked for.
    pub memory: i64,
    pods: u32,
}

impl Room {
    pub fn new(name: String, ip: String, zone: &'static str, cpu: i64, memory: i64) -> Self {
        Self {
            name,
            ip,
            zone,
            cpu,
            memory,
            pods: 0,
        }
    }
}

/// Puts objects into the world.
#[derive(Debug)]
pub(super) struct Seeder<'w> {
    pub world: &'w mut World,
    pub environment: Environment,
    pub rooms: Vec<Room>,
    services: u32,
}

impl<'w> Seeder<'w> {
    pub fn new(world: &'w mut World, environment: Environment) -> Self {
        Self {
            world,
            environment,
            rooms: Vec::new(),
            services: 0,
        }
    }

    /// So long before the world's present.
    pub fn ago(&self, before: SignedDuration) -> Timestamp {
        let at = self.world.now() - before;
        // Objects know whole seconds only.
        Timestamp::from_second(at.as_second()).unwrap_or(at)
    }

    /// Puts an object that was created then, and not written since.
    pub fn put(&mut self, shelf: &str, created: Timestamp, object: Value) -> Arc<Stored> {
        self.put_written(shelf, created, created, object)
    }

    /// Puts an object that was created then, and last written at another time.
    pub fn put_written(&mut self, shelf: &str, created: Timestamp, at: Timestamp, mut object: Value) -> Arc<Stored> {
        object["metadata"]["creationTimestamp"] = json!(seconds(created));
        written::record(shelf, at, &mut object);
        self.world.put(shelf, object)
    }

    pub fn uid(&mut self) -> String {
        self.world.store.new_uid()
    }

    /// An address for a pod of this node, in the node's subnet as the VPC's plugin gives it.
    pub fn pod_ip(&mut self, node: usize) -> String {
        let Some(room) = self.rooms.get_mut(node) else {
            return String::new();
        };
        room.pods += 1;
        let mut parts = room.ip.split('.').filter_map(|part| part.parse::<u32>().ok());
        let (a, b, c, d) = (
            parts.next().unwrap_or(10),
            parts.next().unwrap_or(0),
            parts.next().unwrap_or(0),
            parts.next().unwrap_or(0),
        );
        // The plugin takes them from all over the subnet: a step that shares no factor with the range.
        format!("{a}.{b}.{}.{}", c + 1, (d + room.pods * 37) % 251 + 2)
    }

    /// A cluster address for a service.
    pub fn service_ip(&mut self) -> String {
        self.services += 1;
        format!("172.20.{}.{}", (self.services * 53) % 250, (self.services * 101) % 250 + 2)
    }

    /// The node for a pod that asks for this much: the one with the most room, and of those that have some the
    /// one with the fewest of its siblings. A pod with a volume stays in the volume's zone.
    pub fn choose(&self, cpu: i64, memory: i64, siblings: &[usize], zone: Option<&str>) -> usize {
        let fits = |room: &Room| room.cpu >= cpu && room.memory >= memory && zone.is_none_or(|z| z == room.zone);
        let candidates = self.rooms.iter().enumerate().filter(|(_, room)| fits(room));
        candidates
            .min_by_key(|(i, room)| (siblings.iter().filter(|s| *s == i).count(), -room.cpu, *i))
            .map_or(0, |(i, _)| i)
    }

    /// Takes room on a node.
    pub fn occupy(&mut self, node: usize, cpu: i64, memory: i64) {
        if let Some(room) = self.rooms.get_mut(node) {
            room.cpu -= cpu;
            room.memory -= memory;
        }
    }
}

/// An owner reference of a controller.
pub(super) fn owner(kind: &str, api_version: &str, stored: &Stored) -> Value {
    json!([{
        "apiVersion": api_version, "kind": kind, "name": &*stored.key.name, "uid": &*stored.uid,
        "controller": true, "blockOwnerDeletion": true,
    }])
}

pub(super) fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

pub(super) fn hours(n: i64) -> SignedDuration {
    SignedDuration::from_hours(n)
}

/// Days, less a while: nothing happens at the same time of day for ever.
pub(super) fn days(n: i64, less_minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(n * 24 * 60 - less_minutes)
}
