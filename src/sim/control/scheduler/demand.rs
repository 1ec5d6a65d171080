//! What a pod asks of the node that it is placed on.

use serde_json::{Value, json};

use crate::model::Quantity;
use crate::sim::store::{Key, Stored};
use crate::sim::world::World;

/// Amounts: thousandths of a core, bytes, pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub cpu: i64,
    pub memory: i64,
    pub pods: i64,
}

impl Amounts {
    pub fn add(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.memory += other.memory;
        self.pods += other.pods;
    }

    pub fn take(&mut self, other: Self) {
        self.cpu -= other.cpu;
        self.memory -= other.memory;
        self.pods -= other.pods;
    }

    fn at_least(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.max(other.cpu),
            memory: self.memory.max(other.memory),
            pods: self.pods.max(other.pods),
        }
    }

    /// From `{"cpu": "250m", "memory": "64Mi"}`.
    pub fn of(value: &Value) -> Self {
        let amount = |name: &str| match &value[name] {
            Value::String(text) => Quantity::parse(text).get(),
            Value::Number(number) => number.as_i64().map(|n| n.saturating_mul(1000)),
            _ => None,
        };
        Self {
            cpu: amount("cpu").unwrap_or(0),
            memory: amount("memory").unwrap_or(0) / 1000,
            pods: amount("pods").unwrap_or(0) / 1000,
        }
    }
}

/// What a pod asks for.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    pub amounts: Amounts,
    pub priority: i64,
    pub created: String,
    pub scheduler: String,
    /// Its spec, where the rest is read from.
    pub spec: Value,
}

impl Demand {
    pub fn of(pod: &Stored) -> Self {
        let mut value = pod.value();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let created = text(&value["metadata"]["creationTimestamp"]);
        let spec = value["spec"].take();
        Self {
            amounts: amounts(&spec),
            priority: spec["priority"].as_i64().unwrap_or(0),
            created,
            scheduler: spec["schedulerName"].as_str().unwrap_or("default-scheduler").to_owned(),
            spec,
        }
    }

    /// Ports of the node itself that it takes.
    pub fn host_ports(&self) -> Vec<i64> {
        let containers = self.spec["containers"].as_array().into_iter().flatten();
        let ports = containers.flat_map(|c| c["ports"].as_array().into_iter().flatten());
        ports.filter_map(|p| p["hostPort"].as_i64().filter(|p| *p > 0)).collect()
    }
}

/// The requests of a pod: of all its containers together, or of the hungriest init container.
pub fn amounts(spec: &Value) -> Amounts {
    let list = |field: &str| spec[field].as_array().into_iter().flatten();
    let of = |container: &Value| {
        // Limits stand in for requests that are not stated.
        let (requests, limits) = (&container["resources"]["requests"], &container["resources"]["limits"]);
        let pick = |name: &str| {
            if requests[name].is_null() {
                limits[name].clone()
            } else {
                requests[name].clone()
            }
        };
        Amounts::of(&json!({"cpu": pick("cpu"), "memory": pick("memory")}))
    };
    let mut sum = Amounts::default();
    list("containers").for_each(|c| sum.add(of(c)));
    let sidecars = |c: &&Value| c["restartPolicy"] == "Always";
    list("initContainers").filter(sidecars).for_each(|c| sum.add(of(c)));
    for init in list("initContainers").filter(|c| !sidecars(c)) {
        sum = sum.at_least(of(init));
    }
    sum.add(Amounts::of(&spec["overhead"]));
    sum.pods = 1;
    sum
}

fn claims<'a>(spec: &'a Value) -> impl Iterator<Item = &'a str> + use<'a> {
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    volumes.filter_map(|v| v["persistentVolumeClaim"]["claimName"].as_str())
}

/// Why the volumes of a pod keep it from every node.
pub fn unbound(world: &World, namespace: &str, demand: &Demand) -> Option<String> {
    for name in claims(&demand.spec) {
        let Some(claim) = world.store.find(&Key::new("persistentvolumeclaims", namespace, name)) else {
            return Some(format!("persistentvolumeclaim \"{name}\" not found"));
        };
        let claim = claim.value();
        if claim["status"]["phase"] == "Bound" || claim["spec"]["volumeName"].is_string() {
            continue;
        }
        let class = claim["spec"]["storageClassName"].as_str().unwrap_or_default();
        let class = world.store.find(&Key::new("storageclasses", "", class));
        let waits = class.is_some_and(|class| class.value()["volumeBindingMode"] == "WaitForFirstConsumer");
        if !waits {
            return Some("pod has unbound immediate PersistentVolumeClaims".to_owned());
        }
    }
    None
}

/// Claims that wait for their first pod learn which node it is on.
pub fn claim(world: &mut World, namespace: &str, demand: &Demand, node: &str) {
    for name in claims(&demand.spec) {
        let key = Key::new("persistentvolumeclaims", namespace, name);
        world.update(&key, |claim| {
            if claim["status"]["phase"] == "Bound" || !claim["metadata"].is_object() {
                return;
            }
            if !claim["metadata"]["annotations"].is_object() {
                claim["metadata"]["annotations"] = json!({});
            }
            claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] = json!(node);
        });
    }
}
