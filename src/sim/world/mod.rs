//! The world of one environment: its objects, and all that makes them move. Pure: time is what it is told.

mod agenda;
mod deletion;
mod events;
mod runs;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::store::{Key, Store, Stored};
use super::{control, physics, scenario};

pub use agenda::{Agenda, Task};
pub use deletion::{Deletion, Propagation};
pub use events::{Note, Tone};
pub use runs::{Ending, Run, Runs, Whereabouts};

/// Whether things happen by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Nothing does: a bare API server for tests, which put in what they want to see.
    Still,
    /// Controllers, kubelets and physics act.
    Alive,
}

/// One environment: objects, what is due, what containers did, what is measured.
#[derive(Debug)]
pub struct World {
    pub store: Store,
    /// Every run of every container, for logs and restarts.
    pub runs: Runs,
    /// Traffic, latency, pools, memory.
    pub physics: physics::Physics,
    /// What goes wrong here, if anything.
    pub scenario: scenario::Playing,
    /// State of the controllers that is not in objects.
    pub control: control::State,
    pub chance: fastrand::Rng,
    agenda: Agenda,
    now: Timestamp,
    life: Life,
    /// The last version that the controllers were told of.
    told: u64,
}

impl World {
    /// An empty world at this time.
    pub fn new(seed: u64, start: Timestamp, life: Life) -> Self {
        let store = Store::new(seed);
        let told = store.rv();
        Self {
            store,
            runs: Runs::default(),
            physics: physics::Physics::new(seed),
            scenario: scenario::Playing::default(),
            control: control::State::default(),
            chance: fastrand::Rng::with_seed(seed),
            agenda: Agenda::default(),
            now: start,
            life,
            told,
        }
    }

    /// The world's own time: that of what is happening just now.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn life(&self) -> Life {
        self.life
    }

    /// Lets time pass: everything that is due until then happens, in order. Going back is no move at all.
    pub fn advance(&mut self, to: Timestamp) {
        loop {
            self.tell_controllers();
            let Some((at, task)) = self.agenda.due(to) else { break };
            self.now = self.now.max(at);
            match task {
                Task::Control(task) => control::run(self, task),
                Task::Sample => physics::sample(self),
                Task::Scenario(task) => scenario::run(self, task),
            }
        }
        self.now = self.now.max(to);
    }

    /// Does something later. A control task that is on the agenda already keeps its earlier time.
    pub fn after(&mut self, delay: SignedDuration, task: Task) {
        self.agenda.add(self.now + delay.max(SignedDuration::ZERO), task);
    }

    /// Does something at a time; in the past means now.
    pub fn at(&mut self, time: Timestamp, task: Task) {
        self.agenda.add(time.max(self.now), task);
    }

    /// Creates or replaces an object, now.
    pub fn put(&mut self, shelf: &str, object: Value) -> Arc<Stored> {
        self.store.put(shelf, object, self.now)
    }

    /// Changes an object, now. See [`Store::update`].
    pub fn update(&mut self, key: &Key, change: impl FnOnce(&mut Value)) -> Option<Arc<Stored>> {
        self.store.update(key, self.now, change)
    }

    /// The controllers hear of every change, whoever made it, as informers would tell them.
    fn tell_controllers(&mut self) {
        if self.life == Life::Still {
            self.told = self.store.rv();
            return;
        }
        let mut tasks = Vec::new();
        match self.store.history.since(self.told) {
            Ok(changes) => {
                for change in changes {
                    control::on_change(self, change, &mut tasks);
                }
            }
            // More happened at once than is remembered: look at everything.
            Err(_) => control::on_everything(self, &mut tasks),
        }
        self.told = self.store.rv();
        for (delay, task) in tasks {
            self.after(delay, Task::Control(task));
        }
    }
}
