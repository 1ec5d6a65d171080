//! The few strokes that every widget is made of, safe on any area.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Writes text on the first line of the area, cut at its right edge. Returns how many cells it took.
pub fn put(buf: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    let (x, _) = buf.set_stringn(area.x, area.y, text, usize::from(area.width), style);
    x - area.x
}

/// Fills the area with one sign of one cell.
pub fn fill(buf: &mut Buffer, area: Rect, sign: &str, style: Style) {
    let area = area.intersection(buf.area);
    for position in area.positions() {
        if let Some(cell) = buf.cell_mut(position) {
            cell.set_symbol(sign).set_style(style);
        }
    }
}

/// What is left of the area after so many cells on the left.
pub(super) fn after(area: Rect, cells: u16) -> Rect {
    let cells = cells.min(area.width);
    Rect {
        x: area.x + cells,
        width: area.width - cells,
        ..area
    }
}

/// One line of the area, counted from its top; empty where there is none.
pub(super) fn line(area: Rect, n: u16) -> Rect {
    Rect {
        y: area.y.saturating_add(n),
        height: u16::from(n < area.height),
        ..area
    }
}

/// Takes away what is under the area. A wide character that reaches into it goes as well, because
/// the terminal would draw its second half over the border.
pub fn clear(area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    for position in area.positions() {
        if let Some(cell) = buf.cell_mut(position) {
            cell.reset();
        }
    }
    let Some(x) = area.x.checked_sub(1) else { return };
    for y in area.top()..area.bottom() {
        if let Some(cell) = buf.cell_mut((x, y))
            && cell.symbol().cell_width() > 1
        {
            cell.set_symbol(" ");
        }
    }
}
