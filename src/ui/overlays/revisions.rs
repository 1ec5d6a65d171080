//! The rollout history: revisions, which is proposed and why, and what going back to the one under the cursor changes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::boxed;
use crate::action::plan::history::History;
use crate::action::plan::rollback::Revision;
use crate::app::App;
use crate::app::deeds::history::Revisions;
use crate::model::{Time, clean, short_age};
use crate::redact::mask_text;
use crate::ui::Look;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::{Align, Cut, fit, pad, put, width};

/// A piece of a row.
type Pieces = Vec<(String, Role)>;

fn row(text: impl Into<String>, role: Role) -> Pieces {
    vec![(text.into(), role)]
}

/// Draws the history.
pub fn draw(app: &App, shown: &Revisions, look: &Look, screen: Rect, buf: &mut Buffer) {
    let wide = screen.width.saturating_sub(4).min(116);
    let cells = usize::from(wide.saturating_sub(4));
    let list = shown
        .known()
        .map(|history| list(history, shown.cursor, app.now, cells, look))
        .unwrap_or_default();
    let below = below(shown, cells);
    let foot = foot(shown);
    let wanted = list.len() + below.len() + foot.len() + 4;
    let height = u16::try_from(wanted)
        .unwrap_or(u16::MAX)
        .clamp(10, screen.height.saturating_sub(2).max(10));
    let area = Rect {
        x: screen.x + screen.width.saturating_sub(wide) / 2,
        y: screen.y + screen.height.saturating_sub(height) / 3,
        width: wide,
        height,
    }
    .intersection(screen);
    let kind = shown
        .object
        .kind
        .known()
        .map_or("workload", |known| known.info().name)
        .to_lowercase();
    let inner = boxed(&format!("ROLLOUT HISTORY {kind}/{}", shown.object.name), area, look, buf);
    let line = |n: usize| Rect {
        x: inner.x + 1,
        y: inner.y.saturating_add(u16::try_from(n).unwrap_or(u16::MAX)),
        width: inner.width.saturating_sub(2),
        height: 1,
    };
    let room = usize::from(inner.height).saturating_sub(foot.len() + 1);
    let mut at = 0;
    let write = |buf: &mut Buffer, n: usize, pieces: &Pieces| {
        let mut rect = line(n).intersection(inner);
        for (text, role) in pieces {
            let text = fit(text, usize::from(rect.width), Cut::End, look.theme.glyph(Glyph::Ellipsis));
            let used = put(buf, rect, &text, look.theme.style(*role));
            rect.x += used;
            rect.width = rect.width.saturating_sub(used);
        }
    };
    if !shown.whole && !list.is_empty() {
        // The heading stays; of many revisions those around the cursor are shown.
        let places = match list.len() + 1 + below.len() <= room {
            true => list.len(),
            false => (room / 2).max(2).min(list.len()),
        };
        let rows = places - 1;
        let first = (shown.cursor + 1)
            .saturating_sub(rows)
            .min(list.len() - 1 - rows.min(list.len() - 1));
        for pieces in list.iter().take(1).chain(list.iter().skip(1 + first).take(rows)) {
            write(buf, at, pieces);
            at += 1;
        }
        let hidden = list.len() - places;
        if hidden > 0 {
            write(buf, at, &row(format!("{hidden} more: up and down"), Role::Faint));
            at += 1;
        }
        at += 1;
    }
    let left = room.saturating_sub(at);
    let last = below.len().saturating_sub(left);
    let first = usize::from(shown.scroll).min(last);
    for pieces in below.iter().skip(first).take(left) {
        write(buf, at, pieces);
        at += 1;
    }
    let more = below.len().saturating_sub(first + left);
    if more > 0 {
        write(
            buf,
            room,
            &row(format!("{more} more lines: pgdn, or tab for the difference alone"), Role::Faint),
        );
    }
    let from = usize::from(inner.height).saturating_sub(foot.len());
    for (n, pieces) in foot.iter().enumerate() {
        write(buf, from + n, pieces);
    }
}

/// The heading, and a row for each revision.
fn list(history: &History, cursor: usize, now: Time, cells: usize, look: &Look) -> Vec<Pieces> {
    let ellipsis = look.theme.glyph(Glyph::Ellipsis);
    let proposed = history.choice.as_ref().ok().map(|(number, _)| *number);
    // Two for the cursor, then number, age, ready, state; the image has the rest.
    const FIXED: usize = 2 + 6 + 6 + 7 + 20;
    let image = cells.saturating_sub(FIXED).max(12);
    let columns = |number: &str, images: &str, age: &str, ready: &str| {
        format!(
            "{}{}{}{}",
            pad(number, 6, Cut::End, Align::Left, ellipsis),
            pad(images, image, Cut::Middle, Align::Left, ellipsis),
            pad(age, 6, Cut::End, Align::Right, ellipsis),
            pad(ready, 7, Cut::End, Align::Right, ellipsis),
        )
    };
    let heading = format!("  {}  STATE", columns("REV", "IMAGE", "AGE", "READY"));
    let mut rows = vec![row(heading, Role::Muted)];
    for (n, revision) in history.revisions.iter().enumerate() {
        let (state, role) = state(revision, proposed);
        let here = n == cursor;
        let mark = if here { look.theme.glyph(Glyph::Selected) } else { " " };
        let text = columns(
            &revision.number.to_string(),
            &clean(&revision.images.join(", ")),
            &short_age(revision.created.age(now).max(0)),
            &revision.ready.to_string(),
        );
        rows.push(vec![
            (format!("{mark} "), Role::Accent),
            (text, if here { Role::Title } else { Role::Text }),
            (format!("  {state}"), role),
        ]);
    }
    rows
}

fn state(revision: &Revision, proposed: Option<u64>) -> (&'static str, Role) {
    let proposed = proposed == Some(revision.number);
    match (revision.is_current, proposed, revision.served.is_empty()) {
        (true, _, _) => ("runs now", Role::Accent),
        (false, true, false) => ("served, proposed", Role::Ok),
        (false, true, true) => ("proposed, unproven", Role::Warning),
        (false, false, false) => ("served", Role::Text),
        (false, false, true) => ("not known to serve", Role::Muted),
    }
}

/// Why, by whom, and the difference.
fn below(shown: &Revisions, cells: usize) -> Vec<Pieces> {
    let history = match &shown.history {
        None => return vec![row("asking the cluster …", Role::Busy)],
        Some(Err(problem)) => {
            let mut rows = vec![row(problem.text.to_string(), Role::Bad)];
            if !problem.hint.is_empty() {
                rows.push(row(problem.hint.to_string(), Role::Muted));
            }
            return rows;
        }
        Some(Ok(history)) => history,
    };
    let mut rows = Vec::new();
    if !shown.whole {
        match &history.choice {
            Ok((number, why)) => wrapped(&format!("{number} is proposed: {why}"), Role::Text, cells, &mut rows),
            Err(problem) => wrapped(&problem.to_string(), Role::Warning, cells, &mut rows),
        }
    }
    let Some(revision) = shown.selected() else {
        rows.push(row("the server keeps no revisions of it", Role::Muted));
        return rows;
    };
    if !revision.served.is_empty() && history.choice.as_ref().ok().map(|(number, _)| *number) != Some(revision.number) {
        wrapped(&format!("{}: {}", revision.number, revision.served), Role::Text, cells, &mut rows);
    }
    if !revision.cause.is_empty() {
        let cause = mask_text(&clean(&revision.cause)).into_owned();
        wrapped(&format!("{} came by: {cause}", revision.number), Role::Muted, cells, &mut rows);
    }
    if !revision.earlier.is_empty() {
        let earlier: Vec<String> = revision.earlier.iter().map(ToString::to_string).collect();
        rows.push(row(
            format!("{} was {} before a roll-back to it", revision.number, earlier.join(", ")),
            Role::Muted,
        ));
    }
    rows.push(Pieces::new());
    if revision.is_current {
        rows.push(row("This is what runs now, or rolls out.", Role::Text));
        return rows;
    }
    let steps = history.difference(revision);
    let text = match steps.len() {
        0 => format!("Going back to {} changes nothing: its pods are as those that run.", revision.number),
        _ => format!("Going back to {} changes:", revision.number),
    };
    rows.push(row(text, Role::Title));
    for step in &steps {
        let (old, new) = step.values();
        let show = |text: &str| mask_text(&clean(text)).into_owned();
        let (old, new) = (show(&old), show(&new));
        let path = clean(&step.path);
        let whole = format!("{path}: {old} → {new}");
        if width(&whole) <= cells {
            rows.push(row(whole, Role::Text));
        } else {
            rows.push(row(path.into_owned(), Role::Text));
            wrapped(&format!("- {old}"), Role::Muted, cells, &mut rows);
            wrapped(&format!("+ {new}"), Role::Text, cells, &mut rows);
        }
    }
    rows
}

/// A text over as many rows as it needs, broken between words, and within one that is longer than a row.
fn wrapped(text: &str, role: Role, cells: usize, rows: &mut Vec<Pieces>) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > cells {
            rows.push(row(std::mem::take(&mut line), role));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if width(&line) >= cells {
                rows.push(row(std::mem::take(&mut line), role));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        rows.push(row(line, role));
    }
}

fn foot(shown: &Revisions) -> Vec<Pieces> {
    let mut rows = Vec::new();
    rows.extend(shown.said.as_ref().map(|said| row(said.clone(), Role::Warning)));
    let key = |keys: &str, does: &str| [(keys.to_owned(), Role::Key), (format!(" {does}   "), Role::Muted)];
    let mut keys = Pieces::new();
    if let Some(revision) = shown.selected() {
        if !revision.is_current {
            keys.extend(key("enter", &format!("plan {} again", revision.number)));
        }
        keys.extend(key("tab", if shown.whole { "the list" } else { "difference" }));
        keys.extend(key("c", "copy"));
    }
    keys.extend(key("esc", "close"));
    rows.push(keys);
    rows
}
