//! Pods that do not run: crash loop, memory, image.

use super::Do::*;
use super::{End, Open, Stage, Way};

#[test]
fn a_crash_loop_ends_with_the_release_rolled_back() {
    Stage::of("bad-deploy").walk(&Way {
        page: "pod-crashloop",
        open: Open::Name,
        stops: &[
            // That it crashes, how the last run ended, and its last words are read without a key.
            ("read-the-log-of-the-run-that-died", &[Answer("The application says why")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            ("roll-back-the-deployment", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
            ("restarts-have-stopped", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn a_crash_without_a_release_is_escalated() {
    Stage::of("bad-deploy").walk(&Way {
        page: "pod-crashloop",
        open: Open::Name,
        stops: &[
            ("read-the-log-of-the-run-that-died", &[Answer("It says nothing")]),
            ("read-the-recent-events", &[Answer("Only back-off")]),
            ("did-a-deployment-start-it", &[Answer("No")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_crash_of_the_database_goes_on_with_its_page() {
    Stage::of("bad-deploy").walk(&Way {
        page: "pod-crashloop",
        open: Open::Name,
        stops: &[("read-the-log-of-the-run-that-died", &[Answer("It cannot reach the database")])],
        end: End::Book("database-connection"),
        writes: 0,
    });
}

#[test]
fn a_leak_is_rolled_back() {
    Stage::of("memory-leak").walk(&Way {
        page: "high-memory",
        open: Open::Key("backend-deployment"),
        stops: &[
            ("how-does-it-grow", &[Answer("A ramp on every pod")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            ("roll-back-the-deployment", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
            ("memory-stays-below-the-limit", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn load_is_carried_by_five_pods_with_the_connections_in_view() {
    let mut stage = Stage::of("calm");
    // Somebody made it smaller.
    stage.world(|world| {
        let action = quarterdeck::sim::scenario::Action::Scale {
            workload: "backend-deployment".into(),
            replicas: 3,
        };
        quarterdeck::sim::scenario::act(world, &action, "kubectl").unwrap();
    });
    stage.walk(&Way {
        page: "high-memory",
        open: Open::Name,
        stops: &[
            ("how-does-it-grow", &[Answer("It follows the traffic")]),
            ("scale-to-five-pods", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
            ("memory-stays-below-the-limit", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
    let warned = stage
        .twin
        .screens
        .iter()
        .any(|screen| screen.contains("More pods means more database connections"));
    assert!(warned, "what five pods mean for the database is on the screen before");
}

#[test]
fn a_scaling_that_is_left_changes_nothing() {
    Stage::of("memory-leak").walk(&Way {
        page: "high-memory",
        open: Open::Name,
        stops: &[
            ("how-does-it-grow", &[Answer("No data")]),
            ("did-a-deployment-start-it", &[Answer("No")]),
            ("is-there-room-for-more-pods", &[Answer("Above 70 %, or no data")]),
            ("restart-the-pods-one-by-one", &[Leave]),
        ],
        end: End::At("restart-the-pods-one-by-one"),
        writes: 0,
    });
}

#[test]
fn a_tag_that_does_not_exist_is_rolled_back() {
    Stage::of("bad-image").walk(&Way {
        page: "image-pull-failure",
        open: Open::Key("backend-deployment"),
        stops: &[
            ("what-does-the-registry-answer", &[Answer("Not found, manifest unknown")]),
            ("which-image-is-wanted", &[Answer("The tag is wrong, or was never pushed")]),
            ("roll-back-the-deployment", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn a_registry_that_refuses_us_is_escalated() {
    Stage::of("bad-image").walk(&Way {
        page: "image-pull-failure",
        open: Open::Name,
        stops: &[
            ("what-does-the-registry-answer", &[Answer("Unauthorized, denied")]),
            ("are-the-credentials-there", &[Answer("It is there and old")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}
