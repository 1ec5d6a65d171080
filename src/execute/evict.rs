//! Evictions: the server is asked to let a pod go, and its budgets may say "not now" (429).
//!
//! That answer is definite: nothing was done. So it is the one write that may be asked again, at a fixed pace, for as long
//! as whoever asked wants to wait. Any other answer, or none, is treated as that of every write.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::send::{Answer, Request};
use super::{Brake, path, prepare};
use crate::action::plan::Change;
use crate::model::{Problem, ProblemKind};
use crate::source::kube::Api;

/// Between two looks whether a pod has gone.
const LOOK: Duration = Duration::from_millis(500);

/// The request. Servers before 1.22 know evictions by their older name.
///
/// # Errors
/// The server has no pods.
pub fn request(api: &Api, change: &Change, grace: Option<i64>, dry: &str) -> Result<Request, Problem> {
    let version = match api.minor {
        1..22 => "policy/v1beta1",
        _ => "policy/v1",
    };
    let mut options = json!({"preconditions": {"uid": change.uid}});
    if let Some(grace) = grace {
        options["gracePeriodSeconds"] = json!(grace);
    }
    let eviction = json!({
        "apiVersion": version,
        "kind": "Eviction",
        "metadata": {"name": &*change.object.name, "namespace": &*change.object.namespace},
        "deleteOptions": options,
    });
    let path = path::object(api, &change.object)?;
    Ok(Request::new(Method::POST, format!("{path}/eviction{dry}")).json(&eviction))
}

/// What holds the pod, if an answer says so: `budget web needs 2 healthy pods and has 2 currently`.
pub fn held(answer: &Answer) -> Option<String> {
    if answer.status.as_u16() != 429 {
        return None;
    }
    let status: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let causes = status["details"]["causes"].as_array();
    let budget = causes.into_iter().flatten().find(|cause| cause["reason"] == "DisruptionBudget");
    let said = budget.and_then(|cause| cause["message"].as_str());
    let said = said.map(|said| said.strip_prefix("The disruption ").unwrap_or(said).to_owned());
    said.or_else(|| {
        let message = status["message"].as_str()?;
        message.contains("disruption budget").then(|| message.to_owned())
    })
    .map(|said| crate::model::clean(&said).into_owned())
}

/// The same as a problem, for who does not wait.
pub fn refused(said: &str) -> Problem {
    Problem::new(ProblemKind::Server, format!("{said}: it lets no pod go now"))
        .hint("ask again when another one is ready; a deletion would not ask the budget")
}

/// How long it is worth waiting.
#[derive(Clone, Copy)]
pub struct Wait<'a> {
    /// Between two questions.
    pub pace: Duration,
    pub until: Option<Instant>,
    pub brake: &'a Brake,
}

/// Why the waiting ended before what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    Stopped,
    /// The deadline has passed.
    Late,
}

impl Wait<'_> {
    /// Waits so long, or until it is enough.
    pub async fn pause(&self, time: Duration) -> Option<Enough> {
        let now = Instant::now();
        if self.until.is_some_and(|until| until <= now) {
            return Some(Enough::Late);
        }
        let until = self.until.map_or(now + time, |until| until.min(now + time));
        tokio::select! {
            () = self.brake.pulled() => Some(Enough::Stopped),
            () = tokio::time::sleep_until(until) => None,
        }
    }
}

/// Waits until the pod is gone, or another one has its name. Gives why it did not wait longer.
pub async fn gone(api: &Api, change: &Change, wait: Wait<'_>) -> Option<Enough> {
    loop {
        match prepare::one(api, &change.object).await {
            Err(problem) if problem.kind == ProblemKind::NotFound => return None,
            Ok(pod) if pod["metadata"]["uid"] != *change.uid => return None,
            // What cannot be read now is read again: it changes nothing.
            Ok(_) | Err(_) => {}
        }
        if let Some(enough) = wait.pause(LOOK).await {
            return Some(enough);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, body: Value) -> Answer {
        Answer {
            status: http::StatusCode::from_u16(code).unwrap(),
            body: body.to_string().into_bytes(),
            audit_id: String::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_budget_that_refuses_is_told_from_a_server_that_is_busy() {
        // As a server of version 1.20 says it.
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        let cause = json!({"reason": "DisruptionBudget", "message": "The disruption budget web needs 1 healthy pods and has 1 currently"});
        let body = json!({"kind": "Status", "message": message, "reason": "TooManyRequests", "details": {"causes": [cause]}, "code": 429});
        let said = held(&answer(429, body.clone())).unwrap();
        assert_eq!(said, "budget web needs 1 healthy pods and has 1 currently");
        assert_eq!(held(&answer(429, json!({"message": message}))).as_deref(), Some(message));
        assert_eq!(held(&answer(429, json!({"message": "too many requests"}))), None);
        assert_eq!(held(&answer(500, body)), None);
    }
}
