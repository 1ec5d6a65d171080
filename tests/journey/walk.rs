//! Walking: down, up, back; looking closer at one object.

use super::*;

const CRASHING: &str = "backend-deployment-6d9f7c5b8d-4xk2p";

fn enter_walks_from_the_deployment_to_the_log_and_back_with_filter_and_selection(version: Version) {
    let stub = platform(version);
    let mut twin = TwinOptions::of(&stub).namespace("solia").start();
    twin.type_text(":deployments solia\n");
    twin.wait_text(&["backend-deployment", "frontend-deployment", " live "]);
    twin.type_text("/backend\n");
    twin.press("g");
    assert_eq!(twin.selected(), "backend-deployment");
    twin.press("enter");
    twin.wait_until("its three pods are there", |app, screen| {
        rows(app) == 3 && screen.contains(CRASHING)
    });
    twin.press("N g j");
    let second = twin.selected();
    assert_eq!(second, "backend-deployment-6d9f7c5b8d-9qwzr");
    twin.press("k enter");
    twin.wait_until("its container is there", |app, screen| {
        rows(app) == 1 && screen.contains("http:4000/TCP")
    });
    twin.press("enter");
    twin.wait_text(&["panic: no database"]);
    stub.log("solia", CRASHING, "backend", "a line that came later");
    twin.wait_text(&["a line that came later"]);

    twin.press("[");
    twin.wait_until("the container again", |app, _| rows(app) == 1);
    twin.press("[");
    twin.wait_until("the pods again", |app, _| rows(app) == 3);
    assert_eq!(twin.selected(), CRASHING);
    twin.press("[");
    twin.wait_until("the deployments again", |app, screen| {
        rows(app) == 1 && !screen.contains("frontend-deployment")
    });
    assert_eq!(twin.app.table().unwrap().filter, "backend");
    assert_eq!(twin.selected(), "backend-deployment");
    twin.press("]");
    assert_eq!(twin.selected(), CRASHING);
    twin.press("-");
    assert_eq!(twin.selected(), "backend-deployment", "to the view before, and back");
    twin.press("-");
    assert_eq!(twin.selected(), CRASHING);
}
on_both!(enter_walks_from_the_deployment_to_the_log_and_back_with_filter_and_selection);

#[test]
fn the_owner_is_one_key_away() {
    let stub = platform(Version::V1_20);
    let mut twin = in_solia(&stub);
    twin.type_text(&format!("/{CRASHING}\n"));
    twin.press("g J");
    twin.wait_until("the replica set is under the cursor", |app, _| {
        selected(app) == "backend-deployment-6d9f7c5b8d"
    });
    twin.press("J");
    twin.wait_until("the deployment is under the cursor", |app, _| selected(app) == "backend-deployment");
}

fn nodes_services_and_definitions_lead_down(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text(":nodes\n");
    twin.wait_text(&["node-3", "node-2"]);
    twin.type_text("/node-2\n");
    twin.press("g enter");
    let on_node = |pod: &std::sync::Arc<serde_json::Value>| pod["spec"]["nodeName"] == "node-2";
    let wanted = stub.list("pods", None).iter().filter(|p| on_node(p)).count();
    twin.wait_until("its pods are there", |app, _| wanted > 0 && rows(app) == wanted);
    twin.type_text(":services solia\n");
    twin.wait_text(&["redis", "postgres"]);
    twin.type_text("/redis\n");
    twin.press("g enter");
    twin.wait_until("the pod behind it", |app, _| {
        selected(app) == "redis-deployment-867cd9959c-4l924" || rows(app) == 1
    });
    twin.type_text(":crds\n");
    twin.wait_text(&["widgets.example.com"]);
    twin.press("g enter");
    twin.wait_text(&["crimson", "blue"]);
}
on_both!(nodes_services_and_definitions_lead_down);

fn describe_yaml_and_events_of_an_object(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text(&format!("/{CRASHING}\n"));
    twin.press("g d");
    twin.wait_text(&[CRASHING, "CrashLoopBackOff", "BackOff"]);
    twin.press("esc y");
    let screen = twin.wait_text(&["apiVersion: v1", "kind: Pod"]);
    assert!(!screen.contains("managedFields:"), "{screen}");
    twin.type_text("/restartPolicy\n");
    twin.wait_text(&["restartPolicy: Always"]);
    twin.press("esc");
    if twin.app.table().is_none() {
        twin.press("esc");
    }
    twin.press("E");
    twin.wait_text(&["Back-off restarting failed container", "Readiness probe failed"]);
    assert!(!twin.screen().contains("NodeNotReady"), "events of others:\n{}", twin.screen());
}
on_both!(describe_yaml_and_events_of_an_object);

/// The events of an object come after it: who asked for the end before is at it when they are there.
fn the_end_of_a_description_is_its_end_when_its_events_have_come(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.resize(120, 24);
    twin.press("g d");
    twin.wait_text(&["describe pods/"]);
    twin.press("G");
    twin.wait_text(&["Events, newest first", "Back-off restarting failed container"]);
}
on_both!(the_end_of_a_description_is_its_end_when_its_events_have_come);

fn the_value_of_a_secret_is_on_no_screen_in_no_copy_and_in_no_file(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text(":secrets solia\n");
    twin.wait_text(&["backend-secret", " live "]);
    twin.press("g");
    twin.press("ctrl-w enter");
    twin.wait_text(&["password"]);
    twin.press("c ctrl-s esc y");
    twin.wait_text(&["kind: Secret", "password"]);
    twin.press("m c ctrl-s");
    twin.frame();
    twin.press("esc");
    twin.press("d");
    twin.wait_text(&["password"]);
    twin.press("ctrl-s");
    assert!(twin.record.saved.len() >= 3 && !twin.record.copied.is_empty(), "{:?}", twin.record);
    let everything = twin.screens.iter().chain(&twin.record.saved).chain(&twin.record.copied);
    for text in everything {
        for secret in ["hunter2", "aHVudGVyMi1pcy1zZWNyZXQ"] {
            assert!(!text.contains(secret), "{secret} is in:\n{text}");
        }
    }
}
on_both!(the_value_of_a_secret_is_on_no_screen_in_no_copy_and_in_no_file);

fn a_log_shows_the_run_before_and_searches(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text(&format!("/{CRASHING}\n"));
    twin.press("g p");
    twin.wait_text(&["connect postgres"]);
    assert!(!twin.screen().contains("panic: no database"), "{}", twin.screen());
    twin.press("p");
    twin.wait_text(&["panic: no database"]);
    twin.type_text("/panic\n");
    twin.wait_text(&["panic: no database"]);
}
on_both!(a_log_shows_the_run_before_and_searches);

fn names_and_messages_cannot_write_to_the_terminal(version: Version) {
    let stub = platform(version);
    let mut twin = TwinOptions::of(&stub).namespace("odd").size(200, 50).start();
    twin.wait_text(&["segfault", "control-", " live "]);
    let visit = |twin: &mut Twin, what: &str| {
        for cell in &twin.buffer().content {
            let bad = cell
                .symbol()
                .chars()
                .find(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
            assert_eq!(bad, None, "{what}: {:?}", cell.symbol());
        }
    };
    visit(&mut twin, "pods");
    twin.press("ctrl-w");
    visit(&mut twin, "pods, wide");
    twin.type_text("/segfault\n");
    twin.press("g");
    for (key, text, what) in [
        ("d", "segfault", "describe"),
        ("y", "kind: Pod", "yaml"),
        ("E", "Odd", "events"),
        ("l", "launched", "log"),
    ] {
        twin.press(key);
        twin.wait_text(&[text]);
        visit(&mut twin, what);
        twin.press("[");
        twin.wait_until("back", |app, _| app.table().is_some_and(|t| t.filter == "segfault"));
    }
    twin.type_text(":pods odd /control\n");
    twin.wait_text(&["control-"]);
    twin.press("g c");
    assert!(!twin.record.copied.concat().contains('\u{1b}'), "{:?}", twin.record.copied);
}
on_both!(names_and_messages_cannot_write_to_the_terminal);
