//! Twenty streams of two thousand lines a second each, followed and scrolled: how long a key takes to its frame.
//!
//! Not a bench of one function: the loop of the program in small, in real time, with keys that come when they come. Run it
//! with `cargo bench --bench follow`; it prints the distribution.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use quarterdeck::app::start::Opening;
use quarterdeck::app::{App, Msg, update};
use quarterdeck::config::{Config, Environment};
use quarterdeck::model::{EnvId, Fact, LogFact, LogLine, LogQuery, Namespaces, Seen, Stream, Time};
use quarterdeck::runtime::plain_look;
use quarterdeck::ui;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const STREAMS: usize = 20;
/// Of each, each second.
const LINES: usize = 2_000;
const SECONDS: u64 = 20;
const ENV: EnvId = EnvId(0);
/// As many facts as the program takes at once.
const FACTS: usize = 256;
/// The pause between two frames while much changes.
const PAUSE: Duration = Duration::from_millis(150);

fn main() {
    let query = LogQuery::parse(
        &(0..STREAMS).map(|n| format!("file:{n}")).collect::<Vec<_>>().join(" "),
        Namespaces::All,
    )
    .unwrap();
    let environment = Environment {
        name: "bench".into(),
        ..Environment::default()
    };
    let config = Config {
        environments: vec![environment],
        ..Config::default()
    };
    let opening = Opening {
        logs: Some(query),
        ..Opening::default()
    };
    let mut app = App::new(Arc::new(config), opening, Time(1_795_000_000));
    update(&mut app, Msg::Resize { width: 200, height: 50 });
    app.settle();
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).unwrap();
    let look = plain_look();

    let (facts, news) = sync_channel::<Fact>(FACTS);
    let (keys, typed) = sync_channel::<(Instant, KeyCode)>(64);
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..STREAMS)
        .map(|stream| {
            let (facts, over) = (facts.clone(), over.clone());
            thread::spawn(move || write(stream, &facts, &over))
        })
        .collect();
    let typist = thread::spawn(move || press(&keys));
    let mut waits = run(&mut app, &news, &typed, |app| {
        terminal.draw(|frame| ui::draw(app, &look, frame)).unwrap();
    });
    over.store(true, Relaxed);
    drop((news, typed));
    let written: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    typist.join().unwrap();

    let read: u64 = app
        .store
        .env(ENV)
        .into_iter()
        .flat_map(|seen| (0..STREAMS).filter_map(|n| seen.log(&Stream::File(n.to_string().into()))))
        .next()
        .map_or(0, |book| book.sources().iter().map(|source| source.lines).sum());
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "{STREAMS} streams, {SECONDS} s: {written} lines written, {read} read ({} a second)",
        read / SECONDS
    );
    println!(
        "{} keys, from the key to its frame: half in {:.1} ms, 90 % in {:.1}, 99 % in {:.1}, the slowest {:.1}",
        waits.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}

/// The loop of the program: keys first, then what was told; one frame after a key, or when it is time.
fn run(app: &mut App, news: &Receiver<Fact>, typed: &Receiver<(Instant, KeyCode)>, mut draw: impl FnMut(&App)) -> Vec<Duration> {
    let (begun, mut last) = (Instant::now(), Instant::now());
    let mut waits = Vec::new();
    let mut changed = false;
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        let mut pressed: Vec<Instant> = Vec::new();
        let mut idle = true;
        while let Ok((when, code)) = typed.try_recv() {
            update(app, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
            pressed.push(when);
        }
        if pressed.is_empty() {
            for _ in 0..FACTS {
                let Ok(fact) = news.try_recv() else { break };
                update(app, Msg::Fact(fact));
                (changed, idle) = (true, false);
            }
        }
        if !pressed.is_empty() || changed && last.elapsed() >= PAUSE {
            app.settle();
            draw(app);
            (changed, last) = (false, Instant::now());
            waits.extend(pressed.iter().map(Instant::elapsed));
        } else if idle {
            thread::sleep(Duration::from_micros(200));
        }
    }
    waits
}

/// Writes as a source does: what came within 50 ms is one fact.
fn write(stream: usize, facts: &SyncSender<Fact>, over: &AtomicBool) -> usize {
    const BATCH: usize = LINES / 20;
    let begun = Instant::now();
    let mut number = 0;
    while !over.load(Relaxed) {
        let line = |n: usize| {
            LogLine {
            nanos: 1_795_000_000_000_000_000 + (n * 1_000_000_000 / LINES + stream) as i64,
            text: format!(r#"{{"level":"info","pid":1,"msg":"request completed","method":"GET","path":"/api/portfolio/acc_{n:07}","status":200,"latency":{}}}"#, n % 977).into(),
        }
        };
        let fact = Fact {
            env: ENV,
            at: Time(1_795_000_000),
            seen: Seen::Log(
                Stream::File(stream.to_string().into()),
                LogFact::Lines((number..number + BATCH).map(line).collect()),
            ),
        };
        if facts.send(fact).is_err() {
            break;
        }
        number += BATCH;
        let due = Duration::from_millis((number / BATCH) as u64 * 50);
        thread::sleep(due.saturating_sub(begun.elapsed()));
    }
    number
}

/// Scrolls back and forth, searches, goes to errors: a key every 23 ms.
fn press(keys: &SyncSender<(Instant, KeyCode)>) {
    let all = "kkkkkkkkjjjjkkkkkkkkkknNnNG".chars().map(KeyCode::Char);
    let pages = [
        KeyCode::PageUp,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Char('g'),
        KeyCode::Char('G'),
    ];
    let first = "/latency".chars().map(KeyCode::Char).chain([KeyCode::Enter]);
    for code in first.chain(all.chain(pages).collect::<Vec<_>>().into_iter().cycle()) {
        thread::sleep(Duration::from_millis(23));
        if keys.send((Instant::now(), code)).is_err() {
            break;
        }
    }
}
