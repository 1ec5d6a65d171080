//! How fast an autoscaler may move, and how long it waits before it believes that less is enough.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::sim::control::document::{list, number, text};

/// What an autoscaler remembers.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What was recommended when.
    recommended: Vec<(Timestamp, i64)>,
    /// By how much it scaled when.
    changes: Vec<(Timestamp, i64)>,
    /// When it last looked.
    looked: Option<Timestamp>,
}

/// The longest window that a rule may have.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// The rules of one direction.
#[derive(Clone, Debug)]
struct Direction {
    window: SignedDuration,
    policies: Vec<Policy>,
    select: Select,
}

#[derive(Clone, Copy, Debug)]
enum Select {
    Most,
    Least,
    Disabled,
}

#[derive(Clone, Copy, Debug)]
struct Policy {
    amount: Amount,
    period: SignedDuration,
}

#[derive(Clone, Copy, Debug)]
enum Amount {
    Pods(i64),
    Percent(i64),
}

/// `spec.behavior`, with the defaults.
#[derive(Clone, Debug)]
pub struct Rules {
    up: Direction,
    down: Direction,
}

impl Rules {
    pub fn of(behavior: &Value) -> Self {
        let quarter = SignedDuration::from_secs(15);
        let policy = |amount| Policy { amount, period: quarter };
        Self {
            up: Direction::of(&behavior["scaleUp"], 0, vec![policy(Amount::Pods(4)), policy(Amount::Percent(100))]),
            down: Direction::of(&behavior["scaleDown"], 300, vec![policy(Amount::Percent(100))]),
        }
    }
}

impl Direction {
    fn of(rules: &Value, window: i64, defaults: Vec<Policy>) -> Self {
        let policies: Vec<Policy> = list(&rules["policies"])
            .iter()
            .map(|p| Policy {
                amount: if p["type"] == "Percent" {
                    Amount::Percent(number(&p["value"], 100))
                } else {
                    Amount::Pods(number(&p["value"], 4))
                },
                period: SignedDuration::from_secs(number(&p["periodSeconds"], 15)),
            })
            .collect();
        Self {
            window: SignedDuration::from_secs(number(&rules["stabilizationWindowSeconds"], window)),
            policies: if policies.is_empty() { defaults } else { policies },
            select: match text(&rules["selectPolicy"]) {
                "Min" => Select::Least,
                "Disabled" => Select::Disabled,
                _ => Select::Most,
            },
        }
    }
}

impl Memory {
    /// When it is to look next.
    pub fn due(&self, now: Timestamp, every: SignedDuration) -> Timestamp {
        self.looked.map_or(now, |looked| looked + every)
    }

    /// It looks now.
    pub fn looked(&mut self, now: Timestamp) {
        self.looked = Some(now);
    }

    /// An autoscaler that begins takes the present size for its first recommendation.
    pub fn begin(&mut self, replicas: i64, now: Timestamp) {
        if self.recommended.is_empty() {
            self.recommended.push((now, replicas));
        }
    }

    /// The size that the recommendations of the last minutes agree on: it shrinks no further than the highest
    /// of them, and grows no further than the lowest.
    pub fn steady(&mut self, rules: &Rules, proposed: i64, replicas: i64, now: Timestamp) -> i64 {
        let within = |window: SignedDuration| {
            let recent = self.recommended.iter().filter(move |(at, _)| *at + window > now);
            recent.map(|(_, n)| *n).chain([proposed])
        };
        let least = within(rules.up.window).min().unwrap_or(proposed);
        let most = within(rules.down.window).max().unwrap_or(proposed);
        self.recommended.retain(|(at, _)| *at + LONGEST > now);
        self.recommended.push((now, proposed));
        let steady = replicas.max(least);
        steady.min(most)
    }

    /// The size that policies allow now.
    pub fn paced(&self, rules: &Rules, wanted: i64, replicas: i64, now: Timestamp) -> i64 {
        if wanted > replicas {
            let limits = rules.up.policies.iter().map(|p| {
                let before = replicas - self.changed(p.period, now, 1);
                match p.amount {
                    Amount::Pods(n) => before + n,
                    Amount::Percent(n) => (before as f64 * (1.0 + n as f64 / 100.0)).ceil() as i64,
                }
            });
            let limit = match rules.up.select {
                Select::Most => limits.max(),
                Select::Least => limits.min(),
                Select::Disabled => None,
            };
            // What was done within the period may have used the limit up already.
            return wanted.min(limit.unwrap_or(replicas).max(replicas));
        }
        if wanted < replicas {
            let limits = rules.down.policies.iter().map(|p| {
                let before = replicas + self.changed(p.period, now, -1);
                match p.amount {
                    Amount::Pods(n) => before - n,
                    Amount::Percent(n) => (before as f64 * (1.0 - n as f64 / 100.0)) as i64,
                }
            });
            let limit = match rules.down.select {
                Select::Most => limits.min(),
                Select::Least => limits.max(),
                Select::Disabled => None,
            };
            return wanted.max(limit.unwrap_or(replicas).min(replicas));
        }
        wanted
    }

    /// It scaled by so many.
    pub fn scaled(&mut self, by: i64, now: Timestamp) {
        self.changes.retain(|(at, _)| *at + LONGEST > now);
        self.changes.push((now, by));
    }

    /// By how much it moved in this direction within a period.
    fn changed(&self, period: SignedDuration, now: Timestamp, sign: i64) -> i64 {
        let recent = self.changes.iter().filter(|(at, _)| *at + period > now);
        recent.map(|(_, by)| (by * sign).max(0)).sum()
    }
}
