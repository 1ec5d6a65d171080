//! The lines of one log stream, bounded by bytes; what had to go is counted.

use std::collections::VecDeque;

use crate::model::{LogFact, LogLine, Problem, Time};

/// How many bytes of text one log keeps.
pub const LOG_BYTES: usize = 16 << 20;

/// A log as far as it was read.
#[derive(Debug, Default)]
pub struct LogBuffer {
    lines: VecDeque<LogLine>,
    bytes: usize,
    /// Lines that were dropped at the front to stay within [`LOG_BYTES`].
    pub dropped: u64,
    pub state: LogState,
    pub heard: Time,
    /// Grows with every change.
    pub version: u64,
}

/// How a log stream is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LogState {
    #[default]
    Starting,
    Following,
    Ended,
    Retrying {
        since: Time,
        problem: Problem,
        next: Time,
    },
    Failed(Problem),
}

impl LogBuffer {
    pub(super) fn apply(&mut self, at: Time, fact: LogFact) {
        self.heard = at;
        self.version += 1;
        match fact {
            LogFact::Note(_) => {}
            LogFact::Lines(lines) | LogFact::Branch(_, lines) => {
                for line in lines {
                    self.bytes += line.text.len() + size_of::<LogLine>();
                    self.lines.push_back(line);
                }
                while self.bytes > LOG_BYTES && self.lines.len() > 1 {
                    if let Some(line) = self.lines.pop_front() {
                        self.bytes -= line.text.len() + size_of::<LogLine>();
                        self.dropped += 1;
                    }
                }
                if matches!(self.state, LogState::Starting) {
                    self.state = LogState::Following;
                }
            }
            LogFact::Following => self.state = LogState::Following,
            LogFact::Ended => self.state = LogState::Ended,
            LogFact::Retrying { problem, next } => {
                let since = match self.state {
                    LogState::Retrying { since, .. } => since,
                    _ => at,
                };
                self.state = LogState::Retrying { since, problem, next };
            }
            LogFact::Failed(problem) => self.state = LogState::Failed(problem),
        }
    }

    /// The lines that are kept, oldest first.
    pub fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_is_bounded_and_counts_what_it_dropped() {
        let mut log = LogBuffer::default();
        let line = |n: i64| LogLine {
            nanos: n,
            text: "x".repeat(1 << 20).into(),
        };
        log.apply(Time(1), LogFact::Lines((0..20).map(line).collect()));
        assert_eq!(log.dropped as usize + log.lines().len(), 20);
        assert!(log.bytes <= LOG_BYTES && log.dropped >= 4);
        assert_eq!(log.lines().back().map(|l| l.nanos), Some(19), "the newest stay");
    }
}
