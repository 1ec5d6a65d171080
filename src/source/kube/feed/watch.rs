//! A watch: what changed, as it changes, until the server or the network ends it.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;
use tokio_util::bytes::Bytes;

use super::batch::{Added, Batch};
use super::list::MOST_ITEMS;
use super::pause::fraction;
use super::read::News;
use super::request::{Chunks, Failure, SILENCE, Target, encode, open};
use super::{Feed, now};
use crate::model::{FeedFact, Problem, ProblemKind};
use crate::source::kube::Api;
use crate::source::kube::stream::LineSplitter;

/// Events told at once, at most.
const BATCH: usize = 256;

/// A watch that lived this long was a good one, even if it told nothing.
const GOOD: Duration = Duration::from_secs(10);

/// How a watch ended.
#[derive(Debug)]
pub enum End {
    /// The server closed it between two events, as it does after the time asked for.
    Closed,
    /// The connection broke, or the server said that it failed.
    Cut(Failure),
    /// The link was lost and came back meanwhile: what the server sent in between may never arrive on this
    /// connection.
    Doubtful,
}

/// What waiting for a chunk came to.
enum Waited {
    Next(Result<Option<Bytes>, Failure>),
    Silence,
    Doubt,
}

/// How far the initial state has come, where the watch itself brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// The list came before; or it is complete.
    Complete,
    /// Events are the initial state, until a bookmark says that it is complete.
    Coming { unreadable: u32 },
}

/// A watch and how it went.
#[derive(Debug)]
pub struct Watched {
    pub end: End,
    /// Lines that it told.
    pub lines: u64,
    pub lasted: Duration,
}

impl Watched {
    /// Whether it worked, whatever ended it.
    pub fn was_good(&self) -> bool {
        self.lines > 0 || self.lasted >= GOOD
    }
}

/// Seconds to ask for: jittered, so that the watches of all feeds do not end together.
fn timeout() -> u64 {
    200 + (fraction() * 20.0) as u64
}

impl Feed {
    /// Watches from a resource version on.
    pub(super) async fn watch(&mut self, api: &Api, target: &Target, version: &str) -> Result<Watched, Failure> {
        let seconds = timeout();
        let version = encode(version);
        let query = format!("watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={version}");
        let chunks = open(&api.client, target, &query, self.reader.accept(), "watch").await?;
        self.live().await;
        Ok(self.follow(chunks, target, Initial::Complete, seconds).await)
    }

    /// Lists and watches in one request, as servers from 1.34 on can: the watch begins with what exists.
    pub(super) async fn watch_from_nothing(&mut self, api: &Api, target: &Target) -> Result<Watched, Failure> {
        let seconds = timeout();
        let query = format!(
            "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds={seconds}"
        );
        let chunks = open(&api.client, target, &query, self.reader.accept(), "watch").await?;
        self.tell(FeedFact::Begin).await;
        Ok(self.follow(chunks, target, Initial::Coming { unreadable: 0 }, seconds).await)
    }

    async fn follow(&mut self, mut chunks: Chunks, target: &Target, mut initial: Initial, seconds: u64) -> Watched {
        let opened = Instant::now();
        let mut lines = LineSplitter::default();
        let mut batch = Batch::default();
        let mut told = 0;
        let end = loop {
            let patience = match initial {
                Initial::Complete => Duration::from_secs(seconds + 10),
                Initial::Coming { .. } => SILENCE,
            };
            let mut next = match self.wait(&mut chunks, patience).await {
                Waited::Next(next) => next,
                // Silent for longer than the server keeps a watch open: the connection is dead.
                Waited::Silence => Err(Failure::silent("watch", &target.resource, patience)),
                Waited::Doubt => break End::Doubtful,
            };
            // What has arrived in the meantime belongs to the same fact.
            let end = loop {
                let chunk = match next {
                    Ok(Some(chunk)) => chunk,
                    Ok(None) => break Some(ended(lines.rest(), target)),
                    Err(failure) => break Some(End::Cut(failure)),
                };
                let mut news = Vec::new();
                let (reader, at) = (&mut self.reader, now());
                let split = lines.feed(&chunk, |line| news.push(reader.event(line, at)));
                told += news
                    .iter()
                    .filter(|n| matches!(n, News::Put(..) | News::Gone(..) | News::Bookmark { .. }))
                    .count() as u64;
                if let Some(end) = self.take(news, &mut batch, &mut initial, target).await {
                    break Some(end);
                }
                if let Err(error) = split {
                    break Some(End::Cut(Failure::unreadable(error, &chunk, target)));
                }
                if initial != Initial::Complete && told > MOST_ITEMS {
                    let text = format!("the list of {} does not end: given up after {told} objects", target.resource);
                    break Some(End::Cut(Failure::retry(Problem::new(ProblemKind::BadAnswer, text))));
                }
                if batch.len() >= BATCH {
                    break None;
                }
                match chunks.at_hand() {
                    Some(more) => next = more,
                    None => break None,
                }
            };
            self.flush(&mut batch).await;
            if let Some(end) = end {
                break end;
            }
        };
        Watched {
            end,
            lines: told,
            lasted: opened.elapsed(),
        }
    }

    /// The next chunk, if there is one within `patience` and the link stands. New credentials alone do not
    /// disturb a watch.
    async fn wait(&mut self, chunks: &mut Chunks, patience: Duration) -> Waited {
        let deadline = Instant::now() + patience;
        let mut lost = false;
        loop {
            tokio::select! {
                biased;
                next = chunks.next() => return Waited::Next(next),
                () = tokio::time::sleep_until(deadline) => return Waited::Silence,
                // Once the link has ended for good, there is nothing more to hear of it.
                Ok(()) = self.apis.changed() => {
                    match self.apis.borrow_and_update().as_ref() {
                        Some(api) if lost || api.outages != self.outages => return Waited::Doubt,
                        Some(_) => {}
                        None => lost = true,
                    }
                }
            }
        }
    }

    /// Takes events in; returns how the watch ends, if one of them ends it.
    async fn take(&mut self, news: Vec<News>, batch: &mut Batch, initial: &mut Initial, target: &Target) -> Option<End> {
        for news in news {
            match news {
                News::Put(object, version) => {
                    self.advance(version, *initial);
                    if let Added::No(object) = batch.put(object) {
                        self.flush(batch).await;
                        batch.put(object);
                    }
                }
                News::Gone(uid, version) => {
                    self.advance(version, *initial);
                    batch.gone(uid);
                }
                News::Bookmark { version, complete } => {
                    if let (true, Initial::Coming { unreadable }) = (complete, *initial) {
                        self.flush(batch).await;
                        self.listed(unreadable).await;
                        self.live().await;
                        *initial = Initial::Complete;
                    }
                    self.advance(version, *initial);
                }
                News::Failed(status) => {
                    return Some(End::Cut(Failure::of_answer(StatusCode::OK, &status, "watch", target, None)));
                }
                News::Foreign(line) => return Some(ended(&line, target)),
                News::Unreadable => {
                    if let Initial::Coming { unreadable } = initial {
                        *unreadable += 1;
                    }
                }
            }
        }
        None
    }

    /// A watch that breaks now goes on from this version. Not so while the initial state is coming:
    /// its objects come in no order of versions.
    fn advance(&mut self, version: Box<str>, initial: Initial) {
        if initial == Initial::Complete && !version.is_empty() {
            self.version = Some(version.into());
        }
    }

    async fn flush(&mut self, batch: &mut Batch) {
        let (gone, puts) = batch.take();
        if !gone.is_empty() {
            self.tell(FeedFact::Gone(gone)).await;
        }
        if !puts.is_empty() {
            self.tell(FeedFact::Put(puts)).await;
        }
    }
}

/// The end of a stream, given what is left of its last line.
fn ended(rest: &[u8], target: &Target) -> End {
    match rest.trim_ascii().first() {
        None => End::Closed,
        Some(b'{') => End::Cut(Failure::retry(Problem::new(
            ProblemKind::Unreachable,
            format!("the watch of {} was cut", target.resource),
        ))),
        Some(_) => End::Cut(Failure::of_answer(StatusCode::OK, rest, "watch", target, None)),
    }
}
