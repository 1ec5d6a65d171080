//! Jobs and cron jobs.

use super::*;

fn job(name: &str, image: &str, spec: Value) -> Value {
    let mut template = template(name, image);
    template["spec"]["restartPolicy"] = json!("Never");
    let mut job = json!({"metadata": {"namespace": NS, "name": name}, "spec": {"template": template}});
    for (field, value) in spec.as_object().unwrap() {
        job["spec"][field] = value.clone();
    }
    job
}

#[test]
fn a_job_runs_as_often_as_asked_and_then_is_complete() {
    let mut world = world(1);
    world.put("jobs", job("import", "works:1", json!({"completions": 5, "parallelism": 2})));
    let mut most = 0;
    pass_and(&mut world, 10, |world| {
        most = most.max(pods(world).iter().filter(|p| p["status"]["phase"] == "Pending").count());
    });
    let j = doc(&world, "jobs", "import");
    assert_eq!((most, &j["status"]["succeeded"]), (2, &json!(5)));
    assert_eq!(condition(&j, "Complete"), ("True".into(), "CompletionsReached".into()));
    assert!(j["status"]["completionTime"].is_string());
    assert_eq!(said(&world, "Completed"), ["Job completed"]);
    assert_eq!(pods(&world)[0]["metadata"]["labels"]["job-name"], "import");
}

#[test]
fn a_job_that_fails_is_tried_again_ever_later_until_its_limit() {
    let mut world = world(2);
    world.put("jobs", job("migrate", "fails:1", json!({"backoffLimit": 2})));
    pass(&mut world, 5);
    assert_eq!(pods(&world).len(), 1, "it waits after a failure");
    pass(&mut world, 60);
    let j = doc(&world, "jobs", "migrate");
    assert_eq!(j["status"]["failed"], 3);
    assert_eq!(condition(&j, "Failed"), ("True".into(), "BackoffLimitExceeded".into()));
    assert_eq!(
        said(&world, "BackoffLimitExceeded"),
        ["Job has reached the specified backoff limit"]
    );
}

#[test]
fn a_job_has_a_deadline_and_a_time_to_live() {
    let mut world = world(3);
    world.put(
        "jobs",
        job(
            "report",
            "runs:1",
            json!({"activeDeadlineSeconds": 20, "ttlSecondsAfterFinished": 60}),
        ),
    );
    pass(&mut world, 25);
    assert_eq!(condition(&doc(&world, "jobs", "report"), "Failed").1, "DeadlineExceeded");
    assert!(pods(&world).is_empty());
    pass(&mut world, 60);
    assert_eq!(world.store.count("jobs"), 0);
}

fn cron(schedule: &str, image: &str, policy: &str) -> Value {
    let template = job("cleanup", image, json!({}))["spec"]["template"].clone();
    json!({
        "metadata": {"namespace": NS, "name": "cleanup"},
        "spec": {
            "schedule": schedule, "concurrencyPolicy": policy, "successfulJobsHistoryLimit": 2,
            "jobTemplate": {"spec": {"template": template}},
        },
    })
}

#[test]
fn a_cron_job_starts_by_the_clock_and_keeps_few_of_the_past() {
    let mut world = world(4);
    world.put("cronjobs", cron("*/2 * * * *", "works:1", "Allow"));
    pass(&mut world, 100);
    assert_eq!(world.store.count("jobs"), 0, "not before its time");
    pass(&mut world, 30);
    assert_eq!(world.store.count("jobs"), 1);
    let name = world.store.list("jobs", Some(NS)).next().unwrap().key.name.to_string();
    let at: Timestamp = "2026-11-23T06:02:00Z".parse().unwrap();
    assert_eq!(name, format!("cleanup-{}", at.as_second() / 60));
    assert_eq!(
        doc(&world, "cronjobs", "cleanup")["status"]["lastScheduleTime"],
        "2026-11-23T06:02:00Z"
    );
    assert!(doc(&world, "cronjobs", "cleanup")["status"]["active"].is_null());
    pass(&mut world, 480);
    assert_eq!((world.store.count("jobs"), pods(&world).len()), (2, 2));
    assert_eq!(said(&world, "SuccessfulDelete").len(), 3);
    change(&mut world, "cronjobs", "cleanup", |o| o["spec"]["suspend"] = json!(true));
    let before = said(&world, "SawCompletedJob").len();
    pass(&mut world, 300);
    assert_eq!(said(&world, "SawCompletedJob").len(), before);
}

#[test]
fn what_still_runs_is_left_alone_or_replaced() {
    for (policy, created) in [("Forbid", 1), ("Replace", 3), ("Allow", 3)] {
        let mut world = world(5);
        world.put("cronjobs", cron("* * * * *", "runs:1", policy));
        pass(&mut world, 190);
        let jobs = world.store.count("jobs");
        assert_eq!(jobs, if policy == "Allow" { 3 } else { 1 }, "{policy}");
        let made = said(&world, "SuccessfulCreate")
            .iter()
            .filter(|m| m.starts_with("Created job"))
            .count();
        assert_eq!(made, created, "{policy}");
        assert_eq!(
            doc(&world, "cronjobs", "cleanup")["status"]["active"].as_array().map(Vec::len),
            Some(jobs)
        );
    }
}
