//! Keys, pastes and sizes from the terminal, as messages.

use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use futures::{FutureExt, StreamExt};

use super::escape::{self, EscapeJoiner};
use crate::app::{MouseAction, Msg};

/// After a child gave the terminal back, keys typed for it may still be on their way.
const DISCARD: Duration = Duration::from_millis(500);
/// People leave shells with two `ctrl-d`; the second must not reach anything here.
const DISCARD_CTRL_D: Duration = Duration::from_secs(2);

/// The keyboard. It can be let go while another program has the terminal.
pub struct Input {
    stream: Option<EventStream>,
    joiner: EscapeJoiner,
    returned: Option<Instant>,
}

impl Input {
    /// Starts reading. Over SSH, pieces of an escape sequence may be far apart.
    pub fn new(over_ssh: bool) -> Self {
        let wait = if over_ssh { escape::REMOTE } else { escape::LOCAL };
        Self {
            stream: Some(EventStream::new()),
            joiner: EscapeJoiner::new(wait),
            returned: None,
        }
    }

    /// Stops reading: a stream that is only not polled would still take the child's keys.
    pub fn release(&mut self) {
        self.stream = None;
    }

    /// Reads again, and discards what was meant for the child.
    pub fn retake(&mut self) {
        self.stream = Some(EventStream::new());
        self.returned = Some(Instant::now());
    }

    /// When a held ESC is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.joiner.deadline()
    }

    /// Keys that waited long enough.
    pub fn due(&mut self, now: Instant) -> Vec<Msg> {
        self.joiner.expire(now).into_iter().map(Msg::Key).collect()
    }

    /// The next events, as many as are there. `None`: the terminal is gone.
    pub async fn next(&mut self) -> Option<Vec<Msg>> {
        let Some(stream) = &mut self.stream else {
            return std::future::pending().await;
        };
        let mut events = vec![stream.next().await?.ok()?];
        while let Some(Some(Ok(event))) = stream.next().now_or_never() {
            events.push(event);
            if events.len() >= 64 {
                break;
            }
        }
        let now = Instant::now();
        Some(events.into_iter().flat_map(|event| self.read(event, now)).collect())
    }

    fn read(&mut self, event: Event, now: Instant) -> Vec<Msg> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release && !self.discards(&key, now) => {
                self.joiner.push(key, now).into_iter().map(Msg::Key).collect()
            }
            Event::Paste(text) => vec![Msg::Paste(text)],
            Event::Resize(width, height) => vec![Msg::Resize { width, height }],
            Event::Mouse(mouse) => {
                let (column, row) = (mouse.column, mouse.row);
                match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => vec![Msg::Mouse(MouseAction::Click { column, row })],
                    MouseEventKind::ScrollDown => vec![Msg::Mouse(MouseAction::Wheel { column, row, down: true })],
                    MouseEventKind::ScrollUp => vec![Msg::Mouse(MouseAction::Wheel { column, row, down: false })],
                    _ => Vec::new(),
                }
            }
            Event::Key(_) | Event::FocusGained | Event::FocusLost => Vec::new(),
        }
    }

    fn discards(&self, key: &KeyEvent, now: Instant) -> bool {
        let Some(since) = self.returned.map(|returned| now.duration_since(returned)) else {
            return false;
        };
        let ctrl_d = key.code == KeyCode::Char('d') && key.modifiers == KeyModifiers::CONTROL;
        since < if ctrl_d { DISCARD_CTRL_D } else { DISCARD }
    }
}
