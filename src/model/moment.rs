//! A moment as people type it: `03:04`, `03:04:05Z`, `2026-11-28T03:04`, `10m` (ago).

use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{Time, parse_duration};

/// Reads a moment; a clock alone is the last time it was so at `newest` or before. Without `Z` at its end it is of the zone.
///
/// # Errors
/// What would have been understood.
pub fn parse_moment(text: &str, newest: Time, zone: &TimeZone) -> Result<Time, String> {
    let text = text.trim();
    let wrong = || format!("{text:?} is no time: 03:04, 03:04:05Z, 2026-11-28T03:04 or 10m (before the newest line) is meant");
    if let Some(seconds) = parse_duration(text) {
        return Ok(Time(newest.0.saturating_sub(seconds)));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(Time(moment.as_second()));
    }
    let (text, zone) = match text.strip_suffix(['Z', 'z']) {
        Some(text) => (text, TimeZone::UTC),
        None => (text, zone.clone()),
    };
    let at = |when: DateTime| when.to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).map_err(|_| wrong());
    if let Some((date, clock)) = text.split_once(['T', ' ']) {
        let date: Date = date.parse().map_err(|_| wrong())?;
        return at(date.to_datetime(read_clock(clock).ok_or_else(wrong)?)).map(seconds);
    }
    let clock = read_clock(text).ok_or_else(wrong)?;
    let newest = Timestamp::from_second(newest.0).map_err(|_| wrong())?;
    let today = newest.to_zoned(zone.clone()).date();
    let moment = at(today.to_datetime(clock))?;
    if moment <= newest {
        return Ok(seconds(moment));
    }
    let yesterday = today.checked_sub(1.day()).map_err(|_| wrong())?;
    at(yesterday.to_datetime(clock)).map(seconds)
}

fn seconds(moment: Timestamp) -> Time {
    Time(moment.as_second())
}

/// `3:04`, `03:04`, `03:04:05`.
fn read_clock(text: &str) -> Option<Clock> {
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => second?,
        None => 0,
    };
    match parts.next() {
        None => Clock::new(hour, minute, second, 0).ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_typed() {
        let newest: Timestamp = "2026-11-28T03:10:00Z".parse().unwrap();
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let table = [
            ("03:04", "2026-11-28T02:04:00Z"),
            ("03:04Z", "2026-11-28T03:04:00Z"),
            ("3:04:05z", "2026-11-28T03:04:05Z"),
            ("04:10", "2026-11-28T03:10:00Z"),
            // Not yet today: yesterday.
            ("04:11", "2026-11-27T03:11:00Z"),
            ("2026-07-01T12:00", "2026-07-01T10:00:00Z"),
            ("2026-07-01 12:00Z", "2026-07-01T12:00:00Z"),
            ("2026-07-01T12:00:00+05:00", "2026-07-01T07:00:00Z"),
            ("10m", "2026-11-28T03:00:00Z"),
        ];
        for (text, meant) in table {
            let read = parse_moment(text, Time(newest.as_second()), &paris).unwrap();
            assert_eq!(Timestamp::from_second(read.0).unwrap().to_string(), meant, "{text}");
        }
        for text in ["", "noon", "25:00", "03:04:05:06", "2026-13-01T00:00"] {
            assert!(
                parse_moment(text, Time(newest.as_second()), &paris)
                    .unwrap_err()
                    .contains("is no time"),
                "{text}"
            );
        }
    }
}
