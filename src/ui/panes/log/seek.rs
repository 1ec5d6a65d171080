//! Searching and filtering: by a pattern, or by the id of one request.

use super::LogView;
use super::scan::Scan;
use crate::model::Sought;
use crate::reading::{Pattern, ids};
use crate::store::Store;

impl LogView {
    /// Searches as one types: from the row under the cursor onwards, else from the start.
    pub fn search(&mut self, store: &Store, query: &str) {
        self.query_text = query.to_owned();
        self.search = self.scan(query);
        self.stop_turning();
        let Some(book) = self.book(store) else { return };
        if let Some(search) = &mut self.search {
            search.settle(book);
            self.next_match(store, true);
        }
    }

    /// Shows only what matches.
    pub fn filter_by(&mut self, text: &str) {
        self.board = None;
        self.filter_text = text.to_owned();
        self.filter = self.scan(text);
    }

    pub(super) fn scan(&mut self, text: &str) -> Option<Scan> {
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
        let within = shown(from);
        if within.is_none() {
            let sought = Sought::Pattern(self.query_text.as_str().into());
            if self.seek_beyond(book, sought, forward, true) {
                return;
            }
        }
        let Some(search) = self.search.as_ref() else { return };
        let lane = self.lane(book);
        let around = if forward { book.begin() } else { book.end() };
        let is_first = forward && search.rank(book, around).is_some() && lane.shows(around);
        let again = || {
            let mut at = search.next(book, around, forward)?;
            while !lane.shows(at) {
                at = search.next(book, at, forward)?;
            }
            Some(at)
        };
        if let Some(to) = within.or_else(|| if is_first { Some(around) } else { again() }) {
            self.go(book, to);
        }
    }

    /// The id of a trace or request in the row under the cursor: what it is followed by across sources.
    pub fn id_here(&self, store: &Store) -> Option<String> {
        let entry = self.row(store)?;
        let found = crate::reading::ids(entry.text);
        ids::best(&found).map(|id| id.text(entry.text).to_owned())
    }

    /// Shows what carries an id, in all sources.
    pub fn follow_id(&mut self, store: &Store) -> Result<String, &'static str> {
        if self.follows() {
            return Err("put the cursor on a line first (up)");
        }
        let Some(id) = self.id_here(store) else {
            return Err("this line names no trace or request");
        };
        self.board = None;
        self.filter_text.clone_from(&id);
        self.filter = Some(Scan::new(Pattern::exact(&id)));
        Ok(id)
    }
}
