//! What a Prometheus tells of services and pods that are not well: the questions, and what their answers mean.
//!
//! The thresholds stand in the questions: what is well is not told at all, however many pods there are. A question names
//! the metrics of all usual exporters at once, so that each costs one request a minute.

use std::sync::{Arc, LazyLock};

use super::sight::{Sight, workload};
use crate::model::{Body, Known, Object, Series, SeriesKey, Subject, Time, Uid};
use crate::store::EnvStore;

/// How far back a question looks (seconds), and how fine.
const SPAN: u32 = 3_600;
const STEP: u32 = 60;
/// What is older says nothing of now (seconds).
const OLD: i64 = 300;
/// A run of points may have gaps of so many.
const GAP: usize = 2;
/// Points in a row before it counts: one may be an accident.
const LASTS: usize = 2;

/// Something that is asked of every Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vital {
    /// The share of requests that end with a 5xx, by service.
    Errors,
    /// The 95th percentile of the latency, by service.
    Latency,
    /// Requests that wait for a connection to the database, by pod.
    Waiting,
    /// The share of a pool that is in use, by pod.
    PoolUsed,
    /// What all pools may open, of what the database has.
    Overbooked,
    /// The share of look-ups that hit the cache.
    CacheHits,
    /// The share of its memory that a container uses.
    Memory,
    /// The share of periods in which a container had to wait for its CPU limit.
    Throttled,
}

impl Vital {
    pub const ALL: [Self; 8] = [
        Self::Errors,
        Self::Latency,
        Self::Waiting,
        Self::PoolUsed,
        Self::Overbooked,
        Self::CacheHits,
        Self::Memory,
        Self::Throttled,
    ];

    /// The question.
    pub fn key(self) -> &'static SeriesKey {
        static KEYS: LazyLock<[SeriesKey; 8]> = LazyLock::new(|| Vital::ALL.map(|vital| SeriesKey::new([vital.query()], SPAN, STEP)));
        let [errors, latency, waiting, used, overbooked, hits, memory, throttled] = &*KEYS;
        match self {
            Self::Errors => errors,
            Self::Latency => latency,
            Self::Waiting => waiting,
            Self::PoolUsed => used,
            Self::Overbooked => overbooked,
            Self::CacheHits => hits,
            Self::Memory => memory,
            Self::Throttled => throttled,
        }
    }

    fn query(self) -> String {
        /// Any of these.
        fn any(parts: &[String]) -> String {
            parts.join(" or ")
        }
        let by = "sum by (namespace, service, job)";
        match self {
            // A share of next to nothing says little: some six requests have to fail in five minutes.
            Self::Errors => any(&[
                ("http_request_duration_seconds_count", "status_code"),
                ("http_requests_total", "status_code"),
                ("http_requests_total", "status"),
                ("http_server_request_duration_seconds_count", "http_response_status_code"),
            ]
            .map(|(name, code)| {
                format!("(({by} (rate({name}{{{code}=~\"5..\"}}[5m])) > 0.02) / {by} (rate({name}{{{code}!=\"\"}}[5m])) > 0.01)")
            })),
            Self::Latency => any(&[
                "http_request_duration_seconds_bucket",
                "http_server_request_duration_seconds_bucket",
            ]
            .map(|name| format!("(histogram_quantile(0.95, sum by (namespace, service, job, le) (rate({name}[5m]))) > 1)"))),
            Self::Waiting => any(&[
                "pg_pool_waiting_connections",
                "pg_pool_waiting_clients",
                "db_client_connection_pending_requests",
                "db_pool_waiting_requests",
            ]
            .map(|name| format!("(sum by (namespace, pod, service, job) ({name}) > 2)"))),
            Self::PoolUsed => any(&[
                ("pg_pool_active_connections", "pg_pool_max"),
                ("db_pool_used_connections", "db_pool_max_connections"),
            ]
            .map(|(used, most)| {
                let by = "sum by (namespace, pod, service, job)";
                format!("({by} ({used}) / {by} ({most}) > 0.9)")
            })),
            Self::Overbooked => {
                "sum(pg_pool_max) / (max(pg_settings_max_connections) - max(pg_settings_superuser_reserved_connections)) > 1".into()
            }
            Self::CacheHits => {
                let rate = |name: &str| format!("sum by (namespace, job, instance) (rate({name}[5m]))");
                let (hits, misses) = (rate("redis_keyspace_hits_total"), rate("redis_keyspace_misses_total"));
                format!("{hits} / ({hits} + ({misses} > 1)) < 0.8")
            }
            Self::Memory => {
                let by = "sum by (namespace, pod, container)";
                let real = "container!=\"\", container!=\"POD\"";
                format!(
                    "{by} (container_memory_working_set_bytes{{{real}}}) / {by} (kube_pod_container_resource_limits{{resource=\"memory\"}}) > 0.9"
                )
            }
            Self::Throttled => {
                let increase = |what: &str| {
                    format!("sum by (namespace, pod, container) (increase(container_cpu_cfs_{what}_total{{container!=\"\"}}[5m]))")
                };
                format!("{} / {} > 0.25", increase("throttled_periods"), increase("periods"))
            }
        }
    }
}

/// All questions.
pub fn vitals() -> impl Iterator<Item = &'static SeriesKey> {
    Vital::ALL.into_iter().map(Vital::key)
}

/// Grows whenever one of them was answered.
pub fn version(seen: &EnvStore) -> u64 {
    vitals()
        .filter_map(|key| seen.series.get(key))
        .map(|told| told.heard.0.unsigned_abs())
        .sum()
}

/// Something that is not well now, and was not for a while.
pub struct Breach<'a> {
    pub series: &'a Series,
    /// The newest value, and when it was.
    pub value: f64,
    pub at: Time,
    /// Since when without a break; the beginning of what was asked, where it is older than that.
    pub since: Time,
    /// Whether it may have begun before.
    pub longer: bool,
}

/// What a question found, as it is now.
pub fn breaches<'a>(seen: &'a EnvStore, vital: Vital, now: Time) -> Vec<Breach<'a>> {
    let Some(told) = seen.series.get(vital.key()) else {
        return Vec::new();
    };
    let Some(answer) = told.answer.as_ref().filter(|_| told.heard.age(now) <= OLD) else {
        return Vec::new();
    };
    let breach = |series: &'a Series| {
        let points = &series.points;
        let is_there = |at: usize| points.get(at).is_some_and(|value| !value.is_nan());
        let newest = (0..points.len()).rev().take(GAP + 1).find(|at| is_there(*at))?;
        let mut first = newest;
        let mut count = 1;
        let mut at = newest;
        while at > 0 && first - at < GAP + 1 {
            at -= 1;
            if is_there(at) {
                (first, count) = (at, count + 1);
            }
        }
        let time = |at: usize| answer.from + i64::try_from(at).unwrap_or(0) * i64::from(answer.step);
        (count >= LASTS).then(|| Breach {
            series,
            value: points.get(newest).copied().unwrap_or(f64::NAN),
            at: time(newest),
            since: time(first),
            longer: first == 0,
        })
    };
    answer.series.iter().filter_map(breach).collect()
}

/// What a series speaks of: the workload, and the pod where it names one.
pub struct Spoken<'a> {
    pub workload: Option<(Known, &'a Object)>,
    pub pod: Option<&'a Object>,
}

impl Spoken<'_> {
    /// What a finding about it is about; a series that belongs to nothing that is known stands for itself.
    pub fn subject(&self, series: &Series) -> Subject {
        match self.workload {
            Some((known, object)) => Subject::of(known, object),
            None => unknown(series),
        }
    }

    /// Whatever may say why.
    pub fn uids(&self) -> impl Iterator<Item = Uid> {
        let workload = self.workload.map(|(_, object)| object.meta.uid);
        workload.into_iter().chain(self.pod.map(|pod| pod.meta.uid))
    }
}

fn unknown(series: &Series) -> Subject {
    let name = ["pod", "service", "job", "instance"].map(|label| series.label(label));
    let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or("prometheus");
    let namespace: Arc<str> = series.label("namespace").into();
    Subject {
        kind: crate::model::Kind::of("", "metrics"),
        uid: Uid::of(&format!("metrics/{namespace}/{name}")),
        namespace,
        name: name.into(),
    }
}

/// What one subject is told of by one question.
pub struct Told<'a> {
    pub subject: Subject,
    pub spoken: Spoken<'a>,
    /// The worst first; all that have the same subject.
    pub breaches: Vec<Breach<'a>>,
    /// The pods that they name.
    pub pods: Vec<&'a Object>,
}

impl<'a> Told<'a> {
    /// Since when the first of them is not well.
    pub fn since(&self) -> Time {
        self.breaches.iter().map(|breach| breach.since).min().unwrap_or_default()
    }

    /// The worst of them.
    pub fn worst(&self) -> Option<&Breach<'a>> {
        self.breaches.first()
    }

    /// What may explain it, and what is part of it.
    pub fn uids(&self) -> Vec<Uid> {
        self.spoken.uids().chain(self.pods.iter().map(|pod| pod.meta.uid)).collect()
    }

    /// A finding about it, without evidence.
    pub fn finding(&self, severity: crate::model::Severity, title: String) -> crate::model::Finding {
        crate::model::Finding::new(severity, self.subject.clone(), title)
            .since(self.since())
            .members(self.pods.iter().map(|pod| pod.meta.uid))
    }

    /// `over 1 % since 03:02`: which bound, and for how long it is beyond it.
    pub fn lasts(&self, bound: &str, now: Time) -> String {
        let longer = self.breaches.iter().any(|breach| breach.longer);
        let more = if longer { "more than " } else { "" };
        format!("{bound} for {more}{}", crate::model::short_age(self.since().age(now)))
    }
}

/// What a question found, by what it is about; `below`: the least value is the worst.
pub fn told<'a>(sight: &Sight<'a>, vital: Vital, below: bool) -> Vec<Told<'a>> {
    let mut found: Vec<Told<'a>> = Vec::new();
    for breach in breaches(sight.seen, vital, sight.now) {
        let spoken = spoken(sight, breach.series);
        let subject = spoken.subject(breach.series);
        let pods = spoken.pod.into_iter();
        match found.iter_mut().find(|told| told.subject.uid == subject.uid) {
            Some(told) => {
                told.pods.extend(pods);
                told.breaches.push(breach);
            }
            None => found.push(Told {
                subject,
                pods: pods.collect(),
                spoken,
                breaches: vec![breach],
            }),
        }
    }
    for told in &mut found {
        told.breaches.sort_by(|a, b| {
            if below {
                a.value.total_cmp(&b.value)
            } else {
                b.value.total_cmp(&a.value)
            }
        });
        told.pods.sort_by_key(|pod| pod.meta.uid);
        told.pods.dedup_by_key(|pod| pod.meta.uid);
    }
    found.sort_by(|a, b| (&a.subject.namespace, &a.subject.name).cmp(&(&b.subject.namespace, &b.subject.name)));
    found
}

/// Finds what the labels of a series name.
pub fn spoken<'a>(sight: &Sight<'a>, series: &Series) -> Spoken<'a> {
    let namespace = series.label("namespace");
    if let Some(pod) = sight.named(Known::Pod, namespace, series.label("pod")) {
        return Spoken {
            workload: Some(sight.top(Known::Pod, pod)),
            pod: Some(pod),
        };
    }
    let names = ["service", "job"].map(|label| series.label(label));
    let workload = names
        .into_iter()
        .filter(|name| !name.is_empty())
        .find_map(|name| behind(sight, namespace, name).or_else(|| called(sight, namespace, name)));
    Spoken { workload, pod: None }
}

/// The workload behind a service of this name.
fn behind<'a>(sight: &Sight<'a>, namespace: &str, name: &str) -> Option<(Known, &'a Object)> {
    let service = sight.named(Known::Service, namespace, name)?;
    let Body::Service(body) = &service.body else { return None };
    let pod = sight.selected(namespace, &body.selector).into_iter().next()?;
    Some(sight.top(Known::Pod, pod))
}

/// The workload of this name, or of one that says what it is behind it: `backend-deployment`.
fn called<'a>(sight: &Sight<'a>, namespace: &str, name: &str) -> Option<(Known, &'a Object)> {
    let fits = |object: &Object| {
        let rest = object.meta.name.strip_prefix(name);
        let here = namespace.is_empty() || *object.meta.namespace == *namespace;
        here && workload(object).is_some()
            && rest.is_some_and(|rest| matches!(rest, "" | "-deployment" | "-deploy" | "-statefulset" | "-sts"))
    };
    let kinds = [Known::Deployment, Known::StatefulSet, Known::DaemonSet];
    let mut found = kinds
        .into_iter()
        .flat_map(|known| sight.all(known).filter(|object| fits(object)).map(move |object| (known, object)));
    // Two of them: nobody can tell which.
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::world::{NOW, World, tell_vital};

    #[test]
    fn every_question_is_one_that_a_prometheus_understands() {
        for query in vitals().flat_map(|key| key.queries.iter()) {
            assert_eq!(crate::config::check_query(query), Ok(()), "{query}");
        }
    }

    #[test]
    fn a_run_of_points_begins_after_the_last_real_gap_and_one_point_is_no_run() {
        let gap = f64::NAN;
        for (points, since) in [
            (vec![gap, 1.0, 1.0, 1.0], Some(2)),
            (vec![1.0, gap, gap, gap, 1.0, 1.0], Some(1)),
            (vec![gap, gap, gap, 1.0, gap, gap, 1.0, 1.0], Some(4)),
            (vec![1.0, 1.0, gap, gap, gap], None),
            (vec![gap, gap, gap, 1.0], None),
            (vec![], None),
        ] {
            let mut world = World::new();
            tell_vital(&mut world, Vital::Errors, &[("service", "backend")], &points);
            let found = breaches(world.seen(), Vital::Errors, NOW);
            let minutes = found.first().map(|breach| (NOW - breach.since) / 60);
            assert_eq!(minutes, since, "{points:?}");
            assert!(
                breaches(world.seen(), Vital::Errors, NOW + OLD + 1).is_empty(),
                "too old to say so of now"
            );
        }
    }
}
