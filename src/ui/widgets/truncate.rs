//! Text made to fit a number of cells. A cell is what the terminal counts: `日` takes two, `é` one
//! however it is written, and nothing that a reader sees as one character is ever split.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Where text that is too long loses its middle or its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    #[default]
    End,
    /// For generated names, which differ at the end: `backend-…-x2x9k`.
    Middle,
}

/// On which side the text stands in a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Left,
    Right,
}

/// The cells that one grapheme takes when drawn; nothing where the drawing leaves it out (controls).
pub fn grapheme_width(grapheme: &str) -> usize {
    if grapheme.chars().any(char::is_control) {
        return 0;
    }
    usize::from(grapheme.cell_width())
}

/// Whether each byte is a character of one cell, which makes all counting trivial.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

/// The cells that the text takes when drawn.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    text.graphemes(true).map(grapheme_width).sum()
}

/// The text in at most `cells` cells, with `ellipsis` where something was left out.
pub fn fit<'a>(text: &'a str, cells: usize, cut: Cut, ellipsis: &str) -> Cow<'a, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(budget) = cells.checked_sub(width(ellipsis)) else {
        return Cow::Borrowed(head(text, cells));
    };
    let tail = match cut {
        Cut::End => "",
        Cut::Middle => ending(text, budget),
    };
    let head = head(text, budget - width(tail));
    Cow::Owned(format!("{head}{ellipsis}{tail}"))
}

/// The text in exactly `cells` cells: cut where too long, filled with spaces where too short.
pub fn pad(text: &str, cells: usize, cut: Cut, align: Align, ellipsis: &str) -> String {
    let text = fit(text, cells, cut, ellipsis);
    let room = cells.saturating_sub(width(&text));
    let mut out = String::with_capacity(text.len() + room);
    let spaces = std::iter::repeat_n(' ', room);
    match align {
        Align::Left => {
            out.push_str(&text);
            out.extend(spaces);
        }
        Align::Right => {
            out.extend(spaces);
            out.push_str(&text);
        }
    }
    out
}

/// The longest start of the text that takes no more than `cells`.
pub(super) fn head(text: &str, cells: usize) -> &str {
    let mut left = cells;
    let end = text
        .grapheme_indices(true)
        .find(|(_, grapheme)| match left.checked_sub(grapheme_width(grapheme)) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        })
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// The end to keep of a name cut in the middle: its last part with the hyphen, if that takes no more
/// than half of the room, else as much as half of the room holds.
fn ending(text: &str, budget: usize) -> &str {
    if let Some(part) = text.rfind('-').and_then(|at| text.get(at..))
        && width(part) <= budget / 2
        && part.len() > 1
    {
        return part;
    }
    let mut left = budget / 2;
    let mut start = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        match left.checked_sub(grapheme_width(grapheme)) {
            Some(rest) => (left, start) = (rest, at),
            None => break,
        }
    }
    text.get(start..).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn cuts_show_what_tells_names_apart() {
        let name = "backend-deployment-7d9f8b6c5-x2x9k";
        assert_eq!(fit(name, 15, Cut::Middle, "…"), "backend-…-x2x9k");
        assert_eq!(fit(name, 15, Cut::End, "…"), "backend-deploy…");
        assert_eq!(fit(name, 8, Cut::Middle, "…"), "back…x9k");
        assert_eq!(fit(name, 1, Cut::Middle, "…"), "…");
        assert_eq!(fit(name, 0, Cut::End, "…"), "");
        assert_eq!(fit(name, 34, Cut::Middle, "…"), name);
        assert_eq!(fit("日本語テスト", 6, Cut::End, "…"), "日本…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2, Cut::End, "~"), "e\u{301}~");
        assert_eq!(pad("日本", 5, Cut::End, Align::Right, "…"), " 日本");
        assert_eq!(pad("12", 4, Cut::End, Align::Left, "…"), "12  ");
    }

    /// Text with what makes counting hard: wide, combining, joined, flags, controls, halfwidth marks.
    fn hard_text() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "a",
            "-",
            " ",
            "日",
            "é",
            "e\u{301}",
            "👩‍💻",
            "🇫🇷",
            "\u{200d}",
            "\u{301}",
            "ﾊﾞ",
            "\u{7}",
            "🚀",
            "ا",
            "ل",
            "☎\u{fe0f}",
            "नि",
        ]);
        prop_oneof![prop::collection::vec(pieces, 0..24).prop_map(|p| p.concat()), "\\PC{0,24}"]
    }

    proptest! {
        #[test]
        fn fitted_text_never_takes_more_than_its_cells(text in hard_text(), cells in 0_usize..20, middle: bool) {
            let cut = if middle { Cut::Middle } else { Cut::End };
            let fitted = fit(&text, cells, cut, "…");
            prop_assert!(width(&fitted) <= cells, "{fitted:?} takes {}", width(&fitted));
            for align in [Align::Left, Align::Right] {
                let padded = pad(&text, cells, cut, align, "…");
                prop_assert_eq!(width(&padded), cells, "{:?}", padded);
            }
        }

        #[test]
        fn the_count_is_what_the_drawing_takes(text in hard_text()) {
            let mut buf = Buffer::empty(Rect::new(0, 0, 200, 1));
            let (x, _) = buf.set_stringn(0, 0, &text, 200, Style::new());
            prop_assert_eq!(usize::from(x), width(&text));
        }
    }
}
