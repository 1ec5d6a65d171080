//! How long a diagnosis takes, on ten thousand pods of which a hundred are ill: `cargo bench --bench diagnosis`.

use std::sync::Arc;

use divan::Bencher;
use quarterdeck::diagnosis::{Diagnosis, IN_FRONT};
use quarterdeck::model::network::{Endpoint, EndpointSlice, Service};
use quarterdeck::model::{
    Body, Condition, ConditionStatus, Container, Demand, EnvId, Event, Exit, Fact, FeedFact, FeedKey, Known, Labels, Link, Meta, Node,
    Object, Owner, Phase, Pod, Scope, Seen, Server, State, Time, Uid, Workload,
};
use quarterdeck::store::Store;

const NOW: Time = Time(1_800_000_000);

const DEPLOYMENTS: u64 = 500;

/// Of each deployment.
const PODS: u64 = 20;

/// One pod in so many is ill.
const ILL: u64 = 100;

const EVENTS: u64 = 3_000;

const NODES: u64 = 100;

fn main() {
    divan::main();
}

fn object(known: Known, namespace: &Arc<str>, name: String, body: Body) -> Object {
    Object {
        meta: Meta {
            uid: uid(known, &name),
            namespace: namespace.clone(),
            name: name.into(),
            created: Time(NOW.0 - 900_000),
            ..Meta::default()
        },
        body,
    }
}

fn uid(known: Known, name: &str) -> Uid {
    Uid::of(&format!("{known:?}/{name}"))
}

fn owned(mut object: Object, kind: Known, name: String) -> Object {
    object.meta.owner = Some(Box::new(Owner {
        group: "apps".into(),
        kind: kind.info().name.into(),
        uid: uid(kind, &name),
        name: name.into(),
    }));
    object
}

/// The number of ill pods among the first so many.
fn ill(pods: u64) -> u32 {
    u32::try_from(pods.div_ceil(ILL)).unwrap_or(u32::MAX)
}

fn workload(kind: Known, i: u64) -> Body {
    let want = u32::try_from(PODS).unwrap_or(u32::MAX);
    let have = want - (ill((i + 1) * PODS) - ill(i * PODS));
    Body::Workload(Box::new(Workload {
        kind,
        desired: want,
        current: want,
        updated: want,
        ready: have,
        available: have,
        paused: false,
        observed: true,
        selector: Labels::new([("app", &*format!("app-{i}"))]),
        images: [].into(),
        revision: 7,
        strategy: "RollingUpdate".into(),
        change_cause: "".into(),
        template: Default::default(),
        node_selector: "".into(),
        conditions: [].into(),
    }))
}

/// A pod; every hundredth crashes, and how often it did changes with every `turn`.
fn pod(i: u64, turn: u32, namespaces: &[Arc<str>]) -> Object {
    let of = i / PODS;
    let crashes = i.is_multiple_of(ILL);
    let container = Container {
        name: "app".into(),
        image: "registry.example/solia/app:v1.8.3".into(),
        state: if crashes {
            State::Waiting {
                reason: "CrashLoopBackOff".into(),
                message: "".into(),
            }
        } else {
            State::Running {
                since: Time(NOW.0 - 90_000),
            }
        },
        ready: !crashes,
        restarts: if crashes { 5 + turn } else { 0 },
        last: crashes.then(|| {
            Box::new(Exit {
                reason: "Error".into(),
                code: 1,
                started: Time(NOW.0 - 60),
                finished: Time(NOW.0 - 50),
                ..Exit::default()
            })
        }),
        ..Container::default()
    };
    let ready = Condition {
        name: "Ready".into(),
        status: if crashes { ConditionStatus::False } else { ConditionStatus::True },
        since: Time(NOW.0 - 9_000),
        ..Condition::default()
    };
    let pod = Pod {
        status: if crashes { "CrashLoopBackOff" } else { "Running" }.into(),
        phase: Phase::Running,
        node: format!("node-{}", i % NODES).into(),
        containers: [container].into(),
        conditions: [ready].into(),
        ..Pod::default()
    };
    let body = Body::Pod(Box::new(pod));
    let mut pod = owned(
        object(Known::Pod, namespace(of, namespaces), format!("app-{of}-7-{i}"), body),
        Known::ReplicaSet,
        format!("app-{of}-7"),
    );
    pod.meta.labels = Labels::new([("app", &*format!("app-{of}")), ("pod-template-hash", "7")]);
    pod
}

fn namespace(i: u64, namespaces: &[Arc<str>]) -> &Arc<str> {
    &namespaces[(i % 12) as usize]
}

fn namespaces() -> Vec<Arc<str>> {
    (0..12).map(|n| format!("team-{n}").into()).collect()
}

fn event(i: u64, namespaces: &[Arc<str>]) -> Object {
    // Half of them about the pods that are ill, half about the others.
    let about = if i.is_multiple_of(2) { i / 2 % 100 * ILL } else { i * 3 };
    let pod = pod(about, 0, namespaces);
    let event = Event {
        warning: i.is_multiple_of(2),
        reason: if i.is_multiple_of(2) { "BackOff" } else { "Pulled" }.into(),
        message: "Back-off restarting failed container app in pod, as the kubelet says it at length".into(),
        kind: "Pod".into(),
        object: pod.meta.name.clone(),
        object_uid: pod.meta.uid,
        count: 3,
        first: Time(NOW.0 - 3_000),
        last: Time(NOW.0 - 30),
        ..Event::default()
    };
    object(
        Known::Event,
        &pod.meta.namespace,
        format!("event-{i}"),
        Body::Event(Box::new(event)),
    )
}

fn objects(namespaces: &[Arc<str>]) -> Vec<(Known, Vec<Object>)> {
    let of_each = |make: &dyn Fn(u64) -> Object| (0..DEPLOYMENTS).map(make).collect::<Vec<_>>();
    let name = |i: u64| format!("app-{i}");
    let node = |i: u64| {
        let node = Node {
            ready: ConditionStatus::True,
            ..Node::default()
        };
        object(Known::Node, &"".into(), format!("node-{i}"), Body::Node(Box::new(node)))
    };
    vec![
        (Known::Pod, (0..DEPLOYMENTS * PODS).map(|i| pod(i, 0, namespaces)).collect()),
        (Known::Node, (0..NODES).map(node).collect()),
        (
            Known::Deployment,
            of_each(&|i| object(Known::Deployment, namespace(i, namespaces), name(i), workload(Known::Deployment, i))),
        ),
        (
            Known::ReplicaSet,
            of_each(&|i| {
                let body = workload(Known::ReplicaSet, i);
                let set = object(Known::ReplicaSet, namespace(i, namespaces), format!("app-{i}-7"), body);
                owned(set, Known::Deployment, name(i))
            }),
        ),
        (
            Known::Service,
            of_each(&|i| {
                let service = Service {
                    selector: Labels::new([("app", &*name(i))]),
                    ..Service::default()
                };
                object(Known::Service, namespace(i, namespaces), name(i), Body::Service(Box::new(service)))
            }),
        ),
        (
            Known::EndpointSlice,
            of_each(&|i| {
                // One service in a hundred has no endpoint.
                let endpoint = Endpoint {
                    ready: !i.is_multiple_of(100),
                    ..Endpoint::default()
                };
                let slice = EndpointSlice {
                    service: name(i).into(),
                    endpoints: vec![endpoint; PODS as usize].into(),
                    ..EndpointSlice::default()
                };
                object(
                    Known::EndpointSlice,
                    namespace(i, namespaces),
                    name(i),
                    Body::EndpointSlice(Box::new(slice)),
                )
            }),
        ),
        (Known::Event, (0..EVENTS).map(|i| event(i, namespaces)).collect()),
    ]
}

fn fact(known: Known, news: FeedFact) -> Fact {
    let key = FeedKey {
        kind: known.into(),
        scope: Scope::All,
    };
    Fact {
        env: EnvId(0),
        at: NOW,
        seen: Seen::Feed(key, news),
    }
}

fn store() -> Store {
    let mut store = Store::new(1);
    store.apply(Fact {
        env: EnvId(0),
        at: NOW,
        seen: Seen::Link(Link::Ready(Server::default())),
    });
    let mut objects = objects(&namespaces());
    for known in IN_FRONT {
        let key = FeedKey {
            kind: (*known).into(),
            scope: Scope::All,
        };
        store.expect(&Demand::Feed(EnvId(0), key));
        store.apply(fact(*known, FeedFact::Begin));
        let of_kind = objects.iter_mut().find(|(kind, _)| kind == known);
        let rows = of_kind.map(|(_, rows)| std::mem::take(rows)).unwrap_or_default();
        store.apply(fact(*known, FeedFact::Put(rows)));
        store.apply(fact(*known, FeedFact::Listed { unreadable: 0 }));
    }
    store
}

/// The first look, with nothing known from before.
#[divan::bench]
fn from_scratch(bencher: Bencher) {
    let store = store();
    let seen = store.env(EnvId(0)).unwrap();
    bencher.bench_local(|| {
        let mut diagnosis = Diagnosis::default();
        diagnosis.settle(seen, NOW);
        diagnosis
    });
}

/// So many pods changed since the last look.
#[divan::bench(args = [0, 1, 10, 100, 1000])]
fn after_changes(bencher: Bencher, changed: u64) {
    let (mut store, namespaces) = (store(), namespaces());
    let mut diagnosis = Diagnosis::default();
    diagnosis.settle(store.env(EnvId(0)).unwrap(), NOW);
    assert!(!diagnosis.findings().is_empty());
    let mut turn = 0;
    let news = || {
        turn += 1;
        // Ill ones and well ones.
        let step = if changed == 1 { ILL } else { 7 };
        let pods = (0..changed).map(|i| pod((i + 1) * step, turn, &namespaces)).collect();
        fact(Known::Pod, FeedFact::Put(pods))
    };
    bencher.with_inputs(news).bench_local_values(|news| {
        store.apply(news);
        diagnosis.settle(store.env(EnvId(0)).unwrap(), NOW);
        diagnosis.findings().len()
    });
}
