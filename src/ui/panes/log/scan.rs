//! Which rows of a book match a pattern: kept for each chunk, so that only what has changed is looked at again.
//!
//! A large book is looked through in portions, the newest first: no key waits for it.

use std::collections::HashMap;

use super::templates::Clusters;
use crate::reading::{ClusterId, Pattern};
use crate::store::book::{Book, Chunk, Entry, SourceId};

/// Bytes of text that are looked through before the next frame.
const PORTION: usize = 16 << 20;

/// What matched in a chunk, as it was then.
#[derive(Debug, Default)]
struct Scanned {
    revision: u32,
    hits: Vec<u16>,
    sources: Vec<(SourceId, u32)>,
}

/// The rows that match.
#[derive(Debug)]
pub struct Scan {
    /// Nothing where another tells which rows they are.
    pattern: Option<Pattern>,
    by_chunk: HashMap<u64, Scanned>,
    total: u64,
    /// Chunks that were not looked through yet, of so many.
    left: (usize, usize),
}

impl Scan {
    /// Nothing is looked through yet.
    pub fn new(pattern: Pattern) -> Self {
        Self {
            pattern: Some(pattern),
            by_chunk: HashMap::new(),
            total: 0,
            left: (1, 1),
        }
    }

    /// Rows that another tells, by [`Scan::settle_told`].
    pub fn told() -> Self {
        Self {
            pattern: None,
            by_chunk: HashMap::new(),
            total: 0,
            left: (1, 1),
        }
    }

    /// The same again, with nothing looked through.
    pub fn again(&self) -> Self {
        Self {
            pattern: self.pattern.clone(),
            ..Self::told()
        }
    }

    /// What is looked for, where it is a pattern.
    pub fn pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    /// Where in a line the matches are.
    pub fn ranges<'a>(&'a self, line: &'a str) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        self.pattern.iter().flat_map(|pattern| pattern.ranges(line))
    }

    /// Looks through what is new or has changed; a portion of it where that is much. Whether all is looked through.
    pub fn settle(&mut self, book: &Book) -> bool {
        let Some(pattern) = self.pattern.take() else { return true };
        let done = self.settle_by(book, |chunk| Some(look(chunk, |_, entry| pattern.matches(entry.text))));
        self.pattern = Some(pattern);
        done
    }

    /// Takes the rows that another tells, which are lines of a template.
    pub fn settle_told(&mut self, book: &Book, clusters: &Clusters, id: ClusterId) -> bool {
        self.settle_by(book, |chunk| {
            let rows = clusters.rows(chunk)?;
            Some(look(chunk, |at, _| rows.get(at).is_some_and(|of| *of == Some(id))))
        })
    }

    fn settle_by(&mut self, book: &Book, look: impl Fn(&Chunk) -> Option<Scanned>) -> bool {
        let chunks = book.chunks();
        if self.by_chunk.len() > chunks.len() {
            let there: std::collections::HashSet<u64> = chunks.iter().map(|chunk| chunk.id).collect();
            self.by_chunk.retain(|id, _| there.contains(id));
        }
        let (mut spent, mut left) = (0, 0);
        for chunk in chunks.iter().rev() {
            let known = self.by_chunk.get(&chunk.id);
            if known.is_some_and(|known| known.revision == chunk.revision) {
                continue;
            }
            if spent >= PORTION {
                left += 1;
                continue;
            }
            let Some(scanned) = look(chunk) else {
                left += 1;
                continue;
            };
            spent += chunk.weight().max(1);
            self.by_chunk.insert(chunk.id, scanned);
        }
        self.total = self.by_chunk.values().map(|scanned| scanned.hits.len() as u64).sum();
        self.left = (left, chunks.len());
        left == 0
    }

    /// Rows that match.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Rows that match, by source.
    pub fn by_source(&self) -> HashMap<SourceId, u64> {
        let mut counts = HashMap::new();
        for (source, times) in self.by_chunk.values().flat_map(|scanned| &scanned.sources) {
            *counts.entry(*source).or_default() += u64::from(*times);
        }
        counts
    }

    /// How much was looked through, in percent.
    pub fn progress(&self) -> usize {
        let (left, all) = self.left;
        100 - (left * 100).checked_div(all).unwrap_or(0)
    }

    /// The places of the rows of a chunk that match.
    pub fn hits(&self, chunk: &Chunk) -> &[u16] {
        self.by_chunk.get(&chunk.id).map_or(&[], |scanned| &scanned.hits)
    }

    /// Which of all matches the row of this number is, counted from one; none where it is no match.
    pub fn rank(&self, book: &Book, index: u64) -> Option<u64> {
        let at = book.chunk_of(index)?;
        let chunk = book.chunks().get(at)?;
        let place = u16::try_from(index - chunk.first).ok()?;
        let within = self.hits(chunk).binary_search(&place).ok()?;
        let before: usize = book.chunks().iter().take(at).map(|chunk| self.hits(chunk).len()).sum();
        Some((before + within) as u64 + 1)
    }

    /// The next match after a row, or the one before it.
    pub fn next(&self, book: &Book, from: u64, forward: bool) -> Option<u64> {
        let chunks = book.chunks();
        let start = book.chunk_of(from.clamp(book.begin(), book.end().saturating_sub(1)))?;
        let number = |at: usize, hit: u16| chunks.get(at).map(|chunk| chunk.first + u64::from(hit));
        if forward {
            (start..chunks.len()).find_map(|at| {
                let hits = self.hits(chunks.get(at)?);
                hits.iter().filter_map(|hit| number(at, *hit)).find(|number| *number > from)
            })
        } else {
            (0..=start).rev().find_map(|at| {
                let hits = self.hits(chunks.get(at)?);
                hits.iter().rev().filter_map(|hit| number(at, *hit)).find(|number| *number < from)
            })
        }
    }
}

fn look(chunk: &Chunk, matches: impl Fn(usize, &Entry<'_>) -> bool) -> Scanned {
    let mut scanned = Scanned {
        revision: chunk.revision,
        ..Scanned::default()
    };
    for (at, entry) in chunk.entries().enumerate() {
        // What happened to a stream is always told.
        if entry.is_note() || !matches(at, &entry) {
            continue;
        }
        scanned.hits.push(u16::try_from(at).unwrap_or(u16::MAX));
        match scanned.sources.iter_mut().find(|(source, _)| *source == entry.source) {
            Some((_, times)) => *times += 1,
            None => scanned.sources.push((entry.source, 1)),
        }
    }
    scanned
}
