//! Free text: log lines, messages, configuration files, annotations.

use std::borrow::Cow;
use std::ops::Range;

use regex::Regex;

use super::patterns::RULES;
use super::triggers::{self, Signs, signs};
use super::{MASK, is_secret_name};

/// Masks what looks like a secret in free text. The common case (nothing to hide) allocates nothing.
pub fn mask_text(text: &str) -> Cow<'_, str> {
    mask_with(text, &[])
}

/// The same, and whatever else the user has patterns for.
pub(super) fn mask_with<'a>(text: &'a str, more: &[Regex]) -> Cow<'a, str> {
    let mut out = Cow::Borrowed(text);
    // What is masked only takes signs away.
    let signs = signs(text);
    if signs == 0 && more.is_empty() {
        return out;
    }
    // What one rule leaves can be what another looks for, so until nothing changes.
    for _ in 0..8 {
        let Some(next) = round(&out, signs, more) else { break };
        out = Cow::Owned(next);
    }
    out
}

/// One pass of all rules; `None` where nothing was found.
fn round(text: &str, signs: Signs, more: &[Regex]) -> Option<String> {
    let mut now: Option<String> = None;
    for rule in RULES.iter() {
        let text = now.as_deref().unwrap_or(text);
        if !rule.applies(text, signs) {
            continue;
        }
        let found: Vec<_> = rule.find.captures_iter(text).filter_map(|c| (rule.part)(&c)).collect();
        now = replaced(text, &found).or(now);
    }
    for rule in more {
        let text = now.as_deref().unwrap_or(text);
        if !rule.is_match(text) {
            continue;
        }
        let found: Vec<_> = rule.captures_iter(text).filter_map(|c| user_part(text, &c)).collect();
        now = replaced(text, &found).or(now);
    }
    if signs & triggers::NAME == 0 {
        return now;
    }
    let text = now.as_deref().unwrap_or(text);
    replaced(text, &assignments(text)).or(now)
}

/// What a pattern of the user's hides: its first group, or all of it where it has none. Never a mask that is there already.
fn user_part(text: &str, found: &regex::Captures) -> Option<Range<usize>> {
    let range = found.get(1).or_else(|| found.get(0))?.range();
    let hidden = text.get(range.clone())?;
    hidden.chars().any(|c| !MASK.contains(c)).then_some(range)
}

/// The text with these stretches (in order, apart) masked; `None` where all of them already are.
fn replaced(text: &str, ranges: &[Range<usize>]) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for range in ranges {
        if range.start < done {
            continue;
        }
        let (Some(before), Some(hidden)) = (text.get(done..range.start), text.get(range.clone())) else {
            continue;
        };
        if !is_masked(hidden) {
            out.push_str(before);
            out.push_str(MASK);
            done = range.end;
        }
    }
    (done > 0).then(|| out + text.get(done..).unwrap_or_default())
}

/// The values of everything that reads as `name=value` or `name: value` and whose name is a secret's.
fn assignments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(next) = memchr::memchr2(b'=', b':', bytes.get(at..).unwrap_or_default()) {
        let separator = at + next;
        let pair = Pair::before(text, at, separator);
        at = separator + 1;
        let Some(pair) = pair else { continue };
        if text.get(pair.name.clone()).is_some_and(is_secret_name)
            && let Some(value) = pair.value()
        {
            at = value.end.max(at);
            found.push(value);
        }
    }
    found
}

/// What names are made of.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-')
}

/// A name with its separator, found in a text.
struct Pair<'a> {
    text: &'a str,
    name: Range<usize>,
    quoted: bool,
    separator: &'a str,
    end: usize,
}

impl<'a> Pair<'a> {
    /// The pair whose separator stands here, if a name does before it; not before `from`, where another pair ended. Between
    /// them there may be a quote (with backslashes before it) and a blank: `password=`, `"apiKey":`, `token :`.
    fn before(text: &'a str, from: usize, separator: usize) -> Option<Self> {
        let mut head = text.get(from..separator)?;
        let end = separator + 1;
        let mut sign = separator;
        if let Some(rest) = head.strip_suffix([' ', '\t']) {
            head = rest;
            sign -= 1;
        }
        let unquoted = head.strip_suffix(['"', '\'']);
        if let Some(rest) = unquoted {
            head = rest.trim_end_matches('\\');
        }
        let length = head.bytes().rev().take_while(|b| is_name(*b)).count();
        let name = from + head.len() - length..from + head.len();
        (length > 0).then_some(Self {
            text,
            name,
            quoted: unquoted.is_some(),
            separator: text.get(sign..end)?,
            end,
        })
    }

    /// Where the value is, if it is one that has to be hidden.
    fn value(&self) -> Option<Range<usize>> {
        let rest = self.text.get(self.end..)?;
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let start = self.end + blank;
        let rest = self.text.get(start..)?;
        let loose = self.separator.starts_with([' ', '\t']);
        let slashes = rest.len() - rest.trim_start_matches('\\').len();
        if let Some(quote) = rest
            .get(slashes..)
            .and_then(|r| r.chars().next())
            .filter(|c| matches!(c, '"' | '\''))
        {
            // `volume "x-token" : "y"` is a sentence; only a name that is quoted itself, or bound closely, has a value.
            if loose && !self.quoted && self.separator.ends_with(':') {
                return None;
            }
            let start = start + slashes + 1;
            let inside = self.text.get(start..)?;
            let end = start
                + if slashes == 0 {
                    closing(inside, quote)
                } else {
                    escaped_closing(inside, quote)
                };
            return self.checked(start..end);
        }
        // Structure is looked into, not hidden; `"x-token" : secret …` is a sentence, `"pin" : 1234` is JSON.
        let sentence = loose && self.quoted && !rest.starts_with(|c: char| c.is_ascii_digit());
        if rest.starts_with(['{', '[']) || sentence {
            return None;
        }
        if self.separator.ends_with(':') && !self.quoted {
            let name = self.text.get(self.name.clone())?;
            let before = self.text.get(..self.name.start)?.chars().next_back();
            let tight = blank == 0 && !rest.starts_with('\n');
            // `repo/token:v1`, `arn:…:secret:name`, `token-service:8080` name things.
            let address =
                name.contains('/') || matches!(before, Some(':' | '/' | '@')) || rest.starts_with(|c: char| c.is_ascii_digit() || c == '/');
            if loose || tight && address {
                return None;
            }
        } else if loose && !self.quoted && blank == 0 && rest.starts_with('=') {
            return None;
        }
        self.checked(start..start + self.bare(rest)?)
    }

    /// The length of a value without quotes. Looks no further than it must: a line may be very long and
    /// full of these.
    fn bare(&self, rest: &str) -> Option<usize> {
        // In a file of settings the value is the rest of the line; in a log line, or a sentence, a word of it.
        if !self.quoted && self.alone()? && (self.text.contains('\n') || !goes_on(rest)) {
            return Some(rest.split('\n').next()?.trim_end().len());
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&' | ')' | '}' | ']' | '<' | '>'))
            .unwrap_or(rest.len());
        let letters = || rest.get(..end).is_some_and(|value| value.bytes().all(|b| b.is_ascii_alphabetic()));
        let prose = self.separator.ends_with(':') && !self.quoted && letters() && goes_on(rest);
        (!prose).then_some(end)
    }

    /// Whether nothing stands before the name on its line, but what may in a file of settings.
    fn alone(&self) -> Option<bool> {
        let blank = [' ', '\t'];
        let head = self.text.get(..self.name.start)?.trim_end_matches(blank);
        let head = ["export", "-"].iter().find_map(|word| head.strip_suffix(word)).unwrap_or(head);
        let head = head.trim_end_matches(blank);
        Some(head.is_empty() || head.ends_with('\n'))
    }

    fn checked(&self, range: Range<usize>) -> Option<Range<usize>> {
        (!is_trivial(self.text.get(range.clone())?)).then_some(range)
    }
}

/// A word that is longer than this (bytes) is no word of a sentence.
const WORD: usize = 1 << 10;

/// Whether more words follow on the line after the first one.
fn goes_on(text: &str) -> bool {
    let near = text
        .char_indices()
        .take_while(|(at, _)| *at < WORD)
        .find(|(_, c)| c.is_whitespace());
    near.and_then(|(at, _)| text.get(at..))
        .map(|after| after.trim_start_matches([' ', '\t', '\r']))
        .is_some_and(|after| !after.is_empty() && !after.starts_with('\n'))
}

/// How far it is to the closing quote; to the end where there is none.
fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return i,
            _ => {}
        }
    }
    text.len()
}

/// The same for `\"…\"` (JSON within JSON): the backslashes before the quote belong to it.
fn escaped_closing(text: &str, quote: char) -> usize {
    let end = text.find(quote).unwrap_or(text.len());
    text.get(..end).map_or(end, |inside| inside.trim_end_matches('\\').len())
}

/// Values that give nothing away, and help when they are seen: switches, placeholders, masks.
pub(super) fn is_trivial(value: &str) -> bool {
    let value = value.trim();
    matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "true" | "false" | "null" | "none" | "nil" | "~" | "undefined" | "unset" | "<nil>" | "<none>" | "|" | "|-" | ">" | ">-"
    ) || value.chars().all(|c| c == '*')
        || (value.starts_with("$(") && value.ends_with(')'))
        || (value.starts_with("${") && value.ends_with('}'))
        || is_masked(value)
}

/// Whether this is already a mask, and nothing but a mask.
pub(super) fn is_masked(value: &str) -> bool {
    let Some(rest) = value.trim().strip_prefix(MASK) else {
        return false;
    };
    match rest.strip_prefix(' ') {
        None => rest.is_empty(),
        Some("(holds secret values)" | "(not readable)" | "(not base64)") => true,
        Some(size) => {
            let digits = size.trim_end_matches("s").strip_suffix(" byte").unwrap_or_default();
            !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|b| b.is_ascii_digit())
        }
    }
}
