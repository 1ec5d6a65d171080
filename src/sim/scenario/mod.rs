//! What goes wrong, when it began, what shows it, and what cures it.
//!
//! A scenario is a file (`assets/scenarios/*.toml`, or one of the user's): what is the matter with which release or
//! machine (`[[cause]]`), who did what and when (`[[step]]`), what shows it (`[[symptom]]`), and what comes of the
//! actions that people take (`[[cure]]`, `[[mistake]]`). Nothing here plays a part by heart: a cause changes how
//! containers behave, the world does the rest, and the same actions have the same consequences whoever takes them.

mod action;
mod cause;
mod checks;
mod churn;
mod file;
#[cfg(test)]
mod journeys;
mod load;
mod machines;
mod registry;
#[cfg(test)]
mod tests;
mod words;

use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

use super::world::{self, World};
pub use action::{Action, act};
pub use cause::{Behaviour, Cause, Effect, Effects, behaviour, effects};
pub use checks::{Sign, shows, troubles, well};
pub use file::{Outcome, Remedy, Scenario, Step, Symptom};
pub use load::{builtin, load, names};
pub use registry::{Pull, pull};

/// A scenario in progress in one world. Without one everything behaves as it should.
#[derive(Debug, Default)]
pub struct Playing {
    scenario: Option<Arc<Scenario>>,
    churn: churn::Churn,
    machines: machines::Machines,
}

impl Playing {
    /// What is played, if anything.
    pub fn scenario(&self) -> Option<&Arc<Scenario>> {
        self.scenario.as_ref()
    }

    fn causes(&self) -> impl Iterator<Item = &Cause> {
        self.scenario.iter().flat_map(|scenario| &scenario.causes)
    }
}

/// Something that a scenario does later.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// The step of this number.
    Step(usize),
    /// The machines are looked after: what was deleted is replaced.
    Machines,
    /// A new machine joins.
    Join(String),
    /// The next few changes of a busy cluster.
    Churn,
}

/// Plans a scenario in a world that stands at `start` less [`Scenario::history`], and that is let pass to `start`
/// afterwards. Steps tell their times from `start`.
pub fn begin(world: &mut World, scenario: &Scenario, start: Timestamp) {
    let scenario = Arc::new(scenario.clone());
    for (number, step) in scenario.steps.iter().enumerate() {
        world.at(
            start + SignedDuration::from_secs(step.at),
            world::Task::Scenario(Task::Step(number)),
        );
    }
    if scenario
        .causes
        .iter()
        .any(|cause| matches!(cause.effect, Effect::ReplaceNode { .. }))
    {
        world.after(machines::EVERY, world::Task::Scenario(Task::Machines));
    }
    if let Some(load) = &scenario.load {
        churn::fill(world, load);
        world.at(start, world::Task::Scenario(Task::Churn));
    }
    world.scenario.scenario = Some(scenario);
}

/// Something that the scenario planned is due.
pub fn run(world: &mut World, task: Task) {
    match task {
        Task::Step(number) => {
            let Some(scenario) = world.scenario.scenario.clone() else { return };
            if let Some(step) = scenario.steps.get(number) {
                // A step whose object a user has deleted meanwhile has nothing to do.
                let _ = act(world, &step.action, &step.by);
            }
        }
        Task::Machines => machines::look(world),
        Task::Join(name) => machines::join(world, &name),
        Task::Churn => churn::run(world),
    }
}
