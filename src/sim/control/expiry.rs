//! Events are kept for an hour.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::Task;
use crate::sim::store::Key;
use crate::sim::world::{Task as Due, World};

/// How long an event is kept after it was last seen.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// How often old events are looked for.
pub const EVERY: SignedDuration = SignedDuration::from_mins(5);

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "lastTimestamp", borrow)]
    last: Option<Cow<'a, str>>,
    metadata: Meta<'a>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(rename = "creationTimestamp", borrow)]
    created: Option<Cow<'a, str>>,
}

/// Takes away old events, and comes back as long as there are others.
pub fn look(world: &mut World) {
    let now = world.now();
    let old: Vec<Key> = world
        .store
        .list("events", None)
        .filter(|stored| {
            let Ok(event) = serde_json::from_slice::<Event<'_>>(&stored.json) else {
                return false;
            };
            let time = event.last.or(event.metadata.created).and_then(|t| t.parse::<Timestamp>().ok());
            time.is_some_and(|time| time + KEPT <= now)
        })
        .map(|stored| stored.key.clone())
        .collect();
    for key in old {
        world.store.remove(&key, now);
    }
    if world.store.count("events") > 0 {
        world.after(EVERY, Due::Control(Task::ExpireEvents));
    }
}
