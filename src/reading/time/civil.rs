//! Dates and times of day in digits, read by hand: this is done for every line that arrives.

/// Splits `2026-11-23T04:01:21.925010988Z text`, which is how the kubelet and container runtimes begin a line, into its
/// moment (nanoseconds since 1970) and the text. Also where the text is missing with its blank.
pub fn stamp(line: &[u8]) -> Option<(i64, &[u8])> {
    if line.get(10) != Some(&b'T') {
        return None;
    }
    let (nanos, length) = moment(line)?;
    match line.get(length) {
        None => Some((nanos, &[])),
        Some(b' ') => Some((nanos, line.get(length + 1..)?)),
        Some(_) => None,
    }
}

/// A text that is a time and nothing else.
pub(super) fn whole(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    let (nanos, length) = date_time(text)?;
    (length == text.len()).then_some(nanos)
}

/// RFC 3339 with a zone, at the beginning of a text; and its length.
fn moment(text: &[u8]) -> Option<(i64, usize)> {
    let (seconds, nanos, length) = local(text)?;
    let (offset, zone) = zone(text.get(length..)?)?;
    Some((at(seconds - offset, nanos)?, length + zone))
}

/// The same with `T` or a blank, with `-` or `/`, and with no zone at all; and its length.
pub(super) fn date_time(text: &[u8]) -> Option<(i64, usize)> {
    let (seconds, nanos, length) = local(text)?;
    let rest = text.get(length..)?;
    let (offset, zone) = match rest {
        [b' ', after @ ..] => match zone(after) {
            Some((offset, length)) if ends(after.get(length)) => (offset, length + 1),
            _ => named(after).map_or((0, 0), |length| (0, length + 1)),
        },
        _ => zone(rest).unwrap_or((0, 0)),
    };
    Some((at(seconds - offset, nanos)?, length + zone))
}

fn ends(byte: Option<&u8>) -> bool {
    byte.is_none_or(|b| !b.is_ascii_alphanumeric())
}

/// ` UTC`, ` GMT`.
fn named(text: &[u8]) -> Option<usize> {
    ((text.starts_with(b"UTC") || text.starts_with(b"GMT")) && ends(text.get(3))).then_some(3)
}

/// Date and time of day: seconds, nanoseconds, and the length.
fn local(text: &[u8]) -> Option<(i64, i64, usize)> {
    let &[y1, y2, y3, y4, s1, m1, m2, s2, d1, d2, t, ..] = text else {
        return None;
    };
    if s1 != s2 || !matches!(s1, b'-' | b'/') || !matches!(t, b'T' | b't' | b' ') {
        return None;
    }
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let day = days(year, two(m1, m2)?, two(d1, d2)?)?;
    let (seconds, nanos, length) = clock(text.get(11..)?)?;
    Some((day * 86_400 + seconds, nanos, 11 + length))
}

/// `03:00:00.000`: seconds of the day, nanoseconds, and the length.
pub(super) fn clock(text: &[u8]) -> Option<(i64, i64, usize)> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2, ..] = text else {
        return None;
    };
    let (hour, minute, second) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
    // A leap second is the one before it.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3_600 + minute * 60 + second.min(59);
    let (nanos, length) = match text.get(8..)? {
        [b'.' | b',', digits @ ..] => fraction(digits).map_or((0, 0), |(nanos, length)| (nanos, length + 1)),
        _ => (0, 0),
    };
    Some((seconds, nanos, 8 + length))
}

/// The digits after the point, as nanoseconds; what is finer than that is passed over.
pub(super) fn fraction(digits: &[u8]) -> Option<(i64, usize)> {
    let count = digits.iter().take(30).take_while(|b| b.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let nanos = (0..9).fold(0, |n, i| {
        let digit = if i < count {
            digits.get(i).map_or(0, |b| i64::from(b - b'0'))
        } else {
            0
        };
        n * 10 + digit
    });
    Some((nanos, count))
}

/// `Z`, `+01:00`, `+0100`, `+01`: seconds east of UTC, and the length.
pub(super) fn zone(text: &[u8]) -> Option<(i64, usize)> {
    let (sign, rest) = match text {
        [b'Z' | b'z', ..] => return Some((0, 1)),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes, length) = match *rest {
        [a, b, b':', c, d, ..] => (two(a, b)?, two(c, d)?, 6),
        [a, b, c, d, ..] if c.is_ascii_digit() => (two(a, b)?, two(c, d)?, 5),
        [a, b, ..] => (two(a, b)?, 0, 3),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some((sign * (hours * 3_600 + minutes * 60), length))
}

/// Two digits.
pub(super) fn two(a: u8, b: u8) -> Option<i64> {
    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
}

/// Nanoseconds since 1970, where they fit (1678 to 2262).
pub(super) fn at(seconds: i64, nanos: i64) -> Option<i64> {
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// Days since 1970 of a day of the Gregorian calendar; nothing where there is no such day. After Howard Hinnant,
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}
