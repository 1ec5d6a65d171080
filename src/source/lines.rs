//! Bytes of a log, as they come, into lines; and one line into its time and its text.

use std::borrow::Cow;

use crate::model::LogLine;
use crate::reading::{decode, sgr::plain, stamp};
use crate::redact::LineMask;

/// Longest line that is kept (bytes). Longer ones are cut, visibly.
pub const LONGEST: usize = 256 << 10;

/// What stands at the end of a line that was cut.
pub const CUT: &str = " … [cut at 256 KiB]";

/// What the kubelet writes, with status 200, where the runtime has thrown the log away.
pub const NO_LOG: &[u8] = b"unable to retrieve container logs for";

/// Length of the chunks that container runtimes break long lines into (bytes of text).
const CHUNK: usize = 16 << 10;

/// Collects bytes until a line is complete.
#[derive(Debug, Default)]
pub struct Splitter {
    partial: Vec<u8>,
    /// The line is already longer than what is kept of it.
    overflown: bool,
}

impl Splitter {
    /// Takes more bytes; hands each completed line (without its ending) to `each`.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8], Cutting)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            if self.partial.is_empty() && line.len() <= LONGEST {
                each(line, Cutting::Whole);
                continue;
            }
            self.keep(line);
            self.flush(&mut each);
        }
        self.keep(bytes);
    }

    /// What is left when a stream has ended for good: a last line without an ending.
    pub fn finish(&mut self, mut each: impl FnMut(&[u8], Cutting)) {
        if !self.partial.is_empty() {
            self.flush(&mut each);
        }
    }

    fn flush(&mut self, each: &mut impl FnMut(&[u8], Cutting)) {
        let cutting = if std::mem::take(&mut self.overflown) {
            Cutting::Cut
        } else {
            Cutting::Whole
        };
        each(&self.partial, cutting);
        self.partial.clear();
        self.partial.shrink_to(64 << 10);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.partial.len());
        self.partial.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.overflown |= bytes.len() > room;
    }
}

/// Whether a line is all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cutting {
    Whole,
    Cut,
}

/// A line as it came: when, and what, nothing changed yet.
#[derive(Debug)]
pub struct Raw<'a> {
    /// Nanoseconds since 1970; 0 where the line had no time.
    pub nanos: i64,
    /// With everything in it that a terminal would obey: never to be shown.
    text: Cow<'a, [u8]>,
    cutting: Cutting,
}

impl<'a> Raw<'a> {
    /// Takes the kubelet's timestamp off the front of a line.
    pub fn parse(line: &'a [u8], cutting: Cutting) -> Self {
        let (nanos, text) = stamp(line).unwrap_or((0, line));
        Self {
            nanos,
            text: joined(text),
            cutting,
        }
    }

    /// The bytes after the time, to tell lines of the same moment apart.
    pub fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// The line as it may be shown: colours out, controls visible, secrets masked.
    pub fn read(&self, mask: &mut LineMask) -> LogLine {
        let text = decode(&self.text);
        let text = plain(text.trim_end_matches('\r'));
        let mut text = mask.mask(&text).into_owned();
        if self.cutting == Cutting::Cut {
            text.push_str(CUT);
        }
        LogLine {
            nanos: self.nanos,
            text: text.into(),
        }
    }
}

/// Old kubelets stamp each 16 KiB chunk of a long line, in the middle of the text: those stamps go.
fn joined(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((chunk, next)) = rest.split_at_checked(CHUNK) {
        let Some((_, after)) = stamp(next) else { break };
        out.extend_from_slice(chunk);
        rest = after;
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(line: &str) -> LogLine {
        Raw::parse(line.as_bytes(), Cutting::Whole).read(&mut LineMask::default())
    }

    fn split(pieces: &[&[u8]]) -> Vec<(Vec<u8>, Cutting)> {
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        for piece in pieces {
            splitter.push(piece, |line, cutting| lines.push((line.to_vec(), cutting)));
        }
        splitter.finish(|line, cutting| lines.push((line.to_vec(), cutting)));
        lines
    }

    #[test]
    fn a_line_has_a_time_and_a_harmless_text() {
        let line = one("2026-11-23T04:01:21.925010988Z \u{1b}[1;31mERROR\u{1b}[0m\tat\u{7} x\u{1b}[2J\r");
        assert_eq!(line.nanos, 1_795_406_481_925_010_988);
        assert_eq!(&*line.text, "ERROR    at␇ x␛[2J");
        assert_eq!(one("no time here").nanos, 0);
        assert_eq!(&*one("2026-11-23T04:01:21Z").text, "");
        assert_eq!(&*one("2026-11-23T04:01:21Z password=hunter2").text, "password=••••••");
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_where_one_can_see_it() {
        let long = vec![b'x'; LONGEST + 10];
        let lines = split(&[&long[..100], &long[100..], b"\nnext\n"]);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].0.len(), lines[0].1), (LONGEST, Cutting::Cut));
        assert_eq!(lines[1], (b"next".to_vec(), Cutting::Whole));
        assert!(
            Raw::parse(&lines[0].0, lines[0].1)
                .read(&mut LineMask::default())
                .text
                .ends_with(CUT)
        );
    }

    #[test]
    fn the_stamps_inside_a_long_line_go() {
        let chunk = "y".repeat(CHUNK);
        let line = one(&format!(
            "2026-11-23T04:01:21Z {chunk}2026-11-23T04:01:21.1Z {chunk}2026-11-23T04:01:21.2Z end"
        ));
        assert_eq!(line.text.len(), 2 * CHUNK + 3);
        assert!(line.text.ends_with("yend"));
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_the_bytes_arrive(text in "[a-c\n]{0,60}", cuts in prop::collection::vec(0..60_usize, 0..6)) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut last = 0;
            for cut in cuts {
                pieces.push(&text.as_bytes()[last..cut]);
                last = cut;
            }
            pieces.push(&text.as_bytes()[last..]);
            let want: Vec<_> = text.lines().map(|l| (l.as_bytes().to_vec(), Cutting::Whole)).collect();
            prop_assert_eq!(split(&pieces), want);
        }

        #[test]
        fn no_line_carries_a_control_character(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let line = Raw::parse(&bytes, Cutting::Whole).read(&mut LineMask::default());
            prop_assert!(!line.text.chars().any(char::is_control));
        }
    }
}
