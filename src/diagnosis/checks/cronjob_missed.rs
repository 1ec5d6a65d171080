//! A cron job did not start a job when its schedule says it should.

use crate::diagnosis::PATIENCE;
use crate::diagnosis::due::{Due, MOST, names_its_zone};
use crate::diagnosis::group::{event_evidence, open};
use crate::diagnosis::sight::Sight;
use crate::model::{
    Body, Confidence, CronJob, Event, Evidence, EvidenceKind, Finding, Known, Lead, Link, Object, Severity, Subject, Time, short_age,
    shorten,
};

/// One time counts as missed only when it is so long ago (seconds): a control plane that was down makes up for it first.
const ONE: i64 = 180;

/// What its controller said longer ago than this is over (seconds).
const RECENT: i64 = 3600;

/// What the controller says when it cannot start a job, in the words of all versions.
const SAID: [&str; 8] = [
    "TooManyMissedTimes",
    "MissSchedule",
    "FailedNeedsStart",
    "UnparsableSchedule",
    "UnparseableSchedule",
    "UnparseableCronJobSchedule",
    "UnknownTimeZone",
    "InvalidSchedule",
];

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    // What the watch has not told since it broke may long have happened.
    if !sight.is_current(Known::CronJob) || matches!(sight.seen.link, Link::Lost { .. }) {
        return Vec::new();
    }
    sight.each(Known::CronJob, |object| match &object.body {
        Body::CronJob(cron) if !cron.suspended && !object.meta.deleting.is_known() => finding(sight, object, cron),
        _ => None,
    })
}

fn finding(sight: &Sight<'_>, object: &Object, cron: &CronJob) -> Option<Finding> {
    let events = sight.events(object);
    let recent = |event: &&&Event| event.last.age(sight.now) < RECENT && event.last > cron.last_scheduled;
    let told = events.iter().filter(recent).find(|e| SAID.contains(&&*e.reason)).copied();
    let missed = missed(sight, object);
    if told.is_none() && missed.is_empty() {
        return None;
    }
    let subject = Subject::of(Known::CronJob, object);
    let held = events.iter().filter(recent).find(|e| &*e.reason == "JobAlreadyActive").copied();
    let since = missed.first().copied().or(told.map(|e| e.first)).unwrap_or_default();
    let times = words(&missed);
    let mut finding = match (told, cron.active) {
        (None, 1..) => Finding::new(Severity::Info, subject, format!("{times} · its last job still runs")).confidence(match held {
            Some(_) => Confidence::High,
            None => Confidence::Medium,
        }),
        (told, _) => {
            let why = told.map_or_else(String::new, |e| format!(" · {}", shorten(e.message.trim(), 120)));
            let what = if missed.is_empty() { "starts no jobs".to_owned() } else { times };
            // Where no time zone is stated, it is that of the control plane; it is UTC nearly everywhere.
            let sure = told.is_some() || names_its_zone(cron);
            Finding::new(Severity::Warning, subject, format!("{what}{why}")).confidence(if sure {
                Confidence::High
            } else {
                Confidence::Medium
            })
        }
    };
    finding.since = since;
    let lead = Lead::Events(object.reference(&Known::CronJob.into()));
    let said = [told, held].into_iter().flatten();
    finding.evidence.extend(said.map(|event| event_evidence(event, lead.clone())));
    let last = if cron.last_scheduled.is_known() {
        format!("the last job was started {} ago", short_age(cron.last_scheduled.age(sight.now)))
    } else {
        "it has never started a job".to_owned()
    };
    let zone = if cron.time_zone.is_empty() { "" } else { " " };
    let text = format!("schedule {}{zone}{}: {last}", cron.schedule, cron.time_zone);
    let own = Evidence::new(EvidenceKind::Condition, text, cron.last_scheduled).lead(open(Known::CronJob, object));
    finding.evidence.push(own);
    finding.evidence.extend(running(sight, object));
    // A job that may not be made is the quota's trouble, or the webhook's.
    if events.iter().any(|e| &*e.reason == "FailedCreate" && e.last > cron.last_scheduled) {
        finding.depends = vec![object.meta.uid];
    }
    Some(finding)
}

/// The times that it missed; none, while it may still make up for them.
fn missed(sight: &Sight<'_>, object: &Object) -> Vec<Time> {
    let late = sight.due(object.meta.uid).is_some_and(|due| due.age(sight.now) > PATIENCE);
    let Some(due) = Due::of(object).filter(|_| late) else {
        return Vec::new();
    };
    let missed = due.missed(Time(sight.now.0 - PATIENCE));
    let enough = missed.len() >= 2 || missed.first().is_some_and(|first| first.age(sight.now) >= ONE);
    if enough { missed } else { Vec::new() }
}

fn words(missed: &[Time]) -> String {
    match missed {
        [] => String::new(),
        [_] => "did not start when it was due".to_owned(),
        many if many.len() >= MOST => format!("did not start, {MOST} times and more"),
        many => format!("did not start, {} times in a row", many.len()),
    }
}

/// Its job that is still at work.
fn running(sight: &Sight<'_>, object: &Object) -> Option<Evidence> {
    let own = |job: &&Object| job.meta.owner.as_deref().is_some_and(|owner| owner.uid == object.meta.uid);
    let active = |job: &&Object| matches!(&job.body, Body::Job(body) if body.active > 0);
    let jobs = sight.suspects(Known::Job).into_iter().filter(own).filter(active);
    let job = jobs.min_by_key(|job| job.meta.created)?;
    let text = format!("job {} runs for {}", job.meta.name, short_age(job.meta.created.age(sight.now)));
    Some(Evidence::new(EvidenceKind::Condition, text, job.meta.created).lead(open(Known::Job, job)))
}
