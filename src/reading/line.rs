//! A line, as it arrives, read: decoded, made harmless, its secrets masked, with its time and its level.
//!
//! What is read here is what every source hands on, so that a line from a pod, a file or CloudWatch is the same line.

use std::borrow::Cow;

use super::{Level, Run, level, sgr, stamp};
use crate::redact::LineMask;

/// A line that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The time that stood before it, in nanoseconds since 1970; 0 where there was none.
    pub nanos: i64,
    pub level: Level,
    /// Its text: no control character, no secret.
    pub text: Box<str>,
    /// Its colours. None where something was masked: then they would be those of other words.
    pub runs: Box<[Run]>,
}

/// Reads a line without its ending. Bytes that are not UTF-8 are replaced by `�`.
pub fn line(bytes: &[u8], mask: &mut LineMask) -> Line {
    let (nanos, text) = stamp(bytes).unwrap_or((0, bytes));
    let decoded = decode(text);
    let (text, runs) = sgr::split(decoded.trim_end_matches('\r'));
    let (text, runs) = match mask.mask(&text) {
        Cow::Owned(masked) => (masked.into_boxed_str(), Vec::new()),
        Cow::Borrowed(masked) => (masked.into(), runs),
    };
    Line {
        nanos,
        level: level(&text),
        text,
        runs: runs.into(),
    }
}

/// Bytes as text. The common case allocates nothing.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
