//! What the model wants to know of a pod, read once for each version of it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::sim::scenario::{self, Effects};
use crate::sim::store::Stored;
use crate::sim::world::World;

/// What a pod is to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Backend,
    Frontend,
    Other,
}

impl Role {
    /// The role that a pod's labels give it.
    pub fn of(pod: &Stored) -> Self {
        match (&*pod.key.namespace, pod.label("app")) {
            ("default", Some("backend")) => Self::Backend,
            ("default", Some("frontend")) => Self::Frontend,
            _ => Self::Other,
        }
    }

    /// The job that Prometheus knows it by.
    pub fn job(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Frontend => "frontend",
            Self::Other => "",
        }
    }
}

/// A pod as the model sees it.
#[derive(Clone, Debug)]
pub struct Facts {
    pub rv: u64,
    pub uid: Arc<str>,
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub node: Option<Arc<str>>,
    pub role: Role,
    pub ip: String,
    pub phase: String,
    pub ready: bool,
    pub scheduled: bool,
    pub leaving: bool,
    pub owner_kind: String,
    pub owner_name: String,
    pub containers: Vec<Container>,
    /// Connections that its pool may open (`POOL_MAX`).
    pub pool_max: f64,
    /// What the scenario makes of it.
    pub effects: Effects,
}

/// A container, from spec and status.
#[derive(Clone, Debug, Default)]
pub struct Container {
    pub name: String,
    pub image: String,
    /// Cores and bytes; absent where nothing is set.
    pub limit_cpu: Option<f64>,
    pub limit_memory: Option<f64>,
    pub request_cpu: Option<f64>,
    pub request_memory: Option<f64>,
    /// Whether liveness is asked where readiness is.
    pub liveness_is_readiness: bool,
    pub restarts: f64,
    pub ready: bool,
    /// When the present run began; `None` while it does not run.
    pub running: Option<Timestamp>,
    pub waiting: String,
    /// Why the last run ended.
    pub ended: String,
}

impl Facts {
    /// Reads a pod.
    pub fn read(world: &World, stored: &Stored) -> Self {
        let pod = stored.value();
        let (spec, status) = (&pod["spec"], &pod["status"]);
        let owner = &pod["metadata"]["ownerReferences"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let condition = |wanted: &str| {
            let mut all = status["conditions"].as_array().into_iter().flatten();
            all.any(|c| c["type"] == wanted && c["status"] == "True")
        };
        let containers: Vec<Container> = elements(&spec["containers"])
            .map(|container| {
                let mut all = elements(&status["containerStatuses"]);
                Container::read(container, all.find(|s| s["name"] == container["name"]).unwrap_or(&Value::Null))
            })
            .collect();
        let mut env = elements(&spec["containers"]).flat_map(|c| elements(&c["env"]));
        let pool_max = env.find(|e| e["name"] == "POOL_MAX");
        Self {
            rv: stored.rv,
            uid: Arc::clone(&stored.uid),
            namespace: Arc::clone(&stored.key.namespace),
            name: Arc::clone(&stored.key.name),
            node: stored.node.clone(),
            role: Role::of(stored),
            ip: text(&status["podIP"]),
            phase: text(&status["phase"]),
            ready: condition("Ready"),
            scheduled: condition("PodScheduled"),
            leaving: stored.leaving,
            owner_kind: text(&owner["kind"]),
            owner_name: text(&owner["name"]),
            containers,
            pool_max: pool_max
                .and_then(|e| e["value"].as_str()?.parse::<f64>().ok())
                .unwrap_or(20.0)
                .clamp(1.0, 10_000.0),
            effects: scenario::effects(world, &pod),
        }
    }

    /// The first container: the one that does a pod's work.
    pub fn main(&self) -> Option<&Container> {
        self.containers.first()
    }

    /// Since when the main container runs.
    pub fn running(&self) -> Option<Timestamp> {
        self.main().and_then(|c| c.running).filter(|_| self.phase == "Running")
    }

    /// The tag of the main image.
    pub fn version(&self) -> &str {
        let image = self.main().map_or("", |c| c.image.as_str());
        image.rsplit_once(':').map_or("latest", |(_, tag)| tag)
    }
}

impl Container {
    fn read(spec: &Value, status: &Value) -> Self {
        let quantity = |kind: &str, what: &str| spec["resources"][kind][what].as_str().and_then(amount);
        let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let ended = match &status["state"]["terminated"] {
            Value::Null => &status["lastState"]["terminated"],
            now => now,
        };
        Self {
            name: text(&spec["name"]),
            image: text(&spec["image"]),
            limit_cpu: quantity("limits", "cpu"),
            limit_memory: quantity("limits", "memory"),
            request_cpu: quantity("requests", "cpu"),
            request_memory: quantity("requests", "memory"),
            liveness_is_readiness: {
                let path = |probe: &str| spec[probe]["httpGet"]["path"].as_str();
                path("livenessProbe").is_some() && path("livenessProbe") == path("readinessProbe")
            },
            restarts: status["restartCount"].as_f64().unwrap_or(0.0),
            ready: status["ready"].as_bool().unwrap_or(false),
            running: time(&status["state"]["running"]["startedAt"]),
            waiting: text(&status["state"]["waiting"]["reason"]),
            ended: text(&ended["reason"]),
        }
    }
}

/// The elements of a list; none where it is no list.
pub fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A quantity as Kubernetes writes it (`250m`, `512Mi`, `1e3`), in its base unit.
pub fn amount(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let text = text.trim();
    let with_unit = UNITS.iter().find_map(|(unit, factor)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number * factor)
    });
    with_unit.or_else(|| text.parse().ok()).filter(|n: &f64| n.is_finite() && *n >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_kubernetes_means_them() {
        for (text, expected) in [
            ("250m", Some(0.25)),
            ("2", Some(2.0)),
            ("512Mi", Some(536_870_912.0)),
            ("1e3", Some(1000.0)),
            ("1E", Some(1e18)),
            ("x", None),
        ] {
            assert_eq!(amount(text), expected, "{text}");
        }
    }
}
