use super::*;
use crate::diagnosis::world::{World, ago, bad_rollout, by, event, node, object, revision, template, uid, workload as sample};
use crate::model::{Body, Cells, ConditionStatus, Object, Severity, WrittenPart, cluster};

fn config(name: &str, when: i64) -> Object {
    let map = object(Known::ConfigMap, name, 500_000, Body::Cells(Cells::default()));
    by(map, "argocd", when, &[WrittenPart::Data], &["FLAGS"])
}

/// What is told of the backend, which has not been well for so many seconds.
fn told(world: &mut World, since: i64) -> Vec<String> {
    told_of(world, Known::Deployment, "backend", since)
}

fn told_of(world: &mut World, known: Known, name: &str, since: i64) -> Vec<String> {
    world.look();
    let sight = world.diagnosis.sight(world.seen(), crate::diagnosis::world::NOW);
    let subject = Subject {
        kind: known.into(),
        namespace: if known.info().namespaced { "solia" } else { "" }.into(),
        name: name.into(),
        uid: uid(known, name),
    };
    let mut finding = Finding::new(Severity::Warning, subject, "is not well");
    if since > 0 {
        finding.since = ago(since);
    }
    let changes = Past::of(&sight, std::slice::from_ref(&finding)).before(&sight, &finding);
    let line = |change: &Change| {
        let by = if change.by.is_empty() {
            String::new()
        } else {
            format!(" by {}", change.by)
        };
        format!("{} {}: {}{by}", change.object.kind_name(), change.object.name, change.what)
    };
    changes.iter().map(line).collect()
}

#[test]
fn a_rollout_is_told_with_its_difference_and_who_made_it() {
    let world = bad_rollout();
    let finding = &world.diagnosis.findings()[0];
    assert_eq!(finding.id, "rollout-stuck");
    let change = &finding.changes[0];
    assert_eq!(&*change.what, "revision 41 → 42: image v1.8.2 → v1.8.3 and 1 other");
    assert_eq!((&*change.by, change.at), ("kubectl-edit", ago(722)));
    let details: Vec<&str> = change.details.iter().map(|line| &**line).collect();
    assert_eq!(details, ["~ image backend: v1.8.2 → v1.8.3", "+ env backend: STRIPE_KEY"]);
    assert_eq!(finding.changes.len(), 1, "the write that made it is not told again");
}

#[test]
fn going_back_to_an_old_revision_is_as_old_as_the_last_write_of_the_template() {
    let mut world = World::new();
    let backend = sample(Known::Deployment, "backend", 900_000, |w| {
        w.revision = 43;
        w.change_cause = "undo the release".into();
    });
    let backend = by(backend, "kubectl-rollout", 300, &[WrittenPart::Template], &[]);
    world.list(Known::Deployment, vec![backend]).list(
        Known::ReplicaSet,
        vec![
            revision(43, 800_000, template("v1", &[]), 3),
            revision(42, 90_000, template("v2", &[]), 0),
        ],
    );
    assert_eq!(
        told(&mut world, 290),
        ["Deployment backend: revision 42 → 43, an earlier one again: image v2 → v1 by kubectl-rollout"]
    );
}

#[test]
fn what_is_near_in_time_and_reach_comes_first() {
    let mut world = World::new();
    let backend = sample(Known::Deployment, "backend", 900_000, |w| w.template = template("v1", &[]));
    let scaler = cluster::Autoscaler {
        target: "Deployment/backend".into(),
        min: 2,
        max: 10,
        ..Default::default()
    };
    let scaler = object(
        Known::HorizontalPodAutoscaler,
        "backend",
        900_000,
        Body::Autoscaler(Box::new(scaler)),
    );
    world
        .list(
            Known::Deployment,
            vec![by(backend, "kubectl-scale", 4_000, &[WrittenPart::Replicas], &[])],
        )
        .list(Known::ReplicaSet, vec![])
        .list(
            Known::ConfigMap,
            vec![config("backend-config", 700), config("other", 640), config("long-ago", 50_000)],
        )
        .list(
            Known::HorizontalPodAutoscaler,
            vec![by(scaler, "terraform", 900, &[WrittenPart::Spec], &[])],
        )
        .list(Known::Node, vec![node("node-9", 650, ConditionStatus::True, 640)]);
    assert_eq!(
        told(&mut world, 600),
        [
            "ConfigMap backend-config: data was written: FLAGS by argocd",
            "HorizontalPodAutoscaler backend: bounds or metrics were written: 2 to 10 replicas by terraform",
            "ConfigMap other: data was written: FLAGS by argocd",
            "Deployment backend: scaled to 3 by kubectl-scale",
            "Node node-9: joined the cluster",
        ]
    );
}

#[test]
fn what_came_after_it_began_or_a_day_before_is_not_to_blame() {
    let mut world = World::new();
    let backend = sample(Known::Deployment, "backend", 900_000, |w| w.template = template("v1", &[]));
    world
        .list(Known::Deployment, vec![backend])
        .list(Known::ConfigMap, vec![config("backend-config", 500)]);
    assert_eq!(told(&mut world, 600), [] as [&str; 0]);
    assert_eq!(told(&mut world, 530).len(), 1, "clocks differ by some seconds");
    world.list(Known::ConfigMap, vec![config("backend-config", 100_000)]);
    assert_eq!(told(&mut world, 600), [] as [&str; 0]);
    assert_eq!(told(&mut world, 99_000).len(), 1);
}

#[test]
fn an_autoscaler_says_of_its_target_what_it_did_and_why() {
    let mut world = World::new();
    let scaler = cluster::Autoscaler {
        target: "Deployment/backend".into(),
        ..Default::default()
    };
    let message = "New size: 2; reason: All metrics below target";
    world
        .list(Known::Deployment, vec![sample(Known::Deployment, "backend", 900_000, |_| {})])
        .list(
            Known::HorizontalPodAutoscaler,
            vec![object(
                Known::HorizontalPodAutoscaler,
                "web",
                900_000,
                Body::Autoscaler(Box::new(scaler)),
            )],
        )
        .list(
            Known::Event,
            vec![event(Known::HorizontalPodAutoscaler, "web", "SuccessfulRescale", 650, message)],
        );
    assert_eq!(
        told(&mut world, 600),
        ["Deployment backend: scaled to 2 by autoscaler web: All metrics below target by kubelet"]
    );
}

#[test]
fn nodes_come_and_go() {
    let mut world = World::new();
    world
        .list(Known::Node, vec![node("node-1", 900_000, ConditionStatus::Unknown, 620)])
        .list(
            Known::Event,
            vec![
                event(
                    Known::Node,
                    "node-1",
                    "NodeNotReady",
                    615,
                    "Node node-1 status is now: NodeNotReady",
                ),
                event(
                    Known::Node,
                    "node-7",
                    "RemovingNode",
                    700,
                    "Node node-7 event: Removing Node node-7",
                ),
            ],
        );
    assert_eq!(
        told_of(&mut world, Known::Node, "node-1", 610),
        ["Node node-7: was removed from the cluster by kubelet"],
        "that it stopped being ready itself is the trouble, not its cause"
    );
}

#[test]
fn two_reports_of_one_thing_are_one_with_the_better_words() {
    let change = |kind, at, what: &str, by: &str, details: &[&str]| Change {
        at: ago(at),
        object: Subject {
            kind: Known::Deployment.into(),
            namespace: "solia".into(),
            name: "backend".into(),
            uid: Uid(7),
        },
        kind,
        what: what.into(),
        by: by.into(),
        details: details.iter().map(|line| (*line).into()).collect(),
    };
    let mut kept = change(ChangeKind::Other, 100, "its settings were written", "helm", &[]);
    let better = change(ChangeKind::Rollout, 103, "revision 1 → 2: image a → b", "", &["~ image a → b"]);
    assert!(same(&kept, &better));
    assert!(!same(&kept, &change(ChangeKind::Rollout, 400, "", "", &[])));
    assert!(!same(
        &change(ChangeKind::Scale, 100, "", "", &[]),
        &change(ChangeKind::Rollout, 100, "", "", &[])
    ));
    merge(&mut kept, better);
    assert_eq!((&*kept.what, &*kept.by), ("revision 1 → 2: image a → b", "helm"));
}

#[test]
fn a_finding_without_a_beginning_began_with_the_newest_revision() {
    let mut world = World::new();
    world
        .list(Known::Deployment, vec![sample(Known::Deployment, "backend", 900_000, |_| {})])
        .list(Known::ReplicaSet, vec![revision(2, 50_000, template("v2", &[]), 3)])
        .list(Known::ConfigMap, vec![config("other", 50_100), config("another", 100)]);
    assert_eq!(
        told(&mut world, 0),
        [
            "Deployment backend: revision 2",
            "ConfigMap other: data was written: FLAGS by argocd"
        ]
    );
}
