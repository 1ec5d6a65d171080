//! Times without changes.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use toml::value::Datetime;

use crate::config::{Environment, Freeze, Weekly};
use crate::model::Time;

/// A freeze that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub name: String,
    pub reason: String,
}

impl std::fmt::Display for Frozen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.name.is_empty(), self.reason.is_empty()) {
            (false, false) => write!(f, "{} ({})", self.name, self.reason),
            (false, true) => f.write_str(&self.name),
            (true, _) => f.write_str(&self.reason),
        }
    }
}

/// The first freeze that holds in this environment now. A zone that this machine does not know counts as UTC.
/// `zone` is the machine's.
pub fn frozen(freezes: &[Freeze], environment: &Environment, zone: &TimeZone, now: Time) -> Option<Frozen> {
    let here = |freeze: &&Freeze| freeze.environments.is_empty() || freeze.environments.iter().any(|name| environment.goes_by(name));
    let holds = |freeze: &&Freeze| {
        let zone = match freeze.time_zone.as_str() {
            "" => zone.clone(),
            name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
        };
        let Ok(now) = Timestamp::from_second(now.0) else { return false };
        let now = now.to_zoned(zone);
        match freeze.weekly {
            Some(weekly) => within(weekly, &now),
            None => {
                let begun = freeze
                    .from
                    .is_none_or(|from| moment(&from, now.time_zone()).is_some_and(|from| now.timestamp() >= from));
                let over = freeze
                    .until
                    .is_some_and(|until| moment(&until, now.time_zone()).is_some_and(|until| now.timestamp() >= until));
                begun && !over
            }
        }
    };
    freezes.iter().filter(here).find(holds).map(|freeze| Frozen {
        name: freeze.name.clone(),
        reason: freeze.reason.clone(),
    })
}

/// A TOML date-time; without an offset it is in the freeze's zone, without a time it is midnight.
fn moment(at: &Datetime, zone: &TimeZone) -> Option<Timestamp> {
    let date = at.date?;
    let date = jiff::civil::date(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    );
    let civil = match at.time {
        Some(time) => date.at(
            i8::try_from(time.hour).ok()?,
            i8::try_from(time.minute).ok()?,
            i8::try_from(time.second.unwrap_or(0)).ok()?,
            0,
        ),
        None => date.at(0, 0, 0, 0),
    };
    let zone = match at.offset {
        None => zone.clone(),
        Some(toml::value::Offset::Z) => TimeZone::UTC,
        Some(toml::value::Offset::Custom { minutes }) => TimeZone::fixed(jiff::tz::Offset::from_seconds(i32::from(minutes) * 60).ok()?),
    };
    civil.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

/// Whether a moment lies in a part of the week, which may lie over its end.
fn within(weekly: Weekly, now: &Zoned) -> bool {
    let day = i64::from(now.weekday().to_monday_zero_offset());
    let minute = day * 24 * 60 + i64::from(now.hour()) * 60 + i64::from(now.minute());
    let of = |day: u8, minute: u16| i64::from(day) * 24 * 60 + i64::from(minute);
    let (from, until) = (of(weekly.from_day, weekly.from_minute), of(weekly.until_day, weekly.until_minute));
    match from <= until {
        true => (from..until).contains(&minute),
        false => minute >= from || minute < until,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_second())
    }

    fn is_frozen(freeze: &Freeze, now: &str) -> bool {
        frozen(std::slice::from_ref(freeze), &Environment::default(), &TimeZone::UTC, at(now)).is_some()
    }

    #[test]
    fn a_weekend_lies_over_the_end_of_the_week_and_in_its_own_zone() {
        let weekend = Freeze {
            name: "weekend".into(),
            weekly: Weekly::parse("Fri 16:00 - Mon 08:00"),
            time_zone: "Europe/Paris".into(),
            ..Freeze::default()
        };
        for (now, expected) in [
            ("2026-11-27T14:59:00Z", false),
            ("2026-11-27T15:00:00Z", true),
            ("2026-11-29T12:00:00Z", true),
            ("2026-11-30T06:59:00Z", true),
            ("2026-11-30T07:00:00Z", false),
            ("2026-07-03T14:00:00Z", true),
        ] {
            assert_eq!(is_frozen(&weekend, now), expected, "{now}");
        }
    }

    #[test]
    fn a_freeze_by_dates_has_its_first_moment_and_not_its_last() {
        let freeze = Freeze {
            from: Some("2026-12-19T00:00:00".parse().unwrap()),
            until: Some("2027-01-04T08:00:00+01:00".parse().unwrap()),
            time_zone: "UTC".into(),
            ..Freeze::default()
        };
        for (now, expected) in [
            ("2026-12-18T23:59:59Z", false),
            ("2026-12-19T00:00:00Z", true),
            ("2027-01-04T06:59:59Z", true),
            ("2027-01-04T07:00:00Z", false),
        ] {
            assert_eq!(is_frozen(&freeze, now), expected, "{now}");
        }
    }

    #[test]
    fn it_holds_where_it_is_said_to() {
        let freeze = Freeze {
            environments: vec!["live".into()],
            ..Freeze::default()
        };
        let of = |aliases: &[&str]| Environment {
            name: "production".into(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            ..Environment::default()
        };
        assert!(frozen(std::slice::from_ref(&freeze), &of(&["live"]), &TimeZone::UTC, Time(0)).is_some());
        assert!(frozen(&[freeze], &of(&[]), &TimeZone::UTC, Time(0)).is_none());
    }
}
