//! Runbooks: from what is wrong to the page that helps, and step by step to the verified fix.

use std::sync::Arc;

use quarterdeck::config::Tier;
use quarterdeck::ledger::Ledger;
use quarterdeck::runbook::library::{Library, Place, Trust};
use quarterdeck::runbook::walk::{Phase, StepState, Walk};

use super::acts::{Scene, audited, wait_audited};
use super::twin::{Twin, TwinOptions};

/// An environment of the platform with all of its interfaces, the namespace of the platform on the screen.
pub fn options(scene: &Scene) -> TwinOptions {
    let site = scene.platform.site(quarterdeck::sim::seed::Environment::Production).unwrap();
    let (prometheus, health) = (site.place.prometheus.clone(), site.place.health.clone());
    scene
        .options("solia-prod")
        .called()
        .tier(Tier::Confirm)
        .user("anna")
        .configured(move |config| {
            let environment = &mut config.environments[0];
            environment.prometheus = Some(toml::from_str::<Wrapped>(&format!("endpoint = {prometheus:?}")).unwrap().endpoint);
            environment.probes = toml::from_str::<Probes>(&format!("[[probe]]\nname = \"backend\"\nurl = \"{health}/health\""))
                .unwrap()
                .probe;
        })
}

#[derive(serde::Deserialize)]
struct Wrapped {
    endpoint: quarterdeck::config::Endpoint,
}

#[derive(serde::Deserialize)]
struct Probes {
    probe: Vec<quarterdeck::config::Probe>,
}

pub fn walk(twin: &Twin) -> &Walk {
    &twin.app.books.walking.as_ref().expect("a page is open").walk
}

fn at(twin: &Twin) -> String {
    walk(twin).at.clone().unwrap_or_default()
}

/// Waits until the walk stands at this step, and nothing of it runs.
pub fn wait_at(twin: &mut Twin, step: &str) {
    twin.wait_until(&format!("the walk is at {step}"), |app, _| {
        let walking = app.books.walking.as_ref();
        walking.is_some_and(|walking| walking.walk.at.as_deref() == Some(step) && walking.asked.is_none())
    });
}

pub fn state(twin: &Twin, step: &str) -> StepState {
    walk(twin).progress(step).state
}

/// What is to be typed into the dialog that is shown.
pub fn answer(twin: &mut Twin) {
    let screen = twin.wait_text(&["the server would take it", "and enter"]);
    let typed = regex::Regex::new(r"Type (.+?) and enter").unwrap();
    let token = typed.captures(&screen).expect("a token is asked for")[1].to_owned();
    twin.type_text(&format!("{token}\n"));
}

#[test]
fn b_leads_from_a_crashing_release_over_its_page_to_the_verified_fix() {
    let scene = Scene::of("bad-deploy", 20.0);
    let mut twin = options(&scene).start();
    twin.wait_text(&["rollout of revision 42 stuck", "STRIPE_KEY is not set"]);
    twin.press("b");
    // What only reads has run by itself: the first stop is the first judgement.
    wait_at(&mut twin, "what-do-the-new-pods-say");
    assert_eq!(state(&twin, "what-was-released-and-when"), StepState::Passed);
    assert_eq!(state(&twin, "which-pods-are-of-the-new-revision"), StepState::Passed);
    let screen = twin.wait_text(&["logs backend-deployment", "reads", "▸1 The release; the schema", "passed"]);
    assert!(screen.contains("escalate to"), "{screen}");
    twin.wait_text(&["STRIPE_KEY is not set", "kept as evidence"]);
    assert!(twin.record.evidence.keys().any(|name| name.contains("what-do-the-new-pods-say")));
    twin.press("enter");
    wait_at(&mut twin, "roll-back-the-backend");
    let revision = walk(&twin).bindings.get("BACKEND_REVISION").unwrap().to_owned();
    assert!(revision.parse::<u64>().is_ok(), "{revision}");
    twin.wait_text(&["changes, asks first", "ready: enter runs it"]);
    assert_eq!(scene.writes().0, 0, "nothing was changed by looking");
    twin.press("enter");
    answer(&mut twin);
    twin.wait_until("it is done", |app, _| {
        app.books.walking.as_ref().unwrap().walk.progress("roll-back-the-backend").state == StepState::Passed
    });
    wait_audited(&mut twin, &["intended", "succeeded"]);
    // What asks comes by itself; what changes would not.
    wait_at(&mut twin, "does-the-frontend-have-to-go-back-too");
    twin.press("2");
    // The wait looks by itself until the rollout is done, and leads on.
    twin.wait_until("errors are looked at", |app, _| {
        let walking = app.books.walking.as_ref().unwrap();
        walking.walk.at.as_deref() == Some("errors-stay-below-1-")
    });
    assert_eq!(state(&twin, "wait-for-the-backend"), StepState::Passed);
    twin.wait_text(&["until value < 1%", "looks in"]);
    // Nobody waits in vain: ctrl-c ends it, and it is skipped with a reason.
    twin.press("ctrl-c");
    twin.wait_text(&["stopped"]);
    twin.press(">");
    twin.type_text("seen on the panel\n");
    wait_at(&mut twin, "the-health-endpoint-answers-200");
    twin.wait_until("the service answers again", |app, _| {
        app.books.walking.as_ref().unwrap().walk.phase == Phase::Done
            || app
                .books
                .walking
                .as_ref()
                .unwrap()
                .walk
                .progress("the-health-endpoint-answers-200")
                .state
                == StepState::Passed
    });
    twin.wait_until("the finding is gone", |app, _| {
        app.troubles(app.env()).all(|finding| finding.id != "rollout-stuck")
    });
    // What was done stands in the file, and is a page to hand over.
    twin.press("ctrl-s");
    let page = twin.record.saved.pop().unwrap();
    for part in [
        "# Bad deployment",
        "seen on the panel",
        "rollout undo deployment/backend-deployment",
        "anna",
        "BACKEND_REVISION",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn a_walk_goes_on_where_it_was_cut_off() {
    let scene = Scene::of("bad-deploy", 1.0);
    let home = tempfile::tempdir().unwrap();
    let mut twin = options(&scene).start();
    twin.walks = quarterdeck::ledger::Walks::new(Ledger::new(home.path().to_owned()));
    twin.wait_text(&["rollout of revision 42 stuck", "STRIPE_KEY is not set"]);
    twin.press("b");
    wait_at(&mut twin, "what-do-the-new-pods-say");
    twin.press("+");
    twin.type_text("the third release today\n");
    twin.press("enter");
    wait_at(&mut twin, "roll-back-the-backend");
    let before = walk(&twin).clone();
    drop(twin);
    // Another one, of the next shift.
    let mut twin = options(&scene).user("boris").start();
    twin.walks = quarterdeck::ledger::Walks::new(Ledger::new(home.path().to_owned()));
    twin.type_text(":resume-walk\n");
    twin.wait_text(&[
        "on with the walk where it was left",
        "Roll back the backend",
        "ready: enter runs it",
    ]);
    let after = walk(&twin);
    assert_eq!(
        (&after.at, &after.bindings, after.started),
        (&before.at, &before.bindings, before.started)
    );
    assert_eq!(after.people, ["anna", "boris"]);
    assert_eq!(after.notes[0].text, "the third release today");
    twin.press("backspace backspace");
    wait_at(&mut twin, "what-do-the-new-pods-say");
}

#[test]
fn a_page_that_is_not_trusted_is_read_and_not_run() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = options(&scene).start();
    let mut library = Library::built_in();
    let text = "# Ours\n\n```sh\nkubectl get pods\nkubectl delete pod $POD\n```\n";
    library.add("ours", text, Place::File("/team/ours.md".into()), Trust::Not);
    twin.app.books.library = Arc::new(library);
    twin.wait_text(&[" live "]);
    twin.type_text(":runbook ours\n");
    twin.wait_text(&["this page is not trusted, so nothing of it runs: qd runbook trust /team/ours.md"]);
    twin.press("enter");
    assert_eq!(state(&twin, &at(&twin)), StepState::Ready);
}

#[test]
fn a_plain_page_asks_for_what_it_needs_and_for_every_change() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = options(&scene).start();
    let mut library = Library::built_in();
    let text = "# Ours\n\n## Look\n\n```sh\nkubectl get deployment <name> -o jsonpath='{.spec.replicas}'\nkubectl get pods | grep -c backend-deployment\necho \"hello $NAME; $(date +%Y)\"\n```\n";
    library.add("ours", text, Place::File("/team/ours.md".into()), Trust::Directory);
    twin.app.books.library = Arc::new(library);
    twin.wait_text(&[" live "]);
    twin.type_text(":runbook ours\n");
    twin.wait_text(&["it needs NAME: enter asks for it"]);
    twin.press("enter");
    // A hostile value is a value.
    twin.type_text("backend-deployment\n");
    twin.wait_text(&["kubectl get deployment backend-deployment -o", "passed"]);
    assert!(twin.screen().lines().any(|line| line.contains("step 1 of 3")));
    twin.press("enter");
    twin.wait_text(&["step 2 of 3", "passed"]);
    twin.press("enter");
    twin.wait_text(&["step 3 of 3", "not readable, asks first"]);
    assert_eq!(audited(&twin), Vec::<String>::new(), "what reads is no deed");
    twin.press("enter");
    let screen = twin.wait_text(&["and enter"]);
    let typed = regex::Regex::new(r"Type (.+?) and enter").unwrap();
    let token = typed.captures(&screen).unwrap()[1].to_owned();
    twin.type_text(&format!("{token}\n"));
    twin.wait_text(&["hello backend-deployment; 20", "passed"]);
    wait_audited(&mut twin, &["intended", "succeeded"]);
}
