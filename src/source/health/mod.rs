//! Asks the health probes of an environment, round after round, and says precisely what came of it.
//!
//! `wire` goes to the other side step by step (name, connection, TLS) and knows where it stopped, `ways` are the proxies
//! in between, `tls` looks at the certificate and keeps it also where it is refused, `exchange` asks and reads within
//! bounds, `judge` compares the answer with what is expected, `inside` goes through the API server.

mod exchange;
mod inside;
mod judge;
mod secrets;
mod tls;
mod ways;
mod wire;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

pub use self::tls::Trust;
use self::wire::Walk;
use super::Task;
use super::kube::{Api, Apis};
use crate::config::Probe;
use crate::config::probe::{Inside, Via};
use crate::model::{Blame, EnvId, Fact, Probed, Problem, ProblemKind, Seen, Silence, Time};
use crate::redact::Mask;

/// The most that is kept of a body, in bytes.
const KEPT: usize = 64 << 10;
/// The first rounds are spread over so long, so that many probes do not start at one moment (milliseconds).
const SPREAD: u64 = 300;
/// How long a probe through the cluster waits for the connection to it.
const LINK: Duration = Duration::from_secs(5);

/// Something that bytes go through.
pub trait Pipe: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Pipe for T {}

/// Opens a port-forward for a probe. Whoever may open none (`--read-only`) has none of these.
pub trait Forwards: Send + Sync {
    /// A connection to a service's port.
    fn open(&self, api: Api, to: Inside) -> BoxFuture<'static, Result<Box<dyn Pipe>, Problem>>;
}

/// What all probes of the program share.
#[derive(Clone, Default)]
pub struct Means {
    pub trust: Arc<Trust>,
    pub mask: Mask,
    pub forwards: Option<Arc<dyn Forwards>>,
}

/// Asks again and again, until the task is dropped or nobody listens.
pub fn spawn(env: EnvId, number: u16, probe: Probe, apis: Option<Apis>, means: Means, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(async move {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..SPREAD))).await;
        loop {
            let started = Instant::now();
            let probed = ask(&probe, apis.clone(), &means).await;
            let at = Time(jiff::Timestamp::now().as_second());
            let seen = Seen::Probe(number, Arc::new(probed));
            if facts.send(Fact { env, at, seen }).await.is_err() {
                return;
            }
            tokio::time::sleep(pause(probe.interval).saturating_sub(started.elapsed())).await;
        }
    })
}

/// From one round to the next: the interval, give or take a tenth, so that many who watch do not ask in step.
fn pause(interval: u32) -> Duration {
    let millis = u64::from(interval.max(1)) * 1_000;
    Duration::from_millis(millis * 9 / 10 + fastrand::u64(..=millis / 5))
}

/// One round.
pub async fn ask(probe: &Probe, apis: Option<Apis>, means: &Means) -> Probed {
    let started = Instant::now();
    let mut record = Probed {
        url: probe.url.as_str().into(),
        ..Probed::default()
    };
    let secrets = secrets::read(probe);
    let asked = match &secrets {
        Ok(secrets) => go(probe, apis, means, secrets, &mut record).await,
        Err(problem) => Err(Stop::here(problem.clone())),
    };
    record.timings.total = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
    match asked {
        Ok(answer) => judge::judge(probe, answer.as_ref(), &mut record),
        Err(stop) => {
            record.silence = Some(Silence {
                problem: stop.problem,
                blame: stop.blame,
            });
        }
    }
    let now = Time(jiff::Timestamp::now().as_second());
    judge::certificate(probe, &mut record, now);
    secrets::clean_up(&mut record, secrets.as_deref().unwrap_or_default(), &means.mask);
    record
}

/// What a service answered.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Whether there is more of it.
    is_cut: bool,
    /// Where it sends us on to, if it does.
    location: Option<String>,
}

impl Answer {
    /// Its beginning: all but the body.
    fn begun<B>(response: &http::Response<B>) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers();
        Self {
            status: response.status().as_u16(),
            headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            location: headers
                .get(http::header::LOCATION)
                .filter(|_| response.status().is_redirection())
                .map(text),
            ..Self::default()
        }
    }

    /// More of its body; breaks off where more came than is kept.
    fn take(&mut self, data: &[u8]) -> ControlFlow<()> {
        let room = KEPT - self.body.len();
        match data.get(..room) {
            Some(part) if data.len() > room => {
                self.body.extend_from_slice(part);
                self.is_cut = true;
                ControlFlow::Break(())
            }
            _ => {
                self.body.extend_from_slice(data);
                ControlFlow::Continue(())
            }
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
struct Stop {
    problem: Problem,
    blame: Blame,
}

impl Stop {
    /// The service's fault.
    fn there(kind: ProblemKind, text: impl AsRef<str>) -> Self {
        Self {
            problem: Problem::new(kind, text),
            blame: Blame::There,
        }
    }

    /// Ours, or that of what lies between.
    fn here(problem: Problem) -> Self {
        Self {
            problem,
            blame: Blame::Here,
        }
    }
}

/// `None`: a connection was made, and nothing more was wanted.
async fn go(
    probe: &Probe,
    apis: Option<Apis>,
    means: &Means,
    secrets: &[secrets::Header],
    record: &mut Probed,
) -> Result<Option<Answer>, Stop> {
    match &probe.via {
        Via::Api(inside) => inside::through_api(probe, inside, &link(apis).await?, record).await.map(Some),
        Via::Forward(inside) => {
            let Some(forwards) = means.forwards.clone() else {
                let text = "it goes through a port-forward, and none is opened here";
                return Err(Stop::here(Problem::new(ProblemKind::Config, text).hint("--read-only opens none")));
            };
            let api = link(apis).await?;
            let mut walk = Walk::new(probe, means, record);
            let pipe = walk.forwarded(forwards.open(api, inside.clone())).await?;
            walk.over(pipe, secrets).await
        }
        Via::Environment | Via::Direct | Via::Proxy(_) => Walk::new(probe, means, record).straight(secrets).await,
    }
}

/// The connection to the cluster, as soon as there is one.
async fn link(apis: Option<Apis>) -> Result<Api, Stop> {
    let lost = |text: &str| Stop::here(Problem::new(ProblemKind::Unreachable, text));
    let Some(mut apis) = apis else {
        return Err(lost("the environment has no cluster to go through"));
    };
    let found = tokio::time::timeout(LINK, apis.wait_for(Option::is_some)).await;
    let api = found.ok().and_then(Result::ok).and_then(|api| api.clone());
    api.ok_or_else(|| lost("there is no connection to the cluster it goes through"))
}
