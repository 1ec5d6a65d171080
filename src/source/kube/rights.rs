//! Whether one has a right: one SelfSubjectAccessReview, which changes nothing although it is a POST.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, header};
use http_body_util::{BodyExt as _, Limited};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use super::request::now;
use super::{Api, Apis, problem};
use crate::model::{EnvId, Fact, Problem, ProblemKind, Right, Seen, Verdict, clean};
use crate::source::Task;

/// What does not answer in so long is told as silent.
const PATIENCE: Duration = Duration::from_secs(3);
/// Questions of one environment at the same time: moving through a table may ask many.
const AT_ONCE: usize = 4;
/// No answer is larger than this (bytes).
const LARGEST: usize = 1 << 20;

/// The turns that the questions of one environment take.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Tells whether one has a right, once, and ends.
pub fn spawn(env: EnvId, right: Right, mut apis: Apis, turns: Turns, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(async move {
        let Ok(Some(api)) = apis.wait_for(Option::is_some).await.map(|api| api.clone()) else {
            return;
        };
        let Ok(_turn) = turns.0.acquire().await else { return };
        let answer = ask(&api, &right).await;
        let fact = Fact {
            env,
            at: now(),
            seen: Seen::Right(Box::new(right), answer),
        };
        // Nobody listens any more: then nobody misses it.
        let _ = facts.send(fact).await;
    })
}

/// Asks the server.
///
/// # Errors
/// It does not say.
pub async fn ask(api: &Api, right: &Right) -> Result<Verdict, Problem> {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "verb": right.verb, "group": right.group, "resource": right.resource, "subresource": right.subresource,
            "namespace": right.namespace, "name": right.name,
        }},
    });
    let request = Request::post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(review.to_string().into_bytes()))
        .map_err(|_| Problem::new(ProblemKind::Config, "the question is not a request"))?;
    let exchange = async {
        let response = api.client.send(request).await.map_err(|e| problem::of(&e))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST)
            .collect()
            .await
            .map_err(|e| Problem::new(ProblemKind::Unreachable, format!("the answer broke off: {e}")))?
            .to_bytes();
        if !status.is_success() {
            return Err(problem::of_answer(status, &body, "create", "selfsubjectaccessreviews"));
        }
        let review: Value =
            serde_json::from_slice(&body).map_err(|_| Problem::new(ProblemKind::BadAnswer, "the answer is not Kubernetes JSON"))?;
        match review["status"]["allowed"].as_bool() {
            Some(true) => Ok(Verdict::Allowed),
            Some(false) => Ok(Verdict::Denied(
                clean(review["status"]["reason"].as_str().unwrap_or_default()).into_owned(),
            )),
            None => Err(Problem::new(ProblemKind::BadAnswer, "the server does not say yes or no")),
        }
    };
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(answer) => answer,
        Err(_) => Err(Problem::new(
            ProblemKind::TimedOut,
            format!("no answer within {} s", PATIENCE.as_secs()),
        )),
    }
}
