//! Drawing a document: only the rows in view are looked at.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::search::Match;
use super::{Spot, TextLine, TextView, Wrap, rows, skip};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::paint::{after, line as nth_line, put};
use crate::ui::widgets::truncate::head;

/// Which part of a line is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slice {
    /// One wrapped row: these bytes.
    Row(Range<usize>),
    /// What is in view after so many cells, with signs where there is more on either side.
    From(usize),
}

impl TextView {
    /// Draws what is in view. Right for any area, also before [`TextView::resize`] was told of it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let cells = usize::from(area.width);
        let Spot { line: first, row } = self.clamped(cells, usize::from(area.height));
        let current = self.search.current();
        let mut skipped = row;
        let mut y = 0;
        for (text, n) in self.lines.iter().zip(0..).skip(first) {
            let matches = self.search.in_line(n);
            let mut draw = |slice, y| draw_line(text, slice, matches, current, nth_line(area, y), buf, theme);
            match self.wrap {
                Wrap::Off => {
                    draw(Slice::From(self.left), y);
                    y += 1;
                }
                Wrap::On => {
                    for range in rows(text.text(), cells).skip(skipped).take(usize::from(area.height - y)) {
                        draw(Slice::Row(range), y);
                        y += 1;
                    }
                }
            }
            skipped = 0;
            if y >= area.height {
                break;
            }
        }
    }
}

/// Draws a part of a line on the first line of the area, with the matches in it.
pub fn draw_line(line: &TextLine, slice: Slice, matches: &[Match], current: Option<Match>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    let text = line.text();
    let more = theme.style(Role::Muted);
    let (mut range, mut area) = match slice {
        Slice::Row(range) => return runs(line, range, matches, current, area, buf, theme),
        Slice::From(0) => (0..text.len(), area),
        Slice::From(left) => {
            if !text.is_empty() {
                put(buf, area, theme.glyph(Glyph::MoreLeft), more);
            }
            let (start, blank) = skip(text, left + 1);
            let blank = u16::try_from(blank + 1).unwrap_or(u16::MAX);
            (start..text.len(), after(area, blank))
        }
    };
    let rest = text.get(range.clone()).unwrap_or("");
    if head(rest, usize::from(area.width)).len() < rest.len() && area.width > 0 {
        let last = after(area, area.width - 1);
        put(buf, last, theme.glyph(Glyph::MoreRight), more);
        area.width -= 1;
        range.end = range.start + head(rest, usize::from(area.width)).len();
    }
    runs(line, range, matches, current, area, buf, theme);
}

/// Writes a range in pieces of one style. A piece ends only between graphemes.
fn runs(line: &TextLine, range: Range<usize>, matches: &[Match], current: Option<Match>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let mut area = area;
    let mut from = range.start;
    while from < range.end && area.width > 0 {
        let (style, until) = style_at(line, from, matches, current, theme);
        let rest = line.text().get(from..range.end).unwrap_or("");
        let len = boundary(rest, until.saturating_sub(from));
        let used = put(buf, area, rest.get(..len).unwrap_or(rest), style);
        area = after(area, used);
        from += len.max(1);
    }
}

/// The end of the grapheme that a byte is in, or the byte itself where it lies between two.
fn boundary(text: &str, byte: usize) -> usize {
    use unicode_segmentation::GraphemeCursor;
    if byte >= text.len() {
        return text.len();
    }
    let mut cursor = GraphemeCursor::new(byte, text.len(), true);
    match cursor.is_boundary(text, 0) {
        Ok(true) => byte,
        _ => cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len()),
    }
}

/// The style at a byte, and the byte up to which it holds.
fn style_at(line: &TextLine, byte: usize, matches: &[Match], current: Option<Match>, theme: &Theme) -> (Style, usize) {
    let (role, until) = line.role_at(byte);
    let style = theme.style(role);
    let next = matches.partition_point(|m| m.end as usize <= byte);
    match matches.get(next) {
        Some(m) if m.start as usize <= byte => {
            let role = if Some(*m) == current { Role::MatchFocus } else { Role::Match };
            (style.patch(theme.style(role)), until.min(m.end as usize))
        }
        Some(m) => (style, until.min(m.start as usize)),
        None => (style, until),
    }
}
