//! Several streams into one, in the order of time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use crate::model::{LogFact, LogLine, NoteKind, Stream};

/// Bytes that may wait for earlier lines of streams that say nothing; then what waits is printed all the same.
const HELD: usize = 64 << 20;

/// A line or a note, with what it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub stream: Stream,
    pub branch: Option<Arc<str>>,
    pub line: LogLine,
    pub note: Option<NoteKind>,
}

/// What waits of one stream.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Entry>,
    over: bool,
}

/// The streams and what waits of them.
#[derive(Debug, Default)]
pub struct Merge {
    queues: HashMap<Stream, Queue>,
    /// Streams by the time of their first line that waits: who is next.
    heads: BTreeMap<(i64, u64), Stream>,
    /// Tells heads of the same time apart, in the order in which they came.
    turn: u64,
    held: usize,
    /// Everything that waits now may go.
    released: bool,
    /// What was given last, all of one time: the same run may come by two streams.
    given: Vec<Entry>,
}

impl Merge {
    /// This stream will say something, or that it has nothing to say.
    pub fn expect(&mut self, stream: &Stream) {
        if !self.queues.contains_key(stream) {
            self.queues.insert(stream.clone(), Queue::default());
        }
    }

    /// How many streams there are.
    pub fn streams(&self) -> usize {
        self.queues.len()
    }

    /// Takes news in.
    pub fn take(&mut self, stream: &Stream, news: LogFact) {
        match news {
            LogFact::Lines(lines) => lines.into_iter().for_each(|line| self.push(stream, None, line, None)),
            LogFact::Branch(name, lines) => {
                lines.into_iter().for_each(|line| self.push(stream, Some(name.clone()), line, None));
            }
            LogFact::Note(note) => {
                let line = LogLine {
                    nanos: note.nanos,
                    text: note.text,
                };
                self.push(stream, None, line, Some(note.kind));
            }
            LogFact::Ended | LogFact::Failed(_) | LogFact::Waiting(_) => {
                if let Some(queue) = self.queues.get_mut(stream) {
                    queue.over = true;
                }
            }
            LogFact::Following | LogFact::Retrying { .. } | LogFact::Window(_) => {}
        }
    }

    fn push(&mut self, stream: &Stream, branch: Option<Arc<str>>, line: LogLine, note: Option<NoteKind>) {
        let Some(queue) = self.queues.get_mut(stream) else { return };
        self.held += line.text.len();
        // What goes on is not over, whatever was said before.
        queue.over = false;
        if queue.waiting.is_empty() {
            self.heads.insert((line.nanos, self.turn), stream.clone());
            self.turn += 1;
        }
        queue.waiting.push_back(Entry {
            stream: stream.clone(),
            branch,
            line,
            note,
        });
    }

    /// Whether all streams have said what they had to say. What waits may still wait.
    pub fn is_over(&self) -> bool {
        self.queues.values().all(|queue| queue.over)
    }

    /// Everything that waits now goes, though earlier lines might still come.
    pub fn release(&mut self) {
        self.released = true;
    }

    /// The next line, if no stream can bring an earlier one.
    pub fn next(&mut self) -> Option<Entry> {
        loop {
            let entry = self.first()?;
            if self.given.first().is_some_and(|other| other.line.nanos != entry.line.nanos) {
                self.given.clear();
            }
            let told = |other: &Entry| other.stream.is_sibling(&entry.stream) && other.line == entry.line && other.note == entry.note;
            if entry.line.nanos > 0 && self.given.iter().any(told) {
                continue;
            }
            // Nothing but a container's two streams can say the same twice.
            if self.queues.len() > 1 && matches!(entry.stream, Stream::Container(_)) {
                self.given.push(entry.clone());
            }
            return Some(entry);
        }
    }

    fn first(&mut self) -> Option<Entry> {
        let complete = self.heads.len() == self.queues.len()
            || self.released
            || self.held > HELD
            || self.queues.values().all(|queue| queue.over || !queue.waiting.is_empty());
        let Some((key, stream)) = self
            .heads
            .iter()
            .next()
            .filter(|_| complete)
            .map(|(key, stream)| (*key, stream.clone()))
        else {
            self.released = false;
            return None;
        };
        self.heads.remove(&key);
        let queue = self.queues.get_mut(&stream)?;
        let entry = queue.waiting.pop_front()?;
        if let Some(next) = queue.waiting.front() {
            self.heads.insert((next.line.nanos, self.turn), stream);
            self.turn += 1;
        }
        self.held = self.held.saturating_sub(entry.line.text.len());
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> Stream {
        Stream::File(name.into())
    }

    fn lines(times: &[i64]) -> LogFact {
        let line = |nanos: &i64| LogLine {
            nanos: *nanos,
            text: nanos.to_string().into(),
        };
        LogFact::Lines(times.iter().map(line).collect())
    }

    fn all(merge: &mut Merge) -> Vec<i64> {
        std::iter::from_fn(|| merge.next()).map(|entry| entry.line.nanos).collect()
    }

    #[test]
    fn a_line_waits_for_streams_that_may_bring_an_earlier_one() {
        let mut merge = Merge::default();
        let (a, b) = (stream("a"), stream("b"));
        merge.expect(&a);
        merge.expect(&b);
        merge.take(&a, lines(&[1, 3, 5]));
        assert_eq!(all(&mut merge), [0_i64; 0]);
        merge.take(&b, lines(&[2, 4]));
        assert_eq!(all(&mut merge), [1, 2, 3, 4], "5 waits: the other may bring a 4 still");
        merge.take(&b, LogFact::Ended);
        assert_eq!(all(&mut merge), [5]);
        assert!(!merge.is_over());
        merge.take(&a, LogFact::Ended);
        assert!(merge.is_over());
        merge.take(&a, lines(&[9]));
        merge.take(&b, lines(&[7]));
        merge.release();
        assert_eq!(all(&mut merge), [7, 9]);
    }
}
