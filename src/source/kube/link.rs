//! The link: one task per environment that connects, feels the server's pulse, and gets up again.
//!
//! `Connecting → Ready → (Lost → Ready)*`. While the server merely cannot be reached, the published
//! [`Api`](super::Api) stays: feeds retry on it and keep what they show. Only refused credentials, a
//! broken trust or a broken configuration take it away, because asking again would not help then.
//! After an outage it is published anew with one more outage counted, so that feeds reopen their watches:
//! a connection that nothing arrives on looks like one that has nothing to tell.
//!
//! Another identity ([`LinkHandle::assume`]) is a connection that is opened while the old one still serves the feeds: they
//! change over when it stands, and nothing on the screen goes away.

use std::convert::Infallible;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use super::session::{Changed, Lease, Session, now};
use super::{Api, Apis};
use crate::config::Kubernetes;
use crate::model::{EnvId, Fact, Link, Problem, ProblemKind, Seen, Time};

/// How often and how long; tests are faster.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Between two heartbeats.
    pub beat: Duration,
    /// For the answer to a heartbeat.
    pub deadline: Duration,
    /// Before a failed heartbeat is tried once more.
    pub again: Duration,
    /// The first pause after a failure, doubled each time …
    pub pause: Duration,
    /// … up to this one.
    pub longest: Duration,
    /// Between tries while a login is missing: another terminal may log in.
    pub login: Duration,
    /// Between two looks at what the server serves.
    pub kinds: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(10),
            deadline: Duration::from_secs(5),
            again: Duration::from_secs(1),
            pause: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            login: Duration::from_secs(30),
            kinds: Duration::from_secs(300),
        }
    }
}

/// After an outage so many heartbeats look at what is served: a server that starts tells of its kinds little by little.
const SOON: u32 = 4;

/// A running link. Dropping it ends the task.
pub struct LinkHandle {
    /// The connection, while there is one.
    pub apis: Apis,
    settings: watch::Sender<Kubernetes>,
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

impl LinkHandle {
    /// Starts over now: kubeconfig and credentials are read again. For `:login` and for an impatient person.
    pub fn reconnect(&self) {
        self.wake.notify_one();
    }

    /// Goes on with other settings: as somebody else. What stands serves until the new connection does.
    pub fn assume(&self, settings: Kubernetes) {
        let is_other = self.settings.send_if_modified(|before| {
            let is_other = *before != settings;
            *before = settings;
            is_other
        });
        if is_other {
            self.wake.notify_one();
        }
    }
}

impl Drop for LinkHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Connects an environment and keeps it connected; what happens is told to `facts`.
pub fn spawn(env: EnvId, settings: Kubernetes, facts: mpsc::Sender<Fact>) -> LinkHandle {
    spawn_at(Pace::default(), env, settings, facts)
}

/// The same at another pace.
pub fn spawn_at(pace: Pace, env: EnvId, settings: Kubernetes, facts: mpsc::Sender<Fact>) -> LinkHandle {
    let (publish, apis) = watch::channel(None);
    let wake = Arc::new(Notify::new());
    let (changing, settings) = watch::channel(settings);
    let worker = Worker {
        env,
        settings,
        facts,
        publish,
        wake: wake.clone(),
        pace,
    };
    let task = tokio::spawn(async move {
        // Ends only when nobody listens any more.
        let Err(Unheard) = worker.run().await;
    });
    LinkHandle {
        apis,
        settings: changing,
        wake,
        task,
    }
}

/// Nobody listens to the facts any more.
struct Unheard;

/// Why a connection that stood is given up.
enum End {
    /// Somebody asked to start over.
    Asked,
    /// Credentials or trust no longer hold; everything must be read again.
    Refused,
}

struct Worker {
    env: EnvId,
    settings: watch::Receiver<Kubernetes>,
    facts: mpsc::Sender<Fact>,
    publish: watch::Sender<Option<Api>>,
    wake: Arc<Notify>,
    pace: Pace,
}

impl Worker {
    async fn run(mut self) -> Result<Infallible, Unheard> {
        let mut lease = None::<Lease>;
        let mut since = Time::NEVER;
        let mut tries = 0;
        let mut outages = 0;
        self.tell(Seen::Link(Link::Connecting)).await?;
        loop {
            let settings = self.settings.borrow_and_update().clone();
            let problem = match Session::open(&settings, self.pace.deadline, &mut lease).await {
                Ok(mut session) => {
                    (since, tries) = (Time::NEVER, 0);
                    session.outages = outages;
                    self.ready(&session, Changed::Yes).await?;
                    let end = self.hold(&mut session).await?;
                    outages = session.outages;
                    match end {
                        End::Asked => {
                            // Who asks for it does not trust what stands.
                            outages += 1;
                            // Somebody else takes over while what stands goes on: that is no news before it has happened.
                            if !self.settings.has_changed().unwrap_or(false) {
                                self.tell(Seen::Link(Link::Connecting)).await?;
                            }
                        }
                        End::Refused => {}
                    }
                    lease = Some(Lease::of(&session.access));
                    continue;
                }
                Err(problem) => problem,
            };
            if !is_connectivity(problem.kind) {
                self.publish.send_replace(None);
            }
            if !since.is_known() {
                since = now();
            }
            let pause = match problem.kind {
                ProblemKind::Login => self.pace.login,
                _ => self.pause(tries),
            };
            tries += 1;
            let problem = match lease {
                Some(lease) => lease.explain(problem, now()),
                None => problem,
            };
            self.lost(since, problem, pause).await?;
            if self.sleep(pause).await == Woken::Early {
                tries = 0;
                self.tell(Seen::Link(Link::Connecting)).await?;
            }
        }
    }

    /// Stays with a connection until it must be opened anew.
    async fn hold(&self, session: &mut Session) -> Result<End, Unheard> {
        let mut look = Instant::now() + self.pace.kinds;
        let mut soon = if session.outages > 0 { SOON } else { 0 };
        loop {
            if self.sleep(self.pace.beat).await == Woken::Early {
                return Ok(End::Asked);
            }
            let settings = self.settings.borrow().clone();
            if session.renew(&settings, now()).await == Changed::Yes {
                self.ready(session, Changed::No).await?;
            }
            let mut beat = session.beat(self.pace.deadline).await;
            if beat.as_ref().is_err_and(|p| is_connectivity(p.kind)) {
                if self.sleep(self.pace.again).await == Woken::Early {
                    return Ok(End::Asked);
                }
                beat = session.beat(self.pace.deadline).await;
            }
            match beat {
                Ok(()) => self.tell(Seen::Beat { millis: millis(session) }).await?,
                Err(problem) if is_connectivity(problem.kind) => {
                    if let Some(end) = self.outage(session, problem).await? {
                        return Ok(end);
                    }
                    soon = SOON;
                }
                Err(_) => return Ok(End::Refused),
            }
            if soon > 0 || Instant::now() >= look {
                soon = soon.saturating_sub(1);
                look = Instant::now() + self.pace.kinds;
                if session.refresh_kinds().await == Changed::Yes {
                    self.kinds(session).await?;
                }
            }
        }
    }

    /// The server cannot be reached: tries until it can. `None`: it is back.
    async fn outage(&self, session: &mut Session, first: Problem) -> Result<Option<End>, Unheard> {
        let since = now();
        let mut problem = first;
        // Where nothing was answered, open connections are dead without knowing it: the feeds need new ones.
        let mut replace = Changed::No;
        let mut tries = 0;
        loop {
            if replace == Changed::No && matches!(problem.kind, ProblemKind::TimedOut | ProblemKind::Unreachable) {
                replace = Changed::Yes;
                session.outages += 1;
            }
            let pause = self.pause(tries);
            tries += 1;
            self.lost(since, problem, pause).await?;
            if self.sleep(pause).await == Woken::Early {
                return Ok(Some(End::Asked));
            }
            problem = match session.revive(self.pace.deadline, replace).await {
                Ok(Changed::Yes) => {
                    self.ready(session, Changed::Yes).await?;
                    return Ok(None);
                }
                Ok(Changed::No) if replace == Changed::Yes => {
                    self.ready(session, Changed::No).await?;
                    return Ok(None);
                }
                Ok(Changed::No) => {
                    self.back(session).await?;
                    return Ok(None);
                }
                Err(problem) if is_connectivity(problem.kind) => problem,
                Err(_) => return Ok(Some(End::Refused)),
            };
        }
    }

    /// Tells that the connection stands, then hands it to the feeds: what they say comes after.
    async fn ready(&self, session: &Session, kinds: Changed) -> Result<(), Unheard> {
        self.back(session).await?;
        if kinds == Changed::Yes {
            self.kinds(session).await
        } else {
            self.publish.send_replace(Some(session.api()));
            Ok(())
        }
    }

    async fn back(&self, session: &Session) -> Result<(), Unheard> {
        self.tell(Seen::Link(Link::Ready(session.server()))).await?;
        self.tell(Seen::Beat { millis: millis(session) }).await
    }

    async fn kinds(&self, session: &Session) -> Result<(), Unheard> {
        self.tell(Seen::Kinds(session.served.to_vec())).await?;
        self.publish.send_replace(Some(session.api()));
        Ok(())
    }

    async fn lost(&self, since: Time, problem: Problem, pause: Duration) -> Result<(), Unheard> {
        let next = now() + i64::try_from(pause.as_millis().div_ceil(1000)).unwrap_or(0);
        self.tell(Seen::Link(Link::Lost { since, problem, next })).await
    }

    async fn tell(&self, seen: Seen) -> Result<(), Unheard> {
        let fact = Fact {
            env: self.env,
            at: now(),
            seen,
        };
        self.facts.send(fact).await.map_err(|_| Unheard)
    }

    /// Waits, unless somebody asks to start over.
    async fn sleep(&self, time: Duration) -> Woken {
        match tokio::time::timeout(time, self.wake.notified()).await {
            Ok(()) => Woken::Early,
            Err(_) => Woken::InTime,
        }
    }

    /// The pause before the next try: doubled each time, and never the same for two links at once.
    fn pause(&self, tries: u32) -> Duration {
        let full = self.pace.pause.saturating_mul(1 << tries.min(16)).min(self.pace.longest);
        let random = RandomState::new().build_hasher().finish() % 1000;
        full.mul_f64(0.75 + random as f64 / 4000.0)
    }
}

#[derive(PartialEq, Eq)]
enum Woken {
    Early,
    InTime,
}

/// Whether waiting helps: the server is away, or not well, but neither it nor we changed.
fn is_connectivity(kind: ProblemKind) -> bool {
    !matches!(
        kind,
        ProblemKind::Login | ProblemKind::Tls | ProblemKind::Config | ProblemKind::Denied
    )
}

fn millis(session: &Session) -> u32 {
    u32::try_from(session.round_trip.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
