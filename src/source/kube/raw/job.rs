//! Jobs (`batch/v1`) and cron jobs (`batch/v1beta1` up to 1.24, `batch/v1` from 1.21 on).

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Count, Flag, List, Maybe, Text, When};
use super::managed::ManagedFields;
use super::meta::{Item, RawCondition, RawSelector, Template, conditions};
use super::strings::Strings;
use crate::model::{self, Body};

pub type Job<'a> = Item<'a, JobSpec<'a>, JobStatus<'a>>;
pub type CronJob<'a> = Item<'a, CronSpec<'a>, CronStatus, ManagedFields<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JobSpec<'a> {
    pub completions: Count,
    pub suspend: Flag,
    #[serde(borrow)]
    pub selector: Maybe<RawSelector<'a>>,
    pub template: Maybe<Template<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JobStatus<'a> {
    pub succeeded: Count,
    pub failed: Count,
    pub active: Count,
    pub start_time: When,
    pub completion_time: When,
    #[serde(borrow)]
    pub conditions: List<RawCondition<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CronSpec<'a> {
    #[serde(borrow)]
    pub schedule: Text<'a>,
    pub time_zone: Text<'a>,
    pub suspend: Flag,
    pub job_template: Maybe<JobTemplate<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct JobTemplate<'a> {
    #[serde(borrow)]
    pub spec: Maybe<JobSpec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CronStatus {
    pub active: List<IgnoredAny>,
    pub last_schedule_time: When,
    pub last_successful_time: When,
}

pub fn job(raw: &Job<'_>, strings: &mut Strings) -> Body {
    let (spec, status) = (&*raw.spec, &*raw.status);
    // A failed job has no completion time; its condition tells when it ended.
    let failed = status.conditions.iter().find(|c| &*c.kind == "Failed" && c.holds());
    let finished = status
        .completion_time
        .or(failed.map(|c| c.last_transition_time).unwrap_or_default());
    Body::Job(Box::new(model::Job {
        completions: spec.completions.0,
        succeeded: status.succeeded.get(),
        failed: status.failed.get(),
        active: status.active.get(),
        suspended: spec.suspend.yes(),
        started: status.start_time.0,
        finished: finished.0,
        selector: spec.selector.labels(),
        images: spec.template.images(strings),
        conditions: conditions(&status.conditions, strings),
    }))
}

pub fn cron_job(raw: &CronJob<'_>, strings: &mut Strings) -> Body {
    let (spec, status) = (&*raw.spec, &*raw.status);
    Body::CronJob(Box::new(model::CronJob {
        schedule: spec.schedule.clean(),
        time_zone: spec.time_zone.clean(),
        suspended: spec.suspend.yes(),
        active: u32::try_from(status.active.len()).unwrap_or(u32::MAX),
        last_scheduled: status.last_schedule_time.0,
        last_succeeded: status.last_successful_time.0,
        images: spec.job_template.spec.template.images(strings),
    }))
}
