//! A book of log lines: what several streams wrote, in the order of time, bounded by bytes.
//!
//! Lines stand in chunks of some hundred, each with its text in one piece, so that a line costs its text and two dozen
//! bytes. A line that comes late is put where it belongs. Each chunk has a revision: whoever keeps something about a
//! chunk (matches, counts) sees by it whether that still holds, and has to look at nothing else again.
//!
//! Nothing goes silently: what had to go from memory is counted, for each source and in all.

mod chunk;
mod clock;
mod seam;
mod source;
mod window;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub use chunk::{Chunk, Entry, RowKind};
pub use source::{LogState, Source, SourceId};
pub use window::{Window, Work};

use crate::model::{LogFact, LogLine, LogNote, NoteKind, Stream, Time};

/// How many bytes one book keeps unless told otherwise.
pub const BOOK_BYTES: usize = 256 << 20;
/// It has so many chunks at least when it is full: what goes for lack of room is little beside it.
const CHUNKS: usize = 32;

/// Lines of several streams, oldest first.
#[derive(Debug)]
pub struct Book {
    /// No other book has it, not even one of the same streams: rows are numbered anew in each.
    pub id: u64,
    chunks: VecDeque<Chunk>,
    sources: Vec<Source>,
    by_stream: HashMap<Stream, SourceId>,
    by_branch: HashMap<(Stream, Arc<str>), SourceId>,
    bytes: usize,
    cap: usize,
    /// Rows that had to go at the front.
    evicted: u64,
    /// The time of the newest row that had to go.
    evicted_until: i64,
    /// Rows that were put before others that were there already.
    late: u64,
    /// What happened to the streams, by sort: how often.
    tally: BTreeMap<NoteKind, u64>,
    lost: u64,
    doubles: seam::Doubles,
    next_chunk: u64,
    /// Where it holds a part of a file that is too large: which.
    window: Option<Window>,
    /// By how much all rows were numbered anew.
    moved: u64,
    /// Grows with every change.
    pub version: u64,
}

/// A row that is to be found again though others are put before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Number of the row since the book was begun.
    pub index: u64,
    nanos: i64,
    source: SourceId,
    /// How many late rows there were when it was looked up.
    late: u64,
    /// By how much rows had been numbered anew by then.
    moved: u64,
}

impl Default for Book {
    fn default() -> Self {
        Self::new(BOOK_BYTES)
    }
}

impl Book {
    /// An empty book that keeps so many bytes.
    pub fn new(cap: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Relaxed),
            chunks: VecDeque::new(),
            sources: Vec::new(),
            by_stream: HashMap::new(),
            by_branch: HashMap::new(),
            bytes: 0,
            cap,
            evicted: 0,
            evicted_until: 0,
            late: 0,
            tally: BTreeMap::new(),
            lost: 0,
            doubles: seam::Doubles::default(),
            next_chunk: 0,
            window: None,
            moved: 0,
            version: 0,
        }
    }

    /// Takes a stream in. One that is in it already stays as it is.
    pub fn attach(&mut self, stream: &Stream) {
        if self.by_stream.contains_key(stream) {
            return;
        }
        let id = self.add(Source::new(stream.clone(), None));
        self.by_stream.insert(stream.clone(), id);
        self.version += 1;
    }

    /// Takes over what another book holds of a stream that both hold. Its reader runs already, and tells nothing twice.
    pub fn take_over(&mut self, other: &Self, stream: &Stream) {
        let mut ids: HashMap<SourceId, SourceId> = HashMap::new();
        for (at, source) in other.sources.iter().enumerate().filter(|(_, source)| source.stream == *stream) {
            let own = match &source.branch {
                None => self.by_stream.get(stream).copied(),
                Some(name) => {
                    let trunk = self.by_stream.get(stream).copied();
                    trunk.map(|trunk| self.branch(stream, trunk, name))
                }
            };
            let Some(own) = own else { continue };
            ids.insert(SourceId(u16::try_from(at).unwrap_or(u16::MAX)), own);
            if let Some(place) = self.sources.get_mut(usize::from(own.0)) {
                *place = source.clone();
            }
        }
        self.take_part(other);
        for entry in other.entries() {
            let Some(id) = ids.get(&entry.source) else { continue };
            if let RowKind::Note(kind) = entry.kind {
                *self.tally.entry(kind).or_default() += 1;
            }
            self.insert(entry.nanos, *id, entry.kind, entry.text);
        }
        let gone: u64 = ids.values().filter_map(|id| self.source(*id)).map(|source| source.evicted).sum();
        if let (true, Some(id)) = (gone > 0, self.by_stream.get(stream).copied()) {
            let text = format!("{gone} lines had to go from memory before");
            self.note(
                id,
                &LogNote {
                    nanos: 0,
                    kind: NoteKind::Evicted,
                    text: text.into(),
                    lost: 0,
                },
            );
        }
        self.version += 1;
        self.shrink();
    }

    /// When a stream was last heard of.
    pub fn heard(&self, stream: &Stream) -> Time {
        let id = self.by_stream.get(stream);
        id.and_then(|id| self.source(*id)).map_or(Time::NEVER, |source| source.heard)
    }

    /// Whether it holds a stream.
    pub fn has(&self, stream: &Stream) -> bool {
        self.by_stream.contains_key(stream)
    }

    /// The streams that were taken in.
    pub fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.by_stream.keys()
    }

    /// What lines come from: streams, and the branches of streams.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// One source.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(usize::from(id.0))
    }

    fn source_mut(&mut self, id: SourceId) -> Option<&mut Source> {
        self.sources.get_mut(usize::from(id.0))
    }

    /// How a stream is doing.
    pub fn state(&self, stream: &Stream) -> Option<&LogState> {
        self.source(*self.by_stream.get(stream)?).map(|source| &source.state)
    }

    fn add(&mut self, source: Source) -> SourceId {
        let id = SourceId(u16::try_from(self.sources.len()).unwrap_or(u16::MAX));
        self.sources.push(source);
        id
    }

    /// Takes news of a stream in.
    pub(super) fn apply(&mut self, at: Time, stream: &Stream, fact: LogFact) {
        let Some(id) = self.by_stream.get(stream).copied() else {
            return;
        };
        self.version += 1;
        self.hear(id, at, &fact);
        match fact {
            LogFact::Lines(lines) => {
                self.set_clock(id);
                self.take(id, &lines);
            }
            LogFact::Window(news) => self.turn(id, news),
            LogFact::Branch(name, lines) => {
                let id = self.branch(stream, id, &name);
                self.take_lines(id, &lines);
            }
            LogFact::Note(note) => self.note(id, &note),
            LogFact::Following | LogFact::Ended => self.seam(id),
            LogFact::Waiting(_) | LogFact::Retrying { .. } | LogFact::Failed(_) => {}
        }
        self.shrink();
    }

    /// What the news mean for the state of a source. That a node threw a log away stands in the log itself.
    fn hear(&mut self, id: SourceId, at: Time, fact: &LogFact) {
        let Some(source) = self.source_mut(id) else { return };
        let was_missing = source.state.missing().is_some();
        source.hear(at, fact);
        let is_run = matches!(&source.stream, Stream::Container(key) if !key.previous);
        if let (Some(problem), true, false) = (source.state.missing(), is_run && source.lines > 0, was_missing) {
            let note = LogNote {
                nanos: 0,
                kind: NoteKind::Gap,
                text: format!("nothing more can be read here: {}", problem.text).into(),
                lost: 0,
            };
            self.note(id, &note);
        }
    }

    fn branch(&mut self, stream: &Stream, trunk: SourceId, name: &Arc<str>) -> SourceId {
        let key = (stream.clone(), name.clone());
        if let Some(id) = self.by_branch.get(&key) {
            return *id;
        }
        // More sources than there are numbers for: the rest goes by the name of the stream.
        if self.sources.len() >= usize::from(u16::MAX) {
            return trunk;
        }
        let id = self.add(Source::new(stream.clone(), Some(name.clone())));
        self.by_branch.insert(key, id);
        id
    }

    fn take_lines(&mut self, id: SourceId, lines: &[LogLine]) {
        let sibling = self.sibling(id);
        let twins = self.twins(id);
        let shift = self.shift(id, &twins);
        for line in lines {
            if !twins.is_empty() && self.is_doubled(id, &twins, line) {
                continue;
            }
            if sibling.is_some_and(|sibling| self.is_told(sibling, line)) {
                continue;
            }
            let Some(source) = self.sources.get_mut(usize::from(id.0)) else {
                return;
            };
            source.lines += 1;
            // A line without a time stands where it came.
            let stamp = if line.nanos > 0 { line.nanos } else { source.newest };
            source.newest = source.newest.max(stamp);
            let kind = source.kind_of(&line.text);
            self.insert(stamp.saturating_sub(shift), id, kind, &line.text);
        }
    }

    /// The source of the same container's other run.
    fn sibling(&self, id: SourceId) -> Option<SourceId> {
        let own = self.source(id)?;
        let at = self.sources.iter().position(|other| own.stream.is_sibling(&other.stream))?;
        u16::try_from(at).ok().map(SourceId)
    }

    /// Whether a line came already by this source.
    fn is_told(&self, by: SourceId, line: &LogLine) -> bool {
        if line.nanos == 0 || self.source(by).is_none_or(|source| source.newest < line.nanos) {
            return false;
        }
        let place = line.nanos.saturating_sub(self.shift(by, &[]));
        let from = self.entries_from(self.at(place));
        let mut same_time = from.map(|(_, entry)| entry).take_while(|entry| entry.nanos == place);
        same_time.any(|entry| entry.source == by && entry.text == &*line.text)
    }

    fn note(&mut self, id: SourceId, note: &LogNote) {
        *self.tally.entry(note.kind).or_default() += 1;
        self.lost += note.lost;
        let newest = self.source(id).map_or(0, Source::newest_place);
        let nanos = if note.nanos > 0 {
            note.nanos.saturating_sub(self.shift(id, &[]))
        } else {
            newest
        };
        self.insert(nanos, id, RowKind::Note(note.kind), &note.text);
    }

    /// By how many nanoseconds rows of a source stand earlier than they are stamped: by as many as those of the same
    /// container that its node tells.
    fn shift(&self, id: SourceId, twins: &[SourceId]) -> i64 {
        let shifts = std::iter::once(&id).chain(twins).filter_map(|id| self.source(*id));
        shifts.map(|source| source.clock.shift()).max().unwrap_or(0)
    }

    /// Goes by the clock of a source as it was heard: where that was found to be wrong, or right again, its rows are placed
    /// anew. This is done seldom, and costs as much as reading all rows once.
    fn set_clock(&mut self, id: SourceId) {
        let Some(source) = self.source_mut(id) else { return };
        let before = source.clock.shift();
        let Some(text) = source.clock.settle() else { return };
        let earlier = source.clock.shift() - before;
        if self.window.is_none() {
            self.place_anew(|entry| {
                if entry.source == id {
                    entry.nanos.saturating_sub(earlier)
                } else {
                    entry.nanos
                }
            });
        }
        self.note(
            id,
            &LogNote {
                nanos: 0,
                kind: NoteKind::Clock,
                text: text.into(),
                lost: 0,
            },
        );
    }

    fn place_anew(&mut self, place: impl Fn(&Entry<'_>) -> i64) {
        let old = std::mem::take(&mut self.chunks);
        let mut rows: Vec<(i64, Entry<'_>)> = old.iter().flat_map(Chunk::entries).map(|entry| (place(&entry), entry)).collect();
        rows.sort_by_key(|(nanos, _)| *nanos);
        self.bytes = 0;
        let count = rows.len() as u64;
        let first = old.front().map_or(self.evicted, |chunk| chunk.first);
        // Whoever knows a row by its number looks for it among as many as there are.
        let late = self.late + count;
        for (nanos, entry) in rows {
            if self.chunks.is_empty() {
                self.chunks.push_back(Chunk::new(self.next_chunk, first));
                self.next_chunk += 1;
            }
            self.insert(nanos, entry.source, entry.kind, entry.text);
        }
        self.late = late;
    }

    /// Puts a row after all rows of its time and before.
    fn insert(&mut self, nanos: i64, source: SourceId, kind: RowKind, text: &str) {
        // Without any time it stands at the end, as what is newest.
        let nanos = if nanos > 0 { nanos } else { self.newest() };
        self.bytes += Chunk::cost(text);
        // A part of a file is in the order of the file.
        let is_newest = self.window.is_some() || self.chunks.back().is_none_or(|chunk| chunk.last() <= nanos);
        if is_newest {
            let most = self.cap / CHUNKS;
            if self.chunks.back().is_none_or(|chunk| !chunk.has_room(text, most)) {
                let first = self.chunks.back().map_or(self.evicted, |chunk| chunk.first + chunk.len() as u64);
                self.chunks.push_back(Chunk::new(self.next_chunk, first));
                self.next_chunk += 1;
            }
            if let Some(chunk) = self.chunks.back_mut() {
                chunk.push(nanos, source, kind, text);
            }
            return;
        }
        self.late += 1;
        let after = self.chunks.partition_point(|chunk| chunk.start() <= nanos);
        let at = after.saturating_sub(1);
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        chunk.insert(nanos, source, kind, text);
        let halves = if chunk.is_overfull() {
            let half = chunk.split(self.next_chunk);
            self.next_chunk += 1;
            Some(half)
        } else {
            None
        };
        self.chunks.iter_mut().skip(at + 1).for_each(|chunk| chunk.first += 1);
        if let Some(half) = halves {
            self.chunks.insert(at + 1, half);
        }
    }

    /// Lets the oldest go until it fits. Whole chunks: they are small beside the book.
    fn shrink(&mut self) {
        let limit = self.limit();
        while self.bytes > limit && self.chunks.len() > 1 {
            let Some(gone) = self.chunks.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(gone.bytes());
            self.evicted += gone.len() as u64;
            self.evicted_until = self.evicted_until.max(gone.last());
            if self.window.is_some() {
                continue;
            }
            for entry in gone.entries() {
                if let Some(source) = self.sources.get_mut(usize::from(entry.source.0)) {
                    source.evicted += 1;
                }
            }
        }
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Rows that had to go at the front, and until when they reached. None where they can be read again.
    pub fn evicted(&self) -> (u64, Time) {
        if self.window.is_some() {
            return (0, Time::NEVER);
        }
        (self.evicted, Time(self.evicted_until / 1_000_000_000))
    }

    /// What happened to the streams, by sort: how often.
    pub fn tally(&self) -> impl Iterator<Item = (NoteKind, u64)> {
        self.tally.iter().map(|(kind, times)| (*kind, *times))
    }

    /// Lines that are known to be missing.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The number after the last row.
    pub fn end(&self) -> u64 {
        self.chunks.back().map_or(self.evicted, |chunk| chunk.first + chunk.len() as u64)
    }

    /// The number of the first row that is still there.
    pub fn begin(&self) -> u64 {
        self.chunks.front().map_or(self.evicted, |chunk| chunk.first)
    }

    /// Rows that are there.
    pub fn len(&self) -> u64 {
        self.end() - self.begin()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn newest(&self) -> i64 {
        self.chunks.back().map_or(0, Chunk::last)
    }

    /// The chunks, oldest first.
    pub fn chunks(&self) -> &VecDeque<Chunk> {
        &self.chunks
    }

    /// Which chunk holds the row of this number, by its place among them.
    pub fn chunk_of(&self, index: u64) -> Option<usize> {
        let after = self.chunks.partition_point(|chunk| chunk.first <= index);
        let at = after.checked_sub(1)?;
        let chunk = self.chunks.get(at)?;
        (index < chunk.first + chunk.len() as u64).then_some(at)
    }

    /// A row by its number.
    pub fn get(&self, index: u64) -> Option<Entry<'_>> {
        let chunk = self.chunks.get(self.chunk_of(index)?)?;
        chunk.get(usize::try_from(index - chunk.first).ok()?)
    }

    /// Rows from this number on.
    pub fn entries_from(&self, index: u64) -> impl Iterator<Item = (u64, Entry<'_>)> {
        let at = self.chunk_of(index.max(self.begin())).unwrap_or(self.chunks.len());
        let rows = self.chunks.iter().skip(at).flat_map(|chunk| (chunk.first..).zip(chunk.entries()));
        rows.skip_while(move |(number, _)| *number < index)
    }

    /// All rows, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.chunks.iter().flat_map(Chunk::entries)
    }

    /// The lines alone, without the notes between them.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.entries().filter(|entry| !matches!(entry.kind, RowKind::Note(_)))
    }

    /// The first row at or after a moment (nanoseconds since 1970).
    pub fn at(&self, nanos: i64) -> u64 {
        let at = self.chunks.partition_point(|chunk| chunk.last() < nanos);
        self.chunks
            .get(at)
            .map_or(self.end(), |chunk| chunk.first + chunk.before(nanos) as u64)
    }

    /// Something to find a row by, whatever is put before it.
    pub fn anchor(&self, index: u64) -> Option<Anchor> {
        let entry = self.get(index)?;
        Some(Anchor {
            index,
            nanos: entry.nanos,
            source: entry.source,
            late: self.late,
            moved: self.moved,
        })
    }

    /// The number that the row of an anchor has now, whether or not it is still there.
    pub fn moved(&self, anchor: Anchor) -> u64 {
        anchor.index + self.moved.saturating_sub(anchor.moved)
    }

    /// Where the row of an anchor stands now. One that had to go is where what is left begins.
    pub fn follow(&self, anchor: Anchor) -> Anchor {
        let index = self.moved(anchor).max(self.begin());
        if anchor.late == self.late {
            let moved = self.moved;
            return Anchor { index, moved, ..anchor };
        }
        // Late rows can only have moved it towards the end, and by no more than there were.
        let most = usize::try_from(self.late - anchor.late).unwrap_or(usize::MAX).saturating_add(1);
        let same = |entry: &Entry| entry.nanos == anchor.nanos && entry.source == anchor.source;
        let found = self.entries_from(index).take(most).find(|(_, entry)| same(entry));
        Anchor {
            index: found.map_or(index, |(index, _)| index),
            late: self.late,
            moved: self.moved,
            ..anchor
        }
    }
}

#[cfg(test)]
mod tests;
