//! The log of one container, followed through everything that can happen to it.
//!
//! Not there yet: asked again until the container starts. Broken off: resumed where it was. Ended because
//! the kubelet rotated the file or restarted: resumed. Ended because the container did: said so, and gone
//! on with once it runs again. Lines are handed on in order and under back-pressure, never dropped.

pub(super) mod ask;
mod resume;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};

use super::request::now;
use super::{Api, Apis};
use crate::model::{EnvId, Fact, LogFact, LogKey, LogNote, NoteKind, Problem, ProblemKind, Seen, Time, short_age};
use crate::redact::{LineMask, Mask};
use crate::source::Task;
use ask::{Life, Run};
use resume::Resume;
use stream::Batch;

/// How often is looked whether a container has started (again).
const START: Duration = Duration::from_secs(3);
/// Pauses after trouble: from, to.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Tells the log of one container until the task is dropped, or until there can be no more of it.
pub fn spawn(env: EnvId, key: LogKey, apis: Apis, turns: Turns, mask: &Mask, facts: mpsc::Sender<Fact>) -> Task {
    let teller = Teller { env, key, facts };
    let log = Log::new(teller, turns, LineMask::with(mask));
    Task::spawn(async move {
        // An error means that nobody listens any more, or that there is no link to wait for.
        let _ = log.run(apis).await;
    })
}

/// Logs of one environment that are followed at the same time: each is a connection, and a stream on its API server.
const FOLLOWED: usize = 200;
/// Of the others, so many are read at the same time.
const LOOKS: usize = 4;
/// How long a stream is silent before that is looked into.
const STALL: Duration = Duration::from_secs(60);
/// From one look at a log that is not followed to the next.
const POLL: Duration = Duration::from_secs(10);

/// The turns that the logs of one environment take.
#[derive(Clone, Debug)]
pub struct Turns {
    follow: Arc<Semaphore>,
    look: Arc<Semaphore>,
    /// Logs are read as far as they were written, and not followed.
    once: bool,
    /// A stream that is silent for so long is compared with what the log holds: after a rotation of the file some kubelets
    /// go on following the old one (kubernetes/kubernetes#115701).
    stall: Duration,
}

impl Turns {
    /// For logs that are followed, or only read once.
    pub fn new(once: bool) -> Self {
        Self::of(if once { 0 } else { FOLLOWED }, once)
    }

    fn of(followed: usize, once: bool) -> Self {
        Self {
            follow: Arc::new(Semaphore::new(followed)),
            look: Arc::new(Semaphore::new(LOOKS)),
            once,
            stall: STALL,
        }
    }
}

/// Nobody listens any more.
struct Closed;

/// Says what happened to whom it concerns.
struct Teller {
    env: EnvId,
    key: LogKey,
    facts: mpsc::Sender<Fact>,
}

impl Teller {
    async fn tell(&self, news: LogFact) -> Result<(), Closed> {
        self.facts.send(self.fact(news)).await.map_err(|_| Closed)
    }

    fn fact(&self, news: LogFact) -> Fact {
        Fact {
            env: self.env,
            at: now(),
            seen: Seen::Log(self.key.clone().into(), news),
        }
    }
}

/// How one attempt to read the log went.
pub(super) enum Outcome {
    /// The stream broke: resume at once, and say so only if that fails too.
    Broken(Problem),
    /// The stream ended in good order.
    Complete,
    /// The log goes on, and the stream does not tell of it.
    Stalled,
    /// Nothing to read yet: ask again every [`START`].
    NotYet(Problem),
    /// The server or kubelet does not answer as it should: ask again with a growing pause.
    Trouble(Problem),
    /// Only another connection (a login, other rights) can help.
    Refused(Problem),
    /// The log is gone from the node; there is a new one once the container runs again.
    Lost(Problem),
    /// There is nothing to read and never will be.
    Hopeless(Problem),
    /// The pod does not exist.
    Gone,
}

/// One log being followed.
struct Log {
    teller: Teller,
    resume: Resume,
    /// Lines that came and were new.
    read: u64,
    mask: LineMask,
    batch: Batch,
    /// The container, once it is known which.
    container: Option<String>,
    /// Whether the end of the newest run was told.
    ended: bool,
    /// The run that was read last: the number of restarts before it.
    run: Option<u64>,
    /// Since when the stream is broken, if it is.
    broken: Option<Time>,
    turns: Turns,
}

/// What comes after an attempt.
enum Next {
    Wait(Duration),
    /// Nothing to do on this connection.
    Idle,
    /// There can be no more of this log.
    Over,
}

impl Log {
    fn new(teller: Teller, turns: Turns, mask: LineMask) -> Self {
        let container = Some(teller.key.container.to_string()).filter(|c| !c.is_empty());
        Self {
            teller,
            container,
            resume: Resume::default(),
            read: 0,
            mask,
            batch: Batch::default(),
            ended: false,
            run: None,
            broken: None,
            turns,
        }
    }

    async fn run(mut self, mut apis: Apis) -> Result<(), Closed> {
        let mut pause = PAUSE.0;
        let mut silent = true;
        loop {
            let api = apis.wait_for(Option::is_some).await.map_err(|_| Closed)?.clone();
            let Some(api) = api else { continue };
            apis.mark_unchanged();
            let before = self.read;
            // Where all connections are taken, it is read again and again instead of followed.
            let turn = self.turns.follow.clone().try_acquire_owned().ok();
            let run = match (self.teller.key.previous, &turn) {
                (true, _) => Run::Previous,
                (false, Some(_)) => Run::Followed,
                (false, None) => Run::SoFar,
            };
            let outcome = tokio::select! {
                outcome = self.in_turn(&api, run) => outcome?,
                changed = apis.changed() => {
                    changed.map_err(|_| Closed)?;
                    continue;
                }
            };
            drop(turn);
            if self.read != before {
                (pause, silent) = (PAUSE.0, true);
            }
            let next = match outcome {
                Outcome::Broken(_) if std::mem::take(&mut silent) => Next::Wait(Duration::from_millis(50)),
                // Who reads once wants an answer: what can be had, or why not.
                Outcome::NotYet(problem) if self.turns.once => {
                    self.teller.tell(LogFact::Waiting(problem)).await?;
                    Next::Over
                }
                Outcome::Broken(problem) | Outcome::Trouble(problem) | Outcome::Refused(problem) if self.turns.once => {
                    self.teller.tell(LogFact::Failed(problem)).await?;
                    Next::Over
                }
                Outcome::Broken(problem) | Outcome::Trouble(problem) => {
                    self.broken = self.broken.or(Some(now()));
                    let wait = pause;
                    pause = (pause * 2).min(PAUSE.1);
                    self.retrying(problem, wait).await?
                }
                Outcome::Refused(problem) => {
                    self.teller.tell(LogFact::Failed(problem)).await?;
                    Next::Idle
                }
                Outcome::Lost(problem) => match self.life(&api).await.0 {
                    Life::Over => {
                        self.teller.tell(LogFact::Failed(problem)).await?;
                        Next::Over
                    }
                    _ => self.retrying(problem, START).await?,
                },
                Outcome::NotYet(problem) => match self.life(&api).await.0 {
                    Life::Over => {
                        self.teller.tell(LogFact::Failed(problem)).await?;
                        Next::Over
                    }
                    _ => self.waiting(problem).await?,
                },
                Outcome::Hopeless(problem) => {
                    self.teller.tell(LogFact::Failed(problem)).await?;
                    Next::Over
                }
                Outcome::Gone if self.resume.since().is_none() && !self.ended => {
                    let pod = &self.teller.key.pod;
                    let problem = Problem::new(ProblemKind::NotFound, format!("there is no pod {pod}"));
                    self.teller.tell(LogFact::Failed(problem)).await?;
                    Next::Over
                }
                Outcome::Gone => {
                    if !self.ended {
                        self.teller.tell(LogFact::Ended).await?;
                    }
                    Next::Over
                }
                Outcome::Complete if self.teller.key.previous => {
                    if self.resume.newest().is_some() {
                        let text = "here this run ended; what follows is the next one".to_owned();
                        self.note(NoteKind::Restarted, text).await?;
                    }
                    self.teller.tell(LogFact::Ended).await?;
                    Next::Over
                }
                Outcome::Stalled => {
                    let text = "the log went on and its stream did not: opened again, nothing is missing".to_owned();
                    self.note(NoteKind::Rotated, text).await?;
                    Next::Wait(Duration::ZERO)
                }
                Outcome::Complete if self.turns.once => {
                    self.teller.tell(LogFact::Ended).await?;
                    Next::Over
                }
                Outcome::Complete if run == Run::SoFar => match self.after_look(&api).await? {
                    Next::Wait(_) => Next::Wait(POLL),
                    next => next,
                },
                Outcome::Complete => {
                    let next = tokio::select! {
                        next = self.after_end(&api) => next?,
                        changed = apis.changed() => {
                            changed.map_err(|_| Closed)?;
                            continue;
                        }
                    };
                    // A log that ends at once, again and again, while its container runs.
                    if self.read == before && matches!(next, Next::Wait(w) if w < PAUSE.1) {
                        let wait = pause.max(PAUSE.0);
                        pause = (pause * 2).min(START);
                        Next::Wait(wait)
                    } else {
                        next
                    }
                }
            };
            let wait = match next {
                Next::Over => return Ok(()),
                Next::Wait(wait) => wait,
                Next::Idle => Duration::MAX,
            };
            tokio::select! {
                () = pass(wait) => {}
                () = self.teller.facts.closed() => return Err(Closed),
                changed = apis.changed() => changed.map_err(|_| Closed)?,
            }
        }
    }

    /// What state its container is in, and in which run.
    async fn life(&self, api: &Api) -> (Life, Option<u64>) {
        ask::life(api, &self.teller.key, self.container.as_deref().unwrap_or_default()).await
    }

    async fn waiting(&self, problem: Problem) -> Result<Next, Closed> {
        self.teller.tell(LogFact::Waiting(problem)).await?;
        Ok(Next::Wait(START))
    }

    async fn retrying(&self, problem: Problem, wait: Duration) -> Result<Next, Closed> {
        let next = now() + wait.as_secs() as i64;
        self.teller.tell(LogFact::Retrying { problem, next }).await?;
        Ok(Next::Wait(wait))
    }

    /// One attempt. Who is not followed waits for a turn to be read.
    async fn in_turn(&mut self, api: &Api, run: Run) -> Result<Outcome, Closed> {
        let look = self.turns.look.clone();
        let _turn = match run {
            Run::SoFar => look.acquire_owned().await.ok(),
            Run::Followed | Run::Previous => None,
        };
        self.attempt(api, run).await
    }

    /// Says what happened, at the place of the newest line.
    pub(super) async fn note(&mut self, kind: NoteKind, text: String) -> Result<(), Closed> {
        let note = LogNote {
            nanos: self.resume.newest().unwrap_or(0),
            kind,
            text: text.into(),
            lost: 0,
        };
        self.teller.tell(LogFact::Note(note)).await
    }

    /// The stream is there (again): says for how long it was not.
    pub(super) async fn opened(&mut self) -> Result<(), Closed> {
        if let Some(since) = self.broken.take() {
            let text = format!("after {} without a connection; nothing is missing", short_age(since.age(now())));
            self.note(NoteKind::Reconnected, text).await?;
        }
        Ok(())
    }

    /// A look at a log that is not followed has ended: is there more to come?
    async fn after_look(&mut self, api: &Api) -> Result<Next, Closed> {
        let (life, run) = self.life(api).await;
        self.began(api, run).await?;
        if life == Life::Over {
            self.teller.tell(LogFact::Ended).await?;
            return Ok(Next::Over);
        }
        Ok(Next::Wait(POLL))
    }

    /// The container is in this run now. Whether it is another one than was read last; what came between is fetched.
    async fn began(&mut self, api: &Api, run: Option<u64>) -> Result<bool, Closed> {
        let Some(run) = run else { return Ok(false) };
        let Some(before) = self.run.replace(run) else { return Ok(false) };
        if run <= before {
            return Ok(false);
        }
        if run > before + 1 {
            // A run began and ended between two looks: its log is that of the run before this one.
            let _ = self.attempt(api, Run::Previous).await?;
        }
        if run > before + 2 {
            let text = format!(
                "{} runs began and ended between two looks; the node keeps only the last of their logs",
                run - before - 2
            );
            self.note(NoteKind::Gap, text).await?;
        }
        self.note(NoteKind::Restarted, format!("the container was started anew, for the {run}. time"))
            .await?;
        Ok(true)
    }

    /// The stream ended in good order: because the container did, or only the file? Where it did, waits
    /// for its next run.
    async fn after_end(&mut self, api: &Api) -> Result<Next, Closed> {
        loop {
            let (life, run) = self.life(api).await;
            // One that has ended again already was there, too.
            if self.began(api, run).await? {
                self.ended = false;
                return Ok(Next::Wait(Duration::ZERO));
            }
            match life {
                Life::Runs => {
                    self.ended = false;
                    return Ok(Next::Wait(Duration::ZERO));
                }
                Life::Unknown => {}
                // An old server has an empty log for a pod without a node, where a newer one says so.
                Life::Unstarted => {
                    let text = format!("pod {} has not been started on a node yet", self.teller.key.pod);
                    return self.waiting(Problem::new(ProblemKind::Server, text)).await;
                }
                Life::Between | Life::Over => {
                    if !std::mem::replace(&mut self.ended, true) {
                        self.teller.tell(LogFact::Ended).await?;
                    }
                    if life == Life::Over {
                        return Ok(Next::Over);
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(START) => {}
                () = self.teller.facts.closed() => return Err(Closed),
            }
        }
    }
}

/// Waits so long; `Duration::MAX` is for ever.
async fn pass(wait: Duration) {
    if wait == Duration::MAX {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(wait).await;
}

#[cfg(test)]
mod tests;
