//! What keeps a hand from the wrong change before anything is tried: rights, identities, the wrong cluster, policies.

use std::time::Duration;

use quarterdeck::app::{Command, rights};
use quarterdeck::config::{Policy, Rule, Source, Tier};
use quarterdeck::sim::face::{Fault, Request, Route};

use super::acts::{ACCEPTED, Scene, wait_audited};
use super::twin::TwinOptions;

fn reviews(scene: &Scene) -> usize {
    scene.desk().count(|request| request.path.contains("selfsubjectaccessreviews"))
}

#[test]
fn what_rbac_denies_is_greyed_with_what_it_lacks_before_it_is_tried() {
    let scene = Scene::of("calm", 1.0);
    let options = scene.options("solia-prod-readonly").tier(Tier::Open);
    let mut twin = scene.at_backend(options);
    let screen = twin.wait_text(&["s needs patch deployments/scale, H r patch deployments"]);
    let footer = screen.lines().last().unwrap();
    assert!(!footer.contains("restart"), "what is refused is not offered: {footer}");
    // Nothing is asked again while nothing changes, whatever is pressed.
    twin.wait_until("all rights are known", |app, _| rights::demands(app).is_empty());
    let asked = reviews(&scene);
    twin.press("j k g G");
    twin.go_on(Duration::from_millis(200));
    assert_eq!(reviews(&scene), asked);
    twin.press("?");
    twin.press(&["down"; 40].join(" "));
    twin.wait_text(&[
        "needs patch deployments: Make new pods",
        "needs delete deployments: Delete the object",
    ]);
    twin.press("esc");
    twin.press("r");
    twin.wait_text(&[
        "NOT ALLOWED",
        "restart needs patch deployments.apps in default, which solia-viewer may not",
        "kubectl -n default rollout restart deployment/backend-deployment",
        "c copy the line",
    ]);
    twin.press("c");
    twin.wait_record("the line is copied", |record| {
        record
            .copied
            .last()
            .is_some_and(|line| line == "kubectl -n default rollout restart deployment/backend-deployment")
    });
    assert_eq!(scene.writes(), (0, 0), "not even tried");
    wait_audited(&mut twin, &["refused"]);
    twin.press("esc");
    // A number is not asked for what will be refused anyway.
    twin.press("s");
    twin.wait_text(&["NOT ALLOWED", "scale needs patch deployments.apps/scale in default", "--replicas="]);
}

#[test]
fn a_right_that_was_given_meanwhile_is_seen_at_the_next_press() {
    let scene = Scene::of("calm", 1.0);
    // At first the server denies it.
    let review = Route::path("/apis/authorization.k8s.io").method("POST");
    let denied = r#"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"status":{"allowed":false}}"#;
    let fault = scene.desk().fault(review, Fault::Body(denied));
    let mut twin = scene.backend(Tier::Open);
    // All that the key needs was asked: of all names, and of this one.
    twin.wait_text(&["s needs patch deployments/scale, H r patch deployments"]);
    scene.desk().lift(fault);
    twin.press("r");
    twin.wait_text(&["NOT ALLOWED"]);
    twin.press("esc");
    twin.wait_until("the key is offered again", |app, _| {
        rights::missing(app, Command::Restart).is_none()
    });
    twin.press("r");
    twin.wait_text(&["RESTART deployment/backend-deployment", ACCEPTED, "y do it"]);
}

#[test]
fn no_key_waits_for_an_answer_about_rights() {
    let scene = Scene::of("calm", 1.0);
    scene.desk().fault(Route::path("/apis/authorization.k8s.io"), Fault::Hang);
    let mut twin = scene.backend(Tier::Open);
    let screen = twin.wait_text(&["r restart"]);
    assert!(!screen.contains("needs"), "{screen}");
    twin.press("r");
    // It says so and asks for more, and does not block.
    twin.wait_text(&["not known: patch deployments.apps in default", "Type cloud restart and enter"]);
}

#[test]
fn a_locked_environment_is_read_as_somebody_who_may_not_and_changed_as_somebody_who_may() {
    let scene = Scene::of("calm", 1.0);
    let options = scene.options("solia-prod").tier(Tier::Guarded).reading_as("solia-prod-readonly");
    let mut twin = scene.at_backend(options.size(200, 50));
    let screen = twin.wait_text(&["LOCKED", "solia-viewer"]);
    assert!(!screen.contains("solia-admin") && !screen.contains("needs"), "{screen}");
    let by_admin = |request: &Request| request.header(&http::header::AUTHORIZATION).contains("admin");
    assert_eq!(scene.desk().count(by_admin), 0, "whoever may change things is not needed to look");
    let first = twin.screens.len();
    twin.type_text(":scale 4\n");
    twin.wait_text(&[
        "SCALE deployment/backend-deployment",
        "as solia-admin",
        "yes: patch",
        ACCEPTED,
        "Type cloud 4",
    ]);
    assert!(twin.screen().contains("solia-viewer"), "it is still read as before");
    twin.type_text("queue grows\ncloud 4\n");
    twin.wait_text(&["→ 4", "UNLOCKED 60 min"]);
    twin.wait_until("it is read as whoever changes it", |_, screen| {
        screen.lines().next().is_some_and(|header| header.contains("solia-admin"))
    });
    let placed = twin.audit.read().unwrap();
    assert!(
        placed
            .iter()
            .all(|line| line.event.as_ref().unwrap().data.identity == "solia-admin")
    );
    // Live again as the new one.
    twin.wait_text(&["4/4"]);
    twin.type_text(":lock\n");
    twin.wait_until("it is read as before", |_, screen| {
        screen
            .lines()
            .next()
            .is_some_and(|header| header.contains("LOCKED") && header.contains("solia-viewer"))
    });
    for screen in &twin.screens[first..] {
        assert!(screen.contains("backend-deployment"), "nothing goes away:\n{screen}");
        assert!(!screen.contains("connecting") || screen.contains("PLAN"), "{screen}");
    }
    twin.wait_text(&[" live "]);
}

#[test]
fn who_cannot_become_the_writer_is_told_why_and_goes_on_reading() {
    let scene = Scene::of("calm", 1.0);
    let options = scene.options("solia-nowhere").tier(Tier::Guarded).reading_as("solia-prod-readonly");
    let mut twin = scene.at_backend(options.size(160, 40));
    twin.press("r");
    twin.wait_text(&["NO PLAN", "there is no context solia-nowhere"]);
    twin.press("esc");
    twin.type_text(":unlock queue grows\n");
    twin.wait_text(&["UNLOCKED", "to change: misconfigured", "backend-deployment", " live "]);
    assert_eq!(scene.writes(), (0, 0));
}

#[test]
fn another_cluster_than_the_one_that_is_meant_is_never_changed() {
    let scene = Scene::of("calm", 1.0);
    let options = scene.options("solia-prod").tier(Tier::Open).configured(|config| {
        config.environments[0].identity.cluster = "solia-staging".into();
    });
    let mut twin = scene.at_backend(options);
    twin.wait_text(&["WRONG CLUSTER", "LOCKED"]);
    for line in ["r", "ctrl-d"] {
        twin.press(line);
        twin.wait_text(&[
            "NOT ALLOWED",
            "the cluster is solia-prod, not the solia-staging that the configuration names",
            "c copy the line",
        ]);
        twin.press("y esc");
    }
    assert_eq!(scene.writes(), (0, 0), "not even a dry run");
    wait_audited(&mut twin, &["refused", "refused"]);
}

#[test]
fn an_environment_that_no_configuration_names_says_so() {
    let scene = Scene::of("calm", 1.0);
    let options = scene.options("solia-prod").configured(|config| {
        config.environments[0].source = Source::Kubeconfig;
    });
    let mut twin = scene.at_backend(options.size(160, 40));
    twin.wait_text(&["LOCKED", "not configured: guarded"]);
    twin.press("r");
    twin.wait_text(&["no configuration names it: it is treated as production", ACCEPTED]);
}

#[test]
fn a_policy_refuses_by_user_and_action_and_says_why() {
    let scene = Scene::of("calm", 1.0);
    let policy = |actions: &[&str], who: &[&str]| Policy {
        environments: vec!["cloud".into()],
        actions: actions.iter().map(|action| (*action).into()).collect(),
        rule: Rule::Deny,
        level: None,
        who: who.iter().map(|user| (*user).into()).collect(),
        reason: "ask the DevOps team".into(),
    };
    let options = |policies: Vec<Policy>| -> TwinOptions {
        scene.options("solia-prod").tier(Tier::Open).user("anna").configured(|config| {
            config.policies = policies;
            config.guard.max_objects = Some(1);
        })
    };
    let mut twin = scene.at_backend(options(vec![policy(&["restart"], &["anna", "ben"]), policy(&["scale"], &["ben"])]));
    twin.press("r");
    twin.wait_text(&["restart is not done in cloud: ask the DevOps team", "c copy the line"]);
    twin.press("y esc");
    wait_audited(&mut twin, &["refused"]);
    twin.type_text(":scale 4\n");
    twin.wait_text(&[ACCEPTED, "y do it"]);
    twin.press("esc");
    // More at once than one action may touch.
    twin.type_text(":pods\n");
    twin.type_text("/frontend\n");
    twin.wait_until("the frontend's pods", |app, _| super::rows(app) >= 2);
    twin.press("g space space ctrl-d");
    twin.wait_text(&["2 objects are more than the 1 that one action may touch"]);
    wait_audited(&mut twin, &["refused", "cancelled", "refused"]);
}

#[test]
fn an_unlock_is_extended_by_one_key_and_ends_with_its_user() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Guarded);
    twin.freeze(quarterdeck::model::Time(jiff::Timestamp::now().as_second()));
    twin.type_text(":unlock queue grows\n");
    twin.wait_text(&["UNLOCKED 60 min"]);
    twin.pass(600);
    twin.wait_text(&["UNLOCKED 50 min"]);
    twin.press("U");
    twin.wait_text(&["UNLOCKED 60 min", "unlocked for 60 min"]);
    assert_eq!(twin.app.deeds.locks.of(twin.env()).reason(), "queue grows");
    // The kubeconfig leads elsewhere, as somebody else.
    let text = std::fs::read_to_string(scene.kubeconfig()).unwrap();
    std::fs::write(scene.kubeconfig(), text.replace("solia-admin", "solia-other")).unwrap();
    twin.press("ctrl-r");
    twin.wait_text(&["LOCKED", "solia-other"]);
    let screen = twin.screen();
    assert!(!screen.contains("UNLOCKED"), "{screen}");
}
