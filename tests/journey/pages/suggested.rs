//! What one stands on leads to its page: an alert, a probe that fails, the lines of a log; and what a step lacks is picked.

use std::sync::Arc;

use quarterdeck::config::Endpoint;
use quarterdeck::runbook::library::{Library, Place, Trust};
use quarterdeck::runbook::value::Origin;
use quarterdeck::sim::seed::Environment;

use super::Stage;
use crate::journey::books::walk;
use crate::journey::twin::{Twin, TwinOptions};
use crate::stub::Version;

fn with_page(twin: &mut Twin, text: &str) {
    let mut library = Library::built_in();
    library.add("ours", text, Place::File("/team/ours.md".into()), Trust::Directory);
    twin.app.books.library = Arc::new(library);
}

fn wait_page(twin: &mut Twin, page: &str) {
    twin.wait_until(&format!("{page} is open"), |app, _| {
        app.books.walking.as_ref().is_some_and(|walking| &*walking.page.book.name == page)
    });
}

#[test]
fn an_alert_leads_to_its_page_with_what_it_speaks_of() {
    let mut stage = Stage::of("bad-deploy");
    let place = stage.scene.platform.site(Environment::Production).unwrap().place.clone();
    let endpoint = |url: String| Endpoint {
        url,
        ..Endpoint::default()
    };
    stage.twin = crate::journey::books::options(&stage.scene)
        .alerting(endpoint(place.prometheus), endpoint(place.alertmanager))
        .start();
    let twin = &mut stage.twin;
    twin.type_text(":alerts\n");
    twin.wait_text(&["PodCrashLooping", "firing"]);
    twin.type_text("/PodCrashLooping\n");
    twin.wait_until("it is under the cursor", |app, screen| {
        app.has_alert() && !screen.contains("Watchdog")
    });
    twin.press("g b");
    // What was found on the pod has a page that is almost as good: both are offered, the alert's first.
    twin.wait_text(&[
        "runbook pod-crashloop",
        "because the alert PodCrashLooping fires",
        "runbook bad-deployment",
    ]);
    twin.press("down enter");
    wait_page(twin, "pod-crashloop");
    assert!(walk(twin).reason.contains("PodCrashLooping"), "{}", walk(twin).reason);
    let pod = walk(twin)
        .bindings
        .iter()
        .find(|(name, _)| *name == "POD")
        .map(|(_, value)| value.clone());
    let pod = pod.expect("the alert says which pod");
    assert!(
        pod.text.starts_with("backend-deployment-") && pod.origin == Origin::Alert,
        "{pod:?}"
    );
    // So does its page.
    twin.press("esc d");
    twin.wait_text(&["alert PodCrashLooping in"]);
    twin.press("b");
    twin.wait_text(&["because the alert PodCrashLooping fires"]);
    twin.press("esc");
}

#[test]
fn a_probe_that_fails_leads_to_its_page() {
    let mut stage = Stage::with("calm", |options| {
        options.configured(|config| {
            let probe = &mut config.environments[0].probes[0];
            // Nobody listens there.
            probe.url = "http://127.0.0.1:9/health".to_owned();
            (probe.interval, probe.after) = (1, 1);
        })
    });
    let twin = &mut stage.twin;
    let front = "---\ntitle: Ours\noncall:\n  version: 1\n  match:\n    - health: {target: backend, path: /health, not: 200}\n---\n\n# Ours\n\n## Diagnosis\n\n### Then what?\n\n- [ ] seen\n";
    with_page(twin, front);
    twin.type_text(":health\n");
    twin.wait_text(&["health ·", "connection refused"]);
    twin.press("g b");
    wait_page(twin, "ours");
    assert_eq!(walk(twin).reason, "backend does not answer");
}

#[test]
fn the_lines_of_a_log_lead_to_the_page_that_knows_them() {
    let stub = crate::journey::platform(Version::V1_36);
    let mut twin = crate::journey::logs::opened(&stub);
    let front = "---\ntitle: Ours\noncall:\n  version: 1\n  match:\n    - block: signs\n---\n\n# Ours\n\n## Detection\n\n```logs {\"name\":\"signs\",\"kind\":\"detect\",\"ignore\":\"true\"}\n\"cannot reach postgres\"\n```\n\n## Diagnosis\n\n### Then what?\n\n- [ ] seen\n";
    with_page(&mut twin, front);
    // What was found on the workload says more: its page comes first, and this one below it.
    twin.type_text(":runbook ");
    twin.wait_text(&["High memory", "Ours · the log says \"ERROR cannot reach postgres\""]);
    twin.press("esc");
}

#[test]
fn what_a_step_lacks_is_picked_from_what_there_is() {
    let mut stage = Stage::of("calm");
    stage.world(|world| {
        let nodes: Vec<_> = world.store.list("nodes", None).map(|node| node.value()).collect();
        let mut last = nodes.into_iter().next_back().unwrap();
        last["spec"]["unschedulable"] = true.into();
        let now = world.now();
        world.store.put("nodes", last, now);
    });
    let twin = &mut stage.twin;
    let page = "# Ours\n\n```sh\nkubectl describe node $NODE\n```\n";
    with_page(twin, page);
    // Nothing of what is selected here says which node is meant.
    twin.type_text(":configmaps\n");
    twin.wait_text(&["configmaps", " live "]);
    twin.type_text(":runbook ours\n");
    wait_page(twin, "ours");
    twin.press("enter");
    // What is not well comes first.
    twin.wait_text(&["set NODE", "ip-10-0-", "node · not as it should be"]);
    twin.press("down enter");
    twin.wait_until("it has a value", |app, _| {
        let walking = app.books.walking.as_ref();
        walking.is_some_and(|walking| walking.walk.bindings.get("NODE").is_some_and(|node| node.starts_with("ip-10-0-")))
    });
    // Which variables there are is offered, too.
    twin.type_text(":set ");
    twin.wait_text(&["set NODE", "now ip-10-0-"]);
    twin.press("esc");
}

#[test]
fn of_another_environment_the_board_says_where_to_go() {
    let (_platform, _directory, mut twin) = crate::journey::signals::three(|options: TwinOptions| options);
    twin.wait_text(&["backend-deployment"]);
    twin.type_text(":health\n");
    twin.wait_until("what does not answer is down", |_, screen| {
        screen
            .lines()
            .any(|line| line.contains("lab") && line.contains("connection refused"))
    });
    twin.press("g b");
    twin.wait_text(&["this is of lab: enter goes there, and b opens its runbook"]);
}

#[test]
fn a_red_line_of_the_overview_leads_to_its_page_and_what_is_looked_at_is_kept_with_the_walk() {
    let mut stage = Stage::of("bad-deploy");
    let twin = &mut stage.twin;
    twin.wait_text(&["3 new pods crash"]);
    twin.type_text(":overview\n");
    twin.wait_text(&["overview ·", "3 new pods crash"]);
    twin.press("g b");
    wait_page(twin, "bad-deployment");
    // From another view, and from the step itself.
    let kept = |twin: &Twin| {
        let steps = walk(twin).steps.values();
        steps.map(|progress| progress.evidence.len()).sum::<usize>()
    };
    let before = kept(twin);
    twin.type_text(":events\n");
    twin.wait_text(&["events", " live "]);
    twin.type_text(":keep\n");
    twin.wait_text(&["kept as evidence of the walk"]);
    twin.type_text(":walk\n");
    twin.press("e");
    twin.wait_until("both are kept", |app, _| {
        let walking = app.books.walking.as_ref().unwrap();
        walking.walk.steps.values().map(|progress| progress.evidence.len()).sum::<usize>() >= before + 2
    });
    let step = walk(twin).at.clone().unwrap();
    let names = walk(twin).progress(&step).evidence;
    assert!(names.iter().any(|name| name.contains("events")), "{names:?}");
}

/// The page's default is another deployment than that of the pod that is picked.
#[test]
fn what_belongs_to_the_pod_that_is_picked_goes_along() {
    let mut stage = Stage::of("calm");
    let twin = &mut stage.twin;
    let page = "---\ntitle: Ours\noncall:\n  version: 1\n  vars:\n    DEPLOYMENT: {default: backend-deployment}\n---\n\n# Ours\n\n## Diagnosis\n\n### Who is it?\n\n```sh {\"kind\":\"query\",\"interactive\":\"false\"}\nkubectl describe pod \"$POD\"\n```\n\n- **It** → next step\n\n### Its releases\n\n```sh {\"kind\":\"query\",\"interactive\":\"false\"}\nkubectl rollout history \"deployment/$DEPLOYMENT\"\n```\n\n- **They** → done\n";
    with_page(twin, page);
    twin.type_text(":configmaps\n");
    twin.wait_text(&["configmaps", " live "]);
    twin.type_text(":runbook ours\n");
    wait_page(twin, "ours");
    assert_eq!(walk(twin).bindings.get("DEPLOYMENT"), Some("backend-deployment"));
    twin.press("enter");
    // Pods that run come before those that are over.
    twin.wait_text(&["set POD backend-deployment-", "set POD frontend-deployment-"]);
    twin.type_text("frontend");
    twin.wait_gone("set POD backend-deployment-");
    twin.press("down enter");
    twin.wait_until("it has a value", |app, _| {
        let walking = app.books.walking.as_ref();
        walking.is_some_and(|walking| walking.walk.bindings.get("POD").is_some_and(|pod| pod.starts_with("frontend-")))
    });
    assert_eq!(walk(twin).bindings.get("DEPLOYMENT"), Some("frontend-deployment"));
}
