//! One request for the log, from its first byte to its end.

use std::time::Duration;

use http_body_util::BodyExt as _;
use tokio::time::{Instant, sleep_until};

use super::ask::Run;
use super::{Closed, Log, Outcome, ask};
use crate::model::{LogFact, LogLine, Problem, ProblemKind};
use crate::source::kube::request::{Miss, get};
use crate::source::kube::{Api, problem};
use crate::source::lines::{Cutting, NO_LOG, Raw, Splitter};

/// Most lines in one fact.
const BATCH: usize = 512;
/// Longest that a line waits for company.
const LINGER: Duration = Duration::from_millis(50);
/// The server begins its answer with the first line. One that has not refused by now will not.
const QUIET: Duration = Duration::from_secs(3);

/// A newest line that is no further ahead than this may be on its way (nanoseconds).
const GRACE: i64 = 2_000_000_000;

/// How long an open stream must stay open to be called followed while nothing comes.
const SETTLED: Duration = Duration::from_millis(500);

impl Log {
    /// Opens the stream and hands on what comes.
    pub(super) async fn attempt(&mut self, api: &Api, run: Run) -> Result<Outcome, Closed> {
        // What an attempt on another connection had in hand.
        self.flush().await?;
        if self.container.is_none() {
            match ask::default_container(api, &self.teller.key).await {
                Ok(name) => self.container = Some(name).filter(|n| !n.is_empty()),
                Err(Miss::Cut(problem)) => return Ok(Outcome::Broken(problem)),
                Err(miss) if miss.status().is_some_and(|s| s.as_u16() == 404) => return Ok(Outcome::Gone),
                // Reading the pod may be denied where reading its log is not; a pod of one container needs no name.
                Err(_) => {}
            }
        }
        let path = ask::path(&self.teller.key, self.container.as_deref(), self.resume.since(), run);
        let request = get(&api.client, &path);
        tokio::pin!(request);
        let mut said = run == Run::Previous;
        let answer = loop {
            tokio::select! {
                answer = &mut request => break answer,
                () = tokio::time::sleep(QUIET), if !said => {
                    said = true;
                    self.teller.tell(LogFact::Following).await?;
                }
            }
        };
        let mut body = match answer {
            Ok(answer) => answer.into_body(),
            Err(miss) => return Ok(ask::meaning(&miss, &self.teller.key, self.container.as_deref().unwrap_or("?"))),
        };
        self.resume.reopened();
        self.opened().await?;

        let mut splitter = Splitter::default();
        // An answer that is over at once is followed by nothing.
        let settled = tokio::time::sleep(SETTLED);
        tokio::pin!(settled);
        // Only a followed stream can fall silent while the log goes on.
        let mut look = Instant::now() + self.turns.stall;
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = self.batch.ripe() => {
                    self.flush().await?;
                    continue;
                }
                () = sleep_until(look), if run == Run::Followed => {
                    look = Instant::now() + self.turns.stall;
                    let newest = ask::newest(api, &self.teller.key, self.container.as_deref()).await;
                    let own = self.resume.newest();
                    // A moment's grace: the line may be on its way.
                    if newest.zip(own).is_some_and(|(newest, own)| newest > own + GRACE) {
                        self.flush().await?;
                        return Ok(Outcome::Stalled);
                    }
                    continue;
                }
                () = &mut settled, if !said => {
                    said = true;
                    self.teller.tell(LogFact::Following).await?;
                    continue;
                }
            };
            let data = match frame {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    // A line that is not complete comes again, whole, with the resumed stream.
                    self.flush().await?;
                    return Ok(Outcome::Broken(problem::of(&error)));
                }
                None => break,
            };
            look = Instant::now() + self.turns.stall;
            if !said {
                said = true;
                self.teller.tell(LogFact::Following).await?;
            }
            let mut lost = None;
            splitter.push(&data, |line, cutting| lost = self.line(line, cutting).or(lost.take()));
            if self.batch.lines.len() >= BATCH {
                self.flush().await?;
            }
            if let Some(outcome) = lost {
                self.flush().await?;
                return Ok(outcome);
            }
        }
        // The end. A last line without an ending is complete only if the container is.
        let over = run == Run::Previous || {
            let (life, _) = ask::life(api, &self.teller.key, self.container.as_deref().unwrap_or_default()).await;
            matches!(life, ask::Life::Between | ask::Life::Over)
        };
        let mut lost = None;
        splitter.finish(|line, cutting| {
            if over || line.starts_with(NO_LOG) {
                lost = self.line(line, cutting);
            }
        });
        self.flush().await?;
        Ok(lost.unwrap_or(Outcome::Complete))
    }

    /// Hands on all lines at hand. Lines leave the batch only once there is room for them, so that none is
    /// lost where this is abandoned half-way.
    pub(super) async fn flush(&mut self) -> Result<(), Closed> {
        while !self.batch.lines.is_empty() {
            let room = self.teller.facts.reserve().await.map_err(|_| Closed)?;
            let rest = self.batch.lines.split_off(self.batch.lines.len().min(BATCH));
            let lines = std::mem::replace(&mut self.batch.lines, rest);
            room.send(self.teller.fact(LogFact::Lines(lines)));
        }
        Ok(())
    }

    /// Takes one line; what it means, if it is no line of the container at all.
    fn line(&mut self, line: &[u8], cutting: Cutting) -> Option<Outcome> {
        let raw = Raw::parse(line, cutting);
        if raw.nanos == 0 && raw.bytes().starts_with(NO_LOG) {
            let problem = Problem::new(ProblemKind::NotFound, &raw.read(&mut self.mask).text).hint("the node has thrown this log away");
            return Some(if self.teller.key.previous {
                Outcome::Hopeless(problem)
            } else {
                Outcome::Lost(problem)
            });
        }
        if self.resume.accept(&raw) {
            self.read += 1;
            self.batch.push(raw.read(&mut self.mask));
        }
        None
    }
}

/// Lines that count as delivered and are on their way.
#[derive(Default)]
pub(super) struct Batch {
    lines: Vec<LogLine>,
    /// When the first of them came.
    since: Option<Instant>,
}

impl Batch {
    fn push(&mut self, line: LogLine) {
        if self.lines.is_empty() {
            self.since = Some(Instant::now());
        }
        self.lines.push(line);
    }

    /// When the lines at hand have waited long enough; never, where there are none.
    async fn ripe(&self) {
        match self.since.filter(|_| !self.lines.is_empty()) {
            Some(since) => sleep_until(since + LINGER).await,
            None => std::future::pending().await,
        }
    }
}
