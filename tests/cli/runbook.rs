//! `qd runbook`: the library, what is wrong with pages, and trust in them.

use std::path::{Path, PathBuf};

use quarterdeck::sim::platform::{Guide, Platform};

use super::Run;
use crate::sim::platform::platform;

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

/// A platform whose time stands still, and a home with the configuration that leads to it.
pub struct Stage {
    pub platform: Platform,
    pub home: tempfile::TempDir,
    config: PathBuf,
}

pub fn stage(scenario: &str) -> Stage {
    let platform = platform(scenario);
    let home = tempfile::tempdir().unwrap();
    let config = platform.write(home.path(), Guide::Hidden).unwrap();
    Stage { platform, home, config }
}

impl Stage {
    pub fn config(&self) -> &str {
        self.config.to_str().unwrap()
    }

    pub fn qd(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut all = arguments.to_vec();
        all.extend(["--config", self.config.to_str().unwrap()]);
        qd(self.home.path(), &all)
    }

    /// Whether anything was written down of a walk or a change.
    fn is_untouched(&self) -> bool {
        let state = self.home.path().join(".local/state/quarterdeck");
        !state.join("runs").exists() && !state.join("session.toml").exists()
    }
}

/// The result of each step, by its id.
fn results(report: &serde_json::Value) -> Vec<(&str, &str)> {
    let steps = report["steps"].as_array().unwrap().iter();
    steps
        .map(|step| (step["step"].as_str().unwrap(), step["result"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_check_runs_what_reads_and_says_what_does_not_hold() {
    let stage = stage("bad-deploy");
    let (code, out, err) = stage.qd(&["run", "bad-deployment", "--check", "--env", "production", "-o", "json"]);
    assert_eq!((code, err.as_str()), (1, ""), "{out}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["environment"], &report["version"]), (&"production".into(), &1.into()));
    let results = results(&report);
    for wanted in [
        ("what-was-released-and-when", "holds"),
        ("roll-back-the-backend", "not run"),
        ("wait-for-the-backend", "fails"),
        ("wait-for-the-frontend", "holds"),
    ] {
        assert!(results.contains(&wanted), "{wanted:?} in {results:?}");
    }
    let undo = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["step"] == "roll-back-the-backend");
    assert_eq!(undo.unwrap()["said"], "it changes something");
    assert!(stage.is_untouched(), "a check leaves no walk and no session");
    let (code, out, _) = stage.qd(&["run", "bad-deployment", "--check", "--env", "production"]);
    assert_eq!(code, 1);
    assert!(
        out.contains("NAMESPACE = default (") && out.contains("FAILS    not yet: stdout contains"),
        "{out}"
    );
    let audit = Run::new(stage.home.path(), &["audit"]).output(stage.home.path());
    assert_eq!((audit.0, audit.1.contains("rollout undo")), (0, false), "{}", audit.1);
}

#[test]
fn a_check_of_what_is_well_holds_and_of_what_cannot_be_seen_is_neither() {
    let stage = stage("calm");
    let page = stage.home.path().join("ours.md");
    let text = "# Ours\n\n```sh\nkubectl rollout status deploy/backend-deployment\n```\n\n```sh\nkubectl get pods\n```\n\n```sh\nkubectl scale deploy/backend-deployment --replicas=1\n```\n\n```sh\nkubectl logs $POD\n```\n";
    std::fs::write(&page, text).unwrap();
    let at = page.to_str().unwrap();
    let check = |more: &[&str]| stage.qd(&[&["run", at, "--check", "--env", "production"], more].concat());
    let (code, out, err) = check(&[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        err,
        "qd: ~/ours.md is not trusted: nothing of it runs\nhint: read it, then: qd runbook trust ~/ours.md\n"
    );
    assert_eq!(qd(stage.home.path(), &["trust", at]).0, 0);
    let (code, out, err) = check(&[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.ends_with("2 of 4 steps only read: 2 hold, 0 fail, 0 without data; 2 were not run\n"),
        "{out}"
    );
    let (code, _, err) = check(&["--var", "NAME=x"]);
    assert_eq!(code, 2);
    assert!(
        err.starts_with("qd: the page has no variable NAME\nhint: as in --var POD="),
        "{err}"
    );
    // A value is a word: never a flag, never a command.
    for hostile in ["--all", "$(reboot)", "a;reboot", "a b", "`id`", "a\nb"] {
        let (code, out, err) = check(&["--var", &format!("POD={hostile}")]);
        assert_eq!((code, out.as_str()), (2, ""), "{hostile}: {err}");
    }
    let (code, out, _) = check(&["--var", "POD=nowhere"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("FAILS"), "{out}");
}
