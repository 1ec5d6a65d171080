//! Logs: what one container or many streams write, merged in the order of time. Follow, stay, search, filter, go back.
//!
//! Staying loses nothing: the lines that arrive meanwhile are kept and counted (`+12 new`). What happened to a stream
//! (a gap, a reconnect) is a row of its own, which no filter hides. [`crate::store::streams`] finds what a query means,
//! `scan` what a pattern matches, `lane` walks the rows that are shown, `density` counts them over time, `line` says how
//! one looks; `templates` counts what lines are instances of, `board` lists that. What a key does is in `travel`,
//! `seek`, `choose` and `take`; `turn` leafs through a file that is too large to be kept.

mod board;
mod board_draw;
mod choose;
mod density;
mod draw;
mod lane;
mod line;
mod names;
mod place;
mod rate;
mod scan;
mod seek;
mod take;
mod templates;
mod travel;
mod turn;

use std::collections::{BTreeSet, HashSet};

use ratatui::layout::Rect;

pub use density::Bar;
pub use draw::{Scene, draw, moment, rfc3339, row_of, spaced};
pub use line::{readable, role};

use crate::model::{Demand, EnvId, LogKey, LogQuery, Stream, Time};
use crate::store::book::{Anchor, Book};
use crate::store::{EnvStore, Store, streams};
use board::{Board, Showing};
use density::Density;
use lane::Lane;
use names::Names;
use scan::Scan;
use turn::Leaf;

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
    /// The book that all of this is about: rows of another have other numbers.
    read: Option<u64>,
    /// What the feeds were like when streams were last taken in.
    attached: Option<u64>,
    /// How many streams the query means, more than are read where it is too many.
    meant: usize,
    /// Pods that are gone since they were read.
    gone: streams::Gone,
    names: Names,
    density: Density,
    search: Option<Scan>,
    filter: Option<Scan>,
    /// The templates of the lines, where they are asked for.
    board: Option<Board>,
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
    /// Of a file of which only a part is kept: what is asked for.
    leaf: Leaf,
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
            read: None,
            attached: None,
            meant: 0,
            gone: streams::Gone::default(),
            names: Names::default(),
            density: Density::default(),
            search: None,
            filter: None,
            board: None,
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
            leaf: Leaf::default(),
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
            demands.extend(self.part_demand(book));
        }
        demands
    }

    /// Takes the streams in that the query means now. What is read of them already, for another view or another query of
    /// this one, is taken over: their readers tell nothing twice.
    pub fn attach(&mut self, store: &mut Store, is_read: impl Fn(&Stream) -> bool) {
        let version = store
            .env(self.env)
            .map(|seen| seen.feeds().map(|(_, feed)| feed.version).sum::<u64>() + seen.groups_version);
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
            book = store.empty_book();
        }
        if let Some(seen) = store.env(self.env) {
            let before: HashSet<Stream> = book.streams().cloned().collect();
            self.meant = streams::attach(&mut book, &self.query, &self.picker, seen, self.opened, &mut self.gone);
            let new: Vec<Stream> = book.streams().filter(|s| !before.contains(s) && is_read(s)).cloned().collect();
            for stream in new {
                if let Some(other) = seen.log(&stream) {
                    book.take_over(other, &stream);
                }
            }
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
        if self.read.replace(book.id).is_some_and(|read| read != book.id) {
            self.begin_anew();
        }
        self.arrive(book);
        self.names.settle(book);
        self.density.settle(book);
        let scans = [&mut self.search, &mut self.filter];
        self.busy = false;
        for scan in scans.into_iter().flatten() {
            self.busy |= !scan.settle(book);
        }
        let height = self.height().saturating_sub(usize::from(board_draw::HEAD));
        if let (Some(board), Some(seen)) = (&mut self.board, store.env(self.env)) {
            self.busy |= !board.settle(book, seen, height);
            if let (Showing::Lines(id), Some(filter)) = (board.showing, &mut self.filter) {
                filter.settle_told(book, &board.clusters, id);
            }
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
    if let Some(total) = book.window().and_then(|window| window.total) {
        return total.max(book.end());
    }
    book.sources().iter().map(|source| source.lines).sum()
}

/// A pattern for this name and no other.
fn exactly(name: &str) -> std::sync::Arc<str> {
    format!("^{}$", regex::escape(name)).into()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod turn_tests;
