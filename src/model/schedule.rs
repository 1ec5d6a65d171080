//! The five fields of a cron schedule, and when they next come true.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A schedule: the values that each field allows, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Where both days of the month and of the week are restricted, either will do.
    either_day: bool,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A schedule that cannot be read: what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl Schedule {
    /// Reads `*/5 8-18 * * mon-fri` and the short words (`@hourly`).
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return Err(Unreadable(format!("expected exactly 5 fields, found {}: {text}", fields.len())));
        };
        let mut week = field(weekdays, 0, 7, &WEEKDAYS, 0)?;
        // Sunday is 0 and 7.
        week |= week >> 7;
        Ok(Self {
            minutes: field(minutes, 0, 59, &[], 0)?,
            hours: field(hours, 0, 23, &[], 0)?,
            days: field(days, 1, 31, &[], 0)?,
            months: field(months, 1, 12, &MONTHS, 1)?,
            weekdays: week & 0x7f,
            either_day: !free(days) && !free(weekdays),
        })
    }

    /// The first time after this one, within the next five years.
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = after.to_zoned(zone.clone()).datetime().checked_add(1.minute()).ok()?;
        let mut date = start.date();
        let mut earliest = start.time();
        for _ in 0..5 * 366 {
            if self.allows(date) {
                for time in self.times(earliest) {
                    // A time that the clocks skip does not come; one that they repeat comes once.
                    let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
                    if zoned.time() == time && zoned.timestamp() > after {
                        return Some(zoned.timestamp());
                    }
                }
            }
            date = date.tomorrow().ok()?;
            earliest = Time::MIN;
        }
        None
    }

    fn allows(&self, date: Date) -> bool {
        let has = |bits: u64, n: i8| bits >> n & 1 == 1;
        if !has(self.months, date.month()) {
            return false;
        }
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        if self.either_day { day || weekday } else { day && weekday }
    }

    fn times(&self, earliest: Time) -> impl Iterator<Item = Time> + use<> {
        let Self { minutes, hours, .. } = *self;
        let all = (0..24_i8).filter(move |h| hours >> h & 1 == 1);
        let all = all.flat_map(move |h| (0..60_i8).filter(move |m| minutes >> m & 1 == 1).map(move |m| (h, m)));
        let first = (earliest.hour(), earliest.minute());
        all.filter(move |time| *time >= first)
            .filter_map(|(h, m)| Time::new(h, m, 0, 0).ok())
    }
}

fn free(field: &str) -> bool {
    field.starts_with(['*', '?'])
}

/// One field: lists of ranges with steps. `names` stand for numbers from `offset`.
fn field(text: &str, least: u32, most: u32, names: &[&str], offset: u32) -> Result<u64, Unreadable> {
    let bad = || Unreadable(format!("failed to parse field: {text}"));
    let number = |text: &str| -> Result<u32, Unreadable> {
        let lower = text.to_ascii_lowercase();
        if let Some(place) = names.iter().position(|name| *name == lower) {
            return Ok(u32::try_from(place).unwrap_or(0) + offset);
        }
        let n: u32 = text.parse().map_err(|_| bad())?;
        if (least..=most).contains(&n) { Ok(n) } else { Err(bad()) }
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step: u32 = step.map_or(Ok(1), str::parse).map_err(|_| bad())?;
        if step == 0 {
            return Err(bad());
        }
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (least, if most == 7 { 6 } else { most }),
            Some((from, to)) => (number(from)?, number(to)?),
            // `5/10` begins at 5 and goes on to the end.
            None if part.contains('/') => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        if from > to {
            return Err(bad());
        }
        for n in (from..=to).step_by(usize::try_from(step).unwrap_or(1)) {
            bits |= 1 << n;
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        let next = Schedule::parse(schedule).unwrap().next(after.parse().unwrap(), &zone);
        next.unwrap().to_string()
    }

    #[test]
    fn schedules_come_true_when_their_fields_say() {
        let after = "2026-11-23T06:54:03Z";
        for (schedule, want) in [
            ("*/2 * * * *", "2026-11-23T06:56:00Z"),
            ("0 3 * * *", "2026-11-24T03:00:00Z"),
            ("15,45 6-7 * * mon-fri", "2026-11-23T07:15:00Z"),
            ("0 0 1 jan *", "2027-01-01T00:00:00Z"),
            ("0 0 13 * 5", "2026-11-27T00:00:00Z"),
            ("30 12 29 2 *", "2028-02-29T12:30:00Z"),
            ("5/20 * * * 7", "2026-11-29T00:05:00Z"),
            ("@hourly", "2026-11-23T07:00:00Z"),
        ] {
            assert_eq!(next(schedule, after, "UTC"), want, "{schedule}");
        }
        assert_eq!(next("0 3 * * *", after, "Europe/Paris"), "2026-11-24T02:00:00Z");
    }

    #[test]
    fn a_time_that_the_clocks_skip_does_not_come() {
        // In Paris the night of 2026-03-29 has no half past two.
        assert_eq!(next("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Paris"), "2026-03-30T00:30:00Z");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for bad in ["* * * *", "60 * * * *", "*/0 * * * *", "5-1 * * * *", "x * * * *", ""] {
            assert!(Schedule::parse(bad).is_err(), "{bad}");
        }
    }
}
