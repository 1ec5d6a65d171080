//! A small world to test with: `solia`, where a backend runs on two nodes, told to a store as the watches tell it.

use super::Diagnosis;
use super::vitals::Vital;
use crate::model::{
    Body, Condition, ConditionStatus, Container, EnvId, Event, Exit, Fact, FeedFact, FeedKey, Known, Labels, Link, Meta, Node, Object,
    ObjectRef, Owner, Part, Phase, Pod, Probes, Quantity, Scope, Seen, Series, SeriesAnswer, SeriesFact, Server, State, Template, Time,
    Uid, Workload, Write, WrittenPart,
};
use crate::store::{EnvStore, Store};

/// The moment at which the tests look: 2027-01-15T08:00:00Z.
pub const NOW: Time = Time(1_800_000_000);

/// So many seconds ago.
pub fn ago(seconds: i64) -> Time {
    NOW + -seconds
}

/// A store that is told what is.
pub struct World {
    pub store: Store,
    pub diagnosis: Diagnosis,
}

impl World {
    /// A world that answers; nothing is known of it yet.
    pub fn new() -> Self {
        let mut world = Self {
            store: Store::new(1),
            diagnosis: Diagnosis::default(),
        };
        world.tell(NOW, Seen::Link(Link::Ready(Server::default())));
        world.tell(NOW, Seen::Beat { millis: 20 });
        world
    }

    /// One thing seen.
    pub fn tell(&mut self, at: Time, seen: Seen) {
        self.store.apply(Fact { env: EnvId(0), at, seen });
    }

    /// These are all objects of a kind.
    pub fn list(&mut self, known: Known, objects: Vec<Object>) -> &mut Self {
        let key = key(known);
        self.store.expect(&crate::model::Demand::Feed(EnvId(0), key.clone()));
        for fact in [FeedFact::Begin, FeedFact::Put(objects), FeedFact::Listed { unreadable: 0 }] {
            self.tell(NOW, Seen::Feed(key.clone(), fact));
        }
        self
    }

    /// This is how an object is now.
    pub fn put(&mut self, known: Known, object: Object) {
        self.tell(NOW, Seen::Feed(key(known), FeedFact::Put(vec![object])));
    }

    pub fn seen(&self) -> &EnvStore {
        self.store.env(EnvId(0)).unwrap()
    }

    /// Looks at it.
    pub fn look(&mut self) -> &mut Self {
        self.diagnosis.settle(self.store.env(EnvId(0)).unwrap(), NOW);
        self
    }
}

/// A Prometheus tells these points of one series, one a minute, the last of them now.
pub fn tell_vital(world: &mut World, vital: Vital, labels: &[(&str, &str)], points: &[f64]) {
    tell_vitals(world, vital, &[(labels, points)]);
}

/// The labels of a series, and its points.
pub type Line<'a> = (&'a [(&'a str, &'a str)], &'a [f64]);

/// The same of several series; those with fewer points begin later.
pub fn tell_vitals(world: &mut World, vital: Vital, told: &[Line<'_>]) {
    let count = told.iter().map(|(_, points)| points.len()).max().unwrap_or(0);
    let series = told.iter().map(|(labels, points)| Series {
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        points: std::iter::repeat_n(f64::NAN, count - points.len())
            .chain(points.iter().copied())
            .collect(),
    });
    let answer = SeriesAnswer {
        from: ago(60 * (count.max(1) as i64 - 1)),
        step: 60,
        series: series.collect(),
        ..SeriesAnswer::default()
    };
    let key = vital.key().clone();
    world.store.expect(&crate::model::Demand::Series(EnvId(0), key.clone()));
    world.tell(NOW, Seen::Series(key, SeriesFact::Told(std::sync::Arc::new(answer))));
}

fn key(known: Known) -> FeedKey {
    FeedKey {
        kind: known.into(),
        scope: Scope::All,
    }
}

/// The reference of an object in `solia` (nodes live in none).
pub fn reference(known: Known, name: &str) -> ObjectRef {
    ObjectRef {
        kind: known.into(),
        namespace: if known.info().namespaced { "solia" } else { "" }.into(),
        name: name.into(),
    }
}

/// The identity of an object of this kind and name.
pub fn uid(known: Known, name: &str) -> Uid {
    Uid::of(&format!("{known:?}/{name}"))
}

/// Any object, made so many seconds ago.
pub fn object(known: Known, name: &str, made: i64, body: Body) -> Object {
    Object {
        meta: Meta {
            uid: uid(known, name),
            namespace: reference(known, name).namespace,
            name: name.into(),
            created: ago(made),
            ..Meta::default()
        },
        body,
    }
}

/// The same, owned.
pub fn owned(mut object: Object, known: Known, by: &str) -> Object {
    object.meta.owner = Some(Box::new(Owner {
        group: known.info().group.into(),
        kind: known.info().name.into(),
        name: by.into(),
        uid: uid(known, by),
    }));
    object
}

/// The same, written by somebody.
pub fn by(mut object: Object, manager: &str, when: i64, parts: &[WrittenPart], keys: &[&str]) -> Object {
    let mut writes = std::mem::take(&mut object.meta.writes).into_vec();
    writes.push(Write {
        manager: manager.into(),
        at: ago(when),
        parts: parts.into(),
        keys: keys.iter().map(|key| (*key).into()).collect(),
    });
    object.meta.writes = writes.into();
    object
}

/// The template of the backend with this image and these variables.
pub fn template(image: &str, env: &[&str]) -> Template {
    Template {
        parts: [Part {
            name: "backend".into(),
            image: format!("ghcr.io/solia/backend:{image}").into(),
            env: env.iter().map(|key| ((*key).into(), 1)).collect(),
            ..Part::default()
        }]
        .into(),
        config_maps: ["backend-config".into()].into(),
        secrets: ["backend-secret".into()].into(),
        ..Template::default()
    }
}

/// A workload of `app=NAME` with three replicas, all well.
pub fn workload(known: Known, name: &str, made: i64, change: impl FnOnce(&mut Workload)) -> Object {
    let mut w = Workload {
        kind: known,
        desired: 3,
        current: 3,
        updated: 3,
        ready: 3,
        available: 3,
        paused: false,
        observed: true,
        selector: Labels::new([("app", name)]),
        images: Box::default(),
        revision: 0,
        strategy: "RollingUpdate".into(),
        change_cause: "".into(),
        template: Template::default(),
        node_selector: "".into(),
        conditions: Box::default(),
    };
    change(&mut w);
    object(known, name, made, Body::Workload(Box::new(w)))
}

/// A replica set of the backend.
pub fn revision(number: u32, made: i64, template: Template, pods: u32) -> Object {
    let set = workload(Known::ReplicaSet, &format!("backend-{number}"), made, |w| {
        w.revision = number;
        w.template = template;
        (w.desired, w.current, w.ready, w.available) = (pods, pods, 0, 0);
    });
    owned(set, Known::Deployment, "backend")
}

/// A pod of `app=backend` on `node-1` that works.
pub fn pod(name: &str, made: i64) -> Object {
    let container = Container {
        name: "backend".into(),
        image: "ghcr.io/solia/backend:v1.8.3".into(),
        state: State::Running { since: ago(made - 5) },
        ready: true,
        memory_limit: Quantity::parse("128Mi"),
        probes: Probes {
            readiness: true,
            liveness: true,
            startup: false,
        },
        ..Container::default()
    };
    let pod = Pod {
        status: "Running".into(),
        phase: Phase::Running,
        node: "node-1".into(),
        started: ago(made),
        containers: [container].into(),
        conditions: [condition("Ready", ConditionStatus::True, made - 8)].into(),
        ..Pod::default()
    };
    let mut object = object(Known::Pod, name, made, Body::Pod(Box::new(pod)));
    object.meta.labels = Labels::new([("app", "backend")]);
    object
}

/// The pod's container has ended `restarts` times, each time after two seconds, last so many seconds ago.
pub fn crashing(mut object: Object, reason: &str, code: i32, restarts: u32, last: i64) -> Object {
    if let Body::Pod(pod) = &mut object.body {
        pod.status = "CrashLoopBackOff".into();
        pod.conditions = [condition("Ready", ConditionStatus::False, last)].into();
        for c in &mut pod.containers {
            c.ready = false;
            c.restarts = restarts;
            c.state = State::Waiting {
                reason: "CrashLoopBackOff".into(),
                message: "back-off 5m0s restarting failed container".into(),
            };
            c.last = Some(Box::new(exit(reason, code, last)));
        }
    }
    object
}

/// A run of two seconds that ended so many seconds ago.
pub fn exit(reason: &str, code: i32, when: i64) -> Exit {
    Exit {
        reason: reason.into(),
        code,
        started: ago(when + 2),
        finished: ago(when),
        ..Exit::default()
    }
}

pub fn condition(name: &str, status: ConditionStatus, since: i64) -> Condition {
    Condition {
        name: name.into(),
        status,
        since: ago(since),
        ..Condition::default()
    }
}

/// A node that has been ready for that long.
pub fn node(name: &str, made: i64, ready: ConditionStatus, since: i64) -> Object {
    let node = Node {
        ready,
        conditions: [condition("Ready", ready, since)].into(),
        ..Node::default()
    };
    object(Known::Node, name, made, Body::Node(Box::new(node)))
}

/// Something said of an object so many seconds ago.
pub fn event(known: Known, about: &str, reason: &str, when: i64, message: &str) -> Object {
    let event = Event {
        warning: true,
        reason: reason.into(),
        message: message.into(),
        kind: known.info().name.into(),
        object: about.into(),
        object_uid: uid(known, about),
        count: 1,
        first: ago(when),
        last: ago(when),
        source: "kubelet".into(),
        ..Event::default()
    };
    object(
        Known::Event,
        &format!("{about}.{reason}.{when}"),
        when,
        Body::Event(Box::new(event)),
    )
}

/// The backend's new revision crashes: one pod of it, while two of the old one serve.
pub fn bad_rollout() -> World {
    let mut world = World::new();
    let deployment = workload(Known::Deployment, "backend", 90_000, |w| {
        w.revision = 42;
        w.template = template("v1.8.3", &["LOG_LEVEL", "STRIPE_KEY"]);
        (w.updated, w.available, w.ready) = (1, 2, 2);
    });
    let deployment = by(
        deployment,
        "kubectl-edit",
        725,
        &[WrittenPart::Template, WrittenPart::Replicas, WrittenPart::Spec],
        &[],
    );
    let new = crashing(pod("backend-42-x", 720), "Error", 1, 7, 60);
    world
        .list(Known::Deployment, vec![deployment])
        .list(
            Known::ReplicaSet,
            vec![
                revision(41, 90_000, template("v1.8.2", &["LOG_LEVEL"]), 2),
                revision(42, 722, template("v1.8.3", &["LOG_LEVEL", "STRIPE_KEY"]), 1),
            ],
        )
        .list(
            Known::Pod,
            vec![
                owned(pod("backend-41-a", 90_000), Known::ReplicaSet, "backend-41"),
                owned(pod("backend-41-b", 90_000), Known::ReplicaSet, "backend-41"),
                owned(new, Known::ReplicaSet, "backend-42"),
            ],
        )
        .list(
            Known::Node,
            vec![
                node("node-1", 900_000, ConditionStatus::True, 899_000),
                node("node-2", 900_000, ConditionStatus::True, 899_000),
            ],
        )
        .list(
            Known::Event,
            vec![event(
                Known::Pod,
                "backend-42-x",
                "BackOff",
                30,
                "Back-off restarting failed container",
            )],
        );
    world.look();
    world
}
