//! A document to read: scrolled, wrapped and searched. YAML, describe and help are such documents.
//!
//! The place is kept as a line and a row within it, never as a count of rows from the top, so
//! that nothing has to be measured but what is on the screen.

mod draw;
mod line;
mod rows;
mod search;
#[cfg(test)]
mod tests;

use unicode_segmentation::UnicodeSegmentation;

pub use draw::{Slice, draw_line};
pub use line::TextLine;
pub use rows::{Rows, height, rows};
pub use search::Match;

use super::truncate::{grapheme_width, width};
use search::Search;

/// Whether long lines continue on the next row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrap {
    #[default]
    Off,
    On,
}

/// A movement through the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scroll {
    /// So many rows.
    Up(usize),
    Down(usize),
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    Top,
    Bottom,
    /// A third of the width; only where lines are not wrapped.
    Left,
    Right,
    LineStart,
}

/// A place: a line and a row of it (always 0 where lines are not wrapped).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    line: usize,
    row: usize,
}

/// A read-only document and where the reader is in it.
#[derive(Clone, Debug, Default)]
pub struct TextView {
    lines: Vec<TextLine>,
    wrap: Wrap,
    top: Spot,
    /// Cells hidden on the left.
    left: usize,
    /// The room that the document was last given, in cells.
    cells: usize,
    rows: usize,
    search: Search,
    /// Where the reader was when the search began.
    origin: Option<Spot>,
}

impl TextView {
    /// A document, read from its top.
    pub fn new(lines: Vec<TextLine>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Replaces the text (the object behind it changed). The place and the search stay.
    pub fn set_lines(&mut self, lines: Vec<TextLine>) {
        let stood = self.search.current();
        self.lines = lines;
        self.search = Search::run(self.search.needle(), &self.lines);
        if let Some(m) = stood {
            self.search.stand_at(m.line as usize, m.start as usize);
        }
        self.clamp();
    }

    /// The text.
    pub fn lines(&self) -> &[TextLine] {
        &self.lines
    }

    /// Tells how much room there is; the place is kept as well as it can be.
    pub fn resize(&mut self, cells: u16, rows: u16) {
        (self.cells, self.rows) = (usize::from(cells), usize::from(rows));
        self.clamp();
    }

    pub fn wrap(&self) -> Wrap {
        self.wrap
    }

    /// Wraps or stops wrapping; the line at the top stays there.
    pub fn set_wrap(&mut self, wrap: Wrap) {
        self.wrap = wrap;
        self.left = 0;
        self.top.row = 0;
        self.clamp();
    }

    pub fn toggle_wrap(&mut self) {
        self.set_wrap(match self.wrap {
            Wrap::Off => Wrap::On,
            Wrap::On => Wrap::Off,
        });
    }

    /// Moves through the document.
    pub fn scroll(&mut self, scroll: Scroll) {
        let page = self.rows.saturating_sub(1).max(1);
        let half = (self.rows / 2).max(1);
        let sideways = (self.cells / 3).max(1);
        match scroll {
            Scroll::Up(n) => self.top = self.up(self.top, n),
            Scroll::Down(n) => self.top = self.down(self.top, n),
            Scroll::PageUp => self.top = self.up(self.top, page),
            Scroll::PageDown => self.top = self.down(self.top, page),
            Scroll::HalfUp => self.top = self.up(self.top, half),
            Scroll::HalfDown => self.top = self.down(self.top, half),
            Scroll::Top => self.top = Spot::default(),
            Scroll::Bottom => self.top = self.bottom(self.cells, self.rows),
            Scroll::Left => self.left = self.left.saturating_sub(sideways),
            Scroll::Right if self.wrap == Wrap::Off => self.left = (self.left + sideways).min(self.widest().saturating_sub(self.cells)),
            Scroll::Right => {}
            Scroll::LineStart => self.left = 0,
        }
        self.clamp();
    }

    /// The first line in view (from 1), and how many there are.
    pub fn position(&self) -> (usize, usize) {
        ((self.top.line + 1).min(self.lines.len()), self.lines.len())
    }

    /// Whether the end of the document is in view.
    pub fn at_end(&self) -> bool {
        self.top >= self.bottom(self.cells, self.rows)
    }

    /// Remembers the place, so that a search that is still being typed always looks from there.
    pub fn begin_search(&mut self) {
        self.origin = Some(self.top);
    }

    /// Finds a text (capital letters count only if it has one) and goes to the first match from here on.
    pub fn search(&mut self, needle: &str) {
        let from = self.origin.unwrap_or(self.top);
        self.search = Search::run(needle, &self.lines);
        self.search.stand_at(from.line, self.start_of(from));
        self.top = from;
        self.reveal();
    }

    /// Ends the typing of a search; the reader stays at the match.
    pub fn accept_search(&mut self) {
        self.origin = None;
    }

    /// Forgets the search; while it is still being typed, the reader goes back to where it began.
    pub fn cancel_search(&mut self) {
        self.search = Search::default();
        self.top = self.origin.take().unwrap_or(self.top);
        self.clamp();
    }

    /// Goes to the next match; after the last comes the first.
    pub fn next_match(&mut self) {
        self.search.next();
        self.reveal();
    }

    /// Goes to the match before.
    pub fn previous_match(&mut self) {
        self.search.previous();
        self.reveal();
    }

    /// What is searched; empty where nothing is.
    pub fn needle(&self) -> &str {
        self.search.needle()
    }

    /// `3/17`: the match that the search stands on, and how many there are.
    pub fn counter(&self) -> Option<String> {
        self.search.counter()
    }

    /// Brings the current match into view, a third from the top if it was out of it.
    fn reveal(&mut self) {
        let Some(found) = self.search.current() else { return self.clamp() };
        let line = found.line as usize;
        let (start, end) = (found.start as usize, found.end as usize);
        let Some(text) = self.lines.get(line).map(TextLine::text) else {
            return;
        };
        let mut spot = Spot { line, row: 0 };
        match self.wrap {
            Wrap::On => spot.row = rows(text, self.cells).take_while(|r| r.end <= start).count(),
            Wrap::Off => {
                let from = width(text.get(..start).unwrap_or(""));
                let to = from + width(text.get(start..end).unwrap_or(""));
                // The outermost cells may hold the signs that say there is more.
                if to < self.cells {
                    self.left = 0;
                } else if from <= self.left || to >= self.left + self.cells {
                    self.left = from.saturating_sub(self.cells / 3);
                }
            }
        }
        if spot < self.top || spot >= self.down(self.top, self.rows.max(1)) {
            self.top = self.up(spot, self.rows / 3);
        }
        self.clamp();
    }

    fn clamp(&mut self) {
        self.top = self.clamped(self.cells, self.rows);
        if self.wrap == Wrap::On {
            self.left = 0;
        }
    }

    /// The place at the top on a screen of this size: never past the last screenful, never past its line's end.
    fn clamped(&self, cells: usize, rows: usize) -> Spot {
        let row = self.top.row.min(self.height_of(self.top.line, cells).saturating_sub(1));
        Spot { row, ..self.top }.min(self.bottom(cells, rows))
    }

    fn height_of(&self, line: usize, cells: usize) -> usize {
        match (self.wrap, self.lines.get(line)) {
            (Wrap::On, Some(line)) => height(line.text(), cells),
            _ => 1,
        }
    }

    fn bottom(&self, cells: usize, rows: usize) -> Spot {
        let mut room = rows.max(1);
        for line in (0..self.lines.len()).rev() {
            let height = self.height_of(line, cells);
            if height >= room {
                return Spot { line, row: height - room };
            }
            room -= height;
        }
        Spot::default()
    }

    fn down(&self, mut spot: Spot, mut n: usize) -> Spot {
        while spot.line < self.lines.len() {
            let left = self.height_of(spot.line, self.cells).saturating_sub(spot.row);
            if n < left {
                spot.row += n;
                return spot;
            }
            n -= left;
            spot = Spot {
                line: spot.line + 1,
                row: 0,
            };
        }
        spot
    }

    fn up(&self, mut spot: Spot, mut n: usize) -> Spot {
        while n > spot.row {
            if spot.line == 0 {
                return Spot::default();
            }
            n -= spot.row + 1;
            spot.line -= 1;
            spot.row = self.height_of(spot.line, self.cells).saturating_sub(1);
        }
        spot.row -= n;
        spot
    }

    /// The byte at which the row of a place starts.
    fn start_of(&self, spot: Spot) -> usize {
        let text = self.lines.get(spot.line).map_or("", TextLine::text);
        match self.wrap {
            Wrap::On => rows(text, self.cells).nth(spot.row).map_or(0, |r| r.start),
            Wrap::Off => 0,
        }
    }

    /// The cells of the widest line in view.
    fn widest(&self) -> usize {
        let visible = self.lines.iter().skip(self.top.line).take(self.rows.max(1));
        visible.map(|line| width(line.text())).max().unwrap_or(0)
    }
}

/// Where the text goes on after so many cells, and how many of the cells that follow are the rest of a wide character.
fn skip(text: &str, cells: usize) -> (usize, usize) {
    if super::truncate::is_plain(text) {
        return (cells.min(text.len()), 0);
    }
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if used >= cells {
            return (at, used - cells);
        }
        used += grapheme_width(grapheme);
    }
    (text.len(), 0)
}
