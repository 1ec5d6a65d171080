//! Logs through servers that cut, refuse and go away in mid-stream: each line once, and what happened is said.

use std::time::Duration;

use quarterdeck::model::{LogFrom, LogKey, NoteKind};
use quarterdeck::store::book::RowKind;
use quarterdeck::store::{EnvStore, LogState};

use super::twin_of;
use crate::stub::{Fault, Route, Stub, Version};

const POD: &str = "postgres-0";
const LOG: &str = "/api/v1/namespaces/solia/pods/postgres-0/log";

/// Writes these lines, many of them within one second.
fn write(stub: &Stub, numbers: std::ops::RangeInclusive<u32>) {
    for n in numbers {
        stub.log("solia", POD, "postgres", format!("line {n}"));
    }
}

fn last(seen: &EnvStore, key: &LogKey) -> String {
    let book = seen.log(&key.clone().into());
    book.and_then(|book| book.lines().next_back().map(|line| line.text.to_owned()))
        .unwrap_or_default()
}

fn each_line_once(version: Version) {
    let stub = Stub::start(version);
    stub.seed_platform();
    write(&stub, 1..=300);
    stub.fault(Route::path(LOG).times(4), Fault::CutAfter(2500));
    let (mut twin, _folder) = twin_of(&stub);
    let key = twin.log("solia", POD, false, LogFrom::Start);
    twin.wait_until("all is read, in five pieces", |seen| last(seen, &key) == "line 300");

    // The server goes in mid-stream, and answers with errors at first when it is back.
    let mut written = 300;
    for fault in [Fault::Status(500, "InternalError"), Fault::Throttle(Duration::from_secs(1))] {
        stub.go_down();
        write(&stub, written + 1..=written + 50);
        stub.fault(Route::path(LOG).times(2), fault);
        stub.come_back();
        write(&stub, written + 51..=written + 100);
        written += 100;
        let end = format!("line {written}");
        twin.wait_until("the log goes on", |seen| last(seen, &key) == end);
    }
    write(&stub, written + 1..=written + 10);
    let end = format!("line {}", written + 10);
    twin.wait_until("and is followed", |seen| last(seen, &key) == end);

    let book = twin.seen().log(&key.clone().into()).unwrap();
    let texts: Vec<String> = book.lines().map(|line| line.text.to_owned()).collect();
    let expected: Vec<String> = (1..=written + 10).map(|n| format!("line {n}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(book.lost(), 0);
    assert_eq!(book.sources()[0].state, LogState::Following);
    let told = book.entries().filter(|e| e.kind == RowKind::Note(NoteKind::Reconnected)).count();
    assert!(told >= 2, "{told}: what the user waited for is said where it happened");
}

#[test]
fn each_line_is_told_once_through_cuts_errors_and_an_outage() {
    each_line_once(Version::V1_36);
}

#[test]
fn by_an_old_server_as_well() {
    each_line_once(Version::V1_20);
}
