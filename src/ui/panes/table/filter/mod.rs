//! The language typed after `/`: parsed once per keystroke, then asked of every row.
//!
//! Words separated by spaces must all match:
//!
//! | typed | keeps rows … |
//! |---|---|
//! | `back` | that show it (upper case in the word: exactly so), or whose name is close to it |
//! | `"two words"` | that show just this |
//! | `^back.*x$` | of which a cell matches the regular expression |
//! | `-f bkend` | whose name has these letters in this order |
//! | `-l app=web,tier in (a,b),!old` | whose labels match the selector |
//! | `status:crash` `node!=w1` `restarts>3` `age<2h` `cpu>=500m` `%mem/l>80` | of which that column does |
//! | `!…` | that any of the above does not keep |
//!
//! What is unfinished while typing (`restarts>`, `-l`, `!`) keeps everything.

mod column;
mod parse;
mod pattern;

use std::ops::Range;

use nucleo_matcher::{Config, Matcher};

use super::{ColumnRef, Content, Detail, Row};
use crate::model::Selector;
use column::ColumnTest;
use pattern::{Fuzzy, Word};

/// A parsed filter. The default one keeps everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
    problems: Vec<String>,
    /// The columns that words are searched in, besides namespace and name.
    searched: Vec<ColumnRef>,
}

/// One word of a filter.
#[derive(Clone, Debug)]
struct Term {
    sense: Sense,
    test: Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    Keep,
    /// After a `!`.
    Drop,
}

#[derive(Clone, Debug)]
enum Test {
    Word(Word),
    Fuzzy(Fuzzy),
    Labels(Selector),
    Column(ColumnTest),
}

/// Memory that matching needs, reused from row to row.
#[derive(Debug)]
pub struct Scratch {
    /// The searchable text of the row.
    text: String,
    /// The same in lower case, once a word has asked for it.
    lower: String,
    chars: Vec<char>,
    matcher: Matcher,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            text: String::new(),
            lower: String::new(),
            chars: Vec::new(),
            matcher: Matcher::new(Config::DEFAULT),
        }
    }
}

impl Filter {
    /// Reads a filter. `columns` are all columns of the table (any can be named); words are searched in
    /// the texts of the usual ones, and of the wide ones where `detail` says that they are shown.
    pub fn parse(text: &str, columns: &[ColumnRef], detail: Detail) -> Self {
        let (terms, problems) = parse::terms(text, columns);
        let shown = |c: &&ColumnRef| !c.wide() || detail == Detail::Wide;
        let text = |c: &&ColumnRef| matches!(c.content(), Content::Text | Content::Exit) && !c.is_namespace() && c.name() != "NAME";
        Self {
            terms,
            problems,
            searched: columns.iter().filter(shown).filter(text).cloned().collect(),
        }
    }

    /// Whether it keeps everything, because it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// What could not be understood as it was typed, each in one sentence.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Whether the row is kept.
    pub fn matches(&self, row: &Row<'_>, scratch: &mut Scratch) -> bool {
        if self.terms.iter().any(|t| matches!(t.test, Test::Word(_))) {
            self.write_text(row, scratch);
        }
        self.terms.iter().all(|term| {
            let hit = match &term.test {
                Test::Word(word) => word.matches(row.searched_name(), scratch),
                Test::Fuzzy(fuzzy) => fuzzy.matches(row.searched_name(), scratch),
                Test::Labels(selector) => row.labels().is_some_and(|labels| selector.matches(labels)),
                Test::Column(test) => test.matches(row),
            };
            hit == (term.sense == Sense::Keep)
        })
    }

    /// Where the filter is seen in this text (a name, as shown): byte ranges in order, none overlapping.
    pub fn highlight(&self, text: &str, scratch: &mut Scratch) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        for term in self.terms.iter().filter(|t| t.sense == Sense::Keep) {
            match &term.test {
                Test::Word(word) => word.find(text, scratch, &mut ranges),
                Test::Fuzzy(fuzzy) => fuzzy.find(text, scratch, &mut ranges),
                Test::Column(test) if test.is_name() => test.pattern().find(text, &mut ranges),
                Test::Labels(_) | Test::Column(_) => {}
            }
        }
        ranges.sort_unstable_by_key(|r| (r.start, r.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// One line per cell, so that `^` and `$` mean the ends of a cell, and no word spans two.
    fn write_text(&self, row: &Row<'_>, scratch: &mut Scratch) {
        let text = &mut scratch.text;
        text.clear();
        scratch.lower.clear();
        let namespace = row.namespace();
        if !namespace.is_empty() {
            text.push_str(namespace);
            text.push('/');
            text.push_str(row.searched_name());
            text.push('\n');
        }
        text.push_str(row.searched_name());
        for column in &self.searched {
            text.push('\n');
            column.value(row).write_searchable(text);
        }
    }
}

#[cfg(test)]
mod tests;
