//! Rollouts that do not come through, and workloads with too few pods.

use crate::diagnosis::Diagnosis;
use crate::diagnosis::samples::{
    NOW, World, aged, ago, condition, crashing, deployment, event, evidence, exit, lame, nothing, only, owned, pod, pods, replica_set,
    says, waiting, workload,
};
use crate::model::{EnvId, Known, LogLine, Object, Seen, Time};

/// A rollout to revision 2 whose new pods crash while those of revision 1 serve.
fn bad_rollout() -> Vec<Object> {
    let backend = deployment("backend", |w| (w.current, w.updated) = (4, 1));
    let old = replica_set(&backend, 1, |_| {});
    let new = replica_set(&backend, 2, |w| (w.desired, w.current, w.ready, w.available) = (1, 1, 0, 0));
    let mut all = pods(&old, 3);
    all.push(crashing(owned(pod("backend-2-a"), &new)));
    all.extend([backend, old, aged(new, 700)]);
    all
}

#[test]
fn after_a_rollout_the_logs_of_ready_pods_are_listened_to() {
    let backend = deployment("backend", |_| {});
    let set = aged(replica_set(&backend, 2, |_| {}), 300);
    let new = pods(&set, 3).into_iter().map(|pod| aged(pod, 250));
    let mut world = World::new().with([backend, set].into_iter().chain(new));
    assert_eq!(world.says(), [] as [&str; 0]);
    let mut diagnosis = Diagnosis::default();
    diagnosis.settle(world.store.env(EnvId(0)).unwrap(), NOW);
    let wanted = diagnosis.wanted_tails(world.store.env(EnvId(0)).unwrap(), NOW);
    let looks: Vec<_> = wanted.iter().map(|key| (&*key.pod, key.previous, key.look)).collect();
    assert_eq!(looks, [("backend-2-0", false, 3), ("backend-2-1", false, 3)]);
    let said = |text: &str| LogLine {
        nanos: 1_799_999_940_000_000_000,
        text: text.into(),
    };
    let full = said(r#"{"level":"error","msg":"request failed","err":{"message":"sorry, too many clients already"}}"#);
    let well = said(r#"{"level":"info","msg":"request completed"}"#);
    world.see(Seen::Tail(
        wanted[0].clone(),
        Ok(vec![full.clone(), full.clone(), well.clone(), full.clone()]),
    ));
    world.see(Seen::Tail(wanted[1].clone(), Ok(vec![well; 40])));
    assert_eq!(
        world.says(),
        [
            "warning pod-log-errors Deployment/backend: a new pod logs errors since the rollout of revision 2, ready as it is · request failed: sorry, too many clients already"
        ]
    );
    let found = world.findings().remove(0);
    assert_eq!(
        evidence(&found),
        [
            "log: 3× request failed: sorry, too many clients already",
            "condition: 3 of the last 4 lines of pod backend-2-0 are errors; 3 of 3 pods serve"
        ]
    );
    assert_eq!((found.confidence.word(), found.since), ("medium", Time(1_799_999_940)));
    world.now = Time(NOW.0 + 7200);
    assert_eq!(world.says(), [] as [&str; 0], "long after the rollout nobody listens");
}

#[test]
fn a_rollout_whose_new_pods_fail_is_stuck_while_the_old_ones_serve() {
    let found = only(bad_rollout());
    assert_eq!(
        crate::diagnosis::samples::line(&found),
        "warning rollout-stuck Deployment/backend: rollout of revision 2 stuck · 1 new pod crashes · exit 1 · 3 of 3 serve [pod-crashloop]"
    );
    assert_eq!(evidence(&found)[0], "exit: container app ended: exit 1 after 10s, 5 restarts");
    assert!(found.tail.is_some());
}

#[test]
fn a_single_replica_that_is_replaced_by_a_failing_one_is_a_stuck_rollout() {
    // The old pod serves, the new one counts as updated: nothing seems to be missing.
    let web = deployment("web", |w| (w.desired, w.current, w.updated, w.ready, w.available) = (1, 2, 1, 1, 1));
    let old = replica_set(&web, 1, |w| (w.desired, w.current, w.ready, w.available) = (1, 1, 1, 1));
    let new = replica_set(&web, 2, |w| (w.desired, w.current, w.ready, w.available) = (1, 1, 0, 0));
    let all = [owned(pod("web-1-a"), &old), crashing(owned(pod("web-2-a"), &new)), web, old, new];
    assert_eq!(
        says(all),
        ["warning rollout-stuck Deployment/web: rollout of revision 2 stuck · 1 new pod crashes · exit 1 · 1 of 1 serve [pod-crashloop]"]
    );
}

#[test]
fn a_rollout_that_goes_on_is_no_finding() {
    let backend = deployment("backend", |w| (w.current, w.updated) = (4, 1));
    let old = replica_set(&backend, 1, |_| {});
    let new = replica_set(&backend, 2, |w| (w.desired, w.current, w.ready, w.available) = (1, 1, 0, 0));
    let starting = lame(aged(owned(pod("backend-2-a"), &new), 20), 20, |c| {
        c.state = waiting("ContainerCreating", "")
    });
    let mut all = pods(&old, 3);
    all.extend([starting, backend, old, aged(new, 20)]);
    nothing("its new pod is starting", all);
}

#[test]
fn a_rollout_that_passes_its_deadline_says_so() {
    let said = "ReplicaSet \"backend-2\" has timed out progressing.";
    let backend = deployment("backend", |w| {
        (w.current, w.updated) = (4, 1);
        w.conditions = [condition("Progressing", false, "ProgressDeadlineExceeded", said, 300)].into();
    });
    let old = replica_set(&backend, 1, |_| {});
    let new = replica_set(&backend, 2, |w| (w.desired, w.current, w.ready, w.available) = (1, 1, 0, 0));
    let found = only([backend, old, new]);
    assert_eq!(
        found.title,
        "rollout of revision 2 stuck · it has made no progress within its deadline · 3 of 3 serve"
    );
}

#[test]
fn a_stateful_set_stops_at_the_first_new_pod_that_fails() {
    let db = workload(Known::StatefulSet, "db", |w| (w.updated, w.ready, w.available) = (1, 2, 2));
    let all = [
        owned(pod("db-0"), &db),
        owned(pod("db-1"), &db),
        crashing(owned(pod("db-2"), &db)),
        db,
    ];
    assert_eq!(
        says(all),
        [
            "critical rollout-stuck StatefulSet/db: rollout stuck · 1 new pod crashes · exit 1 · 2 of 3 serve [pod-crashloop, replicas-unavailable]"
        ]
    );
}

#[test]
fn too_few_pods_are_told_where_no_pod_says_why() {
    let short = |seconds| {
        deployment("backend", |w| {
            (w.ready, w.available) = (1, 1);
            w.conditions = [condition("Available", false, "MinimumReplicasUnavailable", "", seconds)].into();
        })
    };
    let found = only([short(600)]);
    assert_eq!(
        (found.id, found.title.as_str(), found.since),
        ("replicas-unavailable", "1 of 3 pods are available", ago(600))
    );
    nothing("it may be a matter of seconds", [short(30)]);
    let agent = workload(Known::DaemonSet, "agent", |w| (w.ready, w.available) = (0, 0));
    let refused = event(&agent, "FailedCreate", "Error creating: pods \"agent-\" is forbidden: no", 30);
    assert_eq!(
        says([agent, refused]),
        ["critical replicas-unavailable DaemonSet/agent: 0 of 3 pods are available · Error creating: pods \"agent-\" is forbidden: no"]
    );
}

#[test]
fn what_is_scaled_to_zero_or_being_deleted_lacks_nothing() {
    let mut leaving = deployment("a", |w| (w.ready, w.available) = (0, 0));
    leaving.meta.deleting = ago(10);
    let idle = deployment("b", |w| (w.desired, w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0, 0));
    nothing("nobody wants their pods", [leaving, idle]);
    let old = lame(pod("x"), 600, |c| c.last = Some(Box::new(exit(1, "Error", 86_000))));
    assert_eq!(says([old]).len(), 1, "a pod that nobody owns is its own");
}
