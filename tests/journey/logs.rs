//! Reading logs: many pods as one, filtered, searched for errors and requests, copied and saved.

use jiff::{SignedDuration, Timestamp};
use quarterdeck::ui::panes::log::Times;

use super::*;
use crate::stub::Stub;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Lines of two more pods of the backend, a request that both took part in among them.
fn write(stub: &Stub) {
    for (seconds, tail, text) in [
        (200, "9qwzr", "GET /api/items 200".to_owned()),
        (190, "tm5hn", format!("GET /api/orders trace_id={TRACE}")),
        (189, "9qwzr", format!(r#"{{"level":"info","msg":"query","trace_id":"{TRACE}"}}"#)),
        (180, "tm5hn", "ERROR cannot reach postgres".to_owned()),
        (170, "9qwzr", "GET /api/users 200".to_owned()),
    ] {
        let pod = format!("backend-deployment-6d9f7c5b8d-{tail}");
        let time = Timestamp::now() - SignedDuration::from_secs(seconds);
        stub.log_at(time, "solia", &pod, "backend", text);
    }
}

/// The log of the whole backend.
pub fn opened(stub: &Stub) -> Twin {
    write(stub);
    let mut twin = TwinOptions::of(stub).namespace("solia").start();
    twin.type_text(":deployments solia\n");
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text("/backend\n");
    twin.press("g l");
    twin.wait_text(&[
        "panic: no database",
        "GET /api/items 200",
        "ERROR cannot reach postgres",
        "GET /api/users",
    ]);
    twin
}

fn log<T>(twin: &Twin, of: impl Fn(&quarterdeck::ui::panes::log::LogView) -> T) -> T {
    match twin.app.view() {
        quarterdeck::app::view::View::Log(log) => of(log),
        _ => panic!("no log is open:\n{}", twin.screen()),
    }
}

fn pods_of_a_deployment_are_read_as_one_log(version: Version) {
    let stub = platform(version);
    let mut twin = opened(&stub);
    let screen = twin.screen();
    let row = |text: &str| {
        screen
            .lines()
            .position(|line| line.contains(text))
            .unwrap_or_else(|| panic!("{text}:\n{screen}"))
    };
    assert!(row("panic: no database") < row("GET /api/items"), "{screen}");
    assert!(
        row("GET /api/items") < row("ERROR cannot") && row("ERROR cannot") < row("GET /api/users"),
        "{screen}"
    );
    for (tail, text) in [("4xk2p", "panic: no"), ("9qwzr", "GET /api/items"), ("tm5hn", "ERROR cannot")] {
        let line = screen.lines().nth(row(text)).unwrap();
        assert!(line.contains(tail), "{line}");
    }

    twin.type_text("&GET /api\n");
    let screen = twin.wait_gone("panic: no database");
    assert!(screen.contains("GET /api/items") && screen.contains("GET /api/orders"), "{screen}");
    twin.press("esc");
    twin.wait_text(&["panic: no database"]);

    // A new line of any of them is seen at once.
    stub.log("solia", "backend-deployment-6d9f7c5b8d-9qwzr", "backend", "a line that came later");
    twin.wait_text(&["a line that came later"]);
}
on_both!(pods_of_a_deployment_are_read_as_one_log);

/// The lines came once. Whoever looks at the same streams later finds them all the same.
fn what_was_read_is_there_for_every_view_of_the_same_streams(version: Version) {
    let stub = platform(version);
    let mut twin = opened(&stub);
    twin.type_text(":logs tm5hn|9qwzr\n");
    twin.wait_text(&["log solia/tm5hn|9qwzr", "GET /api/items 200", "ERROR cannot reach postgres"]);
    assert!(!twin.screen().contains("panic: no database"), "{}", twin.screen());
    twin.press("-");
    twin.wait_text(&["panic: no database", "GET /api/items 200", "ERROR cannot reach postgres"]);
    // Beside each other: each line once in each of the two.
    twin.press("v tab");
    twin.type_text(":logs pod/backend-deployment-6d9f7c5b8d-tm5hn\n");
    twin.wait_text(&["log solia/backend-deployment-6d9f7c5b8d-tm5"]);
    stub.log("solia", "backend-deployment-6d9f7c5b8d-tm5hn", "backend", "seen by both");
    twin.wait_until("both show it", |_, screen| screen.matches("seen by both").count() == 2);
    assert_eq!(twin.screen().matches("ERROR cannot reach").count(), 2, "{}", twin.screen());
}
on_both!(what_was_read_is_there_for_every_view_of_the_same_streams);

/// Who looks something up comes back to the very row, with what came meanwhile below it; much later the log is read anew.
fn a_log_that_is_left_and_come_back_to_is_whole(version: Version) {
    let stub = platform(version);
    let mut twin = opened(&stub);
    twin.wait_text(&["GET /api/items 200"]);
    twin.press("g");
    let here = |twin: &Twin| log(twin, |view| view.copied(&twin.app.store));
    let first = here(&twin);
    twin.type_text(":nodes\n");
    twin.wait_text(&["node-3"]);
    stub.log("solia", "backend-deployment-6d9f7c5b8d-tm5hn", "backend", "written meanwhile");
    twin.press("esc");
    twin.wait_text(&["written meanwhile", "GET /api/items 200"]);
    assert_eq!(here(&twin), first);

    twin.type_text(":nodes\n");
    twin.wait_text(&["node-3"]);
    let now = twin.app.now;
    twin.freeze(now);
    twin.pass(3600);
    twin.press("esc");
    let screen = twin.wait_text(&["written meanwhile", "GET /api/items 200"]);
    assert_eq!(screen.matches("written meanwhile").count(), 1, "{screen}");
}
on_both!(a_log_that_is_left_and_come_back_to_is_whole);

fn errors_and_requests_are_one_key_away(version: Version) {
    let stub = platform(version);
    let mut twin = opened(&stub);
    twin.press("g");
    let here = |twin: &Twin| log(twin, |view| view.copied(&twin.app.store));
    twin.press("e");
    assert!(here(&twin).contains("connection refused"), "{}", here(&twin));
    twin.press("G E");
    assert_eq!(here(&twin), "ERROR cannot reach postgres");

    twin.press("k k");
    assert!(here(&twin).contains("/api/orders"), "{}", here(&twin));
    twin.press("o");
    let screen = twin.wait_gone("GET /api/users");
    assert!(screen.contains("GET /api/orders") && screen.contains("query"), "{screen}");
    assert!(!screen.contains("GET /api/items"), "{screen}");
    twin.press("esc");
    twin.wait_text(&["GET /api/users"]);
}
on_both!(errors_and_requests_are_one_key_away);

fn times_selections_and_files(version: Version) {
    let stub = platform(version);
    let mut twin = opened(&stub);
    let times = [Times::Utc, Times::Local, Times::Ago, Times::Hidden].map(|_| {
        twin.press("t");
        log(&twin, |view| view.times)
    });
    assert_eq!(times, [Times::Utc, Times::Local, Times::Ago, Times::Hidden]);

    twin.type_text("&/api/\n");
    twin.wait_gone("panic: no database");
    // What happened to a stream is no line of it, and is not copied as one.
    twin.press("g c");
    assert_eq!(
        twin.record.copied.last().map(String::as_str),
        Some("--- restarted: here this run ended; what follows is the next one")
    );
    twin.press("j V j c");
    assert_eq!(
        twin.record.copied.last().map(String::as_str),
        Some(format!("GET /api/items 200\nGET /api/orders trace_id={TRACE}").as_str())
    );
    twin.press("esc esc");
    twin.wait_text(&["panic: no database"]);
    twin.press("ctrl-s");
    let saved = twin.record.saved.last().unwrap();
    let cannot = saved.lines().find(|line| line.ends_with("ERROR cannot reach postgres")).unwrap();
    let (time, rest) = cannot.split_once(' ').unwrap();
    assert!(time.parse::<Timestamp>().is_ok(), "{cannot}");
    assert!(rest.starts_with("backend-deployment-6d9f7c5b8d-tm5hn/backend "), "{cannot}");
    assert!(saved.contains("--- restarted: "), "{saved}");

    // Further back: asked of the server again, and nothing is there twice.
    let before = stub.count(|r| r.path.ends_with("/log"));
    twin.press("B");
    twin.wait_text(&["panic: no database", "GET /api/users"]);
    assert!(stub.count(|r| r.path.ends_with("/log")) > before);
    twin.press("ctrl-s");
    let again = twin.record.saved.last().unwrap();
    assert_eq!(again.matches("panic: no database").count(), 1, "{again}");
}
on_both!(times_selections_and_files);

fn on_a_shared_screen_nothing_names_anybody(version: Version) {
    let stub = platform(version);
    let time = Timestamp::now() - SignedDuration::from_secs(100);
    let text = format!(
        "login of anna.martin@solia-invest.com from 10.11.12.13 {} for account 210987654321",
        "x".repeat(60)
    );
    stub.log_at(time, "solia", "backend-deployment-6d9f7c5b8d-tm5hn", "backend", text);
    let named = ["anna.martin", "solia-invest.com", "10.11.12.13", "2109876", "54321"];
    let mut twin = opened(&stub);
    twin.wait_text(&["anna.martin@solia-invest.com"]);
    twin.type_text(":share\n");
    let mut seen = vec![twin.wait_text(&["SHARED", "login of"])];
    twin.press("g V G c");
    twin.wait_record("a copy", |record| !record.copied.is_empty());
    twin.press("ctrl-s");
    twin.wait_record("a file", |record| record.saved.iter().any(|text| text.contains("login of ••••••")));
    let left: Vec<&String> = twin.record.copied.iter().chain(&twin.record.saved).collect();
    assert!(left.iter().all(|text| named.iter().all(|name| !text.contains(name))), "{left:?}");
    // Wrapped in narrow panes, scrolled to the side, opened, as a template, and in a table of pods with their addresses.
    for (width, height) in [(80, 24), (61, 20), (120, 40)] {
        twin.resize(width, height);
        for key in [
            "w", "right", "right", "left", "w", "up", "enter", "enter", "i", "T", "T", "v", "tab",
        ] {
            twin.press(key);
            seen.push(twin.screen());
        }
        twin.press("esc");
    }
    for screen in &seen {
        for name in named {
            assert!(!screen.contains(name), "{name}:\n{screen}");
        }
    }
    // Once more asks, and enter is no yes.
    twin.type_text(":share\n");
    twin.wait_text(&["stop sharing?"]);
    twin.press("enter");
    assert!(
        twin.screen().contains("SHARED") && !twin.screen().contains("stop sharing?"),
        "{}",
        twin.screen()
    );
    twin.type_text(":share\n");
    twin.press("y");
    let screen = twin.screen();
    assert!(!screen.contains("SHARED"), "{screen}");
}
on_both!(on_a_shared_screen_nothing_names_anybody);

fn a_moment_is_gone_to(version: Version) {
    let stub = platform(version);
    let mut twin = opened(&stub);
    let times = log(&twin, |log| log.times);
    assert_eq!(times, Times::Hidden);
    let when = Timestamp::now() - SignedDuration::from_secs(182);
    twin.type_text(&format!(":at {}\n", when.strftime("%H:%M:%SZ")));
    let row = log(&twin, |log| log.row(&twin.app.store).map(|entry| entry.text.to_owned()));
    assert!(
        row.as_deref().is_some_and(|text| text.contains("ERROR cannot reach postgres")),
        "{row:?}"
    );
    twin.type_text(":at noon\n");
    twin.wait_text(&["is no time"]);
}
on_both!(a_moment_is_gone_to);

fn logs_are_asked_for_by_name(version: Version) {
    let stub = platform(version);
    write(&stub);
    let mut twin = in_solia(&stub);
    twin.type_text(":logs back(end\n");
    twin.wait_text(&["\"back(end\" is no pattern"]);
    twin.type_text(":logs nowhere-at-all\n");
    twin.wait_until("a log is open", |app, _| matches!(app.view(), quarterdeck::app::view::View::Log(_)));
    twin.wait_text(&["nowhere-at-all"]);
    twin.type_text(":logs deploy/backend-deployment !tm5hn\n");
    let screen = twin.wait_text(&["panic: no database", "GET /api/items 200"]);
    assert!(!screen.contains("ERROR cannot reach"), "{screen}");
}
on_both!(logs_are_asked_for_by_name);
