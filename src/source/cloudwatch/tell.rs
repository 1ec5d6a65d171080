//! Events on their way out: by log stream, in small batches, under back-pressure.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::line::{Event, Wrapping};
use crate::model::{EnvId, Fact, GroupKey, LogFact, LogLine, LogNote, NoteKind, Problem, Seen, Stream, Streams, Time, clean};
use crate::redact::{LineMask, Mask};

/// Most lines in one fact.
const BATCH: usize = 512;
/// Log streams whose names and open secrets are remembered; twice as many at most.
const STREAMS: usize = 10_000;

/// Nobody listens any more.
pub struct Closed;

/// Says what happened to whom it concerns.
pub struct Teller {
    wrapping: Wrapping,
    env: EnvId,
    stream: Stream,
    facts: mpsc::Sender<Fact>,
    branches: Branches,
}

impl Teller {
    pub fn new(env: EnvId, key: GroupKey, mask: Mask, facts: mpsc::Sender<Fact>) -> Self {
        // Where a pod's log goes on, its lines are to read as they did.
        let wrapping = match key.streams {
            Streams::Pod(_) => Wrapping::Off,
            Streams::All | Streams::Begin(_) => Wrapping::Kept,
        };
        Self {
            wrapping,
            env,
            stream: Stream::Group(key),
            facts,
            branches: Branches {
                mask,
                ..Branches::default()
            },
        }
    }

    pub async fn tell(&self, news: LogFact) -> Result<(), Closed> {
        let fact = Fact {
            env: self.env,
            at: now(),
            seen: Seen::Log(self.stream.clone(), news),
        };
        self.facts.send(fact).await.map_err(|_| Closed)
    }

    /// Tells events, oldest first.
    pub async fn events(&mut self, events: Vec<Event>) -> Result<(), Closed> {
        // A log stream keeps its lines together, so that a page of many streams is not as many facts as lines.
        let mut ready: Vec<(Arc<str>, Vec<LogLine>)> = Vec::new();
        let mut places: HashMap<Arc<str>, usize> = HashMap::new();
        for event in events {
            let branch = self.branches.of(&event.stream);
            let place = *places.entry(branch.name.clone()).or_insert_with(|| {
                ready.push((branch.name.clone(), Vec::new()));
                ready.len() - 1
            });
            if let Some((_, lines)) = ready.get_mut(place) {
                lines.extend(event.lines(self.wrapping, &mut branch.mask));
            }
        }
        for (name, mut lines) in ready {
            while lines.len() > BATCH {
                let rest = lines.split_off(BATCH);
                let batch = std::mem::replace(&mut lines, rest);
                self.tell(LogFact::Branch(name.clone(), batch)).await?;
            }
            self.tell(LogFact::Branch(name, lines)).await?;
        }
        Ok(())
    }

    pub async fn note(&self, kind: NoteKind, text: impl Into<Box<str>>) -> Result<(), Closed> {
        let text = text.into();
        self.tell(LogFact::Note(LogNote {
            nanos: 0,
            kind,
            text,
            lost: 0,
        }))
        .await
    }

    pub async fn retrying(&self, problem: Problem, wait: std::time::Duration) -> Result<(), Closed> {
        let next = now() + wait.as_secs().max(1) as i64;
        self.tell(LogFact::Retrying { problem, next }).await
    }

    /// Ends when nobody listens any more.
    pub async fn closed(&self) {
        self.facts.closed().await;
    }
}

/// A log stream of the group.
struct Branch {
    name: Arc<str>,
    /// A private key may go over several events.
    mask: LineMask,
}

/// The log streams seen lately. The ones not seen for longest are forgotten first, in two generations.
#[derive(Default)]
struct Branches {
    mask: Mask,
    young: HashMap<String, Branch>,
    old: HashMap<String, Branch>,
}

impl Branches {
    fn of(&mut self, stream: &str) -> &mut Branch {
        if !self.young.contains_key(stream) && self.young.len() >= STREAMS {
            self.old = std::mem::take(&mut self.young);
        }
        let Self { mask, young, old } = self;
        young.entry(stream.to_owned()).or_insert_with(|| {
            old.remove(stream).unwrap_or_else(|| Branch {
                name: clean(stream).into(),
                mask: LineMask::with(mask),
            })
        })
    }
}

/// The clock, as facts carry it.
pub fn now() -> Time {
    Time(now_ms() / 1000)
}

/// The clock in milliseconds since 1970.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
