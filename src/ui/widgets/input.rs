//! A line of text that a person edits: filter, command, search. The keys are those of a shell.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use super::paint::{after, put};
use super::truncate::{grapheme_width, width};
use crate::model::clean;
use crate::ui::theme::{Glyph, Role, Theme};

/// The text may be no longer than this (bytes): a paste by mistake must not fill the memory.
const LIMIT: usize = 4096;

/// A line of text with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// A byte offset, always between two graphemes.
    cursor: usize,
}

/// One change of the text or the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    Insert(char),
    /// Delete the grapheme before, after the cursor.
    Backspace,
    Delete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    /// Delete from the cursor to the end, to the start, to the start of the word, to its end.
    KillToEnd,
    KillToStart,
    KillWordLeft,
    KillWordRight,
}

impl Edit {
    /// What a key does in a line of text; `None` where it does nothing (enter, esc and the like are the caller's).
    pub fn of(key: KeyEvent) -> Option<Self> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        Some(match (key.code, control, alt) {
            (KeyCode::Char(c), false, false) => Self::Insert(c),
            // AltGr arrives as ctrl and alt on some terminals: `@`, `[` and `|` of many keyboards.
            (KeyCode::Char(c), true, true) if !c.is_ascii_alphanumeric() => Self::Insert(c),
            (KeyCode::Char('a'), true, false) | (KeyCode::Home, ..) => Self::Home,
            (KeyCode::Char('e'), true, false) | (KeyCode::End, ..) => Self::End,
            (KeyCode::Char('u'), true, false) => Self::KillToStart,
            (KeyCode::Char('k'), true, false) => Self::KillToEnd,
            (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, _, true) | (KeyCode::Backspace, true, _) => Self::KillWordLeft,
            (KeyCode::Char('d'), false, true) | (KeyCode::Delete, true, _) => Self::KillWordRight,
            (KeyCode::Char('b'), false, true) | (KeyCode::Left, true, _) | (KeyCode::Left, _, true) => Self::WordLeft,
            (KeyCode::Char('f'), false, true) | (KeyCode::Right, true, _) | (KeyCode::Right, _, true) => Self::WordRight,
            (KeyCode::Char('b'), true, false) | (KeyCode::Left, ..) => Self::Left,
            (KeyCode::Char('f'), true, false) | (KeyCode::Right, ..) => Self::Right,
            (KeyCode::Char('h'), true, false) | (KeyCode::Backspace, ..) => Self::Backspace,
            (KeyCode::Char('d'), true, false) | (KeyCode::Delete, ..) => Self::Delete,
            _ => return None,
        })
    }
}

impl Input {
    /// With a text to begin with, the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut input = Self::default();
        input.paste(text);
        input
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text before the cursor (what completion works on).
    pub fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or("")
    }

    fn behind(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or("")
    }

    /// Replaces the text; the cursor goes to its end.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Inserts pasted text: line breaks and tabs within it become spaces, other controls are left out,
    /// and so is what goes beyond the longest line allowed.
    pub fn paste(&mut self, text: &str) {
        let room = LIMIT.saturating_sub(self.text.len());
        let mut insert = String::new();
        for c in text.trim_end_matches(['\r', '\n']).replace("\r\n", "\n").chars() {
            let c = if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
            if !is_harmless(c) {
                continue;
            }
            if insert.len() + c.len_utf8() > room {
                break;
            }
            insert.push(c);
        }
        self.splice(self.cursor, self.cursor, &insert);
    }

    /// Does what a key asks for. Returns whether the key means something here.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let edit = Edit::of(key);
        if let Some(edit) = edit {
            self.apply(edit);
        }
        edit.is_some()
    }

    /// Changes the text or the cursor.
    pub fn apply(&mut self, edit: Edit) {
        let (cursor, end) = (self.cursor, self.text.len());
        match edit {
            Edit::Insert(c) if is_harmless(c) && end + c.len_utf8() <= LIMIT => self.splice(cursor, cursor, c.encode_utf8(&mut [0; 4])),
            Edit::Insert(_) => {}
            Edit::Backspace => self.splice(self.previous(), cursor, ""),
            Edit::Delete => self.splice(cursor, self.next(), ""),
            Edit::Left => self.cursor = self.previous(),
            Edit::Right => self.cursor = self.next(),
            Edit::WordLeft => self.cursor = self.word_left(),
            Edit::WordRight => self.cursor = self.word_right(),
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = end,
            Edit::KillToEnd => self.splice(cursor, end, ""),
            Edit::KillToStart => self.splice(0, cursor, ""),
            Edit::KillWordLeft => self.splice(self.word_left(), cursor, ""),
            Edit::KillWordRight => self.splice(cursor, self.word_right(), ""),
        }
    }

    fn splice(&mut self, from: usize, to: usize, with: &str) {
        self.text.replace_range(from..to, with);
        self.cursor = from + with.len();
        // A combining character joins its neighbour: the cursor goes behind what they are now.
        let mut grapheme = GraphemeCursor::new(self.cursor, self.text.len(), true);
        if grapheme.is_boundary(&self.text, 0) != Ok(true) {
            self.cursor = grapheme.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len());
        }
    }

    fn previous(&self) -> usize {
        self.cursor - self.before().graphemes(true).next_back().map_or(0, str::len)
    }

    fn next(&self) -> usize {
        self.cursor + self.behind().graphemes(true).next().map_or(0, str::len)
    }

    /// Words are letters and digits; everything else stands between them, as in `kube-system/api`.
    fn word_left(&self) -> usize {
        let before = self.before();
        let word = before.trim_end_matches(|c: char| !c.is_alphanumeric());
        self.boundary(word.trim_end_matches(char::is_alphanumeric).len())
    }

    fn word_right(&self) -> usize {
        let behind = self.behind();
        let word = behind.trim_start_matches(|c: char| !c.is_alphanumeric());
        self.boundary(self.text.len() - word.trim_start_matches(char::is_alphanumeric).len())
    }

    /// The nearest place at or after the offset that does not split a grapheme.
    fn boundary(&self, at: usize) -> usize {
        let mut starts = self.text.grapheme_indices(true).map(|(start, _)| start);
        starts.find(|start| *start >= at).unwrap_or(self.text.len())
    }

    /// Draws prompt and text on one line, scrolled so that the cursor is in view. Returns where the
    /// terminal's cursor belongs; `None` where there is no room for it.
    pub fn draw(&self, prompt: &str, area: Rect, buf: &mut Buffer, theme: &Theme) -> Option<Position> {
        let area = area.intersection(buf.area);
        let text = after(area, put(buf, area, prompt, theme.style(Role::Accent)));
        if text.is_empty() {
            return None;
        }
        let room = usize::from(text.width);
        let cursor = width(self.before());
        // The cursor itself needs a cell behind the text.
        let skip = if width(&self.text) < room {
            0
        } else {
            // Some of what follows the cursor stays in view.
            let ahead = width(self.behind()).min(room / 4);
            (cursor + ahead + 1).saturating_sub(room)
        };
        let mut at = 0;
        let visible = self.text.graphemes(true).skip_while(|grapheme| {
            let hidden = at < skip;
            at += if hidden { grapheme_width(grapheme) } else { 0 };
            hidden
        });
        let visible: String = visible.collect();
        // A wide character that is half out of view leaves blank cells.
        let first = skip.max(at);
        let style = theme.style(Role::Text);
        let blank = u16::try_from(first - skip).unwrap_or(0);
        put(buf, after(text, blank), &visible, style);
        if skip > 0 && cursor > skip {
            put(
                buf,
                Rect { width: 1, ..text },
                theme.glyph(Glyph::MoreLeft),
                theme.style(Role::Muted),
            );
        }
        let x = u16::try_from(cursor.saturating_sub(skip)).ok()?.min(text.width - 1);
        Some(Position::new(text.x + x, text.y))
    }
}

fn is_harmless(c: char) -> bool {
    matches!(clean(c.encode_utf8(&mut [0; 4])), std::borrow::Cow::Borrowed(_))
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
