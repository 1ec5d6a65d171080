//! Pauses between tries: longer each time, and never the same for all feeds, so that a server that
//! comes back is not met by all of them in the same second.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// A growing pause.
#[derive(Debug, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The next pause: 1 s, 2 s, 4 s … 30 s, a fifth more or less.
    pub fn next(&mut self) -> Duration {
        let pause = FIRST.saturating_mul(1 << self.tries.min(5)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        pause.mul_f64(0.8 + 0.4 * fraction())
    }

    /// It works again.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

/// A number from 0 up to below 1, different each time. Nothing secret depends on it.
pub fn fraction() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute_and_start_again() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..40).map(|_| backoff.next().as_secs_f64()).collect();
        assert!((0.8..1.2).contains(&pauses[0]) && (1.6..2.4).contains(&pauses[1]), "{pauses:?}");
        assert!(pauses[8..].iter().all(|p| (24.0..36.0).contains(p)), "{pauses:?}");
        assert!(pauses[8..].iter().any(|p| *p != pauses[8]), "jittered");
        backoff.reset();
        assert!(backoff.next() < Duration::from_secs(2));
    }
}
