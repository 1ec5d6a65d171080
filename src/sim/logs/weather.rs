//! In what state a program was in a second, as the samples before that second tell. Samples after it are not looked
//! at: a line once written stays as it was.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::sim::physics::series::{Labels, Samples};
use crate::sim::world::{Run, World};

/// How old a sample may be to say something.
const FRESH: SignedDuration = SignedDuration::from_secs(50);

/// How it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weather {
    /// Requests a second.
    pub requests: f64,
    /// The share that fails with 500, and with 503.
    pub errors: f64,
    pub rejected: f64,
    /// Median latency in seconds.
    pub latency: f64,
    pub pool_max: f64,
    pub pool_open: f64,
    pub pool_used: f64,
    pub pool_waiting: f64,
    /// MiB, of the process and of its heap.
    pub resident: f64,
    pub heap: f64,
    /// Delay of the event loop in seconds.
    pub lag: f64,
}

impl Default for Weather {
    /// What is assumed where nothing has been measured.
    fn default() -> Self {
        Self {
            requests: 2.0,
            errors: 0.0,
            rejected: 0.0,
            latency: 0.045,
            pool_max: 20.0,
            pool_open: 6.0,
            pool_used: 2.0,
            pool_waiting: 0.0,
            resident: 180.0,
            heap: 120.0,
            lag: 0.005,
        }
    }
}

impl Weather {
    /// Whether the pool of connections is used up.
    pub fn exhausted(&self) -> bool {
        self.pool_waiting >= 1.0
    }

    /// Whether the database refuses connections that the pool would have room for.
    pub fn refused(&self) -> bool {
        self.exhausted() && self.pool_open + 0.5 < self.pool_max
    }
}

type Curve<'a> = &'a Samples;

/// The samples about one run's pod.
#[derive(Debug, Default)]
pub(super) struct Sky<'a> {
    began: Timestamp,
    /// Requests by status code, and the time that they took.
    counts: Vec<(Arc<str>, Curve<'a>)>,
    sums: Vec<Curve<'a>>,
    gauges: Vec<(&'static str, Curve<'a>)>,
}

const GAUGES: [&str; 7] = [
    "db_pool_max_connections",
    "db_pool_total_connections",
    "db_pool_used_connections",
    "db_pool_waiting_requests",
    "process_resident_memory_bytes",
    "nodejs_heap_size_used_bytes",
    "nodejs_eventloop_lag_seconds",
];

impl<'a> Sky<'a> {
    pub fn of(world: &'a World, run: &Run) -> Self {
        // Only Solia's own programs tell something of themselves.
        if !run.image.contains("/solia-invest/") {
            return Self::default();
        }
        let own = |labels: &Labels| {
            let label = |name: &str, value: &str| labels.get(name).is_some_and(|v| **v == *value);
            label("pod", &run.place.pod) && label("namespace", &run.place.namespace)
        };
        let named = |name| world.physics.series.named(Some(name)).filter(|(labels, _)| own(labels));
        let code = |labels: &Labels| labels.get("status_code").cloned().unwrap_or_else(|| Arc::from("200"));
        Self {
            began: run.started,
            counts: named("http_request_duration_seconds_count").map(|(l, s)| (code(l), s)).collect(),
            sums: named("http_request_duration_seconds_sum").map(|(_, s)| s).collect(),
            gauges: GAUGES.iter().flat_map(|name| named(name).map(move |(_, s)| (*name, s))).collect(),
        }
    }

    pub fn cursor(&'a self) -> Cursor<'a> {
        Cursor {
            sky: self,
            slot: i64::MIN,
            weather: Weather::default(),
        }
    }

    fn at(&self, at: Timestamp) -> Weather {
        let mut weather = Weather::default();
        let gauge = |name: &str| {
            let mut all = self.gauges.iter().filter(|(n, _)| *n == name);
            let (since, value) = all.find_map(|(_, samples)| samples.at(at, FRESH))?;
            // A value of the run before says nothing about this one.
            (since >= self.began).then_some(value)
        };
        let rate = |samples: &Samples| {
            let mut last = samples.between((at - FRESH).max(self.began), at).rev();
            let (late, early) = (last.next()?, last.next()?);
            let time = late.0.duration_since(early.0).as_secs_f64();
            (time > 0.0 && late.1 >= early.1).then(|| (late.1 - early.1) / time)
        };
        let (mut all, mut failed, mut rejected) = (0.0, 0.0, 0.0);
        // A series that begins later must not change what was written before: only fresh samples count.
        let mut measured = gauge(GAUGES[4]).is_some();
        for (code, samples) in &self.counts {
            let Some(rate) = rate(samples) else { continue };
            measured = true;
            all += rate;
            match &**code {
                "500" => failed += rate,
                "503" => rejected += rate,
                _ => {}
            }
        }
        if measured {
            weather.requests = all;
        }
        if all > 0.01 {
            weather.errors = failed / all;
            weather.rejected = rejected / all;
            let spent: f64 = self.sums.iter().filter_map(|samples| rate(samples)).sum();
            weather.latency = (spent / all / 1.18).clamp(0.001, 30.0);
        }
        for (name, field, scale) in [
            (GAUGES[0], &mut weather.pool_max, 1.0),
            (GAUGES[1], &mut weather.pool_open, 1.0),
            (GAUGES[2], &mut weather.pool_used, 1.0),
            (GAUGES[3], &mut weather.pool_waiting, 1.0),
            (GAUGES[4], &mut weather.resident, 1_048_576.0),
            (GAUGES[5], &mut weather.heap, 1_048_576.0),
            (GAUGES[6], &mut weather.lag, 1.0),
        ] {
            if let Some(value) = gauge(name) {
                *field = value / scale;
            }
        }
        weather
    }
}

/// Reads second after second; samples come more rarely than that.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    sky: &'a Sky<'a>,
    slot: i64,
    weather: Weather,
}

impl Cursor<'_> {
    /// The weather of a second: that at the last round five seconds before it, so that it is looked up rarely and the
    /// same wherever one begins to read.
    pub fn at(&mut self, second: i64) -> Weather {
        let slot = second.div_euclid(5);
        if slot != self.slot {
            self.slot = slot;
            self.weather = self.sky.at(Timestamp::from_second(slot * 5).unwrap_or_default());
        }
        self.weather
    }
}
