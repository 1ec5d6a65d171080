//! The list of templates over a log: what is said how often, and what is new since a moment.

use std::collections::HashMap;

use super::LogView;
use super::scan::Scan;
use super::templates::{Clusters, Line};
use crate::app::Command;
use crate::model::{Known, LogFrom, NoteKind, ObjectRef, Stream, Time};
use crate::reading::{ClusterId, Pattern};
use crate::store::book::{Book, RowKind, SourceId};
use crate::store::{EnvStore, Store};

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// The moment since which something is called new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// That of the line under the cursor.
    Cursor(i64),
    /// The newest start of a pod or container that is read.
    Started(i64),
    /// None is known.
    Unknown,
}

impl Since {
    /// Nanoseconds since 1970.
    pub fn nanos(self) -> Option<i64> {
        match self {
            Self::Cursor(nanos) | Self::Started(nanos) => Some(nanos),
            Self::Unknown => None,
        }
    }
}

/// What of the templates is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    All,
    /// Those that were not written before [`Board::since`].
    New,
}

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    List,
    /// The lines of one template.
    Lines(ClusterId),
}

/// The list, and where one is in it.
#[derive(Debug)]
pub struct Board {
    pub clusters: Clusters,
    pub since: Since,
    /// How far back was read, and when.
    from: LogFrom,
    opened: Time,
    /// When the pod of a source was created (nanoseconds since 1970); long ago where that is not known.
    births: HashMap<SourceId, i64>,
    pub listed: Listed,
    pub showing: Showing,
    selected: Option<ClusterId>,
    /// The first line on the screen.
    pub top: usize,
}

impl Board {
    /// A list of what this filter lets through.
    pub fn new(filter: Option<Pattern>, since: Since, from: LogFrom, opened: Time) -> Self {
        Self {
            clusters: Clusters::new(filter),
            since,
            from,
            opened,
            births: HashMap::new(),
            listed: Listed::All,
            showing: Showing::List,
            selected: None,
            top: 0,
        }
    }

    /// Whether a template was not written before the moment. Where what its writer said before that was not read, it is
    /// not known, and not claimed.
    pub fn is_new(&self, line: &Line) -> bool {
        let Some(since) = self.since.nanos() else { return false };
        let is_read_before = self.clusters.begin(line.tally.by).is_some_and(|begin| begin.nanos < since);
        line.tally.first >= since && (is_read_before || self.is_whole(line.tally.by, since))
    }

    /// Whether a source is read from its first line on, or at least from before a moment.
    fn is_whole(&self, source: SourceId, since: i64) -> bool {
        // Its lines may be old; they are none of before.
        if self.births.get(&source).is_some_and(|born| *born >= since) {
            return true;
        }
        match self.from {
            LogFrom::Start => true,
            // Whoever wrote less than was asked for has written nothing before that.
            LogFrom::Tail(lines) => self.clusters.begin(source).is_some_and(|begin| begin.lines < u64::from(lines)),
            LogFrom::Since(seconds) => (self.opened.0 - i64::from(seconds)).saturating_mul(SECOND) < since,
        }
    }

    /// What is listed.
    pub fn lines(&self) -> Vec<&Line> {
        let all = self.clusters.lines().iter();
        all.filter(|line| self.listed == Listed::All || self.is_new(line)).collect()
    }

    /// How many are new.
    pub fn new_ones(&self) -> usize {
        self.clusters.lines().iter().filter(|line| self.is_new(line)).count()
    }

    /// Which line the cursor is on.
    pub fn at(&self, lines: &[&Line]) -> usize {
        let place = self.selected.and_then(|id| lines.iter().position(|line| line.id == id));
        place.unwrap_or(0)
    }

    /// The template under the cursor.
    pub fn here(&self) -> Option<&Line> {
        let lines = self.lines();
        lines.get(self.at(&lines)).copied()
    }

    /// Looks at what is new, and keeps the cursor on the screen.
    pub fn settle(&mut self, book: &Book, seen: &EnvStore, height: usize) -> bool {
        for (at, source) in (0..).zip(book.sources()) {
            // It is looked for once: that goes through all pods.
            self.births
                .entry(SourceId(at))
                .or_insert_with(|| born(&source.stream, seen).unwrap_or(i64::MIN));
        }
        let done = self.clusters.settle(book);
        let lines = self.lines();
        let (at, most) = (self.at(&lines), lines.len().saturating_sub(height));
        self.top = self.top.min(at).max((at + 1).saturating_sub(height)).min(most);
        done
    }

    /// All, or what is new only.
    pub fn turn(&mut self) {
        self.listed = match self.listed {
            Listed::All => Listed::New,
            Listed::New => Listed::All,
        };
        self.top = 0;
    }

    /// Moves through the list.
    pub fn travel(&mut self, command: Command, page: usize) {
        let lines = self.lines();
        let (at, last) = (self.at(&lines), lines.len().saturating_sub(1));
        let to = match command {
            Command::Up => at.saturating_sub(1),
            Command::Down => at + 1,
            Command::PageUp => at.saturating_sub(page),
            Command::PageDown => at + page,
            Command::Top => 0,
            Command::Bottom => last,
            _ => at,
        };
        self.selected = lines.get(to.min(last)).map(|line| line.id);
    }

    /// The list as a text.
    pub fn content(&self) -> String {
        let total = self.clusters.total().max(1);
        let mut out = String::from("COUNT\tSHARE\tLEVEL\tFIRST\tLAST\tTEMPLATE\n");
        for line in self.lines() {
            let tally = line.tally;
            out.push_str(&format!(
                "{}\t{}\t{}\t{}\t{}\t{}\n",
                tally.count,
                share(tally.count, total),
                line.level.word(),
                super::rfc3339(tally.first).trim(),
                super::rfc3339(tally.last).trim(),
                line.text
            ));
        }
        out
    }
}

impl LogView {
    /// What the lines are narrowed down to, as it is said to the user.
    pub fn narrowed(&self) -> String {
        let of = |board: &Board| match board.showing {
            Showing::Lines(id) => board.clusters.get(id).map(|cluster| format!("template {}", cluster.template())),
            Showing::List => None,
        };
        self.board.as_ref().and_then(of).unwrap_or_else(|| self.filter_text.clone())
    }

    /// The list of templates, where that is on the screen.
    pub(super) fn list(&self) -> Option<&Board> {
        self.board.as_ref().filter(|board| board.showing == Showing::List)
    }

    /// Lists the templates of what is shown; once more: those that are new, and all again.
    pub fn toggle_templates(&mut self, store: &Store) {
        self.opened_row = false;
        match self.board.take() {
            Some(mut board) if board.showing == Showing::List => {
                board.turn();
                self.board = Some(board);
            }
            Some(board) => self.leave_template(board),
            None => {
                let (Some(book), Some(seen)) = (self.book(store), store.env(self.env)) else {
                    return;
                };
                let here = self.row(store).map(|entry| entry.nanos).filter(|nanos| *nanos > 0);
                let since = here.map_or_else(|| started(book, seen), Since::Cursor);
                let filter = self.filter.as_ref().and_then(Scan::pattern).cloned();
                self.board = Some(Board::new(filter, since, self.query.from, self.opened));
            }
        }
    }

    /// From the list to the lines of the template under the cursor. `false`: no list is shown.
    pub fn open_template(&mut self) -> bool {
        let Some(board) = self.board.as_mut().filter(|board| board.showing == Showing::List) else {
            return false;
        };
        if let Some(id) = board.here().map(|line| line.id) {
            board.showing = Showing::Lines(id);
            self.filter = Some(Scan::told());
        }
        true
    }

    /// From the lines of a template to the list, and to what was filtered by.
    pub(super) fn leave_template(&mut self, mut board: Board) {
        self.filter = self.scan(&self.filter_text.clone());
        board.showing = Showing::List;
        self.board = Some(board);
    }
}

/// `12.5 %`
pub fn share(count: u64, total: u64) -> String {
    let tenths = (count * 1000).checked_div(total).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// When the pod of a stream was created (nanoseconds since 1970).
fn born(stream: &Stream, seen: &EnvStore) -> Option<i64> {
    let Stream::Container(key) = stream else { return None };
    let pod = seen.find(&ObjectRef {
        kind: Known::Pod.into(),
        namespace: key.namespace.clone(),
        name: key.pod.clone(),
    });
    pod.map(|pod| pod.meta.created.0.saturating_mul(SECOND))
}

/// The newest moment at which something that is read was started: a container again, or a pod by a rollout.
pub fn started(book: &Book, seen: &EnvStore) -> Since {
    let restart = book
        .entries()
        .rev()
        .find(|entry| entry.kind == RowKind::Note(NoteKind::Restarted))
        .map(|entry| entry.nanos);
    let pod = book.streams().filter_map(|stream| born(stream, seen)).max();
    match restart.max(pod).filter(|nanos| *nanos > 0) {
        Some(nanos) => Since::Started(nanos),
        None => Since::Unknown,
    }
}
