//! How one line reads: level, message and fields where it is structured, else as it came.

use super::LogView;
use crate::model::Time;
use crate::reading::{Level, Parsed, Shape, parse, pretty};
use crate::store::book::{Entry, RowKind};
use crate::ui::theme::Role;

/// Fields that every line of a program has the same, or that stand elsewhere already.
const DULL: &[&str] = &[
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "pid",
    "hostname",
    "v",
    "version",
    "name",
    "level",
    "severity",
];

/// The parts of a line with their meanings, without its time and source.
pub fn of(view: &LogView, entry: &Entry<'_>) -> Vec<(Role, String)> {
    if let RowKind::Note(kind) = entry.kind {
        return vec![(Role::Stale, format!("── {}: {} ──", kind.word(), entry.text))];
    }
    let role = role(entry.level());
    // Where it went wrong stands in the first line; the frames below it say less.
    if matches!(entry.kind, RowKind::More(_)) {
        return vec![(Role::Muted, entry.text.to_owned())];
    }
    if view.raw {
        return vec![(role, entry.text.to_owned())];
    }
    let parsed = parse(entry.text, Time(entry.nanos / 1_000_000_000));
    if parsed.shape == Shape::Plain {
        return vec![(role, entry.text.to_owned())];
    }
    structured(view, &parsed, entry.level())
}

fn structured(view: &LogView, parsed: &Parsed<'_>, level: Level) -> Vec<(Role, String)> {
    let word = level.word();
    let mut parts = Vec::new();
    if !word.is_empty() {
        parts.push((role(level), format!("{word:5} ")));
    }
    let message = match level {
        Level::Trace | Level::Debug => Role::Muted,
        Level::Unknown | Level::Info => Role::Text,
        Level::Warn | Level::Error | Level::Fatal => role(level),
    };
    parts.push((message, parsed.message.to_string()));
    let shown = |name: &str| {
        if view.fields.is_empty() {
            !DULL.contains(&name)
        } else {
            view.fields.contains(name)
        }
    };
    for (name, value) in parsed.fields.iter().filter(|(name, _)| shown(name)) {
        parts.push((Role::Muted, format!("  {name}=")));
        parts.push((Role::SyntaxText, value.to_string()));
    }
    parts
}

/// A structured line as text: level, message and fields. `None`: it is read as it came.
pub fn readable(text: &str) -> Option<String> {
    let parsed = parse(text, Time::NEVER);
    if parsed.shape == Shape::Plain {
        return None;
    }
    let mut out = format!("{:5} {}", crate::reading::level(text).word(), parsed.message);
    for (name, value) in parsed.fields.iter().filter(|(name, _)| !DULL.contains(&&**name)) {
        out.push_str(&format!("  {name}={value}"));
    }
    Some(out)
}

/// How a level looks.
pub fn role(level: Level) -> Role {
    match level {
        Level::Error | Level::Fatal => Role::Bad,
        Level::Warn => Role::Warning,
        Level::Trace | Level::Debug => Role::Muted,
        Level::Unknown | Level::Info => Role::Text,
    }
}

/// A line in full, so wide: its fields one below the other, or its text in pieces.
pub fn whole(entry: &Entry<'_>, wide: usize) -> Vec<String> {
    let rows = pretty(entry.text).unwrap_or_else(|| vec![entry.text.to_owned()]);
    let wide = wide.saturating_sub(INDENT).max(8);
    let pieces = |row: String| -> Vec<String> {
        let chars: Vec<char> = row.chars().collect();
        chars
            .chunks(wide)
            .map(|piece| format!("{:INDENT$}{}", "", piece.iter().collect::<String>()))
            .collect()
    };
    rows.into_iter().flat_map(pieces).take(MOST).collect()
}

/// Cells before each row of a line in full.
const INDENT: usize = 4;
/// Rows of a line in full: more than any screen has.
const MOST: usize = 500;

/// Whether a line has fields at all.
pub fn is_structured(entry: &Entry<'_>) -> bool {
    !entry.is_note() && parse(entry.text, Time::NEVER).shape != Shape::Plain
}

/// The names of a line's fields, in their order.
pub fn fields(entry: &Entry<'_>) -> Vec<String> {
    let parsed = parse(entry.text, Time::NEVER);
    parsed.fields.iter().map(|(name, _)| name.to_string()).collect()
}
