use super::*;
use crate::sim::clock::{Clock, Pace};
use crate::sim::world::{Life, World};
use crate::sim::{physics, scenario, seed};

const START: i64 = 1_700_000_100;

fn shared() -> Arc<SharedWorld> {
    let start = Timestamp::from_second(START).unwrap();
    let world = World::new(1, start, Life::Still);
    Arc::new(SharedWorld::new(world, Arc::new(Clock::new(start, Pace::Steps))))
}

fn rules(world: &Arc<SharedWorld>) -> Arc<Rules> {
    let site = Site {
        url: "https://prometheus.example.com".to_owned(),
        external: Vec::new(),
    };
    Rules::new(Arc::clone(world), site)
}

/// Writes `up` until then, every 15 s, and lets the time pass.
fn scrape(world: &SharedWorld, until: i64, value: f64) {
    let mut world = world.read();
    let now = world.now();
    let id = world
        .physics
        .series
        .id(labels("up", &[("job", "redis"), ("instance", "cache:6379")]));
    let mut at = now + SignedDuration::from_secs(15);
    while at <= Timestamp::from_second(START + until).unwrap() {
        world.physics.series.push(id, at, value);
        at += SignedDuration::from_secs(15);
    }
    world.advance(Timestamp::from_second(START + until).unwrap());
}

/// Name, state and seconds since the start of what is not the watchdog.
fn told(rules: &Rules) -> Vec<(&'static str, &'static str, i64)> {
    let alerts = rules.alerts();
    let own = alerts.iter().filter(|alert| alert.rule.name != "Watchdog");
    own.map(|a| (a.rule.name, a.state.word(), a.active.as_second() - START)).collect()
}

#[test]
fn every_rule_is_promql_and_has_a_runbook() {
    let all: Vec<&Rule> = GROUPS.iter().flat_map(|group| group.rules).collect();
    assert_eq!(rules(&shared()).rules.len(), all.len());
    for rule in all {
        assert!(!rule.runbook.is_empty() && !rule.summary.is_empty(), "{}", rule.name);
        assert!(["critical", "warning", "none"].contains(&rule.severity), "{}", rule.name);
    }
}

#[test]
fn an_alert_waits_then_fires_then_goes() {
    let world = shared();
    let rules = rules(&world);
    scrape(&world, 60, 1.0);
    assert_eq!(told(&rules), []);
    scrape(&world, 120, 0.0);
    assert_eq!(told(&rules), [("ScrapeDown", "pending", 75)]);
    scrape(&world, 300, 0.0);
    assert_eq!(told(&rules), [("ScrapeDown", "firing", 75)]);
    {
        let alerts = rules.alerts();
        let alert = alerts.iter().find(|alert| alert.rule.name == "ScrapeDown").unwrap();
        assert_eq!(alert.fired.unwrap().as_second() - START, 75 + 180);
        assert_eq!(alert.annotations()[2].1, "redis at cache:6379 cannot be scraped");
        assert_eq!(alert.annotations()[1].1, "https://docs.solia-invest.com/runbooks/scrape-down");
        let state = |second: i64| {
            let named = alerts.series().named(Some("ALERTS"));
            let at = Timestamp::from_second(START + second).unwrap();
            let lookback = SignedDuration::from_mins(5);
            let there = named.filter(|(labels, s)| &*labels["alertname"] == "ScrapeDown" && s.at(at, lookback).is_some());
            there.map(|(labels, _)| labels["alertstate"].to_string()).collect::<Vec<_>>()
        };
        assert_eq!((state(100), state(270)), (vec!["pending".to_owned()], vec!["firing".to_owned()]));
    }
    scrape(&world, 330, 1.0);
    assert_eq!(told(&rules), []);
}

#[test]
fn alerts_are_the_same_whenever_they_are_asked_for() {
    let (often, once) = (shared(), shared());
    let (asked, late) = (rules(&often), rules(&once));
    for (until, value) in [(50, 1.0), (200, 0.0), (215, 1.0), (600, 0.0)] {
        scrape(&often, until, value);
        asked.alerts();
        scrape(&once, until, value);
    }
    assert_eq!(told(&asked), told(&late));
    assert_eq!(told(&late), [("ScrapeDown", "firing", 240)]);
}

/// What fires in a scenario's world some minutes after the start.
fn rings(name: &str, minutes: i64) -> std::collections::BTreeSet<&'static str> {
    let scenario = scenario::load(name).unwrap();
    let start: Timestamp = "2026-11-23T14:03:00Z".parse().unwrap();
    // Of the history only what matters is played: it costs time.
    let earliest = scenario.steps.iter().map(|step| -step.at).max().unwrap_or(0);
    let mut world = World::new(11, start - SignedDuration::from_secs(earliest + 900), Life::Alive);
    seed::solia(&mut world, scenario.environment);
    scenario::begin(&mut world, &scenario, start);
    physics::begin(&mut world, scenario.environment);
    let now = start + SignedDuration::from_mins(minutes);
    world.advance(now);
    let world = Arc::new(SharedWorld::new(world, Arc::new(Clock::new(now, Pace::Steps))));
    let rules = rules(&world);
    let alerts = rules.alerts();
    alerts.iter().filter(|a| a.state == State::Firing).map(|a| a.rule.name).collect()
}

#[test]
fn each_scenario_rings_its_own_alerts() {
    assert_eq!(rings("calm", 0).into_iter().collect::<Vec<_>>(), ["Watchdog"]);
    let mut silent = Vec::new();
    for (name, expected) in [
        ("bad-deploy", "PodCrashLooping"),
        ("memory-leak", "ContainerOOMKilled"),
        ("pool-exhausted", "DatabaseConnectionsHigh"),
        ("bad-image", "ImagePullFailing"),
        ("node-down", "NodeNotReady"),
    ] {
        let rung = rings(name, 3);
        if !rung.contains(expected) {
            silent.push(format!("{name}: {rung:?}"));
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
}
