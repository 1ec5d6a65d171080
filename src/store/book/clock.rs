//! Whether the clock that stamps a stream's lines is ahead of this machine's.
//!
//! A line cannot come before it was written: one whose stamp lies in the future says that the node's clock is ahead by so
//! much at least. Its lines are then placed, and shown, so much earlier than they are stamped, for what happened first to
//! stand first. Late lines say nothing: a clock that is behind cannot be told from a slow way. What a line is known by,
//! when a stream is opened again or goes on elsewhere, stays its stamp.

use std::collections::VecDeque;

/// Batches that are looked at.
const BATCHES: usize = 8;
/// So many have to be there before anything is said.
const ENOUGH: usize = 3;
/// Less than this is not worth a word (seconds).
const LEAST: i64 = 2;

/// By how much the newest lines of the last batches were ahead of their arrival.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    leads: VecDeque<i64>,
    /// By how many seconds lines stand earlier than they are stamped.
    shift: i64,
}

impl Clock {
    /// Hears of lines that came in this second, and when the newest of them says it was written (nanoseconds).
    pub(super) fn hear(&mut self, at: i64, newest: i64) {
        // The second had begun already when they came: they were late by up to one more.
        let lead = newest.div_euclid(1_000_000_000) - at - 1;
        if self.leads.len() >= BATCHES {
            self.leads.pop_front();
        }
        self.leads.push_back(lead);
    }

    /// By how many nanoseconds lines stand earlier than they are stamped.
    pub fn shift(&self) -> i64 {
        self.shift.saturating_mul(1_000_000_000)
    }

    /// Goes by what was heard; the sentence to tell where lines stand elsewhere from now on.
    pub(super) fn settle(&mut self) -> Option<String> {
        let lead = match self.ahead() {
            Some(lead) => lead,
            None if self.leads.len() >= BATCHES => 0,
            None => return None,
        };
        // A second more or less is chance.
        if (lead - self.shift).abs() <= LEAST {
            return None;
        }
        self.shift = lead;
        Some(match lead {
            0 => "the clock of the node is right again: lines stand at the time that they are stamped with".to_owned(),
            lead => format!("the clock of the node is at least {lead} s ahead: lines stand {lead} s earlier than they are stamped"),
        })
    }

    /// By how many seconds it is ahead at least, where that is seen again and again.
    pub fn ahead(&self) -> Option<i64> {
        let least = self.leads.iter().copied().min()?;
        (self.leads.len() >= ENOUGH && least > LEAST).then_some(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_where_every_batch_says_so() {
        let ahead = |batches: &[(i64, i64)]| {
            let mut clock = Clock::default();
            batches.iter().for_each(|(at, newest)| clock.hear(*at, newest * 1_000_000_000));
            clock.ahead()
        };
        assert_eq!(ahead(&[(100, 113), (101, 115), (105, 118)]), Some(12));
        assert_eq!(ahead(&[(100, 113), (101, 115)]), None, "twice may be chance");
        assert_eq!(
            ahead(&[(100, 113), (101, 115), (105, 105)]),
            None,
            "one that is not early says that it is not"
        );
        assert_eq!(ahead(&[(100, 101), (101, 103), (105, 107)]), None, "too little to be worth a word");
        let mut set_right = vec![(100, 113); 5];
        set_right.extend((101..109).map(|at| (at, at)));
        assert_eq!(ahead(&set_right), None);
    }

    #[test]
    fn lines_are_moved_once_and_back_when_the_clock_is_right_again() {
        let mut clock = Clock::default();
        let mut hear = |at: i64, lead: i64| {
            clock.hear(at, (at + 1 + lead) * 1_000_000_000);
            (clock.settle().is_some(), clock.shift() / 1_000_000_000)
        };
        assert_eq!([hear(100, 12), hear(101, 13)], [(false, 0); 2]);
        assert_eq!(
            [hear(102, 12), hear(103, 11), hear(104, 12)],
            [(true, 12), (false, 12), (false, 12)]
        );
        let mut back: Vec<(bool, i64)> = (105..114).map(|at| hear(at, 0)).collect();
        back.dedup();
        assert_eq!(back.last(), Some(&(false, 0)), "{back:?}");
        assert_eq!(back.iter().filter(|(told, _)| *told).count(), 1);
    }
}
