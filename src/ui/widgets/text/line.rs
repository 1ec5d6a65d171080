//! A line of a document: its text, and which parts of it mean something.

use std::ops::Range;

use crate::ui::theme::Role;

/// A line of text with roles. Compact, because a document may have a hundred thousand of them.
/// The text is harmless already (`model::clean_lines`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextLine {
    text: Box<str>,
    /// In order, without overlap; what lies between is ordinary text.
    spans: Box<[(Role, u32, u32)]>,
}

impl TextLine {
    /// A line of ordinary text.
    pub fn plain(text: impl Into<Box<str>>) -> Self {
        Self {
            text: text.into(),
            spans: Box::default(),
        }
    }

    /// A line with roles for byte ranges of it, in order. Ranges that are empty or overlap an earlier one are left out.
    pub fn new(text: impl Into<Box<str>>, spans: impl IntoIterator<Item = (Role, Range<usize>)>) -> Self {
        let text = text.into();
        let mut end = 0;
        let spans = spans
            .into_iter()
            .filter_map(|(role, range)| {
                let fits = range.start >= end && range.start < range.end && text.get(range.clone()).is_some();
                let span = (role, u32::try_from(range.start).ok()?, u32::try_from(range.end).ok()?);
                fits.then(|| {
                    end = range.end;
                    span
                })
            })
            .collect();
        Self { text, spans }
    }

    /// A line of parts, each with its role.
    pub fn of<'a>(parts: impl IntoIterator<Item = (Role, &'a str)>) -> Self {
        let mut text = String::new();
        let spans: Vec<_> = parts
            .into_iter()
            .map(|(role, part)| {
                let start = text.len();
                text.push_str(part);
                (role, start..text.len())
            })
            .collect();
        Self::new(text, spans)
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The role at a byte, and where it ends or the next begins.
    pub fn role_at(&self, byte: usize) -> (Role, usize) {
        let next = self.spans.partition_point(|(_, _, end)| *end as usize <= byte);
        match self.spans.get(next) {
            Some((role, start, end)) if *start as usize <= byte => (*role, *end as usize),
            Some((_, start, _)) => (Role::Text, *start as usize),
            None => (Role::Text, usize::MAX),
        }
    }
}

impl From<&str> for TextLine {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}
