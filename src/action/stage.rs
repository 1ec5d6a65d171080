//! What is told between the app, which decides, and `execute`, which does.

use serde_json::Value;

use super::ask::Heard;
use super::guard::Tried;
use super::plan::history::History;
use super::plan::{Draft, Found, Plan};
use crate::model::{ObjectRef, Problem};

/// What the executor tells.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// What a plan of this draft needs, or why it cannot be read.
    Found { draft: u64, found: Result<Found, Problem> },
    /// The revisions of a workload, to be looked at.
    History {
        object: ObjectRef,
        history: Result<Box<History>, Problem>,
    },
    /// An object as it is, to be edited.
    Document {
        object: ObjectRef,
        document: Result<Box<Value>, Problem>,
    },
    /// What the dry run said.
    Tried { draft: u64, tried: Tried },
    /// One object is on its way.
    Going { draft: u64, nth: usize, phase: Phase },
    /// One object is done, whatever came of it.
    Done { draft: u64, nth: usize, outcome: Outcome },
    /// What was made has a name that was not known before: the id of a silence.
    Made { draft: u64, nth: usize, name: String },
    /// So many bytes of a copy have passed.
    Passed { draft: u64, bytes: u64 },
    /// How all forwards stand.
    Forwards(Vec<super::forward::ForwardSeen>),
    /// Whether the pod of a forward takes connections.
    Probed(super::forward::Probed),
    /// What a program wrote, in a container or here.
    Output(Box<Output>),
    /// What was asked for by this number.
    Heard { number: u64, heard: Result<Box<Heard>, Problem> },
    /// Nothing more comes of it.
    Ended { draft: u64 },
    /// The audit cannot be written: nothing was done.
    Unrecorded(Problem),
    /// Changes of an earlier run of which nobody knows how they ended: when, and the line.
    Open(Vec<(String, String)>),
}

/// What a program wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub draft: u64,
    pub title: String,
    /// All of it, and how it ended: to be read.
    pub text: String,
    pub stdout: String,
    pub stderr: String,
    /// None: it was stopped, or nobody knows.
    pub exit: Option<i32>,
    /// Somebody stopped it.
    pub was_stopped: bool,
}

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It was sent, or is about to be.
    Begun,
    /// Somebody holds it: `budget web needs 2 healthy pods and has 2 currently`.
    Held(String),
    /// The server took it, and the pod ends.
    Leaving,
}

/// How the change of one object ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub object: ObjectRef,
    pub end: End,
    /// What the server said of it, in a sentence; empty: nothing worth telling.
    pub said: String,
    /// Milliseconds.
    pub took: u64,
}

/// The ends that a change may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The server took it; or it was found done after an answer failed to come.
    Done,
    /// It was not done, and why.
    NotDone(Problem),
    /// It was sent, and nobody knows.
    Unknown(Problem),
    /// It was stopped before this object.
    Stopped,
}

/// Where a change is made and as whom, as the audit tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The environment's name.
    pub environment: String,
    pub context: String,
    /// Whom the cluster takes the user for.
    pub user: String,
}

/// What is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfinished {
    Plan(Box<Plan>),
    /// There is not even a plan.
    Draft(Box<Draft>),
}

/// A plan that is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    pub what: Unfinished,
    pub identity: Identity,
    pub why: Why,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The user said no.
    Cancelled,
    /// The guard, a right or the server's check said no.
    Refused(Problem),
    /// No plan could be made.
    Failed(Problem),
}
