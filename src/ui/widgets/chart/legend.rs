//! What the letters and colours of a chart mean, and the value of each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::{Cut, fit, put, width};

/// One line of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its letter; none where there is only one series.
    pub letter: Option<char>,
    pub role: Role,
    pub name: String,
    pub value: String,
    pub value_role: Role,
}

/// Cells between two entries.
const GAP: u16 = 2;
/// Cells of a name, where there are others.
const NAME: usize = 20;

/// Writes entries side by side, as many as there is room for; how many were left out is said at the end.
pub fn legend(entries: &[Entry], area: Rect, buf: &mut Buffer, theme: &Theme) {
    let (mut x, mut y) = (area.x, area.y);
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    for (n, entry) in entries.iter().enumerate() {
        let letter = entry.letter.map_or(0, |_| 2);
        let left = entries.len() - n;
        // Room to say that there are more.
        let rest = if left > 1 { format!("+{left}") } else { String::new() };
        let most = usize::from(area.width).saturating_sub(width(&entry.value) + letter + rest.len() + 2);
        let most = if entries.len() > 1 { most.min(NAME) } else { most };
        let name = fit(&entry.name, most, Cut::Middle, ellipsis).into_owned();
        let gap = usize::from(!name.is_empty());
        let cells = u16::try_from(letter + width(&name) + gap + width(&entry.value)).unwrap_or(u16::MAX);
        let last_row = y + 1 >= area.bottom();
        let reserved = if last_row && left > 1 {
            u16::try_from(rest.len() + 1).unwrap_or(0)
        } else {
            0
        };
        if x + cells + reserved > area.right() {
            if last_row {
                put(
                    buf,
                    Rect::new(x, y, area.right().saturating_sub(x), 1),
                    &rest,
                    theme.style(Role::Muted),
                );
                return;
            }
            (x, y) = (area.x, y + 1);
        }
        let mut at = Rect::new(x, y, area.right().saturating_sub(x), 1);
        let mut write = |text: &str, role: Role| {
            let used = put(buf, at, text, theme.style(role));
            at.x += used;
            at.width = at.width.saturating_sub(used);
        };
        if let Some(letter) = entry.letter {
            write(&format!("{letter} "), entry.role);
        }
        if !name.is_empty() {
            write(&format!("{name} "), Role::Muted);
        }
        write(&entry.value, entry.value_role);
        x += cells + GAP;
        if x >= area.right() && n + 1 < entries.len() {
            if last_row {
                return;
            }
            (x, y) = (area.x, y + 1);
        }
    }
}
