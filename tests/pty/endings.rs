//! How it ends, and what is left: signals, sessions, errors before the terminal is taken.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{TermOptions, started};
use crate::stub::{Stub, Version};

fn platform() -> Stub {
    let stub = Stub::start(Version::V1_20);
    stub.seed_platform();
    stub
}

fn options(home: &TempDir, args: &[&str]) -> TermOptions {
    TermOptions::new(args).kubeconfig(&home.path().join("kubeconfig"))
}

#[test]
fn sigterm_gives_the_terminal_back_and_says_so_in_the_exit_code() {
    let stub = platform();
    let mut term = started(&stub, &["-n", "solia"], |o| o);
    term.wait_text("postgres-0");
    term.signal("TERM");
    assert_eq!(term.wait_exit().exit_code(), 143);
    term.assert_restored();
}

#[test]
fn after_a_hang_up_the_session_is_offered_and_comes_back() {
    let stub = platform();
    let mut term = started(&stub, &[], |o| o);
    term.wait_text("live");
    term.send(":ns solia\r");
    term.wait_text("redis-deployment");
    term.send("/postgres\r");
    term.wait_text("(1 of 10) /postgres");
    term.wait_gone("redis-deployment");
    term.signal("HUP");
    assert_eq!(term.wait_exit().exit_code(), 129);
    term.assert_restored();

    let home = term.end();
    let mut term = options(&home, &[]).start_in(home);
    term.wait_text("resume?");
    term.wait_text("stub · pods · solia  /postgres");
    term.send("y");
    term.wait_text("postgres-0");
    term.wait_text("pods · solia");
    let screen = term.wait_gone("resume?");
    assert!(!screen.contains("redis-deployment") && !screen.contains("segfault"), "{screen}");
    term.send("\u{1b}");
    term.wait_text("redis-deployment");
    term.send("q");
    assert_eq!(term.wait_exit().exit_code(), 0);

    let home = term.end();
    let term = options(&home, &["-n", "solia"]).start_in(home);
    let screen = term.wait_text("postgres-0");
    assert!(!screen.contains("resume?"), "it was left in order:\n{screen}");
}

#[test]
fn a_session_that_is_declined_is_not_taken() {
    let stub = platform();
    let mut term = started(&stub, &["-n", "solia"], |o| o);
    term.wait_text("postgres-0");
    term.send("/postgres\r");
    term.wait_gone("redis-deployment");
    term.signal("HUP");
    term.wait_exit();
    let home = term.end();
    let term = options(&home, &["-n", "solia"]).start_in(home);
    term.wait_text("resume?");
    term.send("n");
    term.wait_text("redis-deployment");
}

#[test]
fn suspended_it_gives_the_shell_back_and_fg_draws_everything_anew() {
    let stub = platform();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("kubeconfig");
    stub.kubeconfig(&path, &[("stub", None)]);
    let mut term = TermOptions::shell().kubeconfig(&path).size(100, 30).start_in(home);
    term.wait_text("$ ");
    term.send("qd -n solia\r");
    term.wait_text("postgres-0");
    term.send(":suspend\r");
    let screen = term.wait_text("Stopped");
    assert!(!screen.contains("postgres-0"), "the shell has its screen back:\n{screen}");
    assert!(!term.modes().alternate_screen && !term.modes().hidden_cursor);
    term.send("echo still-a-$((40+2))\r");
    term.wait_text("still-a-42");
    term.send("fg\r");
    term.wait_text("postgres-0");
    term.wait_gone("still-a-42");
    term.pass_the_discarding();
    term.send("/redis\r");
    term.wait_gone("postgres-0");
    term.send(":q\r");
    term.wait_for(|screen| screen.trim_end().ends_with("\n$"), Duration::from_secs(20));
    term.send("echo code-$?\r");
    term.wait_text("code-0");
    term.send("exit\r");
    term.wait_exit();
}

#[test]
fn a_stop_signal_from_elsewhere_gives_the_terminal_back_first() {
    let stub = platform();
    let mut term = started(&stub, &["-n", "solia"], |o| o);
    term.wait_text("postgres-0");
    term.signal("TSTP");
    term.wait_gone("postgres-0");
    term.wait_restored();
    term.resize(100, 30);
    term.signal("CONT");
    let screen = term.wait_text("postgres-0");
    assert!(term.modes().alternate_screen, "{screen}");
    term.pass_the_discarding();
    term.send(":q\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}

/// Starts it where it cannot start, and gives what it said.
fn refused(args: &[&str], kubeconfig: Option<&str>, config: Option<&str>) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let path = kubeconfig.map(|text| write("kubeconfig", text));
    if let Some(text) = config {
        let path = write("config.toml", text);
        args.extend(["--config".to_owned(), path.display().to_string()]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut options = TermOptions::new(&args).size(200, 24);
    if let Some(path) = path {
        options = options.kubeconfig(&path);
    }
    let mut term = options.start_in(home);
    let code = term.wait_exit().exit_code();
    let said = String::from_utf8_lossy(&term.raw()).into_owned();
    assert_eq!(code, 2, "{said}");
    assert!(!said.contains('\u{1b}'), "the terminal was touched: {said:?}");
    assert!(said.lines().count() <= 2, "one sentence and a hint: {said}");
    term.assert_restored();
    said
}

const GOOD: &str = r#"{"apiVersion":"v1","kind":"Config","current-context":"a","clusters":[{"name":"a","cluster":{"server":"http://127.0.0.1:1"}}],"users":[{"name":"a","user":{}}],"contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}]}"#;

#[test]
fn what_keeps_it_from_starting_is_said_before_the_terminal_is_taken() {
    let said = refused(&[], Some("clusters: [}"), None);
    assert!(said.contains("kubeconfig"), "{said}");
    let said = refused(&["--context", "nope"], Some(GOOD), None);
    assert!(said.contains("nope"), "{said}");
    let said = refused(&[], Some(GOOD), Some("[ui]\nthem = \"deck\"\n"));
    assert!(said.contains(":2") && said.contains("them") && said.contains("theme"), "{said}");
    let said = refused(&["--theme", "nope"], Some(GOOD), None);
    assert!(said.contains("nope"), "{said}");
    refused(&[], None, None);
}

#[test]
fn without_a_terminal_it_says_what_works_without_one() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("kubeconfig");
    std::fs::write(&path, GOOD).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_qd"))
        .env("KUBECONFIG", &path)
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may be gone before it reads: a broken pipe here is as good an answer as any.
    let _ = child.stdin.take().unwrap().write_all(b"q");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("needs a terminal") && said.contains("qd config check"), "{said}");
}
