//! Finding text in a document: every match in order, and the one that the search stands on.

use regex::{Regex, RegexBuilder};

use super::TextLine;

/// More matches than this are not kept; the counter says so.
const LIMIT: usize = 100_000;

/// One match: a line and a byte range in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub line: u32,
    pub start: u32,
    pub end: u32,
}

/// A search and what it found.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    needle: String,
    matches: Vec<Match>,
    current: usize,
    more: bool,
}

impl Search {
    /// Finds a text in all lines. Capital letters count only if the needle has one.
    pub fn run(needle: &str, lines: &[TextLine]) -> Self {
        let mut search = Self {
            needle: needle.to_owned(),
            ..Self::default()
        };
        let Some(regex) = pattern(needle) else { return search };
        for (line, at) in lines.iter().zip(0_u32..) {
            for found in regex.find_iter(line.text()) {
                if search.matches.len() == LIMIT {
                    search.more = true;
                    return search;
                }
                search.matches.push(Match {
                    line: at,
                    start: u32::try_from(found.start()).unwrap_or(u32::MAX),
                    end: u32::try_from(found.end()).unwrap_or(u32::MAX),
                });
            }
        }
        search
    }

    pub fn needle(&self) -> &str {
        &self.needle
    }

    /// The matches of one line.
    pub fn in_line(&self, line: usize) -> &[Match] {
        let from = self.matches.partition_point(|m| (m.line as usize) < line);
        let to = self.matches.partition_point(|m| m.line as usize <= line);
        self.matches.get(from..to).unwrap_or(&[])
    }

    /// The match that the search stands on.
    pub fn current(&self) -> Option<Match> {
        self.matches.get(self.current).copied()
    }

    /// Stands on the first match at or after a place, or the first of all.
    pub fn stand_at(&mut self, line: usize, byte: usize) {
        let at = self.matches.partition_point(|m| (m.line as usize, m.start as usize) < (line, byte));
        self.current = if at < self.matches.len() { at } else { 0 };
    }

    /// Goes to the next match; after the last comes the first.
    pub fn next(&mut self) {
        self.current = if self.current + 1 < self.matches.len() {
            self.current + 1
        } else {
            0
        };
    }

    /// Goes to the match before.
    pub fn previous(&mut self) {
        self.current = self.current.checked_sub(1).unwrap_or(self.matches.len().saturating_sub(1));
    }

    /// `3/17`, `0/0`, `3/100000+`; nothing while nothing is searched.
    pub fn counter(&self) -> Option<String> {
        let at = if self.matches.is_empty() { 0 } else { self.current + 1 };
        let more = if self.more { "+" } else { "" };
        (!self.needle.is_empty()).then(|| format!("{at}/{}{more}", self.matches.len()))
    }
}

fn pattern(needle: &str) -> Option<Regex> {
    if needle.is_empty() {
        return None;
    }
    RegexBuilder::new(&regex::escape(needle))
        .case_insensitive(!needle.chars().any(char::is_uppercase))
        .build()
        .ok()
}
