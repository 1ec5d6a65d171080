//! The page that a description is written on: headings, aligned fields, tables.

use crate::ui::theme::Role;
use crate::ui::widgets::{StyledLine, width};

/// Text with meanings: one line of a value, or one cell of a table.
#[derive(Clone, Debug, Default)]
pub struct Parts(Vec<(Role, String)>);

impl Parts {
    /// Text with one meaning.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Self(vec![(role, text.into())])
    }

    /// The same with more text after it.
    #[must_use]
    pub fn and(mut self, role: Role, text: impl Into<String>) -> Self {
        self.0.push((role, text.into()));
        self
    }

    /// The text without its meanings.
    #[cfg(test)]
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    fn cells(&self) -> usize {
        self.0.iter().map(|(_, text)| width(text)).sum()
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, text)| text.is_empty())
    }
}

impl From<&str> for Parts {
    fn from(text: &str) -> Self {
        Self::of(Role::Text, text)
    }
}

impl From<String> for Parts {
    fn from(text: String) -> Self {
        Self::of(Role::Text, text)
    }
}

/// Names with values, to be aligned together.
#[derive(Debug, Default)]
pub struct Fields(Vec<(String, Vec<Parts>)>);

/// Widest name that the values of a block are moved aside for.
const NAME: usize = 32;

impl Fields {
    /// A field; left out where its value is empty.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<Parts>) -> &mut Self {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((name.into(), vec![value]));
        }
        self
    }

    /// A field with several lines; left out where there are none.
    pub fn lines(&mut self, name: impl Into<String>, lines: Vec<Parts>) -> &mut Self {
        if !lines.is_empty() {
            self.0.push((name.into(), lines));
        }
        self
    }
}

/// The lines written so far.
#[derive(Debug, Default)]
pub struct Page {
    lines: Vec<StyledLine>,
    indent: usize,
}

impl Page {
    /// A new section.
    pub fn heading(&mut self, title: &str) {
        if !self.lines.is_empty() {
            self.lines.push(StyledLine::default());
        }
        self.line(Parts::of(Role::Title, title));
    }

    /// One line.
    pub fn line(&mut self, parts: impl Into<Parts>) {
        let mut line = Vec::new();
        if self.indent > 0 {
            line.push((Role::Text, " ".repeat(self.indent)));
        }
        line.extend(parts.into().0.into_iter().filter(|(_, text)| !text.is_empty()));
        self.lines.push(StyledLine(line));
    }

    /// What `write` writes, moved in.
    pub fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        self.indent += 2;
        write(self);
        self.indent -= 2;
    }

    /// A section whose lines are moved in; nothing at all where nothing is written.
    pub fn section(&mut self, title: &str, write: impl FnOnce(&mut Self)) {
        let before = self.lines.len();
        self.heading(title);
        let written = self.lines.len();
        self.inside(write);
        if self.lines.len() == written {
            self.lines.truncate(before);
        }
    }

    /// A block of fields.
    pub fn fields(&mut self, fields: Fields) {
        let column = fields.0.iter().map(|(name, _)| width(name)).max().unwrap_or_default().min(NAME) + 2;
        for (name, lines) in fields.0 {
            let mut name = name;
            for line in lines {
                let gap = column.saturating_sub(width(&name)).max(if name.is_empty() { 0 } else { 2 });
                let mut parts = Parts::of(Role::Muted, std::mem::take(&mut name)).and(Role::Text, " ".repeat(gap));
                parts.0.extend(line.0);
                self.line(parts);
            }
        }
    }

    /// A table; columns are as wide as their widest cell, the last one is as long as it is.
    pub fn table(&mut self, head: &[&str], rows: Vec<Vec<Parts>>) {
        if rows.is_empty() {
            return;
        }
        let head: Vec<Parts> = head.iter().map(|name| Parts::of(Role::Muted, *name)).collect();
        let mut widths: Vec<usize> = Vec::new();
        for row in rows.iter().chain([&head]) {
            for (i, cell) in row.iter().enumerate() {
                match widths.get_mut(i) {
                    Some(w) => *w = cell.cells().max(*w),
                    None => widths.push(cell.cells()),
                }
            }
        }
        let head = if head.is_empty() { None } else { Some(head) };
        for row in head.into_iter().chain(rows) {
            // Nothing is padded after the last cell that says something.
            let used = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
            let mut line = Parts::default();
            for (i, (cell, column)) in row.into_iter().zip(&widths).take(used).enumerate() {
                let pad = if i + 1 < used {
                    (column + 2).saturating_sub(cell.cells())
                } else {
                    0
                };
                line.0.extend(cell.0);
                if pad > 0 {
                    line.0.push((Role::Text, " ".repeat(pad)));
                }
            }
            self.line(line);
        }
    }

    /// All lines.
    pub fn finish(self) -> Vec<StyledLine> {
        self.lines
    }
}
