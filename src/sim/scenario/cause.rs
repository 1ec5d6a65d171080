//! What is the matter with a release: whom it concerns, and what it does to them.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;

use super::words;
use crate::model::fits;
use crate::sim::physics::amount;
use crate::sim::world::World;

/// Something that is wrong. It concerns the containers to which everything that it names applies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cause {
    /// In words.
    pub what: String,
    /// The workload, by its name (`backend-deployment`).
    pub workload: Option<String>,
    /// The image; `*` stands for anything.
    pub image: Option<String>,
    /// A variable that the container does not have.
    pub missing_env: Option<String>,
    /// Its memory limit is lower than this.
    #[serde(default, deserialize_with = "words::maybe_bytes")]
    pub limit_below: Option<f64>,
    /// The workload has more pods than this.
    pub replicas_above: Option<usize>,
    pub effect: Effect,
}

/// What a cause does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// The container ends by itself.
    Crash {
        #[serde(deserialize_with = "words::seconds")]
        after: i64,
        code: i32,
        words: Vec<String>,
    },
    /// Each request leaves something behind, up to a plateau.
    Leak {
        #[serde(deserialize_with = "words::bytes")]
        per_request: f64,
        #[serde(deserialize_with = "words::bytes")]
        plateau: f64,
    },
    /// Each request holds its database connection so many milliseconds longer; the habit grows for a while after the
    /// container has started.
    Hold {
        millis: u32,
        #[serde(deserialize_with = "words::seconds")]
        ramp: i64,
    },
    /// Everything takes so many times as long.
    Slow { factor: f64 },
    /// The registry answers so.
    PullFailure { message: String },
    /// A node object that somebody deletes is replaced by a new machine after so long.
    ReplaceNode {
        #[serde(deserialize_with = "words::seconds")]
        after: i64,
    },
}

/// What the causes together make of a pod's work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    /// Bytes, and at most so many.
    pub leak_per_request: f64,
    pub leak_plateau: f64,
    /// Seconds that a request holds a connection longer than usual, and seconds of uptime until it does so fully.
    pub hold: f64,
    pub hold_ramp: f64,
    /// Times as long as usual.
    pub slow: f64,
}

impl Default for Effects {
    fn default() -> Self {
        Self {
            leak_per_request: 0.0,
            leak_plateau: 0.0,
            hold: 0.0,
            hold_ramp: 1.0,
            slow: 1.0,
        }
    }
}

/// What a container does once it has started.
#[derive(Clone, Debug, PartialEq)]
pub enum Behaviour {
    /// It goes on until somebody ends it.
    Runs,
    /// It ends by itself, with its last words.
    Exits {
        after: SignedDuration,
        code: i32,
        last_words: Vec<String>,
    },
}

impl Cause {
    /// Whether it concerns this container of this pod.
    fn concerns(&self, world: &World, pod: &Value, container: &Value) -> bool {
        let image = container["image"].as_str().unwrap_or_default();
        self.workload.as_ref().is_none_or(|workload| belongs(pod, workload))
            && self.image.as_ref().is_none_or(|pattern| fits(pattern, image))
            && self
                .missing_env
                .as_ref()
                .is_none_or(|name| !has_variable(world, pod, container, name))
            && self.limit_below.is_none_or(|least| {
                let limit = container["resources"]["limits"]["memory"].as_str().and_then(amount);
                limit.is_some_and(|limit| limit < least)
            })
            && self.replicas_above.is_none_or(|most| siblings(world, pod) > most)
    }
}

/// Whether a pod is of this workload: its owner is, or is a replica set of it.
pub(super) fn belongs(pod: &Value, workload: &str) -> bool {
    let mut owners = pod["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    owners.any(|owner| {
        let name = owner["name"].as_str().unwrap_or_default();
        let set_of = || Some(name.strip_prefix(workload)?.strip_prefix('-')?.contains('-'));
        name == workload || set_of() == Some(false)
    })
}

/// Whether a container has a variable: said itself, or from a config map or secret that it takes whole.
fn has_variable(world: &World, pod: &Value, container: &Value, name: &str) -> bool {
    let elements = |field: &str| container[field].as_array().into_iter().flatten();
    if elements("env").any(|variable| variable["name"] == name) {
        return true;
    }
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default");
    elements("envFrom").any(|from| {
        let prefix = from["prefix"].as_str().unwrap_or_default();
        let Some(key) = name.strip_prefix(prefix) else { return false };
        [("configMapRef", "configmaps"), ("secretRef", "secrets")]
            .into_iter()
            .any(|(field, shelf)| {
                let Some(source) = from[field]["name"].as_str() else { return false };
                let found = world.store.get(shelf, namespace, source).map(|s| s.value());
                found.is_some_and(|object| object["data"].get(key).is_some())
            })
    })
}

/// How many pods have the same label `app` in the same namespace.
fn siblings(world: &World, pod: &Value) -> usize {
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default");
    let Some(app) = pod["metadata"]["labels"]["app"].as_str() else {
        return 1;
    };
    world
        .store
        .list("pods", Some(namespace))
        .filter(|other| other.label("app") == Some(app))
        .count()
}

/// What the scenario makes of a container (an element of `spec.containers`) of this pod; `None` if nothing.
pub fn behaviour(world: &World, pod: &Value, container: &Value) -> Option<Behaviour> {
    let mut causes = world.scenario.causes();
    causes.find_map(|cause| match &cause.effect {
        Effect::Crash { after, code, words } if cause.concerns(world, pod, container) => Some(Behaviour::Exits {
            after: SignedDuration::from_secs(*after),
            code: *code,
            last_words: words.clone(),
        }),
        _ => None,
    })
}

/// What the scenario makes of a pod's work: that of its first container.
pub fn effects(world: &World, pod: &Value) -> Effects {
    let container = &pod["spec"]["containers"][0];
    let mut all = Effects::default();
    for cause in world.scenario.causes() {
        let concerns = || cause.concerns(world, pod, container);
        match &cause.effect {
            Effect::Leak { per_request, plateau } if concerns() => {
                all.leak_per_request += per_request;
                all.leak_plateau += plateau;
            }
            Effect::Hold { millis, ramp } if concerns() => {
                all.hold += f64::from(*millis) / 1_000.0;
                all.hold_ramp = all.hold_ramp.max(*ramp as f64);
            }
            Effect::Slow { factor } if concerns() => all.slow *= factor.max(0.1),
            _ => {}
        }
    }
    all
}
