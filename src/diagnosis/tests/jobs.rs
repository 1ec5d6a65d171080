//! Jobs that gave up, and schedules that were missed.

use crate::diagnosis::samples::{
    World, aged, ago, complete_job, cron_job, event, evidence, failed, failed_job, job, line, nothing, only, owned, pod, says,
};
use crate::model::{FeedFact, FeedTrouble, Known, Problem, ProblemKind, Scope, Severity, Time};

#[test]
fn a_job_that_gave_up_says_how_its_pod_ended_and_the_pod_is_told_with_it() {
    let migrate = failed_job("migrate", 600);
    let found = only([failed(owned(pod("migrate-a"), &migrate), 605), migrate]);
    assert_eq!(
        line(&found),
        "warning job-failed Job/migrate: has failed · gave up after 3 failed pods · exit 1 [pod-failed]"
    );
    assert_eq!(found.since, ago(605), "it began with its pod");
    assert_eq!(
        evidence(&found),
        [
            "exit: container app ended: exit 1 after 10s",
            "condition: Failed: yes (BackoffLimitExceeded): Job has reached the specified backoff limit",
        ]
    );
    assert!(found.tail.is_some());
}

#[test]
fn a_job_that_failed_long_ago_is_only_worth_knowing() {
    assert_eq!(only([failed_job("migrate", 2 * 86_400)]).severity, Severity::Info);
    nothing("it came to its end", [complete_job("migrate", 600)]);
    nothing("it runs", [job("migrate", |_| {})]);
    nothing("it is suspended", [job("migrate", |job| (job.active, job.suspended) = (0, true))]);
}

#[test]
fn several_failed_jobs_of_one_schedule_are_one_finding() {
    let nightly = cron_job("nightly", "0 3 * * *", 5 * 3600, |_| {});
    let jobs = [4 * 3600, 28 * 3600, 52 * 3600].map(|at| owned(failed_job(&format!("nightly-{at}"), at), &nightly));
    let found = only(jobs.into_iter().chain([nightly]));
    assert_eq!(
        line(&found),
        "warning job-failed CronJob/nightly: 3 of its last jobs failed · gave up after 3 failed pods"
    );
    assert_eq!(found.since, ago(52 * 3600));
    assert_eq!(found.members.len(), 4);
}

#[test]
fn a_schedule_that_has_run_well_since_is_well() {
    let nightly = cron_job("nightly", "0 3 * * *", 5 * 3600, |_| {});
    let bad = owned(failed_job("nightly-1", 28 * 3600), &nightly);
    let good = owned(complete_job("nightly-2", 4 * 3600), &nightly);
    let rest = failed(owned(pod("nightly-1-a"), &bad), 28 * 3600);
    nothing("the newest job did what it should", [nightly.clone(), bad.clone(), good, rest]);
    let before = owned(complete_job("nightly-0", 52 * 3600), &nightly);
    let found = only([nightly, bad, before]);
    assert_eq!(found.title, "its last job failed · gave up after 3 failed pods");
}

#[test]
fn a_failed_try_of_a_job_that_came_to_its_end_is_history() {
    let nightly = cron_job("nightly", "0 3 * * *", 5 * 3600, |_| {});
    let good = owned(complete_job("nightly-2", 4 * 3600), &nightly);
    let tried = failed(owned(pod("nightly-2-a"), &good), 5 * 3600);
    nothing("the second try did it", [nightly, good, tried]);
}

/// Due every minute, every five, and at three in the morning; now it is eight o'clock.
#[test]
fn a_schedule_that_was_missed_is_told_after_a_moment() {
    for (schedule, last, said) in [
        ("0 3 * * *", 5 * 3600, None),
        ("0 3 * * *", 29 * 3600, Some("did not start when it was due")),
        ("*/5 * * * *", 300, None),
        ("*/5 * * * *", 600, Some("did not start when it was due")),
        ("*/5 * * * *", 3600, Some("did not start, 11 times in a row")),
        ("* * * * *", 120, None),
        ("* * * * *", 240, Some("did not start, 2 times in a row")),
        ("* * * * *", 86_400, Some("did not start, 100 times and more")),
        ("@daily", 8 * 3600, None),
        ("TZ=Europe/Paris 0 4 * * *", 5 * 3600, None),
        ("nonsense", 86_400, None),
    ] {
        // The clock stands a little after eight, so that what is due at eight is late, but not yet too late.
        let mut world = World::new().with([cron_job("c", schedule, last, |_| {})]);
        world.now = if said.is_some() && schedule == "*/5 * * * *" {
            ago(-60)
        } else {
            world.now
        };
        let found: Vec<String> = world.findings().into_iter().map(|f| f.title).collect();
        let want: Vec<String> = said.map(str::to_owned).into_iter().collect();
        assert_eq!(found, want, "{schedule}, {last} s ago");
    }
}

#[test]
fn a_schedule_lives_in_its_time_zone() {
    // Three in the morning in New York is eight in UTC: just now.
    let here = |zone: &str| cron_job("c", "0 3 * * *", 24 * 3600, |cron| cron.time_zone = zone.into());
    nothing("it is due this second", [here("America/New_York")]);
    let found = only([here("")]);
    assert_eq!(found.confidence.word(), "medium", "which zone is meant is not said");
    assert_eq!(only([here("Europe/Paris")]).confidence.word(), "high");
    nothing("nobody knows that zone", [here("Mars/Olympus")]);
}

#[test]
fn what_was_due_before_a_cron_job_was_made_is_not_missed() {
    let fresh = |seconds| aged(cron_job("c", "0 3 * * *", 0, |cron| cron.last_scheduled = Time::NEVER), seconds);
    nothing("made an hour ago", [fresh(3600)]);
    assert_eq!(says([fresh(6 * 3600)]).len(), 1, "made before three o'clock");
    nothing("suspended", [cron_job("c", "0 3 * * *", 40 * 3600, |cron| cron.suspended = true)]);
}

#[test]
fn a_cron_job_whose_last_job_still_runs_may_have_to_wait() {
    let busy = cron_job("c", "*/5 * * * *", 1800, |cron| cron.active = 1);
    let long = owned(job("c-1", |_| {}), &busy);
    let told = event(&busy, "JobAlreadyActive", "Not starting job because prior execution is running", 10);
    let found = only([busy, long, told]);
    assert_eq!((found.severity, found.confidence.word()), (Severity::Info, "high"));
    assert!(found.title.ends_with(" · its last job still runs"), "{}", found.title);
    assert!(
        evidence(&found).iter().any(|s| s == "condition: job c-1 runs for 20m"),
        "{:?}",
        evidence(&found)
    );
}

#[test]
fn what_the_controller_says_of_a_schedule_is_told_until_it_has_started_again() {
    let cron = cron_job("c", "every day", 86_400, |_| {});
    let told = event(&cron, "UnparseableSchedule", "unparseable schedule: every day", 30);
    assert_eq!(
        says([cron, told]),
        ["warning cronjob-missed CronJob/c: starts no jobs · unparseable schedule: every day"]
    );
    let cron = cron_job("c", "*/5 * * * *", 0, |_| {});
    let old = event(&cron, "MissSchedule", "Missed scheduled time to start a job", 400);
    nothing("it has started since", [cron, old]);
}

#[test]
fn while_the_watch_is_broken_no_schedule_is_missed() {
    let mut world = World::new().with([cron_job("c", "0 3 * * *", 29 * 3600, |_| {})]);
    assert_eq!(world.says().len(), 1);
    let problem = Problem::new(ProblemKind::Unreachable, "cut");
    let next = ago(-5);
    world.feed(
        Known::CronJob,
        Scope::All,
        FeedFact::Trouble(FeedTrouble::Retrying { problem, next }),
    );
    assert_eq!(world.says(), Vec::<String>::new());
}
