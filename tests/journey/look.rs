//! What the screens look like, as pictures to compare. The time stands still, and so does what depends on it.

use std::time::Duration;

use insta::assert_snapshot;
use quarterdeck::diagnosis::IN_FRONT;
use quarterdeck::model::{Known, Link, Time};
use quarterdeck::store::FeedState;

use super::*;
use crate::stub::{Context, Fault, Route};

const CRASHING: &str = "backend-deployment-6d9f7c5b8d-4xk2p";
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// Stops the clock a little after everything was made: ages are then the same in each run.
fn at_rest(mut twin: Twin) -> Twin {
    twin.freeze(Time(jiff::Timestamp::now().as_second() + 20));
    twin.frame();
    twin
}

/// The screen in each size, without what differs from run to run.
fn pictures(twin: &mut Twin, name: &str) {
    twin.go_on(Duration::from_millis(300));
    for (width, height) in SIZES {
        twin.resize(width, height);
        let mut screen = twin.screen();
        for (pattern, instead) in [
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "yyyy-mm-dd hh:mm:ssZ"),
            (r"\d\d:\d\dZ", "hh:mmZ"),
            // The lines of a log over time: which bar one falls into depends on the fraction of the second.
            (r"\d\d:\d\d:\d\d .* \d\d:\d\d:\d\d│", "hh:mm:ss bars hh:mm:ss│"),
            (r"changed \d\d:\d\d", "changed hh:mm"),
            // Whether a schedule was missed depends on the hour of the day.
            (r"\+\d+ more", "+n more"),
            (r"127\.0\.0\.1:\d{5}", "127.0.0.1:nnnnn"),
        ] {
            screen = regex::Regex::new(pattern).unwrap().replace_all(&screen, instead).into_owned();
        }
        assert_snapshot!(format!("{name}_{width}x{height}"), screen);
    }
}

/// Waits until these kinds are known everywhere where a server answers, and lets them be counted, which is done
/// once in a second.
fn counted(twin: &mut Twin, kinds: &[Known]) {
    twin.wait_until("everything is known", |app, _| {
        let ready = app.store.iter().filter(|(_, seen)| !matches!(seen.link, Link::Lost { .. }));
        ready.map(|(_, seen)| seen).all(|seen| {
            kinds.iter().all(|kind| {
                let mut feeds = seen.feeds().filter(|(key, _)| key.kind.is(*kind)).peekable();
                feeds.peek().is_some() && feeds.all(|(_, feed)| feed.complete || matches!(feed.state, FeedState::Denied(_)))
            })
        })
    });
    twin.pass(1);
}

/// Waits until all that the diagnosis reads is there, and what it asks for has come.
fn diagnosed(twin: &mut Twin) {
    counted(twin, IN_FRONT);
    twin.wait_until("the last words have come", |app, _| {
        let seen = app.seen().unwrap();
        app.diagnosis(app.env())
            .is_some_and(|diagnosis| diagnosis.wanted_tails(seen, app.now).is_empty())
    });
    twin.pass(1);
}

fn solia_at_rest(stub: &Stub) -> Twin {
    let mut twin = at_rest(TwinOptions::of(stub).namespace("solia").size(200, 50).start());
    counted(&mut twin, &[Known::Pod, Known::Node, Known::Deployment]);
    twin.wait_text(&[CRASHING, "postgres-0", " live ", "97Mi", "pods 12/18", "nodes 2/3"]);
    diagnosed(&mut twin);
    twin
}

#[test]
fn pods() {
    let stub = platform(Version::V1_36);
    pictures(&mut solia_at_rest(&stub), "pods");
}

#[test]
fn loading() {
    let stub = platform(Version::V1_36);
    stub.fault(Route::resource("pods"), Fault::Hang);
    let mut twin = at_rest(TwinOptions::of(&stub).namespace("solia").start());
    counted(&mut twin, &[Known::Node, Known::Deployment]);
    twin.wait_text(&[" loading ┐", "nodes 2/3", "node-3"]);
    pictures(&mut twin, "loading");
}

#[test]
fn empty() {
    let stub = platform(Version::V1_36);
    let mut twin = solia_at_rest(&stub);
    twin.type_text(":pods kube-system\n");
    twin.wait_until("there are none", |app, s| rows(app) == 0 && s.contains(" live "));
    pictures(&mut twin, "empty");
}

#[test]
fn stale() {
    let stub = platform(Version::V1_36);
    let mut twin = solia_at_rest(&stub);
    stub.go_down();
    twin.wait_text(&["stale", "unreachable"]);
    twin.pass(300);
    pictures(&mut twin, "stale");
}

#[test]
fn denied() {
    let stub = platform(Version::V1_36);
    stub.fault(Route::resource("secrets"), Fault::Status(403, "Forbidden"));
    let mut twin = solia_at_rest(&stub);
    twin.type_text(":secrets solia\n");
    twin.wait_text(&["may not list secrets"]);
    pictures(&mut twin, "denied");
}

#[test]
fn environments() {
    let (fine, worst, lost) = (Stub::start(Version::V1_36), platform(Version::V1_20), Stub::start(Version::V1_36));
    fine.seed_pods(3);
    lost.go_down();
    let contexts = [("fine", &fine), ("worst", &worst), ("lost", &lost)].map(|(name, stub)| Context::of(stub, name, None));
    let mut twin = at_rest(TwinOptions::with(&contexts).explicit().size(200, 50).start());
    twin.wait_text(&["load-00000", " live ", "lost unreachable"]);
    counted(&mut twin, &[Known::Pod, Known::Node, Known::Deployment]);
    twin.press("o");
    twin.wait_text(&["pods 3/3", "unreachable", "node-3"]);
    pictures(&mut twin, "environments");
}

#[test]
fn help() {
    let stub = platform(Version::V1_36);
    let mut twin = solia_at_rest(&stub);
    twin.press("?");
    pictures(&mut twin, "help");
}

#[test]
fn palette() {
    let stub = platform(Version::V1_36);
    let mut twin = solia_at_rest(&stub);
    twin.type_text(":de");
    pictures(&mut twin, "palette");
}

#[test]
fn describe() {
    let stub = platform(Version::V1_36);
    let mut twin = solia_at_rest(&stub);
    twin.press("g d");
    twin.wait_text(&["CrashLoopBackOff", "Controlled by"]);
    pictures(&mut twin, "describe");
}

#[test]
fn log() {
    let stub = platform(Version::V1_36);
    let mut twin = solia_at_rest(&stub);
    twin.press("g l");
    twin.wait_text(&["panic: no database"]);
    pictures(&mut twin, "log");
}
