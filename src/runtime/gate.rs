//! When to draw: at once after input, seldom during floods, never when nothing changed.

use std::time::{Duration, Instant};

/// Background changes are shown at most this often: smooth to the eye, cheap for the link.
const FLOOD: Duration = Duration::from_millis(150);
/// The same with `--low-bandwidth`.
const FLOOD_SLOW: Duration = Duration::from_secs(1);

/// Decides about frames.
#[derive(Debug)]
pub struct Gate {
    pause: Duration,
    last: Option<Instant>,
    due: Due,
}

/// Whether something waits to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    No,
    /// The world changed: soon enough is soon.
    Soon,
    /// The user did something: now.
    Now,
    /// There is more to look through: at once, but after the keys that came meanwhile.
    Again,
}

impl Gate {
    /// A gate; slow for slow links.
    pub fn new(low_bandwidth: bool) -> Self {
        Self {
            pause: if low_bandwidth { FLOOD_SLOW } else { FLOOD },
            last: None,
            due: Due::Now,
        }
    }

    /// Something in the background changed.
    pub fn changed(&mut self) {
        if self.due == Due::No {
            self.due = Due::Soon;
        }
    }

    /// The user did something.
    pub fn input(&mut self) {
        self.due = Due::Now;
    }

    /// There was more to look through than fitted before the frame that was drawn.
    pub fn again(&mut self) {
        if self.due != Due::Now {
            self.due = Due::Again;
        }
    }

    /// Whether to draw now.
    pub fn open(&self, now: Instant) -> bool {
        match self.due {
            Due::No => false,
            Due::Now | Due::Again => true,
            Due::Soon => self.last.is_none_or(|last| now >= last + self.pause),
        }
    }

    /// When to ask again, if a frame waits.
    pub fn wake(&self) -> Option<Instant> {
        match self.due {
            Due::No | Due::Now => None,
            Due::Soon => Some(self.last.map_or_else(Instant::now, |last| last + self.pause)),
            Due::Again => Some(Instant::now()),
        }
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, now: Instant) {
        self.last = Some(now);
        self.due = Due::No;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_draws_at_once_and_floods_wait() {
        let start = Instant::now();
        let mut gate = Gate::new(false);
        assert!(gate.open(start), "the first frame waits for nothing");
        gate.drawn(start);
        assert!(!gate.open(start + FLOOD * 9), "nothing changed, nothing drawn");
        gate.changed();
        assert!(!gate.open(start + FLOOD / 2));
        assert_eq!(gate.wake(), Some(start + FLOOD));
        assert!(gate.open(start + FLOOD));
        gate.input();
        assert!(gate.open(start + FLOOD / 2), "a key is answered in the next frame");
        gate.drawn(start);
        gate.again();
        assert!(
            gate.open(start) && gate.wake().is_some(),
            "what is left to do goes on, and keys come first"
        );
    }
}
