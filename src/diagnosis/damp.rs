//! Findings that come and go: what flaps keeps its beginning, and does not blink.

use std::collections::HashMap;

use crate::model::{Finding, Time, Uid};

/// A finding that comes back within this time was never over (seconds).
const SAME: i64 = 300;

/// A finding that vanished stays on the screen for so long (seconds): long enough not to blink.
const LINGER: i64 = 10;

/// What was found before, by what it is and what it is about.
#[derive(Debug, Default)]
pub struct Damper {
    known: HashMap<(&'static str, Uid), Known>,
}

#[derive(Debug)]
struct Known {
    since: Time,
    first: Time,
    last: Time,
    finding: Finding,
}

impl Damper {
    /// The findings as they are to be shown now.
    pub fn settle(&mut self, mut findings: Vec<Finding>, now: Time) -> Vec<Finding> {
        self.known.retain(|_, known| known.last.age(now) <= SAME);
        for finding in &mut findings {
            let key = (finding.id, finding.object.uid);
            match self.known.get_mut(&key) {
                Some(known) => {
                    // The status of what flaps forgets when it began.
                    if known.since.is_known() && (!finding.since.is_known() || known.since < finding.since) {
                        finding.since = known.since;
                    }
                    known.since = finding.since;
                    known.last = now;
                    known.finding = finding.clone();
                }
                None => {
                    self.known.insert(
                        key,
                        Known {
                            since: finding.since,
                            first: now,
                            last: now,
                            finding: finding.clone(),
                        },
                    );
                }
            }
        }
        // What is explained by something else now has not vanished.
        let about: Vec<Uid> = findings.iter().flat_map(|f| f.members.iter().copied()).collect();
        let lingering = self.known.values().filter(|known| {
            known.last != now && known.last.age(now) < LINGER && known.last - known.first >= 1 && !about.contains(&known.finding.object.uid)
        });
        findings.extend(lingering.map(|known| known.finding.clone()));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::samples::finding;

    #[test]
    fn what_flaps_keeps_its_beginning_and_does_not_blink() {
        let mut damper = Damper::default();
        let crash = |since| finding("pod-crashloop", 7, Time(since));
        assert_eq!(damper.settle(vec![crash(100)], Time(200))[0].since, Time(100));
        assert_eq!(damper.settle(vec![crash(100)], Time(202)).len(), 1);
        assert_eq!(damper.settle(vec![], Time(203)).len(), 1, "it may be back in a moment");
        assert_eq!(damper.settle(vec![], Time(213)).len(), 0);
        assert_eq!(
            damper.settle(vec![crash(260)], Time(262))[0].since,
            Time(100),
            "back within minutes: the same trouble"
        );
        assert_eq!(
            damper.settle(vec![crash(900)], Time(901))[0].since,
            Time(900),
            "a new one, long after"
        );
    }

    #[test]
    fn what_is_explained_by_another_finding_is_gone_at_once() {
        let mut damper = Damper::default();
        damper.settle(vec![finding("pod-crashloop", 7, Time(1))], Time(10));
        damper.settle(vec![finding("pod-crashloop", 7, Time(1))], Time(12));
        let mut rollout = finding("rollout-stuck", 8, Time(1));
        rollout.members.push(Uid(7));
        assert_eq!(damper.settle(vec![rollout], Time(13)).len(), 1);
    }
}
