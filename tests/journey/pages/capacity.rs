//! Room to run: nodes, scheduling, volumes.

use quarterdeck::sim::scenario;

use super::Do::*;
use super::{End, Open, Stage, Way};

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
        open: Open::Key("cordoned"),
        stops: &[
            ("what-does-the-scheduler-say", &[Answer("A taint that it does not tolerate")]),
            ("which-nodes-take-pods", &[Answer("One is cordoned, and nobody works on it")]),
            (
                "let-the-node-take-pods-again",
                &[Set("NODE", "ip-10-0-12-187.eu-west-3.compute.internal"), Run, Offered("Pass")],
            ),
            ("the-pod-has-a-node", &[Answer("No pod is Pending")]),
        ],
        end: End::Done,
        writes: 1,
    });
    // The scheduler tries again by and by.
    stage.pass(60);
    stage.pass(60);
    let waits = stage.world(|world| scenario::shows(world, &scenario::Sign::PodsPending));
    let told = stage.world(|world| {
        let pods = world.store.list("pods", Some("default")).map(|pod| pod.value()["status"].to_string());
        let nodes = world.store.list("nodes", None).map(|node| node.value()["spec"].to_string());
        pods.filter(|status| status.contains("Unschedulable")).chain(nodes).collect::<Vec<_>>()
    });
    assert!(!waits, "the pod has its node: {told:#?}");
}

/// No node takes pods, and there is one more to be placed.
fn cordoned() -> Stage {
    let mut stage = Stage::of("calm");
    stage.world(|world| {
        let nodes: Vec<_> = world.store.list("nodes", None).map(|node| node.value()).collect();
        let now = world.now();
        for mut node in nodes {
            node["spec"]["unschedulable"] = true.into();
            world.store.put("nodes", node, now);
        }
        let more = scenario::Action::Scale {
            workload: "worker-deployment".into(),
            replicas: 4,
        };
        scenario::act(world, &more, "kubectl").unwrap();
    });
    stage.pass(15);
    stage
}

#[test]
fn nodes_that_are_full_are_escalated() {
    cordoned().walk(&Way {
        page: "pod-unschedulable",
        open: Open::Key("cordoned"),
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
            ("make-the-volume-larger", &[Run, Offered("Pass")]),
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
