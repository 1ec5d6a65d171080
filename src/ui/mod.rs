//! What the screen looks like: reads the app, changes nothing.
//!
//! ```text
//!  header    environment, namespaces, nodes, api, time          ui/header
//!  strip     what is wrong, worst first, and what changed       ui/strip
//! ┌ pane ─────────────────┐┌ pane ─────────────────┐
//! │ one view, or two side by side                   │           ui/panes/*
//! └───────────────────────┘└───────────────────────┘
//!  guide     the next useful key, for newcomers only            ui/guide
//!  footer    keys that act here, messages, the line being typed ui/footer
//! ```
//! Overlays (palette, help, questions) lie on top. Colours and glyphs are spoken only in `ui/theme`.

mod cover;
mod footer;
mod guide;
mod header;

pub mod overlays;
pub mod panes;
pub mod strip;
pub mod theme;
pub mod widgets;

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::App;
use crate::app::areas::{MIN_HEIGHT, MIN_WIDTH};
use crate::app::view::View;
use theme::{Glyphs, Role, Theme};
use widgets::put;

/// What the picture depends on beside the app: the theme and the time zone of the clock.
#[derive(Debug)]
pub struct Look {
    pub theme: Theme,
    pub zone: TimeZone,
}

/// Draws the whole screen.
pub fn draw(app: &App, look: &Look, frame: &mut Frame<'_>) {
    let screen = frame.area();
    if screen.is_empty() {
        return;
    }
    let areas = app.areas();
    let theme = &look.theme;
    let area = |r: Rect| r.intersection(screen);
    let buf = frame.buffer_mut();
    buf.set_style(screen, theme.style(Role::Text));
    header::draw(app, look, area(areas.header), buf);
    if screen.width < MIN_WIDTH || screen.height < MIN_HEIGHT {
        if screen.height > 1 {
            let line = Rect {
                y: screen.y + 1,
                height: 1,
                ..screen
            };
            put(
                buf,
                line,
                &format!("too small: {MIN_WIDTH}x{MIN_HEIGHT} or more, please"),
                theme.style(Role::Muted),
            );
        }
        return;
    }
    strip::draw(app, look, area(areas.strip), buf);
    for (n, (pane, place)) in app.workspace.panes().iter().zip(&areas.panes).enumerate() {
        let focused = n == app.workspace.focus && !app.workspace.is_on_strip();
        let place = area(*place);
        if place.is_empty() {
            continue;
        }
        match pane.view() {
            View::Table(table) => panes::table::draw(table, &app.store, app.now, focused, place, buf, theme),
            View::Text(text) => panes::text::draw(text, &app.store, app.now, focused, place, buf, theme),
            View::Insights(pane) => panes::insights::draw(pane, app.now, focused, place, buf, theme),
            View::Page(page) => panes::page::draw(page, app.now, focused, place, buf, theme),
            View::Log(log) => {
                let scene = panes::log::Scene {
                    now: app.now,
                    focused,
                    theme,
                    zone: &look.zone,
                    covered: app.covered(),
                };
                panes::log::draw(log, &app.store, &scene, place, buf);
            }
            View::Book(pane) => panes::book::draw(pane, app, focused, place, buf, theme),
            View::Overview(pane) => panes::overview::draw(pane, focused, place, buf, theme),
            View::Explain(pane) => panes::explain::draw(pane, &app.store, app.now, focused, place, buf, theme),
            View::Metrics(pane) => {
                let scene = panes::metrics::Scene {
                    now: app.now,
                    focused,
                    theme,
                    zone: &look.zone,
                };
                panes::metrics::draw(pane, &app.store, &scene, place, buf);
            }
        }
    }
    guide::draw(app, look, area(areas.guide), frame.buffer_mut());
    let cursor = footer::draw(app, look, area(areas.footer), frame);
    overlays::draw(app, look, screen, frame.buffer_mut());
    if let Some(identifiers) = app.covered() {
        cover::cover(frame.buffer_mut(), &areas.panes, identifiers, theme);
    }
    if theme.glyphs() == Glyphs::Ascii {
        spell_in_ascii(frame.buffer_mut());
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// An address on the screen that the terminal may open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub x: u16,
    pub y: u16,
    /// The words that stand there.
    pub text: String,
    pub url: String,
}

/// The address that the footer shows now, if it shows one; never while others look on.
pub fn link(app: &App, look: &Look) -> Option<Link> {
    footer::link(app, look, app.areas().footer)
}

/// Texts from outside, and the punctuation of our own, in what every terminal can draw. A name keeps its width,
/// so that columns stay where they are.
fn spell_in_ascii(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let plain = match cell.symbol() {
            "µ" => "u",
            "·" | "–" | "—" | "←" => "-",
            "…" => ".",
            "→" | "›" => ">",
            "‹" => "<",
            "×" => "x",
            "•" => "*",
            "\u{a0}" => " ",
            _ => "?",
        };
        cell.set_symbol(plain);
    }
}
