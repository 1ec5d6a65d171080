//! A client of this machine, and its way to the pod.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::resolve::{Look, Resolver, Target, Verdict};
use super::status::Shared;
use super::tunnel::{self, Tunnel};
use crate::model::{Problem, ProblemKind};
use crate::source::kube::{Api, Apis, client};

/// How long a client waits for a pod before it is sent away.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses between two tries: from, to.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));
/// So much longer than the connection itself it may take to learn that its pod is no longer the one.
const VERDICT: Duration = Duration::from_millis(10);
/// For the answer that leaves an idle connection.
const VERSION: Duration = Duration::from_secs(5);
/// The least time in which a pod may refuse a connection when it is probed.
const MOMENT: Duration = Duration::from_millis(300);

/// What all connections of one forward share.
pub(super) struct Line {
    pub apis: Apis,
    pub shared: Arc<Shared>,
    pub resolver: Resolver,
    /// Rung when the pod seems to be lost.
    pub lost: Notify,
    /// Whether an idle connection for the next client is being made.
    warming: AtomicBool,
}

impl Line {
    pub fn new(apis: Apis, shared: Arc<Shared>) -> Self {
        Self {
            apis,
            shared,
            resolver: Resolver::new(),
            lost: Notify::new(),
            warming: AtomicBool::new(false),
        }
    }

    /// The connection to the API server, as soon as there is one.
    ///
    /// # Errors
    /// There will be none any more.
    pub async fn api(&self) -> Result<Api, Problem> {
        let mut apis = self.apis.clone();
        let api = apis.wait_for(Option::is_some).await.ok().and_then(|api| api.clone());
        api.ok_or_else(|| Problem::new(ProblemKind::Unreachable, "the environment is no longer connected"))
    }

    /// Serves a client to its end. `at`: which of the spec's ports it came to.
    pub async fn serve(self: &Arc<Self>, mut local: TcpStream, at: usize) {
        let _open = self.shared.tally.opened();
        let _ = local.set_nodelay(true);
        let carried = match self.open(at).await {
            Ok((tunnel, target)) => {
                let carried = tunnel.carry(&mut local, &self.shared.tally).await;
                if carried.is_err() {
                    self.resolver.forget(&target).await;
                    self.lost.notify_one();
                }
                carried
            }
            Err(problem) => Err(problem),
        };
        match carried {
            Ok(()) => tunnel::drain(&mut local).await,
            Err(problem) => {
                self.shared.erred(problem);
                // A reset, so that half an answer does not look like a whole one.
                let _ = local.set_zero_linger();
            }
        }
    }

    /// A way to the pod, for a client that waits for it a little.
    async fn open(self: &Arc<Self>, at: usize) -> Result<(Tunnel, Target), Problem> {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::ZERO;
        loop {
            let tried = tokio::time::timeout_at(deadline, self.attempt(at));
            let problem = match tried.await {
                Ok(Ok(open)) => return Ok(open),
                Ok(Err(problem)) => problem,
                Err(_) => Problem::new(ProblemKind::TimedOut, "no way to the API server"),
            };
            if !helps(problem.kind) || Instant::now() + pause >= deadline {
                return Err(problem);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).clamp(PAUSE.0, PAUSE.1);
        }
    }

    async fn attempt(self: &Arc<Self>, at: usize) -> Result<(Tunnel, Target), Problem> {
        let api = self.api().await?;
        let spec = &self.shared.spec;
        let target = match self.resolver.target(&api, spec, Look::Remembered).await {
            Ok(target) => target,
            Err(problem) => {
                self.lost.notify_one();
                return Err(problem);
            }
        };
        let port = target.ports.get(at).copied().unwrap_or_default();
        let pod = target.pod.clone();
        let open = Tunnel::open(&api.client, &spec.namespace, &pod, port);
        tokio::pin!(open);
        // It goes first, and takes the idle connection where there is one: a new one costs several round trips.
        let begun = std::future::poll_fn(|context| Poll::Ready(open.as_mut().poll(context))).await;
        let look = tokio::spawn(Arc::clone(self).look(api.clone(), target.clone()));
        let tunnel = match begun {
            Poll::Ready(tunnel) => tunnel,
            Poll::Pending => open.await,
        };
        // What is learned later is for the next one.
        let verdict = match tokio::time::timeout(VERDICT, look).await {
            Ok(Ok(verdict)) => verdict,
            _ => Verdict::Holds,
        };
        match (verdict, tunnel) {
            (Verdict::Holds, Ok(tunnel)) => {
                self.shared.leads_to(&target.pod, &target.ports, target.note.clone());
                Ok((tunnel, target))
            }
            (Verdict::Gone, _) => Err(Problem::new(
                ProblemKind::NotFound,
                format!("pod {} is no longer the one", target.pod),
            )),
            (Verdict::Holds, Err(problem)) => {
                self.resolver.forget(&target).await;
                Err(problem)
            }
        }
    }

    /// Looks at a target again, while a connection to it is being made; and leaves an idle connection for the next.
    async fn look(self: Arc<Self>, api: Api, target: Target) -> Verdict {
        let looked = self.resolver.confirm(&api, &self.shared.spec, &target).await;
        if let Some(verdict) = looked {
            return verdict;
        }
        if !self.warming.swap(true, Relaxed) {
            let warm = Arc::clone(&self);
            tokio::spawn(async move {
                let _ = client::get(&api.client, "/version", "application/json", None, VERSION).await;
                warm.warming.store(false, Relaxed);
            });
        }
        Verdict::Holds
    }

    /// Whether the pod takes a connection on each port, and how long that took.
    pub async fn probe(self: &Arc<Self>) -> Vec<(u16, Result<Duration, Problem>)> {
        let mut all = Vec::new();
        for (at, _) in self.shared.spec.ports.iter().enumerate() {
            let begun = Instant::now();
            let probed = match self.open(at).await {
                Ok((tunnel, target)) => {
                    let took = begun.elapsed();
                    let port = target.ports.get(at).copied().unwrap_or_default();
                    (port, tunnel.probe(MOMENT.max(took * 3)).await.map(|()| took))
                }
                Err(problem) => (0, Err(problem)),
            };
            all.push(probed);
        }
        all
    }
}

/// Whether another try may go better.
fn helps(kind: ProblemKind) -> bool {
    match kind {
        ProblemKind::Unreachable | ProblemKind::TimedOut | ProblemKind::NotFound | ProblemKind::Throttled | ProblemKind::Server => true,
        ProblemKind::Tls | ProblemKind::Login | ProblemKind::Denied | ProblemKind::BadAnswer | ProblemKind::Config => false,
    }
}
