//! One look at an environment's cluster, for `qd config check`: does it answer, as whom, may we see pods?

use std::time::{Duration, Instant};

use super::client::{self, Compression};
use super::{access, discovery, problem};
use crate::config::{Environment, Source};
use crate::model::{Problem, ProblemKind, Server};

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
