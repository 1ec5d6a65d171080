//! The log of one container, followed through everything that can happen to it.
//!
//! Not there yet: asked again until the container starts. Broken off: resumed where it was. Ended because
//! the kubelet rotated the file or restarted: resumed. Ended because the container did: said so, and gone
//! on with once it runs again. Lines are handed on in order and under back-pressure, never dropped.

pub(super) mod ask;
pub(super) mod lines;
mod resume;
mod stream;

use std::time::Duration;

use tokio::sync::mpsc;

use super::request::now;
use super::{Api, Apis};
use crate::model::{EnvId, Fact, LogFact, LogKey, Problem, ProblemKind, Seen};
use crate::redact::LineMask;
use crate::source::Task;
use ask::Life;
use resume::Resume;
use stream::Batch;

/// How often is looked whether a container has started (again).
const START: Duration = Duration::from_secs(3);
/// Pauses after trouble: from, to.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Tells the log of one container until the task is dropped, or until there can be no more of it.
pub fn spawn(env: EnvId, key: LogKey, apis: Apis, facts: mpsc::Sender<Fact>) -> Task {
    let teller = Teller { env, key, facts };
    Task::spawn(async move {
        // An error means that nobody listens any more, or that there is no link to wait for.
        let _ = Log::new(teller).run(apis).await;
    })
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
    mask: LineMask,
    batch: Batch,
    /// The container, once it is known which.
    container: Option<String>,
    /// Whether the end of the newest run was told.
    ended: bool,
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
    fn new(teller: Teller) -> Self {
        let container = Some(teller.key.container.to_string()).filter(|c| !c.is_empty());
        Self {
            teller,
            container,
            resume: Resume::default(),
            mask: LineMask::default(),
            batch: Batch::default(),
            ended: false,
        }
    }

    async fn run(mut self, mut apis: Apis) -> Result<(), Closed> {
        let mut pause = PAUSE.0;
        let mut silent = true;
        loop {
            let api = apis.wait_for(Option::is_some).await.map_err(|_| Closed)?.clone();
            let Some(api) = api else { continue };
            apis.mark_unchanged();
            let before = self.resume.since();
            let outcome = tokio::select! {
                outcome = self.attempt(&api) => outcome?,
                changed = apis.changed() => {
                    changed.map_err(|_| Closed)?;
                    continue;
                }
            };
            if self.resume.since() != before {
                (pause, silent) = (PAUSE.0, true);
            }
            let next = match outcome {
                Outcome::Broken(_) if std::mem::take(&mut silent) => Next::Wait(Duration::from_millis(50)),
                Outcome::Broken(problem) | Outcome::Trouble(problem) => {
                    let wait = pause;
                    pause = (pause * 2).min(PAUSE.1);
                    self.retrying(problem, wait).await?
                }
                Outcome::Refused(problem) => {
                    self.teller.tell(LogFact::Failed(problem)).await?;
                    Next::Idle
                }
                Outcome::Lost(problem) | Outcome::NotYet(problem) => {
                    match ask::life(&api, &self.teller.key, self.container.as_deref().unwrap_or_default()).await {
                        Life::Over => {
                            self.teller.tell(LogFact::Failed(problem)).await?;
                            Next::Over
                        }
                        _ => self.retrying(problem, START).await?,
                    }
                }
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
                    self.teller.tell(LogFact::Ended).await?;
                    Next::Over
                }
                Outcome::Complete => {
                    let next = tokio::select! {
                        next = self.after_end(&api) => next?,
                        changed = apis.changed() => {
                            changed.map_err(|_| Closed)?;
                            continue;
                        }
                    };
                    // A log that ends at once, again and again, while its container runs.
                    if self.resume.since() == before && matches!(next, Next::Wait(w) if w < PAUSE.1) {
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

    async fn retrying(&self, problem: Problem, wait: Duration) -> Result<Next, Closed> {
        let next = now() + wait.as_secs() as i64;
        self.teller.tell(LogFact::Retrying { problem, next }).await?;
        Ok(Next::Wait(wait))
    }

    /// The stream ended in good order: because the container did, or only the file? Where it did, waits
    /// for its next run.
    async fn after_end(&mut self, api: &Api) -> Result<Next, Closed> {
        loop {
            let life = ask::life(api, &self.teller.key, self.container.as_deref().unwrap_or_default()).await;
            match life {
                Life::Runs => {
                    self.ended = false;
                    return Ok(Next::Wait(Duration::ZERO));
                }
                Life::Unknown => {}
                // An old server has an empty log for a pod without a node, where a newer one says so.
                Life::Unstarted => {
                    let text = format!("pod {} has not been started on a node yet", self.teller.key.pod);
                    return self.retrying(Problem::new(ProblemKind::Server, text), START).await;
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
