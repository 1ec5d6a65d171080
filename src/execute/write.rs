//! Carries a confirmed plan out: one request an object, a few objects at once, the audit before and after each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use http::Method;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::evict::{Enough, Wait};
use super::prepare::connected;
use super::send::{Answer, Request};
use super::{Brake, evict, path, prepare, silence, talk};
use crate::action::Verb;
use crate::action::guard::Confirmed;
use crate::action::plan::silence::Silencing;
use crate::action::plan::{Change, Held, Plan, Write, word};
use crate::action::stage::{Dropped, End, Identity, News, Outcome, Phase, Unfinished, Why};
use crate::config::Endpoint;
use crate::ledger::Ledger;
use crate::ledger::audit::{Audit, AuditKind, AuditOutcome, Deed, Receipt};
use crate::model::{Known, Problem, ProblemKind};
use crate::redact::Mask;
use crate::source::kube::{Api, Apis};

/// By which managed fields and the server's audit know this program.
pub const MANAGER: &str = "qd";
/// Requests of one plan that are under way at once.
const AT_ONCE: usize = 8;
/// Objects of one plan that are waited for at once.
const WAITING: usize = 256;

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
        Write::Create(_) | Write::Evict { .. } | Write::Session { .. } | Write::Held(_) => "create",
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
        Write::Evict { grace, .. } => {
            let dry = if mode == Mode::Rehearsed { "?dryRun=All" } else { "" };
            evict::request(api, change, *grace, dry)?
        }
        Write::Session { .. } | Write::Held(_) => {
            return Err(Problem::new(ProblemKind::Config, "a session is no request that could be tried"));
        }
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
    /// Where sessions are recorded.
    pub recordings: Option<Ledger>,
    pub mask: Mask,
    /// Between two questions to a budget.
    pub pace: Duration,
    /// The Alertmanagers of each environment.
    pub managers: Arc<[Vec<Endpoint>]>,
    /// Where programs are looked for first.
    pub programs: Option<PathBuf>,
}

/// What the changes of a plan share.
#[derive(Clone, Copy)]
struct Way<'a> {
    gate: &'a Semaphore,
    until: Option<tokio::time::Instant>,
}

impl Run {
    /// Does all of it, a few at once, and tells of each object.
    pub async fn all(self, apis: Option<Apis>) {
        let plan = self.confirmed.plan();
        let draft = plan.draft.id;
        let api = match (apis, plan.needs_no_cluster()) {
            (Some(apis), false) => connected(apis).await.map(Some),
            (None, false) => Err(Problem::new(ProblemKind::Config, "this environment has no cluster")),
            (_, true) => Ok(None),
        };
        let until = plan.deadline().map(|time| tokio::time::Instant::now() + time);
        let gate = Semaphore::new(AT_ONCE);
        let way = Way { gate: &gate, until };
        let (leading, all) = (plan.leading(), plan.changes.len());
        let mut is_open = true;
        for nth in 0..leading {
            is_open &= self.tell_of(&api, nth, way).await == End::Done;
        }
        if is_open {
            // Those that a budget holds wait without keeping others from going.
            let going = stream::iter(leading..all).map(|nth| self.tell_of(&api, nth, way));
            going.buffer_unordered(WAITING).for_each(|_| std::future::ready(())).await;
        } else {
            for nth in leading..all {
                let text = "not begun: the node is not cordoned";
                let end = match self.brake.is_pulled() {
                    true => End::Stopped,
                    false => End::NotDone(Problem::new(ProblemKind::Config, text)),
                };
                self.ended(nth, end, String::new(), Instant::now()).await;
            }
        }
        let _ = self.tell.send(News::Ended { draft }).await;
    }

    /// One object, from its turn to what is told of it.
    async fn tell_of(&self, api: &Result<Option<Api>, Problem>, nth: usize, way: Way<'_>) -> End {
        let Some(change) = self.confirmed.plan().changes.get(nth) else {
            return End::Stopped;
        };
        let turn = way.gate.acquire().await;
        let start = Instant::now();
        let (end, said) = match (api, self.brake.is_pulled()) {
            (_, true) => (End::Stopped, String::new()),
            (Ok(api), false) => self.one(api.as_ref(), nth, change, turn.ok(), way).await,
            (Err(problem), false) => {
                let dropped = self.deed(change, AuditOutcome::Failed, problem.text.to_string());
                let _ = self.append(AuditKind::Dropped, dropped).await;
                (End::NotDone(problem.clone()), String::new())
            }
        };
        self.ended(nth, end.clone(), said, start).await;
        end
    }

    async fn ended(&self, nth: usize, end: End, said: String, start: Instant) {
        let plan = self.confirmed.plan();
        let Some(change) = plan.changes.get(nth) else { return };
        let outcome = Outcome {
            object: change.object.clone(),
            end,
            said,
            took: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        let draft = plan.draft.id;
        let _ = self.tell.send(News::Done { draft, nth, outcome }).await;
    }

    async fn going(&self, nth: usize, phase: Phase) {
        let draft = self.confirmed.plan().draft.id;
        let _ = self.tell.send(News::Going { draft, nth, phase }).await;
    }

    /// One object: intended, sent once, outcome. Its turn ends when it waits for somebody else.
    async fn one<'a>(
        &self,
        api: Option<&Api>,
        nth: usize,
        change: &Change,
        turn: Option<SemaphorePermit<'a>>,
        way: Way<'a>,
    ) -> (End, String) {
        let request = match (api, change.write.is_request()) {
            (Some(api), true) => match request(api, change, Mode::Kept) {
                Ok(request) => Some((api, request)),
                Err(problem) => return (End::NotDone(problem), String::new()),
            },
            _ => None,
        };
        let mut intent = self.deed(change, AuditOutcome::Unknown, String::new());
        intent.outcome = None;
        let receipt = match self.append(AuditKind::Intended, intent).await {
            Ok(receipt) => receipt,
            // Nothing is sent that is not on the disk.
            Err(problem) => return (End::NotDone(problem), String::new()),
        };
        self.going(nth, Phase::Begun).await;
        let start = Instant::now();
        let wait = Wait {
            pace: self.pace,
            until: way.until,
            brake: &self.brake,
        };
        let waits = matches!(change.write, Write::Evict { waits: true, .. });
        let (end, mut said, audit_id) = match &request {
            None => {
                let (end, said) = match silencing(change) {
                    Some(silencing) => silence::send(self, nth, silencing).await,
                    None => talk::hold(self, api, change).await,
                };
                (end, said, String::new())
            }
            Some((api, request)) if waits => self.insist(api, nth, change, request, turn, wait, way.gate).await,
            Some((api, request)) => {
                let answer = request.send(&api.writer, self.patience).await;
                let became = self.became(api, change, answer).await;
                drop(turn);
                became
            }
        };
        let (outcome, why) = match &end {
            End::Done => (AuditOutcome::Succeeded, said.clone()),
            End::NotDone(problem) => (AuditOutcome::Failed, problem.text.to_string()),
            End::Unknown(problem) => (AuditOutcome::Unknown, problem.text.to_string()),
            End::Stopped => (AuditOutcome::Cancelled, said.clone()),
        };
        let mut deed = self.deed(change, outcome, why);
        deed.intent = Some(receipt.id);
        deed.duration_ms = u64::try_from(start.elapsed().as_millis()).ok();
        deed.audit_id = audit_id;
        // The change is made or not, whatever the disk says now: the intent stands there and is told at the next start.
        if let Err(problem) = self.append(AuditKind::Outcome, deed).await {
            said = format!("its outcome is not in the audit: {}", problem.text);
        } else if let Some(why) = &receipt.elsewhere {
            let note = format!("its audit is elsewhere for now: {why}");
            said = [said, note]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
        }
        // What was asked for is done and recorded; that the pod ends is only looked at.
        let leaves = matches!(self.confirmed.plan().action.verb, Verb::Drain(_)) && change.object.kind.is(Known::Pod);
        if let (Some(api), true) = (api, leaves && end == End::Done) {
            self.going(nth, Phase::Leaving).await;
            if let Some(enough) = evict::gone(api, change, wait).await {
                said = match enough {
                    Enough::Stopped => "taken, and still ending".to_owned(),
                    Enough::Late => "taken, and still ending when the time was over: does a finalizer hold it?".to_owned(),
                };
            }
        }
        (end, said)
    }

    /// Asks for an eviction until no budget refuses it any more, or it is enough.
    #[allow(clippy::too_many_arguments, reason = "all of it is this one exchange")]
    async fn insist<'a>(
        &self,
        api: &Api,
        nth: usize,
        change: &Change,
        request: &Request,
        mut turn: Option<SemaphorePermit<'a>>,
        wait: Wait<'_>,
        gate: &'a Semaphore,
    ) -> (End, String, String) {
        loop {
            let answer = request.send(&api.writer, self.patience).await;
            let (why, audit_id) = match answer {
                Ok(answer) if answer.status.as_u16() == 429 => {
                    let busy = || "the server asks us to slow down".to_owned();
                    (evict::held(&answer).unwrap_or_else(busy), answer.audit_id)
                }
                // It is where it should be.
                Ok(answer) if answer.status.as_u16() == 404 => {
                    return (End::Done, "it was gone already".into(), answer.audit_id);
                }
                answer => return self.became(api, change, answer).await,
            };
            drop(turn.take());
            self.going(nth, Phase::Held(why.clone())).await;
            match wait.pause(wait.pace).await {
                None => {}
                Some(Enough::Stopped) => return (End::Stopped, format!("stopped while {why}"), audit_id),
                Some(Enough::Late) => {
                    let problem = Problem::new(ProblemKind::TimedOut, format!("the time is over: {why}"));
                    return (End::NotDone(problem.hint("--timeout gives more")), String::new(), audit_id);
                }
            }
            turn = gate.acquire().await.ok();
            if self.brake.is_pulled() {
                return (End::Stopped, format!("stopped while {why}"), audit_id);
            }
        }
    }

    /// What an answer, or none, means for the object.
    async fn became(&self, api: &Api, change: &Change, answer: Result<Answer, Problem>) -> (End, String, String) {
        match answer {
            // A gateway's page, though it says that all is well.
            Ok(answer) if answer.status.is_success() && !answer.is_kubernetes() => {
                let problem = answer.problem(&change.object.label(), verb(change));
                let (end, said) = read_back(api, change, problem).await;
                (end, said, answer.audit_id)
            }
            Ok(answer) if answer.status.is_success() => (End::Done, answer.warnings.join("; "), answer.audit_id),
            // No budget is waited for here.
            Ok(answer) if evict::held(&answer).is_some() => {
                let said = evict::held(&answer).unwrap_or_default();
                (End::NotDone(evict::refused(&said)), String::new(), answer.audit_id)
            }
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
    async fn append(&self, kind: AuditKind, deed: Deed) -> Result<Receipt, Problem> {
        let audit = self.audit.clone();
        let write = tokio::task::spawn_blocking(move || audit.append(kind, deed, jiff::Timestamp::now()));
        let gone = |_| Problem::new(ProblemKind::Server, "the program is ending");
        write.await.map_err(gone)?
    }
}

/// What is asked of an Alertmanager.
fn silencing(change: &Change) -> Option<&Silencing> {
    match &change.write {
        Write::Held(held) => match &**held {
            Held::Silence(silencing) => Some(silencing),
            _ => None,
        },
        _ => None,
    }
}

/// What the audit says of a plan, or of one of its changes.
pub(super) fn deed(plan: &Plan, identity: &Identity, change: Option<&Change>) -> Deed {
    let line = match change {
        Some(change) if plan.changes.len() > 1 => plan.action.only(&change.object).to_string(),
        _ => plan.told(),
    };
    let mut deed = Deed {
        plan: plan.digest(),
        ..of(identity, plan.verb, &line)
    };
    if let Some(change) = change {
        deed.other.insert("object".into(), json!(change.object.label()));
        if !change.uid.is_empty() {
            deed.other.insert("uid".into(), json!(change.uid));
        }
    }
    deed
}

/// The beginning of it: who, where, what.
fn of(identity: &Identity, verb: &str, line: &str) -> Deed {
    Deed {
        environment: identity.environment.clone(),
        context: identity.context.clone(),
        identity: identity.user.clone(),
        action: verb.to_owned(),
        command: crate::redact::mask_text(line).into_owned(),
        ..Deed::default()
    }
}

/// Writes down that a plan was not carried out.
///
/// # Errors
/// The audit cannot be written.
pub fn record_dropped(audit: &Audit, dropped: Dropped) -> Result<(), Problem> {
    let identity = &dropped.identity;
    let mut deed = match &dropped.what {
        Unfinished::Plan(plan) => deed(plan, identity, None),
        Unfinished::Draft(draft) => of(identity, word(&draft.action.verb), &draft.action.to_string()),
    };
    (deed.outcome, deed.said) = match dropped.why {
        Why::Cancelled => (Some(AuditOutcome::Cancelled), String::new()),
        Why::Refused(problem) => (Some(AuditOutcome::Refused), problem.text.to_string()),
        Why::Failed(problem) => (Some(AuditOutcome::Failed), problem.text.to_string()),
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
                    Write::Delete { .. } | Write::Evict { .. } => (End::Done, "no answer came; the object is gone".into()),
                    // Perhaps it was done before.
                    Write::Patch { .. } => {
                        let text = format!("it was sent, and the object is gone: {}", problem.text);
                        (End::Unknown(Problem::new(ProblemKind::NotFound, text)), String::new())
                    }
                    Write::Create(_) | Write::Session { .. } | Write::Held(_) => {
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
        Write::Delete { .. } | Write::Evict { .. } => uid != change.uid || document["metadata"]["deletionTimestamp"].is_string(),
        Write::Session { .. } | Write::Held(_) => false,
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
