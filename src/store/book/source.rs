//! What the lines of a book come from.

use std::sync::Arc;

use super::chunk::RowKind;
use super::clock::Clock;
use super::window::Told;
use crate::model::{LogFact, Problem, ProblemKind, Stream, Time};
use crate::reading::{Join, Level, level};

/// The number of a source within its book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// A stream, or one of the branches that it is made of.
#[derive(Clone, Debug)]
pub struct Source {
    pub stream: Stream,
    /// A log stream within a group.
    pub branch: Option<Arc<str>>,
    pub state: LogState,
    /// When something was last heard of it.
    pub heard: Time,
    /// Lines that came, and how many of them had to go again.
    pub lines: u64,
    pub evicted: u64,
    /// The newest line's stamp (nanoseconds since 1970).
    pub newest: i64,
    /// How its clock goes, where the node stamps the lines.
    pub clock: Clock,
    join: Join,
    /// The level of the line that others go on with.
    head: Level,
    /// Of a large file among others: what was told of it.
    pub(super) told: Told,
}

/// How a log stream is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LogState {
    #[default]
    Starting,
    Following,
    Ended,
    /// What it waits for.
    Waiting(Problem),
    Retrying {
        since: Time,
        problem: Problem,
        next: Time,
    },
    Failed(Problem),
}

impl LogState {
    /// Whether nothing more can come of what is read: it ended, or there is none (any more). Where the node threw a log
    /// away there will be another one once the container runs again: that is looked for, and nothing is out of date.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Ended) || self.missing().is_some()
    }

    /// Why there is no log (any more).
    pub fn missing(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            Self::Retrying { problem, .. } if problem.kind == ProblemKind::NotFound => Some(problem),
            _ => None,
        }
    }
}

impl Source {
    pub(super) fn new(stream: Stream, branch: Option<Arc<str>>) -> Self {
        Self {
            stream,
            branch,
            state: LogState::default(),
            heard: Time::NEVER,
            lines: 0,
            evicted: 0,
            newest: 0,
            clock: Clock::default(),
            join: Join::default(),
            head: Level::Unknown,
            told: Told::default(),
        }
    }

    /// The same with nothing read.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.stream.clone(), self.branch.clone())
    }

    /// Takes over how the lines of another part end: what comes next goes on with them.
    pub(super) fn go_on_with(&mut self, part: Self) {
        (self.newest, self.join, self.head) = (part.newest, part.join, part.head);
    }

    /// Whether it is a log group, of which only the streams have lines.
    pub fn is_group(&self) -> bool {
        self.branch.is_none() && matches!(self.stream, Stream::Group(_))
    }

    /// The newest line's place in time: see [`Clock::shift`].
    pub(super) fn newest_place(&self) -> i64 {
        self.newest.saturating_sub(self.clock.shift())
    }

    /// What the next line of this source is.
    pub(super) fn kind_of(&mut self, text: &str) -> RowKind {
        let own = level(text);
        if self.join.next_leveled(text, own) {
            return RowKind::More(self.head);
        }
        self.head = own;
        RowKind::Line(self.head)
    }

    pub(super) fn hear(&mut self, at: Time, fact: &LogFact) {
        self.heard = at;
        match fact {
            LogFact::Lines(lines) => {
                let newest = lines.iter().map(|line| line.nanos).max().unwrap_or(0);
                if matches!(self.stream, Stream::Container(_)) && newest > 0 {
                    self.clock.hear(at.0, newest);
                }
                if matches!(self.state, LogState::Starting) {
                    self.state = LogState::Following;
                }
            }
            LogFact::Branch(..) => {
                if matches!(self.state, LogState::Starting) {
                    self.state = LogState::Following;
                }
            }
            LogFact::Note(_) | LogFact::Window(_) => {}
            LogFact::Following => self.state = LogState::Following,
            LogFact::Ended => self.state = LogState::Ended,
            LogFact::Waiting(problem) => self.state = LogState::Waiting(problem.clone()),
            LogFact::Retrying { problem, next } => {
                let since = match self.state {
                    LogState::Retrying { since, .. } => since,
                    _ => at,
                };
                self.state = LogState::Retrying {
                    since,
                    problem: problem.clone(),
                    next: *next,
                };
            }
            LogFact::Failed(problem) => self.state = LogState::Failed(problem.clone()),
        }
    }
}
