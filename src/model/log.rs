//! Lines of logs, what they are read from, and what happens to that on the way.

use std::sync::Arc;

use super::{Problem, Time, WindowFact};

/// One log stream: a container of a pod, this run or the one before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey {
    pub namespace: Arc<str>,
    pub pod: Arc<str>,
    /// Empty: the pod's only (or default) container.
    pub container: Arc<str>,
    pub previous: bool,
    /// How far back: the last so many lines, or seconds.
    pub from: LogFrom,
}

/// Where a log starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogFrom {
    /// The last so many lines.
    Tail(u32),
    /// So many seconds back.
    Since(u32),
    /// All that the kubelet still has.
    Start,
}

/// Log groups of CloudWatch, read as one stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// Which of the environment's CloudWatch places (account and region), by its number in the configuration.
    pub place: u16,
    /// Name of the log group.
    pub group: Arc<str>,
    pub streams: Streams,
    /// A CloudWatch filter pattern, applied by the server; empty: everything.
    pub pattern: Arc<str>,
    pub from: LogFrom,
    /// Where it ends; never: it is followed.
    pub until: Time,
}

/// Which log streams of a group are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Streams {
    #[default]
    All,
    /// Those whose names begin so.
    Begin(Arc<str>),
    /// Those that hold what a pod's containers wrote, however their sender names them.
    Pod(PodKey),
}

/// A pod whose lines are looked for where all pods' lines are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodKey {
    pub namespace: Arc<str>,
    pub pod: Arc<str>,
    /// Only this container's; empty: all.
    pub container: Arc<str>,
}

impl From<&str> for Streams {
    fn from(begin: &str) -> Self {
        match begin {
            "" => Self::All,
            begin => Self::Begin(begin.into()),
        }
    }
}

/// What lines are read from, one connection each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// A container of a pod.
    Container(LogKey),
    /// A log group of CloudWatch. Its log streams come as [`LogFact::Branch`].
    Group(GroupKey),
    /// A file on this machine by its path; `-` is standard input.
    File(Arc<str>),
}

impl Stream {
    /// Whether both read the same container: its current run, and the one before. While a container waits to be started
    /// again, the node gives the same log for both.
    pub fn is_sibling(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Container(a), Self::Container(b)) => {
                a.previous != b.previous && (&a.namespace, &a.pod, &a.container) == (&b.namespace, &b.pod, &b.container)
            }
            _ => false,
        }
    }
}

impl From<LogKey> for Stream {
    fn from(key: LogKey) -> Self {
        Self::Container(key)
    }
}

/// News of a log.
#[derive(Clone, Debug, PartialEq)]
pub enum LogFact {
    /// Lines, oldest first.
    Lines(Vec<LogLine>),
    /// Lines of one of the streams that this one is made of (a log stream within a group), oldest first.
    Branch(Arc<str>, Vec<LogLine>),
    /// Something happened to the stream that its reader must know, at its place in time.
    Note(LogNote),
    /// The stream is open and follows.
    Following,
    /// The container ended (or the log of the previous run is complete).
    Ended,
    /// There is nothing to read yet, and nothing is wrong with that: the container has not been started.
    Waiting(Problem),
    /// The stream broke and is being resumed from its last line.
    Retrying { problem: Problem, next: Time },
    /// There is nothing to read, and trying again would not help.
    Failed(Problem),
    /// Of a file that is larger than what may be kept of it.
    Window(WindowFact),
}

/// What happened to a stream, shown as a row of its own between the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogNote {
    /// After the lines of this time (nanoseconds since 1970); 0: after the newest line.
    pub nanos: i64,
    pub kind: NoteKind,
    /// One sentence: `no lines between 03:04:05 and 03:04:17: the connection was lost`.
    pub text: Box<str>,
    /// Lines that are missing here, where that is known.
    pub lost: u64,
}

/// What sort of thing happened to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The connection broke and stands again; nothing is missing.
    Reconnected,
    /// Lines are missing, or may be.
    Gap,
    /// The file was rotated under its reader.
    Rotated,
    /// The server sends only a part of the lines.
    Sampled,
    /// The server asks to slow down.
    Throttled,
    /// The container was started anew.
    Restarted,
    /// Old lines had to go from memory.
    Evicted,
    /// From here on another source tells what this one cannot any more.
    Continued,
    /// The clock that stamps the lines goes wrong, or goes right again.
    Clock,
}

impl NoteKind {
    /// The word that stands before its sentence, and in the title's count.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reconnected => "reconnected",
            Self::Gap => "gap",
            Self::Rotated => "rotated",
            Self::Sampled => "sampled",
            Self::Throttled => "throttled",
            Self::Restarted => "restarted",
            Self::Evicted => "evicted",
            Self::Continued => "continued",
            Self::Clock => "clock",
        }
    }
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The kubelet's timestamp in nanoseconds since 1970; 0 where the line had none.
    pub nanos: i64,
    /// The text without its line ending; control characters made visible, SGR colours removed.
    pub text: Box<str>,
}

impl LogLine {
    /// Bytes that a line takes where lines are kept, besides its text.
    pub const OVERHEAD: usize = 24;

    /// Bytes that it takes where lines are kept.
    pub fn cost(&self) -> usize {
        self.text.len() + Self::OVERHEAD
    }
}
