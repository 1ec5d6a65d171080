//! The world, as facts. One task per feed; each tells what it sees and nothing else.
//!
//! [`Sources`] is the whole door: the driver starts and stops demands, facts come out of a bounded channel.
//! A source that fails says so as a fact and tries again with a growing pause; none ever ends the program.

pub(crate) mod alertmanager;
pub mod allowed;
pub mod cloudwatch;
pub mod file;
pub mod health;
pub mod http;
pub mod kube;
mod lines;
pub mod prometheus;
pub mod runbooks;
mod sources;
mod task;

pub use sources::Sources;
pub use task::Task;
