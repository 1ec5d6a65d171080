//! A walk through a part of a file, piece by piece, each line with its number.

use std::io::SeekFrom;

use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::index::{Index, Mark};
use super::line_of;
use crate::model::LogLine;
use crate::redact::{LineMask, Mask};
use crate::source::lines::Splitter;

/// Bytes that are read at once, at most.
pub const PIECE: u64 = 256 << 10;
/// Lines before the first one that are looked at: what is hidden over several lines may have begun there.
const BEFORE: u64 = 220;
/// Bytes of them at most.
const BEFORE_BYTES: u64 = 64 << 20;

/// Where one is in a file.
pub struct Walk {
    splitter: Splitter,
    mask: LineMask,
    /// The number of the next line.
    line: u64,
    offset: u64,
    until: u64,
    piece: Vec<u8>,
}

impl Walk {
    /// From a mark up to this place in the file; what is hidden there is told by the lines from `before` on.
    pub async fn begin(file: &mut File, before: u64, from: Mark, until: u64, mask: &Mask) -> std::io::Result<Self> {
        file.seek(SeekFrom::Start(before)).await?;
        let mut walk = Self {
            splitter: Splitter::default(),
            mask: LineMask::with(mask),
            line: 0,
            offset: before,
            until: from.offset,
            piece: Vec::new(),
        };
        while walk.next(file, PIECE).await?.is_some() {}
        (walk.line, walk.until) = (from.line, until);
        Ok(walk)
    }

    /// The lines of the next so many bytes, the first of which has this number; nothing at the end.
    pub async fn next(&mut self, file: &mut File, bytes: u64) -> std::io::Result<Option<(u64, Vec<LogLine>)>> {
        let wanted = bytes.min(self.until.saturating_sub(self.offset));
        self.piece.resize(usize::try_from(wanted).unwrap_or(0), 0);
        let count = file.read(&mut self.piece).await?;
        if count == 0 {
            return Ok(None);
        }
        self.offset += count as u64;
        let mut lines = Vec::new();
        let mask = &mut self.mask;
        self.splitter.push(self.piece.get(..count).unwrap_or_default(), |bytes, cutting| {
            lines.push(line_of(bytes, cutting, mask));
        });
        let first = self.line;
        self.line += lines.len() as u64;
        Ok(Some((first, lines)))
    }

    /// Where it has come (bytes).
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of the next line.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// What one needs to go on behind the last piece.
    pub fn end(self) -> (Splitter, LineMask) {
        (self.splitter, self.mask)
    }
}

/// Where one has to begin in order to know what is hidden at a mark.
pub fn before(index: &Index, from: Mark) -> u64 {
    let start = index.at_line(from.line.saturating_sub(BEFORE)).offset;
    start.max(index.at_offset(from.offset.saturating_sub(BEFORE_BYTES)).offset)
}
