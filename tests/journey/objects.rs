//! Objects changed as a whole or many at once: history, editor, files, selectors, resources, bounds.

use quarterdeck::config::Tier;
use quarterdeck::sim::face::Request;
use quarterdeck::sim::seed::Environment;
use serde_json::{Value, json};

use super::acts::{ACCEPTED, Scene, audited, wait_audited};
use super::twin::Twin;

/// An object as the simulated server has it.
fn stored(scene: &Scene, shelf: &str, name: &str) -> Option<Value> {
    let world = scene.platform.site(Environment::Production).unwrap().world.read();
    let key = quarterdeck::sim::store::Key::new(shelf, "default", name);
    world.store.find(&key).map(|stored| stored.value())
}

fn backend(scene: &Scene) -> Value {
    stored(scene, "deployments", "backend-deployment").unwrap()
}

/// Whether an autoscaler of the workload under the cursor is seen.
fn is_scaled(app: &quarterdeck::app::App) -> bool {
    let found = app.seen().zip(app.reference());
    found.is_some_and(|(seen, workload)| quarterdeck::action::plan::blast::autoscaler(seen, &workload).is_some())
}

/// An editor that runs this command of sed on the file.
fn sed(script: &str) -> String {
    format!("sed -i -e '{script}'")
}

/// Somebody else, with another cockpit.
fn somebody(scene: &Scene, line: &str) {
    let mut other = scene.backend(Tier::Open);
    other.type_text(&format!("{line}\n"));
    other.wait_text(&[ACCEPTED, "y do it"]);
    other.press("y");
    other.wait_until("it is done", |_, screen| screen.contains("u takes it back"));
}

/// Goes on until so many files are gone.
fn wait_forgotten(twin: &mut Twin, many: usize) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while twin.forgotten.len() < many {
        assert!(std::time::Instant::now() < deadline, "{:?}\n{}", twin.forgotten, twin.screen());
        twin.go_on(std::time::Duration::from_millis(50));
    }
}

#[test]
fn the_history_lets_one_choose_and_shows_what_going_back_changes() {
    let scene = Scene::of("bad-deploy", 20.0);
    let mut twin = scene.backend(Tier::Open);
    twin.press("H");
    let screen = twin.wait_text(&[
        "ROLLOUT HISTORY",
        "REV",
        "READY",
        "runs now",
        "served, proposed",
        "Going back to",
        "image",
    ]);
    assert!(screen.contains("enter plan "), "{screen}");
    // What runs cannot be gone back to.
    twin.press("g enter");
    twin.wait_text(&["is what runs: choose another", "This is what runs now"]);
    twin.press("down tab");
    let whole = twin.wait_text(&["tab the list", "Going back to"]);
    assert!(!whole.contains("served, proposed"), "the difference alone\n{whole}");
    twin.press("tab c");
    twin.wait_record("the line is copied", |record| {
        record
            .copied
            .last()
            .is_some_and(|line| line.contains("rollout undo deployment/backend-deployment --to-revision="))
    });
    twin.press("enter");
    twin.wait_text(&["ROLL BACK deployment/backend-deployment", "you named it", ACCEPTED]);
    twin.press("esc");
    // The line opens the same, on the revision that it names.
    twin.type_text(":kubectl rollout history deploy/backend-deployment --revision=1\n");
    twin.wait_until("it is on that one", |_, screen| {
        screen.contains("plan 1 again") || screen.contains("ROLLOUT HISTORY") && screen.contains("is proposed")
    });
    twin.press("esc");
    assert_eq!(scene.writes().0, 0);
}

#[test]
fn daemon_sets_have_a_history_too() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":ds all\n");
    twin.wait_until("there are some", |app, _| super::twin::rows(app) > 0);
    let ready = twin.app.object().and_then(|(_, object)| match &object.body {
        quarterdeck::model::Body::Workload(workload) => Some(workload.ready),
        _ => None,
    });
    twin.press("H");
    let screen = twin.wait_text(&["ROLLOUT HISTORY daemonset/", "runs now", "there is no older revision"]);
    let row = screen.lines().find(|line| line.contains("runs now")).unwrap();
    assert!(
        row.contains(&format!(" {} ", ready.unwrap())),
        "its pods that are ready: {ready:?}\n{screen}"
    );
}

#[test]
fn an_edit_becomes_a_plan_of_what_was_changed() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.editor = sed("s/^\\( *\\)replicas: .*/\\1replicas: 4/");
    twin.press("e");
    let screen = twin.wait_text(&["EDIT deployment/backend-deployment", "spec.replicas", "→ 4", ACCEPTED, "y do it"]);
    assert!(
        screen.contains("patch deployment/backend-deployment --type=json"),
        "by hand\n{screen}"
    );
    assert!(twin.forgotten.is_empty(), "the text is kept until it is done");
    assert_eq!(scene.writes(), (0, 1));
    twin.press("y");
    twin.wait_text(&["edit deployment/backend-deployment: spec.replicas", "u takes it back"]);
    assert_eq!(backend(&scene)["spec"]["replicas"], 4);
    wait_audited(&mut twin, &["intended", "succeeded"]);
    assert_eq!(twin.forgotten.len(), 1, "then it goes");
    assert!(!twin.forgotten[0].exists());
    twin.press("u");
    twin.wait_text(&["PATCH deployment/backend-deployment", "spec.replicas: 4 →", ACCEPTED]);
}

#[test]
fn an_edit_that_changes_nothing_or_whose_editor_fails_does_nothing() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.editor = "true".into();
    twin.press("e");
    twin.wait_text(&["nothing was changed: nothing is done"]);
    // A comment, another order, other quotes are no change.
    twin.editor = "sed -i '$a # seen'".into();
    twin.type_text(":kubectl edit deploy/backend-deployment\n");
    wait_forgotten(&mut twin, 2);
    twin.wait_text(&["nothing was changed: nothing is done"]);
    twin.editor = "sh -c 'exit 3' --".into();
    twin.press("e");
    twin.wait_text(&["exit status: 3: nothing is done"]);
    assert_eq!(scene.writes(), (0, 0));
    assert!(audited(&twin).is_empty());
}

#[test]
fn a_mistake_is_named_with_its_line_and_the_text_is_opened_again() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.editor = sed("s/^spec:/spec: [/");
    twin.press("e");
    let screen = twin.wait_text(&["NO PLAN", "line ", "e edit again"]);
    assert!(screen.contains("kubectl -n default edit deployment/backend-deployment"), "{screen}");
    // Put right, with what was wrong written at the top.
    twin.editor =
        "sh -c 'grep -q \"^# A MISTAKE: line\" \"$1\" && sed -i -e \"s/^spec: \\[/spec:/\" -e \"s/replicas: .*/replicas: 8/\" \"$1\"' --"
            .into();
    twin.press("e");
    twin.wait_text(&["EDIT deployment/backend-deployment", "→ 8", ACCEPTED]);
    // Left in the end: nothing was done, and the text goes.
    twin.press("n");
    twin.wait_text(&["nothing was changed"]);
    assert_eq!(scene.writes().0, 0);
    assert!(twin.forgotten.iter().all(|file| !file.exists()));
    // Another object is not written by renaming this one.
    twin.editor = sed("s/^  name: backend-deployment/  name: other/");
    twin.press("e");
    twin.wait_text(&["NO PLAN", "metadata.name says which object it is"]);
}

#[test]
fn an_edit_of_what_changed_meanwhile_is_kept_and_offered_upon_the_object_as_it_is() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.editor = sed("s/^\\( *\\)replicas: .*/\\1replicas: 4/");
    twin.press("e");
    twin.wait_text(&["EDIT deployment/backend-deployment", ACCEPTED, "y do it"]);
    somebody(&scene, ":scale 6");
    twin.press("y");
    let screen = twin.wait_text(&["NOT DONE", "no longer as it was", "your edit is kept in", "e edit again"]);
    assert!(twin.forgotten.is_empty(), "{screen}");
    wait_audited(&mut twin, &["intended", "failed"]);
    let note = tempfile::NamedTempFile::new().unwrap();
    twin.editor = format!(
        "sh -c 'cp \"$1\" {}; sed -i \"s/replicas: 6/replicas: 7/\" \"$1\"' --",
        note.path().display()
    );
    twin.press("e");
    twin.wait_text(&["EDIT deployment/backend-deployment", "spec.replicas: 6 → 7", ACCEPTED, "y do it"]);
    let offered = std::fs::read_to_string(note.path()).unwrap();
    assert!(
        offered.contains("NOT TAKEN OVER") && offered.contains("spec.replicas: 4 (it is 6 now)"),
        "{offered}"
    );
    twin.press("y");
    twin.wait_until("it is done", |_, _| backend(&scene)["spec"]["replicas"] == 7);
}

#[test]
fn secrets_reach_no_file_and_no_screen_by_an_edit() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":kubectl edit secret/backend-secrets\n");
    twin.wait_text(&["NO PLAN", "secrets are not edited from here", "c copy the line"]);
    twin.press("c");
    twin.wait_record("the line is copied", |record| {
        record
            .copied
            .last()
            .is_some_and(|line| line == "kubectl -n default edit secret/backend-secrets")
    });
    twin.press("esc");
    twin.type_text(":kubectl set env deploy/backend-deployment API_TOKEN=hunter2hunter2\n");
    let typed = twin.screens.len();
    twin.wait_text(&["SET VARIABLES OF", ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_text(&["set variables of deployment/backend-deployment: "]);
    let note = tempfile::NamedTempFile::new().unwrap();
    twin.editor = format!(
        "sh -c 'cp \"$1\" {}; sed -i \"s/replicas: .*/replicas: 8/\" \"$1\"' --",
        note.path().display()
    );
    twin.press("e");
    twin.wait_text(&["EDIT deployment/backend-deployment", "→ 8", ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_until("it is done", |_, _| backend(&scene)["spec"]["replicas"] == 8);
    let file = std::fs::read_to_string(note.path()).unwrap();
    assert!(file.contains("(hidden 1)") && !file.contains("hunter2"), "{file}");
    assert!(
        backend(&scene).to_string().contains("hunter2hunter2"),
        "what was hidden stays as it was"
    );
    assert!(
        !twin.screens[typed..].iter().any(|screen| screen.contains("hunter2")),
        "nowhere on the screen"
    );
}

fn manifest(text: &Value) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), text.to_string()).unwrap();
    file
}

#[test]
fn a_file_is_applied_as_the_difference_that_it_makes() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    let config =
        |value: &str| manifest(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}, "data": {"mode": value}}));
    let new = config("slow");
    twin.type_text(&format!(":kubectl apply -f {}\n", new.path().display()));
    twin.wait_text(&["APPLY configmap/flags", "a new configmaps/default/flags", ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_text(&["apply configmap/flags: a new", "u takes it back"]);
    assert_eq!(stored(&scene, "configmaps", "flags").unwrap()["data"], json!({"mode": "slow"}));
    let other = config("fast");
    twin.type_text(&format!(":kubectl apply -f {}\n", other.path().display()));
    twin.wait_text(&[
        "APPLY configmap/flags",
        "data.mode: slow → fast",
        "fields that the file does not have stay",
        ACCEPTED,
    ]);
    // The same thing was done to it a moment ago: more is asked.
    twin.wait_text(&["Type cloud/flags and enter"]);
    twin.type_text("cloud/flags\n");
    twin.wait_text(&["apply configmap/flags: data.mode slow → fast"]);
    assert_eq!(stored(&scene, "configmaps", "flags").unwrap()["data"], json!({"mode": "fast"}));
    twin.type_text(&format!(":kubectl apply -f {}\n", other.path().display()));
    twin.wait_text(&["NO PLAN", "it is so already: nothing would change"]);
    twin.press("esc");
    let secret = manifest(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}));
    twin.type_text(&format!(":kubectl apply -f {}\n", secret.path().display()));
    twin.wait_text(&["secrets are not applied from here"]);
    twin.type_text(":kubectl apply -f /no/such/file.yaml\n");
    twin.wait_text(&["/no/such/file.yaml cannot be read"]);
}

#[test]
fn read_only_edits_and_applies_nothing_and_gives_the_line() {
    let scene = Scene::of("calm", 1.0);
    let mut twin: Twin = scene.at_backend(scene.options("solia-prod").tier(Tier::Open).read_only());
    twin.editor = "false".into();
    for line in [
        ":edit",
        ":kubectl edit deploy/backend-deployment",
        ":kubectl apply -f x.yaml",
        ":hpa 2 9",
        ":resources cpu=1",
    ] {
        twin.type_text(&format!("{line}\n"));
        twin.wait_text(&["read-only: nothing is changed from here; :copy-line takes kubectl"]);
    }
    // To look at the history is to read.
    twin.press("H");
    twin.wait_text(&["ROLLOUT HISTORY deployment/backend-deployment", "runs now"]);
    twin.press("esc");
    assert_eq!(scene.writes(), (0, 0));
}

#[test]
fn what_a_selector_fits_is_listed_and_done_object_by_object() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":kubectl delete pods -l app=frontend\n");
    let screen = twin.wait_text(&["DELETE 3 pods", ACCEPTED, "3 objects are deleted", "y do it"]);
    assert!(
        screen.matches("default/frontend-deployment-").count() >= 2,
        "every object\n{screen}"
    );
    twin.press("y");
    twin.wait_text(&["delete 3 pods: all 3 done"]);
    // Several are under way at once.
    let mut kinds = audited(&twin);
    kinds.sort();
    assert_eq!(kinds, [["intended"; 3], ["succeeded"; 3]].concat());
    let list = |request: &Request| request.method == "GET" && request.query("labelSelector") == Some("app=frontend");
    assert_eq!(scene.desk().count(list), 1, "the server says what fits");
    twin.type_text(":kubectl delete pods --all\n");
    twin.wait_until("all of them are listed", |_, screen| {
        screen.contains("objects are deleted") && screen.contains("more objects: tab shows them")
    });
    twin.press("esc");
    twin.type_text(":kubectl delete pods -l app=nothing\n");
    twin.wait_text(&["NO PLAN", "nothing there fits app=nothing"]);
    twin.press("c");
    twin.wait_record("the line is copied", |record| {
        record
            .copied
            .last()
            .is_some_and(|line| line == "kubectl -n default delete pods -l app=nothing")
    });
}

#[test]
fn more_than_the_policy_lets_through_at_once_is_refused_with_its_line() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.at_backend(scene.options("solia-prod").tier(Tier::Open).max_objects(1));
    twin.type_text(":kubectl rollout restart deploy --selector=app\n");
    twin.wait_text(&[
        "RESTART",
        "objects are more than the 1 that one action may touch",
        "c copy the line",
    ]);
    twin.press("y");
    twin.press("c");
    twin.wait_record("the line is copied", |record| {
        record
            .copied
            .last()
            .is_some_and(|line| line.contains("rollout restart deployment/backend-deployment"))
    });
    assert_eq!(scene.writes().0, 0);
}

#[test]
fn resources_are_set_from_request_to_limit_and_taken_back() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":resources\n");
    twin.wait_text(&["resources cpu=", "memory="]);
    twin.press("esc");
    twin.type_text(":resources memory=600Mi:700Mi\n");
    twin.wait_text(&[
        "SET RESOURCES OF deployment/backend-deployment",
        "memory request",
        "→ 600Mi",
        ACCEPTED,
        "y do it",
    ]);
    twin.press("y");
    twin.wait_text(&["set resources of deployment/backend-deployment: "]);
    let limit = || {
        let world = scene.platform.site(Environment::Production).unwrap().world.read();
        let key = quarterdeck::sim::store::Key::new("deployments", "default", "backend-deployment");
        let now = world.store.find(&key).unwrap().value();
        now["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"].clone()
    };
    assert_eq!(limit(), "700Mi");
    twin.press("u");
    twin.wait_text(&["PATCH deployment/backend-deployment", ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_text(&["patch deployment/backend-deployment: "]);
    assert_ne!(limit(), "700Mi");
}

#[test]
fn an_autoscaler_gets_other_bounds_instead_of_a_fight() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.options("solia-prod").tier(Tier::Guarded).start();
    twin.type_text(":dp\n");
    twin.wait_text(&["deployments", "frontend-deployment", " live "]);
    twin.type_text("/frontend-\n");
    twin.wait_until("it is alone", |app, _| super::rows(app) == 1);
    twin.wait_until("its autoscaler is seen", |app, _| is_scaled(app));
    twin.type_text(":scale 40\n");
    let screen = twin.wait_text(&["SCALE deployment/frontend-deployment", "changes its bounds instead", ACCEPTED]);
    let line = screen.lines().find_map(|line| line.split_once(":hpa ")).unwrap().1;
    let bounds: Vec<&str> = line.split_whitespace().take(2).collect();
    assert_eq!(bounds[1], "40", "{screen}");
    twin.press("esc");
    twin.type_text(&format!(":hpa {} 40\n", bounds[0]));
    twin.wait_text(&["PATCH horizontalpodautoscaler/", "to 40", ACCEPTED, "Type cloud 40 and enter"]);
    twin.type_text("the queue grows\n");
    twin.type_text("cloud 40\n");
    twin.wait_text(&["u takes it back"]);
    assert_eq!(audited(&twin).last().map(String::as_str), Some("succeeded"));
}

#[test]
fn an_autoscaler_is_made_where_there_is_none() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.type_text(":hpa 2 9\n");
    twin.wait_text(&[
        "AUTOSCALE horizontalpodautoscaler/backend-deployment",
        "a new autoscaler: 2 to 9 replicas",
        "yes: create horizontalpodautoscalers.autoscaling in default",
        ACCEPTED,
        "y do it",
    ]);
    twin.press("y");
    twin.wait_text(&["autoscale horizontalpodautoscaler/backend-deployment: a new autoscaler"]);
    twin.wait_until("it is seen", |app, _| is_scaled(app));
    twin.press("u");
    twin.wait_text(&["DELETE horizontalpodautoscaler/backend-deployment", ACCEPTED]);
}
