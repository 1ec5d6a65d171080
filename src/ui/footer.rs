//! The last line: what can be done here, or what was just said, or the line being typed.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::Look;
use super::widgets::{Cut, fit, width};
use super::widgets::{fill, put};
use crate::app::command::Place;
use crate::app::overlay::Overlay;
use crate::app::view::View;
use crate::app::{App, COMMANDS, Command, Tone};
use crate::ui::panes::table::RowSource;
use crate::ui::theme::{Glyph, Role};

/// Draws the footer. Gives the place of the text cursor, if something is typed there.
pub fn draw(app: &App, look: &Look, area: Rect, frame: &mut Frame<'_>) -> Option<Position> {
    let theme = &look.theme;
    let buf = frame.buffer_mut();
    fill(buf, area, " ", theme.style(Role::Bar));
    match &app.overlay {
        Some(Overlay::Filter { input, .. }) => {
            let sign = if app.table().is_some() { "/" } else { "& " };
            let cursor = input.draw(sign, area, buf, theme);
            if let View::Log(log) = app.view() {
                if let Some(problem) = &log.problem {
                    right(problem, Role::Warning, look, area, buf);
                }
                return cursor;
            }
            if let Some(problem) = app.table().and_then(|table| table.parsed().problems().first().cloned()) {
                right(&problem, Role::Warning, look, area, buf);
            } else if let Some(table) = app.table() {
                right(
                    &format!("{} of {}", table.order().len(), table.total()),
                    Role::Muted,
                    look,
                    area,
                    buf,
                );
            }
            return cursor;
        }
        Some(Overlay::Search { input, .. }) => return input.draw("search ", area, buf, theme),
        Some(Overlay::Palette { input, .. }) => return input.draw(":", area, buf, theme),
        _ => {}
    }
    let bar = theme.style(Role::Bar);
    if let Some(flash) = &app.flash {
        let role = if flash.tone == Tone::Problem { Role::Warning } else { Role::Accent };
        let text = fit(
            &flash.text,
            usize::from(area.width.saturating_sub(2)),
            Cut::End,
            theme.glyph(Glyph::Ellipsis),
        );
        put(buf, indent(area), &text, bar.patch(theme.style(role)));
        return None;
    }
    // What leads everywhere else is always there, at the right; what acts here fills the rest.
    let (here, everywhere) = hints(app);
    let cells = |(key, word): &(String, &str)| u16::try_from(width(key) + width(word) + 3).unwrap_or(u16::MAX);
    let wanted: u16 = everywhere.iter().map(cells).sum();
    let from = area.right().saturating_sub(wanted).max(area.x);
    let mut x = area.x + 1;
    if let Some(name) = acted_on(app) {
        let room = usize::from(from.saturating_sub(x)) / 3;
        let name = fit(&name, room, Cut::Middle, theme.glyph(Glyph::Ellipsis));
        x += put(buf, indent(area), &name, bar.patch(theme.style(Role::Title))) + 2;
    }
    for hint in &here {
        if x.saturating_add(cells(hint)) > from {
            break;
        }
        x = draw_hint(hint, x, look, area, buf);
    }
    let mut x = from.max(area.x + 1);
    for hint in &everywhere {
        x = draw_hint(hint, x, look, area, buf);
    }
    None
}

fn draw_hint((key, word): &(String, &str), x: u16, look: &Look, area: Rect, buf: &mut ratatui::buffer::Buffer) -> u16 {
    let theme = &look.theme;
    let bar = theme.style(Role::Bar);
    let rest = |x: u16| Rect {
        x,
        width: area.right().saturating_sub(x),
        ..area
    };
    let x = x + put(buf, rest(x), key, bar.patch(theme.style(Role::Key))) + 1;
    x + put(buf, rest(x), word, bar.patch(theme.style(Role::Muted))) + 2
}

/// What the keys act on, where the cursor does not stand on its row: the object of a finding.
fn acted_on(app: &App) -> Option<String> {
    let finding = app.table().filter(|_| app.workspace.is_on_strip())?.selected_finding()?;
    Some(format!("{}/{}", finding.object.kind_name().to_lowercase(), finding.object.name))
}

/// A key, and what it does in one word.
type Hint = (String, &'static str);

/// Keys that do something for what has the focus, and those that work everywhere.
fn hints(app: &App) -> (Vec<Hint>, Vec<Hint>) {
    let fitting = COMMANDS
        .iter()
        .filter(|row| !row.hint.is_empty() && row.place.covers(app.view()) && (row.available)(app));
    let (everywhere, here): (Vec<_>, Vec<_>) = fitting.partition(|row| row.place == Place::Anywhere);
    // What lies below a finding is its explanation.
    let explains = app.table().is_some_and(|table| table.source == RowSource::Findings);
    let hints = |rows: Vec<&crate::app::command::Row>| {
        rows.into_iter()
            .filter(|row| !(explains && row.command == Command::Explain))
            .filter_map(|row| {
                let hint = if explains && row.command == Command::Open {
                    "explain"
                } else {
                    row.hint
                };
                Some((app.keymap.labels(row).into_iter().next()?, hint))
            })
            .collect::<Vec<Hint>>()
    };
    let mut here = hints(here);
    if !matches!(app.view(), View::Table(_)) {
        here.insert(0, (app.keymap.label(crate::app::Command::Back), "back"));
    }
    (here, hints(everywhere))
}

fn right(text: &str, role: Role, look: &Look, area: Rect, buf: &mut ratatui::buffer::Buffer) {
    let width = u16::try_from(super::widgets::width(text)).unwrap_or(0);
    if area.width > width + 20 {
        let style = look.theme.style(Role::Bar).patch(look.theme.style(role));
        put(
            buf,
            Rect {
                x: area.right() - width - 1,
                width,
                ..area
            },
            text,
            style,
        );
    }
}

fn indent(area: Rect) -> Rect {
    Rect {
        x: area.x + 1.min(area.width),
        width: area.width.saturating_sub(1),
        ..area
    }
}
