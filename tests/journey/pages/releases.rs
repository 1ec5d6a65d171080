//! Releases, and what users feel of them: errors, latency, health.

use super::Do::{Answer, Fails, Offered, Run, TimeOut, Wait};
use super::{End, Open, Stage, Way, guarded};

#[test]
fn a_bad_release_goes_back_on_both_deployments() {
    Stage::of("bad-deploy").walk(&Way {
        page: "bad-deployment",
        open: Open::Key("rollout of revision 42 stuck"),
        stops: &[
            // That some crash and others serve is seen without a key.
            ("what-do-the-new-pods-say", &[Answer("The release; the schema is as before")]),
            ("roll-back-the-backend", &[Run]),
            ("does-the-frontend-have-to-go-back-too", &[Answer("Yes")]),
            ("roll-back-the-frontend", &[Run]),
            ("wait-for-the-backend", &[Wait]),
            ("wait-for-the-frontend", &[Wait]),
            ("errors-stay-below-1-", &[Wait]),
        ],
        end: End::Done,
        writes: 2,
    });
}

#[test]
fn a_release_that_changed_the_schema_is_escalated() {
    Stage::of("bad-deploy").walk(&Way {
        page: "bad-deployment",
        open: Open::Key("rollout of revision 42 stuck"),
        stops: &[("what-do-the-new-pods-say", &[Answer("The release; it changed the schema")])],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn errors_that_began_with_a_release_end_with_it() {
    Stage::of("bad-deploy").walk(&Way {
        page: "high-error-rate",
        open: Open::Name,
        stops: &[
            ("which-service-fails-and-since-when", &[Answer("It began at once")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            ("roll-back-the-deployment", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
            ("errors-stay-below-1-", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn errors_of_a_service_outside_are_escalated() {
    Stage::of("bad-deploy").walk(&Way {
        page: "high-error-rate",
        open: Open::Name,
        stops: &[
            ("which-service-fails-and-since-when", &[Answer("It began at once")]),
            ("did-a-deployment-start-it", &[Answer("No")]),
            ("are-all-pods-there", &[Answer("All are well")]),
            ("what-do-the-logs-say", &[Answer("A service outside")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn latency_that_began_with_a_release_ends_with_it() {
    Stage::of("pool-exhausted").walk(&Way {
        page: "high-latency",
        open: Open::Name,
        stops: &[
            ("which-service-is-slow-and-since-when", &[Answer("It began at once")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            ("roll-back-the-deployment", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
            ("latency-is-back-below-one-second", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
}

#[test]
fn latency_that_nothing_here_explains_is_escalated() {
    Stage::of("calm").walk(&Way {
        page: "high-latency",
        open: Open::Name,
        stops: &[
            ("which-service-is-slow-and-since-when", &[Answer("It grew")]),
            ("do-requests-wait-for-the-database", &[Answer("None waits, or no data")]),
            ("is-the-processor-held-back", &[Answer("Below, or no data")]),
            ("does-the-cache-hit", &[Answer("Above")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn a_health_check_that_fails_since_a_release_passes_after_it() {
    Stage::of("bad-deploy").walk(&Way {
        page: "health-check-failing",
        open: Open::Name,
        stops: &[
            // What the endpoint answers leads to the pods by itself.
            ("are-all-pods-ready", &[Answer("They run and are not ready")]),
            ("what-do-the-logs-say", &[Answer("A fault of the application")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            ("roll-back-the-deployment", &[Run]),
            ("wait-for-the-rollout", &[Wait]),
        ],
        end: End::Done,
        writes: 1,
    });
}

/// A restart starts the same release again: the rollout is never done, and the page says whom to call.
#[test]
fn a_restart_that_does_not_help_is_escalated_when_its_time_is_up() {
    Stage::of("bad-deploy").walk(&Way {
        page: "health-check-failing",
        open: Open::Name,
        stops: &[
            ("are-all-pods-ready", &[Answer("They run and are not ready")]),
            ("what-do-the-logs-say", &[Answer("A fault of the application")]),
            ("did-a-deployment-start-it", &[Answer("No")]),
            ("restart-the-pods-one-by-one", &[Run]),
            ("wait-for-the-rollout", &[TimeOut, Offered("Timeout")]),
        ],
        end: End::Escalated,
        writes: 1,
    });
}

#[test]
fn pods_that_are_all_ready_lead_to_the_service_and_to_no_change() {
    Stage::of("calm").walk(&Way {
        page: "health-check-failing",
        open: Open::Name,
        stops: &[("are-all-pods-ready", &[Answer("All are ready")])],
        end: End::Book("service-no-endpoints"),
        writes: 0,
    });
}

/// `deploy.sh` is a script of the test: it writes down what it was asked.
fn with_script(stage: &mut Stage, ends: u8) -> std::path::PathBuf {
    let log = stage.twin.program("calls", "").with_file_name("calls.log");
    let script = format!("echo \"$@\" >>{}; echo would put v1.8.2 back; exit {ends}", log.display());
    let path = stage.twin.program("deploy.sh", &script);
    let mut config = (*stage.twin.app.config).clone();
    config.runbooks.deploy = Some(path);
    stage.twin.app.config = std::sync::Arc::new(config);
    log
}

#[test]
fn the_script_puts_the_last_tag_back_after_it_was_tried() {
    let mut stage = Stage::with("calm", guarded);
    let log = with_script(&mut stage, 0);
    stage.walk(&Way {
        page: "emergency-rollback",
        open: Open::Name,
        stops: &[
            ("has-the-roll-back-by-kubectl-failed", &[Answer("It failed, or is not enough")]),
            ("does-a-release-run-right-now", &[Answer("Nothing runs")]),
            ("try-it-first", &[Run]),
            ("is-it-the-right-tag", &[Answer("Yes")]),
            ("roll-back", &[Run]),
            ("wait-for-the-backend", &[Wait]),
            ("wait-for-the-frontend", &[Wait]),
        ],
        end: End::Done,
        writes: 0,
    });
    assert_eq!(std::fs::read_to_string(log).unwrap(), "prod --dry-run\nprod --rollback\n");
}

#[test]
fn a_script_that_fails_when_it_is_tried_is_not_run() {
    let mut stage = Stage::with("calm", guarded);
    let log = with_script(&mut stage, 3);
    stage.walk(&Way {
        page: "emergency-rollback",
        open: Open::Name,
        stops: &[
            ("has-the-roll-back-by-kubectl-failed", &[Answer("It failed, or is not enough")]),
            ("does-a-release-run-right-now", &[Answer("Nothing runs")]),
            ("try-it-first", &[Fails, Offered("Fail")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
    assert_eq!(std::fs::read_to_string(log).unwrap(), "prod --dry-run\n");
}

#[test]
fn without_a_script_of_the_team_it_is_done_by_hand() {
    let mut stage = Stage::with("calm", guarded);
    stage.walk(&Way {
        page: "emergency-rollback",
        open: Open::Name,
        stops: &[
            ("has-the-roll-back-by-kubectl-failed", &[Answer("It failed, or is not enough")]),
            ("does-a-release-run-right-now", &[Answer("Nothing runs")]),
            ("try-it-first", &[Answer("Fail")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
    let said = |text: &str| stage.twin.screens.iter().any(|screen| screen.contains(text));
    assert!(said("no deployment script is configured"));
}
