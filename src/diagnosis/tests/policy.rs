//! Autoscalers at their limits, and budgets that allow nothing.

use crate::diagnosis::IN_FRONT;
use crate::diagnosis::samples::{
    World, aged, autoscaler, budget, condition, crashing, deployment, evidence, lame, line, node, nothing, only, owned, pod, pods,
    replica_set, says,
};
use crate::model::{Known, Object};

#[test]
fn an_autoscaler_at_its_maximum_says_by_which_metric() {
    let full = |change: fn(&mut crate::model::cluster::Autoscaler)| {
        autoscaler(|hpa| {
            (hpa.current, hpa.desired) = (10, 10);
            hpa.metrics = ["cpu 93%/80%".into(), "memory 20%/80%".into()].into();
            change(hpa);
        })
    };
    let found = only([full(|hpa| {
        hpa.conditions = [condition("ScalingLimited", true, "TooManyReplicas", "", 900)].into()
    })]);
    assert_eq!(
        line(&found),
        "warning hpa-limited HorizontalPodAutoscaler/backend: at its maximum of 10 · cpu 93%/80%"
    );
    assert_eq!(
        evidence(&found),
        [
            "condition: ScalingLimited: yes (TooManyReplicas)",
            "metric: Deployment/backend has 10 replicas, of at most 10 · cpu 93%/80%",
        ]
    );
    assert_eq!(only([full(|_| {})]).confidence.word(), "medium", "the metric alone says it");
    nothing(
        "it is where it wants to be",
        [full(|hpa| hpa.metrics = ["cpu 70%/80%".into()].into())],
    );
    nothing("somebody wants a fixed number", [full(|hpa| (hpa.min, hpa.max) = (10, 10))]);
    nothing("a minute old", [aged(full(|_| {}), 60)]);
}

#[test]
fn an_autoscaler_without_metrics_is_blind_unless_it_rests() {
    let said = "failed to get cpu utilization: no metrics returned from resource metrics API";
    let blind = |reason: &str, seconds| {
        let inactive = condition("ScalingActive", false, reason, said, seconds);
        autoscaler(|hpa| hpa.conditions = [inactive].into())
    };
    let found = only([blind("FailedGetResourceMetric", 600)]);
    assert_eq!(found.title, format!("cannot scale: it has no metrics · {said}"));
    nothing("scaled to 0", [blind("ScalingDisabled", 600)]);
    nothing("it missed one", [blind("FailedGetResourceMetric", 20)]);
    let backend = deployment("backend", |w| (w.ready, w.available) = (0, 0));
    let set = replica_set(&backend, 2, |w| (w.ready, w.available) = (0, 0));
    let mut all: Vec<Object> = pods(&set, 3).into_iter().map(crashing).collect();
    all.extend([backend, set, blind("FailedGetResourceMetric", 600)]);
    assert_eq!(
        says(all),
        ["critical pod-crashloop Deployment/backend: 3 of 3 pods crash · exit 1 [hpa-limited, replicas-unavailable]"],
        "pods that are not ready are not measured"
    );
}

#[test]
fn an_autoscaler_that_cannot_scale_says_why() {
    let unable = |reason: &str| {
        let said = "the HPA controller was unable to get the target's current scale: deployments.apps \"backend\" not found";
        autoscaler(|hpa| hpa.conditions = [condition("AbleToScale", false, reason, said, 600)].into())
    };
    assert!(
        only([unable("FailedGetScale")])
            .title
            .starts_with("cannot scale Deployment/backend · the HPA controller")
    );
    nothing("it waits, as it should", [unable("BackoffDownscale")]);
}

#[test]
fn a_budget_that_never_allows_an_eviction_is_worth_knowing() {
    let never = budget(|b| (b.allowed, b.healthy, b.desired, b.expected) = (0, 2, 2, 2));
    assert_eq!(
        says([never]),
        ["info pdb-blocking PodDisruptionBudget/backend: allows no eviction, ever: minAvailable 2 of 2"]
    );
    nothing("it allows one", [budget(|_| {})]);
    nothing(
        "it protects nothing",
        [budget(|b| (b.allowed, b.healthy, b.desired, b.expected) = (0, 0, 0, 0))],
    );
}

#[test]
fn a_budget_holds_up_the_drain_of_a_node_that_runs_its_pods() {
    let closed = |name| node(name, |node| node.unschedulable = true);
    let never = || budget(|b| (b.allowed, b.healthy, b.desired, b.expected) = (0, 2, 2, 2));
    let found = only([never(), pod("a"), pod("b"), closed("worker-1")]);
    assert_eq!(
        line(&found),
        "warning pdb-blocking PodDisruptionBudget/backend: holds up the drain of node worker-1 · minAvailable 2 of 2"
    );
    assert_eq!(evidence(&found)[1], "node: node worker-1 is cordoned, and runs 2 of its pods");
    let elsewhere = only([never(), pod("a"), pod("b"), closed("worker-2")]);
    assert_eq!(elsewhere.severity.word(), "info", "another node is emptied");
}

#[test]
fn a_budget_whose_pods_are_ill_folds_into_what_ails_them() {
    let backend = deployment("backend", |w| (w.ready, w.available) = (1, 1));
    let set = replica_set(&backend, 2, |w| (w.ready, w.available) = (1, 1));
    let tight = || budget(|b| (b.allowed, b.healthy, b.desired, b.expected) = (0, 1, 2, 3));
    let mut all: Vec<Object> = vec![
        crashing(owned(pod("a"), &set)),
        crashing(owned(pod("b"), &set)),
        owned(pod("c"), &set),
    ];
    all.extend([backend, set, tight()]);
    assert_eq!(
        says(all),
        ["warning pod-crashloop Deployment/backend: 2 of 3 pods crash · exit 1 [pdb-blocking, replicas-unavailable]"]
    );
    nothing(
        "its pods are starting",
        [
            lame(pod("a"), 20, |c| {
                c.state = crate::model::State::Running {
                    since: crate::diagnosis::samples::ago(30),
                }
            }),
            tight(),
        ],
    );
    let kinds: Vec<Known> = IN_FRONT.iter().copied().filter(|k| *k != Known::Pod).collect();
    assert_eq!(
        World::watching(&kinds).with([tight()]).says(),
        Vec::<String>::new(),
        "pods are not watched"
    );
}
