//! What is taken out of the log: the row under the cursor, a selection, all that is shown.

use super::{LogView, draw, line, rfc3339};
use crate::store::Store;
use crate::store::book::{Entry, RowKind};

impl LogView {
    /// The numbers of the selected rows.
    pub(super) fn selection(&self) -> Option<std::ops::RangeInclusive<u64>> {
        let (from, to) = (self.selecting?.index, self.cursor?.index);
        Some(from.min(to)..=from.max(to))
    }

    /// The row under the cursor.
    pub fn row<'a>(&self, store: &'a Store) -> Option<Entry<'a>> {
        self.book(store)?.get(self.cursor?.index)
    }

    /// The fields of the structured line under the cursor, or of the newest one.
    pub fn field_names(&self, store: &Store) -> Vec<String> {
        let Some(book) = self.book(store) else { return Vec::new() };
        let newest = || book.lines().rev().take(200).find(|entry| line::is_structured(entry));
        let Some(entry) = self.row(store).filter(line::is_structured).or_else(newest) else {
            return Vec::new();
        };
        line::fields(&entry)
    }

    /// What to copy: the selected lines, or the one under the cursor, or the newest; in the list the template.
    pub fn copied(&self, store: &Store) -> String {
        if let Some(board) = self.list() {
            return board.here().map(|line| line.text.clone()).unwrap_or_default();
        }
        let Some(book) = self.book(store) else { return String::new() };
        let lane = self.lane(book);
        let numbers: Vec<u64> = match (self.selection(), self.cursor) {
            (Some(range), _) => range.filter(|number| lane.shows(*number)).collect(),
            (None, Some(cursor)) => vec![cursor.index],
            (None, None) => lane.last().into_iter().collect(),
        };
        let text = |entry: Entry| match entry.kind {
            RowKind::Note(kind) => format!("--- {}: {}", kind.word(), entry.text),
            _ => entry.text.to_owned(),
        };
        let texts: Vec<String> = numbers.iter().filter_map(|number| book.get(*number)).map(text).collect();
        texts.join("\n")
    }

    /// What is shown, whole: for a file.
    pub fn content(&self, store: &Store) -> String {
        if let Some(board) = self.list() {
            return board.content();
        }
        let Some(book) = self.book(store) else { return String::new() };
        let lane = self.lane(book);
        let several = book.sources().len() > 1;
        let mut out = String::new();
        let (gone, until) = book.evicted();
        if gone > 0 {
            out.push_str(&format!("--- {gone} lines until {} had to go from memory\n", draw::moment(until)));
        }
        if let Some(part) = self.part(book) {
            out.push_str(&format!("--- {part}: only these\n"));
        }
        let mut at = lane.first();
        while let Some(index) = at {
            if let Some(entry) = book.get(index) {
                out.push_str(&rfc3339(entry.nanos));
                if several {
                    out.push_str(&self.names.full(book, entry.source));
                    out.push(' ');
                }
                if let RowKind::Note(kind) = entry.kind {
                    out.push_str(&format!("--- {}: ", kind.word()));
                }
                out.push_str(entry.text);
                out.push('\n');
            }
            at = lane.after(index);
        }
        out
    }

    /// What a file of it is called.
    pub fn file_title(&self) -> String {
        let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' };
        format!("{}.log", self.query.title().chars().map(safe).collect::<String>().trim_matches('-'))
    }
}
