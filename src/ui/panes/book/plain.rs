//! The walk in plain lines, for who has no screen: the same words, one below the other.

use ratatui::layout::Rect;

use super::draw::{self, Row};
use crate::app::App;
use crate::app::books::{Walking, class_of, line_of};
use crate::runbook::page::Step;
use crate::ui::theme::{Glyphs, Theme};

/// So wide (cells) lines are at most: as on the smallest screen.
const CELLS: u16 = 80;
/// Of an output so many lines are told from its beginning, and as many from its end.
const MANY: usize = 200;

/// What the step of this place is: its title, its text, its warnings, its line.
pub fn about(app: &App, at: usize) -> Vec<String> {
    let Some((walking, step)) = of(app, at) else { return Vec::new() };
    let theme = Theme::plain(Glyphs::Unicode);
    let area = Rect {
        width: CELLS,
        height: 1,
        ..Rect::default()
    };
    let mut rows = Vec::new();
    draw::about(walking, app, at, step, area, &theme, &mut rows);
    text(draw::wrapped(rows, CELLS))
}

/// What it showed: all of it, where that is not too much.
pub fn showed(walking: &Walking, step: &str) -> Vec<String> {
    let Some(shown) = walking.shown.get(step) else { return Vec::new() };
    let mut all: Vec<String> = shown.problem.iter().cloned().collect();
    all.extend(shown.text.lines().map(|line| line.replace('\t', "    ")));
    if all.len() > 2 * MANY {
        let left = all.len() - 2 * MANY;
        all.splice(MANY..all.len() - MANY, [format!("… {left} lines are not shown …")]);
    }
    all
}

/// How it stands, and what its line does.
pub fn stand(app: &App, at: usize) -> String {
    let Some((walking, step)) = of(app, at) else { return String::new() };
    let stand: String = draw::stand(walking, app, step).into_iter().map(|(_, text)| text).collect();
    let does = match line_of(app, step).is_empty() {
        true => None,
        false => class_of(app, step).map(draw::class_word),
    };
    match does {
        Some(does) => format!("{stand} ({does})"),
        None => stand,
    }
}

/// Where it leads, and who is to be called.
pub fn leads(app: &App, at: usize) -> Vec<String> {
    let Some((walking, step)) = of(app, at) else { return Vec::new() };
    let mut rows = Vec::new();
    draw::bottom(walking, app, step, &Theme::plain(Glyphs::Unicode), &mut rows);
    text(rows)
}

/// Whom to call, and the values of the walk.
pub fn contacts(app: &App) -> Vec<String> {
    let Some(walking) = &app.books.walking else { return Vec::new() };
    let mut rows = Vec::new();
    draw::contacts(walking, app, &mut rows);
    draw::values(walking, &mut rows);
    text(rows)
}

fn of(app: &App, at: usize) -> Option<(&Walking, &Step)> {
    let walking = app.books.walking.as_deref()?;
    Some((walking, walking.page.book.steps.get(at)?))
}

fn text(rows: Vec<Row>) -> Vec<String> {
    let line = |row: Row| row.into_iter().map(|(_, text)| text).collect::<String>();
    rows.into_iter().map(|row| line(row).trim_end().to_owned()).collect()
}
