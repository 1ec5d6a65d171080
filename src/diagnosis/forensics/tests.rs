use super::*;
use crate::diagnosis::world::{NOW, World, ago, bad_rollout, crashing, event, exit, node, pod, reference, uid};
use crate::model::{Body, ConditionStatus, EnvId, Quantity, Scope, Seen, State, UsageKey, UsageSample};

fn look(world: &World, name: &str) -> Forensics {
    forensics(&world.diagnosis, world.seen(), &reference(Known::Pod, name), "backend", NOW).unwrap()
}

/// The pod as it is after its n-th run has ended so many seconds ago.
fn after(run: u32, when: i64) -> Object {
    let mut object = crashing(pod("backend-1", 3_600), "Error", 1, run, when);
    if let Body::Pod(pod) = &mut object.body {
        for c in &mut pod.containers {
            c.state = State::Terminated(Box::new(exit("Error", 1, when)));
            c.last = None;
        }
    }
    object
}

fn tail(run: u32, when: i64, texts: &[&str]) -> Seen {
    let key = TailKey {
        namespace: "solia".into(),
        pod: "backend-1".into(),
        uid: uid(Known::Pod, "backend-1"),
        container: "backend".into(),
        run,
        previous: true,
        look: 0,
    };
    let lines = texts.iter().map(|text| LogLine {
        nanos: ago(when).0 * 1_000_000_000,
        text: (*text).into(),
    });
    Seen::Tail(key, Ok(lines.collect()))
}

#[test]
fn every_run_that_was_seen_end_is_told_with_its_pattern_and_last_words() {
    let mut world = World::new();
    world.list(Known::Pod, vec![after(3, 1_100)]);
    for (run, when) in [(4, 780), (5, 460), (6, 140)] {
        world.put(Known::Pod, after(run, when));
    }
    world.tell(NOW, tail(99, 1_100, &["starting", "Error: no such host postgres", "bye"]));
    world.tell(NOW, tail(6, 140, &["starting", "", "Error: STRIPE_KEY is not set"]));
    world.look();
    let found = look(&world, "backend-1");
    let runs: Vec<(u32, i64)> = found.runs.iter().map(|run| (run.number, NOW - run.exit.finished)).collect();
    assert_eq!(runs, [(6, 140), (5, 460), (4, 780), (3, 1_100)]);
    assert_eq!(
        found.pattern,
        ["every 5m20s", "each run lasts 2s", "each ended the same way: exit 1"]
    );
    assert_eq!(found.runs[0].sentence(), "exit 1 after 2s: the program ended itself with an error");
    let words = |n: usize| found.runs[n].words.iter().map(|line| &**line).collect::<Vec<_>>();
    assert_eq!(words(0), ["starting", "Error: STRIPE_KEY is not set"]);
    assert_eq!(words(3), ["Error: no such host postgres"], "by its time, whatever its number");
    assert!(words(1).is_empty());
    assert_eq!(found.tail.as_ref().map(|key| (key.run, key.previous)), Some((6, false)));
}

#[test]
fn probes_and_the_node_are_told_where_they_fit_the_time() {
    let mut world = World::new();
    let mut other = event(Known::Pod, "backend-1", "Unhealthy", 62, "Liveness probe failed: proxy");
    if let Body::Event(event) = &mut other.body {
        event.field = "spec.containers{proxy}".into();
    }
    world
        .list(Known::Pod, vec![crashing(pod("backend-1", 3_600), "OOMKilled", 137, 4, 60)])
        .list(Known::Node, vec![node("node-1", 90_000, ConditionStatus::True, 90_000)])
        .list(
            Known::Event,
            vec![
                event(Known::Pod, "backend-1", "Unhealthy", 70, "Liveness probe failed: HTTP 503"),
                event(Known::Pod, "backend-1", "Unhealthy", 65, "Liveness probe failed: timeout"),
                event(Known::Pod, "backend-1", "Pulled", 65, "image is there"),
                event(
                    Known::Node,
                    "node-1",
                    "SystemOOM",
                    61,
                    "System OOM encountered, victim process: java",
                ),
                event(Known::Node, "node-1", "Rebooted", 80_000, "long ago"),
                other,
            ],
        )
        .look();
    let found = look(&world, "backend-1");
    let said: Vec<&str> = found.around.iter().map(|line| &*line.text).collect();
    assert_eq!(
        said,
        [
            "SystemOOM: System OOM encountered, victim process: java",
            "Unhealthy: Liveness probe failed: timeout"
        ]
    );
    assert_eq!(found.pattern, ["about every 15m on average since the pod started"]);
}

#[test]
fn memory_is_told_against_its_limit_where_there_are_metrics() {
    let mut world = bad_rollout();
    assert_eq!(look(&world, "backend-42-x").memory, None);
    let key = UsageKey::Pods(Scope::All);
    world.store.expect(&crate::model::Demand::Usage(EnvId(0), key.clone()));
    let sample = UsageSample {
        namespace: "solia".into(),
        name: "backend-42-x".into(),
        at: NOW,
        total: Usage {
            cpu: Quantity::parse("5m"),
            memory: Quantity::parse("96Mi"),
        },
        containers: [].into(),
    };
    world.tell(NOW, Seen::Usage(key, Ok(vec![sample])));
    assert_eq!(look(&world, "backend-42-x").memory.as_deref(), Some("96Mi of 128Mi (75 %)"));
}

#[test]
fn the_container_to_explain_is_one_that_ended_badly() {
    assert!(troubled(&pod("well", 100)).is_none());
    let ill = crashing(pod("ill", 100), "Error", 1, 2, 5);
    assert_eq!(troubled(&ill).map(|c| &*c.name), Some("backend"));
    let mut done = pod("done", 100);
    if let Body::Pod(pod) = &mut done.body {
        pod.containers[0].state = State::Terminated(Box::new(exit("Completed", 0, 5)));
    }
    assert!(troubled(&done).is_none(), "it came to its end as it should");
}

#[test]
fn what_is_not_there_is_not_explained() {
    let world = World::new();
    assert!(forensics(&world.diagnosis, world.seen(), &reference(Known::Pod, "nobody"), "app", NOW).is_none());
}
