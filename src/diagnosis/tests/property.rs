//! Whatever a cluster says, half of it or nonsense: no look fails, and following changes finds what looking at all does.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::diagnosis::samples::{NOW, World};
use crate::diagnosis::state::order;
use crate::diagnosis::{CHECKS, Diagnosis, IN_FRONT};
use crate::model::cluster::{Autoscaler, DisruptionBudget};
use crate::model::network::{Endpoint, EndpointSlice, Ingress, Service};
use crate::model::storage::Claim;
use crate::model::{
    Body, Condition, ConditionStatus, Container, CronJob, Demand, EnvId, Event, Exit, FeedFact, FeedKey, Job, Known, Labels, Meta, Node,
    Object, Owner, Phase, Pod, Probes, Quantity, Restart, Role, Scope, Seen, State, Time, Uid, VolumeUsage, Workload, Write, WrittenPart,
};

const KINDS: [Known; 15] = [
    Known::Pod,
    Known::Node,
    Known::Deployment,
    Known::ReplicaSet,
    Known::StatefulSet,
    Known::DaemonSet,
    Known::Job,
    Known::CronJob,
    Known::Service,
    Known::EndpointSlice,
    Known::Ingress,
    Known::PersistentVolumeClaim,
    Known::HorizontalPodAutoscaler,
    Known::PodDisruptionBudget,
    Known::Event,
];

const NAMES: [&str; 5] = ["", "backend", "backend-1", "worker-1", "é"];

const REASONS: [&str; 28] = [
    "",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ContainerCreating",
    "OOMKilled",
    "Error",
    "Completed",
    "Evicted",
    "Unschedulable",
    "SchedulingGated",
    "FailedCreate",
    "FailedScheduling",
    "FailedMount",
    "Unhealthy",
    "Killing",
    "BackoffLimitExceeded",
    "DeadlineExceeded",
    "TooManyReplicas",
    "ScalingDisabled",
    "WaitForFirstConsumer",
    "ProvisioningFailed",
    "MissSchedule",
    "JobAlreadyActive",
    "NodeNotReady",
    "kubectl-drain",
    "Pending",
];

const MESSAGES: [&str; 14] = [
    "",
    ":",
    " : ",
    "Readiness probe failed: ",
    "Container app failed liveness probe, will be restarted",
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.",
    "0/3 nodes are available: 99999999999999 é, , 1",
    "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.",
    "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
    "exceeded quota: , requested: , used: , limited: ",
    "exceeded quota: é",
    "failed calling webhook \"w\": Post \"https://backend.solia.svc:443/x\": connection refused",
    "failed calling webhook \"\"",
    "failed calling webhook \"é",
];

const CONDITIONS: [&str; 16] = [
    "Ready",
    "PodScheduled",
    "Available",
    "Progressing",
    "ReplicaFailure",
    "Complete",
    "Failed",
    "MemoryPressure",
    "DiskPressure",
    "NetworkUnavailable",
    "ScalingActive",
    "AbleToScale",
    "ScalingLimited",
    "",
    "Lost",
    "Bound",
];

fn one_of<T: Clone + std::fmt::Debug + 'static>(list: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(list)
}

fn text() -> impl Strategy<Value = &'static str> {
    prop_oneof![one_of(&REASONS), one_of(&MESSAGES), one_of(&NAMES)]
}

/// Unknown, or within two hours before and one after; often the same, so that there are ties.
fn time() -> impl Strategy<Value = Time> {
    const OFTEN: [i64; 8] = [-7200, -3600, -700, -300, -100, -20, 0, 3600];
    let seconds = prop_oneof![1 => one_of(&OFTEN), 1 => -7200..3600_i64];
    prop_oneof![1 => Just(Time::NEVER), 6 => seconds.prop_map(|seconds| Time(NOW.0 + seconds))]
}

/// So few that objects meet; zero is nothing's.
fn uid() -> impl Strategy<Value = Uid> {
    (0..14_u128).prop_map(Uid)
}

fn labels() -> impl Strategy<Value = Labels> {
    vec((one_of(&["app", "tier"]), one_of(&["backend", "backend2", ""])), 0..3).prop_map(Labels::new)
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        Just(Quantity::NONE),
        (-5..2_000_i64).prop_map(Quantity::milli),
        Just(Quantity::milli(i64::MAX))
    ]
}

fn small() -> impl Strategy<Value = u32> {
    prop_oneof![6 => 0..4_u32, 1 => Just(u32::MAX)]
}

prop_compose! {
    fn condition()(name in one_of(&CONDITIONS), status in 0..3_u8, reason in text(), message in text(), since in time()) -> Condition {
        let status = [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown][usize::from(status)];
        Condition { name: name.into(), status, reason: reason.into(), message: message.into(), since }
    }
}

fn conditions() -> impl Strategy<Value = Box<[Condition]>> {
    vec(condition(), 0..4).prop_map(Into::into)
}

prop_compose! {
    fn exit()(reason in text(), code in -1..256_i32, signal in 0..20_i32, started in time(), finished in time()) -> Exit {
        Exit { reason: reason.into(), code, signal, started, finished, message: "".into() }
    }
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        (text(), text()).prop_map(|(reason, message)| State::Waiting {
            reason: reason.into(),
            message: message.into()
        }),
        time().prop_map(|since| State::Running { since }),
        exit().prop_map(|exit| State::Terminated(Box::new(exit))),
        Just(State::Unknown),
    ]
}

prop_compose! {
    fn container()(
        role in one_of(&[Role::Main, Role::Init, Role::Sidecar, Role::Ephemeral]),
        state in state(),
        last in prop::option::of(exit().prop_map(Box::new)),
        ready in any::<bool>(),
        restarts in small(),
        limit in quantity(),
        probes in any::<(bool, bool, bool)>(),
    ) -> Container {
        let probes = Probes { readiness: probes.0, liveness: probes.1, startup: probes.2 };
        Container { name: "app".into(), role, state, last, ready, restarts, memory_limit: limit, probes, ..Container::default() }
    }
}

prop_compose! {
    fn pod()(
        phase in one_of(&[Phase::Pending, Phase::Running, Phase::Succeeded, Phase::Failed, Phase::Unknown]),
        (reason, message) in (text(), text()),
        node in one_of(&NAMES),
        containers in vec(container(), 0..3),
        conditions in conditions(),
        gates in (0..2_u8, 0..2_u8),
        restart in one_of(&[Restart::Always, Restart::OnFailure, Restart::Never]),
        unready_tolerance in prop::option::of(small()),
        claim in prop::option::of(one_of(&NAMES)),
    ) -> Body {
        Body::Pod(Box::new(Pod {
            phase, reason: reason.into(), message: message.into(), node: node.into(), containers: containers.into(), conditions, gates, restart,
            unready_tolerance, claims: claim.into_iter().map(Into::into).collect(), ..Pod::default()
        }))
    }
}

prop_compose! {
    fn workload(kind: Known)(
        counts in (small(), small(), small(), small(), small(), small()),
        observed in any::<bool>(),
        selector in labels(),
        conditions in conditions(),
    ) -> Body {
        let (desired, current, updated, ready, available, revision) = counts;
        Body::Workload(Box::new(Workload {
            kind, desired, current, updated, ready, available, paused: false, observed, selector, images: [].into(), revision,
            strategy: "".into(), change_cause: "".into(), template: Default::default(), node_selector: "".into(), conditions,
        }))
    }
}

prop_compose! {
    fn node()(status in 0..3_u8, unschedulable in any::<bool>(), conditions in conditions(), silent_since in time(), cpu in quantity()) -> Body {
        let ready = [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown][usize::from(status)];
        let provider_id = "aws:///eu-west-3a/i-0abc".into();
        Body::Node(Box::new(Node { ready, unschedulable, conditions, silent_since, cpu, memory: cpu, provider_id, ..Node::default() }))
    }
}

prop_compose! {
    fn job()(counts in (small(), small(), small()), suspended in any::<bool>(), finished in time(), conditions in conditions()) -> Body {
        let (succeeded, failed, active) = counts;
        Body::Job(Box::new(Job { succeeded, failed, active, suspended, finished, conditions, ..Job::default() }))
    }
}

prop_compose! {
    fn cron_job()(
        schedule in one_of(&["", "* * * * *", "*/5 * * * *", "0 3 * * *", "30 2 29 2 *", "TZ=Europe/Paris 0 4 * * *", "TZ= x", "é"]),
        zone in one_of(&["", "Europe/Paris", "Mars/Olympus"]),
        suspended in any::<bool>(),
        active in small(),
        last_scheduled in time(),
    ) -> Body {
        Body::CronJob(Box::new(CronJob { schedule: schedule.into(), time_zone: zone.into(), suspended, active, last_scheduled, ..CronJob::default() }))
    }
}

prop_compose! {
    fn event()(
        warning in any::<bool>(),
        reason in one_of(&REASONS),
        message in one_of(&MESSAGES),
        kind in one_of(&["Pod", "ReplicaSet", "Job", "CronJob", "Node", "Deployment", "PersistentVolumeClaim", "Certificate", ""]),
        about in uid(),
        (first, last) in (time(), time()),
        count in small(),
    ) -> Body {
        Body::Event(Box::new(Event {
            warning, reason: reason.into(), message: message.into(), kind: kind.into(), object: "backend".into(), object_uid: about, count, first,
            last, field: "spec.containers{app}".into(), source: "".into(),
        }))
    }
}

fn body(known: Known) -> BoxedStrategy<Body> {
    match known {
        Known::Pod => pod().boxed(),
        Known::Node => node().boxed(),
        Known::Job => job().boxed(),
        Known::CronJob => cron_job().boxed(),
        Known::Event => event().boxed(),
        Known::Service => (one_of(&["ClusterIP", "ExternalName", ""]), labels())
            .prop_map(|(kind, selector)| {
                Body::Service(Box::new(Service {
                    kind: kind.into(),
                    selector,
                    ..Service::default()
                }))
            })
            .boxed(),
        Known::EndpointSlice => (one_of(&NAMES), vec(any::<bool>(), 0..3))
            .prop_map(|(service, ready)| {
                let endpoints = ready
                    .into_iter()
                    .map(|ready| Endpoint {
                        ready,
                        ..Endpoint::default()
                    })
                    .collect();
                Body::EndpointSlice(Box::new(EndpointSlice {
                    service: service.into(),
                    endpoints,
                    ..EndpointSlice::default()
                }))
            })
            .boxed(),
        Known::Ingress => vec(one_of(&["backend:80", "gone:80", "", ":", "a/b", "x:use-annotation"]), 0..3)
            .prop_map(|backends| {
                let backends = backends.into_iter().map(Into::into).collect();
                Body::Ingress(Box::new(Ingress {
                    backends,
                    ..Ingress::default()
                }))
            })
            .boxed(),
        Known::PersistentVolumeClaim => (one_of(&["Pending", "Bound", "Lost", ""]), quantity())
            .prop_map(|(phase, capacity)| {
                Body::Claim(Box::new(Claim {
                    phase: phase.into(),
                    capacity,
                    ..Claim::default()
                }))
            })
            .boxed(),
        Known::HorizontalPodAutoscaler => (
            one_of(&["Deployment/backend", "X/y", ""]),
            (small(), small(), small(), small()),
            conditions(),
        )
            .prop_map(|(target, (min, max, current, desired), conditions)| {
                let metrics = ["cpu 93%/80%".into(), "?".into(), "".into()].into();
                Body::Autoscaler(Box::new(Autoscaler {
                    target: target.into(),
                    min,
                    max,
                    current,
                    desired,
                    metrics,
                    conditions,
                }))
            })
            .boxed(),
        Known::PodDisruptionBudget => ((small(), small(), small(), small()), labels())
            .prop_map(|((allowed, healthy, desired, expected), selector)| {
                Body::DisruptionBudget(Box::new(DisruptionBudget {
                    allowed,
                    healthy,
                    desired,
                    expected,
                    selector,
                    ..DisruptionBudget::default()
                }))
            })
            .boxed(),
        workload_kind => workload(workload_kind).boxed(),
    }
}

prop_compose! {
    fn owner()(kind in one_of(&["ReplicaSet", "Deployment", "Job", "CronJob", "DaemonSet", "Node", "Rollout", ""]), name in one_of(&NAMES), uid in uid()) -> Owner {
        Owner { group: "".into(), kind: kind.into(), name: name.into(), uid }
    }
}

fn object() -> impl Strategy<Value = Object> {
    let meta = (
        uid(),
        one_of(&["solia", "lab", ""]),
        one_of(&NAMES),
        time(),
        prop_oneof![5 => Just(Time::NEVER), 1 => time()],
        prop::option::of(owner().prop_map(Box::new)),
        labels(),
        small(),
    );
    let kind = prop_oneof![4 => one_of(&KINDS), 2 => Just(Known::Pod), 2 => Just(Known::Event)];
    let body = kind.prop_flat_map(body);
    (meta, body).prop_map(|((uid, namespace, name, created, deleting, owner, labels, grace), body)| {
        let write = Write {
            manager: "kubectl-drain".into(),
            at: created,
            parts: [WrittenPart::Spec].into(),
            keys: [].into(),
        };
        let meta = Meta {
            uid,
            namespace: namespace.into(),
            name: name.into(),
            created,
            deleting,
            owner,
            labels,
            grace,
            finalizers: [].into(),
            writes: [write].into(),
        };
        Object { meta, body }
    })
}

/// What happens between two looks.
#[derive(Clone, Debug)]
enum Step {
    Put(Vec<Object>),
    Gone(Known, Uid),
    /// The list of a kind is read again, and holds nothing.
    Emptied(Known),
    /// Nobody asks for a kind any more; then somebody does again.
    Forgotten(Known),
    Reopened(Known, Vec<Object>),
    Passes(i64),
    Volumes(i64, u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => vec(object(), 1..8).prop_map(Step::Put),
        3 => (one_of(&KINDS), uid()).prop_map(|(known, uid)| Step::Gone(known, uid)),
        1 => one_of(&KINDS).prop_map(Step::Emptied),
        1 => one_of(&KINDS).prop_map(Step::Forgotten),
        1 => (one_of(&KINDS), vec(object(), 0..4)).prop_map(|(known, objects)| Step::Reopened(known, objects)),
        3 => (1..900_i64).prop_map(Step::Passes),
        1 => (0..100_i64, 0..101_u32).prop_map(|(used, inodes)| Step::Volumes(used, inodes)),
    ]
}

fn take(world: &mut World, step: Step) {
    let key = |known: Known| FeedKey {
        kind: known.into(),
        scope: Scope::All,
    };
    match step {
        Step::Put(objects) => objects.into_iter().for_each(|object| world.put(object)),
        Step::Gone(known, uid) => world.feed(known, Scope::All, FeedFact::Gone(vec![uid])),
        Step::Emptied(known) => {
            world.feed(known, Scope::All, FeedFact::Begin);
            world.feed(known, Scope::All, FeedFact::Listed { unreadable: 0 });
        }
        Step::Forgotten(known) => world.store.forget(&Demand::Feed(EnvId(0), key(known))),
        Step::Reopened(known, objects) => {
            world.store.forget(&Demand::Feed(EnvId(0), key(known)));
            world.watch(known, Scope::All);
            world.feed(known, Scope::All, FeedFact::Begin);
            objects.into_iter().for_each(|object| world.put(object));
            world.feed(known, Scope::All, FeedFact::Listed { unreadable: 0 });
        }
        Step::Passes(seconds) => world.now = world.now + seconds,
        Step::Volumes(used, inodes) => {
            let usage = VolumeUsage {
                namespace: "solia".into(),
                claim: "backend".into(),
                used: Quantity::whole(used),
                capacity: Quantity::whole(90),
                inodes: Some(inodes),
                at: world.now,
            };
            world.see(Seen::Volumes(Ok(vec![usage])));
        }
    }
}

proptest! {
    #[test]
    fn any_world_is_looked_at_without_failing_and_following_it_finds_what_looking_anew_does(steps in vec(step(), 1..24)) {
        let mut world = World::watching(IN_FRONT);
        let mut followed = Diagnosis::default();
        for step in steps {
            take(&mut world, step);
            let seen = world.store.env(EnvId(0)).unwrap();
            followed.settle(seen, world.now);
            let mut fresh = Diagnosis::default();
            fresh.settle(seen, world.now);
            let (mut one, mut other) = (followed.find(seen, world.now), fresh.find(seen, world.now));
            one.sort_by(order);
            other.sort_by(order);
            prop_assert_eq!(one, other);
            let shown = followed.findings();
            prop_assert!(shown.is_sorted_by(|a, b| a.severity >= b.severity));
            for finding in shown {
                prop_assert!(CHECKS.iter().any(|check| check.id == finding.id));
                prop_assert!(!finding.title.is_empty());
                prop_assert!(finding.members.contains(&finding.object.uid));
            }
        }
    }
}
