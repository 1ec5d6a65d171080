//! The cockpit in a terminal: start, keys as terminals really send them, sizes, colours, silence.

use std::time::{Duration, Instant};

use super::{Term, started};
use crate::stub::{Stub, Version};

fn platform() -> Stub {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    stub
}

/// The cockpit in namespace `solia`, with its pods on the screen.
fn in_solia(stub: &Stub) -> Term {
    let term = started(stub, &["-n", "solia"], |options| options.size(120, 40));
    term.wait_text("postgres-0");
    term.wait_text(" live ");
    term
}

#[test]
fn it_starts_with_pods_and_q_at_the_root_leaves_the_terminal_as_it_was() {
    let stub = platform();
    let mut term = in_solia(&stub);
    assert!(!term.modes().mouse, "the mouse belongs to the terminal unless asked for");
    term.send(":deployments\r");
    term.wait_text("frontend-deployment");
    term.wait_gone("postgres-0");
    term.send("q");
    term.wait_text("postgres-0");
    term.send("q");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
    let (begun, ended) = term.synchronized_updates();
    assert!(begun > 2 && begun == ended, "{begun} synchronized updates begun, {ended} ended");
    assert!(!term.screen().contains("postgres-0"), "left behind:\n{}", term.screen());
}

#[test]
fn a_line_feed_is_enter() {
    let stub = platform();
    let term = in_solia(&stub);
    term.send(":deployments\n");
    term.wait_text("frontend-deployment");
    term.send("/frontend\n");
    term.wait_gone("redis-deployment");
    term.send("\n");
    term.wait_text("-h7x2s");
    assert!(!term.screen().contains("postgres-0"), "{}", term.screen());
}

/// An arrow key in two pieces: ESC, and the rest after a pause. On a busy machine a short pause may turn out long,
/// so it is tried several times; to clear the filter each time is what must not happen.
fn split_arrow(over_ssh: bool, pause: Duration) {
    let stub = platform();
    let term = started(&stub, &["-n", "solia"], |options| {
        options
            .size(120, 40)
            .env("SSH_CONNECTION", if over_ssh { "192.0.2.1 50000 192.0.2.2 22" } else { "" })
    });
    term.wait_text("postgres-0");
    // By name, so that the second of the backend's pods is known.
    term.send("N");
    for attempt in 0.. {
        term.send("/backend\r");
        term.wait_gone("postgres-0");
        term.send("g");
        let since = Instant::now();
        term.send("\u{1b}");
        while let Some(left) = pause.checked_sub(since.elapsed()).filter(|left| !left.is_zero()) {
            term.is_quiet_for(left);
        }
        // Were it no arrow, `[` and `B` would do nothing here, and Enter would open the first.
        term.send("[B\r");
        let screen = term.wait_text("containers of backend-deployment");
        if screen.contains("backend-deployment-6d9f7c5b8d-9qwzr") {
            return;
        }
        assert!(attempt < 20, "ESC was acted upon before the rest came:\n{screen}");
        term.send(":history-back\r");
        term.wait_text("postgres-0");
    }
}

#[test]
fn an_arrow_key_that_arrives_in_two_pieces_moves_and_closes_nothing() {
    split_arrow(false, Duration::from_millis(20));
}

#[test]
fn over_ssh_the_second_piece_may_take_longer() {
    split_arrow(true, Duration::from_millis(120));
}

#[test]
fn a_lone_esc_is_one() {
    let stub = platform();
    let term = in_solia(&stub);
    term.send("/backend\r");
    term.wait_gone("postgres-0");
    term.send("\u{1b}");
    term.wait_text("postgres-0");
}

#[test]
fn what_needs_alt_gr_on_some_keyboards_has_a_name() {
    let stub = platform();
    let term = in_solia(&stub);
    term.send(":deployments\r");
    term.wait_text("frontend-deployment ");
    term.wait_gone("postgres-0");
    term.send(":history-back\r");
    term.wait_text("postgres-0");
    term.send(":history-forward\r");
    term.wait_gone("postgres-0");
    term.send(":last-view\r");
    term.wait_text("postgres-0");
}

#[test]
fn ctrl_c_does_not_quit_at_the_first_press() {
    let stub = platform();
    let mut term = in_solia(&stub);
    term.send("\u{3}");
    term.wait_text("ctrl-c again, or q");
    term.send("j");
    term.send("\u{3}");
    term.wait_text("ctrl-c again, or q");
    term.send("\u{3}");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}

#[test]
fn pasted_text_is_no_keys() {
    let stub = platform();
    let term = in_solia(&stub);
    term.send("\u{1b}[200~q:q\r\u{1b}[201~");
    term.send("/\u{1b}[200~postgres\u{1b}[201~\r");
    term.wait_gone("redis-deployment");
    term.wait_text("postgres-0");
}

#[test]
fn any_size_is_drawn_and_the_last_one_counts() {
    let stub = platform();
    let mut term = in_solia(&stub);
    term.resize(59, 14);
    term.wait_text("too small: 60x15 or more, please");
    assert!(!term.screen().contains("postgres-0"));
    for (cols, rows) in [
        (1, 1),
        (2, 1),
        (1, 40),
        (300, 1),
        (0x0fff, 3),
        (60, 15),
        (61, 90),
        (7, 7),
        (200, 50),
    ] {
        term.resize(cols, rows);
    }
    term.resize(300, 100);
    let wide = |screen: &str| {
        screen.lines().count() >= 100
            && screen.lines().any(|l| l.chars().count() >= 299)
            && screen.contains("backend-deployment-6d9f7c5b8d-4xk2p")
    };
    term.wait_for(wide, Duration::from_secs(20));
    term.resize(80, 24);
    let last = |screen: &str| screen.lines().count() == 24 && screen.lines().last().is_some_and(|l| l.contains("help"));
    let screen = term.wait_for(last, Duration::from_secs(20));
    assert!(screen.contains("postgres-0"), "{screen}");
    term.send(":q\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}

/// The parameters of every SGR sequence that was written.
fn sgr(raw: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(raw).into_owned();
    let pattern = regex::Regex::new("\u{1b}\\[([0-9;:]*)m").unwrap();
    let parts = pattern.captures_iter(&text).map(|c| c[1].to_owned()).collect::<Vec<_>>();
    parts
        .iter()
        .flat_map(|p| p.split([';', ':']))
        .filter_map(|n| n.parse().ok())
        .collect()
}

fn is_colour(parameter: &u16) -> bool {
    matches!(parameter, 30..=38 | 40..=48 | 90..=97 | 100..=107)
}

#[test]
fn no_color_writes_no_colours_and_without_it_there_are_some() {
    let stub = platform();
    for (value, expected) in [("1", false), ("", true)] {
        let mut term = started(&stub, &["-n", "solia"], |options| options.env("NO_COLOR", value));
        term.wait_text("postgres-0");
        term.send("?");
        term.wait_text("Look closer");
        term.send("q:q\r");
        term.wait_exit();
        let raw = term.raw();
        assert_eq!(sgr(&raw).iter().any(is_colour), expected, "NO_COLOR={value:?}: {:?}", sgr(&raw));
        assert!(!sgr(&raw).is_empty(), "bold and inverse are not colours");
    }
}

#[test]
fn ascii_is_ascii() {
    let stub = platform();
    let term = started(&stub, &["--ascii", "-n", "solia"], |options| options.size(120, 40));
    term.wait_text("postgres-0");
    for (keys, text) in [
        ("?", "Look closer"),
        ("\u{1b}", "postgres-0"),
        ("gd", "Conditions"),
        ("\u{1b}", "postgres-0"),
        (":env\r", "stub"),
    ] {
        term.send(keys);
        let screen = term.wait_for(|s| s.to_lowercase().contains(&text.to_lowercase()), Duration::from_secs(20));
        let odd: String = screen.chars().filter(|c| !c.is_ascii()).collect();
        assert_eq!(odd, "", "after {keys:?}:\n{screen}");
    }
}

#[test]
fn a_quiet_cluster_is_a_quiet_line() {
    let stub = platform();
    let term = in_solia(&stub);
    // The clock in the header and the ages may have their moment, but not in each of these.
    let quiet = (0..5).any(|_| term.is_quiet_for(Duration::from_millis(2500)));
    assert!(quiet, "{}", term.screen());
}

#[test]
fn names_that_are_control_sequences_do_nothing_to_the_terminal() {
    let stub = platform();
    let mut term = started(&stub, &["-n", "odd"], |options| options.size(160, 40));
    term.wait_text("segfault");
    term.wait_text("control-");
    let raw = String::from_utf8_lossy(&term.raw()).into_owned();
    for sequence in ["\u{1b}]0;owned", "\u{1b}]52;c;cm0gLXJm", "\u{9b}31m"] {
        assert!(!raw.contains(sequence), "{sequence:?} went through");
    }
    term.send(":q\r");
    term.wait_exit();
    term.assert_restored();
}

#[test]
fn a_copy_goes_to_the_clipboard_of_the_terminal_through_tmux_too() {
    let stub = platform();
    for (tmux, sequence) in [
        ("", "\u{1b}]52;c;cG9zdGdyZXMtMA=="),
        ("/tmp/tmux-0/default,1,0", "\u{1b}Ptmux;\u{1b}\u{1b}]52;c;cG9zdGdyZXMtMA=="),
    ] {
        let term = started(&stub, &["-n", "solia"], |options| options.env("TMUX", tmux));
        term.wait_text("postgres-0");
        term.send("/postgres\r");
        term.wait_gone("redis-deployment");
        term.send("gc");
        term.wait_text("copied");
        let raw = String::from_utf8_lossy(&term.raw()).into_owned();
        assert!(raw.contains(sequence), "TMUX={tmux:?}");
        let kept = std::fs::read_to_string(term.home().join("state/quarterdeck/clip.txt"));
        assert_eq!(kept.unwrap(), "postgres-0");
    }
}

#[test]
fn the_server_may_restart_under_a_running_screen() {
    let stub = platform();
    let term = in_solia(&stub);
    term.send("/postgres\r");
    term.wait_gone("redis-deployment");
    stub.go_down();
    let screen = term.wait_text("unreachable");
    assert!(screen.contains("postgres-0"), "{screen}");
    stub.update("pods", "solia", "postgres-0", |pod| {
        pod["metadata"]["deletionTimestamp"] = serde_json::json!("2026-01-01T00:00:00Z")
    });
    stub.come_back();
    term.wait_text("Terminating");
    let screen = term.wait_text(" live ");
    assert!(screen.contains("postgres-0") && !screen.contains("redis-deployment"), "{screen}");
}
