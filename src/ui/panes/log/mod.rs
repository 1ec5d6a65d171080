//! Logs: what one container or many streams write, merged in the order of time. Follow, stay, search, filter, go back.
//!
//! Staying loses nothing: the lines that arrive meanwhile are kept and counted (`+12 new`). What happened to a stream
//! (a gap, a reconnect) is a row of its own, which no filter hides. `streams` finds what a query means, `scan` what a
//! pattern matches, `lane` walks the rows that are shown, `density` counts them over time, `line` says how one looks.

mod density;
mod draw;
mod lane;
mod line;
mod names;
mod scan;
pub mod streams;

use std::collections::BTreeSet;

use ratatui::layout::Rect;

pub use density::Bar;
pub use draw::{Scene, draw, rfc3339};

use crate::app::Command;
use crate::model::{Demand, EnvId, Known, LogFrom, LogKey, LogQuery, ObjectRef, Time};
use crate::reading::{Level, Pattern};
use crate::store::book::{Anchor, Book, Entry};
use crate::store::{EnvStore, Store};
use crate::ui::widgets::width;
use density::Density;
use lane::Lane;
use names::Names;
use scan::Scan;

/// How the time of a line is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    #[default]
    Hidden,
    /// In UTC.
    Utc,
    /// In the time zone of the screen.
    Local,
    /// How long ago.
    Ago,
}

/// A log view.
#[derive(Debug)]
pub struct LogView {
    pub env: EnvId,
    pub query: LogQuery,
    pub wrap: bool,
    pub times: Times,
    /// JSON and logfmt lines as they came, instead of level, message and fields.
    pub raw: bool,
    /// Whether the bars of the density are shown.
    pub bars: bool,
    /// The fields that are shown after the message; none chosen: all of them.
    pub fields: BTreeSet<String>,
    /// Rows around each match of the filter.
    pub context: u16,
    picker: streams::Picker,
    /// When the view was opened. What is younger is read from its beginning.
    opened: Time,
    /// What the feeds were like when streams were last taken in.
    attached: Option<u64>,
    /// How many streams the query means, more than are read where it is too many.
    meant: usize,
    names: Names,
    density: Density,
    search: Option<Scan>,
    filter: Option<Scan>,
    /// What is typed, also where it is no pattern (yet).
    query_text: String,
    filter_text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// The row under the cursor; `None`: the view follows the end.
    cursor: Option<Anchor>,
    /// The first row on the screen, and what it is found by when others are put before it.
    top: u64,
    held: Option<Anchor>,
    /// How many lines there were when the view stopped following.
    left_at: u64,
    /// Cells scrolled away to the left.
    shift: usize,
    /// Marks, each drawn below a row.
    marks: Vec<(Anchor, Time)>,
    /// Where a selection of lines began.
    selecting: Option<Anchor>,
    /// The row under the cursor is shown in full.
    pub opened_row: bool,
    /// `ctrl-c`: nothing more is read until a start is chosen.
    stopped: bool,
    /// What was stopped is read again: not into what is there already.
    anew: bool,
    /// Something is still being looked through.
    busy: bool,
    area: Rect,
}

impl LogView {
    /// A view of what a query means, at its end.
    pub fn new(env: EnvId, query: LogQuery, now: Time) -> Self {
        Self {
            env,
            picker: streams::Picker::new(&query),
            query,
            wrap: false,
            times: Times::Hidden,
            raw: false,
            bars: true,
            fields: BTreeSet::new(),
            context: 0,
            opened: now,
            attached: None,
            meant: 0,
            names: Names::default(),
            density: Density::default(),
            search: None,
            filter: None,
            query_text: String::new(),
            filter_text: String::new(),
            problem: None,
            cursor: None,
            top: 0,
            held: None,
            left_at: 0,
            shift: 0,
            marks: Vec::new(),
            selecting: None,
            opened_row: false,
            stopped: false,
            anew: false,
            busy: false,
            area: Rect::ZERO,
        }
    }

    /// A view of one container.
    pub fn of(env: EnvId, key: &LogKey, now: Time) -> Self {
        let mut query = LogQuery::pods(&key.namespace, [key.pod.clone()]);
        if !key.container.is_empty() {
            query.containers.push(exactly(&key.container));
        }
        query.previous = key.previous;
        query.from = key.from;
        Self::new(env, query, now)
    }

    /// What has to be asked for: the feeds that tell which streams there are, and the streams themselves.
    pub fn demands(&self, seen: Option<&EnvStore>) -> Vec<Demand> {
        let Some(seen) = seen else { return Vec::new() };
        let mut demands = streams::feeds(self.env, &self.query, seen);
        if let Some(book) = seen.book(&self.query).filter(|_| !self.stopped) {
            demands.extend(book.streams().map(|stream| Demand::Log(self.env, stream.clone())));
        }
        demands
    }

    /// Takes the streams in that the query means now.
    pub fn attach(&mut self, store: &mut Store) {
        let version = store
            .env(self.env)
            .map(|seen| seen.feeds().map(|(_, feed)| feed.version).sum::<u64>());
        let is_open = self.book(store).is_some();
        // Many pods, and many frames between two of their changes.
        if self.stopped || is_open && self.attached == version && !self.anew {
            return;
        }
        self.attached = version;
        // The book has to leave its environment for as long as that is read.
        let Some(mut book) = store.take_book(self.env, &self.query) else {
            return;
        };
        if std::mem::take(&mut self.anew) {
            book = Book::default();
        }
        if let Some(seen) = store.env(self.env) {
            self.meant = streams::attach(&mut book, &self.query, &self.picker, seen, self.opened);
        }
        store.put_book(self.env, &self.query, book);
    }

    /// Whether reading was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether something is still being looked through, and another frame would bring more.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// What was read.
    pub fn book<'a>(&self, store: &'a Store) -> Option<&'a Book> {
        store.env(self.env)?.book(&self.query)
    }

    /// What is searched for.
    pub fn query(&self) -> &str {
        &self.query_text
    }

    /// What is filtered by.
    pub fn filter(&self) -> &str {
        &self.filter_text
    }

    /// Whether the view follows the end.
    pub fn follows(&self) -> bool {
        self.cursor.is_none()
    }

    /// Lines that came since the view stopped following.
    pub fn unseen(&self, book: &Book) -> u64 {
        if self.follows() {
            0
        } else {
            written(book).saturating_sub(self.left_at)
        }
    }

    fn lane<'a>(&'a self, book: &'a Book) -> Lane<'a> {
        Lane::new(book, self.filter.as_ref(), self.context)
    }

    /// Brings what is derived from the book up to date, and the cursor to a row that is shown.
    pub fn settle(&mut self, store: &Store, area: Rect) {
        self.area = area;
        let Some(book) = self.book(store) else { return };
        self.names.settle(book);
        self.density.settle(book);
        let scans = [&mut self.search, &mut self.filter];
        self.busy = false;
        for scan in scans.into_iter().flatten() {
            self.busy |= !scan.settle(book);
        }
        for (anchor, _) in &mut self.marks {
            *anchor = book.follow(*anchor);
        }
        self.selecting = self.selecting.map(|anchor| book.follow(anchor));
        self.top = self.held.map_or(self.top, |held| book.follow(held).index);
        if let Some(cursor) = self.cursor {
            let cursor = book.follow(cursor);
            let lane = self.lane(book);
            let shown = lane.at_or_before(cursor.index).or_else(|| lane.at_or_after(cursor.index));
            let moved = shown.filter(|index| *index != cursor.index).and_then(|index| book.anchor(index));
            self.cursor = Some(moved.unwrap_or(cursor));
        }
        self.top = self.first_row(book);
        self.held = book.anchor(self.top);
    }

    /// Rows for lines.
    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2 + u16::from(self.shows_bars()))).max(1)
    }

    fn shows_bars(&self) -> bool {
        self.bars && self.area.height >= 8
    }

    fn columns(&self) -> usize {
        usize::from(self.area.width.saturating_sub(2)).max(1)
    }

    /// How many rows of the screen an entry takes.
    fn rows(&self, book: &Book, index: u64) -> usize {
        let marks = self.marks.iter().filter(|(anchor, _)| anchor.index == index).count();
        let Some(entry) = book.get(index) else { return 1 };
        let here = self.opened_row && self.cursor.is_some_and(|cursor| cursor.index == index);
        let marks = marks + if here { line::whole(&entry, self.columns()).len() } else { 0 };
        if !self.wrap || entry.is_note() {
            return 1 + marks;
        }
        let before = usize::from(draw::margin(self));
        let text = line::of(self, &entry).iter().map(|(_, text)| width(text)).sum::<usize>();
        (text + before).div_ceil(self.columns()).max(1) + marks
    }

    /// The first row of the screen: so that the end is seen while the view follows, and the cursor while it does not.
    fn first_row(&self, book: &Book) -> u64 {
        let lane = self.lane(book);
        let Some(last) = lane.last() else { return book.begin() };
        let Some(cursor) = self.cursor else {
            return self.up_from(book, last);
        };
        let top = lane.at_or_after(self.top).unwrap_or(last);
        if cursor.index < top {
            return cursor.index;
        }
        // The cursor must not lie below the screen.
        top.max(self.up_from(book, cursor.index))
    }

    /// The row at the top of a screen whose last row is this one.
    fn up_from(&self, book: &Book, last: u64) -> u64 {
        let lane = self.lane(book);
        let mut top = last;
        let mut room = self.height().saturating_sub(self.rows(book, last));
        while let Some(before) = lane.before(top) {
            let rows = self.rows(book, before);
            if rows > room {
                break;
            }
            room -= rows;
            top = before;
        }
        top
    }

    /// Moves through the log. Beyond the end means following again.
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
        let Some(book) = self.book(store) else { return };
        let lane = self.lane(book);
        let Some(last) = lane.last() else { return };
        let page = isize::try_from(page).unwrap_or(1).max(1);
        let at = self.cursor.map_or(last, |cursor| cursor.index);
        let to = match command {
            Command::Up if self.follows() => last,
            Command::Up => lane.step(at, -1),
            Command::Down => lane.step(at, 1),
            Command::PageUp => lane.step(at, -page),
            Command::PageDown => lane.step(at, page),
            Command::Top => lane.first().unwrap_or(at),
            _ => last,
        };
        let onwards = matches!(command, Command::Down | Command::PageDown);
        if command == Command::Bottom || self.follows() && onwards || onwards && at == last {
            self.follow_end();
        } else {
            self.go(book, to);
        }
    }

    /// Undoes the topmost thing: what is opened, selected, filtered, searched. `false`: there is nothing.
    pub fn undo(&mut self) -> bool {
        if std::mem::take(&mut self.opened_row) || self.selecting.take().is_some() {
            return true;
        }
        if !self.filter_text.is_empty() {
            self.filter_by("");
            return true;
        }
        if !self.query_text.is_empty() {
            self.query_text.clear();
            self.search = None;
            return true;
        }
        false
    }

    /// Puts the cursor on a row, and stays there.
    fn go_to(&mut self, anchor: Option<Anchor>, written: u64) {
        let Some(anchor) = anchor else { return };
        if self.cursor.is_none() {
            self.left_at = written;
        }
        self.cursor = Some(anchor);
    }

    fn go(&mut self, book: &Book, to: u64) {
        self.go_to(book.anchor(to), written(book));
    }

    fn follow_end(&mut self) {
        self.cursor = None;
        self.opened_row = false;
        self.selecting = None;
    }

    /// Follows the end, or stays here.
    pub fn toggle_follow(&mut self, store: &Store) {
        match self.book(store) {
            Some(book) if self.follows() => {
                let last = self.lane(book).last().unwrap_or(0);
                self.go(book, last);
            }
            _ => self.follow_end(),
        }
    }

    /// Draws a line below the newest line, or below the one under the cursor.
    pub fn mark(&mut self, store: &Store, now: Time) {
        let Some(book) = self.book(store) else { return };
        let last = book.end().checked_sub(1).and_then(|last| book.anchor(last));
        if let Some(anchor) = self.cursor.or(last) {
            self.marks.push((anchor, now));
        }
    }

    /// Other ways to tell the time of a line.
    pub fn next_times(&mut self) {
        self.times = match self.times {
            Times::Hidden => Times::Utc,
            Times::Utc => Times::Local,
            Times::Local => Times::Ago,
            Times::Ago => Times::Hidden,
        };
    }

    /// The run before the last restart, and back.
    pub fn toggle_previous(&mut self) {
        self.query.previous = !self.query.previous;
        self.restart();
    }

    /// Reads again from elsewhere.
    pub fn start_from(&mut self, from: LogFrom) {
        self.query.from = from;
        self.restart();
    }

    /// Reads more from the server: ten times as far back, then all that there is. What is searched for stays.
    pub fn read_further_back(&mut self) -> bool {
        self.query.from = match self.query.from {
            LogFrom::Tail(lines) if lines < 10_000 => LogFrom::Tail(10_000),
            LogFrom::Tail(lines) if lines < 100_000 => LogFrom::Tail(100_000),
            LogFrom::Since(seconds) if seconds < 86_400 => LogFrom::Since(seconds.saturating_mul(10)),
            LogFrom::Tail(_) | LogFrom::Since(_) => LogFrom::Start,
            LogFrom::Start => return false,
        };
        self.restart();
        true
    }

    fn restart(&mut self) {
        self.picker = streams::Picker::new(&self.query);
        self.follow_end();
        self.top = 0;
        self.held = None;
        self.anew |= std::mem::take(&mut self.stopped);
        self.marks.clear();
        self.density = Density::default();
        for scan in [&mut self.search, &mut self.filter].into_iter().flatten() {
            *scan = Scan::new(scan.pattern.clone());
        }
    }

    /// Stops reading. `false`: it was stopped already.
    pub fn stop(&mut self) -> bool {
        !std::mem::replace(&mut self.stopped, true)
    }

    /// The pod that is read, where it is one.
    pub fn pod(&self) -> Option<ObjectRef> {
        let (namespace, name) = self.query.single_pod()?;
        Some(ObjectRef {
            kind: Known::Pod.into(),
            namespace: namespace.into(),
            name: name.clone(),
        })
    }

    /// The container that is read, where it is one.
    pub fn container(&self) -> Option<&str> {
        match self.query.containers.as_slice() {
            [one] => Some(one.trim_start_matches('^').trim_end_matches('$')),
            _ => None,
        }
    }

    /// The names of the containers that are or could be read.
    pub fn containers(&self, seen: &EnvStore) -> Vec<String> {
        let Some(pod) = self.pod() else { return Vec::new() };
        let names = |object: &crate::model::Object| {
            object
                .body
                .pod()
                .map(|pod| pod.containers.iter().map(|c| c.name.to_string()).collect())
                .unwrap_or_default()
        };
        seen.find(&pod).map(names).unwrap_or_default()
    }

    /// The next container of the pod; after the last one all of them.
    pub fn next_container(&mut self, store: &Store) {
        let Some(names) = store.env(self.env).map(|seen| self.containers(seen)) else {
            return;
        };
        if names.len() < 2 {
            return;
        }
        let at = self.container().and_then(|one| names.iter().position(|name| name == one));
        match names.get(at.map_or(0, |at| at + 1)) {
            Some(name) => self.choose_container(&name.clone()),
            None => {
                self.query.containers.clear();
                self.restart();
            }
        }
    }

    /// This container alone.
    pub fn choose_container(&mut self, name: &str) {
        self.query.containers = vec![exactly(name)];
        self.restart();
    }

    /// Searches as one types: from the row under the cursor onwards, else from the start.
    pub fn search(&mut self, store: &Store, query: &str) {
        self.query_text = query.to_owned();
        self.search = self.scan(query);
        let Some(book) = self.book(store) else { return };
        if let Some(search) = &mut self.search {
            search.settle(book);
            self.next_match(store, true);
        }
    }

    /// Shows only what matches.
    pub fn filter_by(&mut self, text: &str) {
        self.filter_text = text.to_owned();
        self.filter = self.scan(text);
    }

    fn scan(&mut self, text: &str) -> Option<Scan> {
        self.problem = None;
        if text.is_empty() {
            return None;
        }
        match Pattern::parse(text) {
            Ok(pattern) => Some(Scan::new(pattern)),
            Err(fault) => {
                self.problem = Some(fault.text);
                None
            }
        }
    }

    /// Goes to the next (or the previous) line that matches; around the end.
    pub fn next_match(&mut self, store: &Store, forward: bool) {
        let (Some(book), Some(search)) = (self.book(store), self.search.as_ref()) else {
            return;
        };
        let lane = self.lane(book);
        let shown = |from: u64| {
            let mut at = search.next(book, from, forward)?;
            // What the filter hides is no place to go to.
            while !lane.shows(at) {
                at = search.next(book, at, forward)?;
            }
            Some(at)
        };
        let from = match self.cursor {
            Some(cursor) => cursor.index,
            None if forward => self.top.saturating_sub(1),
            None => book.end(),
        };
        let around = if forward { book.begin() } else { book.end() };
        let is_first = forward && search.rank(book, around).is_some() && lane.shows(around);
        if let Some(to) = shown(from).or_else(|| if is_first { Some(around) } else { shown(around) }) {
            self.go(book, to);
        }
    }

    /// Goes to the next (or the previous) line that is an error by its own account.
    pub fn next_error(&mut self, store: &Store, forward: bool) -> bool {
        let Some(book) = self.book(store) else { return false };
        let lane = self.lane(book);
        let from = self
            .cursor
            .map_or(if forward { self.top } else { book.end() }, |cursor| cursor.index);
        let is_error = |index: u64, entry: &Entry| entry.level() >= Level::Error && !entry.is_note() && lane.shows(index);
        let heads = |entry: &Entry| matches!(entry.kind, crate::store::book::RowKind::Line(_));
        let chunks = book.chunks().iter().filter(|chunk| self.density.has_errors(chunk));
        let found = if forward {
            chunks
                .filter(|chunk| chunk.first + chunk.len() as u64 > from)
                .flat_map(|chunk| (chunk.first..).zip(chunk.entries()))
                .find(|(index, entry)| *index > from && heads(entry) && is_error(*index, entry))
        } else {
            chunks
                .rev()
                .filter(|chunk| chunk.first < from)
                .flat_map(|chunk| {
                    let numbers = chunk.first..chunk.first + chunk.len() as u64;
                    numbers.rev().zip(chunk.entries().rev())
                })
                .find(|(index, entry)| *index < from && heads(entry) && is_error(*index, entry))
        };
        let to = found.map(|(index, _)| index);
        if let Some(to) = to {
            self.go(book, to);
        }
        to.is_some()
    }

    /// Goes to the row of a moment, or the first after it.
    pub fn go_to_time(&mut self, store: &Store, nanos: i64) {
        let Some(book) = self.book(store) else { return };
        let at = book.at(nanos).min(book.end().saturating_sub(1));
        self.go(book, at);
    }

    /// Begins a selection of lines here, or ends it.
    pub fn toggle_selection(&mut self, store: &Store) {
        if self.selecting.take().is_some() {
            return;
        }
        if self.follows() {
            self.toggle_follow(store);
        }
        self.selecting = self.cursor;
    }

    /// The numbers of the selected rows.
    fn selection(&self) -> Option<std::ops::RangeInclusive<u64>> {
        let (from, to) = (self.selecting?.index, self.cursor?.index);
        Some(from.min(to)..=from.max(to))
    }

    /// The row under the cursor.
    pub fn row<'a>(&self, store: &'a Store) -> Option<Entry<'a>> {
        self.book(store)?.get(self.cursor?.index)
    }

    /// The fields of the structured line under the cursor, or of the newest one.
    pub fn field_names(&self, store: &Store) -> Vec<String> {
        let Some(book) = self.book(store) else { return Vec::new() };
        let newest = || book.lines().rev().take(200).find(|entry| line::is_structured(entry));
        let Some(entry) = self.row(store).filter(line::is_structured).or_else(newest) else {
            return Vec::new();
        };
        line::fields(&entry)
    }

    /// The id of a trace or request in the row under the cursor: what it is followed by across sources.
    pub fn id_here(&self, store: &Store) -> Option<String> {
        let entry = self.row(store)?;
        let found = crate::reading::ids(entry.text);
        crate::reading::ids::best(&found).map(|id| id.text(entry.text).to_owned())
    }

    /// Shows what carries an id, in all sources.
    pub fn follow_id(&mut self, store: &Store) -> Result<String, &'static str> {
        if self.follows() {
            return Err("put the cursor on a line first (up)");
        }
        let Some(id) = self.id_here(store) else {
            return Err("this line names no trace or request");
        };
        self.filter_text.clone_from(&id);
        self.filter = Some(Scan::new(Pattern::exact(&id)));
        Ok(id)
    }

    /// What to copy: the selected lines, or the one under the cursor, or the newest.
    pub fn copied(&self, store: &Store) -> String {
        let Some(book) = self.book(store) else { return String::new() };
        let lane = self.lane(book);
        let numbers: Vec<u64> = match (self.selection(), self.cursor) {
            (Some(range), _) => range.filter(|number| lane.shows(*number)).collect(),
            (None, Some(cursor)) => vec![cursor.index],
            (None, None) => lane.last().into_iter().collect(),
        };
        let text = |entry: Entry| match entry.kind {
            crate::store::book::RowKind::Note(kind) => format!("--- {}: {}", kind.word(), entry.text),
            _ => entry.text.to_owned(),
        };
        let texts: Vec<String> = numbers.iter().filter_map(|number| book.get(*number)).map(text).collect();
        texts.join("\n")
    }

    /// What is shown, whole: for a file.
    pub fn content(&self, store: &Store) -> String {
        let Some(book) = self.book(store) else { return String::new() };
        let lane = self.lane(book);
        let several = book.sources().len() > 1;
        let mut out = String::new();
        let (gone, until) = book.evicted();
        if gone > 0 {
            out.push_str(&format!("--- {gone} lines until {} had to go from memory\n", draw::moment(until)));
        }
        let mut at = lane.first();
        while let Some(index) = at {
            if let Some(entry) = book.get(index) {
                out.push_str(&rfc3339(entry.nanos));
                if several {
                    out.push_str(&self.names.full(book, entry.source));
                    out.push(' ');
                }
                if let crate::store::book::RowKind::Note(kind) = entry.kind {
                    out.push_str(&format!("--- {}: ", kind.word()));
                }
                out.push_str(entry.text);
                out.push('\n');
            }
            at = lane.after(index);
        }
        out
    }

    /// What a file of it is called.
    pub fn file_title(&self) -> String {
        let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' };
        format!("{}.log", self.query.title().chars().map(safe).collect::<String>().trim_matches('-'))
    }

    /// `deploy/backend` and where: for the title.
    pub fn title(&self) -> String {
        let previous = if self.query.previous { " (the run before)" } else { "" };
        let container = self.container().map(|name| format!(" · {name}")).unwrap_or_default();
        match self.pod() {
            Some(pod) => format!("{}/{}{container}{previous}", pod.namespace, pod.name),
            None => format!("{}{previous}", self.query.title()),
        }
    }
}

/// Lines that were written into a book, those that had to go included.
fn written(book: &Book) -> u64 {
    book.sources().iter().map(|source| source.lines).sum()
}

/// A pattern for this name and no other.
fn exactly(name: &str) -> std::sync::Arc<str> {
    format!("^{}$", regex::escape(name)).into()
}

#[cfg(test)]
mod tests;
