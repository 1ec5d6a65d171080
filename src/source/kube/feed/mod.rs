//! One list-and-watch: a kind within a scope, told as facts for as long as somebody looks at it.
//!
//! The loop of [`Feed::run`]: wait for a connection, list, watch from where the list ended, and after
//! any trouble go on from the last version seen, or list again where that is too old. Rows are never
//! taken away because of trouble: they stay, with the trouble told, until a list says otherwise.

mod batch;
mod list;
pub(super) mod pause;
mod read;
pub mod request;
mod watch;

use std::time::Duration;

use tokio::sync::mpsc;

pub use self::list::unreadable_body;
use self::pause::Backoff;
use self::read::Reader;
use self::request::{Failure, Target, Then};
use self::watch::{End, Watched};
use super::{Api, Apis};
use crate::model::{EnvId, Fact, FeedFact, FeedKey, FeedTrouble, Problem, ProblemKind, Seen, ServedKind, Time};
use crate::source::Task;

/// After a refusal nothing changes soon, but rights are granted without a new login.
const ASK_AGAIN: Duration = Duration::from_secs(300);

/// How long refused credentials are left alone, if no new ones come.
const NEW_LOGIN: Duration = Duration::from_secs(30);

/// How often a kind is listed that the server cannot watch.
const UNWATCHED: Duration = Duration::from_secs(30);

/// How often a kind that was listed before must be missing before it is taken for gone. A server that starts says of
/// most kinds, for some seconds, that it does not have them.
const MISSING: u32 = 5;

/// The first minor version whose streaming lists are used.
const STREAMING: u32 = 34;

/// Starts a feed. It ends when the task is dropped.
pub fn spawn(env: EnvId, key: FeedKey, apis: Apis, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(Feed::new(env, key, apis, facts).run())
}

/// The state of one feed.
struct Feed {
    env: EnvId,
    key: FeedKey,
    apis: Apis,
    facts: mpsc::Sender<Fact>,
    reader: Reader,
    /// Where the watch goes on; `None`: a list is needed.
    version: Option<String>,
    /// Outages of the connection in use, as the link counts them.
    outages: u64,
    /// When the last list was complete.
    listed: Time,
    streaming: Streaming,
    shown: Shown,
    backoff: Backoff,
    chance: Chance,
    /// Versions found too old, one after the other, without anything told in between.
    expiries: u32,
    /// How the kind was served when it was last found.
    served: Option<ServedKind>,
    /// Times, one after the other, that the server did not have it.
    missing: u32,
}

/// Whether a list in the form of a watch was tried; once is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streaming {
    Untried,
    Tried,
}

/// What the facts so far say of the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Nothing,
    Live,
    Trouble,
}

/// A watch that breaks is reopened at once, but only once before it is called trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chance {
    Left,
    Used,
}

impl Feed {
    fn new(env: EnvId, key: FeedKey, apis: Apis, facts: mpsc::Sender<Fact>) -> Self {
        Self {
            reader: Reader::new(&key),
            env,
            key,
            apis,
            facts,
            version: None,
            outages: 0,
            listed: Time::NEVER,
            streaming: Streaming::Untried,
            shown: Shown::Nothing,
            backoff: Backoff::default(),
            chance: Chance::Left,
            expiries: 0,
            served: None,
            missing: 0,
        }
    }

    async fn run(mut self) {
        loop {
            let api = match self.apis.wait_for(Option::is_some).await.map(|api| api.clone()) {
                Ok(Some(api)) => api,
                Ok(None) => continue,
                // The link has ended: so does what stands on it.
                Err(_) => return,
            };
            self.outages = api.outages;
            if let Some(found) = api.served.iter().find(|s| s.kind == self.key.kind && s.list) {
                self.served = Some(found.clone());
            }
            let Some(served) = self.served.clone() else {
                self.trouble(FeedTrouble::Absent).await;
                if self.apis.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let target = Target::new(&served, &self.key.scope);
            if let Err(failure) = self.round(&api, &served, &target).await {
                self.recover(failure).await;
            }
        }
    }

    /// One list or one watch, whichever is due.
    async fn round(&mut self, api: &Api, served: &ServedKind, target: &Target) -> Result<(), Failure> {
        let Some(version) = self.version.clone() else {
            if self.may_stream(api, served) {
                self.streaming = Streaming::Tried;
                match self.watch_from_nothing(api, target).await {
                    // Whatever is wrong with it: an ordinary list tells it better, or works.
                    Err(_) => {}
                    Ok(watched) if watched.lines == 0 && self.version.is_none() => {}
                    Ok(watched) => return self.after_watch(watched).await,
                }
            }
            let version = self.list(api, target).await?;
            self.missing = 0;
            self.backoff.reset();
            self.version = Some(version);
            if !served.watch {
                self.pause(UNWATCHED).await;
                self.version = None;
            }
            return Ok(());
        };
        match self.watch(api, target, &version).await {
            Ok(watched) => self.after_watch(watched).await,
            Err(Failure { then: Then::Denied, .. }) => Err(self.unwatchable(target)),
            Err(failure) => Err(failure),
        }
    }

    /// Streaming lists are for objects only: whether the last bookmark of a Table stream can be told
    /// from a row differs between servers.
    fn may_stream(&self, api: &Api, served: &ServedKind) -> bool {
        self.streaming == Streaming::Untried && api.minor >= STREAMING && served.watch && matches!(self.reader, Reader::Known(..))
    }

    async fn after_watch(&mut self, watched: Watched) -> Result<(), Failure> {
        if watched.was_good() {
            self.chance = Chance::Left;
            self.missing = 0;
            self.expiries = 0;
            self.backoff.reset();
        }
        match watched.end {
            End::Cut(failure) => Err(failure),
            End::Doubtful => Ok(()),
            End::Closed => {
                // A server that closes every watch at once must not be asked in a tight loop.
                if !watched.was_good() {
                    let pause = self.backoff.next();
                    self.pause(pause).await;
                }
                Ok(())
            }
        }
    }

    /// Lists are allowed and watches are not: the rows are as old as the list.
    fn unwatchable(&mut self, target: &Target) -> Failure {
        let (hours, minutes) = (self.listed.0 / 3600 % 24, self.listed.0 / 60 % 60);
        let text = format!(
            "may list but not watch {}{}: rows are as of {hours:02}:{minutes:02} UTC",
            target.resource, target.place
        );
        Failure {
            problem: Problem::new(ProblemKind::Denied, text).hint("ask for the right to watch"),
            then: Then::Denied,
        }
    }

    /// Tells a failure, and waits as long as it asks for.
    async fn recover(&mut self, failure: Failure) {
        let Failure { problem, then } = failure;
        match then {
            Then::Gone => {
                self.version = None;
                self.expiries += 1;
                // Once is the way of things; a server that finds its own list too old needs time.
                if self.expiries > 1 {
                    let pause = self.backoff.next();
                    self.pause(pause).await;
                }
            }
            Then::Denied => {
                self.version = None;
                self.trouble(FeedTrouble::Denied(problem)).await;
                self.pause(ASK_AGAIN).await;
            }
            Then::Absent if self.listed.is_known() && self.missing < MISSING => {
                self.missing += 1;
                let pause = self.backoff.next();
                self.retry(problem, pause).await;
            }
            Then::Absent => {
                self.version = None;
                self.served = None;
                self.trouble(FeedTrouble::Absent).await;
                self.pause(ASK_AGAIN).await;
            }
            Then::Login => self.retry(problem, NEW_LOGIN).await,
            Then::RetryLater => self.retry(problem, ASK_AGAIN).await,
            Then::Retry(None) if self.version.is_some() && self.chance == Chance::Left => self.chance = Chance::Used,
            Then::Retry(asked) => {
                let pause = self.backoff.next().max(asked.unwrap_or_default().min(ASK_AGAIN));
                self.retry(problem, pause).await;
            }
        }
    }

    async fn retry(&mut self, problem: Problem, pause: Duration) {
        let next = now() + i64::try_from(pause.as_secs_f64().ceil() as u64).unwrap_or(i64::MAX);
        self.trouble(FeedTrouble::Retrying { problem, next }).await;
        self.pause(pause).await;
    }

    /// Waits, or until the link publishes a new connection.
    async fn pause(&mut self, pause: Duration) {
        tokio::select! {
            Ok(()) = self.apis.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    async fn trouble(&mut self, trouble: FeedTrouble) {
        self.shown = Shown::Trouble;
        self.tell(FeedFact::Trouble(trouble)).await;
    }

    async fn listed(&mut self, unreadable: u32) {
        self.listed = now();
        // Rows are news again until the watch on them is open.
        self.shown = Shown::Nothing;
        self.tell(FeedFact::Listed { unreadable }).await;
    }

    async fn live(&mut self) {
        if self.shown != Shown::Live {
            self.shown = Shown::Live;
            self.tell(FeedFact::Live).await;
        }
    }

    async fn tell(&self, fact: FeedFact) {
        let fact = Fact {
            env: self.env,
            at: now(),
            seen: Seen::Feed(self.key.clone(), fact),
        };
        if self.facts.send(fact).await.is_err() {
            // Nobody listens any more: the program ends, and this task with it.
            std::future::pending::<()>().await;
        }
    }
}

/// The present moment.
pub fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests;
