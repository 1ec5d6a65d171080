//! The walk that is on the screen: its state, what its steps showed, and what runs.

use std::collections::BTreeMap;

use crate::action::Class;
use crate::action::ask::Line;
use crate::app::{App, Effect};
use crate::model::{EnvId, Problem, Time};
use crate::runbook::condition::Seen;
use crate::runbook::library::Shelved;
use crate::runbook::page::Step;
use crate::runbook::walk::{Entry, Event, Moment, Outcome, StepState, Walk};

/// A walk.
#[derive(Debug)]
pub struct Walking {
    /// The number of its file.
    pub run: u64,
    pub env: EnvId,
    pub page: Shelved,
    pub walk: Walk,
    /// By the id of the step.
    pub shown: BTreeMap<String, Shown>,
    /// The answer under the cursor.
    pub cursor: usize,
    pub asked: Option<Asked>,
    /// It cannot be written down: it does not go on.
    pub broken: Option<Problem>,
    /// It is only looked whether what reads is as it should be: nothing is followed, nothing is written down.
    pub is_check: bool,
}

/// What a step showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    pub text: String,
    pub seen: Seen,
    pub series: Vec<Line>,
    /// Why there is nothing, or what is odd.
    pub problem: Option<String>,
    pub class: Option<Class>,
}

/// What runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// A question of this number.
    Question { number: u64, step: String, class: Class },
    /// A wait: the next look is then.
    Pause { step: String, until: Time, class: Class },
    /// A draft on its way through the guard; its end, where that is known.
    Deed {
        draft: u64,
        step: String,
        class: Class,
        command: String,
        begun: bool,
        ended: Option<Ending>,
        wrote: Option<Box<crate::action::stage::Output>>,
    },
}

/// How a deed ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    Done(String),
    Failed(Problem),
    /// Somebody stopped it, before it began or while it ran.
    Stopped,
}

impl Asked {
    pub fn step(&self) -> &str {
        match self {
            Self::Question { step, .. } | Self::Pause { step, .. } | Self::Deed { step, .. } => step,
        }
    }
}

/// Who writes, when, and what is to be done for it.
pub struct Pen {
    pub now: Time,
    by: String,
    pub effects: Vec<Effect>,
}

impl Pen {
    pub fn new(app: &App) -> Self {
        Self {
            now: app.now,
            by: app.books.by.clone(),
            effects: Vec::new(),
        }
    }
}

impl Walking {
    pub fn new(run: u64, env: EnvId, page: Shelved) -> Self {
        Self {
            run,
            env,
            page,
            walk: Walk::default(),
            shown: BTreeMap::new(),
            cursor: 0,
            asked: None,
            broken: None,
            is_check: false,
        }
    }

    /// Takes an event in, and has it written. `false`: it does not fit, and nothing changed.
    pub fn write(&mut self, event: Event, pen: &mut Pen) -> bool {
        let entry = Entry {
            at: Moment(pen.now),
            by: pen.by.clone(),
            event,
        };
        if self.broken.is_some() || self.walk.apply(&entry).is_err() {
            return false;
        }
        if !self.is_check {
            pen.effects.push(Effect::WriteWalk {
                run: self.run,
                entry: Box::new(entry),
            });
        }
        true
    }

    /// The number of the step in front.
    pub fn at(&self) -> Option<usize> {
        self.walk.current(&self.page.book)
    }

    /// The step in front.
    pub fn step(&self) -> Option<&Step> {
        self.page.book.steps.get(self.at()?)
    }

    /// What the step in front showed.
    pub fn output(&self) -> Option<&Shown> {
        self.shown.get(self.walk.at.as_deref()?)
    }

    /// Whether the step in front is one that ran and is over, or that nothing is to be run of.
    pub fn is_judged(&self) -> bool {
        let Some(step) = self.step() else { return false };
        let state = self.walk.progress(&step.id).state;
        !matches!(state, StepState::Ready | StepState::Running) || step.block.is_none()
    }

    /// What runs is not waited for any more.
    pub fn stop(&mut self, pen: &mut Pen) {
        let Some(asked) = self.asked.take() else { return };
        match &asked {
            Asked::Question { number, .. } => pen.effects.push(Effect::StopAsking(*number)),
            Asked::Pause { .. } => {}
            // What is carried out goes on by itself, and is told as every deed is.
            Asked::Deed { begun: false, .. } => return,
            Asked::Deed { .. } => {}
        }
        let step = asked.step().to_owned();
        let ended = Event::Ended {
            step,
            outcome: Outcome::Stopped,
            ms: 0,
            said: "stopped".to_owned(),
        };
        self.write(ended, pen);
    }
}
