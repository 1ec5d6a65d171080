//! Room to run: nodes, scheduling, volumes.

use quarterdeck::sim::scenario;
use quarterdeck::sim::world::Propagation;

use super::Do::*;
use super::{End, Open, Stage, Way};

/// A node of the simulated platform with one of the worker's pods.
const NODE: &str = "ip-10-0-12-34.eu-west-3.compute.internal";

#[test]
fn a_silent_node_is_left_to_itself_and_its_pods_are_moved() {
    Stage::of("node-down").walk(&Way {
        page: "node-not-ready",
        open: Open::Key("is silent"),
        stops: &[
            ("which-nodes", &[Answer("One")]),
            ("why-is-it-not-ready", &[Answer("Unknown, silent")]),
            ("what-runs-on-it", &[Answer("Others take over")]),
            ("keep-new-pods-away", &[Run, Offered("Pass")]),
            ("move-its-pods", &[Skip("the machine is dead: its group makes another")]),
            ("the-pods-run-elsewhere", &[Answer("All that should run, do")]),
            ("the-node-is-ready", &[Answer("Enough are ready")]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn a_node_with_data_on_it_is_escalated() {
    Stage::of("node-down").walk(&Way {
        page: "node-not-ready",
        open: Open::Name,
        stops: &[
            ("which-nodes", &[Answer("One")]),
            ("why-is-it-not-ready", &[Answer("Unknown, silent")]),
            ("what-runs-on-it", &[Answer("Something with data runs on it")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_pod_gets_its_place_when_the_node_takes_pods_again() {
    let mut stage = cordoned();
    stage.walk(&Way {
        page: "pod-unschedulable",
        open: Open::Name,
        stops: &[
            ("what-does-the-scheduler-say", &[Answer("A taint that it does not tolerate")]),
            ("which-nodes-take-pods", &[Answer("One is cordoned, and nobody works on it")]),
            ("let-the-node-take-pods-again", &[Set("NODE", NODE), Run]),
            ("the-pod-has-a-node", &[Answer("No pod is Pending")]),
        ],
        end: End::Done,
        writes: 1,
    });
    // The scheduler tries again by and by.
    stage.pass(60);
    stage.pass(60);
    let waits = stage.world(|world| scenario::shows(world, &scenario::Sign::PodsPending));
    assert!(!waits, "the pod has its node");
}

/// No node takes pods, and one that was deleted looks for a place: there is room on the node that it was on.
fn cordoned() -> Stage {
    let mut stage = Stage::of("calm");
    stage.world(|world| {
        let nodes: Vec<_> = world.store.list("nodes", None).map(|node| node.value()).collect();
        let now = world.now();
        for mut node in nodes {
            node["spec"]["unschedulable"] = true.into();
            world.store.put("nodes", node, now);
        }
        let is = |pod: &serde_json::Value| pod["spec"]["nodeName"] == NODE && pod["metadata"]["labels"]["app"] == "worker";
        let pod = world
            .store
            .list("pods", Some("default"))
            .find(|pod| is(&pod.value()))
            .map(|pod| pod.key.clone());
        world.delete(&pod.expect("a worker runs on it"), None, Propagation::Background);
    });
    stage.pass(15);
    stage
}

#[test]
fn nodes_that_are_full_are_escalated() {
    cordoned().walk(&Way {
        page: "pod-unschedulable",
        open: Open::Name,
        stops: &[
            ("what-does-the-scheduler-say", &[Answer("Insufficient cpu or memory")]),
            ("how-full-are-the-nodes", &[Answer("The nodes are full")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_volume_grows() {
    let mut stage = Stage::of("calm");
    stage.select("pvc monitoring", "prometheus");
    stage.walk(&Way {
        page: "pvc-full-or-pending",
        open: Open::Name,
        stops: &[
            ("which-claims", &[Answer("All are Bound")]),
            ("how-full-are-they", &[Answer("No data")]),
            ("what-fills-it", &[Set("POD", "prometheus-0"), Look, Answer("It may grow")]),
            ("may-the-class-grow", &[Answer("ALLOWVOLUMEEXPANSION is true")]),
            ("make-the-volume-larger", &[Run]),
            ("there-is-room-again", &[Answer("Yes")]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn a_class_that_is_not_there_is_escalated() {
    Stage::of("calm").walk(&Way {
        page: "pvc-full-or-pending",
        open: Open::Name,
        stops: &[
            ("which-claims", &[Answer("One is Pending")]),
            ("why-has-it-no-volume", &[Answer("The storage class is not there, or wrong")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}
