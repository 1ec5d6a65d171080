//! The lock of guarded environments: they start locked, and lock again by themselves.

use std::collections::BTreeMap;

use crate::config::{Guard, Tier};
use crate::model::{EnvId, Time};

/// Whether an environment takes changes, and since when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It has no lock.
    Open,
    /// The first change unlocks it, and asks for a reason.
    Locked,
    Unlocked {
        /// When it locks again.
        until: Time,
        /// Why it was unlocked; goes into the audit with every change.
        reason: String,
        /// The last key that was pressed.
        touched: Time,
    },
}

impl Lock {
    /// What the header says; seconds left where it is unlocked.
    pub fn left(&self, now: Time) -> Option<i64> {
        match self {
            Self::Unlocked { until, .. } => Some(now.age(*until).max(0)),
            Self::Open | Self::Locked => None,
        }
    }

    /// The reason that was given.
    pub fn reason(&self) -> &str {
        match self {
            Self::Unlocked { reason, .. } => reason,
            Self::Open | Self::Locked => "",
        }
    }
}

/// The locks of all environments.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    by_env: BTreeMap<EnvId, Lock>,
}

impl Locks {
    /// The locks of environments of these tiers, as they are at the start.
    pub fn new(tiers: impl IntoIterator<Item = (EnvId, Tier)>) -> Self {
        let lock = |tier| match tier {
            Tier::Open | Tier::Confirm => Lock::Open,
            Tier::Guarded => Lock::Locked,
        };
        Self {
            by_env: tiers.into_iter().map(|(env, tier)| (env, lock(tier))).collect(),
        }
    }

    /// An environment that is not known is locked.
    pub fn of(&self, env: EnvId) -> &Lock {
        self.by_env.get(&env).unwrap_or(&Lock::Locked)
    }

    /// Unlocks for as long as the configuration says; an unlocked one is extended.
    pub fn unlock(&mut self, env: EnvId, reason: &str, guard: &Guard, now: Time) {
        if let Some(lock) = self.by_env.get_mut(&env).filter(|lock| **lock != Lock::Open) {
            let reason = match lock {
                Lock::Unlocked { reason: before, .. } if reason.is_empty() => before.clone(),
                _ => reason.to_owned(),
            };
            *lock = Lock::Unlocked {
                until: now + i64::from(guard.unlock),
                reason,
                touched: now,
            };
        }
    }

    /// Whether it is what it was taken for: what is not is locked, also where there is no lock otherwise.
    pub fn trust(&mut self, env: EnvId, tier: Tier, is_itself: bool) -> bool {
        let lock = match (self.of(env), tier, is_itself) {
            (Lock::Open, _, false) => Lock::Locked,
            (Lock::Locked, Tier::Open | Tier::Confirm, true) => Lock::Open,
            _ => return false,
        };
        self.by_env.insert(env, lock);
        true
    }

    /// Locks it again.
    pub fn lock(&mut self, env: EnvId) {
        if let Some(lock) = self.by_env.get_mut(&env).filter(|lock| **lock != Lock::Open) {
            *lock = Lock::Locked;
        }
    }

    /// A key was pressed.
    pub fn touch(&mut self, now: Time) {
        for lock in self.by_env.values_mut() {
            if let Lock::Unlocked { touched, .. } = lock {
                *touched = now;
            }
        }
    }

    /// Locks what has run out or was left alone. Not while something runs there. Gives what was locked.
    pub fn settle(&mut self, guard: &Guard, now: Time, is_busy: impl Fn(EnvId) -> bool) -> Vec<EnvId> {
        let mut locked = Vec::new();
        for (env, lock) in &mut self.by_env {
            if let Lock::Unlocked { until, touched, .. } = lock
                && (now >= *until || touched.age(now) >= i64::from(guard.idle))
                && !is_busy(*env)
            {
                *lock = Lock::Locked;
                locked.push(*env);
            }
        }
        locked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROD: EnvId = EnvId(0);
    const DEV: EnvId = EnvId(1);

    #[test]
    fn what_is_another_cluster_is_locked_until_it_is_itself_again() {
        let mut locks = Locks::new([(PROD, Tier::Guarded), (DEV, Tier::Open)]);
        assert!(!locks.trust(DEV, Tier::Open, true));
        assert!(locks.trust(DEV, Tier::Open, false));
        assert_eq!(*locks.of(DEV), Lock::Locked);
        assert!(!locks.trust(DEV, Tier::Open, false), "once");
        assert!(locks.trust(DEV, Tier::Open, true));
        assert_eq!(*locks.of(DEV), Lock::Open);
        assert!(!locks.trust(PROD, Tier::Guarded, true), "a lock of its own stays");
        assert_eq!(*locks.of(PROD), Lock::Locked);
    }

    #[test]
    fn it_locks_again_by_itself_but_not_under_a_change() {
        let guard = Guard::default();
        let mut locks = Locks::new([(PROD, Tier::Guarded), (DEV, Tier::Open)]);
        assert_eq!(*locks.of(PROD), Lock::Locked);
        assert_eq!(*locks.of(EnvId(7)), Lock::Locked, "what is not known is locked");
        locks.unlock(PROD, "5xx", &guard, Time(0));
        locks.unlock(DEV, "x", &guard, Time(0));
        assert_eq!(*locks.of(DEV), Lock::Open, "one without a lock cannot be unlocked");
        assert_eq!(locks.of(PROD).reason(), "5xx");
        assert_eq!(locks.of(PROD).left(Time(600)), Some(3000));
        assert!(locks.settle(&guard, Time(1199), |_| false).is_empty());
        assert_eq!(locks.settle(&guard, Time(1200), |_| false), [PROD], "20 minutes without a key");
        locks.unlock(PROD, "again", &guard, Time(2000));
        locks.touch(Time(5000));
        assert!(locks.settle(&guard, Time(5600), |_| true).is_empty(), "something runs");
        assert_eq!(locks.settle(&guard, Time(5600), |_| false), [PROD], "the hour is over");
        assert_eq!(*locks.of(PROD), Lock::Locked);
    }
}
