//! Panels of a Prometheus for what is selected: a board of them, or one large with a cursor.

mod draw;
mod glance;
mod grid;
mod large;
mod marks;
mod panel;
mod target;
#[cfg(test)]
mod tests;
mod wrap;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

pub use draw::draw;
pub use glance::{glance, questions};
pub use marks::Past;
pub use target::Target;

use crate::app::Command;
use crate::config::Panel;
use crate::model::{Demand, EnvId, SeriesKey, Time};
use crate::store::Store;
use grid::Grid;
use marks::Marked;

/// How far back the digits 3 to 9 look (seconds).
const SPANS: [u32; 7] = [300, 900, 1_800, 3_600, 21_600, 86_400, 604_800];
/// The range at first.
const SPAN: u32 = 3_600;
/// The shortest range that zooming in gives.
const SHORTEST: u32 = 300;
const DAY: u32 = 86_400;

/// A board of panels.
#[derive(Debug)]
pub struct MetricsPane {
    pub env: EnvId,
    pub target: Target,
    panels: Vec<Panel>,
    /// Whether the environment has a Prometheus.
    configured: bool,
    /// The panel under the cursor.
    cursor: usize,
    /// The first panel on the screen.
    top: usize,
    /// The panel under the cursor has the whole pane.
    large: bool,
    span: u32,
    /// How long before now the range ends.
    shift: u32,
    /// The time under the cursor; none: the newest.
    at: Option<Time>,
    /// The same time of the day before is drawn behind.
    yesterday: bool,
    area: Rect,
    now: Time,
    /// What is asked for, by panel on the screen and line.
    asked: Vec<Asked>,
    /// What is asked changed since it was last said.
    anew: bool,
    marks: Vec<Marked>,
}

/// What one panel asks.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    panel: usize,
    keys: Vec<SeriesKey>,
}

/// What drawing needs beside the pane.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub now: Time,
    pub focused: bool,
    pub theme: &'a crate::ui::theme::Theme,
    pub zone: &'a TimeZone,
}

impl MetricsPane {
    /// The panels that make sense for what is selected.
    pub fn new(env: EnvId, target: Target, panels: &[Panel], configured: bool) -> Self {
        let scope = target.scope();
        Self {
            env,
            panels: panels.iter().filter(|panel| panel.is_for(scope)).cloned().collect(),
            target,
            configured,
            cursor: 0,
            top: 0,
            large: false,
            span: SPAN,
            shift: 0,
            at: None,
            yesterday: false,
            area: Rect::ZERO,
            now: Time::NEVER,
            asked: Vec::new(),
            anew: false,
            marks: Vec::new(),
        }
    }

    /// One question of the user's own, large.
    pub fn ad_hoc(env: EnvId, query: &str, configured: bool) -> Self {
        let panel = Panel::ad_hoc(query);
        Self {
            large: true,
            ..Self::new(env, Target::Environment(crate::model::Namespaces::All), &[panel], configured)
        }
    }

    /// Its question, where it is one of the user's own.
    pub fn query(&self) -> Option<&str> {
        let [panel] = &self.panels[..] else { return None };
        panel.query.first().filter(|_| panel.name == Panel::AD_HOC).map(String::as_str)
    }

    /// What is on the screen is asked for, and nothing else.
    pub fn demands(&self) -> Vec<Demand> {
        if !self.configured {
            return Vec::new();
        }
        let mut demands = Vec::new();
        for key in self.asked.iter().flat_map(|asked| &asked.keys) {
            demands.push(Demand::Series(self.env, key.clone()));
            if self.yesterday {
                demands.push(Demand::Series(self.env, key.earlier(key.shift + DAY)));
            }
        }
        demands
    }

    /// Brings the questions up to date with the size, the range and the cursor; collects what happened.
    pub fn settle(&mut self, past: &Past<'_>, area: Rect, now: Time) {
        (self.area, self.now) = (area, now);
        self.cursor = self.cursor.min(self.panels.len().saturating_sub(1));
        let grid = self.grid();
        let row = |panel: usize| panel / grid.columns;
        let top = self.top / grid.columns;
        let first = row(self.cursor).saturating_sub(grid.rows - 1);
        let most = row(self.panels.len().saturating_sub(1)).saturating_sub(grid.rows - 1);
        self.top = top.clamp(first, row(self.cursor)).min(most.max(first)) * grid.columns;
        let (shown, cells): (Vec<usize>, u16) = match self.large {
            true => (vec![self.cursor], area.width.saturating_sub(12)),
            false => ((self.top..self.panels.len()).take(grid.shown()).collect(), grid.cells()),
        };
        let step = grid::step(self.span, cells);
        let bound = self.target.bound(grid::interval(step));
        let ask = |at: usize| {
            let panel = self.panels.get(at)?;
            let line = |line: &crate::config::PanelLine| {
                let queries = line.query.iter().map(|query| bound.fill(query));
                SeriesKey::new(queries, self.span, step).earlier(self.shift / step * step)
            };
            Some(Asked {
                panel: at,
                keys: panel.all_lines().iter().map(line).collect(),
            })
        };
        let asked: Vec<Asked> = shown.into_iter().filter_map(ask).collect();
        if asked != self.asked {
            self.asked = asked;
            self.anew = true;
        }
        self.marks = marks::of(past, &self.target, self.range());
    }

    /// Whether what is asked changed since the last call.
    pub fn asks_anew(&mut self) -> bool {
        std::mem::take(&mut self.anew)
    }

    fn grid(&self) -> Grid {
        Grid::of(self.inner(), self.panels.len())
    }

    /// The pane without its frame.
    fn inner(&self) -> Rect {
        let area = if self.area.is_empty() {
            Rect::new(0, 0, 100, 30)
        } else {
            self.area
        };
        Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }

    /// The range of times.
    fn range(&self) -> (Time, Time) {
        let until = self.now + -i64::from(self.shift);
        (until + -i64::from(self.span), until)
    }

    fn step(&self) -> i64 {
        let key = self.asked.first().and_then(|asked| asked.keys.first());
        key.map_or(60, |key| i64::from(key.step))
    }

    /// Moves the cursor: over the panels of the board, over the times of a large one.
    pub fn travel(&mut self, command: Command) {
        let last = self.panels.len().saturating_sub(1);
        let columns = self.grid().columns;
        if self.large {
            let (from, until) = self.range();
            let step = self.step();
            let at = self.at.unwrap_or(until);
            let to = match command {
                Command::Left => at + -step,
                Command::Right => at + step,
                Command::PageUp => at + -10 * step,
                Command::PageDown => at + 10 * step,
                Command::Top => from,
                Command::Bottom => until,
                // The next panel, as large.
                Command::Up => return self.cursor = self.cursor.saturating_sub(1),
                _ => return self.cursor = (self.cursor + 1).min(last),
            };
            self.at = (to < until).then_some(Time(to.0.max(from.0)));
            return;
        }
        self.cursor = match command {
            Command::Left => self.cursor.saturating_sub(1),
            Command::Right => self.cursor + 1,
            Command::Up => self.cursor.checked_sub(columns).unwrap_or(self.cursor),
            Command::Down if self.cursor + columns > last => self.cursor,
            Command::Down => self.cursor + columns,
            Command::PageUp => self.cursor.saturating_sub(self.grid().shown()),
            Command::PageDown => self.cursor + self.grid().shown(),
            Command::Top => 0,
            _ => last,
        }
        .min(last);
    }

    /// The panel under the cursor large, or the board again.
    pub fn toggle(&mut self) {
        if self.query().is_none() {
            self.large = !self.large;
        }
        self.at = None;
    }

    /// One step back: the cursor, the zoom, the large panel. `false`: there was nothing to undo.
    pub fn undo(&mut self) -> bool {
        if self.at.take().is_some() {
            return true;
        }
        if self.shift > 0 {
            (self.shift, self.span) = (0, SPAN);
            return true;
        }
        if self.large && self.query().is_none() {
            self.large = false;
            return true;
        }
        false
    }

    /// Shows so many seconds up to a moment, as far as panels go; what is not said stays.
    pub fn look(&mut self, span: Option<u32>, until: Option<Time>, now: Time) {
        self.span = span.map_or(self.span, |span| span.clamp(SHORTEST, 7 * DAY));
        self.shift = until.and_then(|until| u32::try_from(now.0 - until.0).ok()).unwrap_or(0);
        (self.at, self.now) = (None, now);
    }

    /// Puts the cursor on the first panel of a board, if it is there.
    pub fn to_board(&mut self, board: &str) {
        if let Some(at) = self.panels.iter().position(|panel| panel.board == board) {
            self.cursor = at;
        }
    }

    /// The range of a digit.
    pub fn range_of(&mut self, digit: u8) {
        let span = usize::from(digit).checked_sub(3).and_then(|at| SPANS.get(at));
        if let Some(span) = span {
            (self.span, self.shift, self.at) = (*span, 0, None);
        }
    }

    /// Half the range around the cursor, or twice.
    pub fn zoom(&mut self, closer: bool) {
        let (_, until) = self.range();
        let centre = self.at.unwrap_or(if self.shift == 0 {
            until
        } else {
            until + -i64::from(self.span / 2)
        });
        let span = match closer {
            true => (self.span / 2).max(SHORTEST),
            false => (self.span * 2).min(7 * DAY),
        };
        let end = (centre.0 + i64::from(span / 2)).min(self.now.0);
        self.shift = u32::try_from(self.now.0 - end).unwrap_or(0);
        self.span = span;
    }

    /// Draws yesterday behind, or not.
    pub fn toggle_yesterday(&mut self) -> bool {
        self.yesterday = !self.yesterday;
        self.yesterday
    }

    /// The board that the panel under the cursor is part of.
    pub fn board(&self) -> &str {
        self.panels.get(self.cursor).map_or("", |panel| &panel.board)
    }

    /// From when to when it shows, in seconds, for a link.
    pub fn times(&self) -> (Time, Time) {
        self.range()
    }

    /// What is copied: the questions of the panel under the cursor.
    pub fn copied(&self) -> String {
        let asked = self.asked.iter().find(|asked| asked.panel == self.cursor);
        let keys = asked.map(|asked| asked.keys.as_slice()).unwrap_or_default();
        keys.iter()
            .filter_map(|key| key.queries.first())
            .map(|query| format!("{query}\n"))
            .collect()
    }

    /// The values on the screen as a table, apart by tabs.
    pub fn content(&self, store: &Store) -> String {
        let mut out = String::from("time\tpanel\tseries\tvalue\n");
        let Some(seen) = store.env(self.env) else { return out };
        for asked in &self.asked {
            let Some(panel) = self.panels.get(asked.panel) else { continue };
            for drawn in panel::lines(panel, &asked.keys, seen) {
                for (at, value) in drawn.points.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                    let time = drawn.from + i64::try_from(at).unwrap_or(0) * i64::from(drawn.step);
                    out.push_str(&format!("{time}\t{}\t{}\t{value}\n", panel.shown(), drawn.name));
                }
            }
        }
        out
    }

    /// What a file of it is called.
    pub fn file_title(&self) -> String {
        let about = self.target.shown();
        let about = if about.is_empty() { "environment" } else { &about };
        format!("metrics-{about}.tsv")
    }
}
