//! How the board looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panel::{self, Drawn, ON_BOARD};
use super::wrap::wrap;
use super::{MetricsPane, Scene, large};
use crate::config::{Panel, PanelKind};
use crate::model::{SeriesKey, Time, short_age};
use crate::store::{EnvStore, SeriesState, Store};
use crate::ui::panes::frame::{Freshness, foot, frame};
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::chart::{self, Bound, Chart, Entry, Line, legend, spark};
use crate::ui::widgets::{Align, Cut, fit, pad, put, width};

/// Draws the pane.
pub fn draw(pane: &MetricsPane, store: &Store, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let seen = store.env(pane.env);
    let theme = scene.theme;
    let fresh = freshness(pane, seen, scene.now);
    let inner = frame(&title(pane), &fresh, scene.focused, area, buf, theme);
    if inner.is_empty() {
        return;
    }
    let Some(seen) = seen.filter(|_| pane.configured) else {
        let text = "this environment has no Prometheus: give it `prometheus = \"https://…\"` in the configuration";
        wrapped(text, Role::Muted, inner, buf, scene);
        return;
    };
    if pane.large {
        large::draw(pane, seen, scene, inner, buf);
        return;
    }
    let grid = pane.grid();
    let last = (pane.top + grid.shown()).min(pane.panels.len());
    if last - pane.top < pane.panels.len() {
        foot(
            &format!("panels {}–{last} of {}", pane.top + 1, pane.panels.len()),
            area,
            buf,
            theme,
        );
    }
    for (n, asked) in pane.asked.iter().enumerate() {
        let Some(panel) = pane.panels.get(asked.panel) else { continue };
        let place = grid.place(inner, n);
        let here = asked.panel == pane.cursor && scene.focused;
        small(pane, panel, &asked.keys, seen, scene, here, place, buf);
    }
}

fn title(pane: &MetricsPane) -> String {
    let about = match pane.target.shown() {
        name if name.is_empty() => String::new(),
        name => format!(" {name}"),
    };
    let ago = if pane.shift > 0 {
        format!(", until {} ago", short_age(pane.shift.into()))
    } else {
        String::new()
    };
    let yesterday = if pane.yesterday { " · dotted: a day before" } else { "" };
    let what = if pane.query().is_some() { "promql" } else { "metrics" };
    format!("{what}{about} · last {}{ago}{yesterday}", short_age(pane.span.into()))
}

/// How old the newest answer of the worst question is.
fn freshness(pane: &MetricsPane, seen: Option<&EnvStore>, now: Time) -> Freshness {
    let Some(seen) = seen.filter(|_| pane.configured) else {
        return Freshness::note("no Prometheus");
    };
    let keys = || pane.asked.iter().flat_map(|asked| &asked.keys);
    let mut oldest: Option<Time> = None;
    let mut waiting = false;
    for key in keys() {
        match seen.series.get(key) {
            Some(told) => match &told.state {
                SeriesState::Retrying { since, problem, .. } => return Freshness::stale(*since, now, &problem.text),
                SeriesState::Live => oldest = Some(oldest.map_or(told.heard, |oldest| oldest.min(told.heard))),
                SeriesState::Asked => waiting = true,
                SeriesState::Refused(_) => {}
            },
            None => waiting = true,
        }
    }
    match oldest {
        _ if waiting => Freshness::note("asking"),
        // A round comes every step; what is much older is not what is now.
        Some(heard) => {
            let step = keys().map(|key| i64::from(key.step.clamp(15, 300))).max().unwrap_or(15);
            let age = heard.age(now);
            match age > 3 * step {
                true => Freshness::stale(heard, now, "no newer answer"),
                false if age < 30 => Freshness::live("live"),
                false => Freshness::live(&format!("{} ago", short_age(age))),
            }
        }
        None => Freshness::note(""),
    }
}

/// Text over the width.
pub(super) fn wrapped(text: &str, role: Role, area: Rect, buf: &mut Buffer, scene: &Scene<'_>) {
    let cells = usize::from(area.width);
    for (row, line) in (0..area.height).zip(wrap(text, cells)) {
        let place = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        put(buf, place, &line, scene.theme.style(role));
    }
}

/// A panel of the board: its title and newest value, the picture, the legend.
#[allow(clippy::too_many_arguments)]
fn small(
    pane: &MetricsPane,
    panel: &Panel,
    keys: &[SeriesKey],
    seen: &EnvStore,
    scene: &Scene<'_>,
    here: bool,
    area: Rect,
    buf: &mut Buffer,
) {
    if area.height < 3 {
        return;
    }
    let drawn = panel::lines(panel, keys, seen);
    head(panel, &drawn, scene, here, area, buf);
    let mut body = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let silence = panel::silence(panel, keys, seen, scene.now);
    if let Some((text, role)) = &silence {
        if drawn.is_empty() {
            wrapped(text, *role, body, buf, scene);
            return;
        }
        // What was told before stays, with its age below it.
        let line = Rect {
            y: body.bottom() - 1,
            height: 1,
            ..body
        };
        let text = fit(text, usize::from(line.width), Cut::End, scene.theme.glyph(Glyph::Ellipsis));
        put(buf, line, &text, scene.theme.style(*role));
        body.height -= 1;
    }
    match panel.kind {
        PanelKind::Line => {
            let series = drawn.iter().filter(|line| !line.limit).count();
            let wants_legend = series > 1 || drawn.iter().any(|line| line.limit);
            if wants_legend && silence.is_none() && body.height > 4 {
                let line = Rect {
                    y: body.bottom() - 1,
                    height: 1,
                    ..body
                };
                legend(&entries(panel, &drawn, ON_BOARD, None), line, buf, scene.theme);
                body.height -= 1;
            }
            picture(pane, panel, keys, &drawn, ON_BOARD, seen, scene, body, buf);
        }
        PanelKind::Stat | PanelKind::Gauge => number(panel, &drawn, scene, body, buf),
        PanelKind::Bar => bars(panel, &drawn, scene, body, buf),
        PanelKind::Table => table(panel, &drawn, scene, body, buf),
    }
}

/// The title, and at the right the newest value with the sign of how well it is.
fn head(panel: &Panel, drawn: &[Drawn], scene: &Scene<'_>, here: bool, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let line = Rect { height: 1, ..area };
    let (said, role) = panel::headline(panel, drawn).unwrap_or((String::new(), Role::Muted));
    let sign = panel::sign(role).map_or(String::new(), |glyph| format!("{} ", theme.glyph(glyph)));
    let said = format!("{sign}{said}");
    let cells = u16::try_from(width(&said)).unwrap_or(0).min(area.width);
    let mark = if here { theme.glyph(Glyph::Selected) } else { " " };
    let room = usize::from(area.width.saturating_sub(cells + 3));
    let name = fit(panel.shown(), room, Cut::End, theme.glyph(Glyph::Ellipsis));
    put(
        buf,
        line,
        &format!("{mark}{name}"),
        theme.style(if here { Role::Accent } else { Role::Title }),
    );
    let right = Rect {
        x: area.right().saturating_sub(cells),
        width: cells,
        ..line
    };
    put(buf, right, &said, theme.style(role));
}

/// Letters and colours of the lines, and their values now or at a time.
pub(super) fn entries(panel: &Panel, drawn: &[Drawn], most: usize, at: Option<Time>) -> Vec<Entry> {
    let several = drawn.iter().filter(|line| !line.limit).count() > 1;
    let mut entries: Vec<Entry> = Vec::new();
    for (n, line) in drawn.iter().enumerate().filter(|(n, line)| *n < most || line.limit) {
        let value = line.value(at);
        entries.push(Entry {
            letter: (several && !line.limit).then(|| letter(n)),
            role: Role::series(n),
            name: line.name.clone(),
            value: value.map_or_else(|| "no value".into(), |value| panel.unit.write(value)),
            value_role: match value {
                Some(value) if !line.limit => panel::judge(panel, line, value),
                Some(_) => Role::Muted,
                None => Role::Faint,
            },
        });
    }
    entries
}

/// `a`, `b`, … and after `z` the capitals.
pub(super) fn letter(n: usize) -> char {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    LETTERS.get(n % LETTERS.len()).map_or('?', |letter| char::from(*letter))
}

/// The lines over time.
#[allow(clippy::too_many_arguments)]
pub(super) fn picture(
    pane: &MetricsPane,
    panel: &Panel,
    keys: &[SeriesKey],
    drawn: &[Drawn],
    most: usize,
    seen: &EnvStore,
    scene: &Scene<'_>,
    area: Rect,
    buf: &mut Buffer,
) {
    let theme = scene.theme;
    let line = |n: usize, line: &'_ Drawn, ghost: bool| Line {
        points: &[],
        from: line.from.0 as f64,
        step: f64::from(line.step),
        role: if ghost { Role::Faint } else { Role::series(n) },
        letter: letter(n),
        ghost,
    };
    let before = if pane.yesterday { earlier(panel, keys, seen) } else { Vec::new() };
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (n, one) in before.iter().enumerate().filter(|(_, line)| !line.limit).take(most) {
        lines.push(Line {
            points: &one.points,
            ..line(n, one, true)
        });
    }
    for (n, one) in drawn.iter().enumerate().filter(|(_, line)| !line.limit).take(most) {
        lines.push(Line {
            points: &one.points,
            ..line(n, one, false)
        });
    }
    let limits: Vec<(String, f64)> = drawn
        .iter()
        .filter(|line| line.limit)
        .filter_map(|line| Some((line.name.clone(), line.value(None)?)))
        .collect();
    let largest = lines
        .iter()
        .flat_map(|line| line.points)
        .copied()
        .filter(|v| v.is_finite())
        .fold(0.0_f64, f64::max);
    // A bound belongs to the picture where the values come near it; far above, it would press them flat.
    let near = |value: f64| value <= largest * 3.0 || value <= 0.0;
    let thresholds = [(panel.warn, "warn", Role::Warning), (panel.crit, "crit", Role::Bad)];
    let named: Vec<(String, f64, Role)> = thresholds
        .into_iter()
        .filter_map(|(value, name, role)| value.map(|value| (format!("{name} {}", panel.unit.write(value)), value, role)))
        .chain(
            limits
                .into_iter()
                .map(|(name, value)| (format!("{name} {}", panel.unit.write(value)), value, Role::Muted)),
        )
        .filter(|(_, value, _)| near(*value))
        .collect();
    let bounds: Vec<Bound<'_>> = named
        .iter()
        .map(|(label, value, role)| Bound {
            value: *value,
            label,
            role: *role,
        })
        .collect();
    let values = lines.iter().flat_map(|line| line.points.iter().copied());
    let of_bounds = bounds.iter().map(|bound| bound.value);
    let ticks = usize::from(area.height / 3).clamp(2, 6);
    let (low, high) = chart::axis::bounds(values.chain(of_bounds), ticks, panel.unit.base());
    // A share that stays below its whole has the whole as its top; where it is small, what it does is still seen.
    let high = panel.max.filter(|max| largest > max / 2.0 && largest <= *max).unwrap_or(high);
    let (from, until) = pane.range();
    let write_value = |value: f64| panel.unit.write(value);
    let write_time = |time: f64, step: f64| clock(time, step, scene);
    let marks: Vec<chart::Mark<'_>> = pane
        .marks
        .iter()
        .map(|mark| {
            let (sign, role) = large::sign(mark.what);
            chart::Mark {
                at: mark.at.0 as f64,
                sign: theme.glyph(sign),
                role,
            }
        })
        .collect();
    let chart = Chart {
        lines: &lines,
        from: from.0 as f64,
        until: until.0 as f64,
        low,
        high,
        base: panel.unit.base(),
        bounds: &bounds,
        marks: &marks,
        cursor: pane.at.filter(|_| pane.large).map(|at| at.0 as f64),
        write_value: &write_value,
        write_time: &write_time,
        offset: f64::from(offset(until, scene)),
    };
    chart::draw(&chart, area, buf, theme);
}

/// The lines of the day before, moved to now.
fn earlier(panel: &Panel, keys: &[SeriesKey], seen: &EnvStore) -> Vec<Drawn> {
    let keys: Vec<SeriesKey> = keys.iter().map(|key| key.earlier(key.shift + super::DAY)).collect();
    let mut drawn = panel::lines(panel, &keys, seen);
    for line in &mut drawn {
        line.from = line.from + i64::from(super::DAY);
    }
    drawn
}

fn offset(at: Time, scene: &Scene<'_>) -> i32 {
    let time = jiff::Timestamp::from_second(at.0).unwrap_or_default();
    scene.zone.to_offset(time).seconds()
}

/// A time as a tick says it: the clock, or the day where days apart.
pub(super) fn clock(time: f64, step: f64, scene: &Scene<'_>) -> String {
    let Ok(time) = jiff::Timestamp::from_second(time as i64) else {
        return String::new();
    };
    let zoned = time.to_zoned(scene.zone.clone());
    let format = match step {
        s if s >= 86_400.0 => "%b %-d",
        s if s >= 21_600.0 => "%-d. %H:%M",
        s if s < 60.0 => "%H:%M:%S",
        _ => "%H:%M",
    };
    zoned.strftime(format).to_string()
}

/// The newest value large, a bar where the whole is known, and what came before.
fn number(panel: &Panel, drawn: &[Drawn], scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let cells = usize::from(area.width);
    let mut row = 0;
    let mut next = |text: &str, role: Role, buf: &mut Buffer| {
        if row < area.height {
            let place = Rect {
                y: area.y + row,
                height: 1,
                ..area
            };
            put(buf, place, text, theme.style(role));
            row += 1;
        }
    };
    for line in drawn.iter().filter(|line| !line.limit).take(usize::from(area.height / 2).max(1)) {
        let value = line.value(None);
        let role = value.map_or(Role::Faint, |value| panel::judge(panel, line, value));
        let said = value.map_or_else(|| "no value".into(), |value| panel.unit.write(value));
        match (panel.kind, panel.max, value) {
            (PanelKind::Gauge, Some(max), Some(value)) if max > 0.0 => {
                let room = cells.saturating_sub(width(&said) + 2);
                let full = ((value / max).clamp(0.0, 1.0) * room as f64).round() as usize;
                let bar = theme.glyph(Glyph::Bar8).repeat(full) + &theme.glyph(Glyph::Grid).repeat(room - full);
                next(&format!("{bar} {said}"), role, buf);
            }
            _ => next(&format!(" {said}  {}", line.name), role, buf),
        }
        next(&spark(&line.points, cells, panel.max, theme), Role::Series1, buf);
    }
}

/// The newest value of each series, as bars.
fn bars(panel: &Panel, drawn: &[Drawn], scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    let top = drawn.iter().filter_map(|line| line.value(None)).fold(0.0_f64, f64::max);
    let names = usize::from(area.width / 2);
    for (row, line) in (0..area.height).zip(drawn) {
        let place = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        let value = line.value(None);
        let said = value.map_or_else(|| "no value".into(), |value| panel.unit.write(value));
        let room = usize::from(area.width).saturating_sub(names + width(&said) + 2);
        let share = value.filter(|_| top > 0.0).map_or(0.0, |value| (value / top).clamp(0.0, 1.0));
        let bar = theme.glyph(Glyph::Bar8).repeat((share * room as f64).round() as usize);
        let name = pad(&line.name, names, Cut::Middle, Align::Left, ellipsis);
        let role = value.map_or(Role::Faint, |value| panel::judge(panel, line, value));
        put(
            buf,
            place,
            &format!("{name} {bar}"),
            theme.style(if role == Role::Text { Role::Muted } else { role }),
        );
        let cells = u16::try_from(width(&said)).unwrap_or(0).min(area.width);
        let right = Rect {
            x: area.right().saturating_sub(cells),
            width: cells,
            ..place
        };
        put(buf, right, &said, theme.style(role));
    }
}

/// The newest value of each series, as text.
fn table(panel: &Panel, drawn: &[Drawn], scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let ellipsis = theme.glyph(Glyph::Ellipsis);
    for (row, line) in (0..area.height).zip(drawn) {
        let place = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        let value = line.value(None);
        let said = value.map_or_else(|| "no value".into(), |value| panel.unit.write(value));
        let name = pad(
            &line.name,
            usize::from(area.width).saturating_sub(width(&said) + 1),
            Cut::Middle,
            Align::Left,
            ellipsis,
        );
        put(buf, place, &name, theme.style(Role::Muted));
        let cells = u16::try_from(width(&said)).unwrap_or(0).min(area.width);
        let right = Rect {
            x: area.right().saturating_sub(cells),
            width: cells,
            ..place
        };
        let role = value.map_or(Role::Faint, |value| panel::judge(panel, line, value));
        put(buf, right, &said, theme.style(role));
    }
}
