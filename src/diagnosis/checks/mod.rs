//! The table of checks, causes before their effects.

mod alert_firing;
mod alerting_blind;
mod api_degraded;
mod cache_hit_low;
mod certificate_expiring;
mod cpu_throttled;
mod cronjob_missed;
mod db_pool_exhausted;
mod error_rate_high;
mod health_down;
mod hpa_limited;
mod ingress_no_backend;
mod job_failed;
mod latency_high;
mod memory_near_limit;
mod network_here;
mod node_cordoned;
mod node_not_ready;
mod node_pressure;
mod pdb_blocking;
mod pod_config_error;
mod pod_crashloop;
mod pod_evicted;
mod pod_failed;
mod pod_image_pull;
mod pod_init_failing;
mod pod_log_errors;
mod pod_oomkilled;
mod pod_probe_failing;
mod pod_restarting;
mod pod_stuck_creating;
mod pod_stuck_terminating;
mod pod_unschedulable;
mod pvc_nearly_full;
mod pvc_pending;
mod quota_exhausted;
mod replicas_unavailable;
mod rollout_stuck;
mod service_no_endpoints;
mod service_selector_mismatch;
mod webhook_failing;

use super::sight::Sight;
use crate::model::{Finding, Known};
pub use network_here::{ID as NETWORK_HERE, across};
pub use pod_log_errors::listened;

/// One check.
pub struct Check {
    /// What its findings are called. Stable; scripts read it.
    pub id: &'static str,
    /// The kinds that it cannot do without.
    pub needs: &'static [Known],
    /// The runbook that helps, by its file's stem.
    pub runbook: &'static str,
    /// Looks at an environment.
    pub run: for<'a> fn(&Sight<'a>) -> Vec<Finding>,
}

const fn row(id: &'static str, needs: &'static [Known], runbook: &'static str, run: for<'a> fn(&Sight<'a>) -> Vec<Finding>) -> Check {
    Check { id, needs, runbook, run }
}

/// All checks of one environment. The order is that of cause and effect: see [`super::fold`].
pub const CHECKS: &[Check] = {
    use Known::*;
    &[
        row("api-degraded", &[], "cluster-api-degraded", api_degraded::check),
        row("node-not-ready", &[Node, Pod], "node-not-ready", node_not_ready::check),
        // After the pods of a node would come too late: what it throws out follows from what it lacks.
        row("node-pressure", &[Node], "node-pressure", node_pressure::check),
        row("quota-exhausted", &[Event], "quota-exhausted", quota_exhausted::check),
        row("webhook-failing", &[Event], "webhook-failing", webhook_failing::check),
        row(
            "pvc-pending",
            &[PersistentVolumeClaim, Event],
            "pvc-full-or-pending",
            pvc_pending::check,
        ),
        row(
            "rollout-stuck",
            &[Deployment, ReplicaSet, StatefulSet, DaemonSet, Pod, Event],
            "bad-deployment",
            rollout_stuck::check,
        ),
        row("job-failed", &[Job, Pod, Event], "job-failed", job_failed::check),
        row("pod-oomkilled", &[Pod], "high-memory", pod_oomkilled::check),
        row("pod-image-pull", &[Pod, Event], "image-pull-failure", pod_image_pull::check),
        row("pod-config-error", &[Pod, Event], "pod-config-error", pod_config_error::check),
        row("pod-init-failing", &[Pod], "pod-crashloop", pod_init_failing::check),
        row("pod-probe-failing", &[Pod, Event], "health-check-failing", pod_probe_failing::check),
        row("pod-crashloop", &[Pod], "pod-crashloop", pod_crashloop::check),
        row("pod-unschedulable", &[Pod, Event], "pod-unschedulable", pod_unschedulable::check),
        row("pod-stuck-creating", &[Pod, Event], "pod-stuck-creating", pod_stuck_creating::check),
        row(
            "pod-stuck-terminating",
            &[Pod],
            "pod-stuck-terminating",
            pod_stuck_terminating::check,
        ),
        row("pod-evicted", &[Pod], "node-pressure", pod_evicted::check),
        row("pod-failed", &[Pod], "pod-crashloop", pod_failed::check),
        row("pod-restarting", &[Pod], "pod-crashloop", pod_restarting::check),
        row("memory-near-limit", &[Pod], "high-memory", memory_near_limit::check),
        row("db-pool-exhausted", &[Pod], "database-connection", db_pool_exhausted::check),
        row("cache-hit-low", &[], "cache-hit-ratio-low", cache_hit_low::check),
        row(
            "pod-log-errors",
            &[Deployment, ReplicaSet, Pod],
            "bad-deployment",
            pod_log_errors::check,
        ),
        row(
            "replicas-unavailable",
            &[Deployment, StatefulSet, DaemonSet, ReplicaSet, Event],
            "replicas-unavailable",
            replicas_unavailable::check,
        ),
        row(
            "node-cordoned-with-pods-pending",
            &[Node, Pod],
            "pod-unschedulable",
            node_cordoned::check,
        ),
        row(
            "pvc-nearly-full",
            &[PersistentVolumeClaim],
            "pvc-full-or-pending",
            pvc_nearly_full::check,
        ),
        row("cronjob-missed", &[CronJob, Job, Event], "job-failed", cronjob_missed::check),
        row(
            "service-selector-mismatch",
            &[Service, Pod],
            "service-no-endpoints",
            service_selector_mismatch::check,
        ),
        row(
            "service-no-endpoints",
            &[Service, EndpointSlice, Pod],
            "service-no-endpoints",
            service_no_endpoints::check,
        ),
        row(
            "ingress-no-backend",
            &[Ingress, Service, EndpointSlice],
            "service-no-endpoints",
            ingress_no_backend::check,
        ),
        // After everything that may be why a service does not answer.
        row("health-down", &[], "health-check-failing", health_down::check),
        row("error-rate-high", &[Service, Pod], "high-error-rate", error_rate_high::check),
        // A container that is held back is slow; so is much else.
        row("cpu-throttled", &[Pod], "high-latency", cpu_throttled::check),
        row("latency-high", &[Service, Pod], "high-latency", latency_high::check),
        // What others say is wrong: the checks before it may say why.
        row("alert-firing", &[], "incident", alert_firing::check),
        row("alerts-unknown", &[], "prometheus-or-alerting-down", alerting_blind::unknown),
        row("watchdog-absent", &[], "prometheus-or-alerting-down", alerting_blind::watchdog),
        row("rules-failing", &[], "prometheus-or-alerting-down", alerting_blind::rules),
        row("target-down", &[], "prometheus-or-alerting-down", alerting_blind::targets),
        row("certificate-expiring", &[], "certificate-expiring", certificate_expiring::check),
        row("hpa-limited", &[HorizontalPodAutoscaler], "hpa-limited", hpa_limited::check),
        row(
            "pdb-blocking",
            &[PodDisruptionBudget, Node, Pod],
            "node-not-ready",
            pdb_blocking::check,
        ),
    ]
};

/// The runbook of what is found across environments.
pub const NETWORK_RUNBOOK: &str = "network-here";

/// What is watched of the environment in front, for the checks and for what changed.
pub const IN_FRONT: &[Known] = &[
    Known::Pod,
    Known::Node,
    Known::Deployment,
    Known::ReplicaSet,
    Known::StatefulSet,
    Known::DaemonSet,
    Known::Job,
    Known::CronJob,
    Known::Service,
    Known::EndpointSlice,
    Known::Ingress,
    Known::PersistentVolumeClaim,
    Known::HorizontalPodAutoscaler,
    Known::PodDisruptionBudget,
    Known::Event,
    Known::ConfigMap,
    Known::Secret,
];

/// What is watched of every other environment: enough to say how it is.
pub const ELSEWHERE: &[Known] = &[Known::Pod, Known::Node, Known::Deployment];
