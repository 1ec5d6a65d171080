//! The controllers: each looks at one object and does what is to be done about it, as those of a cluster do.
//!
//! Every write is told to [`on_change`], which decides who has to look, and after which delay; the agenda calls
//! [`run`] when that time has come. A controller reads what is there, not what has changed, so that it does not
//! matter how often it looks. What it has to do at a later time (a deadline, a schedule) it plans anew each time.

mod budget;
mod conditions;
mod cronjob;
mod daemonset;
mod deployment;
pub mod document;
mod endpoints;
mod expiry;
mod fitting;
mod garbage;
mod hpa;
mod interest;
mod job;
pub mod kubelet;
mod names;
mod namespace;
pub mod node;
mod pods;
mod quota;
mod ranking;
mod replicaset;
mod revisions;
pub mod scheduler;
mod selector;
mod sight;
mod slices;
mod statefulset;
mod voice;
mod volume;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::store::{Change, Key};
use super::world::World;

/// What a controller is to look at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// A deployment and its replica sets.
    Deployment(Key),
    /// A replica set and its pods.
    ReplicaSet(Key),
    /// A stateful set, its pods, claims and revisions.
    StatefulSet(Key),
    /// A daemon set, its pods and the nodes.
    DaemonSet(Key),
    /// A job and its pods.
    Job(Key),
    /// A cron job and its jobs.
    CronJob(Key),
    /// A horizontal pod autoscaler and its target.
    Hpa(Key),
    /// A pod disruption budget and the pods that it guards.
    Budget(Key),
    /// The endpoints and slices of a service.
    Endpoints(Key),
    /// A claim that waits for a volume.
    Claim(Key),
    /// A volume, and whether its claim is still there.
    Volume(Key),
    /// The quotas of a namespace.
    Quota(Arc<str>),
    /// A namespace: what it begins with, or what is left of it.
    Namespace(Arc<str>),
    /// What an object of this uid owned, after it has gone.
    Garbage(Arc<str>),
    /// Events that are too old.
    ExpireEvents,
    /// The scheduler tries to place the pods that wait.
    Schedule,
    /// A kubelet does something about a pod.
    Kubelet(kubelet::Task),
    /// The life of a node.
    Node(node::Task),
}

/// What controllers remember besides objects.
#[derive(Debug, Default)]
pub struct State {
    pub scheduler: scheduler::State,
    pub kubelet: kubelet::State,
    pub node: node::State,
    /// What selects pods.
    pub selecting: interest::Selecting,
    /// What autoscalers remember of the last minutes.
    pub hpa: BTreeMap<Key, hpa::Memory>,
    /// Since when volumes are being provisioned.
    pub provisioning: BTreeMap<Key, Timestamp>,
}

/// Tasks, each with the delay after which it is due.
pub type Tasks = Vec<(SignedDuration, Task)>;

/// Who has to look at something because of a change, and after which delay.
pub fn on_change(world: &World, change: &Change, tasks: &mut Tasks) {
    interest::on_change(world, change, tasks);
    scheduler::on_change(world, change, tasks);
    kubelet::on_change(world, change, tasks);
    node::on_change(world, change, tasks);
}

/// Everybody looks at everything.
pub fn on_everything(world: &World, tasks: &mut Tasks) {
    interest::on_everything(world, tasks);
    scheduler::on_everything(world, tasks);
    kubelet::on_everything(world, tasks);
    node::on_everything(world, tasks);
}

/// A controller looks.
pub fn run(world: &mut World, task: Task) {
    match task {
        Task::Deployment(key) => deployment::look(world, &key),
        Task::ReplicaSet(key) => replicaset::look(world, &key),
        Task::StatefulSet(key) => statefulset::look(world, &key),
        Task::DaemonSet(key) => daemonset::look(world, &key),
        Task::Job(key) => job::look(world, &key),
        Task::CronJob(key) => cronjob::look(world, &key),
        Task::Hpa(key) => hpa::look(world, &key),
        Task::Budget(key) => budget::look(world, &key),
        Task::Endpoints(key) => endpoints::look(world, &key),
        Task::Claim(key) => volume::look(world, &key),
        Task::Volume(key) => volume::release(world, &key),
        Task::Quota(namespace) => quota::look(world, &namespace),
        Task::Namespace(name) => namespace::look(world, &name),
        Task::Garbage(uid) => garbage::look(world, &uid),
        Task::ExpireEvents => expiry::look(world),
        Task::Schedule => scheduler::run(world),
        Task::Kubelet(task) => kubelet::run(world, task),
        Task::Node(task) => node::run(world, task),
    }
}
