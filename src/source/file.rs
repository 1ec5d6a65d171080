//! A file on this machine, or standard input, as a log: read from its beginning, and on as it grows.

use std::io::SeekFrom;
use std::sync::Arc;
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::mpsc;

use super::Task;
use super::lines::{Cutting, Raw, Splitter};
use crate::model::{EnvId, Fact, LogFact, LogLine, LogNote, NoteKind, Problem, ProblemKind, Seen, Stream, Time};
use crate::reading::time;
use crate::redact::{LineMask, Mask};

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;
/// Lines that are told at once.
const BATCH: usize = 512;
/// How often a file is looked at for what was added to it.
const LOOK: Duration = Duration::from_secs(1);

/// Whether a file is read once, or followed as it grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Once,
    Followed,
}

/// Tells the lines of a file until the task is dropped; `-` is standard input.
pub fn spawn(env: EnvId, path: Arc<str>, reading: Reading, mask: &Mask, facts: mpsc::Sender<Fact>) -> Task {
    let mut reader = Reader {
        env,
        path,
        facts,
        mask: LineMask::with(mask),
        splitter: Splitter::default(),
        position: 0,
    };
    Task::spawn(async move {
        // An error means that nobody listens any more.
        let _ = reader.run(reading).await;
    })
}

/// Nobody listens any more.
struct Closed;

struct Reader {
    env: EnvId,
    path: Arc<str>,
    facts: mpsc::Sender<Fact>,
    mask: LineMask,
    splitter: Splitter,
    /// Bytes that were read.
    position: u64,
}

impl Reader {
    async fn run(&mut self, reading: Reading) -> Result<(), Closed> {
        let is_stdin = &*self.path == "-";
        let path = if is_stdin { "/dev/stdin" } else { &*self.path };
        let mut file = match File::open(path).await {
            Ok(file) => file,
            Err(error) => return self.fail(&error).await,
        };
        self.tell(LogFact::Following).await?;
        loop {
            let end = self.read(&mut file).await?;
            if is_stdin || reading == Reading::Once || end.is_err() {
                return self.end(end).await;
            }
            loop {
                tokio::time::sleep(LOOK).await;
                if self.facts.is_closed() {
                    return Err(Closed);
                }
                let length = file.metadata().await.map_or(self.position, |data| data.len());
                if length > self.position {
                    break;
                }
                if length < self.position {
                    let text = "the file was cut: read again from its beginning".into();
                    let note = LogNote {
                        nanos: 0,
                        kind: NoteKind::Rotated,
                        text,
                        lost: 0,
                    };
                    self.tell(LogFact::Note(note)).await?;
                    self.position = 0;
                    self.splitter = Splitter::default();
                    if let Err(error) = file.seek(SeekFrom::Start(0)).await {
                        return self.fail(&error).await;
                    }
                    break;
                }
            }
        }
    }

    /// Reads to where it ends now.
    async fn read(&mut self, from: &mut (impl AsyncRead + Unpin)) -> Result<std::io::Result<()>, Closed> {
        let mut piece = vec![0; PIECE];
        loop {
            let count = match from.read(&mut piece).await {
                Ok(0) => return Ok(Ok(())),
                Ok(count) => count,
                Err(error) => return Ok(Err(error)),
            };
            self.position += count as u64;
            let mut lines = Vec::new();
            let (splitter, mask) = (&mut self.splitter, &mut self.mask);
            splitter.push(piece.get(..count).unwrap_or_default(), |line, cutting| {
                lines.push(line_of(line, cutting, mask))
            });
            self.lines(lines).await?;
        }
    }

    async fn lines(&mut self, mut lines: Vec<LogLine>) -> Result<(), Closed> {
        while !lines.is_empty() {
            let rest = lines.split_off(lines.len().min(BATCH));
            self.tell(LogFact::Lines(std::mem::replace(&mut lines, rest))).await?;
        }
        Ok(())
    }

    /// A last line without an ending is a line as well.
    async fn end(&mut self, end: std::io::Result<()>) -> Result<(), Closed> {
        let mut lines = Vec::new();
        let (splitter, mask) = (&mut self.splitter, &mut self.mask);
        splitter.finish(|line, cutting| lines.push(line_of(line, cutting, mask)));
        self.lines(lines).await?;
        match end {
            Ok(()) => self.tell(LogFact::Ended).await,
            Err(error) => self.fail(&error).await,
        }
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
mod tests {
    use std::io::Write as _;

    use super::*;

    async fn next(facts: &mut mpsc::Receiver<Fact>) -> LogFact {
        let fact = tokio::time::timeout(Duration::from_secs(20), facts.recv()).await.unwrap().unwrap();
        match fact.seen {
            Seen::Log(Stream::File(_), news) => news,
            other => panic!("{other:?}"),
        }
    }

    fn texts(news: &LogFact) -> Vec<&str> {
        match news {
            LogFact::Lines(lines) => lines.iter().map(|line| &*line.text).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_file_is_read_to_its_last_line_with_the_times_that_it_states() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(
            file,
            "2026-11-28T03:00:00Z one password=hunter2\r\nplain\n{{\"time\":1795834801000,\"msg\":\"x\"}}"
        )
        .unwrap();
        let (tell, mut facts) = mpsc::channel(8);
        let _task = spawn(
            EnvId(0),
            file.path().to_str().unwrap().into(),
            Reading::Once,
            &Mask::default(),
            tell,
        );
        assert_eq!(next(&mut facts).await, LogFact::Following);
        let first = next(&mut facts).await;
        assert_eq!(texts(&first), ["one password=••••••", "plain"]);
        let LogFact::Lines(last) = next(&mut facts).await else { panic!() };
        assert_eq!(last[0].nanos, 1_795_834_801_000_000_000);
        assert_eq!(next(&mut facts).await, LogFact::Ended);
    }

    #[tokio::test]
    async fn a_file_that_grows_is_followed_and_one_that_was_cut_is_read_anew() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "one").unwrap();
        let (tell, mut facts) = mpsc::channel(8);
        let _task = spawn(
            EnvId(0),
            file.path().to_str().unwrap().into(),
            Reading::Followed,
            &Mask::default(),
            tell,
        );
        assert_eq!(next(&mut facts).await, LogFact::Following);
        assert_eq!(texts(&next(&mut facts).await), ["one"]);
        writeln!(file, "two").unwrap();
        assert_eq!(texts(&next(&mut facts).await), ["two"]);
        std::fs::write(file.path(), "new\n").unwrap();
        let LogFact::Note(note) = next(&mut facts).await else { panic!() };
        assert_eq!(note.kind, NoteKind::Rotated);
        assert_eq!(texts(&next(&mut facts).await), ["new"]);
    }

    #[tokio::test]
    async fn the_users_own_secrets_are_masked() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "paid with sci_abc123 today").unwrap();
        let (tell, mut facts) = mpsc::channel(8);
        let mask = Mask::new(&["sci_[a-z0-9]+"]);
        let _task = spawn(EnvId(0), file.path().to_str().unwrap().into(), Reading::Once, &mask, tell);
        assert_eq!(next(&mut facts).await, LogFact::Following);
        assert_eq!(texts(&next(&mut facts).await), ["paid with •••••• today"]);
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_told_in_a_sentence() {
        let (tell, mut facts) = mpsc::channel(8);
        let _task = spawn(EnvId(0), "/nowhere/at/all".into(), Reading::Once, &Mask::default(), tell);
        let LogFact::Failed(problem) = next(&mut facts).await else {
            panic!()
        };
        assert_eq!(&*problem.text, "/nowhere/at/all: there is no such file");
    }
}
