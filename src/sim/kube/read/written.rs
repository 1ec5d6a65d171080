//! What one run of a container wrote, read as a log file is read: from its end backwards for the last lines, and
//! forward as it grows.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use futures::Stream;
use jiff::{SignedDuration, Timestamp};

use super::super::Kube;
use super::log::Wish;
use crate::sim::logs::{self, Line};
use crate::sim::store::{Stored, nanos};
use crate::sim::world::{Life, Run, World};

/// The most that a node keeps of one log (bytes): what is older was rotated away.
const MOST: usize = 10 << 20;

/// How far back the first look for the last lines goes; each further look goes twice as far.
const FIRST_LOOK: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_LOOK: SignedDuration = SignedDuration::from_mins(15);

/// Which run is read, and how.
#[derive(Debug)]
pub struct Reading {
    pod: Arc<Stored>,
    container: String,
    run: String,
    wish: Wish,
}

impl Reading {
    pub fn new(pod: Arc<Stored>, container: String, run: String, wish: Wish) -> Self {
        Self { pod, container, run, wish }
    }

    fn find<'a>(&self, world: &'a World) -> Option<&'a Run> {
        let mut runs = world.runs.of(&self.pod.uid, &self.container);
        runs.rfind(|run| run.id == self.run)
    }
}

/// A log that is being read.
#[derive(Debug)]
pub struct Written {
    kube: Arc<Kube>,
    reading: Reading,
    /// Everything before this time is told; in a still world, so many lines.
    until: Timestamp,
    told: usize,
    /// Bytes that may still be told.
    left: usize,
    over: bool,
}

impl Written {
    pub fn new(kube: Arc<Kube>, reading: Reading) -> Self {
        Self {
            left: reading.wish.limit.unwrap_or(usize::MAX),
            kube,
            reading,
            until: Timestamp::MIN,
            told: 0,
            over: false,
        }
    }

    /// Whether there is nothing more to come.
    pub fn is_over(&self) -> bool {
        self.over || self.left == 0
    }

    /// What there is now.
    pub fn begin(&mut self) -> Bytes {
        let kube = Arc::clone(&self.kube);
        let lines = {
            let world = kube.world.read();
            let Some(run) = self.reading.find(&world) else {
                self.over = true;
                return Bytes::new();
            };
            self.over = run.ended.is_some();
            self.until = end(&world, run);
            self.told = run.said.len();
            (world.life() == Life::Still).then(|| {
                let since = self.reading.wish.since;
                let said = run.said.iter().filter(|(at, _)| since.is_none_or(|since| *at >= since));
                said.map(line).collect()
            })
        };
        let lines: Vec<Line> = lines.unwrap_or_else(|| self.backwards());
        let from = self.reading.wish.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        self.told_as(lines.get(from..).unwrap_or_default())
    }

    /// The lines before `until` that are asked for, looked for from the end. The world is let go between two looks,
    /// so that a long log does not stop it.
    fn backwards(&self) -> Vec<Line> {
        let wish = &self.reading.wish;
        let (mut parts, mut count, mut bytes) = (Vec::new(), 0, 0);
        let (mut to, mut look) = (self.until, FIRST_LOOK);
        while bytes < MOST && wish.tail.is_none_or(|tail| count < tail) {
            let world = self.kube.world.read();
            let Some(run) = self.reading.find(&world) else { break };
            let start = wish.since.unwrap_or(run.started).max(run.started);
            if to <= start {
                break;
            }
            let from = to.checked_sub(look).unwrap_or(start).max(start);
            let lines = logs::lines(&world, &self.reading.container, run, from, to);
            count += lines.len();
            bytes += lines.iter().map(|line| line.text.len() + 40).sum::<usize>();
            parts.push(lines);
            to = from;
            look = (look * 2).min(LONGEST_LOOK);
        }
        parts.into_iter().rev().flatten().collect()
    }

    /// What came since the last look; sets `over` when nothing more will come.
    fn more(&mut self) -> Bytes {
        let kube = Arc::clone(&self.kube);
        let lines: Vec<Line> = {
            let world = kube.world.read();
            let key = &self.reading.pod.key;
            let alive = world.store.find(key).is_some_and(|pod| pod.uid == self.reading.pod.uid);
            let Some(run) = self.reading.find(&world) else {
                self.over = true;
                return Bytes::new();
            };
            self.over = run.ended.is_some() || !alive;
            if world.life() == Life::Still {
                let fresh = run.said.get(self.told..).unwrap_or_default();
                self.told = run.said.len();
                fresh.iter().map(line).collect()
            } else {
                let until = end(&world, run);
                let from = self.until.max(self.reading.wish.since.unwrap_or(Timestamp::MIN));
                let lines = logs::lines(&world, &self.reading.container, run, from, until.max(from));
                self.until = self.until.max(until);
                lines
            }
        };
        self.told_as(&lines)
    }

    fn told_as(&mut self, lines: &[Line]) -> Bytes {
        let mut text = Vec::new();
        for line in lines {
            if self.reading.wish.timestamps {
                text.extend_from_slice(nanos(line.at).as_bytes());
                text.push(b' ');
            }
            text.extend_from_slice(&line.text);
            text.push(b'\n');
        }
        text.truncate(self.left);
        self.left -= text.len();
        Bytes::from(text)
    }

    /// The log as it grows, from what was read at the beginning on.
    pub fn followed(self, first: Bytes) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        let bell = self.kube.world.listen();
        futures::stream::unfold((self, first, bell), |(mut log, first, mut bell)| async move {
            if !first.is_empty() {
                return Some((Ok(first), (log, Bytes::new(), bell)));
            }
            loop {
                if log.is_over() {
                    return None;
                }
                bell.borrow_and_update();
                let more = log.more();
                if !more.is_empty() {
                    return Some((Ok(more), (log, Bytes::new(), bell)));
                }
                if !log.is_over() && bell.changed().await.is_err() {
                    return None;
                }
            }
        })
    }
}

fn line((at, text): &(Timestamp, Bytes)) -> Line {
    Line {
        at: *at,
        text: text.clone(),
    }
}

/// Up to where a run can be read: a moment after its end, or now.
fn end(world: &World, run: &Run) -> Timestamp {
    let ended = run.ended.as_ref().map(|ending| ending.at + SignedDuration::from_nanos(1));
    ended.unwrap_or_else(|| world.now())
}
