//! The world's clock: it starts at the real time and then runs at its own pace.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// How the world's time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many seconds of the world for each real one; 1 is real time, 10 is fast, 0.1 is slow.
    Times(f64),
    /// Only when told to.
    Steps,
}

/// Tells what time it is in the world. All worlds of a platform share one.
#[derive(Debug)]
pub struct Clock {
    pace: Pace,
    at: Mutex<(Instant, Timestamp)>,
}

impl Clock {
    /// A clock that shows `start` now.
    pub fn new(start: Timestamp, pace: Pace) -> Self {
        Self {
            pace,
            at: Mutex::new((Instant::now(), start)),
        }
    }

    /// The world's time.
    pub fn now(&self) -> Timestamp {
        let (since, start) = *self.at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match self.pace {
            Pace::Steps => start,
            Pace::Times(times) => start + of(since.elapsed().mul_f64(times.max(0.0))),
        }
    }

    /// Lets the world's time jump ahead.
    pub fn step(&self, by: SignedDuration) {
        let mut at = self.at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        at.1 += by;
    }
}

fn of(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
