//! Whom to call, and when: a function of the time since the walk began.

use crate::model::Time;
use crate::runbook::page::Runbook;

/// One escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    pub to: String,
    pub via: String,
    /// Seconds until it is due; negative: it has been.
    pub left: i64,
}

impl Timer {
    pub fn is_due(&self) -> bool {
        self.left <= 0
    }

    /// `escalate to DevOps Team in 4 min`.
    pub fn said(&self) -> String {
        match self.left {
            left if left <= 0 => format!("escalate to {} now", self.to),
            left if left < 60 => format!("escalate to {} in {left} s", self.to),
            // A minute that is begun counts: nobody is told to have more time than there is.
            left => format!("escalate to {} in {} min", self.to, left / 60),
        }
    }
}

/// The escalations of a page, the next first.
pub fn timers(book: &Runbook, started: Time, now: Time) -> Vec<Timer> {
    let since = if started.is_known() { started.age(now) } else { 0 };
    let one = |escalate: &crate::runbook::page::Escalate| Timer {
        to: escalate.to.clone(),
        via: escalate.via.clone(),
        left: escalate.after - since,
    };
    let mut all: Vec<Timer> = book.front.escalate.iter().map(one).collect();
    // What is to come before what is past, the nearest first in both.
    all.sort_by_key(|timer| (timer.is_due(), timer.left.abs()));
    all
}

/// What is left of the page's budget, in seconds; negative: it is over.
pub fn budget_left(book: &Runbook, started: Time, now: Time) -> Option<i64> {
    book.front
        .budget
        .map(|budget| budget - if started.is_known() { started.age(now) } else { 0 })
}
