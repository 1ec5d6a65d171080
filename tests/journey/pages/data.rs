//! The database and the cache.

use super::Do::*;
use super::{End, Open, Stage, Way, guarded};

/// The database's address, as the backend has it.
const HOST: &str = "postgres";

/// `aws` is a script of the test: an instance that is up, a snapshot, an event.
const AWS: &str = r#"case "$*" in
*DBInstanceStatus*) echo available ;;
*LatestRestorableTime*) echo 2026-11-28T02:00:00Z ;;
*describe-db-snapshots*) echo rds:solia-prod-2026-11-28 ;;
*describe-events*) echo "Multi-AZ instance failover completed" ;;
*restore-db-instance*) echo '{"DBInstanceStatus": "creating"}' ;;
*list-certificates*) echo "solia-invest.com ISSUED ELIGIBLE" ;;
*) exit 2 ;;
esac"#;

#[test]
fn connections_that_a_release_holds_are_free_without_it() {
    Stage::of("pool-exhausted").walk(&Way {
        page: "database-connection",
        open: Open::Key("requests wait for a database connection"),
        stops: &[
            ("is-the-database-reachable-from-the-pod", &[Set("DB_HOST", HOST)]),
            ("how-many-requests-wait-for-a-client", &[Answer("On every pod")]),
            ("how-full-is-postgresql", &[Answer("Above 80 %")]),
            // SQL is done by hand.
            ("who-holds-the-connections", &[Answer("Idle, many")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            ("roll-back-the-deployment", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
            ("no-request-waits-for-a-client", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn a_database_that_nobody_reaches_is_asked_of_aws_and_escalated() {
    let mut stage = Stage::of("calm");
    stage.twin.program("aws", AWS);
    stage.walk(&Way {
        page: "database-connection",
        open: Open::Name,
        stops: &[
            ("is-the-database-reachable-from-the-pod", &[Set("DB_HOST", "nobody.invalid")]),
            ("what-happened-to-rds-in-the-last-hour", &[Answer("Nothing")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_database_that_restarts_is_waited_for_look_by_look() {
    let mut stage = Stage::of("calm");
    // It is up at the third look.
    let count = stage.twin.program("count", "").with_file_name("count.log");
    let script = format!(
        "echo x >>{0}\nif [ $(wc -l <{0}) -gt 3 ]; then echo available; else echo rebooting; fi",
        count.display()
    );
    stage.twin.program("aws", &script);
    stage.walk(&Way {
        page: "database-connection",
        open: Open::Name,
        stops: &[
            ("is-the-database-reachable-from-the-pod", &[Set("DB_HOST", "nobody.invalid")]),
            ("wait-for-rds", &[Wait]),
            ("restart-the-pods-one-by-one", &[Leave]),
        ],
        end: End::At("restart-the-pods-one-by-one"),
        writes: 0,
    });
    assert_eq!(std::fs::read_to_string(count).unwrap().lines().count(), 4);
}

#[test]
fn a_restore_makes_a_second_instance_and_ends_with_those_who_decide() {
    let mut stage = Stage::with("calm", guarded);
    stage.twin.program("aws", AWS);
    stage.walk(&Way {
        page: "database-restore",
        open: Open::Name,
        stops: &[
            ("is-data-really-lost-or-wrong", &[Answer("Lost or wrong")]),
            ("how-far-back-can-it-go-by-the-minute", &[Answer("There is a time")]),
            ("who-decides", &[Tick, Answer("From a snapshot")]),
            ("restore-from-a-snapshot", &[Set("SNAPSHOT", "rds:solia-prod-2026-11-28"), Run]),
            ("wait-for-the-new-instance", &[Wait]),
            ("is-the-data-what-it-should-be", &[Tick, Answer("It is")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_restore_that_nobody_decided_is_not_begun() {
    let mut stage = Stage::with("calm", guarded);
    stage.twin.program("aws", AWS);
    stage.walk(&Way {
        page: "database-restore",
        open: Open::Name,
        stops: &[
            ("is-data-really-lost-or-wrong", &[Answer("Lost or wrong")]),
            ("how-far-back-can-it-go-by-the-minute", &[Answer("There is none")]),
            ("who-decides", &[Answer("Not yet")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_cold_cache_warms_by_itself() {
    Stage::of("calm").walk(&Way {
        page: "cache-hit-ratio-low",
        open: Open::Name,
        stops: &[
            ("how-does-the-ratio-go", &[Answer("It fell at once and climbs")]),
            ("does-the-database-carry-it", &[Answer("Below 80 %")]),
            ("the-ratio-is-back", &[Wait]),
        ],
        end: End::Done,
        writes: 0,
    });
}

#[test]
fn a_cache_that_throws_keys_out_is_escalated() {
    Stage::of("calm").walk(&Way {
        page: "cache-hit-ratio-low",
        open: Open::Name,
        stops: &[
            ("how-does-the-ratio-go", &[Answer("It sinks slowly")]),
            ("are-keys-thrown-out", &[Answer("Yes")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_certificate_that_lost_its_record_is_proven_again() {
    let mut stage = Stage::of("calm");
    stage.twin.program("aws", AWS);
    stage.walk(&Way {
        page: "certificate-expiring",
        open: Open::Name,
        stops: &[
            ("what-does-acm-say", &[Answer("It waits for validation, or cannot renew")]),
            ("restore-the-dns-record", &[Tick, Answer("Done")]),
        ],
        end: End::Done,
        writes: 0,
    });
}

#[test]
fn a_certificate_that_nothing_renews_is_escalated() {
    let mut stage = Stage::of("calm");
    stage.twin.program("aws", AWS);
    stage.walk(&Way {
        page: "certificate-expiring",
        open: Open::Name,
        stops: &[
            ("what-does-acm-say", &[Answer("All are well there")]),
            ("is-it-one-of-the-cluster", &[Answer("Yes, and old")]),
            ("what-does-the-ingress-say", &[Answer("Nothing renews it")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}
