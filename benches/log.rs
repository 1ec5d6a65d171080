//! What a book of a million lines costs: to fill, to search, to keep. See BENCHMARKS.md; run it with
//! `cargo bench --bench log`.

#![allow(clippy::disallowed_methods)]

use divan::counter::ItemsCount;
use quarterdeck::model::{EnvId, Fact, LogFact, LogLine, LogQuery, Namespaces, Seen, Stream, Time};
use quarterdeck::store::Store;
use quarterdeck::ui::panes::log::LogView;
use ratatui::layout::Rect;

const LINES: usize = 1_000_000;
const ENV: EnvId = EnvId(0);

fn main() {
    let (store, text) = full(LINES);
    let book = store.env(ENV).and_then(|seen| seen.book(&query()));
    let bytes = book.map_or(0, quarterdeck::store::Book::bytes);
    println!(
        "{LINES} lines, {} MB of text: {} MB in the book by its own account ({:.2} x)",
        text / 1_000_000,
        bytes / 1_000_000,
        bytes as f64 / text as f64
    );
    drop(store);
    divan::main();
}

fn query() -> LogQuery {
    LogQuery::parse("file:bench", Namespaces::All).expect("a query")
}

fn lines(from: usize, count: usize) -> Vec<LogLine> {
    let line = |n: usize| {
        LogLine {
        nanos: 1_795_000_000_000_000_000 + n as i64 * 1_000_000,
        text: format!(
            r#"{{"level":"info","time":17950{n:08},"pid":1,"msg":"request completed","method":"GET","path":"/api/portfolio/acc_{n:07}","status":200,"latency":{}}}"#,
            n % 977
        )
        .into(),
    }
    };
    (from..from + count).map(line).collect()
}

/// A store with one book of so many lines, and the bytes of their text.
fn full(count: usize) -> (Store, usize) {
    let mut store = Store::new(1);
    let stream = Stream::File("bench".into());
    if let Some(book) = store.open_book(ENV, &query()) {
        book.attach(&stream);
    }
    let mut text = 0;
    for from in (0..count).step_by(512) {
        let batch = lines(from, 512.min(count - from));
        text += batch.iter().map(|line| line.text.len() + 31).sum::<usize>();
        store.apply(Fact {
            env: ENV,
            at: Time(1),
            seen: Seen::Log(stream.clone(), LogFact::Lines(batch)),
        });
    }
    (store, text)
}

fn view(store: &Store) -> LogView {
    let mut view = LogView::new(ENV, query(), Time(1));
    view.settle(store, Rect::new(0, 0, 200, 50));
    view
}

/// A thousand lines into a book that is half full: level, join and place.
#[divan::bench(sample_count = 50)]
fn take_in(bencher: divan::Bencher) {
    let stream = Stream::File("bench".into());
    bencher
        .counter(ItemsCount::new(1000_usize))
        .with_inputs(|| {
            let (store, _) = full(10_000);
            (store, lines(10_000, 1000))
        })
        .bench_values(|(mut store, lines)| {
            store.apply(Fact {
                env: ENV,
                at: Time(1),
                seen: Seen::Log(stream.clone(), LogFact::Lines(lines)),
            });
            store
        });
}

/// A search of the whole book, from the first key to its last match.
#[divan::bench(args = ["acc_0999999", "acc_[0-9]*77 "], sample_count = 10)]
fn search(bencher: divan::Bencher, pattern: &str) {
    let (store, _) = full(LINES);
    bencher.bench_local(|| {
        let mut view = view(&store);
        view.filter_by(pattern);
        loop {
            view.settle(&store, Rect::new(0, 0, 200, 50));
            if !view.is_busy() {
                return view;
            }
        }
    });
}

/// What a frame costs besides drawing while 100 lines arrive, at the end and in the middle of a million.
#[divan::bench(args = [false, true], sample_count = 50)]
fn settle(bencher: divan::Bencher, middle: bool) {
    let (mut store, _) = full(LINES);
    let mut view = view(&store);
    if middle {
        view.go_to_time(&store, 1_795_000_500_000_000_000).unwrap();
    }
    let stream = Stream::File("bench".into());
    let mut next = LINES;
    bencher.bench_local(|| {
        store.apply(Fact {
            env: ENV,
            at: Time(1),
            seen: Seen::Log(stream.clone(), LogFact::Lines(lines(next, 100))),
        });
        next += 100;
        view.settle(&store, Rect::new(0, 0, 200, 50));
    });
}
