//! What is looked for in lines: a part of them, or a regular expression.
//!
//! | typed | means |
//! |---|---|
//! | `refused` | this part, in any case |
//! | `ECONNREFUSED` | this part in just this case, because there is an upper-case letter in it |
//! | `time(d )?out` | a regular expression: there is one of `^ $ [ ] ( ) \| + ? \` in it, or `.*` |
//! | `'a[0].b()` | what follows the `'`, literally |
//! | `!healthz` | lines that do not have it |
//! | `\!important` | the `!` itself |
//!
//! Only expressions that take linear time, and a bounded size, are accepted: lines come from outside.

use std::fmt;
use std::ops::Range;

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

/// The longest text that is looked for (bytes).
const LONGEST: usize = 4096;

/// What is looked for, ready to be asked of every line.
#[derive(Clone, Debug)]
pub struct Pattern {
    matcher: Matcher,
    /// Whether lines are meant that do not have it.
    inverse: bool,
}

#[derive(Clone, Debug)]
enum Matcher {
    Exact(Box<Finder<'static>>),
    Regex(Regex),
}

/// Why a text cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// One sentence.
    pub text: String,
    /// Where in what was typed, in characters from 0; nothing where it is no single place.
    pub at: Option<usize>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} (at character {})", self.text, at + 1),
            None => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for Fault {}

impl Pattern {
    /// What was typed. An empty text is in every line.
    pub fn parse(typed: &str) -> Result<Self, Fault> {
        let (inverse, text, skipped) = match typed.strip_prefix('!') {
            Some(rest) => (true, rest, 1),
            None if typed.starts_with("\\!") => (false, typed.get(1..).unwrap_or_default(), 1),
            None => (false, typed, 0),
        };
        if text.len() > LONGEST {
            return Err(Fault {
                text: format!("what is looked for is longer than {LONGEST} bytes"),
                at: None,
            });
        }
        let matcher = if let Some(literal) = text.strip_prefix('\'') {
            literal_matcher(literal)
        } else if is_regex(text) {
            regex_matcher(text, skipped)?
        } else {
            literal_matcher(text)
        };
        Ok(Self { matcher, inverse })
    }

    /// What was typed as a regular expression that says the same in other engines, and whether lines must not have it.
    pub fn spelled(typed: &str) -> (bool, String) {
        let (inverse, text) = match typed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (
                false,
                typed.strip_prefix('\\').filter(|rest| rest.starts_with('!')).unwrap_or(typed),
            ),
        };
        let (spelled, any_case) = match text.strip_prefix('\'') {
            None if is_regex(text) => (text.to_owned(), !has_upper_case(text)),
            literal => {
                let text = literal.unwrap_or(text);
                (regex::escape(text), !text.chars().any(char::is_uppercase))
            }
        };
        let flag = if any_case && text.chars().any(char::is_alphabetic) {
            "(?i)"
        } else {
            ""
        };
        (inverse, format!("{flag}{spelled}"))
    }

    /// A part of a line, whatever characters it has; smart case.
    pub fn literal(text: &str) -> Self {
        Self {
            matcher: literal_matcher(text),
            inverse: false,
        }
    }

    /// Just this, letter for letter: an id that is followed.
    pub fn exact(text: &str) -> Self {
        Self {
            matcher: Matcher::Exact(Box::new(Finder::new(text).into_owned())),
            inverse: false,
        }
    }

    /// A regular expression as `--grep` takes it; smart case, no `!` and no `'`.
    pub fn regex(text: &str) -> Result<Self, Fault> {
        Ok(Self {
            matcher: regex_matcher(text, 0)?,
            inverse: false,
        })
    }

    /// Whether it is one that lines must not have.
    pub fn is_inverse(&self) -> bool {
        self.inverse
    }

    /// Whether the line is one of those that are looked for.
    pub fn matches(&self, line: &str) -> bool {
        self.is_in(line) != self.inverse
    }

    fn is_in(&self, line: &str) -> bool {
        match &self.matcher {
            Matcher::Exact(finder) => finder.find(line.as_bytes()).is_some(),
            Matcher::Regex(regex) => regex.is_match(line),
        }
    }

    /// Where it is in the line, in order and apart; nowhere for an inverse one, whose lines have nothing to show.
    pub fn ranges<'a>(&'a self, line: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let line = if self.inverse { "" } else { line };
        let (exact, regex) = match &self.matcher {
            Matcher::Exact(finder) => {
                let length = finder.needle().len();
                (Some(finder.find_iter(line.as_bytes()).map(move |at| at..at + length)), None)
            }
            Matcher::Regex(regex) => (None, Some(regex.find_iter(line).map(|found| found.range()))),
        };
        let found = exact.into_iter().flatten().chain(regex.into_iter().flatten());
        found.filter(|range| !range.is_empty())
    }
}

/// Smart case: any case, unless there is an upper-case letter.
fn literal_matcher(text: &str) -> Matcher {
    let exact = || Matcher::Exact(Box::new(Finder::new(text).into_owned()));
    if text.chars().any(char::is_uppercase) || !text.chars().any(char::is_alphabetic) {
        return exact();
    }
    // Without Unicode's rules `k` is not also the sign of Kelvin, and the search stays one for bytes.
    let flags = if text.is_ascii() { "(?i-u:" } else { "(?i:" };
    builder(&format!("{flags}{})", regex::escape(text)))
        .build()
        .map_or_else(|_| exact(), Matcher::Regex)
}

fn regex_matcher(text: &str, skipped: usize) -> Result<Matcher, Fault> {
    let any_case = !has_upper_case(text);
    let built = builder(text).case_insensitive(any_case).build();
    built.map(Matcher::Regex).map_err(|error| fault(text, &error, skipped))
}

fn builder(text: &str) -> RegexBuilder {
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(1 << 20).dfa_size_limit(8 << 20).nest_limit(50);
    builder
}

/// Whether an upper-case letter was typed that is no part of an escape (`\S`, `\W`, `\pL`).
fn has_upper_case(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|c| match c {
        _ if escaped => {
            escaped = matches!(c, 'p' | 'P');
            false
        }
        '\\' => {
            escaped = true;
            false
        }
        c => c.is_uppercase(),
    })
}

/// Whether a text is meant as a regular expression. A dot alone is not: names and addresses are full of them.
fn is_regex(text: &str) -> bool {
    text.contains(['^', '$', '[', ']', '(', ')', '|', '+', '?', '\\']) || text.contains(".*")
}

/// The reason that the regex crate gives, without its drawing; the drawing says where.
fn fault(text: &str, error: &regex::Error, skipped: usize) -> Fault {
    if let regex::Error::CompiledTooBig(_) = error {
        return Fault {
            text: "this regular expression is too large".to_owned(),
            at: None,
        };
    }
    let drawn = error.to_string();
    let reason = drawn.lines().last().unwrap_or_default();
    let reason = reason.trim_start_matches("error: ").trim_end_matches('.');
    Fault {
        text: format!("not a regular expression: {reason}; put ' before it to look for it as it is"),
        at: caret(text, &drawn).map(|at| at + skipped),
    }
}

/// The character above the first `^` of the drawing.
fn caret(text: &str, drawn: &str) -> Option<usize> {
    let mut lines = drawn.lines().skip_while(|line| line.trim_start() != text.trim_start());
    let (line, marks) = (lines.next()?, lines.next()?);
    let indent = line.chars().count().checked_sub(text.chars().count())?;
    let at = marks.chars().position(|c| c == '^')?;
    at.checked_sub(indent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges(typed: &str, line: &str) -> Vec<(usize, usize)> {
        let pattern = Pattern::parse(typed).unwrap();
        pattern.ranges(line).map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn what_is_typed_means_what_one_expects() {
        for (typed, line, want) in [
            ("refused", "Connection REFUSED", true),
            ("Refused", "Connection REFUSED", false),
            ("Refused", "Refused", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10a0b0c1", false),
            ("time(d )?out", "Timed out", true),
            (r"\S+ED", "refused", false),
            (r"\S+ed", "REFUSED", true),
            (r"\d{3}$", "status 502", true),
            ("'a[0].b()", "x = A[0].b()", true),
            ("'[main]", "main", false),
            ("!healthz", "GET /healthz", false),
            ("!healthz", "GET /x", true),
            ("!'(", "f(x)", false),
            (r"\!important", "!important", true),
            (r"\!important", "important", false),
            ("", "anything", true),
            ("!", "anything", false),
            ("é", "É", true),
            ("k", "\u{212a}", false),
            ("a.*b", "a to b", true),
            ("{\"level\":50", "{\"level\":50}", true),
        ] {
            assert_eq!(Pattern::parse(typed).unwrap().matches(line), want, "{typed} in {line}");
        }
    }

    #[test]
    fn places_are_given_in_order_and_only_where_there_is_something_to_show() {
        assert_eq!(ranges("err", "Error, err"), [(0, 3), (7, 10)]);
        assert_eq!(ranges("Err", "Error, err"), [(0, 3)]);
        assert_eq!(ranges("e?", "eve"), [(0, 1), (2, 3)]);
        assert_eq!(ranges("!x", "x"), []);
        assert_eq!(ranges("", "x"), []);
    }

    #[test]
    fn a_mistake_is_a_sentence_with_its_place() {
        let fault = Pattern::parse("!a(b").unwrap_err();
        assert_eq!(fault.at, Some(2));
        assert_eq!(
            fault.to_string(),
            "not a regular expression: unclosed group; put ' before it to look for it as it is (at character 3)"
        );
        assert_eq!(Pattern::parse("é[z-a]").unwrap_err().at, Some(2));
        assert!(Pattern::parse("a{1000}{1000}(b)").unwrap_err().text.contains("too large"));
        assert!(Pattern::parse(&"x".repeat(5000)).is_err());
        assert!(Pattern::parse(&"(".repeat(3000)).is_err());
    }

    proptest! {
        #[test]
        fn a_literal_finds_itself(text in any::<String>(), around in "[a-z ]{0,9}") {
            let line = format!("{around}{text}{around}");
            prop_assert!(Pattern::literal(&text).matches(&line));
            prop_assert!(Pattern::exact(&text).matches(&line));
        }

        #[test]
        fn whatever_is_typed_is_searched_or_explained(typed in r"[!'\\\[\](){}^$|+?*a-cA-C.é]{0,12}", line in any::<String>()) {
            match Pattern::parse(&typed) {
                Ok(pattern) => {
                    for range in pattern.ranges(&line) {
                        prop_assert!(line.get(range).is_some());
                    }
                }
                Err(fault) => prop_assert!(!fault.text.is_empty() && !fault.text.contains('\n')),
            }
        }
    }
}
