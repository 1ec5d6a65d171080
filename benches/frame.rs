//! What a key costs: ten thousand pods in the store, a screen of 200 by 50, from the key to the finished frame.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use divan::Bencher;
use quarterdeck::app::start::Opening;
use quarterdeck::app::{App, Msg, update};
use quarterdeck::config::{Config, Environment, Kubernetes};
use quarterdeck::model::{
    Body, Container, EnvId, Fact, FeedFact, FeedKey, Known, Labels, Link, Meta, Object, Phase, Pod, Scope, Seen, Server, State, Time, Uid,
};
use quarterdeck::runtime::plain_look;
use quarterdeck::ui::{self, Look};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const NOW: Time = Time(1_800_000_000);
const PODS: u128 = 10_000;

fn main() {
    divan::main();
}

fn pod(n: u128) -> Object {
    let container = Container {
        name: "app".into(),
        image: "registry.test/app:v1".into(),
        state: State::Running { since: NOW + -9_000 },
        ready: true,
        ..Container::default()
    };
    let name = format!(
        "{}-{:010x}-{n:05}",
        ["backend", "frontend", "worker", "mailer"][(n % 4) as usize],
        n * 7_919
    );
    let body = Pod {
        status: if n.is_multiple_of(50) { "CrashLoopBackOff" } else { "Running" }.into(),
        phase: Phase::Running,
        node: format!("node-{}", n % 100).into(),
        containers: vec![container].into(),
        ..Pod::default()
    };
    let meta = Meta {
        uid: Uid(n + 1),
        namespace: format!("team-{:02}", n % 20).into(),
        name: name.into(),
        created: NOW + -10_000,
        labels: Labels::new([("app", "backend")]),
        ..Meta::default()
    };
    Object {
        meta,
        body: Body::Pod(Box::new(body)),
    }
}

/// The cockpit over ten thousand pods, settled.
fn cockpit() -> (App, Terminal<TestBackend>, Look) {
    let environment = Environment {
        name: "bench".into(),
        kubernetes: Some(Kubernetes::default()),
        ..Environment::default()
    };
    let config = Config {
        environments: vec![environment],
        ..Config::default()
    };
    let mut app = App::new(Arc::new(config), Opening::default(), NOW);
    update(&mut app, Msg::Resize { width: 200, height: 50 });
    app.settle();
    let key = FeedKey {
        kind: Known::Pod.into(),
        scope: Scope::All,
    };
    let feed = |fact| Seen::Feed(key.clone(), fact);
    let facts = [
        Seen::Link(Link::Ready(Server::default())),
        feed(FeedFact::Begin),
        feed(FeedFact::Put((0..PODS).map(pod).collect())),
        feed(FeedFact::Listed { unreadable: 0 }),
        feed(FeedFact::Live),
    ];
    for seen in facts {
        update(
            &mut app,
            Msg::Fact(Fact {
                env: EnvId(0),
                at: NOW,
                seen,
            }),
        );
    }
    app.settle();
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let look = plain_look();
    terminal.draw(|frame| ui::draw(&app, &look, frame)).unwrap();
    (app, terminal, look)
}

fn press(app: &mut App, code: KeyCode) {
    update(app, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

/// A frame in which nothing has to be computed anew.
#[divan::bench]
fn frame(bencher: Bencher<'_, '_>) {
    let (app, mut terminal, look) = cockpit();
    bencher.bench_local(|| {
        terminal.draw(|frame| ui::draw(&app, &look, frame)).unwrap();
    });
}

/// The cursor, one row down.
#[divan::bench]
fn cursor_to_frame(bencher: Bencher<'_, '_>) {
    let (mut app, mut terminal, look) = cockpit();
    bencher.bench_local(|| {
        press(&mut app, KeyCode::Char('j'));
        app.settle();
        terminal.draw(|frame| ui::draw(&app, &look, frame)).unwrap();
    });
}

/// A letter more in the filter, and one less: each is one key and one frame.
#[divan::bench]
fn filter_key_to_frame(bencher: Bencher<'_, '_>) {
    let (mut app, mut terminal, look) = cockpit();
    for key in "/back".chars() {
        press(&mut app, KeyCode::Char(key));
    }
    let mut more = true;
    bencher.bench_local(|| {
        press(&mut app, if more { KeyCode::Char('e') } else { KeyCode::Backspace });
        more = !more;
        app.settle();
        terminal.draw(|frame| ui::draw(&app, &look, frame)).unwrap();
    });
}

/// A hundred pods change, one frame.
#[divan::bench]
fn changes_to_frame(bencher: Bencher<'_, '_>) {
    let (mut app, mut terminal, look) = cockpit();
    bencher.bench_local(|| {
        let put = FeedFact::Put((0..100).map(|n| pod(n * 97)).collect());
        let key = FeedKey {
            kind: Known::Pod.into(),
            scope: Scope::All,
        };
        update(
            &mut app,
            Msg::Fact(Fact {
                env: EnvId(0),
                at: NOW,
                seen: Seen::Feed(key, put),
            }),
        );
        app.settle();
        terminal.draw(|frame| ui::draw(&app, &look, frame)).unwrap();
    });
}
