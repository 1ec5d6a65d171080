//! Changing the world: the plan, the question, one request, two lines in the audit, the verdict.

use std::path::PathBuf;
use std::sync::Arc;

use quarterdeck::config::{CloudWatch, Tier};
use quarterdeck::ledger::audit::{AuditKind, AuditOutcome};
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::face::{Desk, Fault, Request, Route};
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;
use quarterdeck::source::allowed;
use tempfile::TempDir;

use super::twin::{Twin, TwinOptions};

/// The simulated platform, and a cockpit on its production.
pub struct Scene {
    pub platform: Platform,
    kubeconfig: PathBuf,
    _directory: TempDir,
}

impl Scene {
    pub fn of(scenario: &str, times: f64) -> Self {
        let wanted = Wanted {
            pace: Pace::Times(times),
            ..Wanted::new(scenario::load(scenario).unwrap())
        };
        let platform = Platform::start(wanted).unwrap();
        let directory = tempfile::tempdir().unwrap();
        platform.write(directory.path(), Guide::Hidden).unwrap();
        Self {
            kubeconfig: directory.path().join("kubeconfig"),
            platform,
            _directory: directory,
        }
    }

    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    pub fn options(&self, context: &str) -> TwinOptions {
        TwinOptions::platform(&self.kubeconfig, context, CloudWatch::default()).namespace("default")
    }

    /// Deployments, the cursor on the backend.
    pub fn backend(&self, tier: Tier) -> Twin {
        self.at_backend(self.options("solia-prod").tier(tier))
    }

    pub fn at_backend(&self, options: TwinOptions) -> Twin {
        let mut twin = options.start();
        twin.type_text(":dp\n");
        twin.wait_text(&["deployments", "backend-deployment", " live "]);
        // Its image has the worker's name in it, too.
        twin.type_text("/backend-\n");
        twin.wait_until("it is alone", |app, _| super::rows(app) == 1);
        twin
    }

    pub fn desk(&self) -> Arc<Desk> {
        let site = self.platform.site(Environment::Production).unwrap();
        let (_, desk) = site.desks.iter().find(|(name, _)| *name == "kubernetes").unwrap();
        Arc::clone(desk)
    }

    /// Requests that are no reading: `PATCH …/deployments/backend-deployment`, and whether they are kept.
    pub fn writes(&self) -> (usize, usize) {
        let write = |request: &Request| !matches!(request.method.as_str(), "GET") && !request.path.contains("selfsubject");
        let dry = |request: &Request| request.query("dryRun").is_some();
        let desk = self.desk();
        (desk.count(|r| write(r) && !dry(r)), desk.count(|r| write(r) && dry(r)))
    }
}

/// Waits until the audit says this.
pub fn wait_audited(twin: &mut Twin, words: &[&str]) {
    let audit = twin.audit.clone();
    twin.wait_until(&format!("{words:?} is in the audit"), move |_, _| {
        audit.read().is_ok_and(|lines| lines.len() >= words.len())
    });
    assert_eq!(audited(twin), words);
}

/// `intended`, `outcome succeeded` …
pub fn audited(twin: &Twin) -> Vec<String> {
    let word = |kind, outcome: Option<AuditOutcome>| match (kind, outcome) {
        (AuditKind::Intended, _) => "intended".to_owned(),
        (_, Some(outcome)) => format!("{outcome:?}").to_lowercase(),
        (_, None) => "?".to_owned(),
    };
    let placed = twin.audit.read().unwrap();
    let events = placed.into_iter().map(|line| line.event.unwrap());
    events.map(|event| word(event.kind, event.data.outcome)).collect()
}

pub const ACCEPTED: &str = "the server would take it";

#[test]
fn a_key_shows_a_plan_and_only_its_answer_changes_something() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.press("r");
    twin.wait_text(&[
        "RESTART deployment/backend-deployment",
        ACCEPTED,
        "yes: patch deployments.apps in default",
        "y do it",
    ]);
    assert_eq!(scene.writes(), (0, 1), "tried, and nothing kept");
    for harmless in ["enter", "space", "Y", "r", "enter"] {
        twin.press(harmless);
    }
    twin.go_on(std::time::Duration::from_millis(200));
    assert_eq!(scene.writes(), (0, 1), "no other key does it");
    assert!(audited(&twin).is_empty(), "to look at a plan is no deed");
    twin.press("y");
    twin.wait_text(&["restart deployment/backend-deployment: new pods"]);
    twin.wait_until("it is written", |_, _| true);
    assert_eq!(scene.writes(), (1, 1));
    wait_audited(&mut twin, &["intended", "succeeded"]);
    // Again, a moment later: that takes more than a key. (In the same second it would be so already.)
    let done = twin.app.now;
    twin.wait_until("a second has passed", |app, _| app.now > done);
    twin.press("r");
    twin.wait_text(&["the same was done to it a moment ago", "Type cloud/backend-deployment and enter"]);
    twin.press("y");
    twin.press("esc");
    twin.wait_text(&["nothing was changed"]);
    twin.wait_until("the refusal is written", |_, _| true);
    assert_eq!(scene.writes().0, 1);
}

#[test]
fn a_guarded_environment_wants_its_reason_and_the_number_typed() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Guarded);
    twin.wait_text(&["LOCKED"]);
    twin.type_text(":scale 7\n");
    twin.wait_text(&[
        "SCALE deployment/backend-deployment",
        ACCEPTED,
        "Unlocks for 60 min",
        "Type cloud 7 and enter",
    ]);
    // No reason, no change.
    twin.press("enter");
    twin.wait_text(&["a reason, please"]);
    twin.type_text("queue grows\n");
    twin.type_text("cloud 3\n");
    twin.wait_text(&["that is not it: cloud 7"]);
    assert_eq!(scene.writes().0, 0);
    twin.press("ctrl-u");
    twin.type_text("cloud 7\n");
    twin.wait_text(&["→ 7", "u takes it back", "UNLOCKED 60 min"]);
    assert_eq!(scene.writes().0, 1);
    let placed = twin.audit.read().unwrap();
    let event = placed[0].event.as_ref().unwrap();
    assert_eq!(event.data.reason, "queue grows");
    assert_eq!(event.data.confirmation, "token");
    assert_eq!(
        event.data.command,
        "kubectl -n default scale deployment/backend-deployment --replicas=7"
    );
    // What was done is taken back by one key and its own question.
    twin.press("u");
    twin.wait_text(&["SCALE deployment/backend-deployment", ACCEPTED, "replicas 7 →"]);
    assert!(!twin.screen().contains("Unlocks for"), "it is unlocked");
}

#[test]
fn what_is_wrong_with_the_object_is_the_reason_and_nothing_but_the_token_is_typed() {
    let scene = Scene::of("bad-deploy", 20.0);
    let mut twin = scene.backend(Tier::Guarded);
    twin.wait_until("it is known to be unwell", |app, _| app.findings(app.env()).next().is_some());
    twin.type_text(":scale 7\n");
    twin.wait_text(&[ACCEPTED, "Unlocks for 60 min", "Type cloud 7 and enter", "up why"]);
    twin.press("enter");
    twin.wait_text(&["to do it, type cloud 7"]);
    twin.press("up");
    twin.wait_text(&["enter goes on"]);
    twin.press("down");
    twin.type_text("cloud 7\n");
    twin.wait_text(&["→ 7", "UNLOCKED 60 min"]);
    let event = twin.audit.read().unwrap()[0].event.clone().unwrap();
    assert!(event.data.reason.contains("backend"), "{}", event.data.reason);
}

#[test]
fn pasting_does_not_confirm() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Guarded);
    twin.type_text(":scale 7\n");
    twin.wait_text(&[ACCEPTED, "Type cloud 7"]);
    twin.type_text("why\n");
    twin.paste("cloud 7\n");
    twin.wait_text(&["pasting does not confirm"]);
    twin.press("enter");
    assert_eq!(scene.writes().0, 0);
}

#[test]
fn a_plan_that_is_left_is_in_the_audit_and_nothing_is_sent() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.press("r");
    twin.wait_text(&[ACCEPTED]);
    twin.press("esc");
    twin.wait_text(&["nothing was changed"]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while audited(&twin).is_empty() && std::time::Instant::now() < deadline {
        twin.go_on(std::time::Duration::from_millis(50));
    }
    assert_eq!(audited(&twin), ["cancelled"]);
    assert_eq!(scene.writes().0, 0);
}

#[test]
fn read_only_sends_nothing_but_reads_whatever_is_pressed() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.at_backend(scene.options("solia-prod").tier(Tier::Open).read_only());
    twin.wait_text(&["READ-ONLY"]);
    let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9').filter(|c| *c != 'q');
    let controls = ('a'..='z').filter(|c| !matches!(c, 'c' | 'z' | 'j' | 'm' | 'i' | 'h'));
    let keys: Vec<String> = letters.map(String::from).chain(controls.map(|c| format!("ctrl-{c}"))).collect();
    for key in &keys {
        twin.press("esc esc esc");
        twin.type_text(":dp\n");
        twin.wait_until("the table is there", |app, _| {
            app.table().is_some_and(|table| table.shows(quarterdeck::model::Known::Deployment))
        });
        twin.press(key);
        twin.type_text("y\n");
        twin.press("esc");
    }
    for line in [
        ":kubectl delete pod --all",
        ":kubectl scale deploy/backend-deployment --replicas=0",
        ":delete",
        ":trigger",
        ":roll-back",
        ":forward 4000",
        ":kubectl port-forward deploy/backend-deployment 4000",
        ":! touch /tmp/qd-read-only",
        ":evict",
        ":kubectl evict-pod backend-deployment-x",
        ":no",
        ":drain",
        ":drain --force --delete-emptydir-data",
        ":kubectl drain --ignore-daemonsets ip-10-0-12-34.eu-west-3.compute.internal",
    ] {
        twin.type_text(line);
        twin.type_text("\ny\n");
        twin.press("esc");
    }
    twin.go_on(std::time::Duration::from_millis(300));
    let mut forbidden = Vec::new();
    let site = scene.platform.site(Environment::Production).unwrap();
    for (name, desk) in &site.desks {
        for request in desk.requests() {
            let (method, path) = (request.method.as_str(), &request.path);
            let is_reading = match *name {
                "kubernetes" => allowed::kubernetes(method, path, request.header(&http::header::UPGRADE)),
                "cloudwatch" => allowed::cloudwatch(request.header(&http::HeaderName::from_static("x-amz-target"))),
                _ => allowed::service(method, path),
            };
            if !is_reading {
                forbidden.push(format!("{name}: {method} {path}"));
            }
        }
    }
    assert!(forbidden.is_empty(), "{forbidden:?}");
    assert!(audited(&twin).is_empty());
}

/// What stands in the way of a write, and how it ends: on the screen, at the server, in the audit.
#[test]
fn whatever_happens_to_a_write_it_is_sent_once_and_recorded() {
    let patch = || Route::resource("deployments").method("PATCH").times(1);
    for (name, fault, screen, end, scaled) in [
        (
            "500",
            Some(Fault::Status(500, "InternalError")),
            "the server failed (500)",
            "failed",
            false,
        ),
        ("403", Some(Fault::Status(403, "Forbidden")), "may not patch", "failed", false),
        ("409", Some(Fault::Status(409, "Conflict")), "no longer as it was", "failed", false),
        (
            "429",
            Some(Fault::Throttle(std::time::Duration::from_secs(1))),
            "slow down",
            "failed",
            false,
        ),
        (
            "503",
            Some(Fault::Status(503, "ServiceUnavailable")),
            "not done: the object is as it was",
            "failed",
            false,
        ),
        ("hang", Some(Fault::Hang), "NOT KNOWN", "unknown", false),
        ("cut", Some(Fault::CutAfter(0)), "replicas", "succeeded", true),
        ("none", None, "replicas", "succeeded", true),
    ] {
        let scene = Scene::of("calm", 1.0);
        let mut twin = scene.backend(Tier::Open);
        twin.type_text(":scale 4\n");
        twin.wait_text(&[ACCEPTED, "y do it"]);
        if let Some(fault) = fault {
            scene.desk().fault(patch(), fault);
        }
        twin.press("y");
        twin.wait_text(&[screen]);
        wait_audited(&mut twin, &["intended", end]);
        assert_eq!(scene.writes().0, 1, "{name}: sent once");
        let now = {
            let world = scene.platform.site(Environment::Production).unwrap().world.read();
            let key = quarterdeck::sim::store::Key::new("deployments", "default", "backend-deployment");
            world.store.find(&key).map(|stored| stored.value()["spec"]["replicas"].clone())
        };
        assert_eq!(now == Some(serde_json::json!(4)), scaled, "{name}: {now:?}");
    }
}

#[test]
fn an_object_that_changed_meanwhile_is_not_touched() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":scale 4\n");
    twin.wait_text(&[ACCEPTED, "y do it"]);
    // Somebody else is faster.
    let mut other = scene.backend(Tier::Open);
    other.type_text(":scale 6\n");
    other.wait_text(&[ACCEPTED, "y do it"]);
    other.press("y");
    other.wait_text(&["→ 6"]);
    twin.press("y");
    twin.wait_text(&["no longer as it was"]);
    wait_audited(&mut twin, &["intended", "failed"]);
}

#[test]
fn no_audit_no_change() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.press("r");
    twin.wait_text(&[ACCEPTED, "y do it"]);
    twin.break_audit();
    twin.press("y");
    twin.wait_text(&["without an audit nothing is changed"]);
    assert_eq!(scene.writes().0, 0);
}

#[test]
fn a_bad_rollout_is_rolled_back_to_the_revision_that_served_and_the_verdict_says_so() {
    let scene = Scene::of("bad-deploy", 20.0);
    let mut twin = scene.backend(Tier::Open);
    twin.press("H");
    twin.wait_text(&["ROLLOUT HISTORY deployment/backend-deployment", "served, proposed", "is proposed: "]);
    assert_eq!(scene.writes(), (0, 0), "looking asks for nothing");
    twin.press("enter");
    let screen = twin.wait_text(&["ROLL BACK deployment/backend-deployment", ACCEPTED, "y do it"]);
    assert!(screen.contains("--to-revision="), "always to an explicit one\n{screen}");
    twin.press("y");
    twin.wait_text(&["roll back deployment/backend-deployment: revision"]);
    wait_audited(&mut twin, &["intended", "succeeded"]);
    twin.wait_text(&["roll back deployment/backend-deployment: worked"]);
    // To bring the bad one back is asked in full.
    twin.press("u");
    twin.wait_text(&["it brings back what was rolled back", "Type cloud/backend-deployment"]);
}

#[test]
fn a_line_of_kubectl_becomes_the_same_plan_and_one_that_is_not_understood_says_why() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":kubectl scale deploy backend-deployment --replicas 4\n");
    twin.wait_text(&["SCALE deployment/backend-deployment", ACCEPTED]);
    twin.press("esc");
    twin.type_text(":kubectl explode deploy/backend-deployment\n");
    twin.wait_text(&["explode"]);
    twin.type_text(":kubectl rollout restart deploy/nothing\n");
    twin.wait_text(&["NO PLAN", "not found"]);
    assert_eq!(scene.writes().0, 0);
}

#[test]
fn marked_pods_are_deleted_one_by_one_and_each_is_in_the_audit() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.options("solia-prod").tier(Tier::Open).start();
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text("/frontend\n");
    twin.wait_until("the frontend's pods", |app, _| super::rows(app) >= 2);
    twin.press("g space space ctrl-d");
    twin.wait_text(&["DELETE 2 pods", ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_text(&["delete 2 pods: all 2 done"]);
    // A few are under way at once; each is intended before it is done.
    let mut told = audited(&twin);
    assert_eq!(told.first().map(String::as_str), Some("intended"));
    told.sort();
    assert_eq!(told, ["intended", "intended", "succeeded", "succeeded"]);
    let placed = twin.audit.read().unwrap();
    let ids: Vec<&str> = placed.iter().map(|line| line.event.as_ref().unwrap().id.as_str()).collect();
    for (at, line) in placed.iter().enumerate() {
        if let Some(intent) = line.event.as_ref().unwrap().data.intent.as_deref() {
            assert!(ids[..at].contains(&intent), "its intent stands before it");
        }
    }
    let commands: Vec<&str> = placed
        .iter()
        .map(|line| line.event.as_ref().unwrap().data.command.as_str())
        .collect();
    assert!(commands.iter().all(|command| command.matches("pod/").count() == 1), "{commands:?}");
}

#[test]
fn who_leaves_while_a_change_runs_is_asked_and_what_has_no_outcome_is_found_again() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":scale 4\n");
    twin.wait_text(&[ACCEPTED, "y do it"]);
    scene
        .desk()
        .fault(Route::resource("deployments").method("PATCH").times(1), Fault::Hang);
    twin.press("y");
    twin.wait_until("it is sent", |_, _| scene.writes().0 == 1);
    twin.type_text(":quit\n");
    twin.wait_text(&["a change is under way: once more leaves it alone"]);
    assert_eq!(twin.record.quit, None);
    twin.type_text(":quit\n");
    assert_eq!(twin.record.quit, Some(0));
    let open = twin.audit.open_intents().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        open[0].data.command,
        "kubectl -n default scale deployment/backend-deployment --replicas=4"
    );
}
