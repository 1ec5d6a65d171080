//! Points in time as the cluster states them: whole seconds, four bytes of meaning, no time zone.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment, in seconds since 1970-01-01T00:00:00Z. `Time::NEVER` stands for "the server did not say".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The absent moment (the zero value).
    pub const NEVER: Self = Self(0);

    /// Reads RFC 3339 text as Kubernetes writes it (`2026-11-23T03:04:05Z`, with or without fractions).
    /// Anything else is [`Time::NEVER`]: a row with an unknown age is better than no row.
    pub fn parse(text: &str) -> Self {
        text.parse::<jiff::Timestamp>().map_or(Self::NEVER, |t| Self(t.as_second()))
    }

    /// Whether the moment is known.
    pub fn is_known(self) -> bool {
        self != Self::NEVER
    }

    /// Seconds from this moment to `now`; never negative, because clocks of two machines differ.
    pub fn age(self, now: Self) -> i64 {
        (now.0 - self.0).max(0)
    }
}

/// RFC 3339 in UTC, as Kubernetes writes it: `2026-11-23T03:04:05Z`. Empty where it is not known.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) if self.is_known() => write!(f, "{time}"),
            _ => Ok(()),
        }
    }
}

impl Add<i64> for Time {
    type Output = Self;
    fn add(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }
}

impl Sub for Time {
    type Output = i64;
    fn sub(self, other: Self) -> i64 {
        self.0 - other.0
    }
}

/// Seconds as a person reads an age at a glance. The steps are coarse on purpose: an age that
/// changes every second costs bytes on the line and draws the eye to nothing.
///
/// `8s`, `40s` (steps of five), `3m`, `25m` (steps of five from ten on), `2h`, `26h`, `3d`, `2y`.
pub fn short_age(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        s if s < 10 => format!("{}s", s.max(0)),
        s if s < MINUTE => format!("{}s", s / 5 * 5),
        s if s < 10 * MINUTE => format!("{}m", s / MINUTE),
        s if s < HOUR => format!("{}m", s / (5 * MINUTE) * 5),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 2 * 365 * DAY => format!("{}d", s / DAY),
        s => format!("{}y", s / (365 * DAY)),
    }
}

/// Reads a duration as Kubernetes prints it in table cells (`5m30s`, `2d`, `3h20m`, `4y`) or as a
/// person types it (`90s`, `2h`). `None` where it is not one (`<unknown>`, `<invalid>`, `12 pods`).
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut digits = None::<i64>;
    for c in text.trim().chars() {
        if let Some(d) = c.to_digit(10) {
            digits = Some(digits.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(d))?);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            'y' => 31_536_000,
            _ => return None,
        };
        total = total.checked_add(digits.take()?.checked_mul(unit)?)?;
    }
    (digits.is_none() && !text.trim().is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_step_coarsely_so_that_a_quiet_screen_stays_silent() {
        let table = [
            (0, "0s"),
            (9, "9s"),
            (13, "10s"),
            (59, "55s"),
            (60, "1m"),
            (599, "9m"),
            (600, "10m"),
            (899, "10m"),
            (3_599, "55m"),
            (3_600, "1h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (-5, "0s"),
            (3 * 31_536_000, "3y"),
        ];
        for (seconds, text) in table {
            assert_eq!(short_age(seconds), text, "{seconds} s");
        }
    }

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        let text = "2026-11-23T03:04:05Z";
        assert_eq!(Time::parse(text).to_string(), text);
        assert_eq!(Time::NEVER.to_string(), "");
    }

    #[test]
    fn durations_read_as_kubernetes_prints_them() {
        for (text, seconds) in [
            ("5m30s", 330),
            ("2d", 172_800),
            ("3h20m", 12_000),
            ("90s", 90),
            ("0s", 0),
            ("4y", 126_144_000),
        ] {
            assert_eq!(parse_duration(text), Some(seconds), "{text}");
        }
        for text in ["", "<unknown>", "<invalid>", "12", "m", "99999999999999999999d", "1h x"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
