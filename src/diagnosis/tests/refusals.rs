//! What the API server refuses to make: quotas that are full, webhooks that do not answer.

use crate::diagnosis::IN_FRONT;
use crate::diagnosis::samples::{
    World, ago, condition, cron_job, deployment, event, evidence, job, nothing, only, pods, replica_set, says, service, slice, workload,
};
use crate::model::{Known, Object, Severity};

const FULL: &str =
    r#"Error creating: pods "backend-2-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=50, limited: pods=50"#;

const CALL: &str = r#"Error creating: Internal error occurred: failed calling webhook "validate.kyverno.svc": failed to call webhook: Post "https://kyverno.solia.svc:443/validate?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused"#;

/// A deployment that has one pod of three, because the server said this.
fn refused(message: &str, seconds: i64) -> Vec<Object> {
    let failure = || [condition("ReplicaFailure", true, "FailedCreate", message, 600)].into();
    let backend = deployment("backend", |w| {
        (w.current, w.updated, w.ready, w.available) = (1, 1, 1, 1);
        w.conditions = failure();
    });
    let set = replica_set(&backend, 2, |w| {
        (w.current, w.ready, w.available) = (1, 1, 1);
        w.conditions = failure();
    });
    let told = event(&set, "FailedCreate", message, seconds);
    let mut all = pods(&set, 1);
    all.extend([told, backend, set]);
    all
}

#[test]
fn a_full_quota_is_the_cause_of_what_cannot_be_made() {
    let found = only(refused(FULL, 30));
    assert_eq!(
        crate::diagnosis::samples::line(&found),
        "critical quota-exhausted resourcequotas/compute: quota is full · pods: 50 of 50 used, 1 more asked for [replicas-unavailable, rollout-stuck]"
    );
    assert_eq!((found.since, &*found.object.namespace), (ago(600), "solia"));
    assert_eq!(evidence(&found)[0], format!("event: FailedCreate: {FULL} (×3)"));
    assert_eq!(evidence(&found)[1], "condition: deployment backend has 1 of 3 pods at work");
    assert!(found.evidence.iter().all(|e| e.lead.is_some()));
}

#[test]
fn a_quota_that_refused_something_is_over_when_nothing_is_missing_any_more() {
    let backend = deployment("backend", |_| {});
    let set = replica_set(&backend, 2, |_| {});
    let told = event(&set, "FailedCreate", FULL, 300);
    nothing("all pods are there", [backend, set, told]);
    let gone = replica_set(&deployment("gone", |_| {}), 1, |_| {});
    nothing("its owner is gone", [event(&gone, "FailedCreate", FULL, 30)]);
    let agent = workload(Known::DaemonSet, "agent", |w| (w.current, w.ready, w.available) = (2, 2, 2));
    let old = event(&agent, "FailedCreate", FULL, 4000);
    assert!(!says([agent, old]).iter().any(|s| s.contains("quota")), "an hour ago");
}

#[test]
fn daemon_sets_stateful_sets_jobs_and_cron_jobs_run_into_quotas_as_well() {
    for owner in [
        workload(Known::StatefulSet, "db", |w| (w.current, w.ready, w.available) = (2, 2, 2)),
        workload(Known::DaemonSet, "agent", |w| (w.current, w.ready, w.available) = (2, 2, 2)),
        job("migrate", |job| job.active = 0),
        cron_job("nightly", "0 3 * * *", 5 * 3600, |_| {}),
    ] {
        let told = event(&owner, "FailedCreate", FULL, 30);
        let found = only([owner, told]);
        assert_eq!((found.id, &*found.object.name), ("quota-exhausted", "compute"));
    }
    let idle = job("migrate", |job| (job.active, job.suspended) = (0, true));
    let told = event(&idle, "FailedCreate", FULL, 30);
    nothing("it is suspended", [idle, told]);
}

#[test]
fn without_its_owner_nobody_can_say_that_a_quota_still_refuses() {
    let set = replica_set(&deployment("backend", |_| {}), 2, |w| w.current = 0);
    let kinds: Vec<Known> = IN_FRONT.iter().copied().filter(|k| *k != Known::ReplicaSet).collect();
    let world = World::watching(&kinds).with([event(&set, "FailedCreate", FULL, 30)]);
    assert_eq!(world.says(), Vec::<String>::new());
}

#[test]
fn a_webhook_that_does_not_answer_stops_the_making_of_pods() {
    let found = only(refused(CALL, 30));
    assert_eq!(
        crate::diagnosis::samples::line(&found),
        "critical webhook-failing webhooks/validate.kyverno.svc: cannot be called · no pod can be made · connection refused [replicas-unavailable, rollout-stuck]"
    );
    let said = evidence(&found);
    assert_eq!(
        said.last().unwrap(),
        "condition: service solia/kyverno, which should answer, does not exist"
    );
    for (endpoints, has) in [(slice("kyverno", 0, 1), "no"), (slice("kyverno", 1, 0), "a")] {
        let behind = [service("kyverno", &[("app", "kyverno")]), endpoints];
        let found = World::new().with(refused(CALL, 30).into_iter().chain(behind)).findings();
        let said = evidence(found.iter().find(|f| f.id == "webhook-failing").unwrap());
        let want = format!("condition: service solia/kyverno, which should answer, has {has} ready endpoint");
        assert_eq!(said.last(), Some(&want));
    }
}

#[test]
fn a_webhook_that_answers_no_does_its_work() {
    let denied = r#"Error creating: admission webhook "validate.kyverno.svc" denied the request: no latest tags"#;
    let found = only(refused(denied, 30));
    assert_eq!(found.id, "rollout-stuck");
}

#[test]
fn a_webhook_that_refuses_other_changes_is_less_urgent_and_soon_over() {
    let about = crate::diagnosis::samples::autoscaler(|_| {});
    let found = only([about.clone(), event(&about, "FailedUpdate", CALL, 60)]);
    assert_eq!(found.severity, Severity::Warning);
    assert_eq!(found.title, "cannot be called · changes are refused · connection refused");
    nothing("twenty minutes ago", [about.clone(), event(&about, "FailedUpdate", CALL, 1200)]);
}
