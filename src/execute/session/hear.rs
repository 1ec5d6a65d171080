//! What comes from a program that nobody is at: its two outputs, and how it ended.

use std::pin::Pin;

use futures::FutureExt as _;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::api::AttachedProcess;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::ending;
use crate::model::Problem;

/// One of its outputs, until it ends.
struct Output {
    from: Box<dyn AsyncRead + Send + Unpin>,
    piece: Vec<u8>,
    is_open: bool,
}

impl Output {
    fn new(from: impl AsyncRead + Send + Unpin + 'static, piece: usize) -> Self {
        Self {
            from: Box::new(from),
            piece: vec![0; piece],
            is_open: true,
        }
    }

    /// The next piece; empty: it has ended.
    async fn next(&mut self) -> usize {
        let length = self.from.read(&mut self.piece).await.unwrap_or(0);
        self.is_open = length > 0;
        length
    }
}

/// Listens to a program.
pub(super) struct Hearing {
    out: Output,
    err: Output,
    /// Not asked again once it has told.
    status: Pin<Box<dyn Future<Output = Option<Status>> + Send>>,
    told: Option<Option<Status>>,
}

/// What was heard.
pub(super) enum Heard<'a> {
    Out(&'a [u8]),
    Err(&'a [u8]),
    /// One of the outputs has ended, or how it ended is told now.
    Nothing,
}

impl Hearing {
    /// Of this process; the pieces of its output are at most so large.
    ///
    /// # Errors
    /// It has no streams.
    pub fn of(process: &mut AttachedProcess, piece: usize) -> Result<Self, Problem> {
        let (Some(out), Some(err), Some(status)) = (process.stdout(), process.stderr(), process.take_status()) else {
            return Err(ending::cut());
        };
        Ok(Self {
            out: Output::new(out, piece),
            err: Output::new(err, piece.min(32 << 10)),
            status: Box::pin(status),
            told: None,
        })
    }

    /// The next that comes; `None`: everything has. May be dropped and asked again.
    pub async fn next(&mut self) -> Option<Heard<'_>> {
        let was_cut = matches!(self.told, Some(None));
        if was_cut {
            return self.left();
        }
        if !self.out.is_open && !self.err.is_open && self.told.is_some() {
            return None;
        }
        tokio::select! {
            length = self.out.next(), if self.out.is_open => Some(Heard::Out(self.out.piece.get(..length).unwrap_or_default())),
            length = self.err.next(), if self.err.is_open => Some(Heard::Err(self.err.piece.get(..length).unwrap_or_default())),
            last = &mut self.status, if self.told.is_none() => {
                self.told = Some(last);
                Some(Heard::Nothing)
            }
        }
    }

    /// A connection that was cut does not end its streams; what came before is there.
    fn left(&mut self) -> Option<Heard<'_>> {
        if let Some(length @ 1..) = self.out.next().now_or_never() {
            return Some(Heard::Out(self.out.piece.get(..length).unwrap_or_default()));
        }
        match self.err.next().now_or_never() {
            Some(length @ 1..) => Some(Heard::Err(self.err.piece.get(..length).unwrap_or_default())),
            _ => None,
        }
    }

    /// How it ended, as far as it has: `Some(None)`, the connection was cut.
    pub fn told(&self) -> Option<Option<&Status>> {
        self.told.as_ref().map(Option::as_ref)
    }
}
