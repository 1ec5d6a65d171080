//! One connection to an API server that stands: how it is opened, felt, refreshed and described.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::access::{self, Access, CredentialKind};
use super::client::{self, Compression};
use super::discovery::{self, Discoverer, Version};
use super::{Api, expiry, fault, problem};
use crate::config::Kubernetes;
use crate::model::{Problem, ProblemKind, ServedKind, Server, Time};

/// How long discovery may take per document: some aggregated APIs answer only after their own timeout.
const DISCOVERY: Duration = Duration::from_secs(20);

/// A first answer slower than this is from far away, whatever part of it the handshake took.
const SURELY_FAR: Duration = Duration::from_millis(60);

/// Credentials are renewed so many seconds before they end.
const RENEW_BEFORE: i64 = 60;
/// And, where renewing brings nothing new, tried again after so many seconds.
const RENEW_AGAIN: i64 = 20;

/// The clock of this machine.
pub(super) fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}

/// A usable connection.
pub(super) struct Session {
    pub access: Access,
    pub client: kube::Client,
    /// See [`Api::writer`].
    pub writer: kube::Client,
    pub version: Version,
    pub served: Arc<Vec<ServedKind>>,
    /// The last round trip.
    pub round_trip: Duration,
    /// Outages so far; see [`Api::outages`].
    pub outages: u64,
    compression: Compression,
    discoverer: Discoverer,
    renew_not_before: Time,
}

/// What changed by looking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    Yes,
    No,
}

/// When the credentials that were used last end.
#[derive(Clone, Copy)]
pub(super) struct Lease {
    pub kind: CredentialKind,
    pub expires: Time,
}

impl Lease {
    pub fn of(access: &Access) -> Self {
        Self {
            kind: access.credential,
            expires: access.expires,
        }
    }

    /// A login problem, with the moment the credentials ended if that is known to be past.
    pub fn explain(self, problem: Problem, now: Time) -> Problem {
        if problem.kind != ProblemKind::Login || !self.expires.is_known() || self.expires > now {
            return problem;
        }
        let mut text = format!("{} expired {}", self.kind.word(), expiry::clock(self.expires, now));
        if problem.text.starts_with("exec plugin") {
            text = format!("{text}; {}", problem.text);
        }
        Problem::new(ProblemKind::Login, text).hint(problem::LOGIN_HINT)
    }
}

impl Session {
    /// Reads the settings, gets credentials, connects, measures the distance and asks what is served.
    /// `lease` is told what the credentials are as soon as there are any, also when the rest fails.
    ///
    /// # Errors
    /// Whatever stops it first, naming the server where it is about reaching it.
    pub async fn open(settings: &Kubernetes, deadline: Duration, lease: &mut Option<Lease>) -> Result<Self, Problem> {
        let access = access::resolve(settings).await?;
        *lease = Some(Lease::of(&access));
        let at = |problem| fault::at(problem, &access.host);
        let mut client = client::build(&access, Compression::On)?;
        let (version, first) = probe(&client, client::CONNECT + deadline).await.map_err(at)?;
        // The first answer pays for the handshake; only the second tells the distance.
        let round_trip = if first < SURELY_FAR {
            probe(&client, deadline).await.map_err(at)?.1
        } else {
            first
        };
        let compression = Compression::for_round_trip(round_trip);
        if compression == Compression::Off {
            client = client::build(&access, compression)?;
        }
        let mut discoverer = Discoverer::default();
        let served = discoverer.discover(&client, DISCOVERY).await.map_err(at)?;
        let writer = client::writer(&access)?;
        Ok(Self {
            access,
            client,
            writer,
            version,
            served: Arc::new(served),
            round_trip,
            outages: 0,
            compression,
            discoverer,
            renew_not_before: Time::NEVER,
        })
    }

    /// Asks for the version: is the server there, and how far?
    ///
    /// # Errors
    /// No answer in time, or one that says our credentials no longer count.
    pub async fn beat(&mut self, deadline: Duration) -> Result<(), Problem> {
        let (_, took) = probe(&self.client, deadline).await.map_err(|p| fault::at(p, &self.access.host))?;
        self.round_trip = took;
        Ok(())
    }

    /// Tries a fresh connection after an outage: those that still stand may lead nowhere. Without
    /// `replace` the old client goes on once the server answers.
    ///
    /// # Errors
    /// As [`Session::beat`].
    pub async fn revive(&mut self, deadline: Duration, replace: Changed) -> Result<Changed, Problem> {
        let fresh = client::build(&self.access, self.compression)?;
        let answer = probe(&fresh, client::CONNECT + deadline).await;
        let (version, took) = answer.map_err(|p| fault::at(p, &self.access.host))?;
        self.round_trip = took;
        let mut changed = self.rediscover(&fresh).await;
        if version != self.version {
            self.version = version;
            changed = Changed::Yes;
        }
        if replace == Changed::Yes {
            self.client = fresh;
            self.writer = client::writer(&self.access)?;
        }
        Ok(changed)
    }

    /// Asks again what is served; an answer that cannot be had changes nothing.
    pub async fn refresh_kinds(&mut self) -> Changed {
        let client = self.client.clone();
        self.rediscover(&client).await
    }

    async fn rediscover(&mut self, client: &kube::Client) -> Changed {
        match self.discoverer.discover(client, DISCOVERY).await {
            Ok(served) if served != *self.served => {
                self.served = Arc::new(served);
                Changed::Yes
            }
            _ => Changed::No,
        }
    }

    /// Renews credentials that are about to end. That it fails is no news yet: the old ones still count.
    pub async fn renew(&mut self, settings: &Kubernetes, now: Time) -> Changed {
        let expires = self.access.expires;
        if !expires.is_known() || now < expires + -RENEW_BEFORE || now < self.renew_not_before {
            return Changed::No;
        }
        self.renew_not_before = now + RENEW_AGAIN;
        let Ok(fresh) = access::resolve(settings).await else {
            return Changed::No;
        };
        if fresh.expires == expires {
            return Changed::No;
        }
        match (client::build(&fresh, self.compression), client::writer(&fresh)) {
            (Ok(client), Ok(writer)) => {
                (self.access, self.client, self.writer) = (fresh, client, writer);
                Changed::Yes
            }
            _ => Changed::No,
        }
    }

    /// What the feeds get.
    pub fn api(&self) -> Api {
        Api {
            client: self.client.clone(),
            writer: self.writer.clone(),
            served: self.served.clone(),
            minor: self.version.minor,
            outages: self.outages,
        }
    }

    /// What the header shows.
    pub fn server(&self) -> Server {
        Server {
            version: self.version.git.clone(),
            host: self.access.host.clone(),
            user: self.access.user.clone(),
            cluster: self.access.cluster.clone(),
            account: self.access.account.clone(),
            expires: self.access.expires,
        }
    }
}

/// The version and how long it took. A server that keeps its version to itself is there all the same.
async fn probe(client: &kube::Client, deadline: Duration) -> Result<(Version, Duration), Problem> {
    let start = Instant::now();
    match discovery::version(client, deadline).await {
        Ok(version) => Ok((version, start.elapsed())),
        Err(problem) if matches!(problem.kind, ProblemKind::Denied | ProblemKind::NotFound) => Ok((Version::default(), start.elapsed())),
        Err(problem) => Err(problem),
    }
}
