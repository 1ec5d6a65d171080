//! One panel over the whole pane: the lines, what they are worth under the cursor, and what happened meanwhile.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{clock, entries, letter, picture, wrapped};
use super::marks::What;
use super::panel::{self, Drawn};
use super::{MetricsPane, Scene};
use crate::model::Time;
use crate::store::EnvStore;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::{Align, Cut, fit, pad, put};

/// Lines that are drawn.
const MOST: usize = 20;
/// Rows that the legend takes at most.
const LEGEND: usize = 8;
/// Rows that what happened takes at most.
const HAPPENED: usize = 4;

pub(super) fn draw(pane: &MetricsPane, seen: &EnvStore, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    let (Some(asked), Some(panel)) = (pane.asked.first(), pane.panels.get(pane.cursor)) else {
        return;
    };
    let drawn = panel::lines(panel, &asked.keys, seen);
    let row = |n: u16| Rect {
        y: area.y + n,
        height: u16::from(n < area.height),
        ..area
    };
    let when = match pane.at {
        Some(at) => format!("at {}", moment(at, scene)),
        None => "now".into(),
    };
    let head = format!("{} · {when}", panel.shown());
    put(
        buf,
        row(0),
        &fit(&head, usize::from(area.width), Cut::End, ellipsis),
        theme.style(Role::Title),
    );
    let silence = panel::silence(panel, &asked.keys, seen, scene.now);
    // Below a question that was refused stands a sign at the place where it goes wrong.
    let place = silence
        .as_ref()
        .filter(|_| pane.query().is_some())
        .and_then(|(text, _)| place_of(text));
    if let Some(place) = place.filter(|place| *place <= area.width) {
        let sign = Rect {
            x: area.x + place.saturating_sub(1),
            width: 1,
            ..row(1)
        };
        put(buf, sign, "^", theme.style(Role::Bad));
    }
    if let (Some((text, role)), true) = (&silence, drawn.is_empty()) {
        let below = Rect {
            y: area.y + 1 + u16::from(place.is_some()),
            height: area.height.saturating_sub(1 + u16::from(place.is_some())),
            ..area
        };
        wrapped(text, *role, below, buf, scene);
        return;
    }
    let mut notes: Vec<(String, Role)> = silence.into_iter().collect();
    notes.extend(panel::remarks(&asked.keys, seen).into_iter().map(|text| (text, Role::Warning)));
    notes.truncate(2);
    let marks = near(pane);
    let legend = drawn.len().min(LEGEND);
    let below = u16::try_from(legend + marks.len() + notes.len()).unwrap_or(0).min(area.height / 2);
    let plot = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(below + 1),
        ..area
    };
    picture(pane, panel, &asked.keys, &drawn, MOST, seen, scene, plot, buf);
    let mut next = plot.bottom();
    let mut write = |text: &str, role: Role, buf: &mut Buffer| {
        if next < area.bottom() {
            let place = Rect {
                y: next,
                height: 1,
                ..area
            };
            put(
                buf,
                place,
                &fit(text, usize::from(area.width), Cut::End, ellipsis),
                theme.style(role),
            );
            next += 1;
        }
    };
    for mark in &marks {
        let (sign, role) = self::sign(mark.what);
        let text = format!("{} {} {}", theme.glyph(sign), moment(mark.at, scene), mark.text);
        write(&text, role, buf);
    }
    let names = usize::from(area.width).saturating_sub(52).clamp(12, 60);
    let several = drawn.iter().filter(|line| !line.limit).count() > 1;
    for ((n, line), entry) in drawn
        .iter()
        .enumerate()
        .zip(entries(panel, &drawn, drawn.len(), pane.at))
        .take(legend)
    {
        let sign = if several && !line.limit { letter(n) } else { ' ' };
        let name = pad(&line.name, names, Cut::Middle, Align::Left, ellipsis);
        let value = pad(&entry.value, 10, Cut::End, Align::Right, ellipsis);
        let text = format!("{sign} {name} {value}  {}", extent(panel, line));
        let role = match entry.value_role {
            Role::Text if !line.limit => Role::series(n),
            role => role,
        };
        write(&text, role, buf);
    }
    for (text, role) in &notes {
        write(text, *role, buf);
    }
    if drawn.len() > legend && next <= area.bottom() {
        let text = format!(" +{} more ", drawn.len() - legend);
        let cells = u16::try_from(text.len()).unwrap_or(0).min(area.width);
        let place = Rect {
            x: area.right() - cells,
            y: area.bottom() - 1,
            width: cells,
            height: 1,
        };
        put(buf, place, &text, theme.style(Role::Muted));
    }
}

/// The column, counted from 1, at which a server says that a question of one line goes wrong: `1:9: …`.
fn place_of(text: &str) -> Option<u16> {
    let (column, _) = text.strip_prefix("1:")?.split_once(':')?;
    column.parse().ok()
}

/// The least, the middle and the most that a line was.
fn extent(panel: &crate::config::Panel, line: &Drawn) -> String {
    let values = || line.points.iter().copied().filter(|value| !value.is_nan());
    let count = values().count();
    if line.limit || count == 0 {
        return String::new();
    }
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let mean = values().sum::<f64>() / count as f64;
    let [low, mean, high] = [low, mean, high].map(|value| panel.unit.write(value));
    format!("min {low} · mean {mean} · max {high}")
}

/// What happened, the newest first, or what is nearest to the cursor; a rollout always among them.
fn near(pane: &MetricsPane) -> Vec<&super::Marked> {
    let mut all: Vec<&super::Marked> = pane.marks.iter().rev().collect();
    if let Some(at) = pane.at {
        all.sort_by_key(|mark| (mark.at - at).abs());
    }
    // What went out is what one looks for first; alerts that follow must not hide it.
    let rollout = all.iter().position(|mark| mark.what == What::Rollout);
    if let Some(at) = rollout.filter(|at| *at >= HAPPENED) {
        all.swap(at, HAPPENED - 1);
    }
    all.truncate(HAPPENED);
    all
}

/// The sign of a mark.
pub(super) fn sign(what: What) -> (Glyph, Role) {
    match what {
        What::Rollout => (Glyph::Rollout, Role::Accent),
        What::Change => (Glyph::Marked, Role::Accent),
        What::Restart => (Glyph::Restarted, Role::Warning),
        What::Own => (Glyph::Own, Role::Accent),
        What::Alert => (Glyph::Bad, Role::Bad),
        What::Finding => (Glyph::Warning, Role::Warning),
    }
}

/// A time to the second, here and in UTC.
fn moment(at: Time, scene: &Scene<'_>) -> String {
    let here = clock(at.0 as f64, 30.0, scene);
    let utc = jiff::Timestamp::from_second(at.0).map(|time| time.strftime("%H:%MZ").to_string());
    match utc {
        Ok(utc) if utc.get(..5) != here.get(..5) => format!("{here} ({utc})"),
        _ => format!("{here}Z"),
    }
}
