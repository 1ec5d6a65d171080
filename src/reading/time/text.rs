//! The time near the beginning of a line in words, in the shapes that servers give it.

use super::civil::{at, clock, date_time, days, two, zone};
use crate::model::Time;
use crate::reading::level::is_klog;

/// How far from the beginning a time may stand: before it are addresses and names.
const HEAD: usize = 160;

/// The first time that the beginning of a line states.
pub(super) fn time(bytes: &[u8], near: Time) -> Option<i64> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    if is_klog(head) {
        let &[_, m1, m2, d1, d2, ..] = head else { return None };
        let (seconds, nanos, _) = clock(head.get(6..)?)?;
        return nearest(two(m1, m2)?, two(d1, d2)?, seconds, nanos, near);
    }
    let mut before = b' ';
    for (place, byte) in head.iter().enumerate() {
        // A time begins a word, in brackets or not.
        if !before.is_ascii_alphanumeric()
            && !matches!(before, b'-' | b'/' | b'.' | b':')
            && let Some(rest) = head.get(place..)
        {
            let found = match byte {
                b'0'..=b'9' => digits(rest),
                b'A'..=b'Z' => named(rest, near),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        before = *byte;
    }
    None
}

/// `2026-11-28 03:00:00`, `28/Nov/2026:03:00:00 +0000`, `28 Nov 2026 03:00:00.000`, `1795406481.925` at the very beginning.
fn digits(text: &[u8]) -> Option<i64> {
    if let Some((nanos, _)) = date_time(text) {
        return Some(nanos);
    }
    let &[d1, d2, mark, a, b, c, again, y1, y2, y3, y4, sep, ..] = text else {
        return None;
    };
    if mark != again || !matches!(mark, b'/' | b' ' | b'-') || !matches!(sep, b':' | b' ') {
        return None;
    }
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let day = days(year, month([a, b, c])?, two(d1, d2)?)?;
    let (seconds, nanos, length) = clock(text.get(12..)?)?;
    let offset = match text.get(12 + length..) {
        Some([b' ', rest @ ..]) => zone(rest).map_or(0, |(offset, _)| offset),
        _ => 0,
    };
    at(day * 86_400 + seconds - offset, nanos)
}

/// `Nov 28 03:00:00` (syslog), `Nov 28 03:00:00.000000 2026` (Apache, after the name of the day).
fn named(text: &[u8], near: Time) -> Option<i64> {
    let &[a, b, c, b' ', d1, d2, b' ', ..] = text else { return None };
    let month = month([a, b, c])?;
    let day = two(if d1 == b' ' { b'0' } else { d1 }, d2)?;
    let (seconds, nanos, length) = clock(text.get(7..)?)?;
    if let Some([b' ', y1, y2, y3, y4, ..]) = text.get(7 + length..)
        && let (Some(high), Some(low)) = (two(*y1, *y2), two(*y3, *y4))
    {
        return at(days(high * 100 + low, month, day)? * 86_400 + seconds, nanos);
    }
    nearest(month, day, seconds, nanos, near)
}

fn month(name: [u8; 3]) -> Option<i64> {
    let names: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    let at = names.iter().position(|month| **month == name)?;
    Some(at as i64 + 1)
}

/// The moment of that day in the year that brings it nearest to a known one.
fn nearest(month: i64, day: i64, seconds: i64, nanos: i64, near: Time) -> Option<i64> {
    if !near.is_known() {
        return None;
    }
    let year = jiff::Timestamp::from_second(near.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC).year();
    (-1..=1)
        .filter_map(|step| Some(days(i64::from(year) + step, month, day)? * 86_400 + seconds))
        .min_by_key(|moment| moment.abs_diff(near.0))
        .and_then(|moment| at(moment, nanos))
}
