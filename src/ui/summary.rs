//! The line below the header: what is wrong in the environment in front, worst first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use super::widgets::put;
use super::widgets::{Cut, fit, width};
use crate::app::App;
use crate::model::{Health, Link};
use crate::ui::theme::{Glyph, Role};

/// Draws the summary.
pub fn draw(app: &App, look: &Look, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let theme = &look.theme;
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    let say = |buf: &mut Buffer, text: &str, role: Role| {
        put(
            buf,
            area,
            &fit(text, usize::from(area.width), Cut::End, ellipsis),
            theme.style(role),
        );
    };
    let Some(seen) = app.seen() else { return };
    match &seen.link {
        Link::Lost { problem, .. } => {
            let text = format!(" {} {problem}", theme.glyph(Glyph::Bad));
            return say(buf, &text, Role::Bad);
        }
        Link::Idle | Link::Connecting => {
            let name = app.environment(app.env()).map(|e| e.name.clone()).unwrap_or_default();
            return say(buf, &format!(" connecting to {name} …"), Role::Busy);
        }
        Link::Ready(_) => {}
    }
    let summary = app.summary(app.env());
    let troubles = &summary.troubles;
    if troubles.is_empty() {
        let known = summary.nodes.is_some() || summary.pods.is_some();
        let text = if known {
            format!(" {} nothing is wrong in what is watched", theme.glyph(Glyph::Ok))
        } else {
            " looking …".to_owned()
        };
        return say(buf, &text, if known { Role::Ok } else { Role::Muted });
    }
    let mut x = area.x + 1;
    for (n, trouble) in troubles.iter().enumerate() {
        let (glyph, role) = if trouble.health == Health::Bad {
            (Glyph::Bad, Role::Bad)
        } else {
            (Glyph::Warning, Role::Warning)
        };
        let text = format!("{} {}", theme.glyph(glyph), trouble.text);
        let rest = troubles.len() - n;
        let more = format!("+{rest} more");
        let room = usize::from(area.right().saturating_sub(x));
        let needed = width(&text) + if rest > 1 { 3 + more.len() } else { 0 };
        if n > 0 && needed > room {
            put(
                buf,
                Rect {
                    x,
                    width: area.right().saturating_sub(x),
                    ..area
                },
                &more,
                theme.style(Role::Muted),
            );
            return;
        }
        x += put(
            buf,
            Rect {
                x,
                width: area.right().saturating_sub(x),
                ..area
            },
            &fit(&text, room, Cut::End, ellipsis),
            theme.style(role),
        ) + 3;
        if x >= area.right() {
            return;
        }
    }
}
