//! Lines in logfmt: `ts=… level=info msg="…" id=7`.

use std::borrow::Cow;

use super::{FIELDS, Parsed, Shape, object};
use crate::reading::time;

type Field<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A line of pairs and nothing else, at least two of them.
pub(super) fn parse(text: &str) -> Option<Parsed<'_>> {
    let found = pairs(text);
    if found.len() < 2 {
        return None;
    }
    let mut parsed = Parsed {
        shape: Shape::Logfmt,
        ..Parsed::default()
    };
    let mut cause = None;
    for (key, value) in found {
        match &*key {
            _ if parsed.time.is_none() && time::is_time_key(key.as_bytes()) && time::value(value.as_bytes()).is_some() => {
                parsed.time = time::value(value.as_bytes());
            }
            "level" | "lvl" | "severity" => {}
            "msg" | "message" if parsed.message.is_empty() => parsed.message = value,
            "err" | "error" if cause.is_none() && !value.is_empty() => {
                cause = Some(value.clone());
                parsed.fields.push((key, value));
            }
            _ => parsed.fields.push((key, value)),
        }
    }
    object::append(&mut parsed.message, cause);
    Some(parsed)
}

/// The pairs of a text, if it consists of them; none otherwise.
pub(super) fn pairs(text: &str) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && found.len() < FIELDS {
        let Some((key, after)) = rest.split_once('=') else {
            return Vec::new();
        };
        if key.is_empty()
            || !key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/' | b'@' | b':'))
        {
            return Vec::new();
        }
        let (value, after) = match quoted(after) {
            Some(both) => both,
            None => {
                let end = after.find(' ').unwrap_or(after.len());
                let (value, after) = after.split_at(end);
                (Cow::Borrowed(value), after)
            }
        };
        found.push((Cow::Borrowed(key), value));
        rest = after.trim_start();
    }
    found
}

/// A text in quotes at the beginning, without them; and what comes after.
pub(super) fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inside = text.strip_prefix('"')?;
    let end = crate::reading::keys::end_of_string(inside.as_bytes())?;
    let (value, rest) = (inside.get(..end)?, inside.get(end + 1..)?);
    if !value.contains('\\') {
        return Some((Cow::Borrowed(value), rest));
    }
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            // A line stays a line, and what may not be shown stays as it was written.
            '\\' => match chars.next() {
                Some('n' | 't' | 'r') => out.push(' '),
                Some(c @ ('"' | '\\' | '/')) => out.push(c),
                other => {
                    out.push('\\');
                    out.extend(other);
                }
            },
            c => out.push(c),
        }
    }
    Some((Cow::Owned(out), rest))
}

/// The message of a line in logfmt as it is written, for what only compares messages.
pub(in crate::reading) fn message(text: &str) -> Option<&str> {
    let at = ["msg=", "message="].into_iter().find_map(|key| {
        let at = memchr::memmem::find(text.as_bytes(), key.as_bytes())?;
        let begins = at == 0 || text.as_bytes().get(at - 1) == Some(&b' ');
        begins.then_some(at + key.len())
    })?;
    // A sentence with `msg=` in it is no logfmt.
    let first = text.split(' ').next().unwrap_or_default();
    if !first.contains('=') {
        return None;
    }
    let value = text.get(at..)?;
    match value.strip_prefix('"') {
        Some(inside) => inside.get(..crate::reading::keys::end_of_string(inside.as_bytes()).unwrap_or(inside.len())),
        None => value.split(' ').next(),
    }
}
