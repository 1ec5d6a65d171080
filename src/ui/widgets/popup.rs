//! A box over everything else: palette, help, questions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::clear;
use super::pane::{Focus, Frame, Pane};
use crate::ui::theme::{Role, Theme};

/// An area of this size in the middle of another, or all of it where it is too small.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// A framed box with a title.
#[derive(Clone, Copy, Debug)]
pub struct Popup<'a> {
    pub title: &'a str,
    /// At the right of the top border: a counter, a state.
    pub state: &'a str,
}

impl Popup<'_> {
    /// Empties the area, draws the frame and returns what is inside it.
    pub fn draw(self, area: Rect, buf: &mut Buffer, theme: &Theme) -> Rect {
        clear(area, buf);
        let pane = Pane {
            title: &[(Role::Focus, self.title)],
            state: &[(Role::Muted, self.state)],
            focus: Focus::Box,
            frame: Frame::Full,
        };
        pane.draw(area, buf, theme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn a_box_is_in_the_middle_and_never_larger_than_the_screen() {
        assert_eq!(centred(Rect::new(0, 0, 80, 24), 40, 10), Rect::new(20, 7, 40, 10));
        assert_eq!(centred(Rect::new(5, 5, 10, 3), 40, 10), Rect::new(5, 5, 10, 3));
    }

    #[test]
    fn a_box_covers_what_is_under_it_wide_characters_too() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 3));
        for y in 0..3 {
            buf.set_string(0, y, "日本語日本語", Style::new());
        }
        let popup = Popup { title: "", state: "" };
        let inner = popup.draw(Rect::new(3, 0, 6, 3), &mut buf, &Theme::default());
        assert_eq!(inner, Rect::new(4, 1, 4, 1));
        let row: Vec<_> = (0..12).map(|x| buf[(x, 1)].symbol()).collect();
        assert_eq!(row, ["日", " ", " ", "│", " ", " ", " ", " ", "│", " ", "語", " "]);
    }
}
