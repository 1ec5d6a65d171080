//! One trouble with all that follows from it is one finding, and the worst stands first.

use crate::diagnosis::Diagnosis;
use crate::diagnosis::fold::fold;
use crate::diagnosis::samples::{
    World, ago, calm, crashing, deployment, failed, failed_job, finding, ingress, line, owned, pod, pods, replica_set, says, service,
    silent, slice,
};
use crate::model::{EnvId, FeedFact, Known, Object, Scope, Severity, Time, Uid};

/// A rollout that took all pods with it: nothing serves any more.
fn broken_rollout() -> Vec<Object> {
    let backend = deployment("backend", |w| (w.current, w.updated, w.ready, w.available) = (4, 2, 0, 0));
    let old = replica_set(&backend, 1, |w| (w.desired, w.current, w.ready, w.available) = (2, 2, 0, 0));
    let new = replica_set(&backend, 2, |w| (w.desired, w.current, w.ready, w.available) = (2, 2, 0, 0));
    let mut all: Vec<Object> = pods(&new, 2).into_iter().map(crashing).collect();
    all.extend([
        backend,
        old,
        new,
        service("backend", &[("app", "backend")]),
        slice("backend", 0, 2),
        ingress("public", &["backend:80"]),
    ]);
    all
}

#[test]
fn a_bad_rollout_stands_first_with_its_pods_and_its_service_in_it() {
    let mut objects = broken_rollout();
    objects.push(failed(pod("other"), 600));
    assert_eq!(
        says(objects),
        [
            "critical rollout-stuck Deployment/backend: rollout of revision 2 stuck · 2 new pods crash · exit 1 · 0 of 3 serve \
             [ingress-no-backend, pod-crashloop, replicas-unavailable, service-no-endpoints]",
            "warning pod-failed Pod/other: has failed · exit 1",
        ]
    );
}

#[test]
fn the_pods_of_a_dead_node_and_the_service_behind_which_they_stood_are_the_nodes() {
    let mut objects: Vec<Object> = calm().into_iter().filter(|o| &*o.meta.name != "worker-1").collect();
    for object in &mut objects {
        match (object.body.known(), &*object.meta.name) {
            (Some(Known::EndpointSlice), _) => *object = slice("backend", 0, 3),
            (Some(Known::Deployment), _) => *object = deployment("backend", |w| (w.ready, w.available) = (0, 0)),
            _ => {}
        }
    }
    objects.push(silent("worker-1"));
    let found = World::new().with(objects).findings();
    assert_eq!(found.len(), 1, "{:?}", found.iter().map(line).collect::<Vec<_>>());
    let mut folded: Vec<&str> = found[0].folded.iter().map(|f| f.id).collect();
    folded.sort_unstable();
    assert_eq!(
        (found[0].id, folded),
        (
            "node-not-ready",
            vec!["ingress-no-backend", "replicas-unavailable", "service-no-endpoints"]
        )
    );
}

#[test]
fn the_pods_of_a_failed_job_are_the_jobs() {
    let migrate = failed_job("migrate", 600);
    let tries = ["a", "b", "c"].map(|name| failed(owned(pod(&format!("migrate-{name}")), &migrate), 700));
    let found = says(tries.into_iter().chain([migrate]));
    assert_eq!(
        found,
        ["warning job-failed Job/migrate: has failed · gave up after 3 failed pods · exit 1 [pod-failed]"]
    );
}

#[test]
fn two_troubles_of_one_deployment_are_two() {
    let backend = deployment("backend", |w| (w.ready, w.available) = (1, 1));
    let set = replica_set(&backend, 2, |w| (w.ready, w.available) = (1, 1));
    let waits = crate::diagnosis::samples::unplaced(owned(pod("b"), &set), "0/2 nodes are available: 2 Insufficient cpu.");
    let mut found = says([crashing(owned(pod("a"), &set)), waits, owned(pod("c"), &set), backend, set]);
    found.sort();
    assert_eq!(found.len(), 2, "no node has anything to do with the crash: {found:?}");
}

#[test]
fn an_effect_takes_its_own_effects_along_and_the_cause_is_as_bad_as_the_worst() {
    let mut cause = finding("a", 1, Time(10));
    cause.members.push(Uid(2));
    let mut effect = finding("b", 3, Time(20));
    effect.depends = vec![Uid(2)];
    let mut further = finding("c", 4, Time(30));
    (further.depends, further.severity) = (vec![Uid(3)], Severity::Critical);
    let mut nobody = finding("d", 5, Time(40));
    nobody.depends = vec![Uid(0)];
    let folded = fold(vec![cause, effect, further, nobody]);
    assert_eq!(folded.iter().map(|f| f.id).collect::<Vec<_>>(), ["a", "d"]);
    assert_eq!(folded[0].folded.iter().map(|f| f.id).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!((folded[0].severity, folded[0].since), (Severity::Critical, Time(10)));
}

#[test]
fn what_vanished_a_moment_ago_stands_in_its_place_among_the_others() {
    let mut world = World::new().with(broken_rollout());
    world.put(failed(pod("other"), 600));
    let mut diagnosis = Diagnosis::default();
    for now in [ago(2), ago(0)] {
        world.now = now;
        diagnosis.settle(world.store.env(EnvId(0)).unwrap(), now);
    }
    let backend = deployment("backend", |_| {}).meta.uid;
    // All of the rollout is gone at once; the critical finding lingers, and stays first.
    for object in broken_rollout() {
        let known = object.body.known().unwrap();
        world.feed(known, Scope::All, FeedFact::Gone(vec![object.meta.uid]));
    }
    diagnosis.settle(world.store.env(EnvId(0)).unwrap(), ago(-1));
    let shown: Vec<Uid> = diagnosis.findings().iter().map(|f| f.object.uid).collect();
    assert_eq!((shown.len(), shown[0]), (2, backend));
    diagnosis.settle(world.store.env(EnvId(0)).unwrap(), ago(-30));
    assert_eq!(diagnosis.findings().len(), 1);
}
