//! Keys, pastes and sizes from the terminal, as messages.

use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream, KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
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
    returned: Returned,
}

/// When the terminal came back from a child, and what is discarded since then.
#[derive(Clone, Copy, Debug, Default)]
struct Returned(Option<Instant>);

impl Returned {
    /// Whether this was meant for the child: typed, pasted or clicked too soon after.
    fn discards(self, event: &Event, now: Instant) -> bool {
        let Some(since) = self.0.map(|returned| now.saturating_duration_since(returned)) else {
            return false;
        };
        let time = match event {
            Event::Key(key) if key.code == KeyCode::Char('d') && key.modifiers == KeyModifiers::CONTROL => DISCARD_CTRL_D,
            Event::Key(_) | Event::Paste(_) | Event::Mouse(_) => DISCARD,
            Event::Resize(..) | Event::FocusGained | Event::FocusLost => return false,
        };
        since < time
    }
}

impl Input {
    /// Starts reading. Over SSH, pieces of an escape sequence may be far apart.
    pub fn new(over_ssh: bool) -> Self {
        let wait = if over_ssh { escape::REMOTE } else { escape::LOCAL };
        Self {
            stream: Some(EventStream::new()),
            joiner: EscapeJoiner::new(wait),
            returned: Returned::default(),
        }
    }

    /// Stops reading: a stream that is only not polled would still take the child's keys.
    pub fn release(&mut self) {
        self.stream = None;
    }

    /// Reads again, and discards what was meant for the child.
    pub fn retake(&mut self) {
        self.stream = Some(EventStream::new());
        self.returned = Returned(Some(Instant::now()));
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
        if self.returned.discards(&event, now) {
            return Vec::new();
        }
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.joiner.push(key, now).into_iter().map(Msg::Key).collect(),
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
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    fn key(code: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(code), modifiers))
    }

    #[test]
    fn what_was_typed_for_a_child_is_discarded_and_a_second_ctrl_d_for_longer() {
        let back = Instant::now();
        let returned = Returned(Some(back));
        let after = |millis| back + Duration::from_millis(millis);
        let (x, ctrl_d, ctrl_c) = (
            key('x', KeyModifiers::NONE),
            key('d', KeyModifiers::CONTROL),
            key('c', KeyModifiers::CONTROL),
        );
        for event in [&x, &ctrl_d, &ctrl_c, &Event::Paste("rm".to_owned())] {
            assert!(returned.discards(event, after(0)), "{event:?}");
            assert!(returned.discards(event, after(499)), "{event:?}");
        }
        for event in [&x, &ctrl_c, &key('d', KeyModifiers::NONE), &Event::Paste("rm".to_owned())] {
            assert!(!returned.discards(event, after(500)), "{event:?}");
        }
        assert!(returned.discards(&ctrl_d, after(1999)));
        assert!(!returned.discards(&ctrl_d, after(2000)));
        // A size is never old news, and nothing is discarded where nothing was lent.
        assert!(!returned.discards(&Event::Resize(80, 24), after(0)));
        assert!(!Returned::default().discards(&ctrl_d, after(0)));
    }
}
