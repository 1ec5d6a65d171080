//! How many lines were written when, and how bad they were: a row of bars above the log.

use std::collections::HashMap;

use crate::reading::Level;
use crate::store::book::{Book, Chunk, RowKind};

/// Nanoseconds of one count.
const GRAIN: i64 = 1_000_000_000;

/// How many lines of a second: all, warnings, errors.
type Count = (i64, [u32; 3]);

/// Lines by second, kept for each chunk.
#[derive(Debug, Default)]
pub struct Density {
    by_chunk: HashMap<u64, (u32, Vec<Count>)>,
}

/// A bar: lines, of which so many warnings and errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    pub lines: u32,
    pub warnings: u32,
    pub errors: u32,
}

impl Density {
    /// Counts what is new or has changed.
    pub fn settle(&mut self, book: &Book) {
        if self.by_chunk.len() > book.chunks().len() {
            let there: std::collections::HashSet<u64> = book.chunks().iter().map(|chunk| chunk.id).collect();
            self.by_chunk.retain(|id, _| there.contains(id));
        }
        for chunk in book.chunks() {
            let known = self
                .by_chunk
                .get(&chunk.id)
                .is_some_and(|(revision, _)| *revision == chunk.revision);
            if !known {
                self.by_chunk.insert(chunk.id, (chunk.revision, count(chunk)));
            }
        }
    }

    /// So many bars over this time, the first and the last nanosecond of it.
    pub fn bars(&self, book: &Book, (from, to): (i64, i64), bars: usize) -> Vec<Bar> {
        let mut out = vec![Bar::default(); bars];
        let span = (to - from).max(1);
        let chunks = book.chunks().iter().filter_map(|chunk| self.by_chunk.get(&chunk.id));
        for (second, [lines, warnings, errors]) in chunks.flat_map(|(_, counts)| counts) {
            let Ok(at) = usize::try_from(i128::from((*second).max(from) - from) * bars as i128 / i128::from(span)) else {
                continue;
            };
            if let Some(bar) = out.get_mut(at.min(bars.saturating_sub(1))) {
                bar.lines += lines;
                bar.warnings += warnings;
                bar.errors += errors;
            }
        }
        out
    }

    /// Whether a chunk holds an error at all.
    pub fn has_errors(&self, chunk: &Chunk) -> bool {
        self.by_chunk
            .get(&chunk.id)
            .is_none_or(|(_, counts)| counts.iter().any(|(_, [_, _, errors])| *errors > 0))
    }
}

fn count(chunk: &Chunk) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for entry in chunk.entries().filter(|entry| !entry.is_note() && entry.nanos > 0) {
        let second = entry.nanos - entry.nanos.rem_euclid(GRAIN);
        if counts.last().is_none_or(|(last, _)| *last != second) {
            counts.push((second, [0; 3]));
        }
        if let Some((_, [lines, warnings, errors])) = counts.last_mut() {
            *lines += 1;
            // The frames of a stack trace are no further errors.
            if !matches!(entry.kind, RowKind::Line(_)) {
                continue;
            }
            match entry.level() {
                Level::Warn => *warnings += 1,
                level if level >= Level::Error => *errors += 1,
                _ => {}
            }
        }
    }
    counts
}
