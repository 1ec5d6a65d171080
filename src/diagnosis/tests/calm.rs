//! Where nothing is wrong, and where nothing is known.

use crate::diagnosis::Diagnosis;
use crate::diagnosis::samples::{World, calm, crashing, nothing, pod, says};
use crate::diagnosis::{CHECKS, ELSEWHERE, IN_FRONT};
use crate::model::{EnvId, FeedFact, FeedTrouble, Known, Problem, ProblemKind, Scope, Uid};

#[test]
fn a_calm_platform_has_no_findings() {
    nothing("all is well", calm());
}

#[test]
fn what_is_not_watched_is_not_found_missing() {
    // Without any one kind, the rest of a calm platform must not look broken.
    for left_out in IN_FRONT {
        let kinds: Vec<Known> = IN_FRONT.iter().copied().filter(|k| k != left_out).collect();
        let objects = calm().into_iter().filter(|o| o.body.known() != Some(*left_out));
        let said = World::watching(&kinds).with(objects).says();
        assert_eq!(said, Vec::<String>::new(), "without {left_out:?}");
    }
    let known = |o: &crate::model::Object| o.body.known().is_some_and(|k| ELSEWHERE.contains(&k));
    let elsewhere = World::watching(ELSEWHERE).with(calm().into_iter().filter(known));
    assert_eq!(elsewhere.says(), Vec::<String>::new());
}

#[test]
fn what_may_no_longer_be_read_says_nothing_of_now() {
    let mut world = World::new().with([crashing(pod("a"))]);
    assert_eq!(world.says().len(), 1);
    let problem = Problem::new(ProblemKind::Denied, "pods is forbidden");
    world.feed(Known::Pod, Scope::All, FeedFact::Trouble(FeedTrouble::Denied(problem)));
    assert_eq!(world.says(), Vec::<String>::new());
}

#[test]
fn each_check_has_a_name_a_runbook_and_needs_what_is_watched() {
    let mut names = std::collections::HashSet::new();
    for check in CHECKS {
        assert!(names.insert(check.id), "{} stands there twice", check.id);
        assert!(!check.runbook.is_empty(), "{}", check.id);
        assert!(check.needs.iter().all(|known| IN_FRONT.contains(known)), "{}", check.id);
    }
}

#[test]
fn a_feed_that_was_given_up_and_opened_again_is_looked_at_whole() {
    let mut world = World::new().with([crashing(pod("a"))]);
    let mut diagnosis = Diagnosis::default();
    let find = |world: &World, diagnosis: &mut Diagnosis| {
        let seen = world.store.env(EnvId(0)).unwrap();
        diagnosis.settle(seen, world.now);
        diagnosis.find(seen, world.now).len()
    };
    assert_eq!(find(&world, &mut diagnosis), 1);
    // As many changes as before and more, all between two looks, and none of them about the pod that was there.
    let key = crate::model::FeedKey {
        kind: Known::Pod.into(),
        scope: Scope::All,
    };
    world.store.forget(&crate::model::Demand::Feed(EnvId(0), key));
    world.watch(Known::Pod, Scope::All);
    world.feed(Known::Pod, Scope::All, FeedFact::Begin);
    world.put(crashing(pod("b")));
    world.put(crashing(pod("c")));
    world.feed(Known::Pod, Scope::All, FeedFact::Gone(vec![Uid(1)]));
    world.feed(Known::Pod, Scope::All, FeedFact::Listed { unreadable: 0 });
    assert_eq!(find(&world, &mut diagnosis), 2);
}

#[test]
fn objects_of_two_namespaces_with_one_name_are_two() {
    let mut other = crashing(pod("a"));
    other.meta.namespace = "lab".into();
    other.meta.uid = Uid(7);
    assert_eq!(says([crashing(pod("a")), other]).len(), 2);
}
