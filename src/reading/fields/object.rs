//! Lines in JSON.

use std::borrow::Cow;

use super::{FIELDS, Parsed, Shape};
use crate::model::clean;
use crate::reading::{json, time};

/// A line that is an object, and nothing but that.
pub(super) fn parse(text: &str) -> Option<Parsed<'_>> {
    let end = json::extent(text)?;
    if !text.get(end..)?.trim().is_empty() {
        return None;
    }
    let mut parsed = Parsed {
        shape: Shape::Json,
        ..Parsed::default()
    };
    let mut cause = None;
    for (key, raw) in json::pairs(text, FIELDS)? {
        take(&mut parsed, &mut cause, clean_cow(key), raw);
    }
    append(&mut parsed.message, cause);
    parsed.fields.truncate(FIELDS);
    Some(parsed)
}

fn take<'a>(parsed: &mut Parsed<'a>, cause: &mut Option<Cow<'a, str>>, key: Cow<'a, str>, raw: &'a str) {
    match &*key {
        _ if parsed.time.is_none()
            && time::is_time_key(key.as_bytes())
            && let Some(nanos) = time_of(raw) =>
        {
            parsed.time = Some(nanos);
        }
        "level" | "severity" | "lvl" | "levelname" | "log.level" if !raw.starts_with(['{', '[']) => {}
        key if is_message_key(key.as_bytes()) && parsed.message.is_empty() && raw.starts_with('"') => parsed.message = value(raw),
        _ => {
            if cause.is_none() && matches!(&*key, "err" | "error" | "exception") {
                *cause = cause_of(raw);
            }
            flatten(parsed, key, raw);
        }
    }
}

/// Whether a field of this name is the message of its line.
pub(in crate::reading) fn is_message_key(key: &[u8]) -> bool {
    matches!(
        key,
        b"msg" | b"message" | b"Message" | b"@m" | b"@mt" | b"body" | b"Body" | b"short_message" | b"textPayload" | b"log" | b"event"
    )
}

fn time_of(raw: &str) -> Option<i64> {
    if raw.starts_with('{') {
        // MongoDB: `{"$date":"…"}`.
        return json::pairs(raw, 2)?.into_iter().find_map(|(_, raw)| time_of(raw));
    }
    time::value(raw.trim_matches('"').as_bytes())
}

/// What an error says: itself, or its message.
fn cause_of(raw: &str) -> Option<Cow<'_, str>> {
    if raw.starts_with('"') {
        return Some(value(raw)).filter(|text| !text.is_empty());
    }
    let pairs = json::pairs(raw, FIELDS)?;
    pairs
        .into_iter()
        .find(|(key, raw)| matches!(&**key, "message" | "msg" | "reason") && raw.starts_with('"'))
        .map(|(_, raw)| value(raw))
        .filter(|text| !text.is_empty())
}

/// `request failed` says less than what failed.
pub(super) fn append<'a>(message: &mut Cow<'a, str>, cause: Option<Cow<'a, str>>) {
    match cause {
        Some(cause) if message.is_empty() => *message = cause,
        Some(cause) if !message.contains(&*cause) => *message = Cow::Owned(format!("{message}: {cause}")),
        _ => {}
    }
}

/// A field; the pairs of an object each as one.
fn flatten<'a>(parsed: &mut Parsed<'a>, key: Cow<'a, str>, raw: &'a str) {
    let pairs = if raw.starts_with('{') { json::pairs(raw, FIELDS) } else { None };
    match pairs {
        Some(pairs) if !pairs.is_empty() => {
            for (inner, raw) in pairs {
                parsed.fields.push((Cow::Owned(format!("{key}.{}", clean(&inner))), value(raw)));
            }
        }
        _ => parsed.fields.push((key, value(raw))),
    }
}

/// A value as it is shown: a string without its quotes, in one line; anything else as compact JSON.
fn value(raw: &str) -> Cow<'_, str> {
    match json::string(raw) {
        Some(text) => clean_cow(text),
        None => json::compact(raw),
    }
}

/// Escapes may hold what a terminal would obey (`\u001b`); it is made visible.
fn clean_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => clean(text),
        Cow::Owned(text) => match clean(&text) {
            Cow::Owned(cleaned) => Cow::Owned(cleaned),
            Cow::Borrowed(_) => Cow::Owned(text),
        },
    }
}
