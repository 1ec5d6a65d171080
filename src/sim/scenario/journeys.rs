//! What each built-in scenario promises, played in a whole world: symptoms show at the start, cures heal in their
//! time and for good, mistakes do what they are said to do.

use jiff::{SignedDuration, Timestamp};

use super::file::Load;
use super::*;
use crate::sim::physics;
use crate::sim::seed;
use crate::sim::world::Life;

fn start() -> Timestamp {
    "2026-11-23T14:03:00Z".parse().unwrap()
}

/// The scenario's environment at the start of the cockpit. Of the history only what matters is played: it costs time.
fn at_start(scenario: &Scenario) -> World {
    let earliest = scenario.steps.iter().map(|step| -step.at).max().unwrap_or(0);
    let history = SignedDuration::from_secs((earliest + 600).min(scenario.history));
    let mut world = World::new(11, start() - history, Life::Alive);
    seed::solia(&mut world, scenario.environment);
    begin(&mut world, scenario, start());
    physics::begin(&mut world, scenario.environment);
    world.advance(start());
    world
}

fn pass(world: &mut World, seconds: i64) {
    world.advance(world.now() + SignedDuration::from_secs(seconds));
}

/// The mean share of requests that fail, over the next two minutes.
fn errors(world: &mut World) -> f64 {
    let mut sum = 0.0;
    for _ in 0..8 {
        pass(world, 15);
        sum += world.physics.seen_by_users().errors;
    }
    sum / 8.0
}

/// How many containers were killed for want of memory since then.
fn kills(world: &World, since: Timestamp) -> usize {
    let ends = world.runs.all().filter_map(|(_, _, run)| run.ended.as_ref());
    ends.filter(|end| end.reason == "OOMKilled" && end.at > since).count()
}

fn plays_as_written(name: &str) {
    let scenario = load(name).unwrap();
    let mut ill = at_start(&scenario);
    for symptom in &scenario.symptoms {
        assert!(
            shows(&ill, &symptom.sign),
            "{name}: {} does not show: {:?}",
            symptom.what,
            troubles(&ill)
        );
    }
    let errors_before = errors(&mut ill);
    let longest = scenario
        .mistakes
        .iter()
        .filter(|m| m.outcome == Outcome::BoughtTime)
        .map(|m| m.within)
        .max();
    pass(&mut ill, longest.unwrap_or(0));
    assert!(!well(&ill), "{name}: it does not pass by itself");
    for remedy in scenario.cures.iter().chain(&scenario.mistakes) {
        let mut world = at_start(&scenario);
        act(&mut world, &remedy.action, "kubectl-client-side-apply").unwrap();
        let told = |world: &World| format!("{name}, {} ({}): {:?}", remedy.what, world.now(), troubles(world));
        match remedy.outcome {
            Outcome::Healed => {
                pass(&mut world, remedy.within);
                assert!(well(&world), "{}", told(&world));
                for _ in 0..10 {
                    pass(&mut world, 60);
                    assert!(well(&world), "for good: {}", told(&world));
                }
            }
            Outcome::Nothing => {
                pass(&mut world, remedy.within);
                assert!(!well(&world), "{}", told(&world));
            }
            Outcome::Worse => {
                pass(&mut world, remedy.within);
                let after = errors(&mut world);
                assert!(
                    after > errors_before * 1.15 + 0.01,
                    "{after} after {errors_before}: {}",
                    told(&world)
                );
            }
            Outcome::BoughtTime => {
                pass(&mut world, remedy.within);
                let mut untreated = at_start(&scenario);
                pass(&mut untreated, remedy.within);
                // What was about to happen when it was done does not count.
                let since = start() + SignedDuration::from_mins(2);
                let (less, more) = (kills(&world, since), kills(&untreated, since));
                assert!(less < more, "{less} kills instead of {more}: {}", told(&world));
                pass(&mut world, remedy.lasts.unwrap_or(0) - remedy.within);
                assert!(kills(&world, since) > less, "it comes back: {}", told(&world));
            }
        }
    }
}

#[test]
fn bad_deploy_plays_as_written() {
    plays_as_written("bad-deploy");
}

#[test]
fn memory_leak_plays_as_written() {
    plays_as_written("memory-leak");
}

#[test]
fn pool_exhausted_plays_as_written() {
    plays_as_written("pool-exhausted");
}

#[test]
fn bad_image_plays_as_written() {
    plays_as_written("bad-image");
}

#[test]
fn node_down_plays_as_written() {
    plays_as_written("node-down");
}

#[test]
fn calm_stays_calm() {
    let scenario = load("calm").unwrap();
    for environment in [
        seed::Environment::Development,
        seed::Environment::Staging,
        seed::Environment::Production,
    ] {
        let mut world = at_start(&Scenario {
            environment,
            ..scenario.clone()
        });
        for _ in 0..30 {
            pass(&mut world, 60);
            assert!(well(&world), "{}: {:?}", environment.name(), troubles(&world));
        }
    }
}

#[test]
fn the_same_seed_plays_the_same() {
    let told = || {
        let world = at_start(&load("bad-deploy").unwrap());
        let pods = world.store.list("pods", None).chain(world.store.list("events", None));
        let pods: Vec<_> = pods.map(|stored| stored.json.clone()).collect();
        let series: Vec<String> = world.physics.series.named(None).map(|(l, s)| format!("{l:?}{s:?}")).collect();
        (world.store.rv(), pods, series)
    };
    assert!(told() == told(), "two worlds differ");
}

#[test]
fn a_noisy_world_is_crowded_and_changes_a_hundred_times_a_second() {
    let scenario = load("noisy").unwrap();
    assert_eq!(scenario.load.as_ref().unwrap().pods, 10_000);
    // A smaller crowd that changes as often.
    let smaller = Scenario {
        load: scenario.load.clone().map(|load| Load {
            pods: 500,
            nodes: 5,
            ..load
        }),
        ..scenario
    };
    let mut world = at_start(&smaller);
    let pods = world.store.count("pods");
    assert!(pods > 500, "{pods}");
    pass(&mut world, 10);
    let before = world.store.rv();
    pass(&mut world, 20);
    let each = (world.store.rv() - before) as f64 / 20.0;
    assert!((70.0..140.0).contains(&each), "{each} changes a second");
    assert!(world.store.count("pods").abs_diff(pods) < 20);
    assert!(well(&world), "{:?}", troubles(&world));
}
