//! Claims that get no volume, lose it, or fill it.

use crate::diagnosis::IN_FRONT;
use crate::diagnosis::samples::{
    NOW, World, aged, ago, claim, event, evidence, nothing, only, owned, pod, says, unplaced, with_pod, workload,
};
use crate::model::{Known, Object, Problem, ProblemKind, Quantity, Seen, Severity, VolumeUsage};

fn using(object: Object, claim: &str) -> Object {
    with_pod(object, |pod| pod.claims = [claim.into()].into())
}

#[test]
fn a_claim_without_a_volume_says_what_it_was_told() {
    let data = claim("data", "Pending");
    for (reason, message, title) in [
        (
            "ProvisioningFailed",
            "storageclass.storage.k8s.io \"no-such\" not found",
            "gets no volume · storage class \"no-such\" not found",
        ),
        (
            "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set",
            "gets no volume · no persistent volumes available for this claim and no storage class is set",
        ),
    ] {
        let found = only([data.clone(), event(&data, reason, message, 5)]);
        assert_eq!(
            (found.id, found.title.as_str(), found.severity),
            ("pvc-pending", title, Severity::Warning)
        );
        assert_eq!(
            evidence(&found)[1],
            "condition: the claim's phase is Pending; it asks for 10Gi of storage class gp3"
        );
    }
    let young = aged(claim("data", "Pending"), 30);
    let told = event(&young, "ProvisioningFailed", "no", 5);
    nothing("it may still come", [young, told]);
    nothing("nobody uses it, and nobody says that anything is wrong", [claim("data", "Pending")]);
}

#[test]
fn a_claim_explains_why_its_pods_find_no_node() {
    let db = workload(Known::StatefulSet, "db", |w| {
        (w.desired, w.ready, w.available, w.current, w.updated) = (1, 0, 0, 1, 1)
    });
    let waits = unplaced(
        using(owned(pod("db-0"), &db), "data"),
        "0/2 nodes are available: 2 pod has unbound immediate PersistentVolumeClaims.",
    );
    let data = claim("data", "Pending");
    let told = event(&data, "ProvisioningFailed", "rpc error: quota of disks is used up", 5);
    assert_eq!(
        says([db, waits, data, told]),
        [
            "critical pvc-pending PersistentVolumeClaim/data: gets no volume · rpc error: quota of disks is used up [pod-unschedulable, replicas-unavailable]"
        ]
    );
}

#[test]
fn a_claim_that_waits_for_its_first_pod_is_well_and_one_that_waits_with_it_is_not_the_cause() {
    let data = claim("data", "Pending");
    let told = event(
        &data,
        "WaitForFirstConsumer",
        "waiting for first consumer to be created before binding",
        5,
    );
    nothing("nobody uses it yet", [data.clone(), told.clone()]);
    let waits = unplaced(using(pod("a"), "data"), "0/2 nodes are available: 2 Insufficient cpu.");
    assert_eq!(
        says([data.clone(), told.clone(), waits]),
        ["warning pod-unschedulable Pod/a: finds no node · 2× too little cpu"],
        "the pod finds no node, so there is nowhere to make the volume"
    );
    let waits = unplaced(
        using(pod("a"), "data"),
        "0/2 nodes are available: 2 node(s) did not find available persistent volumes to bind.",
    );
    let found = only([data, told, waits]);
    assert_eq!(found.id, "pvc-pending");
}

#[test]
fn a_claim_that_lost_its_volume_is_critical_and_one_that_is_bound_is_well() {
    assert_eq!(
        says([claim("data", "Lost")]),
        ["critical pvc-pending PersistentVolumeClaim/data: has lost its volume"]
    );
    nothing("it has its volume", [claim("data", "Bound")]);
}

fn volume(used: &str, capacity: &str, inodes: Option<u32>) -> VolumeUsage {
    VolumeUsage {
        namespace: "solia".into(),
        claim: "data".into(),
        used: Quantity::parse(used),
        capacity: Quantity::parse(capacity),
        inodes,
        at: NOW,
    }
}

fn fill(volumes: Vec<VolumeUsage>) -> World {
    let mut world = World::new().with([claim("data", "Bound"), using(pod("db-0"), "data")]);
    world.see(Seen::Volumes(Ok(volumes)));
    world
}

#[test]
fn a_volume_is_told_before_it_is_full() {
    for (usage, said) in [
        (volume("84Gi", "100Gi", Some(10)), None),
        (
            volume("86Gi", "100Gi", Some(10)),
            Some("warning pvc-nearly-full PersistentVolumeClaim/data: is 86 % full · 86Gi of 100Gi used"),
        ),
        (
            volume("96Gi", "100Gi", None),
            Some("critical pvc-nearly-full PersistentVolumeClaim/data: is 96 % full · 96Gi of 100Gi used"),
        ),
        (
            volume("10Gi", "100Gi", Some(97)),
            Some("critical pvc-nearly-full PersistentVolumeClaim/data: 97 % of its inodes are used: room for few more files"),
        ),
        (
            volume("94.9Gi", "100Gi", None),
            Some("warning pvc-nearly-full PersistentVolumeClaim/data: is 94 % full · 94.9Gi of 100Gi used"),
        ),
        (volume("1Gi", "0", None), None),
    ] {
        let found = fill(vec![usage.clone()]).says();
        let want: Vec<String> = said.map(str::to_owned).into_iter().collect();
        if said.is_some_and(|s| s.contains("94 %")) {
            assert!(
                found[0].starts_with("warning pvc-nearly-full PersistentVolumeClaim/data: is 94 % full"),
                "{found:?}"
            );
        } else {
            assert_eq!(found, want);
        }
    }
}

#[test]
fn a_volume_that_several_nodes_mount_is_told_once_and_an_old_figure_not_at_all() {
    let world = fill(vec![volume("86Gi", "100Gi", None), volume("87Gi", "100Gi", None)]);
    assert_eq!(
        world.says(),
        ["warning pvc-nearly-full PersistentVolumeClaim/data: is 87 % full · 87Gi of 100Gi used"]
    );
    let found = world.findings().remove(0);
    assert_eq!(
        evidence(&found),
        ["metric: the kubelet says: 87Gi of 100Gi used", "condition: used by pod db-0"]
    );
    let old = VolumeUsage {
        at: ago(3600),
        ..volume("99Gi", "100Gi", None)
    };
    assert_eq!(fill(vec![old]).says(), Vec::<String>::new());
    let mut denied = fill(vec![volume("99Gi", "100Gi", None)]);
    denied.see(Seen::Volumes(Err(Problem::new(ProblemKind::Denied, "no"))));
    assert_eq!(denied.says(), Vec::<String>::new());
    let kinds: Vec<Known> = IN_FRONT.iter().copied().filter(|k| *k != Known::PersistentVolumeClaim).collect();
    let mut blind = World::watching(&kinds);
    blind.see(Seen::Volumes(Ok(vec![volume("99Gi", "100Gi", None)])));
    assert_eq!(blind.says(), Vec::<String>::new(), "the claim cannot be looked at");
}
