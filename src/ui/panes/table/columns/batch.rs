//! Jobs and the schedules that make them.

use super::Column;
use super::common::{AGE, NAME, NAMESPACE, OWNER, cell, fault_count_role, images, ratio_role, unless_deleting};
use crate::model::{Body, ConditionStatus, CronJob, Job, condition};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

pub(super) static JOBS: [Column; 9] = [
    NAMESPACE,
    NAME,
    Column::ratio("COMPLETIONS", completions)
        .keep(2)
        .role(|row| ratio_role(&completions(row), row)),
    Column::text("STATUS", 34, status).status(),
    Column::age("DURATION", duration).keep(4),
    Column::number("FAILED", cell!(Job(j) => Value::Count(j.failed.into())))
        .keep(3)
        .role(|row| match row.body() {
            Some(Body::Job(j)) => fault_count_role(j.failed),
            _ => Role::Muted,
        }),
    OWNER.keep(6),
    Column::text("IMAGES", 50, cell!(Job(j) => images(j.images.iter().map(|i| &**i)))).wide(),
    AGE,
];

pub(super) static CRON_JOBS: [Column; 10] = [
    NAMESPACE,
    NAME,
    Column::text("SCHEDULE", 24, cell!(CronJob(c) => Value::text(&c.schedule))).keep(2),
    Column::text("TIMEZONE", 20, cell!(CronJob(c) => Value::text(&c.time_zone)))
        .keep(7)
        .muted(),
    Column::text(
        "SUSPEND",
        7,
        cell!(CronJob(c) => Value::text(if c.suspended { "yes" } else { "no" })),
    )
    .keep(5)
    .role(|row| match row.body() {
        Some(Body::CronJob(c)) if c.suspended => Role::Warning,
        _ => Role::Muted,
    }),
    Column::number("ACTIVE", cell!(CronJob(c) => Value::Count(c.active.into()))).keep(6),
    Column::age("LAST-SCHEDULE", cell!(CronJob(c) => Value::Age(c.last_scheduled))).keep(4),
    Column::age("LAST-SUCCESS", cell!(CronJob(c) => Value::Age(c.last_succeeded)))
        .keep(3)
        .role(|row| match row.body() {
            Some(Body::CronJob(c)) if missed(c) => Role::Warning,
            _ => Role::Muted,
        }),
    Column::text("IMAGES", 50, cell!(CronJob(c) => images(c.images.iter().map(|i| &**i)))).wide(),
    AGE,
];

fn completions<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::Job(j)) => Value::Ratio {
            have: j.succeeded,
            // A work queue is done when one of its pods says so.
            want: j.completions.unwrap_or(1),
        },
        _ => Value::None,
    }
}

fn status<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::Job(j)) => unless_deleting(row, job_status(j)),
        _ => Value::None,
    }
}

fn job_status(job: &Job) -> Value<'_> {
    let is = |name| condition(&job.conditions, name).filter(|c| c.status == ConditionStatus::True);
    if let Some(failed) = is("Failed") {
        return if failed.reason.is_empty() {
            Value::text("Failed")
        } else {
            Value::owned(format!("Failed: {}", failed.reason))
        };
    }
    match () {
        () if is("Complete").is_some() => Value::text("Complete"),
        () if job.suspended => Value::text("Suspended"),
        () if job.active > 0 => Value::owned(format!("Running {}", job.active)),
        () => Value::text("Waiting"),
    }
}

/// From its start to its end, or to now while it runs.
fn duration<'a>(row: &Row<'a>) -> Value<'a> {
    let Some(Body::Job(job)) = row.body() else { return Value::None };
    let failed = condition(&job.conditions, "Failed").filter(|c| c.status == ConditionStatus::True);
    let end = match failed {
        _ if job.finished.is_known() => job.finished,
        Some(c) if c.since.is_known() => c.since,
        _ => row.now,
    };
    if job.started.is_known() {
        Value::Duration(job.started.age(end))
    } else {
        Value::None
    }
}

/// Whether the run before the current one has not succeeded.
fn missed(c: &CronJob) -> bool {
    c.active == 0 && c.last_scheduled.is_known() && c.last_succeeded < c.last_scheduled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Condition, Known, Time};
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, cells};

    #[test]
    fn jobs_say_whether_they_are_done_and_how_long_it_took() {
        let columns = columns(&Known::Job.into(), None);
        let row = |job: Job| {
            let object = samples::object("migrate", Body::Job(Box::new(job)));
            cells(&columns, &Row::object(&object, NOW))
        };
        let ended = |name: &str, reason: &str, ago: i64| -> Box<[Condition]> {
            [Condition {
                name: name.into(),
                status: ConditionStatus::True,
                reason: reason.into(),
                since: Time(NOW.0 - ago),
                ..Condition::default()
            }]
            .into()
        };
        let base = || Job {
            completions: Some(2),
            started: Time(NOW.0 - 400),
            ..Job::default()
        };
        assert_eq!(
            row(Job {
                succeeded: 1,
                active: 1,
                ..base()
            }),
            "solia|migrate|1/2|Running 1|6m|0||2d"
        );
        assert_eq!(
            row(Job {
                succeeded: 2,
                finished: Time(NOW.0 - 200),
                conditions: ended("Complete", "", 200),
                ..base()
            }),
            "solia|migrate|2/2|Complete|3m|0||2d"
        );
        assert_eq!(
            row(Job {
                failed: 3,
                conditions: ended("Failed", "BackoffLimitExceeded", 280),
                ..base()
            }),
            "solia|migrate|0/2|Failed: BackoffLimitExceeded|2m|3||2d"
        );
        assert_eq!(
            row(Job {
                suspended: true,
                completions: None,
                started: Time::NEVER,
                ..base()
            }),
            "solia|migrate|0/1|Suspended||0||2d"
        );
    }

    #[test]
    fn a_schedule_whose_last_run_did_not_succeed_stands_out() {
        let columns = columns(&Known::CronJob.into(), None);
        let mut cron = CronJob {
            schedule: "*/5 * * * *".into(),
            time_zone: "Europe/Paris".into(),
            last_scheduled: Time(NOW.0 - 300),
            last_succeeded: Time(NOW.0 - 280),
            ..CronJob::default()
        };
        let object = samples::object("backup", Body::CronJob(Box::new(cron.clone())));
        let row = Row::object(&object, NOW);
        assert_eq!(cells(&columns, &row), "solia|backup|*/5 * * * *|Europe/Paris|no|0|5m|4m|2d");
        assert_eq!(samples::role(&columns, "LAST-SUCCESS", &row), Role::Muted);
        cron.last_succeeded = Time::NEVER;
        let object = samples::object("backup", Body::CronJob(Box::new(cron)));
        assert_eq!(samples::role(&columns, "LAST-SUCCESS", &Row::object(&object, NOW)), Role::Warning);
    }
}
