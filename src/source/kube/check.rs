//! One look at an environment's cluster, for `qd config check`: does it answer, as whom, may we see pods?

use std::time::{Duration, Instant};

use http::{Request, header};
use kube::client::Body;

use super::client::{self, Compression};
use super::{Api, access, discovery, expiry, problem};
use crate::config::{Environment, Kubernetes, Source};
use crate::model::{Problem, ProblemKind, Server, Time};

/// Each request may take this long; the caller has a deadline of its own for the whole.
const DEADLINE: Duration = Duration::from_secs(10);

/// Connects and says what it found: `v1.33.4, 34 ms, as anna`.
///
/// # Errors
/// Why it cannot be used, or which right is missing.
pub async fn check(environment: &Environment) -> Result<String, Problem> {
    let settings = environment.kubernetes.clone().unwrap_or_default();
    let access = access::resolve(&settings).await?;
    let server = Server {
        host: access.host.clone(),
        user: access.user.clone(),
        cluster: access.cluster.clone(),
        account: access.account.clone(),
        ..Server::default()
    };
    if let Some(mismatch) = environment.mismatch(&server) {
        let problem = Problem::new(ProblemKind::Config, mismatch.to_string());
        return Err(problem.hint("it is treated as production, and nothing is changed in it"));
    }
    let client = client::build(&access, Compression::Off)?;
    let started = Instant::now();
    let version = discovery::version(&client, DEADLINE).await?;
    let millis = started.elapsed().as_millis();
    let namespaces: Vec<String> = match settings.all_namespaces || settings.namespaces.is_empty() {
        true => vec!["/api/v1/pods?limit=1".into()],
        false => settings
            .namespaces
            .iter()
            .map(|n| format!("/api/v1/namespaces/{n}/pods?limit=1"))
            .collect(),
    };
    for path in namespaces {
        let answer = client::get(&client, &path, "application/json", None, DEADLINE).await?;
        if !answer.status.is_success() {
            return Err(problem::of_answer(answer.status, &answer.body, "list", "pods"));
        }
    }
    let user = if access.user.is_empty() {
        String::new()
    } else {
        format!(", as {}", access.user)
    };
    let mut text = format!("{}, {millis} ms{user}", version.git);
    if let Some(part) = environment.identity.untold(&server) {
        text.push_str(&format!(
            ", the {part} is not told by the kubeconfig: changes are asked one level higher"
        ));
    }
    if environment.source == Source::Kubeconfig {
        text.push_str(", not configured: guarded");
    }
    Ok(text)
}

/// How one stands with a cluster: as whom, until when, and by which clock.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The kubeconfig's name for the user; empty: it has none.
    pub user: Box<str>,
    /// What proves it: `client certificate`.
    pub credential: &'static str,
    /// When that ends; never, where it does not say.
    pub ends: Time,
    /// By how many seconds the server's clock is ahead of ours; `None`: it does not tell.
    pub ahead: Option<i64>,
}

/// Finds out how one stands with the cluster of these settings, and gives a connection to ask more.
///
/// # Errors
/// It cannot be reached, or does not know us.
pub async fn stand(settings: &Kubernetes) -> Result<(Standing, Api), Problem> {
    let access = access::resolve(settings).await?;
    let client = client::build(&access, Compression::Off)?;
    let question = Request::get("/version")
        .header(header::ACCEPT, "application/json")
        .body(Body::empty())
        .map_err(|_| Problem::new(ProblemKind::Config, "/version is not a path"))?;
    let answer = tokio::time::timeout(DEADLINE, client.send(question)).await;
    let answer = answer.map_err(|_| Problem::new(ProblemKind::TimedOut, "no answer"))?;
    let answer = answer.map_err(|error| problem::of(&error))?;
    let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
    let there = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let standing = Standing {
        user: access.user.clone(),
        credential: access.credential.word(),
        ends: access.expires,
        ahead: there.map(|there| there.timestamp().as_second() - jiff::Timestamp::now().as_second()),
    };
    let api = Api {
        client,
        writer: client::writer(&access)?,
        served: std::sync::Arc::default(),
        minor: 0,
        outages: 0,
    };
    Ok((standing, api))
}

/// `03:04` or `2026-11-23 03:04`, in UTC.
pub fn moment(at: Time, now: Time) -> String {
    format!("{}Z", expiry::clock(at, now))
}
