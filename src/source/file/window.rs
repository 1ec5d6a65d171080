//! A file that is larger than what may be kept of it: its lines are counted, and a part of them is told.
//!
//! The last part comes first, and has no numbers until all lines are counted. From then on what is asked for takes its
//! place. What is looked for ([`super::seek`]) is found in the whole file.

use std::io::SeekFrom;

use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::index::Mark;
use super::walk::{self, Walk};
use super::{LOOK, Look, Reader, Reading, Stop};
use crate::model::{Ask, LogLine, Place, WindowFact};

/// Bytes that are counted at once.
const STRETCH: usize = 1 << 20;

/// A part is so much of what may be kept: while one takes the place of another both are there, and one grows.
const PARTS: usize = 3;

/// Bytes before the last part in which a secret may have begun that goes over several lines.
const BEFORE: u64 = 64 << 10;

impl Reader {
    /// What one part may take (bytes); nothing where files are read whole.
    fn part(&self) -> Option<usize> {
        match self.reading {
            Reading::Windowed { memory, .. } => Some(memory / PARTS),
            Reading::Once | Reading::Followed => None,
        }
    }

    /// Whether a file of this length, or what was told of it so far, is more than what may be kept.
    pub(super) fn is_too_large(&self, length: u64) -> bool {
        let is_more = |part: usize| {
            let most = part * PARTS / 4 * 3;
            self.kept > most || usize::try_from(length).is_ok_and(|length| length > most)
        };
        self.part().is_some_and(is_more)
    }

    /// Tells parts of a file, for as long as it stays the same file.
    pub(super) async fn by_window(&mut self, file: &mut File) -> Result<(), Stop> {
        self.kept = usize::MAX;
        self.end = file.metadata().await?.len();
        self.tell_last(file).await?;
        loop {
            if let Some(ask) = self.asked() {
                self.answer(file, ask).await?;
                continue;
            }
            match self.look(file).await? {
                None => self.pause().await?,
                Some(Look::Grown) => self.grow(file).await?,
                Some(Look::Cut | Look::Replaced(_)) => return Ok(()),
            }
        }
    }

    /// What was asked since one looked last.
    fn asked(&mut self) -> Option<Ask> {
        match &mut self.reading {
            Reading::Windowed { asks, .. } if asks.has_changed().unwrap_or(false) => asks.borrow_and_update().clone(),
            _ => None,
        }
    }

    /// Whether something else is asked by now, or nothing any more.
    pub(super) fn is_asked_anew(&self) -> bool {
        matches!(&self.reading, Reading::Windowed { asks, .. } if asks.has_changed().unwrap_or(false))
    }

    /// Until something is asked, or it is time to look for more.
    async fn pause(&mut self) -> Result<(), Stop> {
        if self.teller.facts.is_closed() {
            return Err(Stop::Closed);
        }
        let Reading::Windowed { asks, .. } = &self.reading else {
            return Ok(());
        };
        // By another ear: what is heard here is still news to this one.
        let mut bell = asks.clone();
        match tokio::time::timeout(LOOK, bell.changed()).await {
            Ok(Ok(())) | Err(_) => {}
            // Nobody is there to ask any more.
            Ok(Err(_)) => tokio::time::sleep(LOOK).await,
        }
        Ok(())
    }

    /// Tells the last part, and counts the lines of all.
    async fn tell_last(&mut self, file: &mut File) -> Result<(), Stop> {
        let part = self.part().unwrap_or(usize::MAX) as u64;
        let start = self.end.saturating_sub(part);
        // What was read so far has its numbers: they must not change.
        if self.index.position() > 0 || start == 0 {
            self.count(file).await?;
            return self.tell_part(file, &Place::End, None).await;
        }
        let start = self.line_after(file, start).await?;
        let from = Mark { line: 0, offset: start };
        self.teller.window(WindowFact::Begin { first: None }).await?;
        let mut walk = Walk::begin(file, start.saturating_sub(BEFORE), from, self.end, &self.hides).await?;
        while let Some((_, lines)) = walk.next(file, walk::PIECE).await? {
            self.teller.lines(lines).await?;
        }
        let told = walk.line();
        (self.splitter, self.mask) = walk.end();
        self.is_at_end = true;
        self.teller.window(WindowFact::Complete { answer: None, line: None }).await?;
        self.count(file).await?;
        let total = self.index.lines();
        let first = total.saturating_sub(told);
        Ok(self.teller.window(WindowFact::Counted { first, total }).await?)
    }

    /// Where the first line begins after this place.
    async fn line_after(&self, file: &mut File, start: u64) -> Result<u64, Stop> {
        file.seek(SeekFrom::Start(start)).await?;
        let mut piece = vec![0; super::PIECE];
        let mut at = start;
        loop {
            let count = file.read(&mut piece).await?;
            if count == 0 {
                return Ok(self.end);
            }
            if let Some(found) = memchr::memchr(b'\n', piece.get(..count).unwrap_or_default()) {
                return Ok(at + found as u64 + 1);
            }
            at += count as u64;
        }
    }

    /// Counts the lines that are not counted yet. What can be answered meanwhile is.
    async fn count(&mut self, file: &mut File) -> Result<(), Stop> {
        let mut piece = vec![0; STRETCH];
        let mut said = None;
        file.seek(SeekFrom::Start(self.index.position())).await?;
        while self.index.position() < self.end {
            let left = self.end - self.index.position();
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            let count = file.read(piece.get_mut(..wanted).unwrap_or_default()).await?;
            if count == 0 {
                // It was cut meanwhile, which is seen at the next look.
                return Ok(());
            }
            self.index.push(piece.get(..count).unwrap_or_default());
            let percent = percent(self.index.position(), self.end);
            if said.replace(percent) != Some(percent) {
                self.teller.window(WindowFact::Counting { percent }).await?;
            }
            let is_counted = |ask: &Ask| matches!(ask.place, Place::Line(line) if line <= self.index.lines());
            let can_be_told = match &self.reading {
                Reading::Windowed { asks, .. } if asks.has_changed().unwrap_or(false) => asks.borrow().as_ref().is_some_and(is_counted),
                _ => false,
            };
            if let Some(ask) = Some(()).filter(|()| can_be_told).and_then(|()| self.asked()) {
                self.answer(file, ask).await?;
                file.seek(SeekFrom::Start(self.index.position())).await?;
            }
        }
        Ok(())
    }

    /// Takes in what was added.
    async fn grow(&mut self, file: &mut File) -> Result<(), Stop> {
        file.seek(SeekFrom::Start(self.index.position())).await?;
        let mut piece = vec![0; super::PIECE];
        loop {
            let count = file.read(&mut piece).await?;
            if count == 0 {
                break;
            }
            let piece = piece.get(..count).unwrap_or_default();
            if self.is_at_end {
                let lines = self.take(piece);
                self.teller.lines(lines).await?;
            } else {
                self.index.push(piece);
            }
            self.end = self.index.position();
            if self.is_asked_anew() {
                break;
            }
        }
        let total = self.index.lines();
        Ok(self.teller.window(WindowFact::Lines { total }).await?)
    }

    async fn answer(&mut self, file: &mut File, ask: Ask) -> Result<(), Stop> {
        let found = match &ask.place {
            Place::Next(next) => self.seek(file, next).await?,
            Place::Time(nanos) => self.at_time(file, *nanos).await?,
            place @ (Place::Line(_) | Place::End) => return self.tell_part(file, &place.clone(), Some(ask)).await,
        };
        if self.is_asked_anew() {
            return Ok(self.teller.window(WindowFact::Kept { answer: None }).await?);
        }
        match found {
            Some(line) => self.tell_part(file, &Place::Line(line), Some(ask)).await,
            None => Ok(self.teller.window(WindowFact::Kept { answer: Some(ask) }).await?),
        }
    }

    /// Tells the part that stands around a place.
    async fn tell_part(&mut self, file: &mut File, place: &Place, answer: Option<Ask>) -> Result<(), Stop> {
        let part = self.part().unwrap_or(usize::MAX);
        let (bytes, half) = (part as u64, part / 2);
        let (line, from) = match place {
            Place::Line(line) => {
                let at = self.index.at_line(*line).offset;
                (Some(*line), self.index.at_offset(at.saturating_sub(bytes / 2)))
            }
            Place::End | Place::Next(_) | Place::Time(_) => (None, self.index.at_offset(self.end.saturating_sub(bytes))),
        };
        self.teller.window(WindowFact::Begin { first: Some(from.line) }).await?;
        let mut walk = Walk::begin(file, walk::before(&self.index, from), from, self.end, &self.hides).await?;
        let mut after = 0;
        let piece = (bytes / 16).clamp(1 << 10, walk::PIECE);
        let is_whole = loop {
            if self.is_asked_anew() {
                return Ok(self.teller.window(WindowFact::Kept { answer: None }).await?);
            }
            let Some((first, mut lines)) = walk.next(file, piece).await? else {
                break true;
            };
            let mut number = first;
            let enough = lines.iter().position(|read| {
                after += if line.is_some_and(|line| number > line) {
                    LogLine::cost(read)
                } else {
                    0
                };
                number += 1;
                after > half
            });
            if let Some(enough) = enough {
                lines.truncate(enough + 1);
            }
            self.teller.lines(lines).await?;
            if enough.is_some() {
                break false;
            }
        };
        self.is_at_end = is_whole;
        if is_whole {
            (self.splitter, self.mask) = walk.end();
        }
        let total = self.index.lines();
        // Before all are counted the number would be wrong.
        if self.index.position() >= self.end {
            self.teller.window(WindowFact::Lines { total }).await?;
        }
        Ok(self.teller.window(WindowFact::Complete { answer, line }).await?)
    }
}

/// So much of a whole.
pub(super) fn percent(part: u64, whole: u64) -> u8 {
    let percent = u128::from(part) * 100 / u128::from(whole.max(1));
    u8::try_from(percent.min(100)).unwrap_or(100)
}
