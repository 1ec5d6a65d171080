//! What a person has to type, and what comes of it. A typed answer names the effect: the hand must have read it.

use super::{Circumstances, Lock};
use crate::action::plan::Plan;
use crate::config::{Level, Tier};
use crate::model::Time;

/// What is asked before a plan is carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    level: Level,
    /// What is to be typed; of a key: `y`.
    token: String,
    why: Vec<String>,
    /// Whether the answer unlocks the environment, which asks for a reason.
    unlocks: bool,
    /// In a guarded environment: seconds that a session may last. It is recorded then.
    lease: Option<u32>,
}

/// What a person answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// One key.
    Key(char),
    /// What stands in the field.
    Typed(&'a str),
}

impl Question {
    pub(super) fn new(plan: &Plan, label: &str, level: Level, why: Vec<String>, tier: Tier, here: &Circumstances<'_>) -> Self {
        let token = match level {
            Level::Key => "y".to_owned(),
            Level::Token => format!("{label} {}", plan.number.as_deref().unwrap_or(plan.verb)),
            Level::Full => match (plan.changes.as_slice(), plan.draft.objects.as_slice()) {
                ([one], _) => format!("{label}/{}", one.object.name),
                // Of a node that is drained it is the node.
                (_, [one]) => format!("{label}/{}", one.name),
                (many, _) => format!(
                    "{label}/{} {}",
                    many.len(),
                    many.first().map_or("objects", |one| one.object.kind.resource())
                ),
            },
        };
        Self {
            token,
            level,
            why,
            lease: (tier == Tier::Guarded).then_some(here.config.guard.lease),
            unlocks: tier == Tier::Guarded && *here.lock == Lock::Locked,
        }
    }

    pub fn level(&self) -> Level {
        self.level
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Why it asks for more than usual.
    pub fn why(&self) -> &[String] {
        &self.why
    }

    /// Of a session: that it is recorded, and how long (seconds) it lasts.
    pub fn lease(&self) -> Option<u32> {
        self.lease
    }

    pub fn unlocks(&self) -> bool {
        self.unlocks
    }

    /// Whether this is the answer. Spaces around it do not count, anything else does.
    pub fn is_answered(&self, answer: &Answer<'_>) -> bool {
        match (self.level, answer) {
            (Level::Key, Answer::Key(key)) => *key == 'y',
            (Level::Token | Level::Full, Answer::Typed(text)) => text.trim() == self.token,
            (Level::Key, Answer::Typed(_)) | (Level::Token | Level::Full, Answer::Key(_)) => false,
        }
    }

    /// The plan, confirmed. `None`: that is not the answer, or a reason is missing.
    pub fn confirm(&self, plan: &Plan, answer: &Answer<'_>, reason: &str, now: Time) -> Option<Confirmed> {
        let has_reason = !self.unlocks || !reason.trim().is_empty();
        (has_reason && self.is_answered(answer)).then(|| Confirmed {
            plan: plan.clone(),
            level: Some(self.level),
            reason: reason.trim().to_owned(),
            lease: self.lease,
            at: now,
        })
    }
}

/// A plan that somebody has confirmed, or that needs no confirmation. Nothing else is carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    plan: Plan,
    level: Option<Level>,
    reason: String,
    lease: Option<u32>,
    at: Time,
}

impl Confirmed {
    /// A plan that the guard lets go free. `None`: it does not.
    pub fn free(plan: &Plan, ruling: &super::Ruling, now: Time) -> Option<Self> {
        (*ruling == super::Ruling::Free).then(|| Self {
            plan: plan.clone(),
            level: None,
            reason: String::new(),
            lease: None,
            at: now,
        })
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How it was confirmed, as the audit says it.
    pub fn level(&self) -> &'static str {
        match self.level {
            None => "none",
            Some(Level::Key) => "key",
            Some(Level::Token) => "token",
            Some(Level::Full) => "full",
        }
    }

    /// Of a session: that it is recorded, and after how many seconds it ends by itself.
    pub fn lease(&self) -> Option<u32> {
        self.lease
    }

    pub fn reason(&self) -> &str {
        &self.reason
    }

    pub fn at(&self) -> Time {
        self.at
    }
}
