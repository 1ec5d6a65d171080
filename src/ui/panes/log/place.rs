//! Which rows fit on the screen.

use super::{LogView, draw, line};
use crate::store::book::Book;
use crate::ui::widgets::width;

impl LogView {
    /// Rows for lines.
    pub(super) fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2 + u16::from(self.shows_bars()))).max(1)
    }

    pub(super) fn shows_bars(&self) -> bool {
        self.bars && self.area.height >= 8
    }

    pub(super) fn columns(&self) -> usize {
        usize::from(self.area.width.saturating_sub(2)).max(1)
    }

    /// How many rows of the screen an entry takes.
    fn rows(&self, book: &Book, index: u64) -> usize {
        let marks = self.marks.iter().filter(|(anchor, _)| anchor.index == index).count();
        let Some(entry) = book.get(index) else { return 1 };
        let here = self.opened_row && self.cursor.is_some_and(|cursor| cursor.index == index);
        let marks = marks + if here { line::whole(&entry, self.columns()).len() } else { 0 };
        if !self.wrap || entry.is_note() {
            return 1 + marks;
        }
        let before = usize::from(draw::margin(self));
        let text = line::of(self, &entry).iter().map(|(_, text)| width(text)).sum::<usize>();
        (text + before).div_ceil(self.columns()).max(1) + marks
    }

    /// The first row of the screen: so that the end is seen while the view follows, and the cursor while it does not.
    pub(super) fn first_row(&self, book: &Book) -> u64 {
        let lane = self.lane(book);
        let Some(last) = lane.last() else { return book.begin() };
        let Some(cursor) = self.cursor else {
            return self.up_from(book, last);
        };
        let top = lane.at_or_after(self.top).unwrap_or(last);
        if cursor.index < top {
            return cursor.index;
        }
        // The cursor must not lie below the screen.
        top.max(self.up_from(book, cursor.index))
    }

    /// The row at the top of a screen whose last row is this one.
    fn up_from(&self, book: &Book, last: u64) -> u64 {
        let lane = self.lane(book);
        let mut top = last;
        let mut room = self.height().saturating_sub(self.rows(book, last));
        while let Some(before) = lane.before(top) {
            let rows = self.rows(book, before);
            if rows > room {
                break;
            }
            room -= rows;
            top = before;
        }
        top
    }
}
