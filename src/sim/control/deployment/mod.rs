//! Deployments: they move pods from one template to the next by way of replica sets, never beyond the bounds.

mod revision;
mod rollout;
mod scale;
mod status;

use std::sync::Arc;

use serde_json::Value;

use super::conditions::{self, Condition, Style};
use super::document::{Round, number, scaled, set, text, time};
use super::pods::annotation;
use super::voice::Voice;
use crate::sim::store::{Key, Stored};
use crate::sim::world::World;

const VOICE: Voice = Voice {
    kind: "Deployment",
    api_version: "apps/v1",
    component: "deployment-controller",
};

const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
const HASH: &str = "pod-template-hash";

/// A replica set of the deployment.
#[derive(Clone, Debug)]
struct Set {
    stored: Arc<Stored>,
    doc: Value,
}

impl Set {
    fn new(stored: Arc<Stored>) -> Self {
        Self {
            doc: stored.value(),
            stored,
        }
    }

    /// How many pods it is asked for.
    fn replicas(&self) -> i64 {
        number(&self.doc["spec"]["replicas"], 0)
    }

    fn counted(&self, field: &str) -> i64 {
        number(&self.doc["status"][field], 0)
    }

    fn revision(&self) -> i64 {
        annotation(&self.doc, REVISION).parse().unwrap_or(0)
    }

    fn created(&self) -> Option<jiff::Timestamp> {
        time(&self.doc["metadata"]["creationTimestamp"])
    }
}

/// A deployment with its replica sets, as they are now.
#[derive(Debug)]
struct Deployment {
    stored: Arc<Stored>,
    doc: Value,
    /// The oldest first.
    sets: Vec<Set>,
    /// The place of the one with the present template.
    newest: Option<usize>,
}

impl Deployment {
    fn read(world: &World, key: &Key) -> Option<Self> {
        let stored = Arc::clone(world.store.find(key)?);
        let owned = world.store.owned_by(&stored.uid).into_iter();
        let mut sets: Vec<Set> = owned.filter(|o| &*o.key.shelf == "replicasets").map(Set::new).collect();
        sets.sort_by_key(Set::created);
        let mut this = Self {
            doc: stored.value(),
            stored,
            sets,
            newest: None,
        };
        this.newest = this.find_newest();
        Some(this)
    }

    fn newest(&self) -> Option<&Set> {
        self.sets.get(self.newest?)
    }

    /// The replica sets of other templates.
    fn old(&self) -> impl Iterator<Item = usize> + use<> {
        let newest = self.newest;
        (0..self.sets.len()).filter(move |i| Some(*i) != newest)
    }

    fn replicas(&self) -> i64 {
        number(&self.doc["spec"]["replicas"], 1)
    }

    fn rolls(&self) -> bool {
        text(&self.doc["spec"]["strategy"]["type"]) != "Recreate"
    }

    /// How many pods may be too many and too few during a rollout.
    fn bounds(&self) -> (i64, i64) {
        if !self.rolls() {
            return (0, 0);
        }
        let how = &self.doc["spec"]["strategy"]["rollingUpdate"];
        let share = |field: &str, round| match &how[field] {
            Value::Null => scaled(&Value::from("25%"), self.replicas(), round),
            value => scaled(value, self.replicas(), round),
        };
        let surge = share("maxSurge", Round::Up).unwrap_or(0).max(0);
        let unavailable = share("maxUnavailable", Round::Down).unwrap_or(0).max(0);
        // A rollout that may neither add nor take away would never move.
        let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
        (surge, unavailable.min(self.replicas()))
    }

    /// How many pods are asked for, by all replica sets.
    fn asked(&self) -> i64 {
        self.sets.iter().map(Set::replicas).sum()
    }

    fn total(&self, field: &str) -> i64 {
        self.sets.iter().map(|s| s.counted(field)).sum()
    }

    /// Changes the deployment itself.
    fn write(&mut self, world: &mut World, change: impl FnOnce(&mut Value)) {
        if let Some(stored) = world.update(&self.stored.key, change) {
            self.doc = stored.value();
            self.stored = stored;
        }
    }

    /// Changes one of its replica sets.
    fn write_set(&mut self, world: &mut World, place: usize, change: impl FnOnce(&mut Value)) {
        if let Some(set) = self.sets.get_mut(place)
            && let Some(stored) = world.update(&set.stored.key, change)
        {
            *set = Set::new(stored);
        }
    }

    /// Says how the rollout goes.
    fn progressing(&mut self, world: &mut World, status: &str, reason: &str, message: String) {
        let now = world.now();
        self.write(world, |o| {
            let condition = Condition {
                kind: "Progressing",
                status,
                reason,
                message,
            };
            conditions::put(o, Style::Updated, now, &condition);
        });
    }
}

/// Looks at a deployment and its replica sets.
pub fn look(world: &mut World, key: &Key) {
    let Some(mut this) = Deployment::read(world, key) else { return };
    if this.stored.leaving {
        this.tell(world);
        return;
    }
    let paused = this.doc["spec"]["paused"] == true;
    this.note_pause(world, paused);
    if paused || this.was_scaled() {
        this.note_revision(world);
        this.scale(world);
        if paused {
            this.forget_old(world);
        }
    } else if this.rolls() {
        this.roll(world);
    } else {
        this.recreate(world);
    }
    this.tell(world);
}

impl Deployment {
    /// A pause and its end are conditions, if there is a deadline that they would stop.
    fn note_pause(&mut self, world: &mut World, paused: bool) {
        let before = conditions::find(&self.doc, "Progressing").map(|c| text(&c["reason"]).to_owned());
        match (before.as_deref(), paused) {
            (Some("ProgressDeadlineExceeded"), _) => {}
            (before, true) if before != Some("DeploymentPaused") => {
                self.progressing(world, "Unknown", "DeploymentPaused", "Deployment is paused".to_owned());
            }
            (Some("DeploymentPaused"), false) => {
                self.progressing(world, "Unknown", "DeploymentResumed", "Deployment is resumed".to_owned());
            }
            _ => {}
        }
    }
}

/// Writes the observed state of a document of this kind as seen.
fn observe(o: &mut Value) {
    let generation = number(&o["metadata"]["generation"], 0);
    if generation > 0 {
        set(o, &["status", "observedGeneration"], generation.into());
    }
}
