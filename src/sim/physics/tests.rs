//! The model in a world that stands still: pods are put as a test wants to see them.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::*;
use crate::sim::scenario::{self, Scenario};
use crate::sim::seed;
use crate::sim::world::Life;

fn start() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

/// Production as it is seeded, with a scenario whose steps never happen.
fn production(name: &str) -> World {
    let mut world = World::new(7, start(), Life::Still);
    seed::solia(&mut world, Environment::Production);
    let scenario = Scenario {
        steps: Vec::new(),
        ..scenario::load(name).unwrap()
    };
    scenario::begin(&mut world, &scenario, start());
    begin(&mut world, Environment::Production);
    world
}

fn pass(world: &mut World, minutes: i64) {
    world.advance(world.now() + SignedDuration::from_mins(minutes));
}

fn backends(world: &World) -> Vec<Key> {
    let pods = world.store.list("pods", Some("default"));
    pods.filter(|pod| Role::of(pod) == Role::Backend)
        .map(|pod| pod.key.clone())
        .collect()
}

fn set_image(world: &mut World, tag: &str) {
    for key in backends(world) {
        let now = crate::sim::store::seconds(world.now());
        world.update(&key, |pod| {
            pod["spec"]["containers"][0]["image"] = json!(format!("ghcr.io/solia-invest/backend:{tag}"));
            pod["status"]["containerStatuses"][0]["state"] = json!({"running": {"startedAt": now}});
        });
    }
}

fn unready(world: &mut World, key: &Key) {
    world.update(key, |pod| {
        for condition in pod["status"]["conditions"].as_array_mut().unwrap() {
            if condition["type"] == "Ready" {
                condition["status"] = json!("False");
            }
        }
    });
}

/// The sum over all series of a name of what they grew by in the last minutes.
fn growth(world: &World, name: &str, with: (&str, &str), minutes: i64) -> f64 {
    let from = world.now() - SignedDuration::from_mins(minutes);
    let series = world.physics.series.named(Some(name));
    let wanted = series.filter(|(labels, _)| labels.get(with.0).is_some_and(|value| &**value == with.1));
    wanted
        .map(|(_, samples)| {
            let values: Vec<f64> = samples.between(from, world.now()).map(|(_, v)| v).collect();
            values.last().unwrap_or(&0.0) - values.first().unwrap_or(&0.0)
        })
        .sum()
}

#[test]
fn a_calm_production_answers_fast_and_hardly_ever_fails() {
    let mut world = production("calm");
    pass(&mut world, 60);
    let front = world.physics.seen_by_users();
    assert!(front.errors < 0.005, "{front:?}");
    assert!((0.03..0.12).contains(&front.latency), "{front:?}");
    let requests = growth(&world, "http_request_duration_seconds_count", ("job", "backend"), 10);
    let seconds = 9.75 * 60.0;
    assert!((340.0..460.0).contains(&(requests / seconds)), "{} a second", requests / seconds);
    let all = growth(&world, "http_request_duration_seconds_bucket", ("le", "+Inf"), 10);
    let half = growth(&world, "http_request_duration_seconds_bucket", ("le", "0.5"), 10);
    assert!(half / all > 0.98, "{half} of {all} within 500 ms");
    let db = database(&world);
    assert!(db.accepting && db.max == 100 && (20..70).contains(&db.connections), "{db:?}");
    assert_eq!(world.physics.waiting(), 0.0);
    for key in backends(&world) {
        let pod = world.store.find(&key).unwrap();
        let usage = usage(&world, pod);
        assert!((400..950).contains(&usage.cpu_millis), "{usage:?}");
        assert!(((150 << 20)..(300 << 20)).contains(&usage.memory_bytes), "{usage:?}");
        let answer = answer(&world, pod, "/health");
        assert_eq!(answer.code, 200);
        assert!(
            answer.body.contains(r#""status":"ok""#) && answer.latency < SignedDuration::from_millis(200),
            "{answer:?}"
        );
    }
    assert_eq!(front_codes(&world), [200, 200]);
}

fn front_codes(world: &World) -> [u16; 2] {
    ["/health", "/api/health"].map(|path| front(world, path).code)
}

#[test]
fn fewer_pods_are_slower_and_fail_and_none_is_an_outage() {
    let mut world = production("calm");
    pass(&mut world, 5);
    let calm = world.physics.seen_by_users();
    let all = backends(&world);
    unready(&mut world, &all[0]);
    pass(&mut world, 5);
    let one_less = world.physics.seen_by_users();
    assert!(one_less.errors > 0.01 && one_less.errors < 0.2, "{one_less:?}");
    assert!(one_less.latency > calm.latency * 1.5, "{one_less:?} after {calm:?}");
    for key in &all {
        unready(&mut world, key);
    }
    pass(&mut world, 1);
    assert_eq!(world.physics.seen_by_users().errors, 1.0);
    assert_eq!(front_codes(&world), [503, 200]);
}

#[test]
fn a_leak_grows_with_the_requests_up_to_its_plateau() {
    let mut world = production("memory-leak");
    set_image(&mut world, "v1.9.0");
    // Nobody kills them here.
    for key in backends(&world) {
        world.update(&key, |pod| {
            pod["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("4Gi")
        });
    }
    let share = |world: &World| {
        world
            .physics
            .memory()
            .filter(|(pod, _)| pod.starts_with("backend"))
            .map(|(_, s)| s)
            .fold(0.0, f64::max)
    };
    pass(&mut world, 5);
    let before = share(&world) * 4096.0;
    pass(&mut world, 15);
    let later = share(&world) * 4096.0;
    assert!(later > before + 200.0, "{later} MiB after {before}");
    pass(&mut world, 60);
    let full = share(&world) * 4096.0;
    pass(&mut world, 60);
    assert!(
        (share(&world) * 4096.0 - full).abs() < 20.0 && (512.0..950.0).contains(&full),
        "{full} MiB is the plateau"
    );
}

#[test]
fn held_connections_exhaust_the_pools_and_more_pods_make_it_worse() {
    let mut world = production("pool-exhausted");
    set_image(&mut world, "v1.8.4");
    pass(&mut world, 10);
    let five = world.physics.seen_by_users();
    assert!((0.02..0.5).contains(&five.errors), "{five:?}");
    assert!(world.physics.waiting() > 10.0);
    assert!(database(&world).connections > 90, "{:?}", database(&world));
    more(&mut world, 0..3);
    pass(&mut world, 5);
    let eight = world.physics.seen_by_users();
    assert!(eight.errors > five.errors * 1.08, "{eight:?} after {five:?}");
    assert!(!database(&world).accepting);
    more(&mut world, 3..100);
    pass(&mut world, 5);
    let codes = backends(&world)
        .into_iter()
        .map(|key| answer(&world, world.store.find(&key).unwrap(), "/health"));
    let refused = codes.into_iter().find(|told| told.code == 503).unwrap();
    assert!(refused.body.contains("too many clients already"), "{refused:?}");
}

/// More pods like the first backend.
fn more(world: &mut World, numbers: std::ops::Range<usize>) {
    let example = world.store.find(&backends(world)[0]).unwrap().value();
    for n in numbers {
        let mut pod = example.clone();
        pod["metadata"] = json!({"name": format!("backend-more-{n}"), "namespace": "default", "labels": {"app": "backend"}});
        pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] = json!(crate::sim::store::seconds(world.now()));
        world.put("pods", pod);
    }
}

#[test]
fn the_same_seed_measures_the_same_whatever_the_steps_of_time() {
    let told = |steps: i64| {
        let mut world = production("calm");
        for _ in 0..30 / steps {
            pass(&mut world, steps);
        }
        let all = world.physics.series.named(None);
        let all: Vec<String> = all.map(|(labels, samples)| format!("{labels:?} {samples:?}")).collect();
        assert!(all.len() > 1_000, "{}", all.len());
        all
    };
    assert!(told(30) == told(1), "two worlds differ");
}

#[test]
fn series_of_pods_that_are_gone_end() {
    let mut world = production("calm");
    pass(&mut world, 2);
    let gone = backends(&world)[0].clone();
    world.store.remove(&gone, start());
    pass(&mut world, 1);
    let now = world.now();
    let five = SignedDuration::from_mins(5);
    let told = |name: &str| {
        let series = world.physics.series.named(Some(name));
        let own = series.filter(|(labels, _)| labels.get("pod").is_some_and(|pod| *pod == gone.name));
        own.filter(|(_, samples)| samples.at(now, five).is_some()).count()
    };
    for name in [
        "kube_pod_status_phase",
        "http_request_duration_seconds_count",
        "container_memory_working_set_bytes",
        "up",
    ] {
        assert_eq!(told(name), 0, "{name}");
    }
}

#[test]
#[allow(clippy::disallowed_methods)]
fn three_hours_of_history_cost_little() {
    let mut world = production("calm");
    let begun = std::time::Instant::now();
    pass(&mut world, 180);
    let took = begun.elapsed();
    let samples: usize = world
        .physics
        .series
        .named(None)
        .map(|(_, s)| s.between(start(), world.now()).count())
        .sum();
    eprintln!("{took:?} {} series {samples} samples", world.physics.series.named(None).count());
    assert!(samples > 700_000, "{samples}");
    // An optimised build is some twenty times as fast.
    assert!(took < std::time::Duration::from_secs(30), "{took:?}");
}
