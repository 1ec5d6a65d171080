//! Services that nothing answers for, and what leads to them.

use crate::diagnosis::IN_FRONT;
use crate::diagnosis::samples::{
    World, aged, ago, complete_job, condition, deployment, evidence, failed, ingress, lame, line, nothing, only, owned, pod, pods,
    replica_set, says, service, slice, with_pod, workload,
};
use crate::model::network::Service;
use crate::model::{Body, FeedFact, Known, Object, Phase, Scope, State};

/// Deployment `backend-deployment` with its pods, all well.
fn backend() -> Vec<Object> {
    let backend = deployment("backend-deployment", |_| {});
    let set = replica_set(&backend, 2, |_| {});
    let mut all = pods(&set, 3);
    all.extend([backend, set]);
    all
}

fn with(mut objects: Vec<Object>, more: impl IntoIterator<Item = Object>) -> Vec<Object> {
    objects.extend(more);
    objects
}

#[test]
fn a_service_that_selects_nothing_says_which_label_is_other() {
    let found = only(with(backend(), [service("backend", &[("app", "backend2")])]));
    assert_eq!(
        line(&found),
        "warning service-selector-mismatch Service/backend: selects app=backend2; deployment backend-deployment has app=backend"
    );
    assert_eq!(found.confidence.word(), "medium");
    assert_eq!(
        evidence(&found)[1],
        "condition: the pods of deployment backend-deployment have app=backend"
    );
    let found = only(with(backend(), [service("backend", &[("app", "backend"), ("tier", "web")])]));
    assert_eq!(found.title, "selects tier=web; deployment backend-deployment has no label tier");
    let found = only(with(backend(), [service("mail", &[("app", "mail")])]));
    assert_eq!(found.title, "selects app=mail; no pod has these labels", "nothing is like it");
}

#[test]
fn a_service_of_something_scaled_to_zero_is_only_worth_knowing() {
    let idle = deployment("backend", |w| {
        (w.desired, w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0, 0)
    });
    assert_eq!(
        says([idle, service("backend", &[("app", "backend")])]),
        ["info service-selector-mismatch Service/backend: selects deployment backend, which is scaled to 0"]
    );
}

#[test]
fn pods_of_what_is_not_known_here_may_be_scaled_to_zero_as_well() {
    let mut set = workload(Known::ReplicaSet, "canary-1", |w| {
        (w.desired, w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0, 0)
    });
    set.meta.owner = Some(Box::new(crate::model::Owner {
        kind: "Rollout".into(),
        name: "canary".into(),
        ..Default::default()
    }));
    let said = says([set, service("backend", &[("app", "backend")])]);
    assert_eq!(
        said,
        ["info service-selector-mismatch Service/backend: selects replicaset canary-1, which is scaled to 0"]
    );
}

#[test]
fn a_service_is_not_judged_by_what_is_not_known() {
    nothing("a minute old", [aged(service("a", &[("app", "a")]), 60)]);
    nothing("it selects nothing, on purpose", [service("a", &[])]);
    let outside = Service {
        kind: "ExternalName".into(),
        selector: crate::diagnosis::samples::labels(&[("app", "a")]),
        ..Service::default()
    };
    nothing(
        "it is a name of something outside",
        [crate::diagnosis::samples::object("a", Body::Service(Box::new(outside)))],
    );
    // Pods are watched in another namespace only.
    let kinds: Vec<Known> = IN_FRONT.iter().copied().filter(|k| *k != Known::Pod).collect();
    let mut world = World::watching(&kinds).with([service("a", &[("app", "a")])]);
    world.watch(Known::Pod, Scope::Namespace("lab".into()));
    world.feed(Known::Pod, Scope::Namespace("lab".into()), FeedFact::Begin);
    world.feed(Known::Pod, Scope::Namespace("lab".into()), FeedFact::Listed { unreadable: 0 });
    assert_eq!(world.says(), Vec::<String>::new());
}

/// A service whose only pod is not ready, for so many seconds; the pod itself is told of after a minute.
fn unready(seconds: i64) -> Vec<Object> {
    let lame = lame(pod("a"), seconds, |c| c.state = State::Running { since: ago(86_400) });
    vec![lame, service("backend", &[("app", "backend")]), slice("backend", 0, 1)]
}

#[test]
fn a_service_without_ready_endpoints_is_told_and_folds_into_what_ails_its_pods() {
    assert_eq!(
        says(unready(45)),
        ["critical service-no-endpoints Service/backend: has no ready endpoint · its only pod is not ready"]
    );
    assert_eq!(
        says(unready(300)),
        ["critical pod-probe-failing Pod/a: is not ready [service-no-endpoints]"]
    );
    nothing("endpoints follow their pods", unready(10));
    let kinds: Vec<Known> = IN_FRONT.iter().copied().filter(|k| *k != Known::EndpointSlice).collect();
    let blind = World::watching(&kinds).with(unready(45).into_iter().filter(|o| o.body.known() != Some(Known::EndpointSlice)));
    assert_eq!(blind.says(), Vec::<String>::new());
}

#[test]
fn a_service_whose_pods_are_not_made_folds_into_what_keeps_them_from_it() {
    let backend = deployment("backend", |w| {
        (w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0);
        w.conditions = [condition("Available", false, "", "", 600)].into();
    });
    assert_eq!(
        says([backend, service("backend", &[("app", "backend")])]),
        ["critical replicas-unavailable Deployment/backend: 0 of 3 pods are available [service-no-endpoints]"]
    );
}

#[test]
fn a_service_of_what_is_over_has_nothing_to_do() {
    let done = complete_job("migrate", 600);
    let over = with_pod(owned(pod("migrate-a"), &done), |pod| pod.phase = Phase::Succeeded);
    nothing("a finished job", [done, over, service("migrate", &[("app", "backend")])]);
    let bare = failed(pod("a"), 2 * 86_400);
    let said = says([bare, service("a", &[("app", "backend")])]);
    assert_eq!(
        said,
        ["info pod-failed Pod/a: has failed · exit 1"],
        "a pod that is over is not one that should serve"
    );
}

#[test]
fn a_workload_that_only_tells_part_of_its_labels_is_given_the_benefit_of_the_doubt() {
    let db = workload(Known::StatefulSet, "db", |w| {
        (w.desired, w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0, 0);
        w.selector = crate::diagnosis::samples::labels(&[("app", "db")]);
    });
    assert_eq!(
        says([db, service("db", &[("app", "db"), ("role", "primary")])]),
        ["info service-selector-mismatch Service/db: selects statefulset db, which is scaled to 0"]
    );
}

#[test]
fn an_ingress_to_a_service_that_is_not_there_is_critical() {
    let found = only([ingress("public", &["backend:80", "backend:8080"])]);
    assert_eq!(
        line(&found),
        "critical ingress-no-backend Ingress/public: leads to service backend, which does not exist"
    );
    assert_eq!(evidence(&found)[1], "condition: solia.example leads to backend:80, backend:8080");
    nothing(
        "not services",
        [ingress("public", &["ssl-redirect:use-annotation", "StorageBucket/static"])],
    );
    nothing("young", [aged(ingress("public", &["backend:80"]), 10)]);
    let kinds: Vec<Known> = IN_FRONT.iter().copied().filter(|k| *k != Known::Service).collect();
    assert_eq!(
        World::watching(&kinds).with([ingress("public", &["backend:80"])]).says(),
        Vec::<String>::new()
    );
}

#[test]
fn an_ingress_folds_into_what_ails_its_service() {
    assert_eq!(
        says(with(unready(300), [ingress("public", &["backend:80"])])),
        ["critical pod-probe-failing Pod/a: is not ready [ingress-no-backend, service-no-endpoints]"]
    );
    assert_eq!(
        says(with(
            backend(),
            [service("backend", &[("app", "backend2")]), ingress("public", &["backend:80"])]
        )),
        [
            "critical service-selector-mismatch Service/backend: selects app=backend2; deployment backend-deployment has app=backend [ingress-no-backend]"
        ]
    );
    let found = says(with(unready(300), [ingress("public", &["backend:80", "gone:80"])]));
    assert_eq!(found.len(), 2, "one of the two is nobody's effect: {found:?}");
    let idle = deployment("backend", |w| {
        (w.desired, w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0, 0)
    });
    let found = only([idle, service("backend", &[("app", "backend")]), ingress("public", &["backend:80"])]);
    assert_eq!(found.severity.word(), "info", "somebody wanted it so");
}
