//! The time that a line itself states, where nobody has put one before it.
//!
//! Times without a zone are taken as UTC, which is what servers write. Times without a year (klog, syslog) are put into the
//! year that brings them nearest to a moment that the caller knows: when the file was last written, or now.

mod civil;
mod epoch;
mod text;

use super::keys::Keys;
use crate::model::Time;

pub use civil::stamp;

/// When a line says it was written, in nanoseconds since 1970. `near` is used where the year is missing; a line that
/// needs it and does not get it ([`Time::NEVER`]) has no time.
pub fn time(line: &str, near: Time) -> Option<i64> {
    let bytes = line.trim_ascii_start().as_bytes();
    match bytes.first()? {
        b'{' => json(bytes),
        _ => text::time(bytes, near).or_else(|| pairs(bytes)),
    }
}

/// Whether a field of this name holds the time of its line.
pub(super) fn is_time_key(key: &[u8]) -> bool {
    matches!(
        key,
        b"time"
            | b"ts"
            | b"timestamp"
            | b"@timestamp"
            | b"@t"
            | b"t"
            | b"Timestamp"
            | b"datetime"
            | b"asctime"
            | b"eventTime"
            | b"time_iso8601"
    )
}

/// What the value of such a field says, as text.
pub(super) fn value(value: &[u8]) -> Option<i64> {
    epoch::nanos(value).or_else(|| civil::whole(value))
}

fn json(bytes: &[u8]) -> Option<i64> {
    let mut keys = Keys::of(bytes);
    while let Some((depth, key)) = keys.next() {
        let mine = depth == 1 && is_time_key(key) || depth == 2 && key == b"$date";
        if mine && let Some(nanos) = value(keys.value()) {
            return Some(nanos);
        }
    }
    None
}

/// logfmt: `ts=…`, `time="…"`, within the first pairs.
fn pairs(bytes: &[u8]) -> Option<i64> {
    let head = bytes.get(..256).unwrap_or(bytes);
    head.split(|b| matches!(b, b' ' | b'"'))
        .zip(head.split(|b| matches!(b, b' ' | b'"')).skip(1))
        .find_map(|(word, next)| {
            let at = word.iter().position(|b| *b == b'=')?;
            let (key, rest) = (word.get(..at)?, word.get(at + 1..)?);
            is_time_key(key).then(|| value(if rest.is_empty() { next } else { rest }))?
        })
}

#[cfg(test)]
mod tests;
