//! The last line: what can be done here, or what was just said, or the line being typed.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::Look;
use super::widgets::{Cut, fit, width};
use super::widgets::{fill, put};
use crate::app::command::Place;
use crate::app::overlay::Overlay;
use crate::app::view::View;
use crate::app::{App, COMMANDS, Command, Tone, rights};
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
    let lacking = lacking(app);
    for (n, hint) in here.iter().enumerate() {
        if n == lacking.before {
            x = draw_lacking(&lacking, x, from, look, area, buf);
        }
        if x.saturating_add(cells(hint)) > from {
            break;
        }
        x = draw_hint(hint, x, look, area, buf);
    }
    if lacking.before >= here.len() {
        draw_lacking(&lacking, x, from, look, area, buf);
    }
    let mut x = from.max(area.x + 1);
    for hint in &everywhere {
        x = draw_hint(hint, x, look, area, buf);
    }
    None
}

/// The address that was just said, where it stands.
pub fn link(app: &App, look: &Look, area: Rect) -> Option<super::Link> {
    let flash = app.flash.as_ref()?;
    let url = flash.link.clone()?;
    let is_covered = app.is_shared || app.overlay.is_some() || area.is_empty();
    let room = usize::from(area.width.saturating_sub(2));
    let text = fit(&flash.text, room, Cut::End, look.theme.glyph(Glyph::Ellipsis)).into_owned();
    (!is_covered).then(|| super::Link {
        x: indent(area).x,
        y: area.y,
        text,
        url,
    })
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

/// Keys that are known to be refused.
struct Lacking {
    /// By what they lack: `patch deployments`, and `r H`.
    keys: Vec<(String, Vec<String>)>,
    /// The number of the hint before which they would stand.
    before: usize,
}

fn lacking(app: &App) -> Lacking {
    let fitting = COMMANDS
        .iter()
        .filter(|row| !row.hint.is_empty() && row.place != Place::Anywhere && row.place.covers(app.view()) && (row.available)(app));
    let mut keys: Vec<(String, Vec<String>)> = Vec::new();
    let (mut before, mut hints) = (usize::MAX, 0);
    for row in fitting {
        let Some((right, key)) = rights::missing(app, row.command).zip(app.keymap.labels(row).into_iter().next()) else {
            hints += 1;
            continue;
        };
        before = before.min(hints);
        let short = right.short();
        match keys.iter_mut().find(|(right, _)| *right == short) {
            Some((_, keys)) => keys.push(key),
            None => keys.push((short, vec![key])),
        }
    }
    Lacking { keys, before }
}

/// What would be refused stays in its place, with what it lacks; where there is no room for that, with one word for all.
fn draw_lacking(lacking: &Lacking, x: u16, from: u16, look: &Look, area: Rect, buf: &mut ratatui::buffer::Buffer) -> u16 {
    if lacking.keys.is_empty() {
        return x;
    }
    let whole = lacking.keys.iter().enumerate().map(|(n, (right, keys))| {
        let needs = if n == 0 { " needs" } else { "" };
        format!("{}{needs} {right}", keys.join(" "))
    });
    let whole = whole.collect::<Vec<_>>().join(", ");
    let keys = lacking.keys.iter().flat_map(|(_, keys)| keys).map(String::as_str);
    let short = format!("{} denied", keys.collect::<Vec<_>>().join(" "));
    let room = usize::from(from.saturating_sub(x));
    let Some(text) = [whole, short].into_iter().find(|text| width(text) + 2 <= room) else {
        return x;
    };
    let rest = Rect {
        x,
        width: from.saturating_sub(x),
        ..area
    };
    let style = look.theme.style(Role::Bar).patch(look.theme.style(Role::Faint));
    x + put(buf, rest, &text, style) + 2
}

/// A key, and what it does in one word.
type Hint = (String, &'static str);

/// Keys that do something for what has the focus, and those that work everywhere.
fn hints(app: &App) -> (Vec<Hint>, Vec<Hint>) {
    let fitting = COMMANDS.iter().filter(|row| {
        !row.hint.is_empty() && row.place.covers(app.view()) && (row.available)(app) && rights::missing(app, row.command).is_none()
    });
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
    if explains && app.has_row() {
        let at = here.len().min(1);
        here.insert(at, (app.keymap.label(Command::Runbook), "runbook"));
    }
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
