//! The frame around a view: its title at the left of the top line, the state of its data at the right.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::{Block, Widget};

use super::paint::{after, clear, line, put};
use super::truncate::{Cut, fit, width};
use crate::ui::theme::{Glyph, Role, Theme};

/// Whether keys go to a pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// It is the only one on the screen, so nothing has to say it.
    #[default]
    Only,
    Here,
    Elsewhere,
    /// A box over the others.
    Box,
}

/// How much room the frame takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frame {
    /// A line on every side.
    #[default]
    Full,
    /// One line at the top only, for small terminals.
    Bare,
}

/// A pane's frame. Title and state are parts with roles; empty parts take no room.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pane<'a> {
    pub title: &'a [(Role, &'a str)],
    /// Kept whole for longer than the title: how fresh the data is must not be cut away.
    pub state: &'a [(Role, &'a str)],
    pub focus: Focus,
    pub frame: Frame,
}

impl Pane<'_> {
    /// What is inside the frame in an area of this size; the same that [`Pane::draw`] returns.
    pub fn inner(&self, area: Rect) -> Rect {
        match self.shape(area) {
            Frame::Full => area.inner(Margin::new(1, 1)),
            Frame::Bare => Rect {
                y: area.y + area.height.min(1),
                height: area.height.saturating_sub(1),
                ..area
            },
        }
    }

    /// Draws the frame and returns what is inside it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) -> Rect {
        let area = area.intersection(buf.area);
        let border = theme.style(match self.focus {
            Focus::Here | Focus::Box => Role::Focus,
            Focus::Only | Focus::Elsewhere => Role::Faint,
        });
        let top = match self.shape(area) {
            Frame::Full => {
                Block::bordered().border_set(theme.border()).border_style(border).render(area, buf);
                // The corners and one piece of line beside each stay.
                line(area.inner(Margin::new(2, 0)), 0)
            }
            Frame::Bare => line(area, 0),
        };
        self.headline(top, buf, theme);
        self.inner(area)
    }

    /// Too small for a frame is bare.
    fn shape(&self, area: Rect) -> Frame {
        if area.height < 3 || area.width < 6 {
            Frame::Bare
        } else {
            self.frame
        }
    }

    fn headline(&self, top: Rect, buf: &mut Buffer, theme: &Theme) {
        let mark = if self.focus == Focus::Here {
            theme.glyph(Glyph::Selected)
        } else {
            ""
        };
        let mut title = vec![(Role::Focus, mark), (Role::Focus, if mark.is_empty() { "" } else { " " })];
        title.extend(self.title.iter().map(|(role, text)| match (self.focus, role) {
            (Focus::Here, Role::Title) => (Role::Focus, *text),
            (Focus::Elsewhere, Role::Title) => (Role::Muted, *text),
            _ => (*role, *text),
        }));
        // A title shorter than this says nothing, so the state has to leave it room.
        const LEAST: u16 = 10;
        let wanted = spaced(self.state);
        let state = wanted.min(top.width).min(top.width.saturating_sub(spaced(&title).min(LEAST)));
        let right = after(top, top.width - state);
        parts(self.state, right, buf, theme);
        let gap = u16::from(state > 0);
        let left = Rect {
            width: (top.width - state).saturating_sub(gap),
            ..top
        };
        parts(&title, left, buf, theme);
    }
}

/// The cells of the parts with a space on either side; 0 where they are empty.
fn spaced(parts: &[(Role, &str)]) -> u16 {
    match parts.iter().map(|(_, text)| width(text)).sum() {
        0_usize => 0,
        cells => u16::try_from(cells + 2).unwrap_or(u16::MAX),
    }
}

/// Writes parts with a space on either side, cut with an ellipsis where there is no room.
fn parts(parts: &[(Role, &str)], area: Rect, buf: &mut Buffer, theme: &Theme) {
    let wanted = spaced(parts);
    if wanted == 0 || area.width < 3 {
        return;
    }
    let area = Rect {
        width: wanted.min(area.width),
        ..area
    };
    // The border's own style must not shine through.
    clear(area, buf);
    let plain = theme.style(Role::Text);
    let mut room = Rect {
        width: area.width - 2,
        ..after(area, 1)
    };
    let cut = wanted > area.width;
    room.width -= u16::from(cut);
    let mut last = plain;
    for (role, text) in parts {
        if room.width == 0 {
            break;
        }
        last = theme.style(*role);
        let fitted = fit(text, usize::from(room.width), Cut::End, "");
        room = after(room, put(buf, room, &fitted, last));
        if fitted.len() < text.len() {
            break;
        }
    }
    if cut {
        put(buf, Rect { width: 1, ..room }, theme.glyph(Glyph::Ellipsis), last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Glyphs};

    fn rows(pane: &Pane<'_>, cells: u16, lines: u16, glyphs: Glyphs) -> (Vec<String>, Rect) {
        let theme = Theme::load("deck", None, Depth::None, glyphs).unwrap();
        let area = Rect::new(0, 0, cells, lines);
        let mut buf = Buffer::empty(area);
        let inner = pane.draw(area, &mut buf, &theme);
        assert_eq!(inner, pane.inner(area));
        let row = |y| (0..cells).map(|x| buf[(x, y)].symbol()).collect();
        ((0..lines).map(row).collect(), inner)
    }

    const PODS: Pane<'static> = Pane {
        title: &[(Role::Title, "pods"), (Role::Muted, " (5)")],
        state: &[(Role::Ok, "live")],
        focus: Focus::Only,
        frame: Frame::Full,
    };

    #[test]
    fn title_left_state_right() {
        let (drawn, inner) = rows(&PODS, 26, 3, Glyphs::Unicode);
        assert_eq!(drawn[0], "┌─ pods (5) ────── live ─┐");
        assert_eq!(drawn[2], "└────────────────────────┘");
        assert_eq!(inner, Rect::new(1, 1, 24, 1));
        let (drawn, _) = rows(
            &Pane {
                focus: Focus::Here,
                ..PODS
            },
            26,
            3,
            Glyphs::Ascii,
        );
        assert_eq!(drawn[0], "+- > pods (5) ---- live -+");
        let (drawn, inner) = rows(
            &Pane {
                frame: Frame::Bare,
                ..PODS
            },
            26,
            3,
            Glyphs::Unicode,
        );
        assert_eq!(drawn[0], " pods (5)            live ");
        assert_eq!(inner, Rect::new(0, 1, 26, 2));
    }

    #[test]
    fn the_state_does_not_take_the_borders_style() {
        let theme = Theme::default();
        let area = Rect::new(0, 0, 26, 3);
        let mut buf = Buffer::empty(area);
        Pane {
            focus: Focus::Here,
            ..PODS
        }
        .draw(area, &mut buf, &theme);
        let (live, ok) = (buf[(20, 0)].style(), theme.style(Role::Ok));
        assert_eq!((live.fg, live.add_modifier), (ok.fg, ok.add_modifier));
    }

    #[test]
    fn the_title_gives_way_before_the_state_does() {
        let stale = Pane {
            title: &[(Role::Title, "deployments"), (Role::Muted, " in solia-production")],
            state: &[(Role::Stale, "stale since 03:04")],
            ..PODS
        };
        let (drawn, _) = rows(&stale, 36, 3, Glyphs::Unicode);
        assert_eq!(drawn[0], "┌─ deploymen… ─ stale since 03:04 ─┐");
        let (drawn, _) = rows(&stale, 24, 3, Glyphs::Unicode);
        assert_eq!(drawn[0], "┌─ deploy… ─ stale s… ─┐");
        for cells in 0..40 {
            for lines in 0..4 {
                rows(&stale, cells, lines, Glyphs::Unicode);
            }
        }
    }
}
