//! Wrapping: where the rows of a line start and end on a screen of this width.
//!
//! Nothing is stored. A row is found by walking its own line only, so a document of a hundred
//! thousand lines costs as much to draw, scroll and resize as one that fills the screen.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::ui::widgets::truncate::{grapheme_width, is_plain};

/// The rows of one line as byte ranges, in order and without gaps; at least one, even of an empty line.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    text: &'a str,
    cells: usize,
    /// Where the next row starts; past the end once the last was given.
    next: Option<usize>,
    plain: bool,
}

/// The rows of a line on so many cells. Words stay whole where that leaves no row half empty.
pub fn rows(text: &str, cells: usize) -> Rows<'_> {
    Rows {
        text,
        cells: cells.max(1),
        next: Some(0),
        plain: is_plain(text),
    }
}

/// How many rows the line takes.
pub fn height(text: &str, cells: usize) -> usize {
    // No character takes more cells than bytes.
    if text.len() <= cells { 1 } else { rows(text, cells).count() }
}

impl Iterator for Rows<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.next?;
        let rest = self.text.get(start..)?;
        let len = if self.plain { self.plain_row(rest) } else { self.row(rest) };
        let end = start + len;
        self.next = (end < self.text.len()).then_some(end);
        Some(start..end)
    }
}

impl Rows<'_> {
    /// The length of the next row where every byte is a cell.
    fn plain_row(&self, rest: &str) -> usize {
        let bytes = rest.as_bytes();
        let Some((row, beyond)) = bytes.split_at_checked(self.cells) else {
            return bytes.len();
        };
        match beyond.first() {
            None => self.cells,
            // The space between the rows belongs to the first, where nobody sees it.
            Some(b' ') => self.cells + 1,
            Some(_) => row
                .iter()
                .rposition(|b| *b == b' ')
                .map(|at| at + 1)
                .filter(|at| at * 2 > self.cells)
                .unwrap_or(self.cells),
        }
    }

    fn row(&self, rest: &str) -> usize {
        let (mut used, mut word) = (0, None);
        for (at, grapheme) in rest.grapheme_indices(true) {
            let cells = grapheme_width(grapheme);
            // A character that is wider than the screen still has to go somewhere.
            if used + cells > self.cells && at > 0 {
                return if grapheme == " " { at + 1 } else { word.unwrap_or(at) };
            }
            used += cells;
            if grapheme == " " && used * 2 > self.cells {
                word = Some(at + 1);
            }
        }
        rest.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::truncate::width;
    use proptest::prelude::*;

    fn wrapped(text: &str, cells: usize) -> Vec<&str> {
        rows(text, cells).map(|r| &text[r]).collect()
    }

    #[test]
    fn words_stay_whole_unless_they_are_too_long() {
        assert_eq!(wrapped("the pod is not ready", 8), ["the pod ", "is not ", "ready"]);
        assert_eq!(
            wrapped("a registry.example/backend:1", 10),
            ["a registry", ".example/b", "ackend:1"]
        );
        assert_eq!(wrapped("", 8), [""]);
        assert_eq!(wrapped("12345678", 8), ["12345678"]);
        assert_eq!(wrapped("日本語テスト", 5), ["日本", "語テ", "スト"]);
        assert_eq!(wrapped("日本", 1), ["日", "本"]);
        assert_eq!(wrapped("日本 語テ スト", 6), ["日本 ", "語テ ", "スト"]);
    }

    proptest! {
        #[test]
        fn rows_cover_the_line_and_fit(text in "[a-c日é🚀 \u{301}]{0,60}", cells in 2_usize..12) {
            prop_assert_eq!(wrapped(&text, cells).concat(), text.clone());
            for row in wrapped(&text, cells) {
                prop_assert!(width(row.strip_suffix(' ').unwrap_or(row)) <= cells, "{row:?}");
            }
            prop_assert_eq!(height(&text, cells), rows(&text, cells).count());
        }
    }
}
