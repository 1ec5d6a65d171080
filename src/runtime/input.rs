//! Keys, pastes and sizes from the terminal, as messages.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream, KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use futures::{Stream, StreamExt};

use super::escape::{self, EscapeJoiner};
use crate::app::{MouseAction, Msg};

/// After a child gave the terminal back, keys typed for it may still be on their way.
const DISCARD: Duration = Duration::from_millis(500);
/// People leave shells with two `ctrl-d`; the second must not reach anything here.
const DISCARD_CTRL_D: Duration = Duration::from_secs(2);

/// Events that are taken at once; a frame is due after them.
const MOST: usize = 64;

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
        let events = burst(stream).await?;
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

/// The next event and those that are there behind it. `None`: there are no more.
///
/// All looks have the waker of whoever waits here. The stream keeps the one that it was given when it first had nothing; a look
/// with another, that nobody waits for, would leave the next key lying until something else happens.
async fn burst<S: Stream<Item = std::io::Result<Event>> + Unpin>(stream: &mut S) -> Option<Vec<Event>> {
    poll_fn(|context| {
        let mut events = Vec::new();
        while events.len() < MOST {
            match stream.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(event))) => events.push(event),
                Poll::Ready(_) if events.is_empty() => return Poll::Ready(None),
                Poll::Pending if events.is_empty() => return Poll::Pending,
                Poll::Ready(_) | Poll::Pending => break,
            }
        }
        Poll::Ready(Some(events))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::{Pin, pin};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use crossterm::event::KeyEvent;

    use super::*;

    /// As the terminal's stream does it: whoever looked first when nothing was there is woken, and nobody else.
    #[derive(Default)]
    struct Keyboard {
        typed: VecDeque<Event>,
        waiting: Option<Waker>,
    }

    impl Stream for Keyboard {
        type Item = std::io::Result<Event>;

        fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            match self.typed.pop_front() {
                Some(event) => Poll::Ready(Some(Ok(event))),
                None => {
                    self.waiting.get_or_insert_with(|| context.waker().clone());
                    Poll::Pending
                }
            }
        }
    }

    impl Keyboard {
        fn types(&mut self, letter: char) {
            self.typed.push_back(key(letter, KeyModifiers::NONE));
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_key_after_a_pause_wakes_whoever_waits_for_it() {
        let (woken, mut keyboard) = (Arc::new(Woken::default()), Keyboard::default());
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        let mut take = |keyboard: &mut Keyboard| pin!(burst(keyboard)).poll(&mut context);
        let events = |letters: &str| Some(letters.chars().map(|letter| key(letter, KeyModifiers::NONE)).collect::<Vec<_>>());
        keyboard.types('a');
        keyboard.types('b');
        assert_eq!(take(&mut keyboard), Poll::Ready(events("ab")));
        assert_eq!(take(&mut keyboard), Poll::Pending);
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        keyboard.types('c');
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(take(&mut keyboard), Poll::Ready(events("c")));
    }

    #[test]
    fn what_is_left_of_a_flood_comes_with_the_next_look() {
        let mut keyboard = Keyboard::default();
        (0..MOST + 5).for_each(|_| keyboard.types('j'));
        let mut context = Context::from_waker(Waker::noop());
        for count in [MOST, 5] {
            match pin!(burst(&mut keyboard)).poll(&mut context) {
                Poll::Ready(Some(events)) => assert_eq!(events.len(), count),
                other => panic!("{other:?}"),
            }
        }
    }

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
