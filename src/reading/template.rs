//! Lines that say the same with other numbers, counted as one: which messages there are, how many, and since when.
//!
//! A line becomes words; what changes from one to the next (numbers, ids, addresses, times, quoted texts) is masked. Lines of
//! the same level, length and first word are compared word by word; those that are alike enough share a template, whose
//! differing words are masked too. After He, Zhu, Zheng and Lyu, "Drain: an online log parsing approach with fixed depth
//! tree" (ICWS 2017). Of JSON and logfmt the message is taken, not what surrounds it. The same lines in the same order
//! give the same templates.

mod words;

use std::collections::HashMap;

use super::keys::Keys;
use super::{Level, fields, level};

pub use words::MASKED;

/// How much of the words must be the same, in percent.
const ALIKE: usize = 60;

/// How many masked lines of a level are remembered with their cluster, so that what comes again is not compared again.
const KNOWN: usize = 20_000;

/// A cluster of a [`Templates`], by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(u32);

/// Lines that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    pub id: ClusterId,
    pub level: Level,
    /// How many lines.
    pub count: u64,
    /// When the earliest and the latest of them were written, in nanoseconds since 1970; 0 where no line had a time.
    pub first: i64,
    pub last: i64,
    /// The first of them that was read, whole.
    pub example: Box<str>,
    words: Vec<Box<str>>,
}

impl Cluster {
    /// What they have in common, with [`MASKED`] for what differs.
    pub fn template(&self) -> String {
        self.words.join(" ")
    }
}

/// The templates of all lines that were added.
#[derive(Clone, Debug)]
pub struct Templates {
    clusters: Vec<Cluster>,
    /// Clusters by what all their lines have in common: level, number of words, the first word.
    groups: HashMap<(Level, usize, Box<str>), Vec<u32>>,
    /// Masked lines of each level whose cluster is known.
    known: [HashMap<Box<str>, u32>; Level::ALL.len()],
    most: usize,
    /// Lines for which there was no room for a cluster of their own.
    others: u64,
    masked: String,
}

impl Default for Templates {
    fn default() -> Self {
        Self::new(5_000)
    }
}

impl Templates {
    /// At most so many clusters.
    pub fn new(most: usize) -> Self {
        Self {
            clusters: Vec::new(),
            groups: HashMap::new(),
            known: Default::default(),
            most,
            others: 0,
            masked: String::new(),
        }
    }

    /// Adds a line with its time (0 where it has none). Nothing where there is no room left for what it says.
    pub fn add(&mut self, line: &str, nanos: i64) -> Option<ClusterId> {
        self.add_leveled(line, level(line), nanos)
    }

    /// Like [`Templates::add`], where the level of the line is already known.
    pub fn add_leveled(&mut self, line: &str, level: Level, nanos: i64) -> Option<ClusterId> {
        let mut masked = std::mem::take(&mut self.masked);
        said(line, &mut masked);
        let at = self.place(level, &masked, line);
        self.masked = masked;
        let Some(cluster) = at.and_then(|at| self.clusters.get_mut(at as usize)) else {
            self.others += 1;
            return None;
        };
        cluster.count += 1;
        if nanos != 0 {
            cluster.first = if cluster.first == 0 { nanos } else { cluster.first.min(nanos) };
            cluster.last = cluster.last.max(nanos);
        }
        Some(cluster.id)
    }

    /// The cluster that a line would be counted to, if there is one already.
    pub fn find(&self, line: &str) -> Option<ClusterId> {
        let mut masked = String::new();
        said(line, &mut masked);
        let words: Vec<&str> = masked.split(' ').collect();
        self.alike(level(line), &words).map(ClusterId)
    }

    /// A cluster by its number.
    pub fn get(&self, id: ClusterId) -> Option<&Cluster> {
        self.clusters.get(id.0 as usize)
    }

    /// All of them, in the order they appeared.
    pub fn all(&self) -> &[Cluster] {
        &self.clusters
    }

    /// How many lines belong to none, because there were too many different ones.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// The most frequent first; among equals the one that appeared first.
    pub fn by_count(&self) -> Vec<&Cluster> {
        sorted(self.clusters.iter())
    }

    /// What was said for the first time at or after this moment (after the rollout), the most frequent first.
    pub fn new_since(&self, nanos: i64) -> Vec<&Cluster> {
        sorted(self.clusters.iter().filter(|cluster| cluster.first >= nanos && cluster.first != 0))
    }

    /// The number of the cluster, a new one where there is none; nothing where there is no room.
    fn place(&mut self, level: Level, masked: &str, line: &str) -> Option<u32> {
        if let Some(at) = self.known.get(level as usize).and_then(|known| known.get(masked)) {
            return Some(*at);
        }
        let words: Vec<&str> = masked.split(' ').collect();
        let at = match self.alike(level, &words) {
            Some(at) => {
                self.widen(at, &words);
                at
            }
            None if self.clusters.len() >= self.most => return None,
            None => self.open(level, &words, line),
        };
        // What is told apart later than here would be told apart in vain, so all may go at once.
        if let Some(known) = self.known.get_mut(level as usize) {
            if known.len() >= KNOWN {
                known.clear();
            }
            known.insert(masked.into(), at);
        }
        Some(at)
    }

    /// The cluster that is most like these words, if one is enough so; among equals the oldest.
    fn alike(&self, level: Level, words: &[&str]) -> Option<u32> {
        let group = self.groups.get(&group(level, words))?;
        let of = |at: u32| {
            let cluster = self.clusters.get(at as usize)?;
            let same = cluster.words.iter().zip(words).filter(|(a, b)| ***a == ***b).count();
            (same * 100 >= words.len() * ALIKE).then_some((same, std::cmp::Reverse(at)))
        };
        let best = group.iter().filter_map(|at| of(*at)).max()?;
        Some(best.1.0)
    }

    /// Masks the words of a cluster in which this line differs.
    fn widen(&mut self, at: u32, words: &[&str]) {
        let Some(cluster) = self.clusters.get_mut(at as usize) else {
            return;
        };
        for (mine, other) in cluster.words.iter_mut().zip(words) {
            if **mine != **other {
                *mine = MASKED.into();
            }
        }
    }

    fn open(&mut self, level: Level, words: &[&str], line: &str) -> u32 {
        let at = self.clusters.len() as u32;
        self.clusters.push(Cluster {
            id: ClusterId(at),
            level,
            count: 0,
            first: 0,
            last: 0,
            example: line.into(),
            words: words.iter().map(|word| Box::from(*word)).collect(),
        });
        self.groups.entry(group(level, words)).or_default().push(at);
        at
    }
}

fn group(level: Level, words: &[&str]) -> (Level, usize, Box<str>) {
    (level, words.len(), Box::from(words.first().copied().unwrap_or_default()))
}

fn sorted<'a>(clusters: impl Iterator<Item = &'a Cluster>) -> Vec<&'a Cluster> {
    let mut all: Vec<_> = clusters.collect();
    all.sort_by_key(|cluster| (std::cmp::Reverse(cluster.count), cluster.id));
    all
}

/// What a line says, masked: its message where it is JSON or logfmt, else all of it.
fn said(line: &str, out: &mut String) {
    out.clear();
    let text = line.trim();
    if text.starts_with('{') {
        match message(text) {
            Some(message) => words::mask(message, out),
            None => keys(text, out),
        }
        return;
    }
    words::mask(fields::logfmt_message(text).unwrap_or(text), out);
}

/// The message of a line in JSON, as it is written.
fn message(text: &str) -> Option<&str> {
    let mut keys = Keys::of(text.as_bytes());
    while let Some((depth, key)) = keys.next() {
        if depth == 1 && fields::is_message_key(key) {
            let value = keys.value();
            if !value.is_empty() {
                return std::str::from_utf8(value).ok();
            }
        }
    }
    None
}

/// Without a message, what a line in JSON is about are the fields that it has.
fn keys(text: &str, out: &mut String) {
    let mut keys = Keys::of(text.as_bytes());
    while let Some((depth, key)) = keys.next() {
        if depth == 1
            && out.len() < words::LONGEST
            && let Ok(key) = std::str::from_utf8(key)
        {
            if !out.is_empty() {
                out.push(' ');
            }
            words::mask(key, out);
        }
    }
}

#[cfg(test)]
mod tests;
