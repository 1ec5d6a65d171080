//! Saved logs in the log view: `qd view FILE` and `… | qd view -`.

use std::path::Path;

use super::{Term, TermOptions};

/// A saved log of some hundred lines.
fn saved(home: &Path) {
    let lines: String = (1..=300)
        .map(|n| format!("2026-11-28T03:{:02}:{:02}Z INFO line {n}\r\n", n / 60, n % 60))
        .collect();
    std::fs::write(home.join("saved.log"), lines + "2026-11-28T04:00:00Z ERROR the end\0\n").unwrap();
}

/// Reads a little, and leaves.
fn read_and_leave(mut term: Term) {
    term.wait_text("ERROR the end");
    term.send("&line 29\r");
    let screen = term.wait_gone("the end");
    assert!(screen.contains("line 299") && !screen.contains("line 300"), "{screen}");
    term.send("\u{1b}");
    term.wait_text("ERROR the end");
    term.send("g");
    term.wait_text("INFO line 1");
    term.send(":q\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}

#[test]
fn a_file_is_opened_filtered_and_left() {
    let home = tempfile::tempdir().unwrap();
    saved(home.path());
    let path = home.path().join("saved.log").to_str().unwrap().to_owned();
    read_and_leave(TermOptions::new(&["view", &path]).start_in(home));
}

#[test]
fn what_is_piped_in_is_read_while_keys_come_from_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    saved(home.path());
    let script = format!("cat saved.log | {} view -", env!("CARGO_BIN_EXE_qd"));
    read_and_leave(TermOptions::program(Path::new("/bin/sh"), &["-c", &script]).start_in(home));
}

#[test]
fn q_leaves_a_view_that_was_opened_for_a_file() {
    let home = tempfile::tempdir().unwrap();
    saved(home.path());
    let path = home.path().join("saved.log").to_str().unwrap().to_owned();
    let mut term = TermOptions::new(&["view", &path]).start_in(home);
    term.wait_text("ERROR the end");
    term.send("q");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}

#[test]
fn a_file_that_is_larger_than_the_memory_is_leafed_through_like_any_other() {
    let home = tempfile::tempdir().unwrap();
    let line = |n: usize| match n {
        777 => "here is the needle\n".to_owned(),
        n => format!(
            "2026-11-28T03:{:02}:{:02}Z INFO line {n} and what else there is to say about it\n",
            n / 60 % 60,
            n % 60
        ),
    };
    std::fs::write(home.path().join("big.log"), (1..=60_000).map(line).collect::<String>()).unwrap();
    std::fs::write(home.path().join("qd.toml"), "[logs]\nmemory = \"1Mi\"\n").unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (config, log) = (path("qd.toml"), path("big.log"));
    let mut term = TermOptions::new(&["--config", &config, "view", &log]).start_in(home);
    term.wait_text("of 60 000");
    term.wait_text("INFO line 60000 ");
    term.send("g");
    term.wait_text("INFO line 1 ");
    term.wait_text("lines 1–");
    term.send("G");
    term.wait_text("INFO line 60000 ");
    term.send("/needle\r");
    term.wait_text("here is the needle");
    // Line by line and page by page over what is kept at a time.
    term.send("g");
    term.wait_text("INFO line 1 ");
    for line in (19..6_000).step_by(18) {
        term.send("\u{1b}[6~");
        term.wait_text(&format!("INFO line {line} "));
    }
    term.send(":q\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}
