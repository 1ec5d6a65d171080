//! How a log looks.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation as _;

use super::lane::Lane;
use super::scan::Scan;
use super::{LogView, Times, board_draw, line};
use crate::model::{Known, NoteKind, Object, Stream, Time, short_age};
use crate::redact::Identifiers;
use crate::store::book::{Book, Entry, Source, SourceId};
use crate::store::{Feed, FeedState, LogState, Store, clouds, streams};
use crate::ui::cover::COVERED;
use crate::ui::panes::frame::{Freshness, foot, frame};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::{fill, grapheme_width, put};

const BARS: [Glyph; 8] = [
    Glyph::Bar1,
    Glyph::Bar2,
    Glyph::Bar3,
    Glyph::Bar4,
    Glyph::Bar5,
    Glyph::Bar6,
    Glyph::Bar7,
    Glyph::Bar8,
];

/// What a drawing needs besides the view and the store.
pub struct Scene<'a> {
    pub now: Time,
    pub focused: bool,
    pub theme: &'a Theme,
    pub zone: &'a TimeZone,
    /// What is covered because others look on.
    pub covered: Option<&'a Identifiers>,
}

/// Draws the log into its pane.
pub fn draw(view: &LogView, store: &Store, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let book = view.book(store);
    let title = title(view, book);
    let inner = frame(&title, &freshness(view, book, store, scene.now), scene.focused, area, buf, theme);
    let Some(book) = book else { return };
    foot(&status(view, book), area, buf, theme);
    if book.is_empty() {
        put(buf, inner, &silence(view, book, store, scene.now), theme.style(Role::Muted));
        return;
    }
    let mut rows = inner;
    if view.shows_bars() && inner.height > 0 {
        bars(view, book, row_of(inner, 0), buf, theme);
        rows.y += 1;
        rows.height -= 1;
    }
    if let Some(board) = view.list() {
        return board_draw::draw(board, view.shift, scene.focused, rows, buf, theme);
    }
    let lane = view.lane(book);
    let Some(first) = lane.at_or_after(view.top) else {
        let text = match view.filter.as_ref().map(Scan::progress) {
            Some(progress) if view.is_busy() => format!("looking for {} … {progress} %", view.narrowed()),
            _ if book.window().is_some() => format!(
                "no line of this part matches {}: up looks before it, down after it",
                view.narrowed()
            ),
            _ => format!("no line matches {}", view.narrowed()),
        };
        put(buf, rows, &text, theme.style(Role::Muted));
        return;
    };
    let mut used = 0;
    let (gone, until) = book.evicted();
    if gone > 0 && lane.before(first).is_none() {
        let text = format!("── evicted: {gone} lines until {} had to go from memory ──", moment(until));
        put(buf, row_of(rows, 0), &text, theme.style(Role::Stale));
        used += 1;
    }
    let mut at = Some(first);
    while let Some(index) = at.filter(|_| used < rows.height) {
        let Some(entry) = book.get(index) else { break };
        let painter = Painter { view, lane, scene, rows };
        used = painter.entry(index, &entry, used, buf);
        at = lane.after(index);
    }
}

/// Draws entries, one below the other.
struct Painter<'a> {
    view: &'a LogView,
    lane: Lane<'a>,
    scene: &'a Scene<'a>,
    rows: Rect,
}

impl Painter<'_> {
    /// Draws an entry from this row on. Gives the row after it.
    fn entry(&self, index: u64, entry: &Entry<'_>, row: u16, buf: &mut Buffer) -> u16 {
        let (view, theme) = (self.view, self.scene.theme);
        let here = view.cursor.is_some_and(|cursor| cursor.index == index);
        let selected = view.selection().is_some_and(|range| range.contains(&index));
        let mut after = self.line(index, entry, row, buf);
        if here && view.opened_row {
            for text in line::whole(entry, usize::from(self.rows.width)) {
                let place = row_of(self.rows, after);
                put(buf, place, &text, theme.style(Role::SyntaxText));
                after += 1;
            }
        }
        let lines = (row..after.min(self.rows.height)).map(|row| row_of(self.rows, row));
        for place in lines {
            if here && self.scene.focused {
                buf.set_style(place, theme.style(Role::Selected));
            } else if selected {
                buf.set_style(place, theme.style(Role::Marked));
            }
        }
        for (_, time) in view.marks.iter().filter(|(anchor, _)| anchor.index == index) {
            let place = row_of(self.rows, after);
            let rule = theme.glyph(Glyph::HLine).repeat(usize::from(place.width.saturating_sub(12)));
            put(buf, place, &format!("{} {rule}", moment(*time)), theme.style(Role::Accent));
            after += 1;
        }
        after
    }

    fn line(&self, index: u64, entry: &Entry<'_>, row: u16, buf: &mut Buffer) -> u16 {
        let (view, theme) = (self.view, self.scene.theme);
        let place = row_of(self.rows, row);
        let mut x = place.x;
        let rest = |x: u16| Rect {
            x,
            width: place.right().saturating_sub(x),
            ..place
        };
        let time = self.time(entry.nanos);
        if !time.is_empty() {
            x += put(buf, rest(x), &format!("{time} "), theme.style(Role::Muted));
        }
        if view.names.width > 0 {
            let name = view.names.short(entry.source);
            let role = Role::series(view.names.colour(entry.source));
            put(buf, rest(x), name, theme.style(role));
            x = (x + view.names.width + 1).min(place.right());
        }
        // A line that only stands near a match is not what was asked for.
        let near = !self.lane.is_match(index);
        let parts = line::of(view, entry);
        self.text(&parts, near, rest(x), row, buf)
    }

    /// Writes the parts, cell by cell: matches, wrapping and scrolling all work on the same walk.
    fn text(&self, parts: &[(Role, String)], near: bool, place: Rect, row: u16, buf: &mut Buffer) -> u16 {
        let (view, theme) = (self.view, self.scene.theme);
        let whole: String = parts.iter().map(|(_, text)| text.as_str()).collect();
        let patterns = [&view.search, &view.filter].into_iter().flatten();
        let hits: Vec<std::ops::Range<usize>> = patterns.flat_map(|scan| scan.ranges(&whole)).collect();
        // By the whole line: on the screen it is wrapped, or cut on both sides.
        let covered = self.scene.covered.map(|identifiers| identifiers.ranges(&whole)).unwrap_or_default();
        let (mut x, mut y) = (place.x, row);
        let mut skip = if view.wrap { 0 } else { view.shift };
        let mut offset = 0;
        for (role, text) in parts {
            let style = theme.style(if near { Role::Faint } else { *role });
            for (at, grapheme) in text.grapheme_indices(true) {
                let cells = u16::try_from(grapheme_width(grapheme)).unwrap_or(0);
                if cells == 0 {
                    continue;
                }
                if skip > 0 {
                    skip = skip.saturating_sub(usize::from(cells));
                    continue;
                }
                if x + cells > self.rows.right() {
                    if !view.wrap {
                        return y + 1;
                    }
                    y += 1;
                    x = self.rows.x;
                    if y >= self.rows.height {
                        return y;
                    }
                }
                let hit = hits.iter().any(|range| range.contains(&(offset + at)));
                let style = if hit { theme.style(Role::Match) } else { style };
                let is_covered = covered.iter().any(|range| range.contains(&(offset + at)));
                let grapheme = if is_covered { COVERED } else { grapheme };
                buf.set_stringn(x, self.rows.y + y, grapheme, usize::from(cells), style);
                x += cells;
            }
            offset += text.len();
        }
        y + 1
    }

    fn time(&self, nanos: i64) -> String {
        let width = usize::from(time_width(self.view.times));
        if width == 0 {
            return String::new();
        }
        if nanos == 0 {
            return " ".repeat(width - 1);
        }
        match self.view.times {
            Times::Hidden => String::new(),
            Times::Utc => clock_millis(nanos),
            Times::Local => match jiff::Timestamp::from_nanosecond(i128::from(nanos)) {
                Ok(time) => time.to_zoned(self.scene.zone.clone()).strftime("%H:%M:%S%.3f").to_string(),
                Err(_) => clock_millis(nanos),
            },
            Times::Ago => {
                let age = self.scene.now.0.saturating_sub(nanos / 1_000_000_000);
                format!("{:>width$}", short_age(age.max(0)), width = width - 1)
            }
        }
    }
}

/// Cells before the text of a line: its time and its source.
pub fn margin(view: &LogView) -> u16 {
    let name = if view.names.width > 0 { view.names.width + 1 } else { 0 };
    time_width(view.times) + name
}

fn time_width(times: Times) -> u16 {
    match times {
        Times::Hidden => 0,
        Times::Utc | Times::Local => 13,
        Times::Ago => 6,
    }
}

/// When how many lines were written, how bad they were, and where the cursor stands among them.
fn bars(view: &LogView, book: &Book, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let Some((from, to)) = view.span(book) else { return };
    let (left, right) = ends(from / 1_000_000_000, to / 1_000_000_000);
    let labels = u16::try_from(left.len() + 1).unwrap_or(0);
    let room = area.width.saturating_sub(2 * labels);
    if room < 8 {
        return;
    }
    put(buf, area, &left, theme.style(Role::Muted));
    let place = Rect {
        x: area.right().saturating_sub(labels - 1),
        width: labels,
        ..area
    };
    put(buf, place, &right, theme.style(Role::Muted));
    let bars = view.density.bars(book, (from, to), usize::from(room));
    let most = bars.iter().map(|bar| bar.lines).max().unwrap_or(1).max(1);
    let x = area.x + labels;
    for (at, bar) in (0..).zip(&bars) {
        let role = match bar {
            // One error among thousands of lines is worth a look, and no alarm.
            bar if bar.errors * 10 >= bar.lines && bar.errors > 0 => Role::Bad,
            bar if bar.errors > 0 || bar.warnings * 10 >= bar.lines && bar.warnings > 0 => Role::Warning,
            _ => Role::Muted,
        };
        // The least that is there is seen, too: one error among thousands of lines.
        let height = (u64::from(bar.lines) * 8).div_ceil(u64::from(most));
        let glyph = usize::try_from(height).ok().and_then(|height| BARS.get(height.checked_sub(1)?));
        let cell = Rect {
            x: x + at,
            width: 1,
            ..area
        };
        if let Some(glyph) = glyph {
            put(buf, cell, theme.glyph(*glyph), theme.style(role));
        }
    }
    if let Some(entry) = view.cursor.and_then(|cursor| book.get(cursor.index)) {
        let share = (entry.nanos.max(from) - from) as f64 / (to - from) as f64;
        let at = (share * f64::from(room.saturating_sub(1))).round() as u16;
        let cell = Rect {
            x: x + at.min(room - 1),
            width: 1,
            ..area
        };
        buf.set_style(cell, theme.style(Role::Selected));
        if bars.get(usize::from(at)).is_none_or(|bar| bar.lines == 0) {
            fill(buf, cell, theme.glyph(Glyph::VLine), theme.style(Role::Accent));
        }
    }
}

/// What is read, what is looked for, and what happened to the streams.
fn title(view: &LogView, book: Option<&Book>) -> String {
    let mut title = format!("log {}", view.title());
    let Some(book) = book else { return title };
    let streams = book.streams().count();
    if view.meant > streams {
        title.push_str(&format!(" · {streams} of {} streams: narrow it down", view.meant));
    } else if streams > 1 {
        title.push_str(&format!(" · {streams} streams"));
    }
    title
}

/// What is looked for, and what happened to the streams: on the lower edge of the frame.
pub(super) fn status(view: &LogView, book: &Book) -> String {
    let mut parts: Vec<String> = view.part(book).into_iter().collect();
    // Of a file that is too large to be kept, the lines that were looked through are those that stand before it.
    let of = if book.more() == (false, false) { "" } else { " in these lines" };
    if let Some(filter) = &view.filter {
        parts.push(format!("& {} {}{of}{}", view.narrowed(), filter.total(), shares(view, filter)));
    }
    if let Some(search) = &view.search {
        let rank = view.cursor.and_then(|cursor| search.rank(book, cursor.index));
        let rank = rank.map(|rank| format!("{rank} of ")).unwrap_or_default();
        parts.push(format!("/ {} {rank}{}{of}{}", view.query(), search.total(), shares(view, search)));
    }
    for (kind, times) in book
        .tally()
        .filter(|(kind, times)| *times > 0 && !matches!(kind, NoteKind::Restarted | NoteKind::Clock))
    {
        parts.push(format!("{times} {}", kind.word()));
    }
    let states = book.sources().iter().filter(|source| source.branch.is_none());
    // The run before has no log more often than not.
    let is_wanted = |source: &&Source| !matches!(&source.stream, Stream::Container(key) if key.previous);
    let mut missing = states.filter(is_wanted).filter_map(|source| source.state.missing());
    if let (Some(problem), false) = (missing.next(), book.is_empty()) {
        parts.push(format!("{}{}", problem.text, and_more(missing.count())));
    }
    let ahead = |(at, source): (u16, &Source)| source.clock.ahead().map(|seconds| (seconds, SourceId(at)));
    let ahead: Vec<(i64, SourceId)> = (0..).zip(book.sources()).filter_map(ahead).collect();
    if let Some((seconds, id)) = ahead.iter().max() {
        let whose = view.names.full(book, *id);
        let more = and_more(ahead.len() - 1);
        parts.push(format!("clock {seconds} s ahead, lines stand earlier: {whose}{more}"));
    }
    if book.lost() > 0 {
        parts.push(format!("{} lines lost", book.lost()));
    }
    parts.join(" · ")
}

fn and_more(more: usize) -> String {
    if more > 0 { format!(" (and {more} more)") } else { String::new() }
}

/// How many of the matches are whose: `(k4kjr 30, ss2t6 7)`, the most first.
fn shares(view: &LogView, scan: &Scan) -> String {
    if view.names.width == 0 {
        return String::new();
    }
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for (source, times) in scan.by_source() {
        let name = view.names.short(source);
        match counts.iter_mut().find(|(other, _)| *other == name) {
            Some((_, sum)) => *sum += times,
            None => counts.push((name, times)),
        }
    }
    counts.sort_by_key(|(name, times)| (std::cmp::Reverse(*times), *name));
    let said: Vec<String> = counts.iter().take(3).map(|(name, times)| format!("{name} {times}")).collect();
    let more = if counts.len() > said.len() { " …" } else { "" };
    if said.is_empty() {
        String::new()
    } else {
        format!(" ({}{more})", said.join(", "))
    }
}

/// Why there is nothing to be seen.
fn silence(view: &LogView, book: &Book, store: &Store, now: Time) -> String {
    if book.sources().is_empty() {
        let groups = store.env(view.env).filter(|_| view.query.groups().next().is_some());
        if let Some(problem) = groups.and_then(|seen| clouds::problem(&view.query, seen)) {
            return problem.to_string();
        }
        let Some(seen) = store.env(view.env).filter(|_| view.query.asks_cluster()) else {
            return if groups.is_some() {
                "looking for the log groups …"
            } else {
                "nothing fits (yet)"
            }
            .to_owned();
        };
        let feeds = streams::feeds_of(view.env, &view.query, seen);
        if !feeds
            .iter()
            .all(|(_, feed)| feed.is_some_and(|feed| matches!(feed.state, FeedState::Live)))
        {
            return looking(view, store, now).map_or_else(String::new, |fresh| match fresh.role {
                Role::Busy => "the pods are being listed".to_owned(),
                _ => fresh.text.clone(),
            });
        }
        let pods = feeds.iter().filter(|(kind, _)| *kind == Known::Pod).filter_map(|(_, feed)| *feed);
        let in_scope = |object: &&Object| view.query.namespaces.contains(&object.meta.namespace);
        let of = pods.flat_map(Feed::rows).filter(in_scope).count();
        return format!("none of {of} pods fits; one that comes is read at once");
    }
    let state = book.sources().iter().map(|source| &source.state);
    let worst = state.max_by_key(|state| gravity(state));
    match worst {
        Some(LogState::Retrying { problem, .. } | LogState::Failed(problem) | LogState::Waiting(problem)) => problem.to_string(),
        Some(LogState::Ended) => "the log is empty".to_owned(),
        Some(LogState::Following) => "no lines yet".to_owned(),
        Some(LogState::Starting) | None if view.is_stopped() => "stopped".to_owned(),
        Some(LogState::Starting) | None => "reading …".to_owned(),
    }
}

fn gravity(state: &LogState) -> u8 {
    match state {
        LogState::Ended => 0,
        LogState::Following => 1,
        LogState::Starting => 2,
        LogState::Waiting(_) => 3,
        LogState::Failed(_) => 4,
        LogState::Retrying { .. } => 5,
    }
}

pub(super) fn freshness(view: &LogView, book: Option<&Book>, store: &Store, now: Time) -> Freshness {
    let Some(book) = book else { return Freshness::waiting() };
    if view.is_stopped() {
        return Freshness::note("stopped");
    }
    // Branches have no state of their own.
    let states: Vec<&LogState> = book.sources().iter().filter(|s| s.branch.is_none()).map(|s| &s.state).collect();
    let count = |such: fn(&LogState) -> bool| states.iter().filter(|state| such(state)).count();
    // What is over is up to date: its row and the lower edge say what became of it.
    let retrying = states.iter().find_map(|state| match state {
        LogState::Retrying { since, problem, .. } if !state.is_over() => Some((*since, problem)),
        _ => None,
    });
    let failed = states.iter().find_map(|state| state.missing());
    let ended = count(|state| matches!(state, LogState::Ended));
    let running = count(|state| matches!(state, LogState::Following | LogState::Starting));
    if let Some((since, problem)) = retrying {
        let some = count(|state| matches!(state, LogState::Retrying { .. }) && !state.is_over());
        let of = if states.len() > 1 {
            format!("{some} of {}: ", states.len())
        } else {
            String::new()
        };
        return Freshness::stale(since, now, &format!("{of}{}", problem.text));
    }
    if let (Some(problem), 0) = (failed, running + ended) {
        return Freshness::failed(problem);
    }
    let unseen = view.unseen(book);
    if unseen > 0 && running > 0 {
        return Freshness::note(&format!("staying here, +{} new", spaced(unseen)));
    }
    if let (true, Some(fresh)) = (states.is_empty(), looking(view, store, now)) {
        return fresh;
    }
    if states.is_empty() || states.iter().all(|state| matches!(state, LogState::Starting)) {
        return Freshness::waiting();
    }
    let waiting = count(|state| matches!(state, LogState::Waiting(_)));
    if running == 0 && waiting > 0 {
        return Freshness::note("waits for a start");
    }
    if running == 0 {
        return Freshness::note("ended");
    }
    if view.follows() && waiting > 0 {
        Freshness::live(&format!("following, {waiting} not started"))
    } else if view.follows() {
        Freshness::live("following")
    } else {
        Freshness::note("staying here")
    }
}

/// Of what tells which logs there are.
fn looking(view: &LogView, store: &Store, now: Time) -> Option<Freshness> {
    let seen = store.env(view.env).filter(|_| view.query.asks_cluster())?;
    let feeds = streams::feeds_of(view.env, &view.query, seen);
    let worst = feeds
        .into_iter()
        .max_by_key(|(_, feed)| feed.map(|feed| gravity_of(&feed.state)))?
        .1?;
    Some(Freshness::of_feed(Some(&worst.state), false, seen, now))
}

fn gravity_of(state: &FeedState) -> u8 {
    match state {
        FeedState::Live => 0,
        FeedState::Listing | FeedState::Starting => 1,
        FeedState::Retrying { .. } => 2,
        FeedState::Absent | FeedState::Denied(_) => 3,
    }
}

/// `1 234 567`, so that large numbers can be read.
pub fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// One row of a place; nothing below its end.
pub fn row_of(inner: Rect, row: u16) -> Rect {
    Rect {
        y: inner.y + row.min(inner.height),
        height: u16::from(row < inner.height),
        ..inner
    }
}

/// `03:04:05`
pub fn clock(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// The ends of a time as labels of one width: clocks, with the days where they are not of the same.
fn ends(from: i64, to: i64) -> (String, String) {
    if from.div_euclid(86_400) == to.div_euclid(86_400) {
        return (clock(from), clock(to));
    }
    let label = |seconds: i64| match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%m-%d %H:%M").to_string(),
        Err(_) => clock(seconds),
    };
    (label(from), label(to))
}

/// `03:04:05Z`
pub fn moment(time: Time) -> String {
    format!("{}Z", clock(time.0))
}

fn clock_millis(nanos: i64) -> String {
    let millis = nanos.rem_euclid(86_400_000_000_000) / 1_000_000;
    format!("{}.{:03}", clock(millis / 1000), millis % 1000)
}

/// `2026-11-23T03:04:05.123456789Z `, or nothing where the line had no time.
pub fn rfc3339(nanos: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(nanos)) {
        Ok(time) if nanos != 0 => format!("{time} "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_different_days_say_their_days() {
        let text = |from: &str, to: &str| {
            let seconds = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
            let (from, to) = ends(seconds(from), seconds(to));
            format!("{from} {to}")
        };
        assert_eq!(text("2026-11-28T03:04:05Z", "2026-11-28T03:14:05Z"), "03:04:05 03:14:05");
        assert_eq!(text("2026-11-27T14:21:57Z", "2026-11-28T12:26:36Z"), "11-27 14:21 11-28 12:26");
    }
}
