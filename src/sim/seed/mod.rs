//! The platform as it stands before anything goes wrong: what is put into an empty world.

mod access;
mod app;
mod batch;
mod builder;
mod config;
mod custom;
mod events;
mod monitoring;
pub mod names;
mod network;
mod nodes;
mod pod;
mod policy;
mod storage;
mod system;
mod template;
mod workload;
mod written;

#[cfg(test)]
mod tests;

use super::world::World;
pub use batch::takes;
use builder::Seeder;

/// Which of the platform's environments a world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    Development,
    Staging,
    Production,
}

impl Environment {
    /// The word that its contexts and resources bear: `dev`, `staging`, `prod`.
    pub fn short(self) -> &'static str {
        match self {
            Self::Development => "dev",
            Self::Staging => "staging",
            Self::Production => "prod",
        }
    }

    /// `development`, `staging`, `production`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// The name that the world outside uses for it.
    pub fn host(self) -> &'static str {
        match self {
            Self::Development => "dev.solia-invest.com",
            Self::Staging => "staging.solia-invest.com",
            Self::Production => "solia-invest.com",
        }
    }
}

/// What a release's change-cause says, as the pipeline writes it.
pub fn change_cause(version: &str) -> String {
    format!("deploy {version} by github-actions")
}

/// Puts a complete and steady platform into an empty world: everything has been running for days.
pub fn solia(world: &mut World, environment: Environment) {
    let mut seeder = Seeder::new(world, environment);
    seeder.namespaces();
    seeder.roles();
    seeder.storage_classes();
    seeder.configuration();
    let births = seeder.nodes();
    // Daemons stand on every node before others take the room; then the pod that fits on few.
    seeder.system_daemons(&births);
    seeder.monitoring_daemons(&births);
    seeder.prometheus();
    seeder.apps();
    seeder.system();
    seeder.monitoring();
    seeder.jobs();
    seeder.network();
    seeder.policies();
    seeder.custom();
    seeder.events();
    seeder.webhooks();
}
