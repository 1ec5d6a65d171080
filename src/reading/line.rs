//! A line, as it arrives, read: decoded, made harmless, its secrets masked, with its time and its level.
//!
//! The whole way of a line in one function, with its colours: what the benches and the fuzz target measure. The sources go
//! the same way in pieces (`source/lines.rs`), because a line may come in pieces there, and keep no colours.

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

/// Bytes as text; what is not UTF-8 becomes `�`. The common case allocates nothing, and is quicker than asking for the
/// lossy text at once.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reading::trial;

    fn one(bytes: &[u8]) -> Line {
        line(bytes, &mut LineMask::default())
    }

    #[test]
    fn a_line_is_read_at_once() {
        let read = one(b"2026-11-28T03:00:00.000000001Z \x1b[31mERROR\x1b[0m lost \xff\x07 it\r");
        assert_eq!(read.nanos, 1_795_834_800_000_000_001);
        assert_eq!(read.level, Level::Error);
        assert_eq!(&*read.text, "ERROR lost \u{fffd}\u{2407} it");
        assert_eq!((read.runs[0].start, read.runs[0].end), (0, 5));
    }

    #[test]
    fn where_something_was_masked_no_colour_is_left_on_other_words() {
        let read = one(b"\x1b[31mpassword\x1b[0m=hunter2 \x1b[32mok\x1b[0m");
        assert_eq!(&*read.text, "password=•••••• ok");
        assert!(read.runs.is_empty());
    }

    #[test]
    fn nasty_lines_do_no_harm() {
        for bytes in [
            &b""[..],
            b"\0\0\0",
            b"\xff\xfe\x1b]52;c;",
            b"{\"level\":\"\\",
            b"{\"msg\":\"\\u001b[2J\"}",
            b"2026-11-28T03:00:00Z",
            b"\x1b[38;2;1;2",
        ] {
            trial(bytes);
        }
        trial("x".repeat(1 << 20).as_bytes());
        trial("{\"a\":".repeat(1 << 16).as_bytes());
        trial("token=\"".repeat(1 << 14).as_bytes());
        // Looked through to its end once for each, this would take minutes here.
        trial(("token:abc1,".repeat(1 << 14) + " end").as_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            trial(&bytes);
        }

        #[test]
        fn any_pieces_are_read(pieces in prop::collection::vec(prop::sample::select(vec![
            &b"{"[..], b"}", b"[", b"]", b"\"", b"\\", b":", b",", b"\"level\":", b"\"msg\":", b"\"err\":{", b"\"time\":", b"50",
            b"2026-11-28T03:00:00Z ", b"\x1b[", b"31m", b"0m", b"\x1b]52;c;", b"\x07", b"\xc2\x9b", b"\xe2\x80\xae", b"\xff", b"\0",
            b"\r", b"\n", b"\t", b" ", b"password=", b"token", b"://u:", b"@h", b"eyJabcdefghi.abcdefg", b"-----BEGIN PRIVATE KEY-----",
            b"E1128 03:00:00.0 1 x.go:1] ", b"ERROR ", b"    at ", b"Traceback (most recent call last)", b"panic: ", b"level=", b"msg=\"",
            b"trace_id=", b"4bf92f3577b34da6a3ce929d0e0e4736", b"GET / HTTP/1.1\" 500", b"Cookie: a=b; ", b"\\u001b", b"'", b"=", b"1.5e9",
        ]), 0..16)) {
            trial(&pieces.concat());
        }
    }
}
