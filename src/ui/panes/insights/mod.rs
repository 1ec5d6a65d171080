//! A question to Logs Insights and its answer: rows with the columns that the query names.
//!
//! A question costs by what it reads: it is asked once, stopped when its pane is left or `ctrl-c` is pressed, and asked
//! again only when somebody says so. What was answered stays in the pane.

pub mod ask;
mod draw;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ratatui::layout::Rect;

pub use ask::Wish;
pub use draw::draw;

use crate::app::Command;
use crate::model::{Demand, EnvId, InsightsKey, Problem, ProblemKind, Time};
use crate::reading::Pattern;
use crate::store::clouds::{self, Use};
use crate::store::{EnvStore, Insights, InsightsState, Store};
use crate::ui::widgets::width;

/// Log groups that one question may be about.
const MOST_GROUPS: usize = 50;
/// Widest column but the last, which has the rest of the width.
const WIDEST: usize = 40;
/// Rows of the pane that are no rows of the answer: frame, query, heads.
const AROUND: u16 = 4;

/// How far the question is.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    /// Which groups are meant is still to be found out.
    Looking,
    Asked(InsightsKey),
    Answered,
    Stopped,
    Refused(Problem),
}

/// A question and its answer.
#[derive(Debug)]
pub struct InsightsPane {
    pub env: EnvId,
    pub wish: Wish,
    stage: Stage,
    /// When it was asked.
    since: Time,
    answer: Insights,
    widths: Vec<usize>,
    cursor: usize,
    top: usize,
    shift: usize,
    /// The record under the cursor is shown in full.
    opened: bool,
    query: String,
    area: Rect,
}

impl InsightsPane {
    /// A question that is asked as soon as the pane is on the screen.
    pub fn new(env: EnvId, wish: Wish) -> Self {
        Self {
            env,
            wish,
            stage: Stage::Looking,
            since: Time::NEVER,
            answer: Insights::default(),
            widths: Vec::new(),
            cursor: 0,
            top: 0,
            shift: 0,
            opened: false,
            query: String::new(),
            area: Rect::ZERO,
        }
    }

    /// What has to be asked for: the answer while there is none, and before that which groups there are.
    pub fn demands(&self, seen: Option<&EnvStore>) -> Vec<Demand> {
        let places = seen.map_or(0, |seen| seen.clouds.len());
        match &self.stage {
            Stage::Looking => (0..).take(places).map(|number| Demand::LogGroups(self.env, number)).collect(),
            Stage::Asked(key) => vec![Demand::Insights(self.env, key.clone())],
            Stage::Answered | Stage::Stopped | Stage::Refused(_) => Vec::new(),
        }
    }

    /// Asks once it is known what, and takes the answer in as it grows.
    pub fn settle(&mut self, store: &Store, area: Rect, now: Time) {
        self.area = area;
        let Some(seen) = store.env(self.env) else { return };
        if self.stage == Stage::Looking
            && let Some(stage) = self.look(seen, now)
        {
            self.stage = stage;
            self.since = now;
        }
        if let Stage::Asked(key) = &self.stage
            && let Some(answer) = seen.insights(key).filter(|answer| answer.version != self.answer.version)
        {
            // What was answered before trouble came stays: it was true.
            self.answer = answer.clone();
            self.widths = widths(&self.answer);
            match &answer.state {
                InsightsState::Done => self.stage = Stage::Answered,
                InsightsState::Failed(problem) => self.stage = Stage::Refused(problem.clone()),
                _ => {}
            }
        }
        self.scroll_into_view();
    }

    /// The question as it can be asked; `None`: not known yet.
    fn look(&self, seen: &EnvStore, now: Time) -> Option<Stage> {
        let mut found: Vec<(u16, Arc<str>)> = Vec::new();
        for pattern in &self.wish.groups {
            let meant = clouds::find(pattern, Use::Asked, seen);
            if meant.waiting {
                return None;
            }
            if let Some(problem) = meant.problem {
                return Some(Stage::Refused(problem));
            }
            found.extend(meant.groups);
        }
        found.sort();
        found.dedup();
        let refused = |text: String, hint: &str| Some(Stage::Refused(Problem::new(ProblemKind::Config, text).hint(hint)));
        let Some((place, _)) = found.first().cloned() else {
            return refused("no log group is named".into(), ":insights cloudwatch:GROUP …");
        };
        if found.iter().any(|(other, _)| *other != place) {
            return refused(
                "the log groups are in several accounts or regions".into(),
                "one question is about those of one: :insights cloudwatch:GROUP …",
            );
        }
        if found.len() > MOST_GROUPS {
            let text = format!("{} log groups are meant, and one question may be about {MOST_GROUPS}", found.len());
            return refused(text, "narrow it down: :insights cloudwatch:GROUP …");
        }
        Some(Stage::Asked(InsightsKey {
            place,
            groups: found.into_iter().map(|(_, group)| group).collect(),
            query: self.wish.query.clone(),
            from: Time(now.0.saturating_sub(self.wish.span)),
            until: now,
            limit: 0,
        }))
    }

    /// Asks again, up to now.
    pub fn ask(&mut self) {
        *self = Self::new(self.env, self.wish.clone());
    }

    /// Asks again, so many seconds back.
    pub fn ask_since(&mut self, span: i64) {
        self.wish.span = span;
        self.ask();
    }

    /// Stops the question. `false`: there is none to stop.
    pub fn stop(&mut self) -> bool {
        let runs = matches!(self.stage, Stage::Looking | Stage::Asked(_));
        if runs {
            self.stage = Stage::Stopped;
        }
        runs
    }

    /// Nobody asks this any more: the server was told to stop.
    pub fn left(&mut self, asked: &InsightsKey) {
        if matches!(&self.stage, Stage::Asked(key) if key == asked) {
            self.stage = Stage::Stopped;
        }
    }

    fn rows(&self) -> &[Vec<Box<str>>] {
        &self.answer.table.rows
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(AROUND)).max(1)
    }

    /// The record under the cursor, its fields one below the other.
    fn record(&self) -> Vec<(&str, &str)> {
        let Some(row) = self.rows().get(self.cursor) else {
            return Vec::new();
        };
        let columns = self.answer.table.columns.iter().map(|name| &**name);
        columns.zip(row.iter().map(|cell| &**cell)).collect()
    }

    fn scroll_into_view(&mut self) {
        self.cursor = self.cursor.min(self.rows().len().saturating_sub(1));
        // At least as much of an open record as the pane holds beside its row.
        let below = if self.opened { draw::record(self).len() } else { 0 };
        let room = self.height().saturating_sub(below).max(1);
        self.top = self.top.max((self.cursor + 1).saturating_sub(room)).min(self.cursor);
    }

    /// Moves the cursor from record to record, and sideways.
    pub fn travel(&mut self, command: Command, page: usize) {
        let last = self.rows().len().saturating_sub(1);
        self.cursor = match command {
            Command::Up => self.cursor.saturating_sub(1),
            Command::Down => self.cursor + 1,
            Command::PageUp => self.cursor.saturating_sub(page),
            Command::PageDown => self.cursor + page,
            Command::Top => 0,
            Command::Bottom => last,
            Command::Left => {
                self.shift = self.shift.saturating_sub(20);
                self.cursor
            }
            _ => {
                self.shift = (self.shift + 20).min(2000);
                self.cursor
            }
        }
        .min(last);
        self.scroll_into_view();
    }

    /// Shows the record under the cursor in full, or its row alone.
    pub fn toggle(&mut self) {
        self.opened = !self.opened;
        self.scroll_into_view();
    }

    /// What is searched for.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Searches as one types: to the first record from the cursor on that has it.
    pub fn search(&mut self, query: &str) {
        self.query = query.to_owned();
        if !self.rows().get(self.cursor).is_some_and(|row| self.matches(row)) {
            self.next_match(true);
        }
    }

    /// To the next record that matches, or the one before; after the last comes the first.
    pub fn next_match(&mut self, forward: bool) {
        let rows = (0..).zip(self.rows());
        let found: Vec<usize> = rows.filter(|(_, row)| self.matches(row)).map(|(at, _)| at).collect();
        let to = match forward {
            true => found.iter().find(|at| **at > self.cursor).or_else(|| found.first()),
            false => found.iter().rev().find(|at| **at < self.cursor).or_else(|| found.last()),
        };
        if let Some(to) = to {
            self.cursor = *to;
        }
        self.scroll_into_view();
    }

    fn matches(&self, row: &[Box<str>]) -> bool {
        let pattern = Pattern::literal(&self.query);
        !self.query.is_empty() && row.iter().any(|cell| pattern.matches(cell))
    }

    /// The record under the cursor, its fields apart by tabs.
    pub fn copied(&self) -> String {
        self.rows().get(self.cursor).map(|row| tabbed(row)).unwrap_or_default()
    }

    /// The whole answer, its fields apart by tabs.
    pub fn content(&self) -> String {
        let rows = std::iter::once(&self.answer.table.columns).chain(self.rows());
        rows.map(|row| tabbed(row) + "\n").collect()
    }

    /// What a file of it is called.
    pub fn file_title(&self) -> String {
        let group = self.wish.groups.first().map_or("", |group| group);
        let safe = |c: char| if c.is_alphanumeric() { c } else { '-' };
        format!("insights-{}.tsv", group.chars().map(safe).collect::<String>().trim_matches('-'))
    }
}

fn tabbed(cells: &[Box<str>]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| one_line(cell)).collect();
    cells.join("\t")
}

/// A cell on one row: a stack trace has several.
fn one_line(cell: &str) -> String {
    cell.trim_end().replace(['\n', '\t'], " ")
}

fn widths(answer: &Insights) -> Vec<usize> {
    let mut widths: Vec<usize> = answer.table.columns.iter().map(|name| width(name)).collect();
    for row in &answer.table.rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell.lines().next().unwrap_or_default()));
        }
    }
    let last = widths.len().saturating_sub(1);
    widths.iter_mut().take(last).for_each(|widest| *widest = (*widest).min(WIDEST));
    widths
}
