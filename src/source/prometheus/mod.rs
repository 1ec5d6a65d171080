//! Prometheus, and what speaks like it (Thanos, Mimir, VictoriaMetrics): values over time, and which metrics there are.
//!
//! ```text
//!   Demand::Series ─► one task: ask (each alternative in turn) ─► told ─► Fact ─► wait for the next step ─┐
//!                        ▲ takes a turn of the server (few at a time)                                     │
//!                        └────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! A question has at most one request under way: a slow server is asked later, never twice. While a server does not
//! answer, all questions to it wait together, and one at a time finds out whether it is back.

mod ask;
mod told;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc};

use super::Task;
use super::http::Door;
use crate::config::Endpoint;
use crate::model::{EnvId, Fact, Problem, ProblemKind, Seen, SeriesFact, SeriesKey, Time};

/// Requests under way to one server.
const AT_ONCE: usize = 4;
/// The shortest and the longest time between two rounds of one question (seconds).
const ROUND: (u32, u32) = (15, 300);
/// How long a server is left alone after its first failure, and at most (seconds).
const PAUSE: (u64, u64) = (5, 120);
/// A clock that differs by less is not worth a word (seconds).
const SKEW: i64 = 10;

/// One environment's Prometheus, shared by all questions to it.
#[derive(Debug)]
pub struct Server {
    door: Door,
    turns: Semaphore,
    /// By how many seconds its clock is ahead of ours.
    skew: AtomicI64,
    trouble: Mutex<Trouble>,
}

/// The server does not answer.
#[derive(Debug, Default)]
struct Trouble {
    problem: Option<Problem>,
    until: Option<Instant>,
    pause: u64,
}

impl Server {
    /// Nothing is asked yet.
    pub fn new(endpoint: Endpoint) -> Arc<Self> {
        Arc::new(Self {
            door: Door::new(endpoint),
            turns: Semaphore::new(AT_ONCE),
            skew: AtomicI64::new(0),
            trouble: Mutex::default(),
        })
    }

    /// How long the server is to be left alone, and why.
    fn is_down(&self) -> Option<(Duration, Problem)> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let left = trouble
            .until?
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())?;
        Some((left, trouble.problem.clone()?))
    }

    /// Takes down how a request ended. What the server said of the question alone is no trouble of the server.
    fn ended(&self, problem: Option<&Problem>) {
        use ProblemKind::{Login, Throttled, TimedOut, Tls, Unreachable};
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match problem {
            Some(problem) if matches!(problem.kind, Unreachable | TimedOut | Tls | Login | Throttled) => {
                // Those that were under way together fail together: that is one failure.
                let counted = trouble.until.is_some_and(|until| until > Instant::now());
                if !counted {
                    trouble.pause = (trouble.pause * 2).clamp(PAUSE.0, PAUSE.1);
                    trouble.until = Some(Instant::now() + Duration::from_secs(trouble.pause));
                }
                trouble.problem = Some(problem.clone());
            }
            _ => *trouble = Trouble::default(),
        }
    }

    /// Forgets that it did not answer: somebody wants to connect anew.
    pub fn hope(&self) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Trouble::default();
    }

    fn skew(&self) -> i64 {
        let skew = self.skew.load(Ordering::Relaxed);
        if skew.abs() < SKEW { 0 } else { skew }
    }
}

/// Asks for values again and again, until the task is dropped or nobody listens.
pub fn series(env: EnvId, key: SeriesKey, server: Arc<Server>, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(async move {
        let round = Duration::from_secs(key.step.clamp(ROUND.0, ROUND.1).into());
        let mut start = 0;
        loop {
            let (fact, pause) = match server.is_down() {
                Some((left, problem)) => (retrying(problem, left), left + Duration::from_millis(fastrand::u64(0..500))),
                None => one(&server, &key, &mut start, round).await,
            };
            let seen = Seen::Series(key.clone(), fact);
            let fact = Fact { env, at: now(), seen };
            if facts.send(fact).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    })
}

/// One round: what to tell, and when the next is.
async fn one(server: &Server, key: &SeriesKey, start: &mut usize, round: Duration) -> (SeriesFact, Duration) {
    let answer = {
        let Ok(_turn) = server.turns.acquire().await else {
            return (retrying(Problem::new(ProblemKind::Server, "the program ends"), round), round);
        };
        // Who waited for a turn while others found the server silent does not ask it as well.
        match server.is_down() {
            Some((left, problem)) => return (retrying(problem, left), left),
            None => ask::series(server, key, start).await,
        }
    };
    server.ended(answer.as_ref().err());
    match answer {
        Ok(answer) => (SeriesFact::Told(Arc::new(answer)), round),
        // A question that the server does not understand will not be understood later.
        Err(problem) if problem.kind == ProblemKind::Config => (SeriesFact::Refused(problem), Duration::from_secs(ROUND.1.into())),
        Err(problem) => {
            let pause = server.is_down().map_or(round, |(left, _)| left);
            (retrying(problem, pause), pause)
        }
    }
}

/// Asks which metrics and labels there are; again only while it is not known.
pub fn names(env: EnvId, server: Arc<Server>, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(async move {
        loop {
            let names = match server.is_down() {
                Some((_, problem)) => Err(problem),
                None => {
                    let names = ask::names(&server).await;
                    server.ended(names.as_ref().err());
                    names
                }
            };
            let done = names.is_ok();
            let seen = Seen::SeriesNames(names);
            if facts.send(Fact { env, at: now(), seen }).await.is_err() || done {
                return;
            }
            let pause = server.is_down().map_or(Duration::from_secs(ROUND.0.into()), |(left, _)| left);
            tokio::time::sleep(pause).await;
        }
    })
}

fn retrying(problem: Problem, after: Duration) -> SeriesFact {
    let next = now() + i64::try_from(after.as_secs()).unwrap_or(0);
    SeriesFact::Retrying { problem, next }
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests;
