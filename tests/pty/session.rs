//! A session in a container at a real terminal: what is typed, how large it is, and how it is left.

use std::time::Duration;

use quarterdeck::action::Ref;
use quarterdeck::execute::session::record::Recorder;
use quarterdeck::execute::session::terminal::Start;
use quarterdeck::execute::session::{command, here, place};
use quarterdeck::ledger::Ledger;
use quarterdeck::redact::LineMask;
use serde_json::json;

use super::{Term, TermOptions};
use crate::stub::{Stub, Version};

/// Where the program in the terminal finds the cluster.
const SERVER: &str = "QD_TEST_SESSION";

/// Where it records the session, and after how many seconds that ends: `DIRECTORY SECONDS`.
const TERMS: &str = "QD_TEST_TERMS";

fn terms() -> here::Terms {
    let Ok(text) = std::env::var(TERMS) else {
        return here::Terms::default();
    };
    let (directory, seconds) = text.rsplit_once(' ').unwrap();
    let tape = Ledger::new(directory.into()).tape("session.md", "").unwrap();
    here::Terms {
        recorder: Some(Recorder::new(tape, LineMask::default())),
        lease: Some(Duration::from_secs(seconds.parse().unwrap())),
    }
}

/// The program in the terminal: a session, and then a line of its own. Nothing where no test has started it.
#[test]
fn the_program_in_the_terminal() {
    let Ok(server) = std::env::var(SERVER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(async {
        let config = kube::Config::new(server.parse().unwrap());
        let client = kube::Client::try_from(config).unwrap();
        let inside = place::find(&client, "shop", &Ref::pod("web"), None).await.unwrap();
        here::run(&client, &inside, &Start::Program(command::shell()), &terms()).await
    });
    match ended {
        Ok(parted) => println!("over: {}", parted.sentence()),
        Err(problem) => println!("over: {problem}"),
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    println!("heard: {line}");
}

fn begin() -> (Stub, Term) {
    begin_on(None)
}

fn begin_on(terms: Option<String>) -> (Stub, Term) {
    let stub = Stub::start(Version::V1_36);
    stub.put(
        "pods",
        json!({"metadata": {"namespace": "shop", "name": "web"}, "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "app:1"}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "app", "image": "app:1", "imageID": "", "ready": true,
                "restartCount": 0, "state": {"running": {}}}]}}),
    );
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "pty::session::the_program_in_the_terminal", "--nocapture"];
    let mut options = TermOptions::program(&program, &arguments).env(SERVER, &stub.url);
    if let Some(terms) = &terms {
        options = options.env(TERMS, terms);
    }
    let term = options.start();
    term.wait_text("qd: app of web; ctrl-] leaves");
    term.wait_text("/ $ ");
    (stub, term)
}

/// The terminal is as it was, and its keys reach who has it now.
fn assert_given_back(term: &Term, over: &str) {
    term.wait_text(&format!("over: {over}"));
    assert!(term.line_settings_as_found(), "the line settings are as they were");
    term.send("hello\r");
    term.wait_text("heard: hello");
}

#[test]
fn the_terminal_is_lent_to_a_session_and_given_back_whole() {
    let (_stub, term) = begin();
    assert!(!term.line_settings_as_found(), "in raw mode every key is the session's");
    term.send("stty size\r");
    term.wait_text("24 80");
    term.resize(100, 30);
    // The signal and the keys come on ways of their own: asked until the size is there.
    for n in 0.. {
        term.send(&format!("stty size; echo asked {n}\r"));
        let screen = term.wait_for(|screen| screen.matches(&format!("asked {n}")).count() == 2, Duration::from_secs(20));
        if screen.contains("30 100") {
            break;
        }
    }
    term.send("\x1d");
    assert_given_back(&term, "left with ctrl-]");
}

#[test]
fn a_shell_that_ends_gives_the_terminal_back_with_its_exit_code() {
    let (_stub, term) = begin();
    term.send("exit 3\r");
    assert_given_back(&term, "the session ended with exit code 3");
}

#[test]
fn a_connection_that_is_cut_gives_the_terminal_back() {
    let (stub, term) = begin();
    stub.go_down();
    assert_given_back(&term, "the connection was cut");
}

#[test]
fn a_session_in_a_guarded_environment_is_recorded_and_ends_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let (_stub, term) = begin_on(Some(format!("{} 6", directory.path().display())));
    let screen = term.wait_text("the session ends by itself after 6 s");
    assert!(screen.contains("what is shown here is recorded"), "{screen}");
    term.send("echo DB_PASSWORD=hunter2hunter2\r");
    term.wait_text("this session ends in 3 s");
    term.wait_text("the lease of this session is over");
    assert_given_back(&term, "its lease was over: the session was ended");
    let kept = std::fs::read_to_string(directory.path().join("evidence/session.md")).unwrap();
    assert!(kept.contains("echo DB_PASSWORD="), "{kept}");
    assert!(!kept.contains("hunter2"), "{kept}");
    assert!(!kept.contains('\u{1b}'), "{kept}");
}
