//! Moving through the log: row by row, to the end, to a moment, to the next error; following and staying.

use super::board::Showing;
use super::{LogView, Times, written};
use crate::app::Command;
use crate::model::{Sought, Time};
use crate::reading::Level;
use crate::store::Store;
use crate::store::book::{Anchor, Book, Entry, RowKind};

impl LogView {
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
        if let Some(board) = self.board.as_mut().filter(|board| board.showing == Showing::List) {
            return board.travel(command, page);
        }
        let Some(book) = self.book(store) else { return };
        if self.leave(book, command, page) {
            return;
        }
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
            self.look_ahead(book);
        }
    }

    /// Undoes the topmost thing: what is opened, selected, filtered, searched. `false`: there is nothing.
    pub fn undo(&mut self) -> bool {
        if self.stop_turning() || std::mem::take(&mut self.opened_row) || self.selecting.take().is_some() {
            return true;
        }
        if let Some(board) = self.board.take() {
            if board.showing != Showing::List {
                self.leave_template(board);
            }
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
        // Whoever goes to a line wants to see it.
        self.board = self.board.take().filter(|board| board.showing != Showing::List);
        if self.cursor.is_none() {
            self.left_at = written;
        }
        self.cursor = Some(anchor);
    }

    pub(super) fn go(&mut self, book: &Book, to: u64) {
        self.go_to(book.anchor(to), written(book));
    }

    pub(super) fn follow_end(&mut self) {
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
            Some(book) if self.leave(book, Command::Bottom, 1) => {}
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

    /// Goes to the next (or the previous) line that is an error by its own account.
    pub fn next_error(&mut self, store: &Store, forward: bool) -> bool {
        let Some(book) = self.book(store) else { return false };
        let lane = self.lane(book);
        let from = self
            .cursor
            .map_or(if forward { self.top } else { book.end() }, |cursor| cursor.index);
        let is_error = |index: u64, entry: &Entry| entry.level() >= Level::Error && !entry.is_note() && lane.shows(index);
        let heads = |entry: &Entry| matches!(entry.kind, RowKind::Line(_));
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
        to.is_some() || self.seek_beyond(book, Sought::Error, forward, false)
    }

    /// Goes to the row of a moment, or the first after it: of a file of which only a part is kept, in all of it.
    pub fn go_to_time(&mut self, store: &Store, nanos: i64) -> Result<(), &'static str> {
        let Some(book) = self.book(store).filter(|book| !book.is_empty()) else {
            return Err("there are no lines yet");
        };
        if self.turn_to_time(book, nanos)? {
            return Ok(());
        }
        let at = book.at(nanos).min(book.end().saturating_sub(1));
        self.go(book, at);
        Ok(())
    }

    /// When the newest line was written; nothing where no line says it.
    pub fn newest(&self, store: &Store) -> Option<Time> {
        let nanos = self.book(store)?.lines().rev().take(1_000).map(|entry| entry.nanos).max()?;
        (nanos > 0).then_some(Time(nanos / 1_000_000_000))
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
}
