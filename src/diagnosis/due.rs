//! When a cron job should have started a job.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::schedule::Schedule;
use crate::model::{Body, CronJob, Object, Time};

/// The times of a cron job after the last one at which it started a job.
pub struct Due {
    schedule: Schedule,
    zone: TimeZone,
    from: Timestamp,
}

/// How many missed times are counted.
pub const MOST: usize = 100;

impl Due {
    /// `None`: it is not meant to start anything, or its schedule or time zone cannot be read.
    pub fn of(object: &Object) -> Option<Self> {
        let Body::CronJob(cron) = &object.body else { return None };
        if cron.suspended || object.meta.deleting.is_known() {
            return None;
        }
        let (zone, schedule) = parts(cron);
        // What was due before it was made was never its duty.
        let from = cron.last_scheduled.max(object.meta.created);
        Some(Self {
            schedule: Schedule::parse(schedule).ok()?,
            zone: match zone {
                "" => TimeZone::UTC,
                zone => TimeZone::get(zone).ok()?,
            },
            from: Timestamp::from_second(from.0).ok().filter(|_| from.is_known())?,
        })
    }

    /// The first time after the last job was started.
    pub fn first(&self) -> Option<Time> {
        self.times().next()
    }

    /// The times that are past by now, oldest first; at most [`MOST`].
    pub fn missed(&self, now: Time) -> Vec<Time> {
        self.times().take_while(|due| *due <= now).take(MOST).collect()
    }

    fn times(&self) -> impl Iterator<Item = Time> {
        let next = |at: Timestamp| self.schedule.next(at, &self.zone);
        std::iter::successors(next(self.from), move |at| next(*at)).map(|at| Time(at.as_second()))
    }
}

/// The time zone (empty: that of the controller, nearly always UTC) and the five fields. Before there was a field for
/// the zone, it was written before the schedule: `TZ=Europe/Paris 0 3 * * *`.
fn parts(cron: &CronJob) -> (&str, &str) {
    let text = cron.schedule.trim();
    let written = text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ="));
    match written.and_then(|rest| rest.split_once(' ')) {
        Some((zone, schedule)) => (zone, schedule),
        None => (&cron.time_zone, text),
    }
}

/// Whether a cron job says itself in which time zone it lives.
pub fn names_its_zone(cron: &CronJob) -> bool {
    !parts(cron).0.is_empty()
}
