//! `qd runbook`: the library, what is wrong with pages, and trust in them.

use std::path::{Path, PathBuf};

use super::Run;

/// Runs it in this home.
fn qd(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut all = vec!["runbook"];
    all.extend(arguments);
    Run::new(home, &all).output(home)
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/runbooks").join(name)
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks")
}

#[test]
fn the_library_is_listed_for_eyes_and_for_programs() {
    let home = tempfile::tempdir().unwrap();
    let (code, out, err) = qd(home.path(), &["list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!("runbook_list", out);
    let (code, out, _) = qd(home.path(), &["list", "-o", "json"]);
    let all: serde_json::Value = serde_json::from_str(&out).unwrap();
    let crash = all.as_array().unwrap().iter().find(|page| page["name"] == "pod-crashloop").unwrap();
    assert_eq!((code, &crash["mayRun"], &crash["flaws"]), (0, &true.into(), &0.into()));
}

#[test]
fn a_page_is_shown_as_it_was_understood() {
    let home = tempfile::tempdir().unwrap();
    let (code, out, err) = qd(home.path(), &["show", "pod-crashloop"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!("runbook_show", out);
    let file = fixture("devops-page.md");
    let (code, out, _) = qd(home.path(), &["show", file.to_str().unwrap()]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("runbook_show_page", out.replace(env!("CARGO_MANIFEST_DIR"), "."));
    let (code, _, err) = qd(home.path(), &["show", "pod-crashlop"]);
    assert_eq!(
        (code, err.as_str()),
        (2, "qd: there is no runbook pod-crashlop\nhint: did you mean pod-crashloop?\n")
    );
}

#[test]
fn lint_prints_lines_and_tells_by_its_exit_code() {
    let home = tempfile::tempdir().unwrap();
    let pages = shipped();
    assert_eq!(
        qd(home.path(), &["lint", "--strict", "--coverage", pages.to_str().unwrap()]),
        (0, String::new(), String::new())
    );
    let page = home.path().join("bad.md");
    std::fs::write(&page, "# X\n\n```sh {\"name\":\"a\",\"kind\":\"qurey\"}\nls\n```\n").unwrap();
    let at = page.to_str().unwrap();
    let line = "~/bad.md:3: RB02 `qurey` is no kind of block; did you mean query?\n";
    assert_eq!(qd(home.path(), &["lint", at]), (1, line.to_owned(), String::new()));
    std::fs::write(&page, "# X\n\n```sh {\"name\":\"a\",\"nmae\":\"b\"}\nls\n```\n").unwrap();
    let line = "~/bad.md:3: RB03 the attribute `nmae` is not known; did you mean name?\n";
    assert_eq!(qd(home.path(), &["lint", at]), (0, line.to_owned(), String::new()));
    assert_eq!(qd(home.path(), &["lint", "--strict", at]).0, 1);
    let (code, out, err) = qd(home.path(), &["lint", "/nowhere.md"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("qd: cannot read /nowhere.md: "), "{err}");
    assert_eq!(qd(home.path(), &["lint"]).0, 2);
}

#[test]
fn rule_files_are_compared_with_the_pages() {
    let home = tempfile::tempdir().unwrap();
    let rules = "groups:\n- name: a\n  rules:\n  - alert: Lost\n    expr: up == 0\n    labels: {severity: critical}\n  - alert: NodeNotReady\n    expr: up == 0\n    labels: {severity: critical}\n    annotations: {runbook_url: https://x/node-not-ready}\n";
    std::fs::write(home.path().join("alerts.yml"), rules).unwrap();
    std::fs::write(home.path().join("qd.toml"), "[runbooks]\nrules = \"alerts.yml\"\n").unwrap();
    let config = home.path().join("qd.toml");
    let (code, out, _) = qd(home.path(), &["lint", "--coverage", "--config", config.to_str().unwrap()]);
    let wanted =
        "~/alerts.yml:4: RB20 the critical alert Lost has no runbook_url\nno page for the alert Lost (critical): it has no runbook_url\n";
    assert_eq!((code, out.as_str()), (0, wanted));
}

#[test]
fn a_page_is_trusted_as_it_is_and_a_change_is_told() {
    let home = tempfile::tempdir().unwrap();
    let page = home.path().join("ours.md");
    std::fs::write(&page, "# Ours\n\n```sh\nkubectl get pods\n```\n").unwrap();
    let at = page.to_str().unwrap();
    assert!(
        qd(home.path(), &["show", at])
            .1
            .contains("not trusted: no step of it runs before `qd runbook trust`")
    );
    let (code, out, _) = qd(home.path(), &["trust", at]);
    assert_eq!((code, out.as_str()), (0, "trusted ~/ours.md; a change of it will be told\n"));
    assert!(qd(home.path(), &["show", at]).1.contains("(trusted)"));
    std::fs::write(&page, "# Ours\n\n```sh\nkubectl delete pods --all\n```\n").unwrap();
    assert!(qd(home.path(), &["show", at]).1.contains("CHANGED since it was trusted"));
    let (_, out, _) = qd(home.path(), &["trust", at]);
    assert_eq!(out, "trusted ~/ours.md, as it is after its change; a change of it will be told\n");
}
