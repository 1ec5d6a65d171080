//! A world that several faces serve: a lock around it, and a bell that rings when it has changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::clock::Clock;
use super::world::World;

/// One environment's world, shared by its faces. Locks are short: take what is needed, answer outside.
#[derive(Debug)]
pub struct SharedWorld {
    world: Mutex<World>,
    clock: Arc<Clock>,
    bell: watch::Sender<u64>,
}

impl SharedWorld {
    pub fn new(world: World, clock: Arc<Clock>) -> Self {
        Self {
            world: Mutex::new(world),
            clock,
            bell: watch::Sender::new(0),
        }
    }

    /// The world, to read. Whoever changes it takes [`SharedWorld::change`].
    pub fn read(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass up to now, changes the world, and rings the bell.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = {
            let mut world = self.read();
            let now = self.clock.now();
            world.advance(now);
            let result = change(&mut world);
            // What the controllers do at once happens before anybody reads again.
            world.advance(now);
            result
        };
        self.ring();
        result
    }

    /// Lets time pass up to now; rings the bell, since followers of logs wait for time as well.
    pub fn tick(&self) {
        let now = self.clock.now();
        self.read().advance(now);
        self.ring();
    }

    /// What the clock shows, which is at or after the world's own time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Wakes everyone who listens, without a change.
    pub fn ring(&self) {
        self.bell.send_modify(|n| *n += 1);
    }

    /// To wait for the next change or tick.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }
}
