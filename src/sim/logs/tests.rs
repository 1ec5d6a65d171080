//! Lines are the same however they are asked for, and fit the state that was measured.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::sim::physics::series::labels;
use crate::sim::world::{Ending, Life, Whereabouts};

const START: i64 = 1_795_420_800;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn world(now: i64) -> World {
    World::new(1, at(now), Life::Still)
}

fn run_of(app: &str, image: &str, started: i64) -> Run {
    Run {
        id: format!("containerd://{app}"),
        image: Arc::from(image),
        place: Arc::new(Whereabouts {
            namespace: "default".into(),
            pod: format!("{app}-1"),
            node: "node-1".into(),
            app: app.into(),
        }),
        started: at(started),
        ended: None,
        said: Vec::new(),
    }
}

fn backend() -> Run {
    run_of("backend", "ghcr.io/solia-invest/backend:v1.8.2", 0)
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|l| format!("{}\n", String::from_utf8_lossy(&l.text))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_window_reads_the_same_whole_and_in_pieces(
        from in 0i64..600_000, length in 1i64..90_000, cuts in prop::collection::vec(0i64..90_000, 0..6), program in 0usize..5,
    ) {
        let world = world(900);
        let (app, image) = [
            ("backend", "ghcr.io/solia-invest/backend:v1"), ("frontend", "ghcr.io/solia-invest/frontend:v1"),
            ("worker", "ghcr.io/solia-invest/backend:v1"), ("db-backup", "ghcr.io/solia-invest/backend:v1"),
            ("x", "public.ecr.aws/aws-observability/aws-for-fluent-bit:3.0.0"),
        ][program];
        let mut run = run_of(app, image, 3);
        run.said.push((at(200), Bytes::from_static(b"typed")));
        run.ended = Some(Ending { at: at(500), code: 143, reason: "Error" });
        let time = |ms: i64| Timestamp::from_millisecond(START * 1000 + ms).unwrap();
        let whole = lines(&world, app, &run, time(from), time(from + length));
        prop_assert!(whole.windows(2).all(|w| w[0].at <= w[1].at));
        let mut bounds: Vec<i64> = cuts.into_iter().filter(|c| *c < length).collect();
        bounds.extend([0, length]);
        bounds.sort_unstable();
        let pieces: Vec<Line> = bounds
            .windows(2)
            .flat_map(|w| lines(&world, app, &run, time(from + w[0]), time(from + w[1])))
            .collect();
        prop_assert!(whole == pieces, "{} lines have become {}", whole.len(), pieces.len());
    }
}

#[test]
fn a_tail_is_the_end_of_the_whole() {
    let world = world(2000);
    let run = backend();
    let whole = lines(&world, "backend", &run, at(0), at(2000));
    for n in [0, 1, 7, 100, 100_000] {
        let tail = tail(&world, "backend", &run, at(2000), n);
        assert!(tail == whole[whole.len().saturating_sub(n)..], "{n}");
    }
}

#[test]
fn what_was_written_stays_as_it_was_when_time_goes_on() {
    let run = backend();
    let early = lines(&world(300), "backend", &run, at(0), at(10_000));
    let mut later = world(600);
    measure(&mut later, "db_pool_waiting_requests", 45.0, 301);
    let late = lines(&later, "backend", &run, at(0), at(300));
    assert!(early == late, "{} lines have become {}", early.len(), late.len());
}

/// A sample of the backend's pod every 15 s from then on.
fn measure(world: &mut World, name: &str, value: f64, from: i64) {
    let id = world
        .physics
        .series
        .id(labels(name, &[("pod", "backend-1"), ("namespace", "default")]));
    for i in 0..100 {
        world.physics.series.push(id, at(from + i * 15), value);
    }
}

fn count(world: &mut World, code: &str, per_second: f64) {
    let pairs = [("pod", "backend-1"), ("namespace", "default"), ("status_code", code)];
    let id = world.physics.series.id(labels("http_request_duration_seconds_count", &pairs));
    for i in 0..100 {
        world.physics.series.push(id, at(i * 15), per_second * 15.0 * i as f64);
    }
}

#[test]
fn a_calm_backend_logs_a_few_requests_a_second_and_its_start() {
    let mut world = world(600);
    count(&mut world, "200", 80.0);
    let all = lines(&world, "backend", &backend(), at(0), at(600));
    let text = text(&all);
    assert!(text.contains("\"msg\":\"listening\""));
    assert!(text.contains("\"msg\":\"connection pool\""), "what the runbook looks for");
    assert!(!text.contains("\"level\":\"error\""));
    let rate = all.len() as f64 / 600.0;
    assert!((2.0..5.0).contains(&rate), "{rate} lines a second");
    for line in &all {
        let value: serde_json::Value = serde_json::from_slice(&line.text).unwrap();
        assert!(value["level"].is_string() && value["time"].is_string() && value["msg"].is_string());
    }
}

#[test]
fn trouble_shows_in_the_lines() {
    let mut world = world(600);
    count(&mut world, "200", 60.0);
    count(&mut world, "503", 20.0);
    measure(&mut world, "db_pool_waiting_requests", 37.0, 0);
    measure(&mut world, "db_pool_used_connections", 20.0, 0);
    measure(&mut world, "db_pool_total_connections", 20.0, 0);
    measure(&mut world, "db_pool_max_connections", 20.0, 0);
    let pool = text(&lines(&world, "backend", &backend(), at(60), at(600)));
    assert!(pool.contains("timeout acquiring a connection from the pool"));
    assert!(pool.contains("connection pool exhausted: 20/20 in use, 37 waiting"));
    assert!(pool.contains("\n    at Pool.acquire"), "a trace over several lines");
    assert!(
        !pool.contains("SUPERUSER"),
        "the database does not refuse: the pool is what is too small"
    );
    measure(&mut world, "process_resident_memory_bytes", 480.0 * 1_048_576.0, 0);
    let memory = text(&lines(&world, "backend", &backend(), at(60), at(600)));
    assert!(memory.contains("memory pressure") && memory.contains("Mark-Compact"));
}

#[test]
fn a_run_says_goodbye_only_if_it_is_asked_to_go() {
    let world = world(600);
    let mut run = backend();
    run.ended = Some(Ending {
        at: at(100),
        code: 143,
        reason: "Error",
    });
    let graceful = lines(&world, "backend", &run, at(0), at(600));
    assert!(text(&graceful).contains("SIGTERM received"));
    assert!(graceful.iter().all(|l| l.at <= at(101)));
    run.ended = Some(Ending {
        at: at(100),
        code: 137,
        reason: "OOMKilled",
    });
    let killed = lines(&world, "backend", &run, at(0), at(600));
    assert!(!text(&killed).contains("SIGTERM"));
    assert!(killed.iter().all(|l| l.at < at(100)));
    assert!(killed.len() > 100);
}

#[test]
fn every_program_of_the_platform_writes_something() {
    let start = at(0);
    let mut world = World::new(3, start, Life::Still);
    crate::sim::seed::solia(&mut world, crate::sim::seed::Environment::Production);
    for (_, container, run) in world.runs.all() {
        let all = lines(&world, container, run, run.started, run.started + SignedDuration::from_secs(60));
        assert!(!all.is_empty(), "{container} of {} is silent", run.image);
        assert!(all.iter().all(|line| !line.text.is_empty()));
    }
}
