//! The question before identifiers are shown again.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::boxed;
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::put;

/// Draws the question.
pub fn draw(look: &Look, screen: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let (width, height) = (screen.width.min(62), 6.min(screen.height));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 3,
        width,
        height,
    };
    let inner = boxed("stop sharing?", area, look, buf);
    let line = |n: u16| Rect {
        x: inner.x + 1,
        y: inner.y + n.min(inner.height.saturating_sub(1)),
        width: inner.width.saturating_sub(1),
        height: 1.min(inner.height),
    };
    put(
        buf,
        line(0),
        "Addresses and account numbers are shown again, at once.",
        theme.style(Role::Text),
    );
    put(buf, line(1), "Does nobody look on any more?", theme.style(Role::Text));
    put(
        buf,
        line(3),
        "y: show them     n, enter or esc: stay SHARED",
        theme.style(Role::Key),
    );
}
