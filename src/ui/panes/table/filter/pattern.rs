//! What a word of the filter matches in a text: a part of it, a regular expression, or letters in order.

use std::ops::Range;

use memchr::memmem::Finder;
use nucleo_matcher::{Config, Matcher, Utf32Str, Utf32String};
use regex::{Regex, RegexBuilder};

use super::Scratch;

/// What is looked for in a text.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// A part in any case; the needle is in lower case.
    AnyCase(Finder<'static>),
    /// A part in just this case.
    Exact(Finder<'static>),
    Regex(Regex),
}

/// A pattern, and for plain words the names that are close to it.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pattern: Pattern,
    close: Option<Fuzzy>,
}

/// Letters in order, anywhere in a name.
#[derive(Clone, Debug)]
pub(super) struct Fuzzy {
    needle: Utf32String,
    /// The lowest score that counts.
    least: u16,
}

impl Pattern {
    /// A part of a text, in any case unless it has upper-case letters.
    pub(super) fn literal(text: &str) -> Self {
        if text.chars().any(char::is_uppercase) {
            Self::Exact(Finder::new(text).into_owned())
        } else {
            Self::AnyCase(Finder::new(&text.to_lowercase()).into_owned())
        }
    }

    /// A regular expression where the text looks like one, else a part. The problem is why it is not one.
    pub(super) fn parse(text: &str) -> (Self, Option<String>) {
        if !is_regex(text) {
            return (Self::literal(text), None);
        }
        let regex = RegexBuilder::new(text)
            .case_insensitive(true)
            .multi_line(true)
            .size_limit(1 << 20)
            .nest_limit(50)
            .build();
        match regex {
            Ok(regex) => (Self::Regex(regex), None),
            Err(_) => (
                Self::literal(text),
                Some(format!("\"{text}\" is not a regular expression; searched as plain text")),
            ),
        }
    }

    pub(super) fn is_regex(&self) -> bool {
        matches!(self, Self::Regex(_))
    }

    /// Whether it is in the text.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(finder) => finder.find(text.as_bytes()).is_some(),
            Self::Regex(regex) => regex.is_match(text),
            Self::AnyCase(finder) => finder.find(lower(text).as_bytes()).is_some(),
        }
    }

    /// Where it is in the text.
    pub(super) fn find(&self, text: &str, ranges: &mut Vec<Range<usize>>) {
        let mut push = |range: Range<usize>| {
            if !range.is_empty() && text.get(range.clone()).is_some() {
                ranges.push(range);
            }
        };
        match self {
            Self::Exact(finder) => finder
                .find_iter(text.as_bytes())
                .for_each(|at| push(at..at + finder.needle().len())),
            Self::Regex(regex) => regex.find_iter(text).for_each(|m| push(m.range())),
            Self::AnyCase(finder) => {
                let lower = lower(text);
                // A few letters change their length with their case; then the places are not those of the text.
                if lower.len() == text.len() {
                    finder
                        .find_iter(lower.as_bytes())
                        .for_each(|at| push(at..at + finder.needle().len()));
                }
            }
        }
    }
}

fn lower(text: &str) -> String {
    let mut out = String::new();
    lower_into(text, &mut out);
    out
}

fn lower_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else {
        out.push_str(&text.to_lowercase());
    }
}

/// Whether a word is meant as a regular expression. A dot alone is not: names are full of them.
fn is_regex(text: &str) -> bool {
    text.contains(['^', '$', '[', ']', '(', ')', '|', '+', '?', '\\']) || text.contains(".*")
}

impl Word {
    /// A word as typed.
    pub(super) fn parse(text: &str) -> (Self, Option<String>) {
        let (pattern, problem) = Pattern::parse(text);
        let close = match pattern {
            Pattern::AnyCase(_) if problem.is_none() => Fuzzy::close(text),
            _ => None,
        };
        (Self { pattern, close }, problem)
    }

    /// Words in quotes.
    pub(super) fn literal(text: &str) -> Self {
        Self {
            pattern: Pattern::literal(text),
            close: None,
        }
    }

    /// Whether it is in the text that the scratch holds, or close to the name.
    pub(super) fn matches(&self, name: &str, scratch: &mut Scratch) -> bool {
        let hit = match &self.pattern {
            Pattern::AnyCase(finder) => {
                if scratch.lower.is_empty() {
                    lower_into(&scratch.text, &mut scratch.lower);
                }
                finder.find(scratch.lower.as_bytes()).is_some()
            }
            other => other.matches(&scratch.text),
        };
        hit || self.close.as_ref().is_some_and(|fuzzy| fuzzy.matches(name, scratch))
    }

    pub(super) fn find(&self, text: &str, scratch: &mut Scratch, ranges: &mut Vec<Range<usize>>) {
        let before = ranges.len();
        self.pattern.find(text, ranges);
        if let (Some(fuzzy), true) = (&self.close, ranges.len() == before) {
            fuzzy.find(text, scratch, ranges);
        }
    }
}

impl Fuzzy {
    /// Shorter words are in too many names by accident.
    const SHORTEST: usize = 4;
    /// Names are at most 253 characters long; the score of a longer needle could overflow.
    const LONGEST: usize = 253;
    /// How much of the score of the word itself a name must reach, in percent. At 75 a missing
    /// letter and the beginnings of the parts of a name pass; letters strewn over it do not.
    const CLOSE: u32 = 75;

    /// Any name that has the letters in order.
    pub(super) fn any(text: &str) -> Option<Self> {
        let count = text.chars().count();
        (1..=Self::LONGEST).contains(&count).then(|| Self {
            needle: text.to_lowercase().into(),
            least: 0,
        })
    }

    /// Only names that are close to the word.
    fn close(text: &str) -> Option<Self> {
        let mut fuzzy = Self::any(text).filter(|_| text.chars().count() >= Self::SHORTEST)?;
        let mut matcher = Matcher::new(Config::DEFAULT);
        let whole = matcher.fuzzy_match_greedy(fuzzy.needle.slice(..), fuzzy.needle.slice(..))?;
        fuzzy.least = (u32::from(whole) * Self::CLOSE / 100) as u16;
        Some(fuzzy)
    }

    pub(super) fn matches(&self, name: &str, scratch: &mut Scratch) -> bool {
        let name = Utf32Str::new(name, &mut scratch.chars);
        // Greedy: linear in the name, whatever was typed.
        let score = scratch.matcher.fuzzy_match_greedy(name, self.needle.slice(..));
        score.is_some_and(|score| score >= self.least)
    }

    fn find_chars(&self, text: &str, scratch: &mut Scratch) -> Option<Vec<u32>> {
        let mut at = Vec::new();
        let name = Utf32Str::new(text, &mut scratch.chars);
        let score = scratch.matcher.fuzzy_indices_greedy(name, self.needle.slice(..), &mut at)?;
        (score >= self.least).then_some(at)
    }

    pub(super) fn find(&self, text: &str, scratch: &mut Scratch, ranges: &mut Vec<Range<usize>>) {
        let Some(at) = self.find_chars(text, scratch) else { return };
        // The matcher counts graphemes where the text is not ASCII; names are ASCII, and elsewhere
        // a missing highlight is better than a wrong one.
        if text.is_ascii() {
            ranges.extend(at.into_iter().map(|i| i as usize..i as usize + 1));
        }
    }
}
