//! The terminal that this program was started in, lent to a session and always given back.
//!
//! Keys are read by a thread of its own that ends with the session: a read that goes on would take the next key away from
//! whoever has the terminal then.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use futures::Stream;
use kube::Client;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::Inside;
use super::record::{Recorder, Taped};
use super::reset::RESET;
use super::terminal::{self, Local, Parted, Size, Start};
use crate::model::{Problem, ProblemKind};

/// Pieces of input that may wait.
const PIECES: usize = 16;

/// Whether a session has the terminal at this moment; the panic hook asks.
static LENT: AtomicBool = AtomicBool::new(false);

/// On which terms a session is held.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// What is shown is recorded.
    pub recorder: Option<Recorder>,
    /// After so long it ends by itself.
    pub lease: Option<Duration>,
}

/// So long before its end a lease is announced; of a short one, half of it.
const WARNING: Duration = Duration::from_secs(60);

impl Terms {
    /// What is said of them at the start.
    fn said(&self) -> String {
        let mut said = String::new();
        if self.recorder.is_some() {
            said.push_str("qd: what is shown here is recorded, what is typed only where it is shown\r\n");
        }
        if let Some(lease) = self.lease {
            said.push_str(&format!("qd: the session ends by itself after {}\r\n", spoken(lease)));
        }
        said
    }

    /// Returns when its time is over; announces that before.
    async fn over(&self) {
        let Some(lease) = self.lease else {
            return std::future::pending().await;
        };
        let warning = WARNING.min(lease / 2);
        tokio::time::sleep(lease - warning).await;
        say(&format!("\r\nqd: this session ends in {}\r\n", spoken(warning)));
        tokio::time::sleep(warning).await;
        say("\r\nqd: the lease of this session is over\r\n");
    }

    /// Returns when the recording cannot be written any more.
    async fn torn(&self) -> Problem {
        let Some(recorder) = &self.recorder else {
            return std::future::pending().await;
        };
        loop {
            if let Some(why) = recorder.broken() {
                return Problem::new(ProblemKind::Server, format!("the recording cannot be written: {why}")).hint("the session was ended");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 120.. => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

/// Runs a session at this terminal. Whoever drew on it has released it and reads no keys; afterwards it stands in its normal
/// mode, and everything has to be drawn anew. A hang-up or a request to end leaves the session.
///
/// # Errors
/// This is no terminal, or what [`terminal::run`] says.
pub async fn run(client: &Client, inside: &Inside, start: &Start, terms: &Terms) -> Result<Parted, Problem> {
    let gone = |error: io::Error| Problem::new(ProblemKind::Server, format!("the terminal is gone: {error}"));
    let mut hang_up = signal(SignalKind::hangup()).map_err(gone)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(gone)?;
    let sizes = Sizes::new().map_err(gone)?;
    let raw = Raw::enter().map_err(gone)?;
    say(&format!(
        "qd: {} of {}; ctrl-] leaves\r\n{}",
        inside.container,
        inside.pod,
        terms.said()
    ));
    let keys = Keys::new().map_err(gone)?;
    let screen = io::stdout().as_fd().try_clone_to_owned().map_err(gone)?;
    let local = Local {
        keys,
        screen: Taped {
            screen: tokio::fs::File::from_std(std::fs::File::from(screen)),
            recorder: terms.recorder.clone(),
        },
        sizes,
    };
    let result = tokio::select! {
        result = terminal::run(client, inside, start, local) => result,
        _ = hang_up.recv() => Ok(Parted::Gone),
        _ = terminate.recv() => Ok(Parted::Gone),
        () = terms.over() => Ok(Parted::Lapsed),
        problem = terms.torn() => Err(problem),
    };
    drop(raw);
    result
}

/// Gives the terminal back if a session has it; harmless otherwise. For the guard and for the panic hook.
pub fn give_back() {
    if !LENT.swap(false, Ordering::SeqCst) {
        return;
    }
    say(RESET);
    say("\r\n");
    // Nothing can be done about an error here, and nobody can be told.
    let _ = crossterm::terminal::disable_raw_mode();
}

/// Writes a line of this program's own.
pub(in crate::execute) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// The terminal in raw mode until dropped.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        LENT.store(true, Ordering::SeqCst);
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        give_back();
    }
}

/// What is typed, as it comes.
struct Keys {
    pieces: mpsc::Receiver<Vec<u8>>,
    rest: Vec<u8>,
    /// Closed, it wakes the thread.
    wake: Option<io::PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    fn new() -> io::Result<Self> {
        let (asleep, wake) = io::pipe()?;
        let (sender, pieces) = mpsc::channel(PIECES);
        let thread = std::thread::Builder::new()
            .name("qd-session-keys".to_owned())
            .spawn(move || read(&asleep, &sender))?;
        Ok(Self {
            pieces,
            rest: Vec::new(),
            wake: Some(wake),
            thread: Some(thread),
        })
    }
}

/// Reads until the terminal is gone, or the other end of the pipe.
fn read(asleep: &io::PipeReader, sender: &mpsc::Sender<Vec<u8>>) {
    let stdin = rustix::stdio::stdin();
    let mut piece = vec![0; 4096];
    loop {
        let mut both = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(asleep, PollFlags::IN)];
        match poll(&mut both, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
        let [keys, end] = &both;
        if !end.revents().is_empty() {
            return;
        }
        if keys.revents().is_empty() {
            continue;
        }
        match rustix::io::read(stdin, &mut piece) {
            Ok(length @ 1..) => {
                let typed = piece.get(..length).unwrap_or_default().to_vec();
                if sender.blocking_send(typed).is_err() {
                    return;
                }
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Ok(_) | Err(_) => return,
        }
    }
}

impl AsyncRead for Keys {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            match self.pieces.poll_recv(context) {
                Poll::Ready(Some(piece)) => self.rest = piece,
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
        let length = self.rest.len().min(into.remaining());
        into.put_slice(self.rest.get(..length).unwrap_or_default());
        self.rest.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.pieces.close();
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // It was just woken, and neither reads nor sends any more.
            let _ = thread.join();
        }
    }
}

/// The size now, and whenever it changes.
struct Sizes {
    changes: Signal,
    first: bool,
}

impl Sizes {
    fn new() -> io::Result<Self> {
        Ok(Self {
            changes: signal(SignalKind::window_change())?,
            first: true,
        })
    }
}

impl Stream for Sizes {
    type Item = Size;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Size>> {
        if !std::mem::take(&mut self.first) {
            match self.changes.poll_recv(context) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        // A terminal that does not tell its size ends the stream.
        Poll::Ready(crossterm::terminal::size().ok().map(|(columns, rows)| Size { columns, rows }))
    }
}
