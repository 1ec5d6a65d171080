//! Some hundred rows of a book, with their text in one piece.

use super::source::SourceId;
use crate::model::NoteKind;
use crate::reading::Level;

/// Rows of a chunk, unless late ones are put between them.
const ROWS: usize = 1024;
/// Bytes of text of a chunk, unless one line alone has more.
const BYTES: usize = 256 << 10;

/// Rows that stand next to each other.
#[derive(Debug)]
pub struct Chunk {
    /// Never given twice within a book.
    pub id: u64,
    /// The number of its first row since the book was begun.
    pub first: u64,
    /// Grows with every change.
    pub revision: u32,
    text: String,
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    nanos: i64,
    start: u32,
    length: u32,
    source: SourceId,
    kind: RowKind,
}

/// What sort of row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A line, and how bad it is by its own account.
    Line(Level),
    /// A line that goes on with the one before of the same source (a stack trace), of whose level it is.
    More(Level),
    /// Something that happened to the stream.
    Note(NoteKind),
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry<'a> {
    /// Nanoseconds since 1970; 0 where nothing in the book has a time.
    pub nanos: i64,
    pub source: SourceId,
    pub kind: RowKind,
    pub text: &'a str,
}

impl Entry<'_> {
    /// How bad a line is; unknown for what is no line.
    pub fn level(&self) -> Level {
        match self.kind {
            RowKind::Line(level) | RowKind::More(level) => level,
            RowKind::Note(_) => Level::Unknown,
        }
    }

    /// Whether it is something that happened to a stream.
    pub fn is_note(&self) -> bool {
        matches!(self.kind, RowKind::Note(_))
    }
}

impl Chunk {
    pub(super) fn new(id: u64, first: u64) -> Self {
        Self {
            id,
            first,
            revision: 0,
            text: String::new(),
            rows: Vec::new(),
        }
    }

    /// What a row takes of memory.
    pub(super) fn cost(text: &str) -> usize {
        text.len() + size_of::<Row>()
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.iter().map(|row| row.length as usize + size_of::<Row>()).sum()
    }

    /// Whether a row fits in, where it may take so many bytes.
    pub(super) fn has_room(&self, text: &str, most: usize) -> bool {
        let bytes = self.text.len() + self.rows.len() * size_of::<Row>() + Self::cost(text);
        self.rows.is_empty() || self.rows.len() < ROWS && self.text.len() + text.len() <= BYTES && bytes <= most
    }

    pub(super) fn is_overfull(&self) -> bool {
        self.rows.len() >= 2 * ROWS || self.rows.len() > 1 && self.text.len() > 4 * BYTES
    }

    pub(super) fn push(&mut self, nanos: i64, source: SourceId, kind: RowKind, text: &str) {
        let row = self.keep(nanos, source, kind, text);
        self.rows.push(row);
    }

    /// Puts a row after those of its time.
    pub(super) fn insert(&mut self, nanos: i64, source: SourceId, kind: RowKind, text: &str) {
        let at = self.rows.partition_point(|row| row.nanos <= nanos);
        let row = self.keep(nanos, source, kind, text);
        self.rows.insert(at, row);
    }

    fn keep(&mut self, nanos: i64, source: SourceId, kind: RowKind, text: &str) -> Row {
        self.revision += 1;
        // Most chunks get as full as they may: taken once, the room is not moved again and again.
        if self.rows.capacity() == 0 {
            self.rows.reserve_exact(ROWS);
        }
        let start = self.text.len();
        self.text.push_str(text);
        Row {
            nanos,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            source,
            kind,
        }
    }

    /// Gives its second half away.
    pub(super) fn split(&mut self, id: u64) -> Self {
        let whole = std::mem::replace(self, Self::new(self.id, self.first));
        self.revision = whole.revision + 1;
        let half = whole.rows.len() / 2;
        let mut rest = Self::new(id, whole.first + half as u64);
        for (number, entry) in whole.entries().enumerate() {
            let to = if number < half { &mut *self } else { &mut rest };
            to.push(entry.nanos, entry.source, entry.kind, entry.text);
        }
        rest
    }

    /// Rows in it.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The time of its first row.
    pub fn start(&self) -> i64 {
        self.rows.first().map_or(0, |row| row.nanos)
    }

    /// The time of its last row.
    pub fn last(&self) -> i64 {
        self.rows.last().map_or(0, |row| row.nanos)
    }

    /// Rows before a moment.
    pub(super) fn before(&self, nanos: i64) -> usize {
        self.rows.partition_point(|row| row.nanos < nanos)
    }

    /// Bytes of text.
    pub fn weight(&self) -> usize {
        self.text.len()
    }

    /// One of its rows.
    pub fn get(&self, at: usize) -> Option<Entry<'_>> {
        self.rows.get(at).map(|row| self.entry(row))
    }

    /// Its rows, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.rows.iter().map(|row| self.entry(row))
    }

    fn entry(&self, row: &Row) -> Entry<'_> {
        let start = row.start as usize;
        Entry {
            nanos: row.nanos,
            source: row.source,
            kind: row.kind,
            text: self.text.get(start..start + row.length as usize).unwrap_or_default(),
        }
    }
}
