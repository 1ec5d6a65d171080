//! The forwards of the cockpit: opened by a confirmed plan, told of as they go, and in the audit from beginning to end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::Forwards;
use super::status::now;
use crate::action::forward::{ForwardId, ForwardSeen, ForwardSpec, ForwardState, Probed};
use crate::action::guard::Confirmed;
use crate::action::stage::{End, Identity, News, Outcome};
use crate::execute::talk::size;
use crate::execute::write;
use crate::ledger::audit::{Audit, AuditKind, AuditOutcome, Deed};
use crate::model::{Problem, ProblemKind};
use crate::redact;
use crate::source::Task;
use crate::source::kube::Apis;

/// How often what was counted is told.
const TOLD: Duration = Duration::from_secs(1);
/// So long a forward is given to listen, before the dialog's word on it is said.
const LISTENING: Duration = Duration::from_secs(5);

/// Keeps forwards for as long as it lives.
#[derive(Debug)]
pub struct Keeper {
    kept: Arc<Kept>,
    /// Tells how they stand, from the first one on.
    telling: Option<Task>,
}

#[derive(Debug)]
struct Kept {
    audit: Audit,
    tell: mpsc::Sender<News>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    forwards: Forwards,
    /// What the audit has of each.
    begun: BTreeMap<ForwardId, Begun>,
}

/// The beginning of a forward, as the audit has it.
#[derive(Clone, Debug)]
struct Begun {
    deed: Deed,
    at: Instant,
}

impl Keeper {
    /// Nothing is open yet.
    pub fn new(audit: Audit, tell: mpsc::Sender<News>) -> Self {
        Self {
            kept: Arc::new(Kept {
                audit,
                tell,
                inner: Mutex::default(),
            }),
            telling: None,
        }
    }

    /// Opens what was confirmed; one that is like it ends before. On the current runtime.
    pub fn open(&mut self, confirmed: Confirmed, identity: Identity, apis: Option<Apis>) {
        let kept = Arc::clone(&self.kept);
        self.telling.get_or_insert_with(|| Task::spawn(Arc::clone(&kept).tell()));
        tokio::spawn(async move {
            let plan = confirmed.plan();
            let (draft, Some(change)) = (plan.draft.id, plan.changes.first()) else {
                return;
            };
            let begun = Instant::now();
            let ended = match (plan.forward(), apis) {
                (Some(spec), Some(apis)) => kept.begin(spec, &confirmed, &identity, apis).await,
                _ => Err(Problem::new(ProblemKind::Config, "this environment has no cluster")),
            };
            let (end, said) = match ended {
                Ok(said) => (End::Done, said),
                Err(problem) => (End::NotDone(problem), String::new()),
            };
            let outcome = Outcome {
                object: change.object.clone(),
                end,
                said,
                took: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            };
            let _ = kept.tell.send(News::Done { draft, nth: 0, outcome }).await;
            let _ = kept.tell.send(News::Ended { draft }).await;
        });
    }

    /// Ends one.
    pub fn stop(&self, id: ForwardId) {
        let kept = Arc::clone(&self.kept);
        tokio::task::spawn_blocking(move || kept.end(id));
    }

    /// Looks whether the pod of one takes connections, and tells.
    pub fn probe(&self, id: ForwardId) {
        let kept = Arc::clone(&self.kept);
        let Some(probe) = kept.inner().forwards.probe(id) else { return };
        tokio::spawn(async move {
            let ports = probe.await;
            let _ = kept.tell.send(News::Probed(Probed { id, at: now(), ports })).await;
        });
    }

    /// Ends all of them, and waits until that is written down.
    pub fn close(&self) {
        let all: Vec<ForwardId> = self.kept.inner().begun.keys().copied().collect();
        all.into_iter().for_each(|id| self.kept.end(id));
    }
}

impl Kept {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down that it is meant, opens it, and waits a moment until it listens. Gives where.
    async fn begin(
        self: &Arc<Self>,
        spec: &ForwardSpec,
        confirmed: &Confirmed,
        identity: &Identity,
        apis: Apis,
    ) -> Result<String, Problem> {
        let mut deed = write::deed(confirmed.plan(), identity, confirmed.plan().changes.first());
        deed.reason = confirmed.reason().to_owned();
        deed.confirmation = confirmed.level().to_owned();
        let kept = Arc::clone(self);
        let (spec, mut meant) = (spec.clone(), deed.clone());
        let opened = tokio::task::spawn_blocking(move || {
            meant.outcome = None;
            let intent = kept.audit.append(AuditKind::Intended, meant, jiff::Timestamp::now())?.id;
            Ok::<_, Problem>((intent, kept))
        });
        let gone = |_| Problem::new(ProblemKind::Server, "the program is ending");
        let (intent, kept) = opened.await.map_err(gone)??;
        deed.intent = Some(intent);
        let like: Vec<ForwardId> = kept
            .inner()
            .forwards
            .list()
            .iter()
            .filter(|seen| *seen.spec == spec)
            .map(|seen| seen.id)
            .collect();
        let replaced = Arc::clone(&kept);
        let ending = tokio::task::spawn_blocking(move || like.into_iter().for_each(|id| replaced.end(id)));
        ending.await.map_err(gone)?;
        let begun = Begun { deed, at: Instant::now() };
        let (started, mut changes) = {
            let mut inner = kept.inner();
            let started = inner.forwards.start(spec, apis);
            if let Ok(id) = &started {
                inner.begun.insert(*id, begun.clone());
            }
            (started, inner.forwards.changes())
        };
        let id = match started {
            Ok(id) => id,
            Err(problem) => {
                let (kept, why) = (Arc::clone(&kept), problem.clone());
                let _ = tokio::task::spawn_blocking(move || kept.write_end(begun, AuditOutcome::Failed, &why.text)).await;
                return Err(problem);
            }
        };
        let listens = async {
            loop {
                let seen = kept.inner().forwards.get(id);
                match seen.map(|seen| (seen.state, seen.ports)) {
                    None => return Err(Problem::new(ProblemKind::Server, "it was stopped")),
                    Some((ForwardState::Failed(problem), _)) => return Err(problem),
                    Some((ForwardState::Listening, ports)) => {
                        let here: Vec<String> = ports.iter().map(|reached| reached.local.to_string()).collect();
                        return Ok(format!("{} leads there", here.join(", ")));
                    }
                    Some((ForwardState::Waiting { why, .. }, _)) => return Ok(format!("it waits: {}", why.text)),
                    Some((ForwardState::Starting, _)) => {}
                }
                if changes.changed().await.is_err() {
                    return Err(Problem::new(ProblemKind::Server, "it was stopped"));
                }
            }
        };
        match tokio::time::timeout(LISTENING, listens).await {
            Ok(Err(problem)) => {
                let kept = Arc::clone(&kept);
                let _ = tokio::task::spawn_blocking(move || kept.end(id)).await;
                Err(problem)
            }
            Ok(Ok(said)) => Ok(said),
            Err(_) => Ok("it looks for its pod".to_owned()),
        }
    }

    /// Ends one, and writes that down. Waits for the disk.
    fn end(&self, id: ForwardId) {
        let (last, begun) = {
            let mut inner = self.inner();
            (inner.forwards.stop(id), inner.begun.remove(&id))
        };
        let (Some(last), Some(begun)) = (last, begun) else { return };
        match &last.state {
            ForwardState::Failed(problem) => self.write_end(begun, AuditOutcome::Failed, &problem.text),
            _ => self.write_end(begun, AuditOutcome::Succeeded, &account(&last)),
        }
    }

    fn write_end(&self, begun: Begun, outcome: AuditOutcome, said: &str) {
        let deed = Deed {
            outcome: Some(outcome),
            said: redact::mask_text(said).into_owned(),
            duration_ms: u64::try_from(begun.at.elapsed().as_millis()).ok(),
            ..begun.deed
        };
        if let Err(problem) = self.audit.append(AuditKind::Outcome, deed, jiff::Timestamp::now()) {
            // The loop may be gone already: then nobody can be told.
            let _ = self.tell.try_send(News::Unrecorded(problem));
        }
    }

    /// Tells how they stand: at once when something happens, and once in a second what was counted.
    async fn tell(self: Arc<Self>) {
        let mut changes = self.inner().forwards.changes();
        let mut tick = interval(TOLD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told: Vec<ForwardSeen> = Vec::new();
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                _ = tick.tick() => {}
            }
            let list = self.inner().forwards.list();
            if list != told {
                told.clone_from(&list);
                if self.tell.send(News::Forwards(list)).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// What went through, as a sentence.
pub fn account(last: &ForwardSeen) -> String {
    let connections = match last.total {
        1 => "1 connection".to_owned(),
        more => format!("{more} connections"),
    };
    format!("{connections}, {} received, {} sent", size(last.received), size(last.sent))
}
