//! What the headless commands print while others look on: without identifiers.
//!
//! One place for all of them: whatever is written goes through [`Out`], whatever is told on stderr through [`shown`].

use std::borrow::Cow;
use std::io::Write;
use std::sync::{PoisonError, RwLock};

use crate::redact::Identifiers;

/// What is covered; nothing while nobody looks on.
static COVERED: RwLock<Option<Identifiers>> = RwLock::new(None);

/// From here on identifiers are covered, with these patterns besides the built-in ones.
pub fn share(patterns: &[String]) {
    *COVERED.write().unwrap_or_else(PoisonError::into_inner) = Some(Identifiers::new(patterns));
}

/// Whether others look on.
pub fn is_shared() -> bool {
    COVERED.read().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// A text as it may be shown.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    match &*COVERED.read().unwrap_or_else(PoisonError::into_inner) {
        Some(identifiers) => identifiers.mask(text),
        None => Cow::Borrowed(text),
    }
}

/// Writes on, line by line, what may be shown.
#[derive(Debug)]
pub struct Out<W: Write> {
    to: W,
    line: Vec<u8>,
}

/// A line that is longer is covered in pieces.
const LONGEST: usize = 1 << 20;

impl<W: Write> Out<W> {
    pub fn new(to: W) -> Self {
        Self { to, line: Vec::new() }
    }

    fn pass(&mut self, bytes: usize) -> std::io::Result<()> {
        let rest = self.line.split_off(bytes.min(self.line.len()));
        let line = std::mem::replace(&mut self.line, rest);
        let text = String::from_utf8_lossy(&line);
        self.to.write_all(shown(&text).as_bytes())
    }
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !is_shared() {
            return self.to.write(bytes);
        }
        self.line.extend_from_slice(bytes);
        let last = memchr::memrchr(b'\n', &self.line).map(|at| at + 1);
        if let Some(whole) = last.or((self.line.len() > LONGEST).then_some(self.line.len())) {
            self.pass(whole)?;
        }
        Ok(bytes.len())
    }

    /// What has no end of line yet is written as well.
    fn flush(&mut self) -> std::io::Result<()> {
        self.pass(usize::MAX)?;
        self.to.flush()
    }
}

impl<W: Write> Drop for Out<W> {
    fn drop(&mut self) {
        // Whoever writes has flushed; what is left has nobody to be told to.
        let _ = self.flush();
    }
}
