//! The other pages: one for each thing that is found, each to its end and once the wrong way.

use super::Do::*;
use super::{End, Open, Stage, Way};

/// A way from a page's name, on a platform in this state.
fn way(scenario: &str, page: &'static str, stops: &'static [(&'static str, &'static [super::Do])], end: End, writes: usize) {
    walk(&mut Stage::of(scenario), page, stops, end, writes);
}

fn walk(stage: &mut Stage, page: &'static str, stops: &'static [(&'static str, &'static [super::Do])], end: End, writes: usize) {
    stage.walk(&Way {
        page,
        open: Open::Name,
        stops,
        end,
        writes,
    });
}

/// What rolls the backend back ends in the same way on every page.
const BACK: (&str, &[super::Do]) = ("roll-back-the-deployment", &[Set("DEPLOYMENT", "backend-deployment"), Run]);
const ROLLED: (&str, &[super::Do]) = ("wait-for-the-rollout", &[Wait]);

#[test]
fn an_api_that_answers_leads_to_ones_own_network() {
    way(
        "calm",
        "cluster-api-degraded",
        &[("is-it-the-api-or-the-way-to-it", &[Answer("It answers quickly")])],
        End::Book("network-here"),
        0,
    );
}

#[test]
fn an_api_that_is_ill_is_asked_of_aws_and_escalated() {
    let mut stage = Stage::of("calm");
    stage.twin.program("aws", "echo 'ACTIVE 1.36 None'");
    walk(
        &mut stage,
        "cluster-api-degraded",
        &[
            ("is-it-the-api-or-the-way-to-it", &[Answer("It answers slowly")]),
            ("who-asks-so-much", &[Answer("Nothing new")]),
            ("what-does-aws-say", &[Look, Answer("A health issue")]),
        ],
        End::Escalated,
        0,
    );
}

#[test]
fn a_release_that_looks_like_load_is_rolled_back() {
    way(
        "bad-deploy",
        "hpa-limited",
        &[
            ("what-does-it-want", &[Answer("It is at its maximum")]),
            ("is-it-load-or-something-else", &[Answer("As many as usual")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            BACK,
            ROLLED,
        ],
        End::Done,
        1,
    );
}

#[test]
fn load_without_room_for_connections_leads_to_the_database() {
    way(
        "calm",
        "hpa-limited",
        &[
            ("what-does-it-want", &[Answer("It is at its maximum")]),
            ("is-it-load-or-something-else", &[Answer("More requests than usual")]),
            ("is-there-room-for-more-connections", &[Answer("No")]),
        ],
        End::Book("database-connection"),
        0,
    );
}

#[test]
fn a_job_is_run_again_and_done() {
    let mut stage = Stage::of("calm");
    let job = stage.world(|world| {
        let jobs: Vec<_> = world.store.list("jobs", Some("default")).map(|job| job.value()).collect();
        let of_cron = jobs
            .iter()
            .find(|job| job["metadata"]["ownerReferences"][0]["kind"] == "CronJob")
            .unwrap();
        let name = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (
            name(&of_cron["metadata"]["name"]),
            name(&of_cron["metadata"]["ownerReferences"][0]["name"]),
        )
    });
    // The names are those of this platform.
    let (job, cron): (&'static str, &'static str) = (job.0.leak(), job.1.leak());
    let deeds = |deeds: Vec<super::Do>| -> &'static [super::Do] { deeds.leak() };
    let stops = vec![
        ("which-jobs", deeds(vec![Answer("A job failed")])),
        (
            "what-did-it-say",
            deeds(vec![Set("JOB", job), Look, Answer("Something outside was away for a moment")]),
        ),
        ("may-it-run-twice", deeds(vec![Answer("Yes")])),
        ("run-it-again", deeds(vec![Set("CRONJOB", cron), Run])),
        ("it-is-done", deeds(vec![Wait])),
    ];
    walk(&mut stage, "job-failed", stops.leak(), End::Done, 1);
}

#[test]
fn a_job_that_may_not_run_twice_is_escalated() {
    way(
        "calm",
        "job-failed",
        &[("which-jobs", &[Answer("A cron job is suspended")])],
        End::Escalated,
        0,
    );
}

#[test]
fn ones_own_network_is_looked_at_point_by_point() {
    way(
        "calm",
        "network-here",
        &[("what-is-it-here", &[Tick, Answer("It answers again")])],
        End::Done,
        0,
    );
}

#[test]
fn who_sees_nothing_hands_over() {
    way(
        "calm",
        "network-here",
        &[("what-is-it-here", &[Answer("It does not")])],
        End::Escalated,
        0,
    );
}

#[test]
fn a_full_node_takes_no_new_pods() {
    way(
        "calm",
        "node-pressure",
        &[
            ("what-does-the-node-lack", &[Answer("Disk")]),
            ("keep-new-pods-away", &[Run]),
            ("the-pressure-is-gone", &[Answer("Yes")]),
        ],
        End::Done,
        1,
    );
}

#[test]
fn nodes_that_are_too_small_are_escalated() {
    way(
        "calm",
        "node-pressure",
        &[
            ("what-does-the-node-lack", &[Answer("Memory")]),
            ("who-uses-it", &[Answer("All a little")]),
        ],
        End::Escalated,
        0,
    );
}

#[test]
fn a_release_without_its_setting_is_rolled_back() {
    way(
        "bad-deploy",
        "pod-config-error",
        &[
            ("what-is-missing", &[Answer("A secret, or a key of one")]),
            ("is-it-there", &[Answer("It is not")]),
            BACK,
            ROLLED,
        ],
        End::Done,
        1,
    );
}

#[test]
fn a_setting_that_somebody_deleted_is_escalated() {
    way(
        "bad-deploy",
        "pod-config-error",
        &[
            ("what-is-missing", &[Answer("A config map, or a key of one")]),
            ("is-it-there", &[Answer("Somebody deleted it")]),
        ],
        End::Escalated,
        0,
    );
}

#[test]
fn a_volume_that_an_old_pod_holds_leads_to_that_pod() {
    way(
        "calm",
        "pod-stuck-creating",
        &[
            ("what-does-the-node-say", &[Answer("A volume is attached elsewhere")]),
            ("who-holds-the-volume", &[Answer("A pod that is Terminating")]),
        ],
        End::Book("pod-stuck-terminating"),
        0,
    );
}

#[test]
fn a_network_without_addresses_is_escalated() {
    way(
        "calm",
        "pod-stuck-creating",
        &[("what-does-the-node-say", &[Answer("The network")])],
        End::Escalated,
        0,
    );
}

#[test]
fn a_pod_without_data_is_taken_away_by_force() {
    way(
        "calm",
        "pod-stuck-terminating",
        &[
            ("what-holds-it", &[Answer("Neither")]),
            ("is-it-safe-to-take-it-away", &[Answer("It has no data of its own")]),
            ("take-it-away", &[Run]),
            ("it-is-gone", &[Answer("Yes, and another runs")]),
        ],
        End::Done,
        // A deletion that is only tried says so in its body, so that it counts, too.
        2,
    );
}

#[test]
fn a_pod_that_may_have_data_is_left_alone() {
    way(
        "calm",
        "pod-stuck-terminating",
        &[
            ("what-holds-it", &[Answer("Neither")]),
            ("is-it-safe-to-take-it-away", &[Answer("It has, or nobody is sure")]),
        ],
        End::Escalated,
        0,
    );
}

#[test]
fn a_quota_is_freed_by_fewer_pods() {
    way(
        "calm",
        "quota-exhausted",
        &[
            ("what-is-used-of-what", &[Answer("Old pods hold it")]),
            ("which-pods-are-there", &[Answer("A deployment is larger than it has to be")]),
            ("scale-to-three-pods", &[Set("DEPLOYMENT", "backend-deployment"), Run]),
            ROLLED,
            ("nothing-is-refused-any-more", &[Answer("No new FailedCreate")]),
        ],
        End::Done,
        1,
    );
}

#[test]
fn a_quota_that_is_too_small_is_escalated() {
    way(
        "calm",
        "quota-exhausted",
        &[("what-is-used-of-what", &[Answer("It is simply too little")])],
        End::Escalated,
        0,
    );
}

#[test]
fn a_paused_rollout_goes_on() {
    let mut stage = Stage::of("calm");
    stage.world(|world| {
        let all: Vec<_> = world.store.list("deployments", Some("default")).map(|one| one.value()).collect();
        let mut backend = all.into_iter().find(|one| one["metadata"]["name"] == "backend-deployment").unwrap();
        backend["spec"]["paused"] = true.into();
        let now = world.now();
        world.store.put("deployments", backend, now);
    });
    walk(
        &mut stage,
        "replicas-unavailable",
        &[
            ("which-pods-are-there", &[Answer("They are not there at all")]),
            ("why-are-they-not-made", &[Answer("The rollout is paused")]),
            ("go-on-with-the-rollout", &[Set("DEPLOYMENT", "backend-deployment"), Run]),
            ROLLED,
        ],
        End::Done,
        1,
    );
}

#[test]
fn replicas_that_nobody_misses_a_reason_for_are_escalated() {
    way(
        "calm",
        "replicas-unavailable",
        &[
            ("which-pods-are-there", &[Answer("They are not there at all")]),
            ("why-are-they-not-made", &[Answer("Nothing")]),
            ("did-a-deployment-start-it", &[Answer("No")]),
        ],
        End::Escalated,
        0,
    );
}

#[test]
fn a_release_that_changed_the_labels_is_rolled_back() {
    way(
        "bad-deploy",
        "service-no-endpoints",
        &[
            ("what-does-the-service-look-for", &[Set("SERVICE", "backend")]),
            ("which-pods-fit", &[Answer("None fits")]),
            ("did-a-deployment-start-it", &[Answer("Yes")]),
            BACK,
            ROLLED,
            ("the-service-has-endpoints", &[Answer("Yes")]),
        ],
        End::Done,
        1,
    );
}

#[test]
fn a_service_without_pods_leads_to_its_replicas() {
    way(
        "calm",
        "service-no-endpoints",
        &[
            ("what-does-the-service-look-for", &[Set("SERVICE", "backend")]),
            ("which-pods-fit", &[Answer("There are none at all")]),
        ],
        End::Book("replicas-unavailable"),
        0,
    );
}

#[test]
fn a_webhook_is_restarted() {
    way(
        "calm",
        "webhook-failing",
        &[
            ("do-its-pods-run", &[Answer("There are none, or they are not ready")]),
            ("restart-the-webhook", &[Set("DEPLOYMENT", "backend-deployment"), Run]),
            ROLLED,
            ("nothing-is-refused-any-more", &[Answer("No new refusal")]),
        ],
        End::Done,
        1,
    );
}

#[test]
fn a_webhook_that_is_well_and_fails_is_escalated() {
    way(
        "calm",
        "webhook-failing",
        &[("do-its-pods-run", &[Answer("They are well")])],
        End::Escalated,
        0,
    );
}
