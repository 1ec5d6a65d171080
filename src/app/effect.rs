//! What the app wants done: data, carried out by the driver in `runtime`.

use std::path::PathBuf;

use crate::action::ask::Ask;
use crate::action::forward::{ForwardId, ForwardSpec};
use crate::action::guard::Confirmed;
use crate::action::plan::{Draft, Plan};
use crate::action::stage::{Dropped, Identity};
use crate::app::deeds::editing::Order;
use crate::app::session::Session;
use crate::config::Who;
use crate::model::{Demand, EnvId, ObjectRef};
use crate::runbook::walk::Entry;

/// One thing to do outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start telling about this.
    Start(Demand),
    /// Nobody looks at this any more.
    Stop(Demand),
    /// Drop what is held of an environment's connection and build it anew.
    Reconnect(EnvId),
    /// Read an environment as somebody else from now on.
    Assume(EnvId, Who),
    /// Put text on the terminal's clipboard.
    Copy(String),
    /// Write text to a file of this name in the exports directory.
    Save { name: String, text: String },
    /// Call somebody who looks elsewhere: something critical is new.
    Notify(String),
    /// Keep a page of evidence under this name, if it is not there yet.
    Record { name: String, text: String },
    /// Say which pages of evidence there are.
    ListEvidence,
    /// Read a page of evidence.
    ReadEvidence(String),
    /// Read what a plan of this draft needs.
    Prepare(Box<Draft>),
    /// Read the revisions of a workload, to be looked at.
    ReadHistory { env: EnvId, object: ObjectRef },
    /// Read an object as it is, to be edited.
    ReadObject { env: EnvId, object: ObjectRef },
    /// Lend the terminal to the user's editor, with this text.
    Edit(Order),
    /// Read a file that is to be applied.
    ReadFile(PathBuf),
    /// Remove a file that was edited: nothing more is to be done with it.
    Forget(PathBuf),
    /// Have the server check a plan without keeping anything.
    Rehearse(Box<Plan>),
    /// Say when the dialog of this draft has been on the screen for a moment.
    Arm(u64),
    /// Do what was confirmed.
    CarryOut { confirmed: Box<Confirmed>, identity: Identity },
    /// Begin nothing more of what runs.
    Brake,
    /// Write down that a plan is not carried out.
    Drop(Box<Dropped>),
    /// End this forward.
    StopForward(ForwardId),
    /// Look whether the pod of this forward takes connections.
    ProbeForward(ForwardId),
    /// Keep these forwards of an environment for the next time.
    KeepForwards {
        environment: String,
        /// As this process knew them until now: what others saved stays.
        before: Vec<ForwardSpec>,
        forwards: Vec<ForwardSpec>,
    },
    /// Read the audit.
    ReadAudit,
    /// Hand the terminal to the environment's login command.
    Login(EnvId),
    /// Stop the process as `ctrl-z` in a shell does.
    Suspend,
    /// Draw everything again.
    Repaint,
    /// Settle again after the next frame: there is more to look through than fits before one.
    Again,
    /// Write down what happened in the walk of this number; the first line begins its file.
    WriteWalk { run: u64, entry: Box<Entry> },
    /// Find a walk that is not over (none is named: the newest that nobody walks now), and go on with its file under this number.
    FindWalk { run: u64, id: Option<String> },
    /// Ask something that reads, once, and tell it under this number.
    Ask { number: u64, env: EnvId, ask: Box<Ask> },
    /// Nobody waits for the answer any more.
    StopAsking(u64),
    /// Remember what is open.
    Remember(Session),
    /// End with this exit code.
    Quit(u8),
}
