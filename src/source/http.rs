//! HTTP to services beside the cluster: clients, the way to a configured endpoint ([`Door`]), what comes back ([`read`]),
//! and failures as plain sentences.

mod answer;
mod door;
mod secret;
mod sigv4;

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Url};

pub use answer::{mark_of, read};
pub use door::Door;

use crate::model::{Problem, ProblemKind};

/// A client that follows no redirects: a login page is not the service.
pub fn client(deadline: Duration) -> Result<Client, Problem> {
    build(plain(deadline))
}

fn plain(deadline: Duration) -> ClientBuilder {
    let agent = concat!("quarterdeck/", env!("CARGO_PKG_VERSION"));
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(agent)
        .connect_timeout(deadline)
}

fn build(client: ClientBuilder) -> Result<Client, Problem> {
    client
        .build()
        .map_err(|error| Problem::new(ProblemKind::Tls, format!("no HTTPS client: {}", innermost(&error))))
}

/// A failed request as one sentence. The causes are nested several layers deep, and the useful one is inside.
pub fn explain(error: &reqwest::Error, url: &str) -> Problem {
    let at = Url::parse(url).ok().and_then(|url| {
        let host = url.host_str()?.to_owned();
        Some((
            url.port_or_known_default()
                .map(|port| format!("{host}:{port}"))
                .unwrap_or_else(|| host.clone()),
            host,
        ))
    });
    let (address, host) = at.unwrap_or_default();
    let inside = innermost(error);
    if error.is_timeout() {
        return Problem::new(ProblemKind::TimedOut, format!("no answer from {address}"));
    }
    let refused = |e: &std::io::Error| e.kind() == std::io::ErrorKind::ConnectionRefused;
    if causes(error).any(|cause| cause.downcast_ref().is_some_and(refused)) {
        return Problem::new(ProblemKind::Unreachable, format!("connection refused by {address}"));
    }
    // The resolver and rustls both hide behind an IO error; their own words tell them apart.
    if causes(error).any(|cause| cause.to_string().contains("dns error")) {
        return Problem::new(ProblemKind::Unreachable, format!("no such host: {host}")).hint("check the name, the VPN and the resolver");
    }
    if let Some(tls) = causes(error).find_map(tls_error) {
        return Problem::new(ProblemKind::Tls, format!("{address}: {}", in_words(tls)));
    }
    Problem::new(ProblemKind::Unreachable, format!("{address}: {inside}"))
}

/// A rustls error, also inside IO errors, which may hold each other (and whose `source` skips what they hold).
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let held = |cause: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        let io: &'a std::io::Error = cause.downcast_ref()?;
        io.get_ref().map(|held| held as &'a (dyn Error + 'static))
    };
    std::iter::successors(Some(cause), held).find_map(|cause| cause.downcast_ref())
}

fn in_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired => "its certificate has expired".into(),
            Certificate::ExpiredContext { not_after, .. } => format!("its certificate expired on {}", day(not_after.as_secs())),
            Certificate::NotValidYetContext { not_before, .. } => {
                format!("its certificate is not valid before {}", day(not_before.as_secs()))
            }
            Certificate::NotValidForName => "its certificate is for another name".into(),
            Certificate::NotValidForNameContext { expected, presented } => {
                let of: Vec<&str> = presented
                    .iter()
                    .map(|name| name.trim_start_matches("DnsName(\"").trim_end_matches("\")"))
                    .collect();
                let of = if of.is_empty() {
                    "nobody by name".to_owned()
                } else {
                    of.join(", ")
                };
                format!("its certificate is for {of}, not for {}", expected.to_str())
            }
            Certificate::UnknownIssuer => "its certificate is not signed by an authority known here".into(),
            other => format!("its certificate is not acceptable: {other}"),
        },
        rustls::Error::InvalidMessage(_) => "it does not speak TLS (is it http?)".into(),
        other => other.to_string(),
    }
}

/// `2026-11-28`
fn day(seconds: u64) -> String {
    let at = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    at.map_or_else(|| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// An error, what caused it, what caused that.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{CertificateError as Certificate, Error};

    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_named() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let (now, day) = (at(1_800_000_000), at(1_790_000_000));
        for (error, words) in [
            (
                Certificate::ExpiredContext { time: now, not_after: day },
                "its certificate expired on 2026-09-21",
            ),
            (
                Certificate::NotValidYetContext {
                    time: day,
                    not_before: now,
                },
                "its certificate is not valid before 2027-01-15",
            ),
            (
                Certificate::NotValidForNameContext {
                    expected: ServerName::try_from("prometheus.solia-invest.com").unwrap(),
                    presented: vec!["DnsName(\"other.example\")".into()],
                },
                "its certificate is for other.example, not for prometheus.solia-invest.com",
            ),
            (
                Certificate::UnknownIssuer,
                "its certificate is not signed by an authority known here",
            ),
        ] {
            assert_eq!(in_words(&Error::InvalidCertificate(error)), words);
        }
    }
}
