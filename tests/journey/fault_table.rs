//! What can go wrong, at each stage of a change: on the screen, in the requests that the server saw, in the audit. Never sent
//! twice, never unrecorded.

use std::time::Duration;

use quarterdeck::config::Tier;
use quarterdeck::sim::face::{Fault, Request, Route};
use quarterdeck::sim::seed::Environment;
use quarterdeck::sim::store::Key;

use super::acts::{ACCEPTED, Scene, audited, wait_audited};
use super::twin::Twin;

const OBJECT: &str = "/apis/apps/v1/namespaces/default/deployments/backend-deployment";
const REVIEWS: &str = "/apis/authorization.k8s.io";

/// A policy's refusal that does not fit into a line: its end tells what to do.
const WEBHOOK: &str = "admission webhook \"policy.solia.example\" denied the request: deployments of the platform are scaled by their autoscaler alone, \
     because a number that is set by hand is taken back within a minute, and because each replica opens twenty connections to a database that \
     takes two hundred; whoever needs more asks the platform team in #platform, or sets the annotation solia.example/by-hand for an hour and \
     writes into it why: the-last-words-of-the-refusal";
const QUOTA: &str =
    "deployments.apps \"backend-deployment\" is forbidden: exceeded quota: compute, requested: count/replicas=4, used: 3, limited: 3";

const GONE: &str = "deployments.apps \"backend-deployment\" not found";

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The object is read for the plan.
    Prepare,
    /// The rights are asked for.
    Rights,
    DryRun,
    Write,
    /// The object is read after a write that was not answered.
    ReadBack,
}

/// What is seen of it.
struct Row {
    stage: Stage,
    name: &'static str,
    fault: Fault,
    /// What the screen says.
    screen: &'static [&'static str],
    /// Whether it is confirmed, and so sent: once.
    sent: usize,
    audit: &'static [&'static str],
    /// Whether the change is made in the end.
    done: bool,
}

const fn row(
    stage: Stage,
    name: &'static str,
    fault: Fault,
    screen: &'static [&'static str],
    sent: usize,
    audit: &'static [&'static str],
    done: bool,
) -> Row {
    Row {
        stage,
        name,
        fault,
        screen,
        sent,
        audit,
        done,
    }
}

const WAIT: Duration = Duration::from_secs(1);

const TABLE: &[Row] = &[
    // A plan that cannot be made is told, and is in the audit.
    row(
        Stage::Prepare,
        "gone",
        Fault::Says(404, GONE),
        &["NO PLAN", "not found"],
        0,
        &["failed"],
        false,
    ),
    row(
        Stage::Prepare,
        "403",
        Fault::Status(403, "Forbidden"),
        &["NO PLAN", "may not get"],
        0,
        &["failed"],
        false,
    ),
    row(
        Stage::Prepare,
        "500",
        Fault::Status(500, "InternalError"),
        &["NO PLAN", "the server failed (500)"],
        0,
        &["failed"],
        false,
    ),
    row(
        Stage::Prepare,
        "hang",
        Fault::Hang,
        &["NO PLAN", "no answer within 3 s"],
        0,
        &["failed"],
        false,
    ),
    row(
        Stage::Prepare,
        "cut",
        Fault::CutAfter(20),
        &["NO PLAN", "broke off"],
        0,
        &["failed"],
        false,
    ),
    row(
        Stage::Prepare,
        "garbage",
        Fault::Garbage,
        &["NO PLAN", "not Kubernetes JSON"],
        0,
        &["failed"],
        false,
    ),
    // Rights that are not told raise what is asked, and do not block.
    row(
        Stage::Rights,
        "403",
        Fault::Status(403, "Forbidden"),
        &["not known: patch", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    row(
        Stage::Rights,
        "500",
        Fault::Status(500, "InternalError"),
        &["not known: patch", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    row(
        Stage::Rights,
        "hang",
        Fault::Hang,
        &["not known: patch", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    row(
        Stage::Rights,
        "cut",
        Fault::CutAfter(20),
        &["not known: patch", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    row(
        Stage::Rights,
        "garbage",
        Fault::Garbage,
        &["not known: patch", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    // What the dry run refuses is not asked; what does not answer raises what is asked.
    row(
        Stage::DryRun,
        "gone",
        Fault::Says(404, GONE),
        &["refused", "not found"],
        0,
        &["refused"],
        false,
    ),
    row(
        Stage::DryRun,
        "changed",
        Fault::Status(409, "Conflict"),
        &["refused", "no longer as it was"],
        0,
        &["refused"],
        false,
    ),
    row(
        Stage::DryRun,
        "webhook",
        Fault::Says(400, WEBHOOK),
        &["refused", "the-last-words-of-the-refusal"],
        0,
        &["refused"],
        false,
    ),
    row(
        Stage::DryRun,
        "quota",
        Fault::Says(403, QUOTA),
        &["refused", "exceeded quota: compute"],
        0,
        &["refused"],
        false,
    ),
    row(
        Stage::DryRun,
        "429",
        Fault::Throttle(WAIT),
        &["no answer: the server asks us to slow down", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    row(
        Stage::DryRun,
        "503",
        Fault::Status(503, "ServiceUnavailable"),
        &["no answer: ", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    row(
        Stage::DryRun,
        "hang",
        Fault::Hang,
        &["no answer: ", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    row(
        Stage::DryRun,
        "cut",
        Fault::CutAfter(20),
        &["no answer: ", "Type cloud 4"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    // A write is sent once, whatever is answered.
    row(
        Stage::Write,
        "gone",
        Fault::Says(404, GONE),
        &["NOT DONE", "not found"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "changed",
        Fault::Status(409, "Conflict"),
        &["NOT DONE", "no longer as it was"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "webhook",
        Fault::Says(403, WEBHOOK),
        &["NOT DONE", "the-last-words-of-the-refusal"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "quota",
        Fault::Says(403, QUOTA),
        &["NOT DONE", "exceeded quota: compute"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "401",
        Fault::ExpiredToken,
        &["NOT DONE", "credentials refused"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "429",
        Fault::Throttle(WAIT),
        &["NOT DONE", "slow down"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "500",
        Fault::Status(500, "InternalError"),
        &["NOT DONE", "the server failed (500)"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "503",
        Fault::Status(503, "ServiceUnavailable"),
        &["NOT DONE", "the object is as it was"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "504",
        Fault::Status(504, "Timeout"),
        &["NOT KNOWN"],
        1,
        &["intended", "unknown"],
        false,
    ),
    row(
        Stage::Write,
        "hang",
        Fault::Hang,
        &["NOT KNOWN"],
        1,
        &["intended", "unknown"],
        false,
    ),
    row(
        Stage::Write,
        "html",
        Fault::Html,
        &["NOT DONE", "the object is as it was"],
        1,
        &["intended", "failed"],
        false,
    ),
    row(
        Stage::Write,
        "cut",
        Fault::CutAfter(0),
        &["no answer came"],
        1,
        &["intended", "succeeded"],
        true,
    ),
    // What became of it cannot be read either.
    row(
        Stage::ReadBack,
        "403",
        Fault::Status(403, "Forbidden"),
        &["NOT KNOWN"],
        1,
        &["intended", "unknown"],
        true,
    ),
    row(
        Stage::ReadBack,
        "500",
        Fault::Status(500, "InternalError"),
        &["NOT KNOWN"],
        1,
        &["intended", "unknown"],
        true,
    ),
    row(
        Stage::ReadBack,
        "garbage",
        Fault::Garbage,
        &["NOT KNOWN"],
        1,
        &["intended", "unknown"],
        true,
    ),
    row(
        Stage::ReadBack,
        "gone",
        Fault::Says(404, GONE),
        &["NOT KNOWN", "the object is gone"],
        1,
        &["intended", "unknown"],
        true,
    ),
];

fn replicas(scene: &Scene) -> Option<u64> {
    let world = scene.platform.site(Environment::Production).unwrap().world.read();
    let stored = world.store.find(&Key::new("deployments", "default", "backend-deployment"))?;
    stored.value()["spec"]["replicas"].as_u64()
}

/// Confirms what is asked, however much that is.
fn confirm(twin: &mut Twin) {
    let screen = twin.wait_until("it is asked", |_, screen| {
        screen.contains("y do it") || screen.contains("Type cloud 4")
    });
    match screen.contains("y do it") {
        true => twin.press("y"),
        false => twin.type_text("cloud 4\n"),
    }
}

fn play(row: &Row) {
    let scene = Scene::of("calm", 1.0);
    let desk = scene.desk();
    let object = |method: &str| Route::path(OBJECT).method(method);
    let mut twin = scene.backend(Tier::Open);
    twin.wait_text(&["r restart"]);
    let before = replicas(&scene);
    match row.stage {
        Stage::Prepare => drop(desk.fault(object("GET"), row.fault.clone())),
        Stage::Rights => drop(desk.fault(Route::path(REVIEWS), row.fault.clone())),
        Stage::DryRun => drop(desk.fault(object("PATCH"), row.fault.clone())),
        Stage::Write | Stage::ReadBack => {}
    }
    twin.type_text(":scale 4\n");
    if row.stage == Stage::DryRun && row.sent > 0 {
        twin.wait_text(row.screen);
        // The fault was the dry run's alone.
        desk.lift_all();
    }
    if row.sent > 0 {
        if matches!(row.stage, Stage::Write | Stage::ReadBack) {
            twin.wait_text(&[ACCEPTED, "y do it"]);
        } else {
            twin.wait_text(row.screen);
        }
        match row.stage {
            Stage::Write => drop(desk.fault(object("PATCH"), row.fault.clone())),
            Stage::ReadBack => {
                desk.fault(object("PATCH"), Fault::CutAfter(0));
                desk.fault(object("GET"), row.fault.clone());
            }
            Stage::Prepare | Stage::Rights | Stage::DryRun => {}
        }
        if row.stage != Stage::DryRun {
            twin.wait_text(&[ACCEPTED]);
        }
        confirm(&mut twin);
    }
    if row.sent == 0 || matches!(row.stage, Stage::Write | Stage::ReadBack) {
        twin.wait_text(row.screen);
    }
    let audit = twin.audit.clone();
    let lines = row.audit.len();
    twin.wait_until("the audit is written", |_, _| audit.read().is_ok_and(|read| read.len() >= lines));
    assert_eq!(audited(&twin), row.audit, "{:?} {}", row.stage, row.name);
    let is_write = |r: &Request| !matches!(r.method.as_str(), "GET") && !r.path.contains("selfsubject") && r.query("dryRun").is_none();
    assert_eq!(desk.count(is_write), row.sent, "{:?} {}", row.stage, row.name);
    let after = replicas(&scene);
    assert_eq!(
        after == Some(4) && after != before,
        row.done,
        "{:?} {}: {before:?} → {after:?}",
        row.stage,
        row.name
    );
}

fn play_all(stage: Stage) {
    // All rows are played, so that one failure does not hide the next.
    let failed = TABLE
        .iter()
        .filter(|row| row.stage == stage && std::panic::catch_unwind(|| play(row)).is_err());
    let failed: Vec<&str> = failed.map(|row| row.name).collect();
    assert!(failed.is_empty(), "{stage:?}: {failed:?}");
}

#[test]
fn while_the_object_is_read() {
    play_all(Stage::Prepare);
}

#[test]
fn while_the_rights_are_asked() {
    play_all(Stage::Rights);
}

#[test]
fn in_the_dry_run() {
    play_all(Stage::DryRun);
}

#[test]
fn in_the_write() {
    play_all(Stage::Write);
}

#[test]
fn while_it_is_read_what_became_of_a_write() {
    play_all(Stage::ReadBack);
}

/// One of the same name is another: the server compares, and nothing is done to it.
#[test]
fn an_object_that_was_made_anew_under_its_name_is_not_touched() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":scale 4\n");
    twin.wait_text(&[ACCEPTED, "y do it"]);
    let world = &scene.platform.site(Environment::Production).unwrap().world;
    let now = world.now();
    world.change(|world| {
        let key = Key::new("deployments", "default", "backend-deployment");
        let mut other = world.store.remove(&key, now).unwrap().value();
        other["metadata"]["uid"] = "00000000-0000-4000-8000-000000000001".into();
        world.store.put("deployments", other, now);
    });
    twin.press("y");
    twin.wait_text(&["NOT DONE", "no longer as it was"]);
    wait_audited(&mut twin, &["intended", "failed"]);
    assert_ne!(replicas(&scene), Some(4));
    assert_eq!(scene.writes().0, 1);
}
