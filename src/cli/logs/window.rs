//! How much of a file is wanted: the last so many lines, or those of the last so much time. Servers cut logs themselves.

use std::collections::{HashMap, VecDeque};

use crate::model::{LogFact, LogFrom, LogLine, Stream, Time};

/// The part of each file that is wanted.
#[derive(Debug)]
pub struct Window {
    /// The last so many lines, which are known only when a file has ended: not while it is followed.
    tail: Option<usize>,
    last: HashMap<Stream, VecDeque<LogLine>>,
    /// Lines before this moment (nanoseconds since 1970) are too old.
    since: Option<i64>,
    /// Whether the newest line with a time was: lines without one go with it.
    old: HashMap<Stream, bool>,
}

impl Window {
    pub fn new(from: LogFrom, follow: bool, now: Time) -> Self {
        let tail = match from {
            LogFrom::Tail(lines) if !follow => usize::try_from(lines).ok(),
            _ => None,
        };
        let since = match from {
            LogFrom::Since(seconds) => Some((now.0 - i64::from(seconds)).saturating_mul(1_000_000_000)),
            _ => None,
        };
        Self {
            tail,
            last: HashMap::new(),
            since,
            old: HashMap::new(),
        }
    }

    /// What of the news is wanted now.
    pub fn cut(&mut self, stream: &Stream, news: LogFact) -> Vec<LogFact> {
        if !matches!(stream, Stream::File(_)) {
            return vec![news];
        }
        match (news, self.tail, self.since) {
            (LogFact::Lines(lines), Some(tail), _) => {
                let last = self.last.entry(stream.clone()).or_default();
                last.extend(lines);
                last.drain(..last.len().saturating_sub(tail));
                Vec::new()
            }
            (LogFact::Lines(mut lines), _, Some(since)) => {
                let old = self.old.entry(stream.clone()).or_default();
                lines.retain(|line| {
                    if line.nanos > 0 {
                        *old = line.nanos < since;
                    }
                    !*old
                });
                vec![LogFact::Lines(lines)]
            }
            (end @ (LogFact::Ended | LogFact::Failed(_)), Some(_), _) => {
                let last = self.last.remove(stream).unwrap_or_default();
                vec![LogFact::Lines(last.into()), end]
            }
            (news, _, _) => vec![news],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(from: LogFrom, follow: bool, times: &[i64]) -> Vec<i64> {
        let mut window = Window::new(from, follow, Time(100));
        let file = Stream::File("a".into());
        let lines = times.iter().map(|seconds| LogLine {
            nanos: seconds * 1_000_000_000,
            text: "".into(),
        });
        let mut news = window.cut(&file, LogFact::Lines(lines.collect()));
        news.extend(window.cut(&file, LogFact::Ended));
        let lines = news.into_iter().flat_map(|news| match news {
            LogFact::Lines(lines) => lines,
            _ => Vec::new(),
        });
        lines.map(|line| line.nanos / 1_000_000_000).collect()
    }

    #[test]
    fn of_a_file_the_last_lines_are_given_or_the_last_while() {
        assert_eq!(cut(LogFrom::Start, false, &[1, 2, 3]), [1, 2, 3]);
        assert_eq!(cut(LogFrom::Tail(2), false, &[1, 2, 3]), [2, 3]);
        assert_eq!(cut(LogFrom::Tail(2), true, &[1, 2, 3]), [1, 2, 3], "where it ends is not known");
        let since = cut(LogFrom::Since(50), false, &[0, 49, 0, 50, 0, 99]);
        assert_eq!(since, [0, 50, 0, 99], "a line without a time goes with the one before it");
    }
}
