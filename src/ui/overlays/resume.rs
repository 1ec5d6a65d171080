//! The question after a hang-up: go on where the last session was cut off?

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::boxed;
use crate::app::session::Session;
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::put;

/// Draws the question.
pub fn draw(session: &Session, look: &Look, screen: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let rows = u16::try_from(session.views.len()).unwrap_or(2);
    let (width, height) = (screen.width.min(72), (rows + 6).min(screen.height));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 3,
        width,
        height,
    };
    let inner = boxed("resume?", area, look, buf);
    let line = |n: u16| Rect {
        x: inner.x + 1,
        y: inner.y + n.min(inner.height.saturating_sub(1)),
        width: inner.width.saturating_sub(1),
        height: 1.min(inner.height),
    };
    put(buf, line(0), "The last session was cut off. It showed:", theme.style(Role::Text));
    for (n, view) in session.views.iter().enumerate() {
        let namespaces = if view.namespaces.is_empty() {
            "all namespaces".to_owned()
        } else {
            view.namespaces.join(", ")
        };
        let filter = if view.filter.is_empty() {
            String::new()
        } else {
            format!("  /{}", view.filter)
        };
        let text = format!("  {} · {} · {namespaces}{filter}", view.environment, view.resource);
        put(buf, line(u16::try_from(n).unwrap_or(0) + 1), &text, theme.style(Role::Accent));
    }
    put(
        buf,
        line(rows + 2),
        "y or enter: go on there     n or esc: start anew",
        theme.style(Role::Key),
    );
}
