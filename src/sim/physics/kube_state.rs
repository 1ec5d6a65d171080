//! What kube-state-metrics and cAdvisor tell of pods.

use std::sync::Arc;

use jiff::Timestamp;

use super::facts::Container;
use super::lane::Lane;
use super::model::Subject;
use super::series::{Labels, Series, labels};

/// Where kube-state-metrics is scraped.
pub const INSTANCE: &str = "kube-state-metrics:8080";

const PHASES: [&str; 5] = ["Pending", "Succeeded", "Failed", "Unknown", "Running"];
const WAITS: [&str; 6] = [
    "ContainerCreating",
    "CrashLoopBackOff",
    "ErrImagePull",
    "ImagePullBackOff",
    "CreateContainerConfigError",
    "PodInitializing",
];
const ENDS: [&str; 3] = ["OOMKilled", "Error", "Completed"];

/// One or nothing.
fn flag(is: bool) -> Option<f64> {
    is.then_some(1.0)
}

fn bit(is: bool) -> Option<f64> {
    Some(f64::from(u8::from(is)))
}

/// Writes a sample of the state of a pod, as the API server knows it.
pub fn write(series: &mut Series, lane: &mut Lane, subject: &Subject, at: Timestamp) {
    let facts = &subject.facts;
    lane.rewind();
    let of_pod = |name: &str, more: &[(&str, &str)]| {
        let mut pairs = vec![
            ("job", "kube-state-metrics"),
            ("instance", INSTANCE),
            ("namespace", &*facts.namespace),
            ("pod", &*facts.name),
            ("uid", &*facts.uid),
        ];
        pairs.extend_from_slice(more);
        labels(name, &pairs)
    };
    for phase in PHASES {
        lane.put(series, at, bit(facts.phase == phase), || {
            of_pod("kube_pod_status_phase", &[("phase", phase)])
        });
    }
    for (condition, is) in [("true", facts.ready), ("false", !facts.ready)] {
        lane.put(series, at, bit(is), || of_pod("kube_pod_status_ready", &[("condition", condition)]));
    }
    for (condition, is) in [("true", facts.scheduled), ("false", !facts.scheduled)] {
        lane.put(series, at, bit(is), || {
            of_pod("kube_pod_status_scheduled", &[("condition", condition)])
        });
    }
    // The node and the address are labels: a pod that gets them is told by another series.
    let placed = facts.node.as_deref().filter(|_| !facts.ip.is_empty());
    lane.put(series, at, flag(placed.is_some()), || {
        let owner = [("created_by_kind", &*facts.owner_kind), ("created_by_name", &facts.owner_name)];
        let mut all = of_pod("kube_pod_info", &owner);
        all.insert(Arc::from("node"), Arc::from(placed.unwrap_or_default()));
        all.insert(Arc::from("pod_ip"), Arc::from(facts.ip.as_str()));
        all
    });
    lane.put(series, at, Some(1.0), || {
        of_pod(
            "kube_pod_owner",
            &[
                ("owner_kind", &*facts.owner_kind),
                ("owner_name", &facts.owner_name),
                ("owner_is_controller", "true"),
            ],
        )
    });
    for container in &facts.containers {
        write_container(series, lane, container, at, &of_pod, facts.node.as_deref());
    }
}

fn write_container(
    series: &mut Series,
    lane: &mut Lane,
    container: &Container,
    at: Timestamp,
    of_pod: &impl Fn(&str, &[(&str, &str)]) -> Labels,
    node: Option<&str>,
) {
    let own = ("container", container.name.as_str());
    let of = |name: &str| of_pod(name, &[own]);
    lane.put(series, at, Some(container.restarts), || {
        of("kube_pod_container_status_restarts_total")
    });
    lane.put(series, at, bit(container.ready), || of("kube_pod_container_status_ready"));
    lane.put(series, at, bit(container.running.is_some()), || {
        of("kube_pod_container_status_running")
    });
    lane.put(series, at, bit(!container.waiting.is_empty()), || {
        of("kube_pod_container_status_waiting")
    });
    lane.put(series, at, Some(1.0), || {
        of_pod("kube_pod_container_info", &[own, ("image", &container.image)])
    });
    for reason in WAITS {
        lane.put(series, at, flag(container.waiting == reason), || {
            of_pod("kube_pod_container_status_waiting_reason", &[own, ("reason", reason)])
        });
    }
    for reason in ENDS {
        lane.put(series, at, flag(container.ended == reason), || {
            of_pod("kube_pod_container_status_last_terminated_reason", &[own, ("reason", reason)])
        });
    }
    for (name, resource, unit, value) in [
        ("kube_pod_container_resource_limits", "cpu", "core", container.limit_cpu),
        ("kube_pod_container_resource_limits", "memory", "byte", container.limit_memory),
        ("kube_pod_container_resource_requests", "cpu", "core", container.request_cpu),
        ("kube_pod_container_resource_requests", "memory", "byte", container.request_memory),
    ] {
        lane.put(series, at, value.filter(|_| node.is_some()), || {
            of_pod(
                name,
                &[own, ("resource", resource), ("unit", unit), ("node", node.unwrap_or_default())],
            )
        });
    }
}

/// Writes a sample of what the container runtime measured: cAdvisor, read through the kubelet.
pub fn write_cadvisor(series: &mut Series, lane: &mut Lane, subject: &Subject, at: Timestamp) {
    let (facts, live) = (&subject.facts, &subject.live);
    lane.rewind();
    let runs = live.run.is_some() && !subject.silent;
    let node = facts.node.as_deref().unwrap_or_default();
    let (container, image) = facts.main().map_or(("", ""), |c| (c.name.as_str(), c.image.as_str()));
    let of = |name: &str, more: &[(&str, &str)]| {
        let mut pairs = vec![
            ("job", "kubelet"),
            ("metrics_path", "/metrics/cadvisor"),
            ("instance", node),
            ("node", node),
            ("namespace", &*facts.namespace),
            ("pod", &*facts.name),
        ];
        pairs.extend_from_slice(more);
        labels(name, &pairs)
    };
    let limit = facts.main().and_then(|c| c.limit_memory).unwrap_or(0.0);
    let inside = [("container", container), ("image", image)];
    for (name, value) in [
        ("container_cpu_usage_seconds_total", live.cpu_seconds),
        ("container_cpu_cfs_periods_total", live.periods.floor()),
        ("container_cpu_cfs_throttled_periods_total", live.throttled.floor()),
        ("container_memory_working_set_bytes", live.memory.round()),
        ("container_memory_rss", (live.memory * 0.94).round()),
        ("container_spec_memory_limit_bytes", limit),
    ] {
        lane.put(series, at, runs.then_some(value), || of(name, &inside));
    }
    for (name, value) in [
        ("container_network_receive_bytes_total", live.received.floor()),
        ("container_network_transmit_bytes_total", live.sent.floor()),
    ] {
        lane.put(series, at, runs.then_some(value), || of(name, &[("interface", "eth0")]));
    }
}
