//! Pictures of a walk: what was found, what is not as expected, a change that waits for its answer, a wait, and whom to call.

use std::sync::Arc;

use quarterdeck::runbook::library::{Library, Place, Trust};
use quarterdeck::runbook::walk::StepState;

use super::Stage;
use crate::journey::books::{state, wait_at};

/// What is another in each run: ports, ages, clocks.
const ANOTHER: &[(&str, &str)] = &[
    (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT"),
    (r"\d\d:\d\dZ", "HH:MMZ"),
    (r"\d\d\d\d-\d\d-\d\dT[0-9:.]+Z", "MOMENT"),
    (r"\d+\.\d s", "N.N s"),
    (r"\d\d:\d\d of 15 min", "MM:SS of 15 min"),
    (r"waits \d\d:\d\d", "waits MM:SS"),
    (r"looks in \d+ s", "looks in N s"),
    (r"Team in \d+ min", "Team in N min"),
    (r"[0-9a-f]{8}-[0-9a-f-]{27}", "UID"),
];

fn pictures(stage: &mut Stage, name: &str) {
    for (width, height) in [(80, 24), (120, 40)] {
        stage.twin.resize(width, height);
        let mut picture = Vec::new();
        // The header and the findings have pictures of their own.
        let screen = stage.twin.screen();
        for line in screen.lines().skip_while(|line| !line.starts_with('┌')) {
            let mut line = line.to_owned();
            for (pattern, word) in ANOTHER {
                line = regex::Regex::new(pattern).unwrap().replace_all(&line, *word).into_owned();
            }
            // How many rows are left over depends on what stands above.
            if !line.chars().all(|c| matches!(c, '│' | ' ')) {
                picture.push(line.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
        picture.pop();
        insta::assert_snapshot!(format!("walk_{name}_{width}x{height}"), picture.join("\n"));
    }
}

fn with_page(stage: &mut Stage, text: &str) {
    let mut library = Library::built_in();
    library.add("ours", text, Place::File("/team/ours.md".into()), Trust::Directory);
    stage.twin.app.books.library = Arc::new(library);
    stage.twin.wait_text(&[" live "]);
    stage.twin.type_text(":runbook ours\n");
}

const HEAD: &str = "---\ntitle: Ours\noncall:\n  version: 1\n  budget: 15m\n  escalate:\n    - {after: 10m, to: \"DevOps Team\", via: \"mailto:devops@example.com\"}\n---\n\n# Ours\n\n## Diagnosis\n\n";

#[test]
fn what_was_found_and_kept() {
    let mut stage = Stage::of("calm");
    let page = format!(
        "{HEAD}### Which kinds of storage are there?\n\n`gp2` is the old one, `gp3` may grow.\n\n```sh {{\"kind\":\"query\",\"evidence\":\"true\"}}\nkubectl get storageclass -o name\n```\n\n- **Both** → next step\n- **One is missing** (ask whoever made the cluster) → done\n\n### Then what?\n\n- [ ] seen\n"
    );
    with_page(&mut stage, &page);
    wait_at(&mut stage.twin, "which-kinds-of-storage-are-there");
    stage.twin.wait_text(&["kept as evidence"]);
    pictures(&mut stage, "found");
}

#[test]
fn what_is_not_as_expected_says_what_came() {
    let mut stage = Stage::of("calm");
    let page = format!(
        "{HEAD}### Does the class grow?\n\n```sh {{\"kind\":\"query\",\"expect\":\"stdout == 'true'\"}}\nkubectl get storageclass gp2 -o jsonpath='{{.allowVolumeExpansion}}'\n```\n\n- **Pass** → done\n- **Fail** → [Ask](#ask)\n\n### Ask\n\n- [ ] asked\n\n### Again\n\n```sh {{\"kind\":\"query\",\"expect\":\"stdout == 'true'\"}}\nkubectl get storageclass gp2 -o jsonpath='{{.allowVolumeExpansion}}'\n```\n"
    );
    with_page(&mut stage, &page);
    wait_at(&mut stage.twin, "ask");
    stage.twin.press("space enter");
    wait_at(&mut stage.twin, "again");
    stage.twin.wait_text(&["expected stdout == 'true', got false"]);
    assert_eq!(state(&stage.twin, "again"), StepState::Failed);
    pictures(&mut stage, "failed");
}

#[test]
fn a_wait_and_whom_to_call_when_it_takes_too_long() {
    let mut stage = Stage::of("calm");
    let page = format!(
        "{HEAD}### Wait for more\n\n```sh {{\"kind\":\"wait\",\"every\":\"1h\",\"for\":\"5m\",\"timeout\":\"2h\",\"until\":\"stdout contains 'gp9'\"}}\nkubectl get storageclass -o name\n```\n\n- **Pass** → done\n- **Timeout** → done: give up\n"
    );
    with_page(&mut stage, &page);
    stage
        .twin
        .wait_text(&["waits 00:", "until stdout contains 'gp9'", "escalate to DevOps Team in"]);
    stage.twin.later(601);
    stage.twin.wait_text(&["escalate to DevOps Team now (! shows how)"]);
    let now = stage.twin.app.now;
    stage.twin.freeze(now);
    pictures(&mut stage, "waits");
}

#[test]
fn a_change_is_asked_about_over_its_step() {
    let mut stage = Stage::with("calm", super::guarded);
    let page = format!(
        "{HEAD}### Is it slow?\n\n- **Yes** → [More pods](#more-pods)\n- **No** → done\n\n## Mitigation\n\n### More pods\n\nEach pod takes 20 connections.\n\n```sh {{\"kind\":\"action\",\"action\":\"k8s.scale\",\"confirm\":\"token\",\"excludeFromRunAll\":\"true\"}}\nkubectl -n default scale deploy/backend-deployment --replicas=6\n```\n\n- **Pass** → done\n"
    );
    with_page(&mut stage, &page);
    wait_at(&mut stage.twin, "is-it-slow");
    stage.twin.press("1");
    stage.twin.wait_text(&["ready: enter runs it", "changes, asks first"]);
    stage.twin.press("enter");
    stage
        .twin
        .wait_text(&["SCALE deployment/backend-deployment", "the server would take it", "Unlocks for"]);
    pictures(&mut stage, "asks");
}
