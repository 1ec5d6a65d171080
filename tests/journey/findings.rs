//! What is wrong, from the first look to the evidence.

use super::*;

fn called(version: Version) -> (Stub, Twin) {
    let stub = platform(version);
    let mut twin = TwinOptions::of(&stub).namespace("solia").called().start();
    twin.wait_until("the cursor stands on the worst finding", |app, screen| {
        app.workspace.is_on_strip() && screen.contains("postgres-0") && selected(app) == "node-3"
    });
    (stub, twin)
}

fn the_cursor_starts_on_the_worst_finding_and_keys_act_on_its_object(version: Version) {
    let (_stub, mut twin) = called(version);
    let screen = twin.wait_text(&["node-3  is silent", "node/node-3"]);
    assert!(screen.contains("▸✖ node-3"), "{screen}");
    twin.press("d");
    twin.wait_text(&["describe nodes/node-3"]);
    assert!(!twin.app.workspace.is_on_strip(), "what was opened has the keys");
    twin.press("esc");
    twin.wait_text(&["pods · solia"]);
    twin.press("tab");
    assert!(twin.app.workspace.is_on_strip());
    twin.press("j");
    assert_ne!(selected(&twin.app), "node-3", "there is more than one");
    twin.press("esc");
    assert!(!twin.app.workspace.is_on_strip() && twin.record.quit.is_none());
}
on_both!(the_cursor_starts_on_the_worst_finding_and_keys_act_on_its_object);

#[test]
fn a_key_before_the_first_finding_keeps_the_cursor_in_the_table() {
    let stub = platform(Version::V1_36);
    let mut twin = TwinOptions::of(&stub).namespace("solia").called().start();
    twin.press("j");
    twin.wait_text(&["node-3  is silent", "postgres-0"]);
    assert!(!twin.app.workspace.is_on_strip());
}

#[test]
fn what_narrows_is_meant_for_the_table_wherever_the_cursor_is() {
    let (_stub, mut twin) = called(Version::V1_36);
    twin.type_text("/postgres\n");
    twin.wait_until("only the database is left", |app, _| {
        rows(app) == 1 && selected(app) == "postgres-0"
    });
}

#[test]
fn all_findings_stand_in_a_table_with_what_they_are_about() {
    let (_stub, mut twin) = called(Version::V1_36);
    twin.press("W");
    twin.wait_text(&["findings (", "node-not-ready", "pod-oomkilled", "pod-crashloop"]);
    twin.type_text("/oom\n");
    twin.wait_until("one is left", |app, _| rows(app) == 1);
}

#[test]
fn evidence_of_what_is_critical_is_kept_once_and_can_be_opened() {
    let (_stub, mut twin) = called(Version::V1_36);
    // A record waits for ten seconds at most; here all that it waits for comes at once.
    twin.wait_record("evidence of the silent node is kept", |record| {
        record.evidence.keys().any(|name| name.contains("node-3"))
    });
    let (name, text) = twin.record.evidence.iter().find(|(name, _)| name.contains("node-3")).unwrap();
    assert!(
        name.contains("node-not-ready") && text.contains("## Evidence") && text.contains("kind: Node"),
        "{text}"
    );
    twin.type_text(":evidence\n");
    twin.wait_text(&["evidence (", "node-not-ready"]);
    twin.press("enter");
    twin.wait_text(&["# Node node-3", "as it was written"]);
}
