//! One look of a kubelet at one pod: the pod as it is, its node, and how kubelets of that version speak.

use std::sync::Arc;

use serde_json::Value;

use super::record::Container;
use crate::sim::control::node;
use crate::sim::store::{Key, Stored};
use crate::sim::world::{Note, Tone, World};

/// How kubelets word what they say: it has changed with the years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manners {
    /// As of version 1.20.
    Old,
    #[default]
    Today,
}

impl Manners {
    /// Those of a kubelet's version (`v1.20.2`, `v1.36.1-eks-3abbec1`).
    pub fn of(version: &str) -> Self {
        let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
        if minor.is_some_and(|minor| minor < 29) {
            Self::Old
        } else {
            Self::Today
        }
    }
}

/// What a kubelet knows of its node.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Of the node object; another one of the same name is another machine.
    pub uid: Arc<str>,
    pub host_ip: String,
    /// The first three numbers of the addresses of its pods, with a dot behind.
    pub range: String,
    pub manners: Manners,
    /// Whether a kubelet runs there at all; an object that somebody made has none.
    pub kubelet: Presence,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    #[default]
    Absent,
    Present,
}

/// The facts of a node, read once.
pub fn facts(world: &mut World, name: &str) -> Option<Facts> {
    let stored = world.store.find(&Key::new("nodes", "", name))?;
    if let Some(facts) = world.control.kubelet.facts.get(name).filter(|f| f.uid == stored.uid) {
        return Some(facts.clone());
    }
    let node = stored.value();
    let addresses = node["status"]["addresses"].as_array().into_iter().flatten();
    let mut internal = addresses.filter(|a| a["type"] == "InternalIP");
    let host_ip = internal.next().and_then(|a| a["address"].as_str()).unwrap_or_default().to_owned();
    let cidr = node["spec"]["podCIDR"].as_str().and_then(|cidr| cidr.split('/').next());
    let base = cidr.unwrap_or(&host_ip);
    let range = base.rfind('.').and_then(|at| base.get(..=at)).unwrap_or("10.244.0.").to_owned();
    let version = node["status"]["nodeInfo"]["kubeletVersion"].as_str().unwrap_or_default();
    let facts = Facts {
        uid: Arc::clone(&stored.uid),
        host_ip,
        range,
        manners: Manners::of(version),
        kubelet: if version.is_empty() { Presence::Absent } else { Presence::Present },
    };
    world.control.kubelet.facts.insert(Arc::from(name), facts.clone());
    Some(facts)
}

/// A pod that a kubelet looks at.
#[derive(Debug)]
pub struct Scene {
    pub stored: Arc<Stored>,
    pub pod: Value,
    pub node: Arc<str>,
    pub host_ip: String,
    pub range: String,
    pub manners: Manners,
}

impl Scene {
    /// The scene of a pod, if there is a kubelet to look at it.
    pub fn open(world: &mut World, stored: &Arc<Stored>) -> Option<Self> {
        let node = stored.node.clone()?;
        if node::is_down(world, &node) {
            return None;
        }
        let facts = facts(world, &node).filter(|facts| facts.kubelet == Presence::Present)?;
        Some(Self {
            pod: stored.value(),
            stored: Arc::clone(stored),
            node,
            host_ip: facts.host_ip,
            range: facts.range,
            manners: facts.manners,
        })
    }

    pub fn policy(&self) -> &str {
        self.pod["spec"]["restartPolicy"].as_str().unwrap_or("Always")
    }

    /// Tells an event about the pod.
    pub fn pod_event(&self, world: &mut World, tone: Tone, reason: &str, message: String) {
        self.event(world, tone, reason, message, None);
    }

    /// Tells an event about a container.
    pub fn container_event(&self, world: &mut World, container: &Container, tone: Tone, reason: &str, message: String) {
        self.event(world, tone, reason, message, Some(container.field()));
    }

    fn event(&self, world: &mut World, tone: Tone, reason: &str, message: String, field: Option<String>) {
        let note = Note {
            tone,
            reason,
            message,
            component: "kubelet",
            host: Some(&self.node),
            field,
        };
        world.event(&self.stored, "Pod", "v1", &note);
    }

    /// `backend-5d…_default(2f7c…)`: as back-off messages name a pod.
    pub fn title(&self) -> String {
        format!("{}_{}({})", self.stored.key.name, self.stored.key.namespace, self.stored.uid)
    }
}
