//! What the events make of a walk.

use std::collections::BTreeMap;

use super::event::{Entry, Event, Outcome, Seen3};
use crate::model::Time;
use crate::runbook::page::{Goto, On, Runbook};
use crate::runbook::value::{Bindings, MOST_CAPTURED};

/// A walk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walk {
    pub book: String,
    /// The file of a page that is in no directory of the library.
    pub file: Option<String>,
    pub hash: String,
    pub environment: String,
    pub reason: String,
    pub phase: Phase,
    pub started: Time,
    pub ended: Time,
    pub bindings: Bindings,
    /// The step in front.
    pub at: Option<String>,
    /// The steps that led there, for the way back.
    pub trail: Vec<String>,
    /// By the id of the step; what is not in here was not touched.
    pub steps: BTreeMap<String, Progress>,
    pub notes: Vec<Note>,
    /// Who took part, in order.
    pub people: Vec<String>,
}

/// Where a walk is as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No page was chosen.
    #[default]
    Empty,
    /// A page is chosen; its variables are not bound yet.
    Matched,
    /// Between steps or in one.
    Bound,
    Done,
    Stopped(String),
    /// To these.
    Escalated(String),
    /// On with another page.
    HandedOver(String),
}

impl Phase {
    /// Whether it is over. (Whoever escalates goes on: others come to it.)
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Stopped(_) | Self::HandedOver(_))
    }
}

/// How far a step is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub state: StepState,
    /// When it came in front for the first time.
    pub entered: Time,
    /// When its last run began.
    pub started: Time,
    pub ended: Time,
    pub ms: u64,
    /// What came, in a line.
    pub said: String,
    pub command: String,
    /// How often it ran.
    pub runs: u32,
    /// The answer that was chosen.
    pub branch: Option<usize>,
    pub acknowledged: bool,
    pub ticked: BTreeMap<usize, bool>,
    /// Since when a wait holds.
    pub holds_since: Option<Time>,
    /// Files with what it showed.
    pub evidence: Vec<String>,
    pub by: String,
}

/// The state of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StepState {
    #[default]
    Ready,
    Running,
    Passed,
    Failed,
    TimedOut,
    NoData,
    Skipped(String),
    Answered,
}

impl StepState {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::NoData => "no data",
            Self::Skipped(_) => "skipped",
            Self::Answered => "answered",
        }
    }
}

/// Something that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub at: Time,
    pub by: String,
    pub step: Option<String>,
    pub text: String,
}

/// An event that does not fit the state: it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Longer texts are cut.
const LONG: usize = 4 << 10;

impl Walk {
    /// The walk that these events make. Those that do not fit are left out: a file that somebody edited is read as far as it makes sense.
    pub fn replay<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut walk = Self::default();
        for entry in entries {
            let _ = walk.apply(entry);
        }
        walk
    }

    /// Takes an event in.
    ///
    /// # Errors
    ///
    /// It does not fit: then nothing changed.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Refused> {
        self.permit(&entry.event)?;
        let now = entry.at.0;
        if !self.people.contains(&entry.by) {
            self.people.push(entry.by.clone());
        }
        match &entry.event {
            Event::Matched {
                book,
                file,
                hash,
                environment,
                reason,
            } => {
                self.file.clone_from(file);
                self.book.clone_from(book);
                self.hash.clone_from(hash);
                self.environment.clone_from(environment);
                self.reason.clone_from(reason);
                self.started = now;
                self.phase = Phase::Matched;
            }
            Event::Bound { values } => {
                self.bindings = values.clone();
                self.phase = Phase::Bound;
            }
            Event::Set { name, value } => {
                let mut value = value.clone();
                cut(&mut value.text, MOST_CAPTURED);
                self.bindings.set(name, value);
            }
            Event::Entered { step, .. } => {
                if let Some(before) = self.at.replace(step.clone())
                    && before != *step
                {
                    self.trail.push(before);
                }
                let progress = self.steps.entry(step.clone()).or_default();
                if !progress.entered.is_known() {
                    progress.entered = now;
                }
                // Escalated: somebody went on all the same.
                self.phase = Phase::Bound;
            }
            Event::Acknowledged { step } => self.step(step).acknowledged = true,
            Event::Ticked { step, task, done } => {
                self.step(step).ticked.insert(*task, *done);
            }
            Event::Started { step, command } => {
                let by = entry.by.clone();
                let progress = self.step(step);
                progress.state = StepState::Running;
                progress.started = now;
                progress.ended = Time::NEVER;
                progress.runs += 1;
                progress.command.clone_from(command);
                progress.branch = None;
                progress.holds_since = None;
                progress.said.clear();
                progress.by = by;
            }
            Event::Looked { step, truth } => {
                let progress = self.step(step);
                progress.holds_since = match truth {
                    Seen3::Yes => progress.holds_since.or(Some(now)),
                    Seen3::No | Seen3::NoData => None,
                };
            }
            Event::Ended { step, outcome, ms, said } => {
                let progress = self.step(step);
                progress.state = match outcome {
                    Outcome::Passed => StepState::Passed,
                    Outcome::Failed => StepState::Failed,
                    Outcome::TimedOut => StepState::TimedOut,
                    Outcome::NoData => StepState::NoData,
                    // Stopped by hand: it can be run again.
                    Outcome::Stopped => StepState::Ready,
                };
                progress.ended = now;
                progress.ms = *ms;
                progress.said.clone_from(said);
                cut(&mut progress.said, LONG);
            }
            Event::Answered { step, branch } => {
                let by = entry.by.clone();
                let progress = self.step(step);
                progress.branch = Some(*branch);
                progress.by = by;
                // What it showed stays what it is; a step that showed nothing is answered.
                if progress.state == StepState::Ready {
                    progress.state = StepState::Answered;
                    progress.ended = now;
                }
            }
            Event::Skipped { step, reason } => {
                let by = entry.by.clone();
                let progress = self.step(step);
                progress.state = StepState::Skipped(reason.clone());
                progress.ended = now;
                progress.by = by;
            }
            Event::Back => {
                self.at = self.trail.pop();
                self.phase = Phase::Bound;
            }
            Event::Noted { text } => {
                let mut text = text.clone();
                cut(&mut text, LONG);
                self.notes.push(Note {
                    at: now,
                    by: entry.by.clone(),
                    step: self.at.clone(),
                    text,
                });
            }
            Event::Kept { step, name } => self.step(step).evidence.push(name.clone()),
            Event::Resumed => {}
            Event::HandedOver { book } => self.end(Phase::HandedOver(book.clone()), now),
            Event::Escalated { to } => self.phase = Phase::Escalated(to.clone()),
            Event::Stopped { reason } => self.end(Phase::Stopped(reason.clone()), now),
            Event::Done => self.end(Phase::Done, now),
        }
        Ok(())
    }

    /// Whether an event fits the state.
    fn permit(&self, event: &Event) -> Result<(), Refused> {
        let running = || self.steps.values().any(|step| step.state == StepState::Running);
        let state = |step: &String| self.steps.get(step).map(|progress| &progress.state);
        if self.phase.is_over() && !matches!(event, Event::Noted { .. } | Event::Kept { .. }) {
            return Err(Refused("the walk is over"));
        }
        match (event, &self.phase) {
            (Event::Matched { .. }, Phase::Empty) | (Event::Bound { .. }, Phase::Matched) => Ok(()),
            (Event::Matched { .. }, _) => Err(Refused("a page is chosen already")),
            (_, Phase::Empty) => Err(Refused("no page is chosen")),
            (Event::Bound { .. }, _) => Err(Refused("the variables are bound already: they stay as they are")),
            (Event::Stopped { .. } | Event::Noted { .. } | Event::Resumed | Event::Kept { .. }, _) => Ok(()),
            (_, Phase::Matched) => Err(Refused("the variables are not bound yet")),
            (Event::Entered { .. } | Event::Back | Event::Done | Event::HandedOver { .. }, _) if running() => {
                Err(Refused("a step runs: stop it first"))
            }
            (Event::Back, _) if self.trail.is_empty() => Err(Refused("there is no step before")),
            (Event::Started { step, .. } | Event::Skipped { step, .. } | Event::Answered { step, .. }, _)
                if self.at.as_ref() != Some(step) =>
            {
                Err(Refused("the step is not in front"))
            }
            (Event::Started { .. } | Event::Skipped { .. } | Event::Answered { .. }, _) if running() => {
                Err(Refused("a step runs: stop it first"))
            }
            (Event::Acknowledged { step } | Event::Ticked { step, .. }, _) if state(step).is_none() => {
                Err(Refused("the step was never in front"))
            }
            (Event::Ended { step, .. } | Event::Looked { step, .. }, _) if state(step) != Some(&StepState::Running) => {
                Err(Refused("the step does not run"))
            }
            _ => Ok(()),
        }
    }

    fn step(&mut self, id: &str) -> &mut Progress {
        self.steps.entry(id.to_owned()).or_default()
    }

    fn end(&mut self, phase: Phase, now: Time) {
        self.phase = phase;
        self.ended = now;
    }

    /// How far a step is; untouched ones are ready.
    pub fn progress(&self, id: &str) -> Progress {
        self.steps.get(id).cloned().unwrap_or_default()
    }

    /// The step in front, of the page.
    pub fn current(&self, book: &Runbook) -> Option<usize> {
        let at = self.at.as_deref()?;
        book.steps.iter().position(|step| step.id == at)
    }

    /// The step that runs.
    pub fn running(&self) -> Option<&str> {
        let running = self.steps.iter().find(|(_, progress)| progress.state == StepState::Running);
        running.map(|(id, _)| id.as_str())
    }

    /// Whether a step may be started: its warning was read, all its checks are ticked.
    ///
    /// # Errors
    ///
    /// What is to be done first.
    pub fn armed(&self, book: &Runbook, step: usize) -> Result<(), Refused> {
        let Some(found) = book.steps.get(step) else {
            return Err(Refused("the page has no such step"));
        };
        let progress = self.steps.get(&found.id);
        if found.is_cautioned() && !progress.is_some_and(|progress| progress.acknowledged) {
            return Err(Refused("the warning has to be read first"));
        }
        Ok(())
    }

    /// The events that taking a branch makes; `alone` where no key was pressed.
    pub fn take(&self, book: &Runbook, step: usize, branch: usize, alone: bool) -> Vec<Event> {
        let Some(found) = book.steps.get(step) else {
            return Vec::new();
        };
        let Some(chosen) = found.branches.get(branch) else {
            return Vec::new();
        };
        let mut events = vec![Event::Answered {
            step: found.id.clone(),
            branch,
        }];
        events.extend(lead(book, step, &chosen.goto, alone));
        events
    }

    /// The events that going on below a step makes: after one without decisions, or one that was skipped.
    pub fn go_on(&self, book: &Runbook, step: usize, alone: bool) -> Vec<Event> {
        lead(book, step, &Goto::Next, alone).into_iter().collect()
    }

    /// The branch that an outcome takes by its name.
    pub fn named(book: &Runbook, step: usize, outcome: Outcome) -> Option<usize> {
        let on = match outcome {
            Outcome::Passed => On::Pass,
            Outcome::Failed => On::Fail,
            Outcome::TimedOut => On::Timeout,
            Outcome::NoData | Outcome::Stopped => return None,
        };
        book.steps.get(step)?.branches.iter().position(|branch| branch.on == on)
    }
}

/// Where a branch leads, as an event.
fn lead(book: &Runbook, step: usize, goto: &Goto, alone: bool) -> Option<Event> {
    let enter = |at: usize| {
        book.steps.get(at).map(|step| Event::Entered {
            step: step.id.clone(),
            alone,
        })
    };
    match goto {
        Goto::Next => book.after(step).and_then(enter).or(Some(Event::Done)),
        Goto::Step(at) => enter(*at),
        Goto::Phase(at) => match book.phases.get(*at) {
            Some(phase) if phase.title.eq_ignore_ascii_case("escalation") => {
                let first = book.front.escalate.first().map_or(phase.title.as_str(), |one| one.to.as_str());
                Some(Event::Escalated { to: first.to_owned() })
            }
            // A section of words alone: they are shown, and the walk stays where it is.
            _ => None,
        },
        Goto::Book(name) => Some(Event::HandedOver { book: name.clone() }),
        Goto::End => Some(Event::Done),
        Goto::Nowhere(_) => None,
    }
}

/// Cuts a text, with a mark.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let mut end = most;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
}
