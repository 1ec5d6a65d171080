//! A book that holds a part of a file too large to be kept: rows have the numbers of their lines, and stand in the
//! order of the file. What is outside is not lost: it is read again when somebody goes there.
//!
//! Another part is put together beside the one that is there, and takes its place when it is complete.

use super::{Book, SourceId};
use crate::model::{Ask, LogLine, LogNote, NoteKind, WindowFact};

/// A book that holds a part keeps so much of what it may; the part that takes its place gets the rest.
const GROWN: (usize, usize) = (2, 3);

/// Which part of a file a book holds.
#[derive(Debug, Default)]
pub struct Window {
    /// Lines of the whole file; nothing until they are counted.
    pub total: Option<u64>,
    /// What the source is about.
    pub work: Work,
    /// What was answered last, with the line that was meant; none where there is no such line.
    pub answered: Option<(Ask, Option<u64>)>,
    /// Grows each time another part takes the place of the one before.
    pub turn: u64,
    /// Whether it goes on with what is added to the file.
    pub is_at_end: bool,
    /// Rows are numbered from zero, because what stands before them is not counted yet.
    is_provisional: bool,
    /// The part that is being put together.
    staged: Option<Box<Book>>,
}

/// What the source of a file is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    #[default]
    None,
    /// It reads another part.
    Reading,
    /// It counts the lines (percent).
    Counting(u8),
    /// It looks through the file (percent).
    Seeking(u8),
}

impl Window {
    /// The number of the first line, counted from one; nothing until the lines are counted.
    pub fn number(&self, index: u64) -> Option<u64> {
        (!self.is_provisional).then_some(index + 1)
    }
}

impl Book {
    /// Which part it holds, where it is one.
    pub fn window(&self) -> Option<&Window> {
        self.window.as_ref()
    }

    /// Whether lines stand before those that it holds, and whether some come after them.
    pub fn more(&self) -> (bool, bool) {
        let Some(window) = &self.window else { return (false, false) };
        let before = window.is_provisional || self.begin() > 0;
        (
            before,
            window.total.is_some_and(|total| self.end() < total) || window.total.is_none() && !window.is_at_end,
        )
    }

    /// Whether it is about one stream alone. Where several are merged no part can take the place of another.
    fn is_alone(&self) -> bool {
        self.by_stream.len() == 1
    }

    /// Takes lines of a source in: what is there goes on with them, or they belong to a part that is not there yet.
    pub(super) fn take(&mut self, id: SourceId, lines: &[LogLine]) {
        if let Some(staged) = self.window.as_mut().and_then(|window| window.staged.as_mut()) {
            staged.take_lines(id, lines);
            staged.shrink();
        } else if self.is_alone() {
            self.take_lines(id, lines);
        } else {
            let new = self.source_mut(id).map_or(0, |source| source.told.take(lines.len()));
            self.take_lines(id, lines.get(new..).unwrap_or_default());
        }
    }

    /// Takes in what is told of a file of which only a part is kept.
    pub(super) fn turn(&mut self, id: SourceId, fact: WindowFact) {
        if !self.is_alone() {
            return self.apart(id, &fact);
        }
        match fact {
            WindowFact::Begin { first } => self.begin_part(first),
            WindowFact::Complete { answer, line } => self.complete(answer, line),
            WindowFact::Anew => self.leave(),
            other => {
                let is_provisional = self.window.as_ref().is_some_and(|window| window.is_provisional);
                if let (WindowFact::Counted { first, .. }, true) = (&other, is_provisional) {
                    self.number_from(*first);
                }
                let Some(window) = &mut self.window else { return };
                match other {
                    WindowFact::Lines { total } => window.total = Some(total),
                    WindowFact::Counting { percent } => window.work = Work::Counting(percent),
                    WindowFact::Counted { total, .. } => {
                        (window.total, window.work, window.is_provisional) = (Some(total), Work::None, false);
                    }
                    WindowFact::Seeking { percent } => window.work = Work::Seeking(percent),
                    WindowFact::Kept { answer } => {
                        (window.staged, window.work) = (None, Work::None);
                        window.answered = answer.map(|answer| (answer, None)).or(window.answered.take());
                    }
                    _ => {}
                }
            }
        }
    }

    fn begin_part(&mut self, first: Option<u64>) {
        let mut staged = Self::new(self.cap / GROWN.1);
        // Numbers of chunks are never given twice, in whatever part they stand.
        staged.next_chunk = self.next_chunk;
        staged.evicted = first.unwrap_or(0);
        staged.sources.extend(self.sources.first().map(|source| source.anew()));
        staged.window = Some(Window {
            is_provisional: first.is_none(),
            ..Window::default()
        });
        let window = self.window.get_or_insert_default();
        window.staged = Some(Box::new(staged));
        window.work = Work::Reading;
    }

    fn complete(&mut self, answer: Option<Ask>, line: Option<u64>) {
        let Some(window) = &mut self.window else { return };
        let Some(staged) = window.staged.take() else { return };
        window.work = Work::None;
        window.turn += 1;
        window.is_provisional = staged.window.is_some_and(|window| window.is_provisional);
        window.answered = answer.map(|answer| (answer, line)).or(window.answered.take());
        (self.chunks, self.bytes, self.evicted, self.next_chunk) = (staged.chunks, staged.bytes, staged.evicted, staged.next_chunk);
        if let (Some(own), Some(source)) = (self.sources.first_mut(), staged.sources.into_iter().next()) {
            own.go_on_with(source);
        }
        let end = self.end();
        if let Some(window) = &mut self.window {
            window.is_at_end = window.is_provisional || window.total.is_some_and(|total| end >= total);
        }
    }

    /// The rows get the numbers that they have in the file.
    fn number_from(&mut self, first: u64) {
        self.chunks.iter_mut().for_each(|chunk| chunk.first += first);
        self.evicted += first;
        self.moved += first;
    }

    /// The file is another one now: what is kept of it cannot be read any more, and neither can the rest.
    fn leave(&mut self) {
        let Some(window) = self.window.take() else { return };
        let after = window.total.map_or(0, |total| total.saturating_sub(self.end()));
        self.lost += after;
    }

    /// Of several files that are merged no part takes the place of another: each line is taken in once, and what is
    /// missing before the last part of a large one is said.
    fn apart(&mut self, id: SourceId, fact: &WindowFact) {
        let missing = self.source_mut(id).map_or(0, |source| source.told.hear(fact));
        if missing == 0 {
            return;
        }
        let first = self.entries().find(|entry| entry.source == id && !entry.is_note());
        let note = LogNote {
            nanos: first.map_or(0, |entry| entry.nanos),
            kind: NoteKind::Evicted,
            text: format!("{missing} lines of this file do not fit: view it alone to read them").into(),
            lost: 0,
        };
        self.note(id, &note);
    }

    /// Takes over which part another book of the same file holds.
    pub(super) fn take_part(&mut self, other: &Self) {
        let Some(window) = other.window.as_ref().filter(|_| self.is_alone()) else {
            return;
        };
        self.evicted = other.begin();
        self.window = Some(Window {
            total: window.total,
            is_at_end: window.is_at_end,
            is_provisional: window.is_provisional,
            ..Window::default()
        });
    }

    /// How many bytes of rows it keeps.
    pub(super) fn limit(&self) -> usize {
        match (&self.window, self.by_stream.is_empty()) {
            // One that is being put together has no streams.
            (Some(_), false) => self.cap / GROWN.1 * GROWN.0,
            _ => self.cap,
        }
    }
}

/// Which lines of a file a book of several has been told, where its source does not tell them in one go.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Lines of the file that were told, or that are known to be missing.
    lines: u64,
    next: Next,
}

/// Which line comes next.
#[derive(Clone, Copy, Debug, Default)]
enum Next {
    /// The one after those that were told.
    #[default]
    New,
    /// The one of this number.
    At(u64),
    /// Nobody knows, but so many have come.
    Uncounted(u64),
}

impl Told {
    /// Hears of so many lines. Gives how many of them, from the first on, were told before.
    fn take(&mut self, count: usize) -> usize {
        let many = count as u64;
        match &mut self.next {
            Next::New => {
                self.lines += many;
                0
            }
            Next::Uncounted(come) => {
                *come += many;
                0
            }
            Next::At(at) => {
                let known = self.lines.saturating_sub(*at).min(many);
                *at += many;
                self.lines = self.lines.max(*at);
                usize::try_from(known).unwrap_or(count)
            }
        }
    }

    /// Gives how many lines are found to be missing.
    fn hear(&mut self, fact: &WindowFact) -> u64 {
        let (lines, missing) = match (fact, self.next) {
            (WindowFact::Begin { first: Some(first) }, _) => {
                self.next = Next::At(*first);
                (self.lines.max(*first), first.saturating_sub(self.lines))
            }
            (WindowFact::Begin { first: None }, _) => {
                self.next = Next::Uncounted(0);
                (self.lines, 0)
            }
            (WindowFact::Counted { first, .. }, Next::Uncounted(come)) => {
                self.next = Next::New;
                (first + come, first.saturating_sub(self.lines))
            }
            (WindowFact::Kept { .. }, _) => {
                self.next = Next::New;
                (self.lines, 0)
            }
            (WindowFact::Anew, _) => {
                *self = Self::default();
                (0, 0)
            }
            _ => (self.lines, 0),
        };
        self.lines = lines;
        missing
    }
}
