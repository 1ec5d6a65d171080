//! How a log looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{LogView, find, line, total};
use crate::model::Time;
use crate::store::{LogBuffer, LogState, Store};
use crate::ui::panes::frame::{Freshness, frame};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::put;

/// Cells of `03:04:05.678 `.
pub const TIME_WIDTH: usize = 13;

/// Draws the log into its pane.
pub fn draw(view: &LogView, store: &Store, now: Time, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let buffer = view.buffer(store);
    let inner = frame(
        &format!("log {}", view.title()),
        &freshness(view, buffer, now),
        focused,
        area,
        buf,
        theme,
    );
    let Some(buffer) = buffer else { return };
    if buffer.lines().is_empty() {
        let text = match &buffer.state {
            LogState::Starting => "reading …".to_owned(),
            LogState::Following => "no lines yet".to_owned(),
            LogState::Ended => "the log is empty".to_owned(),
            LogState::Retrying { problem, .. } | LogState::Failed(problem) => problem.to_string(),
        };
        put(buf, inner, &text, theme.style(Role::Muted));
        return;
    }
    let mut row = 0;
    let mut number = view.first(buffer);
    if buffer.dropped > 0 && number == buffer.dropped {
        let text = format!(
            "{} earlier lines were dropped to stay within {} MiB",
            buffer.dropped,
            crate::store::LOG_BYTES >> 20
        );
        put(buf, at(inner, row), &text, theme.style(Role::Stale));
        row += 1;
    }
    while row < inner.height && number < total(buffer) {
        let Some(entry) = line(buffer, number) else { break };
        row += draw_line(view, entry, view.found == Some(number), row, inner, buf, theme);
        for (_, time) in view.marks.iter().filter(|(after, _)| *after == number) {
            if row < inner.height {
                let rule = theme.glyph(Glyph::HLine).repeat(usize::from(inner.width.saturating_sub(12)));
                put(buf, at(inner, row), &format!("{} {rule}", clock(time.0)), theme.style(Role::Accent));
                row += 1;
            }
        }
        number += 1;
    }
}

fn draw_line(view: &LogView, entry: &crate::model::LogLine, found: bool, row: u16, inner: Rect, buf: &mut Buffer, theme: &Theme) -> u16 {
    let role = level(&entry.text);
    let style = theme.style(role);
    let mut area = at(inner, row);
    if view.timestamps {
        let style = theme.style(Role::Muted);
        let used = put(buf, area, &format!("{} ", clock_millis(entry.nanos)), style);
        area = Rect {
            x: area.x + used,
            width: area.width.saturating_sub(used),
            ..area
        };
    }
    let hits = find(&entry.text, &view.query);
    if found {
        buf.set_style(at(inner, row), theme.style(Role::Marked));
    }
    // Cell by cell: matches, wrapping and scrolling all work on the same walk.
    let (mut x, mut y, mut skip) = (area.x, row, if view.wrap { 0 } else { view.shift });
    let mut left = area.x;
    for (at_byte, grapheme) in unicode_segmentation::UnicodeSegmentation::grapheme_indices(&*entry.text, true) {
        let cells = u16::try_from(crate::ui::widgets::grapheme_width(grapheme)).unwrap_or(0);
        if cells == 0 {
            continue;
        }
        if skip > 0 {
            skip = skip.saturating_sub(usize::from(cells));
            continue;
        }
        if x + cells > inner.right() {
            if !view.wrap || y + 1 >= inner.height {
                break;
            }
            y += 1;
            left = inner.x;
            x = left;
        }
        let style = if hits.iter().any(|(from, to)| (*from..*to).contains(&at_byte)) {
            theme.style(Role::Match)
        } else {
            style
        };
        buf.set_stringn(x, inner.y + y, grapheme, usize::from(cells), style);
        x += cells;
    }
    let _ = left;
    y + 1 - row
}

/// The level that a line names, as far as a word at its beginning tells. The log issue's parser goes deeper.
fn level(text: &str) -> Role {
    let head: String = text.chars().take(80).collect::<String>().to_ascii_uppercase();
    let word = |w: &str| head.split(|c: char| !c.is_ascii_alphanumeric()).any(|token| token == w);
    if word("ERROR") || word("FATAL") || word("PANIC") || word("CRITICAL") || word("ERR") {
        Role::Bad
    } else if word("WARN") || word("WARNING") {
        Role::Warning
    } else if word("DEBUG") || word("TRACE") {
        Role::Muted
    } else {
        Role::Text
    }
}

fn freshness(view: &LogView, buffer: Option<&LogBuffer>, now: Time) -> Freshness {
    let Some(buffer) = buffer else { return Freshness::waiting() };
    if view.is_stopped() {
        return Freshness::note("stopped");
    }
    let unseen = view.unseen(buffer);
    if unseen > 0 && matches!(buffer.state, LogState::Following) {
        return Freshness::note(&format!("staying here, +{unseen} new"));
    }
    match &buffer.state {
        LogState::Starting => Freshness::waiting(),
        LogState::Following if view.follows() => Freshness::live("following"),
        LogState::Following => Freshness::note("staying here"),
        LogState::Ended => Freshness::note("ended"),
        LogState::Retrying { problem, since, .. } => Freshness::stale(*since, now, &problem.text),
        LogState::Failed(problem) => Freshness::failed(problem),
    }
}

fn at(inner: Rect, row: u16) -> Rect {
    Rect {
        y: inner.y + row.min(inner.height.saturating_sub(1)),
        height: 1.min(inner.height),
        ..inner
    }
}

fn clock(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn clock_millis(nanos: i64) -> String {
    if nanos == 0 {
        return " ".repeat(TIME_WIDTH - 1);
    }
    let of_day = nanos.rem_euclid(86_400_000_000_000) / 1_000_000;
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        of_day / 3_600_000,
        of_day / 60_000 % 60,
        of_day / 1000 % 60,
        of_day % 1000
    )
}

/// `2026-11-23T03:04:05.123456789Z `, or nothing where the line had no time.
pub fn rfc3339(nanos: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(nanos)) {
        Ok(time) if nanos != 0 => format!("{time} "),
        _ => String::new(),
    }
}
