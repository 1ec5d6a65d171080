//! What leaves the screen (copies, files), and what comes in by the mouse.

use super::{travel, with_table};
use crate::app::msg::MouseAction;
use crate::app::view::View;
use crate::app::{App, Command, Effect, Tone};
use crate::redact::Identifiers;

pub(super) fn copy(app: &mut App) -> Vec<Effect> {
    let forward = crate::app::forwards::copy_out_of(app, app.view());
    let text = match app.view() {
        _ if forward.is_some() => forward.unwrap_or_default(),
        View::Table(table) => {
            let names: Vec<String> = table
                .order()
                .iter()
                .filter(|uid| {
                    if table.marks.is_empty() {
                        table.selected == Some(**uid)
                    } else {
                        table.marks.contains(uid)
                    }
                })
                .filter_map(|uid| table.row(app.store.env(table.env)?, *uid, app.now).map(|row| row.name().to_owned()))
                .collect();
            names.join("\n")
        }
        View::Text(text) => text.content(),
        View::Page(page) => page.content(),
        View::Insights(pane) => pane.copied(),
        View::Log(log) => log.copied(&app.store),
        View::Overview(pane) => pane.content(),
        View::Explain(pane) => pane.current_line(),
        View::Metrics(pane) => pane.copied(),
        View::Book(_) => crate::app::books::current_line(app),
    };
    if text.is_empty() {
        app.flash(Tone::Info, "nothing to copy");
        return Vec::new();
    }
    vec![Effect::Copy(text)]
}

/// What leaves the screen while others look on has no identifiers either.
pub(super) fn cover(effect: Effect, identifiers: &Identifiers) -> Effect {
    let masked = |text: String| identifiers.mask(&text).into_owned();
    match effect {
        Effect::Copy(text) => Effect::Copy(masked(text)),
        Effect::Save { name, text } => Effect::Save {
            name: masked(name),
            text: masked(text),
        },
        other => other,
    }
}

/// What a view shows, as a text: what it is called, and all of it.
pub fn shown(app: &App) -> (String, String) {
    match app.view() {
        View::Table(table) => {
            let title = table
                .kind()
                .map_or_else(|| "environments".to_owned(), |kind| kind.resource().to_owned());
            (title, crate::ui::panes::table::as_text(table, &app.store, app.now))
        }
        View::Text(text) => (text.file_title(), text.content()),
        View::Page(page) => (page.name.clone(), page.content()),
        View::Insights(pane) => (pane.file_title(), pane.content()),
        View::Overview(pane) => ("overview".to_owned(), pane.content()),
        View::Explain(pane) => (pane.file_title(), pane.content()),
        View::Metrics(pane) => (pane.file_title(), pane.content(&app.store)),
        View::Book(_) => ("walk".to_owned(), crate::app::books::transcript(app)),
        View::Log(log) => (log.file_title(), log.content(&app.store)),
    }
}

pub(super) fn save(app: &mut App) -> Vec<Effect> {
    let (title, text) = shown(app);
    vec![Effect::Save {
        name: crate::ui::panes::yaml::file_name(&title, app.now),
        text,
    }]
}

pub(super) fn mouse(app: &mut App, action: MouseAction) -> Vec<Effect> {
    if app.overlay.is_some() {
        return Vec::new();
    }
    let (column, row) = match action {
        MouseAction::Click { column, row } | MouseAction::Wheel { column, row, .. } => (column, row),
    };
    let areas = app.areas();
    let Some(pane) = areas.panes.iter().position(|area| area.contains((column, row).into())) else {
        return Vec::new();
    };
    app.workspace.focus = pane;
    match action {
        MouseAction::Wheel { down, .. } => {
            for _ in 0..3 {
                travel(app, if down { Command::Down } else { Command::Up });
            }
        }
        MouseAction::Click { .. } => {
            // Two lines above the first row: the frame and the column heads.
            let line = usize::from(row.saturating_sub(areas.panes[pane].y + 2));
            with_table(app, |table| table.select(table.offset + line));
        }
    }
    Vec::new()
}
