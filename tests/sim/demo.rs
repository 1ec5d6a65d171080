//! `qd demo` and `qd sim` as a user meets them.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::Run;
use crate::pty::TermOptions;

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).map(|entries| entries.flatten().collect::<Vec<_>>());
    let names = entries.unwrap_or_default().into_iter();
    names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn the_demo_opens_on_the_incident_leads_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut term = TermOptions::new(&["demo"])
        .size(120, 40)
        .env("TMPDIR", &temporary.path().to_string_lossy())
        .env("XDG_STATE_HOME", &temporary.path().join("state").to_string_lossy())
        .start();
    term.wait_text("PROD");
    term.wait_text("CrashLoopBackOff");
    // The line for newcomers names a key, until it was used.
    let screen = term.wait_text("opens the runbook that helps, at the right step");
    assert!(screen.contains("next"), "{screen}");
    term.send("b");
    term.wait_text("does what is next");
    term.wait_text("STRIPE_KEY is not set");
    term.send("\u{1b}");
    term.wait_text("shows only what is not as it should be");
    term.send("\u{1a}");
    term.wait_text("says in words what is wrong with it");
    term.send("d");
    term.wait_text("describe pods/default/backend-deployment");
    term.send("\u{1b}");
    term.wait_text("says why, and what changed before it began");
    term.send("X");
    term.wait_text("explain pods/default/backend-deployment");
    let screen = term.wait_text("symptom");
    assert!(screen.contains("CrashLoopBackOff"), "{screen}");
    term.send("\u{1b}");
    term.wait_text("reads its last words");
    term.send("p");
    term.wait_text("STRIPE_KEY is not set");
    assert_eq!(files(temporary.path()).len(), 1, "one directory while it runs");
    term.send(":quit\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
    assert_eq!(files(temporary.path()), Vec::<String>::new());
}

#[test]
fn the_demo_ends_cleanly_when_the_terminal_goes() {
    let temporary = tempfile::tempdir().unwrap();
    let mut term = TermOptions::new(&["demo", "--scenario", "calm", "--seed", "7"])
        .env("TMPDIR", &temporary.path().to_string_lossy())
        .start();
    term.wait_text("frontend-deployment");
    term.signal("TERM");
    term.wait_exit();
    assert_eq!(files(temporary.path()), Vec::<String>::new());
}

fn said(arguments: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    Run::new(home.path(), arguments).output(home.path())
}

#[test]
fn the_scenarios_are_listed_with_what_goes_wrong() {
    let (code, out, err) = said(&["demo", "--list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!("scenarios", out);
}

#[test]
fn what_cannot_be_played_is_told_in_a_line_and_a_hint() {
    let (code, out, err) = said(&["sim", "--scenario", "bad-deplo"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("bad-deplo") && err.contains("did you mean `bad-deploy`?"), "{err}");
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "name = \"mine\"\ntitle = \"Mine\"\nenvirnment = \"production\"\n").unwrap();
    let (code, _, err) = said(&["sim", "--scenario", &file.to_string_lossy()]);
    assert_eq!(code, 2);
    assert!(err.contains("mine.toml:3") && err.contains("environment"), "{err}");
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, _, err) = said(&["sim", "--port", &port]);
    assert_eq!(code, 2);
    assert!(err.contains(&format!("port {port} is taken")) && err.contains("--port"), "{err}");
    let (code, _, err) = said(&["demo"]);
    assert_eq!(code, 2);
    assert!(err.contains("needs a terminal"), "{err}");
}

#[test]
fn the_platform_alone_tells_where_it_is_and_what_it_did_not_know() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("solia");
    let mut child = Command::new(env!("CARGO_BIN_EXE_qd"))
        .args(["sim", "--verbose", "--scenario", "calm", "--dir"])
        .arg(&directory)
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let opening: Vec<String> = lines.by_ref().take_while(|line| !line.starts_with("ready")).collect();
    let url = opening
        .iter()
        .find(|line| line.starts_with("production") && line.contains("prometheus"))
        .and_then(|line| line.split_whitespace().last())
        .unwrap_or_else(|| panic!("{opening:#?}"));
    let mut written = files(&directory);
    written.sort();
    assert_eq!(written, ["kubeconfig", "qd.toml"]);
    let code = {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { reqwest::get(format!("{url}/api/v9/nonsense")).await.unwrap().status() })
    };
    assert_eq!(code, 404);
    let unknown = lines.by_ref().find(|line| line.starts_with("unknown")).unwrap();
    assert!(
        unknown.contains("production prometheus") && unknown.contains("/api/v9/nonsense"),
        "{unknown}"
    );
    let check = Run::new(
        home.path(),
        &["--config", &directory.join("qd.toml").to_string_lossy(), "config", "check"],
    );
    let (code, out, err) = check.output(home.path());
    assert_eq!(code, 0, "{out}{err}");
    child.kill().unwrap();
    child.wait().unwrap();
}
