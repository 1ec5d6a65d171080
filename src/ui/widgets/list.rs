//! A list to choose from: palette entries, containers, environments.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::paint::{after, line, put};
use super::truncate::{Cut, fit, grapheme_width, width};
use crate::ui::theme::{Glyph, Role, Theme};

/// Which entry is chosen. What the entries are, the caller knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    selected: usize,
}

/// One entry as drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'a> {
    pub text: &'a str,
    /// The graphemes of the text that the filter matched, counted from 0, in order.
    pub matched: &'a [u32],
    /// At the right, and the first to go where there is no room: a key, a description.
    pub detail: &'a str,
}

impl List {
    /// The chosen entry, if there is any.
    pub fn selected(&self, count: usize) -> Option<usize> {
        count.checked_sub(1).map(|last| self.selected.min(last))
    }

    /// Chooses an entry.
    pub fn select(&mut self, at: usize) {
        self.selected = at;
    }

    /// Moves the choice by so many entries; it stops at both ends.
    pub fn step(&mut self, by: isize, count: usize) {
        let at = self.selected(count).unwrap_or(0);
        self.selected = at.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    /// The entries in view on so many lines: the chosen one in the middle as far as the ends allow.
    pub fn window(&self, count: usize, lines: usize) -> std::ops::Range<usize> {
        let at = self.selected(count).unwrap_or(0);
        let start = at.saturating_sub(lines / 2).min(count.saturating_sub(lines));
        start..(start + lines).min(count)
    }

    /// Draws the entries in view; only those are asked for.
    pub fn draw<'a>(&self, count: usize, row: impl Fn(usize) -> Row<'a>, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buf.area);
        let chosen = self.selected(count);
        for (n, y) in self.window(count, usize::from(area.height)).zip(0..) {
            entry(row(n), chosen == Some(n), line(area, y), buf, theme);
        }
    }
}

/// Draws one entry: sign, text with its matches, detail.
fn entry(row: Row<'_>, chosen: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let text = after(area, 2);
    put(
        buf,
        text,
        &fit(row.text, usize::from(text.width), Cut::End, theme.glyph(Glyph::Ellipsis)),
        theme.style(Role::Text),
    );
    let mut at = 0;
    for (grapheme, n) in row.text.graphemes(true).zip(0_u32..) {
        let cells = u16::try_from(grapheme_width(grapheme)).unwrap_or(0);
        // Not the cell of the ellipsis: what it stands for did not match as such.
        if at + cells + u16::from(at + cells < text.width) > text.width {
            break;
        }
        if row.matched.contains(&n) {
            let cell = Rect {
                width: cells,
                ..after(text, at)
            };
            buf.set_style(cell, theme.style(Role::Match));
        }
        at += cells;
    }
    let (used, wanted) = (width(row.text) + 2, width(row.detail));
    if wanted > 0 && used + wanted <= usize::from(text.width) {
        let detail = after(text, text.width - u16::try_from(wanted).unwrap_or(0));
        put(buf, detail, row.detail, theme.style(Role::Muted));
    }
    if chosen {
        put(buf, area, theme.glyph(Glyph::Selected), theme.style(Role::Accent));
        buf.set_style(area, theme.style(Role::Selected));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Modifier;

    fn rows(list: List, entries: &[Row<'_>], cells: u16, lines: u16) -> (Vec<String>, Buffer) {
        let area = Rect::new(0, 0, cells, lines);
        let mut buf = Buffer::empty(area);
        list.draw(entries.len(), |n| entries[n], area, &mut buf, &Theme::default());
        let row = |y| (0..cells).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        ((0..lines).map(row).collect(), buf)
    }

    fn row(text: &str) -> Row<'_> {
        Row { text, ..Row::default() }
    }

    #[test]
    fn the_choice_stays_in_view_and_stops_at_the_ends() {
        let names = ["a", "b", "c", "d", "e"].map(row);
        let mut list = List::default();
        assert_eq!(rows(list, &names, 5, 3).0, ["▸ a", "  b", "  c"]);
        list.step(3, 5);
        assert_eq!(rows(list, &names, 5, 3).0, ["  c", "▸ d", "  e"]);
        list.step(9, 5);
        assert_eq!(list.selected(5), Some(4));
        // The filter left fewer: the choice is one of them.
        assert_eq!(rows(list, &names[..2], 5, 3).0, ["  a", "▸ b", ""]);
        list.step(-9, 5);
        assert_eq!(list.selected(5), Some(0));
        assert_eq!(list.selected(0), None);
        assert_eq!(rows(list, &[], 5, 1).0, [""]);
    }

    #[test]
    fn matches_are_marked_by_grapheme_and_details_give_way() {
        let entry = Row {
            text: "日pods",
            matched: &[1, 2],
            detail: "v1",
        };
        let (drawn, buf) = rows(List::default(), &[entry], 12, 1);
        assert_eq!(drawn, ["▸ 日 pods  v1"]);
        let marked: Vec<u16> = (0..12).filter(|x| buf[(*x, 0)].modifier.contains(Modifier::UNDERLINED)).collect();
        assert_eq!(marked, [4, 5]);
        assert_eq!(rows(List::default(), &[entry], 11, 1).0, ["▸ 日 pods"]);
        assert_eq!(rows(List::default(), &[entry], 7, 1).0, ["▸ 日 po…"]);
    }
}
