//! How many panels stand side by side, and how fine their lines are.

use ratatui::layout::Rect;

/// The least width and height of a panel on the board.
const SMALLEST: (u16, u16) = (36, 8);
/// Most panels side by side.
const MOST: u16 = 4;
/// Cells between two panels.
const GAP: u16 = 2;
/// Seconds between two points, coarse enough that another width seldom asks anew.
const STEPS: [u32; 11] = [15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];

/// The panels of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub columns: usize,
    pub rows: usize,
    width: u16,
    height: u16,
}

impl Grid {
    /// As many panels as fit, but no more than there are.
    pub fn of(inner: Rect, panels: usize) -> Self {
        let columns = ((inner.width + GAP) / (SMALLEST.0 + GAP))
            .clamp(1, MOST)
            .min(u16::try_from(panels.max(1)).unwrap_or(MOST));
        let needed = panels.div_ceil(usize::from(columns)).max(1);
        let rows = (inner.height / SMALLEST.1).clamp(1, u16::try_from(needed).unwrap_or(u16::MAX));
        Self {
            columns: columns.into(),
            rows: rows.into(),
            width: (inner.width + GAP) / columns,
            height: inner.height / rows,
        }
    }

    /// Panels on the screen at once.
    pub fn shown(&self) -> usize {
        self.columns * self.rows
    }

    /// The place of the nth panel on the screen.
    pub fn place(&self, inner: Rect, n: usize) -> Rect {
        let column = u16::try_from(n % self.columns).unwrap_or(0);
        let row = u16::try_from(n / self.columns).unwrap_or(0);
        Rect {
            x: inner.x + column * self.width,
            y: inner.y + row * self.height,
            width: self.width.saturating_sub(GAP),
            height: self.height,
        }
        .intersection(inner)
    }

    /// Cells of a panel's lines.
    pub fn cells(&self) -> u16 {
        self.width.saturating_sub(GAP + 8).max(10)
    }
}

/// Seconds between two points of a line over so many cells: braille has two dots in each.
pub fn step(span: u32, cells: u16) -> u32 {
    let rough = span / (2 * u32::from(cells.max(1)));
    STEPS.iter().copied().find(|step| *step >= rough).unwrap_or(14_400)
}

/// The window of rates for such a step: it holds four scrapes, and no point between two steps is missed.
pub fn interval(step: u32) -> u32 {
    (2 * step).max(120)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_fills_the_screen() {
        for (size, panels, expected) in [
            ((78, 19), 20, (2, 2)),
            ((118, 35), 20, (3, 4)),
            ((198, 45), 25, (4, 5)),
            ((78, 19), 1, (1, 1)),
            ((20, 3), 9, (1, 1)),
            ((118, 35), 4, (3, 2)),
        ] {
            let inner = Rect::new(1, 1, size.0, size.1);
            let grid = Grid::of(inner, panels);
            assert_eq!((grid.columns, grid.rows), expected, "{size:?}");
            let last = grid.place(inner, grid.shown() - 1);
            assert!(last.right() <= inner.right() && last.bottom() <= inner.bottom());
        }
    }

    #[test]
    fn points_follow_the_width_and_stay_below_what_a_server_gives() {
        for span in [300_u32, 900, 1_800, 3_600, 21_600, 86_400, 604_800] {
            for cells in [10, 30, 60, 110, 190] {
                let step = step(span, cells);
                assert!(span / step <= 800, "{span} {cells} {step}");
                assert!(interval(step) >= 120);
            }
        }
        assert_eq!((step(3_600, 28), step(300, 28), step(604_800, 28)), (120, 15, 14_400));
    }
}
