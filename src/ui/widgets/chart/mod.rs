//! Lines over time: axes, bounds, marks and a cursor. Knows nothing of what the values are.
//!
//! Gaps stay gaps: no line is drawn over a stretch without values. Several series are told apart by colour and by the
//! letter at the right end of each. Where the terminal draws ASCII only, the letters are the lines.

pub mod axis;
mod canvas;
mod legend;
mod spark;
#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use legend::{Entry, legend};
pub use spark::spark;

use super::{put, width};
use crate::ui::theme::{Glyph, Glyphs, Role, Theme, braille};
use canvas::Canvas;

/// A picture of some series.
#[derive(Clone, Copy)]
pub struct Chart<'a> {
    pub lines: &'a [Line<'a>],
    /// The time at the left and the right edge, in seconds.
    pub from: f64,
    pub until: f64,
    /// The values at the lower and the upper edge.
    pub low: f64,
    pub high: f64,
    /// What the unit counts by: 1000, or 1024.
    pub base: f64,
    pub bounds: &'a [Bound<'a>],
    pub marks: &'a [Mark<'a>],
    /// The time that the cursor stands on.
    pub cursor: Option<f64>,
    pub write_value: &'a dyn Fn(f64) -> String,
    /// A time as its tick says it, for ticks so many seconds apart.
    pub write_time: &'a dyn Fn(f64, f64) -> String,
    /// Seconds by which local midnight is before that of UTC: ticks stand at round local times.
    pub offset: f64,
}

/// One series.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// One value for each step; NaN where there is none.
    pub points: &'a [f64],
    /// The time of the first.
    pub from: f64,
    pub step: f64,
    pub role: Role,
    pub letter: char,
    /// Drawn thin and behind: what is only there to compare with.
    pub ghost: bool,
}

/// A value that is drawn as a line across.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    pub value: f64,
    pub label: &'a str,
    pub role: Role,
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    pub at: f64,
    pub sign: &'a str,
    pub role: Role,
}

/// Rows between two ticks of the axis of values.
const ROWS_A_TICK: usize = 3;
/// Cells that a tick of the time axis takes.
const CELLS_A_TICK: usize = 12;

/// Where the parts stand.
struct Places {
    plot: Rect,
    /// The letters of the lines.
    ends: Rect,
    marks: Option<u16>,
    times: Option<u16>,
    labels: Vec<(u16, String)>,
}

impl Chart<'_> {
    /// The row of a value, counted in dots from the top; outside of the picture it is beyond the edge.
    fn dot_of(&self, value: f64, dots: i64) -> i64 {
        let share = (self.high - value) / (self.high - self.low);
        (share * (dots - 1) as f64).round() as i64
    }

    fn places(&self, area: Rect) -> Places {
        let times = area.height >= 4;
        let marks = times && !self.marks.is_empty() && area.height >= 6;
        let below = u16::from(times) + u16::from(marks);
        let height = area.height.saturating_sub(below);
        let rows = usize::from(height.max(1));
        let most = (rows.saturating_sub(1) / ROWS_A_TICK + 1).clamp(2, 6);
        let row_of = |value: f64| {
            let dot = self.dot_of(value, (rows * 4) as i64);
            u16::try_from(dot / 4).ok().filter(|row| *row < height)
        };
        let mut labels: Vec<(u16, String)> = Vec::new();
        for tick in axis::ticks(self.low, self.high, most, self.base) {
            if let Some(row) = row_of(tick).filter(|row| labels.iter().all(|(other, _)| other != row)) {
                labels.push((row, (self.write_value)(tick)));
            }
        }
        let gutter = labels
            .iter()
            .map(|(_, text)| width(text))
            .max()
            .unwrap_or(0)
            .min(usize::from(area.width / 3));
        let gutter = u16::try_from(gutter).unwrap_or(0) + 1;
        let several = u16::from(self.lines.iter().filter(|line| !line.ghost).count() > 1);
        let plot = Rect {
            x: area.x + gutter,
            y: area.y,
            width: area.width.saturating_sub(gutter + several),
            height,
        };
        Places {
            plot,
            ends: Rect {
                x: plot.right(),
                width: several,
                ..plot
            },
            marks: marks.then_some(area.y + height),
            times: times.then_some(area.bottom() - 1),
            labels,
        }
    }

    fn column_of(&self, time: f64, plot: Rect) -> Option<u16> {
        let share = (time - self.from) / (self.until - self.from);
        let column = (share * f64::from(plot.width.saturating_sub(1))).round();
        ((0.0..f64::from(plot.width)).contains(&column)).then(|| plot.x + column as u16)
    }
}

/// Draws the chart.
pub fn draw(chart: &Chart<'_>, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let area = area.intersection(buf.area);
    if area.width < 8 || area.height < 2 || chart.until <= chart.from || chart.high <= chart.low {
        return;
    }
    let places = chart.places(area);
    if places.plot.width < 2 || places.plot.height == 0 {
        return;
    }
    values(&places, area, buf, theme);
    times(chart, &places, buf, theme);
    bounds(chart, &places, buf, theme);
    match theme.glyphs() {
        Glyphs::Unicode => dotted(chart, places.plot, buf, theme),
        Glyphs::Ascii => lettered(chart, places.plot, buf, theme),
    }
    labels(chart, &places, buf, theme);
    ends(chart, &places, buf, theme);
    marks(chart, &places, buf, theme);
    cursor(chart, &places, buf, theme);
}

/// The axis of values and its faint lines.
fn values(places: &Places, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let (plot, faint) = (places.plot, theme.style(Role::Faint));
    for (row, text) in &places.labels {
        let y = plot.y + row;
        let cells = u16::try_from(width(text)).unwrap_or(0);
        let x = plot.x.saturating_sub(cells + 1).max(area.x);
        put(buf, Rect::new(x, y, plot.x - x, 1), text, theme.style(Role::Muted));
        for x in (plot.x..plot.right()).step_by(2) {
            put(buf, Rect::new(x, y, 1, 1), theme.glyph(Glyph::Grid), faint);
        }
    }
}

/// The axis of times.
fn times(chart: &Chart<'_>, places: &Places, buf: &mut Buffer, theme: &Theme) {
    let (plot, Some(y)) = (places.plot, places.times) else { return };
    let most = (usize::from(plot.width) / CELLS_A_TICK).max(1);
    let step = axis::time_step(chart.until - chart.from, most);
    let mut tick = ((chart.from + chart.offset) / step).ceil() * step - chart.offset;
    let mut free = plot.x;
    while tick <= chart.until {
        if let Some(x) = chart.column_of(tick, plot) {
            let text = (chart.write_time)(tick, step);
            let cells = u16::try_from(width(&text)).unwrap_or(0);
            let start = x.saturating_sub(cells / 2).max(plot.x);
            if start >= free && start + cells <= plot.right() {
                put(buf, Rect::new(start, y, cells, 1), &text, theme.style(Role::Muted));
                free = start + cells + 2;
            }
        }
        tick += step;
    }
}

/// The row of a bound, if it is in the picture.
fn row_of(chart: &Chart<'_>, bound: &Bound<'_>, plot: Rect) -> Option<u16> {
    let dot = chart.dot_of(bound.value, i64::from(plot.height) * 4);
    u16::try_from(dot.div_euclid(4)).ok().filter(|row| *row < plot.height)
}

/// The bounds, behind the lines.
fn bounds(chart: &Chart<'_>, places: &Places, buf: &mut Buffer, theme: &Theme) {
    let plot = places.plot;
    for bound in chart.bounds {
        let Some(row) = row_of(chart, bound, plot) else { continue };
        for x in plot.x..plot.right() {
            put(
                buf,
                Rect::new(x, plot.y + row, 1, 1),
                theme.glyph(Glyph::Dash),
                theme.style(bound.role),
            );
        }
    }
}

/// The labels of the bounds: as far to the right as no line is in their way; nowhere, where it is everywhere.
fn labels(chart: &Chart<'_>, places: &Places, buf: &mut Buffer, theme: &Theme) {
    let plot = places.plot;
    for bound in chart.bounds {
        let cells = u16::try_from(width(bound.label)).unwrap_or(u16::MAX);
        let Some(row) = row_of(chart, bound, plot).filter(|_| cells.saturating_add(4) < plot.width) else {
            continue;
        };
        let y = plot.y + row;
        let free = |x: u16| buf.cell((x, y)).is_some_and(|cell| cell.symbol() == theme.glyph(Glyph::Dash));
        // One cell of the bound itself stays to be seen at each side.
        let start = (plot.x + 1..plot.right() - cells)
            .rev()
            .find(|x| (x - 1..=x + cells).all(|x| x >= plot.right() || free(x)));
        if let Some(x) = start {
            put(buf, Rect::new(x, y, cells, 1), bound.label, theme.style(bound.role));
        }
    }
}

/// The time of a point as a share of the width, in these units.
fn across(chart: &Chart<'_>, line: &Line<'_>, at: usize, units: f64) -> f64 {
    let time = line.from + at as f64 * line.step;
    (time - chart.from) / (chart.until - chart.from) * units
}

fn dotted(chart: &Chart<'_>, plot: Rect, buf: &mut Buffer, theme: &Theme) {
    let mut canvas = Canvas::new(usize::from(plot.width), usize::from(plot.height));
    let (wide, high) = canvas.dots();
    let order = || (0_u8..).zip(chart.lines);
    // What is only there to compare with lies behind.
    for (n, line) in order()
        .filter(|(_, line)| line.ghost)
        .chain(order().filter(|(_, line)| !line.ghost))
    {
        let mut before: Option<(i64, i64)> = None;
        for (at, value) in line.points.iter().enumerate() {
            if value.is_nan() {
                before = None;
                continue;
            }
            let x = across(chart, line, at, (wide - 1) as f64).round() as i64;
            // Far outside, a line would be long to draw and not be seen.
            let y = chart.dot_of(*value, high).clamp(-high, 2 * high);
            let here = (x.clamp(-wide, 2 * wide), y);
            canvas.line(before.unwrap_or(here), here, n, line.ghost);
            before = Some(here);
        }
    }
    for y in 0..plot.height {
        for x in 0..plot.width {
            let (mask, owner) = canvas.cell(x.into(), y.into());
            if mask == 0 {
                continue;
            }
            let role = chart.lines.get(usize::from(owner)).map_or(Role::Text, |line| line.role);
            if let Some(cell) = buf.cell_mut((plot.x + x, plot.y + y)) {
                cell.set_char(braille(mask)).set_style(theme.style(role));
            }
        }
    }
}

fn lettered(chart: &Chart<'_>, plot: Rect, buf: &mut Buffer, theme: &Theme) {
    let several = chart.lines.iter().filter(|line| !line.ghost).count() > 1;
    for line in chart
        .lines
        .iter()
        .filter(|line| line.ghost)
        .chain(chart.lines.iter().filter(|line| !line.ghost))
    {
        let sign = match (line.ghost, several) {
            (true, _) => '.',
            (false, true) => line.letter,
            (false, false) => '*',
        };
        for (at, value) in line.points.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let x = across(chart, line, at, f64::from(plot.width.saturating_sub(1))).round();
            let y = chart.dot_of(*value, i64::from(plot.height) * 4).div_euclid(4);
            let inside = x >= 0.0 && x < f64::from(plot.width) && (0..i64::from(plot.height)).contains(&y);
            if let Some(cell) = inside.then(|| buf.cell_mut((plot.x + x as u16, plot.y + y as u16))).flatten() {
                cell.set_char(sign).set_style(theme.style(line.role));
            }
        }
    }
}

/// The letter of each line beside its end.
fn ends(chart: &Chart<'_>, places: &Places, buf: &mut Buffer, theme: &Theme) {
    let ends = places.ends;
    if ends.width == 0 {
        return;
    }
    let mut taken = vec![false; usize::from(ends.height)];
    for line in chart.lines.iter().filter(|line| !line.ghost) {
        let Some(last) = line.points.iter().rev().find(|value| !value.is_nan()) else {
            continue;
        };
        let row = chart.dot_of(*last, i64::from(ends.height) * 4).div_euclid(4);
        let row = usize::try_from(row).unwrap_or(0).min(taken.len().saturating_sub(1));
        let near = (0..taken.len()).min_by_key(|at| (taken.get(*at).copied().unwrap_or(true), at.abs_diff(row)));
        let Some(row) = near.filter(|at| taken.get(*at) == Some(&false)) else {
            continue;
        };
        if let Some(taken) = taken.get_mut(row) {
            *taken = true;
        }
        let place = Rect::new(ends.x, ends.y + u16::try_from(row).unwrap_or(0), 1, 1);
        put(buf, place, line.letter.encode_utf8(&mut [0; 4]), theme.style(line.role));
    }
}

fn marks(chart: &Chart<'_>, places: &Places, buf: &mut Buffer, theme: &Theme) {
    let Some(y) = places.marks else { return };
    for mark in chart.marks {
        if let Some(x) = chart.column_of(mark.at, places.plot) {
            put(buf, Rect::new(x, y, 1, 1), mark.sign, theme.style(mark.role));
        }
    }
}

fn cursor(chart: &Chart<'_>, places: &Places, buf: &mut Buffer, theme: &Theme) {
    let plot = places.plot;
    let Some(x) = chart.cursor.and_then(|at| chart.column_of(at, plot)) else {
        return;
    };
    for y in plot.y..plot.bottom() {
        let Some(cell) = buf.cell_mut((x, y)) else { continue };
        if cell.symbol() == " " || cell.symbol() == theme.glyph(Glyph::Grid) {
            cell.set_symbol(theme.glyph(Glyph::VLine)).set_style(theme.style(Role::Accent));
        } else {
            cell.set_style(theme.style(Role::Selected));
        }
    }
}
