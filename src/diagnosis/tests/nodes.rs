//! Nodes that are silent, short of something, or closed.

use crate::diagnosis::samples::{
    NOW, World, aged, ago, condition, deployment, event, evidence, failed, node, nothing, only, owned, pod, pods, replica_set, says,
    silent, unplaced, with_pod, workload,
};
use crate::model::{Demand, EnvId, Known, Object, Quantity, Seen, Usage, UsageKey, UsageSample, Write, WrittenPart};

#[test]
fn a_silent_node_says_when_its_pods_move_and_whether_they_fit() {
    let backend = deployment("backend", |w| (w.ready, w.available) = (1, 1));
    let set = replica_set(&backend, 2, |w| (w.ready, w.available) = (1, 1));
    let mut all = pods(&set, 2);
    all.extend([backend, set, silent("worker-1"), node("worker-2", |_| {})]);
    let found = only(all);
    assert_eq!(
        found.title,
        "is silent: its kubelet does not report · 2 pods · they move at 08:00:05Z (in 5s)"
    );
    assert_eq!(found.since, ago(300));
    let folded: Vec<&str> = found.folded.iter().map(|f| f.id).collect();
    assert_eq!(folded, ["replicas-unavailable"]);
    let said = evidence(&found);
    assert!(said[0].starts_with("condition: Ready: unknown (NodeStatusUnknown)"), "{said:?}");
    assert!(said.iter().any(|s| s.contains("room for all 2 pods")), "{said:?}");
}

#[test]
fn a_node_that_is_joining_is_not_silent_yet() {
    nothing("a minute old", [aged(silent("worker-1"), 60)]);
    assert_eq!(says([silent("worker-1")]).len(), 1);
}

#[test]
fn the_pods_that_come_back_for_those_of_a_dead_node_are_the_nodes() {
    let backend = deployment("backend", |w| (w.current, w.ready, w.available) = (3, 0, 0));
    let set = replica_set(&backend, 2, |w| (w.ready, w.available) = (0, 0));
    let waits = unplaced(
        owned(pod("backend-new"), &set),
        "0/1 nodes are available: 1 node(s) had taint {node.kubernetes.io/unreachable: }, that the pod didn't tolerate.",
    );
    let mut all = pods(&set, 2);
    all.extend([backend, set, silent("worker-1"), waits]);
    let found = only(all);
    assert_eq!(found.id, "node-not-ready");
    let mut folded: Vec<&str> = found.folded.iter().map(|f| f.id).collect();
    folded.sort_unstable();
    assert_eq!(folded, ["pod-unschedulable", "replicas-unavailable"]);
}

fn short_of_memory() -> Object {
    node("worker-1", |node| {
        node.conditions = [
            condition("Ready", true, "", "", 86_400),
            condition(
                "MemoryPressure",
                true,
                "KubeletHasInsufficientMemory",
                "kubelet has insufficient memory available",
                400,
            ),
        ]
        .into();
    })
}

#[test]
fn a_node_short_of_memory_explains_whom_it_throws_out() {
    let evicted = with_pod(failed(pod("a"), 300), |pod| {
        (pod.reason, pod.message) = ("Evicted".into(), "The node was low on resource: memory.".into());
    });
    let told = event(&short_of_memory(), "EvictionThresholdMet", "Attempting to reclaim memory", 290);
    let mut world = World::new().with([short_of_memory(), evicted, told]);
    world.store.expect(&Demand::Usage(EnvId(0), UsageKey::Nodes));
    let sample = UsageSample {
        namespace: "".into(),
        name: "worker-1".into(),
        at: NOW,
        total: Usage {
            cpu: Quantity::parse("1"),
            memory: Quantity::parse("15Gi"),
        },
        containers: [].into(),
    };
    world.see(Seen::Usage(UsageKey::Nodes, Ok(vec![sample])));
    assert_eq!(
        world.says(),
        ["warning node-pressure Node/worker-1: is short of memory · 1 pod evicted [pod-evicted]"]
    );
    let found = world.findings().remove(0);
    assert_eq!(found.since, ago(400));
    assert_eq!(
        evidence(&found),
        [
            "condition: MemoryPressure: yes (KubeletHasInsufficientMemory): kubelet has insufficient memory available",
            "metric: it uses 25 % of its cpu and 94 % of its memory",
            "node: pod a was evicted: The node was low on resource: memory.",
            "event: EvictionThresholdMet: Attempting to reclaim memory (×3)",
        ]
    );
}

#[test]
fn pressure_does_not_explain_what_else_fails_on_the_node() {
    let mut found = says([short_of_memory(), crate::diagnosis::samples::crashing(pod("a"))]);
    found.sort();
    assert_eq!(
        found,
        [
            "warning node-pressure Node/worker-1: is short of memory",
            "warning pod-crashloop Pod/a: crashes again and again · exit 1",
        ]
    );
    nothing("a node without pressure", [node("worker-1", |_| {})]);
}

/// A node that `alice` closed ten minutes ago.
fn cordoned() -> Object {
    let mut node = node("worker-2", |node| node.unschedulable = true);
    let write = |manager: &str, seconds| Write {
        manager: manager.into(),
        at: ago(seconds),
        parts: [WrittenPart::Spec].into(),
        keys: [].into(),
    };
    node.meta.writes = [
        write("kubectl-drain", 600),
        write("kube-controller-manager", 590),
        write("bootstrap", 9000),
    ]
    .into();
    node
}

#[test]
fn a_cordoned_node_is_told_only_while_pods_wait_for_one() {
    let waits = |message| unplaced(pod("a"), message);
    let mut found = says([
        cordoned(),
        waits("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable."),
    ]);
    found.sort();
    assert_eq!(
        found,
        [
            "warning node-cordoned-with-pods-pending Node/worker-2: cordoned by kubectl-drain · 1 pod waits for a node",
            "warning pod-unschedulable Pod/a: finds no node · 1× cordoned, 1× too little cpu",
        ],
        "the pods keep their own finding"
    );
    nothing("a node alone", [cordoned()]);
    let other = says([cordoned(), waits("0/2 nodes are available: 2 Insufficient cpu.")]);
    assert_eq!(other.len(), 1, "it is not the cordon that they fail by: {other:?}");
    let newer = waits("0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }.");
    assert_eq!(says([cordoned(), newer]).len(), 2);
}

#[test]
fn daemon_sets_stay_with_their_node() {
    let agent = workload(Known::DaemonSet, "agent", |w| (w.ready, w.available) = (2, 2));
    let own = with_pod(owned(pod("agent-a"), &agent), |pod| pod.unready_tolerance = None);
    let found = World::new().with([agent, own, silent("worker-1")]).findings();
    let node = found.iter().find(|f| f.id == "node-not-ready").unwrap();
    assert!(evidence(node).iter().any(|s| s.contains("1 bound to it")), "{node:?}");
}
