//! Which template each line of a book is an instance of: kept for each chunk, so that only what has changed is looked at
//! again.
//!
//! A large book is gone through in portions, the oldest first: the same lines in the same order give the same templates.

use std::collections::{BTreeMap, HashMap};

use crate::reading::{Cluster, ClusterId, Level, Pattern, Templates};
use crate::store::book::{Book, Chunk, RowKind, SourceId};

/// Bytes of text that are looked at before the next frame.
const PORTION: usize = 16 << 20;

/// The lines of one template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub count: u64,
    /// When the earliest and the latest were written, in nanoseconds since 1970; 0 where no line had a time.
    pub first: i64,
    pub last: i64,
    /// Who wrote the earliest.
    pub by: SourceId,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        if self.first == 0 || other.first != 0 && other.first < self.first {
            (self.first, self.by) = (other.first, other.by);
        }
        self.last = self.last.max(other.last);
    }
}

/// A template of what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: ClusterId,
    pub level: Level,
    pub tally: Tally,
    /// What its lines have in common.
    pub text: String,
}

/// What a chunk says, as it was then.
#[derive(Debug, Default)]
struct Sorted {
    revision: u32,
    /// The template of each row.
    rows: Vec<Option<ClusterId>>,
    tallies: Vec<(ClusterId, Tally)>,
    /// Lines for which there was no room for a template of their own.
    others: u64,
    /// When each source wrote its earliest line in it, and how many it wrote.
    begins: Vec<(SourceId, Begin)>,
}

/// From when on a source is known (nanoseconds since 1970), and how many lines of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    pub nanos: i64,
    pub lines: u64,
}

impl Begin {
    fn add(all: &mut BTreeMap<SourceId, Self>, source: SourceId, other: Self) {
        let sum = all.entry(source).or_insert(Self { lines: 0, ..other });
        sum.nanos = sum.nanos.min(other.nanos);
        sum.lines += other.lines;
    }
}

/// The templates of the lines that a filter lets through.
#[derive(Debug, Default)]
pub struct Clusters {
    filter: Option<Pattern>,
    templates: Templates,
    by_chunk: HashMap<u64, Sorted>,
    /// The most frequent first; among equals the one that appeared first.
    lines: Vec<Line>,
    begins: BTreeMap<SourceId, Begin>,
    others: u64,
    /// Chunks that were not looked at yet, of so many.
    left: (usize, usize),
}

impl Clusters {
    /// Nothing is looked at yet.
    pub fn new(filter: Option<Pattern>) -> Self {
        Self {
            filter,
            left: (1, 1),
            ..Self::default()
        }
    }

    /// Looks at what is new or has changed; a portion of it where that is much. Whether all is looked at.
    pub fn settle(&mut self, book: &Book) -> bool {
        let chunks = book.chunks();
        let mut changed = false;
        if self.by_chunk.len() > chunks.len() {
            let there: std::collections::HashSet<u64> = chunks.iter().map(|chunk| chunk.id).collect();
            self.by_chunk.retain(|id, _| there.contains(id));
            changed = true;
        }
        let (mut spent, mut left) = (0, 0);
        for chunk in chunks.iter().filter(|chunk| !is_known(&self.by_chunk, chunk)).collect::<Vec<_>>() {
            if spent >= PORTION {
                left += 1;
                continue;
            }
            spent += chunk.weight().max(1);
            let sorted = self.look(chunk);
            self.by_chunk.insert(chunk.id, sorted);
            changed = true;
        }
        if changed {
            self.sum_up();
        }
        self.left = (left, chunks.len());
        left == 0
    }

    fn look(&mut self, chunk: &Chunk) -> Sorted {
        let mut sorted = Sorted {
            revision: chunk.revision,
            ..Sorted::default()
        };
        let mut tallies: BTreeMap<ClusterId, Tally> = BTreeMap::new();
        // The frames of a stack trace belong to the line that they go on with.
        let mut heads: HashMap<SourceId, ClusterId> = HashMap::new();
        let mut begins = BTreeMap::new();
        for entry in chunk.entries() {
            if !entry.is_note() && entry.nanos > 0 {
                let nanos = entry.nanos;
                Begin::add(&mut begins, entry.source, Begin { nanos, lines: 1 });
            }
            let of = match entry.kind {
                RowKind::Note(_) => None,
                RowKind::More(_) => heads.get(&entry.source).copied(),
                RowKind::Line(level) => {
                    heads.remove(&entry.source);
                    let shown = self.filter.as_ref().is_none_or(|filter| filter.matches(entry.text));
                    let id = shown.then(|| self.templates.add_leveled(entry.text, level, entry.nanos));
                    sorted.others += u64::from(id == Some(None));
                    let id = id.flatten();
                    if let Some(id) = id {
                        heads.insert(entry.source, id);
                        tallies.entry(id).or_default().add(Tally {
                            count: 1,
                            first: entry.nanos,
                            last: entry.nanos,
                            by: entry.source,
                        });
                    }
                    id
                }
            };
            sorted.rows.push(of);
        }
        sorted.begins = begins.into_iter().collect();
        sorted.tallies = tallies.into_iter().collect();
        sorted
    }

    fn sum_up(&mut self) {
        let mut sums: BTreeMap<ClusterId, Tally> = BTreeMap::new();
        for (id, tally) in self.by_chunk.values().flat_map(|sorted| &sorted.tallies) {
            sums.entry(*id).or_default().add(*tally);
        }
        let line = |(id, tally): (ClusterId, Tally)| {
            let cluster = self.templates.get(id)?;
            Some(Line {
                id,
                level: cluster.level,
                tally,
                text: cluster.template(),
            })
        };
        self.lines = sums.into_iter().filter_map(line).collect();
        self.lines.sort_by_key(|line| (std::cmp::Reverse(line.tally.count), line.id));
        self.begins.clear();
        for (source, begin) in self.by_chunk.values().flat_map(|sorted| &sorted.begins) {
            Begin::add(&mut self.begins, *source, *begin);
        }
        self.others = self.by_chunk.values().map(|sorted| sorted.others).sum();
    }

    /// From when on a source is known.
    pub fn begin(&self, source: SourceId) -> Option<Begin> {
        self.begins.get(&source).copied()
    }

    /// The templates, the most frequent first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// A template as it is known now.
    pub fn get(&self, id: ClusterId) -> Option<&Cluster> {
        self.templates.get(id)
    }

    /// Lines that belong to a template, and those for which there was no room.
    pub fn total(&self) -> u64 {
        self.lines.iter().map(|line| line.tally.count).sum::<u64>() + self.others
    }

    /// Lines for which there was no room, because there were too many different ones.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// How much was looked at, in percent.
    pub fn progress(&self) -> usize {
        let (left, all) = self.left;
        100 - (left * 100).checked_div(all).unwrap_or(0)
    }

    /// The template of each row of a chunk; nothing where it has changed since it was looked at.
    pub fn rows(&self, chunk: &Chunk) -> Option<&[Option<ClusterId>]> {
        let sorted = self.by_chunk.get(&chunk.id)?;
        (sorted.revision == chunk.revision).then_some(&sorted.rows)
    }
}

fn is_known(by_chunk: &HashMap<u64, Sorted>, chunk: &Chunk) -> bool {
    by_chunk.get(&chunk.id).is_some_and(|sorted| sorted.revision == chunk.revision)
}
