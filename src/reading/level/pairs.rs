//! The level of a line in logfmt: `ts=… caller=… level=warn msg="…"`.

use memchr::{memchr, memchr2};

use super::{Level, word};

/// The level of the first pair whose name is that of a level. What stands in quotes after a `=` is a value, and not looked at.
pub(super) fn level(bytes: &[u8]) -> Level {
    let mut at = 0;
    while let Some(found) = memchr2(b'=', b'"', bytes.get(at..).unwrap_or_default()) {
        let here = at + found;
        at = here + 1;
        if bytes.get(here) != Some(&b'=') {
            continue;
        }
        let value = bytes.get(at..).unwrap_or_default();
        if is_level_key(bytes.get(..here).unwrap_or_default()) {
            let level = word::value(bare(value));
            if level != Level::Unknown {
                return level;
            }
        }
        if let [b'"', rest @ ..] = value {
            at += 1 + closing(rest);
        }
    }
    Level::Unknown
}

/// Whether this ends with the name of a level, whole.
fn is_level_key(before: &[u8]) -> bool {
    [&b"level"[..], b"lvl", b"severity", b"log.level", b"loglevel", b"levelname"]
        .into_iter()
        .any(|key| {
            before
                .strip_suffix(key)
                .is_some_and(|head| matches!(head.last(), None | Some(b' ' | b'\t' | b'[' | b'(' | b'{' | b',' | b';' | b'|')))
        })
}

/// A short value, without its quotes.
fn bare(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let near = value.get(..24).unwrap_or(value);
    let end = near.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(near.len());
    near.get(..end).unwrap_or_default()
}

/// How far it is past the closing quote.
fn closing(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr(b'"', bytes.get(at..).unwrap_or_default()) {
        let end = at + found;
        at = end + 1;
        if end.checked_sub(1).and_then(|i| bytes.get(i)) != Some(&b'\\') {
            return at;
        }
    }
    bytes.len()
}
