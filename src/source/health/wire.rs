//! The way to the other side, step by step, each with its time; and where it ends if it does.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::future::BoxFuture;
use reqwest::Url;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::secrets::Header;
use super::{Answer, Means, Pipe, Stop, exchange, tls, ways};
use crate::config::Probe;
use crate::model::{Probed, Problem, ProblemKind, Reach};

/// One walk to a service and back.
pub(super) struct Walk<'a> {
    pub probe: &'a Probe,
    pub means: &'a Means,
    pub record: &'a mut Probed,
    /// When it is over, whatever is under way.
    pub deadline: Instant,
}

/// Who is asked.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub host: String,
    pub port: u16,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// The place that a URL leads to; `tcp://` has no port of its own.
pub(super) fn place(url: &Url) -> Option<Place> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default()?;
    Some(Place { host, port })
}

impl<'a> Walk<'a> {
    pub fn new(probe: &'a Probe, means: &'a Means, record: &'a mut Probed) -> Self {
        Self {
            probe,
            means,
            record,
            deadline: Instant::now() + Duration::from_millis(probe.timeout.into()),
        }
    }

    /// `5 s`
    pub fn patience(&self) -> String {
        match self.probe.timeout {
            millis if millis % 1_000 == 0 => format!("{} s", millis / 1_000),
            millis => format!("{millis} ms"),
        }
    }

    /// Asks from here, and goes where it is sent on to as far as is wanted.
    pub async fn straight(&mut self, secrets: &[Header]) -> Result<Option<Answer>, Stop> {
        let mut url = Url::parse(&self.probe.url).map_err(|_| misread(&self.probe.url))?;
        let first = url.clone();
        loop {
            let Some(place) = place(&url) else {
                return Err(misread(url.as_str()));
            };
            let way = ways::find(&self.probe.via, &url)?;
            let pipe = match &way {
                None => self.connect(&place).await.map(|stream| Box::new(stream) as Box<dyn Pipe>)?,
                Some(proxy) => self.through(proxy, &url, &place).await?,
            };
            if url.scheme() == "tcp" {
                return Ok(None);
            }
            let pipe = if url.scheme() == "https" {
                self.secure(pipe, &place).await?
            } else {
                pipe
            };
            // What is secret is for the one host that was named.
            let sent = if (url.host_str(), url.port_or_known_default()) == (first.host_str(), first.port_or_known_default()) {
                secrets
            } else {
                &[]
            };
            let plain = way.filter(|_| url.scheme() == "http");
            let answer = exchange::ask(self, pipe, &url, plain.as_ref(), sent, &place).await?;
            let Some(next) = answer.location.as_deref().filter(|_| self.probe.redirects > 0) else {
                return Ok(Some(answer));
            };
            let Ok(next) = url.join(next) else {
                return Err(Stop::there(
                    ProblemKind::BadAnswer,
                    format!("it redirects to {next}, which is no address"),
                ));
            };
            let seen = next.as_str() == first.as_str() || self.record.hops.iter().any(|hop| **hop == *next.as_str());
            self.record.hops.push(next.as_str().into());
            if seen {
                return Err(Stop::there(
                    ProblemKind::BadAnswer,
                    format!("it redirects in a circle: back to {next}"),
                ));
            }
            if self.record.hops.len() > usize::from(self.probe.redirects) {
                let text = format!("it redirects more than {} times, at last to {next}", self.probe.redirects);
                return Err(Stop::there(ProblemKind::BadAnswer, text));
            }
            if !matches!(next.scheme(), "http" | "https") {
                return Err(Stop::there(
                    ProblemKind::BadAnswer,
                    format!("it redirects to {next}, which is not HTTP"),
                ));
            }
            url = next;
        }
    }

    /// A connection that was made by a port-forward.
    pub async fn forwarded(&mut self, opened: BoxFuture<'static, Result<Box<dyn Pipe>, Problem>>) -> Result<Box<dyn Pipe>, Stop> {
        let started = Instant::now();
        let late = || {
            Stop::here(Problem::new(
                ProblemKind::TimedOut,
                format!("no port-forward within {}", self.patience()),
            ))
        };
        let opened = timeout_at(self.deadline, opened).await.map_err(|_| late())?;
        self.record.timings.connect = Some(millis(started));
        // A workload without a pod that runs is down; a cluster that does not let us in says nothing of it.
        opened.map_err(|problem| match problem.kind {
            ProblemKind::Unreachable => Stop {
                problem,
                blame: crate::model::Blame::There,
            },
            _ => Stop::here(problem),
        })
    }

    /// Asks over a connection that is there; redirects are not followed, they lead out of the cluster.
    pub async fn over(&mut self, pipe: Box<dyn Pipe>, secrets: &[Header]) -> Result<Option<Answer>, Stop> {
        let url = Url::parse(&self.probe.url).map_err(|_| misread(&self.probe.url))?;
        let Some(place) = place(&url) else {
            return Err(misread(url.as_str()));
        };
        if url.scheme() == "tcp" {
            return Ok(None);
        }
        let pipe = if url.scheme() == "https" {
            self.secure(pipe, &place).await?
        } else {
            pipe
        };
        exchange::ask(self, pipe, &url, None, secrets, &place).await.map(Some)
    }

    /// Finds the host and connects to it.
    pub async fn connect(&mut self, place: &Place) -> Result<TcpStream, Stop> {
        let addresses = self.look_up(place).await?;
        let started = Instant::now();
        let mut left = addresses.len() as u32;
        let mut last = None;
        for address in addresses {
            self.record.peer = address.to_string().into();
            self.record.reach = reach(address.ip());
            // Each address has its share of the time: one that is dead must not use up that of the next.
            let share = self.deadline.saturating_duration_since(Instant::now()) / left.max(1);
            left -= 1;
            match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    self.record.timings.connect = Some(millis(started));
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => last = Some(error),
                Err(_) => last = Some(ErrorKind::TimedOut.into()),
            }
        }
        let error = last.unwrap_or_else(|| ErrorKind::NotFound.into());
        Err(self.unconnected(place, &error))
    }

    fn unconnected(&self, place: &Place, error: &std::io::Error) -> Stop {
        let own = |text: String| Stop::here(Problem::new(ProblemKind::Unreachable, text).hint("the network here, or the VPN"));
        match error.kind() {
            ErrorKind::ConnectionRefused => Stop::there(ProblemKind::Unreachable, format!("connection refused by {place}")),
            ErrorKind::TimedOut => {
                let text = format!("no connection to {place} within {}", self.patience());
                Stop::there(ProblemKind::TimedOut, text)
            }
            ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => own(format!("no network here to reach {place}")),
            ErrorKind::HostUnreachable => own(format!("no way from here to {place}")),
            ErrorKind::AddrNotAvailable => own(format!("this machine has no address to reach {place} from")),
            ErrorKind::ConnectionReset => Stop::there(ProblemKind::Unreachable, format!("{place} cut the connection")),
            _ => own(format!("no connection to {place}: {error}")),
        }
    }

    async fn look_up(&mut self, place: &Place) -> Result<Vec<SocketAddr>, Stop> {
        if let Ok(address) = place.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, place.port)]);
        }
        let started = Instant::now();
        let asked = timeout_at(self.deadline, tokio::net::lookup_host((place.host.as_str(), place.port))).await;
        let host = &place.host;
        let hint = "check the name, the VPN and the resolver";
        let failed = |kind, text: String| Err(Stop::here(Problem::new(kind, text).hint(hint)));
        match asked {
            Ok(Ok(found)) => {
                self.record.timings.lookup = Some(millis(started));
                let mut found: Vec<SocketAddr> = found.collect();
                found.dedup();
                match found.is_empty() {
                    true => failed(ProblemKind::Unreachable, format!("{host} has no address")),
                    false => Ok(found),
                }
            }
            Ok(Err(_)) => failed(ProblemKind::Unreachable, format!("no such host: {host}")),
            Err(_) => failed(
                ProblemKind::TimedOut,
                format!("the resolver did not say within {} where {host} is", self.patience()),
            ),
        }
    }

    /// Speaks TLS from here on.
    pub async fn secure(&mut self, pipe: Box<dyn Pipe>, place: &Place) -> Result<Box<dyn Pipe>, Stop> {
        let (config, shown) = tls::settings(&self.means.trust, &self.probe.tls).await.map_err(Stop::here)?;
        let name = rustls::pki_types::ServerName::try_from(place.host.clone()).map_err(|_| misread(&place.host))?;
        let started = Instant::now();
        let shaken = timeout_at(self.deadline, tokio_rustls::TlsConnector::from(config).connect(name, pipe)).await;
        self.record.certificate = shown.lock().ok().and_then(|shown| shown.clone());
        match shaken {
            Ok(Ok(stream)) => {
                self.record.timings.tls = Some(millis(started));
                Ok(Box::new(stream))
            }
            Ok(Err(error)) => Err(Stop {
                problem: tls::explain(&error, &shown, &place.to_string()),
                blame: crate::model::Blame::There,
            }),
            Err(_) => {
                let text = format!("the TLS handshake with {place} did not end within {}", self.patience());
                Err(Stop::there(ProblemKind::TimedOut, text))
            }
        }
    }
}

pub(super) fn misread(text: &str) -> Stop {
    Stop::here(Problem::new(ProblemKind::Config, format!("{text} cannot be asked")))
}

pub(super) fn millis(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}

/// Where an address lies: what is reached through the internet is public.
pub(super) fn reach(address: IpAddr) -> Reach {
    let address = address.to_canonical();
    let inside = match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            v4.is_private() || v4.is_link_local() || shared
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    match address {
        own if own.is_loopback() || own.is_unspecified() => Reach::Own,
        _ if inside => Reach::Private,
        _ => Reach::Public,
    }
}
