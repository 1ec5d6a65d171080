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
