//! Which events were told already. Two ways lead to a line (a session and a question), and their times overlap.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::line::Event;

/// How many events are remembered; at a thousand a second, two minutes of them.
const MOST: usize = 120_000;

/// The events of the recent past that were told.
///
/// A session does not say the id of an event, so an event is known by its stream, time and text, and equal ones are
/// counted: the third equal line of a millisecond is new to whoever was told two.
#[derive(Debug, Default)]
pub struct Told {
    counts: HashMap<u64, u32>,
    /// By time, to forget the oldest first.
    order: BTreeMap<i64, Vec<u64>>,
    floor: i64,
}

/// What one way has shown so far: one walk through the pages, or one session.
#[derive(Debug, Default)]
pub struct Sweep {
    counts: HashMap<u64, (i64, u32)>,
    ids: HashSet<u64>,
}

impl Told {
    /// Whether an event is new. It is known from then on.
    pub fn is_new(&mut self, sweep: &mut Sweep, event: &Event) -> bool {
        if !event.id.is_empty() && !sweep.ids.insert(hash(&event.id)) {
            return false;
        }
        let key = hash(&(&event.stream, event.at, &event.message));
        let (_, nth) = sweep.counts.entry(key).or_insert((event.at, 0));
        *nth += 1;
        let told = self.counts.entry(key).or_default();
        if *nth <= *told {
            return false;
        }
        *told = *nth;
        if *nth == 1 {
            self.order.entry(event.at).or_default().push(key);
        }
        while self.counts.len() > MOST {
            let Some(first) = self.order.keys().next().copied() else { break };
            self.forget_before(first.saturating_add(1));
        }
        true
    }

    /// Forgets events from before this time (milliseconds since 1970).
    pub fn forget_before(&mut self, at: i64) {
        while let Some(oldest) = self.order.first_entry().filter(|oldest| *oldest.key() < at) {
            for key in oldest.remove() {
                self.counts.remove(&key);
            }
        }
        self.floor = self.floor.max(at);
    }

    /// The time from which on all that was told is known; before it, what comes again cannot be told from what is new.
    pub fn floor(&self) -> i64 {
        self.floor
    }
}

impl Sweep {
    /// A long session forgets as well.
    pub fn forget_before(&mut self, at: i64) {
        self.counts.retain(|_, (time, _)| *time >= at);
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: i64, message: &str, id: &str) -> Event {
        Event {
            stream: "s".into(),
            at,
            ingested: at,
            message: message.into(),
            id: id.into(),
        }
    }

    #[test]
    fn what_overlaps_is_told_once_and_equal_lines_are_counted() {
        let mut told = Told::default();
        let mut first = Sweep::default();
        assert!(told.is_new(&mut first, &event(1, "a", "1")));
        assert!(!told.is_new(&mut first, &event(1, "a", "1")), "the same event on the next page");
        assert!(told.is_new(&mut first, &event(1, "a", "2")), "an equal line");
        let mut second = Sweep::default();
        assert!(!told.is_new(&mut second, &event(1, "a", "")));
        assert!(!told.is_new(&mut second, &event(1, "a", "")));
        assert!(told.is_new(&mut second, &event(1, "a", "")), "a third one");
        assert!(told.is_new(&mut second, &event(0, "late", "")));
    }

    #[test]
    fn memory_is_bounded_and_says_from_when_it_holds() {
        let mut told = Told::default();
        let mut sweep = Sweep::default();
        for at in 0..MOST as i64 + 10 {
            assert!(told.is_new(&mut sweep, &event(at, "x", "")));
        }
        assert!(told.counts.len() <= MOST && told.floor() >= 9, "{}", told.floor());
        told.forget_before(i64::MAX);
        assert!(told.counts.is_empty() && told.order.is_empty());
    }
}
