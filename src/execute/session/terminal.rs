//! A session at a terminal: what is typed goes to the program, what it writes goes to the terminal, until one of them ends.
//!
//! Nothing here knows a real terminal: it is any reader, any writer and a stream of sizes ([`super::here`] has the real one).
//! Each direction has a buffer of its own, so that a program that does not read, or one that floods, keeps nobody from
//! leaving with `ctrl-]`.

use bytes::{Buf as _, BytesMut};
use futures::{FutureExt as _, Stream, StreamExt as _};
use kube::Client;
use kube::api::TerminalSize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::Inside;
use super::ending;
use super::keys::before_leaving;
use super::open::{Streams, What, open};
use super::place::Program;
use crate::model::Problem;

/// Bytes typed that may wait for the program. Beyond them the terminal waits, and so does `ctrl-]`: a person does not type
/// as much, and a paste of a mebibyte into a program that does not read is rare.
const TYPED: usize = 1 << 20;
/// Bytes written that may wait for the terminal.
const SHOWN: usize = 64 << 10;

/// What the session is with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A new program, at a terminal of its own: these words, which no shell reads. [`super::command::shell`] has those of a shell.
    Program(Vec<String>),
    /// The container's main program.
    Attach,
}

/// The terminal on this side.
#[derive(Debug)]
pub struct Local<R, W, S> {
    /// What is typed, in raw mode.
    pub keys: R,
    /// Where the program's output goes, as it is.
    pub screen: W,
    /// Sizes; the first is the size at the start.
    pub sizes: S,
}

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
}

impl From<Size> for TerminalSize {
    fn from(size: Size) -> Self {
        Self {
            width: size.columns,
            height: size.rows,
        }
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parted {
    /// The program ended, with this code.
    Exited(i32),
    /// The user left with `ctrl-]`; the program goes on, as far as it can without a terminal.
    Detached,
    /// The terminal on this side is gone.
    Gone,
    /// Its time was over.
    Lapsed,
}

impl Parted {
    /// One sentence, without a full stop.
    pub fn sentence(self) -> String {
        match self {
            Self::Exited(0) => "the session ended".to_owned(),
            Self::Exited(137) => "the session was killed (exit code 137)".to_owned(),
            Self::Exited(code) => format!("the session ended with exit code {code}"),
            Self::Detached => "left with ctrl-]; what runs there goes on".to_owned(),
            Self::Gone => "the terminal is gone".to_owned(),
            Self::Lapsed => "its lease was over: the session was ended".to_owned(),
        }
    }
}

/// Opens a session and stays until it ends. When the future is dropped, the session is left as with `ctrl-]`.
///
/// # Errors
/// It could not be opened (not allowed, no such program, container gone), or the connection was cut: the sentence says which.
pub async fn run<R, W, S>(client: &Client, inside: &Inside, start: &Start, local: Local<R, W, S>) -> Result<Parted, Problem>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    S: Stream<Item = Size> + Unpin,
{
    let what = match start {
        Start::Program(argv) => What::Exec(argv),
        Start::Attach => What::Attach,
    };
    let far = match (start, inside.program) {
        (Start::Program(_), _) | (Start::Attach, Program::Terminal) => Far::Terminal,
        (Start::Attach, Program::Input) => Far::Reads,
        (Start::Attach, Program::Silent) => Far::Silent,
    };
    let streams = match far {
        Far::Terminal => Streams::Terminal,
        Far::Reads => Streams::All,
        Far::Silent => Streams::Output,
    };
    let mut process = open(client, inside, what, streams).await?;
    let (Some(mut out), Some(status)) = (process.stdout(), process.take_status()) else {
        return Err(ending::cut());
    };
    let (mut err, mut stdin, mut resize) = (process.stderr(), process.stdin(), process.terminal_size());
    let Local {
        mut keys,
        mut screen,
        mut sizes,
    } = local;
    let mut status = std::pin::pin!(status.fuse());
    let mut told = None;
    let (mut typed, mut shown) = (BytesMut::new(), BytesMut::new());
    let (mut from_keys, mut from_out, mut from_err) = (vec![0; 16 << 10], vec![0; 32 << 10], vec![0; 32 << 10]);
    let (mut out_open, mut err_open, mut sizes_open) = (true, err.is_some(), true);
    // A program that is attached to draws itself anew only when its size changes.
    let mut next_sizes = Sizes::new(*start == Start::Attach);
    // The size is there before the first key.
    if let Some(Some(size)) = sizes.next().now_or_never() {
        next_sizes.add(size);
        while let (Some(resize), Some(size)) = (&mut resize, next_sizes.first()) {
            if resize.try_send(size.into()).is_err() {
                break;
            }
            next_sizes.sent();
        }
    }
    loop {
        if let Some(last) = &told
            && !(out_open || err_open)
            && shown.is_empty()
        {
            return match last {
                Some(status) => ending::of_status(status, inside, what.asked()).map(Parted::Exited),
                None => Err(ending::cut()),
            };
        }
        tokio::select! {
            length = keys.read(&mut from_keys), if typed.len() < TYPED => {
                let length = length.unwrap_or(0);
                let Some(piece) = from_keys.get(..length).filter(|piece| !piece.is_empty()) else {
                    return Ok(Parted::Gone);
                };
                if let Some(before) = before_leaving(piece, far == Far::Terminal) {
                    typed.extend_from_slice(before);
                    if let (Some(stdin), false) = (&mut stdin, typed.is_empty()) {
                        // What was typed before is taken along, if it is taken at once.
                        let _ = stdin.write_all_buf(&mut typed).now_or_never();
                    }
                    let _ = screen.write_all_buf(&mut shown).now_or_never();
                    let _ = screen.flush().now_or_never();
                    return Ok(Parted::Detached);
                }
                far.take(piece, &mut typed, &mut shown);
            }
            written = write(stdin.as_mut(), &mut typed), if stdin.is_some() && !typed.is_empty() => {
                if written.is_err() {
                    // The program reads no more; how it ended comes by itself.
                    stdin = None;
                    typed.clear();
                }
            }
            length = out.read(&mut from_out), if out_open && shown.len() < SHOWN => match length {
                Ok(length @ 1..) => far.show(from_out.get(..length).unwrap_or_default(), &mut shown),
                _ => out_open = false,
            },
            length = read(err.as_mut(), &mut from_err), if err_open && shown.len() < SHOWN => match length {
                Ok(length @ 1..) => far.show(from_err.get(..length).unwrap_or_default(), &mut shown),
                _ => err_open = false,
            },
            written = screen.write(&shown), if !shown.is_empty() => match written {
                Ok(length @ 1..) => {
                    shown.advance(length.min(shown.len()));
                    if shown.is_empty() && screen.flush().await.is_err() {
                        return Ok(Parted::Gone);
                    }
                }
                _ => return Ok(Parted::Gone),
            },
            size = sizes.next(), if sizes_open => match size {
                Some(size) => next_sizes.add(size),
                None => sizes_open = false,
            },
            ready = room(resize.as_mut()), if resize.is_some() && next_sizes.first().is_some() => {
                if let (true, Some(resize), Some(size)) = (ready, &mut resize, next_sizes.first()) {
                    let _ = resize.start_send(size.into());
                    next_sizes.sent();
                } else {
                    resize = None;
                }
            },
            last = &mut status, if told.is_none() => {
                if last.is_none() {
                    // A connection that was cut does not end its streams.
                    while let Some(Ok(length @ 1..)) = out.read(&mut from_out).now_or_never() {
                        far.show(from_out.get(..length).unwrap_or_default(), &mut shown);
                    }
                    (out_open, err_open) = (false, false);
                }
                stdin = None;
                typed.clear();
                told = Some(last);
            }
        }
    }
}

/// What is on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Far {
    /// A terminal: it echoes, and every key is its own.
    Terminal,
    /// A program that reads lines: this side has to show what is typed.
    Reads,
    /// A program that only writes.
    Silent,
}

impl Far {
    /// Takes what was typed.
    fn take(self, piece: &[u8], typed: &mut BytesMut, shown: &mut BytesMut) {
        match self {
            Self::Terminal => typed.extend_from_slice(piece),
            Self::Reads => {
                let lines: Vec<u8> = piece.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect();
                typed.extend_from_slice(&lines);
                // Only what can do no harm: this echo is ours.
                let echo: Vec<u8> = lines.into_iter().filter(|b| *b == b'\n' || *b >= b' ').collect();
                self.show(&echo, shown);
            }
            Self::Silent => {}
        }
    }

    /// Takes what was written. Without a terminal over there, new lines lack their return.
    fn show(self, piece: &[u8], shown: &mut BytesMut) {
        if self == Self::Terminal {
            shown.extend_from_slice(piece);
            return;
        }
        for part in piece.split_inclusive(|b| *b == b'\n') {
            match part.split_last() {
                Some((b'\n', line)) => {
                    shown.extend_from_slice(line);
                    shown.extend_from_slice(b"\r\n");
                }
                _ => shown.extend_from_slice(part),
            }
        }
    }
}

/// Sizes that are still to be sent: only the newest counts.
struct Sizes {
    /// Sent before the next one, so that the size changes in any case.
    other: Option<Size>,
    newest: Option<Size>,
    shake: bool,
}

impl Sizes {
    fn new(shake: bool) -> Self {
        Self {
            other: None,
            newest: None,
            shake,
        }
    }

    fn add(&mut self, size: Size) {
        if std::mem::take(&mut self.shake) {
            self.other = Some(Size {
                rows: size.rows.saturating_add(1),
                ..size
            });
        }
        self.newest = Some(size);
    }

    fn first(&self) -> Option<Size> {
        self.other.or(self.newest)
    }

    fn sent(&mut self) {
        if self.other.take().is_none() {
            self.newest = None;
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(to: Option<&mut W>, bytes: &mut BytesMut) -> std::io::Result<usize> {
    match to {
        Some(to) => to.write_buf(bytes).await,
        None => std::future::pending().await,
    }
}

async fn read<R: AsyncRead + Unpin>(from: Option<&mut R>, into: &mut [u8]) -> std::io::Result<usize> {
    match from {
        Some(from) => from.read(into).await,
        None => std::future::pending().await,
    }
}

/// Waits until a size can be sent; `false`: nobody takes any.
async fn room(to: Option<&mut futures::channel::mpsc::Sender<TerminalSize>>) -> bool {
    match to {
        Some(to) => std::future::poll_fn(|context| to.poll_ready(context)).await.is_ok(),
        None => std::future::pending().await,
    }
}
