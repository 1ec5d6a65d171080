//! Where the lines of a file are: a mark every so many bytes, wide enough that any file has but a few of them.

/// Marks that are kept; with more of them every second one goes.
const MOST: usize = 1 << 16;
/// Bytes between two marks at first.
const STEP: u64 = 64 << 10;

/// A place where a line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The line's number, from zero.
    pub line: u64,
    /// Bytes before it.
    pub offset: u64,
}

/// The marks of a file, as far as it was looked at.
#[derive(Debug)]
pub struct Index {
    marks: Vec<Mark>,
    step: u64,
    most: usize,
    /// Whole lines so far, and where the next one begins at the earliest.
    end: Mark,
}

impl Default for Index {
    fn default() -> Self {
        Self::with(STEP, MOST)
    }
}

impl Index {
    /// An empty one with a mark every so many bytes, and no more than so many marks.
    fn with(step: u64, most: usize) -> Self {
        Self {
            marks: vec![Mark::default()],
            step,
            most,
            end: Mark::default(),
        }
    }

    /// Takes the bytes in that follow those of before.
    pub fn push(&mut self, mut bytes: &[u8]) {
        loop {
            let due = self.marks.last().map_or(0, |mark| mark.offset) + self.step;
            // The line break before the place where a mark is due, or the first one after it.
            let ahead = usize::try_from((due - 1).saturating_sub(self.end.offset)).unwrap_or(usize::MAX);
            let found = bytes.get(ahead..).and_then(|rest| memchr::memchr(b'\n', rest));
            let (seen, rest) = bytes.split_at(found.map_or(bytes.len(), |at| ahead + at + 1));
            self.end.line += memchr::memchr_iter(b'\n', seen).count() as u64;
            self.end.offset += seen.len() as u64;
            bytes = rest;
            if found.is_none() {
                return;
            }
            self.mark();
        }
    }

    fn mark(&mut self) {
        if self.marks.len() >= self.most {
            let mut number = 0;
            self.marks.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.step *= 2;
        }
        let last = self.marks.last().map_or(0, |mark| mark.offset);
        if self.end.offset >= last + self.step {
            self.marks.push(self.end);
        }
    }

    /// Whole lines that were seen.
    pub fn lines(&self) -> u64 {
        self.end.line
    }

    /// Bytes that were seen.
    pub fn position(&self) -> u64 {
        self.end.offset
    }

    /// All marks, in order.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The last mark at or before a line.
    pub fn at_line(&self, line: u64) -> Mark {
        self.before(|mark| mark.line <= line)
    }

    /// The last mark at or before a place.
    pub fn at_offset(&self, offset: u64) -> Mark {
        self.before(|mark| mark.offset <= offset)
    }

    fn before(&self, such: impl Fn(&Mark) -> bool) -> Mark {
        let after = self.marks.partition_point(such);
        after.checked_sub(1).and_then(|at| self.marks.get(at)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However the bytes come: the lines are counted, each mark is where its line begins, and they are few and near.
        #[test]
        fn marks_are_where_lines_begin(
            lengths in prop::collection::vec(0..40_usize, 0..400),
            piece in 1..90_usize,
            step in 1..60_u64,
        ) {
            let text: Vec<u8> = lengths.iter().flat_map(|n| std::iter::repeat_n(b'x', *n).chain([b'\n'])).collect();
            let starts: Vec<u64> = std::iter::once(0)
                .chain((1..).zip(&text).filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at))
                .collect();
            let mut index = Index::with(step, 16);
            text.chunks(piece).for_each(|some| index.push(some));
            prop_assert_eq!(index.lines(), lengths.len() as u64);
            prop_assert_eq!(index.position(), text.len() as u64);
            prop_assert!(index.marks.len() <= 16);
            for mark in &index.marks {
                prop_assert_eq!(starts[usize::try_from(mark.line).unwrap()], mark.offset);
            }
            // No mark is further away than a line beyond the step; where every second one went, than so many together.
            for pair in index.marks.windows(2) {
                let apart = pair[1].offset - pair[0].offset;
                prop_assert!(apart >= index.step && apart < (step + 41) * (index.step / step), "{:?}", index);
            }
            for (line, offset) in (0..).zip(&starts) {
                prop_assert!(index.at_line(line).line <= line);
                prop_assert!(index.at_offset(*offset).offset <= *offset);
            }
        }
    }
}
