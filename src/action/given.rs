//! Values of flags that are not words: they may be given, or still to be filled in.

use std::fmt;
use std::time::Duration;

use super::Word;

/// A value, or the word that will be one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Given<T> {
    Value(T),
    /// Something in it is still to be filled in.
    Open(Word),
}

impl<T: Copy> Given<T> {
    /// The value, if it is known.
    pub fn value(&self) -> Option<T> {
        match self {
            Self::Value(value) => Some(*value),
            Self::Open(_) => None,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Given<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::Open(word) => word.fmt(f),
        }
    }
}

/// A length of time as kubectl takes it: Go's `time.ParseDuration`, without a sign. `1h30m`, `90s`, `1.5h`, `300ms`, `0`.
/// There are no days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub Duration);

/// Units of Go's durations, in nanoseconds; the longest first.
const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl std::str::FromStr for Span {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "0" {
            return Ok(Self::default());
        }
        let (mut total, mut rest) = (0_u64, text);
        while !rest.is_empty() {
            let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len()));
            let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
            let unit = if unit == "µs" { "us" } else { unit };
            let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(())?;
            let (whole, part) = number.split_once('.').unwrap_or((number, ""));
            if whole.is_empty() && part.is_empty() || part.contains('.') {
                return Err(());
            }
            let digits = |text: &str| {
                if text.is_empty() {
                    Ok(0)
                } else {
                    text.parse::<u64>().map_err(|_| ())
                }
            };
            let part: String = part.chars().take(9).collect();
            let fraction = u128::from(digits(&part)?) * u128::from(*size) / 10_u128.pow(part.len() as u32);
            let whole = digits(whole)?.checked_mul(*size).ok_or(())?;
            let fraction = u64::try_from(fraction).map_err(|_| ())?;
            total = whole.checked_add(fraction).and_then(|n| total.checked_add(n)).ok_or(())?;
            rest = after;
        }
        match text.is_empty() {
            true => Err(()),
            false => Ok(Self(Duration::from_nanos(total))),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, size) in UNITS {
            let size = u128::from(size);
            if rest >= size {
                write!(f, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, printed) in [
            ("0", "0s"),
            ("90s", "1m30s"),
            ("1h", "1h"),
            ("1.5h", "1h30m"),
            ("300ms", "300ms"),
            ("1h2m3s4ms5us6ns", "1h2m3s4ms5us6ns"),
            (".5s", "500ms"),
        ] {
            assert_eq!(text.parse::<Span>().map(|s| s.to_string()), Ok(printed.to_owned()), "{text}");
        }
        for wrong in [
            "",
            "5",
            "1d",
            "m",
            "-1s",
            ".s",
            "1..5s",
            "99999999999999999999h",
            "9999999h",
            "1 m",
            "１s",
        ] {
            assert_eq!(wrong.parse::<Span>(), Err(()), "{wrong}");
        }
    }
}
