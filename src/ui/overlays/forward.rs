//! The form that asks for a forward.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::boxed;
use crate::app::App;
use crate::app::forwards::form::{Field, Form};
use crate::config::Tier;
use crate::ui::Look;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::{Cut, fit, put, width};

/// The label column.
const LABEL: u16 = 9;
/// Offers that are shown at once.
const MOST: usize = 8;

/// Draws the form.
pub fn draw(app: &App, form: &Form, look: &Look, screen: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let offers = form.offers.len().clamp(1, MOST);
    let height = u16::try_from(offers + 9).unwrap_or(16).min(screen.height);
    let wide = screen.width.saturating_sub(4).min(84);
    let area = Rect {
        x: screen.x + (screen.width.saturating_sub(wide)) / 2,
        y: screen.y + screen.height.saturating_sub(height) / 3,
        width: wide,
        height,
    };
    let kind = form.object.kind.known().map_or_else(String::new, |k| k.info().name.to_lowercase());
    let inner = boxed(&format!("FORWARD {kind}/{}", form.object.name), area, look, buf);
    let environment = app.environment(form.env);
    let band = match environment.map(|e| e.tier) {
        Some(Tier::Open) => Role::BandOpen,
        Some(Tier::Confirm) => Role::BandConfirm,
        Some(Tier::Guarded) | None => Role::BandGuarded,
    };
    let badge = format!(" {} ", environment.map(|e| e.shown().to_uppercase()).unwrap_or_default());
    let at = u16::try_from(width(&badge)).unwrap_or(0);
    let place = Rect {
        x: area.right().saturating_sub(at + 2),
        y: area.y,
        width: at,
        height: 1,
    };
    put(buf, place.intersection(area), &badge, theme.style(band));

    let row = |n: u16| Rect {
        x: inner.x + 1,
        y: inner.y + n.min(inner.height.saturating_sub(1)),
        width: inner.width.saturating_sub(2),
        height: u16::from(n < inner.height),
    };
    let text = |n: u16, label: &str, text: &str, role: Role, buf: &mut Buffer| {
        let line = row(n);
        put(buf, line, label, theme.style(Role::Muted));
        let rest = Rect {
            x: line.x + LABEL.min(line.width),
            width: line.width.saturating_sub(LABEL),
            ..line
        };
        let shown = fit(text, usize::from(rest.width), Cut::End, theme.glyph(Glyph::Ellipsis));
        put(buf, rest, &shown, theme.style(role));
    };
    let field = |input: &str, is_active: bool| {
        (
            format!("{input}{}", if is_active { "_" } else { "" }),
            if is_active { Role::Accent } else { Role::Text },
        )
    };
    let (ports, role) = field(form.ports.text(), form.field == Field::Ports);
    text(0, "ports", &ports, role, buf);
    let mut n = 1;
    if form.offers.is_empty() {
        text(n, "", "its ports are not known here: type one, as in 8080:80", Role::Muted, buf);
        n += 1;
    }
    let first = form.chosen.unwrap_or(0).saturating_sub(MOST - 1);
    for (at, port) in form.offers.iter().enumerate().skip(first).take(MOST) {
        let chosen = form.chosen == Some(at);
        let sign = if chosen { ">" } else { " " };
        let line = format!("{sign} {:<20} {}", port.line, port.is);
        text(n, "", &line, if chosen { Role::Title } else { Role::Muted }, buf);
        n += 1;
    }
    let (address, role) = field(form.address.text(), form.field == Field::Address);
    text(n + 1, "address", &address, role, buf);
    let typed = form.address.text().trim();
    let is_loopback = matches!(typed, "" | "localhost") || typed.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_loopback {
        text(n + 2, "by hand", &form.line(), Role::Muted, buf);
    } else {
        text(n + 2, "", "other machines will be able to reach it", Role::Warning, buf);
    }
    if let Some(said) = &form.said {
        text(n + 3, "", said, Role::Warning, buf);
    }
    let mut line = row(inner.height.saturating_sub(1));
    for (key, word) in [
        ("enter", " go on   "),
        ("↑ ↓", " choose a port   "),
        ("tab", " the other field   "),
        ("esc", " leave it"),
    ] {
        for (text, role) in [(key, Role::Key), (word, Role::Muted)] {
            let used = put(buf, line, text, theme.style(role));
            line.x += used;
            line.width = line.width.saturating_sub(used);
        }
    }
}
