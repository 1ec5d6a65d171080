//! What a session shows, recorded: the output of the far side as lines of text, harmless and with secrets masked.
//!
//! Only output is recorded. What is typed is in it as far as the far side shows it: a password that is typed without an echo is
//! not. Programs that draw on the whole screen leave what they wrote, without the places where they wrote it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use crate::ledger::Tape;
use crate::model::clean;
use crate::redact::LineMask;

/// Lines that are longer (bytes) go on in the next one.
const LONGEST: usize = 4096;

/// A recording that goes on. Copies share it.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    /// None: it has ended.
    tape: Option<Tape>,
    mask: LineMask,
    line: Vec<u8>,
    inside: Inside,
    /// Why it cannot be written any more.
    broken: Option<String>,
}

/// Where in a control sequence the output stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Text,
    Escape,
    /// `ESC [ …` up to a letter.
    Control,
    /// `ESC ] …` up to BEL or `ESC \`.
    Words,
    /// `ESC ( B`: one more.
    One,
}

impl Recorder {
    /// Records onto this tape.
    pub fn new(tape: Tape, mask: LineMask) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            tape: Some(tape),
            mask,
            line: Vec::new(),
            inside: Inside::Text,
            broken: None,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was shown.
    pub fn take(&self, bytes: &[u8]) {
        self.inner().take(bytes);
    }

    /// Whether it cannot be written any more, and why.
    pub fn broken(&self) -> Option<String> {
        self.inner().broken.clone()
    }

    /// Ends it with a sentence.
    pub fn end(&self, said: &str) {
        let mut inner = self.inner();
        inner.flush();
        if let Some(tape) = inner.tape.take()
            && let Err(error) = tape.end(said)
        {
            inner.broken = Some(error.to_string());
        }
    }
}

impl Inner {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.inside = match (self.inside, byte) {
                (Inside::Text, 0x1b) => Inside::Escape,
                (Inside::Text, b'\n') => {
                    self.flush();
                    Inside::Text
                }
                (Inside::Text, b'\r') => {
                    // What is drawn over was shown all the same.
                    self.line.push(b'\r');
                    Inside::Text
                }
                (Inside::Text, 0x08) => {
                    self.erase();
                    Inside::Text
                }
                (Inside::Text, byte) => {
                    if *byte >= b' ' || *byte == b'\t' {
                        self.line.push(*byte);
                    }
                    Inside::Text
                }
                (Inside::Escape, b'[') => Inside::Control,
                (Inside::Escape, b']' | b'P' | b'_' | b'^' | b'X') => Inside::Words,
                (Inside::Escape, b'(' | b')' | b'#' | b'%') => Inside::One,
                (Inside::Escape | Inside::One, _) => Inside::Text,
                (Inside::Control, 0x40..=0x7e) => Inside::Text,
                (Inside::Control, _) => Inside::Control,
                (Inside::Words, 0x07) => Inside::Text,
                (Inside::Words, 0x1b) => Inside::Escape,
                (Inside::Words, _) => Inside::Words,
            };
            if self.line.len() >= LONGEST {
                self.flush();
            }
        }
    }

    /// Takes the last character back.
    fn erase(&mut self) {
        while let Some(byte) = self.line.pop() {
            // The bytes of one character that follow its first.
            if byte & 0xc0 != 0x80 {
                break;
            }
        }
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let at = jiff::Timestamp::now().strftime("%H:%M:%S");
        let parts = text.split('\r').filter(|part| !part.is_empty());
        for part in parts {
            let harmless = clean(part);
            let masked = self.mask.mask(&harmless);
            let Some(tape) = &mut self.tape else { return };
            if let Err(error) = tape.line(&format!("{at}  {masked}")) {
                self.broken = Some(error.to_string());
            }
        }
    }
}

/// A terminal whose output is recorded.
#[derive(Debug)]
pub struct Taped<W> {
    pub screen: W,
    /// None: it is not recorded.
    pub recorder: Option<Recorder>,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Taped<W> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.screen).poll_write(context, bytes);
        if let (Poll::Ready(Ok(length)), Some(recorder)) = (&written, &self.recorder) {
            recorder.take(bytes.get(..*length).unwrap_or_default());
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.screen).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.screen).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;

    fn recorded(pieces: &[&[u8]]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        let tape = Ledger::new(directory.path().to_owned()).tape("s.md", "").unwrap();
        let path = tape.path().to_owned();
        let recorder = Recorder::new(tape, LineMask::default());
        pieces.iter().for_each(|piece| recorder.take(piece));
        recorder.end("over");
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().take_while(|line| *line != "```");
        lines.map(|line| line.split_once("  ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn what_was_shown_is_read_as_lines_without_colours_and_titles() {
        let lines = recorded(&[
            b"\x1b[1;32m/ $\x1b[0m ls\r\nb",
            b"in\x1b]0;a title\x07 etc\r\n",
            b"\xc3",
            b"\xa9t\xc3\xa9\r\n50 %\r100 %\r\nlx\x08 \x08s\r\nthe end",
        ]);
        assert_eq!(lines, ["/ $ ls", "bin etc", "été", "50 %", "100 %", "ls", "the end"]);
    }

    #[test]
    fn secrets_that_are_shown_are_masked_over_lines_too() {
        let lines = recorded(&[
            b"DB_PASSWORD=hunter2hunter2\r\n-----BEGIN PRIVATE KEY-----\r\nMIIEvQIBADANBgkq\r\n-----END PRIVATE KEY-----\r\nok\r\n",
        ]);
        let text = lines.join("\n");
        assert!(!text.contains("hunter2") && !text.contains("MIIEvQ"), "{text}");
        assert!(text.ends_with("ok"), "{text}");
    }
}
