//! Times as numbers since 1970: seconds (zap, with a fraction), milliseconds (pino, bunyan), microseconds, nanoseconds.

use super::civil::fraction;

/// Nanoseconds since 1970 of a number that is a time; which unit it has is told by its size.
pub(super) fn nanos(text: &[u8]) -> Option<i64> {
    let end = text.iter().take(20).position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at_checked(end)?;
    let (nanos, used) = match rest {
        [] => (0, 0),
        [b'.', digits @ ..] => fraction(digits).map(|(nanos, count)| (nanos, count + 1))?,
        // `1.79e9`: Go's encoding of large floats.
        _ => (0, 0),
    };
    if used != rest.len() {
        let float: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        return (1e9..1e11).contains(&float).then(|| (float * 1e6) as i64 * 1_000);
    }
    let number: i64 = std::str::from_utf8(whole).ok()?.parse().ok()?;
    // Smaller numbers are no time of this century, and a pid or a count more likely.
    let unit = match number {
        1_000_000_000..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        100_000_000_000_000_000.. => 1,
        _ => return None,
    };
    number.checked_mul(unit)?.checked_add(nanos / (1_000_000_000 / unit))
}
