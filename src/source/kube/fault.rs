//! Failures of the transport, as one plain sentence: the chain of causes is walked to the one that a
//! person can act on (refused, no such host, unknown issuer), and the layers around it are left out.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::model::{Problem, ProblemKind, Time};

/// The problem behind a failed request or connection.
pub fn of(error: &(dyn Error + 'static)) -> Problem {
    let chain = causes(error);
    if let Some(tls) = chain.iter().find_map(|e| e.downcast_ref::<rustls::Error>()) {
        return of_tls(tls);
    }
    let says = |needle: &str| chain.iter().any(|e| e.to_string().contains(needle));
    let deepest = chain.last().map(ToString::to_string).unwrap_or_default();
    if says("proxy authorization required") {
        return Problem::new(ProblemKind::Unreachable, "the proxy wants a login").hint("put the credentials into the proxy URL");
    }
    let through_proxy = if says("tunnel error") || says("SOCKS error") {
        " (through the proxy)"
    } else {
        ""
    };
    if says("dns error") || says("failed to lookup address") {
        return Problem::new(ProblemKind::Unreachable, format!("the host name cannot be resolved{through_proxy}")).hint("VPN or DNS?");
    }
    let io = chain.iter().rev().find_map(|e| e.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => Problem::new(ProblemKind::Unreachable, format!("connection refused{through_proxy}")),
        Some(io::ErrorKind::TimedOut) => Problem::new(ProblemKind::TimedOut, format!("no answer in time{through_proxy}")),
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            Problem::new(ProblemKind::Unreachable, "no route to the server").hint("VPN?")
        }
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::NotConnected,
        ) => cut(),
        _ if chain.iter().any(|e| e.is::<tokio::time::error::Elapsed>()) => Problem::new(ProblemKind::TimedOut, "no answer in time"),
        _ if [
            "connection closed",
            "operation was canceled",
            "unexpected end of file",
            "error reading a body",
        ]
        .iter()
        .any(|s| says(s)) =>
        {
            cut()
        }
        _ if says("tunnel error") => Problem::new(ProblemKind::Unreachable, "the proxy did not open a connection to the server"),
        _ if says("invalid HTTP") => Problem::new(ProblemKind::BadAnswer, "what answers is not an HTTP server"),
        _ if says("proxy") => Problem::new(ProblemKind::Config, deepest),
        _ if chain.iter().any(|e| e.is::<kube::config::KubeconfigError>()) => Problem::new(ProblemKind::Config, deepest),
        _ if deepest.is_empty() => Problem::new(ProblemKind::Unreachable, "the request failed"),
        _ => Problem::new(ProblemKind::Unreachable, deepest),
    }
}

/// The same problem, naming the server where the sentence is about reaching it.
pub fn at(mut problem: Problem, host: &str) -> Problem {
    let text = match (&*problem.text, problem.kind) {
        ("connection refused", _) => format!("connection refused by {host}"),
        ("no answer in time", _) => format!("no answer from {host} in time"),
        ("no route to the server", _) => format!("no route to {host}"),
        ("the host name cannot be resolved", _) => format!("{host} cannot be resolved"),
        (text, ProblemKind::Unreachable | ProblemKind::TimedOut | ProblemKind::Tls | ProblemKind::BadAnswer) => format!("{host}: {text}"),
        _ => return problem,
    };
    problem.text = Problem::new(problem.kind, text).text;
    problem
}

fn cut() -> Problem {
    Problem::new(ProblemKind::Unreachable, "the connection was cut")
}

fn of_tls(error: &rustls::Error) -> Problem {
    use rustls::Error as Tls;
    let tls = |text: &str| Problem::new(ProblemKind::Tls, text);
    match error {
        Tls::InvalidCertificate(fault) => of_certificate(fault),
        Tls::AlertReceived(alert) => match alert {
            AlertDescription::CertificateExpired => refused("the server says our client certificate has expired"),
            AlertDescription::CertificateRequired => refused("the server wants a client certificate"),
            AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::AccessDenied => refused("the server refused our client certificate"),
            AlertDescription::UnrecognisedName => tls("the server does not know this host name").hint("tls-server-name?"),
            _ => tls("the server broke off the TLS handshake"),
        },
        Tls::InvalidMessage(_) => tls("the server does not speak TLS here").hint("http:// instead of https://, or another port?"),
        Tls::PeerIncompatible(_) => tls("the server speaks no TLS version or cipher that we accept"),
        Tls::NoCertificatesPresented => tls("the server showed no certificate"),
        other => tls(&format!("TLS: {other}")),
    }
}

/// The server refuses who we are, in TLS: that is a matter of login, not of trust in the server.
fn refused(text: &str) -> Problem {
    Problem::new(ProblemKind::Login, text).hint(super::problem::LOGIN_HINT)
}

fn of_certificate(fault: &CertificateError) -> Problem {
    let tls = |text: &str| Problem::new(ProblemKind::Tls, text);
    match fault {
        CertificateError::UnknownIssuer => {
            tls("the server's certificate is signed by an unknown authority").hint("certificate-authority in the kubeconfig?")
        }
        CertificateError::Expired => tls("the server's certificate has expired"),
        CertificateError::ExpiredContext { not_after, .. } => {
            let at = Time(i64::try_from(not_after.as_secs()).unwrap_or_default());
            tls(&format!("the server's certificate expired on {}", day(at)))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            tls("the server's certificate is not valid yet").hint("is this machine's clock right?")
        }
        CertificateError::NotValidForName => tls("the server's certificate is for another name").hint("tls-server-name?"),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = if presented.is_empty() {
                "no name".to_owned()
            } else {
                names(presented)
            };
            tls(&format!("the server's certificate is for {names}, not for {}", expected.to_str())).hint("tls-server-name?")
        }
        CertificateError::Revoked => tls("the server's certificate is revoked"),
        CertificateError::BadSignature => {
            tls("the server's certificate has a bad signature").hint("certificate-authority of another cluster?")
        }
        CertificateError::BadEncoding => tls("the server's certificate cannot be read"),
        CertificateError::Other(other) => {
            // The platform's verifier says it in its own words.
            let words = other.to_string();
            if words.contains("UnknownIssuer") || words.contains("unknown issuer") {
                of_certificate(&CertificateError::UnknownIssuer)
            } else {
                tls(&format!("the server's certificate is not acceptable: {words}"))
            }
        }
        other => tls(&format!("the server's certificate is not acceptable: {other}")),
    }
}

/// The first few names of a certificate (`DnsName("a")` → `a`).
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        name.split_once('(')
            .map_or(name.as_str(), |(_, rest)| rest.trim_end_matches(')'))
            .trim_matches('"')
            .to_owned()
    };
    let mut text = presented.iter().take(3).map(bare).collect::<Vec<_>>().join(", ");
    if presented.len() > 3 {
        text.push_str(" …");
    }
    text
}

fn day(at: Time) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(|_| "?".to_owned(), |t| t.strftime("%Y-%m-%d").to_string())
}

/// The error and its causes, outermost first. An `io::Error` hides what it wraps from `source`, so
/// it is opened by hand.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(this) = next {
        chain.push(this);
        if chain.len() > 32 {
            break;
        }
        next = match this.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => this.source(),
        };
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("client error (Connect)")]
    struct Outer(#[source] io::Error);

    #[test]
    fn the_cause_is_found_below_its_layers() {
        use ProblemKind::*;
        let tls = |e: CertificateError| io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(e)));
        let name = CertificateError::NotValidForNameContext {
            expected: rustls::pki_types::ServerName::try_from("10.0.0.1").unwrap(),
            presented: vec!["DnsName(\"kubernetes\")".into(), "IpAddress(127.0.0.1)".into()],
        };
        let alert = io::Error::other(rustls::Error::AlertReceived(AlertDescription::CertificateExpired));
        let table = [
            (io::ErrorKind::ConnectionRefused.into(), Unreachable, "connection refused by k:6443"),
            (io::ErrorKind::TimedOut.into(), TimedOut, "no answer from k:6443 in time"),
            (io::ErrorKind::HostUnreachable.into(), Unreachable, "no route to k:6443"),
            (io::ErrorKind::ConnectionReset.into(), Unreachable, "k:6443: the connection was cut"),
            (
                io::Error::other("failed to lookup address information: Name or service not known"),
                Unreachable,
                "k:6443 cannot be resolved",
            ),
            (
                tls(CertificateError::UnknownIssuer),
                Tls,
                "k:6443: the server's certificate is signed by an unknown authority",
            ),
            (tls(CertificateError::Expired), Tls, "k:6443: the server's certificate has expired"),
            (
                tls(name),
                Tls,
                "k:6443: the server's certificate is for kubernetes, 127.0.0.1, not for 10.0.0.1",
            ),
            (alert, Login, "the server says our client certificate has expired"),
        ];
        for (error, kind, text) in table {
            let problem = at(of(&Outer(error)), "k:6443");
            assert_eq!((problem.kind, &*problem.text), (kind, text));
        }
    }
}
