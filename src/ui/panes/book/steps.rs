//! The steps of a page, with how each stands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{Row, class_word, paint};
use crate::app::App;
use crate::app::books::{Walking, class_of, line_of};
use crate::runbook::walk::StepState;
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::{Cut, fit};

fn sign(state: &StepState, theme: &Theme) -> (Role, &'static str) {
    match state {
        StepState::Passed | StepState::Answered => (Role::Done, theme.glyph(Glyph::Done)),
        StepState::Failed | StepState::TimedOut => (Role::Bad, theme.glyph(Glyph::Bad)),
        StepState::NoData => (Role::Warning, theme.glyph(Glyph::Warning)),
        StepState::Running => (Role::Busy, theme.glyph(Glyph::Busy)),
        StepState::Ready => (Role::Faint, " "),
        StepState::Skipped(_) => (Role::Muted, "-"),
    }
}

/// All of them, with what each runs: to choose one.
pub fn draw(at: usize, walking: &Walking, app: &App, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    let room = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<Row> = Vec::new();
    let mut chosen = 0;
    for (nth, step) in walking.page.book.steps.iter().enumerate() {
        let here = nth == at;
        if here {
            chosen = lines.len();
        }
        let state = walking.walk.progress(&step.id).state;
        let (role, mark) = sign(&state, theme);
        let cursor = if here { theme.glyph(Glyph::Selected) } else { " " };
        let title = fit(&step.title, room.saturating_sub(30), Cut::End, ellipsis).into_owned();
        lines.push(vec![
            (Role::Accent, cursor.to_owned()),
            (role, format!("{mark} ")),
            (if here { Role::Accent } else { Role::Text }, format!("{:>2} {title}", nth + 1)),
            (Role::Muted, format!("  {} · {}", step.kind.word(), state.word())),
        ]);
        let line = line_of(app, step);
        if let Some(first) = line.lines().next() {
            let class = class_of(app, step).map_or("", class_word);
            let text = fit(first, room.saturating_sub(class.len() + 12), Cut::End, ellipsis).into_owned();
            lines.push(vec![(Role::Faint, format!("      $ {text}")), (Role::Muted, format!("  {class}"))]);
        }
    }
    let height = usize::from(area.height);
    let from = chosen.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    paint(&lines, from, area, buf, theme);
}

/// Their titles alone, beside the one in front.
pub fn beside(at: usize, walking: &Walking, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let book = &walking.page.book;
    let mut lines: Vec<Row> = Vec::new();
    let mut chosen = 0;
    let mut section = String::new();
    for (nth, step) in book.steps.iter().enumerate() {
        let phase = book.section(nth).map(|phase| phase.title.clone()).unwrap_or_default();
        if phase != section {
            lines.push(vec![(Role::Muted, phase.clone())]);
            section = phase;
        }
        let here = nth == at;
        if here {
            chosen = lines.len();
        }
        let (role, mark) = sign(&walking.walk.progress(&step.id).state, theme);
        let cursor = if here { theme.glyph(Glyph::Selected) } else { " " };
        let room = usize::from(area.width).saturating_sub(6);
        let title = fit(&step.title, room, Cut::End, theme.glyph(Glyph::Ellipsis)).into_owned();
        let text = if here { Role::Accent } else { Role::Text };
        lines.push(vec![(Role::Accent, cursor.to_owned()), (role, format!("{mark} ")), (text, title)]);
    }
    let height = usize::from(area.height);
    let from = chosen.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    paint(&lines, from, area, buf, theme);
}
