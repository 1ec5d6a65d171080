//! Small objects for the tests of the table: calm ones, which a test then breaks.

use crate::model::{
    Body, Container, Event, Exit, Known, Labels, Meta, Object, Owner, Phase, Pod, Probes, Qos, Quantity, State, Time, Uid, Usage,
    UsageSample, Workload,
};
use crate::ui::panes::table::{ColumnRef, Row};
use crate::ui::theme::Role;

/// The moment at which the tests look.
pub const NOW: Time = Time(1_800_000_000);

/// Two days before.
const CREATED: Time = Time(NOW.0 - 2 * 86_400);

/// Any object of the namespace `solia`, two days old.
pub fn object(name: &str, body: Body) -> Object {
    Object {
        meta: Meta {
            uid: Uid::of(name),
            namespace: "solia".into(),
            name: name.into(),
            created: CREATED,
            labels: Labels::new([("app", "backend"), ("tier", "web")]),
            ..Meta::default()
        },
        body,
    }
}

/// A running pod of one container.
pub fn pod(name: &str) -> Object {
    let app = Container {
        name: "app".into(),
        image: "registry.example/solia/app:v1".into(),
        state: State::Running { since: CREATED },
        ready: true,
        cpu_request: Quantity::parse("100m"),
        memory_request: Quantity::parse("64Mi"),
        memory_limit: Quantity::parse("128Mi"),
        ports: ["http:8080/TCP".into()].into(),
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
        ip: "10.0.0.7".into(),
        service_account: "default".into(),
        qos: Qos::Burstable,
        containers: [app].into(),
        ..Pod::default()
    };
    object(name, Body::Pod(Box::new(pod)))
}

/// Changes the containers of a pod.
pub fn containers(object: &mut Object, change: impl FnOnce(&mut Vec<Container>)) {
    if let Body::Pod(pod) = &mut object.body {
        let mut list = std::mem::take(&mut pod.containers).into_vec();
        change(&mut list);
        pod.containers = list.into();
    }
}

/// Changes a pod.
pub fn with_pod(object: &mut Object, change: impl FnOnce(&mut Pod)) {
    if let Body::Pod(pod) = &mut object.body {
        change(pod);
    }
}

/// The pod's container ended like this so many seconds ago, four times by now.
pub fn crash(object: &mut Object, reason: &str, code: i32, ago: i64) {
    with_pod(object, |pod| pod.status = "CrashLoopBackOff".into());
    containers(object, |list| {
        for c in list {
            c.ready = false;
            c.restarts = 4;
            c.state = State::Waiting {
                reason: "CrashLoopBackOff".into(),
                message: "".into(),
            };
            c.last = Some(Box::new(Exit {
                reason: reason.into(),
                code,
                finished: Time(NOW.0 - ago),
                ..Exit::default()
            }));
        }
    });
}

/// A workload with three replicas, all well.
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
        selector: Labels::new([("app", name)]),
        images: ["registry.example/solia/backend:v1.8.3".into()].into(),
        revision: 41,
        strategy: "RollingUpdate".into(),
        change_cause: "".into(),
        template: Default::default(),
        node_selector: "".into(),
        conditions: [].into(),
    };
    change(&mut w);
    let mut object = object(name, Body::Workload(Box::new(w)));
    object.meta.owner = Some(Box::new(Owner {
        kind: "Deployment".into(),
        name: "backend".into(),
        ..Owner::default()
    }));
    object
}

/// A warning about a pod, last seen so many seconds ago.
pub fn event(about: &str, reason: &str, ago: i64) -> Object {
    let event = Event {
        warning: true,
        reason: reason.into(),
        message: "restarting failed container".into(),
        kind: "Pod".into(),
        object: about.into(),
        count: 3,
        first: CREATED,
        last: Time(NOW.0 - ago),
        ..Event::default()
    };
    object(&format!("{about}.17d3f{ago}"), Body::Event(Box::new(event)))
}

/// A sample of what a pod or node uses.
pub fn usage(name: &str, cpu: &str, memory: &str) -> UsageSample {
    UsageSample {
        namespace: "solia".into(),
        name: name.into(),
        at: NOW,
        total: Usage {
            cpu: Quantity::parse(cpu),
            memory: Quantity::parse(memory),
        },
        containers: [].into(),
    }
}

/// The usual cells of a row, separated by `|`.
pub fn cells(columns: &[ColumnRef], row: &Row<'_>) -> String {
    let usual = columns.iter().filter(|c| !c.wide());
    usual
        .map(|c| c.value(row).display(row.now).into_owned())
        .collect::<Vec<_>>()
        .join("|")
}

/// One cell of a row.
pub fn cell(columns: &[ColumnRef], name: &str, row: &Row<'_>) -> String {
    column(columns, name).value(row).display(row.now).into_owned()
}

/// The colour meaning of one cell of a row.
pub fn role(columns: &[ColumnRef], name: &str, row: &Row<'_>) -> Role {
    column(columns, name).role(row)
}

fn column<'a>(columns: &'a [ColumnRef], name: &str) -> &'a ColumnRef {
    columns.iter().find(|c| c.name() == name).unwrap()
}
