//! A file on this machine, or standard input, as a log: read from its beginning, and on as it grows.
//!
//! A file that is larger than what may be kept of it is not read to its end: its lines are counted, and a part of them is
//! told, at first the last one (`window`).

mod index;
mod seek;
mod walk;
mod window;

use std::io::SeekFrom;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::{mpsc, watch};

use super::Task;
use super::lines::{Cutting, Raw, Splitter};
use crate::model::{Ask, EnvId, Fact, LogFact, LogLine, LogNote, NoteKind, Problem, ProblemKind, Seen, Stream, Time, WindowFact};
use crate::reading::time;
use crate::redact::{LineMask, Mask};
use index::Index;

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;
/// Lines that are told at once.
const BATCH: usize = 512;
/// How often a file is looked at for what was added to it.
const LOOK: Duration = Duration::from_secs(1);

/// Whether a file is read once, or followed as it grows.
#[derive(Clone, Debug)]
pub enum Reading {
    Once,
    /// All of it.
    Followed,
    /// As much of it as may be kept (bytes), of a larger one the part that is asked for.
    Windowed {
        memory: usize,
        asks: watch::Receiver<Option<Ask>>,
    },
}

/// Tells the lines of a file until the task is dropped; `-` is standard input.
pub fn spawn(env: EnvId, path: Arc<str>, reading: Reading, mask: &Mask, facts: mpsc::Sender<Fact>) -> Task {
    let mut reader = Reader {
        teller: Teller { env, path, facts },
        hides: mask.clone(),
        mask: LineMask::with(mask),
        splitter: Splitter::default(),
        index: Index::default(),
        reading,
        kept: 0,
        is_at_end: true,
        end: 0,
    };
    Task::spawn(async move {
        // An error means that nobody listens any more.
        let _ = reader.run().await;
    })
}

/// Nobody listens any more.
struct Closed;

/// Why reading stopped.
enum Stop {
    Closed,
    Failed(std::io::Error),
}

impl From<Closed> for Stop {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error)
    }
}

struct Reader {
    teller: Teller,
    hides: Mask,
    mask: LineMask,
    splitter: Splitter,
    /// Of the bytes that were read.
    index: Index,
    reading: Reading,
    /// What the lines take that were told (bytes), as long as all of them are.
    kept: usize,
    /// What is added is told, because what stands before it is.
    is_at_end: bool,
    /// Where the file was seen to end.
    end: u64,
}

/// What became of a file that was looked at.
enum Look {
    Grown,
    /// It was cut.
    Cut,
    /// Another file has its name now.
    Replaced(File),
}

impl Reader {
    async fn run(&mut self) -> Result<(), Closed> {
        let is_stdin = &*self.teller.path == "-";
        let path = if is_stdin { "/dev/stdin" } else { &*self.teller.path };
        let file = match File::open(path).await {
            Ok(file) => file,
            Err(error) => return self.teller.fail(&error).await,
        };
        self.teller.tell(LogFact::Following).await?;
        match self.follow(file, is_stdin).await {
            Err(Stop::Closed) => Err(Closed),
            Ok(()) => self.end(Ok(())).await,
            Err(Stop::Failed(error)) => self.end(Err(error)).await,
        }
    }

    /// Reads until there is nothing more to come.
    async fn follow(&mut self, mut file: File, is_stdin: bool) -> Result<(), Stop> {
        loop {
            let length = if is_stdin { 0 } else { file.metadata().await?.len() };
            if self.is_too_large(length) {
                self.by_window(&mut file).await?;
            } else {
                self.read(&mut file).await?;
            }
            if is_stdin || matches!(self.reading, Reading::Once) {
                return Ok(());
            }
            match self.wait(&file).await? {
                Look::Grown => continue,
                Look::Cut => self.begin_anew("the file was cut: read again from its beginning").await?,
                Look::Replaced(other) => {
                    file = other;
                    self.begin_anew("another file has its name now: read from its beginning").await?;
                }
            }
            file.seek(SeekFrom::Start(0)).await?;
        }
    }

    /// Waits until there is something more to read.
    async fn wait(&mut self, file: &File) -> Result<Look, Stop> {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.teller.facts.is_closed() {
                return Err(Stop::Closed);
            }
            if let Some(look) = self.look(file).await? {
                return Ok(look);
            }
        }
    }

    /// What became of the file; nothing while it is as it was.
    async fn look(&self, file: &File) -> std::io::Result<Option<Look>> {
        let data = file.metadata().await?;
        if data.len() != self.index.position() {
            return Ok(Some(if data.len() < self.index.position() {
                Look::Cut
            } else {
                Look::Grown
            }));
        }
        // Only once the old one is read to its end.
        let Ok(named) = tokio::fs::metadata(&*self.teller.path).await else {
            return Ok(None);
        };
        if (named.dev(), named.ino()) == (data.dev(), data.ino()) {
            return Ok(None);
        }
        Ok(File::open(&*self.teller.path).await.ok().map(Look::Replaced))
    }

    async fn begin_anew(&mut self, text: &str) -> Result<(), Closed> {
        if self.is_too_large(0) {
            self.teller.tell(LogFact::Window(WindowFact::Anew)).await?;
        }
        let note = LogNote {
            nanos: 0,
            kind: NoteKind::Rotated,
            text: text.into(),
            lost: 0,
        };
        self.teller.tell(LogFact::Note(note)).await?;
        self.index = Index::default();
        self.splitter = Splitter::default();
        self.mask = LineMask::with(&self.hides);
        (self.kept, self.is_at_end) = (0, true);
        Ok(())
    }

    /// Reads to where it ends now, or until it is found to be too large.
    async fn read(&mut self, from: &mut File) -> Result<(), Stop> {
        let mut piece = vec![0; PIECE];
        while !self.is_too_large(0) {
            let count = from.read(&mut piece).await?;
            if count == 0 {
                return Ok(());
            }
            let piece = piece.get(..count).unwrap_or_default();
            let lines = self.take(piece);
            self.kept += lines.iter().map(LogLine::cost).sum::<usize>();
            self.teller.lines(lines).await?;
        }
        self.by_window(from).await
    }

    /// The lines that are whole with these bytes.
    fn take(&mut self, bytes: &[u8]) -> Vec<LogLine> {
        self.index.push(bytes);
        let mut lines = Vec::new();
        let (splitter, mask) = (&mut self.splitter, &mut self.mask);
        splitter.push(bytes, |line, cutting| lines.push(line_of(line, cutting, mask)));
        lines
    }

    /// A last line without an ending is a line as well.
    async fn end(&mut self, end: std::io::Result<()>) -> Result<(), Closed> {
        let mut lines = Vec::new();
        let (splitter, mask) = (&mut self.splitter, &mut self.mask);
        splitter.finish(|line, cutting| lines.push(line_of(line, cutting, mask)));
        self.teller.lines(lines).await?;
        match end {
            Ok(()) => self.teller.tell(LogFact::Ended).await,
            Err(error) => self.teller.fail(&error).await,
        }
    }
}

/// Where the facts go.
struct Teller {
    env: EnvId,
    path: Arc<str>,
    facts: mpsc::Sender<Fact>,
}

impl Teller {
    async fn lines(&self, mut lines: Vec<LogLine>) -> Result<(), Closed> {
        while !lines.is_empty() {
            let rest = lines.split_off(lines.len().min(BATCH));
            self.tell(LogFact::Lines(std::mem::replace(&mut lines, rest))).await?;
        }
        Ok(())
    }

    async fn fail(&self, error: &std::io::Error) -> Result<(), Closed> {
        let (kind, why) = match error.kind() {
            std::io::ErrorKind::NotFound => (ProblemKind::NotFound, "there is no such file".to_owned()),
            std::io::ErrorKind::PermissionDenied => (ProblemKind::Denied, "it may not be read".to_owned()),
            _ => (ProblemKind::Server, error.to_string()),
        };
        self.tell(LogFact::Failed(Problem::new(kind, format!("{}: {why}", self.path))))
            .await
    }

    async fn window(&self, news: WindowFact) -> Result<(), Closed> {
        self.tell(LogFact::Window(news)).await
    }

    async fn tell(&self, news: LogFact) -> Result<(), Closed> {
        let fact = Fact {
            env: self.env,
            at: now(),
            seen: Seen::Log(Stream::File(self.path.clone()), news),
        };
        self.facts.send(fact).await.map_err(|_| Closed)
    }
}

/// A line with the time that stands before it, or the one that it states.
fn line_of(line: &[u8], cutting: Cutting, mask: &mut LineMask) -> LogLine {
    let mut line = Raw::parse(line, cutting).read(mask);
    if line.nanos == 0 {
        line.nanos = time(&line.text, now()).unwrap_or(0);
    }
    line
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests;
