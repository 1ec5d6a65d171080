//! The rows that are shown, as a way to walk: all of a book, or what a filter lets through with the lines around it.

use super::scan::Scan;
use crate::store::book::{Book, Chunk};

/// A way through a book.
#[derive(Clone, Copy)]
pub struct Lane<'a> {
    book: &'a Book,
    filter: Option<&'a Scan>,
    /// Rows that are shown around each match.
    context: u16,
}

impl<'a> Lane<'a> {
    pub fn new(book: &'a Book, filter: Option<&'a Scan>, context: u16) -> Self {
        Self { book, filter, context }
    }

    /// Whether a row is shown.
    pub fn shows(&self, index: u64) -> bool {
        let Some(at) = self.book.chunk_of(index) else { return false };
        self.filter.is_none() || self.shown(at).binary_search(&index).is_ok()
    }

    /// Whether it is a match itself, and not only near one.
    pub fn is_match(&self, index: u64) -> bool {
        let Some(filter) = self.filter else { return true };
        let chunk = self.book.chunk_of(index).and_then(|at| self.book.chunks().get(at));
        chunk.is_some_and(|chunk| {
            let place = u16::try_from(index - chunk.first).unwrap_or(u16::MAX);
            filter.hits(chunk).binary_search(&place).is_ok() || chunk.get(usize::from(place)).is_some_and(|entry| entry.is_note())
        })
    }

    /// The first row that is shown at this number or after it.
    pub fn at_or_after(&self, index: u64) -> Option<u64> {
        let index = index.max(self.book.begin());
        if self.filter.is_none() {
            return (index < self.book.end()).then_some(index);
        }
        let start = self.book.chunk_of(index)?;
        (start..self.book.chunks().len()).find_map(|at| self.shown(at).into_iter().find(|number| *number >= index))
    }

    /// The last row that is shown at this number or before it.
    pub fn at_or_before(&self, index: u64) -> Option<u64> {
        let last = self.book.end().checked_sub(1)?;
        let index = index.min(last);
        if index < self.book.begin() {
            return None;
        }
        if self.filter.is_none() {
            return Some(index);
        }
        let start = self.book.chunk_of(index)?;
        (0..=start)
            .rev()
            .find_map(|at| self.shown(at).into_iter().rev().find(|number| *number <= index))
    }

    /// The row after this one.
    pub fn after(&self, index: u64) -> Option<u64> {
        self.at_or_after(index + 1)
    }

    /// The row before this one.
    pub fn before(&self, index: u64) -> Option<u64> {
        self.at_or_before(index.checked_sub(1)?)
    }

    /// So many rows further, or as far as it goes.
    pub fn step(&self, from: u64, rows: isize) -> u64 {
        let mut at = from;
        for _ in 0..rows.unsigned_abs() {
            let next = if rows > 0 { self.after(at) } else { self.before(at) };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    /// The last row.
    pub fn last(&self) -> Option<u64> {
        self.at_or_before(u64::MAX)
    }

    /// The first row.
    pub fn first(&self) -> Option<u64> {
        self.at_or_after(0)
    }

    /// The numbers of the rows of a chunk that are shown: matches, what is near one, and what happened to streams.
    fn shown(&self, at: usize) -> Vec<u64> {
        let (Some(filter), Some(chunk)) = (self.filter, self.book.chunks().get(at)) else {
            return Vec::new();
        };
        let reach = u64::from(self.context);
        let (from, to) = (chunk.first, chunk.first + chunk.len() as u64);
        let near = |chunk: &Chunk| -> Vec<u64> { filter.hits(chunk).iter().map(|hit| chunk.first + u64::from(*hit)).collect() };
        let mut matches = near(chunk);
        if reach > 0 {
            let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
            matches.extend(beside.filter_map(|at| self.book.chunks().get(at)).flat_map(near));
        }
        let mut shown: Vec<u64> = matches
            .into_iter()
            .flat_map(|hit| hit.saturating_sub(reach)..=hit + reach)
            .filter(|number| (from..to).contains(number))
            .collect();
        let notes = (from..to)
            .zip(chunk.entries())
            .filter(|(_, entry)| entry.is_note())
            .map(|(number, _)| number);
        shown.extend(notes);
        shown.sort_unstable();
        shown.dedup();
        shown
    }
}
