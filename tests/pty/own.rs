//! The harness's own tests, with a shell in place of the program.

use std::path::Path;
use std::time::Duration;

use super::{Modes, Term, TermOptions};

fn script(text: &str) -> Term {
    TermOptions::program(Path::new("/bin/sh"), &["-c", text]).start()
}

#[test]
fn typed_text_arrives_and_the_screen_is_read() {
    let mut term = script("printf 'name? '; read name; printf '\\033[2J\\033[Hhello %s' \"$name\"; read end; exit 3");
    term.wait_text("name?");
    term.send("nora\r");
    assert_eq!(term.wait_text("hello nora").trim_end(), "hello nora");
    assert!(!term.screen().contains("name?"));
    term.send("\r");
    assert_eq!(term.wait_exit().exit_code(), 3);
}

#[test]
fn a_terminal_left_as_found_is_told_from_one_that_is_not() {
    let enter = "\\033[?1049h\\033[?25l\\033[?2004h\\033[?1000h\\033[?1004h\\033[>1u\\033[?2026hdrawn";
    let leave = "\\033[?2026l\\033[<1u\\033[?1004l\\033[?1000l\\033[?2004l\\033[?25h\\033[?1049l";
    let all = Modes {
        alternate_screen: true,
        hidden_cursor: true,
        bracketed_paste: true,
        mouse: true,
        focus_events: true,
        synchronized: true,
        keyboard: true,
    };
    let mut term = script(&format!(
        "stty -echo -icanon; printf '{enter}'; read go; printf '{leave}'; read go; stty echo icanon"
    ));
    term.wait_text("drawn");
    assert_eq!(term.modes(), all);
    assert!(!term.line_settings_as_found());
    term.send("\n");
    term.wait_gone("drawn");
    assert!(!term.line_settings_as_found(), "the line is still raw");
    term.send("\n");
    assert!(term.wait_exit().success());
    assert_eq!((term.modes(), term.synchronized_updates()), (Modes::default(), (1, 1)));

    term.assert_restored();

    let careless = [
        "\\033[?1049h",
        "\\033[?25l",
        "\\033[?2004h",
        "\\033[?1003h",
        "\\033[?1004h",
        "\\033[>1u",
        "\\033[?2026h",
        "\\033[?2026l",
    ];
    for left in careless {
        let mut term = script(&format!("printf '{left}'"));
        term.wait_exit();
        assert!(term.restored().is_err(), "{left} was not found out");
    }
    let mut silent = script("stty -echo");
    silent.wait_exit();
    assert!(silent.restored().is_err(), "a line without echo was not found out");
}

#[test]
fn sizes_signals_and_silence() {
    let mut term =
        script("trap 'stty size; printf resized' WINCH; trap 'printf ended; exit 5' TERM; printf ready; while :; do read line; done");
    term.wait_text("ready");
    assert!(term.is_quiet_for(Duration::from_millis(50)));
    term.resize(120, 40);
    term.wait_text("40 120");
    term.wait_text("resized");
    term.signal("TERM");
    assert_eq!(term.wait_exit().exit_code(), 5);
    assert!(String::from_utf8_lossy(&term.raw()).ends_with("ended"));
}

#[test]
fn the_terminal_answers_what_programs_ask() {
    let mut term = script("stty raw -echo; printf '\\033[3;5H\\033[6n'; head -c 6 | od -An -c; printf '\\033[c'; head -c 4 | od -An -c");
    term.wait_exit();
    let raw = String::from_utf8_lossy(&term.raw()).into_owned();
    let squeezed: String = raw.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(squeezed.contains("033[3;5R") && squeezed.contains("033[?6"), "{raw:?}");
}

#[test]
fn a_shell_around_the_program_has_job_control_and_a_home_of_its_own() {
    let mut term = TermOptions::shell().start();
    term.wait_text("$ ");
    term.send("echo \"home=$HOME\"; cat\r");
    term.wait_text(&format!("home={}", term.home().display()).chars().take(60).collect::<String>());
    term.send("seen?\r");
    term.wait_for(|screen| screen.matches("seen?").count() == 2, Duration::from_secs(10));
    term.send("\u{1a}");
    term.wait_text("Stopped");
    term.send("fg\r");
    term.send("again?\r");
    term.wait_for(|screen| screen.matches("again?").count() == 2, Duration::from_secs(10));
    term.send("\u{3}");
    term.wait_for(|screen| screen.matches("$ ").count() == 3, Duration::from_secs(10));
    term.send("exit 4\r");
    assert_eq!(term.wait_exit().exit_code(), 4);
    let home = term.end();
    std::fs::write(home.path().join("left"), "from before").unwrap();
    let mut second = TermOptions::program(Path::new("/bin/cat"), &["left"]).start_in(home);
    second.wait_exit();
    assert!(second.screen().contains("from before"));
}
