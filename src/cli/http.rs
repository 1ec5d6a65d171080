//! The HTTP side of `qd config check`: one question for each sort of endpoint, and failures as plain sentences.

use std::error::Error;
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode, Url};
use serde_json::Value;

use super::check::Answer;
use crate::model::{Problem, ProblemKind, clean, shorten};

/// The most that is read of an answer, in bytes; the answers meant here have a few hundred.
const LONGEST: usize = 64 << 10;

/// What is asked of an endpoint.
pub(super) enum Question {
    /// Is it that service, and which version? The URL is the service's base.
    Service(Service, String),
    /// Does it give this status?
    Probe { url: String, expect: u16 },
    /// Does anything answer HTTPS there?
    CloudWatch(String),
}

/// A service that says who it is.
#[derive(Clone, Copy)]
pub(super) enum Service {
    Prometheus,
    Alertmanager,
    Grafana,
}

/// A client that follows no redirects: a login page is not the service.
pub(super) fn client(deadline: Duration) -> Result<Client, Problem> {
    let agent = concat!("quarterdeck/", env!("CARGO_PKG_VERSION"));
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(agent)
        .connect_timeout(deadline);
    client
        .build()
        .map_err(|error| Problem::new(ProblemKind::Tls, format!("no HTTPS client: {}", innermost(&error))))
}

/// Asks, and says what came back.
pub(super) async fn ask(client: &Client, question: Question) -> Answer {
    let started = Instant::now();
    let took = || format!("{} ms", started.elapsed().as_millis());
    match question {
        Question::Service(service, base) => {
            let version = of_service(client, service, &base).await?;
            Ok(format!("{version}{}", took()))
        }
        Question::Probe { url, expect } => {
            let status = get(client, &url).await?.status();
            match status.as_u16() == expect {
                true => Ok(format!("{expect}, {}", took())),
                false => {
                    let text = format!("{} instead of {expect}, {}", status.as_u16(), took());
                    Err(Problem::new(kind_of(status), text))
                }
            }
        }
        Question::CloudWatch(url) => {
            get(client, &url).await?;
            Ok(format!("reachable, {} (credentials are not checked yet)", took()))
        }
    }
}

/// The version of a service, ready to be followed by the time it took; empty where it does not say.
async fn of_service(client: &Client, service: Service, base: &str) -> Result<String, Problem> {
    let (path, version) = match service {
        Service::Prometheus => ("/api/v1/status/buildinfo", "/data/version"),
        Service::Alertmanager => ("/api/v2/status", "/versionInfo/version"),
        Service::Grafana => ("/api/health", "/version"),
    };
    let response = get(client, &join(base, path)).await?;
    // What speaks PromQL without being Prometheus may not tell its build, but it says whether it is ready.
    if matches!(service, Service::Prometheus) && response.status() == StatusCode::NOT_FOUND {
        good(&get(client, &join(base, "/-/ready")).await?)?;
        return Ok(String::new());
    }
    good(&response)?;
    let body = read(response).await?;
    let answer: Value = serde_json::from_slice(&body).map_err(|_| not_json(&body))?;
    if matches!(service, Service::Grafana) && answer.get("database").is_some_and(|state| state != "ok") {
        return Err(Problem::new(ProblemKind::Server, "its database is not ok"));
    }
    let version = answer
        .pointer(version)
        .and_then(Value::as_str)
        .map(|version| clean(shorten(version, 40).as_ref()).into_owned());
    let (first, known) = (version.as_deref().unwrap_or_default(), answer.is_object());
    match (first, known) {
        (_, false) => Err(not_json(&body)),
        ("", true) => Ok(String::new()),
        (first, true) => Ok(format!("v{}, ", first.trim_start_matches('v'))),
    }
}

fn join(base: &str, path: &str) -> String {
    format!("{}{path}", base.trim_end_matches('/'))
}

async fn get(client: &Client, url: &str) -> Result<Response, Problem> {
    client.get(url).send().await.map_err(|error| explain(&error, url))
}

/// The body, up to a limit.
async fn read(mut response: Response) -> Result<Vec<u8>, Problem> {
    let url = response.url().to_string();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| explain(&error, &url))? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            return Err(Problem::new(ProblemKind::BadAnswer, "the answer does not end"));
        }
    }
    Ok(body)
}

fn good(response: &Response) -> Result<(), Problem> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let text = match response.headers().get("location").and_then(|to| to.to_str().ok()) {
        Some(to) if status.is_redirection() => format!("HTTP {}, a redirect to {to}", status.as_u16()),
        _ => format!(
            "HTTP {}{}",
            status.as_u16(),
            status.canonical_reason().map(|r| format!(" {r}")).unwrap_or_default()
        ),
    };
    Err(Problem::new(kind_of(status), text))
}

fn kind_of(status: StatusCode) -> ProblemKind {
    match status.as_u16() {
        401 => ProblemKind::Login,
        403 => ProblemKind::Denied,
        404 => ProblemKind::NotFound,
        429 => ProblemKind::Throttled,
        500.. => ProblemKind::Server,
        _ => ProblemKind::BadAnswer,
    }
}

fn not_json(body: &[u8]) -> Problem {
    let what = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => "a web page instead of the API",
        _ => "not the JSON that this service answers",
    };
    Problem::new(ProblemKind::BadAnswer, what).hint("does the URL lead to the service itself?")
}

/// A failed request as one sentence. The causes are nested several layers deep, and the useful one is inside.
fn explain(error: &reqwest::Error, url: &str) -> Problem {
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
            Certificate::Expired | Certificate::ExpiredContext { .. } => "its certificate has expired".into(),
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => "its certificate is for another name".into(),
            Certificate::UnknownIssuer => "its certificate is not signed by an authority known here".into(),
            other => format!("its certificate is not acceptable: {other}"),
        },
        rustls::Error::InvalidMessage(_) => "it does not speak TLS (is it http?)".into(),
        other => other.to_string(),
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
