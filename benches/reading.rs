//! How fast log lines are read: `cargo bench --bench reading`.
//!
//! `QD_BENCH_WRITE=file cargo bench --bench reading` writes the lines to a file instead, for a comparison with other
//! programs (BENCHMARKS.md has it).

#![allow(clippy::disallowed_methods)]

#[path = "reading/sample.rs"]
mod sample;

use std::hint::black_box;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use quarterdeck::model::Time;
use quarterdeck::reading;
use quarterdeck::redact::{LineMask, mask_text};
use sample::sample;

/// Lines of the file; about 150 bytes each, and 31 for the stamp.
const LINES: u64 = 100_000;

fn main() {
    match std::env::var("QD_BENCH_WRITE") {
        Ok(path) => std::fs::write(path, sample(LINES * 10, false)).expect("the file can be written"),
        Err(_) => divan::main(),
    }
}

/// Asks something of every line, and says how many lines and bytes a second that is.
fn over_lines(bencher: Bencher, stamped: bool, mut each: impl FnMut(&str)) {
    let text = sample(LINES, stamped);
    bencher
        .counter(ItemsCount::new(LINES))
        .counter(BytesCount::new(text.len()))
        .bench_local(|| text.lines().for_each(&mut each));
}

/// All of it: decode, time, sanitise, redact, level; as the lines of a pod's log come.
#[divan::bench]
fn pipeline(bencher: Bencher) {
    let mut mask = LineMask::default();
    over_lines(bencher, true, |line| {
        black_box(reading::line(line.as_bytes(), &mut mask));
    });
}

#[divan::bench]
fn level(bencher: Bencher) {
    over_lines(bencher, false, |line| {
        black_box(reading::level(line));
    });
}

#[divan::bench]
fn time(bencher: Bencher) {
    over_lines(bencher, false, |line| {
        black_box(reading::time(line, Time(1_795_834_800)));
    });
}

#[divan::bench]
fn redact(bencher: Bencher) {
    over_lines(bencher, false, |line| {
        black_box(mask_text(line));
    });
}
