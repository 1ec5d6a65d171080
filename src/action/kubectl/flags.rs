//! Flags as kubectl's own reader takes them: `-n ns`, `-nns`, `-n=ns`, `--namespace ns`, `--namespace=ns`, `-it`, anywhere on the
//! line up to a `--`.

use std::ops::Range;
use std::str::FromStr;

use super::super::{Given, Word};
use super::words::Spanned;
use super::{Fault, unsupported};
use crate::config::nearest;

/// A flag of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    pub long: &'static str,
    pub short: Option<char>,
    pub takes: Takes,
}

/// What stands behind a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `=true`, `=false`.
    Nothing,
    /// A value, behind `=` or as the next word.
    Value,
    /// A value behind `=`; without one, this.
    Maybe(&'static str),
}

/// A flag that takes a value.
pub const fn value(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        takes: Takes::Value,
    }
}

/// A flag that is on or off.
pub const fn switch(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        takes: Takes::Nothing,
    }
}

impl Flag {
    /// With its letter.
    pub const fn short(self, short: char) -> Self {
        Self {
            short: Some(short),
            ..self
        }
    }
}

pub const DRY_RUN: Flag = Flag {
    long: "dry-run",
    short: None,
    takes: Takes::Maybe("client"),
};
pub const SELECTOR: Flag = value("selector").short('l');
pub const FIELDS: Flag = value("field-selector");
pub const CONTAINER: Flag = value("container").short('c');
pub const ALL_NAMESPACES: Flag = switch("all-namespaces").short('A');
pub const ALL: Flag = switch("all");
pub const OUTPUT: Flag = value("output").short('o');
pub const WATCH: Flag = switch("watch").short('w');
pub const TIMEOUT: Flag = value("timeout");
pub const STDIN: Flag = switch("stdin").short('i');
pub const TTY: Flag = switch("tty").short('t');
pub const QUIET: Flag = switch("quiet").short('q');

/// Flags of every verb.
pub const GLOBAL: [Flag; 2] = [value("namespace").short('n'), value("context")];

/// What stands behind a verb, taken apart.
#[derive(Debug)]
pub struct Args {
    /// The verb, for sentences: `rollout undo`.
    pub verb: &'static str,
    /// Where something that is missing would stand.
    pub end: usize,
    /// Words that are no flags, before a `--`.
    pub words: Vec<Spanned>,
    /// What stands behind a `--`, where there is one.
    pub command: Option<Vec<Spanned>>,
    given: Vec<(&'static str, Spanned)>,
    known: Vec<&'static str>,
}

impl Args {
    /// Takes the words behind a verb apart.
    ///
    /// # Errors
    ///
    /// A flag that the verb does not have, or that we do not do; a value that is missing.
    pub fn read(verb: &'static str, flags: &[Flag], words: Vec<Spanned>, end: usize) -> Result<Self, Fault> {
        let flags: Vec<Flag> = flags.iter().chain(&GLOBAL).copied().collect();
        let mut args = Self {
            verb,
            end,
            words: Vec::new(),
            command: None,
            given: Vec::new(),
            known: flags.iter().map(|flag| flag.long).collect(),
        };
        let mut words = words.into_iter();
        while let Some(spanned) = words.next() {
            if !spanned.is_flag()? {
                args.words.push(spanned);
            } else if spanned.word.plain() == Some("--") {
                args.command = Some(words.collect());
                break;
            } else if spanned.word.start().starts_with("--") {
                args.long(&flags, spanned, &mut words)?;
            } else {
                args.letters(&flags, spanned, &mut words)?;
            }
        }
        Ok(args)
    }

    fn long(&mut self, flags: &[Flag], spanned: Spanned, words: &mut impl Iterator<Item = Spanned>) -> Result<(), Fault> {
        let Spanned { word, span, .. } = spanned;
        let (name, value) = word
            .split_once('=')
            .map_or((word.clone(), None), |(name, value)| (name, Some(value)));
        let said = name.said();
        let name = said.trim_start_matches('-');
        let Some(flag) = flags.iter().find(|flag| flag.long == name) else {
            return Err(unknown(self.verb, flags, name, None, span));
        };
        let value = match (value, flag.takes) {
            (Some(word), _) => Spanned::new(word, span),
            (None, Takes::Nothing) => Spanned::new("true", span),
            (None, Takes::Maybe(value)) => Spanned::new(value, span),
            (None, Takes::Value) => words.next().ok_or_else(|| no_value(&said, span))?,
        };
        self.given.push((flag.long, value));
        Ok(())
    }

    fn letters(&mut self, flags: &[Flag], spanned: Spanned, words: &mut impl Iterator<Item = Spanned>) -> Result<(), Fault> {
        let Spanned { word, span, .. } = spanned;
        let mut rest = word.strip_prefix("-").unwrap_or_default();
        while let Some(letter) = rest.start().chars().next() {
            let Some(flag) = flags.iter().find(|flag| flag.short == Some(letter)) else {
                return Err(unknown(self.verb, flags, &letter.to_string(), Some(letter), span));
            };
            let after = rest.strip_prefix(letter.encode_utf8(&mut [0; 4])).unwrap_or_default();
            let value = match (flag.takes, after.strip_prefix("=")) {
                (_, Some(word)) => word,
                (Takes::Value, None) if after.is_empty() => {
                    let next = words.next().ok_or_else(|| no_value(&format!("-{letter}"), span))?;
                    self.given.push((flag.long, next));
                    return Ok(());
                }
                (Takes::Value, None) => after,
                (Takes::Nothing | Takes::Maybe(_), None) => {
                    let word: Word = if let Takes::Maybe(value) = flag.takes {
                        value.into()
                    } else {
                        "true".into()
                    };
                    self.given.push((flag.long, Spanned::new(word, span.clone())));
                    rest = after;
                    continue;
                }
            };
            self.given.push((flag.long, Spanned::new(value, span)));
            return Ok(());
        }
        match rest.is_empty() {
            true => Ok(()),
            false => {
                Err(Fault::new(span, format!("`{}` is no letter of a flag", rest.said()))
                    .hint("flags themselves cannot be left to fill in"))
            }
        }
    }

    /// Whether the verb has a flag.
    pub fn has(&self, flag: &str) -> bool {
        self.known.contains(&flag)
    }

    /// The value of a flag; the last one, where it is given more than once.
    pub fn last(&self, flag: &'static str) -> Option<&Spanned> {
        debug_assert!(self.known.contains(&flag), "{flag} is in no table of {}", self.verb);
        self.given.iter().rev().find(|(name, _)| *name == flag).map(|(_, value)| value)
    }

    /// The word behind a flag.
    pub fn word(&self, flag: &'static str) -> Option<Word> {
        self.last(flag).map(|value| value.word.clone())
    }

    /// All values of a flag that may be given more than once; each may be a list with commas.
    pub fn list(&self, flag: &'static str) -> Vec<Word> {
        self.each(flag).flat_map(|value| value.word.split(',')).collect()
    }

    /// All values of a flag that may be given more than once.
    pub fn each(&self, flag: &'static str) -> impl Iterator<Item = &Spanned> {
        debug_assert!(self.known.contains(&flag), "{flag} is in no table of {}", self.verb);
        self.given.iter().filter(move |(name, _)| *name == flag).map(|(_, value)| value)
    }

    /// Whether a flag is on; off, where it is not given.
    pub fn on(&self, flag: &'static str) -> Result<bool, Fault> {
        self.on_or(flag, false)
    }

    /// Whether a flag is on, or what holds where it is not given.
    pub fn on_or(&self, flag: &'static str, otherwise: bool) -> Result<bool, Fault> {
        let Some(value) = self.last(flag) else { return Ok(otherwise) };
        // As Go reads truth.
        match value.word.plain() {
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
            _ => Err(
                Fault::new(value.span.clone(), format!("`--{flag}` is on or off, not `{}`", value.word.said()))
                    .hint(format!("--{flag} or --{flag}=false")),
            ),
        }
    }

    /// A number or a duration; `example` says how one is written.
    pub fn given<T: FromStr>(&self, flag: &'static str, example: &str) -> Result<Option<Given<T>>, Fault> {
        let Some(value) = self.last(flag) else { return Ok(None) };
        given(value, &format!("`--{flag}`"), example).map(Some)
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, flag: &'static str, choices: &[(&str, T)]) -> Result<Option<T>, Fault> {
        let Some(value) = self.last(flag) else { return Ok(None) };
        let found = value.word.plain().and_then(|text| choices.iter().find(|(name, _)| *name == text));
        match found {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
                Err(
                    Fault::new(value.span.clone(), format!("`--{flag}` cannot be `{}`", value.word.said()))
                        .hint(format!("one of {}", names.join(", "))),
                )
            }
        }
    }

    /// The fault of something that is missing at the end.
    pub fn missing(&self, what: &str, example: &str) -> Fault {
        Fault::new(self.end..self.end, format!("`{}` needs {what}", self.verb)).hint(format!("as in kubectl {example}"))
    }

    /// Refuses words that are left over.
    pub fn no_more(&self, from: usize, hint: &str) -> Result<(), Fault> {
        match self.words.get(from) {
            Some(word) => Err(Fault::new(
                word.span.clone(),
                format!("`{}` is one word too many for `{}`", word.word.said(), self.verb),
            )
            .hint(hint)),
            None => Ok(()),
        }
    }

    /// Refuses a `--`, which leads to a command that only some verbs have.
    pub fn no_command(&self) -> Result<(), Fault> {
        match self.command.as_ref().and_then(|command| command.first()) {
            Some(word) => {
                Err(Fault::new(word.span.clone(), format!("`{}` runs no command", self.verb)).hint("leave out the `--` and what follows"))
            }
            None => Ok(()),
        }
    }
}

/// A value of a word, or the word, where it is still to be filled in.
pub fn given<T: FromStr>(value: &Spanned, what: &str, example: &str) -> Result<Given<T>, Fault> {
    match value.word.plain() {
        None => Ok(Given::Open(value.word.clone())),
        Some(text) => match text.parse() {
            Ok(value) => Ok(Given::Value(value)),
            Err(_) => Err(Fault::new(value.span.clone(), format!("{what} cannot be `{text}`")).hint(format!("as in {example}"))),
        },
    }
}

fn no_value(flag: &str, span: Range<usize>) -> Fault {
    Fault::new(span, format!("`{flag}` needs a value")).hint("it follows as the next word, or after a `=`")
}

/// The fault of a flag that is in no table.
fn unknown(verb: &'static str, flags: &[Flag], name: &str, letter: Option<char>, span: Range<usize>) -> Fault {
    let said = if letter.is_some() {
        format!("-{name}")
    } else {
        format!("--{name}")
    };
    if let Some(hint) = unsupported::flag(verb, name) {
        return Fault::new(span, format!("`{said}` is a flag of kubectl that qd does not do")).hint(hint);
    }
    let names: Vec<&str> = flags.iter().map(|flag| flag.long).collect();
    let hint = match nearest(name, &names).filter(|_| letter.is_none()) {
        Some(near) => format!("did you mean `--{near}`?"),
        None => String::new(),
    };
    Fault::new(span, format!("`{verb}` has no flag `{said}`")).hint(hint)
}
