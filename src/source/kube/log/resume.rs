//! Going on where a log broke off: nothing twice, nothing missing.
//!
//! The server resumes at a whole second (`sinceTime`; fractions are lost on the way to the kubelet), so it
//! repeats lines of that second. Timestamps are not unique and, with two output streams, not even in order;
//! so what was delivered within the last second is remembered, and each of those lines is skipped once.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::source::lines::Raw;

/// How many lines of the last second are remembered at most. A container that writes more than that
/// within one second gets what lies before them skipped by time instead.
const REMEMBERED: usize = 100_000;

const SECOND: i64 = 1_000_000_000;

/// A line, as far as it must be told from others.
type Key = (i64, u64);

/// What has been delivered, at the end.
#[derive(Debug, Default)]
pub struct Resume {
    /// Lines of the newest second delivered, oldest first.
    recent: VecDeque<Key>,
    /// Of those, what a resumed stream is still expected to repeat, and how often.
    repeated: HashMap<Key, u32>,
    /// Lines older than this were delivered, or lie before where the log was begun.
    floor: i64,
}

impl Resume {
    /// The second to resume from; `None` where nothing was delivered yet.
    pub fn since(&self) -> Option<i64> {
        self.recent.back().map(|(nanos, _)| nanos.div_euclid(SECOND))
    }

    /// The time of the newest line delivered (nanoseconds since 1970).
    pub fn newest(&self) -> Option<i64> {
        self.recent.iter().map(|(nanos, _)| *nanos).max()
    }

    /// A stream was opened again from [`Self::since`].
    pub fn reopened(&mut self) {
        self.repeated.clear();
        for key in &self.recent {
            *self.repeated.entry(*key).or_default() += 1;
        }
        self.floor = self.recent.iter().map(|(nanos, _)| *nanos).min().unwrap_or_default();
    }

    /// Whether this line is new; if so, it counts as delivered.
    pub fn accept(&mut self, line: &Raw) -> bool {
        if line.nanos == 0 {
            // Nothing to tell it by: the kubelet's own remarks.
            return true;
        }
        let mut hasher = DefaultHasher::new();
        line.bytes().hash(&mut hasher);
        let key = (line.nanos, hasher.finish());
        if !self.repeated.is_empty() {
            if let Some(left) = self.repeated.get_mut(&key) {
                *left -= 1;
                if *left == 0 {
                    self.repeated.remove(&key);
                }
                return false;
            }
            if line.nanos < self.floor {
                return false;
            }
        }
        let newest = self.since().unwrap_or_default().max(line.nanos.div_euclid(SECOND));
        if line.nanos.div_euclid(SECOND) == newest {
            while self.recent.front().is_some_and(|(nanos, _)| nanos.div_euclid(SECOND) < newest) {
                self.recent.pop_front();
            }
            if self.recent.len() >= REMEMBERED {
                self.recent.pop_front();
            }
            self.recent.push_back(key);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::lines::Cutting;

    /// A line of a log: its time and its text.
    type Line = (i64, &'static str);

    fn accept(resume: &mut Resume, (nanos, text): Line) -> bool {
        let time = jiff::Timestamp::from_nanosecond(i128::from(nanos)).unwrap();
        let line = format!("{time} {text}");
        resume.accept(&Raw::parse(line.as_bytes(), Cutting::Whole))
    }

    /// What a server with this log sends when asked from a second on.
    fn from(log: &[Line], since: Option<i64>) -> &[Line] {
        let at = since.map_or(0, |s| log.partition_point(|l| l.0 < s * SECOND));
        &log[at..]
    }

    proptest! {
        /// Equal times, equal texts, breaks anywhere: each line arrives exactly once, in order.
        #[test]
        fn a_log_broken_anywhere_arrives_whole(
            steps in prop::collection::vec((prop_oneof![Just(0_i64), Just(1), Just(400_000_000), Just(3 * SECOND)], 0..2_u8), 1..40),
            breaks in prop::collection::vec(0..40_usize, 0..6),
            tail in 0..40_usize,
        ) {
            let mut nanos = 1_795_000_000 * SECOND + 7;
            let log: Vec<_> = steps.iter().map(|(step, text)| {
                nanos += step;
                (nanos, ["same", "other"][usize::from(*text)])
            }).collect();
            // Lines of the very moment at which the tail begins cannot be told from those before it.
            let moment = log[tail.min(log.len() - 1)].0;
            let start = log.partition_point(|l| l.0 < moment);
            let mut resume = Resume::default();
            let mut got = Vec::new();
            let mut first = true;
            for length in breaks.into_iter().chain([usize::MAX]) {
                let part = if first { &log[start..] } else { from(&log, resume.since()) };
                // Nothing delivered yet: the first request is simply made again.
                let part = if resume.since().is_none() { &log[start..] } else { part };
                if !first {
                    resume.reopened();
                }
                first = false;
                got.extend(part.iter().take(length).copied().filter(|l| accept(&mut resume, *l)));
            }
            prop_assert_eq!(&got[..], &log[start..]);
        }
    }

    #[test]
    fn lines_before_the_tail_are_not_slipped_in_later() {
        let mut resume = Resume::default();
        assert!(accept(&mut resume, (5_000_000_500, "b")));
        resume.reopened();
        assert!(
            !accept(&mut resume, (5_000_000_100, "a")),
            "it lies before the tail that was asked for"
        );
        assert!(!accept(&mut resume, (5_000_000_500, "b")));
        assert!(accept(&mut resume, (5_000_000_500, "b")), "a second line like it is new");
    }
}
