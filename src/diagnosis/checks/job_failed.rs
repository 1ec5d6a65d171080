//! A job has given up. Several failed jobs of one schedule are one finding: the schedule's.

use std::collections::BTreeMap;

use crate::diagnosis::fault::PodFault;
use crate::diagnosis::group::{condition_evidence, event_evidence, holds, open};
use crate::diagnosis::sight::Sight;
use crate::model::{Body, Condition, ConditionStatus, Finding, Job, Known, Lead, Object, Severity, Subject, Time, Uid, shorten};

/// What failed longer ago is worth knowing, no more (seconds).
const LATELY: i64 = 86_400;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut failed: BTreeMap<(&str, &str, Uid), Vec<Failure>> = BTreeMap::new();
    for object in sight.suspects(Known::Job) {
        let Some(failure) = Failure::of(object) else { continue };
        let key = match schedule(object) {
            Some(owner) => (&*object.meta.namespace, &*owner.name, owner.uid),
            None => (&*object.meta.namespace, &*object.meta.name, object.meta.uid),
        };
        failed.entry(key).or_default().push(failure);
    }
    failed.into_values().filter_map(|failures| finding(sight, failures)).collect()
}

/// How a job that is over ended.
pub(super) struct Outcome<'a> {
    pub at: Time,
    /// The condition that says that it failed, and why.
    pub failed: Option<&'a Condition>,
}

impl<'a> Outcome<'a> {
    /// `None`: it is not over, or is no job.
    pub fn of(object: &'a Object) -> Option<Self> {
        let Body::Job(job) = &object.body else { return None };
        if let Some(failed) = holds(&job.conditions, "Failed", ConditionStatus::True) {
            return Some(Self {
                at: failed.since,
                failed: Some(failed),
            });
        }
        let complete = holds(&job.conditions, "Complete", ConditionStatus::True)?;
        Some(Self {
            at: complete.since.max(job.finished),
            failed: None,
        })
    }
}

/// Whether a later job of the same schedule has ended well.
pub(super) fn overtaken(sight: &Sight<'_>, object: &Object) -> bool {
    let (Some(owner), Some(outcome)) = (schedule(object), Outcome::of(object)) else {
        return false;
    };
    siblings(sight, owner.uid).any(|(_, other)| other.failed.is_none() && other.at >= outcome.at)
}

/// The jobs of a schedule that are over.
fn siblings<'a>(sight: &Sight<'a>, schedule: Uid) -> impl Iterator<Item = (&'a Object, Outcome<'a>)> + use<'a> {
    let jobs = sight.all(Known::Job);
    let own = jobs.filter(move |job| self::schedule(job).is_some_and(|owner| owner.uid == schedule));
    own.filter_map(|job| Some((job, Outcome::of(job)?)))
}

/// The cron job that made a job.
fn schedule(object: &Object) -> Option<&crate::model::Owner> {
    object.meta.owner.as_deref().filter(|owner| &*owner.kind == "CronJob")
}

/// A job that has given up.
struct Failure<'a> {
    object: &'a Object,
    job: &'a Job,
    condition: &'a Condition,
}

impl<'a> Failure<'a> {
    fn of(object: &'a Object) -> Option<Self> {
        let Body::Job(job) = &object.body else { return None };
        if job.suspended || object.meta.deleting.is_known() {
            return None;
        }
        let condition = Outcome::of(object)?.failed?;
        Some(Self { object, job, condition })
    }

    /// Why, in a few words.
    fn why(&self) -> String {
        match &*self.condition.reason {
            "BackoffLimitExceeded" => match self.job.failed {
                0 | 1 => "gave up: its pod failed".to_owned(),
                n => format!("gave up after {n} failed pods"),
            },
            "DeadlineExceeded" => "ran longer than its deadline".to_owned(),
            "PodFailurePolicy" => "a pod failed in a way that ends it".to_owned(),
            "" => shorten(self.condition.message.trim(), 80).into_owned(),
            reason => reason.to_owned(),
        }
    }
}

fn finding(sight: &Sight<'_>, mut failures: Vec<Failure<'_>>) -> Option<Finding> {
    failures.sort_by_key(|f| std::cmp::Reverse((f.condition.since, f.object.meta.created)));
    let newest = failures.first()?;
    if overtaken(sight, newest.object) {
        return None;
    }
    let pods = pods(sight, newest.object);
    let lead = pods.iter().max_by_key(|f| (f.exit.is_some(), f.since)).copied();
    let exit = lead
        .and_then(|fault| fault.exit)
        .map_or_else(String::new, |exit| format!(" · {}", exit.why()));
    let why = match newest.why() {
        why if why.is_empty() => exit,
        why => format!(" · {why}{exit}"),
    };
    let (subject, title) = match schedule(newest.object) {
        Some(owner) => {
            let subject = Subject {
                kind: Known::CronJob.into(),
                namespace: newest.object.meta.namespace.clone(),
                name: (*owner.name).into(),
                uid: owner.uid,
            };
            let title = match failures.len() {
                1 => format!("its last job failed{why}"),
                n => format!("{n} of its last jobs failed{why}"),
            };
            (subject, title)
        }
        None => (Subject::of(Known::Job, newest.object), format!("has failed{why}")),
    };
    let severity = if newest.condition.since.age(sight.now) < LATELY {
        Severity::Warning
    } else {
        Severity::Info
    };
    let mut finding = Finding::new(severity, subject, title)
        .since(begun(sight, &failures))
        .members(failures.iter().map(|f| f.object.meta.uid));
    for failure in &failures {
        let pods = self::pods(sight, failure.object);
        finding.members.extend(pods.iter().map(|pod| pod.object.meta.uid));
    }
    finding.depends = finding.members.clone();
    if let Some(lead) = lead {
        finding.evidence.extend(lead.exit_evidence());
        finding.tail = lead.tail();
    }
    let conditions = failures
        .iter()
        .take(3)
        .map(|f| condition_evidence(f.condition, open(Known::Job, f.object)));
    finding.evidence.extend(conditions);
    let told = sight.events(newest.object).into_iter().find(|e| e.warning);
    let to_events = Lead::Events(newest.object.reference(&Known::Job.into()));
    finding.evidence.extend(told.map(|event| event_evidence(event, to_events)));
    Some(finding)
}

/// The pods of a job that are not well.
fn pods<'s, 'a>(sight: &'s Sight<'a>, job: &Object) -> Vec<&'s PodFault<'a>> {
    let owned = |fault: &&PodFault| fault.object.meta.owner.as_deref().is_some_and(|owner| owner.uid == job.meta.uid);
    sight.faults().iter().filter(owned).collect()
}

/// When the first job failed of those that failed one after the other.
fn begun(sight: &Sight<'_>, failures: &[Failure<'_>]) -> Time {
    let Some(newest) = failures.first() else { return Time::NEVER };
    let well = schedule(newest.object).map(|owner| {
        let well = siblings(sight, owner.uid).filter(|(_, outcome)| outcome.failed.is_none());
        well.map(|(_, outcome)| outcome.at).max().unwrap_or_default()
    });
    let times = failures.iter().map(|f| f.condition.since);
    times
        .filter(|since| since.is_known() && *since > well.unwrap_or_default())
        .min()
        .unwrap_or(newest.condition.since)
}
