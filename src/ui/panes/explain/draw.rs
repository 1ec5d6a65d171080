//! How an explanation looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::find;
use super::page::Place;
use super::{ExplainPane, HEAD};
use crate::model::Time;
use crate::store::Store;
use crate::ui::panes::frame::{Freshness, frame};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::text::{Match, Slice, draw_line};
use crate::ui::widgets::{Align, Cut, pad, put};

/// Cells of the cursor's sign, of the age, and of the word, each with its gap.
const SIGN: u16 = 2;
const AGE: u16 = 6;
const WORD: u16 = 11;

/// Below this there is no room for the word beside each line; its section says much of it.
const NARROW: u16 = 50;

/// Cells in front of a line's text.
fn margin(width: u16) -> u16 {
    if width < NARROW { SIGN + AGE } else { SIGN + AGE + WORD }
}

/// Cells for a line's text in a pane that is so wide inside.
pub fn cells(width: u16) -> usize {
    usize::from(width.saturating_sub(margin(width))).max(8)
}

/// Draws the explanation into its pane.
pub fn draw(pane: &ExplainPane, store: &Store, now: Time, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let Some(env) = store.env(pane.env) else { return };
    let fresh = match (pane.made.is_some(), env.is_live(now)) {
        (false, _) => Freshness::waiting(),
        (true, false) => Freshness::stale(env.heard(), now, "the server does not answer"),
        (true, true) => Freshness::live("live"),
    };
    let found = match &*pane.query {
        "" => String::new(),
        query => {
            let lines = pane.entries.iter().filter(|entry| entry.is_line() && pane.matches(entry)).count();
            format!(" /{query} {lines} lines")
        }
    };
    let container = pane
        .container
        .as_deref()
        .map(|name| format!(" container {name}"))
        .unwrap_or_default();
    let title = format!("explain {}{container}{found}", pane.object.label());
    let inner = frame(&title, &fresh, focused, area, buf, theme);
    if inner.is_empty() {
        return;
    }
    let mut x = inner.x + 1.min(inner.width);
    for (role, text) in &pane.headline.0 {
        let rest = Rect {
            x,
            y: inner.y,
            width: inner.right().saturating_sub(x),
            height: 1,
        };
        x += put(buf, rest, text, theme.style(*role));
    }
    let body = Rect {
        y: inner.y + HEAD.min(inner.height),
        height: inner.height.saturating_sub(HEAD),
        ..inner
    };
    entries(pane, focused, body, buf, theme);
}

fn entries(pane: &ExplainPane, focused: bool, body: Rect, buf: &mut Buffer, theme: &Theme) {
    let rows = pane.rows(cells(body.width));
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    let before = pane.top.checked_sub(1).and_then(|n| rows.get(n)).map(|(n, _)| *n);
    let mut drawn = before;
    for ((n, range), y) in rows.into_iter().skip(pane.top).zip(0..body.height) {
        let Some(entry) = pane.entries.get(n) else { break };
        let line = Rect {
            y: body.y + y,
            height: 1,
            ..body
        };
        let first = drawn != Some(n);
        drawn = Some(n);
        if entry.place == Place::Heading {
            put(buf, inset(line, 1), entry.text.text(), theme.style(Role::Title));
            continue;
        }
        let here = n == pane.cursor && entry.is_line();
        if here && focused {
            buf.set_style(line, theme.style(Role::Selected));
        }
        if first && here {
            put(buf, line, theme.glyph(Glyph::Selected), theme.style(Role::Accent));
        }
        if first {
            let age = pad(&entry.age, usize::from(AGE - 2), Cut::End, Align::Right, ellipsis);
            put(buf, inset(line, SIGN), &age, theme.style(Role::Muted));
        }
        if first && body.width >= NARROW {
            let word = pad(&entry.word, usize::from(WORD - 1), Cut::End, Align::Left, ellipsis);
            put(buf, inset(line, SIGN + AGE), &word, theme.style(entry.role));
        }
        let hits = find(entry.text.text(), &pane.query).into_iter().map(|(start, end)| Match {
            line: 0,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        });
        let hits: Vec<Match> = hits.collect();
        let slice = if pane.wrap { Slice::Row(range) } else { Slice::From(pane.shift) };
        draw_line(&entry.text, slice, &hits, None, inset(line, margin(body.width)), buf, theme);
    }
}

/// What is left of a line after so many cells.
fn inset(line: Rect, cells: u16) -> Rect {
    let cells = cells.min(line.width);
    Rect {
        x: line.x + cells,
        width: line.width - cells,
        ..line
    }
}
