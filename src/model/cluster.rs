//! Nodes, namespaces, and the policies that bound workloads.

use std::sync::Arc;

use super::{Condition, Labels, Quantity};

/// A node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    pub ready: super::ConditionStatus,
    /// Cordoned.
    pub unschedulable: bool,
    pub conditions: Box<[Condition]>,
    pub roles: Box<str>,
    /// Kubelet version.
    pub version: Arc<str>,
    /// `key=value:Effect`.
    pub taints: Box<[Box<str>]>,
    /// Since when its pods are being counted out, because it is not ready or unreachable; never, while it is well.
    pub silent_since: super::Time,
    pub cpu: Quantity,
    pub memory: Quantity,
    /// Pods that fit.
    pub pods: u32,
    pub internal_ip: Box<str>,
    pub external_ip: Box<str>,
    pub os_image: Arc<str>,
    pub kernel: Arc<str>,
    pub runtime: Arc<str>,
    pub instance_type: Arc<str>,
    pub zone: Arc<str>,
    /// `aws:///eu-west-3a/i-0abc…`
    pub provider_id: Box<str>,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Namespace {
    /// `Active`, `Terminating`.
    pub phase: Box<str>,
}

/// A horizontal pod autoscaler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Autoscaler {
    /// `Deployment/backend`.
    pub target: Box<str>,
    pub min: u32,
    pub max: u32,
    pub current: u32,
    pub desired: u32,
    /// `cpu 7%/80%`, one per metric; `?` where the value is unknown.
    pub metrics: Box<[Box<str>]>,
    pub conditions: Box<[Condition]>,
}

/// A pod disruption budget.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DisruptionBudget {
    /// As written: a number or a percentage, empty where not set.
    pub min_available: Box<str>,
    pub max_unavailable: Box<str>,
    pub allowed: u32,
    pub healthy: u32,
    pub desired: u32,
    pub expected: u32,
    pub selector: Labels,
}

/// A service account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceAccount {
    pub secrets: u16,
    pub image_pull_secrets: u16,
    /// The IAM role of `eks.amazonaws.com/role-arn`, empty where there is none.
    pub role: Box<str>,
}
