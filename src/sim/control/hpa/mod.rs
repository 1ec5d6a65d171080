//! Horizontal pod autoscalers: every fifteen seconds they compare what pods use with what they should.

mod metrics;
mod pace;

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Task;
use super::conditions::{self, Condition, Style};
use super::document::{bump_generation, list, number, set, text};
use super::selector::Selector;
use super::sight::{Pod, selected_pods, shelf_of};
use super::voice::Voice;
use crate::sim::managed::{self, Writer};
use crate::sim::physics::{self, Usage};
use crate::sim::store::{Key, Stored, seconds};
use crate::sim::world::{Task as Due, World};

pub use pace::Memory;

const VOICE: Voice = Voice {
    kind: "HorizontalPodAutoscaler",
    api_version: "autoscaling/v2",
    component: "horizontal-pod-autoscaler",
};

/// How often it looks.
const EVERY: SignedDuration = SignedDuration::from_secs(15);

/// What it concludes from the metrics.
#[derive(Clone, Debug)]
struct Proposal {
    replicas: i64,
    /// What it follows from: `cpu resource utilization (percentage of request)`.
    metric: String,
    /// As the status tells them.
    current: Vec<Value>,
}

/// What a metric was not able to tell.
#[derive(Clone, Debug)]
struct Failure {
    reason: &'static str,
    message: String,
}

/// What a pod uses: physics' answer, outside of tests.
type Measure<'a> = &'a dyn Fn(&World, &Stored) -> Usage;

/// Looks at an autoscaler and its target, and comes back.
pub fn look(world: &mut World, key: &Key) {
    if world.store.find(key).is_none() {
        world.control.hpa.remove(key);
        return;
    }
    // A change of the autoscaler, its own of its status among them, does not make it look more often.
    let now = world.now();
    let memory = world.control.hpa.entry(key.clone()).or_default();
    let due = memory.due(now, EVERY);
    world.at(if due <= now { now + EVERY } else { due }, Due::Control(Task::Hpa(key.clone())));
    if due <= now {
        if let Some(memory) = world.control.hpa.get_mut(key) {
            memory.looked(now);
        }
        look_with(world, key, &physics::usage);
    }
}

/// Looks once.
pub(super) fn look_with(world: &mut World, key: &Key, usage: Measure<'_>) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    if stored.leaving {
        return;
    }
    let mut hpa = Hpa {
        doc: stored.value(),
        stored,
    };
    let generation = number(&hpa.doc["metadata"]["generation"], 0);
    hpa.reconcile(world, usage);
    let status = hpa.doc["status"].take();
    world.update(key, |o| {
        set(o, &["status"], status);
        if generation > 0 {
            set(o, &["status", "observedGeneration"], json!(generation));
        }
    });
}

struct Hpa {
    stored: Arc<Stored>,
    /// The document; its status is written here first.
    doc: Value,
}

impl Hpa {
    fn condition(&mut self, world: &World, kind: &str, status: &str, reason: &str, message: &str) {
        let condition = Condition {
            kind,
            status,
            reason,
            message: message.to_owned(),
        };
        conditions::put(&mut self.doc, Style::Plain, world.now(), &condition);
    }

    fn reconcile(&mut self, world: &mut World, usage: Measure<'_>) {
        let about = &self.doc["spec"]["scaleTargetRef"];
        let (kind, name) = (text(&about["kind"]).to_owned(), text(&about["name"]).to_owned());
        let target = shelf_of(&kind).map(|shelf| Key::new(shelf, &self.stored.key.namespace, &name));
        let Some(target) = target.as_ref().and_then(|key| world.store.find(key)).cloned() else {
            let plural = shelf_of(&kind).unwrap_or("resources");
            let missing = format!("{plural}.apps \"{name}\" not found");
            VOICE.warns(world, &self.stored, "FailedGetScale", missing.clone());
            let message = format!("the HPA controller was unable to get the target's current scale: {missing}");
            self.condition(world, "AbleToScale", "False", "FailedGetScale", &message);
            return;
        };
        let doc = target.value();
        let replicas = number(&doc["spec"]["replicas"], 1);
        let told = number(&doc["status"]["replicas"], 0);
        self.condition(
            world,
            "AbleToScale",
            "True",
            "SucceededGetScale",
            "the HPA controller was able to get the target's current scale",
        );
        let (least, most) = self.limits();
        let now = world.now();
        let memory = world.control.hpa.entry(self.stored.key.clone()).or_default();
        memory.begin(replicas, now);
        let (wanted, why) = if replicas == 0 && least != 0 {
            let message = "scaling is disabled since the replica count of the target is zero";
            self.condition(world, "ScalingActive", "False", "ScalingDisabled", message);
            (0, String::new())
        } else if replicas > most {
            (most, "Current number of replicas above Spec.MaxReplicas".to_owned())
        } else if replicas < least {
            (least, "Current number of replicas below Spec.MinReplicas".to_owned())
        } else {
            match self.propose(world, usage, &doc, replicas) {
                Ok(proposal) => {
                    let message = format!(
                        "the HPA was able to successfully calculate a replica count from {}",
                        proposal.metric
                    );
                    self.condition(world, "ScalingActive", "True", "ValidMetricFound", &message);
                    set(&mut self.doc, &["status", "currentMetrics"], json!(proposal.current));
                    let wanted = self.within(world, proposal.replicas, replicas);
                    let above = format!("{} above target", proposal.metric);
                    (
                        wanted,
                        if wanted > replicas {
                            above
                        } else {
                            "All metrics below target".to_owned()
                        },
                    )
                }
                Err(failure) => {
                    self.fail(world, &failure);
                    set(&mut self.doc, &["status", "currentReplicas"], json!(told));
                    return;
                }
            }
        };
        if wanted != replicas {
            self.rescale(world, &target.key, replicas, wanted, &why);
        }
        set(&mut self.doc, &["status", "currentReplicas"], json!(told));
        set(&mut self.doc, &["status", "desiredReplicas"], json!(wanted));
    }

    fn limits(&self) -> (i64, i64) {
        let spec = &self.doc["spec"];
        (number(&spec["minReplicas"], 1), number(&spec["maxReplicas"], i64::MAX))
    }

    fn propose(&self, world: &World, usage: Measure<'_>, target: &Value, replicas: i64) -> Result<Proposal, Failure> {
        let selector = Selector::of(&target["spec"]["selector"]);
        let pods: Vec<Pod> = selected_pods(world, &self.stored.key.namespace, &selector);
        let mut best: Option<Proposal> = None;
        let mut failed: Vec<Failure> = Vec::new();
        let metrics = list(&self.doc["spec"]["metrics"]);
        for metric in metrics {
            match metrics::propose(world, usage, metric, &pods, replicas) {
                Ok(mut proposal) => match &mut best {
                    Some(best) if best.replicas >= proposal.replicas => best.current.append(&mut proposal.current),
                    Some(best) => {
                        let mut told = std::mem::take(&mut best.current);
                        told.append(&mut proposal.current);
                        *best = Proposal { current: told, ..proposal };
                    }
                    None => best = Some(proposal),
                },
                Err(failure) => failed.push(failure),
            }
        }
        let (bad, all) = (failed.len(), metrics.len());
        match (best, failed.into_iter().next()) {
            // With some metrics missing it may grow, but not shrink.
            (Some(best), None) => Ok(best),
            (Some(best), Some(_)) if best.replicas >= replicas => Ok(best),
            (_, Some(first)) => Err(Failure {
                reason: first.reason,
                message: format!("invalid metrics ({bad} invalid out of {all}), first error is: {}", first.message),
            }),
            (None, None) => Err(Failure {
                reason: "FailedGetResourceMetric",
                message: "no metrics are specified".to_owned(),
            }),
        }
    }

    fn fail(&mut self, world: &mut World, failure: &Failure) {
        let first = failure
            .message
            .split_once("first error is: ")
            .map_or(&*failure.message, |(_, first)| first);
        VOICE.warns(world, &self.stored, failure.reason, first.to_owned());
        VOICE.warns(world, &self.stored, "FailedComputeMetricsReplicas", failure.message.clone());
        let message = format!("the HPA was unable to compute the replica count: {first}");
        self.condition(world, "ScalingActive", "False", failure.reason, &message);
    }

    /// What may be done now of what the metrics propose: steadied, paced, and between the limits.
    fn within(&mut self, world: &mut World, proposed: i64, replicas: i64) -> i64 {
        let (least, most) = self.limits();
        let now = world.now();
        let rules = pace::Rules::of(&self.doc["spec"]["behavior"]);
        let memory = world.control.hpa.entry(self.stored.key.clone()).or_default();
        let steady = memory.steady(&rules, proposed, replicas, now);
        let paced = memory.paced(&rules, steady, replicas, now);
        let wanted = paced.clamp(least.min(most), most);
        if steady == proposed {
            self.condition(
                world,
                "AbleToScale",
                "True",
                "ReadyForNewScale",
                "recommended size matches current size",
            );
        } else if steady > proposed {
            let message = "recent recommendations were higher than current one, applying the highest recent recommendation";
            self.condition(world, "AbleToScale", "True", "ScaleDownStabilized", message);
        } else {
            let message = "recent recommendations were lower than current one, applying the lowest recent recommendation";
            self.condition(world, "AbleToScale", "True", "ScaleUpStabilized", message);
        }
        let (status, reason, message) = if steady > most && wanted == most {
            (
                "True",
                "TooManyReplicas",
                "the desired replica count is more than the maximum replica count",
            )
        } else if steady < least && wanted == least {
            (
                "True",
                "TooFewReplicas",
                "the desired replica count is less than the minimum replica count",
            )
        } else if paced < steady {
            (
                "True",
                "ScaleUpLimit",
                "the desired replica count is increasing faster than the maximum scale rate",
            )
        } else if paced > steady {
            (
                "True",
                "ScaleDownLimit",
                "the desired replica count is decreasing faster than the maximum scale rate",
            )
        } else {
            ("False", "DesiredWithinRange", "the desired count is within the acceptable range")
        };
        self.condition(world, "ScalingLimited", status, reason, message);
        wanted
    }

    fn rescale(&mut self, world: &mut World, target: &Key, replicas: i64, wanted: i64, why: &str) {
        let now = world.now();
        let writer = Writer {
            manager: "kube-controller-manager",
            operation: "Update",
            api_version: "apps/v1",
            sub: Some("scale"),
            time: &seconds(now),
        };
        world.update(target, |o| {
            let before = o.clone();
            set(o, &["spec", "replicas"], json!(wanted));
            // Only deployments and stateful sets are scaled, and they are written alike.
            managed::record("Deployment", Some(&before), o, &writer);
            bump_generation(o);
        });
        if let Some(memory) = world.control.hpa.get_mut(&self.stored.key) {
            memory.scaled(wanted - replicas, now);
        }
        VOICE.says(
            world,
            &self.stored,
            "SuccessfulRescale",
            format!("New size: {wanted}; reason: {why}"),
        );
        set(&mut self.doc, &["status", "lastScaleTime"], json!(seconds(now)));
        let message = format!("the HPA controller was able to update the target scale to {wanted}");
        self.condition(world, "AbleToScale", "True", "SucceededRescale", &message);
    }
}
