//! Reading a document that may be anything: what is not there, or is of another type, reads as empty.

use serde_json::{Map, Value};

use crate::model::{Time, short_age, shorten};

/// The value at a JSON pointer; `null` where there is none.
pub fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The text at a pointer.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    at(value, pointer).as_str().unwrap_or_default()
}

/// The number at a pointer, if there is one.
pub fn number(value: &Value, pointer: &str) -> Option<i64> {
    at(value, pointer).as_i64()
}

/// The elements at a pointer.
pub fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    at(value, pointer).as_array().map_or(&[], Vec::as_slice)
}

/// The entries at a pointer, by key.
pub fn map<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    at(value, pointer).as_object().into_iter().flat_map(Map::iter)
}

/// A plain value as text: `null` is empty, lists and maps are JSON.
pub fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value at a pointer as text.
pub fn plain(value: &Value, pointer: &str) -> String {
    scalar(at(value, pointer))
}

/// A duration that somebody set, exactly: `9 s`, `5m`, `1m30s`, `2h`. (An age is rounded; a setting is not.)
pub fn span(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    let seconds = seconds.max(0);
    let (hours, minutes, rest) = (seconds / HOUR, seconds / MINUTE % 60, seconds % MINUTE);
    let mut text = String::new();
    for (n, unit) in [(hours, "h"), (minutes, "m"), (rest, if seconds < MINUTE { " s" } else { "s" })] {
        if n > 0 {
            text.push_str(&format!("{n}{unit}"));
        }
    }
    if text.is_empty() { "0 s".into() } else { text }
}

/// The duration in seconds at a pointer, as [`span`] writes it; empty where there is none.
pub fn span_at(value: &Value, pointer: &str) -> String {
    number(value, pointer).map(span).unwrap_or_default()
}

/// `1 pod`, `3 pods`
pub fn count(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The elements of a list of plain values, in one line: `a, b`.
pub fn joined(value: &Value, pointer: &str) -> String {
    list(value, pointer).iter().map(scalar).collect::<Vec<_>>().join(", ")
}

/// Whether something is set to true.
pub fn is_true(value: &Value, pointer: &str) -> bool {
    at(value, pointer) == &Value::Bool(true)
}

/// On one line, and not endlessly long.
pub fn one_line(text: &str, max: usize) -> String {
    if text.contains('\n') {
        let joined: Vec<&str> = text.split_whitespace().collect();
        return shorten(&joined.join(" "), max).into_owned();
    }
    shorten(text.trim(), max).into_owned()
}

/// `2026-11-23 03:40:37Z (20m ago)`; empty where the time is not known.
pub fn date(time: Time, now: Time) -> String {
    if !time.is_known() {
        return String::new();
    }
    let Ok(stamp) = jiff::Timestamp::from_second(time.0) else {
        return String::new();
    };
    let day = stamp.strftime("%Y-%m-%d %H:%M:%SZ");
    if time > now + 1 {
        return format!("{day} (in {})", short_age(time - now));
    }
    format!("{day} ({} ago)", short_age(time.age(now)))
}

/// The time at a pointer, as [`date`] writes it.
pub fn when(value: &Value, pointer: &str, now: Time) -> String {
    date(Time::parse(text(value, pointer)), now)
}

/// How long ago the time at a pointer is: `20m`; empty where it is not known.
pub fn ago(value: &Value, pointer: &str, now: Time) -> String {
    match Time::parse(text(value, pointer)) {
        time if time.is_known() => short_age(time.age(now)),
        _ => String::new(),
    }
}

/// `a=b, c=d`
pub fn pairs(value: &Value, pointer: &str) -> String {
    let pairs: Vec<_> = map(value, pointer).map(|(k, v)| format!("{k}={}", scalar(v))).collect();
    pairs.join(", ")
}

/// A label selector, as kubectl writes it: `app=a,tier in (b,c),!d`.
pub fn selector(value: &Value, pointer: &str) -> String {
    let selector = at(value, pointer);
    let mut terms: Vec<String> = map(selector, "/matchLabels").map(|(k, v)| format!("{k}={}", scalar(v))).collect();
    for term in list(selector, "/matchExpressions") {
        let key = text(term, "/key");
        let values: Vec<_> = list(term, "/values").iter().map(scalar).collect();
        let values = values.join(",");
        terms.push(match text(term, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            other => format!("{key} {other} ({values})"),
        });
    }
    terms.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_that_was_set_is_told_exactly() {
        for (seconds, text) in [
            (-1, "0 s"),
            (0, "0 s"),
            (9, "9 s"),
            (59, "59 s"),
            (60, "1m"),
            (90, "1m30s"),
            (600, "10m"),
            (3_605, "1h5s"),
            (i64::MAX, "2562047788015215h30m7s"),
        ] {
            assert_eq!(span(seconds), text, "{seconds} s");
        }
    }
}
