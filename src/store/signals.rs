//! The four signals by which a service is judged first: requests, errors, latency, and what its database gives it.

use std::sync::{Arc, LazyLock};

use super::{EnvStore, SeriesState, Told};
use crate::model::{Problem, Series, SeriesKey, Time, Unit};

/// How far back a signal looks (seconds), and how fine.
const SPAN: u32 = 1_800;
const STEP: u32 = 60;
/// Points by which it is said whether a signal rises.
const NEWEST: usize = 10;

/// Which signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Golden {
    Requests,
    /// The share of requests that end with a 5xx.
    Errors,
    /// The 95th percentile.
    Latency,
    /// Database connections in use, of those that there may be.
    Pool,
}

/// A signal of a whole environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Values of the last half hour, NaN for none.
    pub points: Arc<[f64]>,
    /// The newest value, if it is new.
    pub last: Option<f64>,
    /// From where on it is not well, or how much there can be.
    pub limit: Option<f64>,
    /// How much it grows in a second.
    pub slope: Option<f64>,
    pub unit: Unit,
    /// When it was told; what is old says so.
    pub heard: Time,
}

/// What is known of an environment's signals as a whole.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalsKnown {
    /// Nobody asks.
    Off,
    /// Nothing was told yet.
    Waiting,
    /// Some were told.
    Yes,
    /// Its Prometheus does not answer, since then.
    Unknown { since: Time, problem: Problem },
    /// It answers, and has none of these series.
    Without,
}

impl Golden {
    pub const ALL: [Self; 4] = [Self::Requests, Self::Errors, Self::Latency, Self::Pool];

    /// What it is called where there is little room.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requests => "req/s",
            Self::Errors => "5xx",
            Self::Latency => "p95",
            Self::Pool => "pool",
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::Requests => Unit::PerSecond,
            Self::Errors => Unit::Ratio,
            Self::Latency => Unit::Seconds,
            Self::Pool => Unit::Count,
        }
    }

    /// What is asked for it.
    pub fn key(self) -> &'static SeriesKey {
        let keys = &*KEYS;
        match self {
            Self::Requests => &keys.requests,
            Self::Errors => &keys.errors,
            Self::Latency => &keys.latency,
            Self::Pool => &keys.pool,
        }
    }
}

struct Keys {
    requests: SeriesKey,
    errors: SeriesKey,
    latency: SeriesKey,
    pool: SeriesKey,
    most: SeriesKey,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let key = |queries: &[&str]| SeriesKey::new(queries.iter().copied(), SPAN, STEP);
    Keys {
        requests: key(&[
            "sum(rate(http_request_duration_seconds_count[2m]))",
            "sum(rate(http_requests_total[2m]))",
            "sum(rate(http_server_request_duration_seconds_count[2m]))",
        ]),
        errors: key(&[
            r#"(sum(rate(http_request_duration_seconds_count{status_code=~"5.."}[2m])) or vector(0)) / sum(rate(http_request_duration_seconds_count[2m]))"#,
            r#"(sum(rate(http_requests_total{status_code=~"5.."}[2m])) or vector(0)) / sum(rate(http_requests_total{status_code!=""}[2m]))"#,
            r#"(sum(rate(http_requests_total{status=~"5.."}[2m])) or vector(0)) / sum(rate(http_requests_total{status!=""}[2m]))"#,
        ]),
        latency: key(&[
            "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[2m])))",
            "histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket[2m])))",
        ]),
        pool: key(&[
            "sum(pg_pool_active_connections)",
            r#"sum(db_client_connection_count{db_client_connection_state="used"})"#,
            "sum(db_pool_used_connections)",
            "sum(pg_pool_total_connections) - sum(pg_pool_idle_connections)",
        ]),
        most: key(&[
            "sum(pg_pool_max)",
            "sum(db_client_connection_max)",
            "sum(db_pool_max_connections)",
            "sum(pg_pool_max_connections)",
        ]),
    }
});

/// All questions that the signals of an environment need.
pub fn questions() -> impl Iterator<Item = &'static SeriesKey> {
    Golden::ALL.into_iter().map(Golden::key).chain(std::iter::once(&KEYS.most))
}

/// A signal of an environment. `None`: nothing was told of it, or it has no such series.
pub fn signal(seen: &EnvStore, golden: Golden) -> Option<Signal> {
    let told = seen.series.get(golden.key())?;
    let series = told.answer.as_ref()?.series.first()?;
    let limit = match golden {
        Golden::Requests => None,
        // Where the platform's own rules begin to warn.
        Golden::Errors => Some(0.01),
        Golden::Latency => Some(1.0),
        Golden::Pool => newest(seen, &KEYS.most),
    };
    Some(Signal {
        points: series.points.clone(),
        last: series.last(),
        limit,
        slope: series.slope(NEWEST, STEP),
        unit: golden.unit(),
        heard: told.heard,
    })
}

/// Whether the signals of an environment are known.
pub fn known(seen: &EnvStore) -> SignalsKnown {
    let told: Vec<&Told> = Golden::ALL.iter().filter_map(|golden| seen.series.get(golden.key())).collect();
    let trouble = told.iter().find_map(|told| match &told.state {
        SeriesState::Retrying { since, problem, .. } => Some((*since, problem.clone())),
        SeriesState::Refused(problem) => Some((told.heard, problem.clone())),
        SeriesState::Asked | SeriesState::Live => None,
    });
    let has_series = |told: &&&Told| told.answer.as_ref().is_some_and(|answer| !answer.series.is_empty());
    match (told.is_empty(), trouble, told.iter().find(has_series)) {
        (true, ..) => SignalsKnown::Off,
        (_, Some((since, problem)), _) => SignalsKnown::Unknown { since, problem },
        (_, None, Some(_)) => SignalsKnown::Yes,
        (_, None, None) if told.iter().any(|told| told.answer.is_none()) => SignalsKnown::Waiting,
        _ => SignalsKnown::Without,
    }
}

fn newest(seen: &EnvStore, key: &SeriesKey) -> Option<f64> {
    let answer = seen.series.get(key)?.answer.as_ref()?;
    answer.series.first().and_then(Series::last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Demand, EnvId, Fact, ProblemKind, Seen, SeriesAnswer, SeriesFact};
    use crate::store::Store;

    fn tell(store: &mut Store, key: &SeriesKey, fact: SeriesFact) {
        store.apply(Fact {
            env: EnvId(0),
            at: Time(1_000),
            seen: Seen::Series(key.clone(), fact),
        });
    }

    fn told(points: &[f64]) -> SeriesFact {
        SeriesFact::Told(Arc::new(SeriesAnswer {
            from: Time(100),
            step: STEP,
            series: vec![Series {
                labels: Vec::new(),
                points: points.into(),
            }],
            ..SeriesAnswer::default()
        }))
    }

    #[test]
    fn a_signal_has_its_value_its_limit_and_where_it_goes() {
        let mut store = Store::new(1);
        for key in questions() {
            store.expect(&Demand::Series(EnvId(0), key.clone()));
        }
        let of = |store: &Store, golden| signal(store.env(EnvId(0)).unwrap(), golden);
        assert_eq!(of(&store, Golden::Pool), None);
        tell(&mut store, Golden::Pool.key(), told(&[6.0, 12.0, 18.0]));
        tell(&mut store, &KEYS.most, told(&[20.0, 20.0, 20.0]));
        let pool = of(&store, Golden::Pool).unwrap();
        assert_eq!((pool.last, pool.limit, pool.slope), (Some(18.0), Some(20.0), Some(0.1)));
        assert_eq!((pool.unit, pool.heard), (Unit::Count, Time(1_000)));
        assert_eq!(known(store.env(EnvId(0)).unwrap()), SignalsKnown::Yes);
        let problem = Problem::new(ProblemKind::TimedOut, "no answer");
        let next = Time(1_060);
        let silent = SeriesFact::Retrying {
            problem: problem.clone(),
            next,
        };
        tell(&mut store, Golden::Pool.key(), silent);
        let since = Time(1_000);
        assert_eq!(of(&store, Golden::Pool).unwrap().last, Some(18.0), "what was told is still shown");
        assert_eq!(known(store.env(EnvId(0)).unwrap()), SignalsKnown::Unknown { since, problem });
    }

    #[test]
    fn a_prometheus_without_such_series_is_told_from_one_that_has_not_answered_yet() {
        let mut store = Store::new(1);
        assert_eq!(known(store.env(EnvId(0)).unwrap()), SignalsKnown::Off);
        for key in questions() {
            store.expect(&Demand::Series(EnvId(0), key.clone()));
        }
        assert_eq!(known(store.env(EnvId(0)).unwrap()), SignalsKnown::Waiting);
        for key in questions() {
            tell(&mut store, key, SeriesFact::Told(Arc::default()));
        }
        assert_eq!(known(store.env(EnvId(0)).unwrap()), SignalsKnown::Without);
    }

    #[test]
    fn every_question_is_one_that_a_prometheus_understands() {
        for query in questions().flat_map(|key| key.queries.iter()) {
            assert!(crate::config::check_query(query).is_ok(), "{query}");
        }
    }
}
