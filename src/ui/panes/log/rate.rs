//! Where lines begin to come much faster or much slower: what a person sees in the bars, as a place to go to.

use std::fmt;

use super::LogView;
use super::density::Bar;
use crate::store::Store;
use crate::store::book::Book;

/// Bars that the rate before a change is taken from, at most: what was long before is no measure.
const MEMORY: f64 = 16.0;
/// A rate that is so many times the one before, or the other way round, is another one.
const FACTOR: f64 = 3.0;
/// A count of events that come by chance strays by its root: so many roots are no chance any more.
const ROOTS: f64 = 4.0;

/// A change of the rate (lines a second).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Nanoseconds since 1970.
    pub at: i64,
    pub before: f64,
    pub after: f64,
}

/// `12 lines/s, 0.5 before`
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: f64| match rate {
            rate if rate >= 10.0 => format!("{rate:.0}"),
            rate if rate >= 0.1 || rate == 0.0 => format!("{rate:.1}"),
            rate => format!("{rate:.3}"),
        };
        write!(f, "{} lines/s, {} before", rate(self.after), rate(self.before))
    }
}

/// The bars at which another rate begins, each with the mean of the bars before it.
fn steps(counts: impl IntoIterator<Item = u32>) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    let (mut mean, mut seen) = (0.0_f64, 0.0_f64);
    for (at, count) in counts.into_iter().enumerate() {
        let count = f64::from(count);
        let far = |low: f64, high: f64| high > FACTOR * low + ROOTS * low.sqrt() + FACTOR;
        if seen > 0.0 && (far(mean, count) || far(count, mean)) {
            found.push((at, mean));
            (mean, seen) = (0.0, 0.0);
        }
        seen = (seen + 1.0).min(MEMORY);
        mean += (count - mean) / seen;
    }
    found
}

impl LogView {
    /// The time that the bars stand for (the first and the last nanosecond of it), and how many there are.
    pub(super) fn span(&self, book: &Book) -> Option<(i64, i64)> {
        let first = book.chunks().iter().find(|chunk| chunk.last() > 0)?;
        let from = first.entries().map(|entry| entry.nanos).find(|nanos| *nanos > 0)?;
        let to = book.chunks().back()?.last();
        (from < to).then_some((from, to))
    }

    /// Goes to the next (or the previous) place where another rate begins.
    pub fn next_rate(&mut self, store: &Store, forward: bool) -> Option<Step> {
        let book = self.book(store)?;
        let (from, to) = self.span(book)?;
        let bars = self.columns().max(8);
        let counts: Vec<Bar> = self.density.bars(book, (from, to), bars);
        // The last bar may be but begun.
        let whole = counts.len().saturating_sub(1);
        let width = (to - from) as f64 / bars as f64;
        let seconds = width / 1e9;
        // Who follows the end sees what the screen begins with.
        let at = self
            .cursor
            .map_or(if forward { self.top } else { book.end() }, |cursor| cursor.index);
        let here = book.get(at).map_or(to, |entry| entry.nanos);
        let step = |(at, mean): (usize, f64)| Step {
            at: from + (at as f64 * width).ceil() as i64,
            before: mean / seconds,
            after: f64::from(counts[at].lines) / seconds,
        };
        let mut all = steps(counts[..whole].iter().map(|bar| bar.lines)).into_iter().map(step);
        // Within the bar of the cursor one is there already.
        let step = if forward {
            all.find(|step| step.at > here)
        } else {
            all.rfind(|step| (step.at as f64) < here as f64 - width)
        }?;
        let row = self.lane(book).at_or_after(book.at(step.at))?;
        self.go(book, row);
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_rate_is_told_from_chance() {
        for (counts, want) in [
            (&[10, 12, 9, 11, 8, 13, 10][..], &[][..]),
            (&[10, 12, 9, 90, 95, 88], &[3]),
            (&[90, 95, 88, 0, 0, 0], &[3]),
            (&[0, 0, 0, 1, 0, 2, 0], &[]),
            (&[0, 0, 50, 0, 0], &[2, 3]),
            (&[1, 1, 1, 5, 1, 1], &[]),
            (&[1000, 1100, 3500, 3600, 900], &[2, 4]),
            (&[], &[]),
            (&[7], &[]),
        ] {
            let found: Vec<usize> = steps(counts.iter().copied()).into_iter().map(|(at, _)| at).collect();
            assert_eq!(found, want, "{counts:?}");
        }
    }

    #[test]
    fn a_rate_is_written_as_short_as_it_says_something() {
        let step = Step {
            at: 0,
            before: 0.0123,
            after: 240.4,
        };
        assert_eq!(step.to_string(), "240 lines/s, 0.012 before");
    }
}
