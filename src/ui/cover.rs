//! Identifiers, covered on the finished screen while others look on: whatever drew them, nothing is forgotten.
//!
//! A line of the screen is looked at in the pieces that frames divide it into; where a piece is full to its edge, the one
//! below it may go on with it (a wrapped line), and both are looked at together as well. What a log view cuts by scrolling it
//! covers itself: it knows the whole line.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::theme::{Glyph, Theme};
use super::widgets::grapheme_width;
use crate::redact::Identifiers;

/// What stands in place of each cell.
pub(super) const COVERED: &str = "•";

/// A part of a line of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    y: u16,
    x: Range<u16>,
}

/// Covers what is on the screen. `panes` are the places whose lines may be wrapped.
pub(super) fn cover(buf: &mut Buffer, panes: &[Rect], identifiers: &Identifiers, theme: &Theme) {
    let mut found: Vec<Position> = Vec::new();
    let lines: Vec<Vec<Piece>> = buf.area.rows().map(|row| pieces(buf, row, theme.glyph(Glyph::VLine))).collect();
    for piece in lines.iter().flatten() {
        found.extend(seen(buf, std::slice::from_ref(piece), identifiers));
    }
    for run in runs(buf, lines) {
        found.extend(seen_wrapped(buf, &run, identifiers));
    }
    for pane in panes {
        let inner = |row: Rect| Piece {
            y: row.y,
            x: row.x + 1..row.right().saturating_sub(1),
        };
        let rows = pane.intersection(buf.area).rows().map(|row| vec![inner(row)]).collect();
        for run in runs(buf, rows) {
            found.extend(seen_wrapped(buf, &run, identifiers));
        }
    }
    for position in found {
        if let Some(cell) = buf.cell_mut(position) {
            cell.set_symbol(COVERED);
        }
    }
}

/// A line in the pieces between frames.
fn pieces(buf: &Buffer, row: Rect, frame: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut from = row.x;
    for x in row.left()..=row.right() {
        let ends = x == row.right() || symbol(buf, x, row.y) == frame;
        if ends {
            if from < x {
                pieces.push(Piece { y: row.y, x: from..x });
            }
            from = x + 1;
        }
    }
    pieces
}

fn symbol(buf: &Buffer, x: u16, y: u16) -> &str {
    buf.cell(Position { x, y }).map_or(" ", |cell| cell.symbol())
}

/// Pieces below each other, as far as each is full to its edge and the next one goes on; two at least.
fn runs(buf: &Buffer, lines: Vec<Vec<Piece>>) -> Vec<Vec<Piece>> {
    let mut done = Vec::new();
    let mut open: Vec<Vec<Piece>> = Vec::new();
    for line in lines {
        let mut next = Vec::new();
        for piece in line {
            let is_above = |run: &Vec<Piece>| run.last().is_some_and(|last| last.x == piece.x && last.y + 1 == piece.y);
            let mut run = open.iter().position(is_above).map(|at| open.swap_remove(at)).unwrap_or_default();
            let is_full = piece.x.end > piece.x.start && !symbol(buf, piece.x.end - 1, piece.y).trim().is_empty();
            run.push(piece);
            if is_full {
                next.push(run);
            } else {
                done.push(run);
            }
        }
        done.append(&mut open);
        open = next;
    }
    done.append(&mut open);
    done.retain(|run| run.len() > 1);
    done
}

/// Rows that one identifier may be wrapped over.
const WRAPPED: usize = 4;

/// The cells of identifiers that go over several pieces: where a line ends is not known, so every few in a row are one text.
fn seen_wrapped(buf: &Buffer, run: &[Piece], identifiers: &Identifiers) -> Vec<Position> {
    let some = (2..=WRAPPED).flat_map(|rows| run.windows(rows));
    some.flat_map(|pieces| seen(buf, pieces, identifiers)).collect()
}

/// The cells of identifiers in the pieces, read as one text.
fn seen(buf: &Buffer, run: &[Piece], identifiers: &Identifiers) -> Vec<Position> {
    let mut text = String::new();
    let mut cells: Vec<(usize, Position)> = Vec::new();
    for (at, piece) in run.iter().enumerate() {
        let mut skip = 0;
        // A line that goes on may be indented.
        let mut is_indent = at > 0;
        for x in piece.x.clone() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let sign = symbol(buf, x, piece.y);
            is_indent &= sign == " ";
            if is_indent {
                continue;
            }
            cells.push((text.len(), Position { x, y: piece.y }));
            text.push_str(sign);
            skip = grapheme_width(sign).saturating_sub(1);
        }
    }
    let ranges = identifiers.ranges_cut(&text);
    let is_within = |at: usize| ranges.iter().any(|range| range.contains(&at));
    cells.into_iter().filter(|(at, _)| is_within(*at)).map(|(_, cell)| cell).collect()
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;
    use crate::ui::theme::Glyphs;

    fn covered(lines: &[&str], panes: &[Rect]) -> Vec<String> {
        let mut buf = Buffer::with_lines(lines.iter().copied());
        let identifiers = Identifiers::new(&["客人"]);
        cover(&mut buf, panes, &identifiers, &Theme::plain(Glyphs::Unicode));
        buf.area
            .rows()
            .map(|row| row.columns().map(|cell| symbol(&buf, cell.x, cell.y).to_owned()).collect())
            .collect()
    }

    #[test]
    fn a_line_is_covered_in_its_place() {
        assert_eq!(covered(&["│ip 10.0.3.12│ a@b.c x │"], &[]), ["│ip •••••••••│ ••••• x │"]);
    }

    #[test]
    fn a_wrapped_line_is_covered_on_all_its_rows() {
        let lines = ["│from anna@sol│ 10.0.3 │", "│  ia.com ok  │ .12    │", "│fine        │        │"];
        // The second row of the first pane is not full: nothing goes on below it. The right one is not wrapped.
        assert_eq!(covered(&lines[..2], &[]), ["│from ••••••••│ 10.0.3 │", "│  •••••• ok  │ .12    │"]);
        let narrow = ["│x 12345│", "│6789012│", "│ ok    │"];
        assert_eq!(covered(&narrow, &[]), ["│x •••••│", "│•••••••│", "│ ok    │"]);
    }

    #[test]
    fn a_frame_that_looks_like_text_divides_nothing_in_a_pane() {
        let pane = Rect::new(0, 0, 12, 2);
        assert_eq!(
            covered(&["│a│b 10.0.3│", "│.12 c     │"], &[pane]),
            ["│a│b ••••••│", "│••• c     │"]
        );
    }

    #[test]
    fn wide_characters_take_two_cells() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        buf.set_string(0, 0, "客人 a@b.c", Style::new());
        cover(&mut buf, &[], &Identifiers::new(&["客人"]), &Theme::plain(Glyphs::Unicode));
        let text: String = (0..12).map(|x| symbol(&buf, x, 0)).collect();
        assert_eq!(text, "• •  •••••  ");
    }
}
