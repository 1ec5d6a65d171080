//! Objects and findings to test with: calm ones, which a test then breaks, in a real store.

use crate::model::cluster::{Autoscaler, DisruptionBudget};
use crate::model::network::{Endpoint, EndpointSlice, Ingress, Service};
use crate::model::storage::Claim;
use crate::model::{
    Body, Condition, ConditionStatus, Container, CronJob, Demand, EnvId, Event, Exit, Fact, FeedFact, FeedKey, Finding, Job, Known, Labels,
    Link, Meta, Node, Object, Owner, Phase, Pod, Probes, Quantity, Scope, Seen, Server, Severity, State, Subject, Time, Uid, Workload,
};
use crate::store::Store;

use super::{Diagnosis, IN_FRONT};

/// The moment at which the tests look: a Friday, 08:00:00 UTC.
pub const NOW: Time = Time(1_800_000_000);

/// So many seconds before.
pub fn ago(seconds: i64) -> Time {
    Time(NOW.0 - seconds)
}

/// A finding about an object of this identity.
pub fn finding(id: &'static str, uid: u128, since: Time) -> Finding {
    let subject = Subject {
        kind: Known::Pod.into(),
        namespace: "solia".into(),
        name: format!("object-{uid}").into(),
        uid: Uid(uid),
    };
    let mut finding = Finding::new(Severity::Warning, subject, "is not well").since(since);
    finding.id = id;
    finding
}

/// One environment in a store.
pub struct World {
    pub store: Store,
    pub now: Time,
}

impl World {
    /// All kinds are watched that the diagnosis wants, and there is nothing but the node on which pods stand.
    pub fn new() -> Self {
        Self::watching(IN_FRONT)
    }

    /// Only these kinds are watched.
    pub fn watching(kinds: &[Known]) -> Self {
        let mut world = Self {
            store: Store::new(1),
            now: NOW,
        };
        let server = Server {
            host: "api.example".into(),
            ..Server::default()
        };
        world.see(Seen::Link(Link::Ready(server)));
        for known in kinds {
            world.watch(*known, Scope::All);
            world.feed(*known, Scope::All, FeedFact::Begin);
            world.feed(*known, Scope::All, FeedFact::Listed { unreadable: 0 });
        }
        if kinds.contains(&Known::Node) {
            world.put(node("worker-1", |_| {}));
        }
        world
    }

    pub fn watch(&mut self, known: Known, scope: Scope) {
        let kind = known.into();
        self.store.expect(&Demand::Feed(EnvId(0), FeedKey { kind, scope }));
    }

    pub fn feed(&mut self, known: Known, scope: Scope, fact: FeedFact) {
        let kind = known.into();
        self.see(Seen::Feed(FeedKey { kind, scope }, fact));
    }

    pub fn see(&mut self, seen: Seen) {
        let at = self.now;
        self.store.apply(Fact { env: EnvId(0), at, seen });
    }

    pub fn put(&mut self, object: Object) {
        let known = object.body.known().unwrap();
        self.feed(known, Scope::All, FeedFact::Put(vec![object]));
    }

    /// The same with these objects in it.
    pub fn with(mut self, objects: impl IntoIterator<Item = Object>) -> Self {
        for object in objects {
            self.put(object);
        }
        self
    }

    /// What a first look finds.
    pub fn findings(&self) -> Vec<Finding> {
        let mut diagnosis = Diagnosis::default();
        diagnosis.settle(self.store.env(EnvId(0)).unwrap(), self.now);
        diagnosis.findings().to_vec()
    }

    /// The same in lines: `warning pod-failed Pod/a: has failed · exit 1 [what follows from it]`.
    pub fn says(&self) -> Vec<String> {
        self.findings().iter().map(line).collect()
    }
}

/// What is found where there are these objects and nothing else.
pub fn says(objects: impl IntoIterator<Item = Object>) -> Vec<String> {
    World::new().with(objects).says()
}

/// The one finding where there are these objects and nothing else.
pub fn only(objects: impl IntoIterator<Item = Object>) -> Finding {
    let mut found = World::new().with(objects).findings();
    assert_eq!(found.len(), 1, "{:#?}", found.iter().map(line).collect::<Vec<_>>());
    found.remove(0)
}

/// A finding in a line.
pub fn line(finding: &Finding) -> String {
    let mut folded: Vec<&str> = finding.folded.iter().map(|f| f.id).collect();
    folded.sort_unstable();
    let folded = if folded.is_empty() {
        String::new()
    } else {
        format!(" [{}]", folded.join(", "))
    };
    let Finding {
        severity,
        id,
        object,
        title,
        ..
    } = finding;
    format!("{} {id} {}/{}: {title}{folded}", severity.word(), object.kind_name(), object.name)
}

/// The evidence of a finding, in lines.
pub fn evidence(finding: &Finding) -> Vec<String> {
    let line = |e: &crate::model::Evidence| format!("{}: {}", e.kind.word(), e.text);
    finding.evidence.iter().map(line).collect()
}

/// Any object of the namespace `solia`, two days old.
pub fn object(name: &str, body: Body) -> Object {
    let known = body.known().unwrap();
    let namespace = if known.info().namespaced { "solia" } else { "" };
    Object {
        meta: Meta {
            uid: Uid::of(&format!("{}/{namespace}/{name}", known.info().name)),
            namespace: namespace.into(),
            name: name.into(),
            created: ago(2 * 86_400),
            ..Meta::default()
        },
        body,
    }
}

/// The same object, owned by another.
pub fn owned(mut object: Object, owner: &Object) -> Object {
    object.meta.owner = Some(Box::new(Owner {
        group: "".into(),
        kind: owner.body.known().unwrap().info().name.into(),
        name: owner.meta.name.clone(),
        uid: owner.meta.uid,
    }));
    object
}

/// The same object, made so many seconds ago.
pub fn aged(mut object: Object, seconds: i64) -> Object {
    object.meta.created = ago(seconds);
    object
}

pub fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied())
}

/// A condition that holds, or does not, since so many seconds.
pub fn condition(name: &str, holds: bool, reason: &str, message: &str, seconds: i64) -> Condition {
    Condition {
        name: name.into(),
        status: if holds { ConditionStatus::True } else { ConditionStatus::False },
        reason: reason.into(),
        message: message.into(),
        since: ago(seconds),
    }
}

/// A running pod of one container, on node `worker-1`, with the label `app=backend`.
pub fn pod(name: &str) -> Object {
    let app = Container {
        name: "app".into(),
        image: "registry.example/solia/app:v1".into(),
        state: State::Running { since: ago(86_400) },
        ready: true,
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
        node: "worker-1".into(),
        containers: [app].into(),
        conditions: [condition("Ready", true, "", "", 86_400)].into(),
        unready_tolerance: Some(300),
        ..Pod::default()
    };
    let mut object = object(name, Body::Pod(Box::new(pod)));
    object.meta.labels = labels(&[("app", "backend")]);
    object
}

pub fn with_pod(mut object: Object, change: impl FnOnce(&mut Pod)) -> Object {
    if let Body::Pod(pod) = &mut object.body {
        change(pod);
    }
    object
}

/// Its container is not ready, since so many seconds, in this state.
pub fn lame(object: Object, seconds: i64, change: impl FnOnce(&mut Container)) -> Object {
    with_pod(object, |pod| {
        pod.conditions = [condition("Ready", false, "ContainersNotReady", "", seconds)].into();
        pod.containers[0].ready = false;
        change(&mut pod.containers[0]);
    })
}

pub fn waiting(reason: &str, message: &str) -> State {
    State::Waiting {
        reason: reason.into(),
        message: message.into(),
    }
}

/// A run of ten seconds that ended so many seconds ago.
pub fn exit(code: i32, reason: &str, seconds: i64) -> Exit {
    Exit {
        reason: reason.into(),
        code,
        signal: 0,
        started: ago(seconds + 10),
        finished: ago(seconds),
        message: "".into(),
    }
}

/// It crashes: exit 1, five times, for ten minutes.
pub fn crashing(object: Object) -> Object {
    lame(object, 600, |c| {
        c.state = waiting("CrashLoopBackOff", "");
        c.restarts = 5;
        c.last = Some(Box::new(exit(1, "Error", 40)));
    })
}

/// No node takes it, for ten minutes.
pub fn unplaced(object: Object, message: &str) -> Object {
    with_pod(object, |pod| {
        pod.status = "Pending".into();
        pod.phase = Phase::Pending;
        pod.node = "".into();
        pod.message = message.into();
        pod.containers[0].state = State::Unknown;
        pod.containers[0].ready = false;
        pod.conditions = [condition("PodScheduled", false, "Unschedulable", message, 600)].into();
    })
}

/// It has failed, so many seconds ago, with exit 1, and is not started again.
pub fn failed(object: Object, seconds: i64) -> Object {
    with_pod(object, |pod| {
        pod.status = "Error".into();
        pod.phase = Phase::Failed;
        pod.conditions = [condition("Ready", false, "PodFailed", "", seconds)].into();
        pod.containers[0].ready = false;
        pod.containers[0].state = State::Terminated(Box::new(exit(1, "Error", seconds)));
    })
}

/// A workload with three replicas, all well, that selects `app=backend`.
pub fn workload(kind: Known, name: &str, change: impl FnOnce(&mut Workload)) -> Object {
    let mut w = Workload {
        kind,
        desired: 3,
        current: 3,
        updated: 3,
        ready: 3,
        available: 3,
        paused: false,
        observed: true,
        selector: labels(&[("app", "backend")]),
        images: ["registry.example/solia/backend:v1.8.3".into()].into(),
        revision: 0,
        strategy: "RollingUpdate".into(),
        change_cause: "".into(),
        template: Default::default(),
        node_selector: "".into(),
        conditions: [].into(),
    };
    change(&mut w);
    object(name, Body::Workload(Box::new(w)))
}

/// A deployment at revision 2.
pub fn deployment(name: &str, change: impl FnOnce(&mut Workload)) -> Object {
    workload(Known::Deployment, name, |w| {
        w.revision = 2;
        change(w);
    })
}

/// A replica set of a deployment.
pub fn replica_set(deployment: &Object, revision: u32, change: impl FnOnce(&mut Workload)) -> Object {
    let set = workload(Known::ReplicaSet, &format!("{}-{revision}", deployment.meta.name), |w| {
        w.revision = revision;
        change(w);
    });
    let mut set = owned(set, deployment);
    set.meta.labels = labels(&[("app", "backend"), ("pod-template-hash", "abc")]);
    set
}

/// So many pods of an owner, named after it.
pub fn pods(owner: &Object, count: usize) -> Vec<Object> {
    (0..count).map(|n| owned(pod(&format!("{}-{n}", owner.meta.name)), owner)).collect()
}

/// A warning about an object, first seen ten minutes ago and last so many seconds ago.
pub fn event(about: &Object, reason: &str, message: &str, seconds: i64) -> Object {
    let event = Event {
        warning: true,
        reason: reason.into(),
        message: message.into(),
        kind: about.body.known().unwrap().info().name.into(),
        object: about.meta.name.clone(),
        object_uid: about.meta.uid,
        count: 3,
        first: ago(seconds.max(600)),
        last: ago(seconds),
        ..Event::default()
    };
    let mut object = object(&format!("{}.{reason}.{seconds}", about.meta.name), Body::Event(Box::new(event)));
    if !about.meta.namespace.is_empty() {
        object.meta.namespace = about.meta.namespace.clone();
    }
    object
}

/// A node that is well: 4 cores, 16 GiB.
pub fn node(name: &str, change: impl FnOnce(&mut Node)) -> Object {
    let mut node = Node {
        ready: ConditionStatus::True,
        conditions: [condition("Ready", true, "KubeletReady", "", 86_400)].into(),
        cpu: Quantity::parse("4"),
        memory: Quantity::parse("16Gi"),
        pods: 110,
        ..Node::default()
    };
    change(&mut node);
    object(name, Body::Node(Box::new(node)))
}

/// A node whose kubelet does not report, for five minutes.
pub fn silent(name: &str) -> Object {
    node(name, |node| {
        node.ready = ConditionStatus::Unknown;
        let mut ready = condition("Ready", false, "NodeStatusUnknown", "Kubelet stopped posting node status.", 300);
        ready.status = ConditionStatus::Unknown;
        node.conditions = [ready].into();
        node.silent_since = ago(295);
    })
}

pub fn claim(name: &str, phase: &str) -> Object {
    let claim = Claim {
        phase: phase.into(),
        capacity: Quantity::parse("10Gi"),
        class: "gp3".into(),
        ..Claim::default()
    };
    object(name, Body::Claim(Box::new(claim)))
}

pub fn service(name: &str, selector: &[(&str, &str)]) -> Object {
    let service = Service {
        kind: "ClusterIP".into(),
        selector: labels(selector),
        ..Service::default()
    };
    object(name, Body::Service(Box::new(service)))
}

/// The endpoints of a service: so many that take traffic, and so many that do not.
pub fn slice(service: &str, ready: usize, not: usize) -> Object {
    let endpoint = |ready| Endpoint {
        ready,
        ..Endpoint::default()
    };
    let endpoints = (0..ready).map(|_| endpoint(true)).chain((0..not).map(|_| endpoint(false)));
    let slice = EndpointSlice {
        service: service.into(),
        endpoints: endpoints.collect(),
        ..EndpointSlice::default()
    };
    object(&format!("{service}-x1"), Body::EndpointSlice(Box::new(slice)))
}

pub fn ingress(name: &str, backends: &[&str]) -> Object {
    let ingress = Ingress {
        hosts: ["solia.example".into()].into(),
        backends: backends.iter().map(|b| (*b).into()).collect(),
        ..Ingress::default()
    };
    object(name, Body::Ingress(Box::new(ingress)))
}

/// A job that runs.
pub fn job(name: &str, change: impl FnOnce(&mut Job)) -> Object {
    let mut job = Job {
        completions: Some(1),
        active: 1,
        started: ago(1200),
        ..Job::default()
    };
    change(&mut job);
    aged(object(name, Body::Job(Box::new(job))), 1200)
}

/// A job that gave up so many seconds ago.
pub fn failed_job(name: &str, seconds: i64) -> Object {
    let job = job(name, |job| {
        job.active = 0;
        job.failed = 3;
        let said = "Job has reached the specified backoff limit";
        job.conditions = [condition("Failed", true, "BackoffLimitExceeded", said, seconds)].into();
    });
    aged(job, seconds + 300)
}

/// A job that came to its end so many seconds ago.
pub fn complete_job(name: &str, seconds: i64) -> Object {
    let job = job(name, |job| {
        job.active = 0;
        job.succeeded = 1;
        job.finished = ago(seconds);
        job.conditions = [condition("Complete", true, "", "", seconds)].into();
    });
    aged(job, seconds + 300)
}

/// A cron job that started its last job so many seconds ago.
pub fn cron_job(name: &str, schedule: &str, seconds: i64, change: impl FnOnce(&mut CronJob)) -> Object {
    let mut cron = CronJob {
        schedule: schedule.into(),
        last_scheduled: ago(seconds),
        ..CronJob::default()
    };
    change(&mut cron);
    object(name, Body::CronJob(Box::new(cron)))
}

/// An autoscaler of deployment `backend`, between 2 and 10, that is well.
pub fn autoscaler(change: impl FnOnce(&mut Autoscaler)) -> Object {
    let mut hpa = Autoscaler {
        target: "Deployment/backend".into(),
        min: 2,
        max: 10,
        current: 3,
        desired: 3,
        metrics: ["cpu 40%/80%".into()].into(),
        conditions: [
            condition("AbleToScale", true, "ReadyForNewScale", "", 3600),
            condition("ScalingActive", true, "ValidMetricFound", "", 3600),
            condition("ScalingLimited", false, "DesiredWithinRange", "", 3600),
        ]
        .into(),
    };
    change(&mut hpa);
    object("backend", Body::Autoscaler(Box::new(hpa)))
}

/// A budget of the pods `app=backend` that allows one eviction.
pub fn budget(change: impl FnOnce(&mut DisruptionBudget)) -> Object {
    let mut budget = DisruptionBudget {
        min_available: "2".into(),
        allowed: 1,
        healthy: 3,
        desired: 2,
        expected: 3,
        selector: labels(&[("app", "backend")]),
        ..DisruptionBudget::default()
    };
    change(&mut budget);
    object("backend", Body::DisruptionBudget(Box::new(budget)))
}

/// A platform on which everything is as it should be: a deployment with its pods, what leads to it, and the rest.
pub fn calm() -> Vec<Object> {
    let backend = deployment("backend", |_| {});
    let old = replica_set(&backend, 1, |w| (w.desired, w.current, w.ready, w.available) = (0, 0, 0, 0));
    let new = replica_set(&backend, 2, |_| {});
    let nightly = cron_job("nightly", "0 3 * * *", 5 * 3600, |_| {});
    let mut all = pods(&new, 3);
    all.extend([
        owned(complete_job("nightly-1", 4 * 3600), &nightly),
        job("migrate", |_| {}),
        backend,
        old,
        new,
        nightly,
        workload(Known::StatefulSet, "postgres", |w| w.selector = labels(&[("app", "postgres")])),
        workload(Known::DaemonSet, "agent", |w| w.selector = labels(&[("app", "agent")])),
        service("backend", &[("app", "backend")]),
        slice("backend", 3, 0),
        ingress("public", &["backend:80"]),
        claim("data", "Bound"),
        node("worker-1", |_| {}),
        node("worker-2", |_| {}),
        autoscaler(|_| {}),
        budget(|_| {}),
    ]);
    all
}

/// Nothing is found where there are these objects and nothing else.
pub fn nothing(why: &str, objects: impl IntoIterator<Item = Object>) {
    assert_eq!(says(objects), Vec::<String>::new(), "{why}");
}
