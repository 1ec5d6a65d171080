//! What health probes see: an answer with its steps, its certificate and what is wrong with it; or why there is none.

use std::sync::Arc;

use super::{Health, Problem, Time};

/// A probe as the store, the checks and the screen need to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbePlace {
    /// The service that it asks, as people call it.
    pub name: Arc<str>,
    pub url: Arc<str>,
    pub vantage: Vantage,
    /// Seconds from one round to the next.
    pub every: u32,
    /// Seconds that an answer may take.
    pub patience: u32,
    /// How many answers in a row change its state.
    pub after: u8,
    /// The workload behind it, where the configuration names one.
    pub workload: Option<Arc<str>>,
    /// So many days before its certificate ends it is worth a warning …
    pub warning_days: u32,
    /// … and so many before, it is critical.
    pub critical_days: u32,
}

/// Where an answer is seen from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Vantage {
    #[default]
    Here,
    /// Through a proxy that the configuration names.
    Proxy,
    /// Through the API server's proxy to a service.
    Api,
    /// Through a port-forward.
    Forward,
}

impl Vantage {
    /// The words that the screen uses.
    pub fn words(self) -> &'static str {
        match self {
            Self::Here => "from here",
            Self::Proxy => "via proxy",
            Self::Api => "via API server",
            Self::Forward => "via forward",
        }
    }
}

/// How a service is, as far as a probe can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeState {
    Up,
    /// Nothing was told, or it could not be asked: no network here, no resolver, no proxy. Not the same as down.
    #[default]
    Unknown,
    /// It answers well, but slowly, or its certificate ends soon.
    Warning,
    Down,
}

impl ProbeState {
    /// The word that the screen and the report use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "degraded",
            Self::Down => "down",
        }
    }

    /// How it reads among other things.
    pub fn health(self) -> Health {
        match self {
            Self::Up => Health::Ok,
            Self::Unknown => Health::Done,
            Self::Warning => Health::Warning,
            Self::Down => Health::Bad,
        }
    }
}

/// What came of one round of a probe. What is text in it is harmless to print, and without secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probed {
    /// The address as it is configured.
    pub url: Box<str>,
    /// Why there is no answer; `None`: there is one.
    pub silence: Option<Silence>,
    /// The HTTP status; `None` where nothing answered, or only a connection was made.
    pub code: Option<u16>,
    /// What the answer should say and does not.
    pub failed: Vec<Unmet>,
    /// What is not well, but no failure.
    pub warnings: Vec<Box<str>>,
    pub timings: Timings,
    pub certificate: Option<Certificate>,
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The body's beginning, as lines.
    pub body: Box<str>,
    /// How much of the body came, in bytes.
    pub bytes: u64,
    /// Whether there was more of it than is kept.
    pub is_cut: bool,
    /// The addresses that it was sent on to.
    pub hops: Vec<Box<str>>,
    /// Who answered, or was asked: `10.0.0.1:443`; empty where that is not known.
    pub peer: Box<str>,
    pub reach: Reach,
    /// The proxy in between, where there is one.
    pub proxy: Box<str>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    pub problem: Problem,
    pub blame: Blame,
}

/// Whose fault it is that there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The service's: it was asked.
    There,
    /// Ours, or that of what lies between: whether the service works is not known.
    Here,
}

/// Something that an answer should say and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// What is looked at: `status`, `$.status`, `body`.
    pub what: Box<str>,
    pub expected: Box<str>,
    pub actual: Box<str>,
}

impl std::fmt::Display for Unmet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, expected, actual } = self;
        write!(f, "{what} is {actual}, expected {expected}")
    }
}

/// How long the steps took, in milliseconds; `None`: there was no such step, or it was not reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    pub lookup: Option<u32>,
    pub connect: Option<u32>,
    pub tls: Option<u32>,
    /// From the question to the first byte of the answer.
    pub first: Option<u32>,
    /// All of it, also where it failed.
    pub total: u32,
}

/// The certificate that a server showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificate {
    pub subject: Box<str>,
    pub issuer: Box<str>,
    /// The hosts it is for.
    pub names: Vec<Box<str>>,
    pub from: Time,
    pub until: Time,
    /// Why it is not to be trusted; `None`: it is.
    pub fault: Option<Box<str>>,
}

impl Certificate {
    /// Whole days until it ends; negative: since it ended.
    pub fn days_left(&self, now: Time) -> i64 {
        (self.until - now).div_euclid(86_400)
    }
}

/// Where the address that was asked lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Its name led to no address, or something else looked it up.
    #[default]
    Unresolved,
    /// On this machine.
    Own,
    /// Inside a network (RFC 1918, 4193, 6598).
    Private,
    /// On the internet.
    Public,
}

impl Probed {
    /// How the service is by this round alone.
    pub fn state(&self) -> ProbeState {
        match &self.silence {
            Some(silence) if silence.blame == Blame::Here => ProbeState::Unknown,
            Some(_) => ProbeState::Down,
            None if !self.failed.is_empty() => ProbeState::Down,
            None if !self.warnings.is_empty() => ProbeState::Warning,
            None => ProbeState::Up,
        }
    }

    /// Whether anything answered.
    pub fn is_answered(&self) -> bool {
        self.silence.is_none()
    }

    /// What is not well, the worst first; empty where all is.
    pub fn wrong(&self) -> String {
        match (&self.silence, self.failed.as_slice()) {
            (Some(silence), _) => silence.problem.text.to_string(),
            (None, []) => self.warnings.join("; "),
            (None, failed) => failed.iter().map(Unmet::to_string).collect::<Vec<_>>().join("; "),
        }
    }
}
