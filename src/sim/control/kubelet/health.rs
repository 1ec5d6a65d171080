//! How healthy a container is, as its probes find it. Physics and scenarios say when that changes; between
//! changes nobody polls.

use std::sync::Arc;

use super::super::Task as Control;
use super::Task;
use crate::sim::store::Key;
use crate::sim::world::{self, World};

/// What a probe meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// All is well.
    #[default]
    Well,
    /// An HTTP status; 400 and above fail the probe. Probes that are not HTTP just fail.
    Status(u16),
    /// No answer in time.
    Hangs,
    /// Nobody listens.
    Refuses,
}

/// What the probes of one container meet. A container that starts anew is well until somebody says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What readiness and startup probes meet.
    pub readiness: Answer,
    /// What the liveness probe meets.
    pub liveness: Answer,
}

impl Health {
    /// Every probe succeeds.
    pub fn well() -> Self {
        Self::default()
    }

    /// It serves nobody, but need not be restarted: the readiness probe meets this, the liveness probe succeeds.
    pub fn unready(readiness: Answer) -> Self {
        Self {
            readiness,
            liveness: Answer::Well,
        }
    }

    /// Every probe meets this; the liveness probe will have the container restarted.
    pub fn ill(answer: Answer) -> Self {
        Self {
            readiness: answer,
            liveness: answer,
        }
    }
}

/// Says what the probes of a container meet from now on. Saying the same again costs nothing. The container's
/// next start makes it well again.
pub fn set_health(world: &mut World, pod: &Key, uid: &Arc<str>, container: &str, health: Health) {
    if self::health(world, uid, container) == health {
        return;
    }
    let told = world.control.kubelet.health.entry(Arc::clone(uid)).or_default();
    told.insert(Arc::from(container), health);
    let task = Control::Kubelet(Task::Look(pod.clone()));
    world.after(jiff::SignedDuration::ZERO, world::Task::Control(task));
}

/// What the probes of a container meet.
pub fn health(world: &World, uid: &str, container: &str) -> Health {
    let told = world.control.kubelet.health.get(uid);
    told.and_then(|containers| containers.get(container)).copied().unwrap_or_default()
}
