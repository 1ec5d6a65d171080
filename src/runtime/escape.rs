//! A late ESC.
//!
//! Over a slow link an arrow key may arrive in two pieces: ESC now, `[A` some milliseconds later. The
//! terminal library then reports an Escape key and two characters, and a dialog closes that the user
//! never asked to close. So a lone ESC waits a moment before it is one; what follows in time is put together.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How long a lone ESC waits on this machine.
pub const LOCAL: Duration = Duration::from_millis(50);
/// How long it waits over SSH.
pub const REMOTE: Duration = Duration::from_millis(200);

/// Puts split escape sequences together again.
#[derive(Debug)]
pub struct EscapeJoiner {
    wait: Duration,
    held: Vec<KeyEvent>,
    since: Option<Instant>,
}

impl EscapeJoiner {
    /// A joiner that holds a lone ESC for so long.
    pub fn new(wait: Duration) -> Self {
        Self {
            wait,
            held: Vec::new(),
            since: None,
        }
    }

    /// Takes a key; gives those that are certain now.
    pub fn push(&mut self, key: KeyEvent, now: Instant) -> Vec<KeyEvent> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        let mut out = self.expire(now);
        if self.held.is_empty() {
            if is_escape(&key) {
                self.held.push(key);
                self.since = Some(now);
            } else {
                out.push(key);
            }
            return out;
        }
        self.held.push(key);
        match self.read() {
            Sequence::Open => self.since = Some(now),
            Sequence::Key(key) => {
                self.release();
                out.push(key);
            }
            Sequence::Not => {
                // ESC ESC: the first is one, the second waits in turn.
                let last = self.held.pop().filter(is_escape);
                let rest = if last.is_none() { vec![key] } else { Vec::new() };
                out.extend(self.release().into_iter().chain(rest));
                if let Some(escape) = last {
                    self.held.push(escape);
                    self.since = Some(now);
                }
            }
        }
        out
    }

    /// When the keys held are to be let go.
    pub fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + self.wait)
    }

    /// The keys held, if their time is over.
    pub fn expire(&mut self, now: Instant) -> Vec<KeyEvent> {
        match self.deadline() {
            Some(deadline) if now >= deadline => self.release(),
            _ => Vec::new(),
        }
    }

    fn release(&mut self) -> Vec<KeyEvent> {
        self.since = None;
        std::mem::take(&mut self.held)
    }

    /// Reads the characters after the ESC as a cursor or editing key (ECMA-48 CSI and SS3, as xterm sends them).
    fn read(&self) -> Sequence {
        let text: Option<String> = self.held[1..]
            .iter()
            .map(|key| match key.code {
                KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => Some(c),
                _ => None,
            })
            .collect();
        let Some(text) = text else { return Sequence::Not };
        let Some(body) = text.strip_prefix('[').or_else(|| text.strip_prefix('O')) else {
            return Sequence::Not;
        };
        let Some(last) = body.chars().last() else { return Sequence::Open };
        let parameters = &body[..body.len() - last.len_utf8()];
        if !parameters.bytes().all(|b| b.is_ascii_digit() || b == b';') || parameters.len() > 8 {
            return Sequence::Not;
        }
        if last.is_ascii_digit() || last == ';' {
            return Sequence::Open;
        }
        let mut numbers = parameters.split(';').map(|n| n.parse::<u8>().unwrap_or(1));
        let (first, modifier) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
        let code = match (last, first) {
            ('A', _) => KeyCode::Up,
            ('B', _) => KeyCode::Down,
            ('C', _) => KeyCode::Right,
            ('D', _) => KeyCode::Left,
            ('H', _) | ('~', 1 | 7) => KeyCode::Home,
            ('F', _) | ('~', 4 | 8) => KeyCode::End,
            ('~', 2) => KeyCode::Insert,
            ('~', 3) => KeyCode::Delete,
            ('~', 5) => KeyCode::PageUp,
            ('~', 6) => KeyCode::PageDown,
            ('Z', _) => KeyCode::BackTab,
            _ => return Sequence::Not,
        };
        let bits = modifier.saturating_sub(1);
        let mut modifiers = KeyModifiers::NONE;
        for (bit, name) in [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)] {
            if bits & bit != 0 {
                modifiers |= name;
            }
        }
        Sequence::Key(KeyEvent::new(code, modifiers))
    }
}

enum Sequence {
    /// Could still become a key.
    Open,
    Key(KeyEvent),
    Not,
}

fn is_escape(key: &KeyEvent) -> bool {
    key.code == KeyCode::Esc && key.modifiers.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn feed(joiner: &mut EscapeJoiner, at: Instant, text: &str) -> Vec<KeyCode> {
        let codes = text.chars().map(|c| if c == '\u{1b}' { KeyCode::Esc } else { KeyCode::Char(c) });
        codes.flat_map(|code| joiner.push(key(code), at)).map(|k| k.code).collect()
    }

    #[test]
    fn a_split_arrow_is_an_arrow_and_a_lone_escape_is_one_after_its_wait() {
        let start = Instant::now();
        let mut joiner = EscapeJoiner::new(LOCAL);
        assert_eq!(feed(&mut joiner, start, "\u{1b}"), []);
        assert_eq!(feed(&mut joiner, start + LOCAL / 2, "[B"), [KeyCode::Down]);
        assert_eq!(feed(&mut joiner, start, "\u{1b}[5~"), [KeyCode::PageUp]);
        assert_eq!(feed(&mut joiner, start, "\u{1b}OA"), [KeyCode::Up]);

        assert_eq!(feed(&mut joiner, start, "\u{1b}"), []);
        assert_eq!(joiner.expire(start + LOCAL).len(), 1);
        assert_eq!(joiner.deadline(), None);
    }

    #[test]
    fn what_is_not_a_sequence_comes_out_as_it_was_typed() {
        let start = Instant::now();
        let mut joiner = EscapeJoiner::new(LOCAL);
        assert_eq!(feed(&mut joiner, start, "\u{1b}j"), [KeyCode::Esc, KeyCode::Char('j')]);
        assert_eq!(
            feed(&mut joiner, start, "\u{1b}[x"),
            [KeyCode::Esc, KeyCode::Char('['), KeyCode::Char('x')]
        );
        assert_eq!(feed(&mut joiner, start, "\u{1b}\u{1b}"), [KeyCode::Esc]);
        assert_eq!(joiner.expire(start + LOCAL).len(), 1, "the second waits in turn");
        assert_eq!(feed(&mut joiner, start, "abc").len(), 3);
    }

    #[test]
    fn modifiers_survive() {
        let mut joiner = EscapeJoiner::new(LOCAL);
        let now = Instant::now();
        let keys: Vec<_> = "\u{1b}[1;2D"
            .chars()
            .flat_map(|c| joiner.push(key(if c == '\u{1b}' { KeyCode::Esc } else { KeyCode::Char(c) }), now))
            .collect();
        assert_eq!(keys, [KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT)]);
    }
}
