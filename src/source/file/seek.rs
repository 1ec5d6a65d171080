//! Looks through a whole file for a line, as it would be shown: what is hidden is not found.

use std::ops::Range;

use tokio::fs::File;

use super::walk::{self, Walk};
use super::window::percent;
use super::{Reader, Stop};
use crate::model::{LogLine, Next, Sought, WindowFact};
use crate::reading::{Level, Pattern, level};

/// Bytes that are looked through in one go where one goes backwards.
const STRETCH: u64 = 4 << 20;

/// Bytes that are looked at for a time at once.
const LOOK: u64 = 16 << 10;

/// What a line has to be like.
struct Sorts(Vec<Sort>);

enum Sort {
    Pattern(Pattern),
    Error,
}

impl Sorts {
    /// What is no pattern is in every line: it was checked where it was typed.
    fn read(sought: &[Sought]) -> Self {
        let sort = |sought: &Sought| match sought {
            Sought::Pattern(text) => Pattern::parse(text).ok().map(Sort::Pattern),
            Sought::Error => Some(Sort::Error),
        };
        Self(sought.iter().filter_map(sort).collect())
    }

    fn fit(&self, line: &LogLine) -> bool {
        self.0.iter().all(|sort| match sort {
            Sort::Pattern(pattern) => pattern.matches(&line.text),
            Sort::Error => level(&line.text) >= Level::Error,
        })
    }
}

/// How far one has come.
struct Progress {
    bytes: u64,
    said: Option<u8>,
}

impl Reader {
    /// The next line of a sort after this one, or the one before it. Nothing where there is none, or where something else
    /// is asked meanwhile.
    pub(super) async fn seek(&self, file: &mut File, next: &Next) -> Result<Option<u64>, Stop> {
        let sorts = Sorts::read(&next.sought);
        let mut progress = Progress { bytes: 0, said: None };
        let end = self.index.lines();
        let after = next.from.saturating_add(1).min(end);
        let stretches = if next.forward {
            [after..end, 0..after]
        } else {
            [0..next.from.min(end), next.from.min(end)..end]
        };
        for lines in stretches.into_iter().take(if next.around { 2 } else { 1 }) {
            let found = if next.forward {
                self.first(file, &sorts, lines, &mut progress).await?
            } else {
                self.last(file, &sorts, lines, &mut progress).await?
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The first line of a moment or later, found by halves: a log is in the order of time, more or less. The last line
    /// where all are earlier; nothing where no line states a time.
    pub(super) async fn at_time(&self, file: &mut File, nanos: i64) -> Result<Option<u64>, Stop> {
        let marks = self.index.marks();
        let (mut low, mut high, mut any) = (0, marks.len(), false);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.time_after(file, middle..high).await? {
                Some((at, time)) => {
                    any = true;
                    if time < nanos {
                        low = at + 1;
                    } else {
                        high = middle;
                    }
                }
                None => high = middle,
            }
        }
        if !any {
            return Ok(None);
        }
        // It stands behind the last mark whose time is earlier.
        let from = marks.get(low.saturating_sub(1)).copied().unwrap_or_default();
        let mut walk = Walk::begin(file, walk::before(&self.index, from), from, self.end, &self.hides).await?;
        while let Some((first, lines)) = walk.next(file, walk::PIECE).await? {
            let mut numbered = (first..).zip(&lines);
            if let Some((number, _)) = numbered.find(|(_, line)| line.nanos >= nanos && line.nanos != 0) {
                return Ok(Some(number));
            }
            if self.is_asked_anew() {
                return Ok(None);
            }
        }
        Ok(self.index.lines().checked_sub(1))
    }

    /// The first time that is stated after one of these marks, and which mark that is.
    async fn time_after(&self, file: &mut File, marks: Range<usize>) -> Result<Option<(usize, i64)>, Stop> {
        for at in marks {
            let Some(mark) = self.index.marks().get(at).copied() else { break };
            let next = self.index.marks().get(at + 1).map_or(self.end, |next| next.offset);
            let mut walk = Walk::begin(file, mark.offset, mark, next, &self.hides).await?;
            while let Some((_, lines)) = walk.next(file, LOOK).await? {
                if let Some(line) = lines.iter().find(|line| line.nanos != 0) {
                    return Ok(Some((at, line.nanos)));
                }
                if self.is_asked_anew() {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// The first fitting line among these.
    async fn first(&self, file: &mut File, sorts: &Sorts, lines: Range<u64>, progress: &mut Progress) -> Result<Option<u64>, Stop> {
        let from = self.index.at_line(lines.start);
        let mut walk = Walk::begin(file, walk::before(&self.index, from), from, self.end, &self.hides).await?;
        while walk.line() < lines.end && !self.is_asked_anew() {
            let at = walk.offset();
            let Some((first, read)) = walk.next(file, walk::PIECE).await? else {
                break;
            };
            let mut fitting = (first..).zip(&read).filter(|(number, _)| lines.contains(number));
            if let Some((number, _)) = fitting.find(|(_, line)| sorts.fit(line)) {
                return Ok(Some(number));
            }
            self.say(progress, walk.offset() - at).await?;
        }
        Ok(None)
    }

    /// The last fitting line among these.
    async fn last(&self, file: &mut File, sorts: &Sorts, lines: Range<u64>, progress: &mut Progress) -> Result<Option<u64>, Stop> {
        let mut end = lines.end;
        while end > lines.start && !self.is_asked_anew() {
            let at = self.index.at_line(end - 1).offset;
            let from = self.index.at_offset(at.saturating_sub(STRETCH));
            let mut walk = Walk::begin(file, walk::before(&self.index, from), from, self.end, &self.hides).await?;
            let mut last = None;
            while walk.line() < end && !self.is_asked_anew() {
                let Some((first, read)) = walk.next(file, walk::PIECE).await? else {
                    break;
                };
                let fitting = (first..).zip(&read).filter(|(number, _)| (lines.start..end).contains(number));
                last = fitting
                    .filter(|(_, line)| sorts.fit(line))
                    .map(|(number, _)| number)
                    .last()
                    .or(last);
            }
            if last.is_some() {
                return Ok(last);
            }
            self.say(progress, walk.offset() - from.offset).await?;
            end = from.line;
        }
        Ok(None)
    }

    async fn say(&self, progress: &mut Progress, bytes: u64) -> Result<(), Stop> {
        progress.bytes += bytes;
        let percent = percent(progress.bytes, self.end);
        if progress.said.replace(percent) != Some(percent) {
            self.teller.window(WindowFact::Seeking { percent }).await?;
        }
        Ok(())
    }
}
