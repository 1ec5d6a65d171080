//! The line for newcomers, above the footer: one key, and what it does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use super::widgets::{Cut, fit, put};
use crate::app::{App, guide};
use crate::ui::theme::{Glyph, Role};

/// Draws the line, if there is something to learn.
pub fn draw(app: &App, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some((key, says)) = guide::next(app).filter(|_| !area.is_empty()) else {
        return;
    };
    let theme = &look.theme;
    let mut x = area.x + 1;
    for (text, role) in [("next", Role::Muted), (&key, Role::Key), (says, Role::Muted)] {
        let room = Rect {
            x,
            width: area.right().saturating_sub(x),
            ..area
        };
        let text = fit(text, usize::from(room.width), Cut::End, theme.glyph(Glyph::Ellipsis));
        x = x.saturating_add(put(buf, room, &text, theme.style(role))).saturating_add(2);
    }
}
