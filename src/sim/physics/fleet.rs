//! What is told of nodes and deployments: kube-state-metrics, node-exporter, the kubelets' own targets.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::facts::{amount, elements};
use super::kube_state::INSTANCE;
use super::lane::Lane;
use super::model::STEP;
use super::series::{Series, labels};
use super::usage::Usage;
use crate::sim::store::Stored;

/// A node as it is measured.
#[derive(Debug, Default)]
pub struct Node {
    rv: u64,
    name: String,
    cores: f64,
    memory: f64,
    /// Of the conditions: name and status.
    conditions: Vec<(String, String)>,
    unschedulable: bool,
    busy: f64,
    idle: f64,
    lane: Lane,
}

impl Node {
    /// Reads the node where it has changed.
    pub fn read(&mut self, stored: &Stored) {
        if self.rv == stored.rv {
            return;
        }
        let node = stored.value();
        let capacity = |what: &str| node["status"]["capacity"][what].as_str().and_then(amount);
        self.rv = stored.rv;
        self.name = stored.key.name.to_string();
        self.cores = capacity("cpu").unwrap_or(2.0).max(0.1);
        self.memory = capacity("memory").unwrap_or(8e9);
        self.unschedulable = node["spec"]["unschedulable"].as_bool().unwrap_or(false);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = elements(&node["status"]["conditions"]);
        self.conditions = all.map(|c| (text(&c["type"]), text(&c["status"]))).collect();
    }

    /// Writes a sample; a silent node tells nothing of itself, but the API server tells of it.
    pub fn write(&mut self, series: &mut Series, usage: Usage, silent: bool, at: Timestamp) {
        let lane = &mut self.lane;
        let name = self.name.as_str();
        lane.rewind();
        for (job, port) in [("node-exporter", 9100), ("kubelet", 10250)] {
            lane.put(series, at, Some(f64::from(u8::from(!silent))), || {
                labels("up", &[("job", job), ("instance", &format!("{name}:{port}")), ("node", name)])
            });
        }
        let state = [("job", "kube-state-metrics"), ("instance", INSTANCE), ("node", name)];
        for wanted in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
            let found = self.conditions.iter().find(|(condition, _)| condition == wanted);
            let is = found.map_or("unknown", |(_, status)| match status.as_str() {
                "True" => "true",
                "False" => "false",
                _ => "unknown",
            });
            for status in ["true", "false", "unknown"] {
                lane.put(series, at, Some(f64::from(u8::from(is == status))), || {
                    let more = [("condition", wanted), ("status", status)];
                    labels("kube_node_status_condition", &[&state[..], &more[..]].concat())
                });
            }
        }
        let unschedulable = Some(f64::from(u8::from(self.unschedulable)));
        lane.put(series, at, unschedulable, || labels("kube_node_spec_unschedulable", &state));
        lane.put(series, at, Some(1.0), || labels("kube_node_info", &state));
        for (resource, value) in [("cpu", self.cores), ("memory", self.memory)] {
            lane.put(series, at, Some(value), || {
                labels("kube_node_status_capacity", &[&state[..], &[("resource", resource)]].concat())
            });
        }
        let used = usage.cpu_millis as f64 / 1_000.0;
        self.busy += used.min(self.cores) * STEP;
        self.idle += (self.cores - used).max(0.0) * STEP;
        let instance = format!("{name}:9100");
        let own = [("job", "node-exporter"), ("instance", &*instance), ("node", name)];
        let told = |value: f64| (!silent).then_some(value);
        for (mode, value) in [("user", self.busy * 0.72), ("system", self.busy * 0.28), ("idle", self.idle)] {
            lane.put(series, at, told(value), || {
                labels("node_cpu_seconds_total", &[&own[..], &[("cpu", "0"), ("mode", mode)]].concat())
            });
        }
        let available = (self.memory - usage.memory_bytes as f64 - 5e8).max(0.0).round();
        for (metric, value) in [
            ("node_memory_MemTotal_bytes", self.memory),
            ("node_memory_MemAvailable_bytes", available),
            ("node_load1", (used * 1.1 * 100.0).round() / 100.0),
        ] {
            lane.put(series, at, told(value), || labels(metric, &own));
        }
        for (metric, value) in [
            ("node_filesystem_size_bytes", 107_361_579_008.0),
            ("node_filesystem_avail_bytes", 71_204_237_312.0),
        ] {
            lane.put(series, at, told(value), || {
                labels(
                    metric,
                    &[&own[..], &[("mountpoint", "/"), ("device", "/dev/nvme0n1p1"), ("fstype", "xfs")]].concat(),
                )
            });
        }
    }

    /// The node is gone.
    pub fn end(&mut self, series: &mut Series, at: Timestamp) {
        self.lane.end(series, at);
    }
}

/// A deployment or an autoscaler as kube-state-metrics tells it: numbers that change with the object only.
#[derive(Debug, Default)]
pub struct Told {
    rv: u64,
    values: Vec<(&'static str, f64)>,
    lane: Lane,
}

impl Told {
    /// Writes a sample, reading the object where it has changed.
    pub fn write(&mut self, series: &mut Series, stored: &Stored, at: Timestamp) {
        let deployment = &*stored.key.shelf == "deployments";
        if self.rv != stored.rv {
            self.rv = stored.rv;
            self.values = if deployment {
                of_deployment(&stored.value())
            } else {
                of_autoscaler(&stored.value())
            };
        }
        self.lane.rewind();
        let (namespace, name) = (Arc::clone(&stored.key.namespace), Arc::clone(&stored.key.name));
        let label = if deployment { "deployment" } else { "horizontalpodautoscaler" };
        for (metric, value) in &self.values {
            self.lane.put(series, at, Some(*value), || {
                labels(
                    metric,
                    &[
                        ("job", "kube-state-metrics"),
                        ("instance", INSTANCE),
                        ("namespace", &namespace),
                        (label, &name),
                    ],
                )
            });
        }
    }

    /// The object is gone.
    pub fn end(&mut self, series: &mut Series, at: Timestamp) {
        self.lane.end(series, at);
    }
}

fn of_deployment(object: &Value) -> Vec<(&'static str, f64)> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let number = |value: &Value| value.as_f64().unwrap_or(0.0);
    vec![
        ("kube_deployment_spec_replicas", spec["replicas"].as_f64().unwrap_or(1.0)),
        ("kube_deployment_status_replicas", number(&status["replicas"])),
        ("kube_deployment_status_replicas_ready", number(&status["readyReplicas"])),
        ("kube_deployment_status_replicas_available", number(&status["availableReplicas"])),
        (
            "kube_deployment_status_replicas_unavailable",
            number(&status["unavailableReplicas"]),
        ),
        ("kube_deployment_status_replicas_updated", number(&status["updatedReplicas"])),
        ("kube_deployment_status_observed_generation", number(&status["observedGeneration"])),
        ("kube_deployment_metadata_generation", number(&object["metadata"]["generation"])),
        ("kube_deployment_spec_paused", f64::from(u8::from(spec["paused"] == true))),
    ]
}

fn of_autoscaler(object: &Value) -> Vec<(&'static str, f64)> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let number = |value: &Value| value.as_f64().unwrap_or(0.0);
    vec![
        (
            "kube_horizontalpodautoscaler_spec_min_replicas",
            spec["minReplicas"].as_f64().unwrap_or(1.0),
        ),
        ("kube_horizontalpodautoscaler_spec_max_replicas", number(&spec["maxReplicas"])),
        (
            "kube_horizontalpodautoscaler_status_current_replicas",
            number(&status["currentReplicas"]),
        ),
        (
            "kube_horizontalpodautoscaler_status_desired_replicas",
            number(&status["desiredReplicas"]),
        ),
    ]
}
