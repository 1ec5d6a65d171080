//! Leafing through a file of which only a part is kept: where one leaves that part, another is asked for, and the cursor
//! goes where it was meant to go once that is there.

use super::scan::Scan;
use super::{LogView, spaced};
use crate::app::Command;
use crate::model::{Ask, Demand, Next, Place, Sought, Stream};
use crate::store::book::{Book, Window, Work};

/// Another part that is asked for.
#[derive(Clone, Debug)]
pub struct Turning {
    ask: Ask,
    then: Then,
}

/// What happens when it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Nothing: it was asked for before it is needed.
    Stay,
    /// The cursor goes to this row.
    Go(u64),
    /// The cursor goes to what was found.
    Found,
    /// The end is followed.
    Follow,
}

/// What a view knows of the part that it saw last.
#[derive(Debug, Default)]
pub struct Leaf {
    turning: Option<Turning>,
    /// How often was asked.
    asks: u32,
    /// Which part it was.
    seen: Option<u64>,
    /// What was looked for is nowhere.
    nowhere: bool,
}

impl LogView {
    /// The part of a file that has to be told.
    pub(super) fn part_demand(&self, book: &Book) -> Option<Demand> {
        let ask = self.leaf.turning.as_ref()?.ask.clone();
        book.streams().find_map(|stream| match stream {
            Stream::File(path) => Some(Demand::Window(self.env, path.clone(), ask.clone())),
            _ => None,
        })
    }

    fn ask(&mut self, place: Place, then: Then) {
        self.leaf.asks += 1;
        self.leaf.nowhere = false;
        let turn = self.leaf.asks;
        let ask = Ask { place, turn };
        self.leaf.turning = Some(Turning { ask, then });
    }

    /// Lets go of a part that is asked for and that the cursor was meant to go to. `false`: there is none.
    pub(super) fn stop_turning(&mut self) -> bool {
        let is_on = self.leaf.turning.take_if(|turning| turning.then != Then::Stay).is_some();
        is_on | std::mem::take(&mut self.leaf.nowhere)
    }

    /// Moves the cursor out of the part that is kept. `false`: the move stays within, or leads nowhere.
    pub(super) fn leave(&mut self, book: &Book, command: Command, page: usize) -> bool {
        let Some(window) = book.window() else { return false };
        let (before, after) = book.more();
        let end = window.total.unwrap_or_else(|| book.end());
        let lane = self.lane(book);
        let at = self
            .cursor
            .map(|cursor| cursor.index)
            .or_else(|| lane.last())
            .unwrap_or(book.begin());
        let rows = if matches!(command, Command::PageUp | Command::PageDown) {
            page as u64
        } else {
            1
        };
        let (up, down) = (
            matches!(command, Command::Up | Command::PageUp),
            matches!(command, Command::Down | Command::PageDown),
        );
        // More of the same while it is being read.
        let turning = self.leaf.turning.as_mut().map(|turning| &mut turning.then);
        if let (Some(Then::Go(to)), true) = (turning, up || down) {
            *to = if up {
                to.saturating_sub(rows)
            } else {
                (*to + rows).min(end.saturating_sub(1))
            };
            return true;
        }
        self.stop_turning();
        // What has no number yet can only be left for the beginning.
        let is_counted = window.number(at).is_some() && window.total.is_some();
        let place = |next: u64| (Place::Line(next), Then::Go(next));
        let is_filtered = self.filter.is_some();
        let target = match command {
            Command::Top if before && is_filtered && is_counted => self.sought(end.saturating_sub(1), true, true),
            Command::Top if before => Some(place(0)),
            Command::Bottom if after => Some((Place::End, Then::Follow)),
            _ if !is_counted => None,
            _ if up && is_filtered => self
                .lane(book)
                .before(at)
                .is_none()
                .then(|| self.sought(at, false, false))
                .flatten(),
            _ if down && is_filtered => self.lane(book).after(at).is_none().then(|| self.sought(at, true, false)).flatten(),
            _ if up && before && at.saturating_sub(rows) < book.begin() => Some(place(at.saturating_sub(rows))),
            _ if down && after && at + rows >= book.end() => Some(place((at + rows).min(end.saturating_sub(1)))),
            _ => None,
        };
        // The filter shows what there is within the part; only what is beyond has to be found.
        let is_beyond = match command {
            Command::Up | Command::PageUp => before,
            Command::Down | Command::PageDown => after,
            _ => true,
        };
        let Some((place, then)) = target.filter(|_| is_beyond) else {
            return false;
        };
        if self.cursor.is_none() {
            self.go(book, at);
        }
        self.ask(place, then);
        true
    }

    /// The next line that the filter lets through.
    fn sought(&self, from: u64, forward: bool, around: bool) -> Option<(Place, Then)> {
        let pattern = self
            .filter
            .as_ref()
            .and_then(Scan::pattern)
            .map(|_| self.filter_text.as_str().into());
        let sought = vec![Sought::Pattern(pattern?)];
        let next = Next {
            sought,
            from,
            forward,
            around,
        };
        Some((Place::Next(next), Then::Found))
    }

    /// Looks in the whole file for the next line that is such and that the filter lets through. `false`: all there is was
    /// looked through already.
    pub(super) fn seek_beyond(&mut self, book: &Book, such: Sought, forward: bool, around: bool) -> bool {
        let Some(window) = book.window() else { return false };
        let (before, after) = book.more();
        let leads_out = if around {
            before || after
        } else if forward {
            after
        } else {
            before
        };
        if !leads_out || window.total.is_none() || window.number(0).is_none() {
            return false;
        }
        let from = match self.cursor {
            Some(cursor) => cursor.index,
            None if forward => self.top.saturating_sub(1),
            None => book.end(),
        };
        let filter = self
            .filter
            .as_ref()
            .and_then(Scan::pattern)
            .map(|_| Sought::Pattern(self.filter_text.as_str().into()));
        let next = Next {
            sought: std::iter::once(such).chain(filter).collect(),
            from,
            forward,
            around,
        };
        if self.cursor.is_none() {
            self.go(book, self.lane(book).last().unwrap_or(book.begin()));
        }
        self.ask(Place::Next(next), Then::Found);
        true
    }

    /// Asks for the line of a moment, where only a part of the file is kept. `false`: all of it is there.
    pub(super) fn turn_to_time(&mut self, book: &Book, nanos: i64) -> Result<bool, &'static str> {
        let Some(window) = book.window().filter(|_| book.more() != (false, false)) else {
            return Ok(false);
        };
        if window.total.is_none() || window.number(0).is_none() {
            return Err("the lines are still being counted");
        }
        if self.cursor.is_none() {
            self.go(book, self.lane(book).last().unwrap_or(book.begin()));
        }
        self.ask(Place::Time(nanos), Then::Found);
        Ok(true)
    }

    /// Asks for what comes before or after the part that is kept when the cursor comes near its edge, so that one does
    /// not have to wait there.
    pub(super) fn look_ahead(&mut self, book: &Book) {
        let Some(window) = book.window().filter(|window| window.total.is_some()) else {
            return;
        };
        let Some(cursor) = self.cursor.filter(|_| self.leaf.turning.is_none() && self.filter.is_none()) else {
            return;
        };
        let (before, after) = book.more();
        let near = book.len() / 8;
        let is_near = before && cursor.index < book.begin() + near || after && cursor.index + near >= book.end();
        if is_near && window.number(cursor.index).is_some() {
            self.ask(Place::Line(cursor.index), Then::Stay);
        }
    }

    /// Does what was meant to be done when the part is there that was asked for.
    pub(super) fn arrive(&mut self, book: &Book) {
        let Some(window) = book.window() else {
            self.leaf = Leaf::default();
            return;
        };
        let before = self.leaf.seen.replace(window.turn);
        let there = book.begin()..book.end();
        let answer = window.answered.as_ref();
        let is_answered = |turning: &mut Turning| answer.is_some_and(|(ask, _)| *ask == turning.ask);
        if let Some(turning) = self.leaf.turning.take_if(is_answered) {
            let line = answer.and_then(|(_, line)| *line);
            match (turning.then, line) {
                (Then::Stay, _) => {}
                (Then::Go(to), _) if there.contains(&to) => self.go(book, to),
                // One went on further while it was read.
                (Then::Go(to), _) => {
                    let last = window.total.unwrap_or(book.end()).saturating_sub(1);
                    if to <= last {
                        self.ask(Place::Line(to), Then::Go(to));
                    } else {
                        self.go(book, book.end().saturating_sub(1));
                    }
                }
                (Then::Found, Some(line)) => self.go(book, line),
                (Then::Found, None) => self.leaf.nowhere = true,
                (Then::Follow, _) => self.follow_end(),
            }
            return;
        }
        // Another view of the same file was answered, in place of this one: it asks once more.
        let is_another = before.is_some_and(|before| before != window.turn) && answer.is_some();
        if let Some(turning) = self.leaf.turning.take_if(|_| is_another) {
            if turning.then != Then::Stay {
                self.ask(turning.ask.place, turning.then);
            }
            return;
        }
        // The first part comes without being asked for, in the place of all that was read before.
        let is_by_itself = before.is_none_or(|before| before == window.turn || before == 0);
        match self.cursor.map(|cursor| book.moved(cursor)) {
            // It fell out because the file grew, or turned out to be too large: nobody wanted that.
            Some(at) if !there.contains(&at) && is_by_itself && window.total.is_some() && self.leaf.turning.is_none() => {
                self.ask(Place::Line(at), Then::Go(at));
            }
            // Another view of the same file went elsewhere.
            None if !book.is_empty() && book.more().1 && self.leaf.turning.is_none() => self.go(book, book.end() - 1),
            _ => {}
        }
    }

    /// `lines 1 200 001–1 950 000 of 12 400 000`, and what is going on.
    pub(super) fn part(&self, book: &Book) -> Option<String> {
        let window = book.window()?;
        let mut parts = Vec::new();
        if let Some(lines) = lines(book, window) {
            parts.push(lines);
        }
        match window.work {
            Work::Counting(percent) => parts.push(format!("counting lines {percent} %")),
            Work::Seeking(percent) => parts.push(format!("searching the file {percent} % (esc stops)")),
            Work::Reading if self.leaf.turning.is_some() => parts.push("reading …".to_owned()),
            Work::Reading | Work::None => {}
        }
        if self.leaf.nowhere {
            parts.push("nowhere else in the file".to_owned());
        }
        (!parts.is_empty()).then(|| parts.join(" · "))
    }
}

fn lines(book: &Book, window: &Window) -> Option<String> {
    if book.is_empty() {
        return None;
    }
    let (first, last) = (window.number(book.begin()), window.number(book.end() - 1));
    Some(match (first, last, window.total) {
        (Some(first), Some(last), Some(total)) => {
            format!("lines {}–{} of {}", spaced(first), spaced(last), spaced(total.max(last)))
        }
        (Some(first), Some(last), None) => format!("lines {}–{}", spaced(first), spaced(last)),
        _ => format!("the last {} lines", spaced(book.len())),
    })
}
