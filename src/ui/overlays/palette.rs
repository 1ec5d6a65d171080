//! The offers of the command line, above it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::boxed;
use crate::app::palette::Offer;
use crate::ui::Look;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::put;
use crate::ui::widgets::{Align, Cut, pad, width as width_of};

const ROWS: u16 = 12;

/// Draws the best offers, the best at the top; the line itself is in the footer.
pub fn draw(offers: &[Offer], chosen: Option<usize>, look: &Look, screen: Rect, buf: &mut Buffer) {
    if offers.is_empty() {
        return;
    }
    let rows = u16::try_from(offers.len())
        .unwrap_or(ROWS)
        .min(ROWS)
        .min(screen.height.saturating_sub(4));
    let width = screen.width.min(96);
    let area = Rect {
        x: screen.x,
        y: screen.bottom().saturating_sub(rows + 3),
        width,
        height: rows + 2,
    };
    let title = if offers.len() > usize::from(rows) {
        format!("{} of {}", rows, offers.len())
    } else {
        String::new()
    };
    let inner = boxed(&title, area, look, buf);
    let theme = &look.theme;
    let first = chosen.map_or(0, |c| (c + 1).saturating_sub(usize::from(rows)));
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    // A long name is what is looked for: its description gives way.
    let shown = offers.iter().skip(first).take(usize::from(rows));
    let widest = shown.map(|offer| width_of(&offer.line) + 2).max().unwrap_or(0);
    let most = (inner.width / 2).max(inner.width.saturating_sub(32));
    let name_width = u16::try_from(widest).unwrap_or(most).clamp(34.min(inner.width / 2), most);
    for (n, offer) in offers.iter().enumerate().skip(first).take(usize::from(rows)) {
        let y = inner.y + u16::try_from(n - first).unwrap_or(0);
        let line = Rect { y, height: 1, ..inner };
        let selected = chosen == Some(n);
        if selected {
            buf.set_style(line, theme.style(Role::Selected));
        }
        let style = |role: Role| if selected { theme.style(Role::Selected) } else { theme.style(role) };
        put(
            buf,
            line,
            &pad(
                &format!(" {}", offer.line),
                usize::from(name_width),
                Cut::End,
                Align::Left,
                ellipsis,
            ),
            style(Role::Accent),
        );
        let rest = Rect {
            x: line.x + name_width + 1,
            width: line.width.saturating_sub(name_width + 1),
            ..line
        };
        put(
            buf,
            rest,
            &pad(&offer.about, usize::from(rest.width), Cut::End, Align::Left, ellipsis),
            style(Role::Muted),
        );
    }
}
