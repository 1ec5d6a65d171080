//! What the store knows beside the object: told where it is there, and left out where it is not.

use super::*;
use crate::model::network::{Endpoint, EndpointSlice};
use crate::model::{Container, Labels, Phase, Pod, Quantity, Role as Part, Template, Uid, VolumeUsage, Workload};

fn object(name: &str, body: Body) -> Object {
    Object {
        meta: Meta {
            name: name.into(),
            namespace: "solia".into(),
            created: Time(NOW.0 - 3 * 3600),
            uid: Uid::of(name),
            ..Meta::default()
        },
        body,
    }
}

fn running(name: &str, status: &str, cpu: &str, init: &str) -> Object {
    let container = |role, cpu: &str| Container {
        role,
        cpu_request: Quantity::parse(cpu),
        memory_request: Quantity::parse("1Gi"),
        memory_limit: Quantity::parse("2Gi"),
        ..Container::default()
    };
    let pod = Pod {
        status: status.into(),
        phase: if status == "Completed" { Phase::Succeeded } else { Phase::Running },
        containers: [container(Part::Init, init), container(Part::Main, cpu)].into(),
        ..Pod::default()
    };
    object(name, Body::Pod(Box::new(pod)))
}

fn set(name: &str, revision: u32, (ready, desired): (u32, u32), image: &str, cause: &str) -> Object {
    let workload = Workload {
        kind: Known::ReplicaSet,
        desired,
        current: desired,
        updated: 0,
        ready,
        available: ready,
        paused: false,
        observed: true,
        selector: Labels::default(),
        images: [image.into()].into(),
        revision,
        strategy: "".into(),
        change_cause: cause.into(),
        template: Template::default(),
        node_selector: "".into(),
        conditions: Box::default(),
    };
    object(name, Body::Workload(Box::new(workload)))
}

fn told(kind: Known, document: &Value, around: &Neighbours<'_>) -> String {
    let lines = describe(&kind.into(), document, around, &[], NOW);
    lines.iter().map(StyledLine::text).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_pod_says_what_owns_its_owner() {
    let around = Neighbours {
        owners: vec![("Deployment", "backend"), ("Rollout", "solia")],
        ..Neighbours::default()
    };
    let text = told(Known::Pod, &pod(), &around);
    assert!(
        text.contains("Controlled by  ReplicaSet/backend-5f7 → Deployment/backend → Rollout/solia\n"),
        "{text}"
    );
    assert!(told(Known::Pod, &pod(), &Neighbours::default()).contains("Controlled by  ReplicaSet/backend-5f7\n"));
}

#[test]
fn a_deployment_lists_its_replica_sets_and_counts_its_pods() {
    let (old, new) = (
        set("backend-1", 1, (0, 0), "repo/backend:v1", ""),
        set("backend-2", 2, (1, 2), "repo/backend:v2", "release 2"),
    );
    let pods = [
        running("a", "Running", "100m", ""),
        running("b", "CrashLoopBackOff", "100m", ""),
        running("c", "Running", "100m", ""),
    ];
    let around = Neighbours {
        replica_sets: Some(vec![&old, &new]),
        pods: Some(pods.iter().collect()),
        ..Neighbours::default()
    };
    let document =
        json!({"metadata": {"name": "backend", "annotations": {"deployment.kubernetes.io/revision": "2"}}, "spec": {"replicas": 2}});
    insta::assert_snapshot!(told(Known::Deployment, &document, &around));
}

#[test]
fn a_service_lists_what_answers_for_it() {
    let endpoint = |address: &str, ready, terminating, target: &str| Endpoint {
        address: address.into(),
        ready,
        terminating,
        target: target.into(),
    };
    let slice = |endpoints: Vec<Endpoint>| {
        let slice = EndpointSlice {
            ports: ["4000/TCP".into()].into(),
            endpoints: endpoints.into(),
            ..EndpointSlice::default()
        };
        object("slice", Body::EndpointSlice(Box::new(slice)))
    };
    let document = json!({"metadata": {"name": "backend"}, "spec": {"type": "ClusterIP", "selector": {"app": "backend"}}});
    let some = slice(vec![
        endpoint("10.0.0.1", true, false, "backend-a"),
        endpoint("10.0.0.2", false, false, "backend-b"),
        endpoint("10.0.0.3", false, true, "backend-c"),
    ]);
    let none = slice(vec![]);
    let of = |slices| {
        told(
            Known::Service,
            &document,
            &Neighbours {
                slices,
                ..Neighbours::default()
            },
        )
    };
    insta::assert_snapshot!(of(Some(vec![&some, &none])));
    assert!(of(Some(vec![&none])).contains("none: nothing answers for this service"));
    assert!(!of(None).contains("Endpoints"), "what is not watched is not told");
}

#[test]
fn a_node_sums_up_what_its_pods_ask_for() {
    let pods = [
        running("a", "Running", "500m", "1"),
        running("b", "Running", "250m", ""),
        running("c", "Completed", "2", ""),
    ];
    let document = json!({"metadata": {"name": "node-1"}, "status": {
        "capacity": {"cpu": "2", "memory": "8Gi", "pods": "110", "ephemeral-storage": "10Gi"},
        "allocatable": {"cpu": "2", "memory": "8Gi", "pods": "110", "ephemeral-storage": "10Gi"}}});
    let around = Neighbours {
        pods: Some(pods.iter().collect()),
        ..Neighbours::default()
    };
    insta::assert_snapshot!(told(Known::Node, &document, &around));
}

#[test]
fn a_claim_says_who_uses_it_and_how_full_it_is() {
    let pods = [running("postgres-1", "Running", "", ""), running("postgres-0", "Running", "", "")];
    let volume = VolumeUsage {
        namespace: "solia".into(),
        claim: "data".into(),
        used: Quantity::parse("640Mi"),
        capacity: Quantity::parse("1Gi"),
        inodes: Some(3),
        at: NOW,
    };
    let document = json!({"spec": {"resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Bound"}});
    let around = Neighbours {
        pods: Some(pods.iter().collect()),
        volume: Some(&volume),
        ..Neighbours::default()
    };
    let text = told(Known::PersistentVolumeClaim, &document, &around);
    assert!(text.contains("Used by  postgres-0, postgres-1"), "{text}");
    assert!(text.contains("Used     640Mi of 1Gi, 63% · 3% of the inodes"), "{text}");
    let nobody = Neighbours {
        pods: Some(vec![]),
        ..Neighbours::default()
    };
    assert!(told(Known::PersistentVolumeClaim, &document, &nobody).contains("Used by  no pod"));
    assert!(!told(Known::PersistentVolumeClaim, &document, &Neighbours::default()).contains("Used by"));
}

#[test]
fn a_config_map_says_which_workloads_use_it() {
    let user = set("backend-2", 2, (1, 1), "i", "");
    let around = Neighbours {
        users: vec![&user],
        ..Neighbours::default()
    };
    let text = told(Known::ConfigMap, &json!({}), &around);
    assert!(text.contains("Used by  ReplicaSet/backend-2"), "{text}");
}
