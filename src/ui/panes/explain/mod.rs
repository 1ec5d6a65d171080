//! Why an object is as it is: the lines of its explanation, under a cursor that leads from each to where it comes from.

mod draw;
mod page;
/// Where a text is found in a line: capital letters count only if it has one.
fn find(line: &str, query: &str) -> Vec<(usize, usize)> {
    if query.is_empty() {
        return Vec::new();
    }
    let pattern = Pattern::literal(query);
    pattern.ranges(line).map(|range| (range.start, range.end)).collect()
}

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use ratatui::layout::Rect;

pub use draw::draw;
use page::{Entry, Headline, page};

use crate::app::Command;
use crate::diagnosis::{Diagnosis, explain, forensics};
use crate::model::{Demand, EnvId, FeedKey, Kind, Known, Lead, ObjectRef, TailKey, Time, UsageKey};
use crate::reading::Pattern;
use crate::store::{EnvStore, Store};
use crate::ui::widgets::text::rows;

/// Lines above the entries: the headline, and an empty one.
const HEAD: u16 = 2;

/// An explanation on the screen.
#[derive(Debug)]
pub struct ExplainPane {
    pub env: EnvId,
    pub object: ObjectRef,
    /// The container of the pod that it is about; `None`: the whole object.
    pub container: Option<Arc<str>>,
    headline: Headline,
    entries: Vec<Entry>,
    /// The entry under the cursor.
    cursor: usize,
    /// Whether the user has moved it. Until then it stands on the first line, whichever that is.
    moved: bool,
    /// The first row on the screen.
    top: usize,
    /// Cells scrolled away to the left, where lines are not wrapped.
    shift: usize,
    wrap: bool,
    query: String,
    /// The last words that belong to it.
    tail: Option<TailKey>,
    made: Option<(Time, u64)>,
    area: Rect,
}

impl ExplainPane {
    /// The explanation of an object, or of one container of a pod.
    pub fn new(env: EnvId, object: ObjectRef, container: Option<Arc<str>>) -> Self {
        Self {
            env,
            object,
            container,
            headline: Headline::default(),
            entries: Vec::new(),
            cursor: 0,
            moved: false,
            top: 0,
            shift: 0,
            wrap: true,
            query: String::new(),
            tail: None,
            made: None,
            area: Rect::ZERO,
        }
    }

    /// The object's kind where it is, events there, what pods use, and last words that are not there yet. What else
    /// an explanation needs is watched for the checks.
    pub fn demands(&self, seen: Option<&EnvStore>) -> Vec<Demand> {
        let Some(seen) = seen else { return Vec::new() };
        let feed = |kind: Kind, namespace: &Arc<str>| {
            let scope = seen.covering(&kind, namespace);
            Demand::Feed(self.env, FeedKey { kind, scope })
        };
        // Events about what lives in no namespace are in "default".
        let events: Arc<str> = match &*self.object.namespace {
            "" => "default".into(),
            _ => self.object.namespace.clone(),
        };
        let mut demands = vec![
            feed(self.object.kind.clone(), &self.object.namespace),
            feed(Known::Event.into(), &events),
        ];
        if self.object.kind.is(Known::Pod) {
            let scope = seen.covering(&self.object.kind, &self.object.namespace);
            demands.push(Demand::Usage(self.env, UsageKey::Pods(scope)));
        }
        let wanted = self.tail.clone().filter(|key| seen.tails.get(key).is_none());
        demands.extend(wanted.map(|key| Demand::Tail(self.env, key)));
        demands
    }

    /// Explains anew, once a second; the cursor stays on its line.
    pub fn settle(&mut self, store: &Store, diagnosis: Option<&Diagnosis>, area: Rect, now: Time) {
        self.area = area;
        let Some(seen) = store.env(self.env) else { return };
        let made = (now, seen.tails.version);
        if self.made != Some(made) {
            self.made = Some(made);
            let nothing = Diagnosis::default();
            let diagnosis = diagnosis.unwrap_or(&nothing);
            let mut told = explain(diagnosis, seen, &self.object, now);
            if let Some(container) = &self.container {
                told.forensics = forensics(diagnosis, seen, &self.object, container, now);
                told.tail = told.forensics.as_ref().and_then(|f| f.tail.clone());
            }
            self.tail.clone_from(&told.tail);
            let stood = self.entries.get(self.cursor).map(|entry| entry.plain.clone());
            (self.headline, self.entries) = page(&told, self.container.as_deref(), now);
            let first = self.entries.iter().position(Entry::is_line).unwrap_or(0);
            let same = stood.and_then(|plain| self.entries.iter().position(|entry| entry.is_line() && entry.plain == plain));
            self.cursor = match same {
                Some(same) if self.moved => same,
                None if self.moved => self.nearest(self.cursor),
                _ => first,
            };
        }
        self.scroll_into_view();
    }

    /// The line nearest to this place.
    fn nearest(&self, at: usize) -> usize {
        let lines = || self.entries.iter().enumerate().filter(|(_, entry)| entry.is_line()).map(|(n, _)| n);
        lines().min_by_key(|n| n.abs_diff(at)).unwrap_or(0)
    }

    /// Rows for entries.
    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2 + HEAD)).max(1)
    }

    /// The rows of all entries on so many cells of text: whose they are, and what part of it.
    fn rows(&self, cells: usize) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        for (n, entry) in self.entries.iter().enumerate() {
            let text = entry.text.text();
            if self.wrap {
                found.extend(rows(text, cells).map(|range| (n, range)));
            } else {
                found.push((n, 0..text.len()));
            }
        }
        found
    }

    /// Keeps the line under the cursor on the screen; with the first line, what stands above it.
    fn scroll_into_view(&mut self) {
        let height = self.height();
        let rows = self.rows(draw::cells(self.area.width.saturating_sub(2)));
        let own = |(n, _): &(usize, Range<usize>)| *n == self.cursor;
        let first = rows.iter().position(own).unwrap_or(0);
        let last = rows.iter().rposition(own).unwrap_or(first);
        let above = self.entries.iter().take(self.cursor).any(Entry::is_line);
        let first = if above { first } else { 0 };
        let top = self.top.max((last + 1).saturating_sub(height)).min(first);
        self.top = top.min(rows.len().saturating_sub(height));
    }

    /// Moves the cursor from line to line.
    pub fn travel(&mut self, command: Command, page: usize) {
        let page = page.saturating_sub(usize::from(HEAD)).max(1);
        match command {
            Command::Up => self.step(1, false),
            Command::Down => self.step(1, true),
            Command::PageUp => self.step(page, false),
            Command::PageDown => self.step(page, true),
            Command::Top => self.step(usize::MAX, false),
            Command::Bottom => self.step(usize::MAX, true),
            Command::Left => self.shift = self.shift.saturating_sub(20),
            _ if !self.wrap => self.shift = (self.shift + 20).min(400),
            _ => {}
        }
    }

    fn step(&mut self, by: usize, down: bool) {
        let lines: Vec<usize> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.is_line())
            .map(|(n, _)| n)
            .collect();
        let at = lines.iter().position(|n| *n >= self.cursor).unwrap_or(0);
        let to = if down {
            at.saturating_add(by).min(lines.len().saturating_sub(1))
        } else {
            at.saturating_sub(by)
        };
        if let Some(to) = lines.get(to) {
            self.cursor = *to;
            self.moved = true;
        }
        self.scroll_into_view();
    }

    /// Where the line under the cursor leads.
    pub fn lead(&self) -> Option<&Lead> {
        self.entries.get(self.cursor)?.lead.as_ref()
    }

    /// The line under the cursor.
    pub fn current_line(&self) -> String {
        self.entries
            .get(self.cursor)
            .filter(|entry| entry.is_line())
            .map_or_else(String::new, |entry| entry.plain.clone())
    }

    /// The whole explanation as text.
    pub fn content(&self) -> String {
        let mut out = format!("{}\n", self.headline.text());
        for entry in &self.entries {
            out.push_str(entry.as_text().trim_end());
            out.push('\n');
        }
        out
    }

    /// What a file with this text is called.
    pub fn file_title(&self) -> String {
        let container = self.container.as_deref().map(|name| format!("-{name}")).unwrap_or_default();
        format!("explain-{}-{}{container}.txt", self.object.kind.resource(), self.object.name)
    }

    /// What is searched for.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Searches as one types: to the first match from the cursor on.
    pub fn search(&mut self, query: &str) {
        self.query = query.to_owned();
        let here = self.entries.get(self.cursor).is_some_and(|entry| self.matches(entry));
        if !here {
            self.next_match(true);
        }
    }

    /// To the next line that matches, or the one before; after the last comes the first.
    pub fn next_match(&mut self, forward: bool) {
        let found: Vec<usize> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.is_line() && self.matches(entry))
            .map(|(n, _)| n)
            .collect();
        let to = if forward {
            found.iter().find(|n| **n > self.cursor).or_else(|| found.first())
        } else {
            found.iter().rev().find(|n| **n < self.cursor).or_else(|| found.last())
        };
        if let Some(to) = to {
            self.cursor = *to;
            self.moved = true;
        }
        self.scroll_into_view();
    }

    fn matches(&self, entry: &Entry) -> bool {
        !find(entry.text.text(), &self.query).is_empty()
    }

    /// Wraps or stops wrapping.
    pub fn toggle_wrap(&mut self) {
        self.wrap = !self.wrap;
        self.shift = 0;
        self.scroll_into_view();
    }
}
