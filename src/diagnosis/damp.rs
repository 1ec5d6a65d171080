//! Findings that come and go: what flaps keeps its beginning, and does not blink.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::model::{Finding, Time, Uid};

/// A finding that comes back within this time was never over (seconds).
const SAME: i64 = 300;

/// A finding that vanished stays on the screen for so long (seconds): long enough not to blink.
const LINGER: i64 = 10;

/// What was found before, by what it is and what it is about.
#[derive(Debug, Default)]
pub struct Damper {
    known: HashMap<(&'static str, Uid), Known>,
    /// The findings as they are shown, worst first.
    shown: Vec<Finding>,
}

#[derive(Debug)]
struct Known {
    since: Time,
    first: Time,
    last: Time,
}

impl Damper {
    /// Takes in what is found now. It comes back as it is to be shown, in this order.
    pub fn settle(&mut self, mut findings: Vec<Finding>, order: fn(&Finding, &Finding) -> Ordering, now: Time) -> &[Finding] {
        self.known.retain(|_, known| known.last.age(now) <= SAME);
        for finding in &mut findings {
            let fresh = || Known {
                since: finding.since,
                first: now,
                last: now,
            };
            let known = self.known.entry((finding.id, finding.object.uid)).or_insert_with(fresh);
            // The status of what flaps forgets when it began.
            if known.since.is_known() && (!finding.since.is_known() || known.since < finding.since) {
                finding.since = known.since;
            }
            known.since = finding.since;
            known.last = now;
        }
        // What is explained by something else now has not vanished.
        let about: HashSet<Uid> = findings.iter().flat_map(|f| f.members.iter().copied()).collect();
        let before = std::mem::replace(&mut self.shown, findings);
        let lingering = before.into_iter().filter(|finding| {
            let known = self.known.get(&(finding.id, finding.object.uid));
            let lingers = |known: &Known| known.last != now && known.last.age(now) < LINGER && known.last - known.first >= 1;
            known.is_some_and(lingers) && !about.contains(&finding.object.uid)
        });
        self.shown.extend(lingering);
        self.shown.sort_by(order);
        &self.shown
    }

    /// The findings as they are shown, worst first.
    pub fn shown(&self) -> &[Finding] {
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::samples::finding;
    use crate::diagnosis::state::order;

    #[test]
    fn what_flaps_keeps_its_beginning_and_does_not_blink() {
        let mut damper = Damper::default();
        let crash = |since| finding("pod-crashloop", 7, Time(since));
        assert_eq!(damper.settle(vec![crash(100)], order, Time(200))[0].since, Time(100));
        assert_eq!(damper.settle(vec![crash(100)], order, Time(202)).len(), 1);
        assert_eq!(damper.settle(vec![], order, Time(203)).len(), 1, "it may be back in a moment");
        assert_eq!(damper.settle(vec![], order, Time(213)).len(), 0);
        assert_eq!(
            damper.settle(vec![crash(260)], order, Time(262))[0].since,
            Time(100),
            "back within minutes: the same trouble"
        );
        assert_eq!(
            damper.settle(vec![crash(900)], order, Time(901))[0].since,
            Time(900),
            "a new one, long after"
        );
    }

    #[test]
    fn what_is_explained_by_another_finding_is_gone_at_once() {
        let mut damper = Damper::default();
        damper.settle(vec![finding("pod-crashloop", 7, Time(1))], order, Time(10));
        damper.settle(vec![finding("pod-crashloop", 7, Time(1))], order, Time(12));
        let mut rollout = finding("rollout-stuck", 8, Time(1));
        rollout.members.push(Uid(7));
        assert_eq!(damper.settle(vec![rollout], order, Time(13)).len(), 1);
    }
}
