//! Carries a confirmed plan out: one request an object, the audit before and after.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::prepare::connected;
use super::send::{Answer, Request};
use super::{Brake, path, prepare, talk};
use crate::action::guard::Confirmed;
use crate::action::plan::{Change, Plan, Write};
use crate::action::stage::{Dropped, End, Identity, News, Outcome, Why};
use crate::ledger::audit::{Audit, AuditKind, AuditOutcome, Deed};
use crate::model::{Problem, ProblemKind};
use crate::source::kube::{Api, Apis};

/// By which managed fields and the server's audit know this program.
pub const MANAGER: &str = "qd";

/// Whether the server keeps what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Kept,
    Rehearsed,
}

/// The object is not as the plan saw it.
pub fn moved() -> Problem {
    Problem::new(
        ProblemKind::Server,
        "it is no longer as it was when the plan was made: nothing was changed",
    )
    .hint("make a new plan")
}

/// The verb of the right that a change needs.
pub fn verb(change: &Change) -> &'static str {
    match change.write {
        Write::Patch { .. } => "patch",
        Write::Delete { .. } => "delete",
        Write::Create(_) | Write::Session { .. } => "create",
    }
}

/// The request that makes a change.
///
/// # Errors
/// The server does not have the kind.
pub fn request(api: &Api, change: &Change, mode: Mode) -> Result<Request, Problem> {
    let dry = if mode == Mode::Rehearsed { "&dryRun=All" } else { "" };
    Ok(match &change.write {
        Write::Patch { operations, subresource } => {
            let mut path = path::object(api, &change.object)?;
            if !subresource.is_empty() {
                path = format!("{path}/{subresource}");
            }
            Request::new(Method::PATCH, format!("{path}?fieldManager={MANAGER}{dry}"))
                .content("application/json-patch+json")
                .json(&Value::from(operations.clone()))
        }
        Write::Delete { grace, propagation } => {
            let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": change.uid}});
            if let Some(grace) = grace {
                options["gracePeriodSeconds"] = json!(grace);
            }
            if let Some(propagation) = propagation {
                options["propagationPolicy"] = json!(propagation);
            }
            if mode == Mode::Rehearsed {
                options["dryRun"] = json!(["All"]);
            }
            Request::new(Method::DELETE, path::object(api, &change.object)?).json(&options)
        }
        Write::Session { .. } => return Err(Problem::new(ProblemKind::Config, "a session is no request that could be tried")),
        Write::Create(document) => {
            let served = path::served(api, &change.object.kind)?;
            let mut document = document.clone();
            document["apiVersion"] = json!(path::api_version(served));
            let path = path::collection(api, &change.object.kind, &change.object.namespace)?;
            Request::new(Method::POST, format!("{path}?fieldManager={MANAGER}{dry}")).json(&document)
        }
    })
}

/// One confirmed plan on its way.
pub struct Run {
    pub confirmed: Confirmed,
    pub identity: Identity,
    pub audit: Audit,
    pub tell: mpsc::Sender<News>,
    pub brake: Brake,
    /// For the answer to a write.
    pub patience: Duration,
}

impl Run {
    /// Does all of it, and tells of each object.
    pub async fn all(self, apis: Apis) {
        let draft = self.confirmed.plan().draft.id;
        let api = connected(apis).await;
        for (nth, change) in self.confirmed.plan().changes.iter().enumerate() {
            let start = Instant::now();
            let (end, said) = match (&api, self.brake.is_pulled()) {
                (_, true) => (End::Stopped, String::new()),
                (Ok(api), false) => self.one(api, change).await,
                (Err(problem), false) => {
                    let dropped = self.deed(change, AuditOutcome::Failed, problem.text.to_string());
                    let _ = self.append(AuditKind::Dropped, dropped).await;
                    (End::NotDone(problem.clone()), String::new())
                }
            };
            let outcome = Outcome {
                object: change.object.clone(),
                end,
                said,
                took: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            };
            let _ = self.tell.send(News::Done { draft, nth, outcome }).await;
        }
        let _ = self.tell.send(News::Ended { draft }).await;
    }

    /// One object: intended, sent once, outcome.
    async fn one(&self, api: &Api, change: &Change) -> (End, String) {
        let request = match (&change.write, request(api, change, Mode::Kept)) {
            (Write::Session { .. }, _) => None,
            (_, Ok(request)) => Some(request),
            (_, Err(problem)) => return (End::NotDone(problem), String::new()),
        };
        let mut intent = self.deed(change, AuditOutcome::Unknown, String::new());
        intent.outcome = None;
        let receipt = match self.append(AuditKind::Intended, intent).await {
            Ok(receipt) => receipt,
            // Nothing is sent that is not on the disk.
            Err(problem) => return (End::NotDone(problem), String::new()),
        };
        let start = Instant::now();
        let answer = match &request {
            Some(request) => Some(request.send(&api.writer, self.patience).await),
            None => None,
        };
        let (end, mut said, audit_id) = match answer {
            None => {
                let (end, said) = talk::hold(api, change, &self.tell).await;
                (end, said, String::new())
            }
            Some(answer) => self.became(api, change, answer).await,
        };
        let (outcome, why) = match &end {
            End::Done => (AuditOutcome::Succeeded, said.clone()),
            End::NotDone(problem) => (AuditOutcome::Failed, problem.text.to_string()),
            End::Unknown(problem) => (AuditOutcome::Unknown, problem.text.to_string()),
            End::Stopped => (AuditOutcome::Cancelled, String::new()),
        };
        let mut deed = self.deed(change, outcome, why);
        deed.intent = Some(receipt);
        deed.duration_ms = u64::try_from(start.elapsed().as_millis()).ok();
        deed.audit_id = audit_id;
        // The change is made or not, whatever the disk says now: the intent stands there and is told at the next start.
        if let Err(problem) = self.append(AuditKind::Outcome, deed).await {
            said = format!("its outcome is not in the audit: {}", problem.text);
        }
        (end, said)
    }

    /// What an answer, or none, means for the object.
    async fn became(&self, api: &Api, change: &Change, answer: Result<Answer, Problem>) -> (End, String, String) {
        match answer {
            Ok(answer) if answer.status.is_success() => (End::Done, answer.warnings.join("; "), answer.audit_id),
            Ok(answer) if answer.is_changed() => (End::NotDone(moved()), String::new(), answer.audit_id),
            // Somebody else was faster, or an earlier try of ours did arrive.
            Ok(answer) if answer.status.as_u16() == 404 && matches!(change.write, Write::Delete { .. }) => (
                End::NotDone(answer.problem(&change.object.label(), "delete")),
                String::new(),
                answer.audit_id,
            ),
            // A gateway's word says nothing of what stands behind it.
            Ok(answer) if matches!(answer.status.as_u16(), 408 | 502 | 503 | 504) => {
                let problem = answer.problem(&change.object.label(), verb(change));
                let (end, said) = read_back(api, change, problem).await;
                (end, said, answer.audit_id)
            }
            Ok(answer) => (
                End::NotDone(answer.problem(&change.object.label(), verb(change))),
                String::new(),
                answer.audit_id,
            ),
            Err(problem) => {
                let (end, said) = read_back(api, change, problem).await;
                (end, said, String::new())
            }
        }
    }

    fn deed(&self, change: &Change, outcome: AuditOutcome, said: String) -> Deed {
        let plan = self.confirmed.plan();
        let mut deed = deed(plan, &self.identity, Some(change));
        deed.reason = self.confirmed.reason().to_owned();
        deed.confirmation = self.confirmed.level().to_owned();
        deed.outcome = Some(outcome);
        deed.said = said;
        deed
    }

    /// Writes a line, on a thread that may wait for the disk.
    async fn append(&self, kind: AuditKind, deed: Deed) -> Result<String, Problem> {
        let audit = self.audit.clone();
        let write = tokio::task::spawn_blocking(move || audit.append(kind, deed, jiff::Timestamp::now()));
        let gone = |_| Problem::new(ProblemKind::Server, "the program is ending");
        write.await.map_err(gone)?.map(|receipt| receipt.id)
    }
}

/// What the audit says of a plan, or of one of its changes.
fn deed(plan: &Plan, identity: &Identity, change: Option<&Change>) -> Deed {
    let mut deed = Deed {
        environment: identity.environment.clone(),
        context: identity.context.clone(),
        identity: identity.user.clone(),
        action: plan.verb.to_owned(),
        command: crate::redact::mask_text(&match change {
            Some(change) if plan.changes.len() > 1 => plan.action.only(&change.object).to_string(),
            _ => plan.told(),
        })
        .into_owned(),
        plan: plan.digest(),
        ..Deed::default()
    };
    if let Some(change) = change {
        deed.other.insert("object".into(), json!(change.object.label()));
        if !change.uid.is_empty() {
            deed.other.insert("uid".into(), json!(change.uid));
        }
    }
    deed
}

/// Writes down that a plan was not carried out.
///
/// # Errors
/// The audit cannot be written.
pub fn record_dropped(audit: &Audit, dropped: Dropped) -> Result<(), Problem> {
    let mut deed = deed(&dropped.plan, &dropped.identity, None);
    (deed.outcome, deed.said) = match dropped.why {
        Why::Cancelled => (Some(AuditOutcome::Cancelled), String::new()),
        Why::Refused(problem) => (Some(AuditOutcome::Refused), problem.text.to_string()),
    };
    audit.append(AuditKind::Dropped, deed, jiff::Timestamp::now()).map(drop)
}

/// What became of a write that was not answered: the object tells. It is never sent again.
async fn read_back(api: &Api, change: &Change, problem: Problem) -> (End, String) {
    let unknown = |problem: &Problem| {
        let text = format!("it was sent, and whether it was done is not known: {}", problem.text);
        End::Unknown(Problem::new(problem.kind, text).hint("look at the object"))
    };
    let mut pause = Duration::from_millis(200);
    let mut not_done = 0;
    // The server may be coming back, and the write may still be on its way through it: a few looks, and then the truth.
    for _ in 0..5 {
        match prepare::one(api, &change.object).await {
            Ok(document) if is_done(change, &document) => {
                return (End::Done, "no answer came; the object shows that it was done".into());
            }
            // One that was merely slow may still be done later.
            Ok(_) if not_done >= 2 && problem.kind != ProblemKind::TimedOut => {
                let text = format!("not done: the object is as it was ({})", problem.text);
                return (End::NotDone(Problem::new(problem.kind, text)), String::new());
            }
            Ok(_) => {
                not_done += 1;
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(missing) if missing.kind == ProblemKind::NotFound => {
                return match change.write {
                    Write::Delete { .. } => (End::Done, "no answer came; the object is gone".into()),
                    Write::Patch { .. } => (
                        End::NotDone(Problem::new(ProblemKind::NotFound, "the object is gone")),
                        String::new(),
                    ),
                    Write::Create(_) | Write::Session { .. } => {
                        let text = format!("not done: there is no such object ({})", problem.text);
                        (End::NotDone(Problem::new(problem.kind, text)), String::new())
                    }
                };
            }
            Err(_) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
    }
    (unknown(&problem), String::new())
}

/// Whether the object shows the change.
fn is_done(change: &Change, document: &Value) -> bool {
    let uid = document["metadata"]["uid"].as_str().unwrap_or_default();
    match &change.write {
        Write::Delete { .. } => uid != change.uid || document["metadata"]["deletionTimestamp"].is_string(),
        Write::Session { .. } => false,
        Write::Create(wanted) => {
            document["metadata"]["ownerReferences"] == wanted["metadata"]["ownerReferences"]
                && document["spec"]["scaleTargetRef"]["name"] == wanted["spec"]["scaleTargetRef"]["name"]
        }
        Write::Patch { operations, .. } => {
            let changes = operations.iter().filter(|operation| operation["op"] != "test");
            uid == change.uid
                && changes.into_iter().all(|operation| {
                    let there = document.pointer(operation["path"].as_str().unwrap_or_default());
                    match operation["op"].as_str() {
                        Some("remove") => there.is_none(),
                        _ => there == operation.get("value"),
                    }
                })
        }
    }
}
