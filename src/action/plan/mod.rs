//! What would be done, worked out before anybody is asked: which object becomes what, whom it reaches, what takes it back.
//!
//! ```text
//!   Draft ── the server is asked (objects, history, rights) ──► Found ──► make ──► Plan ── dry run ──► guard ──► the question
//! ```
//!
//! All of it is pure: the executor reads what a [`Draft`] needs and tells it as [`Found`]; [`make`] makes the [`Plan`] of that
//! and of what the watches know. What is sent later is what stands in the plan, nothing is worked out again.

pub mod blast;
mod budget;
mod crowd;
pub mod difference;
mod drain;
mod edit;
mod fate;
pub mod held;
pub mod history;
mod inverse;
mod make;
pub mod owner;
mod reach;
mod resources;
pub mod right;
pub mod rollback;
mod room;
pub mod silence;
pub mod written;

use serde_json::Value;

pub use blast::Blast;
pub use difference::Step;
pub use held::Held;
pub use make::{Sight, WORDS, job_name, make, word};
pub use reach::Reach;
pub use written::Written;

use super::{Action, Class, Given, Verb};
use crate::model::{EnvId, Known, ObjectRef, Problem, Time};
use crate::redact::mask_text;

pub use crate::model::{Right, Verdict};

/// Something that somebody wants done, before the server was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// One number a draft, in this run of the program.
    pub id: u64,
    pub env: EnvId,
    /// Complete: its namespace is named.
    pub action: Action,
    /// What it is done to. Of a new object: what it is made from. One without a name stands for those of its kind that the
    /// action selects.
    pub objects: Vec<ObjectRef>,
    /// Of an edit or a file: what stands in it.
    pub written: Option<Box<Written>>,
    pub origin: Origin,
    /// The least that it counts as, where somebody says so: a plugin's class.
    pub least: Option<Class>,
    /// The least that is asked for it, where somebody says so: a step of a runbook. It never asks for less.
    pub floor: Option<crate::config::Level>,
    /// When it was drafted.
    pub at: Time,
}

impl Draft {
    /// Why it was done, as a workload keeps it: the line that somebody gave, or that stands for it, without secrets.
    pub fn cause(&self, action: &Action) -> String {
        let line = match self.written {
            Some(_) => self.action.to_string(),
            None => action.to_string(),
        };
        mask_text(&line).into_owned()
    }
}

/// Where a draft comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A key, the palette, a typed line.
    Asked,
    /// It takes something back that was done here.
    Undo,
}

/// What the server said of a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The objects as they are.
    pub objects: Vec<(ObjectRef, Result<Value, Problem>)>,
    /// Of a roll-back: the revisions in the namespace.
    pub history: Vec<Value>,
    /// Of a file: the object as the server would have it afterwards.
    pub merged: Option<Result<Value, Problem>>,
    /// For each right that is needed, whether one has it.
    pub rights: Vec<(Right, Result<Verdict, Problem>)>,
    /// Of a copy: what stands on this machine where it leads from or to.
    pub here: Option<held::Here>,
    pub around: Around,
    pub at: Time,
}

/// What stands around pods that are to leave, as far as a plan needs it. What it does not need stays empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Around {
    /// Of a drain: the pods on its nodes that fit its selector.
    pub pods: Result<Vec<Value>, Problem>,
    /// Of a drain: the pods of the cluster, if they are not too many.
    pub crowd: Result<Vec<Value>, Problem>,
    /// Disruption budgets: of the cluster, or of the pods' namespaces. Each says its `apiVersion`.
    pub budgets: Result<Vec<Value>, Problem>,
    /// Of a drain: the services of the cluster.
    pub services: Result<Vec<Value>, Problem>,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            pods: Ok(Vec::new()),
            crowd: Ok(Vec::new()),
            budgets: Ok(Vec::new()),
            services: Ok(Vec::new()),
        }
    }
}

/// One write to one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub object: ObjectRef,
    /// The very object: one of the same name is another.
    pub uid: String,
    /// How many replicas, which revision …: what tells this object's change in short.
    pub steps: Vec<Step>,
    pub write: Write,
    /// Of one of many: what is special about it.
    pub remark: Option<Reach>,
    /// Of a pod that leaves a node: what makes it anew.
    pub owner: Option<ObjectRef>,
}

/// How the server is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// A JSON patch, its tests first; of a subresource where one is named.
    Patch { operations: Vec<Value>, subresource: &'static str },
    /// A deletion of this very object.
    Delete {
        /// Seconds; none: the object's own.
        grace: Option<i64>,
        /// `Background`, `Foreground`, `Orphan`; none: the kind's own.
        propagation: Option<&'static str>,
    },
    /// Asks for this very pod to go, as its budgets allow.
    Evict {
        /// Seconds; none: the pod's own.
        grace: Option<i64>,
        /// Whether a budget that refuses is waited for.
        waits: bool,
    },
    /// A program in a container, or the one that runs there.
    Session {
        /// None: the one that the pod names, else its first.
        container: Option<String>,
        /// Empty: the container's own program.
        argv: Vec<String>,
        at: Stand,
    },
    /// A new object. It has no version yet: the server's is put in.
    Create(Value),
    /// Something that is begun, and ends later.
    Held(Box<Held>),
}

impl Write {
    /// Whether it is one request, which can be tried before.
    pub fn is_request(&self) -> bool {
        !matches!(self, Self::Session { .. } | Self::Held(_))
    }
}

/// Who is at a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// This program's own terminal is lent to it.
    Terminal,
    /// Nobody: what it writes is kept.
    Captured,
}

/// How much a line weighs for who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Plain,
    /// Worth a second thought.
    Warn,
    /// In the way.
    Stop,
}

/// What can be planned instead of something that is not possible.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// `plan it with --force`
    pub text: String,
    pub action: Box<Action>,
}

/// A plan: what will happen if it is confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub draft: Draft,
    /// The action as it is done: a roll-back has its revision. Its line is what is shown, copied and audited.
    pub action: Action,
    /// `roll back deployment/backend`.
    pub title: String,
    /// The word that stands for it where there is no number: `restart`.
    pub verb: &'static str,
    pub changes: Vec<Change>,
    /// The number in the effect line: the new replicas, the revision, how many objects.
    pub number: Option<String>,
    /// The effect in one line: `replicas 3 → 5`.
    pub effect: String,
    pub class: Class,
    pub blast: Blast,
    /// More to know: who changed it, what keeps it, why this revision.
    pub notes: Vec<Reach>,
    pub rights: Vec<(Right, Result<Verdict, Problem>)>,
    /// What takes it back; none: nothing does, and why.
    pub inverse: Result<Action, &'static str>,
    /// Reasons to ask for more than the class alone would.
    pub raised: Vec<String>,
    pub offer: Option<Offer>,
    pub made: Time,
}

impl Plan {
    /// The line that does the same by hand.
    pub fn line(&self) -> String {
        self.action.to_string()
    }

    /// The line as it may be shown and kept: of a patch that touches a secret, without its values.
    pub fn told(&self) -> String {
        told(&self.action, self.touches_secrets())
    }

    /// What takes it back, as it may be shown.
    pub fn told_inverse(&self) -> Result<String, &'static str> {
        self.inverse
            .as_ref()
            .map(|action| told(action, self.touches_secrets()))
            .map_err(|why| *why)
    }

    fn touches_secrets(&self) -> bool {
        self.changes.iter().flat_map(|change| &change.steps).any(Step::is_secret)
    }

    /// Objects that it touches.
    pub fn touched(&self) -> usize {
        self.changes.len()
    }

    /// How many of its changes come first, one after the other, and are done before anything else is begun: the cordon.
    pub fn leading(&self) -> usize {
        match self.action.verb {
            Verb::Drain(_) => self.changes.iter().take_while(|change| change.object.kind.is(Known::Node)).count(),
            _ => 0,
        }
    }

    /// How long it may take as a whole; none: as long as it takes.
    pub fn deadline(&self) -> Option<std::time::Duration> {
        match &self.action.verb {
            Verb::Drain(drain) => drain
                .timeout
                .as_ref()
                .and_then(Given::value)
                .map(|span| span.0)
                .filter(|d| !d.is_zero()),
            _ => None,
        }
    }

    /// What makes it impossible, where something does.
    pub fn hurdle(&self) -> Option<&Reach> {
        self.blast
            .lines
            .iter()
            .chain(&self.notes)
            .find(|reach| reach.weight == Weight::Stop)
    }

    /// Whether it needs the terminal of this program.
    pub fn wants_terminal(&self) -> bool {
        self.changes.iter().any(|change| match &change.write {
            Write::Session { at, .. } => *at == Stand::Terminal,
            Write::Held(held) => held.wants_terminal(),
            Write::Patch { .. } | Write::Delete { .. } | Write::Evict { .. } | Write::Create(_) => false,
        })
    }

    /// Whether the server can be asked about it without doing it.
    pub fn can_be_tried(&self) -> bool {
        self.changes.iter().all(|change| change.write.is_request())
    }

    /// The forward that is asked for, if one is.
    pub fn forward(&self) -> Option<&crate::action::forward::ForwardSpec> {
        self.changes.iter().find_map(|change| match &change.write {
            Write::Held(held) => match &**held {
                Held::Forward(spec) => Some(spec),
                Held::Debug(_) | Held::Copy(_) | Held::Process(_) | Held::Silence(_) => None,
            },
            _ => None,
        })
    }

    /// Whether it is a program of this machine, which needs no cluster.
    pub fn is_local(&self) -> bool {
        let local = |change: &Change| matches!(&change.write, Write::Held(held) if matches!(**held, Held::Process(_)));
        self.changes.iter().all(local)
    }

    /// Whether it is done without the cluster: a program of this machine, or something that is asked of an Alertmanager.
    pub fn needs_no_cluster(&self) -> bool {
        self.is_local() || matches!(self.action.verb, Verb::Silence(_))
    }

    /// Rights that are missing.
    pub fn missing(&self) -> impl Iterator<Item = (&Right, &str)> {
        self.rights.iter().filter_map(|(right, verdict)| match verdict {
            Ok(Verdict::Denied(why)) => Some((right, why.as_str())),
            Ok(Verdict::Allowed) | Err(_) => None,
        })
    }

    /// A fingerprint of what was shown and will be sent.
    pub fn digest(&self) -> String {
        use sha2::{Digest as _, Sha256};
        let mut text = self.line();
        for change in &self.changes {
            text.push_str(&format!("\n{} {} {:?}", change.object.label(), change.uid, change.write));
        }
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn told(action: &Action, hidden: bool) -> String {
    let mut action = action.clone();
    if let (Verb::Patch(patch), true) = (&mut action.verb, hidden) {
        patch.patch = "(hidden)".into();
    }
    mask_text(&action.to_string()).into_owned()
}

#[cfg(test)]
mod tests;
