use super::*;
use crate::diagnosis::samples::{NOW, World, deployment, finding};
use crate::model::{Seen, Workload};

/// A watch on a deployment that was unwell when it was changed.
fn watch(kind: Expect, before: &World, findings: &[Finding]) -> Watch {
    let object = ObjectRef {
        kind: Known::Deployment.into(),
        namespace: "solia".into(),
        name: "backend".into(),
    };
    Watch {
        draft: 1,
        env: EnvId(0),
        title: "roll back deployment/backend".into(),
        before: symptom(&object, before.store.env(EnvId(0)).unwrap(), findings.iter(), NOW),
        object,
        kind,
        owners: Vec::new(),
        since: NOW,
        well: None,
    }
}

fn world(change: impl FnOnce(&mut Workload)) -> World {
    World::new().with([deployment("backend", change)])
}

/// A finding about the deployment.
fn crash() -> Finding {
    let mut crash = finding("pod-crashloop", 1, NOW);
    crash.title = "3 of 3 pods crash".into();
    crash.members = vec![deployment("backend", |_| {}).meta.uid];
    crash
}

/// What is said so many seconds after the change, in this world; the server answers.
fn judged(watch: &mut Watch, world: &mut World, findings: &[Finding], seconds: i64) -> Option<(EffectWord, String)> {
    world.now = Time(NOW.0 + seconds);
    world.see(Seen::Beat { millis: 1 });
    let seen = world.store.env(EnvId(0)).unwrap();
    watch
        .judge(seen, findings.iter(), world.now)
        .map(|judgement| (judgement.effect, judgement.text))
}

fn ill(workload: &mut Workload) {
    (workload.ready, workload.available) = (0, 0);
}

#[test]
fn it_worked_when_the_symptom_is_gone_and_stays_away() {
    let mut watch = watch(Expect::Healthy, &world(ill), &[crash()]);
    assert_eq!(judged(&mut watch, &mut world(ill), &[crash()], 5), None);
    let mut well = world(|_| {});
    assert_eq!(judged(&mut watch, &mut well, &[], 20), None, "it might crash again in a moment");
    assert_eq!(judged(&mut watch, &mut well, &[crash()], 30), None, "as it did");
    assert_eq!(judged(&mut watch, &mut well, &[], 40), None);
    assert_eq!(
        judged(&mut watch, &mut well, &[], 55),
        Some((
            EffectWord::Worked,
            "roll back deployment/backend: worked, 3 of 3 ready; gone: 3 of 3 pods crash".into()
        ))
    );
}

#[test]
fn a_rollout_that_is_done_and_a_symptom_that_stays_is_no_effect() {
    let mut watch = watch(Expect::Healthy, &world(|_| {}), &[crash()]);
    let mut still = world(|_| {});
    assert_eq!(judged(&mut watch, &mut still, &[crash()], 299), None, "there is time yet");
    assert_eq!(
        judged(&mut watch, &mut still, &[crash()], 300),
        Some((
            EffectWord::NoEffect,
            "roll back deployment/backend: rollout done, still: 3 of 3 pods crash: no effect yet".into()
        ))
    );
}

#[test]
fn fewer_ready_pods_or_a_new_trouble_is_worse() {
    let mut fewer = watch(Expect::Healthy, &world(|_| {}), &[]);
    let said = judged(&mut fewer, &mut world(ill), &[], 300).unwrap();
    assert_eq!(
        said,
        (
            EffectWord::Worse,
            "roll back deployment/backend: worse: 0 of 3 ready (3 of 3 ready before)".into()
        )
    );
    let mut new = watch(Expect::Healthy, &world(|_| {}), &[]);
    let said = judged(&mut new, &mut world(|_| {}), &[crash()], 300).unwrap();
    assert_eq!(said.0, EffectWord::Worse);
    assert!(said.1.ends_with("new: 3 of 3 pods crash"), "{}", said.1);
}

#[test]
fn what_could_not_be_seen_is_said_to_be_unseen() {
    let mut watch = watch(Expect::Healthy, &world(ill), &[crash()]);
    let mut dark = world(|_| {});
    dark.now = Time(NOW.0 + 300);
    let judgement = watch
        .judge(dark.store.env(EnvId(0)).unwrap(), std::iter::empty(), dark.now)
        .unwrap();
    assert_eq!(judgement.effect, EffectWord::Unseen);
    assert_eq!(
        judgement.text,
        "roll back deployment/backend: whether it helped could not be seen: the API server does not answer"
    );
}

#[test]
fn what_is_not_watched_any_more_is_not_gone() {
    let mut watch = watch(Expect::Gone, &world(|_| {}), &[]);
    watch.object.kind = crate::model::Kind::of("example.com", "widgets");
    let mut elsewhere = World::new();
    assert_eq!(judged(&mut watch, &mut elsewhere, &[], 10), None);
    assert_eq!(
        judged(&mut watch, &mut elsewhere, &[], 300),
        Some((
            EffectWord::Unseen,
            "roll back deployment/backend: whether it helped could not be seen: widgets are not watched".into()
        ))
    );
}

#[test]
fn what_is_emptied_is_done_when_it_is_empty() {
    let mut watch = watch(Expect::Empty, &world(|_| {}), &[]);
    let mut empty = world(|w| (w.desired, w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0, 0));
    assert_eq!(
        judged(&mut watch, &mut empty, &[], 3),
        Some((EffectWord::Worked, "roll back deployment/backend: no pods are left".into()))
    );
}

#[test]
fn a_drain_has_worked_when_those_who_lost_pods_are_whole_again() {
    let well = world(|_| {});
    let moved = || {
        let mut watch = watch(Expect::Whole, &well, &[]);
        watch.owners = vec![watch.object.clone()];
        watch.title = "drain node/worker-1".into();
        watch
    };
    let mut good = moved();
    let mut world_now = world(ill);
    assert_eq!(judged(&mut good, &mut world_now, &[], 5), None, "a pod is still missing");
    let mut world_now = world(|_| {});
    assert_eq!(judged(&mut good, &mut world_now, &[], 10), None, "it has to stay so");
    assert_eq!(
        judged(&mut good, &mut world_now, &[], 10 + HOLD),
        Some((
            EffectWord::Worked,
            "drain node/worker-1: the workload whose pods left is whole again".into()
        ))
    );
    let mut bad = moved();
    let mut world_now = world(ill);
    let (word, text) = judged(&mut bad, &mut world_now, &[], DEADLINE).unwrap();
    assert_eq!(word, EffectWord::Worse);
    assert!(
        text.starts_with("drain node/worker-1: 1 not whole again after 5 min: deployments/solia/backend "),
        "{text}"
    );
}

#[test]
fn what_is_wrong_still_and_by_its_own_number_more_so_is_worse() {
    let waiting = |requests: f64| {
        let mut finding = crash().measured(requests);
        (finding.id, finding.title) = ("db-pool-exhausted", format!("{requests} requests wait for a database connection"));
        finding
    };
    let said = |after: f64| {
        let mut watch = watch(Expect::Healthy, &world(|_| {}), &[waiting(30.0)]);
        judged(&mut watch, &mut world(|_| {}), &[waiting(after)], 300).unwrap()
    };
    let text = "roll back deployment/backend: worse: 142 requests wait for a database connection (before: 30)";
    assert_eq!(said(142.0), (EffectWord::Worse, text.into()));
    // What waits less because it fails at once is no better.
    let failing = |requests: f64, share: f64| {
        let mut finding = waiting(requests);
        finding.folded.push(crate::model::Folded {
            id: "error-rate-high",
            object: finding.object.clone(),
            title: format!("{share} % of the requests fail"),
            measure: Some(share),
        });
        finding
    };
    let mut watch = watch(Expect::Healthy, &world(|_| {}), &[failing(643.0, 7.0)]);
    let (effect, text) = judged(&mut watch, &mut world(|_| {}), &[failing(344.0, 38.0)], 300).unwrap();
    assert_eq!(effect, EffectWord::Worse);
    assert!(text.ends_with("worse: 38 % of the requests fail (before: 7)"), "{text}");
    // A little more is chance, and less is no cure.
    assert_eq!([said(32.0).0, said(9.0).0], [EffectWord::NoEffect; 2]);
}
