//! What runs, object by object: what is held and by whom, what is on its way, what is done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::boxed;
use crate::app::App;
use crate::app::deeds::Running;
use crate::app::deeds::progress::Group;
use crate::ui::Look;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::{Cut, fit, put, width};

/// The column of the words.
const WORD: usize = 9;

fn role(group: Group) -> Role {
    match group {
        Group::Failed => Role::Bad,
        Group::Held => Role::Warning,
        Group::Leaving | Group::Going => Role::Busy,
        Group::Queued | Group::Stopped => Role::Muted,
        Group::Done => Role::Done,
    }
}

/// Draws it.
pub fn draw(app: &App, running: &Running, scroll: u16, look: &Look, screen: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let count = running.shown().count();
    let wide = screen.width.saturating_sub(4).min(104);
    let wanted = u16::try_from(count + 7).unwrap_or(u16::MAX);
    let height = wanted.min(screen.height.saturating_sub(2)).max(8.min(screen.height));
    let area = Rect {
        x: screen.x + (screen.width.saturating_sub(wide)) / 2,
        y: screen.y + screen.height.saturating_sub(height) / 3,
        width: wide,
        height,
    };
    let title = super::shouted(&running.plan.title);
    let inner = boxed(&title, area, look, buf);
    let row = |n: usize| Rect {
        x: inner.x + 1,
        y: inner.y + u16::try_from(n).unwrap_or(u16::MAX).min(inner.height.saturating_sub(1)),
        width: inner.width.saturating_sub(2),
        height: 1.min(inner.height),
    };
    let cut = |text: &str, cells: usize| fit(text, cells, Cut::End, theme.glyph(Glyph::Ellipsis)).to_string();
    let cells = usize::from(row(0).width);
    let (head, tone) = match running.is_over {
        true => (running.conclusion(), if running.failed == 0 { Role::Title } else { Role::Bad }),
        false => (running.summary(), Role::Title),
    };
    put(buf, row(0), &cut(&head, cells), theme.style(tone));

    let seen = app.store.env(running.env());
    let successors = seen.map(|seen| running.successors(seen)).unwrap_or_default();
    if !successors.is_empty() {
        let ready = successors.values().filter(|new| new.is_ready).count();
        let text = format!("{ready} of {} new ones are ready elsewhere", successors.len());
        let tone = if ready < successors.len() { Role::Warning } else { Role::Text };
        put(buf, row(1), &cut(&text, cells), theme.style(tone));
    }
    let mut objects: Vec<_> = running.shown().collect();
    objects.sort_by_key(|(_, standing)| standing.group());
    let name = |object: &crate::model::ObjectRef| match &*object.namespace {
        "" => object.name.to_string(),
        namespace => format!("{namespace}/{}", object.name),
    };
    let longest = objects.iter().map(|(change, _)| width(&name(&change.object))).max().unwrap_or(0);
    let names = longest.min(cells.saturating_sub(WORD) / 2 + 4);
    let room = usize::from(inner.height).saturating_sub(5);
    let last = objects.len().saturating_sub(room);
    let first = usize::from(scroll).min(last);
    for (n, (change, standing)) in objects.iter().skip(first).take(room).enumerate() {
        let group = standing.group();
        let mut rect = row(n + 3);
        put(buf, rect, standing.word(running.is_drain()), theme.style(role(group)));
        let step = |rect: &mut Rect, by: usize| {
            let by = u16::try_from(by).unwrap_or(0).min(rect.width);
            rect.x += by;
            rect.width -= by;
        };
        step(&mut rect, WORD);
        let full = name(&change.object);
        let middle = fit(&full, names, Cut::Middle, theme.glyph(Glyph::Ellipsis));
        put(buf, rect, &middle, theme.style(Role::Text));
        step(&mut rect, names + 2);
        let (more, tone) = match successors.get(&change.object) {
            Some(new) => (new.text.clone(), if new.is_ready { Role::Muted } else { Role::Warning }),
            None if group <= Group::Held => (standing.why(), role(group)),
            None => (standing.why(), Role::Muted),
        };
        put(buf, rect, &cut(&more, usize::from(rect.width)), theme.style(tone));
    }
    let foot = usize::from(inner.height).saturating_sub(1);
    let hidden = objects.len().saturating_sub(first + room);
    if hidden > 0 {
        put(
            buf,
            row(foot.saturating_sub(1)),
            &format!("{hidden} more lines: pgdn"),
            theme.style(Role::Faint),
        );
    }
    let pieces: &[(&str, Role)] = match running.is_over {
        true => &[("esc", Role::Key), (" close", Role::Muted)],
        false => &[
            ("ctrl-c", Role::Key),
            (" stop: what is done stays done   ", Role::Muted),
            ("esc", Role::Key),
            (" hide: it goes on, :progress shows it", Role::Muted),
        ],
    };
    let mut rect = row(foot);
    for (text, role) in pieces {
        let used = put(buf, rect, text, theme.style(*role));
        rect.x += used;
        rect.width = rect.width.saturating_sub(used);
    }
}
