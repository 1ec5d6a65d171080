//! The log of one container: follow, stay, search, go back in time.
//!
//! Staying loses nothing: the lines that arrive meanwhile are kept and counted (`+12 new`). Lines are named
//! by their number since the log was opened, so that a place stays a place when old lines have to go.

mod draw;

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::layout::Rect;

pub use draw::draw;

use crate::app::Command;
use crate::model::{Demand, EnvId, FeedKey, Kind, Known, LogFrom, LogKey, LogLine, Time};
use crate::store::{EnvStore, LogBuffer, Store};
use crate::ui::widgets::width;

/// A log view.
#[derive(Debug)]
pub struct LogView {
    pub env: EnvId,
    pub key: LogKey,
    pub wrap: bool,
    pub timestamps: bool,
    /// The first line on screen; `None`: the view follows the end.
    top: Option<u64>,
    /// How many lines there were when the view stopped following.
    left_at: u64,
    /// Cells scrolled away to the left.
    shift: usize,
    query: String,
    /// The match that the cursor is on.
    found: Option<u64>,
    /// Marks, drawn below the line of this number.
    marks: Vec<(u64, Time)>,
    /// `ctrl-c`: nothing more is read until a start is chosen.
    stopped: bool,
    area: Rect,
}

impl LogView {
    /// A view that follows this log.
    pub fn new(env: EnvId, key: LogKey) -> Self {
        Self {
            env,
            key,
            wrap: false,
            timestamps: false,
            top: None,
            left_at: 0,
            shift: 0,
            query: String::new(),
            found: None,
            marks: Vec::new(),
            stopped: false,
            area: Rect::ZERO,
        }
    }

    /// The log itself, and the pod that it belongs to: that is where the other containers' names come from.
    pub fn demands(&self, seen: Option<&EnvStore>) -> Vec<Demand> {
        let pods = Kind::Known(Known::Pod);
        let scope = seen.map(|env| env.covering(&pods, &self.key.namespace));
        let mut demands = vec![Demand::Log(self.env, self.key.clone().into())];
        demands.extend(scope.map(|scope| Demand::Feed(self.env, FeedKey { kind: pods, scope })));
        demands
    }

    /// Whether reading was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The log as far as it was read.
    pub fn buffer<'a>(&self, store: &'a Store) -> Option<&'a LogBuffer> {
        store.env(self.env)?.log(&self.key.clone().into())
    }

    /// What is searched for.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Whether the view follows the end.
    pub fn follows(&self) -> bool {
        self.top.is_none()
    }

    /// Lines that came since the view stopped following.
    pub fn unseen(&self, buffer: &LogBuffer) -> u64 {
        if self.follows() {
            0
        } else {
            total(buffer).saturating_sub(self.left_at)
        }
    }

    /// Remembers where it is drawn.
    pub fn settle(&mut self, store: &Store, area: Rect) {
        self.area = area;
        if let (Some(top), Some(buffer)) = (self.top, self.buffer(store)) {
            self.top = Some(top.max(buffer.dropped));
        }
    }

    /// Rows for lines.
    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2)).max(1)
    }

    fn columns(&self) -> usize {
        usize::from(self.area.width.saturating_sub(2)).max(1)
    }

    /// How many rows a line takes.
    fn rows(&self, line: &LogLine) -> usize {
        if !self.wrap {
            return 1;
        }
        let time = if self.timestamps { draw::TIME_WIDTH } else { 0 };
        (width(&line.text) + time).div_ceil(self.columns()).max(1)
    }

    /// The number of the first line on screen.
    fn first(&self, buffer: &LogBuffer) -> u64 {
        if let Some(top) = self.top {
            return top.max(buffer.dropped);
        }
        let mut room = self
            .height()
            .saturating_sub(self.marks.iter().filter(|(at, _)| *at >= buffer.dropped).count().min(3));
        let mut first = total(buffer);
        for line in buffer.lines().iter().rev() {
            let rows = self.rows(line);
            if rows > room {
                break;
            }
            room -= rows;
            first -= 1;
        }
        first.min(total(buffer).saturating_sub(1)).max(buffer.dropped)
    }

    /// Moves through the log. To the end means following again.
    pub fn travel(&mut self, store: &Store, command: Command, page: usize) {
        match command {
            Command::Left => {
                self.shift = self.shift.saturating_sub(8);
                return;
            }
            Command::Right => {
                self.shift += 8;
                return;
            }
            _ => {}
        }
        let Some(buffer) = self.buffer(store) else { return };
        let (first, page) = (self.first(buffer), page as u64);
        let end = total(buffer);
        let to = match command {
            Command::Up => first.saturating_sub(1),
            Command::Down => first + 1,
            Command::PageUp => first.saturating_sub(page),
            Command::PageDown => first + page,
            Command::Top => 0,
            _ => end,
        };
        let last_page = end.saturating_sub(self.height() as u64);
        if to >= last_page && matches!(command, Command::Down | Command::PageDown | Command::Bottom) {
            self.top = None;
        } else {
            self.hold(buffer, to.max(buffer.dropped));
        }
    }

    fn hold(&mut self, buffer: &LogBuffer, top: u64) {
        if self.top.is_none() {
            self.left_at = total(buffer);
        }
        self.top = Some(top);
    }

    /// Follows the end, or stays here.
    pub fn toggle_follow(&mut self, store: &Store) {
        match self.buffer(store) {
            Some(buffer) if self.follows() => {
                let first = self.first(buffer);
                self.hold(buffer, first);
            }
            _ => self.top = None,
        }
    }

    /// Draws a line below the newest line.
    pub fn mark(&mut self, store: &Store, now: Time) {
        if let Some(buffer) = self.buffer(store) {
            self.marks.push((total(buffer).saturating_sub(1), now));
        }
    }

    /// The run before the last restart, and back.
    pub fn toggle_previous(&mut self) {
        self.key.previous = !self.key.previous;
        self.restart();
    }

    /// Reads again from elsewhere.
    pub fn start_from(&mut self, from: LogFrom) {
        self.key.from = from;
        self.restart();
    }

    fn restart(&mut self) {
        self.top = None;
        self.found = None;
        self.stopped = false;
        self.marks.clear();
    }

    /// Stops reading. `false`: it was stopped already.
    pub fn stop(&mut self) -> bool {
        !std::mem::replace(&mut self.stopped, true)
    }

    /// The names of the pod's containers.
    pub fn containers(&self, seen: &EnvStore) -> Vec<String> {
        let pod = crate::model::ObjectRef {
            kind: Known::Pod.into(),
            namespace: self.key.namespace.clone(),
            name: self.key.pod.clone(),
        };
        let names = |object: &crate::model::Object| {
            object
                .body
                .pod()
                .map(|pod| pod.containers.iter().map(|c| c.name.to_string()).collect())
                .unwrap_or_default()
        };
        seen.find(&pod).map(names).unwrap_or_default()
    }

    /// The next container of the pod.
    pub fn next_container(&mut self, store: &Store) {
        let Some(names) = store.env(self.env).map(|seen| self.containers(seen)) else {
            return;
        };
        let at = names.iter().position(|name| **name == *self.key.container);
        let next = at.map_or(0, |at| at + 1);
        if let Some(name) = names.get(next % names.len().max(1)) {
            self.choose_container(&name.clone());
        }
    }

    /// This container of the pod.
    pub fn choose_container(&mut self, name: &str) {
        self.key.container = name.into();
        self.restart();
    }

    /// Searches as one types: from the first line on screen onwards, else from the start.
    pub fn search(&mut self, store: &Store, query: &str) {
        self.query = query.to_owned();
        self.found = None;
        if !query.is_empty() {
            self.next_match(store, true);
        }
    }

    /// Goes to the next (or the previous) line that matches; around the end.
    pub fn next_match(&mut self, store: &Store, forward: bool) {
        let Some(buffer) = self.buffer(store) else { return };
        if self.query.is_empty() || buffer.lines().is_empty() {
            return;
        }
        let (first, end) = (buffer.dropped, total(buffer));
        let matches = |n: &u64| line(buffer, *n).is_some_and(|line| !find(&line.text, &self.query).is_empty());
        let found = if forward {
            let start = self.found.map_or_else(|| self.first(buffer), |at| at + 1);
            (start..end).chain(first..start.min(end)).find(matches)
        } else {
            let start = self.found.unwrap_or_else(|| self.first(buffer)).max(first);
            (first..start).rev().chain((start..end).rev()).find(matches)
        };
        self.found = found;
        if let Some(at) = found {
            let top = self.first(buffer);
            let visible = at >= top && at < top + self.height() as u64;
            let target = if visible {
                top
            } else {
                at.saturating_sub(self.height() as u64 / 3).max(first)
            };
            self.hold(buffer, target);
        }
    }

    /// The lines on screen, to copy.
    pub fn current_line(&self, store: &Store) -> String {
        let Some(buffer) = self.buffer(store) else { return String::new() };
        if let Some(line) = self.found.and_then(|at| line(buffer, at)) {
            return line.text.to_string();
        }
        let first = self.first(buffer);
        let lines: Vec<&str> = (first..total(buffer))
            .take(self.height())
            .filter_map(|n| line(buffer, n))
            .map(|l| &*l.text)
            .collect();
        lines.join("\n")
    }

    /// Everything that is kept, with times, to save.
    pub fn content(&self, store: &Store) -> String {
        let lines = self.buffer(store).map(LogBuffer::lines);
        let mut out = String::new();
        for line in lines.unwrap_or(&VecDeque::new()) {
            out.push_str(&draw::rfc3339(line.nanos));
            out.push_str(&line.text);
            out.push('\n');
        }
        out
    }

    /// `pod · container`, for the title.
    pub fn title(&self) -> String {
        let container: Arc<str> = self.key.container.clone();
        let run = if self.key.previous { " · previous run" } else { "" };
        let from = match self.key.from {
            LogFrom::Tail(_) => String::new(),
            LogFrom::Start => " · from the start".into(),
            LogFrom::Since(seconds) => format!(" · last {}", crate::model::short_age(i64::from(seconds))),
        };
        if container.is_empty() {
            format!("{}{run}{from}", self.key.pod)
        } else {
            format!("{} · {container}{run}{from}", self.key.pod)
        }
    }
}

/// Lines that there ever were.
fn total(buffer: &LogBuffer) -> u64 {
    buffer.dropped + buffer.lines().len() as u64
}

fn line(buffer: &LogBuffer, number: u64) -> Option<&LogLine> {
    buffer.lines().get(usize::try_from(number.checked_sub(buffer.dropped)?).ok()?)
}

/// Where a query stands in a line: byte ranges. An upper-case letter in the query makes it exact.
pub(crate) fn find(text: &str, query: &str) -> Vec<(usize, usize)> {
    if query.is_empty() {
        return Vec::new();
    }
    let exact = query.chars().any(char::is_uppercase);
    let ranges = |text: &str, query: &str| text.match_indices(query).map(|(at, hit)| (at, at + hit.len())).collect::<Vec<_>>();
    if exact {
        return ranges(text, query);
    }
    let lower = text.to_lowercase();
    // Lower-casing may change lengths (`İ`): then positions would lie, so compare exactly.
    if lower.len() == text.len() {
        ranges(&lower, &query.to_lowercase())
    } else {
        ranges(text, query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fact, LogFact, Seen};

    fn with_lines(count: i64) -> (Store, LogView) {
        let key = LogKey {
            namespace: "n".into(),
            pod: "p".into(),
            container: "c".into(),
            previous: false,
            from: LogFrom::Tail(10),
        };
        let mut store = Store::new(1);
        store.expect(&Demand::Log(EnvId(0), key.clone().into()));
        let mut view = LogView::new(EnvId(0), key);
        add(&mut store, &view, 0..count);
        view.settle(&store, Rect::new(0, 0, 80, 12));
        (store, view)
    }

    fn add(store: &mut Store, view: &LogView, numbers: std::ops::Range<i64>) {
        let lines = numbers
            .map(|n| LogLine {
                nanos: n,
                text: format!("line {n}").into(),
            })
            .collect();
        store.apply(Fact {
            env: EnvId(0),
            at: Time(1),
            seen: Seen::Log(view.key.clone().into(), LogFact::Lines(lines)),
        });
    }

    #[test]
    fn staying_keeps_the_place_and_counts_what_comes() {
        let (mut store, mut view) = with_lines(100);
        assert_eq!(view.first(view.buffer(&store).unwrap()), 90);
        view.travel(&store, Command::PageUp, 10);
        add(&mut store, &view, 100..150);
        let buffer = view.buffer(&store).unwrap();
        assert_eq!((view.first(buffer), view.unseen(buffer)), (80, 50));
        view.travel(&store, Command::Bottom, 10);
        let buffer = view.buffer(&store).unwrap();
        assert_eq!((view.first(buffer), view.unseen(buffer), view.follows()), (140, 0, true));
    }

    #[test]
    fn search_goes_round_and_is_exact_only_with_upper_case() {
        let (store, mut view) = with_lines(100);
        view.search(&store, "LINE 5");
        assert_eq!(view.found, None);
        view.search(&store, "line 5");
        assert_eq!(view.found, Some(5), "from the screen on, then around");
        view.next_match(&store, true);
        assert_eq!(view.found, Some(50));
        view.next_match(&store, false);
        view.next_match(&store, false);
        assert_eq!(view.found, Some(59), "backwards around the start");
    }
}
