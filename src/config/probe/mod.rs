//! A health probe: what is asked, which way, and what counts as well.

mod assertion;
mod header;
mod status;
mod via;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

pub use assertion::{Assertion, Failed};
pub use header::{Name as HeaderName, Source as HeaderSource};
pub use status::Statuses;
pub use via::{Inside, Via};

use super::fault::HINT;
use super::{Environment, Tier, words};
use crate::model::{ProbePlace, clean};

/// A health probe of an environment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// The service that it asks, as people call it.
    #[serde(deserialize_with = "words::word")]
    pub name: String,
    /// `http`, `https` or `tcp://host:port`.
    #[serde(deserialize_with = "url")]
    pub url: String,
    /// Only what reads.
    pub method: Method,
    /// What is sent; the values are secrets.
    pub headers: BTreeMap<HeaderName, HeaderSource>,
    /// The HTTP statuses that mean "well".
    pub expect: Statuses,
    /// Texts that the body must hold.
    #[serde(deserialize_with = "texts")]
    pub contains: Vec<String>,
    /// Regular expressions that the body must match.
    #[serde(deserialize_with = "words::patterns")]
    pub matches: Vec<String>,
    /// What the body's JSON must say.
    #[serde(deserialize_with = "assertions")]
    pub json: Vec<Assertion>,
    /// Milliseconds above which it is slow; 0: none.
    #[serde(deserialize_with = "words::milliseconds")]
    pub latency: u32,
    /// Milliseconds that a whole answer may take.
    #[serde(deserialize_with = "words::milliseconds")]
    pub timeout: u32,
    /// How many redirects are followed; 0: none, a login page is not the service.
    #[serde(deserialize_with = "redirects")]
    pub redirects: u8,
    pub tls: Tls,
    /// Seconds from one round to the next, give or take a tenth.
    #[serde(deserialize_with = "words::seconds")]
    pub interval: u32,
    /// Which way it takes.
    pub via: Via,
    /// How many answers in a row change its state.
    #[serde(deserialize_with = "in_a_row")]
    pub after: u8,
    /// The workload behind it (`NAME` or `NAMESPACE/NAME`); empty: the one that is called as it is.
    #[serde(deserialize_with = "words::word")]
    pub workload: String,
}

/// How a probe judges certificates.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Authorities to trust besides the machine's own (PEM).
    pub ca: Option<PathBuf>,
    /// Take any certificate. It is told all the same what is wrong with it.
    pub insecure: bool,
    /// So many days before it ends, it is worth a warning …
    #[serde(deserialize_with = "days")]
    pub warning_days: u32,
    /// … and so many before it ends, it is critical.
    #[serde(deserialize_with = "days")]
    pub critical_days: u32,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            ca: None,
            insecure: false,
            warning_days: 21,
            critical_days: 3,
        }
    }
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            name: String::new(),
            url: String::new(),
            method: Method::Get,
            headers: BTreeMap::new(),
            expect: Statuses::default(),
            contains: Vec::new(),
            matches: Vec::new(),
            json: Vec::new(),
            latency: 0,
            timeout: 5_000,
            redirects: 0,
            tls: Tls::default(),
            interval: 15,
            via: Via::Environment,
            after: 2,
            workload: String::new(),
        }
    }
}

/// How it asks. Nothing here changes anything on the other side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Get,
    Head,
    Options,
}

impl Method {
    /// `GET`
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }
}

impl Probe {
    /// Whether it only connects.
    pub fn is_tcp(&self) -> bool {
        self.url.starts_with("tcp://")
    }

    /// What the store and the checks need to know of it.
    pub fn place(&self) -> ProbePlace {
        ProbePlace {
            name: self.name.as_str().into(),
            url: self.url.as_str().into(),
            vantage: self.via.vantage(),
            every: self.interval,
            patience: self.timeout.div_ceil(1_000),
            after: self.after,
            workload: Some(self.workload.as_str()).filter(|name| !name.is_empty()).map(Into::into),
            warning_days: self.tls.warning_days,
            critical_days: self.tls.critical_days,
        }
    }

    /// The files that it names, to be found from where the configuration is.
    pub(super) fn paths_mut(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let headers = self.headers.values_mut().filter_map(|source| match source {
            HeaderSource::File { path, .. } => Some(path),
            HeaderSource::Text(_) | HeaderSource::Env { .. } => None,
        });
        headers.chain(&mut self.tls.ca)
    }

    /// What a probe of this sort cannot have: a sentence, and what to do.
    pub(super) fn contradiction(&self, of: &Environment) -> Option<(String, &'static str)> {
        let name = &self.name;
        let wants_body = !self.contains.is_empty() || !self.matches.is_empty() || !self.json.is_empty();
        let inside = matches!(self.via, Via::Api(_) | Via::Forward(_));
        let said = |sentence: String, hint| Some((sentence, hint));
        match () {
            () if self.url.is_empty() => said(format!("probe `{name}` has no url"), "add a line `url = …`"),
            () if self.is_tcp() && (wants_body || !self.headers.is_empty() || self.expect != Statuses::default()) => said(
                format!("probe `{name}` only connects: it gets no answer to judge"),
                "use http:// or https://, or leave expect, headers, json, contains and matches out",
            ),
            () if self.is_tcp() && matches!(self.via, Via::Api(_)) => said(
                format!("probe `{name}`: the API server passes on HTTP only"),
                "use forward: for a plain port",
            ),
            () if matches!(self.via, Via::Api(_)) && self.method != Method::Get => said(
                format!("probe `{name}` goes through the API server, which it may only ask by GET"),
                "leave method out",
            ),
            () if wants_body && self.method != Method::Get => said(
                format!("probe `{name}` expects a body, and {} brings none", self.method.word()),
                "use method = \"GET\"",
            ),
            () if matches!(self.via, Via::Forward(_)) && of.tier == Tier::Guarded => said(
                format!("probe `{name}` opens a port-forward, which asks first in a guarded environment"),
                "use api:NAMESPACE/svc/NAME:PORT",
            ),
            () if inside && of.kubernetes.is_none() => said(
                format!("probe `{name}` goes through a cluster, and the environment has none"),
                "add kubernetes, or leave via out",
            ),
            () if self.latency > 0 && self.latency >= self.timeout => said(
                format!("probe `{name}` gives up before it calls an answer slow"),
                "latency must be below timeout (5s unless it is set)",
            ),
            () if self.tls.critical_days > self.tls.warning_days => said(
                format!("probe `{name}`: the certificate is critical before it is worth a warning"),
                "critical_days must not be above warning_days",
            ),
            () => None,
        }
    }
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let Some(place) = text.strip_prefix("tcp://") else {
        return words::checked_url(&text);
    };
    let good = place
        .trim_end_matches('/')
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
    match good && clean(&text) == text {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err(serde::de::Error::custom(format!(
            "`{}` names no port{HINT}as in tcp://db.example.com:5432",
            clean(&text)
        ))),
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.to_ascii_uppercase().as_str() {
            "GET" => Ok(Self::Get),
            "HEAD" => Ok(Self::Head),
            "OPTIONS" => Ok(Self::Options),
            "POST" | "PUT" | "PATCH" | "DELETE" => Err(serde::de::Error::custom(format!(
                "a probe only reads, and {} may change something{HINT}use GET, HEAD or OPTIONS",
                word.to_ascii_uppercase()
            ))),
            _ => Err(serde::de::Error::unknown_variant(&word, &["GET", "HEAD", "OPTIONS"])),
        }
    }
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let all = words::one_or_many(deserializer)?;
    match all.iter().any(String::is_empty) {
        true => Err(serde::de::Error::custom(format!(
            "an empty text is in every body{HINT}leave the key out"
        ))),
        false => Ok(all),
    }
}

fn assertions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Assertion>, D::Error> {
    let all = words::one_or_many(deserializer)?;
    all.iter()
        .map(|text| {
            Assertion::parse(text).map_err(|wrong| {
                let hint = if wrong.hint.is_empty() {
                    String::new()
                } else {
                    format!("{HINT}{}", wrong.hint)
                };
                serde::de::Error::custom(format!("`{}`: {}{hint}", clean(text), clean(&wrong.sentence)))
            })
        })
        .collect()
}

/// How many redirects are followed: a number, or yes and no.
fn redirects<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Whether(bool),
        Number(i64),
        Other(serde::de::IgnoredAny),
    }
    match Written::deserialize(deserializer)? {
        Written::Whether(false) => Ok(0),
        Written::Whether(true) => Ok(5),
        Written::Number(number @ 0..=20) => Ok(number as u8),
        Written::Number(number) => Err(serde::de::Error::custom(format!(
            "{number} redirects are too many{HINT}between 0 (not followed) and 20"
        ))),
        Written::Other(_) => Err(serde::de::Error::custom(format!(
            "expected a number{HINT}how many are followed; 0: none"
        ))),
    }
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match i64::deserialize(deserializer)? {
        days @ 0..=3_650 => Ok(days as u32),
        other => Err(serde::de::Error::custom(format!("{other} days{HINT}between 0 and 3650"))),
    }
}

fn in_a_row<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match i64::deserialize(deserializer)? {
        number @ 1..=20 => Ok(number as u8),
        other => Err(serde::de::Error::custom(format!("{other} answers in a row{HINT}between 1 and 20"))),
    }
}
