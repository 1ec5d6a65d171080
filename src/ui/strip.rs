//! The lines below the header: what is wrong in the environment in front, worst first, and what changed before it.
//!
//! ```text
//! ▸▲ backend-deployment  rollout of revision 42 stuck · 2 new pods crash · exit 1 · 4 of 5 serve           6m
//!    "STRIPE_KEY is not set" · changed 01:55Z revision 41 → 42: image v1.8.2 → v1.8.3 by github-actions
//!  ▲ redis  was killed: out of memory · limit 64Mi                                                          2m
//! ```
//! The finding under the cursor has the second line. The strip is a table like any other (its rows are findings): only
//! the way it is drawn is its own.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Look;
use super::widgets::{Cut, fit, put, width};
use crate::app::App;
use crate::app::view::View;
use crate::model::{EvidenceKind, Finding, Link, Severity, Time, short_age};
use crate::ui::panes::table::TableView;
use crate::ui::theme::{Glyph, Role, Theme};

/// How many lines the strip takes.
pub fn height(app: &App) -> u16 {
    let Some(count) = strip(app).map(|table| table.order().len()).filter(|count| *count > 0) else {
        return 1;
    };
    let most = match app.size.1 {
        ..=29 => 1,
        30..=44 => 3,
        _ => 5,
    };
    // One line a finding, and one more for what belongs to the one under the cursor.
    u16::try_from(count.min(most)).unwrap_or(1) + 1
}

/// How many findings fit into a strip of this height.
pub fn rows(height: u16) -> usize {
    usize::from(height.saturating_sub(1)).max(1)
}

fn strip(app: &App) -> Option<&TableView> {
    let seen = app.seen();
    // One without a cluster has findings all the same: of its services.
    let connected = seen.is_some_and(|seen| matches!(seen.link, Link::Ready(_))) || !app.connected.contains(&app.env());
    match app.workspace.strip.view() {
        View::Table(table) if connected => Some(table),
        _ => None,
    }
}

/// Draws the strip.
pub fn draw(app: &App, look: &Look, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    if let Some(table) = strip(app).filter(|table| !table.order().is_empty()) {
        findings(app, table, look, area, buf);
        return;
    }
    let theme = &look.theme;
    let (text, role) = state(app, theme);
    let text = fit(&text, usize::from(area.width), Cut::End, theme.glyph(Glyph::Ellipsis));
    put(buf, area, &text, theme.style(role));
}

/// The one line where there is nothing to list.
fn state(app: &App, theme: &Theme) -> (String, Role) {
    let Some(seen) = app.seen() else {
        return (String::new(), Role::Muted);
    };
    match &seen.link {
        Link::Lost { problem, .. } => (format!(" {} {problem}", theme.glyph(Glyph::Bad)), Role::Bad),
        Link::Idle if !app.connected.contains(&app.env()) => {
            let count = seen.probes.count(app.now);
            let (glyph, role) = crate::ui::panes::health::sign(count.worst());
            (
                format!(
                    " {} no cluster · health {}/{}",
                    theme.glyph(glyph),
                    count.up + count.warning,
                    count.all()
                ),
                role,
            )
        }
        Link::Idle | Link::Connecting => {
            let name = app.environment(app.env()).map(|e| e.name.clone()).unwrap_or_default();
            (format!(" connecting to {name} …"), Role::Busy)
        }
        Link::Ready(_) => {
            let summary = app.summary(app.env());
            let denied = seen
                .feeds()
                .filter(|(_, feed)| matches!(feed.state, crate::store::FeedState::Denied(_)))
                .count();
            match (summary.nodes.is_some() || summary.pods.is_some(), denied) {
                (false, _) => (" looking …".to_owned(), Role::Muted),
                (true, 0) => (format!(" {} nothing is wrong in what is watched", theme.glyph(Glyph::Ok)), Role::Ok),
                (true, n) => {
                    let kinds = if n == 1 { "1 kind is" } else { &format!("{n} kinds are") };
                    let text = format!(" {} nothing is wrong in what may be seen; {kinds} denied", theme.glyph(Glyph::Ok));
                    (text, Role::Ok)
                }
            }
        }
    }
}

fn findings(app: &App, table: &TableView, look: &Look, area: Rect, buf: &mut Buffer) {
    let shown: Vec<(crate::model::Uid, &Finding)> = table
        .order()
        .iter()
        .skip(table.offset)
        .take(rows(area.height))
        .filter_map(|uid| Some((*uid, table.finding(*uid)?)))
        .collect();
    let below = table.order().len().saturating_sub(table.offset + shown.len());
    let mut y = area.y;
    for (uid, finding) in shown {
        let line = Rect { y, height: 1, ..area };
        let under = table.selected == Some(uid);
        let cursor = under && app.workspace.is_on_strip();
        headline(finding, app.now, cursor, look, line, buf);
        y += 1;
        if under && y < area.bottom() {
            second(finding, below, look, Rect { y, height: 1, ..area }, buf);
            y += 1;
        }
    }
}

/// What is wrong, and for how long.
fn headline(finding: &Finding, now: Time, cursor: bool, look: &Look, line: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let base = cursor.then(|| theme.style(Role::Selected));
    if let Some(style) = base {
        buf.set_style(line, style);
    }
    let over = |style: Style| match base {
        Some(base) => {
            let mut style = style;
            style.bg = base.bg.or(style.bg);
            style.add_modifier |= base.add_modifier;
            style
        }
        None => style,
    };
    let (glyph, role) = match finding.severity {
        Severity::Critical => (Glyph::Bad, Role::Bad),
        Severity::Warning => (Glyph::Warning, Role::Warning),
        Severity::Info => (Glyph::Ok, Role::Muted),
    };
    let age = if finding.since.is_known() {
        short_age(finding.since.age(now))
    } else {
        String::new()
    };
    let right = u16::try_from(width(&age)).unwrap_or(0) + 1;
    let pointer = if cursor { theme.glyph(Glyph::Selected) } else { " " };
    let mut x = line.x;
    let room = |x: u16| Rect {
        x,
        width: line.right().saturating_sub(x).saturating_sub(right + 1),
        ..line
    };
    x += put(buf, room(x), pointer, over(theme.style(Role::Accent)));
    x += put(buf, room(x), theme.glyph(glyph), over(theme.style(role))) + 1;
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    let name = fit(&finding.object.name, usize::from(room(x).width), Cut::Middle, ellipsis);
    x += put(buf, room(x), &name, over(theme.style(Role::Title))) + 2;
    let title = fit(&finding.title, usize::from(room(x).width), Cut::End, ellipsis);
    put(buf, room(x), &title, over(theme.style(role)));
    let at = Rect {
        x: line.right().saturating_sub(right),
        width: right,
        ..line
    };
    put(buf, at, &age, over(theme.style(Role::Muted)));
}

/// What it said last, and what changed before it.
fn second(finding: &Finding, below: usize, look: &Look, line: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let more = match (below, finding.folded.len()) {
        (0, _) => String::new(),
        (n, _) => format!("+{n} more"),
    };
    let mut pieces: Vec<(String, Role)> = Vec::new();
    if let Some(said) = finding.evidence.iter().find(|e| e.kind == EvidenceKind::Log) {
        pieces.push((format!("\"{}\"", said.text), Role::Accent));
    }
    if let Some(change) = finding.changes.first() {
        let by = if change.by.is_empty() {
            String::new()
        } else {
            format!(" by {}", change.by)
        };
        pieces.push((format!("changed {} {}{by}", clock(change.at, look), change.what), Role::Text));
    }
    if pieces.is_empty()
        && let Some(first) = finding.evidence.first()
    {
        pieces.push((first.text.to_string(), Role::Muted));
    }
    let right = u16::try_from(width(&more)).unwrap_or(0) + 1;
    let mut x = line.x + 3;
    for (n, (text, role)) in pieces.iter().enumerate() {
        let room = Rect {
            x,
            width: line.right().saturating_sub(x).saturating_sub(right + 1),
            ..line
        };
        let text = if n > 0 { format!("· {text}") } else { text.clone() };
        let text = fit(&text, usize::from(room.width), Cut::End, theme.glyph(Glyph::Ellipsis));
        x = x.saturating_add(put(buf, room, &text, theme.style(*role))).saturating_add(1);
    }
    let at = Rect {
        x: line.right().saturating_sub(right),
        width: right,
        ..line
    };
    put(buf, at, &more, theme.style(Role::Muted));
}

/// `01:55` in the zone of the clock in the header.
fn clock(at: Time, look: &Look) -> String {
    match jiff::Timestamp::from_second(at.0) {
        Ok(time) if at.is_known() => {
            let local = time.to_zoned(look.zone.clone());
            format!("{:02}:{:02}", local.hour(), local.minute())
        }
        _ => String::new(),
    }
}
