//! Workloads: what keeps pods alive or runs them to completion.

use std::sync::Arc;

use super::{Known, Labels, Template, Time};

/// A deployment, replica set, stateful set or daemon set.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Which of the four.
    pub kind: Known,
    pub desired: u32,
    /// Pods that exist / are of the newest template / are ready / are available.
    pub current: u32,
    pub updated: u32,
    pub ready: u32,
    pub available: u32,
    pub paused: bool,
    /// Whether the controller has seen the newest specification.
    pub observed: bool,
    pub selector: Labels,
    /// Images of the pod template, in order.
    pub images: Box<[Arc<str>]>,
    /// `deployment.kubernetes.io/revision`; 0 where there is none.
    pub revision: u32,
    pub strategy: Box<str>,
    /// `kubernetes.io/change-cause`: why its author changed it.
    pub change_cause: Box<str>,
    /// What its pods are made from.
    pub template: Template,
    /// Node selector of a daemon set, `a=b,c=d`.
    pub node_selector: Box<str>,
    pub conditions: Box<[Condition]>,
}

/// A run to completion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// Completions wanted; `None` for a work queue.
    pub completions: Option<u32>,
    pub succeeded: u32,
    pub failed: u32,
    pub active: u32,
    pub suspended: bool,
    pub started: Time,
    pub finished: Time,
    pub selector: Labels,
    pub images: Box<[Arc<str>]>,
    pub conditions: Box<[Condition]>,
}

/// A schedule of jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CronJob {
    pub schedule: Box<str>,
    pub time_zone: Box<str>,
    pub suspended: bool,
    pub active: u32,
    pub last_scheduled: Time,
    pub last_succeeded: Time,
    pub images: Box<[Arc<str>]>,
}

/// One entry of `status.conditions`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// `Ready`, `Progressing` …
    pub name: Arc<str>,
    pub status: ConditionStatus,
    pub reason: Arc<str>,
    pub message: Box<str>,
    /// When the status last changed.
    pub since: Time,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConditionStatus {
    True,
    False,
    #[default]
    Unknown,
}

/// The condition of this type in a list.
pub fn condition<'a>(conditions: &'a [Condition], name: &str) -> Option<&'a Condition> {
    conditions.iter().find(|c| &*c.name == name)
}
