//! The only room that changes the world. Nothing here decides: what is done was planned, guarded and confirmed in
//! [`crate::action`] before, and is written into the audit before it is sent.
//!
//! ```text
//!   Draft ──► prepare (reads: objects, history, rights) ──► Found
//!   Plan  ──► rehearse (dry run: admission is asked, nothing is kept) ──► Tried
//!   Confirmed ──► carry_out: audit "intended" ─► one request ─► (no answer? read back) ─► audit "outcome" ──► Ended
//! ```
//!
//! A write is sent once; an eviction that a budget refused was none, and is asked again at a fixed pace where a drain waits for it.
//! What became of one without an answer is read from the object, never found out by trying again.

pub mod forward;
pub mod session;

pub mod ask;

mod around;
mod evict;
mod look;
mod path;
mod prepare;
mod process;
mod rehearse;
mod send;
mod silence;
mod talk;
mod write;

pub use look::Looker;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::action::Verb;
use crate::action::guard::Confirmed;
use crate::action::plan::{Draft, Plan};
use crate::action::stage::{Identity, News};
use crate::config::{Config, Endpoint, Environment};
use crate::ledger::Ledger;
use crate::ledger::audit::Audit;
use crate::redact::Mask;
use crate::source::kube::Apis;

/// How long a write may take to be answered.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two questions to a budget that holds a pod, as kubectl has it.
const PACE: Duration = Duration::from_secs(5);

/// The hands. Not made at all where nothing may be changed.
#[derive(Clone, Debug)]
pub struct Executor {
    audit: Audit,
    tell: mpsc::Sender<News>,
    patience: Duration,
    /// Where sessions are recorded, where they have to be.
    recordings: Option<Ledger>,
    mask: Mask,
    pace: Duration,
    /// The Alertmanagers of each environment.
    managers: Arc<[Vec<Endpoint>]>,
    /// Where programs are looked for first.
    programs: Option<PathBuf>,
}

/// Stops what runs: a copy or a program at once; of a list nothing more is begun, and nothing is waited for any more.
#[derive(Clone, Debug, Default)]
pub struct Brake(Arc<CancellationToken>);

impl Brake {
    /// Nothing more is begun.
    pub fn pull(&self) {
        self.0.cancel();
    }

    /// Whether something still looks at it.
    pub fn is_of_use(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    fn is_pulled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Returns when it is pulled.
    async fn pulled(&self) {
        self.0.cancelled().await;
    }
}

impl Executor {
    /// Hands that write into this audit, and tell what happens.
    pub fn new(audit: Audit, tell: mpsc::Sender<News>) -> Self {
        Self {
            audit,
            tell,
            patience: PATIENCE,
            recordings: None,
            programs: None,
            mask: Mask::default(),
            pace: PACE,
            managers: Arc::default(),
        }
    }

    /// The same with a place for the recordings of sessions, in which this is masked.
    #[must_use]
    pub fn recording_in(self, ledger: Ledger, mask: Mask) -> Self {
        Self {
            recordings: Some(ledger),
            mask,
            ..self
        }
    }

    /// The same that knows the Alertmanagers of the environments.
    #[must_use]
    pub fn alerting(self, config: &Config) -> Self {
        let of = |environment: &Environment| environment.alerting().cloned().collect();
        Self {
            managers: config.environments.iter().map(of).collect(),
            ..self
        }
    }

    /// The same with another deadline for the answer to a write.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same with another pause between two questions to a budget.
    #[must_use]
    pub fn paced(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }

    /// The same, and programs of this machine are looked for in this directory before all others.
    #[must_use]
    pub fn with_programs(self, directory: PathBuf) -> Self {
        Self {
            programs: Some(directory),
            ..self
        }
    }

    /// Who keeps the port-forwards that are confirmed.
    pub fn keeper(&self) -> forward::Keeper {
        forward::Keeper::new(self.audit.clone(), self.tell.clone())
    }

    /// Reads what a plan of this draft needs.
    pub fn prepare(&self, draft: Draft, apis: impl Into<Option<Apis>>) {
        let (tell, apis, managers) = (self.tell.clone(), apis.into(), Arc::clone(&self.managers));
        tokio::spawn(async move {
            let found = match (&draft.action.verb, apis) {
                (Verb::Silence(wish), _) => {
                    let here = managers.get(usize::from(draft.env.0));
                    silence::prepare(&draft, wish, here.map_or(&[], Vec::as_slice)).await
                }
                (_, Some(apis)) => prepare::read(&draft, apis).await,
                // It is asked again once there is a connection.
                (_, None) => return,
            };
            let _ = tell.send(News::Found { draft: draft.id, found }).await;
        });
    }

    /// Has the server check the plan without keeping anything.
    pub fn rehearse(&self, plan: Plan, apis: Apis) {
        let tell = self.tell.clone();
        tokio::spawn(async move {
            let tried = rehearse::ask(&plan, apis).await;
            let _ = tell
                .send(News::Tried {
                    draft: plan.draft.id,
                    tried,
                })
                .await;
        });
    }

    /// Does what was confirmed, object by object, and tells of each.
    pub fn carry_out(&self, confirmed: Confirmed, identity: Identity, apis: impl Into<Option<Apis>>) -> Brake {
        let brake = Brake::default();
        tokio::spawn(self.run(confirmed, identity, brake.clone()).all(apis.into()));
        brake
    }

    /// The same at this program's terminal, which whoever calls has released: returns when the session has ended.
    pub async fn hold(&self, confirmed: Confirmed, identity: Identity, apis: Option<Apis>) {
        self.run(confirmed, identity, Brake::default()).all(apis).await;
    }

    fn run(&self, confirmed: Confirmed, identity: Identity, brake: Brake) -> write::Run {
        write::Run {
            confirmed,
            identity,
            audit: self.audit.clone(),
            tell: self.tell.clone(),
            brake,
            patience: self.patience,
            recordings: self.recordings.clone(),
            programs: self.programs.clone(),
            mask: self.mask.clone(),
            pace: self.pace,
            managers: Arc::clone(&self.managers),
        }
    }

    /// Writes down that a plan was not carried out.
    pub fn drop(&self, dropped: crate::action::stage::Dropped) {
        let (audit, tell) = (self.audit.clone(), self.tell.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(problem) = write::record_dropped(&audit, dropped) {
                let _ = tell.blocking_send(News::Unrecorded(problem));
            }
        });
    }
}
