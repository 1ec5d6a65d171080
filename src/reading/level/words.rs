//! The level of a line in words: `2026-11-28 03:00:00 [main] ERROR …`, `[error]`, `Error: …`, `panic: …`.
//!
//! Where programs put their level the word is in capitals, in brackets, before a colon, or the first one after the
//! time. Elsewhere it is part of a sentence, and the sentence may say the opposite.

use super::{Level, word};

/// How far from its beginning a line is looked at.
const HEAD: usize = 200;
/// And how many words of it; fewer once a sentence has begun.
const WORDS: usize = 14;
/// So many small words are a sentence.
const SENTENCE: usize = 3;

/// A word, and what stands around it.
struct Token<'a> {
    word: &'a [u8],
    before: Option<u8>,
    after: Option<u8>,
    /// Whether it begins the line, or follows a colon and a blank.
    begins: bool,
}

/// The level that the beginning of a line names.
pub(super) fn level(bytes: &[u8]) -> Level {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let found = beginning(head);
    if found != Level::Unknown {
        return found;
    }
    let (mut small, mut plain) = (0, 0);
    let mut last: &[u8] = b"";
    for token in tokens(head).take(WORDS) {
        if token.word.contains(&b'=') {
            // Pairs are looked at by those who know them.
            return Level::Unknown;
        }
        let found = word::named(token.word);
        if found != Level::Unknown && token.names(found, plain == 0) && !token.is_denied(last) {
            return found;
        }
        if token.is_small() {
            small += 1;
        }
        if small >= SENTENCE {
            break;
        }
        plain += usize::from(token.is_plain());
        last = token.word;
    }
    Level::Unknown
}

/// Lines that begin with what went wrong: `panic: …`, `TypeError: …`, `Traceback (most recent call last):`.
pub(in crate::reading) fn beginning(head: &[u8]) -> Level {
    match head.first() {
        Some(b'p') if head.starts_with(b"panic: ") => return Level::Fatal,
        Some(b'f') if head.starts_with(b"fatal error: ") => return Level::Fatal,
        Some(b't') if head.starts_with(b"thread '") && memchr::memmem::find(head, b"' panicked at ").is_some() => return Level::Fatal,
        Some(b'T') if head.starts_with(b"Traceback (most recent call last)") => return Level::Error,
        Some(b'E') if head.starts_with(b"Exception in thread ") => return Level::Error,
        Some(b'U' | b'u')
            if head.starts_with(b"Unhandled ") || head.starts_with(b"Uncaught ") || head.starts_with(b"Unhandled exception") =>
        {
            return Level::Error;
        }
        _ => {}
    }
    if is_exception(head) { Level::Error } else { Level::Unknown }
}

/// Whether a line begins with the name of an exception and a colon: `java.lang.IllegalStateException: …`, `TypeError: …`.
pub(in crate::reading) fn is_exception(head: &[u8]) -> bool {
    let end = head
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$')))
        .unwrap_or(head.len());
    let (Some(name), after) = (head.get(..end), head.get(end)) else {
        return false;
    };
    matches!(after, None | Some(b':')) && name.len() > 5 && (name.ends_with(b"Error") || name.ends_with(b"Exception"))
}

impl Token<'_> {
    /// Whether this word, which is one for a level, stands where levels stand.
    fn names(&self, level: Level, first: bool) -> bool {
        let bracketed =
            matches!(self.after, Some(b']' | b'>' | b')' | b'|')) && !matches!(self.before, Some(b' ') | None) || self.before == Some(b'|');
        let colon = self.after == Some(b':');
        if self.word.len() <= 2 {
            // One letter is a level only where nothing else can stand.
            return self.word.len() == 1 && self.is_capital() && self.before == Some(b'[') && self.after == Some(b']');
        }
        if self.is_capital() && !self.is_doubtful() {
            return true;
        }
        match self.is_doubtful() {
            true => bracketed || colon && (first || self.is_capital()),
            false => bracketed || colon && (first || self.begins || level >= Level::Error) || first && self.before.is_some(),
        }
    }

    /// Words that mean other things too need more around them.
    fn is_doubtful(&self) -> bool {
        let doubtful: [&[u8]; 8] = [b"log", b"fine", b"note", b"http", b"config", b"fail", b"alert", b"silly"];
        doubtful.iter().any(|word| self.word.eq_ignore_ascii_case(word))
    }

    /// `0 errors`, `no error`: the word before says that there is none.
    fn is_denied(&self, last: &[u8]) -> bool {
        self.before == Some(b' ')
            && [&b"no"[..], b"0", b"without", b"zero", b"not", b"any", b"non"]
                .into_iter()
                .any(|no| last.eq_ignore_ascii_case(no))
    }

    fn is_capital(&self) -> bool {
        self.word.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    }

    /// A word of a sentence.
    fn is_small(&self) -> bool {
        self.word.len() > 1 && self.word.iter().all(u8::is_ascii_lowercase) && self.after == Some(b' ') && self.before == Some(b' ')
    }

    /// A word that is no part of a time, and does not say where the line came from.
    fn is_plain(&self) -> bool {
        self.word.len() > 1
            && self.word.iter().all(u8::is_ascii_alphabetic)
            && self.after != Some(b']')
            && !MONTHS_AND_DAYS.iter().any(|name| self.word.eq_ignore_ascii_case(name))
    }
}

const MONTHS_AND_DAYS: [&[u8]; 24] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri",
    b"Sat", b"Sun", b"UTC", b"GMT", b"CET", b"stdout", b"stderr",
];

/// The words of a line: what is between blanks, brackets, colons and the like.
fn tokens(head: &[u8]) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = head.get(at..)?;
        let start = at + rest.iter().position(|b| !is_border(*b))?;
        let rest = head.get(start..)?;
        let end = start + rest.iter().position(|b| is_border(*b)).unwrap_or(rest.len());
        at = end;
        Some(Token {
            word: head.get(start..end)?,
            before: start.checked_sub(1).and_then(|i| head.get(i)).copied(),
            after: head.get(end).copied(),
            begins: head.get(..start).is_some_and(|before| before.is_empty() || before.ends_with(b": ")),
        })
    })
}

fn is_border(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'[' | b']' | b'(' | b')' | b'<' | b'>' | b':' | b'|' | b',' | b'"' | b'\'' | b'!' | b';' | b'*'
    )
}
