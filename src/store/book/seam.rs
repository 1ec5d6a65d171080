//! Where a pod is gone and its log goes on in another place: each line once, and a row that says where that begins.
//!
//! The node tells the times of lines to the nanosecond, CloudWatch to the millisecond: lines are the same that have the
//! same text in the same millisecond, and as many of them as both have.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Book, Source, SourceId};
use crate::model::{LogLine, LogNote, NoteKind, PodStream, Stream, Streams};

/// Nanoseconds of a millisecond.
const MILLI: i64 = 1_000_000;

/// What was found twice.
#[derive(Debug, Default)]
pub(super) struct Doubles {
    /// By source, millisecond and text: how many lines of it were left out.
    counts: HashMap<(SourceId, i64, u64), u32>,
    /// The streams whose beginning is marked.
    marked: HashSet<SourceId>,
}

impl Book {
    /// The sources of the node that may have told what this one tells: those of the same container. Empty for what is no
    /// pod's log in CloudWatch.
    pub(super) fn twins(&self, id: SourceId) -> Vec<SourceId> {
        let Some(own) = self.source(id) else { return Vec::new() };
        let (Stream::Group(key), Some(branch)) = (&own.stream, &own.branch) else {
            return Vec::new();
        };
        let (Streams::Pod(pod), Some(of)) = (&key.streams, PodStream::read(branch)) else {
            return Vec::new();
        };
        self.of_pod(|key| {
            key.namespace == pod.namespace && key.pod == pod.pod && (key.container.is_empty() || *key.container == *of.container)
        })
    }

    fn of_pod(&self, such: impl Fn(&crate::model::LogKey) -> bool) -> Vec<SourceId> {
        let of_node = |stream: &Stream| matches!(stream, Stream::Container(key) if such(key));
        let all = (0..).map(SourceId).zip(&self.sources);
        all.filter(|(_, source)| of_node(&source.stream)).map(|(id, _)| id).collect()
    }

    /// Whether a line came already from the node. Of equal ones as many are left out as came.
    pub(super) fn is_doubled(&mut self, id: SourceId, twins: &[SourceId], line: &LogLine) -> bool {
        let milli = line.nanos.div_euclid(MILLI);
        let from = milli.saturating_mul(MILLI);
        // Where the node's clock is wrong, lines stand elsewhere than they are stamped.
        let shift = self.shift(id, twins);
        let newest = twins.iter().filter_map(|twin| self.source(*twin)).map(|source| source.newest).max();
        if line.nanos == 0 || newest.is_none_or(|newest| newest < from) {
            return false;
        }
        let until = from.saturating_add(MILLI);
        let same_time = self
            .entries_from(self.at(from.saturating_sub(shift)))
            .map(|(_, entry)| entry)
            .take_while(|entry| entry.nanos < until.saturating_sub(shift));
        let told = same_time
            .filter(|entry| twins.contains(&entry.source) && !entry.is_note() && entry.text == &*line.text)
            .count();
        if told == 0 {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        line.text.hash(&mut hasher);
        let left_out = self.doubles.counts.entry((id, milli, hasher.finish())).or_default();
        if usize::try_from(*left_out).is_ok_and(|times| times >= told) {
            return false;
        }
        *left_out += 1;
        true
    }

    /// Marks where a pod's log goes on in CloudWatch, once its lines so far are there.
    pub(super) fn seam(&mut self, trunk: SourceId) {
        let Some(Stream::Group(key)) = self.source(trunk).map(|source| source.stream.clone()) else {
            return;
        };
        let Streams::Pod(pod) = &key.streams else { return };
        if !self.doubles.marked.insert(trunk) {
            return;
        }
        let own = (0..)
            .map(SourceId)
            .zip(&self.sources)
            .filter(|(_, source)| source.stream == Stream::Group(key.clone()));
        let branches: HashSet<SourceId> = own.map(|(id, _)| id).collect();
        let node = self.of_pod(|other| other.namespace == pod.namespace && other.pod == pod.pod);
        let last = node
            .iter()
            .filter_map(|id| self.source(*id))
            .filter(|source| source.lines > 0)
            .map(Source::newest_place)
            .max();
        let first = |book: &Self, from: i64| {
            let mut later = book.entries_from(book.at(from)).map(|(_, entry)| entry);
            later
                .find(|entry| branches.contains(&entry.source) && !entry.is_note())
                .map(|entry| entry.nanos)
        };
        let both: u64 = self
            .doubles
            .counts
            .iter()
            .filter(|((id, ..), _)| branches.contains(id))
            .map(|(_, times)| u64::from(*times))
            .sum();
        let (pod, group) = (&pod.pod, &key.group);
        let (nanos, kind, text) = match (last, both) {
            (None, _) => {
                let Some(first) = first(self, 1) else { return };
                let text = format!("{pod} is gone: its lines are from CloudWatch, {group}");
                (first - 1, NoteKind::Continued, text)
            }
            (Some(last), both) => match (first(self, last + 1), both) {
                (None, 0) => {
                    let text = format!("{pod} is gone, and CloudWatch has none of its lines so far, {group}");
                    (last, NoteKind::Gap, text)
                }
                (None, both) => {
                    let text = format!(
                        "{pod} is gone, and CloudWatch has no later lines so far ({}), {group}",
                        shared(both)
                    );
                    (last, NoteKind::Continued, text)
                }
                // Both hold the last lines of the node: nothing can be missing in between.
                (Some(_), both) if both > 0 => {
                    let text = format!("{pod} is gone: from here on CloudWatch ({}), {group}", shared(both));
                    (last, NoteKind::Continued, text)
                }
                (Some(first), _) => {
                    let (from, to) = (clock(last), clock(first));
                    let text = format!("{pod} is gone: from here on CloudWatch; lines between {from} and {to} may be missing, {group}");
                    (last, NoteKind::Gap, text)
                }
            },
        };
        self.note(
            trunk,
            &LogNote {
                nanos,
                kind,
                text: text.into(),
                lost: 0,
            },
        );
        self.version += 1;
    }
}

/// How many lines were told by both, and are shown once.
fn shared(lines: u64) -> String {
    match lines {
        1 => "1 line is in both".to_owned(),
        lines => format!("{lines} lines are in both"),
    }
}

/// `03:04:05`, in UTC
fn clock(nanos: i64) -> String {
    let of_day = nanos.div_euclid(1_000_000_000).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}
