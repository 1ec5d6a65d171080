//! How a question to Logs Insights and its answer look.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{InsightsPane, Stage, one_line};
use crate::model::{Quantity, Time};
use crate::reading::{Level, level, pretty};
use crate::store::InsightsState;
use crate::ui::panes::frame::{Freshness, foot, frame};
use crate::ui::panes::log::{readable, role, row_of, spaced};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::text::rows;
use crate::ui::widgets::{Align, Cut, fit, pad, put};

/// Cells between two columns.
const GAP: usize = 2;
/// The column that holds what was written.
const MESSAGE: &str = "@message";
/// Most rows of an open record.
const RECORD: usize = 200;

/// Draws the question into its pane.
pub fn draw(pane: &InsightsPane, now: Time, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let inner = frame(&title(pane), &freshness(pane, now), focused, area, buf, theme);
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    foot(&status(pane), area, buf, theme);
    let cells = usize::from(inner.width);
    let query = fit(&pane.wish.query, cells, Cut::End, ellipsis);
    put(buf, row_of(inner, 0), &query, theme.style(Role::Muted));
    if pane.rows().is_empty() {
        let role = if matches!(pane.stage, Stage::Refused(_)) {
            Role::Bad
        } else {
            Role::Muted
        };
        let text = silence(pane);
        for (row, range) in (2..).zip(rows(&text, cells)) {
            put(buf, row_of(inner, row), text.get(range).unwrap_or_default(), theme.style(role));
        }
        return;
    }
    let heads = line(pane, &pane.answer.table.columns, ellipsis);
    put(buf, row_of(inner, 1), shifted(&heads, pane.shift), theme.style(Role::Title));
    let mut used = 2;
    for (at, row) in pane.rows().iter().enumerate().skip(pane.top) {
        if used >= inner.height {
            break;
        }
        let here = at == pane.cursor;
        let text = line(pane, row, ellipsis);
        let worst = row.iter().map(|cell| level(cell)).max().unwrap_or(Level::Unknown);
        let role = role(worst);
        let first = used;
        put(buf, row_of(inner, used), shifted(&text, pane.shift), theme.style(role));
        used += 1;
        if here && pane.opened {
            for text in record(pane) {
                put(buf, row_of(inner, used), &text, theme.style(Role::SyntaxText));
                used += 1;
            }
        }
        for row in (first..used.min(inner.height)).filter(|_| here && focused) {
            buf.set_style(row_of(inner, row), theme.style(Role::Selected));
        }
        if pane.matches(row) {
            buf.set_style(
                Rect {
                    width: 1,
                    ..row_of(inner, first)
                },
                theme.style(Role::Match),
            );
        }
    }
}

/// The cells of a row, each in its column; the last has what is left.
fn line(pane: &InsightsPane, cells: &[Box<str>], ellipsis: &str) -> String {
    let mut out = String::new();
    let last = cells.len().saturating_sub(1);
    let columns = pane.answer.table.columns.iter().zip(&pane.widths);
    for (at, (cell, (name, width))) in cells.iter().zip(columns).enumerate() {
        let structured = Some(cell).filter(|_| &**name == MESSAGE).and_then(|cell| readable(cell));
        let text = one_line(structured.as_deref().unwrap_or(cell));
        if at == last {
            out.push_str(&text);
        } else {
            out.push_str(&pad(&text, width + GAP, Cut::End, Align::Left, ellipsis));
        }
    }
    out
}

/// What is seen of a text that is scrolled to the left.
fn shifted(text: &str, by: usize) -> &str {
    text.char_indices().nth(by).map_or("", |(at, _)| text.get(at..).unwrap_or_default())
}

/// The record under the cursor as it stands below its row.
pub(super) fn record(pane: &InsightsPane) -> Vec<String> {
    let cells = usize::from(pane.area.width.saturating_sub(2)).max(8);
    let mut out = Vec::new();
    for (name, cell) in pane.record() {
        let fields = pretty(cell).unwrap_or_default();
        let whole = match fields.is_empty() {
            true => format!("  {name}: {cell}"),
            false => format!("  {name}:\n    {}", fields.join("\n    ")),
        };
        for text in whole.lines() {
            out.extend(rows(text, cells).map(|range| text.get(range).unwrap_or_default().to_owned()));
        }
    }
    out.truncate(RECORD);
    out
}

fn title(pane: &InsightsPane) -> String {
    let first = pane.wish.groups.first().map_or("", |group| group);
    let more = match pane.wish.groups.len() {
        0 | 1 => String::new(),
        several => format!(" and {} more", several - 1),
    };
    let found = match pane.query.as_str() {
        "" => String::new(),
        query => format!(" /{query} {}", pane.rows().iter().filter(|row| pane.matches(row)).count()),
    };
    format!("insights {first}{more} · {}{found}", pane.wish.when())
}

/// How much was found, and what it cost.
fn status(pane: &InsightsPane) -> String {
    let scanned = pane.answer.scanned;
    if scanned.records == 0 && scanned.bytes == 0 && pane.rows().is_empty() {
        return String::new();
    }
    let bytes = Quantity::whole(i64::try_from(scanned.bytes).unwrap_or(i64::MAX)).memory();
    let rows = pane.rows().len();
    let matched = format!("{} of {} records match", spaced(scanned.matched), spaced(scanned.records));
    format!("{} rows · {matched} · {bytes}B read", spaced(rows as u64))
}

fn freshness(pane: &InsightsPane, now: Time) -> Freshness {
    match (&pane.stage, &pane.answer.state) {
        (Stage::Looking, _) => Freshness::note("looking for the log groups"),
        (Stage::Asked(_), InsightsState::Retrying { since, problem, .. }) => Freshness::stale(*since, now, &problem.text),
        (Stage::Asked(_), _) => Freshness::note(&format!("running {}s", pane.since.age(now).max(0))),
        (Stage::Answered, _) => Freshness::live(&format!("until {}", crate::ui::panes::log::moment(pane.since))),
        (Stage::Stopped, _) => Freshness::note("stopped"),
        // The sentence stands in the pane.
        (Stage::Refused(_), _) if pane.rows().is_empty() => Freshness {
            text: "not answered".into(),
            role: Role::Bad,
        },
        (Stage::Refused(problem), _) => Freshness::failed(problem),
    }
}

/// Why there is nothing to be seen.
fn silence(pane: &InsightsPane) -> String {
    match &pane.stage {
        Stage::Looking => "looking for the log groups …".into(),
        Stage::Asked(_) => match &pane.answer.state {
            InsightsState::Retrying { problem, .. } => problem.to_string(),
            _ => "asking … ctrl-c stops it".into(),
        },
        Stage::Answered => "no record matches".into(),
        Stage::Stopped => "stopped: r asks again".into(),
        Stage::Refused(problem) => problem.to_string(),
    }
}
